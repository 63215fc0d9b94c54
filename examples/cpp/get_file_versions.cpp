// Prints the versions of a file, the current one first, and what is known of the response; then shows what
// becomes of a request that fails.
//
//     c++ -std=c++17 get_file_versions.cpp -limagekit -o get_file_versions
//     IMAGEKIT_PRIVATE_KEY=private_... ./get_file_versions FILE_ID
//
// IMAGE_KIT_BASE_URL names another server than https://api.imagekit.io.
#include <imagekit.hpp>

#include <iostream>
#include <string>
#include <vector>

struct Version {
    std::string id, name, file_name;
};

// The library reads single values; for much more than this, take a JSON library.
static std::vector<Version> read_versions(const std::string &json)
{
    const auto text = [&](const std::string &pointer) { return imagekit::json_get(json, pointer).value_or(""); };

    std::vector<Version> versions;
    while (true) {
        const std::string place = "/" + std::to_string(versions.size());
        if (!imagekit::json_get(json, place))
            return versions;
        versions.push_back({text(place + "/versionInfo/id"), text(place + "/versionInfo/name"), text(place + "/name")});
    }
}

static void print_versions(const imagekit::client &client, const std::string &file_id)
{
    const auto versions = read_versions(client.get_file_versions(file_id));

    std::cout << versions.size() << (versions.size() == 1 ? " version of " : " versions of ") << file_id << '\n';
    for (const Version &version : versions)
        std::cout << version.id << "  " << version.name << "  " << version.file_name << '\n';
    if (!versions.empty())
        std::cout << "first version: " << versions.front().id << '\n';
}

// A call that is described first tells more than its answer.
static void print_response(const imagekit::client &client, const std::string &file_id)
{
    auto call = client.get_file_versions_call(file_id);
    call.perform();

    const std::string metadata = call.metadata();
    std::cout << "response: status " << imagekit::json_get(metadata, "/httpStatus").value_or("none")
              << ", request id " << imagekit::json_get(metadata, "/requestId").value_or("none") << '\n';
}

// Where a failure is nothing unusual, ask for a result in place of an exception.
static void print_failure(const imagekit::client &client)
{
    const auto versions = client.try_get_file_versions("000000000000000000000000");
    if (!versions)
        std::cout << "unknown file: " << versions.error().what() << '\n';
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cerr << "usage: " << (argc > 0 ? argv[0] : "get_file_versions") << " FILE_ID\n";
        return 2;
    }

    try {
        const imagekit::client client; // key and server come from the environment
        print_versions(client, argv[1]);
        print_response(client, argv[1]);
        print_failure(client);
    } catch (const imagekit::error &error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
}
