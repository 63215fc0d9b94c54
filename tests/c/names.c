/* A host whose resolver hangs: this program is where the library finds getaddrinfo(), so it
 * knows who asks, and decides when there is an answer. No name here has an address, and for those that
 * begin with "quick" nobody ever waits. */
#include "host.h"

#include <netdb.h>
#include <poll.h>

enum { HANGS_AFTER_S = 30, STATUS_OF_HOST = 42 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hangs;
    int error;        /* what a look-up brings */
    int asked;        /* look-ups so far */
    int running, most; /* at this time, and at any time */
} resolver = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, EAI_NONAME, 0, 0, 0};

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    (void)service, (void)hints;
    *found = NULL;
    bool is_quick = strncmp(name, "quick", strlen("quick")) == 0;
    pthread_mutex_lock(&resolver.lock);
    resolver.asked++;
    resolver.running++;
    resolver.most = resolver.running > resolver.most ? resolver.running : resolver.most;
    pthread_cond_broadcast(&resolver.changed);
    while (resolver.hangs && !is_quick)
        pthread_cond_wait(&resolver.changed, &resolver.lock);
    int error = resolver.error;
    resolver.running--;
    pthread_cond_broadcast(&resolver.changed);
    pthread_mutex_unlock(&resolver.lock);
    return error;
}

static void hang(bool hangs)
{
    pthread_mutex_lock(&resolver.lock);
    resolver.hangs = hangs;
    pthread_cond_broadcast(&resolver.changed);
    pthread_mutex_unlock(&resolver.lock);
}

/* Waits until so many look-ups run. The alarm bounds the wait. */
static void expect_running(int count)
{
    pthread_mutex_lock(&resolver.lock);
    while (resolver.running != count)
        pthread_cond_wait(&resolver.changed, &resolver.lock);
    pthread_mutex_unlock(&resolver.lock);
}

static int asked(void)
{
    pthread_mutex_lock(&resolver.lock);
    int count = resolver.asked;
    pthread_mutex_unlock(&resolver.lock);
    return count;
}

static int most_at_once(void)
{
    pthread_mutex_lock(&resolver.lock);
    int count = resolver.most;
    pthread_mutex_unlock(&resolver.lock);
    return count;
}

/* Threads of the library that look names up. */
static int count_lookup_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    int count = 0;
    for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
        char path[300], name[64] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL) /* a dot, or a thread that has ended */
            continue;
        count += fgets(name, sizeof name, file) && strncmp(name, "imagekit-dns", 12) == 0;
        fclose(file);
    }
    closedir(tasks);
    return count;
}

/* A call, whose outcome is one of these; and how long it took. */
static int64_t call_in_vain(const ik_client *client, ik_status one, ik_status other)
{
    char *answer = NULL;
    int64_t started = now_ms();
    ik_status status = ik_get_file_versions(client, "file", &answer);
    int64_t took_ms = now_ms() - started;
    if (status != other)
        CHECK_STATUS(status, one, answer);
    ik_string_free(answer);
    return took_ms;
}

/* All look-ups end, and the next name is asked for as if nothing had been. */
static void check_recovery(const char *url)
{
    hang(false);
    expect_running(0);
    while (count_lookup_threads() > 0) /* until the alarm */
        usleep(1000);
    int before = asked();
    ik_client *client = client_of_url(url, 10000);
    call_in_vain(client, IK_STATUS_CONNECT_FAILED, IK_STATUS_CONNECT_FAILED);
    ik_client_free(client);
    CHECK(asked() == before + 1);
}

enum { SHORT_MS = 200, CALLS = 5 };

static void *ask_for_one_name(void *argument)
{
    int64_t *slowest_ms = argument;
    for (int at = 0; at < CALLS; at++) {
        ik_client *client = client_of_url("https://name.test", SHORT_MS);
        int64_t took_ms = call_in_vain(client, IK_STATUS_TIMEOUT, IK_STATUS_TIMEOUT);
        *slowest_ms = took_ms > *slowest_ms ? took_ms : *slowest_ms;
        CHECK(count_lookup_threads() <= 1);
        ik_client_free(client);
        CHECK(count_lookup_threads() <= 1);
    }
    return NULL;
}

/* Client after client, and from several threads. Prints how long the slowest call took. */
static void one_name(int argc, char **argv)
{
    enum { THREADS = 5 };
    (void)argc, (void)argv;
    int64_t slowest_ms[THREADS + 1] = {0};
    hang(true);
    ask_for_one_name(&slowest_ms[THREADS]);
    CHECK(asked() == 1);
    pthread_t threads[THREADS];
    for (int at = 0; at < THREADS; at++)
        threads[at] = start_thread(ask_for_one_name, &slowest_ms[at]);
    for (int at = 0; at < THREADS; at++)
        join_thread(threads[at]);
    if (most_at_once() != 1 || asked() != 1)
        FAIL("%d look-ups of one name, %d at once", asked(), most_at_once());
    check_recovery("https://name.test");
    for (int at = 0; at <= THREADS; at++)
        printf("%lld\n", (long long)slowest_ms[at]);
}

static void *ask_once(void *argument)
{
    struct background *call = argument;
    call->took_ms = call_in_vain(call->client, IK_STATUS_TIMEOUT, IK_STATUS_CONNECT_FAILED);
    return NULL;
}

/* A client for each of many names. Prints how long each call took. */
static void many_names(int argc, char **argv)
{
    enum { NAMES = 40, MOST_AT_ONCE = 16, DEADLINE_MS = 500 };
    (void)argc, (void)argv;
    struct background calls[NAMES];
    for (int at = 0; at < NAMES; at++) {
        char url[64];
        snprintf(url, sizeof url, "https://name-%d.test", at);
        calls[at] = (struct background){.client = client_of_url(url, DEADLINE_MS)};
    }
    hang(true);
    for (int at = 0; at < NAMES; at++)
        calls[at].thread = start_thread(ask_once, &calls[at]);
    for (int at = 0; at < NAMES; at++) {
        join_thread(calls[at].thread);
        ik_client_free((ik_client *)(uintptr_t)calls[at].client);
        printf("%lld\n", (long long)calls[at].took_ms);
    }
    int most = most_at_once(), threads = count_lookup_threads(); /* none of them has ended */
    if (most < 2 || most > MOST_AT_ONCE || threads > MOST_AT_ONCE)
        FAIL("%d look-ups at once, %d threads for them", most, threads);
    check_recovery("https://name-of-its-own.test");
}

/* While a look-up hangs, another name is looked up; while as many hang as may run, an address needs none.
 * Prints how long both took. The process then ends, whatever hangs. */
static void other_names(int argc, char **argv)
{
    enum { HUNG = 16 };
    (void)argc, (void)argv;
    static struct background calls[HUNG], plain;
    int port = 0, listener = listen_here(&port);
    hang(true);
    for (int at = 0; at < HUNG; at++) {
        char url[64];
        snprintf(url, sizeof url, "https://name-%d.test", at);
        start_call(&calls[at], client_of_url(url, 60000));
        expect_running(at + 1);
        if (at == 0) {
            const ik_status failed = IK_STATUS_CONNECT_FAILED;
            ik_client *quick = client_of_url("https://quick.test", 10000);
            printf("%d\n", (int)call_in_vain(quick, failed, failed));
            CHECK(asked() == 2);
        }
    }
    start_call(&plain, client_of(port, 10000));
    answer_request(accept_request(listener));
    expect_call(&plain, IK_STATUS_OK);
    printf("%d\n", (int)plain.took_ms);
    exit(STATUS_OF_HOST);
}

/* A connection comes, and nobody had to be asked for the way to us. */
static void expect_connection(int listener)
{
    struct pollfd coming = {.fd = listener, .events = POLLIN};
    while (poll(&coming, 1, 50) == 0)
        CHECK(asked() == 0);
}

static void localhost(int argc, char **argv)
{
    (void)argc, (void)argv;
    char url[64];
    struct background call;
    int port = 0, listener = listen_here(&port);

    snprintf(url, sizeof url, "http://localhost:%d", port);
    ik_client *plain = client_of_url(url, 20000);
    start_call(&call, plain);
    expect_connection(listener);
    answer_request(accept_request(listener));
    expect_call(&call, IK_STATUS_OK);
    ik_client_free(plain);

    snprintf(url, sizeof url, "https://localhost:%d", port);
    ik_client *secure = client_of_url(url, 20000);
    start_call(&call, secure);
    expect_connection(listener);
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(peer >= 0);
    close(peer);
    expect_call(&call, IK_STATUS_TLS_FAILED);
    ik_client_free(secure);
    CHECK(asked() == 0);
}

static void at_exit(int argc, char **argv)
{
    (void)argc, (void)argv;
    static struct background call;
    hang(true);
    start_call(&call, client_of_url("https://name.test", 60000));
    expect_running(1);
    exit(STATUS_OF_HOST);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"one-name", one_name},
                                        {"many-names", many_names},
                                        {"other-names", other_names},
                                        {"localhost", localhost},
                                        {"exit", at_exit}};
    alarm(HANGS_AFTER_S);
    return RUN_PART(parts, argc, argv);
}
