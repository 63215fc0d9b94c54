/* The general host: makes a client from the command line, gets the versions of a file or performs
 * another operation as often as asked, and prints what came of it, one line a step:
 *
 *     set --timeout-ms invalid_argument
 *     client 0 invalid_argument 2 ={"error":...}
 *     call 0 ok 12 =[...]
 *
 * that is: a setting that was refused; then the number of the client or thread, its status, the
 * milliseconds it took, and `=` with the string that came, or `-` for NULL.
 *
 * Settings: see configure() in check.h; with --null-config there is no config at all.
 * --operation NAME  versions where it is not said, details, delete, restore or request
 * --file-id ID      asked for by thread 0, ID-N by thread N
 * --version-id ID   NULL where it is not said, and so with the next three
 * --method NAME, --path PATH, --body JSON
 * --body-file FILE  what a command line cannot hold
 * --repeat N        calls of each thread, one after the other
 * --numbered        the n-th call of a thread asks for its file's id with .n after it
 * --pause-ms N      between two calls of a thread
 * --threads N       at once, over the clients in turn
 * --own-threads N   the most that the library has when a call ends
 * --clients N       with the same settings
 * --warm N          calls of each client before all others, of which nothing is said
 * --peak-mib N      how much more memory than before the first call this process may ever have, N MiB
 *                   and no more; and how much more address space: as much, and the arenas and stacks
 *                   of the threads
 * --afterwards FILE makes this file when all calls have ended, and then one more call, which is told of
 *                   in a line that begins with `after`; when everything is freed and shut down, as many
 *                   descriptors must be open as in the beginning
 * --after-timeout-ms N  of that call, where the client's is too short for any answer
 */
#include "host.h"

struct caller;
typedef ik_status (*operation)(const struct caller *, char **);

struct caller {
    pthread_t thread;
    unsigned number;
    const ik_client *client;
    operation perform;
    char file_id[1024];
    bool is_numbered;
    uint64_t repeat;
    uint64_t pause_ms;
};

/* What every caller says the same of. */
static const char *version_id, *method, *path, *body;
/* 0 where it does not matter. */
static int most_threads;

static int has(int argc, char **argv, const char *name)
{
    for (int at = 1; at < argc; at++)
        if (strcmp(argv[at], name) == 0)
            return 1;
    return 0;
}

/* One line; line breaks and backslashes of the string are escaped. */
static void report(const char *what, unsigned number, ik_status status, int64_t ms, const char *text)
{
    flockfile(stdout);
    printf("%s %u %s %lld ", what, number, ik_status_name(status), (long long)ms);
    putchar(text ? '=' : '-');
    for (; text && *text; text++) {
        switch (*text) {
        case '\\': fputs("\\\\", stdout); break;
        case '\n': fputs("\\n", stdout); break;
        case '\r': fputs("\\r", stdout); break;
        default: putchar_unlocked(*text);
        }
    }
    putchar('\n');
    funlockfile(stdout);
}

static ik_status versions(const struct caller *caller, char **json)
{
    return ik_get_file_versions(caller->client, caller->file_id, json);
}

static ik_status details(const struct caller *caller, char **json)
{
    return ik_get_file_version_details(caller->client, caller->file_id, version_id, json);
}

static ik_status delete(const struct caller *caller, char **json)
{
    return ik_delete_file_version(caller->client, caller->file_id, version_id, json);
}

static ik_status restore(const struct caller *caller, char **json)
{
    return ik_restore_file_version(caller->client, caller->file_id, version_id, json);
}

static ik_status request(const struct caller *caller, char **json)
{
    return ik_request(caller->client, method, path, body, json);
}

static operation operation_of(const char *name)
{
    static const struct { const char *name; operation perform; } all[] = {
        {"versions", versions}, {"details", details}, {"delete", delete},
        {"restore", restore},   {"request", request},
    };
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        if (strcmp(all[at].name, name) == 0)
            return all[at].perform;
    FAIL("no operation %s", name);
}

static void *perform_many(void *argument)
{
    struct caller *caller = argument;
    char *end = caller->file_id + strlen(caller->file_id);
    for (uint64_t at = 0; at < caller->repeat; at++) {
        if (at > 0)
            usleep((useconds_t)(caller->pause_ms * 1000));
        if (caller->is_numbered)
            sprintf(end, ".%u", (unsigned)at);
        char *json = NULL;
        int64_t started = now_ms();
        ik_status status = caller->perform(caller, &json);
        report("call", caller->number, status, now_ms() - started, json);
        ik_string_free(json);
        if (most_threads > 0 && count_threads() > most_threads)
            FAIL("%d threads, and not %d", count_threads(), most_threads);
    }
    return NULL;
}

static ik_client *client_of_command_line(unsigned number, int argc, char **argv)
{
    ik_config *config = NULL;
    if (!has(argc, argv, "--null-config")) {
        config = ik_config_new();
        CHECK(config != NULL);
        configure(config, argc, argv);
    }
    ik_client *client = NULL;
    char *error = NULL;
    int64_t started = now_ms();
    ik_status status = ik_client_new(config, &client, &error);
    report("client", number, status, now_ms() - started, error);
    CHECK((client != NULL) == (status == IK_STATUS_OK));
    ik_string_free(error);
    ik_config_free(config);
    return client;
}

/* A figure of this process in KiB; of memory, the most that it ever was. */
static uint64_t most_kib(const char *name)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status) != NULL && strncmp(line, name, strlen(name)) != 0)
        ;
    fclose(status);
    CHECK(strncmp(line, name, strlen(name)) == 0);
    return strtoull(line + strlen(name), NULL, 10);
}

struct memory {
    uint64_t resident, reserved;
};

static struct memory memory_now(void)
{
    return (struct memory){most_kib("VmHWM:"), most_kib("VmPeak:")};
}

/* What was only reserved is not resident, so that it has to be looked for elsewhere. */
static void expect_memory(struct memory before, uint64_t mib)
{
    enum { OF_THREADS_MIB = 512 };
    struct memory now = memory_now();
    uint64_t resident = now.resident - before.resident, reserved = now.reserved - before.reserved;
    if (resident > mib * 1024 || reserved > (mib + OF_THREADS_MIB) * 1024)
        FAIL("%llu KiB more were resident and %llu reserved, and not %llu MiB",
             (unsigned long long)resident, (unsigned long long)reserved, (unsigned long long)mib);
}

/* The calls that follow find a connection. */
static void warm_up(const ik_client *client, uint64_t calls)
{
    for (uint64_t at = 0; at < calls; at++) {
        char *json = NULL;
        ik_status status = ik_get_file_versions(client, "warm", &json);
        CHECK_STATUS(status, IK_STATUS_OK, json);
        ik_string_free(json);
    }
}

/* The client is as good as new, whatever happened. */
static void call_afterwards(const ik_client *client, const char *marker, uint64_t timeout_ms)
{
    FILE *file = fopen(marker, "w");
    CHECK(file != NULL && fclose(file) == 0);
    ik_call *call = NULL;
    CHECK(ik_get_file_versions_call(client, "after", &call) == IK_STATUS_OK);
    CHECK(timeout_ms == 0 || ik_call_set_timeout_ms(call, timeout_ms) == IK_STATUS_OK);
    char *json = NULL;
    int64_t started = now_ms();
    ik_status status = ik_call_perform(call, &json);
    report("after", 0, status, now_ms() - started, json);
    ik_string_free(json);
    ik_call_free(call);
}

static void expect_nothing_left(int descriptors)
{
    CHECK_STATUS(ik_shutdown(10000), IK_STATUS_OK, NULL);
    if (count_descriptors() != descriptors)
        FAIL("%d descriptors are open, and not %d", count_descriptors(), descriptors);
}

int main(int argc, char **argv)
{
    enum { MOST = 128 };
    int descriptors = count_descriptors();
    unsigned clients = (unsigned)option_number(argc, argv, "--clients", 1);
    unsigned threads = (unsigned)option_number(argc, argv, "--threads", 1);
    const char *file_id = option(argc, argv, "--file-id", "6a1b");
    const char *body_file = option(argc, argv, "--body-file", NULL);
    if (has(argc, argv, "--own-threads"))
        most_threads = count_threads() + (int)threads + (int)option_number(argc, argv, "--own-threads", 0);
    version_id = option(argc, argv, "--version-id", NULL);
    method = option(argc, argv, "--method", NULL);
    path = option(argc, argv, "--path", NULL);
    const char *marker = option(argc, argv, "--afterwards", NULL);
    body = body_file ? read_whole(body_file) : option(argc, argv, "--body", NULL);
    static struct caller callers[MOST];
    ik_client *made[MOST];
    CHECK(clients >= 1 && clients <= MOST && threads >= 1 && threads <= MOST);

    for (unsigned at = 0; at < clients; at++)
        if (!(made[at] = client_of_command_line(at, argc, argv)))
            return 0; /* its line says why */
    for (unsigned at = 0; at < clients; at++)
        warm_up(made[at], option_number(argc, argv, "--warm", 0));

    struct memory before = memory_now();
    for (unsigned at = 0; at < threads; at++) {
        struct caller *caller = &callers[at];
        CHECK(strlen(file_id) < sizeof caller->file_id - 32);
        sprintf(caller->file_id, at ? "%s-%u" : "%s", file_id, at);
        caller->number = at;
        caller->client = made[at % clients];
        caller->perform = operation_of(option(argc, argv, "--operation", "versions"));
        caller->is_numbered = has(argc, argv, "--numbered");
        caller->repeat = option_number(argc, argv, "--repeat", 1);
        caller->pause_ms = option_number(argc, argv, "--pause-ms", 0);
        CHECK(pthread_create(&caller->thread, NULL, perform_many, caller) == 0);
    }
    for (unsigned at = 0; at < threads; at++)
        CHECK(pthread_join(callers[at].thread, NULL) == 0);
    if (has(argc, argv, "--peak-mib"))
        expect_memory(before, option_number(argc, argv, "--peak-mib", 0));
    if (marker)
        call_afterwards(made[0], marker, option_number(argc, argv, "--after-timeout-ms", 0));
    for (unsigned at = 0; at < clients; at++)
        ik_client_free(made[at]);
    if (marker)
        expect_nothing_left(descriptors);
    return 0;
}
