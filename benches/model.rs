//! A model that streams: every event says when it was sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::time::{ClockId, clock_gettime};

/// How long anything may take. Only failures reach it.
const DEADLINE: Duration = Duration::from_secs(20);

/// The clock of all processes of this machine, in nanoseconds.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Starts one on a thread per connection, for the rest of this program's life. The body of a request says how many
/// events it wants, and how many milliseconds lie between them: `20 5`.
pub fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(answer_all(stream)));
        }
    });
    Ok(address)
}

fn answer_all(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some((_, body)) = message(&mut reader)? {
        let text = String::from_utf8_lossy(&body).into_owned();
        let mut numbers = text.split_whitespace().filter_map(|number| number.parse::<u64>().ok());
        let (count, pause) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(0));
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        )?;
        for _ in 0..count {
            std::thread::sleep(Duration::from_millis(pause));
            let event = format!("data: {{\"delta\":\"some words of an answer\",\"at\":{:020}}}\n\n", now());
            stream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes())?;
        }
        stream.write_all(b"0\r\n\r\n")?;
    }
    Ok(())
}

/// A connection to such a model, or to what stands before it.
pub struct Asker {
    reader: BufReader<TcpStream>,
    stream: TcpStream,
    head: String,
}

impl Asker {
    pub fn new(address: SocketAddr, path: &str, key: &str) -> Result<Asker> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Length: "
        );
        Ok(Asker { reader: BufReader::new(stream.try_clone()?), stream, head })
    }

    /// Asks for so many events; how old each was when it came, in nanoseconds.
    pub fn ask(&mut self, count: usize, pause_ms: u64) -> Result<Vec<u64>> {
        let body = format!("{count} {pause_ms}");
        self.stream.write_all(format!("{}{}\r\n\r\n{body}", self.head, body.len()).as_bytes())?;
        let status = line(&mut self.reader)?;
        ensure!(status.starts_with("HTTP/1.1 200"), "{status}");
        while !line(&mut self.reader)?.is_empty() {}
        let mut ages = Vec::with_capacity(count);
        loop {
            let size = usize::from_str_radix(line(&mut self.reader)?.trim(), 16)?;
            let mut chunk = vec![0; size + 2];
            self.reader.read_exact(&mut chunk)?;
            if size == 0 {
                break;
            }
            let came = now();
            let text = String::from_utf8_lossy(&chunk).into_owned();
            let sent = text.split("\"at\":").skip(1).filter_map(|rest| rest.get(..20)?.parse::<u64>().ok());
            ages.extend(sent.map(|sent| came.saturating_sub(sent)));
        }
        ensure!(ages.len() == count, "{} events of {count}", ages.len());
        Ok(ages)
    }
}

/// Head and body of a request; `None`: the connection ended.
fn message(reader: &mut BufReader<TcpStream>) -> Result<Option<(String, Vec<u8>)>> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().context("a length")?;
        }
        head += &line;
    }
    if head.is_empty() {
        return Ok(None);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((head, body)))
}

fn line(reader: &mut BufReader<TcpStream>) -> Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
