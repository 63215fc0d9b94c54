// imagekit.hpp with nlohmann::json, which it never includes: answers become its values, its values bodies.
#include "wrapper.hpp"

#include <nlohmann/json.hpp>

using imagekit::status;
using nlohmann::json;

static void all(const Target &target)
{
    const auto client = client_of(target);
    const json versions = client.get_file_versions<json>(target.id);
    CHECK(versions == json::parse(client.get_file_versions(target.id)) && versions.size() == 3);
    const std::string oldest = versions.back().at("versionInfo").at("id");
    CHECK(client.get_file_version_details<json>(target.id, oldest).at("fileId") == target.id);
    CHECK(client.try_get_file_version_details<json>(target.id, oldest)->at("versionInfo").at("id") == oldest);
    CHECK(client.get_file_versions_call(target.id).perform<json>() == versions);
    const auto ordered = client.get_file_versions<nlohmann::ordered_json>(target.id);
    CHECK(json::parse(ordered.dump()) == versions);

    const json upload = {{"file", "aGVsbG8="}, {"fileName", "a.txt"}, {"useUniqueFileName", false}, {"tags", {"größe 🎨"}}};
    const json uploaded = client.request<json>("POST", "/api/v1/files/upload", upload);
    CHECK(uploaded.at("tags") == upload.at("tags"));
    CHECK(client.request_call("POST", "/api/v1/files/upload", upload).perform<json>().at("fileId") ==
          uploaded.at("fileId"));
    CHECK(json::parse(client.request("GET", "/v1/files?limit=1")).size() == 1);

    const auto unknown = client.try_get_file_versions<json>("000000000000000000000000");
    CHECK(!unknown && json::parse(unknown.error().document()).at("error").at("httpStatus") == 404);
    const imagekit::error own(status::internal, "a \"quoted\"\t\\ text\nof lines");
    CHECK(json::parse(own.document()).at("error").at("message") == own.message());

    const json no_text = "\xff";
    CHECK(client.try_request("POST", "/api/v1/files/upload", no_text).error().status() == status::invalid_argument);
    struct Picky { // takes no answer
        static Picky parse(const std::string &) { throw std::out_of_range("too much"); }
    };
    const auto picky = client.try_get_file_versions<Picky>(target.id);
    CHECK(picky.error().status() == status::invalid_response && picky.error().message() == "too much");
}

int main(int argc, char **argv)
{
    static constexpr Part PARTS[] = {{"all", all}};
    return run_part(PARTS, argc, argv);
}
