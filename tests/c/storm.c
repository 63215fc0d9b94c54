/* Threads that start, wait for, cancel and free calls at random, in every order, while others shut
 * the process down. Each callback comes once, and none after the last shutdown. */
#include "sending.h"

enum { THREADS = 4, MOST = 4000 };

static struct {
    ik_client *client;
    uint64_t seed;
    int of_each;
    atomic_int started, refused, callbacks, shutdowns;
    atomic_bool over;
    struct fate {
        ik_call *call;
        bool frees_itself;
        atomic_int started, times;
    } fates[MOST];
} storm;

static void meet(void *user_data, ik_status status, char *json)
{
    struct fate *fate = user_data;
    CHECK(!storm.over);
    CHECK(++fate->times == 1);
    if (status != IK_STATUS_CANCELLED && status != IK_STATUS_NOT_FOUND)
        CHECK_STATUS(status, IK_STATUS_OK, json);
    expect_text(status, json);
    ik_string_free(json);
    if (fate->frees_itself)
        ik_call_free(fate->call);
    storm.callbacks++;
}

static uint32_t drawn(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void wait_for(ik_call *call, uint64_t timeout_ms)
{
    char *text = NULL;
    ik_status status = ik_call_wait(call, timeout_ms, &text);
    expect_text(status, text); /* whatever it is: it may have been freed by its callback */
    ik_string_free(text);
}

static void live(struct fate *fate, uint64_t *random)
{
    static const char *const files[] = {"file", "file", "slow", "silent", "missing"};
    const char *file = files[drawn(random) % 5];
    bool never_ends = strcmp(file, "silent") == 0;
    ik_call *call = described(storm.client, file);
    fate->call = call;
    fate->frees_itself = drawn(random) % 2;
    if (drawn(random) % 16 == 0)
        ik_call_cancel(call);
    ik_status status = ik_call_start(call, meet, fate);
    fate->started = status == IK_STATUS_OK;
    if (status != IK_STATUS_OK) {
        CHECK_STATUS(status, IK_STATUS_CANCELLED, NULL); /* a shutdown is in progress */
        storm.refused++;
        ik_call_free(call);
        return;
    }
    storm.started++;
    if (drawn(random) % 2)
        wait_for(call, 0);
    if (never_ends || drawn(random) % 4 == 0)
        ik_call_cancel(call);
    if (drawn(random) % 2)
        wait_for(call, drawn(random) % 2 ? UINT64_MAX : 3);
    if (!fate->frees_itself)
        ik_call_free(call);
}

static void *live_all(void *argument)
{
    uintptr_t number = (uintptr_t)argument;
    uint64_t random = storm.seed + number;
    for (int at = 0; at < storm.of_each; at++) {
        live(&storm.fates[(int)number * storm.of_each + at], &random);
        if (number == 0 && at % (storm.of_each / 4 + 1) == storm.of_each / 8) {
            expect_shutdown(UINT64_MAX, IK_STATUS_OK);
            storm.shutdowns++;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = count_threads(), descriptors = count_descriptors();
    pthread_t all[THREADS];
    storm.of_each = (int)option_number(argc, argv, "--calls", 1000) / THREADS;
    storm.seed = option_number(argc, argv, "--seed", (uint64_t)now_ms() << 20 ^ (uint64_t)getpid());
    CHECK(storm.of_each * THREADS <= MOST);
    printf("--seed %llu\n", (unsigned long long)storm.seed);
    fflush(stdout);
    storm.client = make_client(argc, argv);
    for (uintptr_t at = 0; at < THREADS; at++)
        all[at] = start_thread(live_all, (void *)at);
    for (int at = 0; at < THREADS; at++)
        join_thread(all[at]);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    storm.over = true;

    for (int at = 0; at < storm.of_each * THREADS; at++)
        CHECK(storm.fates[at].times == storm.fates[at].started);
    CHECK(storm.callbacks == storm.started);
    CHECK(storm.started + storm.refused == storm.of_each * THREADS);
    ik_client_free(storm.client);
    expect_threads(threads);
    CHECK(count_descriptors() == descriptors);
    printf("%d started, %d refused, %d shutdowns\n", storm.started, storm.refused, storm.shutdowns);
    return 0;
}
