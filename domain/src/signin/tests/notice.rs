//! Telling people what happened to their account, and what becomes of a message whose account changed meanwhile.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, Link, Person, Row, World};
use crate::db::testing::TestDb;
use crate::on_both;
use crate::user;

/// What is told, and where.
fn told(what: &str, to: &str) -> (String, String) {
    (what.to_owned(), to.to_owned())
}

/// Somebody with a verified address and a verified number, in a session by his address.
fn anna(world: &World) -> Person {
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.add_phone(&anna, ANNA);
    drop(world.work());
    anna
}

/// A world that tells of sessions.
fn alerting(test: &TestDb) -> World {
    World::with(test, &json!({"auth": {"sessionAlerts": true}}))
}

on_both!(a_notice_goes_to_the_verified_address_else_to_the_verified_number_else_nowhere, |test| {
    let world = World::new(test);
    let both = anna(&world);
    world.new_password(&both, "a hash").unwrap();
    assert_eq!(world.notices(), [told("password-changed", ANNA_MAIL)]);
    let by_phone = world.enter(BERND, "bernd");
    world.move_mail(&by_phone, BERND_MAIL).unwrap();
    assert_eq!(world.notices(), [told("email-changed", BERND)]);
    world.new_password(&by_phone, "a hash").unwrap();
    assert_eq!(world.notices(), [told("password-changed", BERND)]);
    let guest = world.enter_as_guest();
    world.move_mail(&guest, "guest@example.com").unwrap();
    world.claim(&guest, "+436641234567").unwrap();
    world.app(&guest);
    world.codes(&guest).unwrap();
    world.new_password(&guest, "another").unwrap();
    assert_eq!(world.notices(), []);
});

on_both!(everything_that_changes_how_an_account_is_entered_is_told, |test| {
    let mut world = World::new(test);
    let anna = anna(&world);
    world.app(&anna);
    assert_eq!(world.notices(), [told("authenticator-added", ANNA_MAIL)]);
    world.codes(&anna).unwrap();
    world.other_codes(&anna).unwrap();
    assert_eq!(world.notices(), vec![told("recovery-codes-changed", ANNA_MAIL); 2]);
    world.set_mfa(&anna, true).unwrap();
    assert_eq!(world.notices(), [told("mfa-on", ANNA_MAIL)]);
    world.set_mfa(&anna, false).unwrap();
    assert_eq!(world.notices(), [told("mfa-off", ANNA_MAIL)]);
    world.delete_app(&anna).unwrap();
    assert_eq!(world.notices(), [told("authenticator-removed", ANNA_MAIL)]);
    world.later(60);
    // A change of the number goes to the old number and to the address.
    world.claim(&anna, BERND).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    world.confirm_phone(&anna, &code).unwrap();
    assert_eq!(world.notices(), [told("phone-changed", ANNA), told("phone-changed", ANNA_MAIL)]);
    world.move_mail(&anna, BERND_MAIL).unwrap();
    assert_eq!(world.notices(), [told("email-changed", ANNA_MAIL)]);
});

on_both!(nobody_real_reads_what_would_go_to_a_mock_number_or_one_that_a_key_only_set, |test| {
    let world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    world.ask(ANNA, "tester");
    world.work();
    let tester = world.finish("tester", "123456").unwrap().secret;
    world.new_password(&tester, "a hash").unwrap();
    world.user(Row { email: Some(ANNA_MAIL), email_proof: "set", ..Row::by_key("keyed", BERND) });
    let keyed = {
        world.write(|tx, ctx| {
            let new = crate::session::New {
                user: "keyed",
                provider: "server",
                provider_uid: "",
                factors: &["server"],
                seconds: 3_600,
                limit: 10,
            };
            crate::session::create(tx, ctx, new).map(|(_, secret)| secret)
        })
    };
    world.new_password(&keyed, "a hash").unwrap();
    assert_eq!(world.notices(), []);
});

on_both!(a_notice_says_who_did_it_and_holds_neither_code_nor_link, |test| {
    let mut world = World::new(test);
    let anna = anna(&world);
    world.ctx.user_agent = Some("Firefox".into());
    world.later(5);
    world.new_password(&anna, "a hash").unwrap();
    let ready = world.work();
    let payload = &ready[0].message.payload;
    assert_eq!((&payload.code, &payload.link, &payload.phrase, &payload.origin), (&None, &None, &None, &None));
    assert_eq!((ready[0].message.verification.as_str(), ready[0].lifetime), ("", None));
    let doer = payload.doer.as_ref().unwrap();
    assert_eq!((doer.address.as_str(), doer.agent.as_str()), ("192.0.2.1", "Firefox"));
    assert_eq!((doer.at, payload.user.as_deref()), (world.ctx.now.micros(), Some("anna")));
});

on_both!(a_target_is_told_twenty_times_a_day_and_no_more, |test| {
    let mut world = World::new(test);
    let anna = anna(&world);
    for _ in 0..25 {
        world.later(1);
        world.new_password(&anna, "a hash").unwrap();
    }
    assert_eq!(world.notices().len(), 20);
    // Another target is told, and the next day this one.
    let bernd = world.enter_by_mail(BERND_MAIL, "bernd");
    world.new_password(&bernd, "a hash").unwrap();
    assert_eq!(world.notices(), [told("password-changed", BERND_MAIL)]);
    world.later(86_400);
    world.new_password(&anna, "a hash").unwrap();
    assert_eq!(world.notices().len(), 1);
});

on_both!(notices_take_nothing_of_what_codes_may_use, |test| {
    let mut world = World::with(test, &json!({"otp": {"perPhonePerDay": 3}}));
    let anna = anna(&world);
    for _ in 0..10 {
        world.later(1);
        world.new_password(&anna, "a hash").unwrap();
    }
    assert_eq!(world.notices().len(), 10);
    world.later(60);
    world.mail_code(ANNA_MAIL, "flow1");
});

on_both!(without_a_provider_nothing_waits_to_be_told, |test| {
    let mut world = World::new(test);
    let anna = anna(&world);
    let before = world.outbox().len();
    world.set(&json!({"email": {"providers": []}}));
    world.new_password(&anna, "a hash").unwrap();
    assert_eq!(world.outbox().len(), before);
});

on_both!(a_session_is_told_about_when_it_is_not_the_first_and_not_by_e_mail, |test| {
    let mut world = alerting(test);
    let anna = anna(&world);
    world.new_password(&anna, "a hash").unwrap();
    drop(world.work());
    world.later(60);
    world.enter_by_mail(ANNA_MAIL, "flow1");
    world.follow(&world.link(ANNA_MAIL, "flow2")).unwrap();
    assert_eq!(world.notices(), []);
    world.enter(ANNA, "flow3");
    assert_eq!(world.notices(), [told("session-alert", ANNA_MAIL)]);
    world.enter_by_password(ANNA_MAIL);
    assert_eq!(world.notices(), [told("session-alert", ANNA_MAIL)]);
    // The first session of all is no news.
    world.tamper("DELETE FROM sessions");
    world.later(60);
    world.enter(ANNA, "flow4");
    assert_eq!(world.notices(), []);
});

on_both!(a_session_is_told_about_at_a_verified_address_only_and_where_the_project_wants_it, |test| {
    let mut world = alerting(test);
    let bernd = world.enter(BERND, "bernd");
    world.move_mail(&bernd, BERND_MAIL).unwrap();
    drop(world.work());
    world.later(60);
    world.enter(BERND, "flow2");
    assert_eq!(world.notices(), []);
    let anna = anna(&world);
    world.new_password(&anna, "a hash").unwrap();
    drop(world.work());
    world.set(&json!({"auth": {"sessionAlerts": false}}));
    world.enter_by_password(ANNA_MAIL);
    assert_eq!(world.notices(), []);
});

on_both!(a_notice_that_the_providers_refused_is_sent_again, |test| {
    let mut world = World::new(test);
    let anna = anna(&world);
    world.new_password(&anna, "a hash").unwrap();
    let first = world.work();
    let again = world.refuse_and_work_again(&first);
    assert_eq!((again.len(), again[0].message.tries.len()), (1, 2));
    assert_eq!(again[0].message.payload, first[0].message.payload);
});

on_both!(a_notice_that_waited_for_a_day_is_no_news, |test| {
    let mut world = World::new(test);
    let anna = anna(&world);
    world.new_password(&anna, "a hash").unwrap();
    world.later(86_400);
    assert!(world.work().is_empty());
    assert_eq!(world.fate(), ("dead".to_owned(), "expired in the queue".to_owned()));
});

on_both!(no_notice_goes_to_a_country_that_is_not_served, |test| {
    let mut world = World::new(test);
    let bernd = world.enter(BERND, "bernd");
    world.later(1);
    world.new_password(&bernd, "a hash").unwrap();
    world.set(&json!({"sms": {"countries": ["AT"]}}));
    assert!(world.work().is_empty());
    assert_eq!(world.fate().0, "refused");
});

on_both!(text_messages_that_only_tell_something_do_not_close_a_prefix, |test| {
    let mut world = World::new(test);
    let people: Vec<_> = (0..5).map(|n| world.enter(&format!("+49170123456{n}"), &format!("u{n}"))).collect();
    for _ in 0..20 {
        world.later(1);
        for who in &people {
            world.new_password(who, "a hash").unwrap();
        }
    }
    assert_eq!(world.notices().len(), 100);
    world.ask_and_get("+491701239999", "stranger");
});

on_both!(text_messages_that_tell_something_cost_money_too, |test| {
    let mut world = World::new(test);
    let bernd = world.enter(BERND, "bernd");
    world.set(&json!({"sms": {"dailyCeiling": 1.0, "prices": {"*": 0.3}}}));
    for _ in 0..5 {
        world.later(1);
        world.new_password(&bernd, "a hash").unwrap();
    }
    assert_eq!(world.notices().len(), 3);
});

on_both!(a_link_to_verify_is_sent_to_nobody_whose_account_was_deleted_or_blocked_meanwhile, |test| {
    let mut world = World::new(test);
    for (email, sql) in
        [(ANNA_MAIL, "UPDATE users SET blocked = TRUE"), (BERND_MAIL, "DELETE FROM users WHERE blocked = FALSE")]
    {
        world.sign_up(None, email).unwrap();
        let who = world.enter_by_password(email);
        world.later(1);
        world.verify_mail(&who).unwrap();
        world.tamper(sql);
        assert!(world.work().is_empty());
        assert_eq!(world.fate(), ("refused".to_owned(), "its account is gone or blocked".to_owned()));
    }
});

on_both!(a_code_to_verify_is_sent_to_nobody_whose_account_was_blocked_meanwhile, |test| {
    let mut world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.later(1);
    world.verify_phone(&anna).unwrap();
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert!(world.work().is_empty());
    assert_eq!(world.fate().0, "refused");
});

on_both!(a_recovery_is_sent_to_nobody_whose_account_was_blocked_meanwhile, |test| {
    let mut world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    world.later(1);
    world.ask_recovery(ANNA_MAIL, None);
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert!(world.work().is_empty());
    assert_eq!(world.fate().0, "refused");
});

on_both!(every_link_that_the_providers_refused_is_sent_again_as_it_was, |test| {
    let mut world = World::new(test);
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let anna = world.enter_by_password(ANNA_MAIL);
    world.verify_mail(&anna).unwrap();
    world.ask_recovery(ANNA_MAIL, None);
    let first = world.work();
    assert_eq!(first.len(), 2);
    let again = world.refuse_and_work_again(&first);
    let links = |ready: &[crate::signin::Ready]| {
        let mut links: Vec<_> = ready.iter().map(|one| Link::of(one).secret).collect();
        links.sort();
        links
    };
    assert_eq!(links(&again), links(&first));
    let verify = again.iter().find(|one| one.message.purpose == "verify-email").unwrap();
    world.confirm_mail(None, "anna", &Link::of(verify).secret).unwrap();
});

on_both!(a_message_that_was_refused_once_is_sent_again_with_the_code_it_had, |test| {
    let mut world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let first = world.work();
    let again = world.refuse_and_work_again(&first);
    assert_eq!(again[0].code(), first[0].code());
    world.confirm_phone(&anna, again[0].code()).unwrap();
});
