/* What a process has only one of, and the library shares with its host: the environment, the current
 * folder, the mode of files, the locale, the arithmetic, time. This program is where the library finds
 * getenv(). */
#include "queue.h"

#include <fenv.h>
#include <locale.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/stat.h>

static const ik_status ok = IK_STATUS_OK;

static struct {
    _Atomic pid_t reader;    /* who may read the environment now; 0 for nobody */
    atomic_int read, astray; /* how often it was read, and how often when it must not be */
} environment;

char *getenv(const char *name)
{
    extern char **environ;
    size_t length = strlen(name);
    environment.read++;
    environment.astray += environment.reader != this_thread();
    for (char **at = environ; at != NULL && *at != NULL; at++)
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            return *at + length + 1;
    return NULL;
}

static const char *id;

/* What a client does in its life, well and badly. */
static void live(ik_client *client)
{
    struct done *done = new_done();
    ik_queue *queue = new_queue();
    ik_call *call = described(client, id), *queued = described(client, id);
    expect_versions(client, id, ok);
    expect_versions(client, "0123456789abcdef01234567", IK_STATUS_NOT_FOUND);
    expect_versions(client, "", IK_STATUS_INVALID_ARGUMENT);
    start(call, done);
    expect_done(done, ok);
    enqueue(queue, queued, NULL);
    expect_next(queue, ok, NULL);
    ik_queue_free(queue);
    ik_call_free(call);
    ik_call_free(queued);
    free_done(done);
}

/* It is read in ik_client_new() and on its caller's thread, and at no other time. */
static void read_at_one_time(int argc, char **argv)
{
    ik_config *config = ik_config_new();
    configure(config, argc, argv);
    CHECK(environment.read == 0);
    environment.reader = this_thread();
    ik_client *client = NULL, *named = NULL;
    CHECK(ik_client_new(config, &client, NULL) == ok);
    CHECK(environment.read > 5);
    CHECK(ik_config_set_base_url(config, "https://no-such-host.invalid") == ok);
    CHECK(ik_client_new(config, &named, NULL) == ok);
    environment.reader = 0;
    int read = environment.read;
    live(client);
    expect_versions(named, id, IK_STATUS_CONNECT_FAILED);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        live(client);
        CHECK(environment.read == read && environment.astray == 0);
        _exit(0);
    }
    expect_child(child);
    expect_shutdown(UINT64_MAX, ok);
    live(client);
    ik_client_free(client);
    ik_client_free(named);
    ik_config_free(config);
    expect_shutdown(UINT64_MAX, ok);
    if (environment.astray != 0 || environment.read != read)
        FAIL("read %d times when it must not be", environment.read - read);
}

/* Others change it all the while. What they change moves in memory. */
static struct {
    const ik_client *client;
    atomic_bool over;
    atomic_int changes, calls;
} busy;

static void *change(void *nothing)
{
    for (unsigned number = 0; !busy.over; number++) {
        char name[32], value[256];
        snprintf(name, sizeof name, "HOST_%u", number % 4000);
        memset(value, 'v', sizeof value);
        value[number % (sizeof value - 1)] = '\0';
        CHECK(setenv(name, value, 1) == 0);
        if (number % 5000 == 4999)
            CHECK(clearenv() == 0);
        busy.changes++;
    }
    return nothing;
}

static void *use(void *nothing)
{
    for (; !busy.over; busy.calls++)
        live((ik_client *)(uintptr_t)busy.client);
    return nothing;
}

static void changed_meanwhile(int argc, char **argv)
{
    enum { USERS = 3, FOR_MS = 2000 };
    busy.client = make_client(argc, argv);
    environment.reader = 0;
    environment.astray = 0;
    pthread_t changer = start_thread(change, NULL), users[USERS];
    for (int at = 0; at < USERS; at++)
        users[at] = start_thread(use, NULL);
    usleep(FOR_MS * 1000);
    busy.over = true;
    join_thread(changer);
    for (int at = 0; at < USERS; at++)
        join_thread(users[at]);
    CHECK(environment.astray == 0);
    CHECK(busy.changes > 1000 && busy.calls > USERS);
}

/* What is the host's stays as it was; its arithmetic may be an unusual one. */
static void left_as_it_was(int argc, char **argv)
{
    char before[4096], after[4096];
    int modes[3];
    CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL || setlocale(LC_ALL, "C") != NULL);
    char *locale = strdup(setlocale(LC_ALL, NULL));
    umask(027);
    CHECK(getcwd(before, sizeof before) != NULL);
    CHECK(fesetround(FE_UPWARD) == 0);
    CHECK(feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW) != -1);
    feclearexcept(FE_ALL_EXCEPT);
    for (int number = 0; number < 3; number++)
        modes[number] = fcntl(number, F_GETFL);
    for (int round = 0; round < 3; round++) {
        ik_client *client = make_client(argc, argv);
        live(client);
        ik_client_free(client);
        expect_shutdown(UINT64_MAX, ok);
        CHECK(umask(027) == 027);
        CHECK(getcwd(after, sizeof after) != NULL && strcmp(before, after) == 0);
        CHECK(strcmp(locale, setlocale(LC_ALL, NULL)) == 0);
        CHECK(fegetround() == FE_UPWARD);
        CHECK(fegetexcept() == (FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW));
        for (int number = 0; number < 3; number++)
            CHECK(fcntl(number, F_GETFL) == modes[number]);
    }
}

/* The CA file is named from the current folder, which then is another one, and the file is gone. */
static void elsewhere(int argc, char **argv)
{
    CHECK(chdir(option(argc, argv, "--folder", "")) == 0);
    ik_client *client = make_client(argc, argv);
    CHECK(unlink(option(argc, argv, "--ca-file", "")) == 0 && chdir("/") == 0);
    expect_versions(client, id, ok);
    expect_shutdown(UINT64_MAX, ok);
    expect_versions(client, id, ok);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        expect_versions(client, id, ok);
        _exit(0);
    }
    expect_child(child);
}

/* The process is stopped in the middle of a call and goes on when its time is over. Prints how long after
 * that it knew. */
static void stopped(int argc, char **argv)
{
    enum { DEADLINE_MS = 400, STOPPED_MS = 1000 };
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port), status = 0;
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        struct background lost;
        ik_client *client = client_of(port, DEADLINE_MS);
        start_call(&lost, client);
        expect_call(&lost, IK_STATUS_TIMEOUT);
        CHECK(lost.took_ms >= STOPPED_MS);
        _exit(0);
    }
    accept_request(listener);
    CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child);
    CHECK(WIFSTOPPED(status));
    usleep(STOPPED_MS * 1000);
    int64_t started = now_ms();
    CHECK(kill(child, SIGCONT) == 0);
    expect_child(child);
    printf("%d\n", (int)(now_ms() - started));
}

static int end_of_library(int port)
{
    for (int number = 3; number < 1024; number++) {
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof peer;
        if (getpeername(number, (struct sockaddr *)&peer, &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
            return number;
    }
    FAIL("no connection to port %d", port);
}

/* A peer that is silently gone is noticed: the system asks after it, and a connection that is idle for half
 * a minute is left. */
static void idle(int argc, char **argv)
{
    enum { IDLE_MS = 30000, MARGIN_MS = 5000 };
    int port = 0, listener = listen_here(&port), is_on = 0;
    bool waits = option(argc, argv, "--wait", NULL) != NULL;
    struct background first;
    start_call(&first, client_of(port, BOUND_MS));
    int peer = accept_request(listener);
    answer_request(peer);
    expect_call(&first, ok);
    socklen_t size = sizeof is_on;
    int ours = end_of_library(port);
    CHECK(getsockopt(ours, SOL_SOCKET, SO_KEEPALIVE, &is_on, &size) == 0 && is_on != 0);
    CHECK(getsockopt(ours, IPPROTO_TCP, TCP_KEEPIDLE, &is_on, &size) == 0 && is_on <= IDLE_MS / 1000);
    struct pollfd left = {.fd = peer, .events = POLLIN};
    if (waits)
        CHECK(poll(&left, 1, IDLE_MS + MARGIN_MS) == 1 && recv(peer, &is_on, sizeof is_on, 0) == 0);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"read-at-one-time", read_at_one_time},
                                        {"changed-meanwhile", changed_meanwhile},
                                        {"left-as-it-was", left_as_it_was},
                                        {"elsewhere", elsewhere},
                                        {"stopped", stopped},
                                        {"idle", idle}};
    id = option(argc, argv, "--id", "file");
    return RUN_PART(parts, argc, argv);
}
