/* A host in a system that fails once: see failing.c, which is preloaded. Each part is a scenario, in
 * which a call may come to nothing; once it is over, or between its steps, all has to be well. What came
 * of each step is printed, a record each that ends with a NUL, and at the end what was counted:
 *
 *     did cold ok 12 =[...]
 *     failed 1
 *     counted 2 socket tcp
 */
#include "queue.h"

#include <dlfcn.h>

enum { HANGS_AFTER_S = 40 };

static const ik_status ok = IK_STATUS_OK;

static struct {
    void (*pause)(int is_paused);
    int (*has_failed)(void);
    int (*count)(size_t at, const char **key);
} failing;

static const char *id;

/* Nothing fails while this is said. */
static void in_peace(int is_peace)
{
    failing.pause(is_peace);
}

/* Tells of a step, and takes its string. */
static bool did(const char *step, ik_status status, int64_t started, char *text)
{
    printf("did %s %s %lld %c%s%c", step, ik_status_name(status), (long long)(now_ms() - started),
           text ? '=' : '-', text ? text : "", 0);
    ik_string_free(text);
    return status == ok;
}

static ik_client *new_client(int argc, char **argv)
{
    ik_client *client = RUBBISH;
    char *error = RUBBISH;
    int64_t started = now_ms();
    ik_status status = try_client(argc, argv, &client, &error);
    CHECK((client != NULL) == (status == ok) && (error == NULL) == (status == ok));
    did("new", status, started, error);
    return client;
}

static void get(const char *step, const ik_client *client)
{
    char *answer = RUBBISH;
    int64_t started = now_ms();
    ik_status status = ik_get_file_versions(client, id, &answer);
    expect_text(status, answer);
    did(step, status, started, answer);
}

/* The server may act on it, so it must not be sent twice; its body tells the step. */
static void post_once(const char *step, const ik_client *client)
{
    char *answer = RUBBISH, body[64];
    snprintf(body, sizeof body, "{\"step\":\"%s\"}", step);
    int64_t started = now_ms();
    ik_status status = ik_request(client, "POST", "/v1/folder", body, &answer);
    expect_text(status, answer);
    did(step, status, started, answer);
}

/* In the background, with a callback. What was not started is started again in peace. */
static void get_and_call_back(const char *step, const ik_client *client)
{
    struct done *done = new_done();
    ik_call *call = described(client, id);
    int64_t started = now_ms();
    ik_status status = ik_call_start(call, note, done);
    if (did(step, status, started, NULL)) {
        await(&done->came);
        expect_wait(call, 0, done->status);
        did(step, done->status, started, done->json);
        done->json = NULL;
    } else {
        CHECK(done->times == 0);
        in_peace(true);
        start(call, done);
        expect_done(done, ok);
        in_peace(false);
    }
    expect_metadata(call, ok);
    CHECK(done->times == 1);
    ik_call_free(call);
    free_done(done);
}

/* Takes what has landed, as an event loop does: told by the descriptor, and without waiting. */
static ik_status take_from(ik_queue *queue, const void *expected, char **json)
{
    ik_status status = -1;
    void *user_data = RUBBISH;
    CHECK(is_readable(descriptor_of(queue), BOUND_MS));
    CHECK_STATUS(ik_queue_next(queue, 0, &status, &user_data, json), ok, NULL);
    CHECK(user_data == expected);
    expect_text(status, *json);
    CHECK(!is_readable(descriptor_of(queue), 0));
    expect_count(queue, 0);
    return status;
}

static void get_through(ik_queue *queue, const char *step, const ik_client *client)
{
    ik_call *call = described(client, id);
    char *json = RUBBISH;
    int64_t started = now_ms();
    ik_status status = ik_queue_start(queue, call, &json);
    if (did(step, status, started, NULL)) {
        status = take_from(queue, &json, &json);
        did(step, status, started, json);
    } else {
        expect_count(queue, 0);
        in_peace(true);
        enqueue(queue, call, &json);
        CHECK_STATUS(take_from(queue, &json, &json), ok, json);
        ik_string_free(json);
        in_peace(false);
    }
    ik_call_free(call);
}

static ik_queue *try_queue(void)
{
    ik_queue *queue = RUBBISH;
    int64_t started = now_ms();
    ik_status status = ik_queue_new(&queue);
    CHECK((queue != NULL) == (status == ok));
    if (did("queue", status, started, NULL))
        return queue;
    in_peace(true);
    queue = new_queue();
    in_peace(false);
    return queue;
}

static void by_turns(const ik_client *client, const char *way)
{
    static const char *const steps[] = {"cold", "warm"};
    ik_queue *queue = strcmp(way, "queue") == 0 ? try_queue() : NULL;
    for (int step = 0; step < 2; step++) {
        if (queue)
            get_through(queue, steps[step], client);
        else if (strcmp(way, "callback") == 0)
            get_and_call_back(steps[step], client);
        else if (strcmp(way, "post") == 0)
            post_once(steps[step], client);
        else
            get(steps[step], client);
    }
    ik_queue_free(queue);
}

/* A child gets an answer, too, whatever became of what the library prepared for forks. */
static void expect_fork(const ik_client *client)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(HANGS_AFTER_S);
        expect_versions(client, id, ok);
        _exit(0);
    }
    expect_child(child);
}

static void load_failing(void)
{
    failing.pause = (void (*)(int))dlsym(RTLD_DEFAULT, "failing_pause");
    failing.has_failed = (int (*)(void))dlsym(RTLD_DEFAULT, "failing_has_failed");
    failing.count = (int (*)(size_t, const char **))dlsym(RTLD_DEFAULT, "failing_count");
    CHECK(failing.pause && failing.has_failed && failing.count);
}

static void tell_counts(void)
{
    const char *key = NULL;
    printf("failed %d%c", failing.has_failed(), 0);
    for (size_t at = 0, count; (count = (size_t)failing.count(at, &key)) > 0; at++)
        printf("counted %zu %s%c", count, key, 0);
}

/* torture WAY: one call after the other, cold and warm, and a shutdown. The way is "get", "post",
 * "callback" or "queue". */
int main(int argc, char **argv)
{
    alarm(HANGS_AFTER_S);
    load_failing();
    id = option(argc, argv, "--id", "file");
    int threads = count_threads(), descriptors = count_descriptors();

    ik_client *client = new_client(argc, argv);
    if (client) {
        by_turns(client, argv[1]);
        in_peace(true);
        expect_versions(client, id, ok); /* the client is as good as new */
        in_peace(false);
        int64_t started = now_ms();
        did("shutdown", ik_shutdown(UINT64_MAX), started, NULL);
    }
    in_peace(true);
    if (!client)
        client = make_client(argc, argv); /* nor was that failure kept */
    expect_versions(client, id, ok);
    expect_fork(client);
    expect_shutdown(UINT64_MAX, ok);
    ik_client_free(client);
    expect_threads(threads);
    CHECK(count_descriptors() == descriptors);
    tell_counts();
    return 0;
}
