//! The types that the outbox, the worker and the `send` crate share.

use serde::{Deserialize, Serialize};

use crate::base::{Email, Phone, Secret};

/// One SMS, ready for a provider.
#[derive(Clone, Debug)]
pub struct Sms {
    /// The message's id, the same over all tries and providers.
    pub id: String,
    /// The project's id.
    pub project: String,
    /// Where it goes.
    pub to: Phone,
    /// The whole text.
    pub body: Secret,
    /// The code in the text, for providers that take it apart from the text.
    pub code: Option<Secret>,
    /// What the text is for, as in `verification::Purpose::name`.
    pub template: String,
    /// The language of the text (BCP 47).
    pub locale: String,
    /// The account that the message is about, once it is known.
    pub user: Option<String>,
    /// Where the provider is to report delivery, if the server's address is known.
    pub receipt_url: Option<String>,
}

/// One e-mail, ready for a provider.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The message's id, the same over all tries and providers.
    pub id: String,
    /// The project's id.
    pub project: String,
    /// Where it goes.
    pub to: Email,
    /// The name of the sender, if the provider's settings give none.
    pub brand: String,
    /// The sender's address in the place of the provider's.
    pub from: Option<Email>,
    /// The sender's name in the place of the provider's.
    pub from_name: Option<String>,
    /// The subject: one line.
    pub subject: String,
    /// The whole text.
    pub text: Secret,
    /// The same as HTML.
    pub html: Secret,
    /// The code in the text.
    pub code: Option<Secret>,
    /// The link in the text.
    pub link: Option<Secret>,
    /// What the text is for, as in `verification::Purpose::name`, or the name of a notice.
    pub template: String,
    /// The language of the text (BCP 47).
    pub locale: String,
    /// The account that the message is about, once it is known.
    pub user: Option<String>,
}

impl Mail {
    /// The name and address that it is sent from, through this provider.
    pub fn sender<'a>(&'a self, provider: &'a MailProvider) -> (&'a str, &'a str) {
        let name = self.from_name.as_deref().or(provider.from_name.as_deref()).unwrap_or(&self.brand);
        (name, self.from.as_ref().map_or(provider.from.as_str(), Email::as_str))
    }
}

/// What became of one call to one provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The provider took the message.
    Accepted {
        /// Its id for the message, by which delivery receipts name it.
        provider_id: Option<String>,
    },
    /// The provider certainly did not take the message. `reason` holds no number and no text of the message.
    Refused {
        /// What it said.
        reason: String,
    },
    /// Nobody knows whether it took the message: it did not answer in time, or the connection broke after the request.
    Unknown {
        /// What happened.
        reason: String,
    },
}

/// What a delivery receipt says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// On the phone.
    Delivered,
    /// Certainly not on the phone, and it never will be.
    Failed,
}

/// A delivery receipt, authenticated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The provider's id for the message.
    pub provider_id: String,
    /// What it says.
    pub delivery: Delivery,
    /// The provider's error code, if any.
    pub error: Option<String>,
}

/// An SMS provider of a project: its name there, its kind and credentials. Stored under AEAD.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// The name by which the project, the log and the timeline of a message call it.
    pub name: String,
    /// Replaces the address of the provider's API, without a trailing slash: for proxies and tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Seconds to wait for an answer. 10 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// What it is, with what it needs.
    pub account: Account,
}

/// The kinds of provider and their credentials (contract nuvix §5).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Account {
    /// The development inbox: nothing leaves the process.
    Inbox {},
    /// The application that embeds the server: its own code sends.
    Application {},
    /// Twilio Programmable Messaging.
    Twilio {
        /// The account's SID.
        account_sid: String,
        /// Its auth token. Also authenticates delivery receipts.
        auth_token: Credential,
        /// A number or name, or a messaging service (`MG…`).
        from: String,
    },
    /// Twilio Verify, which carries a code of ours in words of its own, and nothing but codes.
    TwilioVerify {
        /// The account's SID.
        account_sid: String,
        /// Its auth token.
        auth_token: Credential,
        /// The SID of a Verify service (`VA…`) that takes codes of its customer's.
        service_sid: String,
        /// How the code travels.
        #[serde(default)]
        channel: VerifyChannel,
    },
    /// Vonage SMS.
    Vonage {
        /// The API key.
        api_key: String,
        /// The API secret.
        api_secret: Credential,
        /// The sender.
        from: String,
        /// The signature secret, which authenticates delivery receipts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature_secret: Option<Credential>,
    },
    /// MSG91 Flow.
    Msg91 {
        /// The sender id.
        sender_id: String,
        /// The auth key.
        auth_key: Credential,
        /// The flow's template.
        template_id: String,
    },
    /// Telesign.
    Telesign {
        /// The customer id.
        customer_id: String,
        /// The API key.
        api_key: Credential,
    },
    /// TextMagic.
    Textmagic {
        /// The user name.
        username: String,
        /// The API key.
        api_key: Credential,
        /// The sender.
        from: String,
    },
    /// The customer's own code: a POST signed by the Standard Webhooks scheme.
    Http {
        /// The whole address.
        url: String,
        /// The signing secret (`whsec_` + base64).
        secret: Credential,
    },
}

impl Account {
    /// Its kind as one word, for logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Inbox {} => "inbox",
            Self::Application {} => "application",
            Self::Twilio { .. } => "twilio",
            Self::TwilioVerify { .. } => "twilioVerify",
            Self::Vonage { .. } => "vonage",
            Self::Msg91 { .. } => "msg91",
            Self::Telesign { .. } => "telesign",
            Self::Textmagic { .. } => "textmagic",
            Self::Http { .. } => "http",
        }
    }

    /// Whether it carries codes and nothing else: no notices.
    pub const fn takes_only_codes(&self) -> bool {
        matches!(self, Self::TwilioVerify { .. })
    }
}

/// How Twilio Verify brings a code to a number.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
#[serde(rename_all = "lowercase")]
pub enum VerifyChannel {
    /// As a text message.
    #[default]
    Sms,
    /// By a call that reads it out.
    Call,
    /// As a message of `WhatsApp`.
    Whatsapp,
}

impl VerifyChannel {
    /// As Twilio calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Call => "call",
            Self::Whatsapp => "whatsapp",
        }
    }
}

/// An e-mail provider of a project: its name there, the sender, its kind and credentials. Stored under AEAD.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailProvider {
    /// The name by which the project, the log and the timeline of a message call it.
    pub name: String,
    /// The sender's address.
    pub from: String,
    /// The sender's name; the project's brand when unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Seconds for the whole conversation, up to the server's word that it takes the message. 10 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// What it is, with what it needs.
    pub account: MailAccount,
}

/// The kinds of e-mail provider and their credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(tag = "kind", rename_all = "lowercase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum MailAccount {
    /// The development inbox: nothing leaves the process.
    Inbox {},
    /// A mail server (RFC 5321).
    Smtp {
        /// Its host name.
        host: String,
        /// Its port: by default 465 with `tls`, 587 with `starttls`, 25 with `none`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// How the connection is protected.
        #[serde(default)]
        security: MailSecurity,
        /// The user, if it asks for one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<String>,
        /// His password.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Credential>,
    },
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug, Default)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after STARTTLS (RFC 3207); a server that does not offer it gets nothing.
    #[default]
    Starttls,
    /// None: only for a server on the same machine.
    None,
}

impl MailAccount {
    /// Its kind as one word, for logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Inbox {} => "inbox",
            Self::Smtp { .. } => "smtp",
        }
    }
}

/// A credential inside a provider's account or the settings. It is serialised only to be sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential(pub Secret);

impl Default for Credential {
    /// None, or one that the loss of the key file took.
    fn default() -> Self {
        Self(Secret::new(""))
    }
}

impl Serialize for Credential {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|s| Self(Secret::new(s)))
    }
}
