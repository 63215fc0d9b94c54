/*
 * Gets the versions of many files, as JSON lines in the order in which the answers come:
 *
 *     {"fileId":"...","versions":[...]}
 *     {"fileId":"...","error":{...}}
 *
 *     cc versions_many.c -limagekit -o versions_many
 *     IMAGEKIT_PRIVATE_KEY=private_... ./versions_many < ids > versions.jsonl
 *
 * The ids come from standard input, one a line; or from the account's list of files with --list, and
 * where standard input is a terminal. Ends with 0 if every file has its versions in the output, with
 * 1 if not, and with 2 if it was called wrongly.
 *
 * --failed FILE writes the ids that have none, after Ctrl-C too, so this gets the rest:
 *
 *     ./versions_many --failed rest < ids > versions.jsonl
 *     ./versions_many --failed rest2 < rest >> versions.jsonl
 */
#define _POSIX_C_SOURCE 200809L
#include <imagekit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 100 };

struct job {
    char **ids;
    char *is_done; /* for each id: its versions are in the output */
    size_t count, size, reported, failed;
    int shows_progress;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static void *need(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void add(struct job *job, const char *id)
{
    if (job->count == job->size) {
        job->size = 2 * job->size + 1024;
        job->ids = need(realloc(job->ids, job->size * sizeof *job->ids));
    }
    job->ids[job->count++] = need(strdup(id));
}

static int read_ids(struct job *job)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (*line)
            add(job, line);
    }
    free(line);
    return !ferror(stdin);
}

/* The oldest files first, so that one that is uploaded meanwhile moves no other to another page. */
static ik_status list_ids(struct job *job, const ik_client *client, char **error)
{
    ik_status status;

    do {
        char path[128], *page;
        snprintf(path, sizeof path, "/v1/files?type=file&sort=ASC_CREATED&skip=%zu&limit=%d",
                 job->count, PAGE);
        status = ik_request(client, "GET", path, NULL, &page);
        if (status != IK_STATUS_OK) {
            *error = page;
            return status;
        }
        for (int index = 0; index < PAGE && status == IK_STATUS_OK; index++) {
            char pointer[32], *id;
            snprintf(pointer, sizeof pointer, "/%d/fileId", index);
            status = ik_json_get(page, pointer, &id);
            if (status == IK_STATUS_OK)
                add(job, id);
            ik_string_free(id);
        }
        ik_string_free(page);
    } while (status == IK_STATUS_OK); /* the page was full, so there may be another */
    return status == IK_STATUS_NO_VALUE ? IK_STATUS_OK : status;
}

/* As a JSON string. What the library refused as an id may not be UTF-8: only its ASCII is shown. */
static void print_id(const char *id, ik_status status)
{
    putchar('"');
    for (; *id; id++) {
        unsigned char byte = (unsigned char)*id;
        if (byte >= 0x80 && status == IK_STATUS_INVALID_ARGUMENT)
            printf("\\ufffd");
        else if (byte < 0x20 || byte == '"' || byte == '\\')
            printf("\\u%04x", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

/* The server may send its JSON on many lines. Between values a space is as good as a line's end. */
static void print_on_one_line(const char *json)
{
    for (; *json; json++)
        putchar(*json == '\n' || *json == '\r' ? ' ' : *json);
}

static int32_t on_result(void *user_data, uint64_t index, ik_status status, const char *json)
{
    struct job *job = user_data;

    printf("{\"fileId\":");
    print_id(job->ids[index], status);
    if (status == IK_STATUS_OK) {
        printf(",\"versions\":");
        print_on_one_line(json);
    } else {
        char *error;
        ik_json_get(json, "/error", &error);
        printf(",\"error\":%s", error ? error : "null");
        ik_string_free(error);
        job->failed++;
    }
    printf("}\n");
    int is_written = fflush(stdout) == 0; /* whole lines only, whatever becomes of this program */
    if (!is_written)
        perror("standard output");
    job->is_done[index] = is_written && status == IK_STATUS_OK;
    job->reported++;
    if (job->shows_progress)
        fprintf(stderr, "\r%zu of %zu, %zu failed", job->reported, job->count, job->failed);
    return interrupted || !is_written; /* anything but 0 ends the whole job */
}

static ik_status get_all(struct job *job, const ik_client *client, uint32_t concurrency)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
    sigaction(SIGINT, &action, NULL); /* ends with the next answer; a second Ctrl-C at once */

    job->is_done = need(calloc(job->count + 1, 1));
    ik_status status = ik_get_file_versions_many(client, (const char *const *)job->ids, job->count,
                                                 concurrency, on_result, job);
    if (job->shows_progress)
        fputc('\n', stderr);
    return status;
}

static int parse(const char *text, uint32_t *number)
{
    char *end = NULL;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    *number = (uint32_t)value;
    return end && end > text && *end == '\0' && value <= UINT32_MAX;
}

int main(int argc, char **argv)
{
    uint32_t rate = 0, concurrency = 0; /* no limit of ours, and the library's choice */
    const char *failed_path = NULL;
    int lists = isatty(STDIN_FILENO), is_written = 1;
    struct job job = {.shows_progress = isatty(STDERR_FILENO)};
    FILE *failed = NULL;
    ik_client *client = NULL;
    char *error = NULL;

    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--list") == 0)
            lists = 1;
        else if (strcmp(argv[at], "--rate") == 0 && parse(argv[at + 1], &rate))
            at++;
        else if (strcmp(argv[at], "--concurrency") == 0 && parse(argv[at + 1], &concurrency))
            at++;
        else if (strcmp(argv[at], "--failed") == 0 && argv[at + 1])
            failed_path = argv[++at];
        else {
            fputs("usage: versions_many [--list] [--rate N] [--concurrency N] [--failed FILE]\n",
                  stderr);
            return 2;
        }
    }

    ik_config *config = ik_config_new();
    ik_config_set_max_requests_per_second(config, rate); /* if refused, there will be no client */
    ik_status status = ik_client_new(config, &client, &error);
    ik_config_free(config);

    if (status == IK_STATUS_OK && lists)
        status = list_ids(&job, client, &error);
    else if (status == IK_STATUS_OK && !read_ids(&job)) {
        perror("standard input");
        return 1;
    }
    if (status == IK_STATUS_OK && failed_path && !(failed = fopen(failed_path, "w"))) {
        perror(failed_path);
        return 1; /* before anything was asked for */
    }
    if (status == IK_STATUS_OK)
        status = get_all(&job, client, concurrency);
    if (status != IK_STATUS_OK)
        fprintf(stderr, "%s%s%s\n", ik_status_name(status), error ? ": " : "", error ? error : "");

    for (size_t index = 0; index < job.count; index++) {
        if (failed && !job.is_done[index])
            fprintf(failed, "%s\n", job.ids[index]);
        free(job.ids[index]);
    }
    if (failed && fclose(failed) != 0) {
        perror(failed_path);
        is_written = 0;
    }
    free(job.ids);
    free(job.is_done);
    ik_string_free(error);
    ik_client_free(client);
    return status == IK_STATUS_OK && job.failed == 0 && is_written ? 0 : 1;
}
