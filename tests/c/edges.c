/* What once went wrong where two rare things met: forks in callbacks and starting threads, shutdowns and
 * sending threads, refusals and the key. */
#include "barrier.h"

#include <signal.h>

enum { STARTERS = 8, FORKS = 60, SENDERS = 32, SHUTDOWNS = 10, HANGS_AFTER_S = 20 };

static const ik_status ok = IK_STATUS_OK, gone = IK_STATUS_CANCELLED;

#define KEY "private_host" /* of every client that client_of() makes */
#define PATH "/v1/files?key=" KEY

/* A document in which the path is shown without the key. */
static void expect_masked(ik_status status, char *text)
{
    CHECK_STATUS(status, gone, text);
    expect_text(gone, text);
    if (strstr(text, KEY) != NULL || strstr(text, "key=***") == NULL)
        FAIL("the key shows, or the path does not: %s", text);
    ik_string_free(text);
}

static ik_call *described_path(const ik_client *client)
{
    ik_call *call = NULL;
    CHECK_STATUS(ik_request_call(client, "GET", PATH, NULL, &call), ok, NULL);
    return call;
}

/* What is refused because a shutdown is in progress. */
static void key_in_a_refusal(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct shutting shutting;
    char *text = NULL;
    ik_client *client = client_of(port, BOUND_MS);
    struct gate *gate = block_callbacks(listener, client);
    ik_call *call = described_path(client), *cancelled = described_path(client);
    begin(&shutting, NULL, UINT64_MAX);
    ik_status status = ik_request(client, "GET", PATH, NULL, &text);
    expect_masked(status, text);
    status = ik_call_perform(call, &text);
    expect_masked(status, text);
    status = ik_call_wait(call, 0, &text);
    expect_masked(status, text);
    CHECK_STATUS(ik_call_cancel(cancelled), ok, NULL);
    status = ik_call_wait(cancelled, 0, &text);
    expect_masked(status, text);
    post(&gate->open);
    finish(&shutting, ok);
}

/* What runs in the parent, seen from its child. */
static void key_in_a_child(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    struct done *done = new_done();
    ik_call *call = described_path(client_of(port, BOUND_MS));
    start(call, done);
    int peer = accept_request(listener);
    pid_t child = fork();
    if (child == 0) {
        char *text = NULL;
        alarm(HANGS_AFTER_S);
        ik_status status = ik_call_wait(call, UINT64_MAX, &text);
        expect_masked(status, text);
        _exit(0);
    }
    expect_child(child);
    answer_last(peer);
    expect_done(done, ok);
}

static struct {
    const ik_client *client;
    const char *id;
    pid_t children[FORKS];
    atomic_int forks, callbacks;
    atomic_bool over;
} nest;

/* Forks while other threads are inside of the library, and simply returns in the child. */
static void fork_and_return(void *user_data, ik_status status, char *json)
{
    CHECK(user_data == &nest);
    CHECK_STATUS(status, ok, json);
    ik_string_free(json);
    int number = nest.forks;
    if (number < FORKS) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            sigset_t none;
            sigemptyset(&none);
            pthread_sigmask(SIG_SETMASK, &none, NULL);
            alarm(HANGS_AFTER_S);
            return;
        }
        nest.children[number] = child;
        nest.forks++;
    }
    nest.callbacks++;
}

static void *keep_starting(void *nothing)
{
    while (!nest.over) {
        ik_call *call = described(nest.client, nest.id);
        CHECK_STATUS(ik_call_start(call, fork_and_return, &nest), ok, NULL);
        expect_wait(call, UINT64_MAX, ok);
        ik_call_free(call);
    }
    return nothing;
}

static void forks_in_callbacks(int argc, char **argv)
{
    pthread_t threads[STARTERS];
    nest.client = make_client(argc, argv);
    nest.id = option(argc, argv, "--id", "file");
    for (int at = 0; at < STARTERS; at++)
        threads[at] = start_thread(keep_starting, NULL);
    for (int at = 0; at < FORKS; at++) {
        while (nest.forks <= at)
            usleep(1000);
        expect_child(nest.children[at]);
    }
    nest.over = true;
    for (int at = 0; at < STARTERS; at++)
        join_thread(threads[at]);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(nest.callbacks >= FORKS);
}

static atomic_int sent;

static void *keep_sending(void *nothing)
{
    while (!nest.over) {
        char *text = NULL;
        ik_status status = ik_get_file_versions(nest.client, nest.id, &text);
        if (status == gone)
            usleep(1000); /* it was refused: the processor is for others meanwhile */
        else
            CHECK_STATUS(status, ok, text);
        ik_string_free(text);
        sent++;
    }
    return nothing;
}

/* Threads that send all the time. Prints how long each shutdown took. */
static void shutdowns_among_senders(int argc, char **argv)
{
    pthread_t threads[SENDERS];
    nest.client = make_client(argc, argv);
    nest.id = option(argc, argv, "--id", "file");
    for (int at = 0; at < SENDERS; at++)
        threads[at] = start_thread(keep_sending, NULL);
    for (int at = 0; at < SHUTDOWNS; at++) {
        for (int before = sent; sent < before + SENDERS;) /* all are at it again */
            usleep(100);
        int64_t started = now_ms();
        expect_shutdown(UINT64_MAX, ok);
        printf("%d\n", (int)(now_ms() - started));
    }
    nest.over = true;
    for (int at = 0; at < SENDERS; at++)
        join_thread(threads[at]);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"key-in-a-refusal", key_in_a_refusal},
                                        {"key-in-a-child", key_in_a_child},
                                        {"forks-in-callbacks", forks_in_callbacks},
                                        {"shutdowns-among-senders", shutdowns_among_senders}};
    return RUN_PART(parts, argc, argv);
}
