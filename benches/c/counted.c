// Something small, over and over, between two marks that callgrind counts: counted call|json_get|json_check TIMES
//
// The server is this program's own child. It lets every request wait for a moment, so that the library is
// asleep when the answer comes: it then does the same in every call, however the threads are scheduled.
#include <imagekit.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

#define ANSWER_BYTES 4200
#define DOCUMENT_BYTES 65536

static void expect(int is_so, const char *what)
{
    if (!is_so) {
        fprintf(stderr, "counted: %s\n", what);
        exit(1);
    }
}

// An array of objects, so many bytes long with its NUL.
static char *document(size_t bytes)
{
    const char *element = "{\"versionInfo\":{\"id\":\"66b200000000000000000001\",\"name\":\"Version 2\"},\"size\":24680.13,"
                          "\"tags\":[\"autumn\",\"f\\u00fcr alle\"],\"isPublished\":true,\"AITags\":null},";
    char *text = malloc(bytes);
    size_t length = 1;
    text[0] = '[';
    while (length + strlen(element) + 8 < bytes) {
        memcpy(text + length, element, strlen(element));
        length += strlen(element);
    }
    strcpy(text + length, "\"end\"]");
    return text;
}

static void serve(int listener)
{
    char *body = document(ANSWER_BYTES), answer[ANSWER_BYTES + 256], request[4096];
    int bytes = snprintf(answer, sizeof answer,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                         strlen(body), body);
    int connection = accept(listener, NULL, NULL);
    while (read(connection, request, sizeof request) > 0) {
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
        expect(write(connection, answer, (size_t)bytes) == bytes, "the client is gone");
    }
    _exit(0);
}

static ik_client *make_client(const char *base_url)
{
    ik_client *client;
    ik_config *config = ik_config_new();
    char *error = NULL;
    ik_config_set_private_key(config, "private_counted");
    ik_config_set_base_url(config, base_url);
    expect(ik_client_new(config, &client, &error) == IK_STATUS_OK, error);
    ik_config_free(config);
    return client;
}

// A client whose server answers as soon as all that a request wakes is asleep again.
static ik_client *client_of_a_server(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    expect(!bind(listener, (struct sockaddr *)&here, sizeof here) && !listen(listener, 8), "no port");
    getsockname(listener, (struct sockaddr *)&here, &length);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    char base_url[64];
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d", ntohs(here.sin_port));
    return make_client(base_url);
}

static void call(void *client)
{
    char *versions = NULL;
    expect(ik_get_file_versions(client, "66a100000000000000000001", &versions) == IK_STATUS_OK, versions);
    ik_string_free(versions);
}

static void json_get(void *text)
{
    char *value = NULL;
    expect(ik_json_get(text, "/300/versionInfo/id", &value) == IK_STATUS_OK, value);
    ik_string_free(value);
}

// The body of a request is checked as that of an answer is.
static void *checking_client;
static void json_check(void *text)
{
    ik_call *request = NULL;
    expect(ik_request_call(checking_client, "POST", "/v1/files", text, &request) == IK_STATUS_OK, "not JSON");
    ik_call_free(request);
}

int main(int argc, char **argv)
{
    expect(argc == 3, "see the first line of counted.c");
    void (*what)(void *) = NULL, *with = NULL;
    if (!strcmp(argv[1], "call")) {
        what = call;
        with = client_of_a_server();
    } else if (!strcmp(argv[1], "json_get")) {
        what = json_get;
        with = document(DOCUMENT_BYTES);
    } else if (!strcmp(argv[1], "json_check")) {
        what = json_check;
        with = document(DOCUMENT_BYTES);
        checking_client = make_client("http://127.0.0.1:1");
    }
    expect(what != NULL, "call, json_get or json_check");

    for (int i = 0; i < 20; i++)
        what(with);
    CALLGRIND_START_INSTRUMENTATION;
    for (int i = 0; i < atoi(argv[2]); i++)
        what(with);
    CALLGRIND_STOP_INSTRUMENTATION;
    return 0;
}
