//! The settings of a project: one JSON document, the same in the admin API, the command line and the console.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::{coexistence, is_host_name, providers};
use crate::base::argon::Cost;
use crate::base::{Error, Phone, Result};
use crate::message::Provider;

/// What stands for a credential when settings are shown; sent back, it keeps the stored one.
pub const HIDDEN: &str = "[hidden]";

macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

mod email;
mod frontegg;
mod nevr;

pub use email::{Email, MailTemplate};
pub use frontegg::{Captcha, Frontegg};
pub use nevr::{Nevr, NevrLimits, NevrSession, RateLimit};

section! {
    /// All settings of a project.
    Settings {
        /// Who may sign in, and how.
        auth: Auth = Auth::default(),
        /// Codes.
        otp: Otp = Otp::default(),
        /// Second factors.
        mfa: Mfa = Mfa::default(),
        /// Text messages.
        sms: Sms = Sms::default(),
        /// E-mails.
        email: Email = Email::default(),
        /// The nevr dialect.
        nevr: Nevr = Nevr::default(),
        /// The Frontegg dialect.
        frontegg: Frontegg = Frontegg::default(),
        /// The Nuvix and Appwrite dialect.
        nuvix: Nuvix = Nuvix::default(),
    }
}

section! {
    /// Who may sign in, and how.
    Auth {
        /// E-mail and password.
        email_password: bool = true,
        /// Links by e-mail.
        magic_url: bool = true,
        /// Codes by e-mail.
        email_otp: bool = true,
        /// Guests with an account.
        anonymous: bool = true,
        /// Short-lived tokens for other services.
        jwt: bool = true,
        /// Codes by SMS.
        phone: bool = true,
        /// Whether anybody new may come.
        sign_up: bool = true,
        /// The most users; 0: no limit.
        limit: i64 = 0,
        /// How long a session lives, in seconds.
        duration: i64 = 31_536_000,
        /// The most sessions of one user; the oldest goes when there is one more.
        sessions_limit: i64 = 10,
        /// Days after which an account that nobody ever signed in to is removed.
        purge_pending_days: i64 = 7,
        /// How many earlier passwords may not be used again.
        password_history: i64 = 0,
        /// What hashing a password costs.
        password_hashing: Cost = Cost::default(),
        /// Whether common passwords are refused.
        password_dictionary: bool = false,
        /// Whether passwords that hold the user's own data are refused.
        personal_data_check: bool = false,
        /// Whether a new session is told about by e-mail.
        session_alerts: bool = false,
        /// After how many wrong passwords in a row an account's password signs in no more.
        lockout: Option<Lockout> = None,
        /// Numbers for tests: no SMS, and a code of their own.
        mock_numbers: Vec<MockNumber> = Vec::new(),
    }
}

section! {
    /// When wrong passwords lock an account's password.
    Lockout {
        /// Whether they do.
        enabled: bool = true,
        /// How many in a row.
        max_attempts: i64 = 5,
    }
}

impl Auth {
    /// How many wrong passwords in a row lock a password, if any number does.
    pub fn locked_after(&self) -> Option<i64> {
        self.lockout.as_ref().filter(|lockout| lockout.enabled).map(|lockout| lockout.max_attempts)
    }
}

section! {
    /// Codes.
    Otp {
        /// Digits of a code.
        length: i64 = 6,
        /// How long a code lives, in seconds.
        lifetime_seconds: i64 = 900,
        /// Wrong tries that a handle allows.
        max_attempts: i64 = 5,
        /// Seconds to wait before the next code; the last one repeats.
        resend_seconds: Vec<i64> = vec![30, 60, 120],
        /// The most codes to one number in a day.
        per_phone_per_day: i64 = 20,
    }
}

section! {
    /// Second factors.
    Mfa {
        /// Authenticator apps.
        totp: bool = true,
        /// Codes by e-mail.
        email: bool = true,
        /// Codes by SMS.
        phone: bool = true,
        /// Recovery codes.
        recovery_codes: bool = true,
        /// Whether everybody must have one.
        enforce: Enforce = Enforce::DontForce,
        /// Whether somebody may say that a device is not to be asked again for a while.
        remember_device: bool = false,
        /// For how many seconds it is not asked again.
        remember_device_seconds: i64 = 1_209_600,
        /// The name that authenticator apps show; the project's when unset.
        issuer: Option<String> = None,
        /// How long a code by SMS lives, in seconds; as other codes when unset.
        sms_lifetime_seconds: Option<i64> = None,
        /// The same of a code by e-mail.
        email_lifetime_seconds: Option<i64> = None,
        /// Seconds for which a second factor counts as recent.
        recent_seconds: i64 = 1_800,
        /// Whether recovery codes can be read again later.
        recovery_codes_readable: bool = false,
        /// Whether a challenge is refused that would show again what the session began with.
        refuse_first_factor: bool = false,
    }
}

section! {
    /// Text messages.
    Sms {
        /// Countries that may be sent to, as ISO 3166 codes; `*`: all; empty: none.
        countries: Vec<String> = Vec::new(),
        /// The most money in a day.
        daily_ceiling: f64 = 50.0,
        /// In which currency.
        currency: String = "USD".to_owned(),
        /// Providers in order of preference.
        providers: Vec<Provider> = Vec::new(),
        /// The host that the last line of a message binds its code to (WebOTP).
        origin: Option<String> = None,
        /// The name in a message; the project's when unset.
        brand: Option<String> = None,
        /// The most messages that one network may ask for in an hour.
        per_address_per_hour: i64 = 60,
        /// Price of a message per country, `*` for the rest.
        prices: BTreeMap<String, f64> = BTreeMap::new(),
        /// The project's own texts: by purpose, or by purpose and locale (`sign-in`, `sign-in.de`).
        templates: BTreeMap<String, String> = BTreeMap::new(),
    }
}

section! {
    /// The Nuvix and Appwrite dialect.
    Nuvix {
        /// Whether it answers.
        enabled: bool = true,
        /// Whether its routes count calls.
        rate_limits: bool = true,
    }
}

/// A number for tests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MockNumber {
    /// In E.164.
    pub phone: String,
    /// Its code.
    pub otp: String,
}

/// Whether everybody must have a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Enforce {
    /// Who wants to.
    DontForce,
    /// Everybody.
    Force,
    /// Everybody who does not come by SAML. Nobody does here, so it is everybody.
    ForceExceptSaml,
}

impl Enforce {
    /// Whether it asks everybody for a second factor.
    pub const fn is_on(self) -> bool {
        match self {
            Self::DontForce => false,
            Self::Force | Self::ForceExceptSaml => true,
        }
    }
}

impl Settings {
    /// These settings with `patch` merged in, deep; arrays are replaced. Unknown keys and bad values are refused by
    /// name, and then nothing changes.
    pub fn merged(&self, patch: &Json) -> Result<Self> {
        if !patch.is_object() {
            return Err(Error::invalid("settings", "must be a JSON object"));
        }
        let mut document = serde_json::to_value(self).map_err(Error::internal)?;
        let mut patch = patch.clone();
        providers::restore_hidden(&document, &mut patch);
        merge(&mut document, &patch);
        let merged: Self = serde_path_to_error::deserialize(document)
            .map_err(|e| Error::invalid(e.path().to_string(), e.inner().to_string()))?;
        merged.check()?;
        coexistence::check_change(self, &merged)?;
        Ok(merged)
    }

    /// Reads a stored document, also one of an earlier version.
    pub(super) fn of_stored(text: &str) -> Result<Self> {
        let mut document: Json = serde_json::from_str(text).map_err(Error::internal)?;
        // Until the schema's version 7 the days for which a device is remembered stood there, and nothing read them.
        if let Some(mfa) = document.get_mut("mfa").and_then(Json::as_object_mut) {
            mfa.remove("rememberDeviceDays");
        }
        serde_json::from_value(document).map_err(Error::internal)
    }

    /// The document as it may be shown: credentials are hidden.
    pub fn shown(&self) -> Result<Json> {
        let mut document = serde_json::to_value(self).map_err(Error::internal)?;
        providers::hide(&mut document);
        Ok(document)
    }

    /// Each setting as it may be shown, by its dotted key.
    pub fn flat(&self) -> Result<BTreeMap<String, Json>> {
        let mut out = BTreeMap::new();
        flatten("", &self.shown()?, &mut out);
        Ok(out)
    }

    /// The dotted keys of what differs between these settings and `other`, credentials included.
    pub fn changes(&self, other: &Self) -> Result<Vec<String>> {
        let (old, new) = (self.flat()?, other.flat()?);
        let keys: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
        let differs = |key: &String| match key.as_str() {
            "sms.providers" => self.sms.providers != other.sms.providers,
            "frontegg.captcha.secretKey" => {
                let key = |frontegg: &Frontegg| frontegg.captcha.as_ref().map(|captcha| captcha.secret_key.clone());
                key(&self.frontegg) != key(&other.frontegg)
            }
            "email.providers" => self.email.providers != other.email.providers,
            _ => old.get(key) != new.get(key),
        };
        // An empty list of names is no setting of its own.
        let named = |value: Option<&Json>| value.is_some_and(|value| *value != Json::Object(Map::new()));
        Ok(keys.into_iter().filter(|key| differs(key) && (named(old.get(key)) || named(new.get(key)))).collect())
    }

    /// The code of `phone` if it is a mock number.
    pub fn mock_code(&self, phone: &Phone) -> Option<&str> {
        self.auth.mock_numbers.iter().find(|m| m.phone == phone.as_e164()).map(|m| m.otp.as_str())
    }

    fn check(&self) -> Result<()> {
        range("auth.limit", self.auth.limit, 0, 1_000_000_000)?;
        range("auth.duration", self.auth.duration, 60, 10 * 31_536_000)?;
        range("auth.sessionsLimit", self.auth.sessions_limit, 1, 100)?;
        range("auth.purgePendingDays", self.auth.purge_pending_days, 1, 365)?;
        range("auth.passwordHistory", self.auth.password_history, 0, 20)?;
        if let Some(lockout) = &self.auth.lockout {
            // Beyond a hundred another rule holds anyway (NIST SP 800-63B §5.2.2).
            range("auth.lockout.maxAttempts", lockout.max_attempts, 1, 100)?;
        }
        let cost = self.auth.password_hashing;
        let hashing = |name, value: u32, min: u32, max: u32| {
            range(&format!("auth.passwordHashing.{name}"), value.into(), min.into(), max.into())
        };
        hashing("iterations", cost.iterations, 1, Cost::MOST_ITERATIONS)?;
        hashing("memoryKib", cost.memory_kib, Cost::least_memory(cost.iterations), Cost::MOST_MEMORY)?;
        hashing("parallelism", cost.parallelism, 1, Cost::MOST_PARALLELISM)?;
        range("otp.length", self.otp.length, 4, 10)?;
        range("otp.lifetimeSeconds", self.otp.lifetime_seconds, 30, 3_600)?;
        range("otp.maxAttempts", self.otp.max_attempts, 1, 5)?;
        range("otp.perPhonePerDay", self.otp.per_phone_per_day, 1, 1_000)?;
        if self.otp.resend_seconds.is_empty() || self.otp.resend_seconds.len() > 10 {
            return Err(Error::invalid("otp.resendSeconds", "must hold 1 to 10 numbers"));
        }
        for seconds in &self.otp.resend_seconds {
            range("otp.resendSeconds", *seconds, 0, 3_600)?;
        }
        self.mfa.check()?;
        range("sms.perAddressPerHour", self.sms.per_address_per_hour, 1, 1_000_000)?;
        if !self.sms.daily_ceiling.is_finite() || self.sms.daily_ceiling < 0.0 {
            return Err(Error::invalid("sms.dailyCeiling", "must be an amount of money, 0 or more"));
        }
        if self.sms.prices.values().any(|p| !p.is_finite() || *p < 0.0) {
            return Err(Error::invalid("sms.prices", "must be amounts of money, 0 or more"));
        }
        for country in self.sms.countries.iter().chain(self.sms.prices.keys()) {
            if country != "*" && !is_country(country) {
                return Err(Error::invalid("sms.countries", "takes ISO codes such as \"DE\", or \"*\""));
            }
        }
        if self.sms.origin.as_deref().is_some_and(|origin| !is_host_name(origin)) {
            return Err(Error::invalid("sms.origin", "must be a host name such as login.example.com"));
        }
        providers::check(self)?;
        for (name, template) in &self.email.templates {
            template.check(&format!("email.templates.{name}"))?;
        }
        self.check_mock_numbers()?;
        self.nevr.check()?;
        self.frontegg.check()?;
        coexistence::check(self)
    }

    /// Contract nuvix §3.1: at most ten, each number once.
    fn check_mock_numbers(&self) -> Result<()> {
        let mocks = &self.auth.mock_numbers;
        if mocks.len() > 10 {
            return Err(Error::invalid("auth.mockNumbers", "takes at most 10 numbers"));
        }
        for (n, mock) in mocks.iter().enumerate() {
            let field = |name| format!("auth.mockNumbers[{n}].{name}");
            match Phone::parse(&mock.phone, None) {
                Ok(phone) if phone.as_e164() == mock.phone => {}
                Ok(_) | Err(_) => return Err(Error::invalid(field("phone"), "must be a number in E.164")),
            }
            if !(4..=10).contains(&mock.otp.len()) || !mock.otp.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Error::invalid(field("otp"), "must be 4 to 10 digits"));
            }
            if mocks.iter().take(n).any(|other| other.phone == mock.phone) {
                return Err(Error::invalid(field("phone"), "is there twice"));
            }
        }
        Ok(())
    }
}

/// Whether a key names a limit, which is one value: an object or `false`.
fn is_rate_limit(key: &str) -> bool {
    key == "nevr.rateLimit" || key.starts_with("nevr.baseRateLimits.")
}

fn flatten(prefix: &str, value: &Json, out: &mut BTreeMap<String, Json>) {
    match value {
        Json::Object(object) if !object.is_empty() && !is_rate_limit(prefix) => {
            let dot = if prefix.is_empty() { "" } else { "." };
            for (key, value) in object {
                flatten(&format!("{prefix}{dot}{key}"), value, out);
            }
        }
        value => {
            out.insert(prefix.to_owned(), value.clone());
        }
    }
}

impl Mfa {
    fn check(&self) -> Result<()> {
        range("mfa.rememberDeviceSeconds", self.remember_device_seconds, 60, 31_536_000)?;
        range("mfa.recentSeconds", self.recent_seconds, 60, 86_400)?;
        if let Some(seconds) = self.sms_lifetime_seconds {
            range("mfa.smsLifetimeSeconds", seconds, 300, 3_600)?;
        }
        if let Some(seconds) = self.email_lifetime_seconds {
            range("mfa.emailLifetimeSeconds", seconds, 300, 3_600)?;
        }
        match &self.issuer {
            Some(name) => super::check_name(name).map_err(|_| {
                Error::invalid("mfa.issuer", "must be 1 to 128 characters in one line, or null for the project's name")
            }),
            None => Ok(()),
        }
    }
}

fn check_hosts(field: &str, hosts: &[String]) -> Result<()> {
    let is_host = |host: &String| is_host_name(host) && !host.bytes().any(|b| b.is_ascii_uppercase());
    if hosts.len() > 100 || !hosts.iter().all(is_host) {
        return Err(Error::invalid(field, "takes at most 100 host names such as app.example.com, in lower case"));
    }
    Ok(())
}

fn range(field: &str, value: i64, min: i64, max: i64) -> Result<()> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(Error::invalid(field, format!("must be from {min} to {max}")))
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

pub(super) fn merge(into: &mut Json, patch: &Json) {
    match (into, patch) {
        (Json::Object(into), Json::Object(patch)) => {
            for (key, value) in patch {
                merge(into.entry(key.clone()).or_insert(Json::Null), value);
            }
        }
        (into, patch) => *into = patch.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::Email as Address;

    fn merged(patch: &Json) -> Result<Settings> {
        Settings::default().merged(patch)
    }

    /// A good policy, but for one value.
    fn captcha(key: &str, value: Json) -> Json {
        let mut policy = json!({"siteKey": "6Lc_site_key_of_a_test_000000000000000AA", "secretKey": "6Lc_secret_of_a_test_00000000000000000AA"});
        policy[key] = value;
        json!({"frontegg": {"captcha": policy}})
    }

    #[test]
    fn the_captchas_secret_is_hidden_kept_when_sent_back_sealed_and_its_change_told() {
        let settings = merged(&captcha("minScore", json!(0.7))).unwrap();
        let shown = settings.shown().unwrap();
        assert!(!shown.to_string().contains("6Lc_secret") && shown.to_string().contains("6Lc_site"), "{shown}");
        assert_eq!(settings.merged(&shown).unwrap(), settings);
        let (open, sealed) = providers::split(&settings).unwrap();
        assert!(!serde_json::to_string(&open).unwrap().contains("6Lc_secret"));
        let mut joined = open;
        providers::join(&mut joined, &sealed).unwrap();
        assert_eq!(joined, settings);
        let other = settings
            .merged(&json!({"frontegg": {"captcha": {"secretKey": "6Lc_another_of_a_test_0000000000000000AA"}}}));
        assert_eq!(settings.changes(&other.unwrap()).unwrap(), ["frontegg.captcha.secretKey"]);
        let gone = settings.merged(&json!({"frontegg": {"captcha": null}})).unwrap();
        assert_eq!(gone, Settings::default());
    }

    #[test]
    fn a_captcha_ignores_addresses_however_they_are_spelt() {
        let settings = merged(&captcha("ignoredEmails", json!(["Test@Example.com"]))).unwrap();
        let captcha = settings.frontegg.captcha.unwrap();
        let email = |text: &str| Address::parse(text).unwrap();
        assert!(captcha.ignores(&email("test@example.COM")) && !captcha.ignores(&email("test2@example.com")));
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let settings = merged(&json!({"otp": {"length": 8}, "nevr": {"rateLimit": false}})).unwrap();
        assert_eq!(settings.otp.length, 8);
        assert_eq!(settings.otp.lifetime_seconds, 900);
        assert_eq!(settings.nevr.rate_limit, RateLimit::Off);
        assert_eq!(settings.auth, Auth::default());
    }

    #[test]
    fn a_document_of_an_earlier_version_is_read() {
        let stored = r#"{"mfa": {"enforce": "force", "rememberDeviceDays": 3}}"#;
        let settings = Settings::of_stored(stored).unwrap();
        assert_eq!(settings, merged(&json!({"mfa": {"enforce": "force"}})).unwrap());
        assert!(Settings::of_stored(r#"{"mfa": {"other": 3}}"#).is_err());
    }

    #[test]
    fn what_changed_is_told_by_name_and_credentials_are_not_told() {
        let provider = |secret: &str| {
            json!({"sms": {"providers": [{"name": "main", "account":
                {"kind": "http", "url": "https://example.com/sms", "secret": secret}}]}})
        };
        let before = merged(&json!({"sms": {"templates": {"mfa": "{{ code }}"}}})).unwrap();
        let before = before.merged(&provider("whsec_one")).unwrap();
        let mut after = before.merged(&json!({"otp": {"length": 8}, "nevr": {"rateLimit": false}})).unwrap();
        assert_eq!(before.changes(&after).unwrap(), ["nevr.rateLimit", "otp.length"]);
        after.sms.templates.clear();
        assert_eq!(before.changes(&after).unwrap(), ["nevr.rateLimit", "otp.length", "sms.templates.mfa"]);
        let other = before.merged(&provider("whsec_two")).unwrap();
        assert_eq!(before.changes(&other).unwrap(), ["sms.providers"]);
        assert!(before.changes(&before).unwrap().is_empty());
        assert!(!format!("{:?}", before.flat().unwrap()).contains("whsec"));
    }

    #[test]
    fn unknown_keys_and_bad_values_are_refused_by_name() {
        for (patch, field) in [
            (json!({"otp": {"lenght": 8}}), "otp.lenght"),
            (json!({"otp": {"length": 3}}), "otp.length"),
            (json!({"otp": {"length": "six"}}), "otp.length"),
            (json!({"otp": {"resendSeconds": []}}), "otp.resendSeconds"),
            (json!({"sms": {"countries": ["Germany"]}}), "sms.countries"),
            (json!({"sms": {"origin": "https://example.com"}}), "sms.origin"),
            (json!({"auth": {"mockNumbers": [{"phone": "+14255550123", "otp": "x"}]}}), "auth.mockNumbers[0].otp"),
            (json!({"auth": {"passwordHashing": {"iterations": 0}}}), "auth.passwordHashing.iterations"),
            (json!({"auth": {"passwordHashing": {"iterations": 1}}}), "auth.passwordHashing.memoryKib"),
            (json!({"auth": {"passwordHashing": {"memoryKib": 262_145}}}), "auth.passwordHashing.memoryKib"),
            (json!({"auth": {"passwordHashing": {"memoryKib": -1}}}), "auth.passwordHashing.memoryKib"),
            (json!({"auth": {"passwordHashing": {"parallelism": 5}}}), "auth.passwordHashing.parallelism"),
            (json!({"mfa": {"rememberDeviceDays": 14}}), "mfa.rememberDeviceDays"),
            (json!({"mfa": {"rememberDeviceSeconds": 59}}), "mfa.rememberDeviceSeconds"),
            (json!({"mfa": {"smsLifetimeSeconds": 299}}), "mfa.smsLifetimeSeconds"),
            (json!({"mfa": {"emailLifetimeSeconds": 3_601}}), "mfa.emailLifetimeSeconds"),
            (json!({"mfa": {"issuer": " "}}), "mfa.issuer"),
            (json!({"frontegg": {"mainStrategy": "Passkeys"}}), "frontegg.mainStrategy"),
            (json!({"auth": {"lockout": {"maxAttempts": 0}}}), "auth.lockout.maxAttempts"),
            (json!({"auth": {"lockout": {"attempts": 5}}}), "auth.lockout.attempts"),
            (json!({"frontegg": {"appUrl": "javascript:alert(1)"}}), "frontegg.appUrl"),
            (captcha("siteKey", json!("short")), "frontegg.captcha.siteKey: site key must be valid"),
            (captcha("secretKey", json!("[hidden]")), "frontegg.captcha.secretKey"),
            (captcha("secretKey", json!("with spaces and more of them")), "frontegg.captcha.secretKey"),
            (captcha("minScore", json!(1.5)), "frontegg.captcha.minScore"),
            (captcha("ignoredEmails", json!(["nobody"])), "frontegg.captcha.ignoredEmails"),
            (json!({"nevr": {"rateLimit": true}}), "nevr.rateLimit"),
            (json!({"nevr": {"rateLimit": {"window": 0, "max": 1}}}), "nevr.rateLimit.window"),
            (
                json!({"nevr": {"baseRateLimits": {"signIn": {"window": 1, "max": 0}}}}),
                "nevr.baseRateLimits.signIn.max",
            ),
            (json!({"nevr": {"session": {"updateAge": 604_801}}}), "nevr.session.updateAge"),
            (json!({"nevr": {"countries": ["*"]}}), "nevr.countries"),
            (json!({"nevr": {"hosts": ["https://shop.example.com"]}}), "nevr.hosts"),
            (json!({"nevr": {"hosts": ["Shop.example.com"]}}), "nevr.hosts"),
            (json!([]), "settings"),
        ] {
            let error = merged(&patch).unwrap_err().to_string();
            assert!(error.starts_with(field), "{patch}: {error}");
        }
    }
}
