//! The settings of the nevr dialect.

use serde::{Deserialize, Serialize};

use super::{check_hosts, is_country, range};
use crate::base::{Error, Phone, Result};

section! {
    /// The nevr dialect.
    Nevr {
        /// Whether it answers.
        enabled: bool = true,
        /// How long a code lives, in seconds.
        expires_in: i64 = 300,
        /// Digits of a code.
        otp_length: i64 = 6,
        /// Whether a sign-in by an unknown number makes an account.
        allow_sign_up: bool = true,
        /// Whether a password sign-in needs a verified number.
        require_verification: bool = true,
        /// Requests to the routes of phone numbers per window, or `false`.
        rate_limit: RateLimit = RateLimit::On { window: 60_000, max: 10 },
        /// The same of the other routes that somebody could hammer.
        base_rate_limits: NevrLimits = NevrLimits::default(),
        /// How long sessions live.
        session: NevrSession = NevrSession::default(),
        /// Countries whose numbers are taken, as ISO 3166 codes; empty: all that `sms.countries` has.
        countries: Vec<String> = Vec::new(),
        /// Host names under which this project is called.
        hosts: Vec<String> = Vec::new(),
    }
}

section! {
    /// Limits of the nevr dialect's routes beside those of phone numbers.
    NevrLimits {
        /// Signing in by e-mail.
        sign_in: RateLimit = RateLimit::On { window: 60_000, max: 10 },
        /// Signing up.
        sign_up: RateLimit = RateLimit::On { window: 60_000, max: 10 },
        /// Changing a password.
        password: RateLimit = RateLimit::On { window: 60_000, max: 5 },
        /// Second factors.
        two_factor: RateLimit = RateLimit::On { window: 10_000, max: 3 },
    }
}

section! {
    /// Sessions of the nevr dialect.
    NevrSession {
        /// How long one lives, in seconds.
        expires_in: i64 = 604_800,
        /// After how many seconds one that is used lives as long again.
        update_age: i64 = 86_400,
        /// For how many seconds after its beginning one may do what is delicate.
        fresh_age: i64 = 300,
    }
}

/// A rate limit, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RateLimit {
    /// No limit: `false` in JSON.
    Off,
    /// At most `max` requests in `window` milliseconds.
    On {
        /// Milliseconds.
        window: i64,
        /// Requests.
        max: i64,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RateLimitWire {
    Flag(bool),
    #[serde(rename_all = "camelCase")]
    Limit {
        window: i64,
        max: i64,
    },
}

impl Serialize for RateLimit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Off => RateLimitWire::Flag(false),
            Self::On { window, max } => RateLimitWire::Limit { window, max },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match RateLimitWire::deserialize(deserializer)? {
            RateLimitWire::Flag(false) => Ok(Self::Off),
            RateLimitWire::Flag(true) => Err(serde::de::Error::custom("give {window, max} or false")),
            RateLimitWire::Limit { window, max } => Ok(Self::On { window, max }),
        }
    }
}

impl Nevr {
    /// Whether codes may be sent to this number: nevr's `phoneNumberValidator`.
    pub fn takes(&self, phone: &Phone) -> bool {
        self.countries.is_empty() || phone.country().is_some_and(|country| self.countries.iter().any(|c| c == country))
    }

    pub(super) fn check(&self) -> Result<()> {
        range("nevr.expiresIn", self.expires_in, 30, 3_600)?;
        range("nevr.otpLength", self.otp_length, 4, 10)?;
        let base = &self.base_rate_limits;
        for (name, limit) in [
            ("nevr.rateLimit", self.rate_limit),
            ("nevr.baseRateLimits.signIn", base.sign_in),
            ("nevr.baseRateLimits.signUp", base.sign_up),
            ("nevr.baseRateLimits.password", base.password),
            ("nevr.baseRateLimits.twoFactor", base.two_factor),
        ] {
            if let RateLimit::On { window, max } = limit {
                range(&format!("{name}.window"), window, 1, 86_400_000)?;
                range(&format!("{name}.max"), max, 1, 1_000_000)?;
            }
        }
        range("nevr.session.expiresIn", self.session.expires_in, 60, 10 * 31_536_000)?;
        range("nevr.session.updateAge", self.session.update_age, 0, self.session.expires_in)?;
        range("nevr.session.freshAge", self.session.fresh_age, 30, 86_400)?;
        if !self.countries.iter().all(|country| is_country(country)) {
            return Err(Error::invalid("nevr.countries", "takes ISO codes such as \"DE\""));
        }
        check_hosts("nevr.hosts", &self.hosts)
    }
}
