/* Processes that end, one after the other and in every way, while their threads call. None of them takes
 * its time, and each has the host's own status. */
#include "host.h"

enum { CALLERS = 4, AT_ONCE = 4, STATUS_OF_HOST = 42, HANGS_AFTER_S = 20, LATEST_US = 12000 };

static struct {
    int argc;
    char **argv;
    const char *id;
    ik_client *shared; /* or each call has a client of its own, and so a handshake */
} host;

static void *keep_calling(void *nothing)
{
    for (;;) {
        char *answer = NULL;
        ik_client *client = host.shared ? host.shared : make_client(host.argc, host.argv);
        ik_status status = ik_get_file_versions(client, host.id, &answer);
        CHECK_STATUS(status, IK_STATUS_OK, answer);
        ik_string_free(answer);
        if (client != host.shared)
            ik_client_free(client);
    }
    return nothing;
}

static void live(int number, bool is_shared)
{
    static void (*const ways[])(int) = {exit, _exit, quick_exit};
    alarm(HANGS_AFTER_S);
    host.shared = is_shared ? make_client(host.argc, host.argv) : NULL;
    for (int at = 0; at < CALLERS; at++)
        start_thread(keep_calling, NULL);
    usleep((unsigned)(number * 7919 % LATEST_US)); /* now sooner, now later */
    ways[number % 3](STATUS_OF_HOST);
}

static void expect_end(pid_t child)
{
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != STATUS_OF_HOST)
        FAIL("a process ended with %#x", (unsigned)status);
}

/* This process never uses the library, so each child is as one that has just begun. */
int main(int argc, char **argv)
{
    host.argc = argc, host.argv = argv, host.id = option(argc, argv, "--id", "file");
    int count = (int)option_number(argc, argv, "--processes", 0);
    pid_t children[AT_ONCE];
    for (int at = 0; at < count; at++) {
        if (at >= AT_ONCE)
            expect_end(children[at % AT_ONCE]);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            live(at, strcmp(argv[1], "calls") == 0);
        children[at % AT_ONCE] = child;
    }
    for (int at = 0; at < AT_ONCE; at++)
        expect_end(children[at]);
    return 0;
}
