// Gets the versions of all files together, by futures, in five rounds after a call that opens the connections.
//
//     concurrent FILE_ID FILE_ID FILE_ID FILE_ID...
//
// Prints for each round how many answers came, and how long it took: "4 answers in 53 ms".
#include <imagekit.hpp>

#include <chrono>
#include <future>
#include <iostream>
#include <string>
#include <vector>

using Clock = std::chrono::steady_clock;

static std::size_t fetch_together(const imagekit::client &client, const std::vector<std::string> &file_ids)
{
    std::vector<std::future<std::string>> answers;
    for (const std::string &file_id : file_ids)
        answers.push_back(client.get_file_versions_call(file_id).async());

    std::size_t right = 0;
    for (std::size_t i = 0; i < file_ids.size(); ++i)
        right += imagekit::json_get(answers[i].get(), "/0/fileId") == file_ids[i] ? 1U : 0U;
    return right;
}

int main(int argc, char **argv)
{
    const std::vector<std::string> file_ids(argv + 1, argv + argc);

    try {
        const imagekit::client client;
        client.get_file_versions(file_ids.at(0));
        for (int round = 0; round < 5; ++round) {
            const auto start = Clock::now();
            const std::size_t count = fetch_together(client, file_ids);
            const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
            std::cout << count << " answers in " << took.count() << " ms" << std::endl;
        }
    } catch (const std::exception &error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
    imagekit::shutdown();
}
