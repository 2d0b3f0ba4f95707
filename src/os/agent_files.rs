//! The files of agents on the disk, and what was written into them last.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::atomic_file::{self, EditError, Readers};
use super::session_files::{FilesError, failed};
use crate::domain::agents::{Merged, Record, Unreadable, Wish, Written, merge};

/// What became of the files of one agent; paths are below home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub changed: Vec<String>,
    /// Keys that somebody changed or removed by hand: `path: key`.
    pub kept: Vec<String>,
    pub removed: Vec<String>,
    /// Files that could not be read or written, and why; without their content.
    pub failed: Vec<String>,
}

/// Puts what is wanted into the files below `home`; a file that cannot be read stays as it is, and the others are
/// written. `record`: where is kept what was written. Blocks on the disk; nobody else may do the same for this agent
/// meanwhile.
pub fn configure(home: &Path, record: &Path, wishes: &[Wish]) -> Result<Report, FilesError> {
    let mut known = read(record)?;
    let mut report = Report::default();
    for wish in wishes {
        let done = one(home, record, wish, &mut known, &mut report);
        if let Err(why) = done {
            report.failed.push(format!("{}: {why}", wish.path));
        }
    }
    save(record, &known)?;
    Ok(report)
}

/// Whether anything was ever written for this agent.
pub fn is_known(record: &Path) -> bool {
    record.exists()
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("it is no regular file; move it away, and try again")]
    NoFile,
    #[error("it is no text; mend it or move it away, and try again")]
    NoText,
    #[error("{0}; check the permissions, and try again")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("{0}")]
    Edit(String),
}

fn one(
    home: &Path,
    place: &Path,
    wish: &Wish,
    known: &mut Record,
    report: &mut Report,
) -> Result<(), Trouble> {
    let path = home.join(&wish.path);
    let last = known.files.get(&wish.path).cloned().unwrap_or_default();
    let old = text(&path)?;
    let merged = merge(wish.format, old.as_deref(), &last, &wish.keys)?;
    if let Some(text) = &merged.text {
        known.files.insert(wish.path.clone(), last.between(&merged.written));
        save(place, known)?;
        write(&path, wish, old.is_some(), &last, text)?;
        report.changed.push(wish.path.clone());
    }
    let told = |keys: &[String]| keys.iter().map(|key| format!("{}: {key}", wish.path)).collect::<Vec<_>>();
    report.kept.extend(told(&merged.kept));
    report.removed.extend(told(&merged.removed));
    match merged.written == Written::default() {
        true => drop(known.files.remove(&wish.path)),
        false => drop(known.files.insert(wish.path.clone(), merged.written)),
    }
    Ok(())
}

/// `None`: there is no such file. A pipe is not read, as that might never end.
fn text(path: &Path) -> Result<Option<String>, Trouble> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Trouble::NoFile),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    Ok(Some(String::from_utf8(fs::read(path)?).map_err(|_| Trouble::NoText)?))
}

/// Somebody may have written the file since it was read, so it is merged anew.
fn write(path: &Path, wish: &Wish, was_there: bool, last: &Written, text: &str) -> Result<(), Trouble> {
    if text.is_empty() {
        return Ok(fs::remove_file(path)?);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let changed = atomic_file::edit(path, Readers::Owner, |bytes| -> Result<Vec<u8>, Trouble> {
        let now = std::str::from_utf8(bytes).map_err(|_| Trouble::NoText)?;
        let now = Some(now).filter(|now| was_there || !now.is_empty());
        let Merged { text, .. } = merge(wish.format, now, last, &wish.keys)?;
        Ok(text.map_or(bytes.to_vec(), String::into_bytes))
    });
    changed.map(drop).map_err(|error| match error {
        EditError::Refused { source, .. } => source,
        error => Trouble::Edit(error.to_string()),
    })
}

fn read(record: &Path) -> Result<Record, FilesError> {
    match fs::read(record) {
        Ok(text) => Ok(Record::read(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Record::default()),
        Err(error) => Err(failed("read", record)(error)),
    }
}

fn save(place: &Path, record: &Record) -> Result<(), FilesError> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(failed("make", folder))?;
    }
    let written = atomic_file::write(place, Readers::Owner, &record.text());
    written.map(drop).map_err(|error| failed("write", place)(io::Error::other(error)))
}

/// Texts below a folder, by their paths in it; what is no text is left out. A folder that is not there has none.
pub fn texts(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    gather(folder, "", 0, &mut found);
    found
}

/// Folders in folders, so deep at most; files in all, so many at most.
const DEEPEST: usize = 8;
const MOST: usize = 1_000;
/// Largest text, in bytes.
const LONGEST: u64 = 1024 * 1024;

fn gather(folder: &Path, above: &str, depth: usize, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (path, below) = (entry.path(), format!("{above}{name}"));
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() && depth < DEEPEST {
            gather(&path, &format!("{below}/"), depth + 1, found);
        } else if metadata.is_file()
            && metadata.len() <= LONGEST
            && found.len() < MOST
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.insert(below, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use serde_json::json;

    use super::*;
    use crate::domain::agents::Format;

    fn wish(path: &str, format: Format, value: &str) -> Wish {
        Wish { path: path.to_owned(), format, keys: vec![(vec!["KEY".to_owned()], json!(value))] }
    }

    #[test]
    fn files_are_written_once_for_the_owner_and_links_stay() {
        let home = tempfile::tempdir().unwrap();
        let (record, file) = (home.path().join(".coda/agents/x.json"), home.path().join(".x/.env"));
        fs::create_dir(home.path().join(".x")).unwrap();
        fs::write(home.path().join("elsewhere"), "# mine\n").unwrap();
        symlink("../elsewhere", &file).unwrap();
        let wishes = [wish(".x/.env", Format::Dotenv, "dapi0123"), wish(".y/z.json", Format::Json, "one")];
        let report = configure(home.path(), &record, &wishes).unwrap();
        assert_eq!(report.changed, [".x/.env", ".y/z.json"]);
        assert_eq!(fs::read_to_string(home.path().join("elsewhere")).unwrap(), "# mine\nKEY=dapi0123\n");
        assert!(file.is_symlink());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&record), mode(&home.path().join(".y/z.json"))), (0o600, 0o600, 0o600));
        assert!(!fs::read_to_string(&record).unwrap().contains("dapi0123"));
        let stamp = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        let before = (stamp(&file), stamp(&record));
        assert_eq!(configure(home.path(), &record, &wishes).unwrap(), Report::default());
        assert_eq!((stamp(&file), stamp(&record)), before);
    }

    #[test]
    fn a_file_that_cannot_be_read_holds_up_no_other() {
        let home = tempfile::tempdir().unwrap();
        let record = home.path().join("record.json");
        fs::write(home.path().join("a.json"), "{ // dapi0123\n").unwrap();
        fs::create_dir(home.path().join("c.json")).unwrap();
        let wishes = ["a.json", "c.json", "b.json"].map(|path| wish(path, Format::Json, "one"));
        let report = configure(home.path(), &record, &wishes).unwrap();
        assert_eq!(report.changed, ["b.json"]);
        let why = "a.json: it is no JSON object (line 1); mend it or move it away, and try again";
        let other = "c.json: it is no regular file; move it away, and try again";
        assert_eq!(report.failed, [why, other]);
        assert_eq!(fs::read_to_string(home.path().join("a.json")).unwrap(), "{ // dapi0123\n");
    }

    #[test]
    fn a_text_that_is_wanted_no_more_is_gone_with_what_is_kept_of_it() {
        let home = tempfile::tempdir().unwrap();
        let record = home.path().join("record.json");
        let mut wishes = [wish("skill/SKILL.md", Format::Text, "how\n")];
        configure(home.path(), &record, &wishes).unwrap();
        assert_eq!(
            texts(&home.path().join("skill")),
            BTreeMap::from([("SKILL.md".to_owned(), "how\n".to_owned())])
        );
        wishes[0].keys.clear();
        configure(home.path(), &record, &wishes).unwrap();
        assert!(!home.path().join("skill/SKILL.md").exists());
    }
}
