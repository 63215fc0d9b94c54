/* What hosts share that describe calls and send them: what each function gives, with the string
 * that has to come with it; callbacks that are counted; a peer that answers when it is told to. */
#ifndef SENDING_H
#define SENDING_H

#include "host.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { BOUND_MS = 20000 }; /* nothing that a test waits for takes as long */

#define FILE_JSON "[{\"fileId\":\"file\"}]" /* what answer_request() answers with */
/* What no function may read, follow or leave in place. */
#define RUBBISH ((void *)(uintptr_t)0x5a5a5a5a)

static inline pid_t this_thread(void)
{
    return (pid_t)syscall(SYS_gettid);
}

static inline void post(sem_t *event)
{
    CHECK(sem_post(event) == 0);
}

static inline void await(sem_t *event)
{
    struct timespec until;
    CHECK(clock_gettime(CLOCK_REALTIME, &until) == 0);
    until.tv_sec += BOUND_MS / 1000;
    while (sem_timedwait(event, &until) != 0)
        CHECK(errno == EINTR);
}

/* Waits until a thread sleeps, which it does inside of the function that it was about to call. */
static inline void until_asleep(pid_t thread)
{
    int64_t bound = now_ms() + BOUND_MS;
    char path[64], line[256], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    while (state != 'S') {
        FILE *stat = fopen(path, "r");
        CHECK(stat != NULL && fgets(line, sizeof line, stat) != NULL && now_ms() < bound);
        fclose(stat);
        state = strrchr(line, ')')[2];
        usleep(1000);
    }
}

/* Is this the string that comes with that status? JSON with a success, an error document with a
 * failure, none while it is pending. */
static inline void expect_text(ik_status status, const char *text)
{
    char code[64];
    CHECK(text != RUBBISH);
    if (status == IK_STATUS_PENDING) {
        CHECK(text == NULL);
        return;
    }
    CHECK(text != NULL);
    bool is_document = strncmp(text, "{\"error\":", 9) == 0;
    snprintf(code, sizeof code, "\"code\":\"%s\"", ik_status_name(status));
    if (is_document != (status != IK_STATUS_OK) || (is_document && strstr(text, code) == NULL))
        FAIL("%s came with %.2000s", ik_status_name(status), text);
}

/* The status that was promised, and its string, which goes. */
static inline void told(ik_status seen, ik_status expected, char **text)
{
    CHECK(*text != RUBBISH);
    CHECK_STATUS(seen, expected, *text);
    expect_text(expected, *text);
    ik_string_free(*text);
    *text = RUBBISH;
}

static inline void expect_wait(ik_call *call, uint64_t timeout_ms, ik_status expected)
{
    char *text = RUBBISH;
    told(ik_call_wait(call, timeout_ms, &text), expected, &text);
}

static inline void expect_perform(ik_call *call, ik_status expected)
{
    char *text = RUBBISH;
    told(ik_call_perform(call, &text), expected, &text);
}

static inline void expect_metadata(const ik_call *call, ik_status expected)
{
    char *text = RUBBISH;
    told(ik_call_get_metadata(call, &text), expected, &text);
}

static inline void expect_versions(const ik_client *client, const char *id, ik_status expected)
{
    char *text = RUBBISH;
    told(ik_get_file_versions(client, id, &text), expected, &text);
}

/* The versions of a file, described and not yet sent. */
static inline ik_call *described(const ik_client *client, const char *id)
{
    ik_call *call = RUBBISH;
    CHECK_STATUS(ik_get_file_versions_call(client, id, &call), IK_STATUS_OK, NULL);
    CHECK(call != RUBBISH && (uintptr_t)call >= 4096);
    return call;
}

/* What a callback was told. */
struct done {
    sem_t came;
    atomic_int times;
    ik_status status;
    char *json;
    pid_t thread;
};

static inline struct done *new_done(void)
{
    struct done *done = calloc(1, sizeof *done);
    CHECK(done != NULL && sem_init(&done->came, 0, 0) == 0);
    return done;
}

static inline void free_done(struct done *done)
{
    ik_string_free(done->json);
    sem_destroy(&done->came);
    free(done);
}

/* The callback of a call that is started with a struct done. */
static inline void note(void *user_data, ik_status status, char *json)
{
    struct done *done = user_data;
    expect_text(status, json);
    CHECK(++done->times == 1);
    done->status = status;
    done->json = json;
    done->thread = this_thread();
    post(&done->came);
}

static inline void start(ik_call *call, struct done *done)
{
    CHECK_STATUS(ik_call_start(call, note, done), IK_STATUS_OK, NULL);
}

/* Waits for the callback, which must tell this. */
static inline void expect_done(struct done *done, ik_status expected)
{
    await(&done->came);
    CHECK_STATUS(done->status, expected, done->json);
    CHECK(done->times == 1);
}

/* A call of a new client, on the wire. */
struct flight {
    int listener, port, peer;
    ik_client *client;
    ik_call *call;
    struct done *done;
};

/* The connection on which a call that was just sent asks. */
static inline int next_peer(const struct flight *flight)
{
    return accept_request(flight->listener);
}

static inline struct flight take_off(void)
{
    struct flight flight = {.done = new_done()};
    flight.listener = listen_here(&flight.port);
    flight.client = client_of(flight.port, BOUND_MS);
    flight.call = described(flight.client, "file");
    start(flight.call, flight.done);
    flight.peer = next_peer(&flight);
    return flight;
}

/* Everything of it goes; the call has ended, and its callback came. */
static inline void land(struct flight *flight)
{
    CHECK(flight->done->times == 1);
    close(flight->peer);
    close(flight->listener);
    ik_call_free(flight->call);
    ik_client_free(flight->client);
    free_done(flight->done);
}

/* Answers so that the connection serves no other call: the next one makes its own. */
static inline void answer_with(int peer, const char *status_line, const char *headers,
                               const char *body)
{
    char answer[1024];
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 %s\r\n%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                          status_line, headers, strlen(body), body);
    CHECK(length > 0 && length < (int)sizeof answer);
    CHECK(send(peer, answer, (size_t)length, MSG_NOSIGNAL) == length);
}

/* The same with the list that holds a file's id. */
static inline void answer_last(int peer)
{
    answer_with(peer, "200 OK", "Content-Type: application/json\r\n", FILE_JSON);
}

/* Waits until the library has left this connection. What it still sends does not count. */
static inline void expect_left(int peer)
{
    struct timeval bound = {.tv_sec = BOUND_MS / 1000};
    char rest[4096];
    ssize_t got = 0;
    CHECK(setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound) == 0);
    do
        got = recv(peer, rest, sizeof rest, 0);
    while (got > 0);
    CHECK(got == 0 || errno == ECONNRESET);
}

/* Threads that have ended take a moment to leave the list of their process. */
static inline void expect_threads(int expected)
{
    int64_t bound = now_ms() + BOUND_MS;
    for (int seen; (seen = count_threads()) != expected; usleep(1000))
        if (now_ms() > bound)
            FAIL("%d threads, not %d", seen, expected);
}

static inline void expect_shutdown(uint64_t timeout_ms, ik_status expected)
{
    CHECK_STATUS(ik_shutdown(timeout_ms), expected, NULL);
}

#endif
