/* One client serves all threads; what other threads do with theirs does not show. */
#include "host.h"

#include <stdatomic.h>

enum { MAX_THREADS = 128, FILES = 16, MAKERS = 4 };

static struct {
    int argc;
    char **argv;
    const ik_client *client;
    uint64_t calls;
    struct file {
        const char *id;
        char *versions; /* byte for byte what the answer must be */
    } files[FILES];
    int file_count;
    atomic_bool over;
    atomic_int waiting;
    atomic_uint made;
} crowd;

/* A folder with a file of expected versions for each id. */
static void read_expected(const char *folder)
{
    DIR *entries = opendir(folder);
    CHECK(entries != NULL);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.' && crowd.file_count < FILES) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            crowd.files[crowd.file_count++] =
                (struct file){strdup(entry->d_name), read_whole(path)};
        }
    closedir(entries);
    CHECK(crowd.file_count > 1);
}

static void *call_many(void *argument)
{
    uintptr_t number = (uintptr_t)argument;
    for (uint64_t at = 0; at < crowd.calls; at++) {
        const struct file *file = &crowd.files[(number + at) % (uintptr_t)crowd.file_count];
        char *answer = NULL;
        ik_status status = ik_get_file_versions(crowd.client, file->id, &answer);
        CHECK_STATUS(status, IK_STATUS_OK, answer);
        if (strcmp(answer, file->versions) != 0)
            FAIL("%s\nis not\n%s", answer, file->versions);
        ik_string_free(answer);
    }
    return NULL;
}

/* Clients come and go meanwhile, some of them after a call, some without. */
static void *make_and_free(void *argument)
{
    uintptr_t number = (uintptr_t)argument;
    while (!crowd.over) {
        ik_client *client = make_client(crowd.argc, crowd.argv);
        if (++number % 8 == 0)
            call(client, crowd.files[0].id);
        ik_client_free(client);
        crowd.made++;
    }
    return NULL;
}

static void all_right(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    crowd.argc = argc, crowd.argv = argv, crowd.client = client;
    crowd.calls = option_number(argc, argv, "--calls", 200);
    uint64_t count = option_number(argc, argv, "--threads", 64);
    CHECK(count <= MAX_THREADS);
    read_expected(option(argc, argv, "--expected", ""));

    pthread_t callers[MAX_THREADS], makers[MAKERS];
    for (uintptr_t at = 0; at < MAKERS; at++)
        makers[at] = start_thread(make_and_free, (void *)at);
    for (uintptr_t at = 0; at < count; at++)
        callers[at] = start_thread(call_many, (void *)at);
    for (uintptr_t at = 0; at < count; at++)
        join_thread(callers[at]);
    crowd.over = true;
    for (uintptr_t at = 0; at < MAKERS; at++)
        join_thread(makers[at]);
    CHECK(crowd.made >= MAKERS);

    ik_client_free(client);
    for (int at = 0; at < crowd.file_count; at++) {
        free((char *)(uintptr_t)crowd.files[at].id);
        free(crowd.files[at].versions);
    }
}

static void *wait_in_vain(void *argument)
{
    int64_t *took_ms = argument, started = now_ms();
    char *answer = NULL;
    crowd.waiting++;
    ik_status status = ik_get_file_versions(crowd.client, "file", &answer);
    *took_ms = now_ms() - started;
    CHECK_STATUS(status, IK_STATUS_TIMEOUT, answer);
    CHECK(answer != NULL && strstr(answer, "\"timeout\"") != NULL);
    ik_string_free(answer);
    return NULL;
}

/* The peer accepts and never answers: a hundred callers wait, and one thread of ours serves them. */
static void silence(int argc, char **argv)
{
    const int64_t deadline = (int64_t)option_number(argc, argv, "--deadline-ms", 2000);
    enum { CALLERS = 100 };
    int port = 0;
    listen_here(&port);
    ik_client *client = client_of(port, (uint64_t)deadline);
    crowd.client = client;
    pthread_t threads[CALLERS];
    int64_t took_ms[CALLERS];
    for (int at = 0; at < CALLERS; at++)
        threads[at] = start_thread(wait_in_vain, &took_ms[at]);

    int64_t halfway = now_ms() + deadline / 2;
    int most = 0;
    while (now_ms() < halfway || crowd.waiting < CALLERS) {
        int now = count_threads();
        most = now > most ? now : most;
        usleep(10000);
    }
    CHECK(crowd.waiting == CALLERS);
    if (most != CALLERS + 2) /* this one and the library's */
        FAIL("%d threads while %d callers wait", most, CALLERS);
    for (int at = 0; at < CALLERS; at++) {
        join_thread(threads[at]);
        if (took_ms[at] < deadline || took_ms[at] > deadline + deadline / 10)
            FAIL("%d ms for a deadline of %d ms", (int)took_ms[at], (int)deadline);
    }
    ik_client_free(client);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"all-right", all_right}, {"silence", silence}};
    return RUN_PART(parts, argc, argv);
}
