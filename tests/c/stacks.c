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
    const char *json;
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

static void details(struct work *work)
{
    work->status = ik_get_file_version_details(work->client, work->id, work->id, &work->answer);
}

static void delete(struct work *work)
{
    work->status = ik_delete_file_version(work->client, work->id, work->id, &work->answer);
}

static void restore(struct work *work)
{
    work->status = ik_restore_file_version(work->client, work->id, work->id, &work->answer);
}

static void request(struct work *work)
{
    work->status = ik_request(work->client, "POST", "/v1/x", work->json, &work->answer);
}

static void json_get(struct work *work)
{
    work->status = ik_json_get(work->json, work->id, &work->answer);
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
static void expect_of(void (*step)(struct work *), struct work *work, const char *status)
{
    on_stack(SMALLEST, step, work);
    if (strcmp(ik_status_name(work->status), status) != 0)
        FAIL("%s, not %s: %.500s", ik_status_name(work->status), status, work->answer);
    CHECK(work->answer != NULL);
    on_stack(SMALLEST, free_answer, work);
}

static void expect(struct work *work, const char *id, const char *status)
{
    work->id = id;
    expect_of(get, work, status);
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

enum { DEEPEST = 256 };

/* So many arrays, each the second element of the one around it. */
static char *nested(int depth)
{
    char *text = calloc(5, (size_t)depth + 1), *end = text;
    CHECK(text != NULL);
    for (int at = 1; at < depth; at++)
        end += sprintf(end, "[0,");
    end += sprintf(end, "[]");
    memset(end, ']', (size_t)depth - 1);
    return text;
}

/* A body as deep as may be, and one that is deeper. */
static void operations(int argc, char **argv)
{
    struct work work = {.client = make_client(argc, argv), .id = "file"};
    for (int at = 0; at < CALLS; at++) {
        expect_of(details, &work, "ok");
        expect_of(delete, &work, "ok");
        expect_of(restore, &work, "ok");
        work.json = nested(DEEPEST);
        expect_of(request, &work, "ok");
        work.json = nested(DEEPEST + 1);
        expect_of(request, &work, "invalid_argument");
    }
    work.id = "";
    expect_of(details, &work, "invalid_argument");
    on_stack(SMALLEST, free_client, &work);
    expect_of(delete, &work, "invalid_handle");
}

/* The innermost value of a document as deep as may be, and the ways to fail. */
static void json(int argc, char **argv)
{
    (void)argc, (void)argv;
    static char innermost[2 * DEEPEST];
    for (int at = 1; at < DEEPEST; at++)
        strcat(innermost, "/1");
    struct work work = {.id = innermost, .json = nested(DEEPEST)};
    on_stack(SMALLEST, json_get, &work);
    CHECK_STATUS(work.status, IK_STATUS_OK, work.answer);
    CHECK(strcmp(work.answer, "[]") == 0);
    on_stack(SMALLEST, free_answer, &work);

    strcat(innermost, "/1");
    on_stack(SMALLEST, json_get, &work);
    CHECK_STATUS(work.status, IK_STATUS_NO_VALUE, work.answer);
    CHECK(work.answer == NULL);

    work.json = nested(DEEPEST + 1);
    expect_of(json_get, &work, "invalid_argument");
    work.json = "\"\\ud800\"";
    work.id = "";
    expect_of(json_get, &work, "invalid_response");
    work.json = "{\"a\":";
    expect_of(json_get, &work, "invalid_argument");
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {
        {"calls", calls}, {"answers", answers}, {"operations", operations}, {"json", json}};
    return RUN_PART(parts, argc, argv);
}
