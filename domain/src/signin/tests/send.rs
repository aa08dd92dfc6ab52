//! The send budget and the send path.

use serde_json::json;

use super::world::{ANNA, BERND, CLARA, Row, World};
use crate::base::{Code, Phone};
use crate::db::testing::TestDb;
use crate::on_both;
use crate::signin::{HandleKind, Rules, check_request};

/// The worker finds nothing to send, and so many messages were refused until now.
fn refused(world: &World, until_now: usize) -> bool {
    world.work().is_empty() && world.outbox().iter().filter(|entry| entry.state == "refused").count() == until_now
}

on_both!(past_the_days_messages_to_a_number_the_caller_is_answered_as_usual_and_nothing_is_sent, |test| {
    let mut world = World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 3}}));
    for id in ["h1", "h2", "h3"] {
        world.ask_and_get(ANNA, id);
    }
    world.later(1);
    let started = world.ask(ANNA, "h4");
    assert_eq!((started.handle.as_str(), started.expires_at), ("h4", world.ctx.now.plus_seconds(900).micros()));
    assert!(world.work().is_empty());
    let expected = ("refused".to_owned(), "the day's messages to this number or address are used up".to_owned());
    assert_eq!(world.fate(), expected);
    // Another number, and the next day, are not concerned.
    world.ask_and_get(BERND, "bernd");
    world.later(86_400);
    world.ask_and_get(ANNA, "h4");
});

on_both!(the_days_cap_counts_over_all_dialects, |test| {
    use crate::verification::Dialect;
    let world = World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 2}}));
    for dialect in [Dialect::Nuvix, Dialect::Nevr] {
        world.by(dialect).ask_anew(ANNA);
        world.code();
    }
    world.by(Dialect::Page).ask_anew(ANNA);
    assert!(refused(&world, 1));
});

on_both!(a_resend_past_the_days_cap_does_not_take_the_code_away_that_is_out, |test| {
    let world = World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1}}));
    let code = world.ask_and_get(ANNA, "anna");
    assert_eq!(world.ask(ANNA, "anna").handle, "anna");
    assert!(refused(&world, 1));
    assert!(world.finish("anna", &code).is_ok());
});

/// Fifty messages to numbers of one prefix that nobody answered.
fn pump(world: &World) {
    for n in 0..50 {
        world.ask_anew(&format!("+49170999{n:04}"));
    }
    assert!(world.work().len() >= 49);
}

on_both!(a_pumped_prefix_is_closed_to_strangers_and_open_to_numbers_that_signed_in_before, |test| {
    let mut world = World::new(test);
    world.sign_in("+491709999999", "regular");
    pump(&world);
    world.ask(ANNA, "elsewhere");
    assert_eq!(world.work().len(), 1);
    let started = world.ask("+491709998888", "stranger");
    assert_eq!(started.handle, "stranger");
    assert!(refused(&world, 2));
    world.later(60);
    world.ask("+491709999999", "flow2");
    assert_eq!(world.work().len(), 1);
    world.later(86_400);
    world.ask("+491709998888", "stranger");
    assert_eq!(world.work().len(), 1);
});

on_both!(many_numbers_in_one_batch_are_counted_one_by_one, |test| {
    let world = World::with(test, &json!({"sms": {"dailyCeiling": 1.0, "prices": {"DE": 0.1}}}));
    for n in 0..12 {
        world.ask_anew(&format!("+4917{n:02}123456{}", n % 10));
    }
    // Four fifths of 1.00 are for strangers.
    assert_eq!(world.work().len(), 8);
    assert_eq!(world.outbox().iter().filter(|e| e.reason == "the day's ceiling is reached").count(), 4);
});

on_both!(a_fifth_of_the_money_is_kept_for_numbers_that_signed_in_before, |test| {
    let mut world = World::with(test, &json!({"sms": {"dailyCeiling": 1.0, "prices": {"*": 0.1}}}));
    for (phone, id) in [(ANNA, "anna"), (BERND, "bernd"), (CLARA, "clara")] {
        world.sign_in(phone, id);
    }
    for n in 0..8 {
        world.ask_anew(&format!("+4917{n:02}123456{n}"));
    }
    assert_eq!(world.work().len(), 5);
    world.ask_and_get(ANNA, "flow1");
    world.ask_and_get(BERND, "flow2");
    world.ask(CLARA, "flow3");
    assert!(refused(&world, 4));
    world.later(86_400);
    world.ask_and_get("+491761234567", "stranger");
});

on_both!(messages_without_a_price_meet_no_ceiling, |test| {
    let world = World::with(test, &json!({"sms": {"dailyCeiling": 0.0, "prices": {"AT": 0.1}}}));
    world.ask_and_get(ANNA, "anna");
    world.ask(CLARA, "clara");
    assert!(refused(&world, 1));
});

fn closed_to_newcomers(test: &TestDb, patch: &serde_json::Value) {
    let mut world = World::new(test);
    world.sign_in(ANNA, "anna");
    world.set(patch);
    world.later(60);
    let known = world.ask(ANNA, "flow1");
    let unknown = world.ask(BERND, "flow2");
    assert_eq!((known.created_at, known.expires_at), (unknown.created_at, unknown.expires_at));
    assert_eq!(unknown.handle, "flow2");
    let ready = world.work();
    assert_eq!(ready.len(), 1);
    assert_eq!(world.owner(BERND), None);
    assert_eq!(world.finish("flow2", ready[0].code()).unwrap_err(), Code::InvalidToken);
    assert!(world.outbox().iter().any(|e| e.state == "refused" && !e.reason.is_empty()));
    assert!(world.finish("flow1", ready[0].code()).is_ok());
}

on_both!(with_sign_up_off_an_unknown_number_gets_the_same_answer_no_account_and_no_message, |test| {
    closed_to_newcomers(test, &json!({"auth": {"signUp": false}}));
});

on_both!(at_the_limit_of_users_an_unknown_number_gets_the_same_answer_no_account_and_no_message, |test| {
    closed_to_newcomers(test, &json!({"auth": {"limit": 1}}));
});

on_both!(who_was_sent_a_code_before_sign_up_was_switched_off_does_not_become_a_user, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.set(&json!({"auth": {"signUp": false}}));
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::SignUpDisabled);
    assert!(world.find_user("anna").is_none_or(|user| user.pending));
    world.set(&json!({"auth": {"signUp": true}}));
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(pending_accounts_do_not_carry_a_project_over_its_limit_of_users, |test| {
    let mut world = World::with(test, &json!({"auth": {"limit": 1}}));
    world.ask(ANNA, "anna");
    world.ask(BERND, "bernd");
    let ready = world.work();
    let code_for = |phone| ready.iter().find(|r| r.message.payload.to == phone).unwrap().code();
    assert!(world.finish("anna", code_for(ANNA)).is_ok());
    assert_eq!(world.finish("bernd", code_for(BERND)).unwrap_err(), Code::UserLimitReached);
    world.later(60);
    let again = world.ask_and_get(ANNA, "flow2");
    assert!(world.finish("flow2", &again).is_ok());
});

on_both!(an_account_made_by_a_key_is_served_with_sign_up_off, |test| {
    let world = World::with(test, &json!({"auth": {"signUp": false}}));
    world.user(Row::by_key("anna", ANNA));
    let code = world.ask_and_get(ANNA, "flow1");
    assert_eq!(world.finish("flow1", &code).unwrap().user.id, "anna");
});

on_both!(a_message_that_waited_longer_than_its_code_lives_is_not_sent, |test| {
    let mut world = World::new(test);
    world.ask(ANNA, "anna");
    world.later(900);
    assert!(world.work().is_empty());
    assert_eq!(world.fate(), ("dead".to_owned(), "expired in the queue".to_owned()));
});

on_both!(a_message_to_be_tried_again_is_not_sent_after_its_code_expired_or_was_used, |test| {
    let mut world = World::new(test);
    for expires in [true, false] {
        let phone = if expires { ANNA } else { BERND };
        world.ask(phone, phone.trim_start_matches('+'));
        let ready = world.work().swap_remove(0);
        let code = ready.code().to_owned();
        let again = world
            .write(move |tx, ctx| crate::message::retry_or_bury(tx, ctx, &ready.message, "busy", &ready.message.tries));
        assert!(again);
        if expires {
            world.later(900);
        } else {
            world.finish(phone.trim_start_matches('+'), &code).unwrap();
            world.later(10);
        }
        assert!(world.work().is_empty(), "{expires}");
        assert_eq!(world.fate().0, "dead");
    }
});

on_both!(a_message_to_be_tried_again_carries_the_same_code, |test| {
    let mut world = World::new(test);
    world.ask(ANNA, "anna");
    let ready = world.work().swap_remove(0);
    let code = ready.code().to_owned();
    world.write(move |tx, ctx| crate::message::retry_or_bury(tx, ctx, &ready.message, "busy", &ready.message.tries));
    assert!(world.work().is_empty());
    world.later(1);
    assert_eq!(world.code(), code);
});

on_both!(without_a_provider_a_message_ends_with_its_reason, |test| {
    let mut world = World::new(test);
    world.ask(ANNA, "anna");
    world.set(&json!({"sms": {"providers": []}}));
    assert!(world.work().is_empty());
    assert_eq!(world.fate(), ("dead".to_owned(), "no provider is set up".to_owned()));
});

on_both!(a_message_of_a_project_that_is_gone_ends_with_its_reason, |test| {
    let world = World::new(test);
    world.ask(ANNA, "anna");
    world.write(|tx, ctx| crate::signin::prepare(tx, ctx, &|_| None, 10).map(drop));
    assert_eq!(world.fate(), ("dead".to_owned(), "the project is gone".to_owned()));
});

on_both!(one_message_that_cannot_be_opened_does_not_hold_up_the_others, |test| {
    let world = World::new(test);
    world.ask(ANNA, "anna");
    world.tamper("UPDATE messages SET payload = NULL");
    world.ask(BERND, "bernd");
    assert_eq!(world.work().len(), 1);
});

on_both!(what_depends_on_the_request_alone_is_refused_at_once, |test| {
    let mut world = World::new(test);
    let german = Phone::parse(ANNA, None).unwrap();
    let code = |world: &World, phone: &str| {
        check_request(&world.ctx, &world.project, &Phone::parse(phone, None).unwrap().into(), &crate::signin::Way::Code)
            .map_err(|e| e.code)
    };
    assert_eq!(code(&world, ANNA), Ok(()));
    // Premium rate.
    assert_eq!(code(&world, "+499001234567"), Err(Code::CountryNotAllowed));
    // A number of an example, which nobody can have, and too little of one.
    assert_eq!((code(&world, "+1234567890"), code(&world, "+1425555")), (Ok(()), Err(Code::CountryNotAllowed)));
    world.set(&json!({"sms": {"countries": ["AT"]}}));
    assert_eq!((code(&world, CLARA), code(&world, ANNA)), (Ok(()), Err(Code::CountryNotAllowed)));
    world.set(&json!({"sms": {"countries": []}}));
    assert_eq!(code(&world, CLARA), Err(Code::CountryNotAllowed));
    world.set(&json!({"sms": {"providers": []}}));
    assert_eq!(code(&world, CLARA), Err(Code::NoSmsProvider));
    world.set(&json!({"auth": {"mockNumbers": [{"phone": german.as_e164(), "otp": "123456"}]}}));
    assert_eq!(code(&world, ANNA), Ok(()));
    world.set(&json!({"auth": {"phone": false}}));
    assert_eq!(code(&world, ANNA), Err(Code::MethodDisabled));
    let rules = Rules::of(&world.project);
    assert_eq!((rules.length, rules.lifetime_seconds, rules.max_attempts, rules.per_phone_per_day), (6, 900, 5, 20));
    assert_ne!(HandleKind::UserId.hash(&world.ctx, "x"), HandleKind::Opaque.hash(&world.ctx, "x"));
});
