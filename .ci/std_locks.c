/* Tells ThreadSanitizer what the standard library does. That is compiled without it, so of each lock it
 * sees the half that is inlined into our code: that a mutex is let go, not that it was waited for. Each
 * function here stands in for one of the other halves, calls it, and says what it did: no more, so that
 * a race that is there is still one.
 *
 * .ci/sanitize finds the names, which change with every compiler, and has the linker put these in. */
#include <stdbool.h>
#include <stdint.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define JOINED(a, b) a##b
#define WRAP(name) JOINED(__wrap_, name)
#define REAL(name) JOINED(__real_, name)

/* Mutex::lock where somebody else has it. */
void REAL(MUTEX_LOCK)(void *mutex);
void WRAP(MUTEX_LOCK)(void *mutex)
{
    REAL(MUTEX_LOCK)(mutex);
    __tsan_acquire(mutex);
}

/* Condvar::wait lets the mutex go and takes it again. */
void REAL(CONDVAR_WAIT)(void *condvar, void *mutex);
void WRAP(CONDVAR_WAIT)(void *condvar, void *mutex)
{
    __tsan_release(mutex);
    REAL(CONDVAR_WAIT)(condvar, mutex);
    __tsan_acquire(mutex);
}

bool REAL(CONDVAR_WAIT_TIMEOUT)(void *condvar, void *mutex, uint64_t seconds, uint32_t nanos);
bool WRAP(CONDVAR_WAIT_TIMEOUT)(void *condvar, void *mutex, uint64_t seconds, uint32_t nanos)
{
    __tsan_release(mutex);
    bool in_time = REAL(CONDVAR_WAIT_TIMEOUT)(condvar, mutex, seconds, nanos);
    __tsan_acquire(mutex);
    return in_time;
}

/* RwLock::read and RwLock::write where somebody else has it. */
void REAL(RWLOCK_READ)(void *lock);
void WRAP(RWLOCK_READ)(void *lock)
{
    REAL(RWLOCK_READ)(lock);
    __tsan_acquire(lock);
}

void REAL(RWLOCK_WRITE)(void *lock);
void WRAP(RWLOCK_WRITE)(void *lock)
{
    REAL(RWLOCK_WRITE)(lock);
    __tsan_acquire(lock);
}

/* Once::call: what its closure did is seen by whoever finds it done, so it is said as the closure ends,
 * by a `dyn FnMut` of ours around the one that came. */
enum { VTABLE_WORDS = 5, CALL_MUT = 4 }; /* drop, size, alignment, call_once, call_mut */

struct around {
    void *data, *once;
    void (*call_mut)(void *data, const void *state);
};

static void call_around(void *data, const void *state)
{
    struct around *around = data;
    around->call_mut(around->data, state);
    __tsan_release(around->once);
}

void REAL(ONCE_CALL)(void *once, bool even_if_poisoned, void *data, void *const *vtable);
void WRAP(ONCE_CALL)(void *once, bool even_if_poisoned, void *data, void *const *vtable)
{
    struct around around = {data, once, (void (*)(void *, const void *))vtable[CALL_MUT]};
    void *ours[VTABLE_WORDS] = {vtable[0], vtable[1], vtable[2], vtable[3], (void *)call_around};
    REAL(ONCE_CALL)(once, even_if_poisoned, &around, ours);
    __tsan_acquire(once);
}

/* Whoever drops the last Arc of something sees what all others did with it. The standard library says that
 * with a fence, which ThreadSanitizer does not know: here the count itself says it. */
uint64_t __real___tsan_atomic64_fetch_sub(volatile uint64_t *count, uint64_t less, int order);
uint64_t __wrap___tsan_atomic64_fetch_sub(volatile uint64_t *count, uint64_t less, int order)
{
    enum { RELEASE = 3, ACQUIRE_AND_RELEASE = 4 };
    return __real___tsan_atomic64_fetch_sub(count, less, order == RELEASE ? ACQUIRE_AND_RELEASE : order);
}
