/* What makes a shutdown wait, and a thread that waits in one. */
#ifndef BARRIER_H
#define BARRIER_H

#include "sending.h"

/* A callback that does not return until its gate opens. */
struct gate {
    sem_t came, open;
};

static inline void block(void *user_data, ik_status status, char *json)
{
    struct gate *gate = user_data;
    CHECK_STATUS(status, IK_STATUS_OK, json);
    ik_string_free(json);
    post(&gate->came);
    await(&gate->open);
}

static inline struct gate *block_callbacks(int listener, const ik_client *of)
{
    struct gate *gate = calloc(1, sizeof *gate);
    CHECK(gate != NULL && sem_init(&gate->came, 0, 0) == 0 && sem_init(&gate->open, 0, 0) == 0);
    ik_call *call = described(of, "file");
    CHECK_STATUS(ik_call_start(call, block, gate), IK_STATUS_OK, NULL);
    int peer = accept_request(listener);
    answer_last(peer);
    await(&gate->came);
    ik_call_free(call);
    close(peer);
    return gate;
}

/* A shutdown in a thread of its own, which is inside of it when this returns. */
struct shutting {
    ik_client *client; /* or all of them */
    uint64_t timeout_ms;
    sem_t about_to;
    pid_t id;
    pthread_t thread;
    ik_status status;
};

static inline void *shut(void *argument)
{
    struct shutting *shutting = argument;
    shutting->id = this_thread();
    post(&shutting->about_to);
    shutting->status = shutting->client ? ik_client_shutdown(shutting->client, shutting->timeout_ms)
                                        : ik_shutdown(shutting->timeout_ms);
    return NULL;
}

static inline void begin(struct shutting *shutting, ik_client *of, uint64_t timeout_ms)
{
    *shutting = (struct shutting){.client = of, .timeout_ms = timeout_ms};
    CHECK(sem_init(&shutting->about_to, 0, 0) == 0);
    shutting->thread = start_thread(shut, shutting);
    await(&shutting->about_to);
    until_asleep(shutting->id);
}

static inline void finish(struct shutting *shutting, ik_status expected)
{
    join_thread(shutting->thread);
    CHECK_STATUS(shutting->status, expected, NULL);
}

#endif
