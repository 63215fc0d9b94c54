/*
 * Makes an older version of a file the current one: the one that is named, or else the newest that is
 * not current. Shows the versions before, and what is known of the call besides its answer.
 *
 *     cc restore_version.c -limagekit -o restore_version
 *     IMAGEKIT_PRIVATE_KEY=private_... ./restore_version FILE_ID [VERSION_ID]
 *
 * Ends with 0 if that version is current now, else with 1.
 */
#include <imagekit.h>
#include <stdio.h>
#include <string.h>

/* What is there as text, or NULL. Free it with ik_string_free(). */
static char *value(const char *json, const char *pointer)
{
    char *text;
    if (ik_json_get(json, pointer, &text) == IK_STATUS_OK)
        return text;
    ik_string_free(text); /* NULL where there is nothing, else an error document */
    return NULL;
}

static char *field(const char *versions, unsigned index, const char *name)
{
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/%u/%s", index, name);
    return value(versions, pointer);
}

/* Shows the versions. Gives the id of the newest but the current one, which comes first, or NULL. */
static char *show_versions(const char *versions)
{
    unsigned newest = 0;
    char newest_at[64] = "", *id;

    for (unsigned index = 0; (id = field(versions, index, "versionInfo/id")) != NULL; index++) {
        char *at = field(versions, index, "updatedAt");
        char *name = field(versions, index, "versionInfo/name");
        printf("%c %s  %s  %s\n", index == 0 ? '*' : ' ', id, at ? at : "", name ? name : "");
        if (index > 0 && at && strcmp(at, newest_at) > 0) { /* in UTC, later is greater as text */
            newest = index;
            snprintf(newest_at, sizeof newest_at, "%s", at);
        }
        ik_string_free(id);
        ik_string_free(at);
        ik_string_free(name);
    }
    return newest > 0 ? field(versions, newest, "versionInfo/id") : NULL;
}

/* Worth a look after failures, too: ImageKit's support asks for the request's id. */
static void show_metadata(const ik_call *call)
{
    static const char *const shown[] = {
        "httpStatus",      "requestId",           "attempts",
        "rateLimit/limit", "timings/firstByteUs", "timings/totalUs",
    };
    char *metadata;

    if (ik_call_get_metadata(call, &metadata) == IK_STATUS_OK) {
        for (size_t at = 0; at < sizeof shown / sizeof *shown; at++) {
            char pointer[64];
            snprintf(pointer, sizeof pointer, "/%s", shown[at]);
            char *text = value(metadata, pointer);
            printf("%-20s %s\n", shown[at], text ? text : "-");
            ik_string_free(text);
        }
    }
    ik_string_free(metadata);
}

int main(int argc, char **argv)
{
    ik_client *client = NULL;
    ik_call *call = NULL;
    char *answer = NULL, *newest = NULL;
    const char *reason = ""; /* where there is no error document */

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s FILE_ID [VERSION_ID]\n", argc > 0 ? argv[0] : "restore_version");
        return 2;
    }

    ik_status status = ik_client_new(NULL, &client, &answer);
    if (status == IK_STATUS_OK)
        status = ik_get_file_versions(client, argv[1], &answer);
    if (status == IK_STATUS_OK) {
        newest = show_versions(answer);
        ik_string_free(answer);
        answer = NULL;
        const char *version_id = argc > 2 ? argv[2] : newest;
        reason = version_id ? "IMAGE_KIT_LOG=warn tells why" : "the file has no older version";
        status = ik_restore_file_version_call(client, argv[1], version_id, &call);
    }
    if (status == IK_STATUS_OK) {
        ik_call_set_timeout_ms(call, 15000); /* this call's own; if refused, the next line fails */
        status = ik_call_perform(call, &answer);
        show_metadata(call);
    }
    if (status != IK_STATUS_OK)
        fprintf(stderr, "%s: %s\n", ik_status_name(status), answer ? answer : reason);

    ik_string_free(answer);
    ik_string_free(newest);
    ik_call_free(call);
    ik_client_free(client);
    return status == IK_STATUS_OK ? 0 : 1;
}
