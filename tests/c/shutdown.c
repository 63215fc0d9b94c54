/* The barrier: ik_shutdown() for the process and ik_client_shutdown() for one client, with calls in
 * flight, with callbacks that block, and again and again. */
#include "barrier.h"

enum { PERFORMERS = 8, STARTED = 50, IN_TIME_MS = 50, ROUNDS = 5000 };

static const ik_status ok = IK_STATUS_OK, gone = IK_STATUS_CANCELLED;

/* A call is answered: the library works. */
static void use(int listener, const ik_client *client)
{
    struct background plain;
    start_call(&plain, client);
    int peer = accept_request(listener);
    answer_last(peer);
    expect_call(&plain, ok);
    close(peer);
}

/* Nothing ever ran, or nothing does any more. */
static void idle(int argc, char **argv)
{
    (void)argc, (void)argv;
    int threads = count_threads(), descriptors = count_descriptors();
    expect_shutdown(0, ok);
    expect_shutdown(UINT64_MAX, ok);
    expect_shutdown(UINT64_MAX - 1, ok);
    CHECK(count_threads() == threads && count_descriptors() == descriptors);
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS), *unused = client_of(port, BOUND_MS);
    ik_call *call = described(client, "file");
    expect_shutdown(UINT64_MAX, ok);
    CHECK_STATUS(ik_client_shutdown(unused, 0), ok, NULL);
    CHECK(count_threads() == threads);
    for (int round = 0; round < 3; round++) {
        use(listener, client);
        expect_shutdown(UINT64_MAX, ok);
        expect_threads(threads);
        CHECK(count_descriptors() == descriptors + 1); /* the listener */
        expect_shutdown(0, ok);
    }
    CHECK_STATUS(ik_call_cancel(call), ok, NULL); /* described long ago, and still */
    ik_call_free(call);
    ik_client_free(client);
    ik_client_free(unused);
    expect_shutdown(UINT64_MAX, ok);
}

static ik_client *client;

static void *perform(void *argument)
{
    ik_call *call = described(client, "file");
    (void)argument;
    expect_perform(call, gone);
    expect_wait(call, 0, gone);
    ik_call_free(call);
    return NULL;
}

/* What is in flight ends as cancelled, every callback runs, no thread and no descriptor is left. */
static void busy(int argc, char **argv)
{
    (void)argc, (void)argv;
    int threads = count_threads(), port = 0, listener = listen_here(&port);
    int peers[PERFORMERS + STARTED], descriptors = count_descriptors();
    client = client_of(port, BOUND_MS);
    for (int round = 0; round < 2; round++) {
        ik_call *calls[STARTED];
        struct done *dones[STARTED];
        pthread_t performers[PERFORMERS];
        for (int at = 0; at < STARTED; at++) {
            calls[at] = described(client, "file");
            dones[at] = new_done();
            start(calls[at], dones[at]);
        }
        for (int at = 0; at < PERFORMERS; at++)
            performers[at] = start_thread(perform, NULL);
        for (int at = 0; at < PERFORMERS + STARTED; at++)
            peers[at] = accept_request(listener);

        expect_shutdown(UINT64_MAX, ok);
        for (int at = 0; at < STARTED; at++) {
            CHECK(dones[at]->times == 1);
            CHECK_STATUS(dones[at]->status, gone, dones[at]->json);
            expect_wait(calls[at], 0, gone);
            ik_call_free(calls[at]);
            free_done(dones[at]);
        }
        for (int at = 0; at < PERFORMERS; at++)
            join_thread(performers[at]);
        for (int at = 0; at < PERFORMERS + STARTED; at++) {
            expect_left(peers[at]);
            close(peers[at]);
        }
        expect_threads(threads);
        CHECK(count_descriptors() == descriptors);
        use(listener, client);
    }
    ik_client_free(client);
    expect_shutdown(UINT64_MAX, ok);
    expect_threads(threads);
    CHECK(count_descriptors() == descriptors);
}

/* It gives up in time. Prints how much later than asked. */
static void expect_pending(ik_client *of)
{
    int64_t started = now_ms();
    ik_status status = of ? ik_client_shutdown(of, IN_TIME_MS) : ik_shutdown(IN_TIME_MS);
    int64_t took = now_ms() - started;
    CHECK_STATUS(status, IK_STATUS_PENDING, NULL);
    CHECK(took >= IN_TIME_MS - 1);
    printf("%d\n", (int)took - IN_TIME_MS);
    CHECK_STATUS(of ? ik_client_shutdown(of, 0) : ik_shutdown(0), IK_STATUS_PENDING, NULL);
}

/* While a callback blocks, a shutdown gives up; during it nothing can be sent, after it all can. */
static void blocked(int argc, char **argv)
{
    (void)argc, (void)argv;
    int threads = count_threads(), port = 0, listener = listen_here(&port);
    struct done *done = new_done(), *never = new_done();
    struct shutting shutting;
    client = client_of(port, BOUND_MS);
    struct gate *gate = block_callbacks(listener, client);
    expect_pending(NULL);
    use(listener, client);

    ik_call *call = described(client, "file"), *performed = described(client, "file");
    begin(&shutting, NULL, UINT64_MAX);
    CHECK_STATUS(ik_call_start(call, note, never), gone, NULL);
    expect_wait(call, 0, IK_STATUS_INVALID_STATE); /* it is still described */
    CHECK_STATUS(ik_call_set_max_retries(call, 0), ok, NULL);
    expect_perform(performed, gone);
    expect_wait(performed, 0, gone); /* that was its result */
    expect_versions(client, "file", gone);
    expect_versions(client, "", IK_STATUS_INVALID_ARGUMENT);
    expect_pending(NULL); /* others may give up meanwhile, and nothing opens by that */
    CHECK_STATUS(ik_call_start(call, note, never), gone, NULL);
    post(&gate->open);
    finish(&shutting, ok);
    expect_threads(threads);

    start(call, done);
    int peer = accept_request(listener);
    answer_last(peer);
    expect_done(done, ok);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(never->times == 0);
    expect_threads(threads);
}

static struct {
    pthread_barrier_t gate;
    ik_call *call;
} refused;

static void *start_in_vain(void *argument)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&refused.gate);
        ik_status status = ik_call_start(refused.call, NULL, NULL);
        if (status != ok) /* which it is where the cancel comes first: it started, and ended so */
            CHECK_STATUS(status, gone, NULL);
        pthread_barrier_wait(&refused.gate);
    }
    return argument;
}

/* A cancel that comes while the call is refused, and so described again, is not forgotten. */
static void cancelled_while_refused(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct shutting shutting;
    client = client_of(port, BOUND_MS);
    struct gate *gate = block_callbacks(listener, client);
    begin(&shutting, NULL, UINT64_MAX);
    CHECK(pthread_barrier_init(&refused.gate, NULL, 2) == 0);
    refused.call = described(client, "file");
    pthread_t starter = start_thread(start_in_vain, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&refused.gate);
        for (volatile int at = round % 500; at > 0; at--)
            ; /* now sooner, now later */
        CHECK_STATUS(ik_call_cancel(refused.call), ok, NULL);
        pthread_barrier_wait(&refused.gate);
        expect_wait(refused.call, 0, gone);
        ik_call_free(refused.call);
        refused.call = described(client, "file");
    }
    join_thread(starter);
    post(&gate->open);
    finish(&shutting, ok);
}

/* What is due behind a callback that blocks comes before the shutdown is over. */
static void behind(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct done *done = new_done(), *running = new_done();
    struct shutting shutting[2];
    client = client_of(port, BOUND_MS);
    struct gate *gate = block_callbacks(listener, client);
    ik_call *call = described(client, "file"), *second = described(client, "file");
    start(call, done);
    int peer = accept_request(listener);
    answer_last(peer);
    expect_wait(call, UINT64_MAX, ok);
    start(second, running);
    int silent = accept_request(listener);
    begin(&shutting[0], NULL, UINT64_MAX);
    begin(&shutting[1], NULL, UINT64_MAX);
    expect_wait(second, UINT64_MAX, gone);
    CHECK(done->times == 0 && running->times == 0);
    expect_left(silent);
    post(&gate->open);
    finish(&shutting[0], ok);
    finish(&shutting[1], ok);
    CHECK(done->times == 1 && running->times == 1);
    CHECK_STATUS(done->status, ok, done->json);
    CHECK_STATUS(running->status, gone, running->json);
    use(listener, client);
}

/* Every way to send through a client that was shut down. */
static void expect_closed(ik_client *closed, ik_call *call)
{
    struct done *done = new_done();
    const ik_status refused = IK_STATUS_INVALID_STATE;
    char *text = RUBBISH;
    expect_versions(closed, "file", refused);
    told(ik_get_file_version_details(closed, "file", "version", &text), refused, &text);
    told(ik_delete_file_version(closed, "file", "version", &text), refused, &text);
    told(ik_restore_file_version(closed, "file", "version", &text), refused, &text);
    told(ik_request(closed, "GET", "/v1/x", NULL, &text), refused, &text);
    expect_perform(call, refused);
    CHECK_STATUS(ik_call_start(call, note, done), refused, NULL);
    CHECK_STATUS(ik_call_start(call, NULL, NULL), refused, NULL);
    expect_wait(call, 0, refused); /* it is still described */
    CHECK_STATUS(ik_call_set_max_retries(call, 0), ok, NULL);
    CHECK(done->times == 0);
}

/* One client ends for good, with what it has in flight; another does not notice. */
static void one_client(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct flight own = take_off();
    struct done *done = new_done();
    pthread_t performer;
    ik_client *other = client_of(own.port, BOUND_MS);
    ik_call *call = described(other, "file"), *before = described(own.client, "file");
    start(call, done);
    int peer = next_peer(&own);
    client = own.client;
    performer = start_thread(perform, NULL);
    int performed = next_peer(&own);

    CHECK_STATUS(ik_client_shutdown(own.client, UINT64_MAX), ok, NULL);
    CHECK(own.done->times == 1);
    CHECK_STATUS(own.done->status, gone, own.done->json);
    join_thread(performer);
    expect_left(own.peer);
    expect_left(performed);
    expect_wait(call, 0, IK_STATUS_PENDING);
    expect_closed(own.client, before);
    CHECK_STATUS(ik_client_shutdown(own.client, 0), ok, NULL);
    answer_last(peer);
    expect_done(done, ok);
    use(own.listener, other);
    expect_shutdown(UINT64_MAX, ok);
    expect_closed(own.client, before); /* the library works again, the client does not */
    use(own.listener, other);

    ik_client_free(own.client);
    expect_perform(before, IK_STATUS_INVALID_STATE);
    CHECK_STATUS(ik_client_shutdown(own.client, 0), IK_STATUS_INVALID_HANDLE, NULL);
    CHECK_STATUS(ik_client_shutdown(NULL, 0), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_client_shutdown((ik_client *)before, 0), IK_STATUS_INVALID_HANDLE, NULL);
    land(&own);
}

/* A client whose callback blocks is closed at once; a client without one need not wait for it. */
static void blocked_client(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct shutting shutting[2];
    ik_client *own = client_of(port, BOUND_MS), *other = client_of(port, BOUND_MS);
    ik_call *before = described(own, "file");
    struct gate *gate = block_callbacks(listener, own);
    use(listener, other);
    CHECK_STATUS(ik_client_shutdown(other, BOUND_MS), ok, NULL);
    expect_pending(own);
    expect_closed(own, before);
    begin(&shutting[0], own, UINT64_MAX);
    begin(&shutting[1], NULL, UINT64_MAX);
    ik_client_free(own); /* which changes nothing for those */
    post(&gate->open);
    finish(&shutting[0], ok);
    finish(&shutting[1], ok);
    CHECK_STATUS(ik_call_start(before, NULL, NULL), IK_STATUS_INVALID_STATE, NULL);
    ik_call_free(before);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"idle", idle},
                                        {"busy", busy},
                                        {"blocked", blocked},
                                        {"cancelled-while-refused", cancelled_while_refused},
                                        {"behind", behind},
                                        {"one-client", one_client},
                                        {"blocked-client", blocked_client}};
    return RUN_PART(parts, argc, argv);
}
