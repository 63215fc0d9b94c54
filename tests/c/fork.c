/* A client works in parent and children alike, each on connections of its own. */
#include "host.h"

#include <sched.h>
#include <sys/syscall.h>

enum { CHILDREN = 8, CALLS = 50, HANGS_AFTER_S = 30 };

/* The file that process `number` asks for: the one given, or one that tells the server who asks. */
static const char *label(int argc, char **argv, int number)
{
    static char name[32];
    snprintf(name, sizeof name, "process-%d", number);
    return option(argc, argv, "--id", name);
}

/* Reports a fork; in the child it bounds what may hang. */
static pid_t forked(pid_t child)
{
    CHECK(child >= 0);
    if (child == 0)
        alarm(HANGS_AFTER_S);
    return child;
}

static void call_times(const ik_client *client, const char *id, int times)
{
    for (int at = 0; at < times; at++)
        call(client, id);
}

/* A client that was used before the fork: eight children and the parent at once. */
static void family(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    call(client, label(argc, argv, 0));
    int gate[2];
    CHECK(pipe(gate) == 0);
    pid_t children[CHILDREN];
    for (int at = 0; at < CHILDREN; at++) {
        children[at] = forked(fork());
        if (children[at] == 0) {
            close(gate[1]);
            CHECK(read(gate[0], &(char){0}, 1) == 0); /* until the parent opens it for all */
            call_times(client, label(argc, argv, at + 1), CALLS);
            _exit(0);
        }
    }
    close(gate[1]);
    call_times(client, label(argc, argv, 0), CALLS);
    for (int at = 0; at < CHILDREN; at++)
        expect_child(children[at]);
    call(client, label(argc, argv, 0));
    ik_client_free(client);
}

/* A master that configures and forks; its workers send first. */
static void master(int argc, char **argv)
{
    int threads = count_threads(), descriptors = count_descriptors();
    ik_client *client = make_client(argc, argv);
    CHECK(count_threads() == threads);
    CHECK(count_descriptors() == descriptors);
    pid_t workers[CHILDREN];
    for (int at = 0; at < CHILDREN; at++) {
        workers[at] = forked(fork());
        if (workers[at] == 0) {
            call_times(client, label(argc, argv, at + 1), 5);
            ik_client_free(client);
            exit(0);
        }
    }
    for (int at = 0; at < CHILDREN; at++)
        expect_child(workers[at]);
    CHECK(count_threads() == threads);
    call(client, label(argc, argv, 0));
    ik_client_free(client);
}

/* A child that frees what it inherited leaves the parent's connection as it was. */
static void inherited_is_freed(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    ik_config *config = ik_config_new();
    call(client, label(argc, argv, 0));
    for (int use_first = 0; use_first < 2; use_first++) {
        pid_t child = forked(fork());
        if (child == 0) {
            if (use_first)
                call(client, label(argc, argv, 1));
            ik_config_free(config);
            ik_client_free(client);
            exit(0);
        }
        expect_child(child);
        call(client, label(argc, argv, 0));
    }
    CHECK_STATUS(ik_config_set_max_retries(config, 1), IK_STATUS_OK, NULL);
    ik_config_free(config);
    ik_client_free(client);
}

/* Child of a child of a child: each uses what it got before it hands it on. */
static void generations(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    pid_t child = 0;
    int depth = 0;
    do
        call(client, label(argc, argv, depth));
    while (++depth <= 5 && (child = forked(fork())) == 0);
    if (child != 0)
        expect_child(child);
    call(client, label(argc, argv, depth - 1));
    ik_client_free(client);
}

static pid_t plain_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/* Children whose making no handler of pthread_atfork() sees, and one that becomes another program. */
static void unannounced(int argc, char **argv)
{
    pid_t (*const ways[])(void) = {
        plain_clone,
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 34)
        _Fork,
#endif
    };
    ik_client *client = make_client(argc, argv);
    call(client, label(argc, argv, 0));
    for (int at = 0; at < (int)(sizeof ways / sizeof *ways); at++) {
        pid_t child = forked(ways[at]());
        if (child == 0) {
            call_times(client, label(argc, argv, at + 1), 3);
            _exit(0);
        }
        expect_child(child);
        call(client, label(argc, argv, 0));
    }
    pid_t child = vfork();
    if (child == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(127);
    }
    expect_child(child);
    call(client, label(argc, argv, 0));
    ik_client_free(client);
}

static void no_namespace(void)
{
    printf("no PID namespace: %s\n", strerror(errno));
    exit(77);
}

/* Process 1 of a namespace forks process 1 of the next: getpid() is the same in both. Ends with 77 where
 * this machine makes none. */
static void namespaces(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    pid_t child = 0;
    int depth = 0;
    if (geteuid() != 0 && unshare(CLONE_NEWUSER) != 0)
        no_namespace();
    do {
        call(client, label(argc, argv, depth));
        CHECK(depth == 0 || getpid() == 1);
        if (++depth > 2)
            _exit(0);
        if (unshare(CLONE_NEWPID) != 0)
            no_namespace();
    } while ((child = forked(fork())) == 0);
    expect_child(child);
    call(client, label(argc, argv, depth - 1));
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"family", family},           {"master", master},           {"inherited", inherited_is_freed},
        {"generations", generations}, {"unannounced", unannounced}, {"namespaces", namespaces}};
    return RUN_PART(parts, argc, argv);
}
