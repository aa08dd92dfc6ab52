//! Signing in by a code in an e-mail.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND_MAIL, Row, World};
use crate::base::{Actor, Code, Email};
use crate::limit::guess;
use crate::on_both;
use crate::project::Redirect;
use crate::signin::{Start, Way, check_request};
use crate::user::Proof;
use crate::verification::Dialect;

/// What one handle of a six-digit code reserves.
const SIX: i64 = 50_000;

on_both!(a_known_and_an_unknown_address_get_the_same_answer_and_leave_the_same_traces, |test| {
    const TRACES: [&str; 5] = [
        "SELECT COUNT(*) FROM handles WHERE target = 'anna@example.com' AND state = 'live'",
        "SELECT COUNT(*) FROM handles WHERE target = 'bernd@example.org' AND state = 'live'",
        "SELECT COUNT(*) FROM verifications WHERE user_id IS NULL AND mac IS NULL",
        "SELECT COUNT(*) FROM messages WHERE state = 'queued' AND channel = 'email'",
        "SELECT COUNT(*) FROM users",
    ];
    let mut world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    world.later(60);
    let known = world.ask_mail(ANNA_MAIL, "flow1");
    let unknown = world.ask_mail(BERND_MAIL, "flow2");
    assert_eq!((known.handle.as_str(), unknown.handle.as_str()), ("flow1", "flow2"));
    assert_eq!((known.created_at, known.expires_at), (unknown.created_at, unknown.expires_at));
    assert_eq!((known.id.len(), known.phrase), (unknown.id.len(), unknown.phrase));
    assert_eq!(TRACES.map(|sql| world.value::<i64>(sql)), [1, 1, 2, 2, 1]);
});

on_both!(a_code_signs_up_under_the_id_that_was_asked_for, |test| {
    let world = World::new(test);
    let code = world.mail_code(ANNA_MAIL, "anna");
    let pending = world.find_user("anna").unwrap();
    assert!(pending.pending && !pending.is_email_verified());
    let signed_in = world.finish("anna", &code).unwrap();
    let user = signed_in.user;
    assert!(!user.pending && user.is_email_verified());
    assert_eq!((user.id.as_str(), user.email_proof, user.proved_at), ("anna", Proof::Code, Some(world.ctx.now)));
    assert_eq!((user.phone, user.origin.as_str()), (None, "flow"));
});

on_both!(the_session_of_a_code_says_token_and_email, |test| {
    let world = World::new(test);
    let code = world.mail_code(ANNA_MAIL, "anna");
    let session = world.finish("anna", &code).unwrap().session;
    assert_eq!((session.provider.as_str(), session.provider_uid.as_str()), ("token", ""));
    assert_eq!((session.factors, session.mfa_at), (vec!["email".to_owned()], None));
});

on_both!(a_pending_account_takes_the_id_of_the_flow_that_proves_its_address, |test| {
    let mut world = World::new(test);
    world.mail_code(ANNA_MAIL, "first");
    world.later(30);
    let code = world.mail_code(ANNA_MAIL, "second");
    assert_eq!(world.finish("second", &code).unwrap().user.id, "second");
    assert_eq!(world.find_user("first"), None);
});

on_both!(an_address_and_a_number_never_end_in_one_account_by_themselves, |test| {
    let world = World::new(test);
    world.sign_in(ANNA, "by-phone");
    let code = world.mail_code(ANNA_MAIL, "by-mail");
    let user = world.finish("by-mail", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.phone), ("by-mail", None));
});

on_both!(a_pending_account_of_a_number_gives_its_id_up_to_an_address_that_proves, |test| {
    let mut world = World::new(test);
    world.ask_and_get(ANNA, "wanted");
    world.later(901);
    let code = world.mail_code(ANNA_MAIL, "wanted");
    let user = world.finish("wanted", &code).unwrap().user;
    assert_eq!((user.id.as_str(), user.phone), ("wanted", None));
    assert_eq!(world.owner(ANNA), None);
});

on_both!(every_spelling_of_an_address_is_one_owner_and_one_cooldown, |test| {
    let world = World::new(test);
    world.ask_mail(ANNA_MAIL, "h1");
    world.ask_mail(" ANNA@Example.COM ", "h2");
    let code = world.code();
    assert_eq!(world.finish("h2", &code).unwrap().user.email.unwrap().as_str(), ANNA_MAIL);
});

on_both!(five_wrong_guesses_kill_a_code_from_an_e_mail, |test| {
    let world = World::new(test);
    let code = world.mail_code(ANNA_MAIL, "anna");
    world.guess_wrong("anna", &code, 5);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.failures(ANNA_MAIL), 5);
});

on_both!(a_code_from_an_e_mail_works_once_and_for_fifteen_minutes, |test| {
    let mut world = World::new(test);
    let code = world.mail_code(ANNA_MAIL, "anna");
    world.finish("anna", &code).unwrap();
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    let code = world.mail_code(ANNA_MAIL, "flow2");
    world.later(900);
    assert_eq!(world.finish("flow2", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(within_the_cooldown_callers_share_one_e_mail_each_with_a_handle_of_his_own, |test| {
    let world = World::new(test);
    let first = world.ask_mail(ANNA_MAIL, "h1");
    let second = world.ask_mail(ANNA_MAIL, "h2");
    assert_ne!(first.id, second.id);
    assert_eq!(first.expires_at, second.expires_at);
    let code = world.code();
    world.guess_wrong("h1", &code, 5);
    assert_eq!(world.finish("h2", &code).unwrap().user.id, "h2");
    assert_eq!(world.finish("h1", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_code_for_one_address_is_none_for_another, |test| {
    let world = World::new(test);
    let code = world.mail_code(ANNA_MAIL, "anna");
    let other = world.mail_code(BERND_MAIL, "bernd");
    assert_ne!(code, other);
    assert_eq!(world.finish("bernd", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.of_project("p2").finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(a_phrase_stands_in_the_answer_and_in_the_message_and_stays_the_same_for_the_same_handle, |test| {
    let world = World::new(test);
    let ask = |id: &str| {
        let request = Start { phrase: true, ..world.mail_request(ANNA_MAIL, Way::Code, Some(id)) };
        world.start(request).unwrap()
    };
    let started = ask("anna");
    let phrase = started.phrase.clone().unwrap();
    assert_eq!(ask("anna"), started);
    // Whoever joins the code gets a phrase too, and not that of the message: it would show who asked first.
    assert_ne!(ask("stranger").phrase.unwrap(), phrase);
    let ready = world.work();
    assert_eq!(ready[0].message.payload.phrase, Some(phrase));
    assert_eq!(world.ask_mail(BERND_MAIL, "bernd").phrase, None);
    assert_eq!(world.work()[0].message.payload.phrase, None);
});

on_both!(a_phrase_is_the_same_in_kind_for_known_and_unknown_addresses, |test| {
    let world = World::new(test);
    world.user(Row::by_mail("anna", ANNA_MAIL, "code"));
    let words = |email: &str| {
        let request = Start { phrase: true, ..world.mail_request(email, Way::Code, None) };
        world.start(request).unwrap().phrase.unwrap().split(' ').count()
    };
    assert_eq!((words(ANNA_MAIL), words(BERND_MAIL)), (4, 4));
});

on_both!(the_guesses_at_an_address_are_counted_for_it_alone_and_over_all_dialects, |test| {
    let world = World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 100}}));
    let mut lengths = Vec::new();
    for (n, dialect) in [Dialect::Nuvix, Dialect::Nevr, Dialect::Page, Dialect::Frontegg].into_iter().enumerate() {
        let world = world.from(&format!("203.0.{n}.1")).by(dialect);
        world.start(world.mail_request(ANNA_MAIL, Way::Code, None)).unwrap();
        lengths.push(world.code().len());
    }
    assert_eq!(lengths, [6, 6, 6, 8]);
    assert_eq!(world.reserved(ANNA_MAIL), 3 * SIX + 5 * 100);
    assert_eq!((world.reserved(BERND_MAIL), world.reserved(ANNA)), (0, 0));
    assert_eq!(world.mail_code(BERND_MAIL, "bernd").len(), 6);
    assert!(world.reserved(ANNA_MAIL) <= guess::DAILY);
});

on_both!(the_e_mails_of_a_day_are_counted_over_all_purposes, |test| {
    let mut world = World::with(test, &json!({"otp": {"perPhonePerDay": 3}}));
    world.user(Row::by_mail("anna", ANNA_MAIL, "code"));
    world.ask_mail(ANNA_MAIL, "h1");
    world.ask_link(ANNA_MAIL, "h2");
    world.ask_recovery(ANNA_MAIL, None);
    assert_eq!(world.work().len(), 3);
    world.later(3_600);
    let code = world.ask_mail(ANNA_MAIL, "h4");
    let link = world.ask_link(ANNA_MAIL, "h5");
    let recovery = world.ask_recovery(ANNA_MAIL, None);
    assert!(world.work().is_empty());
    assert_eq!((code.handle.as_str(), link.handle.as_str(), recovery.handle.len()), ("h4", "h5", 36));
    assert_eq!(world.outbox().iter().filter(|entry| entry.state == "refused").count(), 3);
    world.mail_code(BERND_MAIL, "bernd");
    world.later(86_400);
    world.ask_mail(ANNA_MAIL, "h4");
    assert_eq!(world.work().len(), 1);
});

on_both!(purposes_of_one_address_cool_down_apart, |test| {
    let world = World::new(test);
    world.user(Row::by_mail("anna", ANNA_MAIL, "code"));
    world.ask_mail(ANNA_MAIL, "h1");
    world.ask_link(ANNA_MAIL, "h2");
    world.ask_recovery(ANNA_MAIL, None);
    assert_eq!(world.work().len(), 3);
});

on_both!(no_e_mail_counts_against_the_money_or_the_countries_of_text_messages, |test| {
    let mut world = World::new(test);
    world.set(&json!({"sms": {"countries": [], "dailyCeiling": 0.0, "providers": [], "prices": {"*": 1.0}}}));
    let code = world.mail_code(ANNA_MAIL, "anna");
    world.finish("anna", &code).unwrap();
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM budgets"), 0);
});

on_both!(with_sign_up_off_or_full_an_unknown_address_gets_the_usual_answer_and_no_account, |test| {
    let all = World::new(test);
    for patch in [json!({"auth": {"signUp": false}}), json!({"auth": {"limit": 1}})] {
        let name = patch.to_string().len().to_string();
        let mut world = all.of_project(&name);
        world.enter_by_mail(ANNA_MAIL, "anna");
        world.set(&patch);
        world.later(1);
        let started = world.ask_mail(BERND_MAIL, "bernd");
        assert_eq!(started.handle, "bernd");
        assert!(world.work().is_empty());
        assert_eq!((world.fate().0.as_str(), world.mail_owner(BERND_MAIL)), ("refused", None));
        world.enter_by_mail(ANNA_MAIL, "flow2");
    }
});

on_both!(a_code_that_was_out_when_sign_up_was_switched_off_makes_nobody, |test| {
    let mut world = World::new(test);
    let code = world.mail_code(ANNA_MAIL, "anna");
    world.set(&json!({"auth": {"signUp": false}}));
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::SignUpDisabled);
    world.set(&json!({"auth": {"signUp": true, "limit": 1}}));
    world.user(Row::by_key("keyed", ANNA));
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::UserLimitReached);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM users WHERE pending = FALSE"), 1);
});

on_both!(each_way_by_e_mail_has_a_switch_and_needs_a_provider, |test| {
    let mut world = World::new(test);
    let target = Email::parse(ANNA_MAIL).unwrap().into();
    let check = |world: &World| {
        let ways = [Way::Code, Way::MagicLink(world.redirect()), Way::Recovery(world.redirect())];
        ways.map(|way| check_request(&world.ctx, &world.project, &target, &way).map_err(|e| e.code).err())
    };
    assert_eq!(check(&world), [None, None, None]);
    world.set(&json!({"auth": {"emailOtp": false}}));
    assert_eq!(check(&world), [Some(Code::MethodDisabled), None, None]);
    world.set(&json!({"auth": {"emailOtp": true, "magicUrl": false}}));
    assert_eq!(check(&world), [None, Some(Code::MethodDisabled), None]);
    world.set(&json!({"auth": {"magicUrl": true, "emailPassword": false}}));
    assert_eq!(check(&world), [None, None, Some(Code::MethodDisabled)]);
    // Switches are for people: a customer's own server knows what it does.
    let mut by_key = world.clone();
    by_key.ctx.actor = Actor::Key("k1".to_owned());
    assert_eq!(check(&by_key), [None, None, None]);
    world.set(&json!({"auth": {"emailPassword": true}, "email": {"providers": []}}));
    assert_eq!(check(&world), [const { Some(Code::NoEmailProvider) }; 3]);
});

on_both!(a_retry_with_one_idempotency_key_gets_the_first_answer_and_no_second_message, |test| {
    let world = World::new(test);
    let request = |way| Start { idempotency_key: Some("k1".into()), ..world.mail_request(ANNA_MAIL, way, None) };
    let first = world.start(request(Way::Code)).unwrap();
    assert_eq!(world.start(request(Way::Code)).unwrap(), first);
    assert_eq!(world.work().len(), 1);
    let other = world.start(request(Way::MagicLink(world.redirect()))).unwrap_err();
    assert!(matches!(other.code, Code::InvalidValue { .. }));
    // Another network has keys of its own.
    assert_ne!(world.from("198.51.100.7").start(request(Way::Code)).unwrap().handle, first.handle);
});

on_both!(an_idempotency_key_is_refused_for_another_page_and_for_a_phrase, |test| {
    let world = World::new(test);
    let ask = |page: &str, phrase| {
        let way = Way::MagicLink(Redirect::check(&world.project, page, false).unwrap());
        let key = Some("k1".to_owned());
        world.start(Start { idempotency_key: key, phrase, ..world.mail_request(ANNA_MAIL, way, None) })
    };
    let first = ask("https://app.example.com/a", false).unwrap();
    assert_eq!(ask("https://app.example.com/a", false).unwrap(), first);
    for (page, phrase) in [("https://app.example.com/b", false), ("https://app.example.com/a", true)] {
        assert!(matches!(ask(page, phrase).unwrap_err().code, Code::InvalidValue { .. }), "{page}");
    }
    assert_eq!(world.work().len(), 1);
});
