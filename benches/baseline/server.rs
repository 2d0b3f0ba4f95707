//! A PTY and a WebSocket, in a process of its own, on one thread.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use futures_util::{SinkExt, StreamExt};
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use super::pty::{BUFFER, Pty};
use crate::roles;
use crate::watchdog::Guarded;

/// What precedes a client's input: kind and channel.
const INPUT_HEADER: usize = 5;

/// The server's process.
pub struct Server {
    process: Guarded,
    pub address: SocketAddr,
}

impl Server {
    /// Every connection gets a PTY with this program.
    pub fn start(argv: &[&str]) -> Result<Server> {
        let role = roles::command(&[&["serve"], argv].concat());
        let mut command = Command::new(&role[0]);
        command.args(&role[1..]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Guarded::spawn(command)?;
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().context("no standard output")?).read_line(&mut line)?;
        Ok(Server { process, address: line.trim().parse().context("the bare server did not start")? })
    }

    pub fn pid(&self) -> i32 {
        self.process.pid()
    }
}

/// The server itself; prints its address and never returns.
pub fn serve(argv: &[String]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            let argv = argv.to_vec();
            tokio::spawn(async move {
                if let Err(error) = connection(stream, &argv).await {
                    eprintln!("the bare server: {error:#}");
                }
            });
        }
    })
}

async fn connection(stream: TcpStream, argv: &[String]) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let pty = Pty::spawn(argv)?;
    rustix::io::ioctl_fionbio(&pty.master, true)?;
    // SAFETY: the file owns its descriptor, which stays open and the same until the watcher is dropped.
    let master = unsafe { AsyncFd::register(pty.master.try_clone()?) }?;
    let mut buffer = vec![0; BUFFER];
    let mut offset = 0;
    loop {
        tokio::select! {
            ready = master.readable() => {
                let mut ready = ready?;
                match ready.try_io(|master| master.get_ref().read(&mut buffer)) {
                    Ok(Ok(count @ 1..)) => {
                        socket.send(Message::binary(frame(offset, &buffer[..count]))).await?;
                        offset += count as u64;
                    }
                    // The program is gone.
                    Ok(_) => return Ok(()),
                    Err(_) => {}
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Binary(input))) => {
                    // A few bytes at a time: the terminal always has room for them.
                    (&pty.master).write_all(input.get(INPUT_HEADER..).unwrap_or_default())?;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                Some(Ok(_)) => {}
            },
        }
    }
}

/// The same frame as CoDA's.
fn frame(offset: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(13 + payload.len());
    frame.push(1);
    frame.extend_from_slice(&1u32.to_le_bytes());
    frame.extend_from_slice(&offset.to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}
