/* What a host sees of itself, and a peer that lives inside the host: with it a test knows that a
 * call is on the wire, and decides when it is answered. */
#ifndef HOST_H
#define HOST_H

#include "check.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* The parts of a program; the first word of the command line says which one runs. */
struct part {
    const char *name;
    void (*run)(int argc, char **argv);
};

#define RUN_PART(parts, argc, argv) run_part(parts, sizeof(parts) / sizeof *(parts), argc, argv)

static inline int run_part(const struct part *parts, size_t count, int argc, char **argv)
{
    for (size_t at = 0; argc > 1 && at < count; at++)
        if (strcmp(argv[1], parts[at].name) == 0) {
            parts[at].run(argc, argv);
            return 0;
        }
    FAIL("no such part: %s", argc > 1 ? argv[1] : "(none)");
}

static inline int count_entries(const char *folder)
{
    DIR *entries = opendir(folder);
    CHECK(entries != NULL);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(entries);
    return count;
}

static inline int count_threads(void)
{
    return count_entries("/proc/self/task");
}

static inline int count_descriptors(void)
{
    return count_entries("/proc/self/fd") - 1; /* less the one that looks */
}

static inline pthread_t start_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, argument) == 0);
    return thread;
}

static inline void join_thread(pthread_t thread)
{
    CHECK(pthread_join(thread, NULL) == 0);
}

/* A call that has to work, for a file whose id is in the answer. */
static inline void call(const ik_client *client, const char *id)
{
    char *answer = NULL;
    ik_status status = ik_get_file_versions(client, id, &answer);
    CHECK_STATUS(status, IK_STATUS_OK, answer);
    if (strstr(answer, id) == NULL)
        FAIL("not the answer for %s: %s", id, answer);
    ik_string_free(answer);
}

/* A call on a thread of its own, and what came of it. */
struct background {
    const ik_client *client;
    pthread_t thread;
    ik_status status;
    char *answer;
    int64_t took_ms;
};

static inline void *background_body(void *argument)
{
    struct background *call = argument;
    int64_t started = now_ms();
    call->status = ik_get_file_versions(call->client, "file", &call->answer);
    call->took_ms = now_ms() - started;
    return NULL;
}

static inline void start_call(struct background *call, const ik_client *client)
{
    *call = (struct background){.client = client};
    call->thread = start_thread(background_body, call);
}

/* Ends what start_call() began; the call must have had this status. */
static inline void expect_call(struct background *call, ik_status expected)
{
    join_thread(call->thread);
    CHECK_STATUS(call->status, expected, call->answer);
    ik_string_free(call->answer);
}

/* A listening socket on a free loopback port. */
static inline int listen_here(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0);
    CHECK(bind(listener, (struct sockaddr *)&address, size) == 0);
    CHECK(listen(listener, 128) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    *port = ntohs(address.sin_port);
    return listener;
}

/* A client of that base URL. It does not repeat a request. */
static inline ik_client *client_of_url(const char *url, uint64_t timeout_ms)
{
    ik_config *config = ik_config_new();
    CHECK(ik_config_set_private_key(config, "private_host") == IK_STATUS_OK);
    CHECK(ik_config_set_base_url(config, url) == IK_STATUS_OK);
    CHECK(ik_config_set_timeout_ms(config, timeout_ms) == IK_STATUS_OK);
    CHECK(ik_config_set_max_retries(config, 0) == IK_STATUS_OK);
    ik_client *client = NULL;
    char *error = NULL;
    CHECK_STATUS(ik_client_new(config, &client, &error), IK_STATUS_OK, error);
    ik_config_free(config);
    return client;
}

/* The same for a port of this machine. */
static inline ik_client *client_of(int port, uint64_t timeout_ms)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    return client_of_url(url, timeout_ms);
}

/* Reads one request's head to its end. */
static inline void read_request(int peer)
{
    char head[8192];
    size_t length = 0;
    do {
        ssize_t got = read(peer, head + length, sizeof head - 1 - length);
        CHECK(got > 0);
        length += (size_t)got;
        head[length] = '\0';
    } while (strstr(head, "\r\n\r\n") == NULL);
}

/* The next connection, with a request of the library read from it. */
static inline int accept_request(int listener)
{
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(peer >= 0);
    read_request(peer);
    return peer;
}

/* Answers with a list that holds a file's id, and keeps the connection. */
static inline void answer_request(int peer)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                 "Content-Length: 19\r\n\r\n[{\"fileId\":\"file\"}]";
    CHECK(send(peer, answer, sizeof answer - 1, MSG_NOSIGNAL) == (ssize_t)sizeof answer - 1);
}

/* Waits for a child that has to end well. Its own alarm bounds the wait. */
static inline void expect_child(pid_t child)
{
    int status = 0;
    CHECK(child > 0);
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        FAIL("a child ended by signal %d%s", WTERMSIG(status),
             WTERMSIG(status) == SIGALRM ? ": it hung" : "");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
