//! Clients.

use std::ffi::c_char;
use std::ptr;

use super::config::ik_config;
use super::gathered::Gathered;
use super::handle::{self, Object, Registry, Slots};
use super::place::Place;
use super::process;
use super::status::ik_status;
use super::string::{Out, quietly};
use crate::client::Client;
use crate::client::config::Config;

/// A client of ImageKit's API. One serves all threads, and child processes too.
pub struct ik_client {
    _private: [u8; 0],
}

impl Object for Client {
    type Opaque = ik_client;
    const NAME: &'static str = "client";
    const MAKER: &'static str = "ik_client_new()";
    const TYPE: u64 = 2;

    fn slots(registry: &mut Registry) -> &mut Slots<Self> {
        &mut registry.clients
    }
}

/// Makes a client. Starts no thread, opens no connection and keeps no descriptor: the first call
/// does, so a server may make clients before it forks its workers.
///
/// The environment and the certificates are read here and never later. Needs a stack of 64 KiB.
///
/// @param config      A config from ik_config_new(), or NULL for the environment and the defaults.
///                    Copied: it may be changed, used again or freed afterwards.
/// @param out_client  Always set: the client on success, else NULL. Yours: free it with
///                    ik_client_free().
/// @param out_error   May be NULL. Else always set: NULL on success, or an error document. Yours:
///                    free it with ik_string_free().
///
/// @retval IK_STATUS_OK                  The client is in *out_client.
/// @retval IK_STATUS_INVALID_ARGUMENT    out_client is NULL, an option or an environment variable
///                                       cannot be used, or there is no private key.
/// @retval IK_STATUS_INVALID_HANDLE      The config was freed, or never was one.
/// @retval IK_STATUS_TLS_FAILED          The system's root certificates cannot be read.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  No descriptor was left to read certificates with, or there
///                                       are about a million clients that were not freed.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_client_new(
    config: *const ik_config,
    out_client: *mut *mut ik_client,
    out_error: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (place, out) = unsafe {
        let place = Place::new(out_client, ptr::null_mut());
        (place, Out::optional(out_error))
    };
    out.attempt(|| {
        let place = place.required("out_client")?;
        process::install();
        let client = match config.is_null() {
            true => Client::new(&Config::default())?,
            false => Client::new(handle::get::<Gathered>("config", config)?.settled()?)?,
        };
        place.fill(handle::insert(client)?);
        Ok(())
    })
}

/// Frees a client. Waits for nobody and cancels nothing: calls that run keep what they need of it
/// and finish.
///
/// @param handle  A client, or NULL or one that was freed, which does nothing.
///
/// Threads: any, also while another thread is in a call on it: that call returns normally.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_client_free(handle: *mut ik_client) {
    quietly(|| drop(handle::remove::<Client>(handle)));
}
