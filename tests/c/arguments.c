/* What becomes of each argument before anything is sent. One theme a run, named by argv[1]; the
 * server at argv[2] answers every request, and must see none but those of `out_parameters`. */
#include "check.h"

static const char *url;

/* What no function may read, follow or leave in place. */
#define RUBBISH ((void *)(uintptr_t)0x5a5a5a5a)
#define KEY "private_marker+0f3a7c51Zq9/"

static ik_config *good_config(void)
{
    ik_config *config = ik_config_new();
    CHECK(config != NULL);
    CHECK(ik_config_set_private_key(config, KEY) == IK_STATUS_OK);
    CHECK(ik_config_set_base_url(config, url) == IK_STATUS_OK);
    return config;
}

static ik_client *good_client(void)
{
    ik_config *config = good_config();
    ik_client *client = NULL;
    char *error = NULL;
    ik_status status = ik_client_new(config, &client, &error);
    CHECK_STATUS(status, IK_STATUS_OK, error);
    ik_config_free(config);
    return client;
}

/* The error document is there, and its message names what was wrong. */
static void check_names(const char *document, const char *name)
{
    if (!document || !strstr(document, "\"message\"") || !strstr(document, name))
        FAIL("no \"%s\" in %s", name, document ? document : "(NULL)");
}

static void check_call(const ik_client *client, const char *id, ik_status expected, const char *name)
{
    char *json = RUBBISH;
    ik_status status = ik_get_file_versions(client, id, &json);
    CHECK(json != RUBBISH);
    CHECK_STATUS(status, expected, json);
    if (expected != IK_STATUS_OK)
        check_names(json, name);
    ik_string_free(json);
}

/* What the other operations and ik_json_get() have in common: texts in, one out. */
struct texts { const char *one, *two, *three; };
typedef ik_status (*function)(const ik_client *, const struct texts *, char **);

static ik_status details(const ik_client *client, const struct texts *texts, char **out)
{
    return ik_get_file_version_details(client, texts->one, texts->two, out);
}

static ik_status delete(const ik_client *client, const struct texts *texts, char **out)
{
    return ik_delete_file_version(client, texts->one, texts->two, out);
}

static ik_status restore(const ik_client *client, const struct texts *texts, char **out)
{
    return ik_restore_file_version(client, texts->one, texts->two, out);
}

static ik_status request(const ik_client *client, const struct texts *texts, char **out)
{
    return ik_request(client, texts->one, texts->two, texts->three, out);
}

static ik_status json_get(const ik_client *client, const struct texts *texts, char **out)
{
    (void)client;
    return ik_json_get(texts->one, texts->two, out);
}

static const struct function_row {
    function call;
    struct texts good, names;
    int takes_client;
} functions[] = {
    {details, {"6a1b", "7c2d", NULL}, {"file_id", "version_id", NULL}, 1},
    {delete, {"6a1b", "7c2d", NULL}, {"file_id", "version_id", NULL}, 1},
    {restore, {"6a1b", "7c2d", NULL}, {"file_id", "version_id", NULL}, 1},
    {request, {"POST", "/v1/x", "{}"}, {"method", "path", "body_json"}, 1},
    {json_get, {"{}", "", NULL}, {"json", "pointer", NULL}, 0},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

static void check_function(function call, const ik_client *client, struct texts texts,
                           ik_status expected, const char *name)
{
    char *out = RUBBISH;
    ik_status status = call(client, &texts, &out);
    CHECK(out != RUBBISH);
    CHECK_STATUS(status, expected, out);
    check_names(out, name);
    ik_string_free(out);
    CHECK(call(client, &texts, NULL) == IK_STATUS_INVALID_ARGUMENT); /* whatever else is wrong */
}

/* The client is made, or is not and the document names the argument. */
static void check_client(const ik_config *config, ik_status expected, const char *name)
{
    ik_client *client = RUBBISH;
    char *error = RUBBISH;
    ik_status status = ik_client_new(config, &client, &error);
    CHECK(client != RUBBISH && error != RUBBISH);
    CHECK_STATUS(status, expected, error);
    CHECK((client != NULL) == (expected == IK_STATUS_OK));
    CHECK((error != NULL) == (expected != IK_STATUS_OK));
    if (error)
        check_names(error, name);
    ik_string_free(error);
    ik_client_free(client);

    /* the same without an error document */
    client = RUBBISH;
    CHECK(ik_client_new(config, &client, NULL) == expected);
    CHECK((client != NULL) == (expected == IK_STATUS_OK));
    ik_client_free(client);
}

static void nulls(void)
{
    ik_string_free(NULL);
    ik_config_free(NULL);
    ik_client_free(NULL);

    CHECK(ik_config_set_private_key(NULL, KEY) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_base_url(NULL, url) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_timeout_ms(NULL, 1) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_connect_timeout_ms(NULL, 1) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_max_retries(NULL, 1) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_max_response_bytes(NULL, 1) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_ca_file(NULL, "x.pem") == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_proxy(NULL, "") == IK_STATUS_INVALID_ARGUMENT);

    ik_config *config = good_config();
    char *error = RUBBISH;
    CHECK(ik_client_new(config, NULL, &error) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(error != RUBBISH);
    if (error)
        check_names(error, "out_client");
    ik_string_free(error);
    CHECK(ik_client_new(config, NULL, NULL) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_client_new(NULL, NULL, NULL) == IK_STATUS_INVALID_ARGUMENT);
    ik_config_free(config);

    ik_client *client = good_client();
    CHECK(ik_get_file_versions(client, "6a1b", NULL) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_get_file_versions(NULL, NULL, NULL) == IK_STATUS_INVALID_ARGUMENT);
    check_call(client, NULL, IK_STATUS_INVALID_ARGUMENT, "file_id");
    check_call(NULL, "6a1b", IK_STATUS_INVALID_ARGUMENT, "handle");
    check_call(NULL, "6a1b", IK_STATUS_INVALID_ARGUMENT, "ik_client_new()"); /* where one comes from */
    ik_client_free(client);

    /* without a config everything comes from the environment, which says nothing here */
    check_client(NULL, IK_STATUS_INVALID_ARGUMENT, "private_key");
}

/* A NULL in each place of each function. Only a body may be NULL. */
static void null_texts_of_calls(void)
{
    const ik_status refused = IK_STATUS_INVALID_ARGUMENT;
    ik_client *client = good_client();
    for (const struct function_row *row = functions; row < functions + FUNCTIONS; row++) {
        struct texts texts = row->good;
        texts.one = NULL;
        check_function(row->call, client, texts, refused, row->names.one);
        texts = row->good;
        texts.two = NULL;
        check_function(row->call, client, texts, refused, row->names.two);
        CHECK(row->call(client, &row->good, NULL) == refused);
        if (row->takes_client)
            check_function(row->call, NULL, row->good, refused, "handle");
        if (row->takes_client)
            check_function(row->call, NULL, row->good, refused, "ik_client_new()");
    }
    ik_client_free(client);
}

/* A text that is not UTF-8 is refused by name, and of two bad ones the left one is named. */
static void bad_texts_of_calls(void)
{
    const ik_status refused = IK_STATUS_INVALID_ARGUMENT;
    const char *bad = "\xff";
    ik_client *client = good_client();
    for (const struct function_row *row = functions; row < functions + FUNCTIONS; row++) {
        struct texts texts = row->good;
        texts.two = bad;
        check_function(row->call, client, texts, refused, row->names.two);
        texts.one = bad;
        check_function(row->call, client, texts, refused, row->names.one);
        texts.two = NULL;
        check_function(row->call, client, texts, refused, row->names.one);
        texts.one = row->takes_client ? "" : "{"; /* that it cannot be one is found out later */
        check_function(row->call, client, texts, refused, row->names.one);
    }
    check_function(request, client, (struct texts){"GET", "/", bad}, refused, "body_json");
    check_function(request, client, (struct texts){"GET", "", bad}, refused, "path");
    ik_client_free(client);
}

/* Out parameters come first, then handles, then the rest from left to right. */
static void order(void)
{
    ik_config *freed = good_config();
    ik_config_free(freed);
    CHECK(ik_config_set_private_key(freed, NULL) == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_config_set_base_url(freed, "") == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_config_set_timeout_ms(freed, 0) == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_config_set_connect_timeout_ms(freed, 0) == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_config_set_max_retries(freed, 0) == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_config_set_max_response_bytes(freed, 0) == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_config_set_ca_file(freed, NULL) == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_config_set_proxy(freed, NULL) == IK_STATUS_INVALID_HANDLE);
    CHECK(ik_client_new(freed, NULL, NULL) == IK_STATUS_INVALID_ARGUMENT);
    check_client(freed, IK_STATUS_INVALID_HANDLE, "config");

    ik_client *client = good_client();
    ik_client_free(client);
    CHECK(ik_get_file_versions(client, NULL, NULL) == IK_STATUS_INVALID_ARGUMENT);
    check_call(client, NULL, IK_STATUS_INVALID_HANDLE, "handle");
    check_call(NULL, NULL, IK_STATUS_INVALID_ARGUMENT, "handle");

    const struct texts nulls = {NULL, NULL, "{"};
    for (const struct function_row *row = functions; row < functions + FUNCTIONS; row++)
        if (row->takes_client) {
            check_function(row->call, client, nulls, IK_STATUS_INVALID_HANDLE, "handle");
            check_function(row->call, NULL, nulls, IK_STATUS_INVALID_ARGUMENT, "handle");
        }
}

/* Both out parameters are written on success and on failure; the old content is never followed. */
static void out_parameters(void)
{
    ik_config *config = good_config();
    check_client(config, IK_STATUS_OK, "");
    CHECK(ik_config_set_timeout_ms(config, 0) == IK_STATUS_INVALID_ARGUMENT);
    check_client(config, IK_STATUS_INVALID_ARGUMENT, "timeout_ms");
    ik_config_free(config);

    ik_client *client = good_client();
    check_call(client, "6a1b", IK_STATUS_OK, "");
    check_call(client, "missing", IK_STATUS_NOT_FOUND, "message");
    ik_client_free(client);
}

typedef ik_status (*set_number)(ik_config *, uint64_t);
typedef ik_status (*set_text)(ik_config *, const char *);

static ik_status set_max_retries(ik_config *config, uint64_t value)
{
    return ik_config_set_max_retries(config, (uint32_t)value);
}

/* A refused value marks its config until the same setter succeeds, and no other setter heals it. */
static void check_mark(ik_config *config, const char *name)
{
    check_client(config, IK_STATUS_INVALID_ARGUMENT, name);
    if (strcmp(name, "max_response_bytes") != 0)
        CHECK(ik_config_set_max_response_bytes(config, 1000) == IK_STATUS_OK);
    CHECK(ik_config_set_max_retries(config, 1) == IK_STATUS_OK);
    check_client(config, IK_STATUS_INVALID_ARGUMENT, name);
}

static void numbers(void)
{
    static const struct { const char *name; set_number set; uint64_t value; int is_good; } rows[] = {
        {"timeout_ms", ik_config_set_timeout_ms, 0, 0},
        {"timeout_ms", ik_config_set_timeout_ms, 1, 1},
        {"timeout_ms", ik_config_set_timeout_ms, 86400000, 1},
        {"timeout_ms", ik_config_set_timeout_ms, 86400001, 0},
        {"timeout_ms", ik_config_set_timeout_ms, UINT64_MAX, 0},
        {"connect_timeout_ms", ik_config_set_connect_timeout_ms, 0, 0},
        {"connect_timeout_ms", ik_config_set_connect_timeout_ms, 1, 1},
        {"connect_timeout_ms", ik_config_set_connect_timeout_ms, 86400000, 1},
        {"connect_timeout_ms", ik_config_set_connect_timeout_ms, 86400001, 0},
        {"connect_timeout_ms", ik_config_set_connect_timeout_ms, UINT64_MAX, 0},
        {"max_retries", set_max_retries, 0, 1},
        {"max_retries", set_max_retries, UINT32_MAX, 1},
        {"max_response_bytes", ik_config_set_max_response_bytes, 0, 0},
        {"max_response_bytes", ik_config_set_max_response_bytes, 1, 1},
        {"max_response_bytes", ik_config_set_max_response_bytes, UINT64_MAX, 1},
    };
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        ik_config *config = good_config();
        ik_status status = rows[at].set(config, rows[at].value);
        if (rows[at].is_good) {
            CHECK_STATUS(status, IK_STATUS_OK, rows[at].name);
        } else {
            CHECK_STATUS(status, IK_STATUS_INVALID_ARGUMENT, rows[at].name);
            check_mark(config, rows[at].name);
            CHECK(rows[at].set(config, 1) == IK_STATUS_OK);
        }
        check_client(config, IK_STATUS_OK, "");
        ik_config_free(config);
    }
}

static void texts(void)
{
    static char key_512[513], key_513[514];
    memset(key_512, 'k', 512);
    memset(key_513, 'k', 513);
    const struct { const char *name; set_text set; const char *bad; const char *good; } rows[] = {
        {"private_key", ik_config_set_private_key, NULL, KEY},
        {"private_key", ik_config_set_private_key, "", "!"},
        {"private_key", ik_config_set_private_key, "\xff\xfe", "~"},
        {"private_key", ik_config_set_private_key, "priv\xc3\xa4te", KEY},
        {"private_key", ik_config_set_private_key, "two words", KEY},
        {"private_key", ik_config_set_private_key, "user:password", KEY},
        {"private_key", ik_config_set_private_key, "line\n", KEY},
        {"private_key", ik_config_set_private_key, "delete\x7f", KEY},
        {"private_key", ik_config_set_private_key, key_513, key_512},
        {"base_url", ik_config_set_base_url, NULL, url},
        {"base_url", ik_config_set_base_url, "", url},
        {"base_url", ik_config_set_base_url, "http://127.0.0.1/\xff", url},
        {"ca_file", ik_config_set_ca_file, NULL, NULL},
        {"ca_file", ik_config_set_ca_file, "\xff.pem", NULL},
        {"proxy", ik_config_set_proxy, NULL, ""},
        {"proxy", ik_config_set_proxy, "ftp://127.0.0.1:1", ""},
        {"proxy", ik_config_set_proxy, "127.0.0.1:1", "http://127.0.0.1:1"},
        {"proxy", ik_config_set_proxy, "http://", "https://user:password@127.0.0.1:1"},
        {"proxy", ik_config_set_proxy, "http://127.0.0.1/\xff", ""},
    };
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        ik_config *config = good_config();
        CHECK_STATUS(rows[at].set(config, rows[at].bad), IK_STATUS_INVALID_ARGUMENT, rows[at].bad);
        check_mark(config, rows[at].name);
        if (rows[at].good) {
            CHECK_STATUS(rows[at].set(config, rows[at].good), IK_STATUS_OK, rows[at].good);
            check_client(config, IK_STATUS_OK, "");
        }
        ik_config_free(config);
    }
}

/* Who reads the header knows a parameter, who reads the README an option. */
static void null_texts(void)
{
    static const struct { const char *option; const char *parameter; set_text set; } rows[] = {
        {"private_key", "private_key", ik_config_set_private_key},
        {"base_url", "base_url", ik_config_set_base_url},
        {"ca_file", "pem_path", ik_config_set_ca_file},
        {"proxy", "url", ik_config_set_proxy},
    };
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        ik_config *config = good_config();
        CHECK(rows[at].set(config, NULL) == IK_STATUS_INVALID_ARGUMENT);
        check_client(config, IK_STATUS_INVALID_ARGUMENT, rows[at].option);
        check_client(config, IK_STATUS_INVALID_ARGUMENT, rows[at].parameter);
        check_client(config, IK_STATUS_INVALID_ARGUMENT, "NULL");
        ik_config_free(config);
    }
}

/* Each refused setter is named until it succeeds; healing one leaves the others' marks. */
static void several_marks(void)
{
    ik_config *config = good_config();
    CHECK(ik_config_set_private_key(config, "") == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_timeout_ms(config, 0) == IK_STATUS_INVALID_ARGUMENT);
    CHECK(ik_config_set_private_key(config, KEY) == IK_STATUS_OK);
    check_client(config, IK_STATUS_INVALID_ARGUMENT, "timeout_ms");
    CHECK(ik_config_set_timeout_ms(config, 1000) == IK_STATUS_OK);
    check_client(config, IK_STATUS_OK, "");

    /* a good value does not outlive a bad one that came after it */
    CHECK(ik_config_set_timeout_ms(config, 1000) == IK_STATUS_OK);
    CHECK(ik_config_set_timeout_ms(config, 0) == IK_STATUS_INVALID_ARGUMENT);
    check_client(config, IK_STATUS_INVALID_ARGUMENT, "timeout_ms");
    ik_config_free(config);
}

/* A client keeps what the config said when it was made. */
static void copies(void)
{
    ik_config *config = good_config();
    ik_client *client = NULL;
    CHECK(ik_client_new(config, &client, NULL) == IK_STATUS_OK);
    CHECK(ik_config_set_base_url(config, "http://127.0.0.1:1") == IK_STATUS_OK);
    check_call(client, "6a1b", IK_STATUS_OK, "");
    ik_config_free(config);
    check_call(client, "6a1b", IK_STATUS_OK, "");
    ik_client_free(client);
}

static void names(void)
{
    static const struct { ik_status status; const char *name; } rows[] = {
        {IK_STATUS_OK, "ok"},
        {IK_STATUS_INVALID_ARGUMENT, "invalid_argument"},
        {IK_STATUS_INVALID_HANDLE, "invalid_handle"},
        {IK_STATUS_INVALID_STATE, "invalid_state"},
        {IK_STATUS_WOULD_DEADLOCK, "would_deadlock"},
        {IK_STATUS_PENDING, "pending"},
        {IK_STATUS_NO_VALUE, "no_value"},
        {IK_STATUS_UNSUPPORTED, "unsupported"},
        {IK_STATUS_BAD_REQUEST, "bad_request"},
        {IK_STATUS_UNAUTHENTICATED, "unauthenticated"},
        {IK_STATUS_FORBIDDEN, "forbidden"},
        {IK_STATUS_NOT_FOUND, "not_found"},
        {IK_STATUS_CONFLICT, "conflict"},
        {IK_STATUS_RATE_LIMITED, "rate_limited"},
        {IK_STATUS_SERVER_ERROR, "server_error"},
        {IK_STATUS_UNEXPECTED_STATUS, "unexpected_status"},
        {IK_STATUS_TIMEOUT, "timeout"},
        {IK_STATUS_CANCELLED, "cancelled"},
        {IK_STATUS_CONNECT_FAILED, "connect_failed"},
        {IK_STATUS_TLS_FAILED, "tls_failed"},
        {IK_STATUS_CONNECTION_LOST, "connection_lost"},
        {IK_STATUS_INVALID_RESPONSE, "invalid_response"},
        {IK_STATUS_RESPONSE_TOO_LARGE, "response_too_large"},
        {IK_STATUS_RESOURCE_EXHAUSTED, "resource_exhausted"},
        {IK_STATUS_INTERNAL, "internal"},
    };
    static const int numbers[] = {0,  1,  2,  3,  4,  5,  6,  7,  10, 11, 12, 13, 14,
                                  15, 16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 30};
    size_t row = 0;
    for (int number = -1; number < 200; number++) {
        const char *expected = "unknown";
        if (row < sizeof rows / sizeof *rows && numbers[row] == number) {
            CHECK(rows[row].status == number);
            expected = rows[row++].name;
        }
        CHECK(strcmp(ik_status_name(number), expected) == 0);
    }
    CHECK(row == sizeof rows / sizeof *rows);
    CHECK(strcmp(ik_status_name(INT32_MAX), "unknown") == 0);
    CHECK(strcmp(ik_status_name(INT32_MIN), "unknown") == 0);

    char version[64];
    sprintf(version, "%d.%d.%d", IK_VERSION_MAJOR, IK_VERSION_MINOR, IK_VERSION_PATCH);
    CHECK(strcmp(ik_version(), version) == 0);
    CHECK(ik_version() == ik_version());
    puts(version);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*check)(void); } themes[] = {
        {"nulls", nulls},     {"order", order}, {"out_parameters", out_parameters},
        {"numbers", numbers}, {"texts", texts}, {"several_marks", several_marks},
        {"copies", copies},   {"names", names}, {"null_texts", null_texts},
        {"null_texts_of_calls", null_texts_of_calls},
        {"bad_texts_of_calls", bad_texts_of_calls},
    };
    CHECK(argc == 3);
    url = argv[2];
    for (size_t at = 0; at < sizeof themes / sizeof *themes; at++)
        if (strcmp(themes[at].name, argv[1]) == 0) {
            themes[at].check();
            return 0;
        }
    FAIL("no theme %s", argv[1]);
}
