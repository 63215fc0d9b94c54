//! Uploads, as JSON: what the API takes as the fields of a form, here as those of an object.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Shared;
use crate::api_error::{ApiError, json};
use crate::document;
use crate::file::File;
use crate::library::Library;
use crate::timestamp::Timestamp;
use crate::version::{Media, Version};

const TAKEN: &str = "A file with the same name already exists at the exact location. We could not \
    overwrite it because both overwriteFile and useUniqueFileName are set to false.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Upload {
    file: Option<String>,
    file_name: Option<String>,
    #[serde(default)]
    folder: String,
    #[serde(default = "yes")]
    use_unique_file_name: bool,
    #[serde(default = "yes")]
    overwrite_file: bool,
    tags: Option<Vec<String>>,
    custom_coordinates: Option<String>,
    #[serde(default)]
    custom_metadata: Map<String, Value>,
    description: Option<String>,
    #[serde(default)]
    is_private_file: bool,
    #[serde(default = "yes")]
    is_published: bool,
}

fn yes() -> bool {
    true
}

pub async fn upload(
    State(state): Shared,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body.map_err(|error| refused(error.body_text()))?;
    let upload = Upload::read(&headers, &body)?;
    let size = upload.size()?;
    let name = upload.name()?;
    let mut library = state.library();
    let id = upload.store(&mut library, &name, size)?;
    let file = library.file(&id).ok_or(ApiError::NoSuchFile)?;
    Ok(json(StatusCode::OK, &document::uploaded(file)))
}

impl Upload {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Upload, ApiError> {
        let kind = headers.get(header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
            return Err(refused(
                "The emulator takes uploads as application/json only.",
            ));
        }
        serde_json::from_slice(body)
            .map_err(|error| refused(format!("The emulator cannot use this upload: {error}.")))
    }

    /// The contents themselves are not kept.
    fn size(&self) -> Result<u64, ApiError> {
        let file = self.file.as_deref();
        let file = file.ok_or_else(|| refused("Missing file parameter for upload"))?;
        let bytes = STANDARD.decode(file);
        let bytes = bytes.map_err(|_| refused("The emulator takes a file in Base64 only."))?;
        Ok(bytes.len() as u64)
    }

    /// As the API has it: letters, digits, dots and hyphens stay, anything else becomes `_`.
    fn name(&self) -> Result<String, ApiError> {
        let name = self.file_name.as_deref().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| refused("Missing fileName parameter for upload"))?;
        let is_kept = |letter: &char| letter.is_ascii_alphanumeric() || ".-".contains(*letter);
        let letters = name.chars();
        Ok(letters
            .map(|letter| if is_kept(&letter) { letter } else { '_' })
            .collect())
    }

    /// Where a file of this name goes in the library.
    fn path(&self, name: &str) -> String {
        let folders = self.folder.split('/').filter(|folder| !folder.is_empty());
        let mut path: String = folders.flat_map(|folder| ["/", folder]).collect();
        path.push('/');
        path.push_str(name);
        path
    }

    /// Makes a new file, or a new version of the one at the same path, and gives the file's id.
    fn store(self, library: &mut Library, name: &str, size: u64) -> Result<String, ApiError> {
        let (file_id, version_id) = (library.new_id(), library.new_id());
        let path = if self.use_unique_file_name {
            self.path(&unique(name, &file_id))
        } else {
            self.path(name)
        };
        let taken = library.file_at(&path).map(|file| file.id.clone());
        let Some(file) = taken.and_then(|id| library.file_mut(&id)) else {
            let version = self.version(
                version_id,
                1,
                "application/octet-stream",
                Media::Raw {},
                size,
            );
            library.add(File::new(file_id.clone(), path, version));
            return Ok(file_id);
        };
        if !self.overwrite_file {
            return Err(refused(TAKEN));
        }
        let (mime, media) = (file.current().mime.clone(), file.current().media.clone());
        let version = self.version(version_id, file.next_number(), &mime, media, size);
        file.add(version);
        Ok(file.id.clone())
    }

    fn version(self, id: String, number: u32, mime: &str, media: Media, size: u64) -> Version {
        Version {
            size,
            tags: self.tags,
            is_private: self.is_private_file,
            is_published: self.is_published,
            custom_coordinates: self.custom_coordinates,
            custom_metadata: Value::Object(self.custom_metadata),
            description: self.description,
            ..Version::new(id, number, mime, media, Timestamp::now())
        }
    }
}

/// `lamp.jpg` becomes `lamp_00000002a.jpg`: an id's end is nowhere else.
fn unique(name: &str, id: &str) -> String {
    let end = id.get(15..).unwrap_or(id);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}_{end}.{extension}"),
        None => format!("{name}_{end}"),
    }
}

fn refused(why: impl Into<String>) -> ApiError {
    ApiError::Malformed(why.into())
}
