//! Who answers, and about which file.

use std::env;
use std::process::Command;

use imagekit_emulator::{Emulator, Options};

use crate::workshop::because;

/// Without an emulator, key and address are in the environment.
pub struct Server {
    emulator: Option<Emulator>,
    pub file_id: String,
}

impl Server {
    pub fn choose(file_id: Option<String>) -> Result<Server, String> {
        let emulator = match has_key() {
            true => None,
            false => Some(
                Emulator::start(Options::default())
                    .map_err(because("the emulator does not start"))?,
            ),
        };
        let first = |emulator: &Emulator| emulator.file_ids().into_iter().next();
        let file_id = file_id
            .or_else(|| emulator.as_ref().and_then(first))
            .ok_or("there is no file to ask for")?;
        Ok(Server { emulator, file_id })
    }

    pub fn name(&self) -> String {
        match &self.emulator {
            Some(emulator) => format!("the emulator at {}", emulator.base_url()),
            None if is_set("IMAGE_KIT_BASE_URL") => "the server in IMAGE_KIT_BASE_URL".to_owned(),
            None => "https://api.imagekit.io".to_owned(),
        }
    }

    /// Tells a program whom to ask for what.
    pub fn introduce(&self, program: &mut Command) {
        if let Some(emulator) = &self.emulator {
            program
                .env("IMAGEKIT_PRIVATE_KEY", emulator.private_key())
                .env("IMAGE_KIT_BASE_URL", emulator.base_url());
        }
        program.arg(&self.file_id);
    }

    pub fn what_next(&self) -> String {
        let (id, path) = (&self.file_id, "v1/files");
        let Some(emulator) = &self.emulator else {
            return format!(
                "The same with curl:\n  \
                 curl -u \"$IMAGEKIT_PRIVATE_KEY:\" \
                 \"${{IMAGE_KIT_BASE_URL:-https://api.imagekit.io}}/{path}/{id}/versions\""
            );
        };
        let key = emulator.private_key();
        format!(
            "The emulator stops with this program. To go on, keep one:\n  \
             cargo run -p imagekit-emulator -- --port 8080\n  \
             curl -u {key}: http://127.0.0.1:8080/{path}/{id}/versions\n\n\
             private key  {key}\nfile id      {id}"
        )
    }
}

/// Is the question one for the server in the environment, or for an emulator of our own?
pub fn has_key() -> bool {
    is_set("IMAGEKIT_PRIVATE_KEY")
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}
