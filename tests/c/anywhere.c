/* What holds on every platform, in nothing but C and POSIX threads, so that it also runs where there is
 * no /proc, no fork and no poll. Everything else in this folder asks a Unix. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { THREADS = 64, BOUND_MS = 30000 };

static const ik_status ok = IK_STATUS_OK;
static const ik_client *client;
static const char *id;

static void expect_error(ik_status seen, ik_status expected, char **place)
{
    char code[64], *document = *place;
    snprintf(code, sizeof code, "\"code\":\"%s\"", ik_status_name(expected));
    CHECK_STATUS(seen, expected, document);
    if (document == NULL || strstr(document, code) == NULL)
        FAIL("not a document of %s: %s", ik_status_name(expected), document ? document : "(none)");
    ik_string_free(document);
}

/* A client that repeats nothing. What is NULL comes from the environment. */
static ik_client *client_of(const char *url, const char *ca_file)
{
    ik_config *config = ik_config_new();
    ik_client *made = NULL;
    char *error = NULL;
    CHECK_STATUS(ik_config_set_max_retries(config, 0), ok, NULL);
    if (url)
        CHECK_STATUS(ik_config_set_base_url(config, url), ok, NULL);
    if (ca_file)
        CHECK_STATUS(ik_config_set_ca_file(config, ca_file), ok, NULL);
    CHECK_STATUS(ik_client_new(config, &made, &error), ok, error);
    ik_config_free(config);
    return made;
}

static void expect_versions(const ik_client *of)
{
    char *versions = NULL;
    CHECK_STATUS(ik_get_file_versions(of, id, &versions), ok, versions);
    CHECK(strstr(versions, id) != NULL);
    ik_string_free(versions);
}

/* Asks for a file that is made up, with trouble: see the emulator's --faults. */
static void expect_trouble(const char *file, ik_status expected)
{
    char *document = NULL;
    expect_error(ik_get_file_versions(client, file, &document), expected, &document);
}

static ik_call *described(const char *file)
{
    ik_call *call = NULL;
    CHECK_STATUS(ik_get_file_versions_call(client, file, &call), ok, NULL);
    return call;
}

/* Sixty-four threads at once, each with a success and an error. */
static void *ask(void *nothing)
{
    expect_versions(client);
    expect_trouble("000000000000000000000000", IK_STATUS_NOT_FOUND);
    return nothing;
}

static void threads(void)
{
    pthread_t askers[THREADS];
    for (int at = 0; at < THREADS; at++)
        CHECK(pthread_create(&askers[at], NULL, ask, NULL) == 0);
    for (int at = 0; at < THREADS; at++)
        CHECK(pthread_join(askers[at], NULL) == 0);
}

/* A callback: on a thread of the library's, where waiting is refused. */
static struct {
    atomic_int calls, lines;
    pthread_t caller;
} told;

static void on_done(void *user_data, ik_status status, char *json)
{
    char *document = NULL;
    CHECK(user_data == &told && !pthread_equal(told.caller, pthread_self()));
    CHECK_STATUS(status, ok, json);
    CHECK(strstr(json, id) != NULL);
    expect_error(ik_get_file_versions(client, id, &document), IK_STATUS_WOULD_DEADLOCK, &document);
    ik_string_free(json);
    told.calls++;
}

static void callbacks(void)
{
    ik_call *calls[8];
    char *json = NULL, *metadata = NULL;
    told.caller = pthread_self();
    for (int at = 0; at < 8; at++) {
        calls[at] = described(id);
        CHECK_STATUS(ik_call_start(calls[at], on_done, &told), ok, NULL);
    }
    for (int at = 0; at < 8; at++) {
        CHECK_STATUS(ik_call_wait(calls[at], BOUND_MS, &json), ok, json);
        CHECK_STATUS(ik_call_get_metadata(calls[at], &metadata), ok, metadata);
        CHECK(strstr(metadata, "\"httpStatus\":200") != NULL);
        ik_string_free(metadata);
        ik_string_free(json);
        ik_call_free(calls[at]);
    }
    CHECK_STATUS(ik_shutdown(BOUND_MS), ok, NULL); /* waits for the last callback */
    CHECK(told.calls == 8);
}

/* A queue; its descriptor is there on Unix alone. */
static void queue(void)
{
    ik_queue *made = NULL;
    ik_status came = -1;
    void *user_data = NULL;
    char *json = NULL;
    int fd = -1;
    CHECK_STATUS(ik_queue_new(&made), ok, NULL);
#ifdef _WIN32
    CHECK_STATUS(ik_queue_get_fd(made, &fd), IK_STATUS_UNSUPPORTED, NULL);
    CHECK(fd == 0);
#else
    CHECK_STATUS(ik_queue_get_fd(made, &fd), ok, NULL);
    CHECK(fd > 2);
#endif
    for (int at = 0; at < 4; at++) {
        ik_call *call = described(id);
        CHECK_STATUS(ik_queue_start(made, call, call), ok, NULL);
    }
    for (int at = 0; at < 4; at++) {
        CHECK_STATUS(ik_queue_next(made, BOUND_MS, &came, &user_data, &json), ok, json);
        CHECK_STATUS(came, ok, json);
        CHECK(strstr(json, id) != NULL);
        ik_string_free(json);
        ik_call_free(user_data);
    }
    CHECK_STATUS(ik_queue_next(made, 0, &came, &user_data, &json), IK_STATUS_PENDING, json);
    ik_queue_free(made);
}

/* Many files in one call. */
static int32_t on_result(void *user_data, uint64_t index, ik_status status, const char *json)
{
    int *seen = user_data;
    CHECK_STATUS(status, index % 2 ? IK_STATUS_NOT_FOUND : ok, json);
    seen[index]++;
    return 0;
}

static void many(void)
{
    const char *ids[40];
    int seen[40] = {0};
    for (int at = 0; at < 40; at++)
        ids[at] = at % 2 ? "000000000000000000000000" : id;
    CHECK_STATUS(ik_get_file_versions_many(client, ids, 40, 8, on_result, seen), ok, NULL);
    for (int at = 0; at < 40; at++)
        CHECK(seen[at] == 1);
}

/* Failures of the wire, whose causes have other numbers on each system. */
static void expect_of(ik_client *made, ik_status expected)
{
    char *document = NULL;
    expect_error(ik_get_file_versions(made, id, &document), expected, &document);
    ik_client_free(made);
}

static void failures(void)
{
    expect_of(client_of("http://127.0.0.1:1", NULL), IK_STATUS_CONNECT_FAILED);
    expect_of(client_of("https://nowhere.invalid", NULL), IK_STATUS_CONNECT_FAILED);
    expect_trouble("mine~status=503", IK_STATUS_SERVER_ERROR);
    expect_trouble("mine~drop-before-head", IK_STATUS_CONNECTION_LOST);
    expect_trouble("mine~drop-after-head=reset", IK_STATUS_CONNECTION_LOST);
    expect_trouble("mine~garbage", IK_STATUS_INVALID_RESPONSE);

    ik_call *call = described("mine~delay=20000");
    char *document = NULL;
    int64_t started = now_ms();
    CHECK_STATUS(ik_call_set_timeout_ms(call, 300), ok, NULL);
    expect_error(ik_call_perform(call, &document), IK_STATUS_TIMEOUT, &document);
    CHECK(now_ms() - started >= 300 && now_ms() - started < 10000);
    ik_call_free(call);
}

/* TLS: the file of certificates is trusted, whose name is UTF-8; without it the server is not. */
static void tls(void)
{
    const char *url = getenv("TLS_BASE_URL");
    ik_client *trusting = client_of(url, "vertraut-\xc3\xbc.pem");
    expect_versions(trusting);
    ik_client_free(trusting);
    expect_of(client_of(url, NULL), IK_STATUS_TLS_FAILED);
}

/* A shutdown ends what others wait for, and calls go on after it. */
static void *wait_in_vain(void *waiting)
{
    char *document = NULL;
    ++*(atomic_int *)waiting;
    ik_status status = ik_get_file_versions(client, "mine~delay=20000", &document);
    expect_error(status, IK_STATUS_CANCELLED, &document);
    return NULL;
}

static void shut_down(void)
{
    enum { WAITERS = 8 };
    pthread_t waiters[WAITERS];
    atomic_int waiting = 0;
    char *document = NULL;
    for (int at = 0; at < WAITERS; at++)
        CHECK(pthread_create(&waiters[at], NULL, wait_in_vain, &waiting) == 0);
    ik_call *begun = described("mine~delay=20000");
    CHECK_STATUS(ik_call_start(begun, NULL, NULL), ok, NULL);
    while (waiting < WAITERS)
        usleep(1000);
    CHECK_STATUS(ik_call_wait(begun, 500, NULL), IK_STATUS_PENDING, NULL);

    int64_t started = now_ms();
    CHECK_STATUS(ik_shutdown(BOUND_MS), ok, NULL);
    for (int at = 0; at < WAITERS; at++)
        CHECK(pthread_join(waiters[at], NULL) == 0);
    expect_error(ik_call_wait(begun, 0, &document), IK_STATUS_CANCELLED, &document);
    CHECK(now_ms() - started < 10000);
    ik_call_free(begun);
    expect_versions(client);
}

/* The process ends at once, though calls wait. */
static void on_no_end(void *user_data, ik_status status, char *json)
{
    (void)user_data, (void)status;
    ik_string_free(json);
}

static void leave(void)
{
    expect_versions(client);
    for (int at = 0; at < 4; at++)
        CHECK_STATUS(ik_call_start(described("mine~delay=20000"), on_no_end, NULL), ok, NULL);
    exit(7);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"threads", threads},   {"callbacks", callbacks}, {"queue", queue}, {"many", many},
                 {"failures", failures}, {"shutdown", shut_down},  {"tls", tls},     {"leave", leave}};
    CHECK(argc == 3);
    ik_client *made = client_of(NULL, NULL);
    client = made;
    id = argv[2];
    for (size_t at = 0; at < sizeof parts / sizeof *parts; at++)
        if (strcmp(parts[at].name, argv[1]) == 0) {
            parts[at].run();
            CHECK_STATUS(ik_shutdown(BOUND_MS), ok, NULL);
            ik_client_free(made);
            puts(argv[1]);
            return 0;
        }
    FAIL("no such part: %s", argv[1]);
}
