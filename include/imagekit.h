/**
 * @file imagekit.h
 * libimagekit: ImageKit's media API for every program that can call C.
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
 * Linux.
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
 * Handles are looked up, never followed: one that was freed or never existed gives
 * IK_STATUS_INVALID_HANDLE. A freed handle is never given again. Freeing one while another thread
 * uses it is safe.
 *
 * Threads: every function may be called from any thread at any time, with two exceptions: signal
 * handlers, and the time between vfork() and exec. Nothing depends on the thread that calls. The
 * first call that sends starts one thread of the library's own; a second one lives while the name of
 * a host is looked up. They block all signals but those that a fault raises. A cancellation of the
 * calling thread, deferred as it is by default, takes effect after the function has returned. No
 * function must be left by longjmp() or asynchronous cancellation.
 *
 * fork(): a client works in the parent and in each child, over connections of its own. A call that
 * is running while another thread forks goes on in the parent alone. A child keeps the parent's
 * descriptors open until it ends or calls exec. fork() must not be called from a signal handler that
 * may have interrupted a function of this library, and handlers of pthread_atfork() must not call one.
 *
 * Descriptors: if the host closes those of the library, the next call opens new ones, and the old
 * numbers are never touched again. Do that while no call is running and no client has just been freed,
 * whose connections are still being closed: a call that is running ends as IK_STATUS_TIMEOUT, and at
 * that moment nobody can tell whose a number is. Keep 0, 1 and 2 open, as
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
 * - https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY: the proxy for https, the first that is set to an
 *   http:// or https:// URL or to host:port; no_proxy, NO_PROXY: the hosts that go past it.
 * - SSL_CERT_FILE, SSL_CERT_DIR: a file and folders of certificates, trusted in place of the system's.
 *   Each that is set must give a certificate.
 *
 * The system's resolver reads variables of its own (RES_OPTIONS, LOCALDOMAIN) when a name is looked
 * up.
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
 * IK_STATUS_INTERNAL by this process. The causes stand at enum ik_status_code.
 *
 * # Retries
 *
 * A request that failed is repeated twice by default, within the time of the call: after failures to
 * connect, lost connections, and HTTP 408, 409, 429 and 5xx. It waits 0.5 s, then 1 s and so on up to
 * 8 s, up to a quarter less by chance; or as long as the server asks, by X-RateLimit-Reset
 * (milliseconds) or Retry-After. A wait of more than 60 s, or one beyond the call's time, ends the
 * call at once. A 429 makes the whole client wait, and afterwards keep to the server's rate limit
 * until there was no 429 for 60 s.
 */

#ifndef IMAGEKIT_H
#define IMAGEKIT_H

#include <stdint.h>

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
const char *ik_version(void);

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
const char *ik_status_name(ik_status status);

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
void ik_string_free(char *string);

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
ik_config *ik_config_new(void);

/**
 * Frees a config. Clients that were made from it are not touched.
 *
 * @param config  A config, or NULL or one that was freed, which does nothing.
 *
 * Threads: any, also while another thread uses the config: that call returns normally.
 * Since 0.1.0.
 */
void ik_config_free(ik_config *config);

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
ik_status ik_config_set_private_key(ik_config *config, const char *private_key);

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
ik_status ik_config_set_base_url(ik_config *config, const char *base_url);

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
ik_status ik_config_set_timeout_ms(ik_config *config, uint64_t timeout_ms);

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
ik_status ik_config_set_connect_timeout_ms(ik_config *config, uint64_t timeout_ms);

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
ik_status ik_config_set_max_retries(ik_config *config, uint32_t max_retries);

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
ik_status ik_config_set_max_response_bytes(ik_config *config, uint64_t max_bytes);

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
ik_status ik_config_set_ca_file(ik_config *config,
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
ik_status ik_config_set_proxy(ik_config *config, const char *url);

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
ik_status ik_client_new(const ik_config *config, ik_client **out_client, char **out_error);

/**
 * Frees a client. Waits for nobody and cancels nothing: calls that run keep what they need of it
 * and finish.
 *
 * @param handle  A client, or NULL or one that was freed, which does nothing.
 *
 * Threads: any, also while another thread is in a call on it: that call returns normally.
 * Since 0.1.0.
 */
void ik_client_free(ik_client *handle);

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
 * Or another status from 10 to 30: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. GET /v1/files/{fileId}/versions
 */
ik_status ik_get_file_versions(const ik_client *handle, const char *file_id, char **out_json);

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
 * Or another status from 10 to 30: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. GET /v1/files/{fileId}/versions/{versionId}
 */
ik_status ik_get_file_version_details(const ik_client *handle,
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
 * Or another status from 10 to 30: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. DELETE /v1/files/{fileId}/versions/{versionId}
 */
ik_status ik_delete_file_version(const ik_client *handle,
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
 * Or another status from 10 to 30: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0. PUT /v1/files/{fileId}/versions/{versionId}/restore
 */
ik_status ik_restore_file_version(const ik_client *handle,
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
 *                   none with %2F or %5C, and no quotes, <, >, {, } or grave accents. Borrowed until
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
 * Or another status from 10 to 30: see "Statuses of a request" above.
 *
 * Threads: any, at once, on one client. Needs a stack of 16 KiB.
 * Since 0.1.0.
 */
ik_status ik_request(const ik_client *handle,
                     const char *method,
                     const char *path,
                     const char *body_json,
                     char **out_json);

/* JSON -------------------------------------------------------------------------------------- */

/**
 * Reads one value out of a JSON document, so that plain C needs no JSON parser.
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
ik_status ik_json_get(const char *json,
                      const char *pointer,
                      char **out_value);

#ifdef __cplusplus
}
#endif

#endif /* IMAGEKIT_H */
