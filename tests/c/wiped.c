/* A host that looks for a key in its own memory. Memory that is freed is never given again here, so
 * that a copy which nobody wiped stays to be found. Whatever it looks for it gets on its command line
 * disguised, each byte with MASK and in two hexadecimal digits, and shows only while it is passed on:
 *
 *     wiped PART KEY NEEDLE...
 *
 * Prints how often any needle is found, after each step of the part. */
#include "host.h"

#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>

enum { MASK = 0x5a, LONGEST = 256, CHUNK = 1 << 20 };

static struct needle {
    unsigned char masked[LONGEST];
    size_t length;
} key, needles[8];

static size_t needle_count;
static unsigned char chunk[CHUNK];

static _Alignas(4096) unsigned char arena[64 << 20];
static atomic_size_t used;

static void *take(size_t alignment, size_t size)
{
    size_t head = alignment < 16 ? 16 : alignment;
    size_t whole = (head + size + 15) / 16 * 16 + head;
    size_t at = atomic_fetch_add(&used, whole);
    if (at + whole > sizeof arena)
        _exit(3); /* its arena is too small for this program */
    uintptr_t begin = ((uintptr_t)arena + at + head + head - 1) / head * head;
    ((size_t *)begin)[-1] = size;
    return (void *)begin;
}

void *malloc(size_t size)
{
    return take(16, size);
}

void *calloc(size_t count, size_t size)
{
    return take(16, count * size); /* nothing was ever there */
}

void *realloc(void *old, size_t size)
{
    void *new = take(16, size);
    if (old) {
        size_t old_size = ((size_t *)old)[-1];
        memcpy(new, old, old_size < size ? old_size : size);
    }
    return new;
}

void free(void *memory)
{
    (void)memory;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return take(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
    return take(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = take(alignment, size);
    return 0;
}

static void read_masked(struct needle *needle, const char *digits)
{
    needle->length = strlen(digits) / 2;
    CHECK(needle->length > 0 && needle->length < LONGEST);
    for (size_t at = 0; at < needle->length; at++) {
        unsigned byte = 0;
        CHECK(sscanf(digits + 2 * at, "%2x", &byte) == 1);
        needle->masked[at] = (unsigned char)byte;
    }
}

static bool is_at(const unsigned char *bytes, const struct needle *needle)
{
    for (size_t at = 0; at < needle->length; at++)
        if ((bytes[at] ^ MASK) != needle->masked[at])
            return false;
    return true;
}

/* Where our own buffer is: what is found there was read there from elsewhere. */
static bool is_ours(uintptr_t address)
{
    uintptr_t begin = (uintptr_t)chunk;
    return address + LONGEST > begin && address < begin + sizeof chunk;
}

/* In the part of the arena that was never given. */
static bool is_unused(uintptr_t address)
{
    uintptr_t begin = (uintptr_t)arena;
    return address >= begin + used && address < begin + sizeof arena;
}

static unsigned count_in(int memory, uintptr_t begin, uintptr_t end)
{
    unsigned found = 0;
    for (uintptr_t at = begin; at < end; at += CHUNK - LONGEST) {
        if (is_unused(at) && is_unused(at + CHUNK))
            continue;
        size_t wanted = end - at < CHUNK ? end - at : CHUNK;
        ssize_t got = pread(memory, chunk, wanted, (off_t)at);
        for (ssize_t byte = 0; byte < got && byte < CHUNK - LONGEST; byte++)
            for (size_t one = 0; one < needle_count; one++) {
                bool fits = byte + (ssize_t)needles[one].length <= got;
                bool is_there = fits && is_at(chunk + byte, &needles[one]);
                found += is_there && !is_ours(at + (uintptr_t)byte);
            }
    }
    return found;
}

/* In all that this process may write to: heap, stacks, its own and every library's data. */
static unsigned count_copies(void)
{
    unsigned found = 0;
    char line[PATH_MAX + 256];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    CHECK(maps != NULL && memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin, end;
        char rights[8];
        CHECK(sscanf(line, "%lx-%lx %7s", &begin, &end, rights) == 3);
        if (rights[0] == 'r' && rights[1] == 'w')
            found += count_in(memory, begin, end);
    }
    fclose(maps);
    close(memory);
    return found;
}

static void tell(const char *when)
{
    unsigned found = count_copies();
    printf("%s %u\n", when, found);
}

/* Hands the key to `use` with these texts around it, and wipes it. */
static void with_key(const char *before, const char *after, void (*use)(const char *, void *), void *with)
{
    static char text[2 * LONGEST];
    size_t length = strlen(before);
    memcpy(text, before, length);
    for (size_t at = 0; at < key.length; at++)
        text[length++] = (char)(key.masked[at] ^ MASK);
    strcpy(text + length, after);
    use(text, with);
    explicit_bzero(text, sizeof text);
}

static void set_key(const char *text, void *config)
{
    CHECK_STATUS(ik_config_set_private_key(config, text), IK_STATUS_OK, NULL);
}

static void refuse_key(const char *text, void *config)
{
    CHECK_STATUS(ik_config_set_private_key(config, text), IK_STATUS_INVALID_ARGUMENT, NULL);
}

static ik_client *client_of_config(const ik_config *config, ik_status expected)
{
    ik_client *client = NULL;
    char *error = NULL;
    CHECK_STATUS(ik_client_new(config, &client, &error), expected, error);
    ik_string_free(error);
    return client;
}

static ik_config *new_config(const char *url)
{
    ik_config *config = ik_config_new();
    CHECK_STATUS(ik_config_set_base_url(config, url), IK_STATUS_OK, NULL);
    return config;
}

static void end(ik_client *client, ik_config *config)
{
    ik_client_free(client);
    ik_config_free(config);
    CHECK_STATUS(ik_shutdown(10000), IK_STATUS_OK, NULL);
    tell("freed");
}

static void set(const char *url)
{
    ik_config *config = new_config(url);
    tell("before");
    with_key("", "", set_key, config);
    ik_client *client = client_of_config(config, IK_STATUS_OK);
    tell("kept");
    end(client, config);
}

static void replaced(const char *url)
{
    ik_config *config = new_config(url);
    with_key("", "", set_key, config);
    set_key("private_other", config);
    tell("replaced");
    end(client_of_config(config, IK_STATUS_OK), config);
}

static void refused(const char *url)
{
    ik_config *config = new_config(url);
    with_key("", ":", refuse_key, config);
    with_key(" ", "", refuse_key, config);
    with_key("", "\n", refuse_key, config);
    tell("refused");
    end(client_of_config(config, IK_STATUS_INVALID_ARGUMENT), config);
}

static void client_of_variable(const char *text, void *client)
{
    char *variable = (char *)(uintptr_t)text;
    CHECK(putenv(variable) == 0);
    ik_config *config = new_config("http://127.0.0.1:1");
    *(ik_client **)client = client_of_config(config, IK_STATUS_OK);
    ik_config_free(config);
    CHECK(unsetenv("IMAGEKIT_PRIVATE_KEY") == 0);
}

static void variable(const char *url)
{
    ik_client *client = NULL;
    (void)url;
    with_key("IMAGEKIT_PRIVATE_KEY=", "\n", client_of_variable, &client);
    tell("kept");
    end(client, NULL);
}

/* Calls that are described and never sent, and one that is refused. */
static void described(const char *url)
{
    ik_config *config = new_config(url);
    ik_call *call = NULL;
    char *answer = NULL;
    with_key("", "", set_key, config);
    ik_client *client = client_of_config(config, IK_STATUS_OK);
    CHECK_STATUS(ik_get_file_versions_call(client, "file", &call), IK_STATUS_OK, NULL);
    CHECK_STATUS(ik_call_cancel(call), IK_STATUS_OK, NULL);
    CHECK_STATUS(ik_get_file_versions(client, "", &answer), IK_STATUS_INVALID_ARGUMENT, answer);
    ik_string_free(answer);
    ik_call_free(call);
    end(client, config);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*run)(const char *); } parts[] = {
        {"set", set}, {"replaced", replaced}, {"refused", refused},
        {"variable", variable}, {"described", described},
    };
    alarm(60);
    CHECK(argc > 3);
    read_masked(&key, argv[2]);
    for (int at = 3; at < argc; at++)
        read_masked(&needles[needle_count++], argv[at]);
    for (size_t at = 0; at < sizeof parts / sizeof *parts; at++)
        if (strcmp(argv[1], parts[at].name) == 0)
            parts[at].run("http://127.0.0.1:1");
    return 0;
}
