/* A plugin's life: the library is loaded, used and unloaded, again and again. This program is not
 * linked against it. */
#include "host.h"

#include <dlfcn.h>

enum { ROUNDS = 200 };

static struct {
    void *library;
    ik_config *(*config_new)(void);
    void (*config_free)(ik_config *);
    ik_status (*set_key)(ik_config *, const char *);
    ik_status (*set_url)(ik_config *, const char *);
    ik_status (*set_ca_file)(ik_config *, const char *);
    ik_status (*client_new)(const ik_config *, ik_client **, char **);
    void (*client_free)(ik_client *);
    ik_status (*get)(const ik_client *, const char *, char **);
    void (*string_free)(char *);
} api;

static void find(const char *name, void *function)
{
    void *address = dlsym(api.library, name);
    CHECK(address != NULL);
    memcpy(function, &address, sizeof address);
}

static void load(const char *path)
{
    api.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (api.library == NULL)
        FAIL("%s", dlerror());
    find("ik_config_new", &api.config_new);
    find("ik_config_free", &api.config_free);
    find("ik_config_set_private_key", &api.set_key);
    find("ik_config_set_base_url", &api.set_url);
    find("ik_config_set_ca_file", &api.set_ca_file);
    find("ik_client_new", &api.client_new);
    find("ik_client_free", &api.client_free);
    find("ik_get_file_versions", &api.get);
    find("ik_string_free", &api.string_free);
}

static void use(int argc, char **argv)
{
    const char *id = option(argc, argv, "--id", "file"), *ca = option(argc, argv, "--ca-file", NULL);
    ik_client *client = NULL;
    char *answer = NULL;
    ik_config *config = api.config_new();
    CHECK(api.set_key(config, option(argc, argv, "--key", "")) == IK_STATUS_OK);
    CHECK(api.set_url(config, option(argc, argv, "--base-url", "")) == IK_STATUS_OK);
    CHECK(ca == NULL || api.set_ca_file(config, ca) == IK_STATUS_OK);
    CHECK(api.client_new(config, &client, &answer) == IK_STATUS_OK);
    if (api.get(client, id, &answer) != IK_STATUS_OK)
        FAIL("%s", answer);
    CHECK(strstr(answer, id) != NULL);
    api.string_free(answer);
    api.client_free(client);
    api.config_free(config);
}

/* The connections of a client go some time after it: waits, with a bound. */
static void expect_descriptors(int most)
{
    for (int64_t bound = now_ms() + 5000; count_descriptors() > most; usleep(1000))
        if (now_ms() > bound)
            FAIL("%d descriptors, not %d", count_descriptors(), most);
}

int main(int argc, char **argv)
{
    const char *path = argv[1];
    CHECK(dlopen(path, RTLD_NOW | RTLD_NOLOAD) == NULL); /* or nothing is loaded below */
    int threads = count_threads(), descriptors = count_descriptors();
    load(path);
    CHECK(count_threads() == threads);
    CHECK(count_descriptors() == descriptors);

    use(argc, argv);
    int with_library = count_descriptors();
    CHECK(count_threads() == threads + 1);
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(dlclose(api.library) == 0);
        load(path);
        use(argc, argv);
    }
    CHECK(count_threads() == threads + 1);
    expect_descriptors(with_library);

    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        use(argc, argv);
        _exit(0);
    }
    expect_child(child);
    CHECK(dlclose(api.library) == 0);
    usleep(50000); /* an unmapped thread would crash at its next step */
    return 0;
}
