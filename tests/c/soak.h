/* What the soak is made of: errands, each a call with the trouble that it will meet, and a ledger that
 * every one of them is entered into, by this process and by its children. */
#ifndef SOAK_H
#define SOAK_H

#include "queue.h"

#include <sys/mman.h>

enum {
    ORIGINS = 2,          /* plain HTTP, and TLS with HTTP/2 */
    MOST_THREADS = 64,
    SLOTS = 8,            /* calls that one thread has in the air, told of by callbacks */
    PATIENT_MS = 30000,   /* no errand takes as long, unless it hangs */
    HURRIED_MS = 300,     /* these may run out of time */
    RETRIES = 2,
    STATUSES = 32,
    BOUND_S = 60,         /* in which everything that has begun comes to its end */
};

/* What a server may do to a request. The emulator does it to whoever asks in a file's id. */
struct trouble {
    const char *name, *asked; /* as the emulator understands it */
    ik_status gives;          /* where it does not pass */
    enum {
        LASTS,  /* and is not repeated */
        PASSES, /* after a few attempts */
        PAUSES, /* the whole client, which must be our own, and passes */
        STALLS, /* until the deadline, which must be near */
    } how;
};

static const struct trouble TROUBLES[] = {
    {"reset before the head", "drop-before-head=reset", IK_STATUS_CONNECTION_LOST, PASSES},
    {"closed before the head", "drop-before-head", IK_STATUS_CONNECTION_LOST, PASSES},
    {"bytes that mean nothing", "drop-before-head=noise", IK_STATUS_CONNECTION_LOST, PASSES},
    {"reset after the head", "drop-after-head=reset", IK_STATUS_CONNECTION_LOST, PASSES},
    {"closed after the head", "drop-after-head", IK_STATUS_CONNECTION_LOST, PASSES},
    {"body cut short", "truncate=100", IK_STATUS_CONNECTION_LOST, PASSES},
    {"HTTP 503", "status=503", IK_STATUS_SERVER_ERROR, PASSES},
    {"HTTP 404", "status=404", IK_STATUS_NOT_FOUND, LASTS},
    {"HTTP 429, reset in 10 ms", "rate-limited=10", IK_STATUS_RATE_LIMITED, PASSES},
    {"HTTP 429, retry after 1 s", "retry-after=1", IK_STATUS_RATE_LIMITED, PAUSES},
    {"no JSON", "garbage", IK_STATUS_INVALID_RESPONSE, LASTS},
    {"wrong gzip", "bad-gzip", IK_STATUS_INVALID_RESPONSE, LASTS},
    {"slow drip", "drip=5", IK_STATUS_OK, LASTS},
    {"stall", "delay=60000", IK_STATUS_TIMEOUT, STALLS},
};
enum { KINDS = sizeof TROUBLES / sizeof *TROUBLES };

static const int LATE_MS[] = {0, 5, 25, 100, 250, 1000, INT32_MAX};
enum { LATENESSES = sizeof LATE_MS / sizeof *LATE_MS };

/* Requests, as they can be counted from here: those of which calls told, those of them that may not have
 * reached the server, and those that may have, though no call told. */
struct account {
    atomic_ullong told, missing, unknown;
};

/* Shared with all children. */
struct ledger {
    atomic_ullong begun, ended, by_status[STATUSES];
    atomic_ullong dropped;               /* with their queue, or after a _many that was stopped */
    atomic_ullong callbacks, completions, reports, cancels, clients, log_lines;
    atomic_ullong exits, working, execs; /* children */
    atomic_ullong timeouts, late[LATENESSES];
    atomic_llong latest_ms;
    struct account of_origin[ORIGINS], of_trouble[KINDS];
};

struct origin {
    const char *url;
    ik_client *patient, *hurried;
};

static struct {
    struct ledger *ledger;
    struct origin origins[ORIGINS];
    const char *program, *key;
    uint64_t seed;
    int threads, descriptors_of_others;
    bool forks;
    atomic_bool rests, is_over;
} soak;

/* One call, and what may come of it. */
struct errand {
    char id[96];
    const struct trouble *trouble; /* or none */
    uint32_t times, retries;
    uint64_t timeout_ms;
    int origin;
    bool is_hurried, is_repeated_id, is_measured;
    atomic_bool may_be_cancelled;
    atomic_int ends;
    int64_t began_ms;
    ik_call *call; /* freed by its callback */
    sem_t *slot;
};

/* Waits for what has to come; `what` tells what it was. */
static inline void await_all(sem_t *events, int count, int bound_s, const char *what)
{
    struct timespec until;
    CHECK(clock_gettime(CLOCK_REALTIME, &until) == 0);
    until.tv_sec += bound_s;
    for (int seen = 0; seen < count; seen++)
        while (sem_timedwait(events, &until) != 0)
            if (errno != EINTR)
                FAIL("%d of %d %s in %d s", seen, count, what, bound_s);
}

/* Chance, the same for the same seed. */
struct chance {
    uint64_t state;
};

static inline uint32_t drawn(struct chance *chance, uint32_t below)
{
    uint64_t mixed = chance->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((mixed ^ mixed >> 31) % below);
}

/* A call of a client that has so much time, and perhaps trouble: one in twenty has. A described call
 * has options of its own; what is on a client of our own may pause it. */
struct manner {
    bool is_described, is_own_client;
};

static inline void draw_trouble(struct errand *errand, struct chance *chance, struct manner manner)
{
    if (drawn(chance, 20) != 0)
        return;
    const struct trouble *trouble = &TROUBLES[drawn(chance, KINDS)];
    if (trouble->how == PAUSES && !manner.is_own_client)
        return;
    if (trouble->how == STALLS && !manner.is_described && errand->timeout_ms > HURRIED_MS)
        return;
    errand->trouble = trouble;
    errand->times = drawn(chance, 4) ? 1 : 2 + drawn(chance, RETRIES);
}

static inline void plan(struct errand *errand, struct chance *chance, int origin, uint64_t timeout_ms,
                        struct manner manner)
{
    static atomic_ullong numbers;
    *errand = (struct errand){.origin = origin, .timeout_ms = timeout_ms, .retries = RETRIES};
    draw_trouble(errand, chance, manner);
    if (manner.is_described) {
        errand->retries = drawn(chance, RETRIES + 1);
        if (drawn(chance, 10) == 0 || (errand->trouble && errand->trouble->how == STALLS))
            errand->timeout_ms = 40 + drawn(chance, HURRIED_MS);
    }
    errand->is_hurried = errand->timeout_ms < PATIENT_MS;
    int length = snprintf(errand->id, sizeof errand->id, "%x-%llu~", (unsigned)getpid(), ++numbers);
    if (errand->trouble)
        snprintf(errand->id + length, sizeof errand->id - (size_t)length, "%s;times=%u",
                 errand->trouble->asked, errand->times);
}

static inline bool may_pass(const struct trouble *trouble)
{
    return trouble->how == PASSES || trouble->how == PAUSES;
}

/* What comes of it if it has the time, and after how many attempts. */
static inline ik_status expected(const struct errand *errand, uint64_t *attempts)
{
    const struct trouble *trouble = errand->trouble;
    *attempts = 1;
    if (trouble == NULL || !may_pass(trouble))
        return trouble ? trouble->gives : IK_STATUS_OK;
    bool passes = errand->times <= errand->retries;
    *attempts += passes ? errand->times : errand->retries;
    return passes ? IK_STATUS_OK : trouble->gives;
}

/* How many attempts a document speaks of. */
static inline uint64_t attempts_in(const char *json, const char *where)
{
    char *number = NULL;
    CHECK_STATUS(ik_json_get(json, where, &number), IK_STATUS_OK, number);
    uint64_t attempts = strtoull(number, NULL, 10);
    ik_string_free(number);
    return attempts;
}

static inline void begin_errand(struct errand *errand)
{
    soak.ledger->begun++;
    errand->began_ms = now_ms();
}

/* Of its attempts so many were told of, and so many of these met its trouble. */
static inline void account(const struct errand *errand, uint64_t attempts, uint64_t met, bool is_missing, uint64_t unknown)
{
    struct ledger *ledger = soak.ledger;
    struct account *accounts[] = {
        &ledger->of_origin[errand->origin],
        errand->trouble ? &ledger->of_trouble[errand->trouble - TROUBLES] : NULL,
    };
    uint64_t told[] = {attempts, met};
    for (int at = 0; at < 2 && accounts[at]; at++) {
        accounts[at]->told += told[at];
        accounts[at]->missing += is_missing && told[at] > 0; /* the last one */
        accounts[at]->unknown += unknown;
    }
}

static inline void measure(const struct errand *errand, int64_t took_ms)
{
    int64_t late_ms = took_ms - (int64_t)errand->timeout_ms, latest_ms = soak.ledger->latest_ms;
    int at = 0;
    if (!errand->is_measured)
        return;
    while (late_ms > LATE_MS[at])
        at++;
    soak.ledger->late[at]++;
    while (late_ms > latest_ms)
        if (atomic_compare_exchange_weak(&soak.ledger->latest_ms, &latest_ms, late_ms))
            break;
}

static inline void check_answer(const struct errand *errand, const char *json)
{
    char own[sizeof errand->id + 32];
    snprintf(own, sizeof own, "\"fileId\":\"%s\"", errand->id);
    const char *found = strstr(json, own);
    if (json[0] != '[' || found == NULL || strstr(found + 1, "\"fileId\"") != NULL)
        FAIL("not the answer for %s: %.2000s", errand->id, json);
}

/* The call has ended so: once, in a way that was open to it, with the answer to its own question. */
static inline void settle(struct errand *errand, ik_status status, const char *json)
{
    struct ledger *ledger = soak.ledger;
    const struct trouble *trouble = errand->trouble;
    uint64_t planned = 0, attempts = 0, met = 0;
    ik_status in_time = expected(errand, &planned);
    int64_t took_ms = now_ms() - errand->began_ms;

    if (++errand->ends != 1)
        FAIL("%s ended %d times, now as %s", errand->id, errand->ends, ik_status_name(status));
    expect_text(status, json);
    bool runs_out = status == IK_STATUS_TIMEOUT && took_ms + 1 >= (int64_t)errand->timeout_ms;
    bool is_open = (status == in_time && (status != IK_STATUS_TIMEOUT || runs_out))
                   || (status == IK_STATUS_CANCELLED && errand->may_be_cancelled)
                   || (errand->is_hurried && runs_out)
                   || (errand->is_hurried && trouble && status == trouble->gives && trouble->how != STALLS)
                   || (errand->is_hurried && status == IK_STATUS_RATE_LIMITED); /* by the others */
    if (!is_open)
        FAIL("%s of %llu ms ended as %s after %lld ms, not as %s: %.2000s", errand->id,
             (unsigned long long)errand->timeout_ms, ik_status_name(status), (long long)took_ms,
             ik_status_name(in_time), json);
    if (status == IK_STATUS_OK) {
        check_answer(errand, json);
        attempts = planned;
        met = trouble && may_pass(trouble) ? errand->times : trouble != NULL;
    } else {
        attempts = attempts_in(json, "/error/attempts");
        met = trouble ? attempts : 0;
        if (attempts > planned || (status == in_time && !errand->is_hurried && attempts != planned))
            FAIL("%s took %d attempts, not %d: %.2000s", errand->id, (int)attempts, (int)planned, json);
    }
    bool is_cut = status == IK_STATUS_TIMEOUT || status == IK_STATUS_CANCELLED;
    if (!errand->is_repeated_id)
        account(errand, attempts, met, is_cut, is_cut); /* another attempt may just have begun */
    measure(errand, took_ms);
    ledger->by_status[status]++;
    ledger->ended++;
}

/* Nothing is told of its end. */
static inline void give_up(const struct errand *errand)
{
    soak.ledger->dropped++;
    soak.ledger->ended++;
    if (!errand->is_repeated_id)
        account(errand, 0, 0, false, errand->retries + 1);
}

static inline ik_client *new_client(int origin, uint64_t timeout_ms, ik_log_callback log)
{
    ik_config *config = ik_config_new();
    ik_client *client = NULL;
    char *error = NULL;
    CHECK(ik_config_set_private_key(config, soak.key) == IK_STATUS_OK);
    CHECK(ik_config_set_base_url(config, soak.origins[origin].url) == IK_STATUS_OK);
    CHECK(ik_config_set_timeout_ms(config, timeout_ms) == IK_STATUS_OK);
    CHECK(ik_config_set_max_retries(config, RETRIES) == IK_STATUS_OK);
    if (log)
        CHECK(ik_config_set_log_callback(config, IK_LOG_LEVEL_DEBUG, log, NULL) == IK_STATUS_OK);
    CHECK_STATUS(ik_client_new(config, &client, &error), IK_STATUS_OK, error);
    ik_config_free(config);
    soak.ledger->clients++;
    return client;
}

#endif
