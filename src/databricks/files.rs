//! Files and folders in the workspace. `/api/2.0/workspace/…`, `/api/2.0/workspace-files/…`
//!
//! A file may be 10 MiB. A folder that the credential may look at need not be one whose list it may read: who wants to
//! know tries what it is going to do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::call::segment;
use super::{Call, Class, Credential, Failure, Workspace};

/// Largest file that the API takes and gives, in bytes.
pub const LARGEST: usize = 10 * 1024 * 1024;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Notebook,
    Directory,
    File,
    Repo,
    /// Nothing that can be read as a file.
    #[default]
    #[serde(other)]
    Other,
}

/// Something in the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Object {
    pub path: String,
    pub object_type: Kind,
    /// Milliseconds since 1970.
    pub modified_at: i64,
    /// Bytes; only of a file.
    pub size: Option<u64>,
    /// `PYTHON`, `SQL`, …; only of a notebook.
    pub language: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct List {
    objects: Vec<Object>,
}

#[derive(Serialize)]
struct At<'a> {
    path: &'a str,
}

#[derive(Serialize)]
struct Import<'a> {
    path: &'a str,
    content: String,
    format: &'a str,
    overwrite: bool,
}

#[derive(Serialize)]
struct Delete<'a> {
    path: &'a str,
    recursive: bool,
}

impl Workspace {
    /// What is there; `None`: nothing.
    pub async fn object(&self, who: &dyn Credential, path: &str) -> Result<Option<Object>, Failure> {
        let call = Call::get("look at the path", "/api/2.0/workspace/get-status").with("path", path);
        match self.ask(who, call).await {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.class == Class::Missing => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// What lies in a folder.
    pub async fn list_folder(&self, who: &dyn Credential, path: &str) -> Result<Vec<Object>, Failure> {
        let call = Call::get("list the folder", "/api/2.0/workspace/list").with("path", path);
        let list: List = self.ask(who, call).await?;
        Ok(list.objects)
    }

    /// Makes a folder and those above it; one that is there will do.
    pub async fn make_folder(&self, who: &dyn Credential, path: &str) -> Result<(), Failure> {
        let call = Call::post("create the folder", "/api/2.0/workspace/mkdirs").json(&At { path }).once();
        self.send(who, call).await.map(drop)
    }

    /// Deletes a file or folder; what is not there counts as deleted.
    pub async fn delete(&self, who: &dyn Credential, path: &str, recursive: bool) -> Result<(), Failure> {
        let call =
            Call::post("delete the path", "/api/2.0/workspace/delete").json(&Delete { path, recursive });
        match self.send(who, call.once()).await {
            Err(failure) if failure.class != Class::Missing => Err(failure),
            _ => Ok(()),
        }
    }

    /// The bytes of a file.
    pub async fn read_file(&self, who: &dyn Credential, path: &str) -> Result<Bytes, Failure> {
        let call = Call::get("read the file", "/api/2.0/workspace/export").with("path", path);
        let call = call.with("format", "AUTO").with("direct_download", true).at_most(LARGEST);
        self.send(who, call).await.map(|reply| reply.body)
    }

    /// Writes a file as it is, where [`Workspace::write_file`] would make a notebook of it: with a name without ending,
    /// and other bytes. The folder must be there.
    pub async fn write_raw(
        &self,
        who: &dyn Credential,
        path: &str,
        bytes: &[u8],
        overwrite: bool,
    ) -> Result<(), Failure> {
        let import = Import { path, content: STANDARD.encode(bytes), format: "RAW", overwrite };
        let call = Call::post("write the file", "/api/2.0/workspace/import").json(&import);
        self.send(who, if overwrite { call.once() } else { call }).await.map(drop)
    }

    /// Writes a file, over one that is there if `overwrite`; makes the folder if it is missing. `path` begins with a
    /// slash.
    pub async fn write_file(
        &self,
        who: &dyn Credential,
        path: &str,
        bytes: Bytes,
        overwrite: bool,
    ) -> Result<(), Failure> {
        let write = || {
            let escaped = segment(path.trim_start_matches('/'));
            let at = format!("/api/2.0/workspace-files/import-file/{escaped}");
            let call = Call::post("write the file", at).with("overwrite", overwrite).bytes(bytes.clone());
            // Written twice it is there once; without leave to overwrite the second time would say "it exists".
            if overwrite { call.once() } else { call }
        };
        match self.send(who, write()).await {
            Err(failure) if failure.class == Class::Missing => {
                let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
                self.make_folder(who, folder).await?;
                self.send(who, write()).await.map(drop)
            }
            answer => answer.map(drop),
        }
    }
}
