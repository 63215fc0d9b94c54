/* Forks while other threads describe, start, wait for, cancel and free calls, and while shutdowns
 * are in progress. No child hangs, whatever it inherits. */
#include "sending.h"

#include <sched.h>

enum { THREADS = 6, FORKS = 30, HANGS_AFTER_S = 30 };

static struct {
    const ik_client *client;
    const char *id;
    atomic_bool over;
    atomic_uint rounds[THREADS];
} storm;

static void drop(void *user_data, ik_status status, char *json)
{
    CHECK(user_data == &storm);
    if (status != IK_STATUS_CANCELLED)
        CHECK_STATUS(status, IK_STATUS_OK, json);
    ik_string_free(json);
}

/* Ends well, or by a shutdown. */
static void wait_for(ik_call *call)
{
    char *text = NULL, *metadata = NULL;
    ik_status status = ik_call_wait(call, UINT64_MAX, &text);
    if (status != IK_STATUS_CANCELLED && status != IK_STATUS_INVALID_STATE)
        CHECK_STATUS(status, IK_STATUS_OK, text);
    ik_call_get_metadata(call, &metadata);
    ik_string_free(metadata);
    ik_string_free(text);
}

static void *rage(void *argument)
{
    uintptr_t number = (uintptr_t)argument;
    while (!storm.over) {
        ik_call *call = described(storm.client, storm.id);
        ik_call_set_header(call, "X-Mine", "one");
        if (number % 4 > 0 && ik_call_start(call, drop, &storm) == IK_STATUS_OK && number % 4 > 1)
            ik_call_cancel(call);
        if (number % 4 < 3)
            wait_for(call);
        ik_call_free(call);
        if (number == THREADS - 1)
            expect_shutdown(UINT64_MAX, IK_STATUS_OK);
        storm.rounds[number]++;
    }
    return NULL;
}

/* A child can do all that a process can, and comes to an end with what its parent had begun. */
static void work_in_child(ik_call *inherited)
{
    struct done *done = new_done();
    wait_for(inherited);
    expect_versions(storm.client, storm.id, IK_STATUS_OK);
    ik_call *call = described(storm.client, storm.id);
    start(call, done);
    expect_wait(call, UINT64_MAX, IK_STATUS_OK);
    expect_done(done, IK_STATUS_OK);
    ik_call_free(inherited);
    ik_call_free(call);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    storm.client = make_client(argc, argv);
    storm.id = option(argc, argv, "--id", "file");
    for (uintptr_t at = 0; at < THREADS; at++)
        threads[at] = start_thread(rage, (void *)at);
    for (int at = 0; at < FORKS; at++) {
        unsigned before = storm.rounds[at % THREADS];
        while (storm.rounds[at % THREADS] == before) /* all are under way */
            sched_yield();
        ik_call *call = described(storm.client, storm.id);
        ik_call_start(call, drop, &storm); /* or is not started: a shutdown may be in progress */
        pid_t child = fork();
        if (child == 0) {
            alarm(HANGS_AFTER_S);
            work_in_child(call);
            _exit(0);
        }
        ik_call_free(call);
        expect_child(child);
    }
    storm.over = true;
    for (int at = 0; at < THREADS; at++)
        join_thread(threads[at]);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    return 0;
}
