//! The settings of e-mails.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{Email as Address, Error, Result};
use crate::message::MailProvider;

section! {
    /// E-mails.
    Email {
        /// Providers in order of preference.
        providers: Vec<MailProvider> = Vec::new(),
        /// The project's own mails: by purpose, or by purpose and locale (`sign-in`, `sign-in.de`).
        templates: BTreeMap<String, MailTemplate> = BTreeMap::new(),
    }
}

section! {
    /// A mail of the project's own. What is left out is as it is built in, or as the provider says.
    MailTemplate {
        /// The subject.
        #[serde(skip_serializing_if = "Option::is_none")]
        subject: Option<String> = None,
        /// The sender's name.
        #[serde(skip_serializing_if = "Option::is_none")]
        from_name: Option<String> = None,
        /// The sender's address.
        #[serde(skip_serializing_if = "Option::is_none")]
        sender_email: Option<String> = None,
        /// The mail as HTML.
        #[serde(skip_serializing_if = "Option::is_none")]
        html_template: Option<String> = None,
    }
}

impl MailTemplate {
    /// The longest HTML of a template, in bytes.
    const MOST: usize = 65_536;

    pub(in super::super) fn check(&self, field: &str) -> Result<()> {
        let refuse = |key: &str, what: &str| Err(Error::invalid(format!("{field}.{key}"), what.to_owned()));
        let is_line = |text: &str, most: usize| text.chars().count() <= most && !text.contains(char::is_control);
        if self.subject.as_deref().is_some_and(|subject| !is_line(subject, 500)) {
            return refuse("subject", "must be at most 500 characters in one line");
        }
        if self.from_name.as_deref().is_some_and(|name| name.trim().is_empty() || !is_line(name, 128)) {
            return refuse("fromName", "must be 1 to 128 characters in one line");
        }
        if self.sender_email.as_deref().is_some_and(|address| Address::parse(address).is_err()) {
            return refuse("senderEmail", "must be an e-mail address such as no-reply@example.com");
        }
        if self.html_template.as_deref().is_some_and(|html| html.trim().is_empty() || html.len() > Self::MOST) {
            return refuse("htmlTemplate", "must be HTML of at most 64 KiB");
        }
        Ok(())
    }
}
