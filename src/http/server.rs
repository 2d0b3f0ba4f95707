//! The server: workers, headers, and sockets that notice when a client is gone.

use std::any::Any;
use std::net::TcpListener;
use std::ops::Deref;
use std::os::unix::net::UnixListener;
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use actix::{Arbiter, ArbiterHandle};
use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, Payload, Server, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Compress, DefaultHeaders, Next, from_fn};
use actix_web::rt::net::{TcpStream, UnixStream};
use actix_web::{App, FromRequest, HttpRequest, HttpServer, web};
use futures_util::future::LocalBoxFuture;
use tokio::sync::SetOnce;
use tokio::time::timeout;

use super::error::{Problem, reword};
use super::guard::guard;
use super::routes::routes;
use crate::actors::tree::Handles;
use crate::config::Config;
use crate::domain::access::Access;

/// A client that takes nothing for so long, not even the kernel's probes, is gone.
const CLIENT_GONE: Duration = Duration::from_secs(20);

/// How long the tree may take to stand.
pub const STARTING: Duration = Duration::from_secs(10);

/// `wasm-unsafe-eval` lets pictures in terminals be decoded; it compiles WebAssembly and evaluates no text.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws: wss:; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// What the workers share. `handles` comes last: until the tree stands, requests wait in the backlog, and the few that
/// came in before the doors were closed wait for it.
pub struct Shared {
    pub config: web::Data<Config>,
    pub access: web::Data<Access>,
    pub handles: SetOnce<web::Data<Handles>>,
    /// The workers' arbiters: sessions live there, beside the sockets of those who watch them.
    arbiters: Mutex<Vec<(ThreadId, ArbiterHandle)>>,
}

/// Mark of a connection through the socket file, from a process of our own user or of root.
pub struct LocalPeer;

impl Shared {
    pub fn new(config: Config, access: Access) -> Shared {
        Shared {
            config: web::Data::new(config),
            access: web::Data::new(access),
            handles: SetOnce::new(),
            arbiters: Mutex::new(Vec::new()),
        }
    }

    pub fn workers(&self) -> Vec<ArbiterHandle> {
        let arbiters = self.arbiters.lock().unwrap_or_else(PoisonError::into_inner);
        arbiters.iter().map(|(_, arbiter)| arbiter.clone()).collect()
    }

    /// A worker reports once for each listener.
    fn report_worker(&self) {
        let mut arbiters = self.arbiters.lock().unwrap_or_else(PoisonError::into_inner);
        let here = std::thread::current().id();
        if arbiters.iter().all(|(thread, _)| *thread != here) {
            arbiters.push((here, Arbiter::current()));
        }
    }
}

/// The addresses of the actors, as an argument of a route.
pub struct Actors(web::Data<Handles>);

impl Deref for Actors {
    type Target = Handles;

    fn deref(&self) -> &Handles {
        &self.0
    }
}

impl FromRequest for Actors {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Actors, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let shared = request.app_data::<web::Data<Shared>>().cloned();
        Box::pin(async move {
            let shared = shared.ok_or_else(Problem::unavailable)?;
            let handles = timeout(STARTING, shared.handles.wait()).await;
            handles.map(|handles| Actors(handles.clone())).map_err(|_| Problem::unavailable())
        })
    }
}

/// Starts the workers; the listener stays as it was given, shared with the keeper. `socket`: the same routes for
/// programs of our own user.
pub fn serve(
    listener: TcpListener,
    socket: Option<UnixListener>,
    shared: std::sync::Arc<Shared>,
    workers: usize,
) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        shared.report_worker();
        App::new()
            .app_data(shared.config.clone())
            .app_data(shared.access.clone())
            .app_data(web::Data::from(shared.clone()))
            .configure(routes)
            .wrap(from_fn(guard))
            .wrap(from_fn(reword))
            .wrap(from_fn(transport))
            .wrap(headers())
            .wrap(Compress::default())
    });
    let server = server
        .workers(workers)
        .disable_signals()
        .shutdown_timeout(1)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(10))
        .on_connect(meet)
        .listen(listener)?;
    let server = match socket {
        Some(socket) => server.listen_uds(socket)?,
        None => server,
    };
    Ok(server.run())
}

fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("X-Frame-Options", "DENY"))
        .add(("Referrer-Policy", "no-referrer"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add(("Permissions-Policy", "microphone=(self)"))
}

/// Behind TLS, browsers shall come by TLS from now on.
async fn transport(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let secure = request.headers().get(header::X_FORWARDED_PROTO).is_some_and(|proto| proto == "https");
    let mut response = next.call(request).await?;
    if secure {
        let year = header::HeaderValue::from_static("max-age=31536000");
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    Ok(response)
}

fn meet(connection: &dyn Any, marks: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
        tune(stream);
    } else if connection.downcast_ref::<UnixStream>().is_some_and(is_ours) {
        marks.insert(LocalPeer);
    }
}

/// Whether the process at the other end is of our own user, or of root.
fn is_ours(stream: &UnixStream) -> bool {
    let peer = rustix::net::sockopt::socket_peercred(stream);
    peer.is_ok_and(|peer| peer.uid.is_root() || peer.uid == rustix::process::geteuid())
}

/// Keystrokes go out at once; a dead peer is noticed by the kernel, whatever the actors do.
fn tune(stream: &TcpStream) {
    use rustix::net::sockopt;
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| Ok(sockopt::set_tcp_user_timeout(stream, CLIENT_GONE.as_millis() as u32)?))
        .and_then(|()| Ok(sockopt::set_socket_keepalive(stream, true)?))
        .and_then(|()| Ok(sockopt::set_tcp_keepidle(stream, CLIENT_GONE)?))
        .and_then(|()| Ok(sockopt::set_tcp_keepintvl(stream, Duration::from_secs(5))?));
    if let Err(error) = tuned {
        tracing::debug!(%error, "a connection could not be tuned");
    }
}
