//! A valve in front of a socket's payload.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_util::Stream;

/// Closed, nothing more is read from the socket, and the client has to wait; open, it flows.
#[derive(Clone, Default)]
pub struct Gate(Rc<State>);

#[derive(Default)]
struct State {
    closed: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Gate {
    pub fn close(&self) {
        self.0.closed.set(true);
    }

    pub fn open(&self) {
        self.0.closed.set(false);
        if let Some(waker) = self.0.waiting.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// A stream behind a gate.
pub struct Gated<S> {
    stream: S,
    gate: Gate,
}

impl<S> Gated<S> {
    pub fn new(stream: S, gate: Gate) -> Gated<S> {
        Gated { stream, gate }
    }
}

impl<S: Stream + Unpin> Stream for Gated<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.gate.0.closed.get() {
            *self.gate.0.waiting.borrow_mut() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_next(cx)
    }
}
