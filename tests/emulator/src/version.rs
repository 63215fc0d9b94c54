//! A version: what was uploaded at once, and what is known about it.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use serde_json::{Value, json};

use crate::timestamp::Timestamp;

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

impl Media {
    pub fn file_type(&self) -> &'static str {
        match self {
            Media::Image { .. } => "image",
            Media::Video { .. } | Media::Raw {} => "non-image",
        }
    }
}

impl Version {
    /// A version in which everything optional is absent or null.
    pub fn new(id: String, number: u32, mime: &str, media: Media, created_at: Timestamp) -> Self {
        Version {
            object_version: object_version(&id),
            id,
            number,
            mime: mime.to_owned(),
            media,
            size: 0,
            tags: None,
            ai_tags: None,
            is_private: false,
            is_published: true,
            custom_coordinates: None,
            custom_metadata: json!({}),
            embedded_metadata: None,
            selected_fields_schema: None,
            description: None,
            created_at,
            updated_at: created_at,
        }
    }
}

/// Sixteen letters that say as little about the version as the real ones do.
fn object_version(id: &str) -> String {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let nibble = |place: u32| (hasher.finish() >> (4 * place)) as u8 & 0xf;
    (0..16)
        .map(|place| char::from(b'a' + nibble(place)))
        .collect()
}
