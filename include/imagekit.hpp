/**
 * @file imagekit.hpp
 * libimagekit for C++17 and later: this header alone, over imagekit.h.
 *
 * A complete program. It prints the versions of a file, or why it could not; the private key comes
 * from the environment variable IMAGEKIT_PRIVATE_KEY:
 *
 * @code{.cpp}
 * #include <imagekit.hpp>
 * #include <iostream>
 *
 * int main(int argc, char **argv)
 * try {
 *     const imagekit::client client;
 *     std::cout << client.get_file_versions(argc > 1 ? argv[1] : "") << '\n';
 * } catch (const imagekit::error &error) {
 *     std::cerr << error.what() << '\n'; // not_found (HTTP 404): The requested file does not exist.
 *     return 1;
 * }
 * @endcode
 *
 * Link with -limagekit. What the header of C says of the environment, retries, threads and fork()
 * holds here too. Here is what C++ adds.
 *
 * # Two forms of everything
 *
 * A function that can fail throws imagekit::error. Beside it stands the same with try_ before its
 * name, which returns an imagekit::result instead, as std::expected does from C++23 on: for hosts
 * where a missing file is no exception, and for those without exceptions. With -fno-exceptions only
 * the latter are declared.
 *
 * @code{.cpp}
 * if (auto versions = client.try_get_file_versions(file_id))
 *     std::cout << *versions << '\n';
 * else if (versions.error().status() == imagekit::status::not_found)
 *     std::cout << "no such file\n";
 * @endcode
 *
 * Both let std::bad_alloc pass, and what a function of yours throws out of get_file_versions_many(). A
 * try_ form throws no imagekit::error. Objects cannot be handed between sources that are compiled with
 * exceptions and such without: the linker refuses.
 *
 * # Four ways to send
 *
 * - client.get_file_versions(id) sends and waits.
 * - client.get_file_versions_call(id) describes the same request, with options of its own, and
 *   call.perform() sends it and waits.
 * - call.async() sends it in the background and gives a std::future; call.start() tells a function
 *   of its end, or nobody; a queue collects what has ended.
 * - co_await client.get_file_versions_call(id) suspends a coroutine (C++20) until the answer is there.
 *
 * # Strings
 *
 * They go in as std::string_view, UTF-8. One with a NUL in it is refused as invalid_argument before
 * anything is called, as C would only see its beginning. They come out as std::string: the server's
 * own JSON, byte for byte. json_get() reads single values. For more take a JSON library: with a
 * type that has parse() and dump(), as nlohmann::json has,
 *
 * @code{.cpp}
 * auto versions = client.get_file_versions<nlohmann::json>(file_id);
 * auto moved = client.request<nlohmann::json>("POST", "/v1/files/move", nlohmann::json{{"sourceFilePath", from},
 *                                                                       {"destinationPath", to}});
 * @endcode
 *
 * gets and sends its values. This header includes none.
 *
 * # Ownership
 *
 * Objects own what they stand for and can be moved, not copied. One that was moved from can be
 * assigned to and destroyed; all else gives invalid_handle. Different objects may be used by
 * different threads at once. One client or call may be used by any number of threads at once, as long
 * as none moves, assigns or destroys it.
 *
 * # Functions of yours
 *
 * None may throw into the library, so none can. An exception out of a function for
 * get_file_versions_many() stops it and is thrown on by it. One out of a log function is dropped.
 * One out of a function for call.start() has nobody to go to and ends the process by
 * std::terminate(), as in a std::thread; so does one that a coroutine's promise throws on from
 * unhandled_exception().
 *
 * Functions for call.start(), log functions and coroutines after a co_await run on the library's
 * callback thread. There nothing of the library may wait: it gives would_deadlock. Nor may anything
 * else there wait for an answer, std::future::get() for one: that waits for ever.
 *
 * Since 0.1.0, all of it.
 */

#ifndef IMAGEKIT_HPP
#define IMAGEKIT_HPP

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 201703L
#error "imagekit.hpp needs C++17: -std=c++17, or /std:c++17"
#endif

#include "imagekit.h"

#include <atomic>
#include <cassert>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#if defined(__cpp_impl_coroutine) && defined(__has_include)
#if __has_include(<coroutine>)
#include <coroutine>
#endif
#endif

static_assert(IK_VERSION_MAJOR == 0 && IK_VERSION_MINOR == 1,
              "imagekit.hpp is of version 0.1 and imagekit.h is not: take both from one release");

/** Is 1 where exceptions are on, and with them the forms that throw. */
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define IMAGEKIT_HAS_EXCEPTIONS 1
#else
#define IMAGEKIT_HAS_EXCEPTIONS 0
#endif

/** Is 1 where an imagekit::call can be awaited by a coroutine. */
#if defined(__cpp_lib_coroutine)
#define IMAGEKIT_HAS_COROUTINES 1
#else
#define IMAGEKIT_HAS_COROUTINES 0
#endif

/** All of libimagekit for C++. */
namespace imagekit {

// Sources that are compiled with exceptions and without may be in one program: neither takes the
// other's functions for its own.
#if IMAGEKIT_HAS_EXCEPTIONS
inline namespace v0_1 {
#else
inline namespace v0_1_noexcept {
#endif

// Version and status ------------------------------------------------------------------------------

/**
 * Tells the version of the library that the program runs with; IK_VERSION_MAJOR and its like are
 * those of the headers.
 *
 * @return  Such as "0.1.0". Static.
 */
inline std::string_view version() noexcept
{
    return ik_version();
}

/** What came of a call: see enum ik_status_code. A later version of the library may add numbers. */
enum class status : std::int32_t {
    ok = IK_STATUS_OK,
    invalid_argument = IK_STATUS_INVALID_ARGUMENT,
    invalid_handle = IK_STATUS_INVALID_HANDLE,
    invalid_state = IK_STATUS_INVALID_STATE,
    would_deadlock = IK_STATUS_WOULD_DEADLOCK,
    pending = IK_STATUS_PENDING,
    no_value = IK_STATUS_NO_VALUE,
    unsupported = IK_STATUS_UNSUPPORTED,
    bad_request = IK_STATUS_BAD_REQUEST,
    unauthenticated = IK_STATUS_UNAUTHENTICATED,
    forbidden = IK_STATUS_FORBIDDEN,
    not_found = IK_STATUS_NOT_FOUND,
    conflict = IK_STATUS_CONFLICT,
    rate_limited = IK_STATUS_RATE_LIMITED,
    server_error = IK_STATUS_SERVER_ERROR,
    unexpected_status = IK_STATUS_UNEXPECTED_STATUS,
    timeout = IK_STATUS_TIMEOUT,
    cancelled = IK_STATUS_CANCELLED,
    connect_failed = IK_STATUS_CONNECT_FAILED,
    tls_failed = IK_STATUS_TLS_FAILED,
    connection_lost = IK_STATUS_CONNECTION_LOST,
    invalid_response = IK_STATUS_INVALID_RESPONSE,
    response_too_large = IK_STATUS_RESPONSE_TOO_LARGE,
    resource_exhausted = IK_STATUS_RESOURCE_EXHAUSTED,
    internal = IK_STATUS_INTERNAL,
};

/**
 * Tells the name of a status.
 *
 * @param value  Any number.
 * @return  Such as "not_found", or "unknown" for a number that is no status. Static.
 */
inline std::string_view to_string(status value) noexcept
{
    return ik_status_name(static_cast<ik_status>(value));
}

/** How much a line of a log matters: see enum ik_log_level. */
enum class log_level : std::int32_t {
    off = IK_LOG_LEVEL_OFF,
    error = IK_LOG_LEVEL_ERROR,
    warn = IK_LOG_LEVEL_WARN,
    info = IK_LOG_LEVEL_INFO,
    debug = IK_LOG_LEVEL_DEBUG,
};

// Inside ------------------------------------------------------------------------------------------

/** What is not for use. */
namespace detail {

struct free_string {
    void operator()(char *string) const noexcept { ik_string_free(string); }
};
using owned_string = std::unique_ptr<char, free_string>;

struct free_handle {
    void operator()(ik_config *config) const noexcept { ik_config_free(config); }
    void operator()(ik_client *client) const noexcept { ik_client_free(client); }
    void operator()(ik_call *call) const noexcept { ik_call_free(call); }
    void operator()(ik_queue *queue) const noexcept { ik_queue_free(queue); }
};
using owned_config = std::unique_ptr<ik_config, free_handle>;
using owned_client = std::unique_ptr<ik_client, free_handle>;
using owned_call = std::unique_ptr<ik_call, free_handle>;
using owned_queue = std::unique_ptr<ik_queue, free_handle>;

inline std::optional<std::string> member(const std::string &document, const char *pointer)
{
    char *value = nullptr;
    const ik_status got = ik_json_get(document.c_str(), pointer, &value);
    const owned_string owned(value);
    if (got != IK_STATUS_OK || value == nullptr)
        return std::nullopt;
    return std::string(value);
}

template <class Number>
std::optional<Number> number(const std::string &document, const char *pointer)
{
    const std::optional<std::string> digits = member(document, pointer);
    Number value{};
    if (!digits)
        return std::nullopt;
    const char *end = digits->data() + digits->size();
    const auto read = std::from_chars(digits->data(), end, value);
    if (read.ec != std::errc() || read.ptr != end)
        return std::nullopt;
    return value;
}

inline std::string quoted(std::string_view text)
{
    std::string json = "\"";
    for (const char each : text) {
        const bool is_control = static_cast<unsigned char>(each) < 0x20;
        if (each == '"' || each == '\\')
            json += '\\';
        json += is_control ? ' ' : each;
    }
    return json + '"';
}

struct facts {
    imagekit::status status;
    std::string document;
    std::string message;
    std::optional<std::string> help;
    std::optional<int> http_status;
    std::optional<std::string> request_id;
    std::optional<std::chrono::milliseconds> retry_after;
    std::uint32_t attempts;
};

} // namespace detail

// Errors ------------------------------------------------------------------------------------------

/**
 * Why something did not succeed. what() is all of it in a line:
 * "not_found (HTTP 404): The requested file does not exist."
 *
 * Copies are cheap and never throw. The private key is never in it.
 */
class error : public std::runtime_error {
public:
    /**
     * An error of your own. A document is made for it, so that every error has one.
     *
     * @param why      What kind of failure it is.
     * @param message  What happened. Control characters in it become spaces.
     */
    error(imagekit::status why, std::string_view message)
        : error(read(why, R"({"error":{"code":)" + detail::quoted(to_string(why)) + R"(,"message":)" +
                              detail::quoted(message) +
                              R"(,"help":null,"httpStatus":null,"requestId":null,"retryAfterMs":null,)" +
                              R"("attempts":null,"responseBody":null}})",
                     message))
    {
    }

    /**
     * The error that a document of the library tells of.
     *
     * @param why       What kind of failure it is.
     * @param document  As the functions of C give it.
     * @return          The error.
     */
    static error from_document(imagekit::status why, std::string document)
    {
        return error(read(why, std::move(document)));
    }

    /** A copy, also where it is moved: no error is left without its facts. */
    error(const error &) noexcept = default;
    /** A copy. @return  This error. */
    error &operator=(const error &) noexcept = default;
    ~error() override = default;

    /** @return  What kind of failure it is. Never ok. */
    imagekit::status status() const noexcept { return facts_->status; }

    /** @return  The name of status(), such as "not_found". Static. */
    std::string_view code() const noexcept { return to_string(facts_->status); }

    /** @return  What happened: the server's own words where it sent some. */
    const std::string &message() const noexcept { return facts_->message; }

    /** @return  What the server suggests to do, if it did. */
    const std::optional<std::string> &help() const noexcept { return facts_->help; }

    /** @return  The HTTP status of the last answer, if there was one. */
    std::optional<int> http_status() const noexcept { return facts_->http_status; }

    /** @return  What ImageKit's support asks for, if there was an answer that has it. */
    const std::optional<std::string> &request_id() const noexcept { return facts_->request_id; }

    /** @return  How long the server asked to wait, if it did. */
    std::optional<std::chrono::milliseconds> retry_after() const noexcept { return facts_->retry_after; }

    /** @return  How many requests were made. */
    std::uint32_t attempts() const noexcept { return facts_->attempts; }

    /** @return  The whole error document, JSON: see "The error document" in imagekit.h. */
    const std::string &document() const noexcept { return facts_->document; }

private:
    using shared_facts = std::shared_ptr<const detail::facts>;

    explicit error(shared_facts facts) : std::runtime_error(line(*facts)), facts_(std::move(facts)) {}

    // What is no UTF-8 makes no document: then the message stays at least.
    static shared_facts read(imagekit::status why, std::string document, std::string_view message = {})
    {
        auto facts = std::make_shared<detail::facts>();
        facts->status = why;
        facts->message = detail::member(document, "/error/message").value_or(std::string(message));
        facts->help = detail::member(document, "/error/help");
        facts->http_status = detail::number<int>(document, "/error/httpStatus");
        facts->request_id = detail::member(document, "/error/requestId");
        if (const auto wait = detail::number<std::int64_t>(document, "/error/retryAfterMs"))
            facts->retry_after = std::chrono::milliseconds(*wait);
        facts->attempts = detail::number<std::uint32_t>(document, "/error/attempts").value_or(0);
        facts->document = std::move(document);
        return facts;
    }

    static std::string line(const detail::facts &facts)
    {
        std::string line(to_string(facts.status));
        if (facts.http_status)
            line += " (HTTP " + std::to_string(*facts.http_status) + ")";
        return line + ": " + facts.message;
    }

    shared_facts facts_;
};

/**
 * A value, or the error that there is instead of one: what std::expected<T, imagekit::error> is from
 * C++23 on. Every function that begins with try_ returns one.
 */
template <class T>
class [[nodiscard]] result {
public:
    /** What a success holds. */
    using value_type = T;
    /** What a failure holds. */
    using error_type = imagekit::error;

    /** A success. @param value  What it holds. */
    result(T value) : held_(std::in_place_index<0>, std::move(value)) {}

    /** A failure. @param error  What it holds. */
    result(const imagekit::error &error) : held_(std::in_place_index<1>, error) {}

    /** @return  true if there is a value. */
    bool has_value() const noexcept { return held_.index() == 0; }

    /** @copydoc has_value */
    explicit operator bool() const noexcept { return has_value(); }

    /** @return  The value. There must be one. */
    T &operator*() & noexcept { return *found(std::get_if<0>(&held_)); }
    /** @copydoc operator* */
    const T &operator*() const & noexcept { return *found(std::get_if<0>(&held_)); }
    /** @copydoc operator* */
    T &&operator*() && noexcept { return std::move(**this); }
    /** @copydoc operator* */
    T *operator->() noexcept { return found(std::get_if<0>(&held_)); }
    /** @copydoc operator* */
    const T *operator->() const noexcept { return found(std::get_if<0>(&held_)); }

    /** @return  The error. There must be one. */
    const imagekit::error &error() const noexcept { return *found(std::get_if<1>(&held_)); }

    /**
     * The value, or another one where there is none.
     *
     * @param other  The other one.
     * @return       One of them.
     */
    template <class Other>
    T value_or(Other &&other) const &
    {
        return has_value() ? **this : static_cast<T>(std::forward<Other>(other));
    }
    /** @copydoc value_or */
    template <class Other>
    T value_or(Other &&other) &&
    {
        return has_value() ? std::move(**this) : static_cast<T>(std::forward<Other>(other));
    }

#if IMAGEKIT_HAS_EXCEPTIONS
    /** @return  The value. @throws imagekit::error  The error, where there is none. */
    T &value() &
    {
        return has_value() ? **this : throw error();
    }
    /** @copydoc value */
    const T &value() const &
    {
        return has_value() ? **this : throw error();
    }
    /** @copydoc value */
    T &&value() &&
    {
        return has_value() ? std::move(**this) : throw error();
    }
#endif

private:
    template <class Pointer>
    static Pointer found(Pointer held) noexcept
    {
        assert(held != nullptr && "a result is asked for what it does not hold");
        return held;
    }

    std::variant<T, imagekit::error> held_;
};

/** A success without a value, or an error. */
template <>
class [[nodiscard]] result<void> {
public:
    /** What a success holds. */
    using value_type = void;
    /** What a failure holds. */
    using error_type = imagekit::error;

    /** A success. */
    result() = default;

    /** A failure. @param error  What it holds. */
    result(const imagekit::error &error) : error_(error) {}

    /** @return  true if it is one. */
    bool has_value() const noexcept { return !error_.has_value(); }

    /** @copydoc has_value */
    explicit operator bool() const noexcept { return has_value(); }

    /** @return  The error. There must be one. */
    const imagekit::error &error() const noexcept
    {
        assert(error_.has_value() && "a result is asked for what it does not hold");
        return *error_;
    }

#if IMAGEKIT_HAS_EXCEPTIONS
    /** Does nothing. @throws imagekit::error  The error, where there is one. */
    void value() const
    {
        if (error_)
            throw imagekit::error(*error_);
    }
#endif

private:
    std::optional<imagekit::error> error_;
};

/**
 * How long to wait at most: any std::chrono duration, rounded up to milliseconds. A negative one is
 * none; what goes beyond some 285 000 years has no limit.
 */
class timeout {
public:
    /** So long. @param duration  Any duration. */
    template <class Rep, class Period>
    constexpr timeout(std::chrono::duration<Rep, Period> duration) noexcept : ms_(rounded_up(duration))
    {
    }

    /** @return  The number that the functions of C take. */
    constexpr std::uint64_t count() const noexcept { return ms_; }

private:
    template <class Duration>
    static constexpr std::uint64_t rounded_up(Duration duration) noexcept
    {
        constexpr double too_many = 9e15;
        const auto about = std::chrono::duration<double, std::milli>(duration).count();
        if (!(about > 0))
            return 0;
        if (about >= too_many)
            return UINT64_MAX;
        return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
    }

    std::uint64_t ms_;
};

/** A timeout without a limit. */
inline constexpr timeout forever{(std::chrono::hours::max)()}; // a macro of Windows has that name

namespace detail {

// Where a function gives a status alone.
inline error failure(std::string_view action, ik_status why)
{
    const auto named = static_cast<status>(why);
    std::string message = "could not " + std::string(action);
    switch (named) {
    case status::invalid_argument:
        message += ": an argument was refused; the log tells why at warn (IMAGE_KIT_LOG=warn)";
        break;
    case status::invalid_handle:
        message += ": what it is asked of was moved from or freed";
        break;
    case status::invalid_state:
        message += ": the state of the object does not allow it, as of a call that was sent before";
        break;
    case status::cancelled:
        message += ": the call was cancelled, or a shutdown is in progress";
        break;
    case status::pending:
        message += ": the call has not ended";
        break;
    default:
        message += ": " + std::string(to_string(named));
    }
    return error(named, message);
}

// A client through which nothing can be sent, as it was shut down. Where a function refuses an argument and
// gives no more than a status, one that is asked the same of this client says why.
inline owned_client nowhere()
{
    const owned_config config(ik_config_new());
    ik_client *made = nullptr;
    if (ik_config_set_private_key(config.get(), "none") != IK_STATUS_OK)
        return nullptr;
    ik_client_new(config.get(), &made, nullptr);
    owned_client client(made);
    return ik_client_shutdown(made, 0) == IK_STATUS_OK ? std::move(client) : nullptr;
}

inline result<void> done_or(std::string_view action, ik_status came_of)
{
    if (came_of == IK_STATUS_OK)
        return {};
    return failure(action, came_of);
}

// The text that a function gave, or its error. The string is freed on every path.
inline result<std::string> take(std::string_view action, ik_status came_of, owned_string text)
{
    if (came_of == IK_STATUS_OK)
        return std::string(text ? text.get() : "");
    if (text == nullptr)
        return failure(action, came_of);
    return error::from_document(static_cast<status>(came_of), text.get());
}

// A text on its way into the library, which takes it up to its first NUL.
class text {
public:
    text(std::string_view name, std::string_view value) : name_(name), value_(value) {}
    text(std::string_view name, std::optional<std::string_view> value) : name_(name)
    {
        if (value)
            value_.emplace(*value);
    }

    const char *c_str() const noexcept { return value_ ? value_->c_str() : nullptr; }

    bool is_cut() const noexcept { return value_ && value_->find('\0') != std::string::npos; }

    error refusal() const
    {
        return error(status::invalid_argument, std::string(name_) + " has a NUL in it: pass text without one");
    }

private:
    std::string_view name_;
    std::optional<std::string> value_;
};

template <class... Texts>
std::optional<error> refused(const Texts &...texts)
{
    std::optional<error> refusal;
    const auto look_at = [&](const text &each) {
        if (!refusal && each.is_cut())
            refusal = each.refusal();
    };
    (look_at(texts), ...);
    return refusal;
}

inline error moved_from(std::string_view what)
{
    return error(status::invalid_handle, "this " + std::string(what) + " was moved from");
}

template <class Json>
using dumped = decltype(std::string(std::declval<const Json &>().dump()));

template <class Json, class = void>
struct has_dump : std::false_type {};
template <class Json>
struct has_dump<Json, std::void_t<dumped<Json>>> : std::true_type {};

#if IMAGEKIT_HAS_EXCEPTIONS
// What a JSON library makes of it, or the exception that it throws as an error.
template <class Value, class Make>
result<Value> guarded(status otherwise, const Make &make)
{
    try {
        return make();
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception &thrown) {
        return error(otherwise, thrown.what());
    }
}
#else
template <class Value, class Make>
result<Value> guarded(status, const Make &make)
{
    return make();
}
#endif

template <class Answer>
result<Answer> converted(result<std::string> answer)
{
    if constexpr (std::is_same_v<Answer, std::string>) {
        return answer;
    } else {
        if (!answer)
            return answer.error();
        return guarded<Answer>(status::invalid_response, [&]() -> Answer { return Answer::parse(*answer); });
    }
}

template <class Body>
result<std::optional<std::string>> body_text(const Body &body)
{
    using maybe = std::optional<std::string>;
    if constexpr (std::is_same_v<Body, std::nullopt_t> || std::is_same_v<Body, std::nullptr_t>) {
        return maybe();
    } else if constexpr (has_dump<Body>::value) {
        return guarded<maybe>(status::invalid_argument, [&]() -> maybe { return body.dump(); });
    } else {
        static_assert(std::is_convertible_v<const Body &, std::optional<std::string_view>>,
                      "a body is JSON text, std::nullopt, or something with dump() as nlohmann::json");
        const std::optional<std::string_view> view = body;
        return view ? maybe(*view) : maybe();
    }
}

} // namespace detail

// Settings ----------------------------------------------------------------------------------------

/**
 * Settings, while they are being gathered. A client copies them, so one config can make many. What is
 * left open comes from the environment or is the default.
 *
 * Setters return the config, so that they can be chained. One that refuses a value throws, says why,
 * and keeps the old value. The config then makes no client until the same setter succeeds.
 *
 * Threads: any, one at a time.
 */
class config {
public:
    /** Takes one line of a log. */
    using log_function = std::function<void(log_level, std::string_view)>;

    /** An empty config. */
    config() noexcept : handle_(ik_config_new()) {}

#if IMAGEKIT_HAS_EXCEPTIONS
    /**
     * Sets the private key; else it is that of IMAGEKIT_PRIVATE_KEY.
     *
     * @param private_key  1 to 512 visible ASCII characters without a colon.
     * @return             This config; so with each setter.
     * @throws imagekit::error  invalid_argument, or invalid_handle after a move: so with each setter.
     */
    config &set_private_key(std::string_view private_key)
    {
        return try_set_private_key(private_key).value(), *this;
    }

    /**
     * Sets where the API is; else it is IMAGE_KIT_BASE_URL, or https://api.imagekit.io.
     *
     * @param base_url  https://host[:port][/prefix]; http:// only to this machine.
     * @return          This config.
     */
    config &set_base_url(std::string_view base_url)
    {
        return try_set_base_url(base_url).value(), *this;
    }

    /**
     * Sets the time for a whole call, retries and waits included; else a minute.
     *
     * @param time  1 ms to 24 h.
     * @return      This config.
     */
    config &set_timeout(std::chrono::milliseconds time)
    {
        return try_set_timeout(time).value(), *this;
    }

    /**
     * Sets the time for each connection; else 10 s.
     *
     * @param time  1 ms to 24 h.
     * @return      This config.
     */
    config &set_connect_timeout(std::chrono::milliseconds time)
    {
        return try_set_connect_timeout(time).value(), *this;
    }

    /**
     * Sets how often a failed attempt is repeated; else twice.
     *
     * @param max_retries  Any number; 0 for none.
     * @return             This config.
     */
    config &set_max_retries(std::uint32_t max_retries)
    {
        return try_set_max_retries(max_retries).value(), *this;
    }

    /**
     * Sets the longest body that is taken, after decompression; else 64 MiB.
     *
     * @param max_bytes  At least 1.
     * @return           This config.
     */
    config &set_max_response_bytes(std::uint64_t max_bytes)
    {
        return try_set_max_response_bytes(max_bytes).value(), *this;
    }

    /**
     * Sets how many requests the client begins in a second; else any number.
     *
     * @param limit  1 to 1 000 000, or 0 for any number.
     * @return       This config.
     */
    config &set_max_requests_per_second(std::uint32_t limit)
    {
        return try_set_max_requests_per_second(limit).value(), *this;
    }

    /**
     * Sets a file of certificates that are trusted in addition to the system's.
     *
     * @param pem_path  The path of a file in PEM.
     * @return          This config.
     */
    config &set_ca_file(std::string_view pem_path)
    {
        return try_set_ca_file(pem_path).value(), *this;
    }

    /**
     * Sets the proxy for https; else the environment says.
     *
     * @param url  http[s]://[user:password@]host[:port], or "" for none.
     * @return     This config.
     */
    config &set_proxy(std::string_view url)
    {
        return try_set_proxy(url).value(), *this;
    }

    /**
     * Sets what is told of the work of the clients that are made from this config; else IMAGE_KIT_LOG says.
     *
     * @param max_level  Lines of this level and of those below it are told.
     * @param on_log     Takes the lines, one at a time, on the library's callback thread. What it throws
     *                   is dropped. It is kept until the config and all of these clients are gone, and
     *                   for each client until client::shutdown() or, after the client was destroyed,
     *                   imagekit::shutdown() has returned true, as a line may still be on its way to it.
     * @return           This config.
     */
    config &set_log(log_level max_level, log_function on_log)
    {
        return try_set_log(max_level, std::move(on_log)).value(), *this;
    }
#endif

    /** See set_private_key(). */
    result<void> try_set_private_key(std::string_view private_key)
    {
        return set(ik_config_set_private_key, detail::text("private_key", private_key));
    }

    /** See set_base_url(). */
    result<void> try_set_base_url(std::string_view base_url)
    {
        return set(ik_config_set_base_url, detail::text("base_url", base_url));
    }

    /** See set_timeout(). */
    result<void> try_set_timeout(std::chrono::milliseconds time)
    {
        return set(ik_config_set_timeout_ms, timeout(time).count());
    }

    /** See set_connect_timeout(). */
    result<void> try_set_connect_timeout(std::chrono::milliseconds time)
    {
        return set(ik_config_set_connect_timeout_ms, timeout(time).count());
    }

    /** See set_max_retries(). */
    result<void> try_set_max_retries(std::uint32_t max_retries)
    {
        return set(ik_config_set_max_retries, max_retries);
    }

    /** See set_max_response_bytes(). */
    result<void> try_set_max_response_bytes(std::uint64_t max_bytes)
    {
        return set(ik_config_set_max_response_bytes, max_bytes);
    }

    /** See set_max_requests_per_second(). */
    result<void> try_set_max_requests_per_second(std::uint32_t limit)
    {
        return set(ik_config_set_max_requests_per_second, limit);
    }

    /** See set_ca_file(). */
    result<void> try_set_ca_file(std::string_view pem_path)
    {
        return set(ik_config_set_ca_file, detail::text("ca_file", pem_path));
    }

    /** See set_proxy(). */
    result<void> try_set_proxy(std::string_view url)
    {
        return set(ik_config_set_proxy, detail::text("proxy", url));
    }

    /** See set_log(). */
    result<void> try_set_log(log_level max_level, log_function on_log)
    {
        auto kept = std::make_shared<log_function>(std::move(on_log));
        const ik_log_callback callback = *kept ? tell : nullptr;
        const auto refusable = [&](ik_config *handle) {
            return ik_config_set_log_callback(handle, static_cast<std::int32_t>(max_level), callback, kept.get());
        };
        result<void> came_of = set(refusable);
        if (came_of)
            on_log_ = std::move(kept);
        return came_of;
    }

private:
    friend class client;

    static void IK_CALL tell(void *on_log, std::int32_t level, const char *message) noexcept
    {
        const auto &function = *static_cast<const log_function *>(on_log);
#if IMAGEKIT_HAS_EXCEPTIONS
        try {
            function(static_cast<log_level>(level), message);
        } catch (...) {
            // A line of a log is worth nobody's process, and nobody waits for what becomes of it.
        }
#else
        function(static_cast<log_level>(level), message);
#endif
    }

    template <class Setter>
    result<void> set(Setter setter, const detail::text &value)
    {
        if (auto refusal = detail::refused(value))
            return *refusal;
        return set([&](ik_config *handle) { return setter(handle, value.c_str()); });
    }

    template <class Setter, class Number>
    result<void> set(Setter setter, Number value)
    {
        return set([&](ik_config *handle) { return setter(handle, value); });
    }

    template <class Refusable>
    result<void> set(const Refusable &refusable)
    {
        if (handle_ == nullptr)
            return detail::moved_from("config");
        const ik_status came_of = refusable(handle_.get());
        if (came_of == IK_STATUS_OK)
            return {};
        return reason(came_of, refusable);
    }

    // The setter gives no more than a status. What makes a client says why, and of a config that has
    // nothing but this value it can only mean this one.
    template <class Refusable>
    static error reason(ik_status why, const Refusable &refusable)
    {
        const detail::owned_config alone(ik_config_new());
        ik_client *client = nullptr;
        char *document = nullptr;
        if (alone == nullptr || refusable(alone.get()) == IK_STATUS_OK)
            return detail::failure("set an option", why);
        ik_client_new(alone.get(), &client, &document);
        const detail::owned_client unlikely(client);
        const detail::owned_string owned(document);
        if (document == nullptr)
            return detail::failure("set an option", why);
        return error::from_document(static_cast<status>(why), document);
    }

    detail::owned_config handle_;
    std::shared_ptr<log_function> on_log_;
};

namespace detail {

// A log function that a client was told of. The last lines may be on their way to it when the client is
// gone, so it is then kept in a list until a shutdown has seen them out. The list needs no lock, which a
// forked child would find taken.
struct kept_log {
    std::shared_ptr<config::log_function> on_log;
    std::atomic<bool> is_quiet{false};
    kept_log *next = nullptr;
};

inline std::atomic<kept_log *> kept_logs{nullptr};

inline void keep(kept_log *first) noexcept
{
    while (first != nullptr) {
        kept_log *const rest = first->next;
        first->next = kept_logs.load(std::memory_order_relaxed);
        while (!kept_logs.compare_exchange_weak(first->next, first, std::memory_order_release,
                                                std::memory_order_relaxed)) {
        }
        first = rest;
    }
}

inline void drop(kept_log *first) noexcept
{
    while (first != nullptr)
        delete std::exchange(first, first->next);
}

struct leave_log {
    void operator()(kept_log *log) const noexcept { log->is_quiet ? drop(log) : keep(log); }
};
using client_log = std::unique_ptr<kept_log, leave_log>;

// What an ik_call_done owns while a call is in the background.
template <class OnDone>
struct background {
    OnDone on_done;
    owned_call call; // where nobody else keeps it

    static void IK_CALL done(void *user_data, ik_status came_of, char *json) noexcept
    {
        const std::unique_ptr<background> self(static_cast<background *>(user_data));
        self->on_done(came_of, owned_string(json));
    }
};

inline constexpr std::string_view sending = "send a call";

// A result as it is, or what is in it.
template <class Given, class Result>
Given given(Result came_of)
{
    if constexpr (std::is_same_v<Given, Result>)
        return came_of;
    else
        return std::move(came_of).value();
}

template <class Given>
void settle(std::promise<Given> &promise, ik_status came_of, owned_string json)
{
#if IMAGEKIT_HAS_EXCEPTIONS
    try {
        promise.set_value(given<Given>(take(sending, came_of, std::move(json))));
    } catch (...) {
        promise.set_exception(std::current_exception());
    }
#else
    promise.set_value(given<Given>(take(sending, came_of, std::move(json))));
#endif
}

} // namespace detail

// Calls -------------------------------------------------------------------------------------------

/**
 * One described request, to be sent at most once: client::get_file_versions_call() and its like make
 * it. It is described, then it runs, then it has ended; see ik_call in imagekit.h for what can be done
 * with it when. It does not need its client any more.
 *
 * Its destructor cancels it if it has not ended, and waits for nobody. So what is to go on by itself
 * is given away: std::move(call).async(), or client.get_file_versions_call(id).async().
 *
 * Threads: any, at once.
 */
class call {
public:
#if IMAGEKIT_HAS_EXCEPTIONS
    /**
     * Sets how long this call may take, retries and waits included; else what its client was told.
     *
     * @param time  1 ms to 24 h.
     * @return      This call.
     * @throws imagekit::error  invalid_argument, and the call cannot be sent until this succeeds;
     *                          invalid_state if it was sent before, invalid_handle after a move. So
     *                          with the next two.
     */
    call &set_timeout(std::chrono::milliseconds time) &
    {
        return try_set_timeout(time).value(), *this;
    }
    /** @copydoc set_timeout */
    call &&set_timeout(std::chrono::milliseconds time) &&
    {
        return try_set_timeout(time).value(), std::move(*this);
    }

    /**
     * Sets how often it is repeated when an attempt fails, a POST or PATCH too; else what its client was told.
     *
     * @param max_retries  Any number; 0 for none.
     * @return             This call.
     */
    call &set_max_retries(std::uint32_t max_retries) &
    {
        return try_set_max_retries(max_retries).value(), *this;
    }
    /** @copydoc set_max_retries */
    call &&set_max_retries(std::uint32_t max_retries) &&
    {
        return try_set_max_retries(max_retries).value(), std::move(*this);
    }

    /**
     * Sets a header of its requests, in place of an earlier one of that name.
     *
     * @param name   A token that is not one of the library's own: see ik_call_set_header().
     * @param value  Visible ASCII, spaces and tabs, at most 8192 bytes.
     * @return       This call.
     */
    call &set_header(std::string_view name, std::string_view value) &
    {
        return try_set_header(name, value).value(), *this;
    }
    /** @copydoc set_header */
    call &&set_header(std::string_view name, std::string_view value) &&
    {
        return try_set_header(name, value).value(), std::move(*this);
    }

    /**
     * Sends it and waits.
     *
     * @tparam Answer  std::string, or a type with a static parse(std::string) such as nlohmann::json.
     * @return         The answer.
     * @throws imagekit::error  What came of it instead; invalid_state if it was sent before.
     */
    template <class Answer = std::string>
    Answer perform()
    {
        return try_perform<Answer>().value();
    }

    /**
     * Sends it in the background; whoever wants the answer waits for it.
     *
     * @throws imagekit::error  invalid_state if it was sent before, and other statuses of ik_call_start().
     */
    void start() &
    {
        try_start().value();
    }
    void start() && = delete; // nobody could wait for it, and its end is to be cancelled

    /**
     * Sends it in the background and tells a function of its end, exactly once, on the library's callback
     * thread: perhaps before this returns, perhaps after the call was destroyed.
     *
     * Of a call that is given away, as client.get_file_versions_call(id).start(f), nothing is left to
     * cancel it by. One that stays is cancelled by its destructor.
     *
     * @param on_done  Takes an imagekit::result<std::string>. Must not throw: that is std::terminate().
     * @throws imagekit::error  As start(): on_done is then destroyed, and never called.
     */
    template <class OnDone>
    void start(OnDone on_done) &
    {
        try_start(std::move(on_done)).value();
    }
    /** The same of a call that is given away. @param on_done  As above. */
    template <class OnDone>
    void start(OnDone on_done) &&
    {
        std::move(*this).try_start(std::move(on_done)).value();
    }

    /**
     * Sends it in the background.
     *
     * @return  Its answer, to come, or its imagekit::error: also where it could not even be sent. The
     *          future's destructor does not wait. A call that is given away runs to its end; one that
     *          stays can be cancelled, and is by its destructor.
     */
    std::future<std::string> async() &
    {
        return promised<std::string>(nullptr);
    }
    /** @copydoc async */
    std::future<std::string> async() &&
    {
        return promised<std::string>(&handle_);
    }

    /**
     * Waits until it has ended, and gives its result: every time, to any number of threads.
     *
     * @return  The answer.
     * @throws imagekit::error  What came of it instead; invalid_state if it was not sent yet.
     */
    std::string wait() const
    {
        return try_wait().value();
    }

    /**
     * The same for so long at most.
     *
     * @param limit  How long to wait; 0 has a look only.
     * @return       The answer, or nothing if it has not ended in this time.
     */
    std::optional<std::string> wait_for(timeout limit) const
    {
        return try_wait_for(limit).value();
    }

    /**
     * Cancels it. If it has not ended it ends as cancelled at once; the server may have acted or not.
     *
     * @throws imagekit::error  invalid_handle after a move.
     */
    void cancel()
    {
        try_cancel().value();
    }

    /**
     * Tells what is known of it besides its answer: HTTP status, headers, request id, attempts, rate limit,
     * timings. See ik_call_get_metadata() for the fields.
     *
     * @return  A JSON document.
     * @throws imagekit::error  pending if it has not ended, invalid_state if it was not sent yet.
     */
    std::string metadata() const
    {
        return try_metadata().value();
    }
#endif

    /** See set_timeout(). */
    result<void> try_set_timeout(std::chrono::milliseconds time)
    {
        return set(ik_call_set_timeout_ms, timeout(time).count());
    }

    /** See set_max_retries(). */
    result<void> try_set_max_retries(std::uint32_t max_retries)
    {
        return set(ik_call_set_max_retries, max_retries);
    }

    /** See set_header(). */
    result<void> try_set_header(std::string_view name, std::string_view value)
    {
        const detail::text name_text("name", name), value_text("value", value);
        if (auto refusal = detail::refused(name_text, value_text))
            return *refusal;
        return set(ik_call_set_header, name_text.c_str(), value_text.c_str());
    }

    /** See perform(). */
    template <class Answer = std::string>
    result<Answer> try_perform()
    {
        if (handle_ == nullptr)
            return detail::moved_from("call");
        char *json = nullptr;
        const ik_status came_of = ik_call_perform(handle_.get(), &json);
        return detail::converted<Answer>(detail::take(detail::sending, came_of, detail::owned_string(json)));
    }

    /** Sends it in the background, as start() does. @return  Success, or what start() throws. */
    result<void> try_start() &
    {
        return act(detail::sending, ik_call_start, nullptr, nullptr);
    }
    result<void> try_start() && = delete;

    /** Sends it and tells a function, as start() does. @param on_done  As there. @return  Success, or what start() throws. */
    template <class OnDone>
    result<void> try_start(OnDone on_done) &
    {
        return told(nullptr, std::move(on_done));
    }
    /** Sends it and tells a function, as start() does. @param on_done  As there. @return  Success, or what start() throws. */
    template <class OnDone>
    result<void> try_start(OnDone on_done) &&
    {
        return told(&handle_, std::move(on_done));
    }

    /** What async() does. @return  The result, to come. */
    std::future<result<std::string>> try_async() &
    {
        return promised<result<std::string>>(nullptr);
    }
    /** @copydoc try_async */
    std::future<result<std::string>> try_async() &&
    {
        return promised<result<std::string>>(&handle_);
    }

    /** See wait(). */
    result<std::string> try_wait() const
    {
        char *json = nullptr;
        const ik_status came_of = wait_at_most(forever, &json);
        return detail::take("wait for a call", came_of, detail::owned_string(json));
    }

    /** See wait_for(). */
    result<std::optional<std::string>> try_wait_for(timeout limit) const
    {
        char *json = nullptr;
        const ik_status came_of = wait_at_most(limit, &json);
        if (came_of == IK_STATUS_PENDING)
            return std::optional<std::string>();
        auto answer = detail::take("wait for a call", came_of, detail::owned_string(json));
        if (!answer)
            return answer.error();
        return std::optional<std::string>(*std::move(answer));
    }

    /** What cancel() does. @return  Success, or the error that it throws. */
    result<void> try_cancel()
    {
        return act("cancel a call", ik_call_cancel);
    }

    /** See metadata(). */
    result<std::string> try_metadata() const
    {
        if (handle_ == nullptr)
            return detail::moved_from("call");
        char *json = nullptr;
        const ik_status came_of = ik_call_get_metadata(handle_.get(), &json);
        return detail::take("get a call's metadata", came_of, detail::owned_string(json));
    }

#if IMAGEKIT_HAS_COROUTINES
private:
    // The callback may come, resume the coroutine and end this object before ik_call_start() has
    // returned: after it only its status is looked at, and nothing of it may be kept in the
    // coroutine's frame, which inlining would do.
    template <class Given>
    class awaiter {
    public:
        explicit awaiter(ik_call *call) noexcept : call_(call) {}
        awaiter(const awaiter &) = delete;
        awaiter &operator=(const awaiter &) = delete;

        bool await_ready() const noexcept { return false; }

#if defined(__GNUC__)
        __attribute__((noinline))
#elif defined(_MSC_VER)
        __declspec(noinline)
#endif
        bool await_suspend(std::coroutine_handle<> waiting) noexcept
        {
            waiting_ = waiting;
            const ik_status started = call_ ? ik_call_start(call_, resume, this) : IK_STATUS_INVALID_HANDLE;
            if (started == IK_STATUS_OK)
                return true;
            came_of_ = started;
            return false;
        }

        Given await_resume()
        {
            return detail::given<Given>(detail::take(detail::sending, came_of_, std::move(json_)));
        }

    private:
        static void IK_CALL resume(void *user_data, ik_status came_of, char *json) noexcept
        {
            awaiter &self = *static_cast<awaiter *>(user_data);
            self.came_of_ = came_of;
            self.json_.reset(json);
            self.waiting_.resume();
        }

        ik_call *call_;
        std::coroutine_handle<> waiting_;
        ik_status came_of_ = IK_STATUS_INTERNAL;
        detail::owned_string json_;
    };

    class awaitable_result {
    public:
        explicit awaitable_result(ik_call *call) noexcept : call_(call) {}
        awaiter<result<std::string>> operator co_await() const noexcept { return awaiter<result<std::string>>(call_); }

    private:
        ik_call *call_;
    };

public:
#if IMAGEKIT_HAS_EXCEPTIONS
    /**
     * co_await sends it and suspends the coroutine until it has ended. What follows runs on the library's
     * callback thread, or here where the call could not be sent. While it is suspended the coroutine must
     * not be destroyed: cancel the call, and it goes on with cancelled.
     *
     * Give the answer a name. Inside of the condition of an if, g++ 12 misplaces what a co_await needs,
     * whatever the library: if ((co_await call).empty()) crashes.
     *
     * @return  What co_await gives the answer of, and throws imagekit::error from.
     */
    awaiter<std::string> operator co_await() const noexcept
    {
        return awaiter<std::string>(handle_.get());
    }
#endif

    /** @return  For co_await call.as_result(): the same, but that gives an imagekit::result<std::string>. */
    awaitable_result as_result() const noexcept
    {
        return awaitable_result(handle_.get());
    }
#endif

    /** @return  What stands for this call in the functions of C, which must not free it; NULL after a move. */
    ik_call *native_handle() const noexcept { return handle_.get(); }

private:
    friend class client;

    explicit call(detail::owned_call handle) noexcept : handle_(std::move(handle)) {}

    template <class Function, class... Values>
    result<void> act(std::string_view action, Function function, Values... values) const
    {
        if (handle_ == nullptr)
            return detail::moved_from("call");
        return detail::done_or(action, function(handle_.get(), values...));
    }

    template <class Setter, class... Values>
    result<void> set(Setter setter, Values... values)
    {
        const auto came_of = act("set an option of a call", setter, values...);
        if (came_of || came_of.error().status() != status::invalid_argument)
            return came_of;
        return reason(came_of.error(), [&](ik_call *other) { return setter(other, values...); });
    }

    template <class Refusable>
    static error reason(const error &otherwise, const Refusable &refusable)
    {
        const detail::owned_client nowhere = detail::nowhere();
        ik_call *made = nullptr;
        if (nowhere)
            ik_request_call(nowhere.get(), "GET", "/", nullptr, &made);
        const detail::owned_call call(made);
        if (refusable(made) != IK_STATUS_INVALID_ARGUMENT || made == nullptr)
            return otherwise;
        char *document = nullptr;
        const ik_status refused = ik_call_perform(made, &document);
        const detail::owned_string owned_document(document);
        if (refused != IK_STATUS_INVALID_ARGUMENT || document == nullptr)
            return otherwise;
        return error::from_document(status::invalid_argument, document);
    }

    ik_status wait_at_most(timeout limit, char **json) const
    {
        return handle_ ? ik_call_wait(handle_.get(), limit.count(), json) : IK_STATUS_INVALID_HANDLE;
    }

    // Where it starts, the callback owns what is in `waiting`, and perhaps had it already; else it stays there.
    template <class OnDone>
    ik_status launch(std::unique_ptr<detail::background<OnDone>> &waiting, detail::owned_call *given)
    {
        ik_call *const handle = handle_.get();
        if (handle == nullptr)
            return IK_STATUS_INVALID_HANDLE;
        if (given != nullptr)
            waiting->call = std::move(*given);
        const ik_status started = ik_call_start(handle, waiting->done, waiting.get());
        if (started == IK_STATUS_OK)
            static_cast<void>(waiting.release());
        else if (given != nullptr)
            *given = std::move(waiting->call);
        return started;
    }

    template <class OnDone>
    result<void> told(detail::owned_call *given, OnDone on_done)
    {
        static_assert(std::is_invocable_v<OnDone &, result<std::string>>,
                      "a function for start() takes an imagekit::result<std::string>");
        auto tell = [function = std::move(on_done)](ik_status came_of, detail::owned_string answer) mutable {
            function(detail::take(detail::sending, came_of, std::move(answer)));
        };
        using background = detail::background<decltype(tell)>;
        std::unique_ptr<background> waiting(new background{std::move(tell), nullptr});
        return detail::done_or(detail::sending, launch(waiting, given));
    }

    template <class Value>
    std::future<Value> promised(detail::owned_call *given)
    {
        std::promise<Value> promise;
        auto future = promise.get_future();
        auto keep = [promise = std::move(promise)](ik_status came_of, detail::owned_string answer) mutable {
            detail::settle(promise, came_of, std::move(answer));
        };
        using background = detail::background<decltype(keep)>;
        std::unique_ptr<background> waiting(new background{std::move(keep), nullptr});
        const ik_status started = launch(waiting, given);
        if (started != IK_STATUS_OK)
            waiting->on_done(started, nullptr);
        return future;
    }

    friend class queue;

    detail::owned_call handle_;
};

// Clients -----------------------------------------------------------------------------------------

/**
 * A client of ImageKit's API. One serves all threads, and child processes too.
 *
 * Each operation has four forms: the plain one sends and waits, the one with _call describes a call to
 * be sent later, and each has one with try_ that does not throw. A template argument chooses the type
 * of an answer: std::string, or one with a static parse(std::string) such as nlohmann::json.
 *
 * Its destructor waits for nobody and cancels nothing: calls that run finish.
 *
 * Threads: any, at once.
 */
class client {
public:
#if IMAGEKIT_HAS_EXCEPTIONS
    /**
     * A client from the environment and the defaults. Starts no thread and opens no connection.
     *
     * @throws imagekit::error  invalid_argument where there is no private key or a variable cannot be used;
     *                          and other statuses of ik_client_new().
     */
    client() : client(try_create().value()) {}

    /**
     * A client with these settings, which it copies.
     *
     * @param config  The settings.
     * @throws imagekit::error  As without settings; invalid_handle if config was moved from.
     */
    explicit client(const config &config) : client(try_create(config).value()) {}

    /**
     * Gets the versions of a file, the current one first.
     *
     * @param file_id  The file's id, 1 to 256 bytes.
     * @return         A JSON array of versions, byte for byte the server's.
     * @throws imagekit::error  not_found where no file has this id; invalid_argument where nothing can;
     *                          and others, see "Statuses of a request" in imagekit.h.
     */
    template <class Answer = std::string>
    Answer get_file_versions(std::string_view file_id) const
    {
        return try_get_file_versions<Answer>(file_id).value();
    }

    /**
     * Gets one version of a file.
     *
     * @param file_id     The file's id.
     * @param version_id  The version's id, as versionInfo.id has it.
     * @return            The version, a JSON object.
     * @throws imagekit::error  As get_file_versions(); so with the other operations.
     */
    template <class Answer = std::string>
    Answer get_file_version_details(std::string_view file_id, std::string_view version_id) const
    {
        return try_get_file_version_details<Answer>(file_id, version_id).value();
    }

    /**
     * Deletes a version of a file, which must not be the current one: bad_request.
     *
     * @param file_id     The file's id.
     * @param version_id  The version's id.
     * @return            {}, or the server's JSON if it sent some.
     */
    template <class Answer = std::string>
    Answer delete_file_version(std::string_view file_id, std::string_view version_id) const
    {
        return try_delete_file_version<Answer>(file_id, version_id).value();
    }

    /**
     * Makes an older version of a file the current one.
     *
     * @param file_id     The file's id.
     * @param version_id  The version's id.
     * @return            The version, now current, a JSON object.
     */
    template <class Answer = std::string>
    Answer restore_file_version(std::string_view file_id, std::string_view version_id) const
    {
        return try_restore_file_version<Answer>(file_id, version_id).value();
    }

    /**
     * Sends any other request to the API.
     *
     * @param method  "GET", "POST", "PUT", "PATCH" or "DELETE".
     * @param path    The path with its query, encoded, such as "/v1/files?limit=10".
     * @param body    JSON text; or what has a dump(), such as a nlohmann::json; or std::nullopt for none.
     * @return        The answer, any JSON, or {} where it has no body.
     */
    template <class Answer = std::string, class Body = std::nullopt_t>
    Answer request(std::string_view method, std::string_view path, const Body &body = std::nullopt) const
    {
        return try_request<Answer>(method, path, body).value();
    }

    /**
     * Describes what get_file_versions() sends at once. Nothing is sent yet.
     *
     * @param file_id  The file's id.
     * @return         The call.
     * @throws imagekit::error  invalid_argument for an id that cannot be one, resource_exhausted,
     *                          invalid_handle after a move. So with the other descriptions.
     */
    call get_file_versions_call(std::string_view file_id) const
    {
        return try_get_file_versions_call(file_id).value();
    }

    /**
     * Describes what get_file_version_details() sends at once.
     *
     * @param file_id     The file's id.
     * @param version_id  The version's id.
     * @return            The call.
     */
    call get_file_version_details_call(std::string_view file_id, std::string_view version_id) const
    {
        return try_get_file_version_details_call(file_id, version_id).value();
    }

    /**
     * Describes what delete_file_version() sends at once.
     *
     * @param file_id     The file's id.
     * @param version_id  The version's id.
     * @return            The call.
     */
    call delete_file_version_call(std::string_view file_id, std::string_view version_id) const
    {
        return try_delete_file_version_call(file_id, version_id).value();
    }

    /**
     * Describes what restore_file_version() sends at once.
     *
     * @param file_id     The file's id.
     * @param version_id  The version's id.
     * @return            The call.
     */
    call restore_file_version_call(std::string_view file_id, std::string_view version_id) const
    {
        return try_restore_file_version_call(file_id, version_id).value();
    }

    /**
     * Describes what request() sends at once.
     *
     * @param method  As request() takes it, and so are the others.
     * @param path    The path with its query.
     * @param body    JSON, or std::nullopt for none.
     * @return        The call.
     */
    template <class Body = std::nullopt_t>
    call request_call(std::string_view method, std::string_view path, const Body &body = std::nullopt) const
    {
        return try_request_call(method, path, body).value();
    }

    /**
     * Gets the versions of many files, many requests at once, and reports each on this thread as it
     * arrives, in no certain order.
     *
     * @param ids              The ids: any range of std::string or of what converts to std::string_view.
     *                         Must not change meanwhile. One that cannot be an id is reported as
     *                         invalid_argument.
     * @param on_result        Called with the index of the id and an imagekit::result<std::string_view>,
     *                         which is only borrowed. If it returns false, or throws, all stops, and what
     *                         is in flight is cancelled. It may as well return nothing.
     * @param max_concurrency  How many requests are in flight at most, 1 to 256; 0 stands for 32.
     * @return                 true if every index was reported, false if on_result stopped it.
     * @throws imagekit::error  cancelled by a shutdown, and other statuses of ik_get_file_versions_many().
     *                          What on_result throws passes too.
     */
    template <class Ids, class OnResult>
    bool get_file_versions_many(const Ids &ids, OnResult &&on_result, std::uint32_t max_concurrency = 0) const
    {
        return try_get_file_versions_many(ids, std::forward<OnResult>(on_result), max_concurrency).value();
    }

    /**
     * Ends this client for good: its calls end as cancelled, and what is sent through it from now on gives
     * invalid_state. Then waits until each of its callbacks that is due has returned. To be called before what they
     * use goes.
     *
     * @param limit  How long to wait.
     * @return       true if no callback of this client runs or will run; false if the time ran out first.
     * @throws imagekit::error  would_deadlock on the callback thread.
     */
    bool shutdown(timeout limit = forever)
    {
        return try_shutdown(limit).value();
    }
#endif

    /** @return  A client from the environment, or why there is none: see client(). */
    static result<client> try_create()
    {
        return create(nullptr, nullptr);
    }

    /** The same with settings. @param config  The settings. @return  A client, or why there is none. */
    static result<client> try_create(const config &config)
    {
        if (config.handle_ == nullptr) // which would mean the environment
            return detail::moved_from("config");
        return create(config.handle_.get(), config.on_log_);
    }

    /** See get_file_versions(). */
    template <class Answer = std::string>
    result<Answer> try_get_file_versions(std::string_view file_id) const
    {
        return ask<Answer>(ik_get_file_versions, file(file_id));
    }

    /** See get_file_version_details(). */
    template <class Answer = std::string>
    result<Answer> try_get_file_version_details(std::string_view file_id, std::string_view version_id) const
    {
        return ask<Answer>(ik_get_file_version_details, file(file_id), version(version_id));
    }

    /** See delete_file_version(). */
    template <class Answer = std::string>
    result<Answer> try_delete_file_version(std::string_view file_id, std::string_view version_id) const
    {
        return ask<Answer>(ik_delete_file_version, file(file_id), version(version_id));
    }

    /** See restore_file_version(). */
    template <class Answer = std::string>
    result<Answer> try_restore_file_version(std::string_view file_id, std::string_view version_id) const
    {
        return ask<Answer>(ik_restore_file_version, file(file_id), version(version_id));
    }

    /** See request(). */
    template <class Answer = std::string, class Body = std::nullopt_t>
    result<Answer> try_request(std::string_view method, std::string_view path,
                               const Body &body = std::nullopt) const
    {
        const auto json = detail::body_text(body);
        if (!json)
            return json.error();
        return ask<Answer>(ik_request, detail::text("method", method), detail::text("path", path),
                           detail::text("body_json", *json));
    }

    /** See get_file_versions_call(). */
    result<call> try_get_file_versions_call(std::string_view file_id) const
    {
        return describe(ik_get_file_versions_call, ik_get_file_versions, file(file_id));
    }

    /** See get_file_version_details_call(). */
    result<call> try_get_file_version_details_call(std::string_view file_id, std::string_view version_id) const
    {
        return describe(ik_get_file_version_details_call, ik_get_file_version_details, file(file_id), version(version_id));
    }

    /** See delete_file_version_call(). */
    result<call> try_delete_file_version_call(std::string_view file_id, std::string_view version_id) const
    {
        return describe(ik_delete_file_version_call, ik_delete_file_version, file(file_id), version(version_id));
    }

    /** See restore_file_version_call(). */
    result<call> try_restore_file_version_call(std::string_view file_id, std::string_view version_id) const
    {
        return describe(ik_restore_file_version_call, ik_restore_file_version, file(file_id), version(version_id));
    }

    /** See request_call(). */
    template <class Body = std::nullopt_t>
    result<call> try_request_call(std::string_view method, std::string_view path,
                                  const Body &body = std::nullopt) const
    {
        const auto json = detail::body_text(body);
        if (!json)
            return json.error();
        return describe(ik_request_call, ik_request, detail::text("method", method), detail::text("path", path),
                        detail::text("body_json", *json));
    }

    /** See get_file_versions_many(). */
    template <class Ids, class OnResult>
    result<bool> try_get_file_versions_many(const Ids &ids, OnResult &&on_result,
                                            std::uint32_t max_concurrency = 0) const
    {
        if (handle_ == nullptr)
            return detail::moved_from("client");
        const pointers<Ids> given(ids);
        reporting<std::remove_reference_t<OnResult>> reports{on_result, given.all};
        const ik_status came_of =
            ik_get_file_versions_many(handle_.get(), given.all.data(), given.all.size(), max_concurrency,
                                      reports.one, &reports);
#if IMAGEKIT_HAS_EXCEPTIONS
        if (reports.thrown)
            std::rethrow_exception(reports.thrown);
#endif
        if (came_of == IK_STATUS_OK)
            return true;
        if (reports.is_stopped)
            return false;
        return detail::failure("get the versions of many files", came_of);
    }

    /** See shutdown(). */
    result<bool> try_shutdown(timeout limit = forever)
    {
        if (handle_ == nullptr)
            return detail::moved_from("client");
        const ik_status came_of = ik_client_shutdown(handle_.get(), limit.count());
        if (came_of != IK_STATUS_OK && came_of != IK_STATUS_PENDING)
            return detail::failure("shut a client down", came_of);
        const bool is_quiet = came_of == IK_STATUS_OK;
        if (log_ && is_quiet)
            log_->is_quiet = true;
        return is_quiet;
    }

    /** @return  What stands for this client in the functions of C, which must not free it; NULL after a move. */
    ik_client *native_handle() const noexcept { return handle_.get(); }

private:
    client(detail::owned_client handle, detail::client_log log) noexcept
        : log_(std::move(log)), handle_(std::move(handle))
    {
    }

    static result<client> create(const ik_config *config, std::shared_ptr<config::log_function> on_log)
    {
        detail::client_log log(on_log ? new detail::kept_log{std::move(on_log)} : nullptr);
        ik_client *handle = nullptr;
        char *document = nullptr;
        const ik_status came_of = ik_client_new(config, &handle, &document);
        detail::owned_client owned(handle);
        const auto said = detail::take("make a client", came_of, detail::owned_string(document));
        if (!said)
            return said.error();
        return client(std::move(owned), std::move(log));
    }

    static detail::text file(std::string_view id) { return detail::text("file_id", id); }
    static detail::text version(std::string_view id) { return detail::text("version_id", id); }

    template <class Answer, class Function, class... Texts>
    result<Answer> ask(Function function, const Texts &...texts) const
    {
        if (handle_ == nullptr)
            return detail::moved_from("client");
        if (auto refusal = detail::refused(texts...))
            return *refusal;
        char *json = nullptr;
        const ik_status came_of = function(handle_.get(), texts.c_str()..., &json);
        return detail::converted<Answer>(detail::take(detail::sending, came_of, detail::owned_string(json)));
    }

    template <class Function, class Plain, class... Texts>
    result<call> describe(Function function, Plain plain, const Texts &...texts) const
    {
        if (handle_ == nullptr)
            return detail::moved_from("client");
        if (auto refusal = detail::refused(texts...))
            return *refusal;
        ik_call *made = nullptr;
        const ik_status came_of = function(handle_.get(), texts.c_str()..., &made);
        detail::owned_call owned(made);
        if (came_of == IK_STATUS_OK)
            return call(std::move(owned));
        if (const auto nowhere = detail::nowhere(); nowhere && came_of == IK_STATUS_INVALID_ARGUMENT) {
            char *document = nullptr;
            const ik_status refused = plain(nowhere.get(), texts.c_str()..., &document);
            const detail::owned_string owned_document(document);
            if (refused == came_of && document != nullptr)
                return error::from_document(status::invalid_argument, document);
        }
        return detail::failure("describe a call", came_of);
    }

    // Does an element stay when its iterator goes on? One that can pass only once may hold it itself.
    template <class Iterator, class = void>
    struct stays : std::false_type {};
    template <class Iterator>
    struct stays<Iterator, std::void_t<typename std::iterator_traits<Iterator>::iterator_category>>
        : std::is_base_of<std::forward_iterator_tag,
                          typename std::iterator_traits<Iterator>::iterator_category> {};

    // The ids as C takes them. Only strings that stay need no copy; what has a NUL in it is passed as
    // NULL, and reported as what it is.
    template <class Ids>
    struct pointers {
        std::vector<std::string> copies;
        std::vector<const char *> all;

        explicit pointers(const Ids &ids)
        {
            using iterator = std::decay_t<decltype(std::begin(ids))>;
            if constexpr (std::is_same_v<decltype(*std::begin(ids)), const std::string &> &&
                          stays<iterator>::value) {
                fill(ids);
            } else {
                for (const auto &id : ids)
                    copies.emplace_back(std::string_view(id));
                fill(copies);
            }
        }

        template <class Strings>
        void fill(const Strings &strings)
        {
            for (const std::string &id : strings)
                all.push_back(id.find('\0') == std::string::npos ? id.c_str() : nullptr);
        }
    };

    template <class OnResult>
    struct reporting {
        OnResult &on_result;
        const std::vector<const char *> &ids;
        bool is_stopped = false;
#if IMAGEKIT_HAS_EXCEPTIONS
        std::exception_ptr thrown = nullptr;
#endif

        static std::int32_t IK_CALL one(void *user_data, std::uint64_t index, ik_status came_of,
                                const char *json) noexcept
        {
            reporting &self = *static_cast<reporting *>(user_data);
            const auto at = static_cast<std::size_t>(index);
#if IMAGEKIT_HAS_EXCEPTIONS
            try {
                self.is_stopped = !self.goes_on(at, self.seen(at, came_of, json));
            } catch (...) {
                self.thrown = std::current_exception();
                self.is_stopped = true;
            }
#else
            self.is_stopped = !self.goes_on(at, self.seen(at, came_of, json));
#endif
            return self.is_stopped ? 1 : 0;
        }

        result<std::string_view> seen(std::size_t at, ik_status came_of, const char *json) const
        {
            if (came_of == IK_STATUS_OK)
                return std::string_view(json);
            if (ids[at] == nullptr)
                return detail::text("file_id", std::string_view()).refusal();
            return error::from_document(static_cast<status>(came_of), json);
        }

        bool goes_on(std::size_t at, result<std::string_view> seen)
        {
            using returned = std::invoke_result_t<OnResult &, std::size_t, result<std::string_view>>;
            if constexpr (std::is_void_v<returned>)
                return on_result(at, std::move(seen)), true;
            else
                return on_result(at, std::move(seen));
        }
    };

    detail::client_log log_; // goes after the client, which may still tell it something
    detail::owned_client handle_;
};

// Queues ------------------------------------------------------------------------------------------

/**
 * A queue of calls that have ended, for a host with an event loop of its own.
 *
 * Its destructor waits for nobody: calls that have not ended are cancelled, completions that were not
 * taken are dropped.
 *
 * Threads: any, at once.
 */
class queue {
public:
    /** A call that has ended. */
    struct completion {
        /** What was given to start(). */
        void *user_data;
        /** What came of the call. */
        result<std::string> answer;
    };

#if IMAGEKIT_HAS_EXCEPTIONS
    /**
     * A queue. It has two descriptors of its own.
     *
     * @throws imagekit::error  resource_exhausted where there are none.
     */
    queue() : queue(try_create().value()) {}

    /**
     * Sends a call in the background. Its completion lands here, exactly once.
     *
     * @param call       Must stay where it is until its completion was taken: its end cancels it.
     * @param user_data  Comes back with the completion; never looked at.
     * @throws imagekit::error  invalid_state if it was sent before, and other statuses of ik_queue_start().
     */
    void start(const call &call, void *user_data = nullptr)
    {
        try_start(call, user_data).value();
    }

    /**
     * Takes the next completion, in the order in which calls ended.
     *
     * @param limit  How long to wait; 0 has a look only.
     * @return       The completion, or nothing if none came in this time.
     * @throws imagekit::error  would_deadlock on the callback thread, and other statuses of ik_queue_next().
     *                          What came of the call is in the completion.
     */
    std::optional<completion> next(timeout limit = forever)
    {
        return try_next(limit).value();
    }

    /** @return  How many calls were started whose completions were not taken yet. */
    std::uint64_t pending() const
    {
        return try_pending().value();
    }

    /** @return  The descriptor that polls readable while completions wait. Not to be read, written or closed. */
    int fd() const
    {
        return try_fd().value();
    }
#endif

    /** @return  A queue, or why there is none. */
    static result<queue> try_create()
    {
        ik_queue *made = nullptr;
        const ik_status came_of = ik_queue_new(&made);
        detail::owned_queue owned(made);
        if (came_of != IK_STATUS_OK)
            return detail::failure("make a queue", came_of);
        return queue(std::move(owned));
    }

    /**
     * What start() does.
     *
     * @param call       As there.
     * @param user_data  As there.
     * @return           Success, or the error that it throws.
     */
    result<void> try_start(const call &call, void *user_data = nullptr)
    {
        if (handle_ == nullptr)
            return detail::moved_from("queue");
        if (call.handle_ == nullptr)
            return detail::moved_from("call");
        return detail::done_or(detail::sending, ik_queue_start(handle_.get(), call.handle_.get(), user_data));
    }
    result<void> try_start(call &&, void * = nullptr) = delete; // its end would cancel it

    /** See next(). */
    result<std::optional<completion>> try_next(timeout limit = forever)
    {
        if (handle_ == nullptr)
            return detail::moved_from("queue");
        ik_status of_call = IK_STATUS_OK;
        void *user_data = nullptr;
        char *json = nullptr;
        const ik_status came_of = ik_queue_next(handle_.get(), limit.count(), &of_call, &user_data, &json);
        detail::owned_string owned(json);
        if (came_of == IK_STATUS_PENDING)
            return std::optional<completion>();
        if (came_of != IK_STATUS_OK)
            return detail::take("take a completion", came_of, std::move(owned)).error();
        return std::optional<completion>(
            completion{user_data, detail::take(detail::sending, of_call, std::move(owned))});
    }

    /** See pending(). */
    result<std::uint64_t> try_pending() const
    {
        std::uint64_t count = 0;
        return asked<std::uint64_t>("count a queue's calls", ik_queue_get_pending, count);
    }

    /** See fd(). */
    result<int> try_fd() const
    {
        int fd = 0;
        return asked<int>("get a queue's descriptor", ik_queue_get_fd, fd);
    }

    /** @return  What stands for this queue in the functions of C, which must not free it; NULL after a move. */
    ik_queue *native_handle() const noexcept { return handle_.get(); }

private:
    explicit queue(detail::owned_queue handle) noexcept : handle_(std::move(handle)) {}

    template <class Value, class Function>
    result<Value> asked(std::string_view action, Function function, Value &value) const
    {
        if (handle_ == nullptr)
            return detail::moved_from("queue");
        const ik_status came_of = function(handle_.get(), &value);
        if (came_of != IK_STATUS_OK)
            return detail::failure(action, came_of);
        return value;
    }

    detail::owned_queue handle_;
};

// JSON --------------------------------------------------------------------------------------------

/**
 * Reads one value out of a JSON document. Each call reads the document from its beginning: for many
 * values of a large one a JSON library is faster.
 *
 * @param json     The document. A std::string is not copied.
 * @param pointer  Where the value is, as RFC 6901 has it: "/0/versionInfo/id".
 * @return         A string as its text, anything else as JSON text; nothing if there is nothing at that
 *                 place, or null. Otherwise invalid_argument for a document that is no JSON, or no such pointer;
 *                 invalid_response for a string that holds U+0000 or half of a surrogate pair.
 */
template <class Json>
result<std::optional<std::string>> try_json_get(const Json &json, std::string_view pointer)
{
    if constexpr (!std::is_same_v<Json, std::string>) {
        return try_json_get(std::string(std::string_view(json)), pointer);
    } else {
        const detail::text place("pointer", pointer);
        if (json.find('\0') != std::string::npos)
            return detail::text("json", std::string_view()).refusal();
        if (auto refusal = detail::refused(place))
            return *refusal;
        char *value = nullptr;
        const ik_status came_of = ik_json_get(json.c_str(), place.c_str(), &value);
        detail::owned_string owned(value);
        if (came_of == IK_STATUS_NO_VALUE)
            return std::optional<std::string>();
        auto text = detail::take("read JSON", came_of, std::move(owned));
        if (!text)
            return text.error();
        return std::optional<std::string>(*std::move(text));
    }
}

#if IMAGEKIT_HAS_EXCEPTIONS
/**
 * The same.
 *
 * @param json     As try_json_get() takes it.
 * @param pointer  As try_json_get() takes it.
 * @return         The value, or nothing.
 * @throws imagekit::error  What try_json_get() gives an error for.
 */
template <class Json>
std::optional<std::string> json_get(const Json &json, std::string_view pointer)
{
    return try_json_get(json, pointer).value();
}
#endif

// Shutdown ----------------------------------------------------------------------------------------

/**
 * Ends everything in the process: all calls end as cancelled; then waits until every callback that is due
 * has returned, and joins the library's threads. For a host that is about to tear down what callbacks use,
 * or to unload a plugin. Afterwards the library can be used again.
 *
 * @param limit  How long to wait.
 * @return       true if no code of the host runs on the library's threads any more; false if the time ran
 *               out first: look at the value, not whether there is one. would_deadlock on the callback
 *               thread.
 */
inline result<bool> try_shutdown(timeout limit = forever)
{
    detail::kept_log *const kept = detail::kept_logs.exchange(nullptr, std::memory_order_acquire);
    const ik_status came_of = ik_shutdown(limit.count());
    came_of == IK_STATUS_OK ? detail::drop(kept) : detail::keep(kept);
    if (came_of != IK_STATUS_OK && came_of != IK_STATUS_PENDING)
        return detail::failure("shut the library down", came_of);
    return came_of == IK_STATUS_OK;
}

#if IMAGEKIT_HAS_EXCEPTIONS
/**
 * The same.
 *
 * @param limit  How long to wait.
 * @return       As try_shutdown() has it.
 * @throws imagekit::error  What try_shutdown() gives an error for.
 */
inline bool shutdown(timeout limit = forever)
{
    return try_shutdown(limit).value();
}
#endif

} // namespace
} // namespace imagekit

#endif // IMAGEKIT_HPP
