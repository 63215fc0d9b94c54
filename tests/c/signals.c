/* A host's signals are the host's: its handlers run on its threads and nowhere else, and what it
 * blocks stays blocked. */
#include "host.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { CALLERS = 2, SENT = 100, LEAST_HANDLED = 50 };

static _Atomic pid_t threads_of_host[CALLERS + 1];
static atomic_int handled, handled_elsewhere;
static atomic_bool over;

static pid_t this_thread(void)
{
    return (pid_t)syscall(SYS_gettid);
}

static bool is_of_host(pid_t thread)
{
    for (int at = 0; at <= CALLERS; at++)
        if (threads_of_host[at] == thread)
            return true;
    return false;
}

static void count_handled(int number)
{
    (void)number;
    int before = errno;
    handled++;
    handled_elsewhere += !is_of_host(this_thread());
    errno = before;
}

/* Without SA_RESTART: whatever waits in the system is interrupted. */
static void handle(int number)
{
    struct sigaction action = {.sa_handler = count_handled};
    CHECK(sigaction(number, &action, NULL) == 0);
}

static const char *id;
static const ik_client *client;

static void *keep_calling(void *argument)
{
    threads_of_host[(uintptr_t)argument] = this_thread();
    while (!over || handled < LEAST_HANDLED)
        call(client, id);
    return NULL;
}

/* A timer a thousand times a second, and signals to the process besides. The first thread, which
 * the system would choose before all others, takes none: they are left to the callers, and to us. */
static void storm(int argc, char **argv)
{
    (void)argc, (void)argv;
    const struct itimerval fast = {{0, 1000}, {0, 1000}}, none = {{0, 0}, {0, 0}};
    handle(SIGALRM);
    handle(SIGUSR1);
    call(client, id);
    pthread_t callers[CALLERS];
    for (uintptr_t at = 0; at < CALLERS; at++)
        callers[at] = start_thread(keep_calling, (void *)(at + 1));
    while (threads_of_host[1] == 0 || threads_of_host[2] == 0)
        call(client, id);
    sigset_t all;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &fast, NULL) == 0);
    for (int at = 0; at < SENT; at++) {
        CHECK(kill(getpid(), SIGUSR1) == 0);
        call(client, id);
    }
    over = true;
    for (int at = 0; at < CALLERS; at++)
        join_thread(callers[at]);
    CHECK(setitimer(ITIMER_REAL, &none, NULL) == 0);
}

/* The host protects a critical section: nobody handles the signal until it is over. */
static void blocked(int argc, char **argv)
{
    (void)argc, (void)argv;
    sigset_t one, pending;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    handle(SIGUSR1);
    call(client, id); /* the library's thread begins while nothing is blocked */
    CHECK(pthread_sigmask(SIG_BLOCK, &one, NULL) == 0);
    for (int at = 0; at < SENT; at++) {
        CHECK(kill(getpid(), SIGUSR1) == 0);
        call(client, id);
    }
    CHECK(handled == 0);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1));
    CHECK(pthread_sigmask(SIG_UNBLOCK, &one, NULL) == 0);
    CHECK(handled == 1);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"storm", storm}, {"blocked", blocked}};
    threads_of_host[0] = this_thread();
    id = option(argc, argv, "--id", "file");
    client = make_client(argc, argv);
    RUN_PART(parts, argc, argv);
    if (handled_elsewhere != 0)
        FAIL("%d of %d handlers ran on a thread of ours", handled_elsewhere, handled);
    return 0;
}
