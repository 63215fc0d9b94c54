// Counts the versions of several files, all of which are asked for at once: with futures, and with coroutines
// where the compiler has them.
//
//     c++ -std=c++20 versions_async.cpp -limagekit -o versions_async
//     IMAGEKIT_PRIVATE_KEY=private_... ./versions_async FILE_ID...
//
// Ends with 0 if every file has its versions in the output, with 1 if not.
#include <imagekit.hpp>

#include <future>
#include <iostream>
#include <string>
#include <vector>

static std::size_t count_versions(const std::string &json)
{
    std::size_t count = 0;
    while (imagekit::json_get(json, "/" + std::to_string(count)))
        ++count;
    return count;
}

static bool with_futures(const imagekit::client &client, const std::vector<std::string> &file_ids)
{
    std::vector<std::future<std::string>> answers; // all are on their way before the first is waited for
    for (const std::string &file_id : file_ids)
        answers.push_back(client.get_file_versions_call(file_id).async());

    bool is_complete = true;
    for (std::size_t i = 0; i < file_ids.size(); ++i) {
        try {
            std::cout << file_ids[i] << ": " << count_versions(answers[i].get()) << '\n';
        } catch (const imagekit::error &error) {
            std::cerr << file_ids[i] << ": " << error.what() << '\n';
            is_complete = false;
        }
    }
    return is_complete;
}

#if IMAGEKIT_HAS_COROUTINES

// The least that a coroutine needs. Your framework has a better one.
struct Task {
    struct promise_type {
        std::promise<std::size_t> result;

        Task get_return_object() { return {result.get_future()}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_value(std::size_t value) { result.set_value(value); }
        void unhandled_exception() { result.set_exception(std::current_exception()); }
    };

    std::future<std::size_t> result;
};

static Task sum_versions(const imagekit::client &client, std::vector<std::string> file_ids)
{
    std::size_t sum = 0;
    for (const std::string &file_id : file_ids) {
        const std::string versions = co_await client.get_file_versions_call(file_id);
        sum += count_versions(versions); // on the library's callback thread: be quick here, and never wait
    }
    co_return sum;
}

static void with_a_coroutine(const imagekit::client &client, const std::vector<std::string> &file_ids)
{
    Task task = sum_versions(client, file_ids);
    std::cout << "together: " << task.result.get() << '\n';
}

#else

static void with_a_coroutine(const imagekit::client &, const std::vector<std::string> &) {}

#endif

int main(int argc, char **argv)
{
    const std::vector<std::string> file_ids(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (file_ids.empty()) {
        std::cerr << "usage: " << (argc > 0 ? argv[0] : "versions_async") << " FILE_ID...\n";
        return 2;
    }

    try {
        const imagekit::client client; // key and server come from the environment
        if (!with_futures(client, file_ids))
            return 1;
        with_a_coroutine(client, file_ids);
    } catch (const imagekit::error &error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
    imagekit::shutdown();
}
