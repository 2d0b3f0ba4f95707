//! Programs that are published as files: which file is for this machine, and whether it is the one that was published.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Where a program's releases lie on GitHub. In the names of files `{version}` and `{target}` are filled in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// `owner/name`.
    pub repository: String,
    /// `latest`, or a version without `v`.
    #[serde(default = "latest")]
    pub version: String,
    /// The file: a program packed with gzip, or a tar archive packed so.
    pub asset: String,
    /// The file with its SHA-256; none: what GitHub itself says of the file, if it does.
    #[serde(default)]
    pub checksums: Option<String>,
    /// The program inside the archive; none: the file is the program.
    #[serde(default)]
    pub member: Option<String>,
    /// Its name in `~/.local/bin`.
    pub binary: String,
    /// A script in `~/.local/bin` that stands before it.
    #[serde(default)]
    pub wrapper: Option<String>,
    /// Use one that is on the path already.
    #[serde(default)]
    pub or_existing: bool,
    /// What the publisher calls a machine, by `<system>-<processor>`.
    pub targets: BTreeMap<String, String>,
}

fn latest() -> String {
    "latest".to_owned()
}

/// There is no such program for this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{repository} publishes nothing for {machine} that is known here; install it by hand, or skip this step"
)]
pub struct NoBuild {
    repository: String,
    machine: String,
}

impl Release {
    /// What the publisher calls this machine; `machine` as `linux-x86_64`.
    pub fn target(&self, machine: &str) -> Result<&str, NoBuild> {
        let none = || NoBuild { repository: self.repository.clone(), machine: machine.to_owned() };
        self.targets.get(machine).map(String::as_str).ok_or_else(none)
    }

    /// A name with its gaps filled.
    pub fn filled(name: &str, version: &str, target: &str) -> String {
        name.replace("{version}", version).replace("{target}", target)
    }

    /// The public address of a file of this release.
    pub fn download(&self, tag: &str, file: &str) -> String {
        format!("https://github.com/{}/releases/download/{tag}/{file}", self.repository)
    }

    /// Where GitHub says which release is the latest.
    pub fn newest(&self) -> String {
        format!("https://api.github.com/repos/{}/releases/latest", self.repository)
    }

    /// A page that leads to the latest release, and asks for no quota.
    pub fn newest_page(&self) -> String {
        format!("https://github.com/{}/releases/latest", self.repository)
    }
}

/// What GitHub says of a release, as far as it is used.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Announced {
    pub tag_name: String,
    #[serde(default)]
    pub assets: Vec<Asset>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Asset {
    pub name: String,
    /// `sha256:…`
    #[serde(default)]
    pub digest: Option<String>,
}

impl Announced {
    /// The SHA-256 that GitHub computed of this file.
    pub fn digest(&self, file: &str) -> Option<String> {
        let asset = self.assets.iter().find(|asset| asset.name == file)?;
        let hex = asset.digest.as_deref()?.strip_prefix("sha256:")?;
        is_sha256(hex).then(|| hex.to_ascii_lowercase())
    }
}

/// A tag without its `v`.
pub fn version_of(tag: &str) -> &str {
    tag.strip_prefix('v').unwrap_or(tag)
}

/// The tag at the end of the address that `releases/latest` leads to.
pub fn tag_of(address: &str) -> Option<&str> {
    let (_, tag) = address.split_once("/releases/tag/")?;
    let tag = tag.split(['?', '#', '/']).next()?;
    (!tag.is_empty()).then_some(tag)
}

/// The SHA-256 of `file` in a file of checksums. A lone checksum without a name is of the file it lies beside.
pub fn checksum(text: &str, file: &str) -> Option<String> {
    let rows = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let hex = words.next().filter(|hex| is_sha256(hex))?;
        Some((hex, words.next().map(|name| name.trim_start_matches('*').rsplit('/').next().unwrap_or(name))))
    });
    let rows: Vec<(&str, Option<&str>)> = rows.collect();
    let named = rows.iter().find(|(_, name)| *name == Some(file));
    let lone = rows.first().filter(|(_, name)| rows.len() == 1 && name.is_none());
    named.or(lone).map(|(hex, _)| hex.to_ascii_lowercase())
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Node's name for this processor.
pub fn node_target(machine: &str) -> Option<&'static str> {
    match machine {
        "linux-x86_64" => Some("linux-x64"),
        "linux-aarch64" => Some("linux-arm64"),
        "linux-s390x" => Some("linux-s390x"),
        "linux-powerpc64" => Some("linux-ppc64le"),
        _ => None,
    }
}

/// Node's archive for this machine in its file of checksums: its version and its SHA-256.
pub fn node_archive(text: &str, target: &str) -> Option<(String, String)> {
    let rest = format!("-{target}.tar.gz");
    text.lines().find_map(|line| {
        let (hex, name) = line.split_once(char::is_whitespace)?;
        let version = name.trim().strip_prefix("node-v")?.strip_suffix(&rest)?;
        is_sha256(hex).then(|| (version.to_owned(), hex.to_ascii_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    const B: &str = "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824";

    #[test]
    fn checksums_are_found_by_name() {
        let text = format!("{A}  gh_2_linux_amd64.tar.gz\n{B} *./dist/gh_2_linux_arm64.tar.gz\n");
        assert_eq!(checksum(&text, "gh_2_linux_amd64.tar.gz").unwrap(), A);
        assert_eq!(checksum(&text, "gh_2_linux_arm64.tar.gz").unwrap(), B.to_lowercase());
        assert_eq!(checksum(&text, "gh_2_linux.tar.gz"), None);
        assert_eq!(checksum(&format!("{A}\n"), "anything").unwrap(), A);
        assert_eq!(checksum(&format!("{A}  other\n"), "anything"), None);
        assert_eq!(checksum("<html>not found</html>", "x"), None);
    }

    #[test]
    fn node_s_archive_is_found_for_each_machine() {
        let text = format!(
            "{A}  node-v22.14.0-linux-arm64.tar.gz\n{B}  node-v22.14.0-linux-x64.tar.gz\n{A}  node-v22.14.0-linux-x64.tar.xz\n"
        );
        assert_eq!(node_archive(&text, "linux-x64").unwrap(), ("22.14.0".to_owned(), B.to_lowercase()));
        assert_eq!(node_archive(&text, "linux-s390x"), None);
    }

    #[test]
    fn tags_are_read_where_they_stand() {
        assert_eq!(tag_of("https://github.com/cli/cli/releases/tag/v2.74.1"), Some("v2.74.1"));
        assert_eq!(tag_of("https://github.com/cli/cli/releases"), None);
        assert_eq!(tag_of("https://github.com/cli/cli/releases/tag/"), None);
        assert_eq!((version_of("v2.74.1"), version_of("3.6a")), ("2.74.1", "3.6a"));
        let text = format!(
            r#"{{"tag_name": "v1", "assets": [{{"name": "a.gz", "digest": "sha256:{A}"}}, {{"name": "b.gz"}}]}}"#
        );
        let said: Announced = serde_json::from_str(&text).unwrap();
        assert_eq!((said.digest("a.gz").as_deref(), said.digest("b.gz")), (Some(A), None));
    }
}
