//! Git over HTTP with a password, as a forge has it: git's own `http-backend` behind a server that knows just enough.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

pub struct GitServer {
    /// `127.0.0.1:PORT`.
    pub host: String,
    /// Credentials it was shown, as sent, in their order.
    pub shown: Arc<Mutex<Vec<String>>>,
}

#[derive(Default)]
struct Asked {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

impl GitServer {
    /// Serves the repositories in `root` to whoever has this password.
    pub async fn start(root: &Path, username: &str, password: &str) -> GitServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let right = format!("Basic {}", base64(format!("{username}:{password}").as_bytes()));
        let (root, shown) = (root.to_owned(), Arc::new(Mutex::new(Vec::new())));
        let seen = shown.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (root, right, seen) = (root.clone(), right.clone(), seen.clone());
                tokio::spawn(async move {
                    // A client that leaves is no matter.
                    let _ = serve(stream, root, &right, &seen).await;
                });
            }
        });
        GitServer { host, shown }
    }

    pub fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.host)
    }
}

async fn serve(
    stream: TcpStream,
    root: PathBuf,
    right: &str,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let asked = read(&mut stream).await?;
    let given = asked.header("authorization").to_owned();
    if !given.is_empty() {
        seen.lock().unwrap().push(given.clone());
    }
    let answer = if given == right { backend(&asked, &root).await? } else { refusal() };
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

fn refusal() -> Vec<u8> {
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"forge\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        .to_vec()
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Asked> {
    let mut asked = Asked::default();
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace().map(str::to_owned);
    (asked.method, asked.target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        asked.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    if asked.header("transfer-encoding") == "chunked" {
        loop {
            line.clear();
            stream.read_line(&mut line).await?;
            let size = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk).await?;
            asked.body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    } else {
        asked.body = vec![0; asked.header("content-length").parse().unwrap_or(0)];
        stream.read_exact(&mut asked.body).await?;
    }
    Ok(asked)
}

async fn backend(asked: &Asked, root: &Path) -> std::io::Result<Vec<u8>> {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &asked.method)
        .env("REMOTE_USER", "somebody")
        .env("CONTENT_TYPE", asked.header("content-type"))
        .env("CONTENT_LENGTH", asked.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", asked.header("content-encoding"))
        .env("GIT_PROTOCOL", asked.header("git-protocol"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (mut stdin, body) = (child.stdin.take().unwrap(), asked.body.clone());
    tokio::spawn(async move { stdin.write_all(&body).await });
    let output = child.wait_with_output().await?.stdout;
    let end =
        output.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(output.len().saturating_sub(4));
    let (head, body) = (String::from_utf8_lossy(&output[..end]), &output[end + 4..]);
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let rest: Vec<&str> = head.lines().filter(|line| !line.starts_with("Status: ")).collect();
    let head = format!(
        "HTTP/1.1 {status}\r\n{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        rest.join("\r\n"),
        body.len()
    );
    Ok([head.as_bytes(), body].concat())
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().enumerate().fold(0u32, |word, (at, &byte)| word | u32::from(byte) << (16 - 8 * at));
        for at in 0..4 {
            let letter = ALPHABET[(word >> (18 - 6 * at)) as usize & 63] as char;
            text.push(if at <= chunk.len() { letter } else { '=' });
        }
    }
    text
}
