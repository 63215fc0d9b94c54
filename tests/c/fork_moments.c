/* Children that are forked at an awkward moment, or outlive their parent, or become another program. This
 * program is where the library finds socket(), so it knows when a runtime is being made. */
#include "sending.h"

#include <fcntl.h>
#include <sys/prctl.h>

enum { HANGS_AFTER_S = 30, SLOW_MS = 300, WORKERS = 8 };

static struct {
    atomic_bool is_slow, is_made;
    sem_t begun;
} sockets;

/* What a runtime opens first takes its time. */
int socket(int domain, int type, int protocol)
{
    if (domain == AF_UNIX && atomic_exchange(&sockets.is_slow, false)) {
        post(&sockets.begun);
        usleep(SLOW_MS * 1000);
        sockets.is_made = true;
    }
    return (int)syscall(SYS_socket, domain, type, protocol);
}

static pid_t forked(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        alarm(HANGS_AFTER_S);
    return child;
}

static void serve(int listener)
{
    int peer = accept_request(listener);
    answer_last(peer);
    close(peer);
}

/* A thread makes the runtime, with a lock held for as long as that takes. fork() waits for the end of it. */
static void during_construction(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct background first;
    CHECK(sem_init(&sockets.begun, 0, 0) == 0);
    ik_client *client = client_of(port, BOUND_MS);
    sockets.is_slow = true;
    start_call(&first, client);
    await(&sockets.begun);
    pid_t child = forked();
    CHECK(sockets.is_made); /* in both */
    if (child == 0) {
        expect_versions(client, "file", IK_STATUS_OK);
        ik_client *own = client_of(port, BOUND_MS);
        expect_versions(own, "file", IK_STATUS_OK);
        _exit(0);
    }
    for (int of_all = 0; of_all < 3; of_all++)
        serve(listener);
    expect_child(child);
    expect_call(&first, IK_STATUS_OK);
}

/* The parent has called and ends; its child, which had done nothing, goes on. What the parent had open
 * stays so until the child has ended, too: nothing can be done about that. */
static void parent_ends(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port), go[2], told[2];
    CHECK(pipe(go) == 0 && pipe(told) == 0);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0); /* who has lost its parent becomes our child */
    pid_t parent = forked();
    if (parent == 0) {
        ik_client *client = client_of(port, BOUND_MS);
        expect_versions(client, "file", IK_STATUS_OK);
        pid_t child = forked();
        if (child != 0) {
            CHECK(write(told[1], &child, sizeof child) == sizeof child);
            exit(0);
        }
        close(go[1]);
        CHECK(read(go[0], &(char){0}, 1) == 0); /* its parent has ended */
        expect_versions(client, "file", IK_STATUS_OK);
        exit(0);
    }
    int kept = accept_request(listener);
    answer_request(kept);
    expect_child(parent);
    pid_t child = 0;
    CHECK(read(told[0], &child, sizeof child) == sizeof child);
    CHECK(recv(kept, &(char){0}, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN); /* no end to be seen */
    CHECK(close(go[1]) == 0);
    serve(listener); /* on a connection of its own */
    expect_child(child);
    expect_left(kept);
}

/* Which descriptors are open here, by what is behind each. */
static void list(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int number = 3; number < 1024; number++) {
        char path[64], target[256] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", number);
        if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, "/fd") == NULL)
            printf("%d is %s\n", number, target);
    }
}

static void ignore_line(void *user_data, int32_t level, const char *line)
{
    (void)user_data, (void)level, (void)line;
}

/* Becomes another program, which lists what it got. All that the library opens is open here: its runtime's
 * own, connections, a queue's; over TLS too, and after a look-up. */
static void become_another(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    int descriptors = count_descriptors();
    for (int number = 3; number < 1024; number++)
        fcntl(number, F_SETFD, FD_CLOEXEC); /* those that this host itself was given */
    ik_config *config = ik_config_new();
    configure(config, argc, argv);
    CHECK(ik_config_set_log_callback(config, IK_LOG_LEVEL_DEBUG, ignore_line, NULL) == IK_STATUS_OK);
    ik_client *client = NULL, *named = client_of_url("https://no-such-host.invalid", BOUND_MS);
    CHECK(ik_client_new(config, &client, NULL) == IK_STATUS_OK);
    ik_queue *queue = NULL;
    CHECK(ik_queue_new(&queue) == IK_STATUS_OK);
    ik_call *call = described(client, id);
    CHECK(ik_queue_start(queue, call, NULL) == IK_STATUS_OK);
    expect_wait(call, UINT64_MAX, IK_STATUS_OK);
    expect_versions(named, id, IK_STATUS_CONNECT_FAILED);
    CHECK(count_descriptors() >= descriptors + 6); /* or there is nothing to inherit */
    execl("/proc/self/exe", argv[0], "list", (char *)NULL);
    FAIL("exec");
}

/* Workers whose first attempt fails, forked after the master had drawn its own pause. Each prints how long
 * its call took, which is the pause before the second attempt. */
static void pauses(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    pid_t workers[WORKERS];
    call(client, "process-0");
    for (int at = 0; at < WORKERS; at++) {
        workers[at] = forked();
        if (workers[at] == 0) {
            char name[32];
            snprintf(name, sizeof name, "process-%d", at + 1);
            int64_t started = now_ms();
            call(client, name);
            dprintf(STDOUT_FILENO, "%d\n", (int)(now_ms() - started));
            _exit(0);
        }
    }
    for (int at = 0; at < WORKERS; at++)
        expect_child(workers[at]);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"during-construction", during_construction},
                                        {"parent-ends", parent_ends},
                                        {"list", list},
                                        {"become-another", become_another},
                                        {"pauses", pauses}};
    return RUN_PART(parts, argc, argv);
}
