/* The client's own limit: turns in a line, first come, first served, and none for who has no time. */
#include "queue.h"

enum { CALLERS = 8, OF_EACH = 12, QUEUED = 54 };

static const ik_status ok = IK_STATUS_OK;

static ik_client *limited_client(int argc, char **argv, uint32_t limit)
{
    ik_config *config = ik_config_new();
    ik_client *client = NULL;
    configure(config, argc, argv);
    CHECK_STATUS(ik_config_set_max_requests_per_second(config, limit), ok, NULL);
    CHECK_STATUS(ik_client_new(config, &client, NULL), ok, NULL);
    ik_config_free(config);
    return client;
}

static uint32_t limit_of(int argc, char **argv)
{
    return (uint32_t)option_number(argc, argv, "--per-second", 0);
}

static void *call_some(void *client)
{
    for (int at = 0; at < OF_EACH; at++)
        expect_versions(client, "file", ok);
    return NULL;
}

/* Threads that call and a queue, all of one client. */
static void crowd(int argc, char **argv)
{
    ik_client *client = limited_client(argc, argv, limit_of(argc, argv));
    ik_queue *queue = new_queue();
    pthread_t threads[CALLERS];
    for (int at = 0; at < CALLERS; at++)
        threads[at] = start_thread(call_some, client);
    for (int at = 0; at < QUEUED; at++)
        enqueue(queue, described(client, "file"), client);
    for (int at = 0; at < QUEUED; at++)
        expect_next(queue, ok, client);
    for (int at = 0; at < CALLERS; at++)
        join_thread(threads[at]);
}

/* One call after the other; prints what came of each. */
static void row(int argc, char **argv)
{
    ik_client *client = limited_client(argc, argv, limit_of(argc, argv));
    for (uint64_t left = option_number(argc, argv, "--repeat", 1); left > 0; left--) {
        char *json = NULL;
        ik_status status = ik_get_file_versions(client, "file", &json);
        printf("%s %s\n", ik_status_name(status), json);
        ik_string_free(json);
    }
}

static const char *url_of(int port)
{
    static char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    return url;
}

static ik_client *client_with(int port, uint32_t limit)
{
    char *options[] = {"", "--key", "private_host", "--base-url", (char *)(uintptr_t)url_of(port)};
    return limited_client(5, options, limit);
}

/* A call whose turn cannot come fails here and now. Prints how long that takes. */
static void expect_no_turn(ik_client *client, uint64_t timeout_ms)
{
    ik_call *call = described(client, "late");
    char *json = NULL;
    CHECK_STATUS(ik_call_set_timeout_ms(call, timeout_ms), ok, NULL);
    int64_t started = now_ms();
    CHECK_STATUS(ik_call_perform(call, &json), IK_STATUS_TIMEOUT, json);
    printf("%d\n", (int)(now_ms() - started));
    CHECK(strstr(json, "\"attempts\":0") != NULL && strstr(json, "never sent") != NULL);
    CHECK(strstr(json, "max_requests_per_second") != NULL);
    ik_string_free(json);
    ik_call_free(call);
}

/* Answers the next request, and tells how long after `since` it came. */
static int next_request(int listener, int64_t since)
{
    answer_last(accept_request(listener));
    return (int)(now_ms() - since);
}

/* A turn comes each half second. Those who can have one in time get it, others fail at once and are in
 * nobody's way. Prints times that have to be short. */
static void in_time(int argc, char **argv)
{
    (void)argc, (void)argv;
    enum { TURN_MS = 500, EARLY_MS = 20 };
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_with(port, 2);
    ik_call *calls[5];
    ik_queue *queue = new_queue();
    for (int at = 0; at < 5; at++)
        calls[at] = described(client, "file");
    enqueue(queue, calls[0], &calls[0]);
    next_request(listener, 0);
    int64_t since = now_ms(); /* the first turn was a little before */
    for (int at = 1; at < 4; at++)
        enqueue(queue, calls[at], &calls[at]);
    expect_no_turn(client, 1700); /* the three have the next turns, and the fourth is too late */
    expect_no_turn(client, 1);
    CHECK_STATUS(ik_call_cancel(calls[1]), ok, NULL);
    ik_call_free(calls[2]);
    expect_no_turn(client, 700);
    CHECK_STATUS(ik_call_set_timeout_ms(calls[4], 1700), ok, NULL);
    enqueue(queue, calls[4], &calls[4]); /* in place of those who left */
    int first = next_request(listener, since), second = next_request(listener, since);
    CHECK(first > TURN_MS - EARLY_MS && second > 2 * TURN_MS - EARLY_MS);
    printf("%d\n%d\n", first - TURN_MS, second - 2 * TURN_MS);
    for (int at = 0; at < 5; at++)
        expect_next(queue, at == 1 || at == 2 ? IK_STATUS_CANCELLED : ok, &calls[at]);
    CHECK(!is_readable(listener, 0));
}

static void range(int argc, char **argv)
{
    (void)argc, (void)argv;
    static const struct { uint32_t limit; ik_status status; } rows[] = {
        {0, IK_STATUS_OK},      {1, IK_STATUS_OK},
        {1000000, IK_STATUS_OK}, {1000001, IK_STATUS_INVALID_ARGUMENT},
        {UINT32_MAX, IK_STATUS_INVALID_ARGUMENT}, {50, IK_STATUS_OK}};
    ik_config *config = ik_config_new();
    CHECK_STATUS(ik_config_set_private_key(config, "private_host"), ok, NULL);
    CHECK_STATUS(ik_config_set_base_url(config, "http://127.0.0.1:1"), ok, NULL);
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        ik_client *client = RUBBISH;
        char *error = RUBBISH;
        CHECK_STATUS(ik_config_set_max_requests_per_second(config, rows[at].limit), rows[at].status, NULL);
        CHECK_STATUS(ik_client_new(config, &client, &error), rows[at].status, error);
        CHECK((client == NULL) == (rows[at].status != ok));
        CHECK(client != NULL || strstr(error, "max_requests_per_second") != NULL);
        ik_string_free(error);
        ik_client_free(client);
    }
    ik_config_free(config);
    CHECK_STATUS(ik_config_set_max_requests_per_second(config, 1), IK_STATUS_INVALID_HANDLE, NULL);
    CHECK_STATUS(ik_config_set_max_requests_per_second(NULL, 1), IK_STATUS_INVALID_ARGUMENT, NULL);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"crowd", crowd}, {"row", row}, {"in-time", in_time}, {"range", range}};
    return RUN_PART(parts, argc, argv);
}
