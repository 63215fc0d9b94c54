//! The variables that a client understands, read all at once and on the caller's thread: a host that
//! sets variables while another thread reads them crashes, so nothing reads them later.

use std::env;
use std::ffi::OsString;

use zeroize::Zeroize;

use crate::primitives::error::Error;
use crate::primitives::secret::Secret;
use crate::transport::runtime;
use crate::transport::system::system;

/// The value of each variable that is set and not empty.
#[derive(Debug, Default)]
pub struct Environment {
    pub(super) private_key: Option<Variable>,
    pub(super) base_url: Option<Variable>,
    pub(super) proxies: Vec<Variable>,
    pub(super) no_proxy: Option<Variable>,
    pub(super) certificate_file: Option<Variable>,
    pub(super) certificate_folders: Option<Variable>,
    pub(super) log: Option<Variable>,
}

/// A variable with its value, which may be a secret.
#[derive(Clone)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) value: OsString,
}

impl Environment {
    /// Reads the environment, which a process with borrowed rights must not trust.
    pub fn read() -> Environment {
        runtime::read_environment();
        if system().is_privileged() {
            return Environment::default();
        }
        Environment {
            private_key: variable("IMAGEKIT_PRIVATE_KEY"),
            base_url: variable("IMAGE_KIT_BASE_URL"),
            proxies: ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
                .into_iter()
                .filter_map(variable)
                .collect(),
            no_proxy: variable("no_proxy").or_else(|| variable("NO_PROXY")),
            certificate_file: variable("SSL_CERT_FILE"),
            certificate_folders: variable("SSL_CERT_DIR"),
            log: variable("IMAGE_KIT_LOG"),
        }
    }
}

impl Variable {
    /// What the value means, or what is wrong with it, under the variable's name.
    pub(super) fn parse<'a, T>(
        &'a self,
        meaning: impl FnOnce(&'a str) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let text = self.value.to_str();
        let text = text.ok_or_else(|| Error::invalid_argument("is not UTF-8: convert or unset it"));
        text.and_then(meaning).map_err(|error| {
            let message = format!("the environment variable {}: {}", self.name, error.message);
            Error { message, ..error }
        })
    }
}

/// One of them is the private key.
impl Drop for Variable {
    fn drop(&mut self) {
        std::mem::take(&mut self.value)
            .into_encoded_bytes()
            .zeroize();
    }
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={:?}", self.name, Secret::new(""))
    }
}

fn variable(name: &'static str) -> Option<Variable> {
    let value = env::var_os(name).filter(|value| !value.is_empty())?;
    Some(Variable { name, value })
}
