/* pthread_cancel(), deferred as it is by default, takes effect after a call and harms nothing. */
#include "host.h"

enum { ROUNDS = 20 };

static ik_status before_the_end;

static void *call_until_cancelled(void *client)
{
    char *answer = NULL;
    before_the_end = IK_STATUS_INTERNAL;
    before_the_end = ik_get_file_versions(client, "file", &answer);
    ik_string_free(answer);
    pthread_testcancel();
    FAIL("the cancellation is lost");
}

/* The request is on the wire. */
static void during(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, 10000);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t thread = start_thread(call_until_cancelled, client);
        int peer = accept_request(listener);
        CHECK(pthread_cancel(thread) == 0);
        answer_request(peer);
        void *ended = NULL;
        CHECK(pthread_join(thread, &ended) == 0);
        CHECK(ended == PTHREAD_CANCELED);
        CHECK_STATUS(before_the_end, IK_STATUS_OK, NULL);

        struct background call; /* a good one, over the same connection */
        start_call(&call, client);
        read_request(peer);
        answer_request(peer);
        expect_call(&call, IK_STATUS_OK);
        CHECK(shutdown(peer, SHUT_WR) == 0);
        CHECK(read(peer, &(char){0}, 1) == 0); /* the library has let go of it */
        close(peer);
    }
    ik_client_free(client);
}

static struct {
    int argc;
    char **argv;
    bool made, called, freed;
} asked;

/* Every function of ours that the host calls here would be a place to end the thread, if it were
 * written with such places inside: opening a file, writing to a descriptor. */
static void *cancelled_already(void *argument)
{
    (void)argument;
    CHECK(pthread_cancel(pthread_self()) == 0);
    ik_client *client = make_client(asked.argc, asked.argv);
    asked.made = true;
    for (int at = 0; at < 10; at++)
        call(client, option(asked.argc, asked.argv, "--id", "file"));
    asked.called = true;
    ik_client_free(client);
    asked.freed = true;
    pthread_testcancel();
    FAIL("the cancellation is lost");
}

/* The cancellation is pending when the thread comes to us. */
static void before(int argc, char **argv)
{
    asked.argc = argc, asked.argv = argv;
    void *ended = NULL;
    CHECK(pthread_join(start_thread(cancelled_already, NULL), &ended) == 0);
    CHECK(ended == PTHREAD_CANCELED);
    CHECK(asked.made);
    CHECK(asked.called);
    CHECK(asked.freed);
    ik_client *client = make_client(argc, argv);
    call(client, option(argc, argv, "--id", "file"));
    ik_client_free(client);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"during", during}, {"before", before}};
    return RUN_PART(parts, argc, argv);
}
