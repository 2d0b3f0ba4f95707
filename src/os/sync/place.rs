//! Which project a path is in: it must lie below the folder of all projects, links followed.

use std::io;
use std::path::{Component, Path, PathBuf};

/// A folder in the folder of all projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its path below the folder of all projects, with slashes.
    pub name: String,
    pub root: PathBuf,
}

/// There is no project there.
#[derive(Debug, thiserror::Error)]
pub enum Outside {
    #[error("{} is not below {}; only what is there is synchronised", .path.display(), .projects.display())]
    Elsewhere { path: PathBuf, projects: PathBuf },
    #[error("{} holds the projects and is none; name one of them", .0.display())]
    All(PathBuf),
    #[error("{0:?} is no name of a project; give a path below ~/projects, such as `app` or `team/app`")]
    Name(String),
    #[error("look at {}: {source}; check the path", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

/// The project that `path` is in: the innermost repository, or else the folder right below `projects`.
pub fn project_of(projects: &Path, path: &Path) -> Result<Project, Outside> {
    let real = |path: &Path| {
        path.canonicalize().map_err(|source| Outside::Unreadable { path: path.to_owned(), source })
    };
    let elsewhere = || Outside::Elsewhere { path: path.to_owned(), projects: projects.to_owned() };
    let inside = real(path)?;
    let all = projects.canonicalize().map_err(|_| elsewhere())?;
    let below = inside.strip_prefix(&all).map_err(|_| elsewhere())?;
    let Some(first) = below.components().next() else { return Err(Outside::All(all)) };
    let repository =
        inside.ancestors().take_while(|folder| *folder != all).find(|folder| folder.join(".git").exists());
    let root = repository.map_or_else(|| all.join(first), Path::to_path_buf);
    if !root.is_dir() {
        return Err(elsewhere());
    }
    let name = root.strip_prefix(&all).ok().and_then(Path::to_str).map(str::to_owned);
    name.map(|name| Project { name, root }).ok_or_else(elsewhere)
}

/// The project of this name, whether it is there or not. No link may lead out of `projects` on the way.
pub fn named(projects: &Path, name: &str) -> Result<Project, Outside> {
    let wrong = || Outside::Name(name.to_owned());
    let parts: Option<Vec<&str>> = Path::new(name)
        .components()
        .map(|part| if let Component::Normal(part) = part { part.to_str() } else { None })
        .collect();
    let parts = parts.filter(|parts| !parts.is_empty() && !parts.contains(&".git")).ok_or_else(wrong)?;
    let name = parts.join("/");
    // The same root as that of its paths, whatever links lead there.
    let root = projects.canonicalize().unwrap_or_else(|_| projects.to_owned()).join(&name);
    let there = root.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let elsewhere = || Outside::Elsewhere { path: root.clone(), projects: projects.to_owned() };
    if let Ok(all) = projects.canonicalize() {
        let real = there.canonicalize().map_err(|_| elsewhere())?;
        if !real.starts_with(&all) {
            return Err(elsewhere());
        }
    }
    Ok(Project { name, root })
}

/// Whether nothing is there yet.
pub fn is_empty(folder: &Path) -> io::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_path_is_in_the_innermost_repository_below_the_projects() {
        let home = tempfile::tempdir().unwrap();
        let projects = home.path().join("projects");
        for folder in ["app/.git", "app/src/deep", "team/tool/.git", "team/tool/x", "plain/y", ".git"] {
            fs::create_dir_all(projects.join(folder)).unwrap();
        }
        let name = |path: &str| project_of(&projects, &projects.join(path)).map(|project| project.name);
        for (path, expected) in [
            ("app", "app"),
            ("app/src/deep", "app"),
            ("team/tool/x", "team/tool"),
            ("team", "team"),
            ("plain/y", "plain"),
            ("app/../plain", "plain"),
        ] {
            assert_eq!(name(path).unwrap(), expected, "{path}");
        }
        assert!(matches!(name("."), Err(Outside::All(_))));
        assert!(matches!(name(".."), Err(Outside::Elsewhere { .. })));
        assert!(matches!(name("missing"), Err(Outside::Unreadable { .. })));
        symlink("/etc", projects.join("etc")).unwrap();
        assert!(matches!(name("etc"), Err(Outside::Elsewhere { .. })));
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let home = tempfile::tempdir().unwrap();
        let projects = home.path().join("projects");
        assert_eq!(named(&projects, "app").unwrap().root, projects.join("app"));
        fs::create_dir_all(&projects).unwrap();
        symlink("/tmp", projects.join("out")).unwrap();
        assert_eq!(named(&projects, "team//app/").unwrap().name, "team/app");
        fs::create_dir(projects.join("app")).unwrap();
        symlink(&projects, home.path().join("link")).unwrap();
        let (link, real) = (home.path().join("link"), projects.canonicalize().unwrap());
        assert_eq!(named(&link, "app").unwrap().root, real.join("app"));
        assert_eq!(project_of(&link, &link.join("app")).unwrap().root, real.join("app"));
        for wrong in ["", "..", "../x", "/etc", "a/../../x", "out", "out/x", "app/.git"] {
            assert!(named(&projects, wrong).is_err(), "{wrong}");
        }
    }
}
