// What the tests of imagekit.hpp share.
#pragma once

#include "host.hpp"

#include <imagekit.hpp>

#include <condition_variable>
#include <mutex>

using namespace std::chrono_literals;

// For whatever has to happen.
constexpr auto BOUND = 30s;

inline bool is_in(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

// A part of a program, chosen by its first argument.
struct Part {
    std::string_view name;
    void (*run)(const Target &target);
};

template <std::size_t Count>
int run_part(const Part (&parts)[Count], int argc, char **argv)
{
    const Target target(argc, argv);
    for (const Part &part : parts)
        if (argc > 1 && part.name == argv[1]) {
            part.run(target);
            const auto seen_out = imagekit::try_shutdown(BOUND);
            CHECK(seen_out && *seen_out);
            return 0;
        }
    std::fprintf(stderr, "no such part\n");
    return 2;
}

// Something that happens on another thread.
class Event {
public:
    void happens()
    {
        const std::lock_guard<std::mutex> held(lock_);
        times_++;
        changed_.notify_all();
    }

    int times()
    {
        const std::lock_guard<std::mutex> held(lock_);
        return times_;
    }

    void expect()
    {
        std::unique_lock<std::mutex> held(lock_);
        CHECK(changed_.wait_for(held, BOUND, [this] { return times_ > 0; }));
    }

private:
    std::mutex lock_;
    std::condition_variable changed_;
    int times_ = 0;
};

#if IMAGEKIT_HAS_EXCEPTIONS
inline imagekit::config settings_of(const Target &target)
{
    imagekit::config config;
    config.set_private_key(target.key).set_base_url(target.url);
    return config;
}

inline imagekit::client client_of(const Target &target)
{
    return imagekit::client(settings_of(target));
}

// The error that this throws, as it has to.
template <class Action>
imagekit::error thrown_by(const Action &action)
{
    try {
        static_cast<void>(action());
    } catch (const imagekit::error &error) {
        return error;
    }
    CHECK(false); // an error is thrown
    std::abort();
}
#endif

// An id of which the answer takes longer than any test waits.
inline const std::string NEVER = "never~delay=60000";
