//! All that Countersign sends out.
//!
//! [`Sender`] hands one SMS or e-mail to one provider and says what became of it, or tries a project's providers in
//! order ([`Sender::send_with_failover`], [`Sender::send_mail_with_failover`]). Providers are not trusted: they may hang, lie, answer with anything of any size,
//! or be an address inside our own network.

mod application;
mod captcha;
pub mod circuit;
mod email;
mod net;
mod reason;
mod sender;
pub mod sms;
mod webhook;

#[cfg(test)]
mod tests;

pub use application::{Application, Sending};
pub use captcha::{CAPTCHA_URL, CaptchaAnswer};
pub use net::{Private, SetupError};
pub use sender::{Inbox, Options, Sender, Sent, Try};
pub use webhook::{WebhookAnswer, WebhookCall};
