/* Handles are looked up and never dereferenced: whatever number comes in, a status comes out. */
#include "host.h"

enum { CONFIGS = 200000, CLIENTS = 500, GARBAGE = 50000, NEIGHBOURS = 64 };

/* Every function that takes a handle, with one that must be refused. */
static void refused_as_config(const void *handle, ik_status expected)
{
    ik_config *config = (ik_config *)(uintptr_t)handle;
    ik_client *client = (ik_client *)"not yet written";
    char *error = "not yet written";
    CHECK_STATUS(ik_config_set_private_key(config, "private_x"), expected, NULL);
    CHECK_STATUS(ik_config_set_base_url(config, "http://127.0.0.1:9"), expected, NULL);
    CHECK_STATUS(ik_config_set_timeout_ms(config, 5), expected, NULL);
    CHECK_STATUS(ik_config_set_connect_timeout_ms(config, 5), expected, NULL);
    CHECK_STATUS(ik_config_set_max_retries(config, 5), expected, NULL);
    CHECK_STATUS(ik_config_set_max_response_bytes(config, 5), expected, NULL);
    CHECK_STATUS(ik_config_set_ca_file(config, "/dev/null"), expected, NULL);
    CHECK_STATUS(ik_config_set_proxy(config, ""), expected, NULL);
    ik_config_free(config);
    if (handle == NULL)
        return; /* to ik_client_new() NULL means the environment */
    CHECK_STATUS(ik_client_new(config, &client, &error), expected, error);
    CHECK(client == NULL);
    CHECK(error != NULL && strstr(error, ik_status_name(expected)) != NULL);
    ik_string_free(error);
}

static void told(ik_status status, ik_status expected, char **answer)
{
    CHECK_STATUS(status, expected, *answer);
    CHECK(*answer != NULL && strstr(*answer, ik_status_name(expected)) != NULL);
    ik_string_free(*answer);
    *answer = "not yet written";
}

static void refused_as_client(const void *handle, ik_status expected)
{
    ik_client *client = (ik_client *)(uintptr_t)handle;
    char *answer = "not yet written";
    told(ik_get_file_versions(client, "file", &answer), expected, &answer);
    told(ik_get_file_version_details(client, "file", "version", &answer), expected, &answer);
    told(ik_delete_file_version(client, "file", "version", &answer), expected, &answer);
    told(ik_restore_file_version(client, "file", "version", &answer), expected, &answer);
    told(ik_request(client, "POST", "/v1/x", "{}", &answer), expected, &answer);
    ik_client_free(client);
}

static void refused(const void *handle, ik_status expected)
{
    refused_as_config(handle, expected);
    refused_as_client(handle, expected);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; /* xorshift64: the same numbers in every run */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool usable(ik_config *config)
{
    return ik_config_set_max_retries(config, 1) == IK_STATUS_OK;
}

static void garbage(int argc, char **argv)
{
    (void)argc, (void)argv;
    ik_config *config = ik_config_new();
    ik_client *client = client_of(9, 1000);
    refused(NULL, IK_STATUS_INVALID_ARGUMENT);

    char *of_the_heap = strdup("memory of the host");
    const void *foreign[] = {&client, of_the_heap, stdout, (const void *)(uintptr_t)garbage};
    for (size_t at = 0; at < sizeof foreign / sizeof *foreign; at++)
        refused(foreign[at], IK_STATUS_INVALID_HANDLE);
    CHECK(strcmp(of_the_heap, "memory of the host") == 0);
    free(of_the_heap);

    static const uint64_t odd[] = {1, 2, 8, 0xfff, 0x1000, 0x1001, 0xffffffff, 0x100000000,
                                   INT64_MAX, 1ull << 63, UINT64_MAX - 4095, UINT64_MAX};
    for (size_t at = 0; at < sizeof odd / sizeof *odd; at++)
        refused((const void *)(uintptr_t)odd[at], IK_STATUS_INVALID_HANDLE);

    uint64_t state = 0x9e3779b97f4a7c15;
    for (int at = 0; at < GARBAGE; at++)
        refused((const void *)(uintptr_t)next_random(&state), IK_STATUS_INVALID_HANDLE);
    CHECK(usable(config)); /* and none of it touched what is alive */

    ik_client_free(client);
    ik_config_free(config);
}

/* Every bit of a handle counts, and so does its type. */
static void neighbours(int argc, char **argv)
{
    (void)argc, (void)argv;
    ik_config *config = ik_config_new();
    ik_client *client = client_of(9, 1000);
    for (int bit = 0; bit < NEIGHBOURS && bit < (int)sizeof(void *) * 8; bit++) {
        uintptr_t flipped = (uintptr_t)1 << bit;
        refused_as_config((const void *)((uintptr_t)config ^ flipped), IK_STATUS_INVALID_HANDLE);
        refused_as_client((const void *)((uintptr_t)client ^ flipped), IK_STATUS_INVALID_HANDLE);
    }
    refused_as_client(config, IK_STATUS_INVALID_HANDLE);
    refused_as_config(client, IK_STATUS_INVALID_HANDLE);
    CHECK(usable(config));
    char *answer = NULL; /* alive all the same: it gets as far as to look for a server */
    ik_status status = ik_get_file_versions(client, "file", &answer);
    CHECK_STATUS(status, IK_STATUS_CONNECT_FAILED, answer);
    ik_string_free(answer);

    ik_config_free(config);
    ik_client_free(client);
    refused(config, IK_STATUS_INVALID_HANDLE); /* freed, and in there freed again */
    refused(client, IK_STATUS_INVALID_HANDLE);
    refused(config, IK_STATUS_INVALID_HANDLE);
}

static int compare(const void *left, const void *right)
{
    uintptr_t a = *(const uintptr_t *)left, b = *(const uintptr_t *)right;
    return (a > b) - (a < b);
}

static void aliases(int argc, char **argv)
{
    (void)argc, (void)argv;
    static uintptr_t old[CONFIGS + CLIENTS];
    ik_config *kept = ik_config_new();
    for (int at = 0; at < CONFIGS; at++) {
        ik_config *config = ik_config_new();
        CHECK(config != NULL && usable(config));
        old[at] = (uintptr_t)config;
        ik_config_free(config);
        CHECK(!usable((ik_config *)old[at / 2]));
    }
    for (int at = CONFIGS; at < CONFIGS + CLIENTS; at++) {
        ik_client *client = client_of(9, 1000);
        old[at] = (uintptr_t)client;
        ik_client_free(client);
    }
    ik_config *newest = ik_config_new();
    for (int at = 0; at < CONFIGS + CLIENTS; at++)
        CHECK_STATUS(ik_config_set_max_retries((ik_config *)old[at], 1), IK_STATUS_INVALID_HANDLE,
                     NULL);
    qsort(old, CONFIGS + CLIENTS, sizeof *old, compare);
    CHECK(old[0] >= 4096);
    for (int at = 1; at < CONFIGS + CLIENTS; at++)
        CHECK(old[at] != old[at - 1]); /* none was given twice */
    CHECK(usable(kept) && usable(newest));
    ik_config_free(kept);
    ik_config_free(newest);
}

/* The client is freed while a call of it is on the wire. The call does not notice. */
static void freed_in_use(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    for (int round = 0; round < 50; round++) {
        ik_client *client = client_of(port, 10000);
        struct background call;
        start_call(&call, client);
        int peer = accept_request(listener);
        ik_client_free(client);
        refused_as_client(client, IK_STATUS_INVALID_HANDLE);
        answer_request(peer);
        expect_call(&call, IK_STATUS_OK);
        close(peer);
    }
}

/* A client copies its settings: the config may change, serve again, or go. */
static void config_reused(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    ik_config *config = ik_config_new();
    configure(config, argc, argv);
    ik_client *first = NULL, *second = NULL, *third = NULL;
    CHECK_STATUS(ik_client_new(config, &first, NULL), IK_STATUS_OK, NULL);
    CHECK_STATUS(ik_client_new(config, &second, NULL), IK_STATUS_OK, NULL);
    CHECK(ik_config_set_base_url(config, "http://127.0.0.1:9") == IK_STATUS_OK);
    call(first, id);
    CHECK_STATUS(ik_client_new(config, &third, NULL), IK_STATUS_OK, NULL);
    ik_config_free(config);
    call(second, id);

    char *answer = NULL;
    ik_status status = ik_get_file_versions(third, id, &answer);
    CHECK_STATUS(status, IK_STATUS_CONNECT_FAILED, answer);
    ik_string_free(answer);
    ik_client_free(second);
    call(first, id); /* what belongs to one client is not another's */
    ik_client_free(first);
    ik_client_free(third);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"garbage", garbage},
                                        {"neighbours", neighbours},
                                        {"aliases", aliases},
                                        {"freed-in-use", freed_in_use},
                                        {"config-reused", config_reused}};
    return RUN_PART(parts, argc, argv);
}
