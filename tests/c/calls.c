/* The general host: makes a client from the command line, gets the versions of a file as often as
 * asked, and prints what came of it, one line a step:
 *
 *     set --timeout-ms invalid_argument
 *     client 0 invalid_argument 2 ={"error":...}
 *     call 0 ok 12 =[...]
 *
 * that is: a setting that was refused; then the number of the client or thread, its status, the
 * milliseconds it took, and `=` with the string that came, or `-` for NULL.
 *
 * Settings: see configure() in check.h; with --null-config there is no config at all.
 * --file-id ID      asked for by thread 0, ID-N by thread N
 * --repeat N        calls of each thread, one after the other
 * --pause-ms N      between two calls of a thread
 * --threads N       at once, over the clients in turn
 * --clients N       with the same settings
 */
#include "check.h"

#include <pthread.h>

struct caller {
    pthread_t thread;
    unsigned number;
    const ik_client *client;
    char file_id[1024];
    uint64_t repeat;
    uint64_t pause_ms;
};

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

static void *get_versions(void *argument)
{
    struct caller *caller = argument;
    for (uint64_t at = 0; at < caller->repeat; at++) {
        if (at > 0)
            usleep((useconds_t)(caller->pause_ms * 1000));
        char *json = NULL;
        int64_t started = now_ms();
        ik_status status = ik_get_file_versions(caller->client, caller->file_id, &json);
        report("call", caller->number, status, now_ms() - started, json);
        ik_string_free(json);
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

int main(int argc, char **argv)
{
    enum { MOST = 64 };
    unsigned clients = (unsigned)option_number(argc, argv, "--clients", 1);
    unsigned threads = (unsigned)option_number(argc, argv, "--threads", 1);
    const char *file_id = option(argc, argv, "--file-id", "6a1b");
    static struct caller callers[MOST];
    ik_client *made[MOST];
    CHECK(clients >= 1 && clients <= MOST && threads >= 1 && threads <= MOST);

    for (unsigned at = 0; at < clients; at++)
        if (!(made[at] = client_of_command_line(at, argc, argv)))
            return 0; /* its line says why */

    for (unsigned at = 0; at < threads; at++) {
        struct caller *caller = &callers[at];
        CHECK(strlen(file_id) < sizeof caller->file_id - 16);
        sprintf(caller->file_id, at ? "%s-%u" : "%s", file_id, at);
        caller->number = at;
        caller->client = made[at % clients];
        caller->repeat = option_number(argc, argv, "--repeat", 1);
        caller->pause_ms = option_number(argc, argv, "--pause-ms", 0);
        CHECK(pthread_create(&caller->thread, NULL, get_versions, caller) == 0);
    }
    for (unsigned at = 0; at < threads; at++)
        CHECK(pthread_join(callers[at].thread, NULL) == 0);
    for (unsigned at = 0; at < clients; at++)
        ik_client_free(made[at]);
    return 0;
}
