/* Hosts that use the library in every way, shut it down, free what is theirs, and end. A leak checker then
 * finds nothing that is lost: not after errors, not in a child, not where descriptors were taken away. */
#include "queue.h"

#include <malloc.h>

enum { CALLS = 4, HIGHEST = 256 };

static int32_t take_report(void *user_data, uint64_t index, ik_status status, const char *json)
{
    CHECK_STATUS(status, index == 1 ? IK_STATUS_INVALID_ARGUMENT : IK_STATUS_OK, json);
    ++*(int *)user_data;
    return 0;
}

static void by_callback(const ik_client *client, const char *id, bool is_cancelled)
{
    struct done *done = new_done();
    ik_call *call = described(client, id);
    CHECK(ik_call_set_header(call, "X-Mine", "one") == IK_STATUS_OK);
    start(call, done);
    if (is_cancelled)
        ik_call_cancel(call);
    await(&done->came);
    CHECK(done->status == IK_STATUS_OK || (is_cancelled && done->status == IK_STATUS_CANCELLED));
    expect_wait(call, 0, done->status);
    expect_metadata(call, IK_STATUS_OK);
    ik_call_free(call);
    free_done(done);
}

static void by_queue(const ik_client *client, const char *id)
{
    ik_queue *queue = new_queue(), *dropped = new_queue();
    ik_call *calls[CALLS], *running = described(client, id);
    enqueue(dropped, running, NULL);
    ik_queue_free(dropped);
    ik_call_free(running);
    for (int at = 0; at < CALLS; at++)
        enqueue(queue, calls[at] = described(client, id), NULL);
    for (int at = 0; at < CALLS; at++)
        expect_next(queue, IK_STATUS_OK, NULL);
    for (int at = 0; at < CALLS; at++)
        ik_call_free(calls[at]);
    ik_queue_free(queue);
}

static void use(const ik_client *client, const char *id)
{
    const char *ids[] = {id, NULL, id, id};
    int reported = 0;
    call(client, id);
    expect_versions(client, "000000000000000000000000", IK_STATUS_NOT_FOUND);
    expect_versions(client, "not an id", IK_STATUS_BAD_REQUEST);
    ik_call *performed = described(client, id), *unsent = described(client, id);
    expect_perform(performed, IK_STATUS_OK);
    by_callback(client, id, false);
    by_callback(client, id, true);
    by_queue(client, id);
    CHECK_STATUS(ik_get_file_versions_many(client, ids, 4, 2, take_report, &reported), IK_STATUS_OK, NULL);
    CHECK(reported == 4);
    ik_call_free(performed);
    ik_call_free(unsent);
}

/* Everything that two rounds of it leave behind, one round left behind. */
static void use_evenly(const ik_client *client, const char *id)
{
    enum { WARM_UP = 2, ROUNDS = 6, MOST_BYTES = 1024 };
    size_t bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
        use(client, id);
        expect_shutdown(UINT64_MAX, IK_STATUS_OK);
        if (round + 1 == WARM_UP)
            bytes = mallinfo2().uordblks;
    }
    if (mallinfo2().uordblks > bytes + MOST_BYTES)
        FAIL("%zu bytes in use, and %zu after more of the same", bytes, mallinfo2().uordblks);
}

static void everything(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    ik_client *client = make_client(argc, argv);
    use_evenly(client, id);
    ik_client *other = make_client(argc, argv);
    use(other, id);
    CHECK_STATUS(ik_client_shutdown(other, UINT64_MAX), IK_STATUS_OK, NULL);
    ik_client_free(other);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    ik_client_free(client);
}

/* What was on the stacks of its parent's threads is lost in a child, whoever put it there, so a leak
 * checker can say nothing of it: it ends as another program. */
static void in_a_child(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    ik_client *client = make_client(argc, argv);
    use(client, id);
    pid_t child = fork();
    if (child == 0) {
        use_evenly(client, id);
        ik_client_free(client);
        execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    expect_child(child);
    use(client, id);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    ik_client_free(client);
}

/* The host closes all descriptors, those of a thread that waits on them among them. */
static void after_closing(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    ik_client *client = make_client(argc, argv);
    call(client, id);
    call(client, id);
    for (int number = 3; number < HIGHEST; number++)
        close(number);
    use_evenly(client, id);
    ik_client_free(client);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"everything", everything},
        {"in-a-child", in_a_child},
        {"after-closing", after_closing},
    };
    mallopt(M_ARENA_MAX, 1); /* so that all of it is counted in one place */
    return RUN_PART(parts, argc, argv);
}
