// libcurl's multi interface over one multiplexed connection, and cJSON: curl_multi BASE_URL CA_FILE|- IN_FLIGHT
#include "curl.h"

static CURLM *multi;
static struct transfer *transfers;
static uint64_t in_flight;

static void begin(struct transfer *transfer, uint64_t id)
{
    aim(transfer, 0, id);
    curl_multi_add_handle(multi, transfer->easy);
}

static void get_many(uint64_t count)
{
    uint64_t begun = 0, ended = 0;
    for (; begun < count && begun < in_flight; begun++)
        begin(&transfers[begun], begun);
    while (ended < count) {
        int running, queued;
        CURLMcode result = curl_multi_perform(multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &queued));) {
            CURL *easy = message->easy_handle;
            CURLcode how = message->data.result;
            struct transfer *transfer;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
            curl_multi_remove_handle(multi, easy);
            check(transfer, how);
            ended++;
            if (begun < count)
                begin(transfer, begun++);
        }
        if (result == CURLM_OK && ended < count)
            result = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        if (result != CURLM_OK)
            give_up("libcurl", curl_multi_strerror(result));
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        give_up(argv[0], "see the first line of curl_multi.c");
    base_url = argv[1];
    ca_file = argv[2];
    in_flight = strtoull(argv[3], NULL, 10);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    transfers = calloc(in_flight, sizeof *transfers);
    for (uint64_t i = 0; i < in_flight; i++) {
        prepare(&transfers[i], NULL);
        curl_easy_setopt(transfers[i].easy, CURLOPT_PIPEWAIT, 1L);
    }
    work(get_many, RUSAGE_SELF);
    return 0;
}
