//! The accept loop. Own, because axum's has no limits: here a client can make the server hold only so much, for only so
//! long (security.md 46), and the price per request is a few atomic stores.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io::{self, ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use http_body_util::Limited;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt as _};

use crate::config::Limits;

/// How long running requests may take to finish once the server stops.
pub const DRAIN: Duration = Duration::from_secs(10);

const MAX_HEAD_BYTES: usize = 64 * 1_024;
/// Files that stay free for the database, providers and what else is not a connection.
const FILES_RESERVED: usize = 256;

/// The socket's other end, found in a request's extensions. The client's own address only without a proxy: see
/// [`client_address`](super::client::client_address).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer(pub SocketAddr);

/// Answers requests with `service` (a `Router`, or layers around one) until `stop`; then accepts nobody more, lets
/// running requests finish for up to [`DRAIN`], and cuts off the rest.
pub async fn serve<S>(listener: TcpListener, service: S, limits: Limits, stop: CancellationToken)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    let limits = within_open_files(limits);
    let shared = Arc::new(Shared { limits, http: http(), stopping: AtomicBool::new(false), wake: Notify::new() });
    let mut connections = JoinSet::new();
    let mut full = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) if connections.len() < limits.connections => {
                full = false;
                connections.spawn(connection(stream, Peer(peer), service.clone(), Arc::clone(&shared)));
            }
            Ok((stream, _)) => {
                drop(stream);
                if !full {
                    full = true;
                    tracing::warn!(limit = limits.connections, "all connections are taken: new ones are closed");
                }
            }
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    shared.stopping.store(true, Ordering::Release);
    shared.wake.notify_waiters();
    if timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests still run: cut off");
        connections.shutdown().await;
    }
}

struct Shared {
    limits: Limits,
    http: http1::Builder,
    stopping: AtomicBool,
    wake: Notify,
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    // Time limits are ours (see `Watch`). 100 headers are hyper's default; saying so would put them on the heap.
    http.header_read_timeout(None).max_buf_size(MAX_HEAD_BYTES);
    http
}

/// A process that runs out of files cannot open its database either.
fn within_open_files(mut limits: Limits) -> Limits {
    let open_files = std::fs::read_to_string("/proc/self/limits").ok().and_then(|text| open_files(&text));
    if let Some(files) = open_files {
        let possible = files.saturating_sub(FILES_RESERVED).max(FILES_RESERVED);
        if possible < limits.connections {
            tracing::warn!(
                wanted = limits.connections,
                possible,
                "fewer connections than configured: the process may open only {files} files (raise it with \
                 `ulimit -n`, or LimitNOFILE= in the systemd unit)"
            );
            limits.connections = possible;
        }
    }
    limits
}

fn open_files(proc_self_limits: &str) -> Option<usize> {
    let line = proc_self_limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

async fn pause_after(error: &io::Error) {
    // These are about the one connection. Anything else (no more files, no memory) takes a moment to get better.
    if !matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
    ) {
        tracing::error!(%error, "a connection could not be accepted");
        sleep(Duration::from_millis(200)).await;
    }
}

async fn connection<S>(stream: TcpStream, peer: Peer, service: S, shared: Arc<Shared>)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let limits = shared.limits;
    let watch = Arc::new(Watch::new());
    let watched = Watched { io: TokioIo::new(stream), watch: Arc::clone(&watch) };
    let answer = {
        let watch = Arc::clone(&watch);
        service_fn(move |request: hyper::Request<Incoming>| {
            watch.enter(Phase::Busy);
            let mut request = request.map(|body| bounded(body, limits));
            request.extensions_mut().insert(peer);
            let answer = service.clone().oneshot(request);
            let watch = Arc::clone(&watch);
            async move {
                let answer = answer.await;
                watch.enter(Phase::Idle);
                answer
            }
        })
    };
    let mut http = pin!(shared.http.serve_connection(watched, answer));
    let mut wake = pin!(shared.wake.notified());
    let mut timer = pin!(sleep(Duration::ZERO));
    let (mut registered, mut stopping) = (false, false);
    poll_fn(|cx| {
        if !registered {
            registered = true;
            // Once is enough, because a task's waker stays the same: polling this each time would take a lock that all
            // connections share.
            let _ = wake.as_mut().poll(cx);
        }
        if !stopping && shared.stopping.load(Ordering::Acquire) {
            stopping = true;
            http.as_mut().graceful_shutdown();
        }
        if let Poll::Ready(result) = http.as_mut().poll(cx) {
            if let Err(error) = result {
                tracing::debug!(%error, "a connection ended");
            }
            return Poll::Ready(());
        }
        while timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            match watch.next_look(now, limits) {
                Some(next) => timer.as_mut().reset(next),
                None => return Poll::Ready(()),
            }
        }
        Poll::Pending
    })
    .await;
}

/// What a connection does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// The client sends the head of a request. So it begins.
    Head = 0,
    /// A request is being answered; its body has a time limit of its own.
    Busy = 1,
    /// The answer is made: it is being written, or the next request awaited.
    Idle = 2,
}

/// What a connection does, and since when: stored on the way, looked at by a timer that seldom fires. (A timer that is
/// set anew for each request costs more than the rest of the listener.)
struct Watch {
    start: Instant,
    phase: AtomicU8,
    /// Milliseconds after `start` at which the phase began or, when idle, something was last written.
    since: AtomicU64,
    /// Milliseconds after `start` at which the client stopped taking the answer; 0: it takes it.
    stalled: AtomicU64,
}

impl Watch {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            phase: AtomicU8::new(Phase::Head as u8),
            since: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
        }
    }

    // One task does all of this, so the order of the stores does not matter.
    fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.since.store(self.elapsed(), Ordering::Relaxed);
    }

    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) == phase as u8
    }

    fn elapsed(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn has_read(&self) {
        if self.is(Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    fn has_written<T>(&self, result: &Poll<T>) {
        if result.is_ready() {
            self.stalled.store(0, Ordering::Relaxed);
            if self.is(Phase::Idle) {
                self.since.store(self.elapsed(), Ordering::Relaxed);
            }
        } else if self.stalled.load(Ordering::Relaxed) == 0 {
            self.stalled.store(self.elapsed().max(1), Ordering::Relaxed);
        }
    }

    /// When to look again; `None` when the client had its time.
    fn next_look(&self, now: Instant, limits: Limits) -> Option<Instant> {
        let after = |millis: u64, seconds: u32| self.start + Duration::from_millis(millis) + secs(seconds);
        let since = self.since.load(Ordering::Relaxed);
        let stalled = self.stalled.load(Ordering::Relaxed);
        // A phase that begins after this look must not be noticed later than its own limit.
        let mut next = now + secs(limits.header_seconds.min(limits.body_seconds));
        if self.is(Phase::Head) {
            next = next.min(after(since, limits.header_seconds));
        } else if self.is(Phase::Idle) {
            next = next.min(after(since, limits.idle_seconds));
        }
        if stalled != 0 {
            next = next.min(after(stalled, limits.body_seconds));
        }
        (next > now).then_some(next)
    }
}

const fn secs(seconds: u32) -> Duration {
    Duration::from_secs(seconds as u64)
}

/// A socket that tells what passes through it.
struct Watched {
    io: TokioIo<TcpStream>,
    watch: Arc<Watch>,
}

impl Read for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        self.watch.has_read();
        Poll::Ready(Ok(()))
    }
}

impl Write for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, buf);
        self.watch.has_written(&result);
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.watch.has_written(&result);
        result
    }
}

fn bounded(body: Incoming, limits: Limits) -> Body {
    if body.is_end_stream() {
        // Most requests: no box, no limits.
        return Body::empty();
    }
    let timed = Timed { body, within: secs(limits.body_seconds), timer: None };
    // axum's extractors know the error of `Limited` and answer 413.
    Body::new(Limited::new(timed, limits.body_bytes))
}

/// A body that must arrive in time. Most have arrived with the head, and need no timer.
struct Timed {
    body: Incoming,
    within: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(this.within)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::from(ErrorKind::TimedOut).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::Extension;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::task::JoinHandle;

    use super::*;

    const LIMITS: Limits =
        Limits { body_bytes: 1_000, header_seconds: 1, body_seconds: 1, idle_seconds: 2, connections: 20 };

    struct Server {
        address: SocketAddr,
        stop: CancellationToken,
        task: JoinHandle<()>,
    }

    async fn start(limits: Limits) -> Server {
        let router = Router::new()
            .route("/", get(|Extension(Peer(peer)): Extension<Peer>| async move { peer.to_string() }))
            .route(
                "/slow",
                get(|| async {
                    sleep(Duration::from_millis(2_500)).await;
                    "done"
                }),
            )
            .route("/big", get(|| async { vec![b'x'; 64 << 20] }))
            .route("/echo", post(|body: Bytes| async move { body }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, router, limits, stop.clone()));
        Server { address, stop, task }
    }

    impl Server {
        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }

        async fn ask(&self, text: &str) -> String {
            let mut stream = self.connect().await;
            stream.write_all(text.as_bytes()).await.unwrap();
            rest(&mut stream).await
        }
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut out = Vec::new();
        // A cut connection may end in a reset: what came before it counts.
        let _ = timeout(Duration::from_secs(8), stream.read_to_end(&mut out)).await.expect("the connection ends");
        String::from_utf8_lossy(&out).into_owned()
    }

    async fn one_answer(stream: &mut TcpStream, request: &str) -> String {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut out = vec![0; 4_096];
        let n = timeout(Duration::from_secs(8), stream.read(&mut out)).await.expect("an answer in time").unwrap();
        String::from_utf8_lossy(&out[..n]).into_owned()
    }

    const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    const GET_CLOSE: &str = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_request_is_answered_and_knows_its_peer() {
        let server = start(LIMITS).await;
        let mut stream = server.connect().await;
        let own = stream.local_addr().unwrap().to_string();
        for _ in 0..3 {
            let answer = one_answer(&mut stream, GET).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&own), "{answer}");
        }
        let pipelined = server.ask(&format!("{GET}{GET}{GET_CLOSE}")).await;
        assert_eq!(pipelined.matches("HTTP/1.1 200").count(), 3);
    }

    #[tokio::test]
    async fn a_slow_head_is_cut_while_others_are_served() {
        let server = start(LIMITS).await;
        let mut silent = server.connect().await;
        let mut slow = server.connect().await;
        let mut second = server.connect().await;
        assert!(one_answer(&mut second, GET).await.contains("200"));
        let began = Instant::now();
        for _ in 0..6 {
            // A byte now and then does not help.
            let _ = slow.write_all(b"G").await;
            let _ = second.write_all(b"G").await;
            assert!(server.ask(GET_CLOSE).await.starts_with("HTTP/1.1 200"));
            sleep(Duration::from_millis(150)).await;
        }
        for stream in [&mut silent, &mut slow, &mut second] {
            assert_eq!(rest(stream).await, "");
        }
        assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn an_idle_connection_ends_after_its_time_and_a_busy_one_does_not() {
        let server = start(LIMITS).await;
        let mut idle = server.connect().await;
        let began = Instant::now();
        assert!(one_answer(&mut idle, GET).await.contains("200"));
        sleep(Duration::from_millis(1_500)).await;
        assert!(one_answer(&mut idle, GET).await.contains("200"), "longer than a head may take, shorter than idle");
        assert_eq!(rest(&mut idle).await, "");
        assert!(began.elapsed() >= Duration::from_millis(3_400), "{:?}", began.elapsed());
        let slow = server.ask("GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(slow.ends_with("done"), "longer than any limit of the client: {slow}");
    }

    #[tokio::test]
    async fn a_body_is_bounded_in_size_and_time() {
        let server = start(LIMITS).await;
        let post = |length: usize, body: &str| {
            format!("POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        };
        assert!(server.ask(&post(5, "hello")).await.ends_with("\r\n\r\nhello"));
        assert!(server.ask(&post(1_000, &"x".repeat(1_000))).await.starts_with("HTTP/1.1 200"));
        assert!(server.ask(&post(1_001, &"x".repeat(1_001))).await.starts_with("HTTP/1.1 413"));
        let chunked = "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1_000));
        assert!(server.ask(&format!("{chunked}{chunk}0\r\n\r\n")).await.starts_with("HTTP/1.1 200"));
        assert!(server.ask(&format!("{chunked}{chunk}{chunk}0\r\n\r\n")).await.starts_with("HTTP/1.1 413"));
        let began = Instant::now();
        assert!(server.ask(&post(500, "only this much")).await.starts_with("HTTP/1.1 400"));
        assert!((900..2_500).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn a_head_is_bounded_in_size_and_number() {
        let server = start(LIMITS).await;
        let head = |headers: String| format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
        let many = |n: usize| head("x: 1\r\n".repeat(n));
        assert!(server.ask(&many(98)).await.starts_with("HTTP/1.1 200"));
        assert!(server.ask(&many(99)).await.starts_with("HTTP/1.1 431"));
        let large = |n: usize| head(format!("x: {}\r\n", "y".repeat(n)));
        assert!(server.ask(&large(MAX_HEAD_BYTES - 1_000)).await.starts_with("HTTP/1.1 200"));
        assert!(!server.ask(&large(2 * MAX_HEAD_BYTES)).await.contains("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn a_client_that_does_not_take_its_answer_is_cut() {
        let server = start(LIMITS).await;
        let mut stream = server.connect().await;
        stream.write_all(b"GET /big HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        sleep(Duration::from_secs(3)).await;
        let got = timeout(Duration::from_secs(5), async {
            let (mut got, mut buffer) = (0, vec![0; 1 << 20]);
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                got += n;
            }
            got
        });
        assert!(got.await.expect("the connection has ended") < 64 << 20);
    }

    #[tokio::test]
    async fn over_the_limit_connections_are_closed_and_places_come_back() {
        let server = start(Limits { connections: 2, idle_seconds: 60, ..LIMITS }).await;
        let (mut first, mut second) = (server.connect().await, server.connect().await);
        assert!(one_answer(&mut first, GET).await.contains("200"));
        assert!(one_answer(&mut second, GET).await.contains("200"));
        let mut third = server.connect().await;
        assert_eq!(rest(&mut third).await, "");
        assert!(one_answer(&mut first, GET).await.contains("200"), "those who are in are served");
        drop(second);
        sleep(Duration::from_millis(100)).await;
        assert!(server.ask(GET_CLOSE).await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn stopping_finishes_running_requests_and_takes_no_new_ones() {
        let server = start(LIMITS).await;
        let mut idle = server.connect().await;
        assert!(one_answer(&mut idle, GET).await.contains("200"));
        let mut fresh = server.connect().await;
        let mut running = server.connect().await;
        running.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        sleep(Duration::from_millis(200)).await;
        server.stop.cancel();
        let stopped = Instant::now();
        assert_eq!(rest(&mut idle).await, "");
        assert_eq!(rest(&mut fresh).await, "");
        assert!(stopped.elapsed() < Duration::from_millis(500), "what waits ends at once: {:?}", stopped.elapsed());
        assert!(TcpStream::connect(server.address).await.is_err(), "nobody new");
        let answer = rest(&mut running).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
        timeout(Duration::from_secs(1), server.task).await.expect("the server ends").unwrap();
    }

    #[test]
    fn the_limit_of_open_files_is_read() {
        let text = "Limit          Soft Limit   Hard Limit   Units\nMax open files 1024         524288       files\n";
        assert_eq!(open_files(text), Some(1_024));
        assert_eq!(open_files("Max open files unlimited unlimited files"), None);
    }
}
