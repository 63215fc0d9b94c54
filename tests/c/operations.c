/* A host that works with the versions of files as a real program would: it asks for what there is,
 * takes the ids out of the answers, and acts on them. */
#include "host.h"

enum { THREADS = 32, OF_EACH = 3 };

/* The value at that place of a document, which must be there. */
static char *value_of(const char *json, const char *pointer)
{
    char *value = NULL;
    ik_status status = ik_json_get(json, pointer, &value);
    if (status != IK_STATUS_OK)
        FAIL("%s at %s in %.2000s", ik_status_name(status), pointer, json);
    return value;
}

static void expect_value(const char *json, const char *pointer, const char *expected)
{
    char *value = value_of(json, pointer);
    if (strcmp(value, expected) != 0)
        FAIL("%s is %s, not %s, in %.2000s", pointer, value, expected, json);
    ik_string_free(value);
}

static void expect_end(const char *json, const char *pointer)
{
    char *value = "not yet written";
    CHECK_STATUS(ik_json_get(json, pointer, &value), IK_STATUS_NO_VALUE, value);
    CHECK(value == NULL);
}

/* The call was refused by the server, in these words of its own. */
static void expect_refusal(ik_status status, ik_status expected, const char *message, char *answer)
{
    CHECK_STATUS(status, expected, answer);
    expect_value(answer, "/error/message", message);
    expect_value(answer, "/error/code", ik_status_name(expected));
    expect_value(answer, "/error/httpStatus", expected == IK_STATUS_NOT_FOUND ? "404" : "400");
    expect_value(answer, "/error/attempts", "1");
    expect_end(answer, "/error/retryAfterMs");
    ik_string_free(answer);
}

static char *versions_of(const ik_client *client, const char *file)
{
    char *json = NULL;
    CHECK_STATUS(ik_get_file_versions(client, file, &json), IK_STATUS_OK, json);
    return json;
}

static char *details_of(const ik_client *client, const char *file, const char *version)
{
    char *json = NULL;
    ik_status status = ik_get_file_version_details(client, file, version, &json);
    CHECK_STATUS(status, IK_STATUS_OK, json);
    return json;
}

static void delete(const ik_client *client, const char *file, const char *version)
{
    char *json = NULL;
    CHECK_STATUS(ik_delete_file_version(client, file, version, &json), IK_STATUS_OK, json);
    CHECK(strcmp(json, "{}") == 0);
    ik_string_free(json);
}

static char *restored(const ik_client *client, const char *file, const char *version)
{
    char *json = NULL;
    ik_status status = ik_restore_file_version(client, file, version, &json);
    CHECK_STATUS(status, IK_STATUS_OK, json);
    return json;
}

static const char no_version[] = "The requested file version does not exist.";
static const char is_current[] = "You cannot delete current version of a file.";

/* The file has three versions. The second becomes the current one, and what was current goes. */
static void life(int argc, char **argv)
{
    const char *page = "/v1/files?limit=1&skip=0";
    ik_client *client = make_client(argc, argv);
    char *files = NULL, *json = NULL;
    CHECK_STATUS(ik_request(client, "GET", page, NULL, &files), IK_STATUS_OK, files);
    expect_end(files, "/1");
    char *file = value_of(files, "/0/fileId");
    CHECK(strcmp(file, option(argc, argv, "--id", "")) == 0);

    char *before = versions_of(client, file);
    char *first = value_of(before, "/0/versionInfo/id");
    char *second = value_of(before, "/1/versionInfo/id");
    expect_value(before, "/0/type", "file");
    expect_value(before, "/1/type", "file-version");
    expect_end(before, "/3");

    char *details = details_of(client, file, second);
    expect_value(before, "/1", details); /* byte for byte */
    char *now = restored(client, file, second);
    expect_value(now, "/type", "file");
    expect_value(now, "/versionInfo/id", second);

    char *after = versions_of(client, file);
    expect_value(after, "/0", now);
    expect_value(after, "/1/type", "file-version");
    expect_value(after, "/1/versionInfo/id", first);

    ik_status refused = ik_delete_file_version(client, file, second, &json);
    expect_refusal(refused, IK_STATUS_BAD_REQUEST, is_current, json);
    delete(client, file, first);
    refused = ik_get_file_version_details(client, file, first, &json);
    expect_refusal(refused, IK_STATUS_NOT_FOUND, no_version, json);
    refused = ik_delete_file_version(client, file, first, &json);
    expect_refusal(refused, IK_STATUS_NOT_FOUND, no_version, json);
    refused = ik_restore_file_version(client, file, first, &json);
    expect_refusal(refused, IK_STATUS_NOT_FOUND, no_version, json);

    char *last = versions_of(client, file);
    expect_value(last, "/0", now);
    expect_end(last, "/2");
    char *const strings[] = {files, file, before, first, second, details, now, after, last};
    for (size_t at = 0; at < sizeof strings / sizeof *strings; at++)
        ik_string_free(strings[at]);
    ik_client_free(client);
}

/* What the threads of the crowd share; each has versions of its own, so all of it must work. */
static struct {
    const ik_client *client;
    const char *file;
    const char *versions; /* as they were at first */
} crowd;

static void *work(void *argument)
{
    for (uintptr_t at = 0; at < OF_EACH; at++) {
        char pointer[64]; /* 0 is the current one */
        sprintf(pointer, "/%d", 1 + (int)((uintptr_t)argument * OF_EACH + at));
        char *version = value_of(crowd.versions, pointer);
        char *id = value_of(version, "/versionInfo/id");
        char *details = details_of(crowd.client, crowd.file, id);
        expect_value(details, "/versionInfo/id", id);
        if (at == 0) {
            char *now = restored(crowd.client, crowd.file, id);
            expect_value(now, "/versionInfo/id", id);
            ik_string_free(now);
        } else {
            char *json = NULL;
            delete(crowd.client, crowd.file, id);
            ik_status gone = ik_delete_file_version(crowd.client, crowd.file, id, &json);
            expect_refusal(gone, IK_STATUS_NOT_FOUND, no_version, json);
        }
        ik_string_free(details);
        ik_string_free(id);
        ik_string_free(version);
    }
    return NULL;
}

static void together(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    crowd.client = client;
    crowd.file = option(argc, argv, "--file", "");
    char *before = versions_of(client, crowd.file);
    crowd.versions = before;
    pthread_t threads[THREADS];
    for (uintptr_t at = 0; at < THREADS; at++)
        threads[at] = start_thread(work, (void *)at);
    for (int at = 0; at < THREADS; at++)
        join_thread(threads[at]);

    char *after = versions_of(client, crowd.file), pointer[64];
    sprintf(pointer, "/%d", 100 - THREADS * (OF_EACH - 1));
    expect_end(after, pointer);
    sprintf(pointer, "/%d/type", 100 - THREADS * (OF_EACH - 1) - 1);
    expect_value(after, pointer, "file-version");
    ik_string_free(before);
    ik_string_free(after);
    ik_client_free(client);
}

/* Every byte within a path and within a query. A line for each tells what came of it. */
static void bytes(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    for (int byte = 1; byte < 256; byte++)
        for (int in_query = 0; in_query < 2; in_query++) {
            char path[64], *json = NULL;
            sprintf(path, "/v1/%sa%cb", in_query ? "files?x=" : "", byte);
            ik_status status = ik_request(client, "GET", path, NULL, &json);
            if (status != IK_STATUS_OK && (json == NULL || strstr(json, "path ") == NULL))
                FAIL("byte %d: %s", byte, json ? json : "(no string)");
            printf("%d %d %s\n", byte, in_query, ik_status_name(status));
            ik_string_free(json);
        }
    ik_client_free(client);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"life", life}, {"together", together}, {"bytes", bytes}};
    return RUN_PART(parts, argc, argv);
}
