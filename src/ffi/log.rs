//! Logging.

use std::ffi::{CString, c_char, c_void};

use super::config::{ik_config, set};
use super::status::ik_status;
use super::string::is_null;
use crate::client::config::Config;
use crate::client::log::Level;
use crate::primitives::error::Error;

/// Takes one line of a client's log. Runs on the library's callback thread, one line at a time, after
/// callbacks of calls that are due. It may take its time: at most 1024 lines wait, more are dropped and
/// counted in the next one. What functions of this library log when they are called in it is dropped;
/// those that wait give IK_STATUS_WOULD_DEADLOCK. It must return: no exception, no longjmp(), no end of
/// the thread. For a child that is forked in it see "fork()" above.
///
/// @param user_data  What was given to ik_config_set_log_callback().
/// @param level      One of enum ik_log_level, or one that a later version added.
/// @param message    The line, without a newline. Never holds the private key or a proxy's password.
///                   Borrowed until this returns.
///
/// Threads: the library's callback thread.
/// Since 0.1.0.
pub type ik_log_callback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, message: *const c_char)>;

/// Sets what is told of the work of the clients that are made from this config. on_log and what user_data
/// points to must stay valid until ik_shutdown(), or ik_client_shutdown() of each of these clients, has
/// returned IK_STATUS_OK.
///
/// @param config     A config from ik_config_new().
/// @param max_level  A number of enum ik_log_level: lines of this level and of those below it are told.
///                   Default: off; or what the environment variable IMAGE_KIT_LOG says (off, error, warn,
///                   info, debug, or 0 to 4), on standard error, which loses what it cannot take at once.
/// @param on_log     What takes the lines. May be NULL if max_level is IK_LOG_LEVEL_OFF.
/// @param user_data  Passed to on_log. May be NULL.
///
/// @retval IK_STATUS_OK                The log is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  The config is NULL, or on_log is and max_level is not off, or there
///                                     is no such level. The old one stays.
/// @retval IK_STATUS_INVALID_HANDLE    The config was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_config_set_log_callback(
    config: *mut ik_config,
    max_level: i32,
    on_log: ik_log_callback,
    user_data: *mut c_void,
) -> ik_status {
    let wanted = Level::from_number(max_level).and_then(|level| match (level, on_log) {
        (Level::Off, _) => Ok((level, None)),
        (_, None) => Err(is_null("log_callback's on_log")),
        (_, Some(function)) => Ok((
            level,
            Some(OnLog {
                function,
                user_data,
            }),
        )),
    });
    set(
        config,
        "log_callback",
        wanted,
        |config: &mut Config, (level, on_log)| {
            config.set_log(level, move |level, line| {
                if let Some(on_log) = &on_log {
                    on_log.tell(level, line);
                }
            });
            Ok::<_, Error>(())
        },
    )
}

/// The host's function with what it wants to be given.
struct OnLog {
    function: unsafe extern "C" fn(*mut c_void, i32, *const c_char),
    user_data: *mut c_void,
}

// SAFETY: by the header's rule `user_data` may be used on the callback thread; we only hand it on.
unsafe impl Send for OnLog {}
// SAFETY: as above; there is one callback thread.
unsafe impl Sync for OnLog {}

impl OnLog {
    fn tell(&self, level: Level, line: &str) {
        // A NUL cannot occur: lines are cleaned of control characters.
        if let Ok(line) = CString::new(line) {
            // SAFETY: by the header's rule the function may be called so; the line lives until then.
            unsafe { (self.function)(self.user_data, level as i32, line.as_ptr()) };
        }
    }
}
