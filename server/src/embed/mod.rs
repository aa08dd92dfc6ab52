//! The server as a part of another application: the routes, the workers and the store, without the command line.
//!
//! [`Countersign::builder`] opens the store, [`Countersign::router`] gives the routes to merge into the application's
//! own, and [`Session`] is the extractor by which its handlers learn who is signed in.

mod builder;
mod otp;
mod router;
mod session;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use builder::Builder;
pub use otp::Otp;
pub use router::Dialect;
pub use session::{Session, SessionRejection, User};

use crate::app::App;

/// How long [`Countersign::shutdown`] waits for messages that are being sent.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A running Countersign inside an application. Cheap to clone; when the last clone is dropped, the workers end.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use countersign::{Countersign, Dialect, Otp, Session};
///
/// # async fn sms(_to: &str, _text: &str) -> Result<(), String> { Ok(()) }
/// async fn whoami(session: Session) -> String {
///     session.user.phone.unwrap_or(session.user.id)
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = Countersign::builder()
///     .storage("sqlite://./auth.db")
///     .dialects([Dialect::Nuvix])
///     .countries(["DE", "AT"])
///     .send_otp(|otp: Otp| async move { sms(&otp.phone_number, &otp.text).await })
///     .open()
///     .await?;
///
/// let app = Router::new().route("/whoami", get(whoami)).merge(auth.router()).with_state(auth.clone());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// // The limits are per address, so the routes must know it.
/// axum::serve(listener, app.into_make_service_with_connect_info::<std::net::SocketAddr>()).await?;
/// auth.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Countersign(Arc<Running>);

struct Running {
    app: App,
    project: String,
    dialects: Vec<Dialect>,
    login_page: bool,
    tracker: TaskTracker,
    stop: CancellationToken,
    _ends_workers: DropGuard,
}

impl Countersign {
    /// Begins a configuration.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().storage("sqlite://./auth.db");
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Ends the workers. Messages that are with a provider have ten seconds; what is left is settled at the next start.
    /// Call it after the application has answered its last request.
    ///
    /// ```no_run
    /// # async fn end(auth: countersign::Countersign) {
    /// auth.shutdown().await;
    /// # }
    /// ```
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tracker.close();
        if tokio::time::timeout(LAST_WORDS, self.0.tracker.wait()).await.is_err() {
            tracing::warn!("some messages were still being sent; they are settled at the next start");
        }
    }
}

impl fmt::Debug for Countersign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Countersign").field("project", &self.0.project).finish_non_exhaustive()
    }
}

/// Why Countersign could not be opened, and what to do.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let refused = countersign::Countersign::builder().storage("mysql://localhost/auth").open().await;
/// assert!(refused.unwrap_err().to_string().contains("sqlite://"));
/// # });
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetupError(String);

impl SetupError {
    fn new(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetupError {}
