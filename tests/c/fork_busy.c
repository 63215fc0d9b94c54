/* Forks while other threads are inside the library: in calls, and making and freeing handles. */
#include "host.h"

#include <stdatomic.h>

enum { THREADS = 8, FORKS = 80, HANGS_AFTER_S = 30 };

static struct {
    int argc;
    char **argv;
    const ik_client *client;
    const char *id;
    atomic_bool over;
    atomic_uint calls, made;
} host;

static void *keep_calling(void *argument)
{
    (void)argument;
    for (; !host.over; host.calls++)
        call(host.client, host.id);
    return NULL;
}

static void *keep_making(void *argument)
{
    (void)argument;
    for (; !host.over; host.made++)
        ik_client_free(make_client(host.argc, host.argv));
    return NULL;
}

/* Looks handles up and does nothing else, so that hardly a fork comes at another moment. */
static void *keep_looking(void *argument)
{
    (void)argument;
    ik_config *config = ik_config_new();
    while (!host.over)
        CHECK(ik_config_set_max_retries(config, 1) == IK_STATUS_OK);
    ik_config_free(config);
    return NULL;
}

/* A child can do all that a process can. */
static void work_in_child(void)
{
    ik_client *client = make_client(host.argc, host.argv);
    call(host.client, host.id);
    call(client, host.id);
    ik_client_free(client);
    ik_client_free((ik_client *)(uintptr_t)host.client);
}

int main(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    host.argc = argc, host.argv = argv, host.client = client;
    host.id = option(argc, argv, "--id", "file");
    void *(*const bodies[THREADS])(void *) = {keep_calling, keep_calling, keep_calling, keep_calling,
                                              keep_making,  keep_making,  keep_looking, keep_looking};
    pthread_t threads[THREADS];
    for (int at = 0; at < THREADS; at++)
        threads[at] = start_thread(bodies[at], NULL);

    pid_t children[FORKS];
    for (int at = 0; at < FORKS; at++) {
        unsigned made = host.made;
        while (host.calls == 0 || host.made == made) /* all are under way */
            sched_yield();
        children[at] = fork();
        if (children[at] == 0) {
            alarm(HANGS_AFTER_S);
            work_in_child();
            _exit(0);
        }
    }
    for (int at = 0; at < FORKS; at++)
        expect_child(children[at]);

    unsigned before = host.calls;
    int64_t bound = now_ms() + 10000;
    while (host.calls < before + THREADS) { /* the parent goes on, too */
        CHECK(now_ms() < bound);
        usleep(1000);
    }
    host.over = true;
    for (int at = 0; at < THREADS; at++)
        join_thread(threads[at]);
    ik_client_free(client);
    return 0;
}
