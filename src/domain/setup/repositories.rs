//! Repositories to clone, from a list that a person wrote.

/// A repository and the folder it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub address: String,
    pub folder: String,
}

/// What is in the list and is no repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} in GIT_REPOS is no repository; give addresses such as https://host/owner/name.git")]
pub struct NoRepository(String);

/// The repositories at these addresses. The folder is the last part of the address.
pub fn listed(addresses: &[String]) -> Vec<Result<Wanted, NoRepository>> {
    addresses.iter().map(|one| one.trim()).filter(|one| !one.is_empty()).map(read).collect()
}

fn read(address: &str) -> Result<Wanted, NoRepository> {
    let no = || NoRepository(super::address::without_userinfo(address));
    let (scheme, rest) = match address.split_once("://") {
        Some(parts) => parts,
        // The short form of ssh.
        None => ("ssh", address.split_once(':').filter(|(host, _)| host.contains('@')).ok_or_else(no)?.1),
    };
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-._~:/@+%".contains(c);
    if !["https", "http", "ssh"].contains(&scheme)
        || address.starts_with('-')
        || !address.chars().all(harmless)
    {
        return Err(no());
    }
    let name = rest.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let folder = name.strip_suffix(".git").unwrap_or(name);
    if folder.is_empty()
        || folder.starts_with('.')
        || folder.starts_with('-')
        || !rest.contains('/') && scheme != "ssh"
    {
        return Err(no());
    }
    Ok(Wanted { address: address.to_owned(), folder: folder.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_last_part() {
        for (address, folder) in [
            ("https://github.com/me/tool.git", "tool"),
            ("https://github.com/me/tool/", "tool"),
            ("ssh://git@host:22/me/tool", "tool"),
            ("git@github.com:me/tool.git", "tool"),
        ] {
            assert_eq!(
                listed(&[address.to_owned()]),
                [Ok(Wanted { address: address.into(), folder: folder.into() })]
            );
        }
        assert_eq!(listed(&[" ".to_owned(), " https://h/a/b ".to_owned()]).len(), 1);
    }

    #[test]
    fn nothing_else_is_cloned() {
        for bad in [
            "--upload-pack=x",
            "ext::sh -c id",
            "file:///etc",
            "/srv/x",
            "https://host",
            "https://h/..",
            "https://h/a/$(id)",
            "-oProxyCommand=x@h:y/z",
        ] {
            assert!(listed(&[bad.to_owned()])[0].is_err(), "{bad}");
        }
    }
}
