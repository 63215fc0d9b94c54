// imagekit.hpp in a host that is compiled with -fno-exceptions: all there is has try_ before its name.
#include "wrapper.hpp"

#if IMAGEKIT_HAS_EXCEPTIONS
#error "this is to be compiled without exceptions"
#endif

using imagekit::status;

// The forms that throw are not there.
template <class Client, class = void>
struct Throws : std::false_type {};
template <class Client>
struct Throws<Client, std::void_t<decltype(std::declval<Client>().get_file_versions(""))>> : std::true_type {};
static_assert(!Throws<imagekit::client>::value && !std::is_default_constructible_v<imagekit::client>);

static void all(const Target &target)
{
    imagekit::config config;
    CHECK(config.try_set_private_key(target.key) && config.try_set_base_url(target.url));
    CHECK(config.try_set_base_url("none").error().status() == status::invalid_argument);
    CHECK(config.try_set_base_url(target.url));
    Event logged;
    CHECK(config.try_set_log(imagekit::log_level::info, [&](imagekit::log_level, std::string_view) { logged.happens(); }));
    auto made = imagekit::client::try_create(config);
    CHECK(made);
    imagekit::client client = *std::move(made);

    const auto versions = client.try_get_file_versions(target.id);
    CHECK(versions && is_in(*versions, target.id));
    CHECK(imagekit::try_json_get(*versions, "/0/versionInfo/id")->has_value());
    const auto unknown = client.try_get_file_versions("000000000000000000000000");
    CHECK(!unknown && unknown.error().http_status() == 404);
    CHECK(std::strstr(unknown.error().what(), "not_found (HTTP 404): The requested file") != nullptr);
    CHECK(client.try_get_file_versions(std::string_view("a\0b", 3)).error().status() == status::invalid_argument);

    auto call = client.try_get_file_versions_call(target.id);
    CHECK(call && call->try_set_timeout(20s) && call->try_start());
    CHECK(*call->try_wait() == *versions && call->try_metadata());
    auto future = client.try_get_file_versions_call(target.id)->try_async();
    CHECK(future.get().error().status() == status::cancelled); // it is the temporary's, which ends there
    CHECK(*(*client.try_get_file_versions_call(target.id)).try_perform() == *versions);

    Event told;
    CHECK((*client.try_get_file_versions_call(target.id)).try_start([&](const imagekit::result<std::string> &answer) {
        CHECK(answer && *answer == *versions);
        told.happens();
    }));
    told.expect();

    int times = 0;
    const auto stop = [&](std::size_t, const auto &) { return ++times < 2; };
    CHECK(*client.try_get_file_versions_many(std::vector<std::string>(5, target.id), stop, 1) == false && times == 2);

    auto queue = imagekit::queue::try_create();
    auto queued = client.try_get_file_versions_call(target.id);
    CHECK(queue && queue->try_start(*queued) && *(*queue->try_next(BOUND))->answer == *versions);
    CHECK(*client.try_shutdown(BOUND) && logged.times() > 0);
}

int main(int argc, char **argv)
{
    static constexpr Part PARTS[] = {{"all", all}};
    return run_part(PARTS, argc, argv);
}
