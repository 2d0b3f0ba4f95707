//! The memory of the container we are in, from cgroup files: version 2 first, then version 1.
//!
//! The working set is what is used without the page cache, which the kernel gives back when it is asked; shared
//! memory (tmpfs, our rings) counts, because it does not. The tightest limit between our own cgroup and the root
//! decides. No limit anywhere, or nothing readable: no reading. The host's own memory is never looked at.

use std::path::{Path, PathBuf};

use crate::domain::capacity::Memory;

/// From here on version 1 means "no limit".
const UNLIMITED: u64 = 1 << 60;
/// Most levels walked from our cgroup to the root.
const LEVELS: usize = 32;

/// The files of one version.
struct Version {
    /// Where its hierarchy may be mounted below the root.
    mounts: &'static [&'static str],
    limit: &'static str,
    used: &'static str,
    /// Prefix of the counters that include everything below, if there is one.
    total: &'static str,
}

const TWO: Version = Version { mounts: &[""], limit: "memory.max", used: "memory.current", total: "" };
const ONE: Version = Version {
    mounts: &["memory", ""],
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    total: "total_",
};

/// The tightest reading below `root`, which is `/sys/fs/cgroup` on a real machine; `own` is the text of
/// `/proc/self/cgroup`.
pub fn memory(root: &Path, own: &str) -> Option<Memory> {
    tightest(root, &TWO, own_path(own, "")).or_else(|| tightest(root, &ONE, own_path(own, "memory")))
}

/// [`memory`] of this process.
pub fn own_memory(root: &Path) -> Option<Memory> {
    memory(root, &std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default())
}

/// Our path in the hierarchy of `controller`: lines are `number:controllers:path`.
fn own_path<'a>(own: &'a str, controller: &str) -> &'a str {
    let mut lines = own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let found = lines.find(|(controllers, _)| controllers.split(',').any(|name| name == controller));
    found.map_or("/", |(_, path)| path)
}

fn tightest(root: &Path, version: &Version, own: &str) -> Option<Memory> {
    let mounts = version.mounts.iter().map(|mount| root.join(mount));
    let readings = mounts.flat_map(|mount| folders(&mount, own)).filter_map(|dir| reading(&dir, version));
    readings.max_by(|a, b| a.percent().total_cmp(&b.percent()))
}

/// Our cgroup and all above it; in a container that is not told its place, only the root is there.
fn folders(mount: &Path, own: &str) -> Vec<PathBuf> {
    let parts: Vec<&str> = own.split('/').filter(|part| !part.is_empty() && *part != "..").collect();
    let depth = parts.len().min(LEVELS);
    (0..=depth)
        .rev()
        .map(|depth| parts[..depth].iter().fold(mount.to_owned(), |dir, part| dir.join(part)))
        .collect()
}

fn reading(dir: &Path, version: &Version) -> Option<Memory> {
    let number = |name: &str| std::fs::read_to_string(dir.join(name)).ok()?.trim().parse::<u64>().ok();
    // "max" is no number, and so no limit.
    let limit = number(version.limit).filter(|&limit| limit > 0 && limit < UNLIMITED)?;
    let used = number(version.used)?;
    let stat = std::fs::read_to_string(dir.join("memory.stat")).ok()?;
    let active = counter(&stat, version.total, "active_file")?;
    let inactive = counter(&stat, version.total, "inactive_file")?;
    Some(Memory { used: used.saturating_sub(active.saturating_add(inactive)), limit })
}

/// A line of `memory.stat`; the one that counts what is below wins.
fn counter(stat: &str, total: &str, name: &str) -> Option<u64> {
    let value = |wanted: &str| {
        let mut lines = stat.lines().filter_map(|line| line.split_once(' '));
        lines.find(|(key, _)| *key == wanted)?.1.trim().parse::<u64>().ok()
    };
    value(&format!("{total}{name}")).or_else(|| value(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const STAT: &str = "anon 500\nfile 400\nshmem 100\ninactive_anon 0\nactive_file 100\ninactive_file 200\n";

    fn write(dir: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(dir).unwrap();
        for (name, text) in files {
            fs::write(dir.join(name), text).unwrap();
        }
    }

    fn two(limit: &str) -> [(&'static str, &str); 3] {
        [("memory.max", limit), ("memory.current", "900\n"), ("memory.stat", STAT)]
    }

    #[test]
    fn version_two() {
        for (limit, expected) in [
            ("1000\n", Some(Memory { used: 600, limit: 1000 })),
            ("max\n", None),
            ("0\n", None),
            ("-1\n", None),
            ("", None),
            ("many\n", None),
            ("1152921504606846976\n", None),
        ] {
            let root = tempfile::tempdir().unwrap();
            write(root.path(), &two(limit));
            assert_eq!(memory(root.path(), "0::/\n"), expected, "{limit:?}");
        }
    }

    #[test]
    fn version_one_in_its_folder_or_at_the_root() {
        for mount in ["memory", ""] {
            for (limit, expected) in [
                ("1000\n", Some(Memory { used: 650, limit: 1000 })),
                ("9223372036854771712\n", None),
                ("1152921504606846976\n", None),
            ] {
                let root = tempfile::tempdir().unwrap();
                let stat = "active_file 1\ninactive_file 1\ntotal_active_file 100\ntotal_inactive_file 150\n";
                let usage = ("memory.usage_in_bytes", "900\n");
                write(
                    &root.path().join(mount),
                    &[("memory.limit_in_bytes", limit), usage, ("memory.stat", stat)],
                );
                assert_eq!(memory(root.path(), ""), expected, "{mount:?} {limit:?}");
            }
        }
    }

    #[test]
    fn version_one_without_totals() {
        let root = tempfile::tempdir().unwrap();
        let limit = ("memory.limit_in_bytes", "1000");
        write(root.path(), &[limit, ("memory.usage_in_bytes", "900"), ("memory.stat", STAT)]);
        assert_eq!(memory(root.path(), ""), Some(Memory { used: 600, limit: 1000 }));
    }

    #[test]
    fn the_tightest_limit_above_us_decides() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("system.slice/coda.service");
        write(&deep, &two("max"));
        write(deep.parent().unwrap(), &two("2000"));
        write(root.path(), &two("10000"));
        let own = "0::/system.slice/coda.service\n";
        assert_eq!(memory(root.path(), own), Some(Memory { used: 600, limit: 2000 }));
        assert_eq!(memory(root.path(), "0::/somewhere/else\n"), Some(Memory { used: 600, limit: 10_000 }));
        assert_eq!(memory(root.path(), "0::/../../x\n"), Some(Memory { used: 600, limit: 10_000 }));
    }

    #[test]
    fn version_two_before_version_one() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &two("1000"));
        let one =
            [("memory.limit_in_bytes", "5000"), ("memory.usage_in_bytes", "4900"), ("memory.stat", STAT)];
        write(&root.path().join("memory"), &one);
        assert_eq!(memory(root.path(), "4:memory:/\n0::/\n"), Some(Memory { used: 600, limit: 1000 }));
        fs::remove_file(root.path().join("memory.max")).unwrap();
        assert_eq!(memory(root.path(), "4:memory:/\n0::/\n"), Some(Memory { used: 4600, limit: 5000 }));
    }

    /// Page cache once counted as pressure, and sessions were refused on a machine with room.
    #[test]
    fn page_cache_is_no_pressure() {
        let root = tempfile::tempdir().unwrap();
        let stat = "active_file 300\ninactive_file 600\n";
        write(root.path(), &[("memory.max", "1000"), ("memory.current", "990"), ("memory.stat", stat)]);
        assert_eq!(memory(root.path(), ""), Some(Memory { used: 90, limit: 1000 }));
    }

    #[test]
    fn what_is_torn_is_no_reading() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(memory(root.path(), "0::/\n"), None);
        write(root.path(), &[("memory.max", "1000"), ("memory.current", "900")]);
        assert_eq!(memory(root.path(), "0::/\n"), None, "no memory.stat");
        write(root.path(), &[("memory.stat", "active_file 1\n")]);
        assert_eq!(memory(root.path(), "garbage"), None, "half a memory.stat");
        write(root.path(), &[("memory.stat", "active_file 18446744073709551615\ninactive_file 0\n")]);
        assert_eq!(memory(root.path(), "garbage"), Some(Memory { used: 0, limit: 1000 }));
    }
}
