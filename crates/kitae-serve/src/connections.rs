//! Connections: how many there are, how long each may take, and how they end.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::config::{Limits, ServeConfig};

/// A connection that cannot be accepted, for want of files say, may be in a moment.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// What came of the connections that were open when the server was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All requests were answered.
    Finished,
    /// Some took too long, or whoever told the server to stop did so again.
    Cut,
}

/// Accepts connections until `stop` is told once; then lets those that are open finish what they are at.
pub(crate) async fn accept<S, F>(
    listener: TcpListener,
    router: Router,
    config: &ServeConfig,
    mut stop: S,
    stopping: impl FnOnce(),
) -> Ending
where
    S: FnMut() -> F,
    F: Future<Output = ()>,
{
    let slots = Arc::new(Semaphore::new(config.limits.connections));
    let graceful = GracefulShutdown::new();
    {
        let mut stop = pin!(stop());
        loop {
            let slot = slots.clone().acquire_owned();
            let Some(Ok(slot)) = unless(stop.as_mut(), slot).await else { break };
            let Some(accepted) = unless(stop.as_mut(), listener.accept()).await else { break };
            let Ok((stream, _)) = accepted else {
                sleep(AFTER_FAILURE).await;
                continue;
            };
            let connection = graceful.watch(connection(stream, router.clone(), &config.limits));
            tokio::spawn(async move {
                // Whoever went away needs no answer.
                let _ = connection.await;
                drop(slot);
            });
        }
    }
    drop(listener);
    stopping();
    let again = pin!(stop());
    match unless(again, timeout(config.stop_within, graceful.shutdown())).await {
        Some(Ok(())) => Ending::Finished,
        _ => Ending::Cut,
    }
}

/// An idle connection is closed after the time that a request may take to arrive.
fn connection(
    stream: TcpStream,
    router: Router,
    limits: &Limits,
) -> http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>> {
    // Answers are small and written at once; waiting for more would only delay them.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.time)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}

/// What `other` gives, unless `stop` ends first; it must not have ended before.
async fn unless<T>(
    mut stop: Pin<&mut impl Future<Output = ()>>,
    other: impl Future<Output = T>,
) -> Option<T> {
    let mut other = pin!(other);
    poll_fn(|context| match stop.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending => other.as_mut().poll(context).map(Some),
    })
    .await
}
