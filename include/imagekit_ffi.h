#define FFI_SCOPE "imagekit"
#define FFI_LIB "libimagekit.so.0.1"

/*
 * imagekit.h for parsers without a preprocessor: its declarations alone. PHP reads this file as it
 * is, with FFI::cdef(), FFI::load() and ffi.preload. LuaJIT's ffi.cdef() wants it without the lines
 * that begin with a #. What the functions do is told in imagekit.h, which C and C++ include.
 */

/* Version and status ------------------------------------------------------------------------ */

typedef int32_t ik_status;

const char *ik_version(void);

const char *ik_status_name(ik_status status);

enum ik_status_code {
    IK_STATUS_OK = 0,
    IK_STATUS_INVALID_ARGUMENT = 1,
    IK_STATUS_INVALID_HANDLE = 2,
    IK_STATUS_INVALID_STATE = 3,
    IK_STATUS_WOULD_DEADLOCK = 4,
    IK_STATUS_PENDING = 5,
    IK_STATUS_NO_VALUE = 6,
    IK_STATUS_UNSUPPORTED = 7,
    IK_STATUS_BAD_REQUEST = 10,
    IK_STATUS_UNAUTHENTICATED = 11,
    IK_STATUS_FORBIDDEN = 12,
    IK_STATUS_NOT_FOUND = 13,
    IK_STATUS_CONFLICT = 14,
    IK_STATUS_RATE_LIMITED = 15,
    IK_STATUS_SERVER_ERROR = 16,
    IK_STATUS_UNEXPECTED_STATUS = 17,
    IK_STATUS_TIMEOUT = 20,
    IK_STATUS_CANCELLED = 21,
    IK_STATUS_CONNECT_FAILED = 22,
    IK_STATUS_TLS_FAILED = 23,
    IK_STATUS_CONNECTION_LOST = 24,
    IK_STATUS_INVALID_RESPONSE = 25,
    IK_STATUS_RESPONSE_TOO_LARGE = 26,
    IK_STATUS_RESOURCE_EXHAUSTED = 27,
    IK_STATUS_INTERNAL = 30,
};

/* Strings ----------------------------------------------------------------------------------- */

void ik_string_free(char *string);

/* Settings ---------------------------------------------------------------------------------- */

typedef struct ik_config ik_config;

ik_config *ik_config_new(void);

void ik_config_free(ik_config *config);

ik_status ik_config_set_private_key(ik_config *config,
                                    const char *private_key);

ik_status ik_config_set_base_url(ik_config *config,
                                 const char *base_url);

ik_status ik_config_set_timeout_ms(ik_config *config,
                                   uint64_t timeout_ms);

ik_status ik_config_set_connect_timeout_ms(ik_config *config,
                                           uint64_t timeout_ms);

ik_status ik_config_set_max_retries(ik_config *config,
                                    uint32_t max_retries);

ik_status ik_config_set_max_response_bytes(ik_config *config,
                                           uint64_t max_bytes);

ik_status ik_config_set_max_requests_per_second(ik_config *config,
                                                uint32_t limit);

ik_status ik_config_set_ca_file(ik_config *config,
                                const char *pem_path);

ik_status ik_config_set_proxy(ik_config *config,
                              const char *url);

/* Logging ----------------------------------------------------------------------------------- */

enum ik_log_level {
    IK_LOG_LEVEL_OFF = 0,
    IK_LOG_LEVEL_ERROR = 1,
    IK_LOG_LEVEL_WARN = 2,
    IK_LOG_LEVEL_INFO = 3,
    IK_LOG_LEVEL_DEBUG = 4,
};

typedef void (*ik_log_callback)(void *user_data, int32_t level, const char *message);

ik_status ik_config_set_log_callback(ik_config *config,
                                     int32_t max_level,
                                     ik_log_callback on_log,
                                     void *user_data);

/* Clients ----------------------------------------------------------------------------------- */

typedef struct ik_client ik_client;

ik_status ik_client_new(const ik_config *config,
                        ik_client **out_client,
                        char **out_error);

void ik_client_free(ik_client *handle);

/* Operations -------------------------------------------------------------------------------- */

ik_status ik_get_file_versions(const ik_client *handle,
                               const char *file_id,
                               char **out_json);

ik_status ik_get_file_version_details(const ik_client *handle,
                                      const char *file_id,
                                      const char *version_id,
                                      char **out_json);

ik_status ik_delete_file_version(const ik_client *handle,
                                 const char *file_id,
                                 const char *version_id,
                                 char **out_json);

ik_status ik_restore_file_version(const ik_client *handle,
                                  const char *file_id,
                                  const char *version_id,
                                  char **out_json);

ik_status ik_request(const ik_client *handle,
                     const char *method,
                     const char *path,
                     const char *body_json,
                     char **out_json);

/* Calls: described -------------------------------------------------------------------------- */

typedef struct ik_call ik_call;

ik_status ik_get_file_versions_call(const ik_client *handle,
                                    const char *file_id,
                                    ik_call **out_call);

ik_status ik_get_file_version_details_call(const ik_client *handle,
                                           const char *file_id,
                                           const char *version_id,
                                           ik_call **out_call);

ik_status ik_delete_file_version_call(const ik_client *handle,
                                      const char *file_id,
                                      const char *version_id,
                                      ik_call **out_call);

ik_status ik_restore_file_version_call(const ik_client *handle,
                                       const char *file_id,
                                       const char *version_id,
                                       ik_call **out_call);

ik_status ik_request_call(const ik_client *handle,
                          const char *method,
                          const char *path,
                          const char *body_json,
                          ik_call **out_call);

/* Calls: sent ------------------------------------------------------------------------------- */

typedef void (*ik_call_done)(void *user_data, ik_status status, char *json);

ik_status ik_call_set_timeout_ms(ik_call *call,
                                 uint64_t timeout_ms);

ik_status ik_call_set_max_retries(ik_call *call,
                                  uint32_t max_retries);

ik_status ik_call_set_header(ik_call *call,
                             const char *name,
                             const char *value);

ik_status ik_call_perform(ik_call *call,
                          char **out_json);

ik_status ik_call_start(ik_call *call,
                        ik_call_done on_done,
                        void *user_data);

ik_status ik_call_wait(ik_call *call,
                       uint64_t timeout_ms,
                       char **out_json);

ik_status ik_call_cancel(ik_call *call);

ik_status ik_call_get_metadata(const ik_call *call,
                               char **out_json);

void ik_call_free(ik_call *call);

/* Queues ------------------------------------------------------------------------------------ */

typedef struct ik_queue ik_queue;

ik_status ik_queue_new(ik_queue **out_queue);

ik_status ik_queue_start(ik_queue *queue,
                         ik_call *call,
                         void *user_data);

ik_status ik_queue_next(ik_queue *queue,
                        uint64_t timeout_ms,
                        ik_status *out_status,
                        void **out_user_data,
                        char **out_json);

ik_status ik_queue_get_pending(const ik_queue *queue,
                               uint64_t *out_count);

ik_status ik_queue_get_fd(const ik_queue *queue,
                          int *out_fd);

void ik_queue_free(ik_queue *queue);

/* Many files -------------------------------------------------------------------------------- */

typedef int32_t (*ik_file_versions_callback)(void *user_data,
                                             uint64_t index,
                                             ik_status status,
                                             const char *json);

ik_status ik_get_file_versions_many(const ik_client *handle,
                                    const char *const *file_ids,
                                    uint64_t count,
                                    uint32_t max_concurrency,
                                    ik_file_versions_callback on_result,
                                    void *user_data);

/* Shutdown ---------------------------------------------------------------------------------- */

ik_status ik_shutdown(uint64_t timeout_ms);

ik_status ik_client_shutdown(ik_client *handle,
                             uint64_t timeout_ms);

/* JSON -------------------------------------------------------------------------------------- */

ik_status ik_json_get(const char *json,
                      const char *pointer,
                      char **out_value);
