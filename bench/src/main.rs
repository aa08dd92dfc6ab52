//! Timings and throughput of Countersign, always beside a peer or a limit in the same run. `bench/run` runs them all.

mod flow;
mod http;
mod limit;
mod oracle;
mod passwords;
mod peer;
mod store;
mod wire;

use std::error::Error;
use std::net::SocketAddr;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Done<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Parser)]
enum Bench {
    /// Durable transactions per second of the db room, beside the raw drivers
    Store {
        /// A throw-away PostgreSQL database; without it only SQLite is measured
        #[arg(long)]
        postgres: Option<String>,
        /// Seconds per measurement
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// Whole sign-ins by phone per second: ask, wait for the message, exchange
    Flow {
        /// A server started with --dev
        #[arg(long)]
        server: SocketAddr,
        /// People who sign in at the same time
        #[arg(long, default_value_t = 128)]
        people: usize,
        /// Seconds to measure
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Ask for this many codes first that nobody redeems
        #[arg(long, default_value_t = 0)]
        outstanding: usize,
    },
    /// Codes sent and whole sign-ins on a wire that Countersign shares with better-auth
    Peer {
        /// Countersign started with --dev, or bench/better-auth/server.mjs
        #[arg(long)]
        server: SocketAddr,
        /// What the server speaks
        #[arg(long)]
        wire: wire::Wire,
        /// People who sign in at the same time
        #[arg(long, default_value_t = 128)]
        people: usize,
        /// Seconds per measurement
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Where to write the header with the cookies of a session
        #[arg(long)]
        cookie: std::path::PathBuf,
    },
    /// A flood of password sign-ins
    Passwords {
        /// A server started with --dev
        #[arg(long)]
        server: SocketAddr,
        /// Connections that sign in again and again
        #[arg(long, default_value_t = 256)]
        connections: usize,
        /// For how many seconds
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Whether the time of a prelogin tells who is known
    Oracle {
        /// A server started with --dev, that nobody used before
        #[arg(long)]
        server: SocketAddr,
        /// Its API key
        #[arg(long)]
        key: String,
        /// Pairs of each comparison
        #[arg(long, default_value_t = 10_000)]
        pairs: usize,
    },
    /// The limit: an axum route that answers the bytes of a file from memory
    Limit {
        /// Where to listen
        #[arg(long)]
        listen: SocketAddr,
        /// The answer
        #[arg(long)]
        body: std::path::PathBuf,
    },
}

fn main() -> Done {
    match Bench::parse() {
        Bench::Store { postgres, seconds } => store::run(postgres.as_deref(), seconds),
        Bench::Flow { server, people, seconds, outstanding } => {
            one_thread()?.block_on(flow::run(server, people, seconds, outstanding))
        }
        Bench::Peer { server, wire, people, seconds, cookie } => {
            one_thread()?.block_on(peer::run(server, wire, people, seconds, &cookie))
        }
        Bench::Passwords { server, connections, seconds } => {
            one_thread()?.block_on(passwords::run(server, connections, seconds))
        }
        Bench::Oracle { server, key, pairs } => one_thread()?.block_on(oracle::run(server, &key, pairs)),
        Bench::Limit { listen, body } => one_thread()?.block_on(limit::run(listen, &body)),
    }
}

fn one_thread() -> Done<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Requests per second and latencies of a measurement.
struct Measured {
    per_second: f64,
    p50: f64,
    p99: f64,
}

impl Measured {
    fn of(mut micros: Vec<u64>, seconds: f64) -> Self {
        micros.sort_unstable();
        let at = |share: f64| {
            let index = ((micros.len() as f64 * share) as usize).min(micros.len().saturating_sub(1));
            micros.get(index).map_or(0.0, |v| *v as f64 / 1_000.0)
        };
        Self { per_second: micros.len() as f64 / seconds, p50: at(0.5), p99: at(0.99) }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>9.0}/s   p50 {:>7.2} ms   p99 {:>7.2} ms", self.per_second, self.p50, self.p99)
    }
}
