/* A plugin with the library inside of it, statically linked. */
#include "host.h"

__attribute__((visibility("default"))) void plugin_use(int argc, char **argv);

void plugin_use(int argc, char **argv)
{
    ik_client *client = make_client(argc, argv);
    call(client, option(argc, argv, "--id", "file"));
    ik_client_free(client);
}
