//! The server: models, a socket, and when to stop.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::config::ServeConfig;
use crate::connections::{Ending, accept};
use crate::loaded::LoadError;
use crate::metrics::Requests;
use crate::pool::Pool;
use crate::routes::{App, router};
use crate::served::Served;

/// Why models cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// No folder was named.
    #[error("name at least one model folder")]
    NoModel,
    /// A folder cannot be served.
    #[error("{0}")]
    Model(String),
    /// Two folders have one name.
    #[error("two models are called `{0}`, after their folders: rename one")]
    SameName(String),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}; is something else there? Choose another address or port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Threads or signals cannot be had.
    #[error("the server cannot start: {0}")]
    Start(#[from] io::Error),
}

/// Models that were read and a socket that is bound. Connections are accepted by [`run`](Self::run).
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    address: SocketAddr,
    stop: Arc<Notify>,
    log: Log,
}

type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Tells a server to stop.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Notify>);

impl Stopper {
    /// Accepts no more connections and finishes what was accepted; told again, ends at once.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

/// Serves the models of some folders under the names of these until the process is told to stop, by SIGTERM
/// or Ctrl-C. `log` is told what a person who runs a server wants to know.
///
/// # Errors
///
/// If a folder is no model, two have one name, or the address cannot be listened at.
pub fn serve(
    folders: &[PathBuf],
    config: &ServeConfig,
    log: impl Fn(&str) + Send + Sync + 'static,
) -> Result<(), ServeError> {
    let server = Server::bind(folders, config, log)?;
    (server.log)(&format!("listening at http://{}", server.address));
    server.run_until(Until::Signals)
}

/// Who tells a server to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Signals,
    Stopper,
}

impl Server {
    /// Reads the models and binds the socket.
    ///
    /// # Errors
    ///
    /// As [`serve`].
    pub fn bind(
        folders: &[PathBuf],
        config: &ServeConfig,
        log: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, ServeError> {
        let models = load(folders)?;
        let at = |source| ServeError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).map_err(at)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let app = App {
            models,
            pool: Pool::new(config),
            requests: Requests::default(),
            is_stopping: AtomicBool::new(false),
            config: config.clone(),
        };
        Ok(Self { app: Arc::new(app), listener, address, stop: Arc::default(), log: Arc::new(log) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What tells it to stop.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Answers until its [`Stopper`] is used.
    ///
    /// # Errors
    ///
    /// If threads cannot be had.
    pub fn run(self) -> Result<(), ServeError> {
        self.run_until(Until::Stopper)
    }

    fn run_until(self, until: Until) -> Result<(), ServeError> {
        let runtime = runtime(&self.app.config)?;
        let ending = runtime.block_on(self.answer(until));
        // What is still at work has nobody left who waits for it.
        runtime.shutdown_background();
        ending
    }

    async fn answer(self, until: Until) -> Result<(), ServeError> {
        let Self { app, listener, stop, log, .. } = self;
        if until == Until::Signals {
            on_signals(&stop)?;
        }
        tokio::spawn(look(app.clone(), log.clone()));
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let router = router(app.clone());
        let stopping = || {
            app.is_stopping.store(true, Ordering::Relaxed);
            log("stopping: no more connections, and what was accepted is finished");
        };
        match accept(listener, router, &app.config, || stop.notified(), stopping).await {
            Ending::Finished => log("stopped"),
            Ending::Cut => log("stopped, with connections that were not done"),
        }
        Ok(())
    }
}

fn runtime(config: &ServeConfig) -> io::Result<Runtime> {
    let n_threads = config.n_threads.get();
    // Beside the threads that answer there are those that read a new model and make the text of metrics.
    Builder::new_multi_thread()
        .worker_threads(n_threads)
        .max_blocking_threads(n_threads + 2)
        .enable_all()
        .build()
}

/// Looks for new models from time to time.
async fn look(app: Arc<App>, log: Log) {
    loop {
        sleep(app.config.look_every).await;
        for served in &app.models {
            let served = served.clone();
            // A model that cannot be read is told of; one that panics is left out.
            if let Ok(Some(line)) = tokio::task::spawn_blocking(move || served.look()).await {
                log(&line);
            }
        }
    }
}

fn load(folders: &[PathBuf]) -> Result<Vec<Arc<Served>>, ServeError> {
    let mut models: Vec<Arc<Served>> = Vec::new();
    for folder in folders {
        let name = name_of(folder)?;
        if models.iter().any(|model| model.name == name) {
            return Err(ServeError::SameName(name));
        }
        let failed = |error: LoadError| ServeError::Model(error.to_string());
        models.push(Arc::new(Served::load(folder, name).map_err(failed)?));
    }
    if models.is_empty() { Err(ServeError::NoModel) } else { Ok(models) }
}

/// A model is called like its folder, `.` included.
fn name_of(folder: &Path) -> Result<String, ServeError> {
    let cannot = |error| ServeError::Model(format!("`{}` cannot be found: {error}", folder.display()));
    let name = match folder.file_name() {
        Some(name) => name.to_owned(),
        None => folder.canonicalize().map_err(cannot)?.file_name().unwrap_or_default().to_owned(),
    };
    Ok(name.to_string_lossy().into_owned())
}

#[cfg(unix)]
fn on_signals(stop: &Arc<Notify>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let (mut signal, stop) = (signal(kind)?, stop.clone());
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                stop.notify_one();
            }
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn on_signals(stop: &Arc<Notify>) -> io::Result<()> {
    let stop = stop.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            stop.notify_one();
        }
    });
    Ok(())
}
