// imagekit.hpp: what objects own, what becomes of what is moved, and what errors tell.
#include "wrapper.hpp"

using imagekit::status;

template <class Owner>
void expect_moves_only()
{
    static_assert(!std::is_copy_constructible_v<Owner> && !std::is_copy_assignable_v<Owner>);
    static_assert(std::is_nothrow_move_constructible_v<Owner> && std::is_nothrow_move_assignable_v<Owner>);
}

static_assert(std::is_nothrow_copy_constructible_v<imagekit::error> &&
              std::is_nothrow_copy_assignable_v<imagekit::error>);
static_assert(std::is_base_of_v<std::runtime_error, imagekit::error>);

template <class Owner>
Owner &itself(Owner &owner)
{
    return owner; // out of the compiler's sight, which warns of self-moves
}

static void expect_moved_from(const imagekit::error &error, const char *what)
{
    CHECK(error.status() == status::invalid_handle);
    CHECK(error.message() == std::string("this ") + what + " was moved from");
    CHECK(error.what() == "invalid_handle: " + error.message());
}

static void moves(const Target &target)
{
    expect_moves_only<imagekit::config>();
    expect_moves_only<imagekit::client>();
    expect_moves_only<imagekit::call>();
    expect_moves_only<imagekit::queue>();

    imagekit::config config = settings_of(target);
    imagekit::config other_config = std::move(config);
    other_config = std::move(itself(other_config));
    expect_moved_from(thrown_by([&] { config.set_timeout(1s); }), "config");
    setenv("IMAGEKIT_PRIVATE_KEY", target.key.c_str(), 1); // it is no config that has nothing set
    expect_moved_from(thrown_by([&] { return imagekit::client(config); }), "config");
    expect_moved_from(imagekit::client::try_create(config).error(), "config");

    imagekit::client client(other_config);
    imagekit::client other_client = std::move(client);
    other_client = std::move(itself(other_client));
    CHECK(client.native_handle() == nullptr && other_client.native_handle() != nullptr);
    expect_moved_from(thrown_by([&] { return client.get_file_versions(target.id); }), "client");
    expect_moved_from(thrown_by([&] { return client.request_call("GET", "/v1/files"); }), "client");
    expect_moved_from(thrown_by([&] { return client.shutdown(); }), "client");
    const auto ignore = [](std::size_t, imagekit::result<std::string_view>) {};
    expect_moved_from(thrown_by([&] {
        return client.get_file_versions_many(std::vector<std::string>{target.id}, ignore);
    }), "client");
    client = std::move(other_client);

    imagekit::call call = client.get_file_versions_call(target.id);
    imagekit::call other_call = std::move(call);
    other_call = std::move(itself(other_call));
    expect_moved_from(thrown_by([&] { return call.perform(); }), "call");
    expect_moved_from(thrown_by([&] { call.set_max_retries(1); }), "call");
    expect_moved_from(thrown_by([&] { return call.metadata(); }), "call");
    expect_moved_from(call.try_cancel().error(), "call");
    expect_moved_from(call.try_start().error(), "call");
    for (const auto &error : {thrown_by([&] { return call.wait(); }), call.try_wait_for(0ms).error(),
                              thrown_by([&] { return call.async().get(); }),
                              thrown_by([&] { return std::move(call).async().get(); })})
        CHECK(error.status() == status::invalid_handle && is_in(error.message(), "moved from"));

    imagekit::queue queue;
    imagekit::queue other_queue = std::move(queue);
    other_queue = std::move(itself(other_queue));
    expect_moved_from(thrown_by([&] { return queue.pending(); }), "queue");
    expect_moved_from(queue.try_next(0ms).error(), "queue");
    expect_moved_from(queue.try_start(other_call).error(), "queue");
    expect_moved_from(other_queue.try_start(call).error(), "call");
    queue = std::move(other_queue);
    queue.start(other_call);
    CHECK(is_in(queue.next(BOUND)->answer.value(), target.id));
}

static void errors(const Target &target)
{
    const auto client = client_of(target);
    const auto unknown = thrown_by([&] { return client.get_file_versions("000000000000000000000000"); });
    CHECK(unknown.status() == status::not_found && unknown.code() == "not_found");
    CHECK(unknown.http_status() == 404 && unknown.attempts() == 1);
    CHECK(unknown.message() == "The requested file does not exist.");
    CHECK(unknown.what() == "not_found (HTTP 404): " + unknown.message());
    CHECK(unknown.request_id() && !unknown.request_id()->empty() && unknown.help());
    CHECK(!unknown.retry_after());
    CHECK(imagekit::json_get(unknown.document(), "/error/requestId") == unknown.request_id());

    const imagekit::error copy = unknown, moved = std::move(const_cast<imagekit::error &>(unknown));
    CHECK(copy.document() == unknown.document() && moved.message() == unknown.message());

    auto limited = client.get_file_versions_call("a~rate-limited=70000");
    const auto told = limited.try_perform().error();
    CHECK(told.status() == status::rate_limited && told.http_status() == 429);
    CHECK(told.retry_after() && *told.retry_after() > 60s && *told.retry_after() <= 70s);

}

static void no_connection(const Target &target)
{
    imagekit::config config;
    config.set_private_key(target.key).set_base_url("http://127.0.0.1:1").set_max_retries(1);
    const auto error = imagekit::client(config).try_get_file_versions(target.id).error();
    CHECK(error.status() == status::connect_failed && error.attempts() == 2);
    CHECK(!error.http_status() && !error.request_id() && !error.help());
    CHECK(error.what() == "connect_failed: " + error.message());
}

static void own_errors(const Target &)
{
    const imagekit::error error(status::timeout, "a \"quoted\"\nline\\");
    CHECK(error.message() == "a \"quoted\" line\\"); // read back from its document
    CHECK(imagekit::json_get(error.document(), "/error/code") == "timeout");
    CHECK(imagekit::json_get(error.document(), "/error/httpStatus") == std::nullopt);
    CHECK(error.attempts() == 0 && !error.http_status() && !error.help() && !error.retry_after());

    const imagekit::error broken = imagekit::error::from_document(status::internal, "no JSON");
    CHECK(broken.message().empty() && broken.document() == "no JSON");
}

static void settings(const Target &target)
{
    const auto refusal = thrown_by([&] { settings_of(target).set_base_url("ftp://elsewhere"); });
    CHECK(refusal.status() == status::invalid_argument && is_in(refusal.message(), "base_url"));
    imagekit::config config = settings_of(target);
    const auto refuses = [&](const imagekit::result<void> &set, std::string_view name) {
        CHECK(!set && set.error().status() == status::invalid_argument);
        CHECK(is_in(set.error().message(), name));
        CHECK(!imagekit::client::try_create(config));
    };
    refuses(config.try_set_timeout(0ms), "timeout_ms");
    CHECK(config.try_set_timeout(2min));
    refuses(config.try_set_timeout(-1s), "timeout_ms");
    config.set_timeout(2min);
    refuses(config.try_set_connect_timeout(25h), "connect_timeout_ms");
    config.set_connect_timeout(24h);
    refuses(config.try_set_max_requests_per_second(1'000'001), "max_requests_per_second");
    config.set_max_requests_per_second(0);
    refuses(config.try_set_proxy("ftp://a"), "proxy");
    config.set_proxy("");
    refuses(config.try_set_max_response_bytes(0), "max_response_bytes");
    config.set_max_response_bytes(1 << 20);
    refuses(config.try_set_ca_file(""), "ca_file");
    const auto bad_log = config.try_set_log(imagekit::log_level::info, nullptr);
    CHECK(!bad_log && bad_log.error().status() == status::invalid_argument);
    CHECK(config.try_set_log(imagekit::log_level::off, nullptr));

    const auto no_key = imagekit::client::try_create();
    CHECK(!no_key && is_in(no_key.error().message(), "IMAGEKIT_PRIVATE_KEY"));
    setenv("IMAGEKIT_PRIVATE_KEY", target.key.c_str(), 1);
    setenv("IMAGE_KIT_BASE_URL", target.url.c_str(), 1);
    CHECK(is_in(imagekit::client().get_file_versions(target.id), target.id));
}

// What C would take for "file" and "1", of whoever passes it on unseen.
static void cut_strings(const Target &target)
{
    using namespace std::string_literals;
    const std::string file = target.id + "\0..."s, one = "1\0"s;
    const auto client = client_of(target);
    const auto refused = [](const auto &result, std::string_view name) {
        CHECK(!result && result.error().status() == status::invalid_argument);
        CHECK(result.error().message() == std::string(name) + " has a NUL in it: pass text without one");
    };
    refused(client.try_get_file_versions(file), "file_id");
    refused(client.try_get_file_version_details(file, "1"), "file_id");
    refused(client.try_get_file_version_details(target.id, one), "version_id");
    refused(client.try_delete_file_version(target.id, one), "version_id");
    refused(client.try_restore_file_version(target.id, one), "version_id");
    refused(client.try_request("GET\0"s, "/v1/files"), "method");
    refused(client.try_request("GET", "/v1/files\0?limit=1"s), "path");
    refused(client.try_request("POST", "/v1/files", "{}\0"s), "body_json");
    refused(client.try_get_file_versions_call(file), "file_id");
    refused(client.try_get_file_version_details_call(target.id, one), "version_id");
    refused(client.try_delete_file_version_call(target.id, one), "version_id");
    refused(client.try_restore_file_version_call(file, "1"), "file_id");
    refused(client.try_request_call("GET", "/v1/files\0"s), "path");
    refused(client.get_file_versions_call(target.id).try_set_header("X-A\0"s, "1"), "name");
    refused(client.get_file_versions_call(target.id).try_set_header("X-A", one), "value");
    refused(imagekit::config().try_set_private_key(target.key + "\0"s), "private_key");
    refused(imagekit::config().try_set_base_url(target.url + "\0.example"s), "base_url");
    refused(imagekit::config().try_set_ca_file("/dev\0/null"s), "ca_file");
    refused(imagekit::config().try_set_proxy("\0"s), "proxy");
    refused(imagekit::try_json_get("[1]\0"s, "/0"), "json");
    refused(imagekit::try_json_get("[1]", "/0\0"s), "pointer");
    CHECK(thrown_by([&] { return client.get_file_versions(file); }).status() == status::invalid_argument);
}

static void values(const Target &)
{
    const std::string document = R"({"a":[1,{"b":"\u00e9"},null],"c":false})";
    CHECK(imagekit::json_get(document, "/a/1/b") == "\u00e9");
    CHECK(imagekit::json_get(std::string_view(document), "/a/0") == "1");
    CHECK(imagekit::json_get("{\"c\":false}", "/c") == "false");
    CHECK(imagekit::json_get(document, "/a/2") == std::nullopt);
    CHECK(imagekit::json_get(document, "/none").value_or("none") == "none");
    CHECK(thrown_by([&] { return imagekit::json_get("[", ""); }).status() == status::invalid_argument);
    CHECK(imagekit::try_json_get(R"(["\ud800"])", "/0").error().status() == status::invalid_response);

    CHECK(imagekit::version() == ik_version());
    CHECK(imagekit::to_string(status::rate_limited) == "rate_limited");
    CHECK(imagekit::to_string(static_cast<status>(9999)) == "unknown");

    CHECK(imagekit::timeout(1us).count() == 1 && imagekit::timeout(-1h).count() == 0);
    CHECK(imagekit::timeout(1500us).count() == 2 && imagekit::timeout(std::chrono::duration<double>(0.5)).count() == 500);
    CHECK(imagekit::timeout(std::chrono::hours::max()).count() == UINT64_MAX);
    CHECK(imagekit::timeout(std::chrono::hours::min()).count() == 0);
    CHECK(imagekit::timeout(std::chrono::nanoseconds::max()).count() == 9223372036855);
}

int main(int argc, char **argv)
{
    static constexpr Part PARTS[] = {
        {"moves", moves},       {"errors", errors},     {"no-connection", no_connection},
        {"own-errors", own_errors}, {"settings", settings}, {"cut-strings", cut_strings},
        {"values", values},
    };
    return run_part(PARTS, argc, argv);
}
