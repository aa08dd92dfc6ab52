//! The application that embeds the server and sends SMS by code of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::message::{Outcome, Sms};

use crate::reason::clean;
use crate::sender::{Call, refused, unknown};

/// What an [`Application`] does with an SMS.
pub type Sending = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Where the provider `application` hands messages to.
pub trait Application: Send + Sync {
    /// Sends `sms`. An error means that it certainly did not go out, so that it may be tried again; it is logged
    /// without the message's number and code.
    fn send(&self, sms: Sms) -> Sending;
}

/// One call, in a task of its own: code that is not ours may panic, and may take longer than anybody waits for it.
pub(crate) async fn call(
    application: Option<&Arc<dyn Application>>,
    sms: &Sms,
    secrets: &[&str],
    timeout: Duration,
) -> Call {
    let Some(application) = application else {
        return Call::unhealthy(refused("no application is here to send it: this server is not embedded in one"));
    };
    let task = tokio::spawn(application.send(sms.clone()));
    match tokio::time::timeout(timeout, task).await {
        Ok(Ok(Ok(()))) => Call { outcome: Outcome::Accepted { provider_id: None }, healthy: true },
        // It may have failed because of this one number, which anybody can type.
        Ok(Ok(Err(error))) => Call { outcome: refused(&clean(&error, secrets)), healthy: true },
        Ok(Err(_)) => Call::unhealthy(unknown("the application's code panicked")),
        Err(_) => Call::unhealthy(unknown("the application's code did not end in time")),
    }
}
