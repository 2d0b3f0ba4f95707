//! One tree of files.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::answer::Answer;
use crate::clock::Millis;
use crate::ids::Ids;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File(Bytes),
    Notebook { language: &'static str, format: &'static str, source: Bytes },
    Experiment(String),
}

impl Kind {
    /// As `object_type` has it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Directory => "DIRECTORY",
            Kind::File(_) => "FILE",
            Kind::Notebook { .. } => "NOTEBOOK",
            Kind::Experiment(_) => "MLFLOW_EXPERIMENT",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Node {
    pub id: u64,
    pub kind: Kind,
    pub created: Millis,
    pub modified: Millis,
}

#[derive(Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<String, Node>,
}

impl Tree {
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    pub fn is_folder(&self, path: &str) -> bool {
        path == "/" || self.get(path).is_some_and(|node| node.kind == Kind::Directory)
    }

    /// What lies directly in a folder.
    pub fn children<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a String, &'a Node)> {
        self.below(path).filter(move |(name, _)| parent(name) == path)
    }

    /// Everything below a folder, however deep.
    pub fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a String, &'a Node)> {
        let prefix = if path == "/" { "/".to_owned() } else { format!("{path}/") };
        self.nodes.range(prefix.clone()..).take_while(move |(name, _)| name.starts_with(&prefix))
    }

    /// The path of the node with this id.
    pub fn path_of(&self, id: u64) -> Option<&str> {
        self.nodes.iter().find(|(_, node)| node.id == id).map(|(path, _)| path.as_str())
    }

    /// Makes a folder and all above it.
    pub fn make_folders(&mut self, path: &str, ids: &mut Ids, now: Millis) -> Result<(), Answer> {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        for end in ends.filter(|end| *end > 1) {
            let part = &path[..end];
            match self.nodes.get(part) {
                Some(node) if node.kind == Kind::Directory => {}
                Some(_) => {
                    let message = format!("Path ({part}) already exists and is not a directory.");
                    return Err(Answer::error(400, "RESOURCE_ALREADY_EXISTS", message));
                }
                None => self.put(part, Kind::Directory, ids, now),
            }
        }
        Ok(())
    }

    /// Writes a node; one that was there keeps its id and the time it was made.
    pub fn put(&mut self, path: &str, kind: Kind, ids: &mut Ids, now: Millis) {
        let before = self.nodes.get(path);
        let (id, created) = before.map_or_else(|| (ids.number(), now), |node| (node.id, node.created));
        self.nodes.insert(path.to_owned(), Node { id, kind, created, modified: now });
    }

    /// Takes away a node and all below it.
    pub fn remove(&mut self, path: &str) {
        let below: Vec<String> = self.below(path).map(|(name, _)| name.clone()).collect();
        for name in below.iter().map(String::as_str).chain([path]) {
            self.nodes.remove(name);
        }
    }
}

pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// The path as the tree has it, and whether its answers begin with `/Workspace`: a request for `/Workspace/x` is
/// answered in kind, one for `//Workspace/x` is not.
pub fn normal(path: &str) -> Result<(String, bool), Answer> {
    if !path.starts_with('/') {
        return Err(Answer::invalid(format!("Path ({path}) should start with '/'")));
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err(Answer::invalid(format!("Path ({path}) must not contain '..'")));
    }
    let mounted = parts.first() == Some(&"Workspace");
    let inside = if mounted { &parts[1..] } else { &parts[..] };
    Ok((format!("/{}", inside.join("/")), mounted && !path.starts_with("//")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_and_without_the_mount_are_one() {
        for (path, expected, mounted) in [
            ("/Users/a", "/Users/a", false),
            ("/Workspace/Users/a", "/Users/a", true),
            ("//Workspace/Users/a", "/Users/a", false),
            ("/Users//a/", "/Users/a", false),
            ("/Workspace", "/", true),
            ("/", "/", false),
        ] {
            assert_eq!(normal(path).unwrap(), (expected.to_owned(), mounted), "{path}");
        }
        assert!(normal("Users/a").is_err());
        assert!(normal("/Users/../x").is_err());
    }

    #[test]
    fn folders_are_made_and_removed_with_what_is_in_them() {
        let (mut tree, mut ids) = (Tree::default(), Ids::new(0));
        tree.make_folders("/a/b/c", &mut ids, 1).unwrap();
        tree.put("/a/b/file", Kind::File(Bytes::from_static(b"x")), &mut ids, 2);
        tree.put("/a/bb", Kind::File(Bytes::new()), &mut ids, 2);
        let names: Vec<&String> = tree.children("/a/b").map(|(name, _)| name).collect();
        assert_eq!(names, ["/a/b/c", "/a/b/file"]);
        assert!(tree.make_folders("/a/b/file/d", &mut ids, 3).is_err());
        tree.remove("/a/b");
        assert!(tree.get("/a/b/c").is_none() && tree.get("/a/bb").is_some());
    }
}
