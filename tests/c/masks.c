/* Threads of ours block all signals but those that say that a thread failed: the host's crash
 * handler has to see them wherever they come from. Threads of the host are left as they were. */
#include "host.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { ERRNO_OF_HOST = 4711 };

static const char *id;
static const ik_client *client;
static _Atomic pid_t faulted;

static void note_fault(int number)
{
    (void)number;
    faulted = (pid_t)syscall(SYS_gettid);
}

/* The signals that a thread blocks; no if it has ended meanwhile. */
static bool read_mask(const char *thread, uint64_t *set)
{
    static const char field[] = "SigBlk:";
    char path[300], line[256];
    snprintf(path, sizeof path, "/proc/self/task/%s/status", thread);
    FILE *status = fopen(path, "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, field, strlen(field)) == 0) {
            fclose(status);
            *set = strtoull(line + strlen(field), NULL, 16);
            return true;
        }
    return false;
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

static void expect_failure(const ik_client *handle, const char *file_id)
{
    char *answer = NULL;
    CHECK(ik_get_file_versions(handle, file_id, &answer) != IK_STATUS_OK);
    ik_string_free(answer);
}

static void look_up_name(void)
{
    ik_client *named = NULL;
    ik_config *config = ik_config_new();
    ik_config_set_private_key(config, "private_host");
    ik_config_set_base_url(config, "https://no-such-host.invalid");
    ik_config_set_timeout_ms(config, 300);
    CHECK_STATUS(ik_client_new(config, &named, NULL), IK_STATUS_OK, NULL);
    ik_config_free(config);
    expect_failure(named, id);
    ik_client_free(named);
}

/* Every thread of ours, those of a name lookup included; then a fault on one of them. */
static void masks(int argc, char **argv)
{
    (void)argc, (void)argv;
    pid_t ours = 0;
    look_up_name();
    DIR *threads = opendir("/proc/self/task");
    CHECK(threads != NULL);
    for (const struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid())
            continue;
        uint64_t set = 0;
        if (!read_mask(entry->d_name, &set))
            continue;
        for (int number = 1; number <= SIGRTMAX; number++)
            if (!may_be_either(number) && (set >> (number - 1) & 1) == must_be_open(number))
                FAIL("signal %d is %s there", number, must_be_open(number) ? "blocked" : "open");
        ours = ours ? ours : atoi(entry->d_name); /* the first one stays for ever */
    }
    closedir(threads);
    CHECK(ours != 0);

    struct sigaction action = {.sa_handler = note_fault};
    CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
    CHECK(syscall(SYS_tgkill, getpid(), ours, SIGSEGV) == 0);
    for (int64_t bound = now_ms() + 5000; faulted == 0; usleep(1000))
        CHECK(now_ms() < bound);
    CHECK(faulted == ours);
    call(client, id);
}

/* The library's threads begin while the host blocks all that can be blocked, faults too. */
static void masks_where_all_is_blocked(int argc, char **argv)
{
    sigset_t all;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
    masks(argc, argv);
}

/* What a function leaves as it was: the caller's mask, its errno, and the host's dispositions. */
static void callers_own(int argc, char **argv)
{
    sigset_t before, after;
    struct sigaction actions[SIGSYS + 1], action;
    memset(&before, 0, sizeof before), memset(&after, 0, sizeof after);
    for (int number = 1; number <= SIGSYS; number++)
        CHECK(sigaction(number, NULL, &actions[number]) == 0);
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    for (int round = 0; round < 3; round++) {
        errno = ERRNO_OF_HOST;
        ik_client *mine = make_client(argc, argv), *nowhere = client_of(1, 1000);
        call(mine, id);
        CHECK(errno == ERRNO_OF_HOST);
        expect_failure(mine, "0123456789abcdef01234567");
        expect_failure(mine, "");
        expect_failure(nowhere, id);
        ik_client_free(mine);
        ik_client_free(nowhere);
        expect_failure(mine, id);
        CHECK(errno == ERRNO_OF_HOST);
        CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0);
        CHECK(memcmp(&before, &after, sizeof before) == 0);
    }
    for (int number = 1; number <= SIGSYS; number++)
        CHECK(sigaction(number, NULL, &action) == 0 &&
              action.sa_handler == actions[number].sa_handler);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"threads", masks},
                                        {"all-blocked", masks_where_all_is_blocked},
                                        {"callers-own", callers_own}};
    id = option(argc, argv, "--id", "file");
    client = make_client(argc, argv);
    return RUN_PART(parts, argc, argv);
}
