/* The general host of one call: takes the steps that stand on the command line after the settings,
 * and prints what came of each: its status, the milliseconds it took, and `=` with the string that
 * came or `-` for NULL. A NUL ends each of these records.
 *
 * versions FILE, details FILE VERSION, delete FILE VERSION, restore FILE VERSION,
 * request METHOD PATH BODY          describe the call, the word NULL for NULL
 * timeout MS, retries N, header NAME VALUE
 * perform, wait MS, cancel, metadata, free
 * start                             with a callback; start-silent without
 * done                              waits for the callback: what it was told
 * callbacks                         how often it came, as a string
 * swap                              the steps that follow are about a second call; again: the first
 * free-client, client-shutdown MS, shutdown MS
 */
#include "sending.h"

static struct {
    ik_client *client;
    ik_call *call, *other;
    struct done *done;
} host;

static const char *text_of(const char *word)
{
    return strcmp(word, "NULL") == 0 ? NULL : word;
}

static uint64_t number_of(const char *word)
{
    return strtoull(word, NULL, 10);
}

typedef ik_status (*step)(char **words, char **text);

static ik_call **out_call(void)
{
    host.call = RUBBISH;
    return &host.call;
}

/* A call is there or it is not, as the status says. */
static ik_status checked(ik_status status)
{
    CHECK(host.call != RUBBISH && (host.call != NULL) == (status == IK_STATUS_OK));
    return status;
}

static ik_status versions(char **words, char **text)
{
    (void)text;
    return checked(ik_get_file_versions_call(host.client, text_of(words[0]), out_call()));
}

static ik_status details(char **words, char **text)
{
    (void)text;
    const char *file = text_of(words[0]), *version = text_of(words[1]);
    return checked(ik_get_file_version_details_call(host.client, file, version, out_call()));
}

static ik_status delete(char **words, char **text)
{
    (void)text;
    const char *file = text_of(words[0]), *version = text_of(words[1]);
    return checked(ik_delete_file_version_call(host.client, file, version, out_call()));
}

static ik_status restore(char **words, char **text)
{
    (void)text;
    const char *file = text_of(words[0]), *version = text_of(words[1]);
    return checked(ik_restore_file_version_call(host.client, file, version, out_call()));
}

static ik_status request(char **words, char **text)
{
    (void)text;
    const char *method = text_of(words[0]), *path = text_of(words[1]), *body = text_of(words[2]);
    return checked(ik_request_call(host.client, method, path, body, out_call()));
}

static ik_status timeout(char **words, char **text)
{
    (void)text;
    return ik_call_set_timeout_ms(host.call, number_of(words[0]));
}

static ik_status retries(char **words, char **text)
{
    (void)text;
    return ik_call_set_max_retries(host.call, (uint32_t)number_of(words[0]));
}

static ik_status header(char **words, char **text)
{
    (void)text;
    return ik_call_set_header(host.call, text_of(words[0]), text_of(words[1]));
}

static ik_status perform(char **words, char **text)
{
    (void)words;
    return ik_call_perform(host.call, text);
}

static ik_status start_it(char **words, char **text)
{
    (void)words, (void)text;
    return ik_call_start(host.call, note, host.done);
}

static ik_status start_silent(char **words, char **text)
{
    (void)words, (void)text;
    return ik_call_start(host.call, NULL, RUBBISH);
}

static ik_status done(char **words, char **text)
{
    (void)words;
    await(&host.done->came);
    *text = host.done->json;
    host.done->json = NULL;
    return host.done->status;
}

static ik_status callbacks(char **words, char **text)
{
    (void)words;
    static char number[16];
    snprintf(number, sizeof number, "%d", host.done->times);
    *text = number;
    return IK_STATUS_OK;
}

static ik_status wait_for_it(char **words, char **text)
{
    return ik_call_wait(host.call, number_of(words[0]), text);
}

static ik_status cancel(char **words, char **text)
{
    (void)words, (void)text;
    return ik_call_cancel(host.call);
}

static ik_status metadata(char **words, char **text)
{
    (void)words;
    return ik_call_get_metadata(host.call, text);
}

static ik_status free_call(char **words, char **text)
{
    (void)words, (void)text;
    ik_call_free(host.call);
    return IK_STATUS_OK;
}

static ik_status swap(char **words, char **text)
{
    (void)words, (void)text;
    ik_call *call = host.call;
    host.call = host.other;
    host.other = call;
    return IK_STATUS_OK;
}

static ik_status free_client(char **words, char **text)
{
    (void)words, (void)text;
    ik_client_free(host.client);
    return IK_STATUS_OK;
}

static ik_status client_shutdown(char **words, char **text)
{
    (void)text;
    return ik_client_shutdown(host.client, number_of(words[0]));
}

static ik_status process_shutdown(char **words, char **text)
{
    (void)text;
    return ik_shutdown(number_of(words[0]));
}

static const struct row {
    const char *name;
    int words;
    step take;
    bool tells; /* has an out parameter for a string, which is the caller's */
} rows[] = {
    {"versions", 1, versions, false},   {"details", 2, details, false},
    {"delete", 2, delete, false},       {"restore", 2, restore, false},
    {"request", 3, request, false},     {"timeout", 1, timeout, false},
    {"retries", 1, retries, false},     {"header", 2, header, false},
    {"perform", 0, perform, true},      {"start", 0, start_it, false},
    {"start-silent", 0, start_silent, false}, {"done", 0, done, true},
    {"callbacks", 0, callbacks, false}, {"wait", 1, wait_for_it, true},
    {"cancel", 0, cancel, false},       {"metadata", 0, metadata, true},
    {"free", 0, free_call, false},      {"swap", 0, swap, false},
    {"free-client", 0, free_client, false}, {"client-shutdown", 1, client_shutdown, false},
    {"shutdown", 1, process_shutdown, false},
};

static const struct row *row_of(const char *name)
{
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++)
        if (strcmp(rows[at].name, name) == 0)
            return &rows[at];
    FAIL("no such step: %s", name);
}

int main(int argc, char **argv)
{
    int at = 1;
    while (at < argc && strncmp(argv[at], "--", 2) == 0)
        at += 2;
    host.client = make_client(at, argv);
    host.done = new_done();
    while (at < argc) {
        const struct row *row = row_of(argv[at++]);
        CHECK(at + row->words <= argc);
        char *text = row->tells ? RUBBISH : NULL;
        int64_t started = now_ms();
        ik_status status = row->take(argv + at, &text);
        long long took = now_ms() - started;
        CHECK(text != RUBBISH);
        if (row->tells)
            expect_text(status, text);
        printf("%s %lld %c%s", ik_status_name(status), took, text ? '=' : '-', text ? text : "");
        putchar('\0');
        if (row->tells)
            ik_string_free(text);
        at += row->words;
    }
    ik_call_free(host.call);
    ik_call_free(host.other);
    ik_client_free(host.client);
    return 0;
}
