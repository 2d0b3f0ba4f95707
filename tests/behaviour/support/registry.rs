//! What the world publishes, on loopback: releases as GitHub has them, the archives of Node.js, packages of npm. It can
//! fail in every way that the world does.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How an address answers.
#[derive(Clone)]
pub struct Page {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Of the body only this much comes, then the connection ends.
    cut: Option<usize>,
    hangs: bool,
    /// So often, and then as it was before.
    times: Option<usize>,
}

/// Serves until it is dropped.
#[derive(Clone)]
pub struct Registry {
    pub url: String,
    pages: Arc<Mutex<BTreeMap<String, Vec<Page>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Page {
    pub fn of(body: impl Into<Vec<u8>>) -> Page {
        Page {
            status: "200 OK",
            headers: Vec::new(),
            body: body.into(),
            cut: None,
            hangs: false,
            times: None,
        }
    }

    pub fn status(status: &'static str) -> Page {
        Page { status, ..Page::of("no") }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Page {
        self.headers.push((name, value.into()));
        self
    }

    pub fn cut(self, at: usize) -> Page {
        Page { cut: Some(at), ..self }
    }

    pub fn hanging() -> Page {
        Page { hangs: true, ..Page::of("") }
    }

    pub fn times(self, times: usize) -> Page {
        Page { times: Some(times), ..self }
    }
}

impl Registry {
    pub async fn start() -> Registry {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let registry = Registry { url, pages: Arc::default(), asked: Arc::default() };
        let served = registry.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move {
                    // A client that leaves is no matter.
                    let _ = served.serve(stream).await;
                });
            }
        });
        registry
    }

    /// From now on the address answers so; a page for some times stands before the one that was there.
    pub fn put(&self, path: &str, page: Page) {
        let mut pages = self.pages.lock().unwrap();
        let there = pages.entry(path.to_owned()).or_default();
        if page.times.is_none() {
            there.clear();
        }
        there.push(page);
    }

    /// Addresses that were asked for, in their order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            stream.read_line(&mut header).await?;
            let Some((name, value)) = header.trim().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        stream.read_exact(&mut vec![0; length]).await?;
        self.asked.lock().unwrap().push(path.clone());
        let page = self.page(&path);
        if page.hangs {
            tokio::time::sleep(Duration::from_secs(600)).await;
        }
        let mut head = format!(
            "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            page.status,
            page.body.len()
        );
        for (name, value) in &page.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await?;
        stream.write_all(&page.body[..page.cut.unwrap_or(page.body.len())]).await?;
        stream.shutdown().await
    }

    fn page(&self, path: &str) -> Page {
        let mut pages = self.pages.lock().unwrap();
        let decoded = path.replace("%2f", "/").replace("%2F", "/");
        let Some(there) = pages.get_mut(decoded.split('?').next().unwrap_or_default()) else {
            return Page::status("404 Not Found");
        };
        let page = there.last_mut().unwrap();
        let answer = page.clone();
        if let Some(times) = &mut page.times {
            *times -= 1;
            if *times == 0 {
                there.pop();
            }
        }
        if there.is_empty() {
            pages.remove(&decoded);
        }
        answer
    }

    // ---- what is published ---------------------------------------------------------------------

    /// The GitHub CLI, version 2.9.0: a script that says so. Answers with the address of its archive.
    pub fn publish_gh(&self) -> String {
        let folder = format!("gh_2.9.0_{}", arch("linux_amd64", "linux_arm64"));
        let script = "#!/bin/sh\ncase \"$1\" in --version) echo 'gh version 2.9.0 (2026-01-01)';; *) echo \"gh got: $*\";; esac\n";
        let archive = archive(&[(&format!("{folder}/bin/gh"), script)]);
        let (name, base) = (format!("{folder}.tar.gz"), "/cli/cli/releases");
        let list = format!("{}  {name}\n", sha256(&archive));
        self.put(
            "/repos/cli/cli/releases/latest",
            Page::of(json!({"tag_name": "v2.9.0", "assets": []}).to_string()),
        );
        self.put(&format!("{base}/download/v2.9.0/gh_2.9.0_checksums.txt"), Page::of(list));
        let address = format!("{base}/download/v2.9.0/{name}");
        self.put(&address, Page::of(archive));
        address
    }

    /// Node.js of this version: a script, with an npm that does nothing.
    pub fn publish_node(&self, version: &str) -> String {
        let target = arch("linux-x64", "linux-arm64");
        let top = format!("node-v{version}-{target}");
        let node = format!("#!/bin/sh\necho v{version}\n");
        let files = [
            ("node", node.as_str()),
            ("npm", "#!/bin/sh\necho 10.0.0\n"),
            ("npx", "#!/bin/sh\necho 10.0.0\n"),
        ];
        let files: Vec<(String, &str)> =
            files.iter().map(|(name, text)| (format!("{top}/bin/{name}"), *text)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let archive = archive(&files);
        let major = version.split('.').next().unwrap();
        let list = format!("{}  {top}.tar.gz\n{}  {top}.tar.xz\n", sha256(&archive), sha256(b"other"));
        for folder in [format!("latest-v{major}.x"), format!("v{version}")] {
            self.put(&format!("/dist/{folder}/SHASUMS256.txt"), Page::of(list.clone()));
            self.put(&format!("/dist/{folder}/{top}.tar.gz"), Page::of(archive.clone()));
        }
        format!("/dist/latest-v{major}.x/{top}.tar.gz")
    }

    /// A package with a program `made-up`, in these versions, each published at this time.
    pub fn publish_npm(&self, package: &str, versions: &[(&str, &str)]) {
        let (mut rows, mut time) = (serde_json::Map::new(), serde_json::Map::new());
        for (version, at) in versions {
            let own = json!({"name": package, "version": version, "bin": {"made-up": "cli.js"}});
            let program = format!("#!/usr/bin/env node\nconsole.log('made-up {version}')\n");
            let tarball =
                archive(&[("package/package.json", &own.to_string()), ("package/cli.js", &program)]);
            let path = format!("/{package}/-/{package}-{version}.tgz");
            let integrity = format!(
                "sha256-{}",
                base64::engine::general_purpose::STANDARD.encode(Sha256::digest(&tarball))
            );
            let mut row = own;
            row["dist"] = json!({"tarball": format!("{}{path}", self.url), "integrity": integrity});
            rows.insert((*version).to_owned(), row);
            time.insert((*version).to_owned(), json!(at));
            self.put(&path, Page::of(tarball));
        }
        let latest = versions.last().unwrap().0;
        let all: Value =
            json!({"name": package, "dist-tags": {"latest": latest}, "versions": rows, "time": time});
        let page = Page::of(all.to_string()).header("Content-Type", "application/json");
        self.put(&format!("/{package}"), page);
    }
}

pub fn arch<'a>(x86: &'a str, arm: &'a str) -> &'a str {
    if cfg!(target_arch = "aarch64") { arm } else { x86 }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tar archive, packed with gzip, of programs.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(packed);
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    let mut packed = builder.into_inner().unwrap();
    packed.flush().unwrap();
    packed.finish().unwrap()
}
