/* A host that leaves SIGPIPE as the system gives it survives every peer that hangs up. It ends with
 * a status of its own, 7, so that nothing else can pass for it. */
#include "host.h"

#include <signal.h>

enum { CALLS = 50, WRITES = 20, STATUS_OF_HOST = 7 };

/* Peers that reset, some way or other: the status named on the command line, every time. */
static void calls(int argc, char **argv)
{
    const char *expected = option(argc, argv, "--expect", "ok");
    ik_client *client = make_client(argc, argv);
    for (int at = 0; at < CALLS; at++) {
        char *answer = NULL;
        ik_status status = ik_get_file_versions(client, "file", &answer);
        if (strcmp(ik_status_name(status), expected) != 0)
            FAIL("call %d: %s, not %s: %s", at, ik_status_name(status), expected, answer);
        ik_string_free(answer);
    }
    ik_client_free(client);
}

/* The library's end of the connection to `port`. */
static int end_of_library(int port)
{
    for (int number = 3; number < 1024; number++) {
        struct sockaddr_in peer = {0};
        socklen_t size = sizeof peer;
        if (getpeername(number, (struct sockaddr *)&peer, &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
            return number;
    }
    FAIL("no connection to port %d", port);
}

/* A write into a connection that takes none any more: here the system surely sends the signal. */
static void writes(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int round = 0; round < WRITES; round++) {
        int port = 0, listener = listen_here(&port);
        ik_client *client = client_of(port, 10000);
        struct background call;
        start_call(&call, client);
        int peer = accept_request(listener);
        answer_request(peer);
        expect_call(&call, IK_STATUS_OK);

        CHECK(shutdown(end_of_library(port), SHUT_WR) == 0);
        start_call(&call, client);
        expect_call(&call, IK_STATUS_CONNECTION_LOST);
        ik_client_free(client);
        close(peer);
        close(listener);
    }
}

/* Requests far larger than what a connection holds, each cut off while it is written; with --reused on
 * a connection that had served a call before. */
static void bodies(int argc, char **argv)
{
    enum { BODY_BYTES = 8 << 20 };
    static const char *const methods[] = {"POST", "PUT"};
    bool is_reused = option(argc, argv, "--reused", NULL) != NULL;
    ik_client *client = make_client(argc, argv);
    char *body = malloc(BODY_BYTES + 1);
    CHECK(body != NULL);
    memset(body, 'a', BODY_BYTES);
    body[0] = body[BODY_BYTES - 1] = '"';
    body[BODY_BYTES] = '\0';
    for (int at = 0; at < CALLS; at++) {
        char *answer = NULL;
        if (is_reused)
            call(client, "file");
        ik_status status = ik_request(client, methods[at % 2], "/v1/x", body, &answer);
        CHECK_STATUS(status, IK_STATUS_CONNECTION_LOST, answer);
        ik_string_free(answer);
    }
    free(body);
    ik_client_free(client);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"calls", calls}, {"writes", writes}, {"bodies", bodies}};
    struct sigaction now = {0};
    sigset_t mask;
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    RUN_PART(parts, argc, argv);

    CHECK(sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGPIPE));
    return STATUS_OF_HOST;
}
