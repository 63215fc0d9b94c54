/* Many threads send calls in every way there is, for minutes, to servers that misbehave now and then,
 * while others cancel them, make clients and free them, and fork. Every call ends once, in a way that
 * was open to it; and from the first minute to the last the process grows in nothing. */
#include "soak_forks.h"
#include "soak_watch.h"

enum { EPOCHS = 60, SHUTS_DOWN_EVERY = 2, MOST_LATE_MS = 2000 };

static sem_t resting;

static struct target draw_target(struct worker *worker)
{
    int origin = (int)drawn(&worker->chance, ORIGINS);
    while (soak.origins[origin].url == NULL)
        origin = (origin + 1) % ORIGINS;
    bool hurries = drawn(&worker->chance, 10) == 0;
    const struct origin *of = &soak.origins[origin];
    return (struct target){
        .client = hurries ? of->hurried : of->patient,
        .origin = origin,
        .timeout_ms = hurries ? HURRIED_MS : PATIENT_MS,
    };
}

/* The ways, each as often as it is worth. */
static void send_in_some_way(struct worker *worker)
{
    static const struct { uint32_t share; void (*send)(struct worker *, const struct target *); } ways[] = {
        {120, by_plain_call}, {120, by_described_call}, {80, by_waiting}, {560, by_callback},
        {90, by_queue}, {10, by_dropped_queue}, {10, by_many}, {9, by_own_client}, {1, by_child},
    };
    struct target target = draw_target(worker);
    uint32_t lot = drawn(&worker->chance, 1000);
    size_t at = 0;
    for (; lot >= ways[at].share; at++)
        lot -= ways[at].share;
    if (ways[at].send != by_child || soak.forks)
        ways[at].send(worker, &target);
}

/* Works until all are to rest; then every call of this thread's comes to its end. */
static void *work(void *argument)
{
    struct worker *worker = argument;
    for (;;) {
        while (sem_wait(&worker->go) != 0)
            CHECK(errno == EINTR);
        if (soak.is_over)
            return NULL;
        worker->queue = new_queue();
        while (!soak.rests)
            send_in_some_way(worker);
        take_until(worker->queue, 0);
        await_all(&worker->slots, SLOTS, BOUND_S, "callbacks of a thread had come");
        for (int at = 0; at < SLOTS; at++)
            post(&worker->slots);
        ik_queue_free(worker->queue);
        post(&resting);
    }
}

/* A while of work; then everything rests, and no call is left. */
static void run_for(struct worker *workers, int64_t ms)
{
    struct timespec while_of_it = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    soak.rests = false;
    for (int at = 0; at < soak.threads; at++)
        post(&workers[at].go);
    nanosleep(&while_of_it, NULL);
    soak.rests = true;
    await_all(&resting, soak.threads, 2 * BOUND_S, "threads came to rest");
    unsigned long long begun = soak.ledger->begun, ended = soak.ledger->ended;
    if (begun != ended)
        FAIL("%llu calls begun, %llu ended", begun, ended);
}

static void expect_nothing_open(int threads)
{
    expect_shutdown(UINT64_MAX, IK_STATUS_OK);
    expect_threads(threads);
    if (count_descriptors() != soak.descriptors_of_others)
        FAIL("%d descriptors after a shutdown, not %d", count_descriptors(), soak.descriptors_of_others);
}

static void compare_with_servers(const uint64_t *before)
{
    printf("the servers' view\n");
    for (int at = 0; at < ORIGINS; at++)
        if (soak.origins[at].url) {
            struct account *ours = &soak.ledger->of_origin[at];
            ours->told += before[at] + 1; /* this very request */
            expect_same(soak.origins[at].url, ours, asked_of_server(&soak.origins[at], "/requests"));
        }
    for (int kind = 0; kind < KINDS; kind++) {
        const char *fault = TROUBLES[kind].asked;
        size_t length = strcspn(fault, "="); /* its name: more than one kind may have it */
        struct account ours = {0};
        uint64_t servers = 0;
        char where[64];
        int first = KINDS;
        for (int at = KINDS - 1; at >= 0; at--)
            if (strncmp(TROUBLES[at].asked, fault, length) == 0) {
                const struct account *same = &soak.ledger->of_trouble[first = at];
                ours.told += same->told;
                ours.missing += same->missing;
                ours.unknown += same->unknown;
            }
        snprintf(where, sizeof where, "/faults/%.*s", (int)length, fault);
        for (int at = 0; at < ORIGINS && first == kind; at++)
            servers += soak.origins[at].url ? asked_of_server(&soak.origins[at], where) : 0;
        if (first == kind)
            expect_same(where + strlen("/faults/"), &ours, servers);
    }
}

static void expect_flat_and_in_time(void)
{
    const struct figure *figures[] = {&watch.resident, &watch.heap, &watch.descriptors, &watch.threads};
    int growing = 0;
    printf("this process\n");
    for (size_t at = 0; at < sizeof figures / sizeof *figures; at++)
        growing += !is_flat(figures[at]);
    fflush(stdout);
    if (growing)
        FAIL("this process grows");
    if (soak.ledger->latest_ms > MOST_LATE_MS)
        FAIL("a call ended %lld ms after its deadline", (long long)soak.ledger->latest_ms);
}

static void set_up(int argc, char **argv)
{
    soak.descriptors_of_others = count_descriptors();
    soak.ledger = mmap(NULL, sizeof *soak.ledger, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(soak.ledger != MAP_FAILED && sem_init(&resting, 0, 0) == 0);
    soak.program = argv[0];
    soak.key = option(argc, argv, "--key", "private_emulator_key");
    soak.seed = option_number(argc, argv, "--seed", (uint64_t)now_ms() << 20 ^ (uint64_t)getpid());
    soak.threads = (int)option_number(argc, argv, "--threads", 32);
    soak.forks = option_number(argc, argv, "--forks", 1) != 0;
    CHECK(soak.threads > 0 && soak.threads <= MOST_THREADS);
    soak.origins[0].url = option(argc, argv, "--base-url", NULL);
    soak.origins[1].url = option(argc, argv, "--tls-url", NULL);
    CHECK(soak.origins[0].url || soak.origins[1].url);
    printf("--seed %llu\n", (unsigned long long)soak.seed);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct worker workers[MOST_THREADS];
    uint64_t before[ORIGINS] = {0};
    if (argc > 2 && strcmp(argv[1], "exec'd") == 0)
        return after_exec(atoi(argv[2]));
    set_up(argc, argv);
    int64_t ms = (int64_t)option_number(argc, argv, "--seconds", 20) * 1000, began_ms = now_ms();
    for (int at = 0; at < ORIGINS; at++) {
        struct origin *origin = &soak.origins[at];
        if (origin->url == NULL)
            continue;
        origin->patient = new_client(at, PATIENT_MS, NULL);
        origin->hurried = new_client(at, HURRIED_MS, NULL);
        before[at] = asked_of_server(origin, "/requests");
    }
    for (int at = 0; at < soak.threads; at++) {
        workers[at].chance.state = soak.seed + (uint64_t)at * 0x10001;
        CHECK(sem_init(&workers[at].slots, 0, SLOTS) == 0 && sem_init(&workers[at].go, 0, 0) == 0);
        workers[at].thread = start_thread(work, &workers[at]);
    }
    for (int epoch = 1; now_ms() < began_ms + ms; epoch++) {
        run_for(workers, ms / EPOCHS < 500 ? 500 : ms / EPOCHS);
        look_at_rest();
        if (epoch % SHUTS_DOWN_EVERY == 0) {
            expect_nothing_open(1 + soak.threads);
            look_after_shutdown();
        }
    }
    soak.is_over = true;
    for (int at = 0; at < soak.threads; at++) {
        post(&workers[at].go);
        join_thread(workers[at].thread);
    }
    print_ledger(soak.ledger, (now_ms() - began_ms) / 1000);
    compare_with_servers(before);
    expect_flat_and_in_time();
    for (int at = 0; at < ORIGINS; at++) {
        ik_client_free(soak.origins[at].patient);
        ik_client_free(soak.origins[at].hurried);
    }
    expect_nothing_open(1);
    munmap(soak.ledger, sizeof *soak.ledger);
    return 0;
}
