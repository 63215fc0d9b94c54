/* Calls and shutdowns of a host that is in want: of descriptors, which it has closed or used up, and
 * of a resolver that answers. This program is where the library finds getaddrinfo(). */
#include "queue.h"

#include <netdb.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { HIGHEST = 256, FILES = 24, IN_TIME_MS = 50 };
enum { AN_HOUR_MS = 3600000 }; /* so that no deadline wakes anybody */

static const ik_status ok = IK_STATUS_OK, gone = IK_STATUS_CANCELLED;

static struct {
    sem_t asked, gate;
} resolver;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    (void)name, (void)service, (void)hints;
    *found = NULL;
    post(&resolver.asked);
    await(&resolver.gate);
    return EAI_NONAME;
}

/* Closes all descriptors but the standard ones and these, and has other files under the numbers. */
static void take_descriptors(const struct flight *kept, int *files)
{
    for (int number = 3; number < HIGHEST; number++)
        if (number != kept->listener && number != kept->peer)
            close(number);
    for (int at = 0; at < FILES; at++)
        CHECK((files[at] = memfd_create("file of the host", 0)) >= 0);
}

static void expect_untouched(const int *files)
{
    for (int at = 0; at < FILES; at++) {
        struct stat about;
        CHECK(fstat(files[at], &about) == 0 && about.st_size == 0);
        CHECK(close(files[at]) == 0);
    }
}

/* A call is in flight, or was, when its descriptors go. Nobody waits for a thread without them. */
static void descriptors(int argc, char **argv)
{
    (void)argc, (void)argv;
    int files[FILES];
    for (int in_flight = 0; in_flight < 2; in_flight++) {
        struct flight flight = take_off();
        if (!in_flight) {
            answer_request(flight.peer);
            expect_done(flight.done, ok);
        }
        take_descriptors(&flight, files);
        expect_shutdown(UINT64_MAX, ok);
        CHECK(flight.done->times == 1);
        if (in_flight && flight.done->status != IK_STATUS_TIMEOUT) /* which may have come first */
            CHECK_STATUS(flight.done->status, gone, flight.done->json);
        expect_wait(flight.call, UINT64_MAX, flight.done->status);
        expect_shutdown(0, ok);
        struct background plain;
        start_call(&plain, flight.client);
        int peer = next_peer(&flight);
        answer_last(peer);
        expect_call(&plain, ok);
        expect_shutdown(UINT64_MAX, ok);
        expect_untouched(files);
        close(peer);
        land(&flight);
    }
}

/* Two clients lose a call each. The shutdown of one ends its own, and leaves the other's no worse than the
 * loss does: late. */
static void of_two_clients(int argc, char **argv)
{
    (void)argc, (void)argv;
    int files[FILES];
    struct flight flight = take_off();
    struct done *done = new_done();
    ik_client *other = client_of(flight.port, AN_HOUR_MS);
    ik_call *call = described(other, "file");
    start(call, done);
    int peer = next_peer(&flight), kept = flight.peer;
    CHECK(dup2(peer, STDIN_FILENO) == STDIN_FILENO); /* so that it does not hang up */
    take_descriptors(&flight, files);
    CHECK_STATUS(ik_client_shutdown(flight.client, UINT64_MAX), ok, NULL);
    CHECK(flight.done->times == 1);
    if (flight.done->status != IK_STATUS_TIMEOUT) /* which may have come first */
        CHECK_STATUS(flight.done->status, gone, flight.done->json);
    expect_done(done, IK_STATUS_TIMEOUT);
    expect_wait(call, 0, IK_STATUS_TIMEOUT);
    expect_shutdown(UINT64_MAX, ok);
    expect_untouched(files);
    CHECK(kept == flight.peer);
    land(&flight);
}

static int32_t expect_late(void *user_data, uint64_t index, ik_status status, const char *json)
{
    CHECK(index < 2);
    CHECK_STATUS(status, IK_STATUS_TIMEOUT, json);
    ++*(int *)user_data;
    return 0;
}

static void *ask_for_two(void *client)
{
    static const char *const ids[] = {"one", "two"};
    int reports = 0;
    CHECK_STATUS(ik_get_file_versions_many(client, ids, 2, 2, expect_late, &reports), ok, NULL);
    CHECK(reports == 2);
    return NULL;
}

/* Nobody but ik_get_file_versions_many() waits. Prints how long after the loss it ended. */
static void of_many(int argc, char **argv)
{
    (void)argc, (void)argv;
    int files[FILES], port = 0, listener = listen_here(&port);
    struct flight flight = {.listener = listener};
    pthread_t thread = start_thread(ask_for_two, client_of(port, AN_HOUR_MS));
    flight.peer = next_peer(&flight);
    int second = next_peer(&flight);
    CHECK(dup2(second, STDIN_FILENO) == STDIN_FILENO);
    int64_t started = now_ms();
    take_descriptors(&flight, files);
    join_thread(thread);
    printf("%d\n", (int)(now_ms() - started));
    expect_shutdown(UINT64_MAX, ok);
    expect_untouched(files);
}

/* Nobody waits at all: the callback comes, and the completion is there for who asks now and then. Prints
 * how long after the loss. */
static void of_nobody(int argc, char **argv)
{
    for (int is_queued = 0; is_queued < 2; is_queued++) {
        (void)argc, (void)argv;
        int files[FILES], port = 0;
        struct flight flight = {.listener = listen_here(&port), .done = new_done()};
        ik_queue *queue = new_queue();
        ik_call *call = described(client_of(port, AN_HOUR_MS), "file");
        if (is_queued)
            enqueue(queue, call, call);
        else
            start(call, flight.done);
        flight.peer = next_peer(&flight);
        int64_t started = now_ms();
        take_descriptors(&flight, files);
        if (is_queued)
            expect_next(queue, IK_STATUS_TIMEOUT, call);
        else
            expect_done(flight.done, IK_STATUS_TIMEOUT);
        printf("%d\n", (int)(now_ms() - started));
        ik_call_free(call);
        ik_queue_free(queue);
        expect_shutdown(UINT64_MAX, ok);
        expect_untouched(files);
    }
}

/* Prints how long a cancelled call took to end, and how much too long a shutdown. */
static void look_up(int argc, char **argv)
{
    (void)argc, (void)argv;
    int threads = count_threads(), port = 0, listener = listen_here(&port);
    struct done *done = new_done(), *other = new_done();
    CHECK(sem_init(&resolver.asked, 0, 0) == 0 && sem_init(&resolver.gate, 0, 0) == 0);
    ik_client *named = client_of_url("https://host.example", BOUND_MS);
    ik_client *client = client_of(port, BOUND_MS);
    ik_call *call = described(named, "file"), *second = described(named, "file");
    start(call, done);
    await(&resolver.asked);
    int64_t started = now_ms();
    CHECK_STATUS(ik_call_cancel(call), ok, NULL);
    expect_wait(call, UINT64_MAX, gone);
    printf("%d\n", (int)(now_ms() - started));
    expect_done(done, gone);

    start(second, other);
    started = now_ms();
    expect_shutdown(IN_TIME_MS, IK_STATUS_PENDING);
    printf("%d\n", (int)(now_ms() - started) - IN_TIME_MS);
    CHECK(other->times == 1); /* callbacks have run all the same */
    CHECK_STATUS(other->status, gone, other->json);
    struct background plain; /* and the library works */
    start_call(&plain, client);
    int peer = accept_request(listener);
    answer_last(peer);
    expect_call(&plain, ok);
    for (int at = 0; at < 2; at++)
        post(&resolver.gate);
    expect_shutdown(UINT64_MAX, ok);
    expect_threads(threads);
}

/* There is no descriptor to be had. What is not started stays described, and no callback comes. */
static void limit(int argc, char **argv)
{
    (void)argc, (void)argv;
    int threads = count_threads(), port = 0, listener = listen_here(&port);
    struct done *done = new_done();
    ik_client *client = client_of(port, BOUND_MS);
    ik_call *call = described(client, "file"), *performed = described(client, "file");
    struct rlimit before, none;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    none = (struct rlimit){.rlim_cur = (rlim_t)listener + 1, .rlim_max = before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK_STATUS(ik_call_start(call, note, done), IK_STATUS_RESOURCE_EXHAUSTED, NULL);
    expect_wait(call, 0, IK_STATUS_INVALID_STATE);
    expect_perform(performed, IK_STATUS_RESOURCE_EXHAUSTED);
    expect_wait(performed, 0, IK_STATUS_RESOURCE_EXHAUSTED); /* which was its result */
    expect_metadata(performed, ok);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(done->times == 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    expect_threads(threads);

    start(call, done);
    int peer = accept_request(listener);
    answer_last(peer);
    expect_done(done, ok);
    expect_shutdown(UINT64_MAX, ok);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"descriptors", descriptors}, {"of-two-clients", of_two_clients}, {"of-many", of_many},
        {"of-nobody", of_nobody},     {"look-up", look_up},               {"limit", limit}};
    return RUN_PART(parts, argc, argv);
}
