//! Who works: a few threads, and a queue of limited length before them.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::ServeConfig;
use crate::fault::Fault;

/// Runs work that would block other requests.
pub(crate) struct Pool {
    /// For requests at work and waiting.
    places: Arc<Semaphore>,
    /// For requests at work.
    threads: Arc<Semaphore>,
    time: std::time::Duration,
}

impl Pool {
    pub(crate) fn new(config: &ServeConfig) -> Self {
        let n_threads = config.n_threads.get();
        Self {
            places: Arc::new(Semaphore::new(n_threads + config.limits.queue)),
            threads: Arc::new(Semaphore::new(n_threads)),
            time: config.limits.time,
        }
    }

    /// Does `work` on a thread of its own as soon as one is free. If that takes too long, nobody waits for it any
    /// longer, but its thread is not free before it is done.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let full = |_| Fault::busy("all threads work and the queue is full: try again in a second");
        let place = self.places.clone().try_acquire_owned().map_err(full)?;
        let threads = self.threads.clone();
        let done = async move {
            let closed = |_| Fault::busy("the server stops");
            let thread = threads.acquire_owned().await.map_err(closed)?;
            let work = move || {
                let answer = work();
                drop((thread, place));
                answer
            };
            let failed = |_| Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "the work failed");
            tokio::task::spawn_blocking(work).await.map_err(failed)?
        };
        let seconds = self.time.as_secs_f64();
        let late = |_| {
            Fault::busy(format!(
                "no answer within {seconds} s: send fewer rows, or try again when less is asked"
            ))
        };
        timeout(self.time, done).await.map_err(late)?
    }
}
