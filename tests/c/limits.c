/* A process without descriptors to spare: the library says so, and recovers when there are some. */
#include "host.h"

#include <sys/resource.h>

#define LIMIT_TEXT "64"
enum { LIMIT = 64, MOST_LEFT = 7, SOON_MS = 3000, HANGS_AFTER_S = 20 };

static int fillers[LIMIT];
static int filler_count;

/* Takes all descriptors but `left`. */
static void fill(int left)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = LIMIT;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int number; filler_count < LIMIT && (number = dup(STDIN_FILENO)) >= 0;)
        fillers[filler_count++] = number;
    CHECK(errno == EMFILE);
    for (; left > 0; left--)
        close(fillers[--filler_count]);
}

static void empty(void)
{
    while (filler_count > 0)
        close(fillers[--filler_count]);
}

/* One of the two outcomes that are honest here, soon. */
static ik_status try_call(const ik_client *client, const char *id)
{
    int64_t started = now_ms();
    char *answer = NULL;
    ik_status status = ik_get_file_versions(client, id, &answer);
    if (status != IK_STATUS_OK) {
        CHECK_STATUS(status, IK_STATUS_RESOURCE_EXHAUSTED, answer);
        if (strstr(answer, "open files") == NULL || strstr(answer, "process is " LIMIT_TEXT) == NULL)
            FAIL("does not name what is missing and its limit: %s", answer);
    }
    CHECK(now_ms() - started < SOON_MS);
    ik_string_free(answer);
    return status;
}

static void first_use(int argc, char **argv, const char *id, int left)
{
    ik_client *client = make_client(argc, argv);
    fill(left);
    ik_status status = try_call(client, id);
    CHECK(left > 0 || status == IK_STATUS_RESOURCE_EXHAUSTED);
    CHECK(left < MOST_LEFT || status == IK_STATUS_OK);
    empty();
    call(client, id);
}

/* The runtime is there and one connection; a client of its own needs another. */
static void warm(int argc, char **argv, const char *id, int left)
{
    ik_client *connected = make_client(argc, argv), *other = make_client(argc, argv);
    call(connected, id);
    fill(left);
    ik_status status = try_call(other, id);
    CHECK(status == (left == 0 ? IK_STATUS_RESOURCE_EXHAUSTED : IK_STATUS_OK));
    call(connected, id);
    empty();
    call(other, id);
    call(connected, id);
}

/* Certificates that could not be read are not certificates that are not there. */
static void making(int argc, char **argv, const char *id, int left)
{
    ik_client *client = NULL;
    char *error = NULL;
    fill(left);
    ik_status status = try_client(argc, argv, &client, &error);
    if (status != IK_STATUS_OK)
        CHECK_STATUS(status, IK_STATUS_RESOURCE_EXHAUSTED, error);
    CHECK((client != NULL) == (status == IK_STATUS_OK));
    CHECK(left > 0 || option(argc, argv, "--ca-file", NULL) == NULL || client == NULL);
    ik_string_free(error);
    ik_client_free(client);
    empty();
    client = make_client(argc, argv);
    call(client, id);
}

/* Each count of descriptors left in a process of its own, which has not used the library. */
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(int argc, char **argv, const char *id, int left);
    } parts[] = {{"first-use", first_use}, {"warm", warm}, {"making", making}};
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++)
        for (int left = 0; left <= MOST_LEFT && strcmp(argv[1], parts[part].name) == 0; left++) {
            pid_t child = fork();
            if (child == 0) {
                alarm(HANGS_AFTER_S);
                parts[part].run(argc, argv, option(argc, argv, "--id", "file"), left);
                _exit(0);
            }
            fprintf(stderr, "with %d descriptors left:\n", left);
            expect_child(child);
        }
    return 0;
}
