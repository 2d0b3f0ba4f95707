//! The state directory, the socket file and the server behind it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use serde::Deserialize;

use super::report::Finding;
use crate::cli::client::{Api, AskError};
use crate::config::Config;
use crate::os::{local_socket, session_files};

/// Less room than this, in bytes, is too little to start with.
const LEAST_DISK: u64 = 100 * 1024 * 1024;

pub async fn look(config: &Config) -> Vec<Finding> {
    let mut found = vec![state(config), disk(config)];
    found.extend(server(config).await);
    found
}

/// Whether we can write down what must not be lost, and nobody else can read it.
fn state(config: &Config) -> Finding {
    let (name, dir) = ("state", config.state_dir());
    let at = dir.display();
    let Ok(metadata) = fs::metadata(&dir) else {
        return match rustix::fs::access(&config.home, rustix::fs::Access::WRITE_OK) {
            Ok(()) => Finding::ok(name, format!("{at} will be made at the first start")),
            Err(error) => Finding::fail(
                name,
                format!("{} cannot be written: {error}", config.home.display()),
                "make it, change its permissions, or choose another home with --home",
            ),
        };
    };
    if let Err(error) = session_files::check_writable(&dir) {
        return Finding::fail(
            name,
            error.to_string(),
            "change its permissions, or choose another home with --home",
        );
    }
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        let remedy = format!("run coda as its owner, or `chown` {at}");
        return Finding::warn(name, format!("{at} belongs to user {}", metadata.uid()), remedy);
    }
    if mode & 0o077 != 0 {
        return Finding::warn(
            name,
            format!("others can look into {at} (mode {mode:o})"),
            format!("chmod 700 {at}"),
        );
    }
    Finding::ok(name, format!("{at} is writable, for its owner alone"))
}

fn disk(config: &Config) -> Finding {
    let dir = [config.state_dir(), config.home.clone()].into_iter().find(|dir| dir.exists());
    let room = rustix::fs::statvfs(dir.as_deref().unwrap_or(Path::new("/")));
    let free = match room {
        Ok(room) => room.f_bavail.saturating_mul(room.f_frsize),
        Err(error) => return Finding::warn("disk", format!("its room is unknown: {error}"), "look at `df`"),
    };
    let said = format!("{} free", bytes(free));
    let journals = config.journal.host_bytes;
    if free < LEAST_DISK {
        Finding::fail("disk", said, "make room: without it history is not kept")
    } else if free < journals {
        let remedy =
            format!("journals may take {}: make room, or lower `journal.host_bytes`", bytes(journals));
        Finding::warn("disk", said, remedy)
    } else {
        Finding::ok("disk", said)
    }
}

/// In the largest unit that leaves a whole number.
pub fn bytes(count: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = units.into_iter().find(|(size, _)| count >= *size);
    unit.map_or_else(|| format!("{count} bytes"), |(size, name)| format!("{} {name}", count / size))
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

async fn server(config: &Config) -> Vec<Finding> {
    let path = config.socket_path();
    if let Err(error) = local_socket::check_path(&path) {
        let found = format!("{}: {error}", path.display());
        let remedy = "the server starts all the same, but `coda ls` and its like cannot find it";
        return vec![Finding::warn("socket", found, remedy), address(config)];
    }
    let Ok(metadata) = fs::symlink_metadata(&path) else {
        return vec![none_running(), address(config)];
    };
    if !metadata.file_type().is_socket() {
        let remedy = format!("move {} away", path.display());
        return vec![Finding::fail("socket", "something else has its place", remedy)];
    }
    let asked = match Api::new(config) {
        Ok(api) => api.get::<Version>("/api/version").await.map_err(|error| (error, api.is_refusing())),
        Err(error) => return vec![Finding::fail("server", error.to_string(), "ask again")],
    };
    match asked {
        Ok(Version { version }) if version == crate::RELEASE => {
            vec![permissions(&metadata, &path), Finding::ok("server", format!("{version} is running"))]
        }
        Ok(Version { version }) => {
            let found = format!("{version} is running, and this is {}", crate::RELEASE);
            let remedy =
                "send HUP to `coda serve`: it takes the program now on the disk, and no session notices";
            vec![permissions(&metadata, &path), Finding::warn("server", found, remedy)]
        }
        Err((AskError::NoServer(_), true)) => {
            let found = format!("{} is left from a server that was killed", path.display());
            let remedy = "start `coda serve`: it takes the place over";
            vec![Finding::warn("socket", found, remedy), none_running(), address(config)]
        }
        Err((error, _)) => {
            vec![Finding::fail("server", error.to_string(), "look at the log of `coda serve`")]
        }
    }
}

fn none_running() -> Finding {
    Finding::warn("server", "none is running here", "start it with `coda serve`")
}

fn permissions(metadata: &fs::Metadata, path: &Path) -> Finding {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Finding::ok("socket", format!("{} is for its owner alone", path.display()))
    } else {
        Finding::fail(
            "socket",
            format!("others may use it (mode {mode:o})"),
            format!("chmod 600 {}", path.display()),
        )
    }
}

/// Whether a server could listen.
fn address(config: &Config) -> Finding {
    match config.address().map(|address| (address, TcpListener::bind(address))) {
        Ok((address, Ok(_))) => Finding::ok("address", format!("{address} is free")),
        Ok((address, Err(error))) => Finding::fail(
            "address",
            format!("{address}: {error}"),
            "stop what is using it, or choose another with --bind",
        ),
        Err(error) => Finding::fail("address", error.to_string(), "mend it, and ask again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole() {
        for (count, said) in [(0, "0 bytes"), (1023, "1023 bytes"), (2048, "2 KiB"), (3 << 30, "3 GiB")] {
            assert_eq!(bytes(count), said);
        }
    }
}
