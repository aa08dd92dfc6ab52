//! The settings of the Frontegg dialect.

use serde::{Deserialize, Serialize};

use super::{HIDDEN, check_hosts, range};
use crate::base::{Email as Address, Error, Result};
use crate::message::Credential;

section! {
    /// The Frontegg dialect.
    Frontegg {
        /// Whether it answers.
        enabled: bool = true,
        /// The environment's id.
        client_id: String = String::new(),
        /// How people sign in first.
        main_strategy: String = "EmailAndPassword".to_owned(),
        /// Whether SMS is a way to sign in.
        sms_login: bool = false,
        /// How long an access token lives.
        access_token_seconds: i64 = 3_600,
        /// How long a refresh token lives.
        refresh_token_seconds: i64 = 2_592_000,
        /// Whether its routes count calls.
        rate_limits: bool = true,
        /// Host names under which this project is called.
        hosts: Vec<String> = Vec::new(),
        /// Whether a magic link works only in the browser that asked for it.
        force_same_device_on_auth: bool = false,
        /// The address of the application, whose pages links lead to.
        app_url: String = String::new(),
        /// Whether clients show that a person asks.
        captcha: Option<Captcha> = None,
    }
}

section! {
    /// reCAPTCHA v3 (contract frontegg §2.9).
    Captcha {
        /// Whether tokens are asked for.
        enabled: bool = true,
        /// The key that pages have.
        site_key: String = String::new(),
        /// The key that checks tokens.
        secret_key: Credential = Credential::default(),
        /// From which score on it is a person, 0 to 1.
        min_score: f64 = 0.5,
        /// E-mail addresses that show nothing: those of tests.
        ignored_emails: Vec<String> = Vec::new(),
    }
}

impl Captcha {
    /// Whether somebody who named this address shows nothing.
    pub fn ignores(&self, email: &Address) -> bool {
        self.ignored_emails.iter().any(|ignored| Address::parse(ignored).is_ok_and(|ignored| ignored == *email))
    }

    pub(super) fn check(&self) -> Result<()> {
        // Google's keys have forty of these characters; room is left for others.
        let is_key = |key: &str| {
            (20..=200).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if !is_key(&self.site_key) {
            return Err(Error::invalid("frontegg.captcha.siteKey", "site key must be valid: the one of reCAPTCHA v3"));
        }
        let secret = self.secret_key.0.expose();
        if secret == HIDDEN {
            return Err(Error::invalid("frontegg.captcha.secretKey", "there is none to keep: give the key itself"));
        }
        // It may be gone with a key file. Then nobody passes.
        if !secret.is_empty() && !is_key(secret) {
            return Err(Error::invalid("frontegg.captcha.secretKey", "must be a valid secret key of reCAPTCHA v3"));
        }
        if !(0.0..=1.0).contains(&self.min_score) {
            return Err(Error::invalid("frontegg.captcha.minScore", "must be from 0 to 1"));
        }
        if self.ignored_emails.len() > 1_000 || self.ignored_emails.iter().any(|e| Address::parse(e).is_err()) {
            return Err(Error::invalid("frontegg.captcha.ignoredEmails", "takes at most 1000 e-mail addresses"));
        }
        Ok(())
    }
}

impl Frontegg {
    pub(super) fn check(&self) -> Result<()> {
        // Part of the names of cookies.
        if self.client_id.len() > 64 || !self.client_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(Error::invalid("frontegg.clientId", "takes at most 64 letters, digits and dashes"));
        }
        let url = url::Url::parse(&self.app_url);
        let is_page = url.is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.query().is_none());
        if !self.app_url.is_empty() && !is_page {
            return Err(Error::invalid("frontegg.appUrl", "must be an address such as https://app.example.com"));
        }
        range("frontegg.accessTokenSeconds", self.access_token_seconds, 60, 86_400)?;
        range("frontegg.refreshTokenSeconds", self.refresh_token_seconds, 60, 15_552_000)?;
        self.captcha.as_ref().map_or(Ok(()), Captcha::check)?;
        check_hosts("frontegg.hosts", &self.hosts)
    }
}
