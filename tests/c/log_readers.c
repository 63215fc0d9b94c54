/* Readers of the log that do not read, or do it late, or are forked: nobody is held up by them, and no line
 * is lost that need not be. */
#include "barrier.h"

#include <fcntl.h>
#include <signal.h>

enum { CALLS = 20, LINES = 8, SHORT_MS = 50, HANGS_AFTER_S = 20 };

static const ik_status ok = IK_STATUS_OK;

static void fill(int descriptor)
{
    char bytes[4096];
    int flags = fcntl(descriptor, F_GETFL);
    memset(bytes, '.', sizeof bytes);
    CHECK(fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0);
    for (size_t size = sizeof bytes; size > 0; size /= 2)
        while (write(descriptor, bytes, size) > 0)
            ;
    CHECK(errno == EAGAIN && fcntl(descriptor, F_SETFL, flags) == 0);
}

/* A terminal or a pipe that takes nothing more. */
static int full(const char *kind)
{
    int ends[2];
    if (strcmp(kind, "terminal") == 0) {
        CHECK((ends[0] = posix_openpt(O_RDWR | O_NOCTTY)) >= 0);
        CHECK(grantpt(ends[0]) == 0 && unlockpt(ends[0]) == 0);
        CHECK((ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY)) >= 0);
    } else {
        CHECK(pipe(ends) == 0);
    }
    fill(ends[1]);
    return ends[1];
}

/* Nobody reads standard error. Prints how long the calls took together, and the shutdown after them. */
static void nobody_reads(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    ik_client *client = make_client(argc, argv);
    int kept = dup(STDERR_FILENO), bad = 0;
    CHECK(dup2(full(option(argc, argv, "--stderr", "")), STDERR_FILENO) == STDERR_FILENO);
    alarm(HANGS_AFTER_S);
    int64_t started = now_ms();
    for (int at = 0; at < CALLS; at++) {
        char *text = NULL;
        bad += ik_get_file_versions(client, at % 2 ? id : "0123456789abcdef01234567", &text) !=
               (at % 2 ? ok : IK_STATUS_NOT_FOUND);
        ik_string_free(text);
    }
    int64_t called = now_ms();
    bad += ik_shutdown(UINT64_MAX) != ok;
    int64_t ended = now_ms();
    CHECK(dup2(kept, STDERR_FILENO) == STDERR_FILENO); /* where failures are told */
    CHECK(bad == 0);
    printf("%d\n%d\n", (int)(called - started), (int)(ended - called));
}

static struct {
    ik_client *client;
    sem_t came, open;
    atomic_int lines;
    bool has_gate, forks;
    pid_t child;
} reader;

static void take_line(void *user_data, int32_t level, const char *line);

static void telling(int port)
{
    char url[64];
    ik_config *config = ik_config_new();
    CHECK(sem_init(&reader.came, 0, 0) == 0 && sem_init(&reader.open, 0, 0) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    CHECK(ik_config_set_private_key(config, "private_host") == ok);
    CHECK(ik_config_set_base_url(config, url) == ok);
    CHECK(ik_config_set_log_callback(config, IK_LOG_LEVEL_INFO, take_line, &reader) == ok);
    CHECK(ik_client_new(config, &reader.client, NULL) == ok);
    ik_config_free(config);
}

static void serve(int listener)
{
    int peer = accept_request(listener);
    answer_last(peer);
    close(peer);
}

static void call_and_serve(int listener)
{
    struct background plain;
    start_call(&plain, reader.client);
    serve(listener);
    expect_call(&plain, ok);
}

/* In a child of a log callback, which is an ordinary process: what its calls do is told. */
static void live_in_the_child(void)
{
    sigset_t none;
    sigemptyset(&none);
    CHECK(pthread_sigmask(SIG_SETMASK, &none, NULL) == 0);
    alarm(HANGS_AFTER_S);
    int before = reader.lines;
    expect_versions(reader.client, "file", ok);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(reader.lines == before + 1);
    _exit(0);
}

static void take_line(void *user_data, int32_t level, const char *line)
{
    CHECK(user_data == &reader && level == IK_LOG_LEVEL_INFO && line != NULL);
    int number = reader.lines++;
    post(&reader.came);
    if (number == 0 && reader.has_gate)
        await(&reader.open);
    if (number == 0 && reader.forks) {
        reader.child = fork();
        CHECK(reader.child >= 0);
        if (reader.child == 0)
            live_in_the_child();
        post(&reader.open);
    }
}

/* A shutdown gives up on a reader who takes his time; what waited behind that line comes all the same. */
static void reads_late(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    reader.has_gate = true;
    telling(port);
    for (int at = 0; at < LINES; at++)
        call_and_serve(listener);
    await(&reader.came);
    expect_shutdown(SHORT_MS, IK_STATUS_PENDING);
    CHECK(reader.lines == 1);
    post(&reader.open);
    for (int at = 1; at < LINES; at++)
        await(&reader.came);
    call_and_serve(listener); /* and what comes later is told as well */
    await(&reader.came);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(reader.lines == LINES + 1);
}

static void forks_while_it_reads(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    reader.forks = true;
    telling(port);
    call_and_serve(listener);
    await(&reader.open);
    serve(listener); /* the child */
    expect_child(reader.child);
    call_and_serve(listener);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(reader.lines == 2);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"nobody-reads", nobody_reads},
                                        {"reads-late", reads_late},
                                        {"forks-while-it-reads", forks_while_it_reads}};
    return RUN_PART(parts, argc, argv);
}
