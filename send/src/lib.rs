//! All that Countersign sends out.
//!
//! [`Sender`] hands one SMS to one provider and says what became of it, or tries a project's providers in order
//! ([`Sender::send_with_failover`]). Providers are not trusted: they may hang, lie, answer with anything of any size,
//! or be an address inside our own network.

pub mod circuit;
mod net;
mod reason;
mod sender;
pub mod sms;

#[cfg(test)]
mod tests;

pub use net::SetupError;
pub use sender::{Inbox, Options, Sender, Sent, Try};
