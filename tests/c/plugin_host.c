/* A host that loads a plugin, uses and unloads it, again and again. The plugin has the library inside of
 * it, statically linked; this program has not. */
#include "host.h"

#include <dlfcn.h>

enum { ROUNDS = 50 };

typedef void (*use)(int argc, char **argv);

static use find(void *plugin, const char *name)
{
    use function = NULL;
    void *address = dlsym(plugin, name);
    CHECK(address != NULL);
    memcpy(&function, &address, sizeof address);
    return function;
}

static use load(const char *path, void **plugin)
{
    *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (*plugin == NULL)
        FAIL("%s", dlerror());
    return find(*plugin, "plugin_use");
}

/* Whether a thread runs in it or not: it was used, so it stays. */
static void unload(const char *path, void *plugin)
{
    CHECK(dlclose(plugin) == 0);
    void *kept = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    CHECK(kept != NULL && dlclose(kept) == 0);
}

static void expect_descriptors(int most)
{
    for (int64_t bound = now_ms() + 5000; count_descriptors() > most; usleep(1000))
        if (now_ms() > bound)
            FAIL("%d descriptors, not %d", count_descriptors(), most);
}

int main(int argc, char **argv)
{
    const char *path = argv[1];
    void *plugin = NULL;
    int threads = count_threads();
    use function = load(path, &plugin);
    find(plugin, "plugin_touch")(argc, argv);
    CHECK(count_threads() == threads);
    unload(path, plugin);
    function = load(path, &plugin);
    function(argc, argv);
    int descriptors = count_descriptors();
    CHECK(count_threads() == threads + 1);
    for (int round = 0; round < ROUNDS; round++) {
        unload(path, plugin);
        load(path, &plugin)(argc, argv);
    }
    CHECK(count_threads() == threads + 1);
    expect_descriptors(descriptors);

    CHECK(dlclose(plugin) == 0);
    pid_t child = fork(); /* its handlers are the plugin's */
    if (child == 0) {
        alarm(30);
        load(path, &plugin)(argc, argv);
        _exit(0);
    }
    expect_child(child);

    load(path, &plugin)(argc, argv);
    find(plugin, "plugin_stop")(argc, argv);
    CHECK(count_threads() == threads);
    unload(path, plugin);
    load(path, &plugin)(argc, argv);
    return 0;
}
