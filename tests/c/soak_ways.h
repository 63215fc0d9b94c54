/* The ways in which the soak sends its errands. */
#ifndef SOAK_WAYS_H
#define SOAK_WAYS_H

#include "soak.h"

/* A thread, with chance and callbacks of its own. */
struct worker {
    struct chance chance;
    sem_t slots; /* free ones */
    sem_t go;
    ik_queue *queue;
    pthread_t thread;
};

/* Whom to ask: a client that all share, or one of the thread's own. */
struct target {
    ik_client *client;
    int origin;
    uint64_t timeout_ms;
    bool is_own;
};

static inline struct errand *new_errand(struct worker *worker, const struct target *target, bool is_described)
{
    struct errand *errand = malloc(sizeof *errand);
    CHECK(errand != NULL);
    struct manner manner = {.is_described = is_described, .is_own_client = target->is_own};
    plan(errand, &worker->chance, target->origin, target->timeout_ms, manner);
    errand->is_measured = true;
    return errand;
}

static inline ik_call *describe(const struct errand *errand, const struct target *target)
{
    ik_call *call = NULL;
    if (errand->timeout_ms % 8 == 0) {
        char path[160];
        snprintf(path, sizeof path, "/v1/files/%s/versions", errand->id);
        CHECK_STATUS(ik_request_call(target->client, "GET", path, NULL, &call), IK_STATUS_OK, NULL);
    } else {
        call = described(target->client, errand->id);
    }
    CHECK(ik_call_set_max_retries(call, errand->retries) == IK_STATUS_OK);
    if (errand->timeout_ms != target->timeout_ms)
        CHECK(ik_call_set_timeout_ms(call, errand->timeout_ms) == IK_STATUS_OK);
    return call;
}

/* What is known of a call besides its answer agrees with it. */
static inline void check_metadata(const ik_call *call, const struct errand *errand, ik_status status)
{
    char *metadata = NULL;
    uint64_t planned = 0;
    expected(errand, &planned);
    CHECK_STATUS(ik_call_get_metadata(call, &metadata), IK_STATUS_OK, metadata);
    uint64_t attempts = attempts_in(metadata, "/attempts");
    if (status == IK_STATUS_OK && attempts != planned)
        FAIL("%s: %d attempts, not %d: %s", errand->id, (int)attempts, (int)planned, metadata);
    ik_string_free(metadata);
}

static inline void by_plain_call(struct worker *worker, const struct target *target)
{
    struct errand *errand = new_errand(worker, target, false);
    char *json = NULL;
    begin_errand(errand);
    ik_status status = ik_get_file_versions(target->client, errand->id, &json);
    settle(errand, status, json);
    ik_string_free(json);
    free(errand);
}

static inline void by_described_call(struct worker *worker, const struct target *target)
{
    struct errand *errand = new_errand(worker, target, true);
    ik_call *call = describe(errand, target);
    char *json = NULL;
    begin_errand(errand);
    ik_status status = ik_call_perform(call, &json);
    settle(errand, status, json);
    ik_string_free(json);
    check_metadata(call, errand, status);
    ik_call_free(call);
    free(errand);
}

static inline void by_waiting(struct worker *worker, const struct target *target)
{
    struct errand *errand = new_errand(worker, target, true);
    ik_call *call = describe(errand, target);
    ik_status status = IK_STATUS_PENDING;
    char *json = NULL;
    begin_errand(errand);
    CHECK_STATUS(ik_call_start(call, NULL, NULL), IK_STATUS_OK, NULL);
    if (drawn(&worker->chance, 8) == 0) {
        errand->may_be_cancelled = true;
        usleep(drawn(&worker->chance, 2000));
        CHECK_STATUS(ik_call_cancel(call), IK_STATUS_OK, NULL);
        soak.ledger->cancels++;
    }
    while (status == IK_STATUS_PENDING)
        status = ik_call_wait(call, drawn(&worker->chance, 40), &json);
    settle(errand, status, json);
    ik_string_free(json);
    check_metadata(call, errand, status);
    ik_call_free(call);
    free(errand);
}

static inline void take_slot(struct worker *worker)
{
    await_all(&worker->slots, 1, BOUND_S, "callbacks came");
}

static inline void meet(void *user_data, ik_status status, char *json)
{
    struct errand *errand = user_data;
    sem_t *slot = errand->slot;
    settle(errand, status, json);
    ik_string_free(json);
    ik_call_free(errand->call);
    free(errand);
    soak.ledger->callbacks++;
    post(slot);
}

/* Calls that any thread may cancel or free, while they run or after their end. */
static _Atomic(ik_call *) prey[16];

static inline void by_callback(struct worker *worker, const struct target *target)
{
    enum { CANCELLED, FREED, HUNTED, FATES = 24 }; /* all others are let be */
    uint32_t fate = drawn(&worker->chance, FATES);
    take_slot(worker);
    struct errand *errand = new_errand(worker, target, true);
    ik_call *call = describe(errand, target);
    errand->may_be_cancelled = fate <= HUNTED;
    errand->call = call;
    errand->slot = &worker->slots;
    begin_errand(errand);
    CHECK_STATUS(ik_call_start(call, meet, errand), IK_STATUS_OK, NULL);
    /* From here on the errand is its callback's. */
    if (fate == CANCELLED) {
        usleep(drawn(&worker->chance, 1500));
        ik_status status = ik_call_cancel(call);
        CHECK(status == IK_STATUS_OK || status == IK_STATUS_INVALID_HANDLE); /* freed by its callback */
    } else if (fate == FREED) {
        ik_call_free(call);
    } else if (fate == HUNTED) {
        ik_call *other = atomic_exchange(&prey[drawn(&worker->chance, 16)], call);
        if (other && drawn(&worker->chance, 2))
            ik_call_free(other);
        else if (other)
            ik_call_cancel(other);
    }
    soak.ledger->cancels += fate <= HUNTED;
}

/* Takes completions until so many are left. */
static inline void take_until(ik_queue *queue, uint64_t left)
{
    uint64_t pending = 0;
    for (;;) {
        ik_status status = -1;
        void *user_data = NULL;
        char *json = NULL;
        CHECK_STATUS(ik_queue_get_pending(queue, &pending), IK_STATUS_OK, NULL);
        if (pending <= left)
            return;
        CHECK_STATUS(ik_queue_next(queue, PATIENT_MS, &status, &user_data, &json), IK_STATUS_OK, json);
        struct errand *errand = user_data;
        settle(errand, status, json);
        check_metadata(errand->call, errand, status);
        ik_string_free(json);
        ik_call_free(errand->call);
        free(errand);
        soak.ledger->completions++;
    }
}

static inline struct errand *send_by_queue(struct worker *worker, const struct target *target, ik_queue *queue)
{
    struct errand *errand = new_errand(worker, target, true);
    errand->is_measured = false; /* it waits there until it is taken */
    errand->call = describe(errand, target);
    begin_errand(errand);
    enqueue(queue, errand->call, errand);
    if (drawn(&worker->chance, 16) == 0) {
        errand->may_be_cancelled = true;
        CHECK_STATUS(ik_call_cancel(errand->call), IK_STATUS_OK, NULL);
        soak.ledger->cancels++;
    }
    return errand;
}

static inline void by_queue(struct worker *worker, const struct target *target)
{
    for (uint32_t calls = 1 + drawn(&worker->chance, 8); calls > 0; calls--)
        send_by_queue(worker, target, worker->queue);
    take_until(worker->queue, SLOTS);
}

/* A queue that goes with all that is in it. */
static inline void by_dropped_queue(struct worker *worker, const struct target *target)
{
    enum { CALLS = 6 };
    struct errand *errands[CALLS];
    ik_queue *queue = new_queue();
    for (int at = 0; at < CALLS; at++)
        errands[at] = send_by_queue(worker, target, queue);
    usleep(drawn(&worker->chance, 3000));
    ik_queue_free(queue);
    for (int at = 0; at < CALLS; at++) {
        give_up(errands[at]);
        ik_call_free(errands[at]->call);
        free(errands[at]);
    }
}

/* Many files in one call, some of them twice, some without an id. */
struct many {
    struct errand *errands[40];
    uint32_t count, reported, stops_after;
};

static inline int32_t take_report(void *user_data, uint64_t index, ik_status status, const char *json)
{
    struct many *many = user_data;
    CHECK(index < many->count && many->reported < many->stops_after);
    struct errand *errand = many->errands[index];
    if (errand == NULL)
        CHECK_STATUS(status, IK_STATUS_INVALID_ARGUMENT, json);
    else
        settle(errand, status, json);
    soak.ledger->reports++;
    return ++many->reported == many->stops_after;
}

static inline void by_many(struct worker *worker, const struct target *target)
{
    struct many many = {.count = 1 + drawn(&worker->chance, 40), .stops_after = UINT32_MAX};
    const char *ids[40] = {NULL};
    if (drawn(&worker->chance, 8) == 0)
        many.stops_after = 1 + drawn(&worker->chance, many.count);
    for (uint32_t at = 0; at < many.count; at++) {
        uint32_t twin = drawn(&worker->chance, at + 1);
        if (drawn(&worker->chance, 40) == 0)
            continue;
        struct errand *errand = many.errands[at] = new_errand(worker, target, false);
        if (drawn(&worker->chance, 20) == 0 && twin < at && many.errands[twin]) {
            *errand = *many.errands[twin];
            errand->is_repeated_id = true;
        }
        errand->is_measured = false; /* its time begins with its turn */
        ids[at] = errand->id;
    }
    for (uint32_t at = 0; at < many.count; at++)
        if (many.errands[at])
            begin_errand(many.errands[at]);
    ik_status status = ik_get_file_versions_many(target->client, ids, many.count, drawn(&worker->chance, 40),
                                                 take_report, &many);
    bool is_stopped = many.reported == many.stops_after;
    CHECK_STATUS(status, is_stopped ? IK_STATUS_CANCELLED : IK_STATUS_OK, NULL);
    CHECK(is_stopped || many.reported == many.count);
    for (uint32_t at = 0; at < many.count; at++) {
        if (many.errands[at] && many.errands[at]->ends == 0)
            give_up(many.errands[at]);
        free(many.errands[at]);
    }
}

static inline void count_line(void *user_data, int32_t level, const char *message)
{
    CHECK(user_data == NULL && level >= IK_LOG_LEVEL_ERROR && level <= IK_LOG_LEVEL_DEBUG);
    CHECK(strstr(message, soak.key) == NULL);
    soak.ledger->log_lines++;
}

/* Ends a client of our own while its calls run: when that is done, so are their callbacks. */
static inline void end_with_calls(struct worker *worker, const struct target *target)
{
    int calls = (int)drawn(&worker->chance, 6), told = -1;
    sem_t callbacks;
    CHECK(sem_init(&callbacks, 0, 0) == 0);
    for (int at = 0; at < calls; at++) {
        struct errand *errand = new_errand(worker, target, true);
        errand->may_be_cancelled = true;
        errand->call = describe(errand, target);
        errand->slot = &callbacks;
        begin_errand(errand);
        CHECK_STATUS(ik_call_start(errand->call, meet, errand), IK_STATUS_OK, NULL);
    }
    CHECK_STATUS(ik_client_shutdown(target->client, UINT64_MAX), IK_STATUS_OK, NULL);
    CHECK(sem_getvalue(&callbacks, &told) == 0);
    if (told != calls)
        FAIL("after the end of a client %d of %d callbacks had come", told, calls);
    sem_destroy(&callbacks);
    expect_versions(target->client, "after", IK_STATUS_INVALID_STATE);
}

/* A client that lives for a few calls. It is ended for good, or freed while they run. */
static inline void by_own_client(struct worker *worker, const struct target *like)
{
    ik_log_callback log = drawn(&worker->chance, 4) ? NULL : count_line;
    struct target target = *like;
    target.is_own = true;
    target.client = new_client(target.origin, target.timeout_ms, log);
    for (uint32_t calls = drawn(&worker->chance, 5); calls > 0; calls--)
        (drawn(&worker->chance, 4) ? by_callback : by_plain_call)(worker, &target);
    ik_client_free(target.client);

    target.client = new_client(target.origin, target.timeout_ms, log);
    end_with_calls(worker, &target);
    ik_client_free(target.client);
}

#endif
