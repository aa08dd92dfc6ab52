//! E-mail: what a message looks like, and how a mail server is asked to take it.

mod compose;
mod smtp;

use std::time::Duration;

use countersign_domain::base::{Secret, Time};
use countersign_domain::message::{Mail, MailAccount, MailProvider, MailSecurity, Outcome};

use self::smtp::{Stage, Talk, Trouble};
use crate::net::Private;
use crate::reason::clean;
use crate::sender::{Call, refused, unknown};

/// A mail server and how to talk to it.
pub(crate) struct Server<'a> {
    host: &'a str,
    port: u16,
    security: MailSecurity,
    login: Option<(&'a str, &'a str)>,
}

/// The server of `provider`. None for the inbox, which is not asked over the network.
pub(crate) fn server(provider: &MailProvider) -> Option<Server<'_>> {
    let MailAccount::Smtp { host, port, security, username, password } = &provider.account else { return None };
    // RFC 8314 §3.3, RFC 6409 §3.1, RFC 5321 §4.5.4.2.
    let usual = match security {
        MailSecurity::Tls => 465,
        MailSecurity::Starttls => 587,
        MailSecurity::None => 25,
    };
    let login = username.as_deref().zip(password.as_ref().map(|p| p.0.expose()));
    Some(Server { host, port: port.unwrap_or(usual), security: *security, login })
}

/// Hands `mail` to `server`, all within `timeout`.
pub(crate) async fn send(
    mail: &Mail,
    provider: &MailProvider,
    server: &Server<'_>,
    now: Time,
    timeout: Duration,
    private: &Private,
) -> Call {
    let (id, message) = match compose::compose(mail, provider, now) {
        Ok(composed) => composed,
        Err(reason) => return Call::unhealthy(refused(reason)),
    };
    let mut talk = Talk::default();
    let end = tokio::time::timeout(timeout, talk.hand_over(server, &message, private)).await;
    let call = match end {
        Ok(Ok(())) => Call { outcome: Outcome::Accepted { provider_id: Some(id) }, healthy: true },
        Ok(Err(trouble)) => judge(talk.stage, &trouble, &secrets(mail, server)),
        Err(_) => return judge(talk.stage, &Trouble::Own("no answer in time"), &[]),
    };
    talk.hang_up().await;
    call
}

/// What a conversation that ended badly at `stage` means. A code of 400 or more is the server's word that it did not
/// take the message, also after it was sent (RFC 5321 §4.2.5); without one nobody knows once the text was under way.
fn judge(stage: Stage, trouble: &Trouble, secrets: &[&str]) -> Call {
    let (reason, code) = match trouble {
        Trouble::Own(reason) => ((*reason).to_owned(), None),
        Trouble::Said { step, code, text } => {
            let code_text = code.map(|code| format!(" {code}")).unwrap_or_default();
            (format!("{step}{code_text}: {}", clean(text, secrets)), *code)
        }
    };
    match (stage, code) {
        // Whoever types an address brings about what is said from here on, and must not open the circuit for all
        // others. 421 is about the server (RFC 5321 §3.8).
        (Stage::Recipient | Stage::Text, Some(code)) => Call { outcome: refused(&reason), healthy: code != 421 },
        (Stage::Text, None) => Call::unhealthy(unknown(&reason)),
        (Stage::Server | Stage::Recipient, _) => Call::unhealthy(refused(&reason)),
    }
}

/// All that must not show up in a reason; e-mail addresses never do.
fn secrets<'a>(mail: &'a Mail, server: &Server<'a>) -> Vec<&'a str> {
    let mut all = vec![mail.text.expose(), mail.html.expose(), mail.subject.as_str(), mail.to.local()];
    all.extend([&mail.code, &mail.link].into_iter().flatten().map(Secret::expose));
    all.extend(server.login.into_iter().flat_map(|(username, password)| [username, password]));
    all
}
