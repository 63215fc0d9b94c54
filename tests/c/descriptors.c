/* A host that closes every descriptor above 2, as daemons do, and one that then opens files of its
 * own under the same numbers: calls go on, and nothing of the host's is written to or closed. */
#include "host.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

enum { FILES = 12, CALLS = 3, ROUNDS = 5, HIGHEST = 4096 };

static struct {
    int number;
    ino_t inode;
} files[FILES];

static void close_all(void)
{
    for (int number = 3; number < HIGHEST; number++)
        close(number);
}

/* With --folder the host takes the numbers over at once. */
static void open_files(int argc, char **argv)
{
    const char *folder = option(argc, argv, "--folder", NULL);
    for (int at = 0; folder && at < FILES; at++) {
        char path[4096];
        struct stat about;
        snprintf(path, sizeof path, "%s/%d", folder, at);
        files[at].number = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        CHECK(files[at].number == 3 + at);
        CHECK(fstat(files[at].number, &about) == 0);
        files[at].inode = about.st_ino;
    }
}

static void check_files(int argc, char **argv)
{
    struct stat about;
    for (int at = 0; option(argc, argv, "--folder", NULL) && at < FILES; at++) {
        if (fstat(files[at].number, &about) != 0)
            FAIL("the library closed file %d of the host", at);
        CHECK(about.st_ino == files[at].inode);
        if (about.st_size != 0)
            FAIL("the library wrote %d bytes into file %d of the host", (int)about.st_size, at);
    }
}

static void call_times(const ik_client *client, const char *id)
{
    for (int at = 0; at < CALLS; at++)
        call(client, id);
}

static void before_first_use(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    close_all();
    open_files(argc, argv);
    call_times(client, option(argc, argv, "--id", "file"));
    check_files(argc, argv);
    ik_client_free(client);
}

static void after_use(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    ik_client *client = make_client(argc, argv);
    for (int round = 0; round < ROUNDS; round++) { /* what was rebuilt can be lost again */
        int descriptors = count_descriptors();
        call(client, id);
        call(client, id); /* by now a new connection has said all that it has to say */
        CHECK(round > 0 || count_descriptors() > descriptors); /* there is something to lose */
        close_all();
        open_files(argc, argv);
        call_times(client, id);
        check_files(argc, argv);
    }
    ik_client_free(client);
    check_files(argc, argv);
}

/* Whoever starts the library's thread hands down how important it is: not at all. */
static void *start_unimportant(void *nothing)
{
    const struct sched_param none = {0};
    CHECK(sched_setscheduler(0, SCHED_IDLE, &none) == 0);
    ik_client *nowhere = client_of(1, 60000);
    char *answer = NULL;
    ik_status status = ik_get_file_versions(nowhere, "file", &answer);
    CHECK_STATUS(status, IK_STATUS_CONNECT_FAILED, answer);
    ik_string_free(answer);
    ik_client_free(nowhere);
    return nothing;
}

/* One processor for all, and the host first: what the library has left to do when a call returns,
 * it does after the host's next step. */
static void right_after_a_call(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    for (int round = 0; round < ROUNDS; round++) {
        join_thread(start_thread(start_unimportant, NULL));
        ik_client *client = make_client(argc, argv);
        call(client, id);
        close_all();
        open_files(argc, argv);
        call_times(client, id);
        check_files(argc, argv);
        close_all(); /* and the next round starts a thread again */
        ik_client_free(client);
    }
}

/* A call is on the wire. It ends as `timeout`, by its own deadline; the next ones do not notice. */
static void during_a_call(int argc, char **argv)
{
    enum { DEADLINE_MS = 1000, MARGIN_MS = 500 };
    const char *id = option(argc, argv, "--id", "file");
    ik_client *client = make_client(argc, argv);
    int port = 0, listener = listen_here(&port);
    ik_client *silent = client_of(port, DEADLINE_MS);
    call(client, id);
    call(client, id);
    struct background lost;
    start_call(&lost, silent);
    int peer = accept_request(listener);
    CHECK(dup2(peer, STDIN_FILENO) == STDIN_FILENO); /* so that the peer does not hang up */
    close_all();
    open_files(argc, argv);
    call_times(client, id);
    check_files(argc, argv);

    expect_call(&lost, IK_STATUS_TIMEOUT);
    CHECK(lost.took_ms <= DEADLINE_MS + MARGIN_MS);
    call_times(client, id);
    ik_client_free(silent);
    ik_client_free(client);
    check_files(argc, argv);
}

static struct {
    const ik_client *client;
    const char *id;
    atomic_bool over;
    atomic_uint ended;
} callers;

static void *keep_calling(void *argument)
{
    int64_t *slowest_ms = argument;
    for (; !callers.over; callers.ended++) {
        char *answer = NULL;
        int64_t started = now_ms();
        ik_get_file_versions(callers.client, callers.id, &answer); /* whatever comes of it, in time */
        int64_t took_ms = now_ms() - started;
        *slowest_ms = took_ms > *slowest_ms ? took_ms : *slowest_ms;
        ik_string_free(answer);
    }
    return NULL;
}

/* Calls that are handed over at any moment of the loss. Prints how long the slowest took. */
static void during_hand_overs(int argc, char **argv)
{
    enum { CALLERS = 4, LOSSES = 100 };
    callers.client = make_client(argc, argv);
    callers.id = option(argc, argv, "--id", "file");
    pthread_t threads[CALLERS];
    int64_t slowest_ms[CALLERS] = {0};
    for (int at = 0; at < CALLERS; at++)
        threads[at] = start_thread(keep_calling, &slowest_ms[at]);
    for (int at = 0; at < LOSSES; at++) {
        unsigned ended = callers.ended;
        while (callers.ended == ended) /* all have a deadline */
            sched_yield();
        close_all();
    }
    callers.over = true;
    for (int at = 0; at < CALLERS; at++) {
        join_thread(threads[at]);
        printf("%lld\n", (long long)slowest_ms[at]);
    }
    ik_client *client = make_client(argc, argv);
    call(client, callers.id);
    ik_client_free(client);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"before-first-use", before_first_use},
                                        {"after-use", after_use},
                                        {"right-after-a-call", right_after_a_call},
                                        {"during-a-call", during_a_call},
                                        {"during-hand-overs", during_hand_overs}};
    return RUN_PART(parts, argc, argv);
}
