//! What is counted, for Prometheus. One struct in the application, no globals, so that servers in one process (tests)
//! do not mix. Labels come from enums and constants only, never from a request.

use std::time::Duration;

use countersign_domain::verification;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The `Content-Type` of what `encode` gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const SECONDS: [f64; 13] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
const STATUS_CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Whom a request speaks to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Nuvix and Appwrite.
    Nuvix,
    /// Frontegg.
    Frontegg,
    /// nevr and better-auth.
    Nevr,
    /// Our own API.
    Admin,
    /// Login, portal and console.
    Page,
    /// Health, metrics, receipts and what no route takes.
    Other,
}

impl Dialect {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Nuvix, Self::Frontegg, Self::Nevr, Self::Admin, Self::Page, Self::Other];

    /// Its label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nuvix => "nuvix",
            Self::Frontegg => "frontegg",
            Self::Nevr => "nevr",
            Self::Admin => "admin",
            Self::Page => "page",
            Self::Other => "other",
        }
    }
}

impl From<verification::Dialect> for Dialect {
    fn from(dialect: verification::Dialect) -> Self {
        match dialect {
            verification::Dialect::Nuvix => Self::Nuvix,
            verification::Dialect::Frontegg => Self::Frontegg,
            verification::Dialect::Nevr => Self::Nevr,
            verification::Dialect::Page => Self::Page,
        }
    }
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A provider took it.
    Accepted,
    /// A receipt says it arrived.
    Delivered,
    /// A provider refused it or a receipt says it did not arrive.
    Failed,
    /// It is tried again, or by another provider.
    Retried,
    /// The send policy or its expiry kept it back.
    Dropped,
}

impl Outcome {
    /// Its label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::Dropped => "dropped",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfRequest {
    dialect: &'static str,
    status: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfDialect {
    dialect: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfRefusal {
    dialect: &'static str,
    reason: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfMessage {
    provider: &'static str,
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfWebhook {
    outcome: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OfLookup {
    result: &'static str,
}

/// What happens where passwords are hashed. Clones count together.
#[derive(Clone, Default, Debug)]
pub struct Hashed {
    /// Jobs that wait for a thread.
    pub waiting: Gauge,
    /// Jobs that run.
    pub running: Gauge,
    /// Jobs that found the queue full.
    pub refused: Counter,
}

/// The counters of one application. Cheap to count in: what happens on every request is looked up in an array.
pub struct Metrics {
    registry: Registry,
    requests: [[Counter; STATUS_CLASSES.len()]; Dialect::ALL.len()],
    request_seconds: [Histogram; Dialect::ALL.len()],
    signin_started: [Counter; Dialect::ALL.len()],
    signin_finished: [Counter; Dialect::ALL.len()],
    signin_refused: Family<OfRefusal, Counter>,
    messages: Family<OfMessage, Counter>,
    message_queue: Gauge,
    webhooks: Family<OfWebhook, Counter>,
    session_cache: [Counter; 2],
    hashing: Hashed,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("countersign");
        let requests = Family::<OfRequest, Counter>::default();
        let request_seconds =
            Family::<OfDialect, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
        let signin_started = Family::<OfDialect, Counter>::default();
        let signin_finished = Family::<OfDialect, Counter>::default();
        let signin_refused = Family::<OfRefusal, Counter>::default();
        let messages = Family::<OfMessage, Counter>::default();
        let message_queue = Gauge::default();
        let webhooks = Family::<OfWebhook, Counter>::default();
        let session_cache = Family::<OfLookup, Counter>::default();
        let hashing = Hashed::default();

        registry.register("http_requests", "Requests answered", requests.clone());
        let help = "Time from a request's head to its answer's";
        registry.register_with_unit("http_request", help, Unit::Seconds, request_seconds.clone());
        registry.register("signin_started", "Sign-ins begun", signin_started.clone());
        registry.register("signin_finished", "Sign-ins that ended in a session", signin_finished.clone());
        registry.register("signin_refused", "Sign-in steps refused", signin_refused.clone());
        registry.register("message_settled", "Messages by what became of them", messages.clone());
        registry.register("message_queue", "Messages that wait in the outbox", message_queue.clone());
        registry.register("webhook_calls", "Calls of webhooks by what became of them", webhooks.clone());
        registry.register("session_cache", "Session checks by whether memory answered", session_cache.clone());
        registry.register("hashing_waiting", "Passwords that wait to be hashed", hashing.waiting.clone());
        registry.register("hashing_running", "Passwords that are being hashed", hashing.running.clone());
        registry.register("hashing_refused", "Passwords refused because too many waited", hashing.refused.clone());

        let of = |dialect: Dialect| OfDialect { dialect: dialect.name() };
        Self {
            requests: Dialect::ALL.map(|dialect| {
                STATUS_CLASSES
                    .map(|status| requests.get_or_create_owned(&OfRequest { dialect: dialect.name(), status }))
            }),
            request_seconds: Dialect::ALL.map(|dialect| request_seconds.get_or_create_owned(&of(dialect))),
            signin_started: Dialect::ALL.map(|dialect| signin_started.get_or_create_owned(&of(dialect))),
            signin_finished: Dialect::ALL.map(|dialect| signin_finished.get_or_create_owned(&of(dialect))),
            session_cache: ["miss", "hit"].map(|result| session_cache.get_or_create_owned(&OfLookup { result })),
            registry,
            signin_refused,
            messages,
            message_queue,
            webhooks,
            hashing,
        }
    }

    /// A request was answered.
    pub fn request(&self, dialect: Dialect, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, STATUS_CLASSES.len()) - 1;
        self.requests[dialect as usize][class].inc();
        self.request_seconds[dialect as usize].observe(took.as_secs_f64());
    }

    /// A sign-in began.
    pub fn signin_started(&self, dialect: Dialect) {
        self.signin_started[dialect as usize].inc();
    }

    /// A sign-in ended in a session.
    pub fn signin_finished(&self, dialect: Dialect) {
        self.signin_finished[dialect as usize].inc();
    }

    /// A step of a sign-in was refused. `reason` is the name of a code, never text of a request.
    pub fn signin_refused(&self, dialect: Dialect, reason: &'static str) {
        self.signin_refused.get_or_create(&OfRefusal { dialect: dialect.name(), reason }).inc();
    }

    /// A message was settled. `provider` is the kind of provider, never the name that a customer gave it.
    pub fn message(&self, provider: &'static str, outcome: Outcome) {
        self.messages.get_or_create(&OfMessage { provider, outcome: outcome.name() }).inc();
    }

    /// So many messages wait in the outbox.
    pub fn message_queue(&self, waiting: i64) {
        self.message_queue.set(waiting);
    }

    /// A webhook was called: `done`, `retry`, `dead`, or `lost` when another worker has the delivery.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&OfWebhook { outcome }).inc();
    }

    /// A session was looked up in memory.
    pub fn session_lookup(&self, found: bool) {
        self.session_cache[usize::from(found)].inc();
    }

    /// The counters of hashing, for who does it.
    pub fn hashing(&self) -> Hashed {
        self.hashing.clone()
    }

    /// All of it as text, to be served as `CONTENT_TYPE`.
    pub fn encode(&self) -> String {
        let mut out = String::with_capacity(16 * 1_024);
        // Writing to a String does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Metrics::new();
        metrics.request(Dialect::Nuvix, 201, Duration::from_millis(3));
        metrics.request(Dialect::Nuvix, 204, Duration::from_millis(30));
        metrics.request(Dialect::Other, 999, Duration::ZERO);
        metrics.signin_started(Dialect::Nevr);
        metrics.signin_finished(Dialect::Frontegg);
        metrics.signin_refused(Dialect::Nuvix, "invalid_token");
        metrics.message("twilio", Outcome::Accepted);
        metrics.message_queue(7);
        metrics.webhook("done");
        metrics.session_lookup(true);
        let text = metrics.encode();
        for line in [
            r#"countersign_http_requests_total{dialect="nuvix",status="2xx"} 2"#,
            r#"countersign_http_requests_total{dialect="other",status="5xx"} 1"#,
            r#"countersign_http_request_seconds_bucket{le="0.005",dialect="nuvix"} 1"#,
            r#"countersign_http_request_seconds_count{dialect="nuvix"} 2"#,
            r#"countersign_signin_started_total{dialect="nevr"} 1"#,
            r#"countersign_signin_finished_total{dialect="frontegg"} 1"#,
            r#"countersign_signin_refused_total{dialect="nuvix",reason="invalid_token"} 1"#,
            r#"countersign_message_settled_total{provider="twilio",outcome="accepted"} 1"#,
            "countersign_message_queue 7",
            r#"countersign_webhook_calls_total{outcome="done"} 1"#,
            r#"countersign_session_cache_total{result="hit"} 1"#,
            r#"countersign_session_cache_total{result="miss"} 0"#,
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn two_applications_count_apart() {
        let (one, other) = (Metrics::new(), Metrics::new());
        one.message_queue(7);
        assert!(other.encode().contains("countersign_message_queue 0\n"));
    }

    #[test]
    fn a_dialects_number_is_its_place() {
        assert!(Dialect::ALL.iter().enumerate().all(|(place, dialect)| *dialect as usize == place));
    }
}
