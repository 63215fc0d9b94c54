/* Calls and frees need no more than the smallest stack that the system gives to a thread, and
 * ik_client_new() does with 64 KiB. The threads here only run the library; main() judges. */
#include "host.h"

#include <limits.h>

enum { SMALLEST = 16 * 1024, FOR_CLIENTS = 64 * 1024, CALLS = 5 };

struct work {
    void (*step)(struct work *);
    const ik_config *config;
    ik_client *client;
    const char *id;
    ik_status status;
    char *answer;
};

static void *body(void *argument)
{
    struct work *work = argument;
    work->step(work);
    return NULL;
}

static void on_stack(size_t size, void (*step)(struct work *), struct work *work)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t least = (size_t)PTHREAD_STACK_MIN; /* larger than 16 KiB on some processors */
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, size > least ? size : least) == 0);
    work->step = step;
    CHECK(pthread_create(&thread, &attributes, body, work) == 0);
    join_thread(thread);
    pthread_attr_destroy(&attributes);
}

static void make(struct work *work)
{
    work->status = ik_client_new(work->config, &work->client, &work->answer);
}

static void get(struct work *work)
{
    work->status = ik_get_file_versions(work->client, work->id, &work->answer);
}

static void free_answer(struct work *work)
{
    ik_string_free(work->answer);
}

static void free_client(struct work *work)
{
    ik_client_free(work->client);
}

/* One call on the smallest stack, and its string freed on another. */
static void expect(struct work *work, const char *id, const char *status)
{
    work->id = id;
    on_stack(SMALLEST, get, work);
    if (strcmp(ik_status_name(work->status), status) != 0)
        FAIL("%s, not %s: %.500s", ik_status_name(work->status), status, work->answer);
    CHECK(work->answer != NULL);
    on_stack(SMALLEST, free_answer, work);
}

static ik_config *configured(int argc, char **argv)
{
    ik_config *config = ik_config_new();
    configure(config, argc, argv);
    return config;
}

/* The first use of the process included, and the ways to fail. */
static void calls(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file");
    ik_config *config = configured(argc, argv);
    struct work work = {.config = config};
    on_stack(FOR_CLIENTS, make, &work);
    CHECK_STATUS(work.status, IK_STATUS_OK, work.answer);
    for (int at = 0; at < CALLS; at++)
        expect(&work, id, "ok");
    expect(&work, "0123456789abcdef01234567", "not_found");
    expect(&work, "not an id at all", "bad_request");
    expect(&work, "..", "invalid_argument");
    expect(&work, NULL, "invalid_argument");
    on_stack(SMALLEST, free_client, &work);
    expect(&work, id, "invalid_handle");

    int port = 0;
    close(listen_here(&port));
    work.client = client_of(port, 5000);
    expect(&work, id, "connect_failed");
    on_stack(SMALLEST, free_client, &work);
    listen_here(&port);
    work.client = client_of(port, 100);
    expect(&work, id, "timeout");
    on_stack(SMALLEST, free_client, &work);

    ik_config_set_base_url(config, "http://example.com");
    on_stack(FOR_CLIENTS, make, &work);
    CHECK_STATUS(work.status, IK_STATUS_INVALID_ARGUMENT, work.answer);
    on_stack(SMALLEST, free_answer, &work);
    ik_config_free(config);
}

/* The check of an answer, however it is built. */
static void answers(int argc, char **argv)
{
    struct work work = {.client = make_client(argc, argv)};
    for (int at = 0; at < 2; at++)
        expect(&work, "file", option(argc, argv, "--expect", "ok"));
    on_stack(SMALLEST, free_client, &work);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"calls", calls}, {"answers", answers}};
    return RUN_PART(parts, argc, argv);
}
