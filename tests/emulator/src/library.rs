//! The media library: what is stored. How the API shows it is `document`'s concern.

use serde::Serialize;
use serde_json::Value;

use crate::{fixtures, timestamp::Timestamp};

/// Files in the order in which they were added.
pub struct Library {
    files: Vec<File>,
}

/// A file keeps its id and its place; everything else belongs to one of its versions.
pub struct File {
    pub id: String,
    /// From the root of the library: `/lamps/desk.jpg`.
    pub path: String,
    /// Never empty; the current one first, then from new to old.
    pub versions: Vec<Version>,
}

pub struct Version {
    pub id: String,
    /// 1 for the first version ever uploaded.
    pub number: u32,
    /// Names this version in URLs.
    pub object_version: String,
    pub mime: String,
    pub media: Media,
    pub size: u64,
    pub tags: Option<Vec<String>>,
    pub ai_tags: Option<Vec<AiTag>>,
    pub is_private: bool,
    pub is_published: bool,
    pub custom_coordinates: Option<String>,
    /// An object with any keys.
    pub custom_metadata: Value,
    pub embedded_metadata: Option<Value>,
    pub selected_fields_schema: Option<Value>,
    pub description: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What only some kinds of file have.
#[derive(Clone, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Media {
    Image {
        height: u32,
        width: u32,
        has_alpha: bool,
    },
    Video {
        height: u32,
        width: u32,
        bit_rate: u32,
        duration: u32,
        video_codec: String,
        audio_codec: String,
    },
    /// Anything that is neither.
    Raw {},
}

#[derive(Clone, Serialize)]
pub struct AiTag {
    pub name: String,
    pub confidence: f64,
    pub source: &'static str,
}

impl Library {
    pub fn with_fixtures() -> Library {
        Library {
            files: fixtures::files(),
        }
    }

    pub fn files(&self) -> &[File] {
        &self.files
    }

    pub fn file(&self, id: &str) -> Option<&File> {
        self.files.iter().find(|file| file.id == id)
    }
}

impl File {
    pub fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::Library;
    use std::collections::HashSet;

    #[test]
    fn the_library_keeps_its_own_rules() {
        let library = Library::with_fixtures();
        let mut ids = HashSet::new();
        for file in library.files() {
            assert!(file.path.starts_with('/'), "{}", file.path);
            assert!((1..=100).contains(&file.versions.len()), "{}", file.path);
            for id in file.versions.iter().map(|version| &version.id) {
                assert!(ids.insert(id.clone()), "{id} is given twice");
            }
            assert_eq!(file.id.len(), 24);
            assert!(ids.insert(file.id.clone()), "{} is given twice", file.id);
        }
        assert!(library.files()[0].versions.len() >= 2);
    }
}
