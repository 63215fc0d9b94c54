/* The host closes a queue's descriptors, and opens things of its own that get their numbers. The queue
 * goes on without them, and leaves what is the host's alone. */
#include "queue.h"

#include <sys/mman.h>

enum { POLLED = 1, HIDDEN = 2, BOTH = POLLED | HIDDEN };
enum { NOTHING, A_FILE, A_SOCKET, KINDS };

/* What the host has under a number. */
struct belonging {
    int kind, number, peer;
};

static struct belonging put(int kind, int number)
{
    int ends[2] = {-1, -1};
    CHECK(close(number) == 0);
    if (kind == A_FILE) {
        ends[0] = memfd_create("host", MFD_CLOEXEC);
        CHECK(write(ends[0], "host", 4) == 4 && lseek(ends[0], 2, SEEK_SET) == 2);
    } else if (kind == A_SOCKET) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
        CHECK(send(ends[1], "host", 4, 0) == 4);
    }
    if (kind != NOTHING && ends[0] != number) {
        CHECK(dup2(ends[0], number) == number);
        close(ends[0]);
    }
    return (struct belonging){kind, number, ends[1]};
}

/* Nothing was written to it, read from it or closed. */
static void expect_untouched(const struct belonging *of)
{
    char bytes[8] = "";
    if (of->kind == A_FILE) {
        CHECK(lseek(of->number, 0, SEEK_CUR) == 2 && lseek(of->number, 0, SEEK_END) == 4);
        CHECK(pread(of->number, bytes, sizeof bytes, 0) == 4);
    } else if (of->kind == A_SOCKET) {
        CHECK(recv(of->peer, bytes, sizeof bytes, 0) == -1 && errno == EAGAIN);
        CHECK(recv(of->number, bytes, sizeof bytes, 0) == 4);
        close(of->peer);
    } else {
        return;
    }
    CHECK(strcmp(bytes, "host") == 0 && close(of->number) == 0);
}

/* The two that a new queue has; the first is the one to poll. */
static ik_queue *queue_with(int descriptors[2])
{
    bool was_open[1024];
    for (int at = 0; at < 1024; at++)
        was_open[at] = fcntl(at, F_GETFD) != -1;
    ik_queue *queue = new_queue();
    descriptors[0] = descriptor_of(queue);
    int found = 0;
    for (int at = 0; at < 1024; at++)
        if (!was_open[at] && fcntl(at, F_GETFD) != -1) {
            found++;
            CHECK((fcntl(at, F_GETFD) & FD_CLOEXEC) != 0);
            if (at != descriptors[0])
                descriptors[1] = at;
        }
    CHECK(found == 2);
    return queue;
}

static void lose(int which, int kind, bool is_waiting)
{
    int port = 0, listener = listen_here(&port), numbers[2], invalid = 5, count = 0;
    struct belonging belongings[2];
    ik_queue *queue = queue_with(numbers);
    ik_client *client = client_of(port, BOUND_MS);
    enqueue(queue, described(client, "file"), &which);
    int first = accept_request(listener);
    if (is_waiting) {
        answer_last(first);
        CHECK(is_readable(numbers[0], BOUND_MS));
    }
    for (int at = 0; at < 2; at++)
        if (which & (1 << at))
            belongings[count++] = put(kind, numbers[at]);
    if (!is_waiting)
        answer_last(first);
    expect_next(queue, IK_STATUS_OK, &which);
    expect_nothing(queue, 0, IK_STATUS_PENDING);
    CHECK_STATUS(ik_queue_get_fd(queue, &invalid), IK_STATUS_INVALID_STATE, NULL);
    CHECK(invalid == 0);
    for (int at = 0; at < 2; at++) {
        enqueue(queue, described(client, "file"), &kind);
        answer_last(accept_request(listener));
    }
    expect_next(queue, IK_STATUS_OK, &kind);
    expect_next(queue, IK_STATUS_OK, &kind);
    expect_count(queue, 0);
    enqueue(queue, described(client, "file"), NULL);
    int last = accept_request(listener);
    ik_queue_free(queue);
    expect_left(last);
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    for (int at = 0; at < count; at++)
        expect_untouched(&belongings[at]);
    if (which != BOTH) /* the other end was ours to the last */
        CHECK(fcntl(numbers[which == POLLED], F_GETFD) == -1);
    close(listener);
}

/* The host has closed its standard streams: a queue does not take their place. */
static void beyond_standard(void)
{
    int numbers[2];
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    ik_queue *queue = queue_with(numbers);
    CHECK(numbers[0] > STDERR_FILENO && numbers[1] > STDERR_FILENO);
    CHECK(fcntl(STDIN_FILENO, F_GETFD) == -1 && fcntl(STDOUT_FILENO, F_GETFD) == -1);
    ik_queue_free(queue);
}

/* A host that reads the descriptor, as one would that of an eventfd: the next completion shows again. */
static void read_by_the_host(void)
{
    int numbers[2];
    ik_queue *queue = queue_with(numbers);
    int port = 0;
    close(listen_here(&port)); /* nobody listens there any more */
    ik_client *client = client_of(port, BOUND_MS);
    for (int round = 0; round < 3; round++) {
        ik_call *call = NULL;
        char byte = 0;
        struct pollfd polled = {.fd = numbers[0], .events = POLLIN};
        CHECK_STATUS(ik_get_file_versions_call(client, "file", &call), IK_STATUS_OK, NULL);
        enqueue(queue, call, &polled);
        CHECK(poll(&polled, 1, BOUND_MS) == 1);
        if (round < 2)
            CHECK(read(numbers[0], &byte, 1) == 1);
        expect_next(queue, IK_STATUS_CONNECT_FAILED, &polled);
        CHECK(poll(&polled, 1, 0) == 0);
        ik_call_free(call);
    }
    ik_client_free(client);
    ik_queue_free(queue);
}

int main(void)
{
    read_by_the_host();
    for (int which = POLLED; which <= BOTH; which++)
        for (int kind = NOTHING; kind < KINDS; kind++)
            for (int is_waiting = 0; is_waiting < 2; is_waiting++)
                lose(which, kind, is_waiting);
    beyond_standard();
}
