/* Many files in one call: each index is reported once, on the calling thread; whoever stops it, stops
 * all of it. */
#include "queue.h"

enum { MOST_IDS = 200000, CALLBACKS = 12, FIRST = 4 };

static const ik_status ok = IK_STATUS_OK, gone = IK_STATUS_CANCELLED;

/* A call for many files, and what was reported of it. */
struct many {
    ik_client *client;
    const char *const *ids;
    uint64_t count;
    uint32_t concurrency;
    int32_t (*then)(struct many *many, uint64_t index); /* says whether to stop; may be NULL */
    bool prints;
    pthread_t caller;
    uint64_t reports;
    unsigned char *times;
    ik_status status;
    sem_t about_to;
};

static int32_t note_file(void *user_data, uint64_t index, ik_status status, const char *json)
{
    struct many *many = user_data;
    CHECK(pthread_equal(many->caller, pthread_self()));
    CHECK(index < many->count && ++many->times[index] == 1);
    many->reports++;
    expect_text(status, json);
    if (many->prints)
        printf("%d %s %s\n", (int)index, ik_status_name(status), json);
    return many->then ? many->then(many, index) : 0;
}

static void *perform_many(void *argument)
{
    struct many *many = argument;
    many->caller = pthread_self();
    many->times = calloc(many->count + 1, 1);
    CHECK(many->times != NULL);
    post(&many->about_to);
    many->status = ik_get_file_versions_many(many->client, many->ids, many->count, many->concurrency,
                                             note_file, many);
    free(many->times);
    return NULL;
}

static ik_status run_many(struct many *many)
{
    CHECK(sem_init(&many->about_to, 0, 0) == 0);
    perform_many(many);
    CHECK(many->status != ok || many->reports == many->count);
    return many->status;
}

/* The same on a thread of its own. */
static pthread_t begin_many(struct many *many)
{
    CHECK(sem_init(&many->about_to, 0, 0) == 0);
    pthread_t thread = start_thread(perform_many, many);
    await(&many->about_to);
    return thread;
}

static const char *const files[] = {"file-0", "file-1", "file-2", "file-3", "file-4",  "file-5",
                                    "file-6", "file-7", "file-8", "file-9", "file-10", "file-11"};

/* All of these files. */
static struct many of_files(ik_client *client)
{
    return (struct many){.client = client, .ids = files, .count = CALLBACKS, .concurrency = FIRST};
}

/* A file of ids, one a line, reported in lines of their own; "NULL" stands for none. */
static void list(int argc, char **argv)
{
    static const char *ids[MOST_IDS];
    ik_config *config = ik_config_new();
    configure(config, argc, argv);
    uint32_t limit = (uint32_t)option_number(argc, argv, "--per-second", 0);
    CHECK_STATUS(ik_config_set_max_requests_per_second(config, limit), ok, NULL);
    struct many many = {.ids = ids, .prints = true};
    CHECK_STATUS(ik_client_new(config, &many.client, NULL), ok, NULL);
    char *rest = read_whole(option(argc, argv, "--ids", ""));
    for (char *line; (line = strsep(&rest, "\n")) != NULL && rest != NULL;) {
        CHECK(many.count < MOST_IDS);
        ids[many.count++] = strcmp(line, "NULL") == 0 ? NULL : line;
    }
    many.concurrency = (uint32_t)option_number(argc, argv, "--concurrency", 0);
    CHECK_STATUS(run_many(&many), ok, NULL);
    CHECK(many.reports == many.count);
}

static int32_t never(void *user_data, uint64_t index, ik_status status, const char *json)
{
    (void)user_data, (void)index, (void)status, (void)json;
    FAIL("a report");
}

static void arguments(int argc, char **argv)
{
    (void)argc, (void)argv;
    static const char *const none[] = {NULL};
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS), *closed = client_of(port, BOUND_MS);
    ik_client *freed = client_of(port, BOUND_MS);
    ik_client_free(freed);
    CHECK_STATUS(ik_client_shutdown(closed, UINT64_MAX), ok, NULL);
    const ik_status invalid = IK_STATUS_INVALID_ARGUMENT;
    const struct {
        ik_client *client;
        const char *const *ids;
        uint64_t count;
        ik_file_versions_callback on_result;
        ik_status status;
    } rows[] = {
        {client, NULL, 0, never, ok},
        {client, none, 0, never, ok},
        {client, NULL, 1, never, invalid},
        {client, files, CALLBACKS, NULL, invalid},
        {client, files, UINT64_MAX, never, invalid},
        {client, files, 4294967295, never, invalid},
        {NULL, files, CALLBACKS, never, invalid},
        {freed, files, CALLBACKS, never, IK_STATUS_INVALID_HANDLE},
        {freed, NULL, 1, NULL, IK_STATUS_INVALID_HANDLE},
        {(ik_client *)RUBBISH, files, CALLBACKS, never, IK_STATUS_INVALID_HANDLE},
        {closed, files, CALLBACKS, never, IK_STATUS_INVALID_STATE},
    };
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        ik_status seen = ik_get_file_versions_many(rows[at].client, rows[at].ids, rows[at].count, 1,
                                                   rows[at].on_result, NULL);
        if (seen != rows[at].status)
            FAIL("row %d: %s", (int)at, ik_status_name(seen));
    }
    CHECK(!is_readable(listener, 0));
}

static int32_t stop(struct many *many, uint64_t index)
{
    (void)many, (void)index;
    return -1;
}

/* After the first report no other comes, and what is in flight is left. */
static void stopped(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port), peers[FIRST];
    struct many many = of_files(client_of(port, BOUND_MS));
    many.then = stop;
    pthread_t thread = begin_many(&many);
    for (int at = 0; at < FIRST; at++)
        peers[at] = accept_request(listener);
    answer_last(peers[2]);
    join_thread(thread);
    CHECK_STATUS(many.status, gone, NULL);
    CHECK(many.reports == 1);
    for (int at = 0; at < FIRST; at++)
        expect_left(peers[at]);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(!is_readable(listener, 0)); /* no other was asked for */
}

/* What a callback may do: everything. Each does one thing, and the others are reported all the same. */
static int32_t do_something(struct many *many, uint64_t index)
{
    struct many nested = of_files(many->client);
    struct done *done = new_done();
    ik_queue *queue = new_queue();
    ik_call *call = NULL;
    (void)index;
    switch (many->reports) {
    case 1: expect_versions(many->client, "other", ok); break;
    case 2: CHECK_STATUS(run_many(&nested), ok, NULL); break;
    case 3:
        call = described(many->client, "other");
        start(call, done);
        expect_wait(call, UINT64_MAX, ok);
        expect_done(done, ok);
        break;
    case 4:
        call = described(many->client, "other");
        enqueue(queue, call, many);
        expect_next(queue, ok, many);
        break;
    case 5: ik_client_free(many->client); break;
    case 6: expect_versions(many->client, "other", IK_STATUS_INVALID_HANDLE); break;
    default: break;
    }
    ik_call_free(call);
    ik_queue_free(queue);
    free_done(done);
    return 0;
}

static void inside(int argc, char **argv)
{
    struct many many = of_files(make_client(argc, argv));
    many.then = do_something;
    CHECK_STATUS(run_many(&many), ok, NULL);
}

static ik_client *other;

static int32_t shut_all(struct many *many, uint64_t index)
{
    (void)many, (void)index;
    expect_shutdown(UINT64_MAX, ok); /* it does not wait for us */
    return 0;
}

static int32_t shut_at_once(struct many *many, uint64_t index)
{
    (void)many, (void)index;
    ik_status status = ik_shutdown(0);
    CHECK(status == ok || status == IK_STATUS_PENDING);
    return 0;
}

static int32_t shut_one(struct many *many, uint64_t index)
{
    (void)index;
    CHECK_STATUS(ik_client_shutdown(many->client, UINT64_MAX), ok, NULL);
    return 0;
}

static int32_t shut_another(struct many *many, uint64_t index)
{
    (void)many, (void)index;
    CHECK_STATUS(ik_client_shutdown(other, UINT64_MAX), ok, NULL);
    return 0;
}

/* A callback that shuts down is the last; a client that is none of ours does not count. */
static void shut_inside(int argc, char **argv)
{
    int32_t (*const ways[])(struct many *, uint64_t) = {shut_all, shut_at_once, shut_one, shut_another};
    for (size_t at = 0; at < sizeof ways / sizeof *ways; at++) {
        struct many many = of_files(make_client(argc, argv));
        other = make_client(argc, argv);
        many.then = ways[at];
        ik_status status = run_many(&many);
        bool goes_on = ways[at] == shut_another;
        CHECK_STATUS(status, goes_on ? ok : gone, NULL);
        CHECK(many.reports == (goes_on ? CALLBACKS : 1));
    }
}

/* Another thread shuts down while requests are open, or while all wait for the pace. Prints how long it
 * takes to return. */
static void shut_while_it_runs(bool of_one, bool is_paused, bool is_repeated)
{
    int port = 0, listener = listen_here(&port), peers[FIRST];
    ik_client *next = client_of(port, BOUND_MS);
    struct many many = of_files(client_of(port, BOUND_MS));
    pthread_t thread = begin_many(&many);
    for (int at = 0; at < FIRST; at++)
        peers[at] = accept_request(listener);
    if (is_repeated) { /* some have been reported, others wait to be */
        answer_last(peers[0]);
        close(peers[0]);
        peers[0] = accept_request(listener);
    }
    if (is_paused) {
        answer_with(peers[0], "429 Too Many Requests", "X-RateLimit-Reset: 5000\r\n", "{}");
        expect_left(peers[0]); /* the answer was read; the pause holds, if it does, from here on */
        for (int at = 1; at < FIRST; at++) {
            answer_last(peers[at]);
            expect_left(peers[at]);
        }
    }
    int64_t started = now_ms();
    CHECK_STATUS(of_one ? ik_client_shutdown(many.client, UINT64_MAX) : ik_shutdown(UINT64_MAX), ok, NULL);
    join_thread(thread);
    printf("%d\n", (int)(now_ms() - started));
    CHECK_STATUS(many.status, gone, NULL);
    CHECK(many.reports <= (is_repeated ? 1U : 0U) + (is_paused ? FIRST : 0U));
    for (int at = 0; at < FIRST; at++)
        expect_left(peers[at]);
    struct background plain; /* nothing else asks any more */
    start_call(&plain, next);
    answer_last(accept_request(listener));
    expect_call(&plain, ok);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(!is_readable(listener, 0));
}

static void shut_outside(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int at = 0; at < 8; at++)
        shut_while_it_runs(at & 1, at & 2, at & 4);
}

/* Inside a callback of a call it may not wait. */
static sem_t came;

static void try_many(void *user_data, ik_status status, char *json)
{
    ik_client *client = user_data;
    CHECK_STATUS(status, ok, json);
    ik_string_free(json);
    const ik_status deadlock = IK_STATUS_WOULD_DEADLOCK;
    CHECK_STATUS(ik_get_file_versions_many(client, files, 3, 1, never, NULL), deadlock, NULL);
    CHECK_STATUS(ik_get_file_versions_many(client, NULL, 0, 1, never, NULL), deadlock, NULL);
    CHECK_STATUS(ik_get_file_versions_many(client, NULL, 3, 1, NULL, NULL), deadlock, NULL);
    CHECK_STATUS(ik_get_file_versions_many(NULL, files, 3, 1, never, NULL), IK_STATUS_INVALID_ARGUMENT,
                 NULL);
    post(&came);
}

static void deadlock(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    CHECK(sem_init(&came, 0, 0) == 0);
    CHECK_STATUS(ik_call_start(described(client, "file"), try_many, client), ok, NULL);
    answer_last(accept_request(listener));
    await(&came);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(!is_readable(listener, 0));
}

/* The third report forks. The child stops after it and goes on with the client, as does the parent. */
static pid_t child = -1;
static int32_t says; /* what the child's callback returns */

static int32_t fork_here(struct many *many, uint64_t index)
{
    (void)index;
    CHECK(child != 0); /* no report in the child */
    if (many->reports != 3)
        return 0;
    child = fork();
    CHECK(child >= 0);
    if (child == 0)
        alarm(BOUND_MS / 1000);
    return child == 0 ? says : 0;
}

static void forked(int argc, char **argv)
{
    for (says = 0; says < 2; says++) {
        struct many many = of_files(make_client(argc, argv));
        many.then = fork_here;
        child = -1;
        ik_status status = run_many(&many);
        if (child == 0) {
            CHECK_STATUS(status, gone, NULL);
            CHECK(many.reports == 3);
            expect_versions(many.client, "other", ok);
            many.then = NULL;
            many.reports = 0;
            CHECK_STATUS(run_many(&many), ok, NULL);
            _exit(0);
        }
        expect_child(child);
        CHECK_STATUS(status, ok, NULL);
    }
}

static uint64_t kilobytes(const char *field)
{
    char line[256];
    uint64_t value = 0;
    FILE *status = fopen("/proc/self/status", "r");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            value = strtoull(line + strlen(field), NULL, 10);
    fclose(status);
    CHECK(value > 0);
    return value;
}

/* Prints by how many KiB the process grew at most, its own list left out. */
static void memory(int argc, char **argv)
{
    enum { ID_SIZE = 25 };
    uint64_t count = option_number(argc, argv, "--count", 1000);
    char *room = malloc(count * ID_SIZE);
    const char **ids = malloc(count * sizeof *ids);
    unsigned char *times = malloc(count + 1);
    CHECK(room != NULL && ids != NULL && times != NULL);
    memset(times, 1, count + 1);
    free(times); /* what run_many() takes */
    for (uint64_t at = 0; at < count; at++) {
        ids[at] = room + at * ID_SIZE;
        sprintf(room + at * ID_SIZE, "%024x", (unsigned)at);
    }
    struct many many = {.client = make_client(argc, argv), .ids = ids, .count = count};
    uint64_t before = kilobytes("VmHWM:");
    CHECK_STATUS(run_many(&many), ok, NULL);
    printf("%d\n", (int)(kilobytes("VmHWM:") - before));
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"list", list},         {"arguments", arguments},       {"stopped", stopped},
        {"inside", inside},     {"shut-inside", shut_inside},   {"shut-outside", shut_outside},
        {"deadlock", deadlock}, {"forked", forked},             {"memory", memory},
    };
    return RUN_PART(parts, argc, argv);
}
