//! Naming another number without a session.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, CLARA, Row, World, wrong};
use crate::base::{Actor, Code, Ctx, Secret};
use crate::db::testing::TestDb;
use crate::on_both;
use crate::signin::{Factor, Way, check_request, next_factors};

const MESSAGES: &str = "SELECT COUNT(*) FROM messages";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";

/// A project whose people sign in by SMS.
fn world(test: &TestDb) -> World {
    World::with(test, &json!({"frontegg": {"mainStrategy": "SmsCode"}}))
}

on_both!(an_address_leads_to_another_number_which_signs_in, |test| {
    let world = world(test);
    let before = world.known_by_mail("anna", ANNA_MAIL);
    let started = world.ask_reset(ANNA_MAIL);
    let ready = world.only();
    assert_eq!((ready.message.purpose.as_str(), ready.message.payload.to.as_str()), ("reset-phone", ANNA_MAIL));
    let token = world.verify_reset(&started.handle, ready.code()).unwrap();
    assert_eq!(world.verify_reset(&started.handle, ready.code()).unwrap_err(), Code::InvalidToken, "it is used up");
    let named = world.name_number(&token, ANNA).unwrap();
    assert_eq!(world.find_user("anna").unwrap().shown_phone(), None, "nothing is stored on the account");
    let sent = world.send_named(&named.handle).unwrap().unwrap();
    assert_eq!(sent.phone.as_e164(), ANNA);
    let ready = world.only();
    assert_eq!((ready.message.purpose.as_str(), ready.message.payload.to.as_str()), ("change-phone", ANNA));
    assert_eq!(world.finish_named(&sent.handle, &wrong(ready.code())).unwrap().unwrap_err(), Code::InvalidToken);
    assert!(world.find_user("anna").unwrap().shown_phone().is_none());
    let anna = world.finish_named(&sent.handle, ready.code()).unwrap().unwrap();
    assert_eq!((anna.user.id.as_str(), anna.session.provider.as_str()), ("anna", "phone"));
    assert!(world.owner(ANNA).unwrap().is_phone_verified());
    assert!(world.session(&before).is_none() && world.session(&anna.secret).is_some());
    assert!(world.finish_named(&sent.handle, ready.code()).is_none(), "the flow is over");
    assert_eq!(world.name_number(&token, BERND).unwrap_err(), Code::InvalidToken, "and so is its token");
    let told: Vec<_> = world.work().into_iter().map(|one| (one.message.purpose, one.message.payload.to)).collect();
    assert_eq!(told, [("review-phone".to_owned(), ANNA_MAIL.to_owned())]);
});

on_both!(an_old_number_signs_in_until_the_new_one_does_and_is_told_then, |test| {
    let mut world = world(test);
    let by_old = world.known_by_mail("anna", ANNA_MAIL);
    world.own(&by_old, ANNA);
    world.later(60);
    let token = world.reset(ANNA_MAIL);
    let named = world.name_number(&token, BERND).unwrap();
    let sent = world.send_named(&named.handle).unwrap().unwrap();
    let code = world.code();
    assert_eq!(world.owner(ANNA).unwrap().id, "anna");
    world.finish_named(&sent.handle, &code).unwrap().unwrap();
    assert!(world.owner(ANNA).is_none());
    assert_eq!(world.owner(BERND).unwrap().id, "anna");
    assert!(world.session(&by_old).is_none());
    let told: Vec<_> = world.work().into_iter().map(|one| (one.message.purpose, one.message.payload.to)).collect();
    assert!(told.contains(&("phone-changed".to_owned(), ANNA.to_owned())), "{told:?}");
});

on_both!(an_unknown_or_unproved_address_gets_the_same_answer_and_no_message, |test| {
    let mut world = world(test);
    world.sign_up(Some("bernd"), BERND_MAIL).unwrap();
    world.known_by_mail("anna", ANNA_MAIL);
    world.later(60);
    let mut rows = Vec::new();
    for email in [ANNA_MAIL, BERND_MAIL, "nobody@example.com"] {
        let before = world.value::<i64>(MESSAGES);
        let started = world.ask_reset(email);
        assert_eq!((started.handle.len(), started.phrase), (64, None), "{email}");
        rows.push((world.value::<i64>(MESSAGES) - before, started.expires_at));
        let sent = world.work().len();
        assert_eq!(sent, usize::from(email == ANNA_MAIL), "{email}");
        assert_eq!(world.verify_reset(&started.handle, "123456").unwrap_err(), Code::InvalidToken);
    }
    assert!(rows.iter().all(|row| *row == rows[0]), "{rows:?}");
    assert!(world.find_user("bernd").is_some() && world.mail_owner("nobody@example.com").is_none());
});

on_both!(where_sms_is_not_the_main_way_in_an_address_leads_to_no_number, |test| {
    for main in ["EmailAndPassword", "Code"] {
        let world = World::with(test, &json!({"frontegg": {"mainStrategy": main}}));
        let target = crate::base::Email::parse(ANNA_MAIL).unwrap().into();
        let answer = check_request(&world.ctx, &world.project, &target, &Way::ResetPhone);
        assert_eq!(answer.unwrap_err().code, Code::MethodDisabled);
        let by_key = Ctx { actor: Actor::Key("key".to_owned()), ..world.ctx.clone() };
        let answer = check_request(&by_key, &world.project, &target, &Way::ResetPhone);
        assert_eq!(answer.unwrap_err().code, Code::MethodDisabled, "whoever asks");
    }
    let world = world(test);
    for (target, fine) in [
        (crate::base::Email::parse(ANNA_MAIL).unwrap().into(), true),
        (crate::base::Phone::parse(ANNA, None).unwrap().into(), false),
    ] {
        assert_eq!(check_request(&world.ctx, &world.project, &target, &Way::ResetPhone).is_ok(), fine);
    }
});

on_both!(five_wrong_codes_end_the_flow_and_a_late_one_is_told_to_be_late, |test| {
    let mut world = world(test);
    world.known_by_mail("anna", ANNA_MAIL);
    let started = world.ask_reset(ANNA_MAIL);
    let code = world.code();
    for _ in 0..5 {
        assert_eq!(world.verify_reset(&started.handle, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    assert!(matches!(world.verify_reset(&started.handle, &code).unwrap_err(), Code::TooManyAttempts { .. }));
    world.later(60);
    let started = world.ask_reset(ANNA_MAIL);
    let code = world.code();
    world.later(900);
    assert_eq!(world.verify_reset(&started.handle, &code).unwrap_err(), Code::TokenExpired);
});

on_both!(a_token_names_five_numbers_in_ten_minutes_and_each_flow_is_its_own, |test| {
    let mut world = world(test);
    world.known_by_mail("anna", ANNA_MAIL);
    let token = world.reset(ANNA_MAIL);
    let first = world.name_number(&token, ANNA).unwrap();
    let second = world.name_number(&token, BERND).unwrap();
    let sent = world.send_named(&second.handle).unwrap().unwrap();
    assert_eq!(sent.phone.as_e164(), BERND);
    assert_eq!(world.send_named(&first.handle).unwrap().unwrap().phone.as_e164(), ANNA);
    for _ in 0..3 {
        world.name_number(&token, CLARA).unwrap();
    }
    assert_eq!(world.name_number(&token, ANNA).unwrap_err(), Code::InvalidToken);
    world.later(601);
    assert!(world.send_named(&first.handle).unwrap().is_none(), "too late");
    world.work();
    world.later(60);
    let token = world.reset(ANNA_MAIL);
    world.later(601);
    assert_eq!(world.name_number(&token, ANNA).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.name_number(&Secret::new("ab".repeat(32)), ANNA).unwrap_err(), Code::InvalidToken);
});

on_both!(a_code_to_the_named_number_can_be_sent_again_and_the_old_one_stops, |test| {
    let mut world = world(test);
    world.known_by_mail("anna", ANNA_MAIL);
    let token = world.reset(ANNA_MAIL);
    let named = world.name_number(&token, ANNA).unwrap();
    let sent = world.send_named(&named.handle).unwrap().unwrap();
    let old = world.code();
    let same = world.send_named(&sent.handle).unwrap().unwrap();
    assert_eq!((same.handle.as_str(), world.work().len()), (sent.handle.as_str(), 0), "within the cool-down");
    world.later(30);
    let again = world.send_named(&sent.handle).unwrap().unwrap();
    let new = world.code();
    assert_eq!(again.handle, sent.handle);
    if old != new {
        assert_eq!(world.finish_named(&again.handle, &old).unwrap().unwrap_err(), Code::InvalidToken);
    }
    world.finish_named(&again.handle, &new).unwrap().unwrap();
});

on_both!(a_number_of_another_account_is_refused_at_the_proof_and_stays, |test| {
    let mut world = world(test);
    world.enter(BERND, "bernd");
    world.known_by_mail("anna", ANNA_MAIL);
    world.later(60);
    let token = world.reset(ANNA_MAIL);
    let named = world.name_number(&token, BERND).unwrap();
    let sent = world.send_named(&named.handle).unwrap().unwrap();
    let code = world.code();
    let sessions = world.value::<i64>(SESSIONS);
    assert_eq!(world.finish_named(&sent.handle, &code).unwrap().unwrap_err(), Code::PhoneTaken);
    assert_eq!((world.owner(BERND).unwrap().id.as_str(), world.value::<i64>(SESSIONS)), ("bernd", sessions));
    assert!(world.find_user("anna").unwrap().shown_phone().is_none());
});

on_both!(a_second_factor_is_still_asked_for, |test| {
    let mut world = world(test);
    let anna = world.known_by_mail("anna", ANNA_MAIL);
    let seed = world.app(&anna);
    world.work();
    world.later(60);
    let token = world.reset(ANNA_MAIL);
    let named = world.name_number(&token, ANNA).unwrap();
    let sent = world.send_named(&named.handle).unwrap().unwrap();
    let code = world.code();
    let again = world.finish_named(&sent.handle, &code).unwrap().unwrap().secret;
    assert!(!world.is_let_in(&again));
    // Neither the number nor the address is one: whoever reads her mail named that number.
    world.work();
    world.later(60);
    for factor in [Factor::Email, Factor::Phone] {
        let asked = world.challenge(&again, factor).unwrap();
        let code = world.code();
        world.answer(&again, &asked, &code).unwrap();
        assert!(!world.is_let_in(&again), "{factor:?}");
    }
    let caller = world.caller(&again);
    let project = world.project.clone();
    let next = world.write(move |tx, _| next_factors(tx, &project, &caller.user, &caller.session));
    assert_eq!(next, [Factor::Totp]);
    assert!(world.show_app(&again, &seed).mfa_at.is_some());
    assert!(world.is_let_in(&again));
});

on_both!(who_is_blocked_meanwhile_gets_no_further, |test| {
    let world = world(test);
    world.known_by_mail("anna", ANNA_MAIL);
    let token = world.reset(ANNA_MAIL);
    let named = world.name_number(&token, ANNA).unwrap();
    let sent = world.send_named(&named.handle).unwrap().unwrap();
    let code = world.code();
    world.write(|tx, ctx| crate::user::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.name_number(&token, BERND).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish_named(&sent.handle, &code).unwrap().unwrap_err(), Code::InvalidToken);
    assert!(world.find_user("anna").unwrap().shown_phone().is_none());
});

on_both!(a_handle_of_another_flow_is_none_of_this_one, |test| {
    let world = world(test);
    world.user(Row::by_key("keyed", ANNA));
    let page = world.by(crate::verification::Dialect::Frontegg);
    let started = page.ask_anew(ANNA);
    let code = world.code();
    assert!(world.send_named(&started.handle).unwrap().is_none());
    assert!(world.finish_named(&started.handle, &code).is_none());
    assert_eq!(world.verify_reset(&started.handle, &code).unwrap_err(), Code::InvalidToken);
    assert!(page.finish(&started.handle, &code).is_ok(), "no attempt was taken for good");
});
