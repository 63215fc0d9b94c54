// A host that works with exceptions: they stay within its own callbacks, and our functions may be called
// while one is on its way.
#include "host.hpp"

#include <condition_variable>
#include <mutex>
#include <stdexcept>

static const Target *target;
static const ik_client *client;

struct CallsOnTheWayOut {
    ~CallsOnTheWayOut()
    {
        CHECK(std::uncaught_exceptions() > 0);
        target->call(client);
    }
};

struct Done {
    std::mutex lock;
    std::condition_variable changed;
    int times = 0;
    bool is_caught = false;
};

static void throws(const std::string &why)
{
    throw std::runtime_error(why);
}

// Everything that it throws it catches itself. One call in it leaves by an exception that its own frame
// handles, with functions of the library above and below.
static void note(void *user_data, ik_status status, char *json) noexcept
{
    Done *done = static_cast<Done *>(user_data);
    String owned(json);
    bool is_caught = false;
    try {
        CHECK(status == IK_STATUS_OK);
        CHECK(std::strcmp(ik_status_name(status), "ok") == 0);
        throws(json);
    } catch (const std::exception &caught) {
        is_caught = std::strcmp(caught.what(), owned.get()) == 0;
    }
    std::lock_guard<std::mutex> held(done->lock);
    done->times++;
    done->is_caught = is_caught;
    done->changed.notify_all();
}

int main(int argc, char **argv)
{
    Target given(argc, argv);
    Client owned = given.client();
    target = &given, client = owned.get();
    for (int round = 0; round < 10; round++) {
        try {
            CallsOnTheWayOut calls;
            throws("on its way");
        } catch (const std::runtime_error &) {
            given.call(client);
        }
        Done done;
        ik_call *call = nullptr;
        CHECK(ik_get_file_versions_call(client, given.id.c_str(), &call) == IK_STATUS_OK);
        CHECK(ik_call_start(call, note, &done) == IK_STATUS_OK);
        std::unique_lock<std::mutex> held(done.lock);
        done.changed.wait(held, [&] { return done.times > 0; });
        CHECK(done.times == 1 && done.is_caught);
        ik_call_free(call);
    }
    CHECK(ik_shutdown(UINT64_MAX) == IK_STATUS_OK);
}
