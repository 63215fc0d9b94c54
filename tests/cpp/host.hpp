// What the C++ hosts of the tests share: checks, and a call whose strings go by themselves.
#pragma once

#include <imagekit.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);           \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

struct FreeString {
    void operator()(char *string) const { ik_string_free(string); }
};
using String = std::unique_ptr<char, FreeString>;

struct FreeClient {
    void operator()(ik_client *client) const { ik_client_free(client); }
};
using Client = std::unique_ptr<ik_client, FreeClient>;

// The value after `name` on the command line.
inline std::string option(int argc, char **argv, const char *name)
{
    for (int at = 1; at + 1 < argc; at++)
        if (std::strcmp(argv[at], name) == 0)
            return argv[at + 1];
    return "";
}

struct Target {
    std::string url, key, id;

    Target(int argc, char **argv)
        : url(option(argc, argv, "--base-url")), key(option(argc, argv, "--key")),
          id(option(argc, argv, "--id"))
    {
    }

    Client client() const
    {
        ik_config *config = ik_config_new();
        ik_client *made = nullptr;
        CHECK(ik_config_set_private_key(config, key.c_str()) == IK_STATUS_OK);
        CHECK(ik_config_set_base_url(config, url.c_str()) == IK_STATUS_OK);
        CHECK(ik_client_new(config, &made, nullptr) == IK_STATUS_OK);
        ik_config_free(config);
        return Client(made);
    }

    // A call that has to work.
    void call(const ik_client *client) const
    {
        char *answer = nullptr;
        ik_status status = ik_get_file_versions(client, id.c_str(), &answer);
        String owned(answer);
        if (status != IK_STATUS_OK)
            std::fprintf(stderr, "%s\n", answer);
        CHECK(status == IK_STATUS_OK && std::strstr(answer, id.c_str()) != nullptr);
    }
};
