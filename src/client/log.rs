//! What a client tells of its work, to the host or to standard error. Never a secret.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::primitives::error::Error;
use crate::primitives::secret::Redactor;
use crate::transport::callbacks::{self, TakesLines};
use crate::transport::failure::clean;
use crate::transport::shutdown;
use crate::transport::system::system;

/// How much a line of a log matters. A log takes those up to its own level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Nothing is told.
    Off = 0,
    /// A defect, or something that does not work at all.
    Error = 1,
    /// Something that is not as its user wants it.
    Warn = 2,
    /// Each request, once, when it has ended.
    Info = 3,
    /// Each attempt, and each wait.
    Debug = 4,
}

impl Level {
    const ALL: [Level; 5] = [
        Level::Off,
        Level::Error,
        Level::Warn,
        Level::Info,
        Level::Debug,
    ];

    /// The level with this number.
    ///
    /// # Errors
    /// `invalid_argument` outside of 0 to 4.
    pub fn from_number(number: i32) -> Result<Level, Error> {
        let found = Level::ALL.into_iter().find(|level| *level as i32 == number);
        found.ok_or_else(|| {
            Error::invalid_argument(format!("max_level is {number}: pass 0 (off) to 4 (debug)"))
        })
    }

    /// The level as a variable names it.
    pub(super) fn from_text(text: &str) -> Option<Level> {
        let by_name = |level: &Level| level.name().eq_ignore_ascii_case(text);
        let by_number = |level: &Level| (*level as i32).to_string() == text;
        Level::ALL
            .into_iter()
            .find(|level| by_name(level) || by_number(level))
    }

    fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

/// What the host wants to hear, and how it is told.
pub type OnLine = Arc<dyn Fn(Level, &str) + Send + Sync>;

/// Where the lines of clients go, as it is set.
#[derive(Clone)]
pub struct LogSetting {
    pub(super) max_level: Level,
    pub(super) on_line: Option<OnLine>,
}

impl fmt::Debug for LogSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSetting")
            .field("max_level", &self.max_level)
            .finish_non_exhaustive()
    }
}

/// The log of one client.
pub struct Log {
    owner: u64,
    max_level: Level,
    redactor: Redactor,
    host: Option<Arc<Host>>,
}

impl Log {
    /// A log for `owner`; where the setting has nobody to tell, standard error is told.
    pub fn new(owner: u64, setting: Option<LogSetting>, redactor: Redactor) -> Log {
        let max_level = setting.as_ref().map_or(Level::Off, |set| set.max_level);
        let on_line = setting.and_then(|set| set.on_line);
        let host = on_line.map(|on_line| {
            Arc::new(Host {
                on_line,
                shutdowns: shutdown::begun(),
                is_awake: AtomicBool::new(false),
                is_closed: AtomicBool::new(false),
                dropped: AtomicU64::new(0),
            })
        });
        Log {
            owner,
            max_level,
            redactor,
            host,
        }
    }

    /// Tells a line, if its level is wanted.
    pub fn tell(&self, level: Level, line: impl FnOnce() -> String) {
        if level > self.max_level {
            return;
        }
        let text = clean(&self.redactor.redact(&line()));
        match &self.host {
            Some(host) if host.is_open() => {
                callbacks::log(self.owner, level as i32, text, host.clone());
            }
            Some(_) => {}
            None => system().write_line(&format!("libimagekit {}: {text}\n", level.name())),
        }
    }

    /// Sees to it that lines are delivered as they come, and those that came before anything was sent.
    pub fn deliver(&self) {
        let host = self.host.as_ref().filter(|_| self.max_level > Level::Off);
        if let Some(host) = host
            && !host.is_awake.swap(true, Ordering::AcqRel)
        {
            callbacks::deliver_lines();
        }
    }

    /// Nothing is told any more, except for what waits already.
    pub fn close(&self) {
        if let Some(host) = &self.host {
            host.is_closed.store(true, Ordering::Release);
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("max_level", &self.max_level)
            .finish_non_exhaustive()
    }
}

struct Host {
    on_line: OnLine,
    /// How many shutdowns had begun before: the next one that is done may take the function with it.
    shutdowns: u64,
    is_awake: AtomicBool,
    is_closed: AtomicBool,
    dropped: AtomicU64,
}

impl TakesLines for Host {
    fn line(&self, level: i32, text: &str) {
        if let Ok(level) = Level::from_number(level) {
            (self.on_line)(level, text);
        }
    }

    fn dropped(&self) -> &AtomicU64 {
        &self.dropped
    }

    fn is_awake(&self) -> bool {
        self.is_awake.load(Ordering::Acquire)
    }

    fn is_open(&self) -> bool {
        !self.is_closed.load(Ordering::Acquire) && self.is_there()
    }

    fn is_there(&self) -> bool {
        !shutdown::is_over(self.shutdowns)
    }
}
