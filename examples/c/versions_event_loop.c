/*
 * An event loop of your own: one thread and one poll() for answers, standard input and a clock. Each
 * line of input is a file's id. Each line of output is an id and how many versions the file has, or
 * the status that says why that is not known, in the order in which the answers come.
 *
 *     cc versions_event_loop.c -limagekit -o versions_event_loop
 *     IMAGEKIT_PRIVATE_KEY=private_... ./versions_event_loop < ids
 *
 * Ends after the last answer: with 0 if each file was found, else with 1.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <imagekit.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A call's time begins when it is started. So no more are: the other lines wait in the input. */
enum { MOST_PENDING = 64 };

struct request {
    ik_call *call; /* freed at its end: earlier would cancel it */
    char id[];
};

static int exit_status = 0;

static unsigned count(const char *versions)
{
    for (unsigned index = 0;; index++) {
        char pointer[32], *id;
        snprintf(pointer, sizeof pointer, "/%u/versionInfo/id", index);
        ik_status status = ik_json_get(versions, pointer, &id);
        ik_string_free(id);
        if (status != IK_STATUS_OK)
            return index;
    }
}

static void finish(struct request *request, ik_status status, const char *json)
{
    if (status == IK_STATUS_OK) {
        printf("%s %u\n", request->id, count(json));
    } else {
        printf("%s %s\n", request->id, ik_status_name(status));
        exit_status = 1;
    }
    if (fflush(stdout) != 0) /* at the other end of a pipe somebody waits for this line */
        exit_status = 1;
    ik_call_free(request->call);
    free(request);
}

static void start(const ik_client *client, ik_queue *queue, const char *id)
{
    struct request *request = malloc(sizeof *request + strlen(id) + 1);
    if (!request)
        abort();
    strcpy(request->id, id);

    ik_status status = ik_get_file_versions_call(client, id, &request->call);
    if (status == IK_STATUS_OK)
        status = ik_queue_start(queue, request->call, request);
    if (status != IK_STATUS_OK)
        finish(request, status, NULL); /* not started, so the queue will never give it back */
}

static void take_answers(ik_queue *queue)
{
    ik_status status;
    void *request;
    char *json;

    while (ik_queue_next(queue, 0, &status, &request, &json) == IK_STATUS_OK) {
        finish(request, status, json);
        ik_string_free(json);
    }
}

static uint64_t pending_in(const ik_queue *queue)
{
    uint64_t count;
    ik_queue_get_pending(queue, &count);
    return count;
}

/* What was read and is not yet used up: lines that wait, and the beginning of one. */
struct input {
    char *bytes;
    size_t length, size;
    int has_ended;
};

static void read_some(struct input *input)
{
    if (input->size - input->length < 4096) {
        input->size = 2 * input->size + 4096;
        input->bytes = realloc(input->bytes, input->size);
        if (!input->bytes)
            abort();
    }
    ssize_t got = read(STDIN_FILENO, input->bytes + input->length, 4095);
    if (got > 0) {
        input->length += (size_t)got;
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        if (got < 0) {
            perror("standard input");
            exit_status = 1;
        }
        input->bytes[input->length++] = '\n'; /* the last line may lack its end */
        input->has_ended = 1;
    }
}

static void start_lines(struct input *input, const ik_client *client, ik_queue *queue)
{
    char *end;

    while (input->length > 0 && pending_in(queue) < MOST_PENDING
           && (end = memchr(input->bytes, '\n', input->length)) != NULL) {
        *end = '\0';
        if (end > input->bytes)
            start(client, queue, input->bytes);
        input->length -= (size_t)(end + 1 - input->bytes);
        memmove(input->bytes, end + 1, input->length);
    }
}

static void run(const ik_client *client, ik_queue *queue, int queue_fd)
{
    struct input input = {0};
    time_t reported = 0;

    for (;;) {
        start_lines(&input, client, queue);
        uint64_t pending = pending_in(queue);
        if (pending == 0 && input.has_ended)
            break;

        time_t now = time(NULL);
        if (pending > 0 && now != reported)
            fprintf(stderr, "%" PRIu64 " pending\n", pending);
        reported = now;

        int has_room = pending < MOST_PENDING && !input.has_ended;
        struct pollfd watched[] = {
            {.fd = queue_fd, .events = POLLIN},
            {.fd = has_room ? STDIN_FILENO : -1, .events = POLLIN}, /* -1 is passed over */
        };
        poll(watched, 2, 1000);
        if (watched[0].revents)
            take_answers(queue);
        if (watched[1].revents)
            read_some(&input);
    }
    free(input.bytes);
}

int main(void)
{
    ik_client *client = NULL;
    ik_queue *queue = NULL;
    char *error = NULL;
    int queue_fd = -1;

    ik_status status = ik_client_new(NULL, &client, &error);
    if (status == IK_STATUS_OK)
        status = ik_queue_new(&queue);
    if (status == IK_STATUS_OK)
        status = ik_queue_get_fd(queue, &queue_fd);

    if (status == IK_STATUS_OK) {
        run(client, queue, queue_fd);
    } else {
        fprintf(stderr, "%s: %s\n", ik_status_name(status), error ? error : "");
        exit_status = 1;
    }

    ik_string_free(error);
    ik_queue_free(queue);
    ik_client_free(client);
    return exit_status;
}
