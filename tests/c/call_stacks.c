/* All that is done with a call needs no more than the smallest stack that the system gives to a
 * thread. The threads here only run the library; main() judges. */
#include "sending.h"

#include <limits.h>

enum { SMALLEST = 16 * 1024, ROUNDS = 4, STEPS = 12 };

static struct {
    ik_client *client;
    const char *id;
    ik_call *call, *started, *dropped;
    struct done *done;
    ik_status statuses[STEPS];
    char *answers[STEPS];
} life;

static void *live(void *argument)
{
    ik_status *statuses = life.statuses;
    char **answers = life.answers;
    *statuses++ = ik_get_file_versions_call(life.client, life.id, &life.call);
    *statuses++ = ik_call_set_timeout_ms(life.call, BOUND_MS);
    *statuses++ = ik_call_set_header(life.call, "X-Mine", "one");
    *statuses++ = ik_call_perform(life.call, answers++);
    *statuses++ = ik_call_wait(life.call, UINT64_MAX, answers++);
    *statuses++ = ik_call_get_metadata(life.call, answers++);
    *statuses++ = ik_get_file_versions_call(life.client, life.id, &life.started);
    *statuses++ = ik_call_start(life.started, note, life.done);
    *statuses++ = ik_call_wait(life.started, UINT64_MAX, answers++);
    *statuses++ = ik_get_file_versions_call(life.client, life.id, &life.dropped);
    *statuses++ = ik_call_cancel(life.dropped);
    ik_call_free(life.call);
    ik_call_free(life.started);
    ik_call_free(life.dropped);
    *statuses++ = ik_shutdown(UINT64_MAX);
    return argument;
}

int main(int argc, char **argv)
{
    life.client = make_client(argc, argv);
    life.id = option(argc, argv, "--id", "file");
    for (int round = 0; round < ROUNDS; round++) {
        pthread_attr_t attributes;
        pthread_t thread;
        size_t least = (size_t)PTHREAD_STACK_MIN; /* larger than 16 KiB on some processors */
        life.done = new_done();
        CHECK(pthread_attr_init(&attributes) == 0);
        CHECK(pthread_attr_setstacksize(&attributes, SMALLEST > least ? SMALLEST : least) == 0);
        CHECK(pthread_create(&thread, &attributes, live, NULL) == 0);
        join_thread(thread);
        for (int at = 0; at < STEPS; at++)
            CHECK_STATUS(life.statuses[at], IK_STATUS_OK, life.answers[0]);
        for (int at = 0; at < 4; at++) {
            expect_text(IK_STATUS_OK, life.answers[at]);
            ik_string_free(life.answers[at]);
        }
        expect_done(life.done, IK_STATUS_OK);
        free_done(life.done);
    }
    return 0;
}
