/* A host whose clock fails, which makes the library panic wherever it looks at the clock: this program is
 * where it finds clock_gettime(). The n-th look of one thread fails, for n from 1 on until nothing looks
 * as often. Whatever it hits, that call ends as `internal`, and the next one is good. */
#include "queue.h"

#include <sys/prctl.h>

static const ik_status ok = IK_STATUS_OK, internal = IK_STATUS_INTERNAL;

enum { MOST_LOOKS = 200 };

static struct {
    char thread[16];   /* the name of the one whose look fails */
    atomic_int left;   /* until it does; 0 for never */
    atomic_int failed; /* how often one did */
} broken;

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock == CLOCK_MONOTONIC && broken.left > 0) {
        char name[16] = "";
        prctl(PR_GET_NAME, name, 0, 0, 0);
        if (strcmp(name, broken.thread) == 0 && atomic_fetch_sub(&broken.left, 1) == 1) {
            broken.failed++;
            errno = EINVAL;
            return -1;
        }
    }
    return (int)syscall(SYS_clock_gettime, clock, now);
}

static ik_client *client;
static const char *id;
static ik_queue *queue;
static int reports;

/* Each does one thing with the library and says what came of it. */
static ik_status plain(char **text)
{
    return ik_get_file_versions(client, id, text);
}

static ik_status requested(char **text)
{
    return ik_request(client, "GET", "/v1/files", NULL, text);
}

static ik_status performed(char **text)
{
    ik_call *call = NULL;
    ik_status status = ik_get_file_versions_call(client, id, &call);
    if (status == ok)
        status = ik_call_perform(call, text);
    ik_call_free(call);
    return status;
}

static ik_status waited(char **text)
{
    ik_call *call = NULL;
    ik_status status = ik_get_file_versions_call(client, id, &call);
    if (status == ok)
        status = ik_call_start(call, NULL, NULL);
    if (status == ok)
        status = ik_call_wait(call, UINT64_MAX, text);
    ik_call_free(call);
    return status;
}

static ik_status queued(char **text)
{
    ik_call *call = NULL;
    ik_status status = ik_get_file_versions_call(client, id, &call), of_call = 0;
    void *user_data = NULL;
    if (status == ok)
        status = ik_queue_start(queue, call, NULL);
    if (status == ok)
        status = ik_queue_next(queue, UINT64_MAX, &of_call, &user_data, text);
    ik_call_free(call);
    return status == ok ? of_call : status;
}

static int32_t report(void *user_data, uint64_t index, ik_status status, const char *json)
{
    (void)user_data, (void)index, (void)json;
    reports += status == ok;
    return 0;
}

static ik_status many(char **text)
{
    const char *const ids[] = {id, id, id};
    (void)text;
    return ik_get_file_versions_many(client, ids, 3, 2, report, NULL);
}

static ik_status told_to_stop(char **text)
{
    (void)text;
    return ik_shutdown(UINT64_MAX);
}

/* Comes once, and not before its call was started. */
static ik_status called_back(char **text)
{
    struct done *done = new_done();
    ik_call *call = NULL;
    ik_status status = ik_get_file_versions_call(client, id, &call);
    if (status == ok)
        status = ik_call_start(call, note, done);
    if (status == ok) {
        await(&done->came);
        status = done->status;
        *text = done->json;
        done->json = NULL;
    }
    ik_call_free(call);
    return status; /* `done` stays: nothing may come any more, but that is what is tested */
}

static ik_status (*const steps[])(char **text) = {plain,  requested, performed,   waited,
                                                  queued, many,      called_back, told_to_stop};

/* The next call is good, or else the one after it: what broke last may have been on its way when it came. */
static void expect_recovery(bool may_fail)
{
    char *text = NULL;
    ik_status status = plain(&text);
    if (!may_fail || status != internal)
        CHECK_STATUS(status, ok, text);
    expect_text(status, text);
    ik_string_free(text);
    expect_versions(client, id, ok);
}

/* Prints how often the clock failed. */
static void break_clock(const char *thread)
{
    for (size_t at = 0; at < sizeof steps / sizeof *steps; at++)
        for (int look = 1, is_over = 0; !is_over && look < MOST_LOOKS; look++) {
            char *text = NULL;
            int failed = broken.failed;
            snprintf(broken.thread, sizeof broken.thread, "%s", thread);
            broken.left = look;
            ik_status status = steps[at](&text);
            is_over = broken.left > 0; /* so often it does not look */
            broken.left = 0;
            if (status != ok && status != internal)
                FAIL("step %d, look %d: %s %s", (int)at, look, ik_status_name(status), text);
            CHECK(status == ok || broken.failed > failed);
            if (text)
                expect_text(status, text);
            ik_string_free(text);
            void *left_over = NULL;
            while (take(queue, 0, &left_over) != IK_STATUS_PENDING)
                ; /* what was started and could not be waited for */
            expect_recovery(status == ok && broken.failed > failed);
        }
    printf("%d\n", broken.failed);
}

static void of_caller(int argc, char **argv)
{
    (void)argc, (void)argv;
    char name[16] = "";
    prctl(PR_GET_NAME, name, 0, 0, 0);
    break_clock(name);
}

static void of_work(int argc, char **argv)
{
    (void)argc, (void)argv;
    break_clock("imagekit-io");
}

static void of_callbacks(int argc, char **argv)
{
    (void)argc, (void)argv;
    break_clock("imagekit-calls");
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"caller", of_caller}, {"work", of_work}, {"callbacks", of_callbacks}};
    client = make_client(argc, argv);
    id = option(argc, argv, "--id", "file");
    queue = new_queue();
    alarm(50);
    RUN_PART(parts, argc, argv);
    expect_versions(client, id, ok);
    ik_queue_free(queue);
    expect_shutdown(UINT64_MAX, ok);
    return 0;
}
