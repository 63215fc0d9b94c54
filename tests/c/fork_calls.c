/* What fork() does to calls: what was only described may be sent by both, what had ended keeps its
 * result in both, what was running is the parent's alone. */
#include "barrier.h"

#include <signal.h>

enum { HANGS_AFTER_S = 30 };

static const ik_status ok = IK_STATUS_OK;

/* Forks; the alarm bounds what may hang in the child, also where our threads' mask is inherited. */
static pid_t forked(void)
{
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(pthread_sigmask(SIG_UNBLOCK, &alarms, NULL) == 0);
        alarm(HANGS_AFTER_S);
    }
    return child;
}

/* The next connection asks for a file, and gets it. */
static void serve(int listener)
{
    int peer = accept_request(listener);
    answer_last(peer);
    close(peer);
}

/* In a child, whose parent serves: a call that was described before, and one of its own. */
static void use_inherited(ik_client *client, ik_call *call, int ends_with_a_callback)
{
    struct done *done = new_done();
    if (ends_with_a_callback) {
        start(call, done);
        expect_done(done, ok);
    } else {
        expect_perform(call, ok);
    }
    expect_wait(call, UINT64_MAX, ok);
    expect_metadata(call, ok);
    ik_call_free(call);
    expect_versions(client, "file", ok);
    ik_client_free(client);
}

static void still_described(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    for (int round = 0; round < 4; round++) {
        struct done *done = new_done();
        ik_call *call = described(client, "file");
        CHECK_STATUS(ik_call_set_timeout_ms(call, BOUND_MS - 1), ok, NULL);
        pid_t child = forked(); /* before anything was sent, and later */
        if (child == 0) {
            use_inherited(client, call, round % 2);
            _exit(0);
        }
        serve(listener);
        serve(listener);
        expect_child(child);
        start(call, done);
        serve(listener);
        expect_done(done, ok);
        ik_call_free(call);
    }
}

/* Of a call that was running; everything about it is over in the child. */
static void disown(struct flight *flight)
{
    ik_call *call = flight->call;
    expect_wait(call, UINT64_MAX, IK_STATUS_CANCELLED);
    expect_wait(call, 0, IK_STATUS_CANCELLED);
    expect_metadata(call, IK_STATUS_INVALID_STATE);
    CHECK_STATUS(ik_call_cancel(call), ok, NULL);
    CHECK_STATUS(ik_call_set_max_retries(call, 1), IK_STATUS_INVALID_STATE, NULL);
    CHECK_STATUS(ik_call_start(call, note, flight->done), IK_STATUS_INVALID_STATE, NULL);
    expect_perform(call, IK_STATUS_INVALID_STATE);
    expect_wait(call, UINT64_MAX, IK_STATUS_CANCELLED);
    expect_versions(flight->client, "file", ok); /* the parent serves */
    ik_call_free(call);
    expect_wait(call, 0, IK_STATUS_INVALID_HANDLE);
    ik_client_free(flight->client);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(flight->done->times == 0);
}

static void running(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct flight flight = take_off();
    for (int round = 0; round < 2; round++) {
        pid_t child = forked();
        if (child == 0) {
            if (round == 0) { /* nothing is asked before it is freed */
                ik_call_free(flight.call);
                ik_client_free(flight.client);
                exit(0);
            }
            disown(&flight);
            _exit(0);
        }
        if (round == 1)
            serve(flight.listener);
        expect_child(child);
        expect_wait(flight.call, 0, IK_STATUS_PENDING);
    }
    answer_last(flight.peer);
    expect_done(flight.done, ok);
    expect_metadata(flight.call, ok);
    expect_shutdown(UINT64_MAX, ok);
    land(&flight);
}

/* What a call that has ended tells. */
struct story {
    ik_call *call;
    ik_status status;
    char *result, *metadata;
};

static void expect_same(const struct story *story)
{
    char *result = NULL, *metadata = NULL;
    CHECK_STATUS(ik_call_wait(story->call, UINT64_MAX, &result), story->status, result);
    CHECK_STATUS(ik_call_get_metadata(story->call, &metadata), ok, metadata);
    expect_text(story->status, result);
    CHECK(story->result == NULL || strcmp(result, story->result) == 0);
    CHECK(strcmp(metadata, story->metadata) == 0);
    ik_string_free(result);
    ik_string_free(metadata);
}

static void await_end(struct story *story)
{
    int64_t bound = now_ms() + BOUND_MS;
    while (ik_call_get_metadata(story->call, &story->metadata) == IK_STATUS_PENDING) {
        CHECK(now_ms() < bound);
        usleep(1000);
    }
    CHECK(story->metadata != NULL);
}

static void ended(int argc, char **argv)
{
    (void)argc, (void)argv;
    static const char *const answers[][2] = {
        {"200 OK", FILE_JSON}, {"200 OK", FILE_JSON}, {"404 Not Found", "{}"}, {"200 OK", "[}"}};
    static const ik_status statuses[] = {IK_STATUS_OK, IK_STATUS_OK, IK_STATUS_NOT_FOUND,
                                         IK_STATUS_INVALID_RESPONSE};
    enum { STORIES = 4 };
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    struct story stories[STORIES];
    for (int at = 0; at < STORIES; at++) {
        struct story *story = &stories[at];
        *story = (struct story){.call = described(client, "file"), .status = statuses[at]};
        CHECK_STATUS(ik_call_start(story->call, NULL, NULL), ok, NULL);
        int peer = accept_request(listener);
        answer_with(peer, answers[at][0], "X-Mine: one\r\n", answers[at][1]);
        await_end(story);
        close(peer);
        if (at == 1)
            continue; /* whose result nobody has taken or checked yet */
        ik_status status = ik_call_wait(story->call, 0, &story->result);
        CHECK_STATUS(status, story->status, story->result);
    }
    pid_t child = forked();
    for (int at = 0; at < STORIES; at++)
        expect_same(&stories[at]);
    for (int at = 0; at < STORIES; at++)
        ik_call_free(stories[at].call);
    if (child == 0)
        _exit(0);
    expect_child(child);
}

/* A callback that forks. Its child is an ordinary process on an ordinary thread. */
static struct {
    ik_client *client;
    ik_call *own, *idle;
    bool returns;
    pid_t child;
    sem_t came;
} nest;

static void must_not_run(void)
{
    _exit(3);
}

static void live_in_a_callback(void)
{
    struct done *done = new_done();
    expect_wait(nest.own, UINT64_MAX, ok); /* had ended */
    expect_versions(nest.client, "file", ok);
    expect_perform(nest.idle, ok);
    ik_call *call = described(nest.client, "file");
    start(call, done);
    expect_wait(call, UINT64_MAX, ok);
    expect_done(done, ok);
    CHECK(done->thread != this_thread());
    expect_shutdown(UINT64_MAX, ok);
}

static void fork_in_there(void *user_data, ik_status status, char *json)
{
    CHECK(user_data == &nest);
    CHECK_STATUS(status, ok, json);
    ik_string_free(json);
    nest.child = forked();
    if (nest.child != 0) {
        post(&nest.came);
        return;
    }
    live_in_a_callback();
    atexit(must_not_run);
    if (!nest.returns)
        _exit(0);
}

static void in_a_callback(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    CHECK(sem_init(&nest.came, 0, 0) == 0);
    nest.client = client_of(port, BOUND_MS);
    for (int round = 0; round < 2; round++) {
        nest.returns = round;
        nest.idle = described(nest.client, "file");
        nest.own = described(nest.client, "file");
        CHECK_STATUS(ik_call_start(nest.own, fork_in_there, &nest), ok, NULL);
        serve(listener);
        await(&nest.came);
        for (int of_the_child = 0; of_the_child < 3; of_the_child++)
            serve(listener);
        expect_child(nest.child);
        expect_wait(nest.idle, 0, IK_STATUS_INVALID_STATE); /* only the child's copy was sent */
        ik_call_free(nest.idle);
        ik_call_free(nest.own);
    }
    expect_shutdown(UINT64_MAX, ok);
}

/* A shutdown in progress, a callback that blocks and one that is due behind it are the parent's. */
static void during_a_shutdown(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct done *due = new_done();
    struct shutting shutting;
    ik_client *client = client_of(port, BOUND_MS), *closed = client_of(port, BOUND_MS);
    ik_call *call = described(client, "file");
    struct gate *gate = block_callbacks(listener, client);
    CHECK_STATUS(ik_client_shutdown(closed, 0), ok, NULL);
    start(call, due);
    serve(listener);
    expect_wait(call, UINT64_MAX, ok);
    begin(&shutting, NULL, UINT64_MAX);
    expect_versions(client, "file", IK_STATUS_CANCELLED);
    pid_t child = forked();
    if (child == 0) {
        expect_versions(client, "file", ok);
        expect_versions(closed, "file", IK_STATUS_INVALID_STATE);
        expect_wait(call, UINT64_MAX, ok);
        expect_shutdown(UINT64_MAX, ok);
        CHECK(due->times == 0);
        _exit(0);
    }
    serve(listener);
    expect_child(child);
    post(&gate->open);
    finish(&shutting, ok);
    CHECK(due->times == 1);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"described", still_described},
                                        {"running", running},
                                        {"ended", ended},
                                        {"in-a-callback", in_a_callback},
                                        {"during-a-shutdown", during_a_shutdown}};
    return RUN_PART(parts, argc, argv);
}
