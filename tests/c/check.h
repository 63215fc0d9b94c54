/* What the C programs of the tests share. Each of them is a host of the library: one thing that a
 * real program does, and a check of what came of it. A failed check says where and ends with 1. */
#ifndef CHECK_H
#define CHECK_H

#include <imagekit.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Ends the process without running its exit handlers, so that a forked child may use it, too. */
#define FAIL(...)                                                                                  \
    do {                                                                                           \
        fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                            \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fputc('\n', stderr);                                                                       \
        fflush(NULL);                                                                              \
        _exit(1);                                                                                  \
    } while (0)

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            FAIL("not so: %s", #condition);                                                        \
    } while (0)

/* The status that was promised; `answer` is the string that came with it, or NULL. */
#define CHECK_STATUS(seen, expected, answer)                                                       \
    do {                                                                                           \
        ik_status seen_ = (seen);                                                                  \
        const char *answer_ = (answer);                                                            \
        if (seen_ != (expected))                                                                   \
            FAIL("%s, not %s: %s", ik_status_name(seen_), ik_status_name(expected),                \
                 answer_ ? answer_ : "(no string)");                                               \
    } while (0)

/* Milliseconds on a clock that only goes forward. */
static inline int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The value after `name` on the command line, or `otherwise`. */
static inline const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int at = 1; at + 1 < argc; at++)
        if (strcmp(argv[at], name) == 0)
            return argv[at + 1];
    return otherwise;
}

static inline uint64_t option_number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    const char *value = option(argc, argv, name, NULL);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

/* A whole file, with a NUL after it. */
static inline char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(1, size + 1);
    CHECK(text != NULL && fread(text, 1, size, file) == size);
    fclose(file);
    return text;
}

static inline void report_setting(const char *name, ik_status status)
{
    if (status != IK_STATUS_OK)
        printf("set %s %s\n", name, ik_status_name(status));
}

/* Takes the settings that stand on the command line; those that do not keep their defaults. A line
 * tells of each that is refused, and ik_client_new() will refuse, too. */
static inline void configure(ik_config *config, int argc, char **argv)
{
    static const struct { const char *name; ik_status (*set)(ik_config *, const char *); } texts[] = {
        {"--key", ik_config_set_private_key},
        {"--base-url", ik_config_set_base_url},
        {"--ca-file", ik_config_set_ca_file},
        {"--proxy", ik_config_set_proxy},
    };
    static const struct { const char *name; ik_status (*set)(ik_config *, uint64_t); } numbers[] = {
        {"--timeout-ms", ik_config_set_timeout_ms},
        {"--connect-timeout-ms", ik_config_set_connect_timeout_ms},
        {"--max-response-bytes", ik_config_set_max_response_bytes},
    };
    for (size_t at = 0; at < sizeof texts / sizeof *texts; at++) {
        const char *value = option(argc, argv, texts[at].name, NULL);
        if (value)
            report_setting(texts[at].name, texts[at].set(config, value));
    }
    for (size_t at = 0; at < sizeof numbers / sizeof *numbers; at++) {
        const char *name = numbers[at].name;
        if (option(argc, argv, name, NULL))
            report_setting(name, numbers[at].set(config, option_number(argc, argv, name, 0)));
    }
    if (option(argc, argv, "--max-retries", NULL)) {
        uint64_t value = option_number(argc, argv, "--max-retries", 0);
        report_setting("--max-retries", ik_config_set_max_retries(config, (uint32_t)value));
    }
}

/* A client with the settings of the command line. */
static inline ik_status try_client(int argc, char **argv, ik_client **client, char **error)
{
    ik_config *config = ik_config_new();
    configure(config, argc, argv);
    ik_status status = ik_client_new(config, client, error);
    ik_config_free(config);
    return status;
}

/* The same where it has to work. */
static inline ik_client *make_client(int argc, char **argv)
{
    ik_client *client = NULL;
    char *error = NULL;
    ik_status status = try_client(argc, argv, &client, &error);
    CHECK_STATUS(status, IK_STATUS_OK, error);
    CHECK(client != NULL);
    CHECK(error == NULL);
    return client;
}

#endif
