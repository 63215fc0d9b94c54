/**
 * @file imagekit.h
 * ImageKit's media API for every program that can call C.
 */

/**
 * @mainpage libimagekit
 *
 * ImageKit's media API for every program that can call C.
 *
 * A complete program. It prints the versions of a file, or why it could not; the private key comes
 * from the environment variable IMAGEKIT_PRIVATE_KEY:
 *
 * @code{.c}
 * #include <imagekit.h>
 * #include <stdio.h>
 *
 * int main(int argc, char **argv)
 * {
 *     ik_client *client = NULL;
 *     char *answer = NULL; // the versions or the error: one string, freed once
 *
 *     ik_status status = ik_client_new(NULL, &client, &answer);
 *     if (status == IK_STATUS_OK)
 *         status = ik_get_file_versions(client, argc > 1 ? argv[1] : "", &answer);
 *
 *     fprintf(status == IK_STATUS_OK ? stdout : stderr, "%s\n", answer ? answer : "");
 *
 *     ik_string_free(answer);
 *     ik_client_free(client);
 *     return status == IK_STATUS_OK ? 0 : 1;
 * }
 * @endcode
 *
 * Link with -limagekit. The static library also needs -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc on
 * Linux; on Windows IK_STATIC to be defined, and -lws2_32 -lcrypt32 -lbcrypt -lntdll -luserenv.
 *
 * # Rules that hold for every function
 *
 * Strings in are NUL-terminated UTF-8 and borrowed until the function returns. NULL where a value is
 * needed gives IK_STATUS_INVALID_ARGUMENT and never crashes; freeing NULL does nothing.
 *
 * Strings out are yours: free each with ik_string_free(), once, and with nothing else. An out
 * parameter is written on every path and never read: on success it holds the result, on failure an
 * error document. One variable and one free serve both.
 *
 * An answer is the server's own JSON, byte for byte once it is decompressed, with whatever spaces and line
 * breaks are between its values.
 *
 * Handles are looked up, never followed: one that was freed or never existed gives
 * IK_STATUS_INVALID_HANDLE. A freed handle is never given again. Freeing one while another thread
 * uses it is safe.
 *
 * Threads: every function may be called from any thread at any time, with two exceptions: signal
 * handlers, and the time between vfork() and exec. Nothing depends on the thread that calls. The
 * first call that sends starts one thread of the library's own; callbacks have one more, and others
 * live while names of hosts are looked up. They block all signals but those that a fault raises.
 * ik_shutdown() joins them. A cancellation of the calling thread, deferred as it is by default,
 * takes effect after the function has returned. No function must be left by longjmp() or
 * asynchronous cancellation.
 *
 * fork(): a client works in the parent and in each child, over connections of its own. A call that
 * was only described may be sent by both; one that had ended keeps its result in both. One that is
 * running goes on in the parent alone: in the child it counts as cancelled, and its callback does
 * not come. A queue stays the parent's. A child that a callback forks has the library's signal
 * mask, all blocked but faults: it resets that before exec. It must end by exec or _exit(); where
 * the callback returns in it, it ends with _exit(0). A child keeps the parent's descriptors open
 * until it ends or calls exec. fork() must not be called from a signal handler that may have
 * interrupted a function of this library, and handlers of pthread_atfork() must not call one.
 *
 * Descriptors: if the host closes those of the library, the next call opens new ones, and the old
 * numbers are never touched again. Do that while no call is running and no client has just been
 * freed, whose connections are still being closed: a call that is running ends as
 * IK_STATUS_TIMEOUT, and at that moment nobody can tell whose a number is. Keep 0, 1 and 2 open, as
 * everywhere: else a connection may get one of these numbers.
 *
 * # The environment
 *
 * It is read by ik_client_new() alone, on the calling thread; do not change it in another thread
 * meanwhile. What a config sets counts before it, an empty variable is unset, a value that cannot be
 * used makes ik_client_new() fail and is named, and a set-user-ID program reads none.
 *
 * - IMAGEKIT_PRIVATE_KEY: the private key; one newline at its end is cut.
 * - IMAGE_KIT_BASE_URL: where the API is.
 * - IMAGE_KIT_LOG: what is told on standard error: off, error, warn, info, debug, or 0 to 4. Anything
 *   else is ignored. Lines that standard error cannot take at once are lost.
 * - https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY: the proxy for https, the first that is set to an
 *   http:// or https:// URL or to host:port; no_proxy, NO_PROXY: the hosts that go past it.
 * - SSL_CERT_FILE, SSL_CERT_DIR: a file and folders of certificates, trusted in place of the system's.
 *   Each that is set must give a certificate.
 *
 * The system's resolver reads variables of its own (RES_OPTIONS, LOCALDOMAIN) when a name is looked
 * up.
 *
 * # Describe a call, then send it
 *
 * A plain function such as ik_get_file_versions() sends a request and waits. For everything else the same
 * request is described first, by the function of that name with _call, and then sent: waited for with
 * ik_call_perform(), in the background with ik_call_start(), or into a queue with ik_queue_start():
 *
 * @code{.c}
 * ik_call *call = NULL;
 * ik_status status = ik_get_file_versions_call(client, file_id, &call);
 * if (status == IK_STATUS_OK)
 *     status = ik_call_start(call, NULL, NULL); // no callback: waited for below
 * while (status == IK_STATUS_OK && (status = ik_call_wait(call, 16, &answer)) == IK_STATUS_PENDING)
 *     status = draw_a_frame();
 * ik_call_free(call);
 * @endcode
 *
 * # The error document
 *
 * @code{.json}
 * {"error":{"code":"not_found","message":"The requested file does not exist.",
 *   "help":"For support kindly contact us at support@imagekit.io.","httpStatus":404,
 *   "requestId":"...","retryAfterMs":null,"attempts":1,"responseBody":"..."}}
 * @endcode
 *
 * "code" is ik_status_name() of the status. "message" and "help" are the server's own where it sent
 * some. "httpStatus" is that of the last answer, "requestId" what ImageKit's support asks for.
 * "retryAfterMs" is how long the server asked to wait. "attempts" counts the requests that were made.
 * "responseBody" is what the server sent with its error, its first 4096 bytes at most. What does not
 * apply is null. Fields may be added, never removed. The private key and a proxy's password are ***
 * in it, even where the server echoes them.
 *
 * # Statuses of a request
 *
 * Besides those that a function names, each that sends a request can give, when it did not succeed:
 * IK_STATUS_BAD_REQUEST, IK_STATUS_UNAUTHENTICATED, IK_STATUS_FORBIDDEN, IK_STATUS_NOT_FOUND,
 * IK_STATUS_CONFLICT, IK_STATUS_RATE_LIMITED, IK_STATUS_SERVER_ERROR and IK_STATUS_UNEXPECTED_STATUS
 * by the server's answer; IK_STATUS_TIMEOUT, IK_STATUS_CONNECT_FAILED, IK_STATUS_TLS_FAILED and
 * IK_STATUS_CONNECTION_LOST where there is none; IK_STATUS_INVALID_RESPONSE and
 * IK_STATUS_RESPONSE_TOO_LARGE where a success cannot be used; IK_STATUS_RESOURCE_EXHAUSTED and
 * IK_STATUS_INTERNAL by this process; IK_STATUS_CANCELLED by a shutdown, IK_STATUS_INVALID_STATE where the
 * client was shut down, IK_STATUS_WOULD_DEADLOCK on the callback thread. The causes stand at enum
 * ik_status_code.
 *
 * # Retries
 *
 * A request that failed is repeated twice by default, within the time of the call: after failures to
 * connect, lost connections, and HTTP 408, 409, 429 and 5xx. It waits 0.5 s, then 1 s and so on up to
 * 8 s, up to a quarter less by chance; or as long as the server asks, by X-RateLimit-Reset
 * (milliseconds) or Retry-After. A wait of more than 60 s, or one beyond the call's time, ends the
 * call at once. A 429 makes the whole client wait, and afterwards keep to the server's rate limit
 * until there was no 429 for 60 s. POST and PATCH are repeated only where the server surely did not act,
 * unless ik_call_set_max_retries() was called.
 *
 * # The line
 *
 * The requests of a client wait in one line, first come, first served: for a pause or pace that the
 * server asked for, for the client's own max_requests_per_second, and for a place, as at most 256 are
 * open at once. All of it counts as the call's time. A request that cannot have its turn in time fails as
 * soon as that is known: as IK_STATUS_RATE_LIMITED where the server's wish stands in its way, else as
 * IK_STATUS_TIMEOUT, with "attempts" 0; a repetition that cannot, with what the attempt before came to.
 */

#ifndef IMAGEKIT_H
#define IMAGEKIT_H

#include <stdint.h>

/* How Windows finds the functions, and how they and callbacks are called whatever the compiler's
   default is. Define IK_STATIC where the static library is linked there. */
#if defined(_WIN32)
#define IK_CALL __cdecl
#else
#define IK_CALL
#endif
#if defined(_WIN32) && !defined(IK_STATIC)
#define IK_API __declspec(dllimport)
#else
#define IK_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Version and status ------------------------------------------------------------------------ */

/**
 * The version of this header as numbers, for the preprocessor. ik_version() is that of the library
 * which the program runs with.
 */
#define IK_VERSION_MAJOR 0

/**
 * See IK_VERSION_MAJOR.
 */
#define IK_VERSION_MINOR 1

/**
 * See IK_VERSION_MAJOR.
 */
#define IK_VERSION_PATCH 0

/**
 * What came of a call: one of the numbers of enum ik_status_code, or one that a later version
 * added. 0 is success.
 */
typedef int32_t ik_status;

/**
 * Tells the version of the library.
 *
 * @return  Such as "0.1.0". Never NULL; static, never to be freed.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API const char *IK_CALL ik_version(void);

/**
 * Tells the name of a status, as the field "code" of an error document has it.
 *
 * @param status  Any number.
 * @return        Such as "not_found", or "unknown" for a number that is no status. Never NULL;
 *                static, never to be freed.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API const char *IK_CALL ik_status_name(ik_status status);

/**
 * The values of an ik_status. A number never changes its meaning; new ones may be added.
 */
enum ik_status_code {
    /**
     * Success.
     */
    IK_STATUS_OK = 0,
    /**
     * A NULL, a text that is not UTF-8, an empty or over-long id, an option out of its range, or
     * no private key. Nothing was sent.
     */
    IK_STATUS_INVALID_ARGUMENT = 1,
    /**
     * The handle was freed, or never was one of that type. Nothing was sent.
     */
    IK_STATUS_INVALID_HANDLE = 2,
    /**
     * The state of the object does not allow this. Nothing was sent.
     */
    IK_STATUS_INVALID_STATE = 3,
    /**
     * Waiting on this thread would wait for itself. Nothing was sent.
     */
    IK_STATUS_WOULD_DEADLOCK = 4,
    /**
     * Not done in the time given; the call goes on.
     */
    IK_STATUS_PENDING = 5,
    /**
     * There is no value at that place, or it is null.
     */
    IK_STATUS_NO_VALUE = 6,
    /**
     * Not available on this platform.
     */
    IK_STATUS_UNSUPPORTED = 7,
    /**
     * The server refused the request as malformed: HTTP 400 or 422.
     */
    IK_STATUS_BAD_REQUEST = 10,
    /**
     * The server found no private key: HTTP 401.
     */
    IK_STATUS_UNAUTHENTICATED = 11,
    /**
     * The server does not accept this private key, or not for this: HTTP 403.
     */
    IK_STATUS_FORBIDDEN = 12,
    /**
     * The server knows no such thing: HTTP 404.
     */
    IK_STATUS_NOT_FOUND = 13,
    /**
     * The request is at odds with the present state: HTTP 409 or 423.
     */
    IK_STATUS_CONFLICT = 14,
    /**
     * Too many requests: HTTP 429 after all retries, or a wait that the call's time cannot hold.
     */
    IK_STATUS_RATE_LIMITED = 15,
    /**
     * The server failed: HTTP 5xx after all retries.
     */
    IK_STATUS_SERVER_ERROR = 16,
    /**
     * Any other HTTP status. Redirects are not followed, so that the key never travels on.
     */
    IK_STATUS_UNEXPECTED_STATUS = 17,
    /**
     * The call's time ran out.
     */
    IK_STATUS_TIMEOUT = 20,
    /**
     * The call was cancelled.
     */
    IK_STATUS_CANCELLED = 21,
    /**
     * No connection: name not found, refused, unreachable, or the proxy failed.
     */
    IK_STATUS_CONNECT_FAILED = 22,
    /**
     * No trust: the certificate or the TLS handshake failed.
     */
    IK_STATUS_TLS_FAILED = 23,
    /**
     * The connection was reset, closed too early, or broke the protocol.
     */
    IK_STATUS_CONNECTION_LOST = 24,
    /**
     * A success whose body is not the JSON that it should be.
     */
    IK_STATUS_INVALID_RESPONSE = 25,
    /**
     * The body is longer than the client's max_response_bytes.
     */
    IK_STATUS_RESPONSE_TOO_LARGE = 26,
    /**
     * This process is out of descriptors, threads or memory for the response.
     */
    IK_STATUS_RESOURCE_EXHAUSTED = 27,
    /**
     * A defect in this library. Please report it.
     */
    IK_STATUS_INTERNAL = 30,
};

/* Strings ----------------------------------------------------------------------------------- */

/**
 * Frees a string that a function of this library gave through an out parameter.
 *
 * @param string  Such a string, or NULL, which does nothing. Freeing one twice is undefined, as with
 *                free(); and free() itself must not be used on it.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API void IK_CALL ik_string_free(char *string);

/* Settings ---------------------------------------------------------------------------------- */

/**
 * Settings, while they are being gathered. A client copies them, so one config can make many.
 *
 * A setter that refuses a value keeps the old one, and the config then makes no client until the
 * same setter succeeds: ik_client_new() fails with that status and says which argument was wrong.
 */
typedef struct ik_config ik_config;

/**
 * Makes an empty config: every option is open, and comes from the environment or is the default.
 *
 * @return  The config. Yours: free it with ik_config_free(). NULL only where there are about a
 *          million configs that were not freed.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_config *IK_CALL ik_config_new(void);

/**
 * Frees a config. Clients that were made from it are not touched.
 *
 * @param config  A config, or NULL or one that was freed, which does nothing.
 *
 * Threads: any, also while another thread uses the config: that call returns normally.
 * Since 0.1.0.
 */
IK_API void IK_CALL ik_config_free(ik_config *config);

/**
 * Sets the private key, from the dashboard's developer options. It is sent to the base URL alone,
 * never shown in an error, and wiped from the library's own memory when it is no longer needed.
 *
 * @param config       A config from ik_config_new().
 * @param private_key  1 to 512 visible ASCII characters without a colon. Copied.
 *                     Default: the environment variable IMAGEKIT_PRIVATE_KEY.
 *
 * @retval IK_STATUS_OK                The key is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or no such key. The old one stays.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_private_key(ik_config *config,
                                                   const char *private_key);

/**
 * Sets where the API is.
 *
 * @param config    A config from ik_config_new().
 * @param base_url  https://host[:port][/prefix] without a user, a query or a fragment, at most 2048
 *                  bytes. http:// only to this machine (127.0.0.0/8, [::1], localhost), as the
 *                  private key would travel in clear. Copied.
 *                  Default: the environment variable IMAGE_KIT_BASE_URL, or
 *                  https://api.imagekit.io.
 *
 * @retval IK_STATUS_OK                The URL is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or no such URL. The old one stays.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_base_url(ik_config *config,
                                                const char *base_url);

/**
 * Sets the time for a whole call, retries and waits included.
 *
 * @param config      A config from ik_config_new().
 * @param timeout_ms  1 to 86 400 000 milliseconds. Default: 60 000.
 *
 * @retval IK_STATUS_OK                The time is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the time out of its range.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_timeout_ms(ik_config *config,
                                                  uint64_t timeout_ms);

/**
 * Sets the time for each connection, from the name's look-up to the end of the TLS handshake.
 *
 * @param config      A config from ik_config_new().
 * @param timeout_ms  1 to 86 400 000 milliseconds. Default: 10 000.
 *
 * @retval IK_STATUS_OK                The time is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the time out of its range.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_connect_timeout_ms(ik_config *config,
                                                          uint64_t timeout_ms);

/**
 * Sets how often a failed attempt is repeated, within the time of the call: see "Retries" above.
 *
 * @param config       A config from ik_config_new().
 * @param max_retries  Any number; 0 for none. Default: 2.
 *
 * @retval IK_STATUS_OK                The number is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_max_retries(ik_config *config,
                                                   uint32_t max_retries);

/**
 * Sets the longest body that is taken, after decompression. A longer one gives
 * IK_STATUS_RESPONSE_TOO_LARGE as soon as that is known, and its connection is closed.
 *
 * @param config     A config from ik_config_new().
 * @param max_bytes  1 to UINT64_MAX bytes. Default: 67 108 864 (64 MiB).
 *
 * @retval IK_STATUS_OK                The limit is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the limit is 0.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_max_response_bytes(ik_config *config,
                                                          uint64_t max_bytes);

/**
 * Sets how many requests the client begins in a second, at most, over all its threads and calls and
 * with retries. They are spread evenly and never saved up for a burst: in any second at most limit + 1
 * begin. The wait for a turn is part of a call's time, and a call whose turn cannot come in time fails
 * at once. Each process keeps the limit for itself. Where the server asks for a slower pace, that
 * counts.
 *
 * @param config  A config from ik_config_new().
 * @param limit   1 to 1 000 000 requests a second, or 0 for no limit. Default: 0.
 *
 * @retval IK_STATUS_OK                The limit is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the limit above 1 000 000. The old one
 *                                     stays.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_max_requests_per_second(ik_config *config,
                                                               uint32_t limit);

/**
 * Sets a file of certificates that are trusted in addition to the system's. ik_client_new() reads it.
 *
 * @param config    A config from ik_config_new().
 * @param pem_path  The path of a file of certificates in PEM. Copied. Default: none.
 *
 * @retval IK_STATUS_OK                The path is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, an empty path, or one that is not UTF-8.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_ca_file(ik_config *config,
                                               const char *pem_path);

/**
 * Sets the proxy for https. Plain http, which goes to this machine alone, never uses one: together
 * with an http base URL, ik_client_new() refuses a proxy on another machine and leaves one on this
 * machine unused.
 *
 * @param config  A config from ik_config_new().
 * @param url     http://[user:password@]host[:port], the same with https://, or "" for no proxy.
 *                Copied. Default: the environment variables https_proxy, HTTPS_PROXY, all_proxy or
 *                ALL_PROXY, but not for the hosts in no_proxy or NO_PROXY.
 *
 * @retval IK_STATUS_OK                The proxy is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or no such URL. The old one stays.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_proxy(ik_config *config,
                                             const char *url);

/* Logging ----------------------------------------------------------------------------------- */

/**
 * How much a line of a log matters. A log takes those up to its own level.
 */
enum ik_log_level {
    /**
     * Nothing is told.
     */
    IK_LOG_LEVEL_OFF = 0,
    /**
     * A defect, or something that does not work at all.
     */
    IK_LOG_LEVEL_ERROR = 1,
    /**
     * Something that is not as its user wants it.
     */
    IK_LOG_LEVEL_WARN = 2,
    /**
     * Each request, once, when it has ended.
     */
    IK_LOG_LEVEL_INFO = 3,
    /**
     * Each attempt, and each wait.
     */
    IK_LOG_LEVEL_DEBUG = 4,
};

/**
 * Takes one line of a client's log. Runs on the library's callback thread, one line at a time, after
 * callbacks of calls that are due. It may take its time: at most 1024 lines wait, more are dropped and
 * counted in the next one. What functions of this library log when they are called in it is dropped;
 * those that wait give IK_STATUS_WOULD_DEADLOCK. It must return: no exception, no longjmp(), no end of
 * the thread. For a child that is forked in it see "fork()" above.
 *
 * @param user_data  What was given to ik_config_set_log_callback().
 * @param level      One of enum ik_log_level, or one that a later version added.
 * @param message    The line, without a newline. Never holds the private key or a proxy's password.
 *                   Borrowed until this returns.
 *
 * Threads: the library's callback thread.
 * Since 0.1.0.
 */
typedef void (IK_CALL *ik_log_callback)(void *user_data, int32_t level, const char *message);

/**
 * Sets what is told of the work of the clients that are made from this config. on_log and what user_data
 * points to must stay valid until ik_shutdown(), or ik_client_shutdown() of each of these clients, has
 * returned IK_STATUS_OK.
 *
 * @param config     A config from ik_config_new().
 * @param max_level  A number of enum ik_log_level: lines of this level and of those below it are told.
 *                   Default: off; or what the environment variable IMAGE_KIT_LOG says (off, error, warn,
 *                   info, debug, or 0 to 4), on standard error, which loses what it cannot take at once.
 * @param on_log     What takes the lines. May be NULL if max_level is IK_LOG_LEVEL_OFF.
 * @param user_data  Passed to on_log. May be NULL.
 *
 * @retval IK_STATUS_OK                The log is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or on_log is and max_level is not off, or there
 *                                     is no such level. The old one stays.
 * @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_config_set_log_callback(ik_config *config,
                                                    int32_t max_level,
                                                    ik_log_callback on_log,
                                                    void *user_data);

/* Clients ----------------------------------------------------------------------------------- */

/**
 * A client of ImageKit's API. One serves all threads, and child processes too.
 */
typedef struct ik_client ik_client;

/**
 * Makes a client. Starts no thread, opens no connection and keeps no descriptor: the first call
 * does, so a server may make clients before it forks its workers.
 *
 * The environment and the certificates are read here and never later. Needs a stack of 64 KiB.
 *
 * @param config      A config from ik_config_new(), or NULL for the environment and the defaults.
 *                    Copied: it may be changed, used again or freed afterwards.
 * @param out_client  Always set: the client on success, else NULL. Yours: free it with
 *                    ik_client_free().
 * @param out_error   May be NULL. Else always set: NULL on success, or an error document. Yours:
 *                    free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                  The client is in *out_client.
 * @retval IK_STATUS_INVALID_ARGUMENT    out_client is NULL, an option or an environment variable
 *                                       cannot be used, or there is no private key.
 * @retval IK_STATUS_INVALID_HANDLE      The config was freed, or never was one.
 * @retval IK_STATUS_TLS_FAILED          The system's root certificates cannot be read.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  No descriptor was left to read certificates with, or there
 *                                       are about a million clients that were not freed.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_client_new(const ik_config *config,
                                       ik_client **out_client,
                                       char **out_error);

/**
 * Frees a client. Waits for nobody and cancels nothing: calls that run keep what they need of it
 * and finish.
 *
 * @param handle  A client, or NULL or one that was freed, which does nothing.
 *
 * Threads: any, also while another thread is in a call on it: that call returns normally.
 * Since 0.1.0.
 */
IK_API void IK_CALL ik_client_free(ik_client *handle);

/* Operations -------------------------------------------------------------------------------- */

/**
 * Gets the versions of a file, the current one included. Sends a request and waits; the client's
 * timeout bounds the wait, retries included. To check the answer comes on top: about a millisecond
 * for each 300 kB.
 *
 * @param handle    A client from ik_client_new().
 * @param file_id   The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                  nor "..". Borrowed until this function returns.
 * @param out_json  Always set: on success a JSON array of versions, byte for byte the server's; on
 *                  failure an error document. Yours: free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The array is in *out_json.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
 * @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
 * @retval IK_STATUS_BAD_REQUEST       The server finds the id malformed.
 * @retval IK_STATUS_NOT_FOUND         No file has this id.
 * Or another one: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. GET /v1/files/{fileId}/versions
 */
IK_API ik_status IK_CALL ik_get_file_versions(const ik_client *handle,
                                              const char *file_id,
                                              char **out_json);

/**
 * Gets one version of a file. Sends a request and waits; the client's timeout bounds the wait, retries
 * included.
 *
 * @param handle      A client from ik_client_new().
 * @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                    nor "..". Borrowed until this function returns.
 * @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Borrowed until
 *                    this function returns.
 * @param out_json    Always set: on success the version, a JSON object, byte for byte the server's; on
 *                    failure an error document. Yours: free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The object is in *out_json.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
 * @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
 * @retval IK_STATUS_BAD_REQUEST       The server finds an id malformed.
 * @retval IK_STATUS_NOT_FOUND         No file, or no version of it, has this id.
 * Or another one: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. GET /v1/files/{fileId}/versions/{versionId}
 */
IK_API ik_status IK_CALL ik_get_file_version_details(const ik_client *handle,
                                                     const char *file_id,
                                                     const char *version_id,
                                                     char **out_json);

/**
 * Deletes a version of a file, which must not be the current one. Sends a request and waits; the
 * client's timeout bounds the wait, retries included. A request that is repeated after a lost
 * connection may find the version gone: IK_STATUS_NOT_FOUND, with more than one of "attempts".
 *
 * @param handle      A client from ik_client_new().
 * @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                    nor "..". Borrowed until this function returns.
 * @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Borrowed until
 *                    this function returns.
 * @param out_json    Always set: on success {}, or the server's JSON if it sent some; on failure an
 *                    error document. Yours: free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The version is deleted.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
 * @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
 * @retval IK_STATUS_BAD_REQUEST       It is the current version, or the server finds an id malformed.
 * @retval IK_STATUS_NOT_FOUND         No file, or no version of it, has this id.
 * Or another one: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. DELETE /v1/files/{fileId}/versions/{versionId}
 */
IK_API ik_status IK_CALL ik_delete_file_version(const ik_client *handle,
                                                const char *file_id,
                                                const char *version_id,
                                                char **out_json);

/**
 * Makes an older version of a file the current one. Sends a request and waits; the client's timeout
 * bounds the wait, retries included.
 *
 * @param handle      A client from ik_client_new().
 * @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                    nor "..". Borrowed until this function returns.
 * @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Borrowed until
 *                    this function returns.
 * @param out_json    Always set: on success the version, now current, a JSON object, byte for byte the
 *                    server's; on failure an error document. Yours: free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The object is in *out_json.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
 * @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
 * @retval IK_STATUS_BAD_REQUEST       The server finds an id malformed.
 * @retval IK_STATUS_NOT_FOUND         No file, or no version of it, has this id.
 * Or another one: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. PUT /v1/files/{fileId}/versions/{versionId}/restore
 */
IK_API ik_status IK_CALL ik_restore_file_version(const ik_client *handle,
                                                 const char *file_id,
                                                 const char *version_id,
                                                 char **out_json);

/**
 * Sends any other request to the API and waits; the client's timeout bounds the wait, retries
 * included. GET, PUT and DELETE are repeated as "Retries" above says; POST and PATCH only where the
 * server surely did not act: no connection, HTTP 429, or HTTP 503 with Retry-After.
 *
 * @param handle     A client from ik_client_new().
 * @param method     "GET", "POST", "PUT", "PATCH" or "DELETE". Borrowed until this function returns.
 * @param path       The path with its query, 1 to 8192 bytes, such as "/v1/files?limit=10". It is put
 *                   after the base URL as it stands, so it must be encoded: visible ASCII without #
 *                   and backslashes, one / at its beginning; before a ? no segment that is . or ..,
 *                   none with %2F or %5C, and no quotes, <, >, {, } or grave accents; after it quotes,
 *                   < and > go out percent-encoded. Borrowed until
 *                   this function returns.
 * @param body_json  The request's body, valid JSON, sent byte for byte; or NULL for none. Borrowed
 *                   until this function returns.
 * @param out_json   Always set: on success the answer, any JSON, byte for byte the server's, or {}
 *                   where it has no body; on failure an error document. Yours: free it with
 *                   ik_string_free().
 *
 * @retval IK_STATUS_OK                The answer is in *out_json.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL handle, method or path, or one of them or the body cannot
 *                                     be sent. Nothing was sent.
 * @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
 * Or another one: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_request(const ik_client *handle,
                                    const char *method,
                                    const char *path,
                                    const char *body_json,
                                    char **out_json);

/* Calls: described -------------------------------------------------------------------------- */

/**
 * One described operation, to be sent at most once. It keeps what it needs of its client, which may be
 * freed before the call is sent.
 *
 * A call is described, then it runs, then it has ended. What can be done with it when:
 *
 * - described: set options, perform, start, cancel (it then ends as cancelled and is never sent);
 * - running: wait, cancel; its metadata is IK_STATUS_PENDING;
 * - ended: wait, which gives the result every time, and get its metadata.
 *
 * To cancel it then has no effect, and it can be freed at any time. All else gives
 * IK_STATUS_INVALID_STATE, except that a call which was cancelled before it was sent gives
 * IK_STATUS_CANCELLED to whoever sends it.
 */
typedef struct ik_call ik_call;

/**
 * Describes a request for the versions of a file: what ik_get_file_versions() sends at once. Nothing is
 * sent yet.
 *
 * @param handle    A client from ik_client_new(). May be freed before the call is sent.
 * @param file_id   The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                  nor "..". Copied.
 * @param out_call  Always set: the call on success, else NULL. Yours: free it with ik_call_free().
 *
 * @retval IK_STATUS_OK                  The call is in *out_call.
 * @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
 * @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 * The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
 *
 * Threads: any.
 * Since 0.1.0. GET /v1/files/{fileId}/versions
 */
IK_API ik_status IK_CALL ik_get_file_versions_call(const ik_client *handle,
                                                   const char *file_id,
                                                   ik_call **out_call);

/**
 * Describes a request for one version of a file: what ik_get_file_version_details() sends at once.
 * Nothing is sent yet.
 *
 * @param handle      A client from ik_client_new(). May be freed before the call is sent.
 * @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                    nor "..". Copied.
 * @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Copied.
 * @param out_call    Always set: the call on success, else NULL. Yours: free it with ik_call_free().
 *
 * @retval IK_STATUS_OK                  The call is in *out_call.
 * @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
 * @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 * The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
 *
 * Threads: any.
 * Since 0.1.0. GET /v1/files/{fileId}/versions/{versionId}
 */
IK_API ik_status IK_CALL ik_get_file_version_details_call(const ik_client *handle,
                                                          const char *file_id,
                                                          const char *version_id,
                                                          ik_call **out_call);

/**
 * Describes the deletion of a version: what ik_delete_file_version() sends at once.
 * Nothing is sent yet.
 *
 * @param handle      A client from ik_client_new(). May be freed before the call is sent.
 * @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                    nor "..". Copied.
 * @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Copied.
 * @param out_call    Always set: the call on success, else NULL. Yours: free it with ik_call_free().
 *
 * @retval IK_STATUS_OK                  The call is in *out_call.
 * @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
 * @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 * The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
 *
 * Threads: any.
 * Since 0.1.0. DELETE /v1/files/{fileId}/versions/{versionId}
 */
IK_API ik_status IK_CALL ik_delete_file_version_call(const ik_client *handle,
                                                     const char *file_id,
                                                     const char *version_id,
                                                     ik_call **out_call);

/**
 * Describes the restoration of an older version: what ik_restore_file_version() sends at once.
 * Nothing is sent yet.
 *
 * @param handle      A client from ik_client_new(). May be freed before the call is sent.
 * @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
 *                    nor "..". Copied.
 * @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Copied.
 * @param out_call    Always set: the call on success, else NULL. Yours: free it with ik_call_free().
 *
 * @retval IK_STATUS_OK                  The call is in *out_call.
 * @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
 * @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 * The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
 *
 * Threads: any.
 * Since 0.1.0. PUT /v1/files/{fileId}/versions/{versionId}/restore
 */
IK_API ik_status IK_CALL ik_restore_file_version_call(const ik_client *handle,
                                                      const char *file_id,
                                                      const char *version_id,
                                                      ik_call **out_call);

/**
 * Describes any other request to the API: what ik_request() sends at once. Nothing is sent yet.
 *
 * @param handle     A client from ik_client_new(). May be freed before the call is sent.
 * @param method     "GET", "POST", "PUT", "PATCH" or "DELETE". Copied.
 * @param path       The path with its query, as ik_request() takes it. Copied.
 * @param body_json  The request's body, valid JSON, sent byte for byte; or NULL for none. Copied.
 * @param out_call   Always set: the call on success, else NULL. Yours: free it with ik_call_free().
 *
 * @retval IK_STATUS_OK                  The call is in *out_call.
 * @retval IK_STATUS_INVALID_ARGUMENT    A NULL handle, method, path or out_call, or one of them or the
 *                                       body cannot be sent.
 * @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 * The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_request_call(const ik_client *handle,
                                         const char *method,
                                         const char *path,
                                         const char *body_json,
                                         ik_call **out_call);

/* Calls: sent ------------------------------------------------------------------------------- */

/**
 * Told once that a call has ended. Runs on the library's callback thread, one at a time and in the
 * order in which calls end; it has a stack of 1 MiB and all signals blocked but those that a fault
 * raises. It may take its time, which holds up other callbacks and nothing else. It must return: no
 * exception, no longjmp(), no end of the thread.
 *
 * Functions that wait give IK_STATUS_WOULD_DEADLOCK in it; all others may be called, ik_call_free() of
 * this very call included. For a child that is forked in it see "fork()" above. Threads that are
 * started in it inherit its blocked signals, and so do the processes that those start: reset them
 * there. A language runtime that stops its threads by signals, as Mono does, must not be called
 * back: it waits, or takes from a queue.
 *
 * @param user_data  What was given to ik_call_start().
 * @param status     What came of the call.
 * @param json       The answer, or an error document. Yours: free it with ik_string_free().
 *
 * Threads: the library's callback thread.
 * Since 0.1.0.
 */
typedef void (IK_CALL *ik_call_done)(void *user_data, ik_status status, char *json);

/**
 * Sets how long this call may take, retries and waits included.
 *
 * @param call        A described call.
 * @param timeout_ms  Milliseconds, 1 to 86400000. Default: the client's.
 *
 * @retval IK_STATUS_OK                The time is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or out of range. The old value stays, and the call cannot
 *                                     be sent until this function succeeds.
 * @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The call was sent or cancelled.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_set_timeout_ms(ik_call *call,
                                                uint64_t timeout_ms);

/**
 * Sets how often this call is repeated when an attempt fails. With it a POST or PATCH is repeated like
 * the others, even where the server may have acted.
 *
 * @param call         A described call.
 * @param max_retries  Any number; 0 for none. Default: the client's.
 *
 * @retval IK_STATUS_OK                The number is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The call was sent or cancelled.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_set_max_retries(ik_call *call,
                                                 uint32_t max_retries);

/**
 * Sets a header of this call's requests, in place of an earlier one of that name.
 *
 * @param call   A described call.
 * @param name   The header's name, a token of 1 to 128 bytes. Refused, as they are the library's own:
 *               Host, Authorization, Proxy-*, Connection, Content-Length, Transfer-Encoding, TE,
 *               Upgrade, Expect and Accept-Encoding. Copied.
 * @param value  Its value, at most 8192 bytes of visible ASCII, spaces and tabs. Copied. A call has at
 *               most 256 headers.
 *
 * @retval IK_STATUS_OK                The header is set.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or one of them cannot be sent. The old value stays, and
 *                                     the call cannot be sent until this function succeeds for the
 *                                     same name.
 * @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The call was sent or cancelled.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_set_header(ik_call *call,
                                            const char *name,
                                            const char *value);

/**
 * Sends a call, waits, and gives its result.
 *
 * @param call      A described call.
 * @param out_json  Always set: on success the answer, byte for byte the server's; on failure an error
 *                  document. Yours: free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The answer is in *out_json.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an option of the call was refused. Nothing was sent,
 *                                     and the call stays as it is; so it does with the next three.
 * @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The call was sent before, or its client was shut down.
 * @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread: start the call instead.
 * @retval IK_STATUS_CANCELLED         By ik_call_cancel(), ik_call_free() or a shutdown.
 * Or another one: see "Statuses of a request" above.
 *
 * Threads: any. Needs a stack of 16 KiB.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_perform(ik_call *call,
                                         char **out_json);

/**
 * Sends a call in the background. If this gives another status than IK_STATUS_OK, nothing was started:
 * the call stays as it is, and user_data is not touched. Else on_done runs exactly once, whatever
 * happens: perhaps before this function returns, perhaps after ik_call_free() or ik_client_free() has
 * returned. Only ik_shutdown() and ik_client_shutdown() wait for it.
 *
 * @param call       A described call. May be freed at any time: freeing it before it has ended cancels
 *                   it. To fire and forget, free it in on_done.
 * @param on_done    What is told of its end, or NULL: then wait with ik_call_wait().
 * @param user_data  Passed to on_done, which alone touches it. May be NULL.
 *
 * @retval IK_STATUS_OK                  The call runs.
 * @retval IK_STATUS_INVALID_ARGUMENT    The call is NULL, or an option of it was refused.
 * @retval IK_STATUS_INVALID_HANDLE      The call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE       The call was sent before, or its client was shut down.
 * @retval IK_STATUS_CANCELLED           The call was cancelled, or a shutdown is in progress.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There is no room for a thread, or no descriptor.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_start(ik_call *call,
                                       ik_call_done on_done,
                                       void *user_data);

/**
 * Waits until a call has ended, and gives its result: every time, to any number of threads, to each a
 * string of its own. Whoever takes the result first has it checked, on his own time whatever timeout_ms
 * says: about a millisecond for each 300 kB; each string is a copy.
 *
 * @param call        A call that was sent.
 * @param timeout_ms  How long to wait at most: 0 asks only, UINT64_MAX has no limit.
 * @param out_json    May be NULL. Else always set: on success the answer, byte for byte the server's;
 *                    NULL with IK_STATUS_PENDING; with any other failure an error document. Yours: free
 *                    it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The answer is in *out_json.
 * @retval IK_STATUS_PENDING           The call has not ended in this time; it goes on.
 * @retval IK_STATUS_INVALID_ARGUMENT  The call is NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The call was not sent yet.
 * @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread, and timeout_ms is above 0.
 * @retval IK_STATUS_CANCELLED         By ik_call_cancel(), ik_call_free() or a shutdown; or the call runs
 *                                     in the process that this one was forked from.
 * Or another one: see "Statuses of a request" above.
 *
 * Threads: any, any number at once. Needs a stack of 16 KiB.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_wait(ik_call *call,
                                      uint64_t timeout_ms,
                                      char **out_json);

/**
 * Cancels a call. If it has not ended, it ends as IK_STATUS_CANCELLED at once: its callback comes, its
 * connection does no further work, the server may have acted or not. A call that was not sent yet ends
 * so too: it is never sent, and nothing is told. Waits for nobody.
 *
 * @param call  A call.
 *
 * @retval IK_STATUS_OK                The call has ended, now or before.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_cancel(ik_call *call);

/**
 * Gets what is known of a call that has ended, besides its answer:
 *
 * @code{.json}
 * {"httpStatus":200,"httpVersion":"HTTP/2","requestId":"...","attempts":2,"retryAfterMs":300,
 *   "rateLimit":{"limit":40,"intervalMs":1000,"resetMs":300},
 *   "timings":{"queuedUs":90,"firstByteUs":304211,"totalUs":304800},"wireBytes":812,
 *   "headers":{"content-type":["application/json"],"x-ik-requestid":["..."]}}
 * @endcode
 *
 * The answer's own are those of the last attempt; what does not apply is null, which all of them are
 * where there was no answer. "retryAfterMs" is the last wait that the server asked for. "timings" are
 * microseconds from the start of the call: until its first request was sent, until the head of the
 * last answer was there, until the end. "wireBytes" counts the body as it came, before
 * decompression. "headers" have lower-case names, each with all of its values. Fields may be added,
 * never removed. The private key and a proxy's password are *** in it.
 *
 * @param call      A call.
 * @param out_json  Always set: on success this document; NULL with IK_STATUS_PENDING; with any other
 *                  failure an error document. Yours: free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The document is in *out_json.
 * @retval IK_STATUS_PENDING           The call has not ended.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The call was not sent yet, or it runs in the process that this one
 *                                     was forked from.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any. Needs a stack of 16 KiB.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_call_get_metadata(const ik_call *call,
                                              char **out_json);

/**
 * Frees a call. Waits for nobody. One that has not ended is cancelled: its callback still comes, once,
 * and a wait of another thread ends as IK_STATUS_CANCELLED.
 *
 * @param call  A call, or NULL or one that was freed, which does nothing.
 *
 * Threads: any, at any time, in the call's own callback too.
 * Since 0.1.0.
 */
IK_API void IK_CALL ik_call_free(ik_call *call);

/* Queues ------------------------------------------------------------------------------------ */

/**
 * A queue of calls that have ended: for a host with an event loop of its own, and for languages that
 * cannot be called back from a foreign thread. One takes calls of any number of clients, and of calls as
 * many as there is memory for; but at most 256 requests of a client are open at once, and the time that
 * the others wait in line counts as theirs: do not start more than can end in time.
 *
 * In a child process every function on an inherited queue gives IK_STATUS_INVALID_STATE, and to free it
 * forgets it.
 */
typedef struct ik_queue ik_queue;

/**
 * Makes a queue. It has two descriptors of its own until it is freed.
 *
 * @param out_queue  Always set: the queue on success, else NULL. Yours: free it with ik_queue_free().
 *
 * @retval IK_STATUS_OK                  The queue is in *out_queue.
 * @retval IK_STATUS_INVALID_ARGUMENT    A NULL.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There are no descriptors, or about a million queues.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_queue_new(ik_queue **out_queue);

/**
 * Sends a call in the background. If this gives another status than IK_STATUS_OK, nothing was started
 * and the call stays as it is. Else exactly one completion lands in the queue, whatever happens.
 *
 * @param queue      A queue.
 * @param call       A described call. Free it when its completion was taken, which user_data may lead
 *                   to. It may be freed before: that cancels it, if it has not ended, and its
 *                   completion lands as IK_STATUS_CANCELLED.
 * @param user_data  Comes back with the completion; never looked at. May be NULL.
 *
 * @retval IK_STATUS_OK                  The call runs.
 * @retval IK_STATUS_INVALID_ARGUMENT    The queue or the call is NULL, or an option of the call was
 *                                       refused.
 * @retval IK_STATUS_INVALID_HANDLE      The queue or the call was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE       The call was sent before, its client was shut down, or the queue
 *                                       was inherited over a fork.
 * @retval IK_STATUS_CANCELLED           The call was cancelled, or a shutdown is in progress.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  There is no room for a thread, or no descriptor.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_queue_start(ik_queue *queue,
                                        ik_call *call,
                                        void *user_data);

/**
 * Takes the next completion, in the order in which calls ended. Each goes to one taker, who has the
 * answer checked on his own time, whatever timeout_ms says: about a millisecond for each 300 kB.
 *
 * @param queue          A queue.
 * @param timeout_ms     How long to wait at most: 0 asks only, UINT64_MAX has no limit.
 * @param out_status     May be NULL. Else always set: what came of the call; 0 on failure.
 * @param out_user_data  May be NULL. Else always set: what was given to ik_queue_start(); NULL on failure.
 * @param out_json       Always set: with IK_STATUS_OK the call's answer, or its error document if
 *                       *out_status is not IK_STATUS_OK; NULL with IK_STATUS_PENDING; with any other
 *                       failure an error document about this function. Yours: free it with
 *                       ik_string_free().
 *
 * @retval IK_STATUS_OK                A completion was taken.
 * @retval IK_STATUS_PENDING           None came in this time.
 * @retval IK_STATUS_INVALID_ARGUMENT  The queue or out_json is NULL. Nothing was taken.
 * @retval IK_STATUS_INVALID_HANDLE    The queue was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The queue was inherited over a fork.
 * @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread, and timeout_ms is above 0.
 * @retval IK_STATUS_CANCELLED         The queue was freed while this function waited.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any, any number at once. Needs a stack of 16 KiB.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_queue_next(ik_queue *queue,
                                       uint64_t timeout_ms,
                                       ik_status *out_status,
                                       void **out_user_data,
                                       char **out_json);

/**
 * Tells how many calls were started on the queue whose completions were not taken yet.
 *
 * @param queue      A queue.
 * @param out_count  Always set: their number; 0 on failure.
 *
 * @retval IK_STATUS_OK                The number is in *out_count.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The queue was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The queue was inherited over a fork.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_queue_get_pending(const ik_queue *queue,
                                              uint64_t *out_count);

/**
 * Gives the queue's descriptor, which polls readable exactly while completions wait to be taken
 * (level-triggered), with poll(), epoll, kqueue and all that is made of them. Only to be polled: it must
 * not be read, written or closed. It belongs to the queue and is closed with it: take it out of the event
 * loop before ik_queue_free().
 *
 * @param queue   A queue.
 * @param out_fd  Always set: the descriptor; 0 on failure, which is standard input: look at the status.
 *
 * @retval IK_STATUS_OK                The descriptor is in *out_fd.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The queue was freed, or never was one.
 * @retval IK_STATUS_INVALID_STATE     The host closed it, or the queue was inherited over a fork.
 *                                     ik_queue_next() works all the same where the host closed it.
 * @retval IK_STATUS_UNSUPPORTED       This platform has no such descriptors.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_queue_get_fd(const ik_queue *queue,
                                         int *out_fd);

/**
 * Frees a queue. Waits for nobody. Its calls that have not ended are cancelled, completions that were
 * not taken are dropped, and ik_queue_next() of other threads ends as IK_STATUS_CANCELLED. To get
 * each user_data back, cancel the calls and take until ik_queue_get_pending() says 0.
 *
 * @param queue  A queue, or NULL or one that was freed, which does nothing.
 *
 * Threads: any.
 * Since 0.1.0.
 */
IK_API void IK_CALL ik_queue_free(ik_queue *queue);

/* Many files -------------------------------------------------------------------------------- */

/**
 * Told of each file as its result arrives. Runs on the thread that called
 * ik_get_file_versions_many(), where every function may be called. It must return: no exception, no
 * longjmp(), no end of the thread. In a child that is forked in it ik_get_file_versions_many() returns
 * IK_STATUS_CANCELLED when it has returned.
 *
 * @param user_data  What was given to ik_get_file_versions_many().
 * @param index      Which of the ids this is about.
 * @param status     What came of it.
 * @param json       The array of versions, or an error document. Borrowed until this returns: copy
 *                   what you keep.
 * @return           0 to go on; anything else stops, and cancels what is in flight.
 *
 * Threads: the caller's.
 * Since 0.1.0.
 */
typedef int32_t (IK_CALL *ik_file_versions_callback)(void *user_data,
                                                     uint64_t index,
                                                     ik_status status,
                                                     const char *json);

/**
 * Gets the versions of many files, many requests at once, and reports each on this thread as it arrives,
 * in no certain order. All keep to the client's pace: after a 429 everyone waits together. The client's
 * timeout is for each file, from the moment when its first request may be sent. Ids that occur more
 * than once are fetched once and reported for each index. Besides the answers that wait to be
 * reported, max_concurrency of them at most, it takes 8 bytes of memory for each id. To stop it while
 * nothing arrives, another thread calls ik_client_shutdown().
 *
 * @param handle           A client from ik_client_new().
 * @param file_ids         The ids, as ik_get_file_versions() takes them. One that is NULL or cannot be
 *                         an id is reported as IK_STATUS_INVALID_ARGUMENT. The array and the ids are
 *                         borrowed until this function returns. May be NULL if count is 0.
 * @param count            How many there are, 0 to 4294967294.
 * @param max_concurrency  How many requests are in flight at most, 1 to 256; more count as 256, 0 as 32.
 * @param on_result        What is told of each result.
 * @param user_data        Passed to on_result. May be NULL.
 *
 * @retval IK_STATUS_OK                  Every index was reported, whatever came of it; or count is 0.
 * @retval IK_STATUS_INVALID_ARGUMENT    The handle, file_ids or on_result is NULL, or count is too large.
 *                                       Nothing was sent.
 * @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one. Nothing was sent.
 * @retval IK_STATUS_INVALID_STATE       The client was shut down. Nothing was sent.
 * @retval IK_STATUS_WOULD_DEADLOCK      This is the callback thread. Nothing was sent.
 * @retval IK_STATUS_CANCELLED           on_result stopped it, or a shutdown of the process or the client.
 *                                       No further index is reported.
 * @retval IK_STATUS_RESOURCE_EXHAUSTED  No memory for so many ids. Nothing was sent.
 * @retval IK_STATUS_INTERNAL            A defect in this library.
 *
 * Threads: any, any number at once. Needs a stack of 16 KiB besides what on_result needs.
 * Since 0.1.0. GET /v1/files/{fileId}/versions
 */
IK_API ik_status IK_CALL ik_get_file_versions_many(const ik_client *handle,
                                                   const char *const *file_ids,
                                                   uint64_t count,
                                                   uint32_t max_concurrency,
                                                   ik_file_versions_callback on_result,
                                                   void *user_data);

/* Shutdown ---------------------------------------------------------------------------------- */

/**
 * Ends everything in the process: all calls end as IK_STATUS_CANCELLED, those that other threads wait
 * for included; then waits until every callback that is due has returned and no code of the host runs
 * on the library's threads, and joins them. For a host that is about to tear its language's runtime
 * down or to unload a plugin. While at least one shutdown is in progress, everything that is sent gives
 * IK_STATUS_CANCELLED at once; after the last one the library can be used again.
 *
 * Clients, calls and queues stay to be freed. A client that was made before logs to no callback any more.
 *
 * @param timeout_ms  How long to wait at most: 0 asks only, UINT64_MAX has no limit.
 *
 * @retval IK_STATUS_OK              No code of the host runs on the library's threads, and they are
 *                                   joined. With everything freed, a leak checker finds nothing.
 * @retval IK_STATUS_PENDING         The time ran out while a callback or the look-up of a name still
 *                                   runs, or a thread is still ending. All calls have ended; call again
 *                                   to wait longer.
 * @retval IK_STATUS_WOULD_DEADLOCK  This is the callback thread. Nothing was cancelled.
 * @retval IK_STATUS_INTERNAL        A defect in this library.
 *
 * Threads: any, any number at once, each with a time of its own. Not from a library's destructor.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_shutdown(uint64_t timeout_ms);

/**
 * Ends a client for good: its calls end as IK_STATUS_CANCELLED, and whatever is sent through it from now
 * on, also of calls that were described before, gives IK_STATUS_INVALID_STATE. Then waits until every
 * callback of this client that is due has returned, its log callback included. For a host that is about
 * to free what they use. Does not join threads, which other clients use. To be called before
 * ik_client_free(): nothing but ik_shutdown() waits for the callbacks of a client that was freed.
 *
 * @param handle      A client from ik_client_new().
 * @param timeout_ms  How long to wait at most: 0 asks only, UINT64_MAX has no limit.
 *
 * @retval IK_STATUS_OK                No callback of this client runs or will run.
 * @retval IK_STATUS_PENDING           The time ran out while a callback still runs. The client has ended
 *                                     all the same; call again to wait longer.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
 * @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one.
 * @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread. Nothing was cancelled.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any, any number at once, each with a time of its own.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_client_shutdown(ik_client *handle,
                                            uint64_t timeout_ms);

/* JSON -------------------------------------------------------------------------------------- */

/**
 * Reads one value out of a JSON document, so that plain C needs no JSON parser. Each call reads the
 * document from its beginning: for many values of a large one, a parser is faster.
 *
 * @param json       The document, such as an answer of this library or an error document. Borrowed
 *                   until this function returns.
 * @param pointer    Where the value is, as RFC 6901 has it: "/0/versionInfo/id", "/error/message", or
 *                   "" for the whole document. ~1 stands for a slash in a name, ~0 for a tilde.
 *                   Borrowed until this function returns.
 * @param out_value  Always set: on success the value, a string as its text without quotes and
 *                   escapes, anything else as JSON text; NULL with IK_STATUS_NO_VALUE; with any other
 *                   failure an error document. Yours: free it with ik_string_free().
 *
 * @retval IK_STATUS_OK                The value is in *out_value. Of members with the same name the
 *                                     last counts.
 * @retval IK_STATUS_NO_VALUE          There is nothing at that place, or null.
 * @retval IK_STATUS_INVALID_ARGUMENT  A NULL, a document that is no JSON or is nested deeper than 256,
 *                                     or no such pointer.
 * @retval IK_STATUS_INVALID_RESPONSE  The string holds U+0000 or half of a surrogate pair.
 * @retval IK_STATUS_INTERNAL          A defect in this library.
 *
 * Threads: any. Needs a stack of 16 KiB.
 * Since 0.1.0.
 */
IK_API ik_status IK_CALL ik_json_get(const char *json,
                                     const char *pointer,
                                     char **out_value);

#ifdef __cplusplus
}
#endif

#endif /* IMAGEKIT_H */
