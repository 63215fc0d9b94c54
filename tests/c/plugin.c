/* A plugin with the library inside of it, statically linked. */
#include "host.h"

__attribute__((visibility("default"))) void plugin_use(int argc, char **argv);
__attribute__((visibility("default"))) void plugin_touch(int argc, char **argv);
__attribute__((visibility("default"))) /* No thread runs after this, so nothing but the library's own word keeps it mapped. */
void plugin_touch(int argc, char **argv)
{
    ik_client_free(make_client(argc, argv));
}

void plugin_stop(int argc, char **argv);

void plugin_use(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    call(client, option(argc, argv, "--id", "file"));
    ik_client_free(client);
}

void plugin_stop(int argc, char **argv)
{
    (void)argc, (void)argv;
    CHECK_STATUS(ik_shutdown(UINT64_MAX), IK_STATUS_OK, NULL);
}
