// What a program does that is written with libcurl and cJSON: one transfer, set up and checked.
#ifndef CURL_H
#define CURL_H

#include "worker.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>

struct transfer {
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    size_t length, room;
};

static const char *base_url, *ca_file;

static size_t take(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;
    size_t more = size * count;
    if (transfer->length + more > transfer->room) {
        transfer->room = 2 * (transfer->length + more);
        transfer->body = realloc(transfer->body, transfer->room);
        if (!transfer->body)
            return 0;
    }
    memcpy(transfer->body + transfer->length, bytes, more);
    transfer->length += more;
    return more;
}

// Everything that stays the same from call to call is set once.
static void prepare(struct transfer *transfer, CURLSH *share)
{
    CURL *easy = transfer->easy = curl_easy_init();
    if (!easy)
        give_up("curl_easy_init", "no handle");
    transfer->headers = curl_slist_append(NULL, "Accept: application/json");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERPWD, "private_bench:");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    if (strcmp(ca_file, "-"))
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    if (share)
        curl_easy_setopt(easy, CURLOPT_SHARE, share);
}

static void aim(struct transfer *transfer, unsigned thread, uint64_t id)
{
    char url[256];
    snprintf(url, sizeof url, "%s/v1/files/%u-%" PRIu64 "/versions", base_url, thread, id);
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    transfer->length = 0;
}

// As libimagekit does before it hands out a body: the status is a success, the body JSON, an array.
static void check(struct transfer *transfer, CURLcode ended)
{
    long status = 0;
    if (ended != CURLE_OK)
        give_up("libcurl", curl_easy_strerror(ended));
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    cJSON *versions = status == 200 ? cJSON_ParseWithLength(transfer->body, transfer->length) : NULL;
    if (!cJSON_IsArray(versions))
        give_up("libcurl", "not the answer");
    cJSON_Delete(versions);
}

#endif
