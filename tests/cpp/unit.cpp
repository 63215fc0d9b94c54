// A source that makes use of imagekit.hpp in a dialect of its own. Several of these are one program, each with
// a NAME; the one that is called main asks the others.
#include <imagekit.hpp>

#ifdef NAME

bool NAME();
bool NAME()
{
    const auto client = imagekit::client::try_create();
    auto call = client->try_get_file_versions_call("1");
    call->try_set_timeout(std::chrono::seconds(1)).has_value();
    const auto refused = client->try_get_file_versions("");
    const bool is_refused = refused.error().status() == imagekit::status::invalid_argument;
#if IMAGEKIT_HAS_EXCEPTIONS
    try {
        client->get_file_versions("");
    } catch (const imagekit::error &error) {
        return is_refused && error.message() == refused.error().message();
    }
    return false;
#else
    return is_refused;
#endif
}

#else

bool plain();
bool newer();
bool without_exceptions();

int main()
{
    return plain() && newer() && without_exceptions() ? 0 : 1;
}

#endif
