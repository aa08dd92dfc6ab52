//! What a verification can be: its purpose, its channel, who asks.

use crate::base::{Error, Result};
use crate::limit::guess;

/// What a proof is for. A code for one purpose never works for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Signing in by a code.
    SignIn,
    /// Signing in by a link.
    MagicLink,
    /// Showing, signed in, that a number is one's own.
    VerifyPhone,
    /// Showing that an e-mail address is one's own.
    VerifyEmail,
    /// Choosing a new password without the old one.
    Recovery,
    /// Showing a second factor.
    Mfa,
    /// Signing in by a token that the customer's own server made.
    CustomToken,
    /// Showing that a number or an address is one's own, to use it as a second factor.
    EnrolFactor,
    /// Showing that a number is one's own, to use it as a second factor no more.
    RemoveFactor,
    /// Showing a second factor once more in a session that showed enough.
    StepUp,
    /// Giving up a number: a code to that number.
    RemovePhone,
    /// Naming another number without a session: a code to the account's address.
    ResetPhone,
    /// Signing in by the number that was named then: a code to that number.
    ChangePhone,
    /// Saying that a number was set up by oneself, or by a stranger: a link to the account's address.
    ReviewPhone,
    /// Letting a password sign in again that wrong ones locked: a link to the account's address.
    Unlock,
    /// Letting an application in that sent its user's browser to our login page: a code that the browser carries back.
    Authorize,
}

impl Purpose {
    const ALL: [Self; 16] = [
        Self::SignIn,
        Self::MagicLink,
        Self::VerifyPhone,
        Self::VerifyEmail,
        Self::Recovery,
        Self::Mfa,
        Self::CustomToken,
        Self::EnrolFactor,
        Self::RemoveFactor,
        Self::StepUp,
        Self::RemovePhone,
        Self::ResetPhone,
        Self::ChangePhone,
        Self::ReviewPhone,
        Self::Unlock,
        Self::Authorize,
    ];

    /// As stored, and as templates and metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::MagicLink => "magic-link",
            Self::VerifyPhone => "verify-phone",
            Self::VerifyEmail => "verify-email",
            Self::Recovery => "recovery",
            Self::Mfa => "mfa",
            Self::CustomToken => "custom-token",
            Self::EnrolFactor => "enrol-factor",
            Self::RemoveFactor => "remove-factor",
            Self::StepUp => "step-up",
            Self::RemovePhone => "remove-phone",
            Self::ResetPhone => "reset-phone",
            Self::ChangePhone => "change-phone",
            Self::ReviewPhone => "review-phone",
            Self::Unlock => "unlock",
            Self::Authorize => "authorize",
        }
    }

    /// The name of the texts that its messages have.
    pub const fn text(self) -> &'static str {
        match self {
            Self::EnrolFactor => Self::Mfa.name(),
            Self::RemoveFactor => "remove-phone",
            other => other.name(),
        }
    }

    /// The purpose of this name.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| Error::internal("an unknown purpose"))
    }
}

/// How a code reaches its person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// By text message.
    Sms,
    /// By e-mail.
    Email,
    /// An authenticator app makes it.
    Totp,
    /// It is one of those that were written down.
    Recovery,
    /// The customer's own server hands it over. Its digits are hexadecimal.
    Token,
}

impl Channel {
    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Totp => "totp",
            Self::Recovery => "recovery",
            Self::Token => "token",
        }
    }

    pub(super) fn parse(name: &str) -> Result<Self> {
        [Self::Sms, Self::Email, Self::Totp, Self::Recovery, Self::Token]
            .into_iter()
            .find(|c| c.name() == name)
            .ok_or_else(|| Error::internal("an unknown channel"))
    }

    /// What one guess at a code of `length` digits costs.
    pub fn weight(self, length: i64) -> i64 {
        match self {
            Self::Sms | Self::Email => guess::weight(length),
            // The step before and the step after are taken as well.
            Self::Totp => 3 * guess::weight(length),
            // Six codes of forty bits are beyond guessing.
            Self::Recovery => 0,
            Self::Token => guess::hex_weight(length),
        }
    }
}

/// Who asks for a verification, so that only callers of the same dialect share one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Nuvix and Appwrite clients.
    Nuvix,
    /// Frontegg clients.
    Frontegg,
    /// nevr and better-auth clients.
    Nevr,
    /// Our own pages.
    Page,
}

impl Dialect {
    /// As stored, and as metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nuvix => "nuvix",
            Self::Frontegg => "frontegg",
            Self::Nevr => "nevr",
            Self::Page => "page",
        }
    }

    pub(super) fn parse(name: &str) -> Result<Self> {
        [Self::Nuvix, Self::Frontegg, Self::Nevr, Self::Page]
            .into_iter()
            .find(|dialect| dialect.name() == name)
            .ok_or_else(|| Error::internal("an unknown dialect"))
    }
}

/// What a verification is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Who asks.
    pub dialect: Dialect,
    /// What for.
    pub purpose: Purpose,
    /// By what.
    pub channel: Channel,
    /// The number in E.164, or the address, that the code goes to. For an app or codes on paper: whose they are.
    pub target: &'a str,
    /// The session it is bound to, if any.
    pub session: Option<&'a str>,
    /// Digits asked for; a spent budget makes them more.
    pub wanted_length: i64,
}

/// What a handle is to be.
#[derive(Clone, Copy, Debug)]
pub struct NewHandle<'a> {
    /// The hash of what the requester holds (`Ctx::handle_hash`).
    pub hash: &'a [u8; 32],
    /// The account id that the requester would like.
    pub wanted_user: Option<&'a str>,
    /// Wrong tries that it allows.
    pub max_attempts: i64,
}
