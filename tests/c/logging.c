/* What a client tells of its work, and whom: each line once, one at a time, on the thread that callbacks
 * run on; holding nobody up, and never after a shutdown. */
#include "queue.h"

#include <signal.h>

enum { LINES_THAT_WAIT = 1024, DROPPED = 100, WORKERS = 4, WHILE_BLOCKED = 20 };

static const ik_status ok = IK_STATUS_OK, invalid = IK_STATUS_INVALID_ARGUMENT;

/* Takes lines and prints them. The first waits at the gate where there is one. */
struct log {
    sem_t came, open;
    bool has_gate, is_silent;
    atomic_int lines, inside;
    pid_t thread;
    atomic_bool is_over;
    char last[1024];
    void (*then)(struct log *log); /* done in it; may be NULL */
};

static struct log *new_log(void)
{
    struct log *log = calloc(1, sizeof *log);
    CHECK(log != NULL && sem_init(&log->came, 0, 0) == 0 && sem_init(&log->open, 0, 0) == 0);
    return log;
}

static void take_line(void *user_data, int32_t level, const char *message)
{
    struct log *log = user_data;
    CHECK(!log->is_over);
    CHECK(++log->inside == 1);
    int number = log->lines++;
    CHECK(level >= IK_LOG_LEVEL_ERROR && level <= IK_LOG_LEVEL_DEBUG);
    CHECK(message != NULL && *message != '\0' && strpbrk(message, "\r\n") == NULL);
    CHECK(number == 0 || log->thread == this_thread());
    log->thread = this_thread();
    CHECK(log->thread != getpid());
    if (!log->is_silent)
        printf("log %d %s\n", (int)level, message);
    snprintf(log->last, sizeof log->last, "%s", message);
    post(&log->came);
    if (number == 0 && log->has_gate)
        await(&log->open);
    if (log->then)
        log->then(log);
    CHECK(--log->inside == 0);
}

static ik_client *client_telling(int argc, char **argv, int32_t level, struct log *log)
{
    ik_config *config = ik_config_new();
    ik_client *client = NULL;
    char *error = NULL;
    configure(config, argc, argv);
    CHECK_STATUS(ik_config_set_log_callback(config, level, log ? take_line : NULL, log), ok, NULL);
    CHECK_STATUS(ik_client_new(config, &client, &error), ok, error);
    ik_config_free(config);
    return client;
}

static ik_client *telling(int port, int32_t level, struct log *log)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    char *options[] = {"", "--key", "private_host", "--base-url", url, "--max-retries", "0"};
    return client_telling(7, options, level, log);
}

static void expect_refusal(const ik_client *client)
{
    ik_call *call = RUBBISH;
    CHECK_STATUS(ik_get_file_versions_call(client, "", &call), invalid, NULL);
    CHECK(call == NULL);
}

static int32_t go_on(void *user_data, uint64_t index, ik_status status, const char *json)
{
    (void)user_data, (void)index, (void)status, (void)json;
    return 0;
}

/* Everything that a client does. Each way of sending asks for a file of its own. */
static void everything(ik_client *client, const char *key)
{
    static const char *const plain[] = {"plain", "missing", "garbled", "moved", "flaky"};
    static const char *const many[] = {"many-0", "many-1", "many-0", NULL};
    char path[2048], *json = NULL;
    for (size_t at = 0; at < sizeof plain / sizeof *plain; at++) {
        ik_get_file_versions(client, plain[at], &json);
        ik_string_free(json);
    }
    ik_get_file_versions(client, key, &json);
    ik_string_free(json);
    snprintf(path, sizeof path, "/v1/files/asked?key=%s", key);
    CHECK_STATUS(ik_request(client, "POST", path, "{}", &json), ok, json);
    ik_string_free(json);

    ik_call *performed = described(client, "performed"), *started = described(client, "started");
    ik_call *queued = described(client, "queued");
    ik_queue *queue = new_queue();
    CHECK_STATUS(ik_call_set_header(performed, "X-Mine", key), ok, NULL);
    CHECK_STATUS(ik_call_set_header(started, key, key), invalid, NULL); /* no name: it has a slash */
    expect_perform(performed, ok);
    ik_call_free(started);
    started = described(client, "started");
    CHECK_STATUS(ik_call_start(started, NULL, NULL), ok, NULL);
    expect_wait(started, UINT64_MAX, ok);
    enqueue(queue, queued, NULL);
    expect_next(queue, ok, NULL);
    CHECK_STATUS(ik_get_file_versions_many(client, many, 4, 2, go_on, NULL), ok, NULL);
    expect_refusal(client);
    ik_call *refused = RUBBISH;
    snprintf(path, sizeof path, "/v1/../%s", key);
    CHECK_STATUS(ik_request_call(client, "GET", path, NULL, &refused), invalid, NULL);
    ik_call_free(performed);
    ik_call_free(started);
    ik_call_free(queued);
    ik_queue_free(queue);
}

/* With a callback of that level, or with what the environment says. */
static void tell(int argc, char **argv)
{
    struct log *log = new_log();
    const char *level = option(argc, argv, "--level", NULL);
    ik_client *client = level ? client_telling(argc, argv, (int32_t)strtol(level, NULL, 10), log)
                              : make_client(argc, argv);
    everything(client, option(argc, argv, "--key", ""));
    CHECK_STATUS(ik_client_shutdown(client, UINT64_MAX), ok, NULL);
    ik_client_free(client);
    CHECK(level != NULL || log->lines == 0);
}

/* Nothing runs before the first send, which delivers what ik_client_new() had to tell; so does the first
 * refusal. The environment names a proxy that is none of ours. */
static void before(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int sends = 0; sends < 2; sends++) {
        struct log *log = new_log();
        char *options[] = {"", "--key", "private_host", "--base-url", "https://127.0.0.1:1"};
        int threads = count_threads();
        CHECK(setenv("https_proxy", "socks5://127.0.0.1:1", 1) == 0);
        ik_client *client = client_telling(5, options, IK_LOG_LEVEL_WARN, log);
        CHECK(count_threads() == threads && log->lines == 0);
        if (sends) {
            char *json = NULL;
            ik_call *call = described(client, "file");
            CHECK_STATUS(ik_call_set_max_retries(call, 0), ok, NULL);
            CHECK_STATUS(ik_call_perform(call, &json), IK_STATUS_CONNECT_FAILED, json);
            ik_string_free(json);
        } else {
            expect_refusal(client);
            await(&log->came);
        }
        await(&log->came);
        expect_shutdown(UINT64_MAX, ok);
        CHECK(log->lines == (sends ? 1 : 2));
        expect_threads(threads);
    }
}

static void serve(int listener)
{
    int peer = accept_request(listener);
    answer_last(peer);
    close(peer);
}

/* While a line is being taken, calls come and go; all that is due comes before a shutdown is over. */
static void slow(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct log *log = new_log();
    log->has_gate = true;
    ik_client *client = telling(port, IK_LOG_LEVEL_INFO, log);
    for (int at = 0; at < WHILE_BLOCKED; at++) {
        struct background plain;
        start_call(&plain, client);
        serve(listener);
        expect_call(&plain, ok);
        if (at == 0)
            await(&log->came);
    }
    CHECK(log->lines == 1);
    struct shutting shutting;
    begin(&shutting, client, UINT64_MAX);
    CHECK(log->lines == 1);
    post(&log->open);
    finish(&shutting, ok);
    CHECK(log->lines == WHILE_BLOCKED);
}

/* What a log callback does itself is not told. */
static ik_client *inside_client;

static void use_inside(struct log *log)
{
    expect_versions(inside_client, "file", IK_STATUS_WOULD_DEADLOCK);
    CHECK_STATUS(ik_client_shutdown(inside_client, 0), IK_STATUS_WOULD_DEADLOCK, NULL);
    expect_refusal(inside_client);
    if (log->lines == 1) {
        ik_call *call = described(inside_client, "of-the-log");
        CHECK_STATUS(ik_call_start(call, NULL, NULL), ok, NULL);
        ik_call_free(described(inside_client, "file"));
    }
}

static void inside(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct log *log = new_log();
    log->then = use_inside;
    inside_client = telling(port, IK_LOG_LEVEL_INFO, log);
    struct background plain;
    start_call(&plain, inside_client);
    serve(listener);
    expect_call(&plain, ok);
    serve(listener); /* the call that the callback started works, and is told of as any other */
    await(&log->came);
    await(&log->came);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(log->lines == 2);
}

/* Callbacks of calls that are due go before lines that wait. */
static struct log *behind;

static void look_at_lines(void *user_data, ik_status status, char *json)
{
    CHECK(behind->lines == 1);
    note(user_data, status, json);
}

static void first_callbacks(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct done *done = new_done();
    behind = new_log();
    behind->has_gate = true;
    ik_client *client = telling(port, IK_LOG_LEVEL_INFO, behind);
    for (int at = 0; at < 4; at++) /* one is taken, the others wait */
        expect_refusal(client);
    await(&behind->came);
    ik_call *call = described(client, "file");
    CHECK_STATUS(ik_call_start(call, look_at_lines, done), ok, NULL);
    serve(listener);
    expect_wait(call, UINT64_MAX, ok);
    int64_t bound = now_ms() + BOUND_MS;
    while (ik_call_get_metadata(call, &(char *){NULL}) == IK_STATUS_PENDING && now_ms() < bound)
        usleep(1000);
    post(&behind->open);
    expect_done(done, ok);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(behind->lines == 5);
}

/* More lines than wait are dropped, and the next one says how many. */
static void flood(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct log *log = new_log();
    char count[64];
    log->has_gate = log->is_silent = true;
    ik_client *client = telling(1, IK_LOG_LEVEL_WARN, log);
    expect_refusal(client);
    await(&log->came);
    for (int at = 0; at < LINES_THAT_WAIT + DROPPED; at++)
        expect_refusal(client);
    post(&log->open);
    for (int at = 0; at < LINES_THAT_WAIT; at++)
        await(&log->came);
    sprintf(count, "%d", DROPPED);
    CHECK(strstr(log->last, count) == NULL);
    expect_refusal(client);
    await(&log->came);
    CHECK(strstr(log->last, count) != NULL);
    expect_refusal(client);
    await(&log->came);
    CHECK(strstr(log->last, count) == NULL);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(log->lines == 1 + LINES_THAT_WAIT + 2);
}

/* Threads that use a client whatever comes of it. */
static struct {
    ik_client *client;
    atomic_bool over;
    atomic_int calls;
} busy;

static void *work(void *argument)
{
    (void)argument;
    while (!busy.over) {
        char *json = NULL;
        ik_get_file_versions(busy.client, "file", &json);
        ik_string_free(json);
        expect_refusal(busy.client);
        busy.calls++;
    }
    return NULL;
}

/* After a shutdown has said ok no line comes, however the client is used on. */
static void silence(int argc, char **argv)
{
    for (int of_one = 0; of_one < 2; of_one++) {
        struct log *log = new_log(), *later = new_log();
        pthread_t workers[WORKERS];
        log->is_silent = true;
        busy.client = client_telling(argc, argv, IK_LOG_LEVEL_DEBUG, log);
        busy.over = false;
        for (int at = 0; at < WORKERS; at++)
            workers[at] = start_thread(work, NULL);
        for (int at = 0; at < 20; at++)
            await(&log->came);
        CHECK_STATUS(of_one ? ik_client_shutdown(busy.client, UINT64_MAX) : ik_shutdown(UINT64_MAX), ok, NULL);
        log->is_over = true;
        int so_far = log->lines, calls = busy.calls;
        int64_t bound = now_ms() + BOUND_MS;
        while (busy.calls < calls + 40 && now_ms() < bound)
            usleep(1000);
        ik_client *other = client_telling(argc, argv, IK_LOG_LEVEL_INFO, later);
        expect_versions(other, "file", ok); /* a new one tells */
        await(&later->came);
        busy.over = true;
        for (int at = 0; at < WORKERS; at++)
            join_thread(workers[at]);
        expect_shutdown(UINT64_MAX, ok);
        CHECK(log->lines == so_far && later->lines == 1);
        ik_client_free(busy.client);
        ik_client_free(other);
        free(log);
        free(later);
    }
}

static void settings(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct log *log = new_log();
    const struct { int32_t level; ik_log_callback on_log; ik_status status; } rows[] = {
        {IK_LOG_LEVEL_OFF, NULL, ok},         {IK_LOG_LEVEL_OFF, take_line, ok},
        {IK_LOG_LEVEL_ERROR, NULL, invalid},  {IK_LOG_LEVEL_DEBUG, NULL, invalid},
        {5, take_line, invalid},              {-1, take_line, invalid},
        {INT32_MAX, take_line, invalid},      {INT32_MIN, NULL, invalid},
        {IK_LOG_LEVEL_DEBUG, take_line, ok},  {5, NULL, invalid},
        {IK_LOG_LEVEL_ERROR, take_line, ok},
    };
    ik_config *config = ik_config_new();
    CHECK_STATUS(ik_config_set_private_key(config, "private_host"), ok, NULL);
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        ik_client *client = RUBBISH;
        char *error = NULL;
        ik_status status = ik_config_set_log_callback(config, rows[at].level, rows[at].on_log, log);
        CHECK_STATUS(status, rows[at].status, NULL);
        CHECK_STATUS(ik_client_new(config, &client, &error), rows[at].status, error);
        CHECK(status == ok || strstr(error, "log") != NULL || strstr(error, "max_level") != NULL);
        ik_client_free(client);
        ik_string_free(error);
    }
    ik_config_free(config);
    CHECK_STATUS(ik_config_set_log_callback(NULL, 3, take_line, log), invalid, NULL);
    CHECK_STATUS(ik_config_set_log_callback(config, 3, take_line, log), IK_STATUS_INVALID_HANDLE, NULL);
    CHECK(log->lines == 0);
}

/* Nobody reads standard error, or there is none. The exit status tells that the host lives. */
static void unheard(int argc, char **argv)
{
    int ends[2];
    bool is_closed = strcmp(option(argc, argv, "--stderr", ""), "closed") == 0;
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
    CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO && close(ends[1]) == 0);
    if (is_closed)
        close(STDERR_FILENO);
    everything(make_client(argc, argv), option(argc, argv, "--key", ""));
    exit(7);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"tell", tell},       {"before", before},     {"slow", slow},
        {"inside", inside},   {"first", first_callbacks}, {"flood", flood},
        {"silence", silence}, {"settings", settings}, {"unheard", unheard},
    };
    return RUN_PART(parts, argc, argv);
}
