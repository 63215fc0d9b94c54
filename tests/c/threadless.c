/* A process that gets no thread: the library says so, and recovers when there are some. This program is
 * where the library finds pthread_create() and getaddrinfo(). */
#include "sending.h"

#include <dlfcn.h>
#include <netdb.h>
#include <sys/resource.h>

enum { SOON_MS = 3000, ROUNDS = 5 };

static const ik_status ok = IK_STATUS_OK, exhausted = IK_STATUS_RESOURCE_EXHAUSTED;

static atomic_int refusals; /* so many of the next are refused; what the host starts is none of them */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                   void *argument)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (next == NULL) {
        void *address = dlsym(RTLD_NEXT, "pthread_create");
        memcpy(&next, &address, sizeof address);
    }
    if (refusals > 0) {
        refusals--;
        return EAGAIN;
    }
    return next(thread, attributes, body, argument);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    (void)name, (void)service, (void)hints;
    *found = NULL;
    return EAI_NONAME;
}

/* Soon, with what is missing named. */
static void expect_refusal(const ik_client *client)
{
    char *answer = NULL;
    int64_t started = now_ms();
    ik_status status = ik_get_file_versions(client, "file", &answer);
    CHECK_STATUS(status, exhausted, answer);
    CHECK(now_ms() - started < SOON_MS);
    expect_text(status, answer);
    if (strstr(answer, "threads") == NULL)
        FAIL("does not name what is missing: %s", answer);
    ik_string_free(answer);
}

static void recover(int listener, const ik_client *client)
{
    struct background plain;
    start_call(&plain, client);
    int peer = accept_request(listener);
    answer_last(peer);
    expect_call(&plain, ok);
    close(peer);
}

/* The thread that does the work. */
static void work(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port), threads = count_threads();
    ik_client *client = client_of(port, BOUND_MS);
    for (int round = 0; round < ROUNDS; round++) {
        refusals = 1;
        expect_refusal(client);
        CHECK(refusals == 0);
        recover(listener, client);
        expect_shutdown(UINT64_MAX, ok);
        expect_threads(threads);
    }
}

/* The thread of callbacks: what cannot be started stays described, and its callback does not come. */
static void callbacks(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    for (int round = 0; round < 2 * ROUNDS; round++) {
        struct done *done = new_done();
        ik_call *call = described(client, "file");
        if (round % 2) /* the other thread runs already */
            recover(listener, client);
        refusals = 1;
        CHECK_STATUS(ik_call_start(call, note, done), exhausted, NULL);
        CHECK(refusals == 0 && done->times == 0);
        expect_wait(call, 0, IK_STATUS_INVALID_STATE);
        start(call, done);
        int peer = accept_request(listener);
        answer_last(peer);
        expect_done(done, ok);
        close(peer);
        ik_call_free(call);
        expect_shutdown(UINT64_MAX, ok);
        free_done(done);
    }
}

/* The thread of a look-up. */
static void look_ups(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS), *named = client_of_url("https://name.test", BOUND_MS);
    recover(listener, client);
    for (int round = 0; round < ROUNDS; round++) {
        refusals = 1;
        expect_refusal(named);
        CHECK(refusals == 0);
        recover(listener, client);
        expect_versions(named, "file", IK_STATUS_CONNECT_FAILED);
    }
}

/* There really is no room: not for the stack of a thread. */
static void room(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    struct rlimit before, tight;
    unsigned long long pages = 0;
    FILE *sizes = fopen("/proc/self/statm", "r");
    CHECK(sizes != NULL && fscanf(sizes, "%llu", &pages) == 1 && fclose(sizes) == 0);
    CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    tight = before;
    tight.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (1 << 20);
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(setrlimit(RLIMIT_AS, &tight) == 0);
        expect_refusal(client);
        CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    }
    recover(listener, client);
    expect_shutdown(UINT64_MAX, ok);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"work", work}, {"callbacks", callbacks}, {"look-ups", look_ups}, {"room", room}};
    return RUN_PART(parts, argc, argv);
}
