/* Fetches the versions of four files together, in up to five rounds, and says how long each took. */
#define _POSIX_C_SOURCE 200809L

#include <imagekit.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5, FILES = 4 };

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* An answer is freed, an error is the end. */
static void check(ik_status status, char **answer)
{
    if (status != IK_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", ik_status_name(status), *answer ? *answer : "");
        exit(1);
    }
    ik_string_free(*answer);
    *answer = NULL;
}

/* All are on their way before the first is waited for. */
static void fetch_together(const ik_client *client, char **file_ids)
{
    ik_call *calls[FILES];
    char *answer = NULL;

    for (int i = 0; i < FILES; i++) {
        check(ik_get_file_versions_call(client, file_ids[i], &calls[i]), &answer);
        check(ik_call_start(calls[i], NULL, NULL), &answer);
    }
    for (int i = 0; i < FILES; i++) {
        check(ik_call_wait(calls[i], UINT64_MAX, &answer), &answer);
        ik_call_free(calls[i]);
    }
}

int main(int argc, char **argv)
{
    ik_client *client = NULL;
    char *answer = NULL;

    if (argc != 1 + FILES) {
        fputs("usage: concurrent FILE_ID FILE_ID FILE_ID FILE_ID\n", stderr);
        return 2;
    }
    check(ik_client_new(NULL, &client, &answer), &answer);
    check(ik_get_file_versions(client, argv[1], &answer), &answer); /* a warm-up */
    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin = now_ms();

        fetch_together(client, argv + 1);
        printf("%d answers in %" PRId64 " ms\n", FILES, now_ms() - begin);
    }
    ik_client_free(client);
    return 0;
}
