// The floor: a blocking socket, a request that is ready but for the id, and the bytes of the answer counted.
// Nothing is checked and nothing copied. raw_socket PORT
#include "worker.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static int connection;

static void get_one(uint64_t id)
{
    char request[256], answer[16384];
    int length = snprintf(request, sizeof request,
                          "GET /v1/files/0-%" PRIu64 "/versions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          "Accept: application/json\r\nAuthorization: Basic cHJpdmF0ZV9iZW5jaDo=\r\n\r\n",
                          id);
    if (write(connection, request, (size_t)length) != length)
        give_up("write", "the connection is gone");

    size_t have = 0, whole = 0;
    while (!whole || have < whole) {
        ssize_t more = read(connection, answer + have, sizeof answer - 1 - have);
        if (more <= 0)
            give_up("read", "the connection is gone, or the answer too long");
        have += (size_t)more;
        answer[have] = 0;
        char *body = whole ? NULL : strstr(answer, "\r\n\r\n");
        char *body_length = body ? strstr(answer, "Content-Length: ") : NULL;
        if (body && !body_length)
            give_up("read", "an answer without a length");
        if (body)
            whole = (size_t)(body + 4 - answer) + strtoul(body_length + 16, NULL, 10);
    }
}

static void get(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        get_one(i % IDS);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up(argv[0], "see the first lines of raw_socket.c");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&server, sizeof server))
        give_up("connect", "refused");
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    work(get, RUSAGE_SELF);
    return 0;
}
