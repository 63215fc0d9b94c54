/* A system that fails once. Preloaded into a host, this stands in for those functions of libc that the
 * library calls and that can fail; what the host calls, or libc inside, passes through. Each call counts
 * under a key, such as "connect" or "open CA file", and the one that
 *
 *     IK_FAIL="2 111 connect"
 *
 * names fails with that error: here the second connect(), with ECONNREFUSED. Of getaddrinfo() a number
 * below 0 is an EAI_..., one above is EAI_SYSTEM with that errno. What fails does nothing, but
 *  - close() closes all the same, as on Linux;
 *  - getsockopt(SO_ERROR) succeeds and brings the error, which is that of a connect() in progress;
 *  - EAGAIN of a socket is followed by the event that ends it: without one no kernel says EAGAIN, and who
 *    is told of changes alone would wait for ever;
 *  - EPIPE comes with its SIGPIPE.
 *
 * Left out is what no system lets fail: read() and write() of an eventfd that is neither empty nor full,
 * fstat(), getsockname() and fcntl(F_SETFL) of what is open, epoll_ctl(EPOLL_CTL_DEL), recv() of a byte
 * that is there, getrandom() without an interruption, pthread_sigmask(), pthread_attr_...(), clocks and
 * futexes. malloc() and its like, too: memory that is refused ends the process, by design of the language.
 * mmap() of a thread's stack happens inside of libc, whose word on it is EAGAIN of pthread_create(). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_KEYS = 64, KEY_BYTES = 64, MOST_FILES = 1024 };

static struct {
    pthread_mutex_t lock;
    int is_paused, has_failed;
    struct { char key[KEY_BYTES]; int count; } calls[MOST_KEYS];
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What the library's descriptors are, and how they are registered with epoll. */
static struct { const char *kind; int epoll; struct epoll_event event; } files[MOST_FILES];

static struct { int ordinal, error; const char *key; } wanted;

static void lock(void) { pthread_mutex_lock(&seen.lock); }
static void unlock(void) { pthread_mutex_unlock(&seen.lock); }

/* With the first call, which the library makes when it is loaded, perhaps before us. */
static void begin(void)
{
    static bool has_begun;
    const char *order = has_begun ? NULL : getenv("IK_FAIL");
    int length = 0;
    if (order && sscanf(order, "%d %d %n", &wanted.ordinal, &wanted.error, &length) == 2)
        wanted.key = order + length;
    has_begun = true;
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(lock, unlock, unlock);
}

/* For the host: from now on nothing is counted and nothing fails, or it does again. */
void failing_pause(int is_paused)
{
    lock();
    seen.is_paused = is_paused;
    unlock();
}

/* For the host: has the one failed? */
int failing_has_failed(void)
{
    return seen.has_failed;
}

/* For the host: every key with its count; 0 where there is none of that number. */
int failing_count(size_t at, const char **key)
{
    *key = at < MOST_KEYS ? seen.calls[at].key : NULL;
    return *key ? seen.calls[at].count : 0;
}

static bool is_library(const void *caller)
{
    Dl_info about;
    return dladdr(caller, &about) && strstr(about.dli_fname, "libimagekit.so");
}

/* Counts a call of the library's. True where it is the one that fails. */
static bool fails(const void *caller, const char *name, const char *detail)
{
    if (!is_library(caller))
        return false;
    char key[KEY_BYTES];
    snprintf(key, sizeof key, detail ? "%s %s" : "%s", name, detail);
    bool is_it = false;
    lock();
    begin();
    if (!seen.is_paused) {
        size_t at = 0;
        while (at < MOST_KEYS - 1 && *seen.calls[at].key && strcmp(seen.calls[at].key, key) != 0)
            at++;
        strcpy(seen.calls[at].key, key);
        is_it = ++seen.calls[at].count == wanted.ordinal && wanted.key && !strcmp(key, wanted.key);
        seen.has_failed |= is_it;
    }
    unlock();
    if (is_it)
        errno = wanted.error;
    return is_it;
}

#define FAILS(name, detail) fails(__builtin_return_address(0), name, detail)
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *kind_of(int file)
{
    return file >= 0 && file < MOST_FILES && files[file].kind ? files[file].kind : "unknown";
}

static bool is(int file, const char *kind)
{
    return strcmp(kind_of(file), kind) == 0;
}

/* Remembers what a descriptor is that the library was just given. */
static int given(const void *caller, int file, const char *kind)
{
    if (file >= 0 && file < MOST_FILES && is_library(caller))
        files[file].kind = kind;
    return file;
}
#define GIVEN(file, kind) given(__builtin_return_address(0), file, kind)

static const char *place_of(const char *path)
{
    const char *name = strrchr(path, '/');
    if (strcmp(path, "/dev/urandom") == 0)
        return "urandom";
    return strcmp(name ? name + 1 : path, "torture.pem") == 0 ? "CA file" : "system roots";
}

int socket(int domain, int type, int protocol)
{
    const char *kind = domain == AF_UNIX ? "canary" : "tcp";
    return FAILS("socket", kind) ? -1 : GIVEN(REAL(socket)(domain, type, protocol), kind);
}

int socketpair(int domain, int type, int protocol, int pair[2])
{
    if (FAILS("socketpair", NULL))
        return -1;
    int made = REAL(socketpair)(domain, type, protocol, pair);
    for (int at = 0; made == 0 && at < 2; at++)
        GIVEN(pair[at], "pair");
    return made;
}

int connect(int file, const struct sockaddr *address, socklen_t size)
{
    return FAILS("connect", NULL) ? -1 : REAL(connect)(file, address, size);
}

int setsockopt(int file, int level, int name, const void *value, socklen_t size)
{
    return FAILS("setsockopt", NULL) ? -1 : REAL(setsockopt)(file, level, name, value, size);
}

int getsockopt(int file, int level, int name, void *value, socklen_t *size)
{
    int got = REAL(getsockopt)(file, level, name, value, size);
    if (got == 0 && level == SOL_SOCKET && name == SO_ERROR && FAILS("getsockopt", "SO_ERROR"))
        memcpy(value, &wanted.error, sizeof wanted.error);
    return got;
}

int getpeername(int file, struct sockaddr *address, socklen_t *size)
{
    return FAILS("getpeername", NULL) ? -1 : REAL(getpeername)(file, address, size);
}

int shutdown(int file, int how)
{
    int shut = REAL(shutdown)(file, how);
    return FAILS("shutdown", NULL) ? -1 : shut;
}

int eventfd(unsigned count, int flags)
{
    return FAILS("eventfd", NULL) ? -1 : GIVEN(REAL(eventfd)(count, flags), "eventfd");
}

int epoll_create1(int flags)
{
    return FAILS("epoll_create1", NULL) ? -1 : GIVEN(REAL(epoll_create1)(flags), "epoll");
}

int epoll_ctl(int epoll, int how, int file, struct epoll_event *event)
{
    char detail[32];
    snprintf(detail, sizeof detail, "add %s", kind_of(file));
    if (how == EPOLL_CTL_ADD && FAILS("epoll_ctl", detail))
        return -1;
    if (how != EPOLL_CTL_DEL && file >= 0 && file < MOST_FILES) {
        files[file].epoll = epoll;
        files[file].event = *event;
    }
    return REAL(epoll_ctl)(epoll, how, file, event);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    return FAILS("epoll_wait", NULL) ? -1 : REAL(epoll_wait)(epoll, events, most, timeout);
}

/* One of the library's reads or writes. */
static bool fails_at(const void *caller, const char *name, int file, bool raises)
{
    if (is(file, "eventfd") || !fails(caller, name, kind_of(file)))
        return false;
    if (wanted.error == EAGAIN)
        REAL(epoll_ctl)(files[file].epoll, EPOLL_CTL_MOD, file, &files[file].event);
    if (wanted.error == EPIPE && raises)
        raise(SIGPIPE);
    errno = wanted.error;
    return true;
}
#define FAILS_AT(name, file, raises) fails_at(__builtin_return_address(0), name, file, raises)

ssize_t read(int file, void *bytes, size_t size)
{
    return FAILS_AT("read", file, false) ? -1 : REAL(read)(file, bytes, size);
}

ssize_t readv(int file, const struct iovec *parts, int count)
{
    return FAILS_AT("readv", file, false) ? -1 : REAL(readv)(file, parts, count);
}

ssize_t recv(int file, void *bytes, size_t size, int flags)
{
    if (is(file, "pair"))
        return REAL(recv)(file, bytes, size, flags);
    return FAILS_AT("recv", file, false) ? -1 : REAL(recv)(file, bytes, size, flags);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    return FAILS_AT("write", file, true) ? -1 : REAL(write)(file, bytes, size);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    return FAILS_AT("writev", file, true) ? -1 : REAL(writev)(file, parts, count);
}

ssize_t send(int file, const void *bytes, size_t size, int flags)
{
    bool raises = (flags & MSG_NOSIGNAL) == 0;
    return FAILS_AT("send", file, raises) ? -1 : REAL(send)(file, bytes, size, flags);
}

int close(int file)
{
    int closed = REAL(close)(file);
    return FAILS("close", NULL) ? -1 : closed;
}

int fcntl(int file, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (command != F_DUPFD_CLOEXEC)
        return REAL(fcntl)(file, command, argument);
    const char *kind = kind_of(file);
    return FAILS("dup", kind) ? -1 : GIVEN(REAL(fcntl)(file, command, argument), kind);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    const char *place = place_of(path);
    return FAILS("open", place) ? -1 : GIVEN(REAL(open64)(path, flags, mode), place);
}

int statx(int folder, const char *restrict path, int flags, unsigned mask,
          struct statx *restrict about)
{
    /* Not of an open file, and not only to learn whether there is a statx(). */
    if (folder == AT_FDCWD && FAILS("stat", place_of(path)))
        return -1;
    return REAL(statx)(folder, path, flags, mask, about);
}

/* Every name is this machine's. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    if (!FAILS("getaddrinfo", NULL))
        return REAL(getaddrinfo)(is_library(__builtin_return_address(0)) ? "127.0.0.1" : name,
                                 service, hints, found);
    return wanted.error < 0 ? wanted.error : EAI_SYSTEM;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                   void *argument)
{
    if (FAILS("pthread_create", NULL))
        return wanted.error;
    return REAL(pthread_create)(thread, attributes, body, argument);
}

int pthread_key_create(pthread_key_t *key, void (*end)(void *))
{
    if (FAILS("pthread_key_create", NULL))
        return wanted.error;
    return REAL(pthread_key_create)(key, end);
}

/* What pthread_atfork() is made of. */
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
{
    if (fails((const void *)prepare, "pthread_atfork", NULL)) /* who calls is not on the stack */
        return wanted.error;
    return REAL(__register_atfork)(prepare, parent, child, object);
}

void *mmap(void *at, size_t size, int access, int kind, int file, off_t offset)
{
    return FAILS("mmap", NULL) ? MAP_FAILED : REAL(mmap)(at, size, access, kind, file, offset);
}

int madvise(void *at, size_t size, int advice)
{
    return FAILS("madvise", NULL) ? -1 : REAL(madvise)(at, size, advice);
}

void *dlopen(const char *path, int flags)
{
    return FAILS("dlopen", NULL) ? NULL : REAL(dlopen)(path, flags);
}

ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
    return FAILS("getrandom", NULL) ? -1 : REAL(getrandom)(bytes, size, flags);
}

/* Some ask for random bytes like this; the others sleep and wake. */
long syscall(long number, ...)
{
    long words[6];
    va_list rest;
    va_start(rest, number);
    for (int at = 0; at < 6; at++)
        words[at] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_getrandom && FAILS("getrandom", NULL))
        return -1;
    return REAL(syscall)(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
