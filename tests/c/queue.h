/* What hosts share that use queues. */
#ifndef QUEUE_H
#define QUEUE_H

#include "barrier.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>

static inline ik_queue *new_queue(void)
{
    ik_queue *queue = RUBBISH;
    CHECK_STATUS(ik_queue_new(&queue), IK_STATUS_OK, NULL);
    CHECK(queue != RUBBISH && (uintptr_t)queue >= 4096);
    return queue;
}

static inline void enqueue(ik_queue *queue, ik_call *call, void *user_data)
{
    CHECK_STATUS(ik_queue_start(queue, call, user_data), IK_STATUS_OK, NULL);
}

/* Takes a completion and gives its status, or that of ik_queue_next() where there is none. */
static inline ik_status take(ik_queue *queue, uint64_t timeout_ms, void **user_data)
{
    ik_status status = -1;
    char *json = RUBBISH;
    *user_data = RUBBISH;
    ik_status seen = ik_queue_next(queue, timeout_ms, &status, user_data, &json);
    if (seen != IK_STATUS_OK)
        CHECK(status == 0 && *user_data == NULL);
    else
        seen = status;
    expect_text(seen, json);
    ik_string_free(json);
    return seen;
}

/* The next completion is this one. */
static inline void expect_next(ik_queue *queue, ik_status expected, const void *user_data)
{
    void *seen = NULL;
    CHECK_STATUS(take(queue, BOUND_MS, &seen), expected, NULL);
    CHECK(seen == user_data);
}

/* There is none, for this reason. */
static inline void expect_nothing(ik_queue *queue, uint64_t timeout_ms, ik_status expected)
{
    ik_status status = -1;
    void *user_data = RUBBISH;
    char *json = RUBBISH;
    told(ik_queue_next(queue, timeout_ms, &status, &user_data, &json), expected, &json);
    CHECK(status == 0 && user_data == NULL);
}

static inline void expect_count(const ik_queue *queue, uint64_t expected)
{
    uint64_t count = UINT64_MAX;
    CHECK_STATUS(ik_queue_get_pending(queue, &count), IK_STATUS_OK, NULL);
    if (count != expected)
        FAIL("%d pending, not %d", (int)count, (int)expected);
}

static inline int descriptor_of(const ik_queue *queue)
{
    int fd = -1;
    CHECK_STATUS(ik_queue_get_fd(queue, &fd), IK_STATUS_OK, NULL);
    CHECK(fd > 2);
    return fd;
}

static inline bool is_readable(int fd, int timeout_ms)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    CHECK(poll(&polled, 1, timeout_ms) >= 0);
    CHECK((polled.revents & ~POLLIN) == 0);
    return polled.revents != 0;
}

#endif
