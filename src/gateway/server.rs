//! The listener of agents, with threads of its own.

use std::any::Any;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Extensions, Server};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer, web};
use tokio::sync::SetOnce;

use super::entry;
use crate::actors::gateway::Way;

/// An agent that says nothing for so long between two requests connects anew.
const KEEP: Duration = Duration::from_secs(75);
/// To send the head of a request.
const HEAD: Duration = Duration::from_secs(15);
/// What of an answer may wait for an agent that reads slowly, in bytes; then the model waits, too.
const WAITING: usize = 64 * 1024;

/// What the threads share. The way comes last: until the tree stands, requests wait in the backlog.
#[derive(Default)]
pub struct Gate {
    pub way: SetOnce<Way>,
}

/// Starts the threads; the listener stays as it was given, shared with the keeper. `connections`: most at once.
pub fn serve(
    listener: TcpListener,
    gate: Arc<Gate>,
    workers: usize,
    connections: usize,
) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(gate.clone()))
            .service(web::resource("/health").route(web::get().to(entry::health)))
            .default_service(web::to(entry::request))
    });
    let server = server
        .workers(workers)
        .max_connections(connections.div_ceil(workers))
        .disable_signals()
        .shutdown_timeout(1)
        .keep_alive(KEEP)
        .client_request_timeout(HEAD)
        // Who closes its side of the connection has left.
        .h1_allow_half_closed(false)
        .h1_write_buffer_size(WAITING)
        .on_connect(tune)
        .listen(listener)?;
    Ok(server.run())
}

/// A piece of an answer goes out at once.
fn tune(connection: &dyn Any, _: &mut Extensions) {
    if let Some(Err(error)) = connection.downcast_ref::<TcpStream>().map(|stream| stream.set_nodelay(true)) {
        tracing::debug!(%error, "a connection could not be tuned");
    }
}
