/* A system that says yes to any advice about memory and does nothing, as emulators of another processor
 * do. Preloaded into a host. */
#include <stddef.h>

int madvise(void *at, size_t size, int advice)
{
    (void)at, (void)size, (void)advice;
    return 0;
}
