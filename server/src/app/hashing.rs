//! Where passwords are hashed: a few threads of their own, with a queue of bounded length. A flood of passwords fills
//! the queue and is refused; session checks run on other threads, which come first at the processor.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use countersign_domain::base::{Clock, Code, Error, Result};
use crossbeam_channel::{Sender, bounded};
use tokio::sync::oneshot;

use crate::http::metrics::Hashed;

/// Jobs that may wait for each thread: about two seconds' worth at the usual cost.
const WAITING_PER_THREAD: usize = 128;
/// When a refused caller may try again, in seconds.
const RETRY_SECONDS: i64 = 1;
/// How much less than others the threads get of a busy processor: a tenth (`nice(2)`).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// The threads and their queue. They end when this is dropped.
pub struct Hashing {
    queue: Sender<Job>,
    clock: Arc<dyn Clock>,
    metrics: Hashed,
}

impl Hashing {
    /// Starts a thread for every two processors.
    pub(super) fn start(clock: Arc<dyn Clock>, metrics: Hashed) -> Result<Self> {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = (processors / 2).max(1);
        Self::with(threads, threads * WAITING_PER_THREAD, clock, metrics)
    }

    fn with(threads: usize, waiting: usize, clock: Arc<dyn Clock>, metrics: Hashed) -> Result<Self> {
        let (queue, jobs) = bounded::<Job>(waiting);
        for _ in 0..threads {
            let jobs = jobs.clone();
            let work = move || {
                #[cfg(target_os = "linux")]
                if let Err(error) = rustix::process::nice(NICE) {
                    tracing::debug!(%error, "hashing takes as much of the processor as everything else");
                }
                for job in jobs {
                    job();
                }
            };
            std::thread::Builder::new().name("hashing".to_owned()).spawn(work).map_err(Error::internal)?;
        }
        Ok(Self { queue, clock, metrics })
    }

    /// Runs `work` on one of the threads, or not at all when nobody waits for its answer any more. With a full queue it
    /// is `Code::TooManyAttempts` at once.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let metrics = self.metrics.clone();
        metrics.waiting.inc();
        let job = move || {
            metrics.waiting.dec();
            if answer.is_closed() {
                return;
            }
            metrics.running.inc();
            // A panic ends the job, not the thread.
            let done = catch_unwind(AssertUnwindSafe(work));
            metrics.running.dec();
            // Without an answer the caller is told that there is none.
            if let Ok(done) = done {
                let _ = answer.send(done);
            }
        };
        if self.queue.try_send(Box::new(job)).is_err() {
            self.metrics.waiting.dec();
            self.metrics.refused.inc();
            return Err(Code::TooManyAttempts { retry_at: self.clock.now().plus_seconds(RETRY_SECONDS) }.into());
        }
        answered.await.map_err(|_| Error::internal("hashing ended without an answer"))?
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use countersign_domain::base::time::SystemClock;

    use super::*;
    use crate::http::metrics::Metrics;

    fn pool(threads: usize, waiting: usize) -> (Arc<Hashing>, Metrics) {
        let metrics = Metrics::new();
        let hashing = Hashing::with(threads, waiting, Arc::new(SystemClock::default()), metrics.hashing()).unwrap();
        (Arc::new(hashing), metrics)
    }

    /// A job that says when it begins and ends when it is told to.
    struct Held {
        begun: mpsc::Receiver<()>,
        end: mpsc::Sender<()>,
        answer: tokio::task::JoinHandle<Result<()>>,
    }

    fn hold(hashing: &Arc<Hashing>) -> Held {
        let (says_begun, begun) = mpsc::channel();
        let (end, may_end) = mpsc::channel();
        let hashing = Arc::clone(hashing);
        let answer = tokio::spawn(async move {
            hashing
                .run(move || {
                    says_begun.send(()).unwrap();
                    may_end.recv().map_err(Error::internal)
                })
                .await
        });
        Held { begun, end, answer }
    }

    /// Polls once, which puts the job into the queue.
    fn start<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_jobs_run_at_once_than_there_are_threads() {
        let (hashing, metrics) = pool(2, 100);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let held = [hold(&hashing), hold(&hashing)];
        for job in &held {
            job.begun.recv().unwrap();
        }
        let jobs: Vec<_> = (0..50)
            .map(|n| {
                let (running, most) = (Arc::clone(&running), Arc::clone(&most));
                let mut job = Box::pin(hashing.run(move || {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    running.fetch_sub(1, Ordering::SeqCst);
                    Ok(n)
                }));
                assert!(start(job.as_mut()).is_pending());
                job
            })
            .collect();
        assert_eq!(most.load(Ordering::SeqCst), 0);
        let text = metrics.encode();
        assert!(text.contains("countersign_hashing_running 2\n"), "{text}");
        assert!(text.contains("countersign_hashing_waiting 50\n"), "{text}");
        for job in held {
            job.end.send(()).unwrap();
            job.answer.await.unwrap().unwrap();
        }
        for (n, job) in jobs.into_iter().enumerate() {
            assert_eq!(job.await.unwrap(), n);
        }
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_queue_refuses_at_once_and_says_when_to_come_again() {
        let (hashing, metrics) = pool(1, 1);
        let held = hold(&hashing);
        held.begun.recv().unwrap();
        let mut waits = Box::pin(hashing.run(|| Ok(7)));
        assert!(start(waits.as_mut()).is_pending());
        let before = hashing.clock.now();
        let refused = hashing.run(|| Ok(8)).await.unwrap_err();
        assert!(matches!(refused.code, Code::TooManyAttempts { retry_at } if retry_at >= before.plus_seconds(1)));
        held.end.send(()).unwrap();
        assert_eq!(waits.await.unwrap(), 7);
        held.answer.await.unwrap().unwrap();
        let text = metrics.encode();
        assert!(text.contains("countersign_hashing_refused_total 1\n"), "{text}");
        assert!(text.contains("countersign_hashing_waiting 0\n"), "{text}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_job_whose_caller_went_away_does_not_run() {
        let (hashing, _metrics) = pool(1, 9);
        let held = hold(&hashing);
        held.begun.recv().unwrap();
        let ran = Arc::new(AtomicUsize::new(0));
        let count = |ran: &Arc<AtomicUsize>| {
            let ran = Arc::clone(ran);
            move || Ok(ran.fetch_add(1, Ordering::SeqCst))
        };
        let mut gone = Box::pin(hashing.run(count(&ran)));
        assert!(start(gone.as_mut()).is_pending());
        drop(gone);
        held.end.send(()).unwrap();
        // What was queued after it finds that nothing ran before.
        assert_eq!(hashing.run(count(&ran)).await.unwrap(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_ends_its_job_only() {
        let (hashing, metrics) = pool(1, 9);
        let broken = hashing.run(|| -> Result<()> { panic!("a defect") }).await.unwrap_err();
        assert_eq!(broken.code, Code::Internal);
        assert_eq!(hashing.run(|| Ok(7)).await.unwrap(), 7);
        let refused = hashing.run(|| Err::<(), _>(Code::InvalidCredentials.into())).await.unwrap_err();
        assert_eq!(refused.code, Code::InvalidCredentials);
        assert!(metrics.encode().contains("countersign_hashing_running 0\n"));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn hashing_threads_come_last_at_the_processor_and_others_are_as_before() {
        let nice = || rustix::process::getpriority_process(None).map_err(Error::internal);
        let before = nice().unwrap();
        let (hashing, _metrics) = pool(1, 1);
        assert_eq!(hashing.run(nice).await.unwrap(), (before + NICE).min(19));
        assert_eq!(nice().unwrap(), before);
    }
}
