/* Calls and shutdowns of a host that is in want: of descriptors, which it has closed or used up, and
 * of a resolver that answers. This program is where the library finds getaddrinfo(). */
#include "sending.h"

#include <netdb.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { HIGHEST = 256, FILES = 24, IN_TIME_MS = 50 };

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
        {"descriptors", descriptors}, {"look-up", look_up}, {"limit", limit}};
    return RUN_PART(parts, argc, argv);
}
