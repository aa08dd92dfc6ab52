//! An e-mail as it goes over the wire (RFC 5322, RFC 2046 §5.1.4).

use std::time::{Duration, SystemTime};

use countersign_domain::base::{Email, Time};
use countersign_domain::message::{Mail, MailProvider};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

/// The whole message, and its Message-ID without the brackets: the same over all tries, so that a mailbox that gets it
/// twice can tell. An error is a reason of ours that may be logged.
pub(super) fn compose(mail: &Mail, provider: &MailProvider, now: Time) -> Result<(String, Message), &'static str> {
    let (name, from) = mail.sender(provider);
    let from = address(from).ok_or("the sender's address is not valid")?;
    let name = line(name);
    let to: Address = mail.to.as_str().parse().map_err(|_| "the address of the recipient is not valid")?;
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.seconds()).unwrap_or(0));
    // Tells other machines not to answer (RFC 3834 §5).
    let auto = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let id = format!("{}@{}", mail.id, from.domain());
    let mut builder = Message::builder()
        .from(Mailbox::new((!name.is_empty()).then_some(name), from))
        .to(Mailbox::new(None, to))
        .subject(line(&mail.subject))
        .message_id(Some(format!("<{id}>")))
        .date(date)
        .raw_header(auto);
    if let Some(reply_to) = &provider.reply_to {
        let reply_to = address(reply_to).ok_or("the address for answers is not valid")?;
        builder = builder.reply_to(Mailbox::new(None, reply_to));
    }
    let parts = MultiPart::alternative_plain_html(mail.text.expose().to_owned(), mail.html.expose().to_owned());
    let message = builder.multipart(parts).map_err(|_| "the message cannot be built")?;
    Ok((id, message))
}

fn address(text: &str) -> Option<Address> {
    Email::parse(text).ok()?.as_str().parse().ok()
}

/// `text` on one line: what follows a line break in a header would be another header.
fn line(text: &str) -> String {
    text.replace(char::is_control, " ").trim().to_owned()
}
