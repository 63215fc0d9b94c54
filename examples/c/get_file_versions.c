/*
 * Prints the versions of a file, the current one first, as a JSON array.
 *
 *     cc get_file_versions.c -limagekit -o get_file_versions
 *     IMAGEKIT_PRIVATE_KEY=private_... ./get_file_versions FILE_ID
 *
 * IMAGE_KIT_BASE_URL names another server than https://api.imagekit.io.
 */
#include <imagekit.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    ik_client *client = NULL;
    char *answer = NULL; /* the versions or the error: one string, freed once */

    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE_ID\n", argc > 0 ? argv[0] : "get_file_versions");
        return 2;
    }

    /* Without a config, key and server come from the environment. */
    ik_status status = ik_client_new(NULL, &client, &answer);
    if (status == IK_STATUS_OK)
        status = ik_get_file_versions(client, argv[1], &answer);

    if (status == IK_STATUS_OK)
        puts(answer);
    else
        fprintf(stderr, "%s: %s\n", ik_status_name(status), answer ? answer : "");

    ik_string_free(answer);
    ik_client_free(client);
    return status == IK_STATUS_OK ? 0 : 1;
}
