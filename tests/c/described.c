/* Calls that are described and not yet sent: what each function makes of NULL, of handles that are
 * none, of a client that is gone, and of every byte in a header. */
#include "sending.h"

enum { ALIASES = 100000, RANDOM = 20000 };

static const ik_status ok = IK_STATUS_OK, not_now = IK_STATUS_INVALID_STATE;
static const ik_status no_call = IK_STATUS_INVALID_HANDLE;

static ik_client *client; /* of a server that answers every request */

/* What the functions have in common that describe: texts in, a call out. */
struct texts { const char *one, *two, *three; };
typedef ik_status (*describe)(const ik_client *, const struct texts *, ik_call **);

static ik_status versions(const ik_client *handle, const struct texts *texts, ik_call **out)
{
    return ik_get_file_versions_call(handle, texts->one, out);
}

static ik_status details(const ik_client *handle, const struct texts *texts, ik_call **out)
{
    return ik_get_file_version_details_call(handle, texts->one, texts->two, out);
}

static ik_status delete(const ik_client *handle, const struct texts *texts, ik_call **out)
{
    return ik_delete_file_version_call(handle, texts->one, texts->two, out);
}

static ik_status restore(const ik_client *handle, const struct texts *texts, ik_call **out)
{
    return ik_restore_file_version_call(handle, texts->one, texts->two, out);
}

static ik_status request(const ik_client *handle, const struct texts *texts, ik_call **out)
{
    return ik_request_call(handle, texts->one, texts->two, texts->three, out);
}

static const struct function {
    describe describe;
    struct texts good;
    int needed; /* texts that must not be NULL */
} functions[] = {
    {versions, {"6a1b", NULL, NULL}, 1}, {details, {"6a1b", "7c2d", NULL}, 2},
    {delete, {"6a1b", "7c2d", NULL}, 2}, {restore, {"6a1b", "7c2d", NULL}, 2},
    {request, {"GET", "/v1/x", NULL}, 2},
};

#define EACH_FUNCTION(row)                                                                         \
    (const struct function *row = functions;                                                       \
     row < functions + sizeof functions / sizeof *functions; row++)

static void expect_refused(describe describe, const ik_client *handle, struct texts texts,
                           ik_status expected)
{
    ik_call *call = RUBBISH;
    CHECK_STATUS(describe(handle, &texts, &call), expected, NULL);
    CHECK(call == NULL);
    /* whatever else is wrong */
    CHECK(describe(handle, &texts, NULL) == IK_STATUS_INVALID_ARGUMENT);
}

static void nulls(int argc, char **argv)
{
    (void)argc, (void)argv;
    ik_client *gone = client_of(9, 1000);
    ik_client_free(gone);
    for EACH_FUNCTION(row) {
        const ik_status refused = IK_STATUS_INVALID_ARGUMENT;
        const struct texts none = {NULL, NULL, "{"}, no_first = {NULL, "7c2d", NULL};
        const struct texts no_second = {row->good.one, NULL, NULL};
        expect_refused(row->describe, NULL, row->good, refused);
        expect_refused(row->describe, NULL, none, refused);
        expect_refused(row->describe, client, none, refused);
        expect_refused(row->describe, client, no_first, refused);
        if (row->needed == 2)
            expect_refused(row->describe, client, no_second, refused);
        expect_refused(row->describe, gone, none, IK_STATUS_INVALID_HANDLE);
        expect_refused(row->describe, (const ik_client *)&gone, none, IK_STATUS_INVALID_HANDLE);
        CHECK(row->describe(client, &row->good, NULL) == refused);
    }

    ik_call *call = described(client, "6a1b");
    CHECK_STATUS(ik_call_perform(call, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_call_get_metadata(call, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_call_wait(call, 0, NULL), not_now, NULL); /* that one may be NULL */
    CHECK_STATUS(ik_call_start(call, NULL, NULL), ok, NULL);  /* it was described until now */
    CHECK_STATUS(ik_call_wait(call, UINT64_MAX, NULL), ok, NULL);
    expect_wait(call, 0, ok);
    CHECK_STATUS(ik_call_get_metadata(call, NULL), IK_STATUS_INVALID_ARGUMENT, NULL);
    ik_call_free(call);
    ik_call_free(NULL);
}

/* Every function on a call, with a handle that must be refused and arguments that no call takes. */
static void refused_as_call(const void *handle, ik_status expected)
{
    ik_call *call = (ik_call *)(uintptr_t)handle;
    struct done *done = new_done();
    CHECK_STATUS(ik_call_set_timeout_ms(call, 0), expected, NULL);
    CHECK_STATUS(ik_call_set_max_retries(call, 0), expected, NULL);
    CHECK_STATUS(ik_call_set_header(call, NULL, NULL), expected, NULL);
    expect_perform(call, expected);
    CHECK_STATUS(ik_call_start(call, note, done), expected, NULL);
    expect_wait(call, UINT64_MAX, expected);
    CHECK_STATUS(ik_call_wait(call, 0, NULL), expected, NULL);
    CHECK_STATUS(ik_call_cancel(call), expected, NULL);
    expect_metadata(call, expected);
    CHECK(ik_call_perform(call, NULL) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_call_get_metadata(call, NULL) == IK_STATUS_INVALID_ARGUMENT);
    ik_call_free(call);
    CHECK(done->times == 0);
    free_done(done);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; /* xorshift64: the same numbers in every run */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void handles(int argc, char **argv)
{
    (void)argc, (void)argv;
    ik_call *call = described(client, "6a1b");
    ik_config *config = ik_config_new();
    static const uint64_t odd[] = {1, 8, 0xfff, 0x1000, 0x1001, 0xffffffff, 1ull << 32,
                                   1ull << 63, UINT64_MAX};
    const void *foreign[] = {client, config, &call, stdout, (const void *)(uintptr_t)handles};
    refused_as_call(NULL, IK_STATUS_INVALID_ARGUMENT);
    for (size_t at = 0; at < sizeof odd / sizeof *odd; at++)
        refused_as_call((const void *)(uintptr_t)odd[at], no_call);
    for (size_t at = 0; at < sizeof foreign / sizeof *foreign; at++)
        refused_as_call(foreign[at], no_call);
    for (int bit = 0; bit < (int)sizeof(void *) * 8; bit++)
        refused_as_call((const void *)((uintptr_t)call ^ (uintptr_t)1 << bit), no_call);
    uint64_t state = 0x9e3779b97f4a7c15;
    for (int at = 0; at < RANDOM; at++)
        CHECK_STATUS(ik_call_cancel((ik_call *)(uintptr_t)next_random(&state)), no_call, NULL);

    ik_client_free((ik_client *)call); /* a call is no client and no config */
    ik_config_free((ik_config *)call);
    CHECK(ik_config_set_max_retries((ik_config *)call, 1) == no_call);
    expect_versions((const ik_client *)call, "6a1b", no_call);
    CHECK(ik_client_shutdown((ik_client *)call, 0) == no_call);
    expect_perform(call, ok); /* alive all the same */
    ik_call_free(call);
    refused_as_call(call, no_call); /* freed, and in there freed again */
    ik_config_free(config);
}

static int compare(const void *left, const void *right)
{
    uintptr_t a = *(const uintptr_t *)left, b = *(const uintptr_t *)right;
    return (a > b) - (a < b);
}

static void aliases(int argc, char **argv)
{
    (void)argc, (void)argv;
    static uintptr_t old[ALIASES];
    ik_call *kept = described(client, "6a1b");
    for (int at = 0; at < ALIASES; at++) {
        ik_call *call = described(client, "6a1b");
        old[at] = (uintptr_t)call;
        ik_call_free(call);
    }
    ik_call *newest = described(client, "6a1b");
    for (int at = 0; at < ALIASES; at++)
        CHECK_STATUS(ik_call_set_max_retries((ik_call *)old[at], 1), no_call, NULL);
    qsort(old, ALIASES, sizeof *old, compare);
    for (int at = 1; at < ALIASES; at++)
        CHECK(old[at] != old[at - 1]); /* none was given twice */
    expect_perform(kept, ok);
    expect_perform(newest, ok);
    ik_call_free(kept);
    ik_call_free(newest);
}

/* Described while there is a client, sent when it is gone. */
static void client_freed(int argc, char **argv)
{
    struct done *done = new_done();
    ik_call *calls[sizeof functions / sizeof *functions], *started;
    ik_client *short_lived = make_client(argc, argv);
    for EACH_FUNCTION(row)
        CHECK_STATUS(row->describe(short_lived, &row->good, &calls[row - functions]), ok, NULL);
    started = described(short_lived, "6a1b");
    ik_client_free(short_lived);
    for EACH_FUNCTION(row) {
        char *text = RUBBISH;
        ik_call *call = calls[row - functions];
        CHECK_STATUS(ik_call_set_max_retries(call, 1), ok, NULL);
        told(ik_call_perform(call, &text), ok, &text);
        ik_call_free(call);
    }
    start(started, done);
    expect_done(done, ok);
    ik_call_free(started);
}

static bool is_of_a_token(int byte)
{
    bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    return is_letter || (byte >= '0' && byte <= '9') || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

/* Every byte within a header's name and within its value. */
static void header_bytes(int argc, char **argv)
{
    (void)argc, (void)argv;
    ik_call *call = described(client, "6a1b");
    for (int byte = 1; byte < 256; byte++) {
        char name[8], value[8];
        sprintf(name, "X%cy", byte);
        sprintf(value, "a%cb", byte);
        bool is_value = byte == '\t' || (byte >= ' ' && byte <= '~');
        ik_status as_name = ik_call_set_header(call, name, "x");
        ik_status as_value = ik_call_set_header(call, "X", value);
        if ((as_name == ok) != is_of_a_token(byte))
            FAIL("byte %d of a name: %s", byte, ik_status_name(as_name));
        if ((as_value == ok) != is_value)
            FAIL("byte %d of a value: %s", byte, ik_status_name(as_value));
        CHECK(as_name == ok || as_name == IK_STATUS_INVALID_ARGUMENT);
        CHECK(as_value == ok || as_value == IK_STATUS_INVALID_ARGUMENT);
    }
    ik_call_free(call);

    static char long_name[130], long_value[8194];
    memset(long_name, 'n', sizeof long_name - 1);
    memset(long_value, 'v', sizeof long_value - 1);
    call = described(client, "6a1b");
    CHECK_STATUS(ik_call_set_header(call, "X", long_value), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_call_set_header(call, "X", long_value + 1), ok, NULL);
    CHECK_STATUS(ik_call_set_header(call, "Empty", ""), ok, NULL);
    CHECK_STATUS(ik_call_set_header(call, long_name + 1, "x"), ok, NULL);
    expect_perform(call, ok); /* the mark of X is healed */
    ik_call_free(call);
    call = described(client, "6a1b");
    CHECK_STATUS(ik_call_set_header(call, long_name, "x"), IK_STATUS_INVALID_ARGUMENT, NULL);
    CHECK_STATUS(ik_call_set_header(call, "", "x"), IK_STATUS_INVALID_ARGUMENT, NULL);
    expect_perform(call, IK_STATUS_INVALID_ARGUMENT);
    ik_call_free(call);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"nulls", nulls},
                                        {"handles", handles},
                                        {"aliases", aliases},
                                        {"client-freed", client_freed},
                                        {"header-bytes", header_bytes}};
    client = make_client(argc, argv);
    return RUN_PART(parts, argc, argv);
}
