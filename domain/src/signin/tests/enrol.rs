//! Setting second factors up and giving them up, as Frontegg clients do.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND, CLARA, Person, Row, World, app_code, wrong};
use crate::base::{Actor, Code, Email, Phone, Secret, Target, Time};
use crate::on_both;
use crate::project::Project;
use crate::session::Session;
use crate::signin::challenge::Asking;
use crate::signin::enrol::{self, Devices, Enrolled};
use crate::signin::{Caller, coexistence, manage, remove};
use crate::user::{self, User};
use crate::verification::Dialect;

fn phone(text: &str) -> Phone {
    Phone::parse(text, None).unwrap()
}

fn asking(project: &Project) -> Asking {
    Asking::of(project, Dialect::Frontegg)
}

impl World {
    /// Somebody with an address and a password, signed in.
    pub fn member(&self) -> Person {
        self.sign_up(Some("anna"), ANNA_MAIL).unwrap();
        self.enter_by_password(ANNA_MAIL)
    }

    /// Asks for a code to a number that is to be a second factor; gives the token.
    pub fn enrol(&self, who: &Person, number: &str) -> Result<String, Code> {
        let target = Target::Phone(phone(number));
        self.act(who, move |tx, ctx, project, caller| {
            enrol::start(tx, ctx, project, caller, &asking(project), &target).map(|token| token.id)
        })
    }

    /// Shows it.
    pub fn confirm_enrol(&self, who: &Person, token: &str, code: &str) -> Result<Enrolled, Code> {
        let (token, code) = (token.to_owned(), Secret::new(code));
        self.act(who, move |tx, ctx, project, caller| enrol::finish(tx, ctx, project, caller, &token, &code))
            .and_then(|answer| answer.map_err(|error| error.code))
    }

    /// Sets a number up as a second factor.
    pub fn add_second_phone(&self, who: &Person, number: &str) -> Enrolled {
        let token = self.enrol(who, number).unwrap();
        let code = self.code();
        self.confirm_enrol(who, &token, &code).unwrap()
    }

    /// Sets an app up; gives its seed and what came of it. The code of the present step is used.
    pub fn add_app(&self, who: &Person) -> (Secret, Enrolled) {
        let seed = self.act(who, enrol::start_app).unwrap().secret;
        let code = Secret::new(app_code(&seed, self.ctx.now));
        let enrolled =
            self.act(who, move |tx, ctx, project, caller| enrol::finish_app(tx, ctx, project, caller, &code));
        (seed, enrolled.unwrap())
    }

    /// What he keeps.
    pub fn devices(&self, user: &str) -> Devices {
        let (project, user) = (self.project.clone(), self.find_user(user).unwrap());
        self.write(move |tx, ctx| enrol::devices(tx, ctx, &project, &user))
    }

    /// Asks for a code to give a number up.
    pub fn unenrol(&self, who: &Person, id: &str) -> Result<String, Code> {
        let id = id.to_owned();
        self.act(who, move |tx, ctx, project, caller| {
            remove::start_phone(tx, ctx, project, caller, &asking(project), &id).map(|(token, _)| token.id)
        })
    }

    /// Shows it.
    pub fn confirm_unenrol(&self, who: &Person, id: &str, token: &str, code: &str) -> Result<User, Code> {
        let (id, token, code) = (id.to_owned(), token.to_owned(), Secret::new(code));
        self.act(who, move |tx, ctx, project, caller| {
            remove::finish_phone(tx, ctx, project, caller, &id, &token, &code)
        })
        .and_then(|answer| answer.map_err(|error| error.code))
    }

    /// Gives the app up.
    pub fn drop_app(&self, who: &Person, id: Option<&str>, code: Option<&str>) -> Result<User, Code> {
        let (id, code) = (id.map(str::to_owned), code.map(Secret::new));
        self.act(who, move |tx, ctx, project, caller| {
            remove::delete_app(tx, ctx, project, caller, Dialect::Frontegg, id.as_deref(), code.as_ref())
        })
        .and_then(|answer| answer.map_err(|error| error.code))
    }

    /// Shows a recovery code with an address.
    pub fn recover_factors(&self, email: &str, code: &str) -> Result<(), Code> {
        let (project, email, code) = (self.project.clone(), Email::parse(email).unwrap(), Secret::new(code));
        self.try_write(move |tx, ctx| remove::recover(tx, ctx, &project, &email, &code))
            .and_then(|answer| answer)
            .map_err(|error| error.code)
    }

    /// The same world, seen by a customer's server.
    pub fn as_server(&self) -> Self {
        let mut world = self.clone();
        world.ctx.actor = Actor::Key("key".to_owned());
        world
    }
}

/// Somebody for whom a server vouches.
fn vouched(world: &World, user: &str) -> Caller {
    Caller { user: world.find_user(user).unwrap(), session: Session::vouched(user, world.ctx.now) }
}

on_both!(a_number_is_a_second_factor_once_a_code_to_it_was_shown, |test| {
    let world = World::new(test);
    let anna = world.member();
    let token = world.enrol(&anna, BERND).unwrap();
    let ready = world.only();
    assert_eq!((ready.message.purpose.as_str(), ready.message.payload.to.as_str()), ("enrol-factor", BERND));
    let code = ready.code().to_owned();
    assert_eq!(world.me(&anna).mfa_phone, None);
    assert_eq!(world.confirm_enrol(&anna, &token, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    let enrolled = world.confirm_enrol(&anna, &token, &code).unwrap();
    assert!(enrolled.user.mfa && enrolled.user.mfa_phone == Some(phone(BERND)));
    assert_eq!(enrolled.recovery_code.map(|code| code.expose().len()), Some(20));
    // It finds nobody, and is nobody's number to sign in by.
    assert!(world.owner(BERND).is_none() && enrolled.user.phone.is_none());
    // It counts in this session, and once.
    assert_eq!(world.proved(&anna), (vec!["password".into(), "phone".into()], Some(world.ctx.now)));
    assert!(world.is_let_in(&anna));
    assert_eq!(world.confirm_enrol(&anna, &token, &code).unwrap_err(), Code::InvalidToken);
    let next = world.enter_by_password(ANNA_MAIL);
    assert!(!world.is_let_in(&next));
});

on_both!(two_may_have_the_same_number_as_a_second_factor, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    world.add_second_phone(&anna, CLARA);
    world.sign_in(CLARA, "clara");
    world.later(120);
    let code = world.ask_and_get(BERND, "bernd");
    let bernd = world.finish("bernd", &code).unwrap().secret;
    world.app(&bernd);
    world.later(120);
    world.add_second_phone(&bernd, CLARA);
    assert_eq!(world.find_user("anna").unwrap().mfa_phone, world.find_user("bernd").unwrap().mfa_phone);
    assert_eq!(world.owner(CLARA).unwrap().id, "clara");
    assert_ne!(world.devices("anna").phones[0].0, world.devices("bernd").phones[0].0);
});

on_both!(a_code_for_one_purpose_session_or_person_sets_nothing_else_up, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    let other = world.enter_by_password(ANNA_MAIL);
    let token = world.enrol(&anna, BERND).unwrap();
    let code = world.code();
    assert_eq!(world.confirm_enrol(&other, &token, &code).unwrap_err(), Code::InvalidToken);
    world.sign_up(Some("bernd"), "bernd@example.org").unwrap();
    let bernd = world.enter_by_password("bernd@example.org");
    assert_eq!(world.confirm_enrol(&bernd, &token, &code).unwrap_err(), Code::InvalidToken);
    world.confirm_enrol(&anna, &token, &code).unwrap();
    // A code to give it up is none to set it up, and the other way round.
    world.later(600);
    let id = world.devices("anna").phones[0].0.clone();
    let removal = world.unenrol(&anna, &id).unwrap();
    let code = world.code();
    assert_eq!(world.confirm_enrol(&anna, &removal, &code).unwrap_err(), Code::InvalidToken);
    world.later(600);
    let addition = world.enrol(&anna, CLARA).unwrap();
    let code = world.code();
    assert_eq!(world.confirm_unenrol(&anna, &id, &addition, &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_code_dies_after_five_wrong_tries_and_in_time, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    let token = world.enrol(&anna, BERND).unwrap();
    let code = world.code();
    for _ in 0..5 {
        assert_eq!(world.confirm_enrol(&anna, &token, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.confirm_enrol(&anna, &token, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.failures(BERND), 5);
    world.later(60);
    let token = world.enrol(&anna, BERND).unwrap();
    let code = world.code();
    world.later(900);
    assert_eq!(world.confirm_enrol(&anna, &token, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.me(&anna).mfa_phone, None);
});

on_both!(asking_again_at_once_sends_nothing_and_each_token_opens_the_one_code, |test| {
    let world = World::new(test);
    let anna = world.member();
    let first = world.enrol(&anna, BERND).unwrap();
    let second = world.enrol(&anna, BERND).unwrap();
    assert_ne!(first, second);
    let code = world.code();
    world.confirm_enrol(&anna, &second, &code).unwrap();
    assert_eq!(world.confirm_enrol(&anna, &first, &code).unwrap_err(), Code::InvalidToken);
});

on_both!(how_long_its_codes_live_is_a_setting_of_second_factors, |test| {
    let mut world = World::with(test, &json!({"mfa": {"smsLifetimeSeconds": 1_800}}));
    let anna = world.member();
    let token = world.enrol(&anna, BERND).unwrap();
    let code = world.code();
    world.later(1_799);
    assert!(world.confirm_enrol(&anna, &token, &code).is_ok());
});

on_both!(with_a_second_factor_on_another_needs_one_that_was_shown_lately, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    let (seed, first) = world.add_app(&anna);
    assert!(first.recovery_code.is_some() && first.user.mfa);
    world.later(1_801);
    assert_eq!(world.enrol(&anna, BERND).unwrap_err(), Code::ChallengeRequired);
    world.show_app(&anna, &seed);
    let before = world.proved(&anna);
    let second = world.add_second_phone(&anna, BERND);
    assert!(second.recovery_code.is_none());
    assert_eq!(world.proved(&anna), before);
    // Whoever has yet to show one shows it first.
    let half_way = world.enter_by_password(ANNA_MAIL);
    assert_eq!(world.enrol(&half_way, CLARA).unwrap_err(), Code::MoreFactorsRequired);
});

on_both!(people_are_told_what_was_set_up_and_given_up, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    world.write(|tx, ctx| user::set_email_proof(tx, ctx, "anna", user::Proof::Vouched));
    world.add_second_phone(&anna, BERND);
    let told = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), ANNA_MAIL.to_owned())).collect::<Vec<_>>();
    assert_eq!(world.notices(), told(&["mfa-on", "mfa-phone-added"]));
    world.later(600);
    let id = world.devices("anna").phones[0].0.clone();
    let token = world.unenrol(&anna, &id).unwrap();
    let code = world.code();
    world.confirm_unenrol(&anna, &id, &token, &code).unwrap();
    assert_eq!(world.notices(), told(&["mfa-off", "mfa-phone-removed"]));
});

on_both!(a_number_is_given_up_by_a_code_to_it_and_with_the_last_factor_all_is_off, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    world.add_second_phone(&anna, BERND);
    world.add_app(&anna);
    let devices = world.devices("anna");
    let (id, app) = (devices.phones[0].0.clone(), devices.authenticators[0].clone());
    assert_eq!(world.unenrol(&anna, "other").unwrap_err(), Code::FactorNotFound);
    world.later(600);
    let token = world.unenrol(&anna, &id).unwrap();
    let ready = world.only();
    assert_eq!((ready.message.purpose.as_str(), ready.message.payload.to.as_str()), ("remove-factor", BERND));
    let code = ready.code().to_owned();
    assert_eq!(world.confirm_unenrol(&anna, "other", &token, &code).unwrap_err(), Code::FactorNotFound);
    assert_eq!(world.confirm_unenrol(&anna, &id, &token, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    let after = world.confirm_unenrol(&anna, &id, &token, &code).unwrap();
    assert!(after.mfa && after.mfa_phone.is_none());
    assert_eq!(world.unenrol(&anna, &id).unwrap_err(), Code::FactorNotFound);
    world.later(2_000);
    assert_eq!(world.drop_app(&anna, Some(&app), None).unwrap_err(), Code::ChallengeRequired);
    assert_eq!(world.drop_app(&anna, Some("other"), None).unwrap_err(), Code::AuthenticatorNotFound);
    assert_eq!(world.drop_app(&anna, Some(&app), Some("000000")).unwrap_err(), Code::InvalidToken);
    assert!(world.me(&anna).totp);
});

on_both!(an_app_is_given_up_by_a_code_of_it_and_its_recovery_codes_with_it, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    let (seed, enrolled) = world.add_app(&anna);
    world.later(2_000);
    let code = app_code(&seed, world.ctx.now);
    let after = world.drop_app(&anna, None, Some(&code)).unwrap();
    assert!(!after.mfa && !after.totp);
    assert_eq!(world.drop_app(&anna, None, Some(&code)).unwrap_err(), Code::AuthenticatorNotFound);
    let old = enrolled.recovery_code.unwrap();
    assert_eq!(world.recover_factors(ANNA_MAIL, old.expose()).unwrap_err(), Code::InvalidToken);
    // The next first factor comes with another.
    world.later(60);
    let (_, again) = world.add_app(&anna);
    assert_ne!(again.recovery_code.unwrap(), old);
});

on_both!(the_id_of_a_number_stays_and_tells_nothing_of_it, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    world.add_second_phone(&anna, BERND);
    let first = world.devices("anna");
    assert_eq!(first.phones[0].1, phone(BERND));
    assert_eq!(first.phones[0].0.len(), 36);
    world.later(86_400);
    assert_eq!(world.devices("anna"), first);
    assert!(!first.phones[0].0.contains(&BERND[4..]));
    // Another number is another device; the number to sign in by is none that is kept here.
    world.write(|tx, ctx| user::set_mfa_phone(tx, ctx, "anna", Some(&phone(CLARA))));
    assert_ne!(world.devices("anna").phones[0].0, first.phones[0].0);
    world.write(|tx, ctx| user::set_mfa_phone(tx, ctx, "anna", None));
    world.write(|tx, ctx| manage::update_phone(tx, ctx, "anna", Some(&phone(BERND))));
    world.write(|tx, ctx| manage::verify_phone(tx, ctx, "anna", true));
    assert_eq!(world.devices("anna").phones, []);
});

on_both!(a_server_sets_up_and_gives_up_for_a_user_without_a_session_of_his, |test| {
    let world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    world.sign_up(Some("bernd"), "bernd@example.org").unwrap();
    let server = world.as_server();
    let start = |user: &str, number: &str| {
        let (project, caller, target) = (server.project.clone(), vouched(&server, user), Target::Phone(phone(number)));
        server.try_write(move |tx, ctx| enrol::start(tx, ctx, &project, &caller, &asking(&project), &target))
    };
    let finish = |user: &str, token: &str, code: &str| {
        let (project, caller) = (server.project.clone(), vouched(&server, user));
        let (token, code) = (token.to_owned(), Secret::new(code));
        server.write(move |tx, ctx| enrol::finish(tx, ctx, &project, &caller, &token, &code))
    };
    let token = start("anna", BERND).unwrap().id;
    let code = world.code();
    assert_eq!(finish("bernd", &token, &code).unwrap_err().code, Code::InvalidToken);
    let enrolled = finish("anna", &token, &code).unwrap();
    assert!(enrolled.user.mfa && enrolled.recovery_code.is_some());
    // With a second factor on, too: a server is not asked for one.
    assert!(start("anna", CLARA).is_ok());
    let project = world.project.clone();
    let after = server.write(move |tx, ctx| remove::delete_all(tx, ctx, &project, "anna"));
    assert!(!after.mfa && after.mfa_phone.is_none() && !after.totp);
    let code = enrolled.recovery_code.unwrap();
    assert_eq!(world.recover_factors(ANNA_MAIL, code.expose()).unwrap_err(), Code::InvalidToken);
});

on_both!(a_recovery_code_gives_all_factors_up_ends_the_sessions_and_tells_the_user, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    world.write(|tx, ctx| user::set_email_proof(tx, ctx, "anna", user::Proof::Vouched));
    let (_, enrolled) = world.add_app(&anna);
    world.add_second_phone(&anna, BERND);
    let code = enrolled.recovery_code.unwrap();
    drop(world.work());
    assert_eq!(world.recover_factors(ANNA_MAIL, &"0".repeat(20)).unwrap_err(), Code::InvalidToken);
    assert!(world.session(&anna).is_some());
    // As somebody types it from paper.
    let typed = format!(" {} ", code.expose().to_uppercase());
    world.recover_factors(ANNA_MAIL, &typed).unwrap();
    let user = world.find_user("anna").unwrap();
    assert!(!user.mfa && !user.totp && user.mfa_phone.is_none());
    assert!(world.session(&anna).is_none());
    assert_eq!(world.notices(), [("mfa-off".to_owned(), ANNA_MAIL.to_owned())]);
    assert_eq!(world.recover_factors(ANNA_MAIL, code.expose()).unwrap_err(), Code::InvalidToken);
    world.later(1);
    let again = world.enter_by_password(ANNA_MAIL);
    assert!(world.is_let_in(&again));
});

on_both!(guesses_at_a_recovery_code_are_few_whoever_has_the_address, |test| {
    let world = World::new(test);
    let anna = world.member();
    let code = world.add_app(&anna).1.recovery_code.unwrap();
    let wrong = "0".repeat(20);
    for email in [ANNA_MAIL, "nobody@example.com"] {
        for network in ["192.0.2.1", "198.51.100.1", "203.0.113.1"] {
            let world = world.from(network);
            for _ in 0..remove::BY_NETWORK {
                assert_eq!(world.recover_factors(email, &wrong).unwrap_err(), Code::InvalidToken);
            }
            assert!(matches!(world.recover_factors(email, &wrong).unwrap_err(), Code::TooManyAttempts { .. }));
        }
        // All have had their tries.
        let other = world.from("192.88.99.1");
        assert!(matches!(other.recover_factors(email, code.expose()).unwrap_err(), Code::TooManyAttempts { .. }));
    }
    assert!(world.me(&anna).totp);
    let mut tomorrow = world.from("192.0.2.1");
    tomorrow.later(86_400);
    tomorrow.recover_factors(ANNA_MAIL, code.expose()).unwrap();
});

on_both!(a_blocked_account_is_not_recovered_and_keeps_its_code, |test| {
    let world = World::new(test);
    let anna = world.member();
    let code = world.add_app(&anna).1.recovery_code.unwrap();
    world.write(|tx, ctx| manage::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.recover_factors(ANNA_MAIL, code.expose()).unwrap_err(), Code::InvalidToken);
    world.write(|tx, ctx| manage::set_blocked(tx, ctx, "anna", false));
    assert!(world.me(&anna).totp);
    world.recover_factors(ANNA_MAIL, code.expose()).unwrap();
});

on_both!(where_recovery_codes_are_off_none_is_made_and_one_that_is_there_is_kept, |test| {
    let mut world = World::with(test, &json!({"mfa": {"recoveryCodes": false}}));
    let anna = world.member();
    assert!(world.add_app(&anna).1.recovery_code.is_none());
    world.later(60);
    world.set(&json!({"mfa": {"recoveryCodes": true}}));
    world.sign_up(Some("bernd"), "bernd@example.org").unwrap();
    let bernd = world.enter_by_password("bernd@example.org");
    let codes = world.codes(&bernd).unwrap();
    assert!(world.add_app(&bernd).1.recovery_code.is_none());
    world.recover_factors("bernd@example.org", &codes[3]).unwrap();
});

on_both!(rule_4_asks_whoever_wants_a_number_to_sign_in_by_for_a_factor_other_than_sms, |test| {
    let mut world = World::new(test);
    let anna = world.member();
    let may = |world: &World| coexistence::may_set_number(&world.project, &world.find_user("anna").unwrap());
    assert_eq!(may(&world).unwrap_err().code, Code::OtherFactorRequired);
    world.add_second_phone(&anna, BERND);
    assert_eq!(may(&world).unwrap_err().code, Code::OtherFactorRequired, "SMS is no other factor");
    // A verified address is one while codes by e-mail are a strategy.
    world.write(|tx, ctx| user::set_email_proof(tx, ctx, "anna", user::Proof::Vouched));
    assert!(may(&world).is_ok());
    world.set(&json!({"mfa": {"email": false}}));
    assert!(may(&world).is_err());
    world.add_app(&anna);
    assert!(may(&world).is_ok());
    // With the factors there and the flag off he has them, and they ask for nothing.
    world.write(|tx, ctx| manage::set_mfa(tx, ctx, "anna", false));
    assert!(may(&world).is_err());
    world.set(&json!({"mfa": {"enforce": "force"}}));
    assert!(may(&world).is_ok());
});

on_both!(after_a_sign_in_by_sms_a_number_is_a_second_factor_beside_another_one_only, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    assert_eq!(world.enrol(&anna, BERND).unwrap_err(), Code::OtherFactorRequired);
    world.add_app(&anna);
    world.add_second_phone(&anna, BERND);
    assert!(world.is_let_in(&anna));
    // And the other one stays as long as the number to sign in by does, where people do sign in by it.
    world.set(&json!({"frontegg": {"smsLogin": true}}));
    let app = world.devices("anna").authenticators[0].clone();
    assert_eq!(world.drop_app(&anna, Some(&app), None).unwrap_err(), Code::OtherFactorRequired);
    world.set(&json!({"frontegg": {"smsLogin": false}}));
    assert!(!world.drop_app(&anna, Some(&app), None).unwrap().totp);
});

on_both!(a_number_is_not_given_up_by_what_the_session_began_with, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    let (seed, _) = world.add_app(&anna);
    world.later(600);
    world.add_second_phone(&anna, BERND);
    let id = world.devices("anna").phones[0].0.clone();
    world.later(2_000);
    assert_eq!(world.unenrol(&anna, &id).unwrap_err(), Code::ChallengeRequired);
    world.show_app(&anna, &seed);
    assert!(world.unenrol(&anna, &id).is_ok());
});

on_both!(what_is_switched_off_or_cannot_be_reached_is_not_set_up, |test| {
    let mut world = World::with(test, &json!({"sms": {"countries": ["DE"]}}));
    let anna = world.member();
    assert_eq!(world.enrol(&anna, CLARA).unwrap_err(), Code::CountryNotAllowed);
    world.set(&json!({"mfa": {"phone": false, "totp": false}}));
    assert_eq!(world.enrol(&anna, BERND).unwrap_err(), Code::MethodDisabled);
    assert_eq!(world.act(&anna, enrol::start_app).unwrap_err(), Code::MethodDisabled);
    world.set(&json!({"mfa": {"phone": true}, "sms": {"providers": []}}));
    assert_eq!(world.enrol(&anna, BERND).unwrap_err(), Code::NoSmsProvider);
});

on_both!(a_wiped_account_keeps_no_factor_of_a_strangers, |test| {
    let world = World::new(test);
    let stranger = world.member();
    world.add_second_phone(&stranger, BERND);
    // The owner of the address proves it.
    let code = world.mail_code(ANNA_MAIL, "flow");
    let owner = world.finish("flow", &code).unwrap().user;
    assert_eq!(owner.id, "anna");
    assert!(!owner.mfa && owner.mfa_phone.is_none());
    assert!(world.session(&stranger).is_none());
});

on_both!(nobody_asks_an_account_for_a_second_factor_of_which_a_server_says_so, |test| {
    let world = World::with(test, &json!({"mfa": {"enforce": "force"}}));
    let anna = world.member();
    world.add_app(&anna);
    let next = world.enter_by_password(ANNA_MAIL);
    assert!(!world.is_let_in(&next));
    let change = manage::Change { mfa_bypass: Some(true), ..manage::Change::default() };
    let project = world.project.clone();
    let user = world.write(move |tx, ctx| manage::update(tx, ctx, &project, "anna", &change));
    assert!(user.mfa_bypass && user.mfa && world.is_let_in(&next));
    world.write(|tx, ctx| manage::set_mfa_bypass(tx, ctx, "anna", false));
    assert!(!world.is_let_in(&next));
});

on_both!(a_challenge_by_sms_goes_to_the_number_for_that_first, |test| {
    let mut world = World::new(test);
    world.user(Row { email: Some(ANNA_MAIL), email_proof: "code", proof: "code", ..Row::by_key("anna", ANNA) });
    let anna = world.enter_by_mail(ANNA_MAIL, "flow");
    world.later(120);
    world.challenge(&anna, crate::signin::Factor::Phone).unwrap();
    assert_eq!(world.only().message.payload.to, ANNA);
    world.write(|tx, ctx| user::set_mfa_phone(tx, ctx, "anna", Some(&phone(BERND))));
    let asked = world.challenge(&anna, crate::signin::Factor::Phone).unwrap();
    let ready = world.only();
    assert_eq!(ready.message.payload.to, BERND);
    let session = world.answer(&anna, &asked, ready.code()).unwrap();
    assert_eq!((session.factors.len(), session.mfa_at), (2, Some::<Time>(world.ctx.now)));
});
