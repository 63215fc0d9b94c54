/* A host without a network: a namespace of its own, in which not even loopback is up. Ends with 77 where
 * this machine makes none. */
#include "host.h"

#include <sched.h>

static void expect_failure(const char *url, const char *named)
{
    ik_client *client = client_of_url(url, 20000);
    for (int round = 0; round < 3; round++) {
        char *answer = NULL;
        int64_t started = now_ms();
        ik_status status = ik_get_file_versions(client, "file", &answer);
        CHECK_STATUS(status, IK_STATUS_CONNECT_FAILED, answer);
        if (strstr(answer, named) == NULL)
            FAIL("does not name the host: %s", answer);
        printf("%d\n", (int)(now_ms() - started));
        ik_string_free(answer);
    }
    ik_client_free(client);
}

int main(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        printf("no network namespace: %s\n", strerror(errno));
        return 77;
    }
    expect_failure("https://no-such-host.example", "no-such-host.example");
    expect_failure("http://127.0.0.1:1", "127.0.0.1");
    return 0;
}
