// imagekit.hpp: every operation in every way of sending, and what becomes of exceptions in functions of ours.
#include "wrapper.hpp"

#include <atomic>
#include <iterator>
#include <sstream>
#include <thread>

using imagekit::status;
using Text = imagekit::result<std::string>;

static const std::string UNKNOWN = "000000000000000000000000";

static std::string at(const std::string &json, std::string_view pointer)
{
    return imagekit::json_get(json, pointer).value();
}

// A file of our own, with two versions.
static std::string new_file(const imagekit::client &client, const std::string &name)
{
    const std::string upload = R"({"file":"aGVsbG8=","fileName":")" + name + R"(","useUniqueFileName":false})";
    client.request("POST", "/api/v1/files/upload", upload);
    return at(client.request("POST", "/api/v1/files/upload", std::string_view(upload)), "/fileId");
}

// The same five operations, each in the way that `ask` has.
template <class Ask>
static void each_operation(const imagekit::client &client, const std::string &name, const Ask &ask)
{
    const std::string file = new_file(client, name + ".txt");
    const std::string versions = ask([&] { return client.get_file_versions_call(file); });
    CHECK(versions == client.get_file_versions(file));
    const std::string newest = at(versions, "/0/versionInfo/id"), oldest = at(versions, "/1/versionInfo/id");

    const std::string details = ask([&] { return client.get_file_version_details_call(file, oldest); });
    CHECK(at(details, "/versionInfo/id") == oldest);
    CHECK(details == client.get_file_version_details(file, oldest));
    const std::string restored = ask([&] { return client.restore_file_version_call(file, oldest); });
    CHECK(at(restored, "/versionInfo/id") == oldest);
    CHECK(at(client.get_file_versions(file), "/0/versionInfo/id") == oldest);
    CHECK(ask([&] { return client.delete_file_version_call(file, newest); }) == "{}");
    CHECK(client.try_get_file_version_details(file, newest).error().status() == status::not_found);
    CHECK(ask([&] { return client.request_call("GET", "/v1/files?limit=1"); }) ==
          client.request("GET", "/v1/files?limit=1"));
}

static void operations(const Target &target)
{
    const auto client = client_of(target);
    const auto &id = target.id;
    imagekit::queue queue;

    each_operation(client, "perform", [](auto make) { return make().perform(); });
    each_operation(client, "try_perform", [](auto make) { return *make().try_perform(); });
    each_operation(client, "async", [](auto make) { return make().async().get(); });
    each_operation(client, "try_async", [](auto make) { return make().try_async().get().value(); });
    each_operation(client, "wait", [](auto make) {
        imagekit::call call = make();
        call.start();
        const std::string answer = call.wait();
        CHECK(call.wait_for(0ms) == answer);
        return answer;
    });
    each_operation(client, "queue", [&](auto make) {
        const imagekit::call call = make();
        int mark = 0;
        queue.start(call, &mark);
        CHECK(queue.pending() == 1);
        const auto completion = queue.next(BOUND);
        CHECK(completion && completion->user_data == &mark && queue.pending() == 0);
        return completion->answer.value();
    });

    const auto file = new_file(client, "plain.txt");
    const auto oldest = at(client.get_file_versions(file), "/1/versionInfo/id");
    const auto newest = at(client.get_file_versions(file), "/0/versionInfo/id");
    CHECK(at(client.restore_file_version(file, oldest), "/versionInfo/id") == oldest);
    CHECK(*client.try_delete_file_version(file, newest) == "{}");
    CHECK(client.try_restore_file_version(file, newest).error().http_status() == 404);
    CHECK(thrown_by([&] { return client.delete_file_version(file, oldest); }).status() == status::bad_request);
    CHECK(client.try_get_file_versions(id).value_or("none") == client.get_file_versions(id));
    CHECK(client.try_get_file_versions(UNKNOWN).value_or("none") == "none");
}

static void options(const Target &target)
{
    const auto client = client_of(target);
    auto call = client.get_file_versions_call(target.id).set_timeout(20s).set_max_retries(3);
    call.set_header("X-Emulator-Fault", "status=503;times=2").set_header("X-Emulator-Fault-Id", "options");
    CHECK(thrown_by([&] { return call.metadata(); }).status() == status::invalid_state);
    CHECK(thrown_by([&] { return call.wait(); }).status() == status::invalid_state);
    CHECK(is_in(call.perform(), target.id));
    const std::string metadata = call.metadata();
    CHECK(at(metadata, "/httpStatus") == "200" && at(metadata, "/attempts") == "3");
    CHECK(!at(metadata, "/requestId").empty());
    CHECK(thrown_by([&] { return call.perform(); }).status() == status::invalid_state);
    CHECK(call.async().wait_for(0s) == std::future_status::ready);

    CHECK(thrown_by([&] { client.get_file_versions_call(target.id).set_header("Host", "a"); }).message() ==
          "the header host is set by the library alone: leave it out");
    CHECK(thrown_by([&] { return client.get_file_versions_call(""); }).message() ==
          client.try_get_file_versions("").error().message());
    CHECK(client.get_file_versions_call(NEVER).set_timeout(50ms).try_perform().error().status() == status::timeout);
}

static void futures(const Target &target)
{
    const auto client = client_of(target);
    std::vector<std::future<std::string>> all;
    for (int each = 0; each < 20; each++)
        all.push_back(client.get_file_versions_call(target.id).async());
    for (auto &future : all)
        CHECK(future.get() == client.get_file_versions(target.id));

    auto unknown = client.get_file_versions_call(UNKNOWN).async();
    CHECK(thrown_by([&] { return unknown.get(); }).http_status() == 404);
    CHECK(client.get_file_versions_call(UNKNOWN).try_async().get().error().http_status() == 404);

    auto sent = client.get_file_versions_call(target.id);
    CHECK(is_in(sent.async().get(), target.id));
    auto again = sent.async();
    CHECK(thrown_by([&] { return again.get(); }).status() == status::invalid_state);
    CHECK(sent.try_async().get().error().status() == status::invalid_state);
    CHECK(std::move(sent).try_async().get().error().status() == status::invalid_state);
    CHECK(is_in(sent.wait(), target.id)); // what could not be given away stays
}

static void cancels(const Target &target)
{
    const auto client = client_of(target);
    auto call = client.get_file_versions_call(NEVER);
    auto future = call.async();
    CHECK(call.wait_for(1ms) == std::nullopt && future.wait_for(0s) == std::future_status::timeout);
    CHECK(thrown_by([&] { return call.metadata(); }).status() == status::pending);
    call.cancel();
    CHECK(thrown_by([&] { return future.get(); }).status() == status::cancelled);
    CHECK(call.try_wait().error().status() == status::cancelled);

    auto never_sent = client.get_file_versions_call(NEVER);
    never_sent.cancel();
    CHECK(never_sent.try_start().error().status() == status::cancelled);

    std::optional<imagekit::call> ended = client.get_file_versions_call(NEVER);
    auto of_ended = ended->try_async();
    ended.reset();
    CHECK(of_ended.get().error().status() == status::cancelled);

    imagekit::queue queue;
    ended = client.get_file_versions_call(NEVER);
    queue.start(*ended);
    CHECK(!queue.next(1ms) && queue.fd() > 2);
    ended.reset();
    CHECK(queue.next(BOUND)->answer.error().status() == status::cancelled);

    auto other = client_of(target);
    auto abandoned = other.get_file_versions_call(NEVER).try_async();
    CHECK(other.shutdown(BOUND) && abandoned.get().error().status() == status::cancelled);
    CHECK(other.try_get_file_versions(target.id).error().status() == status::invalid_state);
}

static void callbacks(const Target &target)
{
    const auto client = client_of(target);
    Event refused, freed, told;
    const auto here = std::this_thread::get_id();
    struct Moves {
        std::unique_ptr<Event *> event; // so that a function needs no copies
        void operator()(const Text &answer) const
        {
            CHECK(answer.error().status() == imagekit::status::cancelled);
            (*event)->happens();
        }
    };
    auto mine = client.get_file_versions_call(NEVER);
    mine.start(Moves{std::make_unique<Event *>(&freed)});
    mine.cancel();
    freed.expect();
    CHECK(mine.try_start([&](const Text &) { refused.happens(); }).error().status() == status::invalid_state);

    client.get_file_versions_call(target.id).start([&](Text answer) noexcept {
        CHECK(answer && is_in(*answer, target.id) && std::this_thread::get_id() != here);
        CHECK(client.try_get_file_versions(target.id).error().status() == status::would_deadlock);
        CHECK(imagekit::try_shutdown().error().status() == status::would_deadlock);
        auto next = client.try_get_file_versions_call(UNKNOWN); // the next from within
        CHECK(std::move(*next).try_start([&](const Text &unknown) {
            CHECK(unknown.error().http_status() == 404);
            told.happens();
        }));
    });
    told.expect();
    CHECK(refused.times() == 0);
}

static void many(const Target &target)
{
    const auto client = client_of(target);
    const std::vector<std::string> ids = {target.id, UNKNOWN, "cut" + std::string(1, '\0'), target.id};
    std::vector<std::string> seen(ids.size());
    CHECK(client.get_file_versions_many(ids, [&](std::size_t index, imagekit::result<std::string_view> versions) {
        seen[index] = versions ? std::string(*versions) : std::string(versions.error().message());
    }));
    CHECK(seen[0] == client.get_file_versions(target.id) && seen[3] == seen[0]);
    CHECK(seen[1] == "The requested file does not exist." && is_in(seen[2], "file_id has a NUL"));

    int told = 0;
    const char *const literals[] = {target.id.c_str(), target.id.c_str(), UNKNOWN.c_str()};
    CHECK(!client.get_file_versions_many(literals, [&](auto, const auto &) { return ++told < 2; }, 1));
    CHECK(told == 2);
    // An iterator that holds what it shows: its strings go when it goes on.
    struct words {
        mutable std::istringstream text;
        auto begin() const { return std::istream_iterator<std::string>(text); }
        auto end() const { return std::istream_iterator<std::string>(); }
    };
    const words read{std::istringstream("0123456789abcdef01234567 123456789abcdef012345678 23456789abcdef0123456789")};
    std::size_t answered = 0;
    CHECK(client.get_file_versions_many(read, [&](auto, const auto &versions) {
        CHECK(!versions.has_value() && versions.error().status() == status::not_found);
        answered++;
    }));
    CHECK(answered == 3);
    CHECK(client.get_file_versions_many(std::vector<std::string_view>(), [&](auto, const auto &) { told++; }));
    CHECK(told == 2);

    struct Unexpected {};
    for (const bool is_try : {false, true})
        try {
            const auto throws = [&](auto, const auto &) { throw Unexpected(); };
            if (is_try)
                static_cast<void>(client.try_get_file_versions_many(ids, throws));
            else
                client.get_file_versions_many(ids, throws);
            CHECK(false); // an exception goes on
        } catch (const Unexpected &) {
            told++;
        }
    CHECK(told == 4 && is_in(client.get_file_versions(target.id), target.id));

    auto ended = client_of(target);
    CHECK(ended.shutdown());
    const auto ignore = [](auto, const auto &) {};
    CHECK(thrown_by([&] { return ended.get_file_versions_many(ids, ignore); }).status() == status::invalid_state);
}

static void logs(const Target &target)
{
    Event told;
    const auto kept = std::make_shared<int>();
    {
        std::optional<imagekit::client> client;
        {
            imagekit::config config = settings_of(target);
            config.set_log(imagekit::log_level::info, [kept, &told](imagekit::log_level level, std::string_view line) {
                CHECK(level == imagekit::log_level::info && is_in(line, "versions"));
                told.happens();
                throw std::runtime_error("nobody is to hear of this");
            });
            client.emplace(config);
        }
        for (int each = 0; each < 3; each++)
            client->get_file_versions(target.id);
        CHECK(imagekit::shutdown(BOUND) && told.times() == 3 && kept.use_count() == 2);
        imagekit::client other = std::move(*client);
        other.get_file_versions(target.id);
    }
    CHECK(kept.use_count() == 2); // a line could be on its way to a client that is gone
    CHECK(imagekit::shutdown(BOUND) && kept.use_count() == 1);

    imagekit::config config = settings_of(target);
    config.set_log(imagekit::log_level::debug, [kept](imagekit::log_level, std::string_view) {});
    {
        imagekit::client client(config);
        config = imagekit::config();
        client.get_file_versions(target.id);
        CHECK(client.shutdown(BOUND) && kept.use_count() == 2);
    }
    CHECK(kept.use_count() == 1); // nothing was on its way
}

static void threads(const Target &target)
{
    const auto client = client_of(target);
    const std::string expected = client.get_file_versions(target.id);
    auto shared = client.get_file_versions_call(target.id);
    shared.start();
    std::atomic<int> right{0};
    std::vector<std::thread> all;
    for (int each = 0; each < 16; each++)
        all.emplace_back([&] {
            for (int round = 0; round < 10; round++)
                right += client.get_file_versions(target.id) == expected &&
                         client.get_file_versions_call(target.id).async().get() == expected &&
                         shared.wait() == expected &&
                         client.try_get_file_versions(UNKNOWN).error().http_status() == 404;
        });
    for (std::thread &each : all)
        each.join();
    CHECK(right == 160);
}

// Ends the process with 42, by std::terminate().
static void terminates(const Target &target)
{
    std::set_terminate([] { _exit(42); });
    Event never;
    const auto client = client_of(target);
    client.get_file_versions_call(target.id).start([](const Text &) { throw std::domain_error("out of a callback"); });
    never.expect();
}

int main(int argc, char **argv)
{
    static constexpr Part PARTS[] = {
        {"operations", operations}, {"options", options}, {"futures", futures},
        {"cancels", cancels},       {"callbacks", callbacks}, {"many", many},
        {"logs", logs},             {"threads", threads}, {"terminates", terminates},
    };
    return run_part(PARTS, argc, argv);
}
