/* The constants of the header for .ci/abi: as the values of an enum they leave no trace in the library. */
#include <imagekit.h>

enum ik_status_code ik_abi_status(enum ik_status_code status) { return status; }
enum ik_log_level ik_abi_level(enum ik_log_level level) { return level; }
