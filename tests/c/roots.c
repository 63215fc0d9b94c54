/* A host whose system has the certificates that the command line says: this program is where the library
 * finds open() and its like, so it knows who reads, and decides what is there. */
#include "sending.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { LIMIT = 64, MOST_LEFT = 8, HANGS_AFTER_S = 20 };

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"

static const ik_status ok = IK_STATUS_OK, untrusted = IK_STATUS_TLS_FAILED;

static struct {
    const char *bundle; /* what is behind the system's path; NULL where there is none */
    int error;          /* of whoever opens it; 0 for none */
    atomic_int opened;
    atomic_bool waits;  /* whoever opens it, until the gate opens */
    sem_t came, gate;
} disk;

static bool is_of_system(const char *path)
{
    static const char *const places[] = {"/etc/ssl", "/etc/pki", "/etc/certs", "/usr/local/etc/ssl",
                                         "/usr/lib/ssl", "/usr/share/ssl", "/usr/local/ssl",
                                         "/usr/local/openssl", "/usr/local/share", "/var/ssl", "/opt",
                                         "/system/etc", "/boot", "/data", "/private", "/etc/openssl",
                                         "/usr/share/pki", "/var/lib/ca-certificates"};
    for (size_t at = 0; at < sizeof places / sizeof *places; at++)
        if (strncmp(path, places[at], strlen(places[at])) == 0)
            return true;
    return false;
}

/* The path to be used instead; NULL where there is nothing. */
static const char *really(const char *path)
{
    if (path == NULL || !is_of_system(path))
        return path;
    return strcmp(path, BUNDLE) == 0 ? disk.bundle : NULL;
}

static int none(void)
{
    errno = ENOENT;
    return -1;
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    const char *real = really(path);
    if (real != NULL && strcmp(path, BUNDLE) == 0) {
        disk.opened++;
        if (atomic_exchange(&disk.waits, false)) {
            post(&disk.came);
            await(&disk.gate);
        }
        if (disk.error != 0) {
            errno = disk.error;
            return -1;
        }
    }
    return real ? (int)syscall(SYS_openat, AT_FDCWD, real, flags, mode) : none();
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    return open64(path, flags, mode);
}

int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict about)
{
    const char *real = really(path);
    return real ? (int)syscall(SYS_statx, folder, real, flags, mask, about) : none();
}

int stat64(const char *restrict path, struct stat64 *restrict about)
{
    const char *real = really(path);
    return real ? fstatat64(AT_FDCWD, real, about, 0) : none();
}

DIR *opendir(const char *path)
{
    static DIR *(*next)(const char *);
    if (next == NULL) {
        void *address = dlsym(RTLD_NEXT, "opendir");
        memcpy(&next, &address, sizeof address);
    }
    if (really(path) == NULL) {
        none();
        return NULL;
    }
    return next(path);
}

struct heard {
    atomic_int lines;
    char last[1024];
};

static void hear(void *user_data, int32_t level, const char *line)
{
    struct heard *heard = user_data;
    CHECK(level == IK_LOG_LEVEL_WARN);
    snprintf(heard->last, sizeof heard->last, "%s", line);
    heard->lines++;
}

/* A client of the command line's settings, whose log comes to `heard`. */
static ik_status try_telling(int argc, char **argv, struct heard *heard, ik_client **client, char **error)
{
    ik_config *config = ik_config_new();
    configure(config, argc, argv);
    CHECK(ik_config_set_log_callback(config, IK_LOG_LEVEL_WARN, hear, heard) == ok);
    CHECK(ik_config_set_max_retries(config, 0) == ok);
    ik_status status = ik_client_new(config, client, error);
    ik_config_free(config);
    return status;
}

/* One call over TLS, and whether a line told of bundled certificates. */
static void expect_trust(int argc, char **argv, ik_status expected, bool is_bundled)
{
    struct heard *heard = calloc(1, sizeof *heard);
    ik_client *client = NULL;
    char *text = NULL;
    CHECK_STATUS(try_telling(argc, argv, heard, &client, &text), ok, text);
    expect_versions(client, option(argc, argv, "--id", "file"), expected);
    expect_shutdown(UINT64_MAX, ok);
    CHECK(heard->lines == is_bundled);
    CHECK(!is_bundled || strstr(heard->last, "bundled") != NULL);
    ik_client_free(client);
}

static void plain_http(void)
{
    int port = 0, listener = listen_here(&port);
    struct background plain;
    start_call(&plain, client_of(port, BOUND_MS));
    answer_last(accept_request(listener));
    expect_call(&plain, ok);
}

/* The system has none: plain HTTP works, and over TLS the bundled ones serve, which do not know this
 * server; a CA file adds to them. The last argument is such a file's option. */
static void absent(int argc, char **argv)
{
    plain_http();
    CHECK(disk.opened == 0);
    expect_trust(argc - 2, argv, untrusted, true);
    expect_trust(argc, argv, ok, true);
    expect_trust(argc - 2, argv, untrusted, true);
}

/* The system has its own: they are read once, for children too, and nothing is added to them. */
static void present(int argc, char **argv)
{
    disk.bundle = option(argc, argv, "--bundle", NULL);
    plain_http();
    CHECK(disk.opened == 0);
    for (int round = 0; round < 3; round++)
        expect_trust(argc, argv, ok, false);
    pid_t child = fork();
    if (child == 0) {
        alarm(HANGS_AFTER_S);
        expect_trust(argc, argv, ok, false);
        CHECK(disk.opened == 1);
        _exit(0);
    }
    expect_child(child);
    CHECK(disk.opened == 1);
}

/* What cannot be read is not absent: no client, and no bundled ones in their stead, now or later. */
static void unreadable(int argc, char **argv)
{
    static const struct { int error; ik_status status; } rows[] = {
        {EACCES, IK_STATUS_TLS_FAILED},          {EIO, IK_STATUS_TLS_FAILED},
        {EMFILE, IK_STATUS_RESOURCE_EXHAUSTED},  {ENFILE, IK_STATUS_RESOURCE_EXHAUSTED},
        {ENOMEM, IK_STATUS_RESOURCE_EXHAUSTED},
    };
    struct heard heard = {0};
    disk.bundle = option(argc, argv, "--bundle", NULL);
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        ik_client *client = RUBBISH;
        char *error = NULL;
        disk.error = rows[at].error;
        CHECK_STATUS(try_telling(argc, argv, &heard, &client, &error), rows[at].status, error);
        expect_text(rows[at].status, error);
        CHECK(client == NULL && strstr(error, "root certificates") != NULL);
        ik_string_free(error);
        plain_http();
    }
    disk.error = 0;
    expect_trust(argc, argv, ok, false);
}

/* Too few descriptors to read them, so many and no more; then there are enough. */
static void scarce(int argc, char **argv)
{
    disk.bundle = option(argc, argv, "--bundle", NULL);
    for (int left = 0; left <= MOST_LEFT; left++) {
        pid_t child = fork();
        if (child == 0) {
            int fillers[LIMIT], count = 0;
            struct heard heard = {0};
            struct rlimit limit = {LIMIT, LIMIT};
            ik_client *client = NULL;
            char *error = NULL;
            alarm(HANGS_AFTER_S);
            CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
            for (int number; count < LIMIT && (number = dup(STDIN_FILENO)) >= 0;)
                fillers[count++] = number;
            for (int given = 0; given < left; given++)
                close(fillers[--count]);
            ik_status status = try_telling(argc, argv, &heard, &client, &error);
            if (status != ok)
                CHECK_STATUS(status, IK_STATUS_RESOURCE_EXHAUSTED, error);
            CHECK(left > 0 || status != ok);
            CHECK(left < MOST_LEFT || status == ok);
            while (count > 0)
                close(fillers[--count]);
            expect_trust(argc, argv, ok, false);
            _exit(0);
        }
        fprintf(stderr, "with %d descriptors left:\n", left);
        expect_child(child);
    }
}

static struct {
    int argc;
    char **argv;
} reader;

static void *read_them(void *nothing)
{
    expect_trust(reader.argc, reader.argv, ok, false);
    return nothing;
}

/* A child that is forked while another thread reads them reads them itself. */
static void forked_meanwhile(int argc, char **argv)
{
    disk.bundle = option(argc, argv, "--bundle", NULL);
    disk.waits = true;
    reader.argc = argc, reader.argv = argv;
    pthread_t thread = start_thread(read_them, NULL);
    await(&disk.came);
    pid_t child = fork();
    if (child == 0) {
        alarm(HANGS_AFTER_S);
        expect_trust(argc, argv, ok, false);
        _exit(0);
    }
    expect_child(child);
    post(&disk.gate);
    join_thread(thread);
}

int main(int argc, char **argv)
{
    static const struct part parts[] = {{"absent", absent},
                                        {"present", present},
                                        {"unreadable", unreadable},
                                        {"scarce", scarce},
                                        {"forked-meanwhile", forked_meanwhile}};
    CHECK(sem_init(&disk.came, 0, 0) == 0 && sem_init(&disk.gate, 0, 0) == 0);
    return RUN_PART(parts, argc, argv);
}
