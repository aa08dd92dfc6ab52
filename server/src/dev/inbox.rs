//! What was sent while developing: the newest messages, in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_domain::base::{Clock, Secret};
use countersign_domain::message::{Mail, MailProvider, Sms};
use serde::Serialize;

/// Messages that are kept.
const KEPT: usize = 10_000;

/// A message as `/dev/inbox` shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub id: String,
    /// `sms` or `email`.
    pub channel: &'static str,
    /// Where it went.
    pub to: String,
    /// From whom.
    pub from: String,
    /// The subject of an e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text.
    pub body: String,
    /// The code in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The link in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What it is for.
    pub template: String,
    /// In which language.
    pub locale: String,
    /// Of which project.
    pub project: String,
    /// When it was sent.
    pub created_at: String,
}

/// The newest messages.
pub struct Inbox {
    clock: Arc<dyn Clock>,
    messages: Mutex<VecDeque<Message>>,
}

impl Inbox {
    /// An empty inbox.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, messages: Mutex::default() }
    }

    /// The newest messages first, at most `limit`.
    pub fn newest(&self, to: Option<&str>, channel: Option<&str>, limit: usize) -> Vec<Message> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages
            .iter()
            .rev()
            .filter(|m| to.is_none_or(|to| m.to == to) && channel.is_none_or(|channel| m.channel == channel))
            .take(limit)
            .cloned()
            .collect()
    }

    /// Forgets all messages.
    pub fn clear(&self) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn keep(&self, message: Message) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() >= KEPT {
            messages.pop_front();
        }
        messages.push_back(message);
    }
}

fn exposed(secret: Option<&Secret>) -> Option<String> {
    secret.map(|secret| secret.expose().to_owned())
}

impl countersign_send::Inbox for Inbox {
    fn deliver(&self, sms: &Sms) {
        self.keep(Message {
            id: sms.id.clone(),
            channel: "sms",
            to: sms.to.as_e164().to_owned(),
            from: "Countersign".to_owned(),
            subject: None,
            body: sms.body.expose().to_owned(),
            code: exposed(sms.code.as_ref()),
            link: None,
            template: sms.template.clone(),
            locale: sms.locale.clone(),
            project: sms.project.clone(),
            created_at: self.clock.now().to_rfc3339(),
        });
    }

    fn deliver_mail(&self, mail: &Mail, provider: &MailProvider) {
        let (name, address) = mail.sender(provider);
        self.keep(Message {
            id: mail.id.clone(),
            channel: "email",
            to: mail.to.as_str().to_owned(),
            from: format!("{name} <{address}>"),
            subject: Some(mail.subject.clone()),
            body: mail.text.expose().to_owned(),
            code: exposed(mail.code.as_ref()),
            link: exposed(mail.link.as_ref()),
            template: mail.template.clone(),
            locale: mail.locale.clone(),
            project: mail.project.clone(),
            created_at: self.clock.now().to_rfc3339(),
        });
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::time::SystemClock;
    use countersign_domain::base::{Email, Phone};
    use countersign_domain::message::MailAccount;
    use countersign_send::Inbox as _;

    use super::*;

    fn inbox() -> Inbox {
        let inbox = Inbox::new(Arc::new(SystemClock::default()));
        inbox.deliver(&Sms {
            id: "m1".into(),
            project: "demo".into(),
            to: Phone::from_stored("+14255550123".into()),
            body: Secret::new("404174 is your code"),
            code: Some(Secret::new("404174")),
            template: "sign-in".into(),
            locale: "en".into(),
            user: None,
            receipt_url: None,
        });
        let provider = MailProvider {
            name: "inbox".into(),
            from: "no-reply@example.com".into(),
            from_name: None,
            reply_to: None,
            timeout_seconds: None,
            account: MailAccount::Inbox {},
        };
        let mail = Mail {
            id: "m2".into(),
            project: "demo".into(),
            to: Email::parse("anna@example.com").unwrap(),
            brand: "Demo".into(),
            from: None,
            from_name: None,
            subject: "Sign in to <Demo>".into(),
            text: Secret::new("Follow https://demo.example/in?a=1&b=2"),
            html: Secret::new("<p>Follow</p>"),
            code: None,
            link: Some(Secret::new("https://demo.example/in?a=1&b=2")),
            template: "magic-url".into(),
            locale: "en".into(),
            user: None,
        };
        inbox.deliver_mail(&mail, &provider);
        inbox
    }

    #[test]
    fn an_email_is_kept_with_its_text_and_link() {
        let found = inbox().newest(Some("anna@example.com"), Some("email"), 9);
        let [mail] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            (mail.from.as_str(), mail.subject.as_deref()),
            ("Demo <no-reply@example.com>", Some("Sign in to <Demo>"))
        );
        assert_eq!((mail.link.as_deref(), mail.code.as_deref()), (Some("https://demo.example/in?a=1&b=2"), None));
        assert_eq!(mail.body, "Follow https://demo.example/in?a=1&b=2");
        assert_eq!(inbox().newest(None, Some("sms"), 9).len(), 1);
    }

    #[test]
    fn the_page_shows_both_channels_and_escapes_what_they_say() {
        let html = super::super::page::html(&inbox(), "http://127.0.0.1:1").unwrap();
        let link = "https:&#x2f;&#x2f;demo.example&#x2f;in?a=1&amp;b=2";
        assert!(html.contains(&format!("rel=\"noreferrer\" href=\"{link}\">{link}</a>")), "{html}");
        assert!(
            html.contains("Sign in to &lt;Demo&gt;") && html.contains("Demo &lt;no-reply@example.com&gt;"),
            "{html}"
        );
        assert!(html.contains("<strong data-part=\"code\">404174</strong>"), "{html}");
    }
}
