/* Calls that run in the background: however one ends, its callback comes once, and whoever waits
 * for it gets the same. The peer of the calls lives in here. */
#include "sending.h"

enum { ROUNDS = 20, WAITERS = 8, CHAIN = 100, STATUS_OF_HOST = 42 };

/* Nothing of the library runs afterwards, so nothing that is counted changes any more. */
static void settle(const struct done *done)
{
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    CHECK(done->times == 1);
}

static void answered(struct flight *flight)
{
    answer_last(flight->peer);
    expect_done(flight->done, IK_STATUS_OK);
    CHECK(strcmp(flight->done->json, FILE_JSON) == 0);
}

static void failed(struct flight *flight)
{
    answer_with(flight->peer, "404 Not Found", "", "{}");
    expect_done(flight->done, IK_STATUS_NOT_FOUND);
}

static void unusable(struct flight *flight)
{
    answer_with(flight->peer, "200 OK", "", "[}");
    expect_done(flight->done, IK_STATUS_INVALID_RESPONSE);
}

static void hung_up(struct flight *flight)
{
    CHECK(shutdown(flight->peer, SHUT_RDWR) == 0);
    expect_done(flight->done, IK_STATUS_CONNECTION_LOST);
}

static void cancelled(struct flight *flight)
{
    CHECK_STATUS(ik_call_cancel(flight->call), IK_STATUS_OK, NULL);
    CHECK_STATUS(ik_call_cancel(flight->call), IK_STATUS_OK, NULL);
    expect_done(flight->done, IK_STATUS_CANCELLED);
    expect_wait(flight->call, 0, IK_STATUS_CANCELLED);
    expect_left(flight->peer);
}

static void freed(struct flight *flight)
{
    ik_call_free(flight->call);
    CHECK_STATUS(ik_call_cancel(flight->call), IK_STATUS_INVALID_HANDLE, NULL);
    expect_done(flight->done, IK_STATUS_CANCELLED);
    expect_left(flight->peer);
}

static void client_freed(struct flight *flight)
{
    ik_client_free(flight->client);
    answered(flight);
}

static void answered_and_cancelled(struct flight *flight)
{
    answer_last(flight->peer);
    CHECK_STATUS(ik_call_cancel(flight->call), IK_STATUS_OK, NULL); /* in time, or not */
    await(&flight->done->came);
    char *text = NULL;
    CHECK(ik_call_wait(flight->call, 0, &text) == flight->done->status);
    CHECK(text != flight->done->json && strcmp(text, flight->done->json) == 0);
    ik_string_free(text);
}

/* However a call ends, its callback comes once. */
static void once(int argc, char **argv)
{
    (void)argc, (void)argv;
    void (*const ends[])(struct flight *) = {answered, failed,       unusable, hung_up, cancelled,
                                             freed,    client_freed, answered_and_cancelled};
    for (size_t at = 0; at < sizeof ends / sizeof *ends; at++) {
        struct flight flight = take_off();
        ends[at](&flight);
        settle(flight.done);
        land(&flight);
    }
}

/* Freed or without a client before it can have got anywhere. */
static void right_after(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0;
    listen_here(&port);
    for (int round = 0; round < ROUNDS; round++) {
        struct done *done = new_done(), *lonely = new_done();
        ik_client *client = client_of(port, BOUND_MS);
        ik_call *call = described(client, "file"), *orphan = described(client, "file");
        start(call, done);
        ik_call_free(call);
        expect_done(done, IK_STATUS_CANCELLED);
        start(orphan, lonely);
        ik_client_free(client);
        expect_wait(orphan, 0, IK_STATUS_PENDING);
        CHECK_STATUS(ik_call_cancel(orphan), IK_STATUS_OK, NULL);
        expect_done(lonely, IK_STATUS_CANCELLED);
        ik_call_free(orphan);
        settle(done);
        settle(lonely);
        free_done(done);
        free_done(lonely);
    }
}

/* What a callback finds, and whom it tells that it is over. */
struct visit {
    ik_client *client, *freed;
    ik_call *own, *other, *idle; /* ended, on the wire, described */
    sem_t over;
};

#define WOULD IK_STATUS_WOULD_DEADLOCK

static void expect_no_plain_function(const ik_client *client)
{
    char *text = RUBBISH;
    told(ik_get_file_versions(client, "file", &text), WOULD, &text);
    told(ik_get_file_versions(client, NULL, &text), WOULD, &text); /* before all but handles */
    told(ik_get_file_version_details(client, "file", "version", &text), WOULD, &text);
    told(ik_delete_file_version(client, "file", "version", &text), WOULD, &text);
    told(ik_restore_file_version(client, "file", "version", &text), WOULD, &text);
    told(ik_request(client, "GET", "/v1/x", NULL, &text), WOULD, &text);
    CHECK(ik_get_file_versions(client, "file", NULL) == IK_STATUS_INVALID_ARGUMENT);
    CHECK_STATUS(ik_shutdown(0), WOULD, NULL);
    CHECK_STATUS(ik_shutdown(UINT64_MAX), WOULD, NULL);
    CHECK_STATUS(ik_client_shutdown((ik_client *)(uintptr_t)client, 0), WOULD, NULL);
    CHECK_STATUS(ik_client_shutdown((ik_client *)(uintptr_t)client, UINT64_MAX), WOULD, NULL);
}

static void expect_no_bad_handle(ik_client *client)
{
    expect_versions(client, NULL, IK_STATUS_INVALID_HANDLE);
    expect_wait((ik_call *)client, 1, IK_STATUS_INVALID_HANDLE);
    expect_perform((ik_call *)client, IK_STATUS_INVALID_HANDLE);
    CHECK_STATUS(ik_client_shutdown(client, 0), IK_STATUS_INVALID_HANDLE, NULL);
    CHECK_STATUS(ik_client_shutdown(NULL, 0), IK_STATUS_INVALID_ARGUMENT, NULL);
}

/* Waiting is refused, whether or not there is something to wait for; all else works. */
static void visit(void *user_data, ik_status status, char *json)
{
    struct visit *visit = user_data;
    char *text = RUBBISH;
    CHECK_STATUS(status, IK_STATUS_OK, json);
    CHECK_STATUS(ik_call_wait(visit->own, 0, &text), IK_STATUS_OK, text); /* published by now */
    CHECK(text != json && strcmp(text, json) == 0);
    ik_string_free(text);
    expect_metadata(visit->own, IK_STATUS_OK);
    expect_wait(visit->own, 1, WOULD);
    expect_wait(visit->own, UINT64_MAX, WOULD);
    CHECK(ik_call_wait(visit->own, 1, NULL) == WOULD);
    expect_perform(visit->own, WOULD);
    expect_wait(visit->other, 0, IK_STATUS_PENDING);
    expect_wait(visit->other, 1, WOULD);
    expect_wait(visit->idle, 0, IK_STATUS_INVALID_STATE);
    expect_wait(visit->idle, 1, WOULD);
    expect_perform(visit->idle, WOULD);
    expect_no_plain_function(visit->client);
    expect_no_bad_handle(visit->freed);
    expect_wait(visit->other, 0, IK_STATUS_PENDING); /* nothing was cancelled by that */

    ik_call *call = described(visit->client, "file");
    CHECK_STATUS(ik_call_set_header(call, "X-Mine", "one"), IK_STATUS_OK, NULL);
    CHECK_STATUS(ik_call_cancel(call), IK_STATUS_OK, NULL);
    expect_perform(call, WOULD);
    expect_wait(call, 0, IK_STATUS_CANCELLED);
    ik_call_free(call);
    ik_call_free(visit->own);
    expect_wait(visit->own, 0, IK_STATUS_INVALID_HANDLE);
    ik_string_free(json);
    post(&visit->over);
}

static void inside(int argc, char **argv)
{
    (void)argc, (void)argv;
    struct flight flight = take_off();
    struct visit guest = {.client = flight.client, .other = flight.call};
    guest.freed = client_of(9, 1000);
    CHECK(sem_init(&guest.over, 0, 0) == 0);
    ik_client_free(guest.freed);
    guest.idle = described(flight.client, "file");
    guest.own = described(flight.client, "file");
    CHECK_STATUS(ik_call_start(guest.own, visit, &guest), IK_STATUS_OK, NULL);
    int peer = next_peer(&flight);
    answer_last(peer);
    await(&guest.over);
    answered(&flight);

    struct done *done = new_done();
    start(guest.idle, done); /* it could not be performed in there, and is still described */
    int last = next_peer(&flight);
    answer_last(last);
    expect_done(done, IK_STATUS_OK);
    ik_call_free(guest.idle);
    close(peer), close(last);
    land(&flight);
}

/* Each callback frees its call and starts the next. */
static struct {
    ik_client *client;
    ik_call *call;
    int links;
    sem_t over;
} chain;

static void next_link(void *user_data, ik_status status, char *json)
{
    CHECK(user_data == &chain);
    CHECK_STATUS(status, IK_STATUS_OK, json);
    ik_string_free(json);
    ik_call_free(chain.call);
    if (++chain.links == CHAIN) {
        post(&chain.over);
        return;
    }
    chain.call = described(chain.client, "file");
    CHECK_STATUS(ik_call_start(chain.call, next_link, &chain), IK_STATUS_OK, NULL);
}

static void chained(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    chain.client = client_of(port, BOUND_MS);
    CHECK(sem_init(&chain.over, 0, 0) == 0);
    chain.call = described(chain.client, "file");
    CHECK_STATUS(ik_call_start(chain.call, next_link, &chain), IK_STATUS_OK, NULL);
    for (int at = 0; at < CHAIN; at++) {
        int peer = accept_request(listener);
        answer_last(peer);
        close(peer);
    }
    await(&chain.over);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    CHECK(chain.links == CHAIN);
    ik_client_free(chain.client);
}

/* A thread that is inside of one function on a call, and what it gave. */
struct caller {
    ik_call *call;
    bool performs;
    sem_t about_to;
    pid_t id;
    pthread_t thread;
    ik_status status;
    char *text;
};

static void *call_in(void *argument)
{
    struct caller *caller = argument;
    caller->id = this_thread();
    post(&caller->about_to);
    caller->status = caller->performs ? ik_call_perform(caller->call, &caller->text)
                                      : ik_call_wait(caller->call, UINT64_MAX, &caller->text);
    return NULL;
}

static void enter(struct caller *caller, ik_call *call, bool performs)
{
    *caller = (struct caller){.call = call, .performs = performs};
    CHECK(sem_init(&caller->about_to, 0, 0) == 0);
    caller->thread = start_thread(call_in, caller);
    await(&caller->about_to);
    if (!performs)
        until_asleep(caller->id);
}

static void leave(struct caller *caller, ik_status expected)
{
    join_thread(caller->thread);
    CHECK_STATUS(caller->status, expected, caller->text);
    expect_text(caller->status, caller->text);
}

/* They all wait for one call, and each gets a string of its own. */
static void waiters(int argc, char **argv)
{
    (void)argc, (void)argv;
    static struct caller callers[WAITERS];
    struct flight flight = take_off();
    for (int at = 0; at < WAITERS; at++)
        enter(&callers[at], flight.call, false);
    answered(&flight);
    for (int at = 0; at < WAITERS; at++) {
        leave(&callers[at], IK_STATUS_OK);
        CHECK(strcmp(callers[at].text, FILE_JSON) == 0);
        for (int other = 0; other < at; other++)
            CHECK(callers[at].text != callers[other].text);
    }
    for (int at = 0; at < WAITERS; at++)
        ik_string_free(callers[at].text);
    land(&flight);
}

/* A call that is freed, or cancelled, while threads are inside of functions on it. */
static void in_use(int argc, char **argv)
{
    (void)argc, (void)argv;
    void (*const ends[])(struct flight *) = {freed, cancelled};
    for (size_t at = 0; at < sizeof ends / sizeof *ends; at++) {
        struct caller waiter, performer;
        struct flight flight = take_off();
        ik_call *call = described(flight.client, "file");
        enter(&waiter, flight.call, false);
        ends[at](&flight);
        leave(&waiter, IK_STATUS_CANCELLED);

        enter(&performer, call, true);
        int peer = next_peer(&flight);
        enter(&waiter, call, false);
        ends[at] == freed ? ik_call_free(call) : (void)ik_call_cancel(call);
        leave(&performer, IK_STATUS_CANCELLED);
        leave(&waiter, IK_STATUS_CANCELLED);
        expect_left(peer);
        ik_call_free(call);
        close(peer);
        land(&flight);
    }
}

static void block_for_ever(void *user_data, ik_status status, char *json)
{
    (void)status, (void)json;
    post(user_data);
    for (;;)
        pause();
}

/* The process ends in the middle of it all, in the way that is asked for. */
static void ends(int argc, char **argv)
{
    (void)argc;
    struct flight flight = take_off();
    ik_call *blocked = described(flight.client, "file");
    sem_t blocks;
    CHECK(sem_init(&blocks, 0, 0) == 0);
    CHECK_STATUS(ik_call_start(blocked, block_for_ever, &blocks), IK_STATUS_OK, NULL);
    answer_last(next_peer(&flight));
    await(&blocks);
    if (strcmp(argv[2], "_exit") == 0)
        _exit(STATUS_OF_HOST);
    exit(STATUS_OF_HOST);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"once", once},       {"right-after", right_after}, {"inside", inside}, {"chain", chained},
        {"waiters", waiters}, {"in-use", in_use},           {"ends", ends}};
    return RUN_PART(parts, argc, argv);
}
