//! What stands behind an `ik_config`: settings, and the marks of those that were refused.

use super::marks::Marks;
use crate::client::config::Config;
use crate::primitives::error::Error;

/// Settings, while C gathers them.
#[derive(Clone, Default)]
pub struct Gathered {
    config: Config,
    marks: Marks,
}

impl Gathered {
    /// Sets one option, and remembers whether that was refused.
    pub fn set(
        &mut self,
        option: &'static str,
        change: impl FnOnce(&mut Config) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let changed = change(&mut self.config);
        self.marks.note(option, changed)
    }

    /// The settings, unless one of them was refused.
    pub fn settled(&self) -> Result<&Config, Error> {
        self.marks.settled().map(|()| &self.config)
    }
}
