//! The marks that setters leave which refused a value: an object with one is not used until the same
//! setter has succeeded.

use std::borrow::Cow;

use crate::primitives::error::Error;

/// What was refused last, and why.
#[derive(Clone, Default)]
pub struct Marks {
    refused: Vec<(Cow<'static, str>, Error)>,
}

impl Marks {
    /// Remembers whether a setting was refused.
    pub fn note(
        &mut self,
        setting: impl Into<Cow<'static, str>>,
        outcome: Result<(), Error>,
    ) -> Result<(), Error> {
        let setting = setting.into();
        self.refused.retain(|(refused, _)| *refused != setting);
        if let Err(error) = &outcome {
            self.refused.push((setting, error.clone()));
        }
        outcome
    }

    /// Fails with the first that was refused.
    pub fn settled(&self) -> Result<(), Error> {
        match self.refused.first() {
            Some((_, error)) => Err(error.clone()),
            None => Ok(()),
        }
    }
}
