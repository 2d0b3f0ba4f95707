//! Uploaded files.

use serde::Serialize;

use crate::actors::uploads::Stored;

/// The form of `/api/upload`.
#[cfg(test)]
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only described, never built: the form is read as a stream")]
pub struct UploadForm {
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum UploadKind {
    Image,
    File,
}

/// A file that has arrived. `path` is absolute; `name` is what was made of the name that was given; `media_type` is
/// that of an image, known by its content, or `application/octet-stream`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Uploaded {
    pub path: String,
    pub name: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    pub kind: UploadKind,
    pub media_type: &'static str,
}

impl From<Stored> for Uploaded {
    fn from(stored: Stored) -> Uploaded {
        Uploaded {
            path: stored.path.display().to_string(),
            name: stored.name,
            bytes: stored.bytes,
            kind: if stored.media_type.is_some() { UploadKind::Image } else { UploadKind::File },
            media_type: stored.media_type.unwrap_or("application/octet-stream"),
        }
    }
}
