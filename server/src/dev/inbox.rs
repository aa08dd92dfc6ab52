//! What was sent while developing: the newest messages, in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_domain::base::Clock;
use countersign_domain::message::Sms;
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
}

impl countersign_send::Inbox for Inbox {
    fn deliver(&self, sms: &Sms) {
        let message = Message {
            id: sms.id.clone(),
            channel: "sms",
            to: sms.to.as_e164().to_owned(),
            from: "Countersign".to_owned(),
            subject: None,
            body: sms.body.expose().to_owned(),
            code: sms.code.as_ref().map(|c| c.expose().to_owned()),
            link: None,
            template: sms.template.clone(),
            locale: sms.locale.clone(),
            project: sms.project.clone(),
            created_at: self.clock.now().to_rfc3339(),
        };
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() >= KEPT {
            messages.pop_front();
        }
        messages.push_back(message);
    }
}
