// libimagekit: ours BASE_URL CA_FILE|- once
//              ours BASE_URL CA_FILE|- threads NUMBER
//              ours BASE_URL CA_FILE|- many IN_FLIGHT [IDS_IN_ONE_CALL IDS_MADE_BEFORE]
#include "threads.h"

#include <imagekit.h>

static ik_client *client;

static void expect(ik_status status, const char *what, const char *answer)
{
    if (status != IK_STATUS_OK)
        give_up(what, answer ? answer : ik_status_name(status));
}

static void make_client(const char *base_url, const char *ca_file)
{
    ik_config *config = ik_config_new();
    char *error = NULL;
    expect(ik_config_set_private_key(config, "private_bench"), "key", NULL);
    expect(ik_config_set_base_url(config, base_url), "base URL", NULL);
    if (strcmp(ca_file, "-"))
        expect(ik_config_set_ca_file(config, ca_file), "CA file", NULL);
    expect(ik_client_new(config, &client, &error), "client", error);
    ik_config_free(config);
}

static void get(unsigned thread, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        char id[32], *versions = NULL;
        snprintf(id, sizeof id, "%u-%" PRIu64, thread, i % IDS);
        expect(ik_get_file_versions(client, id, &versions), id, versions);
        ik_string_free(versions);
    }
}

// Every id of one call is another one: ours would fetch equal ones once.
static const char **ids;
static uint64_t number_of_ids, ids_in_one_call = UINT64_MAX;
static uint32_t in_flight;

static void make_ids(uint64_t count)
{
    ids = realloc(ids, count * sizeof *ids);
    for (; number_of_ids < count; number_of_ids++) {
        char id[32];
        snprintf(id, sizeof id, "%024" PRIx64, number_of_ids);
        ids[number_of_ids] = strdup(id);
    }
}

static int32_t count_result(void *results, uint64_t index, ik_status status, const char *json)
{
    expect(status, ids[index], json);
    ++*(uint64_t *)results;
    return 0;
}

static void get_many(uint64_t count)
{
    uint64_t results = 0;
    for (uint64_t done = 0; done < count;) {
        uint64_t next = count - done < ids_in_one_call ? count - done : ids_in_one_call;
        if (next > number_of_ids)
            make_ids(next);
        expect(ik_get_file_versions_many(client, ids, next, in_flight, count_result, &results), "many", NULL);
        done += next;
    }
    if (results != count)
        give_up("many", "not every id was reported");
}

int main(int argc, char **argv)
{
    if (argc < 4)
        give_up(argv[0], "see the first lines of ours.c");
    const char *how = argv[3];
    uint64_t number = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    make_client(argv[1], argv[2]);

    if (!strcmp(how, "once")) {
        get(0, 1);
        return 0; // as a user's program ends: the system takes back what is left
    }
    if (!strcmp(how, "threads"))
        work_in_threads((unsigned)number, get);
    in_flight = (uint32_t)number;
    if (argc > 5)
        ids_in_one_call = strtoull(argv[5], NULL, 10);
    if (argc > 6)
        make_ids(strtoull(argv[6], NULL, 10)); // before any, so that they count alike in every run
    work(get_many, RUSAGE_SELF);
    return 0;
}
