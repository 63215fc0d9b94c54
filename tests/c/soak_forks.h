/* Children of the soak: they end at once, work with what they have inherited, or become another program. */
#ifndef SOAK_FORKS_H
#define SOAK_FORKS_H

#include "soak_ways.h"

enum { HANGS_AFTER_S = 100 };

/* In the child there is no thread but this one. What its parent had begun ends here as cancelled. */
static inline void work_in_child(struct worker *worker, const struct target *target, ik_call *inherited)
{
    struct worker own = {.chance = {worker->chance.state ^ (uint64_t)getpid()}};
    char *json = NULL;
    CHECK(sem_init(&own.slots, 0, SLOTS) == 0);
    own.queue = new_queue();
    ik_status status = ik_call_wait(inherited, UINT64_MAX, &json);
    expect_text(status, json);
    ik_string_free(json);
    ik_call_free(inherited);
    for (uint32_t calls = 1 + drawn(&own.chance, 4); calls > 0; calls--) {
        static void (*const ways[])(struct worker *, const struct target *) = {
            by_plain_call, by_described_call, by_callback, by_queue, by_many, by_own_client,
        };
        ways[drawn(&own.chance, sizeof ways / sizeof *ways)](&own, target);
    }
    take_until(own.queue, 0);
    await_all(&own.slots, SLOTS, BOUND_S, "callbacks came to a child");
    if (drawn(&own.chance, 2))
        expect_shutdown(UINT64_MAX, IK_STATUS_OK);
}

static inline void by_child(struct worker *worker, const struct target *target)
{
    enum { EXITS, WORKS, EXECS, MANNERS };
    struct errand *errand = new_errand(worker, target, true);
    ik_call *call = errand->call = describe(errand, target);
    uint32_t manner = drawn(&worker->chance, MANNERS);
    char descriptors[16];
    snprintf(descriptors, sizeof descriptors, "%d", soak.descriptors_of_others);
    errand->slot = &worker->slots;
    take_slot(worker);
    begin_errand(errand);
    CHECK_STATUS(ik_call_start(call, meet, errand), IK_STATUS_OK, NULL);

    pid_t child = fork();
    if (child == 0) {
        alarm(HANGS_AFTER_S);
        if (manner == WORKS)
            work_in_child(worker, target, call);
        if (manner == EXECS)
            execl(soak.program, soak.program, "exec'd", descriptors, (char *)NULL);
        _exit(manner == EXECS);
    }
    expect_child(child);
    atomic_ullong *const counts[MANNERS] = {&soak.ledger->exits, &soak.ledger->working, &soak.ledger->execs};
    ++*counts[manner];
}

/* The other program has inherited nothing of the library's. */
static inline int after_exec(int descriptors)
{
    if (count_descriptors() != descriptors)
        FAIL("%d descriptors after exec, not %d", count_descriptors(), descriptors);
    return 0;
}

#endif
