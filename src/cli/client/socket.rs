//! One WebSocket through the socket file.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};

use futures_util::{Sink, Stream};
use serde::Deserialize;
use serde_json::json;
use tokio::net::UnixStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::api::{Api, AskError};
use crate::domain::frames::{ClientFrame, InputFrame, SUBPROTOCOL};

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

pub struct Socket {
    stream: WebSocketStream<UnixStream>,
    /// What the stream has not taken yet. The caller bounds it: input by its ledger, the rest is small.
    outbox: VecDeque<Message>,
}

impl Socket {
    /// Opens one, or says why not; asks once.
    pub async fn open(api: Api) -> Result<Socket, AskError> {
        let Ticket { ticket } = api.post_once("/api/ws-ticket", &json!({})).await?;
        let stream = UnixStream::connect(api.socket()).await.map_err(|_| AskError::Lost)?;
        let url = format!("ws://localhost/ws?ticket={ticket}");
        let mut request = url.into_client_request().map_err(|error| AskError::Garbled(error.to_string()))?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((stream, _)) => Ok(Socket { stream, outbox: VecDeque::new() }),
            Err(Error::Http(answer)) => Err(AskError::Garbled(format!("{} for /ws", answer.status()))),
            Err(_) => Err(AskError::Lost),
        }
    }

    pub fn say(&mut self, frame: &ClientFrame) {
        let text = serde_json::to_string(frame).expect("a frame holds only strings, numbers and flags");
        self.outbox.push_back(Message::text(text));
    }

    pub fn input(&mut self, channel: u32, input: &[u8]) {
        self.outbox.push_back(Message::binary(InputFrame { channel, input }.bytes()));
    }

    /// Sends what is to be sent until something comes. None: the connection is gone. Loses nothing when it is dropped
    /// half-way.
    pub async fn hear(&mut self) -> Option<Message> {
        poll_fn(|cx| match self.poll_send(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(None),
            _ => self.poll_hear(cx),
        })
        .await
    }

    /// Sends what is to be sent, and says goodbye.
    pub async fn close(mut self) {
        let sent = poll_fn(|cx| self.poll_send(cx)).await;
        if sent.is_ok() {
            let _ = self.stream.close(None).await;
        }
    }

    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        let stream = std::pin::Pin::new(&mut self.stream);
        match stream.poll_next(cx) {
            Poll::Ready(Some(Ok(Message::Close(_)) | Err(_))) => Poll::Ready(None),
            Poll::Ready(message) => Poll::Ready(message.and_then(Result::ok)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.outbox.is_empty() {
            std::task::ready!(std::pin::Pin::new(&mut self.stream).poll_ready(cx))?;
            if let Some(message) = self.outbox.pop_front() {
                std::pin::Pin::new(&mut self.stream).start_send(message)?;
            }
        }
        std::pin::Pin::new(&mut self.stream).poll_flush(cx)
    }
}
