// libcurl's easy interface and cJSON, a handle for each thread: curl_easy BASE_URL CA_FILE|- once
//                                                                curl_easy BASE_URL CA_FILE|- threads NUMBER
//                                                                curl_easy BASE_URL CA_FILE|- share NUMBER
//                                                                curl_easy versions
#include "curl.h"
#include "threads.h"

static struct transfer transfers[MOST_THREADS];
static pthread_mutex_t locks[CURL_LOCK_DATA_LAST];

static void lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *user)
{
    (void)easy, (void)access, (void)user;
    pthread_mutex_lock(&locks[data]);
}

static void unlock(CURL *easy, curl_lock_data data, void *user)
{
    (void)easy, (void)user;
    pthread_mutex_unlock(&locks[data]);
}

// Names and TLS sessions. Threads that work at the same time cannot share connections.
static CURLSH *make_share(void)
{
    CURLSH *share = curl_share_init();
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++)
        pthread_mutex_init(&locks[i], NULL);
    curl_share_setopt(share, CURLSHOPT_LOCKFUNC, lock);
    curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, unlock);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return share;
}

static void get(unsigned thread, uint64_t count)
{
    struct transfer *transfer = &transfers[thread];
    for (uint64_t i = 0; i < count; i++) {
        aim(transfer, thread, i % IDS);
        check(transfer, curl_easy_perform(transfer->easy));
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "versions")) {
        printf("%s, cJSON %s\n", curl_version(), cJSON_Version());
        return 0;
    }
    if (argc < 4)
        give_up(argv[0], "see the first lines of curl_easy.c");
    base_url = argv[1];
    ca_file = argv[2];
    unsigned number = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 1;
    if (number > MOST_THREADS)
        give_up("threads", "1 to 64");
    curl_global_init(CURL_GLOBAL_DEFAULT);

    CURLSH *share = strcmp(argv[3], "share") ? NULL : make_share();
    for (unsigned i = 0; i < number; i++)
        prepare(&transfers[i], share);
    if (!strcmp(argv[3], "once")) {
        get(0, 1);
        return 0;
    }
    work_in_threads(number, get);
}
