// imagekit.hpp and the coroutines of C++20: who goes on where, and when a call ends before it has started.
#include "wrapper.hpp"

#include <thread>

#if !IMAGEKIT_HAS_COROUTINES
#error "this compiler has no coroutines"
#endif

using imagekit::status;

// Starts at once, and nobody waits for it but by what it does.
struct Detached {
    struct promise_type {
        Detached get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { throw; }
    };
};

static std::thread::id here()
{
    return std::this_thread::get_id();
}

static Detached get_twice(const imagekit::client &client, std::string id, std::thread::id caller, Event &done)
{
    const std::string first = co_await client.get_file_versions_call(id);
    CHECK(here() != caller && is_in(first, id));
    const auto callbacks = here();
    CHECK(client.try_get_file_versions(id).error().status() == status::would_deadlock);
    auto call = client.get_file_versions_call(id).set_timeout(20s);
    const std::string second = co_await call;
    CHECK(second == first && here() == callbacks);
    CHECK(imagekit::json_get(call.metadata(), "/httpStatus") == "200");
    done.happens();
}

static void resumed(const Target &target)
{
    const auto client = client_of(target);
    Event done;
    get_twice(client, target.id, here(), done);
    done.expect();
}

static Detached get_unknown(const imagekit::client &client, Event &done)
{
    const std::string id = "000000000000000000000000";
    try {
        static_cast<void>(co_await client.get_file_versions_call(id));
        CHECK(false); // an error is thrown
    } catch (const imagekit::error &error) {
        CHECK(error.http_status() == 404 && error.request_id());
    }
    const auto answer = co_await client.get_file_versions_call(id).as_result();
    CHECK(answer.error().http_status() == 404);
    done.happens();
}

static void failed(const Target &target)
{
    const auto client = client_of(target);
    Event done;
    get_unknown(client, done);
    done.expect();
}

// What cannot be sent does not suspend.
static Detached send_again(imagekit::call &call, Event &done)
{
    const auto caller = here();
    const auto answer = co_await call.as_result();
    CHECK(answer.error().status() == status::invalid_state && here() == caller);
    imagekit::call taken = std::move(call);
    const auto of_moved = co_await call.as_result();
    CHECK(of_moved.error().status() == status::invalid_handle && here() == caller);
    try {
        static_cast<void>(co_await taken);
        CHECK(false); // an error is thrown
    } catch (const imagekit::error &error) {
        CHECK(error.status() == status::invalid_state && here() == caller);
    }
    done.happens();
}

static void refused(const Target &target)
{
    const auto client = client_of(target);
    auto call = client.get_file_versions_call(target.id);
    call.perform();
    Event done;
    send_again(call, done);
    CHECK(done.times() == 1);
}

static Detached expect_cancelled(imagekit::call &call, Event &done)
{
    const auto answer = co_await call.as_result();
    CHECK(answer.error().status() == status::cancelled);
    done.happens();
}

static void cancelled(const Target &target)
{
    const auto client = client_of(target);
    auto call = client.get_file_versions_call(NEVER);
    Event done;
    expect_cancelled(call, done);
    CHECK(done.times() == 0);
    call.cancel();
    done.expect();
}

// While this is set, a call has ended before its start returns. The linker puts us in the function's place.
static Event *held_until = nullptr;

extern "C" ik_status __real_ik_call_start(ik_call *call, ik_call_done on_done, void *user_data);
extern "C" ik_status __wrap_ik_call_start(ik_call *call, ik_call_done on_done, void *user_data);
extern "C" ik_status __wrap_ik_call_start(ik_call *call, ik_call_done on_done, void *user_data)
{
    const ik_status started = __real_ik_call_start(call, on_done, user_data);
    if (held_until)
        held_until->expect();
    return started;
}

// Tells when it is gone, and with it the frame of the coroutine that has it first.
struct Gone {
    Event &event;
    ~Gone() { event.happens(); }
};

static Detached end_early(const imagekit::client &client, std::string id, Event &event, bool &is_right)
{
    const Gone gone{event};
    const std::string versions = co_await client.get_file_versions_call(id);
    is_right = is_in(versions, id);
}

static void early(const Target &target)
{
    const auto client = client_of(target);
    Event gone;
    bool is_right = false;
    held_until = &gone;
    end_early(client, target.id, gone, is_right);
    CHECK(is_right);

    Event told;
    held_until = &told;
    client.get_file_versions_call(target.id).start([&, text = std::string(100, 'a')](const auto &answer) {
        CHECK(answer && text.size() == 100);
        told.happens();
    });
    CHECK(told.times() == 1);
    held_until = nullptr;
}

static Detached count(const imagekit::client &client, std::string id, std::atomic<int> &left, Event &done)
{
    const std::string versions = co_await client.get_file_versions_call(id);
    CHECK(is_in(versions, id));
    if (--left == 0)
        done.happens();
}

static void many(const Target &target)
{
    const auto client = client_of(target);
    std::atomic<int> left{200};
    Event done;
    for (int each = 0; each < 200; each++)
        count(client, target.id, left, done);
    done.expect();
}

static Detached throws(const imagekit::client &client, std::string id)
{
    static_cast<void>(co_await client.get_file_versions_call(id));
    throw std::domain_error("out of a coroutine");
}

static void terminates(const Target &target)
{
    std::set_terminate([] { _exit(42); });
    Event never;
    const auto client = client_of(target);
    throws(client, target.id);
    never.expect();
}

int main(int argc, char **argv)
{
    static constexpr Part PARTS[] = {
        {"resumed", resumed}, {"failed", failed}, {"refused", refused},       {"cancelled", cancelled},
        {"early", early},     {"many", many},     {"terminates", terminates},
    };
    return run_part(PARTS, argc, argv);
}
