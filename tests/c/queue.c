/* A queue of finished calls: each completion lands once and goes to one taker, in the order in which
 * calls end, and the queue's descriptor polls readable exactly while there is something to take. */
#include "queue.h"

enum { WAYS = 5, AT_ONCE = 50, TAKERS = 4, CROWD = 32, OF_EACH = 20 };

static const ik_status ok = IK_STATUS_OK, gone = IK_STATUS_CANCELLED;

/* However a call ends: one completion, with its own user_data, in the order of the ends. */
static void once(int argc, char **argv)
{
    (void)argc, (void)argv;
    static const ik_status ends[WAYS] = {ok, IK_STATUS_NOT_FOUND, gone, IK_STATUS_INVALID_RESPONSE, gone};
    static const int order[WAYS] = {2, 0, 4, 3, 1};
    int port = 0, listener = listen_here(&port), peers[WAYS];
    ik_client *client = client_of(port, BOUND_MS);
    ik_queue *queue = new_queue();
    ik_call *calls[WAYS];
    for (int at = 0; at < WAYS; at++) {
        calls[at] = described(client, "file");
        enqueue(queue, calls[at], &calls[at]);
        peers[at] = accept_request(listener);
        expect_count(queue, (uint64_t)at + 1);
    }
    for (int at = 0; at < WAYS; at++) {
        int number = order[at];
        switch (number) {
        case 0: answer_last(peers[0]); break;
        case 1: answer_with(peers[1], "404 Not Found", "", "{}"); break;
        case 2: CHECK_STATUS(ik_call_cancel(calls[2]), ok, NULL); break;
        case 3: answer_with(peers[3], "200 OK", "", "[}"); break;
        default: ik_call_free(calls[4]); break;
        }
        if (number != 4) /* it has ended before the next one does */
            expect_wait(calls[number], UINT64_MAX, ends[number]);
    }
    expect_count(queue, WAYS);
    for (int at = 0; at < WAYS; at++) {
        expect_next(queue, ends[order[at]], &calls[order[at]]);
        expect_count(queue, WAYS - 1 - (uint64_t)at);
    }
    expect_nothing(queue, 0, IK_STATUS_PENDING);
    for (int at = 0; at < AT_ONCE; at++) { /* freed before anything came of it, or just then */
        ik_call *call = described(client, "file");
        enqueue(queue, call, NULL);
        ik_call_free(call);
        expect_next(queue, gone, NULL);
        expect_nothing(queue, 0, IK_STATUS_PENDING);
    }
    ik_queue_free(queue);
    expect_shutdown(UINT64_MAX, ok);
}

/* Calls of two clients, landed before anything is taken. */
static void readable(int argc, char **argv)
{
    (void)argc, (void)argv;
    enum { CALLS = 6 };
    int port = 0, listener = listen_here(&port), peers[CALLS];
    ik_client *clients[] = {client_of(port, BOUND_MS), client_of(port, BOUND_MS)};
    ik_queue *queue = new_queue();
    int fd = descriptor_of(queue), watch = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    CHECK(watch >= 0 && epoll_ctl(watch, EPOLL_CTL_ADD, fd, &event) == 0);
    for (int round = 0; round < 2; round++) {
        CHECK(!is_readable(fd, 0));
        for (int at = 0; at < CALLS; at++) {
            ik_call *call = described(clients[at % 2], "file");
            enqueue(queue, call, &peers[at]);
            peers[at] = accept_request(listener);
            CHECK(!is_readable(fd, 0));
        }
        answer_last(peers[0]);
        CHECK(is_readable(fd, BOUND_MS)); /* and stays so until it is taken */
        CHECK(is_readable(fd, 0));
        for (int at = 0; at < 3; at++)
            CHECK(epoll_wait(watch, &event, 1, 0) == 1);
        expect_next(queue, ok, &peers[0]);
        CHECK(!is_readable(fd, 0) && epoll_wait(watch, &event, 1, 0) == 0);
        for (int at = 1; at < CALLS; at++)
            answer_last(peers[at]);
        for (int left = CALLS - 1; left > 0; left--) {
            void *user_data = NULL;
            CHECK(is_readable(fd, BOUND_MS));
            CHECK_STATUS(take(queue, BOUND_MS, &user_data), ok, NULL);
            CHECK((int *)user_data > peers && (int *)user_data < peers + CALLS);
        }
        CHECK(!is_readable(fd, 0));
        expect_nothing(queue, 0, IK_STATUS_PENDING);
        CHECK(descriptor_of(queue) == fd);
    }
    close(watch);
    ik_queue_free(queue);
    CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
    ik_queue_free(queue);
}

/* A thread in ik_queue_next(), asleep in there when this returns. */
struct taker {
    ik_queue *queue;
    uint64_t timeout_ms;
    sem_t about_to;
    pid_t id;
    pthread_t thread;
    ik_status seen, status;
    void *user_data;
};

static void *next_in_thread(void *argument)
{
    struct taker *taker = argument;
    char *json = RUBBISH;
    taker->id = this_thread();
    post(&taker->about_to);
    taker->seen = ik_queue_next(taker->queue, taker->timeout_ms, &taker->status, &taker->user_data, &json);
    expect_text(taker->seen == ok ? taker->status : taker->seen, json);
    ik_string_free(json);
    return NULL;
}

static void begin_taking(struct taker *taker, ik_queue *queue, uint64_t timeout_ms)
{
    *taker = (struct taker){.queue = queue, .timeout_ms = timeout_ms, .status = -1, .user_data = RUBBISH};
    CHECK(sem_init(&taker->about_to, 0, 0) == 0);
    taker->thread = start_thread(next_in_thread, taker);
    await(&taker->about_to);
    until_asleep(taker->id);
}

/* Prints how late a limit is kept. */
static void times(int argc, char **argv)
{
    (void)argc, (void)argv;
    enum { LIMIT_MS = 50 };
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    ik_queue *queue = new_queue();
    for (int is_running = 0; is_running < 2; is_running++) {
        if (is_running)
            enqueue(queue, described(client, "file"), &port);
        int64_t started = now_ms();
        expect_nothing(queue, 0, IK_STATUS_PENDING);
        printf("%d\n", (int)(now_ms() - started));
        started = now_ms();
        expect_nothing(queue, LIMIT_MS, IK_STATUS_PENDING);
        CHECK(now_ms() - started >= LIMIT_MS - 1);
        printf("%d\n", (int)(now_ms() - started) - LIMIT_MS);
    }
    struct taker taker;
    begin_taking(&taker, queue, UINT64_MAX);
    answer_last(accept_request(listener));
    join_thread(taker.thread);
    CHECK(taker.seen == ok && taker.status == ok && taker.user_data == &port);
    ik_queue_free(queue);
}

/* Inside of a callback all but waiting. */
static struct {
    ik_queue *queue;
    ik_client *client;
    sem_t came;
} inside;

static void use_inside(void *user_data, ik_status status, char *json)
{
    ik_queue *own = new_queue();
    CHECK_STATUS(status, ok, json);
    ik_string_free(json);
    expect_nothing(own, 0, IK_STATUS_PENDING);
    expect_nothing(own, 1, IK_STATUS_WOULD_DEADLOCK);
    expect_count(inside.queue, 1);
    CHECK(is_readable(descriptor_of(inside.queue), BOUND_MS));
    expect_nothing(inside.queue, 1, IK_STATUS_WOULD_DEADLOCK); /* even though one is there */
    expect_nothing(inside.queue, UINT64_MAX, IK_STATUS_WOULD_DEADLOCK);
    expect_nothing(NULL, 1, IK_STATUS_INVALID_ARGUMENT); /* handles come first */
    expect_count(inside.queue, 1);
    void *taken = NULL;
    CHECK_STATUS(take(inside.queue, 0, &taken), ok, NULL);
    CHECK(taken == user_data);
    ik_queue_free(own);
    enqueue(inside.queue, described(inside.client, "file"), &inside);
    post(&inside.came);
}

static void inside_a_callback(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port), marker = 0;
    CHECK(sem_init(&inside.came, 0, 0) == 0);
    inside.queue = new_queue();
    inside.client = client_of(port, BOUND_MS);
    enqueue(inside.queue, described(inside.client, "file"), &marker);
    answer_last(accept_request(listener));
    ik_call *call = described(inside.client, "file");
    CHECK_STATUS(ik_call_start(call, use_inside, &marker), ok, NULL);
    answer_last(accept_request(listener));
    await(&inside.came);
    answer_last(accept_request(listener));
    expect_next(inside.queue, ok, &inside);
    expect_shutdown(UINT64_MAX, ok);
}

/* Every function refuses such a handle, and says so in its out parameters too. */
static void expect_everywhere(ik_queue *queue, ik_call *call, ik_status expected)
{
    uint64_t count = 5;
    int fd = 5;
    CHECK_STATUS(ik_queue_start(queue, call, &count), expected, NULL);
    expect_nothing(queue, 0, expected);
    expect_nothing(queue, UINT64_MAX, expected);
    CHECK_STATUS(ik_queue_get_pending(queue, &count), expected, NULL);
    CHECK_STATUS(ik_queue_get_fd(queue, &fd), expected, NULL);
    CHECK(count == 0 && fd == 0);
}

static void arguments(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    ik_queue *queue = new_queue(), *freed = new_queue();
    ik_call *call = described(client, "file"), *freed_call = described(client, "file");
    ik_queue_free(freed);
    ik_queue_free(NULL);
    ik_call_free(freed_call);
    CHECK_STATUS(ik_queue_new(NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    expect_everywhere(NULL, call, IK_STATUS_INVALID_ARGUMENT);
    void *const foreign[] = {freed, client, call, RUBBISH, (void *)1, &port};
    for (size_t at = 0; at < sizeof foreign / sizeof *foreign; at++) {
        expect_everywhere(foreign[at], call, IK_STATUS_INVALID_HANDLE);
        ik_queue_free(foreign[at]);
    }
    CHECK_STATUS(ik_queue_start(queue, NULL, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_queue_start(queue, (ik_call *)queue, NULL), IK_STATUS_INVALID_HANDLE, NULL);
    CHECK_STATUS(ik_queue_start(queue, freed_call, NULL), IK_STATUS_INVALID_HANDLE, NULL);
    CHECK_STATUS(ik_queue_get_pending(queue, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_queue_get_fd(queue, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    expect_count(queue, 0);

    enqueue(queue, call, &port); /* none of all that has touched it */
    answer_last(accept_request(listener));
    CHECK(is_readable(descriptor_of(queue), BOUND_MS));
    ik_status status = -1;
    void *user_data = RUBBISH;
    char *json = NULL;
    CHECK_STATUS(ik_queue_next(queue, 0, &status, &user_data, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK(status == 0 && user_data == NULL);
    CHECK_STATUS(ik_queue_next(NULL, 0, NULL, NULL, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    expect_count(queue, 1); /* nothing was taken */
    CHECK_STATUS(ik_queue_next(queue, 0, NULL, NULL, &json), ok, json);
    CHECK(strcmp(json, FILE_JSON) == 0);
    ik_string_free(json);
    expect_count(queue, 0);
    ik_queue_free(queue);
}

/* Freed while others wait for it, while its calls run, and while something waits to be taken. */
static void freed(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port), peers[3], descriptors = count_descriptors();
    ik_client *client = client_of(port, BOUND_MS);
    struct taker takers[3];
    ik_queue *queue = new_queue();
    for (int at = 0; at < 3; at++)
        begin_taking(&takers[at], queue, at == 0 ? BOUND_MS : UINT64_MAX);
    ik_queue_free(queue);
    for (int at = 0; at < 3; at++) {
        join_thread(takers[at].thread);
        CHECK_STATUS(takers[at].seen, gone, NULL);
        CHECK(takers[at].status == 0 && takers[at].user_data == NULL);
    }
    CHECK(count_descriptors() == descriptors);

    queue = new_queue();
    ik_call *calls[3];
    for (int at = 0; at < 3; at++) {
        calls[at] = described(client, "file");
        enqueue(queue, calls[at], NULL);
        peers[at] = accept_request(listener);
    }
    answer_last(peers[0]);
    expect_wait(calls[0], UINT64_MAX, ok);
    ik_queue_free(queue);
    expect_wait(calls[0], 0, ok); /* the call keeps its result */
    for (int at = 1; at < 3; at++) {
        expect_wait(calls[at], BOUND_MS, gone);
        expect_left(peers[at]);
    }
    expect_everywhere(queue, calls[0], IK_STATUS_INVALID_HANDLE);
}

/* How a host gets each user_data back before it frees the queue. */
static void given_back(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, counts[AT_ONCE] = {0};
    listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS);
    ik_queue *queue = new_queue();
    ik_call *calls[AT_ONCE];
    for (int at = 0; at < AT_ONCE; at++) {
        calls[at] = described(client, "file");
        enqueue(queue, calls[at], &counts[at]);
    }
    for (int at = 0; at < AT_ONCE; at++)
        CHECK_STATUS(ik_call_cancel(calls[at]), ok, NULL);
    for (uint64_t left = AT_ONCE; left > 0;) {
        void *user_data = NULL;
        CHECK_STATUS(take(queue, BOUND_MS, &user_data), gone, NULL);
        ++*(int *)user_data;
        CHECK_STATUS(ik_queue_get_pending(queue, &left), ok, NULL);
    }
    for (int at = 0; at < AT_ONCE; at++)
        CHECK(counts[at] == 1);
    ik_queue_free(queue);
    for (int at = 0; at < AT_ONCE; at++)
        ik_call_free(calls[at]);
}

/* What a shutdown ended has landed, and the queue serves on. */
static void shut_down(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port), marks[4];
    ik_queue *queue = new_queue();
    for (int of_one = 0; of_one < 2; of_one++) {
        ik_client *client = client_of(port, BOUND_MS), *other = client_of(port, BOUND_MS);
        enqueue(queue, described(client, "file"), &marks[0]);
        answer_last(accept_request(listener));
        CHECK(is_readable(descriptor_of(queue), BOUND_MS));
        for (int at = 1; at < 3; at++)
            enqueue(queue, described(client, "file"), &marks[at]);
        int peers[] = {accept_request(listener), accept_request(listener)};
        enqueue(queue, described(other, "file"), &marks[3]);
        int last = accept_request(listener);
        CHECK_STATUS(of_one ? ik_client_shutdown(client, UINT64_MAX) : ik_shutdown(UINT64_MAX), ok, NULL);
        expect_count(queue, 4);
        for (int at = 0; at < 2; at++)
            expect_left(peers[at]);
        if (of_one)
            answer_last(last); /* of the client that goes on */
        int seen[4] = {0};
        for (int at = 0; at < 4; at++) {
            void *mark = NULL;
            CHECK(is_readable(descriptor_of(queue), of_one ? BOUND_MS : 0));
            ik_status status = take(queue, of_one ? BOUND_MS : 0, &mark);
            int number = (int)((int *)mark - marks);
            CHECK(status == (number == 0 || (number == 3 && of_one) ? ok : gone));
            CHECK((at == 0) == (number == 0) && seen[number]++ == 0);
        }
        expect_nothing(queue, 0, IK_STATUS_PENDING);
    }
    expect_count(queue, 0);
}

/* A queue belongs to the process that made it. */
static void inherited(int argc, char **argv)
{
    (void)argc, (void)argv;
    enum { ROUNDS = 3 };
    int port = 0, listener = listen_here(&port), marks[2];
    ik_client *client = client_of(port, BOUND_MS);
    ik_queue *queue = new_queue();
    int fd = descriptor_of(queue);
    enqueue(queue, described(client, "file"), &marks[0]);
    answer_last(accept_request(listener));
    CHECK(is_readable(fd, BOUND_MS));
    enqueue(queue, described(client, "file"), &marks[1]);
    int peer = accept_request(listener);
    struct taker taker; /* asleep in another queue, whose lock it may hold at the fork */
    ik_queue *empty = new_queue();
    begin_taking(&taker, empty, UINT64_MAX);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            alarm(BOUND_MS / 1000);
            if (round == 1)
                ik_queue_free(queue); /* before anything was asked of it */
            if (round == 2) {
                ik_call *call = described(client, "file");
                expect_everywhere(queue, call, IK_STATUS_INVALID_STATE);
                expect_everywhere(empty, call, IK_STATUS_INVALID_STATE);
                ik_queue_free(queue);
                ik_queue_free(empty);
                expect_everywhere(queue, call, IK_STATUS_INVALID_HANDLE);
                ik_queue *own = new_queue();
                enqueue(own, call, &round); /* the parent serves */
                expect_next(own, ok, &round);
                expect_shutdown(UINT64_MAX, ok);
                ik_queue_free(own);
            }
            exit(0);
        }
        if (round == 2)
            answer_last(accept_request(listener));
        expect_child(child);
        CHECK(is_readable(fd, 0));
        expect_count(queue, 2);
        CHECK(descriptor_of(queue) == fd);
    }
    expect_next(queue, ok, &marks[0]);
    CHECK(!is_readable(fd, 0));
    answer_last(peer);
    CHECK(is_readable(fd, BOUND_MS));
    expect_next(queue, ok, &marks[1]);
    CHECK(!is_readable(fd, 0));
    ik_queue_free(empty);
    join_thread(taker.thread);
    CHECK_STATUS(taker.seen, gone, NULL);
}

/* A start that fails lands nothing, now or later, and leaves the call as it was. */
static void refused(int argc, char **argv)
{
    (void)argc, (void)argv;
    int port = 0, listener = listen_here(&port);
    ik_client *client = client_of(port, BOUND_MS), *closed = client_of(port, BOUND_MS);
    ik_queue *queue = new_queue();
    ik_call *marked = described(client, "file"), *sent = described(client, "file");
    ik_call *cancelled = described(client, "file"), *of_closed = described(closed, "file");
    ik_call *during = described(client, "file");
    enqueue(queue, sent, &port);
    int peer = accept_request(listener);
    CHECK_STATUS(ik_call_set_timeout_ms(marked, 0), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_call_cancel(cancelled), ok, NULL);
    CHECK_STATUS(ik_client_shutdown(closed, UINT64_MAX), ok, NULL);
    const struct { ik_call *call; ik_status status; } rows[] = {
        {marked, IK_STATUS_INVALID_ARGUMENT}, {sent, IK_STATUS_INVALID_STATE},
        {cancelled, gone}, {of_closed, IK_STATUS_INVALID_STATE}};
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        CHECK_STATUS(ik_queue_start(queue, rows[at].call, RUBBISH), rows[at].status, NULL);
        expect_count(queue, 1);
        expect_nothing(queue, 0, IK_STATUS_PENDING);
    }
    CHECK_STATUS(ik_call_set_timeout_ms(marked, BOUND_MS), ok, NULL); /* described as before */
    CHECK_STATUS(ik_call_set_timeout_ms(of_closed, BOUND_MS), ok, NULL);
    answer_last(peer);
    expect_next(queue, ok, &port);
    expect_count(queue, 0);

    struct shutting shutting;
    struct gate *gate = block_callbacks(listener, client);
    begin(&shutting, NULL, UINT64_MAX);
    CHECK_STATUS(ik_queue_start(queue, during, RUBBISH), gone, NULL);
    expect_count(queue, 0);
    expect_nothing(queue, 0, IK_STATUS_PENDING);
    post(&gate->open);
    finish(&shutting, ok);
    enqueue(queue, during, &port);
    answer_last(accept_request(listener));
    expect_next(queue, ok, &port);
    expect_nothing(queue, 0, IK_STATUS_PENDING);
}

/* Calls whose completions are counted; who takes one frees its call. */
struct slot {
    ik_call *call;
    atomic_int times;
};

static struct {
    ik_client *client;
    ik_queue *queue;
    const char *id;
    uint64_t count;
    struct slot *slots;
    atomic_ullong taken;
} flood;

static void prepare_flood(int argc, char **argv, uint64_t count)
{
    flood.client = make_client(argc, argv);
    flood.queue = new_queue();
    flood.id = option(argc, argv, "--file", option(argc, argv, "--id", "file"));
    flood.count = count;
    flood.slots = calloc(count, sizeof *flood.slots);
    CHECK(flood.slots != NULL);
}

static void send_one(uint64_t number)
{
    struct slot *slot = &flood.slots[number];
    slot->call = described(flood.client, flood.id);
    enqueue(flood.queue, slot->call, slot);
}

static void note_taken(void *user_data)
{
    struct slot *slot = user_data;
    CHECK(slot >= flood.slots && slot < flood.slots + flood.count);
    CHECK(++slot->times == 1);
    ik_call_free(slot->call);
    flood.taken++;
}

static void *take_all(void *argument)
{
    static const uint64_t timeouts_ms[TAKERS] = {0, 1, 20, UINT64_MAX};
    uint64_t timeout_ms = timeouts_ms[(uintptr_t)argument];
    for (;;) {
        void *user_data = NULL;
        ik_status status = take(flood.queue, timeout_ms, &user_data);
        if (status == gone || status == IK_STATUS_INVALID_HANDLE) { /* freed, as all have come */
            CHECK(flood.taken == flood.count);
            return NULL;
        }
        if (status == ok)
            note_taken(user_data);
        else
            CHECK_STATUS(status, IK_STATUS_PENDING, NULL);
        if (timeout_ms < UINT64_MAX && flood.taken == flood.count)
            return NULL;
        if (timeout_ms == 0 && status != ok)
            usleep(100); /* a frame loop asks now and then */
    }
}

/* Many calls from one thread, while four others take, each in its own way. */
static void flooded(int argc, char **argv)
{
    prepare_flood(argc, argv, option_number(argc, argv, "--calls", 10000));
    pthread_t takers[TAKERS];
    for (uintptr_t at = 0; at < TAKERS; at++)
        takers[at] = start_thread(take_all, (void *)at);
    int most = 0;
    for (uint64_t at = 0; at < flood.count; at++) {
        send_one(at);
        if (at % 500 == 0) {
            int now = count_threads();
            most = now > most ? now : most;
        }
    }
    int64_t bound = now_ms() + 3 * BOUND_MS;
    while (flood.taken < flood.count && now_ms() < bound)
        usleep(1000);
    CHECK(flood.taken == flood.count);
    CHECK(most <= 1 + TAKERS + 1); /* one of ours */
    expect_count(flood.queue, 0);
    ik_queue_free(flood.queue);
    for (int at = 0; at < TAKERS; at++)
        join_thread(takers[at]);
}

/* Each thread starts some and takes as many, whosever they are. */
static void *start_and_take(void *argument)
{
    uint64_t first = (uint64_t)(uintptr_t)argument * OF_EACH;
    for (uint64_t at = 0; at < OF_EACH; at++)
        send_one(first + at);
    for (int at = 0; at < OF_EACH; at++) {
        void *user_data = NULL;
        CHECK_STATUS(take(flood.queue, 3 * BOUND_MS, &user_data), ok, NULL);
        note_taken(user_data);
    }
    return NULL;
}

static void crowd(int argc, char **argv)
{
    prepare_flood(argc, argv, CROWD * OF_EACH);
    pthread_t threads[CROWD];
    for (uintptr_t at = 0; at < CROWD; at++)
        threads[at] = start_thread(start_and_take, (void *)at);
    for (int at = 0; at < CROWD; at++)
        join_thread(threads[at]);
    CHECK(flood.taken == flood.count);
    expect_count(flood.queue, 0);
    CHECK(!is_readable(descriptor_of(flood.queue), 0));
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"once", once},
        {"readable", readable},
        {"times", times},
        {"inside-a-callback", inside_a_callback},
        {"arguments", arguments},
        {"freed", freed},
        {"given-back", given_back},
        {"shut-down", shut_down},
        {"inherited", inherited},
        {"refused", refused},
        {"flood", flooded},
        {"crowd", crowd},
    };
    return RUN_PART(parts, argc, argv);
}
