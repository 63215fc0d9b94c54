/* Reads values out of documents: argv[1] is a file of so many texts as argv[2] says, each with a NUL
 * after it, in turn a document and a pointer into it. For each pair, each with a NUL after it, too:
 * the name of the status, then `=` with the string that came, or `-` for NULL. */
#include "check.h"

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    const char *at = read_whole(argv[1]);
    for (long left = atol(argv[2]); left > 0; left -= 2) {
        const char *json = at, *pointer = json + strlen(json) + 1;
        at = pointer + strlen(pointer) + 1;
        char *value = "not yet written";
        ik_status status = ik_json_get(json, pointer, &value);
        printf("%s%c%c%s%c", ik_status_name(status), 0, value ? '=' : '-', value ? value : "", 0);
        ik_string_free(value);
    }
    return 0;
}
