/*
 * Prints the versions of a file, and does other work while the answer is on its way: here, a dot on
 * standard error ten times a second. Ctrl-C cancels the call, not the program.
 *
 *     cc versions_async.c -limagekit -o versions_async
 *     IMAGEKIT_PRIVATE_KEY=private_... ./versions_async FILE_ID
 *
 * Ends with 0 and the versions, with 1 and an error on standard error, or with 130 after Ctrl-C.
 */
#define _POSIX_C_SOURCE 200809L
#include <imagekit.h>
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t interrupted;

/* A handler of signals must call nothing of the library, so it leaves a note. */
static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* The end of a call that was started. Meanwhile this thread is free for most of the time. */
static ik_status work_until_end(ik_call *call, char **answer)
{
    ik_status status;

    fputs("asking ", stderr);
    while ((status = ik_call_wait(call, 100, answer)) == IK_STATUS_PENDING) {
        fputc('.', stderr); /* your work; with a timeout of 0, ik_call_wait() only has a look */
        if (interrupted)
            ik_call_cancel(call); /* the next wait tells how it ended */
    }
    fputc('\n', stderr);
    return status;
}

int main(int argc, char **argv)
{
    ik_client *client = NULL;
    ik_call *call = NULL;
    char *answer = NULL; /* the versions or the error: one string, freed once */

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE_ID\n", argc > 0 ? argv[0] : "versions_async");
        return 2;
    }

    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);

    ik_status status = ik_client_new(NULL, &client, &answer);
    if (status == IK_STATUS_OK)
        status = ik_get_file_versions_call(client, argv[1], &call);
    if (status == IK_STATUS_OK)
        status = ik_call_start(call, NULL, NULL);
    if (status == IK_STATUS_OK)
        status = work_until_end(call, &answer);

    if (status == IK_STATUS_OK)
        puts(answer);
    else /* a call that is refused gives no document: its reason goes to the log */
        fprintf(stderr, "%s: %s\n", ik_status_name(status),
                answer ? answer : "IMAGE_KIT_LOG=warn tells why");

    ik_string_free(answer);
    ik_call_free(call);
    ik_client_free(client);
    if (status == IK_STATUS_CANCELLED && interrupted)
        return 130; /* as a shell has it: 128 and the number of SIGINT */
    return status == IK_STATUS_OK ? 0 : 1;
}
