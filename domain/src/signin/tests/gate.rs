//! Whether a session has proved enough.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND, Row, World};
use crate::base::Phone;
use crate::base::testing::START;
use crate::on_both;
use crate::session::Session;
use crate::signin::{Factor, factors, gate};
use crate::user::User;

const EMAIL: &str = "email";
const PHONE: &str = "phone";
const TOTP: &str = "totp";

/// A session in which this was proved.
fn session(factors: &[&str]) -> Session {
    Session {
        id: "s1".into(),
        user_id: "anna".into(),
        provider: "email".into(),
        provider_uid: String::new(),
        factors: factors.iter().map(|f| (*f).to_owned()).collect(),
        mfa_at: None,
        address: String::new(),
        agent: String::new(),
        created_at: START,
        updated_at: START,
        expires_at: START,
    }
}

/// An account with these factors.
fn user(world: &World, mfa: bool, has: &[&str]) -> User {
    world.tamper("DELETE FROM users");
    world.user(Row {
        proof: if has.contains(&PHONE) { "code" } else { "set" },
        email: Some(ANNA_MAIL),
        email_proof: if has.contains(&EMAIL) { "vouched" } else { "set" },
        ..Row::by_key("anna", ANNA)
    });
    User { mfa, totp: has.contains(&TOTP), ..world.find_user("anna").unwrap() }
}

/// The flag, the account's factors, those of the session, and whether it is let in: where the project leaves it to the
/// user, and where it asks everybody.
type Case = (bool, &'static [&'static str], &'static [&'static str], bool, bool);

on_both!(the_gate_lets_in_whoever_proved_enough_and_nobody_else, |test| {
    const TABLE: [Case; 22] = [
        (false, &[], &["password"], true, true),
        (false, &[], &["anonymous"], true, true),
        (false, &[EMAIL], &["email"], true, true),
        (false, &[EMAIL], &["password"], true, false),
        (false, &[PHONE], &["phone"], true, true),
        (false, &[PHONE, TOTP], &["phone"], true, false),
        (false, &[PHONE, TOTP], &["phone", "totp"], true, true),
        (false, &[EMAIL, PHONE], &["email"], true, false),
        (false, &[EMAIL, PHONE], &["email", "recoverycode"], true, true),
        (false, &[TOTP], &["server"], true, false),
        (true, &[], &["password"], true, true),
        (true, &[], &["phone"], true, true),
        (true, &[EMAIL], &["password"], false, false),
        (true, &[EMAIL], &["password", "email"], true, true),
        // With the flag on nothing but what he began with is no way out (contract nuvix §3.6).
        (true, &[EMAIL], &["email"], false, false),
        (true, &[PHONE], &["phone"], false, false),
        (true, &[PHONE, TOTP], &["phone"], false, false),
        (true, &[PHONE, TOTP], &["phone", "totp"], true, true),
        (true, &[PHONE, TOTP], &["phone", "recoverycode"], true, true),
        (true, &[TOTP], &["password", "totp"], true, true),
        (true, &[TOTP], &["anonymous"], false, false),
        (true, &[TOTP], &[], false, false),
    ];
    let free = World::new(test);
    let forced = World::with(test, &json!({"mfa": {"enforce": "force"}}));
    for (mfa, has, proved, let_in, let_in_by_force) in TABLE {
        let user = user(&free, mfa, has);
        for (world, expected) in [(&free, let_in), (&forced, let_in_by_force)] {
            let answer = gate(&world.project, &user, &session(proved));
            assert_eq!(answer.is_ok(), expected, "flag {mfa}, has {has:?}, proved {proved:?}");
        }
    }
});

on_both!(a_method_that_is_off_is_no_factor_and_nobody_is_kept_out_for_it, |test| {
    let mut world = World::new(test);
    let user = user(&world, true, &[EMAIL, PHONE, TOTP]);
    assert_eq!(factors(&world.project, &user), [Factor::Totp, Factor::Email, Factor::Phone]);
    for (key, left) in [("totp", 2), ("email", 1), ("phone", 0)] {
        assert!(gate(&world.project, &user, &session(&["password"])).is_err());
        world.set(&json!({"mfa": {key: false}}));
        assert_eq!(factors(&world.project, &user).len(), left);
    }
    assert!(gate(&world.project, &user, &session(&["password"])).is_ok());
});

on_both!(a_claimed_number_is_no_factor_and_the_verified_one_behind_it_is, |test| {
    let world = World::new(test);
    let anna = User { phone_claim: Some(Phone::parse(BERND, None).unwrap()), ..user(&world, true, &[PHONE]) };
    assert_eq!(factors(&world.project, &anna), [Factor::Phone]);
    assert_eq!(factors(&world.project, &User { phone: None, ..anna }), []);
});

#[test]
fn every_factor_is_known_by_its_name_in_any_case() {
    for factor in [Factor::Totp, Factor::Email, Factor::Phone, Factor::RecoveryCode] {
        assert_eq!(Factor::parse(&factor.name().to_uppercase()), Some(factor));
    }
    assert_eq!(Factor::parse("recoveryCode"), Some(Factor::RecoveryCode));
    assert_eq!((Factor::parse(""), Factor::parse("password")), (None, None));
}

on_both!(where_everybody_is_asked_a_user_without_a_second_factor_is_let_in_to_add_one, |test| {
    let mut world = World::with(test, &json!({"mfa": {"enforce": "force"}}));
    let anna = world.enter(ANNA, "anna");
    assert!(world.is_let_in(&anna));
    let seed = world.app(&anna);
    // It counts in this session; the next one is asked for it.
    assert!(world.is_let_in(&anna));
    world.later(60);
    let next = world.enter(ANNA, "flow2");
    assert!(!world.is_let_in(&next));
    world.show_app(&next, &seed);
    assert!(world.is_let_in(&next));
});
