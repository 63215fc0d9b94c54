//! Every setting: its name, range, default and place in the environment.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use rustls::RootCertStore;

use super::environment::{Environment, Variable};
use super::log::{Level, LogSetting};
use super::urls::{BaseUrl, ProxyUrl};
use crate::primitives::error::Error;
use crate::primitives::secret::{Redactor, Secret, basic};
use crate::transport::{http, roots};

/// The longest private key, in bytes.
const MAX_KEY_BYTES: usize = 512;
/// The longest path of a file, in bytes: no system takes a longer one.
const MAX_PATH_BYTES: usize = 4096;
/// The longest time that can be set: a day.
const MAX_TIME_MS: u64 = 86_400_000;
/// The highest limit on requests a second.
const MAX_LIMIT: u32 = 1_000_000;

const TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_RETRIES: u32 = 2;
const MAX_RESPONSE_BYTES: u64 = 64 << 20;

/// Settings, while they are being gathered. A setter that refuses a value keeps the old one.
#[derive(Debug, Clone, Default)]
pub struct Config {
    private_key: Option<Secret>,
    base_url: Option<BaseUrl>,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_retries: Option<u32>,
    max_response_bytes: Option<u64>,
    max_requests_per_second: Option<u32>,
    ca_file: Option<PathBuf>,
    proxy: Option<Option<ProxyUrl>>,
    log: Option<LogSetting>,
}

impl Config {
    /// The private key, 1 to 512 visible ASCII bytes without a colon. Else: `IMAGEKIT_PRIVATE_KEY`.
    pub fn set_private_key(&mut self, key: &str) -> Result<(), Error> {
        self.private_key = Some(check_key(key)?);
        Ok(())
    }

    /// Where the API is. Else: `IMAGE_KIT_BASE_URL`, or ImageKit's own.
    pub fn set_base_url(&mut self, url: &str) -> Result<(), Error> {
        self.base_url = Some(BaseUrl::parse(url)?);
        Ok(())
    }

    /// The time for a whole call, retries and waits included, in ms. Default: 60 000.
    pub fn set_timeout_ms(&mut self, timeout_ms: u64) -> Result<(), Error> {
        self.timeout = Some(check_time("timeout_ms", timeout_ms)?);
        Ok(())
    }

    /// The time for each connection, TLS included, in ms. Default: 10 000.
    pub fn set_connect_timeout_ms(&mut self, timeout_ms: u64) -> Result<(), Error> {
        self.connect_timeout = Some(check_time("connect_timeout_ms", timeout_ms)?);
        Ok(())
    }

    /// How often a failed attempt is repeated. Default: 2.
    pub fn set_max_retries(&mut self, max_retries: u32) {
        self.max_retries = Some(max_retries);
    }

    /// The longest body that is taken, decompressed. Default: 64 MiB.
    pub fn set_max_response_bytes(&mut self, max_bytes: u64) -> Result<(), Error> {
        if max_bytes == 0 {
            return Err(Error::invalid_argument(
                "max_response_bytes is 0: pass at least 1",
            ));
        }
        self.max_response_bytes = Some(max_bytes);
        Ok(())
    }

    /// How many requests begin in a second, at most; 0 for no limit. Default: 0.
    pub fn set_max_requests_per_second(&mut self, limit: u32) -> Result<(), Error> {
        if limit > MAX_LIMIT {
            return Err(Error::invalid_argument(format!(
                "max_requests_per_second is {limit}: pass 1 to {MAX_LIMIT}, or 0 for no limit"
            )));
        }
        self.max_requests_per_second = Some(limit);
        Ok(())
    }

    /// A file of certificates in PEM, trusted in addition to the system's. Read by [`Client::new`].
    ///
    /// [`Client::new`]: crate::Client::new
    pub fn set_ca_file(&mut self, path: &str) -> Result<(), Error> {
        if path.is_empty() || path.len() > MAX_PATH_BYTES {
            return Err(Error::invalid_argument(
                "ca_file is empty or longer than 4096 bytes: pass the path of a PEM file",
            ));
        }
        self.ca_file = Some(PathBuf::from(path));
        Ok(())
    }

    /// The proxy for https; empty for none. Else: the environment's.
    pub fn set_proxy(&mut self, url: &str) -> Result<(), Error> {
        let proxy = match url {
            "" => None,
            _ => Some(ProxyUrl::parse(url)?),
        };
        self.proxy = Some(proxy);
        Ok(())
    }

    /// Whom to tell of the clients' work, and how much, see [`Level`]. Else: `IMAGE_KIT_LOG`, to standard
    /// error. Called on a thread of its own, one line at a time.
    pub fn set_log(
        &mut self,
        max_level: Level,
        on_line: impl Fn(Level, &str) + Send + Sync + 'static,
    ) {
        self.log = Some(LogSetting {
            max_level,
            on_line: Some(Arc::new(on_line)),
        });
    }

    /// The log of a client: what was set, else what the environment says, if that is a level.
    pub(crate) fn resolve_log(&self, environment: &Environment) -> Option<LogSetting> {
        let from_variable = || {
            let level = Level::from_text(environment.log.as_ref()?.value.to_str()?)?;
            Some(LogSetting {
                max_level: level,
                on_line: None,
            })
        };
        self.log.clone().or_else(from_variable)
    }

    /// The settings of a client: what was set, else the environment, else the default.
    pub(crate) fn resolve(&self, environment: &Environment) -> Result<Settings, Error> {
        let private_key = self.resolve_key(environment)?;
        let base_url = self.resolve_base_url(environment)?;
        let mut warnings = Vec::new();
        let proxy = self.resolve_proxy(environment, &base_url, &mut warnings)?;
        let roots = self.resolve_roots(environment, &base_url)?;
        let has_places =
            environment.certificate_file.is_some() || environment.certificate_folders.is_some();
        if roots.is_some() && !has_places && roots::are_bundled() {
            warnings
                .push("this system has no root certificates: the bundled ones serve".to_owned());
        }

        let mut redactor = Redactor::default();
        redactor.hide(private_key.expose(), "", private_key.expose());
        let credentials = proxy.as_ref().and_then(|proxy| proxy.url.credentials());
        if let Some((user, password)) = credentials {
            redactor.hide(&user, password.expose(), password.expose());
        }
        let authorization = http::authorization(&basic(private_key.expose(), ""));
        Ok(Settings {
            authorization: authorization.map_err(|_| Error::invalid_argument(BAD_KEY))?,
            redactor,
            base_url,
            timeout: self.timeout.unwrap_or(TIMEOUT),
            connect_timeout: self.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
            max_retries: self.max_retries.unwrap_or(MAX_RETRIES),
            max_response_bytes: self.max_response_bytes.unwrap_or(MAX_RESPONSE_BYTES),
            roots,
            proxy,
            max_requests_per_second: self.max_requests_per_second.unwrap_or(0),
            warnings,
        })
    }

    fn resolve_key(&self, environment: &Environment) -> Result<Secret, Error> {
        match (&self.private_key, &environment.private_key) {
            (Some(key), _) => Ok(key.clone()),
            (None, Some(variable)) => variable.parse(|text| check_key(without_newline(text))),
            (None, None) => Err(Error::invalid_argument(
                "there is no private_key: set it in the config or in IMAGEKIT_PRIVATE_KEY",
            )),
        }
    }

    fn resolve_base_url(&self, environment: &Environment) -> Result<BaseUrl, Error> {
        match (&self.base_url, &environment.base_url) {
            (Some(base_url), _) => Ok(base_url.clone()),
            (None, Some(variable)) => variable.parse(BaseUrl::parse),
            (None, None) => BaseUrl::parse(BaseUrl::DEFAULT),
        }
    }

    fn resolve_proxy(
        &self,
        environment: &Environment,
        base_url: &BaseUrl,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Proxied>, Error> {
        match (&self.proxy, base_url.is_https()) {
            (Some(None), _) => Ok(None),
            (Some(Some(url)), true) => Ok(Some(Proxied {
                url: url.clone(),
                except: None,
            })),
            // The key would go to the proxy in clear.
            (Some(Some(url)), false) if !url.is_loopback() => Err(Error::invalid_argument(
                "proxy is not on this machine, but base_url is http, where the private key would \
                 travel in clear: use an https base_url, or no proxy",
            )),
            (Some(Some(_)) | None, false) => Ok(None),
            (None, true) => proxy_of(environment, warnings),
        }
    }

    fn resolve_roots(
        &self,
        environment: &Environment,
        base_url: &BaseUrl,
    ) -> Result<Option<Arc<RootCertStore>>, Error> {
        if !base_url.is_https() {
            let checked = self.ca_file.as_deref().map_or(Ok(()), roots::check_ca_file);
            return checked.map(|()| None);
        }
        let value = |variable: &'_ Option<Variable>| variable.as_ref().map(|one| one.value.clone());
        let file = value(&environment.certificate_file);
        let folders = value(&environment.certificate_folders);
        let system = roots::load(roots::Places {
            file: file.as_deref().map(OsStr::new),
            folders: folders.as_deref().map(OsStr::new),
        })?;
        match &self.ca_file {
            Some(file) => roots::with_ca_file(&system, file).map(Some),
            None => Ok(Some(system)),
        }
    }
}

/// The settings of a client, complete and checked.
#[derive(Debug)]
pub struct Settings {
    /// The key, as it is sent.
    pub authorization: HeaderValue,
    /// Hides the key and the proxy's password.
    pub redactor: Redactor,
    /// Where the API is.
    pub base_url: BaseUrl,
    /// The time for a whole call.
    pub timeout: Duration,
    /// The time for each connection.
    pub connect_timeout: Duration,
    /// How often a failed attempt is repeated.
    pub max_retries: u32,
    /// The longest body, decompressed.
    pub max_response_bytes: u64,
    /// Whom to trust; `None` with http.
    pub roots: Option<Arc<RootCertStore>>,
    /// The proxy on the way.
    pub proxy: Option<Proxied>,
    /// How many requests begin in a second, at most; 0 for no limit.
    pub max_requests_per_second: u32,
    /// What was not as its user wants it, for the log.
    pub warnings: Vec<String>,
}

/// A proxy with the hosts that go past it.
#[derive(Debug, Clone)]
pub struct Proxied {
    /// The proxy.
    pub url: ProxyUrl,
    /// The value of `no_proxy`.
    pub except: Option<String>,
}

const BAD_KEY: &str = "private_key is not a key: pass the private key from ImageKit's dashboard, \
                       1 to 512 visible ASCII characters without a colon";

fn check_key(key: &str) -> Result<Secret, Error> {
    let is_good = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    match (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(is_good) {
        true => Ok(Secret::new(key)),
        false => Err(Error::invalid_argument(BAD_KEY)),
    }
}

/// `export KEY="$(cat file)"` cuts the newline, but not every way of setting a variable does.
fn without_newline(text: &str) -> &str {
    let line = text
        .strip_suffix("\r\n")
        .or_else(|| text.strip_suffix('\n'));
    line.unwrap_or(text)
}

pub(super) fn check_time(name: &str, ms: u64) -> Result<Duration, Error> {
    match ms {
        1..=MAX_TIME_MS => Ok(Duration::from_millis(ms)),
        _ => Err(Error::invalid_argument(format!(
            "{name} is {ms}: pass 1 to {MAX_TIME_MS} milliseconds"
        ))),
    }
}

/// The first proxy of the environment that speaks HTTP. The others are for other programs.
fn proxy_of(
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Option<Proxied>, Error> {
    for variable in &environment.proxies {
        if let Some(url) = variable.parse(http_proxy)? {
            let except = environment.no_proxy.as_ref();
            let except = except.map(|hosts| hosts.parse(|text| Ok(text.to_owned())));
            return Ok(Some(Proxied {
                url,
                except: except.transpose()?,
            }));
        }
        warnings.push(format!(
            "the environment variable {} is no http:// or https:// proxy, and is not used",
            variable.name
        ));
    }
    Ok(None)
}

/// `None` for a proxy of another kind. One without a scheme speaks HTTP.
fn http_proxy(text: &str) -> Result<Option<ProxyUrl>, Error> {
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        None => ProxyUrl::parse(&format!("http://{text}")).map(Some),
        Some("http" | "https") => ProxyUrl::parse(text).map(Some),
        Some(_) => Ok(None),
    }
}
