/* Thirty-two threads at once: with calls of their own on one client, and all with the same call. */
#include "sending.h"

enum { THREADS = 32, CALLS = 4 };

static const ik_client *client;
static const char *id;

static const char nothing[] = "0123456789abcdef01234567"; /* the id of no version */

/* Every function, each call by this thread alone. */
static void use_all(struct done *done)
{
    const ik_status ok = IK_STATUS_OK;
    ik_call *calls[CALLS], *list = described(client, id), *dropped = described(client, id);
    CHECK_STATUS(ik_get_file_version_details_call(client, id, nothing, &calls[0]), ok, NULL);
    CHECK_STATUS(ik_delete_file_version_call(client, id, nothing, &calls[1]), ok, NULL);
    CHECK_STATUS(ik_restore_file_version_call(client, id, nothing, &calls[2]), ok, NULL);
    CHECK_STATUS(ik_request_call(client, "GET", "/v1/files?limit=1", NULL, &calls[3]), ok, NULL);
    for (int at = 0; at < CALLS; at++) {
        CHECK_STATUS(ik_call_set_timeout_ms(calls[at], BOUND_MS), ok, NULL);
        CHECK_STATUS(ik_call_set_max_retries(calls[at], 1), ok, NULL);
        CHECK_STATUS(ik_call_set_header(calls[at], "X-Mine", "one"), ok, NULL);
        CHECK_STATUS(ik_call_start(calls[at], NULL, NULL), ok, NULL);
    }
    start(dropped, new_done()); /* whose callback may come after all of this */
    ik_call_free(dropped);
    start(list, done);
    for (int at = 0; at < CALLS; at++) {
        expect_wait(calls[at], UINT64_MAX, at == 3 ? ok : IK_STATUS_NOT_FOUND);
        expect_metadata(calls[at], ok);
        CHECK_STATUS(ik_call_cancel(calls[at]), ok, NULL);
        expect_perform(calls[at], IK_STATUS_INVALID_STATE);
        ik_call_free(calls[at]);
    }
    expect_done(done, ok);
    CHECK(strstr(done->json, id) != NULL);
    ik_call_free(list);
    list = described(client, id);
    expect_perform(list, ok);
    ik_call_free(list);
}

static void *use_own(void *argument)
{
    struct done *done = new_done();
    (void)argument;
    use_all(done);
    free_done(done);
    return NULL;
}

static void own_calls(int argc, char **argv)
{
    (void)argc, (void)argv;
    pthread_t threads[THREADS];
    for (int at = 0; at < THREADS; at++)
        threads[at] = start_thread(use_own, NULL);
    for (int at = 0; at < THREADS; at++)
        join_thread(threads[at]);
}

/* One call, and what came of it. */
static struct {
    pthread_barrier_t gate;
    ik_call *call;
    const char *way;
    uint64_t rounds;
    atomic_int sent, callbacks;
    char *results[THREADS];
} shared;

static void count_callback(void *user_data, ik_status status, char *json)
{
    CHECK(user_data == &shared && status == IK_STATUS_OK && json != NULL);
    shared.callbacks++;
    ik_string_free(json);
}

static bool performs(uintptr_t number)
{
    return strcmp(shared.way, "perform") == 0 || (strcmp(shared.way, "mixed") == 0 && number % 2);
}

/* All send it; one does. All wait for it; each gets a string of its own. All free it. */
static void *use_shared(void *argument)
{
    uintptr_t number = (uintptr_t)argument;
    for (uint64_t round = 0; round < shared.rounds; round++) {
        char *text = NULL, **result = &shared.results[number];
        pthread_barrier_wait(&shared.gate); /* the call is described */
        ik_status status = performs(number) ? ik_call_perform(shared.call, &text)
                                            : ik_call_start(shared.call, count_callback, &shared);
        if (status != IK_STATUS_OK)
            CHECK_STATUS(status, IK_STATUS_INVALID_STATE, text);
        shared.sent += status == IK_STATUS_OK;
        ik_string_free(text);
        CHECK_STATUS(ik_call_wait(shared.call, UINT64_MAX, result), IK_STATUS_OK, *result);
        pthread_barrier_wait(&shared.gate); /* everyone has the result */
        pthread_barrier_wait(&shared.gate); /* they were compared */
        ik_string_free(*result);
        ik_call_free(shared.call);
        CHECK_STATUS(ik_call_cancel(shared.call), IK_STATUS_INVALID_HANDLE, NULL);
        pthread_barrier_wait(&shared.gate);
    }
    return NULL;
}

static void one_call(int argc, char **argv)
{
    pthread_t threads[THREADS];
    shared.way = option(argc, argv, "--way", "mixed");
    shared.rounds = option_number(argc, argv, "--rounds", 1);
    CHECK(pthread_barrier_init(&shared.gate, NULL, THREADS + 1) == 0);
    for (uintptr_t at = 0; at < THREADS; at++)
        threads[at] = start_thread(use_shared, (void *)at);
    for (uint64_t round = 0; round < shared.rounds; round++) {
        shared.call = described(client, id);
        shared.sent = 0;
        pthread_barrier_wait(&shared.gate);
        pthread_barrier_wait(&shared.gate);
        CHECK(shared.sent == 1);
        for (int at = 0; at < THREADS; at++) {
            CHECK(strstr(shared.results[at], id) != NULL);
            CHECK(strcmp(shared.results[at], shared.results[0]) == 0);
            for (int other = 0; other < at; other++)
                CHECK(shared.results[at] != shared.results[other]);
        }
        pthread_barrier_wait(&shared.gate);
        pthread_barrier_wait(&shared.gate);
    }
    for (int at = 0; at < THREADS; at++)
        join_thread(threads[at]);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK); /* no callback is left after that */
    if (strcmp(shared.way, "perform") == 0)
        CHECK(shared.callbacks == 0);
    else if (strcmp(shared.way, "start") == 0)
        CHECK((uint64_t)shared.callbacks == shared.rounds);
    else
        CHECK((uint64_t)shared.callbacks <= shared.rounds);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"own-calls", own_calls}, {"one-call", one_call}};
    ik_client *made = make_client(argc, argv);
    client = made;
    id = option(argc, argv, "--id", "file");
    int status = RUN_PART(parts, argc, argv);
    ik_client_free(made);
    return status;
}
