//! Settings, while they are being gathered.

use std::ffi::c_char;
use std::ptr;

use super::gathered::Gathered;
use super::handle::{self, Object, Registry, Slots};
use super::status::ik_status;
use super::string::{Text, quietly, status_of};
use crate::client::config::Config;
use crate::primitives::error::Error;

/// Settings, while they are being gathered. A client copies them, so one config can make many.
///
/// A setter that refuses a value keeps the old one, and the config then makes no client until the
/// same setter succeeds: ik_client_new() fails with that status and says which argument was wrong.
pub struct ik_config {
    _private: [u8; 0],
}

impl Object for Gathered {
    type Opaque = ik_config;
    const NAME: &'static str = "config";
    const MAKER: &'static str = "ik_config_new()";
    const TYPE: u64 = 1;

    fn slots(registry: &mut Registry) -> &mut Slots<Self> {
        &mut registry.configs
    }
}

/// Sets one option, and remembers whether that was refused. What `value` needs is done before the lock
/// of the tables is taken.
pub(super) fn set<T>(
    config: *mut ik_config,
    option: &'static str,
    value: Result<T, Error>,
    change: impl FnOnce(&mut Config, T) -> Result<(), Error>,
) -> ik_status {
    status_of(|| {
        handle::update("config", config, |gathered: &mut Gathered| {
            gathered.set(option, |config| change(config, value?))
        })?
    })
}

/// Makes an empty config: every option is open, and comes from the environment or is the default.
///
/// @return  The config. Yours: free it with ik_config_free(). NULL only where there are about a
///          million configs that were not freed.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_config_new() -> *mut ik_config {
    let config = quietly(|| handle::insert(Gathered::default()).ok()).flatten();
    config.unwrap_or(ptr::null_mut())
}

/// Frees a config. Clients that were made from it are not touched.
///
/// @param config  A config, or NULL or one that was freed, which does nothing.
///
/// Threads: any, also while another thread uses the config: that call returns normally.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_config_free(config: *mut ik_config) {
    quietly(|| drop(handle::remove::<Gathered>(config)));
}

/// Sets the private key, from the dashboard's developer options. It is sent to the base URL alone,
/// never shown in an error, and wiped from the library's own memory when it is no longer needed.
///
/// @param config       A config from ik_config_new().
/// @param private_key  1 to 512 visible ASCII characters without a colon. Copied.
///                     Default: the environment variable IMAGEKIT_PRIVATE_KEY.
///
/// @retval IK_STATUS_OK                The key is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or no such key. The old one stays.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_config_set_private_key(
    config: *mut ik_config,
    private_key: *const c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let key = unsafe { Text::new("private_key", private_key) };
    set(config, "private_key", key.required(), |config, key| {
        config.set_private_key(key)
    })
}

/// Sets where the API is.
///
/// @param config    A config from ik_config_new().
/// @param base_url  https://host[:port][/prefix] without a user, a query or a fragment, at most 2048
///                  bytes. http:// only to this machine (127.0.0.0/8, [::1], localhost), as the
///                  private key would travel in clear. Copied.
///                  Default: the environment variable IMAGE_KIT_BASE_URL, or
///                  https://api.imagekit.io.
///
/// @retval IK_STATUS_OK                The URL is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or no such URL. The old one stays.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_config_set_base_url(
    config: *mut ik_config,
    base_url: *const c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let url = unsafe { Text::new("base_url", base_url) };
    set(config, "base_url", url.required(), |config, url| {
        config.set_base_url(url)
    })
}

/// Sets the time for a whole call, retries and waits included.
///
/// @param config      A config from ik_config_new().
/// @param timeout_ms  1 to 86 400 000 milliseconds. Default: 60 000.
///
/// @retval IK_STATUS_OK                The time is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the time out of its range.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_config_set_timeout_ms(config: *mut ik_config, timeout_ms: u64) -> ik_status {
    set(config, "timeout_ms", Ok(timeout_ms), Config::set_timeout_ms)
}

/// Sets the time for each connection, from the name's look-up to the end of the TLS handshake.
///
/// @param config      A config from ik_config_new().
/// @param timeout_ms  1 to 86 400 000 milliseconds. Default: 10 000.
///
/// @retval IK_STATUS_OK                The time is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the time out of its range.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_config_set_connect_timeout_ms(
    config: *mut ik_config,
    timeout_ms: u64,
) -> ik_status {
    set(
        config,
        "connect_timeout_ms",
        Ok(timeout_ms),
        Config::set_connect_timeout_ms,
    )
}

/// Sets how often a failed attempt is repeated, within the time of the call: see "Retries" above.
///
/// @param config       A config from ik_config_new().
/// @param max_retries  Any number; 0 for none. Default: 2.
///
/// @retval IK_STATUS_OK                The number is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_config_set_max_retries(config: *mut ik_config, max_retries: u32) -> ik_status {
    set(config, "max_retries", Ok(max_retries), |config, max| {
        config.set_max_retries(max);
        Ok(())
    })
}

/// Sets the longest body that is taken, after decompression. A longer one gives
/// IK_STATUS_RESPONSE_TOO_LARGE as soon as that is known, and its connection is closed.
///
/// @param config     A config from ik_config_new().
/// @param max_bytes  1 to UINT64_MAX bytes. Default: 67 108 864 (64 MiB).
///
/// @retval IK_STATUS_OK                The limit is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the limit is 0.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_config_set_max_response_bytes(
    config: *mut ik_config,
    max_bytes: u64,
) -> ik_status {
    set(
        config,
        "max_response_bytes",
        Ok(max_bytes),
        Config::set_max_response_bytes,
    )
}

/// Sets how many requests the client begins in a second, at most, over all its threads and calls and
/// with retries. They are spread evenly and never saved up for a burst: in any second at most limit + 1
/// begin. The wait for a turn is part of a call's time, and a call whose turn cannot come in time fails
/// at once. Each process keeps the limit for itself. Where the server asks for a slower pace, that
/// counts.
///
/// @param config  A config from ik_config_new().
/// @param limit   1 to 1 000 000 requests a second, or 0 for no limit. Default: 0.
///
/// @retval IK_STATUS_OK                The limit is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or the limit above 1 000 000. The old one
///                                     stays.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_config_set_max_requests_per_second(
    config: *mut ik_config,
    limit: u32,
) -> ik_status {
    set(
        config,
        "max_requests_per_second",
        Ok(limit),
        Config::set_max_requests_per_second,
    )
}

/// Sets a file of certificates that are trusted in addition to the system's. ik_client_new() reads it.
///
/// @param config    A config from ik_config_new().
/// @param pem_path  The path of a file of certificates in PEM. Copied. Default: none.
///
/// @retval IK_STATUS_OK                The path is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, an empty path, or one that is not UTF-8.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_config_set_ca_file(
    config: *mut ik_config,
    pem_path: *const c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let path = unsafe { Text::new("ca_file's pem_path", pem_path) };
    set(config, "ca_file", path.required(), |config, path| {
        config.set_ca_file(path)
    })
}

/// Sets the proxy for https. Plain http, which goes to this machine alone, never uses one: together
/// with an http base URL, ik_client_new() refuses a proxy on another machine and leaves one on this
/// machine unused.
///
/// @param config  A config from ik_config_new().
/// @param url     http://[user:password@]host[:port], the same with https://, or "" for no proxy.
///                Copied. Default: the environment variables https_proxy, HTTPS_PROXY, all_proxy or
///                ALL_PROXY, but not for the hosts in no_proxy or NO_PROXY.
///
/// @retval IK_STATUS_OK                The proxy is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or no such URL. The old one stays.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_config_set_proxy(
    config: *mut ik_config,
    url: *const c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let url = unsafe { Text::new("proxy's url", url) };
    set(config, "proxy", url.required(), |config, url| {
        config.set_proxy(url)
    })
}
