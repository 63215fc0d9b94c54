/* What is different on Windows: the last error of a thread, a standard error that cannot be asked whether
 * it has room, and how libraries are unloaded. */
#include <windows.h>

#include "check.h"

static void call(const ik_client *client, const char *id)
{
    char *answer = NULL;
    CHECK_STATUS(ik_get_file_versions(client, id, &answer), IK_STATUS_OK, answer);
    ik_string_free(answer);
}

/* It is the host's: GetLastError() says what it said before, whatever the library did. */
static void keep_the_last_error(const char *id)
{
    ik_client *client = NULL;
    char *document = NULL;
    SetLastError(12345);
    CHECK_STATUS(ik_client_new(NULL, &client, NULL), IK_STATUS_OK, NULL);
    CHECK(GetLastError() == 12345);
    call(client, id);
    CHECK(GetLastError() == 12345);
    ik_status status = ik_get_file_versions(client, "000000000000000000000000", &document);
    CHECK_STATUS(status, IK_STATUS_NOT_FOUND, document);
    ik_string_free(document);
    CHECK(GetLastError() == 12345);
    ik_client_free(client);
    CHECK(GetLastError() == 12345);
}

/* A pipe that nobody reads holds up whoever writes to it: not the library, which loses lines. It tells on
 * when it is read again. */
static void lose_lines(const char *id)
{
    enum { CALLS = 300 };
    HANDLE before = GetStdHandle(STD_ERROR_HANDLE), reader, writer;
    char text[4096] = "";
    DWORD size = 0;
    CHECK(CreatePipe(&reader, &writer, NULL, 1024) && SetStdHandle(STD_ERROR_HANDLE, writer));
    CHECK(SetEnvironmentVariableA("IMAGE_KIT_LOG", "debug"));
    ik_client *client = NULL;
    CHECK_STATUS(ik_client_new(NULL, &client, NULL), IK_STATUS_OK, NULL);
    int64_t started = now_ms();
    for (int at = 0; at < CALLS; at++)
        call(client, id);
    CHECK(now_ms() - started < 10000);
    CHECK(ReadFile(reader, text, sizeof text - 1, &size, NULL));
    CHECK(strncmp(text, "libimagekit debug: GET /v1/files/", 33) == 0);
    do {
        char *answer = NULL;
        ik_get_file_versions(client, "again", &answer);
        ik_string_free(answer);
        CHECK(now_ms() - started < 20000);
        CHECK(PeekNamedPipe(reader, NULL, 0, NULL, &size, NULL));
        if (size > 0) /* else a read would wait */
            CHECK(ReadFile(reader, text, sizeof text - 1, &size, NULL));
        text[size] = '\0';
    } while (strstr(text, "/again/") == NULL);
    CHECK(SetStdHandle(STD_ERROR_HANDLE, before));
    ik_client_free(client);
    CHECK(SetEnvironmentVariableA("IMAGE_KIT_LOG", NULL));
}

/* The library under another name, in which nothing holds it but the loads below: used and unloaded while
 * its thread lives on. */
static void unload(const char *library, const char *id)
{
    for (int round = 0; round < 20; round++) {
        HMODULE module = LoadLibraryA(library);
        CHECK(module != NULL);
#define FUNCTION(name) __typeof__(name) *name##_ = (void *)(uintptr_t)GetProcAddress(module, #name)
        FUNCTION(ik_client_new);
        FUNCTION(ik_get_file_versions);
        FUNCTION(ik_string_free);
        FUNCTION(ik_client_free);
        ik_client *client = NULL;
        char *answer = NULL;
        CHECK_STATUS(ik_client_new_(NULL, &client, &answer), IK_STATUS_OK, answer);
        CHECK_STATUS(ik_get_file_versions_(client, id, &answer), IK_STATUS_OK, answer);
        ik_string_free_(answer);
        ik_client_free_(client);
        FreeLibrary(module);
        Sleep(20);
    }
    CHECK(GetModuleHandleA(library) != NULL);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    keep_the_last_error(argv[2]);
    lose_lines(argv[2]);
    unload(argv[1], argv[2]);
    return 0;
}
