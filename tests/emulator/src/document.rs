//! A file version as the API shows it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::file::File;
use crate::timestamp::Timestamp;
use crate::version::{AiTag, Media, Version};

const URL_ENDPOINT: &str = "https://ik.imagekit.io/emulator";
const URL_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileVersion<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    created_at: Timestamp,
    updated_at: Timestamp,
    file_id: &'a str,
    tags: Option<&'a [String]>,
    #[serde(rename = "AITags")]
    ai_tags: Option<&'a [AiTag]>,
    version_info: VersionInfo<'a>,
    embedded_metadata: Option<&'a Value>,
    is_published: bool,
    custom_coordinates: Option<&'a str>,
    custom_metadata: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_fields_schema: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    is_private_file: bool,
    url: String,
    thumbnail: String,
    file_type: &'static str,
    file_path: &'a str,
    #[serde(flatten)]
    media: &'a Media,
    size: u64,
    mime: &'a str,
}

#[derive(Serialize)]
struct VersionInfo<'a> {
    id: &'a str,
    name: String,
}

/// All versions of a file, the current one first.
pub fn file_versions(file: &File) -> Vec<FileVersion<'_>> {
    let versions = file.versions();
    versions
        .map(|version| file_version(file, version))
        .collect()
}

/// `version` is one of the file's.
pub fn file_version<'a>(file: &'a File, version: &'a Version) -> FileVersion<'a> {
    let is_current = file.current().id == version.id;
    let (url, thumbnail) = urls(file, version, is_current);
    FileVersion {
        kind: if is_current { "file" } else { "file-version" },
        name: file.name(),
        created_at: version.created_at,
        updated_at: version.updated_at,
        file_id: &file.id,
        tags: version.tags.as_deref(),
        ai_tags: version.ai_tags.as_deref(),
        version_info: VersionInfo {
            id: &version.id,
            name: format!("Version {}", version.number),
        },
        embedded_metadata: version.embedded_metadata.as_ref(),
        is_published: version.is_published,
        custom_coordinates: version.custom_coordinates.as_deref(),
        custom_metadata: &version.custom_metadata,
        selected_fields_schema: version.selected_fields_schema.as_ref(),
        description: version.description.as_deref(),
        is_private_file: version.is_private,
        url,
        thumbnail,
        file_type: version.media.file_type(),
        file_path: &file.path,
        media: &version.media,
        size: version.size,
        mime: &version.mime,
    }
}

/// What an upload is answered with, where it made the current version.
pub fn uploaded(file: &File) -> Value {
    let mut shown = json!(file_version(file, file.current()));
    if let Some(fields) = shown.as_object_mut() {
        for absent in ["type", "createdAt", "updatedAt", "mime"] {
            fields.remove(absent);
        }
        let thumbnail = fields.remove("thumbnail");
        fields.insert("thumbnailUrl".to_owned(), json!(thumbnail));
    }
    shown
}

/// The version's URL and its thumbnail's.
fn urls(file: &File, version: &Version, is_current: bool) -> (String, String) {
    let path = utf8_percent_encode(&file.path, URL_PATH);
    let url = format!("{URL_ENDPOINT}{path}");
    if is_current {
        let thumbnail = format!("{url}?tr=n-ik_ml_thumbnail");
        return (url, thumbnail);
    }
    let url = format!(
        "{url}?ik-obj-version={}&updatedAt={}",
        version.object_version,
        version.updated_at.as_ms()
    );
    let thumbnail = format!("{url}&tr=n-ik_ml_thumbnail");
    (url, thumbnail)
}

#[cfg(test)]
mod tests {
    use super::file_versions;
    use crate::library::Library;
    use serde_json::{Value, json};

    fn shown() -> Vec<Value> {
        let library = Library::with_fixtures();
        let files = library.files().iter();
        files.map(|file| json!(file_versions(file))).collect()
    }

    #[test]
    fn only_the_first_version_is_current() {
        for versions in shown() {
            for (index, version) in versions.as_array().unwrap().iter().enumerate() {
                let kind = if index == 0 { "file" } else { "file-version" };
                assert_eq!(version["type"], kind);
                let url = version["url"].as_str().unwrap();
                assert_eq!(url.contains("?ik-obj-version="), index > 0, "{url}");
            }
        }
    }

    #[test]
    fn each_kind_of_file_has_the_fields_of_its_kind() {
        let files = shown();
        let (image, video, raw) = (&files[0][0], &files[1][0], &files[2][0]);
        assert_eq!(
            [&image["width"], &image["hasAlpha"]],
            [&json!(1920), &json!(false)]
        );
        assert_eq!(
            [&video["bitRate"], &video["duration"]],
            [&json!(5600), &json!(60)]
        );
        assert_eq!(
            [&video["videoCodec"], &video["audioCodec"]],
            ["h264", "aac"]
        );
        for absent in ["width", "height", "hasAlpha", "bitRate", "description"] {
            assert_eq!(raw.get(absent), None, "{absent}");
        }
        for null in ["AITags", "tags", "customCoordinates", "embeddedMetadata"] {
            assert_eq!(raw.get(null), Some(&Value::Null), "{null}");
        }
    }

    #[test]
    fn integers_beyond_a_double_survive() {
        let sku = &shown()[0][0]["customMetadata"]["sku"];
        assert_eq!(sku.to_string(), "9007199254740995");
    }
}
