//! What the application is given to send.

use std::fmt::{self, Display};
use std::future::Future;

use countersign_domain::base::Secret;
use countersign_domain::message::Sms;
use countersign_send::{Application, Sending};

/// A text message that the application is to send: a code, or a notice without one.
///
/// ```
/// use countersign::Otp;
///
/// async fn send(otp: Otp) -> Result<(), String> {
///     // `text` is ready to go out, in the language of the person and with the project's own words.
///     println!("to {}: {}", otp.phone_number, otp.text);
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Otp {
    /// The number, in E.164.
    pub phone_number: String,
    /// The code; `None` where the message tells of a change and carries none.
    pub code: Option<String>,
    /// The whole text, the code in it.
    pub text: String,
    /// The account that it is for, once there is one.
    pub user_id: Option<String>,
    /// What it is for: `sign-in`, `verify-phone`, `mfa`, `recovery` …
    pub purpose: String,
    /// The language of the text (BCP 47).
    pub locale: String,
    /// The same over all tries: a gateway that takes an idempotency key wants this one.
    pub message_id: String,
}

impl fmt::Debug for Otp {
    /// Neither the number nor the code: what is printed ends in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otp")
            .field("message_id", &self.message_id)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

impl From<Sms> for Otp {
    fn from(sms: Sms) -> Self {
        let exposed = |secret: &Secret| secret.expose().to_owned();
        Self {
            phone_number: sms.to.as_e164().to_owned(),
            code: sms.code.as_ref().map(exposed),
            text: exposed(&sms.body),
            user_id: sms.user,
            purpose: sms.template,
            locale: sms.locale,
            message_id: sms.id,
        }
    }
}

/// A callback of the application.
pub(super) struct Callback<F>(pub F);

impl<F, Fut, E> Application for Callback<F>
where
    F: Fn(Otp) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Display + Send + 'static,
{
    fn send(&self, sms: Sms) -> Sending {
        let sending = (self.0)(Otp::from(sms));
        Box::pin(async move { sending.await.map_err(|error| error.to_string()) })
    }
}
