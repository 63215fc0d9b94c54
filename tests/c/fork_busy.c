/* Forks while other threads are inside the library: in calls, one of them while a name is looked up, and
 * making and freeing handles. This program is where the library finds getaddrinfo(). */
#include "host.h"

#include <netdb.h>
#include <semaphore.h>

#include <stdatomic.h>

enum { THREADS = 9, MOST_FORKS = 200, MOST_CHILDREN = 8, HANGS_AFTER_S = 30 };

static struct {
    int argc;
    char **argv;
    const ik_client *client;
    const char *id;
    atomic_bool over;
    atomic_uint calls, made;
} host;

static sem_t looked_up, over;

/* Takes its time: all of the test. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    (void)name, (void)service, (void)hints;
    *found = NULL;
    sem_post(&looked_up);
    while (sem_wait(&over) != 0)
        ;
    return EAI_NONAME;
}

static void *look_up(void *argument)
{
    (void)argument;
    char *answer = NULL;
    ik_client *named = client_of_url("https://name.test", 600000);
    ik_status status = ik_get_file_versions(named, "file", &answer);
    CHECK_STATUS(status, IK_STATUS_CONNECT_FAILED, answer);
    ik_string_free(answer);
    ik_client_free(named);
    return NULL;
}

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
                                              keep_making,  keep_making,  keep_looking, keep_looking,
                                              look_up};
    pthread_t threads[THREADS];
    CHECK(sem_init(&looked_up, 0, 0) == 0 && sem_init(&over, 0, 0) == 0);
    for (int at = 0; at < THREADS; at++)
        threads[at] = start_thread(bodies[at], NULL);
    while (sem_wait(&looked_up) != 0)
        ;

    const int forks = (int)option_number(argc, argv, "--forks", MOST_FORKS);
    pid_t children[MOST_FORKS];
    for (int at = 0; at < forks; at++) {
        unsigned made = host.made;
        while (host.calls == 0 || host.made == made) /* all are under way */
            sched_yield();
        if (at >= MOST_CHILDREN)
            expect_child(children[at - MOST_CHILDREN]);
        children[at] = fork();
        if (children[at] == 0) {
            alarm(HANGS_AFTER_S);
            work_in_child();
            _exit(0);
        }
    }
    for (int at = forks - MOST_CHILDREN; at < forks; at++)
        expect_child(children[at]);

    unsigned before = host.calls;
    int64_t bound = now_ms() + 10000;
    while (host.calls < before + THREADS) { /* the parent goes on, too */
        CHECK(now_ms() < bound);
        usleep(1000);
    }
    host.over = true;
    CHECK(sem_post(&over) == 0);
    for (int at = 0; at < THREADS; at++)
        join_thread(threads[at]);
    ik_client_free(client);
    return 0;
}
