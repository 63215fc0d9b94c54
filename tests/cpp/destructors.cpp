// Destructors that call: of a static object, which runs while the process exits, and of a thread's own
// object, which runs while the thread ends. Both also where nothing was called before.
#include "host.hpp"

#include <optional>
#include <thread>

static std::optional<Target> target;

struct CallsAtTheEnd {
    Client client;
    const char *what = nullptr;

    ~CallsAtTheEnd()
    {
        if (what == nullptr)
            return;
        target->call(client ? client.get() : target->client().get());
        std::printf("%s\n", what);
        std::fflush(stdout);
    }
};

static CallsAtTheEnd of_process; // made after the target, so it goes before
static thread_local CallsAtTheEnd of_thread;

static void end_a_thread(bool has_called)
{
    std::thread([has_called] {
        if (has_called) {
            of_thread.client = target->client();
            target->call(of_thread.client.get());
        }
        of_thread.what = "called at the end of a thread";
    }).join();
}

int main(int argc, char **argv)
{
    const std::string part = argv[1];
    const bool has_called = part.find("after-use") != std::string::npos;
    target.emplace(argc, argv);
    if (part.rfind("thread", 0) == 0) {
        end_a_thread(has_called);
        target->call(target->client().get());
        return 42;
    }
    if (has_called) {
        of_process.client = target->client();
        target->call(of_process.client.get());
    }
    of_process.what = "called by a static destructor";
    if (part.find("exit") != std::string::npos)
        std::exit(42);
    return 42;
}
