/* A host in a sandbox that refuses system calls: what the library cannot do without becomes a status, and
 * what it can do without is done without. */
#include "sending.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { SOON_MS = 3000, HANGS_AFTER_S = 20 };

/* From now on the system answers this call with that error, on every thread of this process. */
static void refuse(long number, int error)
{
    const struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof steps / sizeof *steps, (struct sock_filter *)steps};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static const struct row {
    const char *name;
    long number;
    bool is_needed;
} rows[] = {
    {"epoll_create1", SYS_epoll_create1, true}, {"epoll_ctl", SYS_epoll_ctl, true},
    {"eventfd2", SYS_eventfd2, true},           {"socket", SYS_socket, true},
    {"getrandom", SYS_getrandom, false},        {"statx", SYS_statx, false},
    {"madvise", SYS_madvise, false},            {"sched_getaffinity", SYS_sched_getaffinity, false},
    {"io_uring_setup", 425, false},
};

/* In a process of its own, as a refusal is for good. */
static void live(const struct row *row, int error, int port)
{
    char *answer = NULL;
    alarm(HANGS_AFTER_S);
    refuse(row->number, error);
    ik_client *client = client_of(port, BOUND_MS);
    for (int round = 0; round < 3; round++) {
        int64_t started = now_ms();
        ik_status status = ik_get_file_versions(client, "file", &answer);
        CHECK_STATUS(status, row->is_needed ? IK_STATUS_RESOURCE_EXHAUSTED : IK_STATUS_OK, answer);
        expect_text(status, answer);
        CHECK(now_ms() - started < SOON_MS);
        ik_string_free(answer);
    }
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    ik_client_free(client);
}

int main(int argc, char **argv)
{
    static const int errors[] = {ENOSYS, EPERM};
    (void)argc, (void)argv;
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++)
        for (size_t error = 0; error < 2; error++) {
            int port = 0, listener = listen_here(&port);
            fprintf(stderr, "without %s, error %d:\n", rows[at].name, errors[error]);
            pid_t child = fork();
            if (child == 0) {
                live(&rows[at], errors[error], port);
                _exit(0);
            }
            for (int round = 0; round < 3 && !rows[at].is_needed; round++) {
                int peer = accept_request(listener);
                answer_last(peer);
                close(peer);
            }
            expect_child(child);
            close(listener);
        }
    return 0;
}
