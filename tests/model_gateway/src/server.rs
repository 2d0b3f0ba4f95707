//! The HTTP side: reads a request, asks the world about it under the one mutex, and puts the answer on the wire.
//! Nothing waits while the mutex is held.

use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::answer::Answer;
use crate::body::{self, Watch};
use crate::call::Call;
use crate::control;
use crate::judge::{self, Verdict};
use crate::world::World;

#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
    bell: Notify,
}

impl Shared {
    pub fn new(world: World) -> Shared {
        Shared { world: Mutex::new(world), bell: Notify::new() }
    }

    /// A handler that panicked has left at worst one half-done change; a test wants to go on and see it.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has happened that somebody may wait for.
    pub fn ring(&self) {
        self.bell.notify_waiters();
    }

    /// Ends at the next ring after this call.
    pub fn rung(&self) -> Notified<'_> {
        self.bell.notified()
    }
}

/// A second handle to the connection's socket, to reset it.
pub struct Socket(pub OwnedFd);

/// Serves until it is stopped.
pub fn run(listener: TcpListener, shared: Arc<Shared>, tell: &Sender<ServerHandle>) {
    let shared = web::Data::from(shared);
    rt::System::new().block_on(async move {
        let app = move || App::new().app_data(shared.clone()).default_service(web::to(serve));
        let server =
            HttpServer::new(app).workers(1).h1_allow_half_closed(false).on_connect(|connection, data| {
                let stream = connection.downcast_ref::<rt::net::TcpStream>();
                if let Some(Ok(socket)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
                    data.insert(Arc::new(Socket(socket)));
                }
            });
        let server = server.listen(listener).expect("the listener is open");
        let server = server.disable_signals().shutdown_timeout(0).run();
        // Nobody listens any more when the test has already failed.
        drop(tell.send(server.handle()));
        drop(server.await);
    });
}

async fn serve(request: HttpRequest, payload: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    let shared = shared.into_inner();
    let mut call = Call::read(&request);
    let limit = shared.world().settings.largest_request;
    if call.path.starts_with("/_model") {
        let Some(body) = body(payload, limit).await else {
            return body::plain(Answer::invalid("the body is too large or ended too early"));
        };
        call.body = body;
        let answer = control::answer(&mut shared.world(), &call);
        shared.ring();
        return body::plain(answer);
    }
    let number = shared.world().log.open(&call);
    let watch = Watch::new(Arc::clone(&shared), number);
    shared.ring();
    let Some(body) = body(payload, limit).await else {
        let answer = judge::too_large(&mut shared.world(), &call);
        return body::at_once(answer, watch);
    };
    call.body = body;
    let verdict = {
        let mut world = shared.world();
        world.log.set_body(number, &call.body);
        judge::judge(&mut world, &call, number)
    };
    match verdict {
        Verdict::Answer(answer) => body::at_once(answer, watch),
        Verdict::Play(play) => body::play(&request, play, watch).await,
        Verdict::Reset => body::nothing(&request, watch),
    }
}

/// `None`: longer than `limit`, or cut off.
async fn body(mut payload: web::Payload, limit: usize) -> Option<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        if body.len() + chunk.len() > limit {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body.freeze())
}
