/* The end of a process, while four threads are inside calls that nobody answers. It comes at once
 * and with the host's own status, which is 42. */
#include "host.h"

enum { CALLERS = 4, STATUS_OF_HOST = 42 };

static struct background calls[CALLERS];

static void enter_calls(void)
{
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, 60000);
    for (int at = 0; at < CALLERS; at++)
        start_call(&calls[at], client);
    for (int at = 0; at < CALLERS; at++)
        accept_request(listener);
}

static int argc_of_host;
static char **argv_of_host;

/* Here calls still work, as first use, too. */
static void call_at_exit(void)
{
    ik_client *client = make_client(argc_of_host, argv_of_host);
    call(client, option(argc_of_host, argv_of_host, "--id", "file"));
    ik_client_free(client);
    puts("called at exit");
}

int main(int argc, char **argv)
{
    const char *way = argv[1];
    argc_of_host = argc, argv_of_host = argv;
    bool calls_at_exit = option(argc, argv, "--base-url", NULL) != NULL;
    if (calls_at_exit)
        CHECK(atexit(call_at_exit) == 0);
    if (strcmp(way, "first-use") != 0)
        enter_calls();

    if (strcmp(way, "_exit") == 0)
        _exit(STATUS_OF_HOST);
    if (strcmp(way, "quick_exit") == 0)
        quick_exit(STATUS_OF_HOST);
    if (strcmp(way, "exit") == 0)
        exit(STATUS_OF_HOST);
    return STATUS_OF_HOST;
}
