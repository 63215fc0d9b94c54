/* The thread that callbacks run on: one for all, one callback at a time, in the order in which
 * calls end; and what goes on while a callback does not return. */
#include "sending.h"

#include <signal.h>

enum { CALLS = 8, STACK_IN_USE = 900 * 1024 };

static struct {
    sem_t first_came, gate, came;
    atomic_int inside, count;
    int order[CALLS + 1];
    pid_t threads[CALLS + 1];
} line;

/* The first one that comes stays until the gate opens. */
static void line_up(void *user_data, ik_status status, char *json)
{
    int number = (int)(uintptr_t)user_data, at = line.count++;
    CHECK(++line.inside == 1);
    CHECK(at <= CALLS);
    expect_text(status, json);
    CHECK(status == (number % 3 == 2 ? IK_STATUS_CANCELLED : IK_STATUS_OK));
    line.order[at] = number;
    line.threads[at] = this_thread();
    if (at == 0) {
        post(&line.first_came);
        await(&line.gate);
    }
    ik_string_free(json);
    CHECK(--line.inside == 0);
    post(&line.came);
}

static ik_call *in_line(const ik_client *client, int number)
{
    ik_call *call = described(client, "file");
    CHECK_STATUS(ik_call_start(call, line_up, (void *)(uintptr_t)number), IK_STATUS_OK, NULL);
    return call;
}

/* While the first callback blocks, calls end one after the other, are waited for, performed and
 * cancelled. When it returns, the others come in the order of those ends. */
static void order(int argc, char **argv)
{
    (void)argc, (void)argv;
    static const int ends[CALLS] = {3, 0, 7, 1, 6, 2, 5, 4};
    int port = 0, listener = listen_here(&port), peers[CALLS], peer;
    ik_client *client = client_of(port, BOUND_MS);
    ik_call *calls[CALLS], *first = in_line(client, 99);
    for (size_t at = 0; at < 3; at++)
        CHECK(sem_init((sem_t *[]){&line.first_came, &line.gate, &line.came}[at], 0, 0) == 0);
    peer = accept_request(listener);
    for (int at = 0; at < CALLS; at++) {
        calls[at] = in_line(client, at);
        peers[at] = accept_request(listener);
    }
    answer_last(peer);
    await(&line.first_came);

    for (int at = 0; at < CALLS; at++) {
        int number = ends[at];
        bool is_cancelled = number % 3 == 2;
        if (is_cancelled)
            CHECK_STATUS(ik_call_cancel(calls[number]), IK_STATUS_OK, NULL);
        else
            answer_last(peers[number]);
        expect_wait(calls[number], UINT64_MAX, is_cancelled ? IK_STATUS_CANCELLED : IK_STATUS_OK);
    }
    struct background plain; /* of the host's own thread */
    start_call(&plain, client);
    int last = accept_request(listener);
    answer_last(last);
    expect_call(&plain, IK_STATUS_OK);
    expect_wait(first, UINT64_MAX, IK_STATUS_OK);
    CHECK(line.count == 1);

    post(&line.gate);
    for (int at = 0; at <= CALLS; at++)
        await(&line.came);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    CHECK(line.count == CALLS + 1);
    CHECK(line.order[0] == 99);
    for (int at = 0; at < CALLS; at++) {
        CHECK(line.order[at + 1] == ends[at]);
        CHECK(line.threads[at + 1] == line.threads[0]);
    }
    CHECK(line.threads[0] != getpid());
}

static bool must_be_open(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL ||
           number == SIGTRAP || number == SIGSYS;
}

static bool may_be_either(int number)
{
    bool is_of_libc = number > SIGSYS && number < SIGRTMIN;
    return number == SIGKILL || number == SIGSTOP || number == SIGABRT || is_of_libc;
}

/* What the thread is like, seen from inside. */
static void look_around(void *user_data, ik_status status, char *json)
{
    sigset_t mask;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (!may_be_either(number) && (sigismember(&mask, number) == 1) == must_be_open(number))
            FAIL("signal %d is %s there", number, must_be_open(number) ? "blocked" : "open");
    volatile char room[STACK_IN_USE];
    for (size_t at = 0; at < sizeof room; at += 1024)
        room[at] = 1;
    note(user_data, status, json);
}

static void thread(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct done *done = new_done();
    ik_client *client = client_of(port, BOUND_MS);
    ik_call *call = described(client, "file");
    CHECK_STATUS(ik_call_start(call, look_around, done), IK_STATUS_OK, NULL);
    answer_last(accept_request(listener));
    expect_done(done, IK_STATUS_OK);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
}

/* How a call gets to where it is cancelled. */
static void is_asking(struct flight *flight)
{
    (void)flight;
}

static void reads_a_body(struct flight *flight)
{
    static const char begin[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,2,";
    CHECK(send(flight->peer, begin, sizeof begin - 1, MSG_NOSIGNAL) > 0);
}

static void backs_off(struct flight *flight)
{
    answer_with(flight->peer, "500 Internal Server Error", "", "{}");
    expect_left(flight->peer); /* the answer has been read */
}

static void is_paused(struct flight *flight)
{
    answer_with(flight->peer, "429 Too Many Requests", "X-RateLimit-Reset: 15000\r\n", "{}");
    expect_left(flight->peer);
}

static void ask(struct flight *flight)
{
    *flight = (struct flight){.done = new_done()};
    flight->listener = listen_here(&flight->port);
    flight->client = client_of(flight->port, BOUND_MS);
    flight->call = described(flight->client, "file");
    CHECK_STATUS(ik_call_set_max_retries(flight->call, 9), IK_STATUS_OK, NULL);
    start(flight->call, flight->done);
}

/* Prints how long the call took to end, and looks at what is left of its connection. */
static void end(struct flight *flight)
{
    int64_t started = now_ms();
    CHECK_STATUS(ik_call_cancel(flight->call), IK_STATUS_OK, NULL);
    expect_wait(flight->call, UINT64_MAX, IK_STATUS_CANCELLED);
    printf("%d\n", (int)(now_ms() - started));
    expect_done(flight->done, IK_STATUS_CANCELLED);
    land(flight);
}

static void cancelled_anywhere(int argc, char **argv)
{
    (void)argc, (void)argv;
    void (*const ways[])(struct flight *) = {is_asking, reads_a_body, backs_off, is_paused};
    for (size_t at = 0; at < sizeof ways / sizeof *ways; at++) {
        struct flight flight;
        ask(&flight);
        flight.peer = next_peer(&flight);
        ways[at](&flight);
        int peer = dup(flight.peer);
        end(&flight);
        expect_left(peer);
        close(peer);
    }
    struct flight at_once;
    ask(&at_once);
    at_once.peer = dup(at_once.listener);
    end(&at_once);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"order", order}, {"thread", thread}, {"cancelled", cancelled_anywhere}};
    return RUN_PART(parts, argc, argv);
}
