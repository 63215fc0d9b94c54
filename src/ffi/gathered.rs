//! What stands behind an `ik_config`: settings, and the marks of those that were refused.

use crate::client::config::Config;
use crate::primitives::error::Error;

/// Settings, while C gathers them.
#[derive(Clone, Default)]
pub struct Gathered {
    config: Config,
    /// The options whose last setting was refused, and why.
    refused: Vec<(&'static str, Error)>,
}

impl Gathered {
    /// Sets one option, and remembers whether that was refused.
    pub fn set(
        &mut self,
        option: &'static str,
        change: impl FnOnce(&mut Config) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let changed = change(&mut self.config);
        self.refused.retain(|(refused, _)| *refused != option);
        if let Err(error) = &changed {
            self.refused.push((option, error.clone()));
        }
        changed
    }

    /// The settings, unless one of them was refused.
    pub fn settled(&self) -> Result<&Config, Error> {
        match self.refused.first() {
            Some((_, error)) => Err(error.clone()),
            None => Ok(&self.config),
        }
    }
}
