/* Forks while other threads change a config and make clients of it: each child goes on with the
 * config as it finds it. */
#include "host.h"

#include <stdatomic.h>

enum { FORKS = 300, HANGS_AFTER_S = 10, URL_BYTES = 1900 };

static struct {
    ik_config *config;
    char url[URL_BYTES + 1]; /* long, so that much of the time goes into copying it */
    atomic_bool over;
    atomic_uint set, made;
} host;

static void make_and_free(void)
{
    ik_client *client = NULL;
    char *error = NULL;
    ik_status status = ik_client_new(host.config, &client, &error);
    CHECK_STATUS(status, IK_STATUS_OK, error);
    ik_client_free(client);
}

static void *keep_setting(void *nothing)
{
    for (; !host.over; host.set++)
        CHECK(ik_config_set_base_url(host.config, host.url) == IK_STATUS_OK);
    return nothing;
}

static void *keep_making(void *nothing)
{
    for (; !host.over; host.made++)
        make_and_free();
    return nothing;
}

int main(void)
{
    memset(host.url, 'a', URL_BYTES);
    memcpy(host.url, "http://127.0.0.1:1/", strlen("http://127.0.0.1:1/"));
    host.config = ik_config_new();
    CHECK(ik_config_set_private_key(host.config, "private_host") == IK_STATUS_OK);
    CHECK(ik_config_set_base_url(host.config, host.url) == IK_STATUS_OK);
    pthread_t threads[] = {start_thread(keep_setting, NULL), start_thread(keep_making, NULL)};

    for (int at = 0; at < FORKS; at++) {
        unsigned set = host.set, made = host.made;
        while (host.set == set || host.made == made) /* both are under way */
            sched_yield();
        pid_t child = fork();
        if (child == 0) {
            alarm(HANGS_AFTER_S);
            make_and_free();
            CHECK(ik_config_set_timeout_ms(host.config, 1000) == IK_STATUS_OK);
            _exit(0);
        }
        expect_child(child);
    }
    host.over = true;
    join_thread(threads[0]);
    join_thread(threads[1]);
    ik_config_free(host.config);
    return 0;
}
