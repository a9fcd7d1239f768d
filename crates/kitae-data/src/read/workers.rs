//! Threads for independent pieces of work.

use rayon::prelude::*;

/// Some threads, or none beside the caller's.
#[derive(Debug)]
pub(super) struct Workers {
    pool: Option<rayon::ThreadPool>,
    n_threads: usize,
}

impl Workers {
    /// `n_threads` threads; one or none means the caller's alone, and so does a system that gives no threads.
    pub(super) fn new(n_threads: usize) -> Self {
        let pool = (n_threads > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().ok())
            .flatten();
        let n_threads = if pool.is_some() { n_threads } else { 1 };
        Self { pool, n_threads }
    }

    pub(super) fn n_threads(&self) -> usize {
        self.n_threads
    }

    /// `work` of each item, in the order of the items.
    pub(super) fn map<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
        match &self.pool {
            Some(pool) => pool.install(|| items.par_iter().with_max_len(1).map(work).collect()),
            None => items.iter().map(work).collect(),
        }
    }

    /// `work` on each item in place, with its position.
    pub(super) fn each<T: Send>(&self, items: &mut [T], work: impl Fn(usize, &mut T) + Sync + Send) {
        match &self.pool {
            Some(pool) => {
                pool.install(|| {
                    items.par_iter_mut().with_max_len(1).enumerate().for_each(|(i, item)| work(i, item));
                });
            }
            None => items.iter_mut().enumerate().for_each(|(i, item)| work(i, item)),
        }
    }
}
