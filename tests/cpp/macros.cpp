// The header where the macros of windows.h are defined, which have the names of standard functions.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <functional>
#include <future>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#define max(a, b) (((a) > (b)) ? (a) : (b))
#define min(a, b) (((a) < (b)) ? (a) : (b))

#include <imagekit.hpp>

int main()
{
    return imagekit::client::try_create().has_value() ? 0 : 1;
}
