//! How SMS as a way to sign in and SMS as a second factor live together (seed 001; contract frontegg §2.7).
//!
//! Here are the rules about a project's settings: 1 (beside SMS there is another second factor), 2 (SMS is not the only one
//! on offer), 3 (without another one nobody signs in by SMS) and 6 (SMS may be the only way to sign in). Rules 4 and 5 are
//! about one account: `signin::coexistence`.

use super::Settings;
use crate::base::{Error, Result};

/// How people sign in first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MainStrategy {
    /// An e-mail address and a password.
    EmailAndPassword,
    /// A link by e-mail.
    MagicLink,
    /// A code by e-mail.
    Code,
    /// A code by SMS.
    SmsCode,
}

impl MainStrategy {
    const ALL: [Self; 4] = [Self::EmailAndPassword, Self::MagicLink, Self::Code, Self::SmsCode];

    /// As the setting `frontegg.mainStrategy` and Frontegg clients call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmailAndPassword => "EmailAndPassword",
            Self::MagicLink => "MagicLink",
            Self::Code => "Code",
            Self::SmsCode => "SmsCode",
        }
    }

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.name() == name)
    }
}

/// What is really on, once every rule is applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a strategy of its own")]
pub struct Strategies {
    /// How people sign in first.
    pub main: MainStrategy,
    /// Whether SMS is a way to sign in beside it (rule 3).
    pub sms_beside: bool,
    /// Whether an authenticator app is a second factor.
    pub app: bool,
    /// Whether a code by SMS is one.
    pub sms: bool,
    /// Whether a code by e-mail is one.
    pub email: bool,
}

impl Strategies {
    /// Those of these settings.
    pub fn of(settings: &Settings) -> Self {
        let (mfa, frontegg) = (&settings.mfa, &settings.frontegg);
        Self {
            main: MainStrategy::find(&frontegg.main_strategy).unwrap_or(MainStrategy::EmailAndPassword),
            sms_beside: frontegg.sms_login && has_another(settings),
            app: mfa.totp,
            sms: mfa.phone,
            email: mfa.email,
        }
    }

    /// Whether anybody signs in by SMS. As the first way it needs no other (rule 6).
    pub fn is_sms_login(&self) -> bool {
        self.main == MainStrategy::SmsCode || self.sms_beside
    }
}

/// Whether there is a second factor other than SMS.
const fn has_another(settings: &Settings) -> bool {
    settings.mfa.totp || settings.mfa.email
}

/// What the settings may not say, whatever they said before: rules 1 and 2.
pub(super) fn check(settings: &Settings) -> Result<()> {
    let Some(main) = MainStrategy::find(&settings.frontegg.main_strategy) else {
        let known = MainStrategy::ALL.map(MainStrategy::name).join(", ");
        return Err(Error::invalid("frontegg.mainStrategy", format!("must be one of {known}")));
    };
    let is_sms_login = settings.frontegg.sms_login || main == MainStrategy::SmsCode;
    if is_sms_login && settings.mfa.phone && !has_another(settings) {
        return Err(Error::invalid(
            "mfa.phone",
            "SMS cannot be the only second factor while people sign in by SMS: keep authenticator apps (mfa.totp) or \
             codes by e-mail (mfa.email) on, or switch SMS login off",
        ));
    }
    Ok(())
}

/// What a change may not do: SMS login is not switched on where it would stay off (rule 3).
pub(super) fn check_change(before: &Settings, after: &Settings) -> Result<()> {
    if after.frontegg.sms_login && !before.frontegg.sms_login && !has_another(after) {
        return Err(Error::invalid(
            "frontegg.smsLogin",
            "SMS login needs a second factor other than SMS: switch authenticator apps (mfa.totp) or codes by e-mail \
             (mfa.email) on first",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn with(mfa: &[&str], frontegg: &Json) -> Result<Settings> {
        let on = |name| mfa.contains(&name);
        let mfa = json!({"totp": on("totp"), "phone": on("phone"), "email": on("email")});
        Settings::default().merged(&json!({"mfa": mfa, "frontegg": frontegg}))
    }

    fn reason(settings: Result<Settings>) -> String {
        settings.unwrap_err().to_string()
    }

    const SECONDARY: bool = true;

    #[test]
    fn rules_1_and_2_want_another_second_factor_beside_sms_where_people_sign_in_by_sms() {
        for login in [json!({"smsLogin": SECONDARY}), json!({"mainStrategy": "SmsCode"})] {
            assert!(reason(with(&["phone"], &login)).starts_with("mfa.phone: SMS cannot be the only second factor"));
            for other in ["totp", "email"] {
                assert!(with(&["phone", other], &login).is_ok(), "{login} with {other}");
            }
        }
        assert!(with(&["phone"], &json!({})).is_ok(), "nobody signs in by SMS");
        // Whichever of the two was there first.
        let both = with(&["phone", "totp"], &json!({"smsLogin": true})).unwrap();
        assert!(reason(both.merged(&json!({"mfa": {"totp": false}}))).starts_with("mfa.phone"));
        assert!(both.merged(&json!({"mfa": {"totp": false}, "frontegg": {"smsLogin": false}})).is_ok());
        let only = with(&["phone"], &json!({})).unwrap();
        assert!(reason(only.merged(&json!({"frontegg": {"mainStrategy": "SmsCode"}}))).starts_with("mfa.phone"));
    }

    #[test]
    fn rule_3_refuses_to_switch_sms_login_on_and_switches_it_off_without_another_second_factor() {
        assert!(reason(with(&[], &json!({"smsLogin": true}))).starts_with("frontegg.smsLogin: SMS login needs"));
        let on = with(&["totp"], &json!({"smsLogin": true})).unwrap();
        assert!(Strategies::of(&on).sms_beside && Strategies::of(&on).is_sms_login());
        let off = on.merged(&json!({"mfa": {"totp": false}})).unwrap();
        assert!(off.frontegg.sms_login && !Strategies::of(&off).is_sms_login());
        // What stays as it is is not switched on.
        assert!(off.merged(&json!({"frontegg": {"smsLogin": true}, "otp": {"length": 8}})).is_ok());
        let again = off.merged(&json!({"mfa": {"email": true}})).unwrap();
        assert!(Strategies::of(&again).sms_beside);
        assert!(!Strategies::of(&again.merged(&json!({"frontegg": {"smsLogin": false}})).unwrap()).sms_beside);
    }

    #[test]
    fn rule_6_lets_sms_be_the_only_way_to_sign_in() {
        let settings = with(&[], &json!({"mainStrategy": "SmsCode"})).unwrap();
        let strategies = Strategies::of(&settings);
        assert!(strategies.is_sms_login() && !strategies.sms_beside);
        assert_eq!((strategies.app, strategies.sms, strategies.email), (false, false, false));
    }

    #[test]
    fn a_main_strategy_is_one_that_there_is() {
        for name in ["EmailAndPassword", "MagicLink", "Code", "SmsCode"] {
            let settings = with(&["totp"], &json!({"mainStrategy": name})).unwrap();
            assert_eq!(Strategies::of(&settings).main.name(), name);
        }
        for name in ["", "smscode", "WebAuthN", "NoLocalAuthentication"] {
            assert!(reason(with(&["totp"], &json!({"mainStrategy": name}))).starts_with("frontegg.mainStrategy"));
        }
    }
}
