//! Numbers for tests.

use serde_json::json;

use super::world::{ANNA, Row, World};
use crate::base::Code;
use crate::db::testing::TestDb;
use crate::on_both;
use crate::user::Proof;

fn world(test: &TestDb) -> World {
    World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}))
}

on_both!(a_mock_number_signs_in_with_its_code_and_no_message_goes_out, |test| {
    let mut world = world(test);
    world.set(&json!({"sms": {"providers": [], "countries": []}}));
    world.ask(ANNA, "anna");
    assert!(world.work().is_empty());
    assert_eq!(world.fate(), ("mock".to_owned(), String::new()));
    assert_eq!(world.finish("anna", "123456").unwrap().user.phone_proof, Proof::Mock);
});

on_both!(a_mock_number_signs_in_again_and_again_without_a_cooldown, |test| {
    let world = world(test);
    for n in 0..30 {
        let started = world.ask_anew(ANNA);
        assert!(world.work().is_empty());
        assert!(world.finish(&started.handle, "123456").is_ok(), "{n}");
    }
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users"), 1);
});

on_both!(a_mock_code_counts_in_the_guess_budget, |test| {
    let world = world(test);
    world.ask(ANNA, "anna");
    world.work();
    assert_eq!(world.reserved(ANNA), 50_000);
    world.guess_wrong("anna", "123456", 5);
    assert_eq!(world.finish("anna", "123456").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.failures(ANNA), 5);
});

on_both!(a_mock_code_never_works_for_a_number_that_a_verified_or_key_made_account_holds, |test| {
    let world = world(test);
    for proof in ["set", "vouched", "code"] {
        let world = world.of_project(proof);
        world.user(Row { proof, ..Row::by_key("anna", ANNA) });
        let code = world.ask_and_get(ANNA, "flow1");
        assert_ne!(code, "123456");
        assert_eq!(world.finish("flow1", "123456").unwrap_err(), Code::InvalidToken, "{proof}");
        assert_eq!(world.finish("flow1", &code).unwrap().user.id, "anna");
    }
});

on_both!(a_mock_code_that_is_out_dies_when_somebody_real_takes_the_number, |test| {
    let mut world = world(test);
    world.ask(ANNA, "mock");
    assert!(world.work().is_empty());
    world.set(&json!({"auth": {"mockNumbers": []}}));
    let owner = world.sign_in(ANNA, "anna");
    assert_eq!(owner.phone_proof, Proof::Code);
    assert_eq!(world.finish("mock", "123456").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.owner(ANNA).unwrap().phone_proof, Proof::Code);
});

on_both!(the_real_owner_of_a_mock_number_finds_nothing_of_what_was_set_up_there, |test| {
    let mut world = world(test);
    world.ask(ANNA, "mock");
    world.work();
    let before = world.finish("mock", "123456").unwrap();
    world.tamper("UPDATE users SET name = 'Tester', prefs = '{\"a\":1}'");
    world.set(&json!({"auth": {"mockNumbers": []}}));
    let owner = world.sign_in(ANNA, "anna");
    assert_eq!((owner.name.as_str(), owner.prefs.as_str(), owner.phone_proof), ("", "{}", Proof::Code));
    assert_eq!(world.session(&before.secret), None);
});

on_both!(real_codes_to_a_mock_number_keep_to_the_cooldown_and_the_days_cap, |test| {
    let mut world = world(test);
    world.set(&json!({"otp": {"perPhonePerDay": 4}}));
    world.user(Row::by_key("anna", ANNA));
    let mut sent = 0;
    for _ in 0..30 {
        world.ask_anew(ANNA);
        sent += world.work().len();
    }
    assert_eq!(sent, 1);
    for _ in 0..30 {
        world.later(130);
        world.ask_anew(ANNA);
        sent += world.work().len();
    }
    assert!(sent <= 4, "{sent}");
});

on_both!(no_real_code_goes_to_a_mock_number_in_a_country_that_is_not_served, |test| {
    let mut world = world(test);
    world.set(&json!({"sms": {"countries": []}}));
    world.user(Row::by_key("anna", ANNA));
    world.ask(ANNA, "flow1");
    assert!(world.work().is_empty());
    assert_eq!(world.fate().0, "refused");
    world.later(1);
    world.set(&json!({"sms": {"countries": ["*"], "providers": []}}));
    world.ask(ANNA, "flow2");
    assert!(world.work().is_empty());
    assert_eq!(world.fate().0, "dead");
});
