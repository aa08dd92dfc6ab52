//! A number and the code that came to it.

use serde_json::json;

use super::race::{crowded, together, winners};
use super::world::{ANNA, ANNA_MAIL, BERND, Row, World, app_code, shown, wrong};
use crate::base::{Code, Secret};
use crate::limit::guess;
use crate::on_both;
use crate::password;
use crate::session::Shape;
use crate::signin::number::{BY_ALL, BY_NETWORK};
use crate::signin::{Factor, Terms, Way};
use crate::user::Proof;

const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";
const ATTEMPTS: &str = "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM handles WHERE state = 'live'";
const USERS: &str = "SELECT COUNT(*) FROM users";
const TARGETS: &str = "SELECT COUNT(*) FROM targets";

/// What one handle of a six-digit code reserves, and one guess at it.
const HANDLE: i64 = 50_000;
const GUESS: i64 = HANDLE / 5;

on_both!(a_code_shown_with_its_handle_opens_one_session_of_the_dialects_kind, |test| {
    let world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let anna = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap();
    assert_eq!(anna.secret.expose().len(), 43);
    assert_eq!(anna.session.expires_at, world.ctx.now.plus_seconds(604_800));
    assert!(anna.user.is_phone_verified());
    assert_eq!(world.me(&anna.secret), anna.user);
    assert_eq!(world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.value::<i64>(SESSIONS), 1);
});

on_both!(codes_have_the_length_and_the_life_that_the_dialects_settings_say, |test| {
    let world = World::with(test, &json!({"nevr": {"otpLength": 8, "expiresIn": 60}})).nevr();
    let started = world.send(ANNA, Way::Code, None);
    assert_eq!(started.expires_at, world.ctx.now.plus_seconds(60).micros());
    assert_eq!(world.code().len(), 8);
});

on_both!(who_does_not_want_to_be_remembered_gets_a_day, |test| {
    let world = World::new(test);
    let terms = |remember| Terms::of_nevr(&world.project, remember);
    assert_eq!((terms(true).seconds, terms(false).seconds), (604_800, 86_400));
    assert_eq!(terms(true).shape, Shape::Short);
    let short = World::with(test, &json!({"nevr": {"session": {"expiresIn": 600, "updateAge": 60}}}));
    assert_eq!(Terms::of_nevr(&short.project, false).seconds, 600);
});

on_both!(a_check_uses_nothing_up_and_changes_no_account_and_the_code_signs_in_once, |test| {
    let world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let right = shown(ANNA, Some(&handle), &code);
    for _ in 0..7 {
        assert_eq!(world.check_by(&right), Ok(()));
    }
    assert!(world.owner(ANNA).unwrap().pending);
    assert_eq!((world.value::<i64>(SESSIONS), world.value::<i64>(ATTEMPTS)), (0, 0));
    assert!(world.sign_in_by(&right).is_ok());
    assert_eq!(world.check_by(&right), Err(Code::InvalidToken));
});

on_both!(wrong_checks_and_wrong_sign_ins_count_together_and_five_end_the_handle, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let bad = shown(ANNA, Some(&handle), &wrong(&code));
    for n in 0..5 {
        let answer = if n % 2 == 0 { world.check_by(&bad) } else { world.sign_in_by(&bad).map(drop) };
        assert_eq!(answer, Err(Code::InvalidToken));
    }
    let waits = Code::TooManyAttempts { retry_at: world.ctx.now.plus_seconds(30) };
    let good = shown(ANNA, Some(&handle), &code);
    assert_eq!(world.sign_in_by(&good).unwrap_err(), waits);
    assert_eq!(world.check_by(&good), Err(waits));
    assert_eq!(world.failures(ANNA), 5);
    // The way out is another code.
    world.later(30);
    assert_eq!(world.send(ANNA, Way::Code, Some(&handle)).handle, handle);
    assert!(world.sign_in_by(&shown(ANNA, Some(&handle), &world.code())).is_ok());
});

on_both!(a_late_code_is_told_to_be_late_with_its_handle_and_without, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    world.later(300);
    assert_eq!(world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap_err(), Code::TokenExpired);
    assert_eq!(world.sign_in_by(&shown(ANNA, None, &code)).unwrap_err(), Code::TokenExpired);
    world.later(-300);
    assert_eq!(world.check_by(&shown(ANNA, Some(&handle), &code)), Ok(()), "the number alone still opens it");
    world.later(600);
    assert_eq!(world.check_by(&shown(ANNA, Some(&handle), &code)), Err(Code::TokenExpired));
});

on_both!(a_handle_to_another_numbers_code_is_none, |test| {
    let world = World::new(test).nevr();
    let (of_anna, code) = world.sent(ANNA, Way::Code);
    world.sent(BERND, Way::Code);
    assert_eq!(world.sign_in_by(&shown(BERND, Some(&of_anna), &code)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.value::<i64>(ATTEMPTS), 0, "it was a guess by the number alone");
    assert!(world.sign_in_by(&shown(ANNA, Some(&of_anna), &code)).is_ok());
});

on_both!(a_planted_handle_is_replaced, |test| {
    let world = World::new(test).nevr();
    let planted = "ab".repeat(32);
    assert_ne!(world.send(ANNA, Way::Code, Some(&planted)).handle, planted);
});

on_both!(without_a_handle_a_network_has_five_guesses_and_all_have_fifteen, |test| {
    let world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let (bad, good) = (shown(ANNA, None, &wrong(&code)), shown(ANNA, None, &code));
    for network in 0..BY_ALL / BY_NETWORK {
        let there = world.from(&format!("203.0.{network}.1"));
        for _ in 0..BY_NETWORK {
            assert_eq!(there.sign_in_by(&bad).unwrap_err(), Code::InvalidToken);
        }
        assert!(matches!(there.sign_in_by(&good).unwrap_err(), Code::TooManyAttempts { .. }));
        let beside = world.from(&format!("203.0.{network}.99"));
        assert!(matches!(beside.sign_in_by(&good).unwrap_err(), Code::TooManyAttempts { .. }), "the same network");
    }
    let elsewhere = world.from("198.51.100.1");
    assert!(matches!(elsewhere.sign_in_by(&good).unwrap_err(), Code::TooManyAttempts { .. }));
    // The owner's handle has its five tries still.
    let by_handle = shown(ANNA, Some(&handle), &wrong(&code));
    for _ in 0..4 {
        assert_eq!(world.sign_in_by(&by_handle).unwrap_err(), Code::InvalidToken);
    }
    assert!(world.sign_in_by(&shown(ANNA, Some(&handle), &code)).is_ok());
});

on_both!(a_success_without_a_handle_clears_both_counters, |test| {
    let mut world = World::with(test, &json!({"otp": {"resendSeconds": [0]}})).nevr().from("192.0.2.7");
    for _ in 0..4 {
        world.later(1);
        let (_, code) = world.sent(ANNA, Way::Code);
        for _ in 0..4 {
            assert_eq!(world.sign_in_by(&shown(ANNA, None, &wrong(&code))).unwrap_err(), Code::InvalidToken);
        }
        assert_eq!(world.sign_in_by(&shown(ANNA, None, &code)).map(drop), Ok(()));
    }
});

on_both!(the_next_day_has_guesses_again, |test| {
    let mut world = World::new(test).nevr();
    let (_, code) = world.sent(ANNA, Way::Code);
    for _ in 0..5 {
        let _ = world.sign_in_by(&shown(ANNA, None, &wrong(&code)));
    }
    let Err(Code::TooManyAttempts { retry_at }) = world.check_by(&shown(ANNA, None, &code)) else { panic!() };
    world.later((retry_at.micros_since(world.ctx.now)) / 1_000_000 + 1);
    let (_, code) = world.sent(ANNA, Way::Code);
    assert_eq!(world.check_by(&shown(ANNA, None, &code)), Ok(()));
});

on_both!(without_a_handle_only_the_newest_code_of_the_dialect_is_compared, |test| {
    let mut world = World::new(test).nevr();
    let (first, old) = world.sent(ANNA, Way::Code);
    world.later(30);
    let (_, new) = world.sent(ANNA, Way::Code);
    world.later(60);
    let page = world.by(crate::verification::Dialect::Page);
    page.ask_anew(ANNA);
    let of_page = page.code();
    assert_eq!(world.check_by(&shown(ANNA, None, &old)), Err(Code::InvalidToken));
    assert_eq!(world.check_by(&shown(ANNA, None, &of_page)), Err(Code::InvalidToken));
    assert_eq!(world.check_by(&shown(ANNA, None, &new)), Ok(()));
    assert_eq!(world.check_by(&shown(ANNA, Some(&first), &old)), Ok(()), "its own handle still opens it");
});

on_both!(guesses_without_a_handle_are_charged_to_number_and_person, |test| {
    let mut world = World::with(test, &json!({"otp": {"resendSeconds": [0]}})).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let anna = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap().user;
    assert_eq!((world.reserved(ANNA), world.reserved_by(&anna.id)), (0, 0));
    world.later(1);
    let (handle, code) = world.sent(ANNA, Way::Code);
    for _ in 0..3 {
        assert_eq!(world.sign_in_by(&shown(ANNA, None, &wrong(&code))).unwrap_err(), Code::InvalidToken);
    }
    let spent = HANDLE + 3 * GUESS;
    assert_eq!((world.reserved(ANNA), world.reserved_by(&anna.id)), (spent, spent));
    assert_eq!(world.check_by(&shown(ANNA, None, &code)), Ok(()));
    assert_eq!(world.reserved(ANNA), spent, "a right one costs nothing");
    assert!(world.sign_in_by(&shown(ANNA, Some(&handle), &code)).is_ok());
    assert_eq!(world.reserved(ANNA), 3 * GUESS);
});

on_both!(whatever_is_guessed_without_a_handle_the_days_budget_holds, |test| {
    let world = World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1000}})).nevr();
    for n in 0..40_u8 {
        let there = world.from(&format!("203.0.{n}.1"));
        let (_, code) = there.sent(ANNA, Way::Code);
        for _ in 0..n % 7 {
            let _ = there.sign_in_by(&shown(ANNA, None, &wrong(&code)));
        }
        assert!(world.reserved(ANNA) <= guess::DAILY, "{n}");
    }
});

on_both!(a_used_code_is_no_wrong_guess_and_nothing_is_kept_of_who_tries_what_nobody_asked_for, |test| {
    let world = World::new(test).nevr();
    let (_, code) = world.sent(ANNA, Way::Code);
    assert!(world.sign_in_by(&shown(ANNA, None, &code)).is_ok());
    for _ in 0..20 {
        assert_eq!(world.sign_in_by(&shown(ANNA, None, &code)).unwrap_err(), Code::InvalidToken);
        assert_eq!(world.sign_in_by(&shown(BERND, None, "123456")).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!((world.failures(ANNA), world.reserved(ANNA), world.value::<i64>(TARGETS)), (0, 0, 1));
});

on_both!(of_sixty_four_racers_exactly_one_signs_in_with_the_handle_or_without, |test| {
    let mut world = crowded(test, &json!({"otp": {"resendSeconds": [0]}})).nevr();
    for holds in [true, false] {
        world.later(1);
        let (handle, code) = world.sent(ANNA, Way::Code);
        let shown = shown(ANNA, holds.then_some(handle.as_str()), &code);
        let answers = together((0..64).map(|_| world.signing_in_by(&shown)).collect());
        assert_eq!(winners(&answers), 1, "{holds}");
    }
    assert_eq!(world.value::<i64>(SESSIONS), 2);
});

on_both!(a_code_works_for_what_it_was_sent_for_only, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let sign_in = shown(ANNA, Some(&handle), &code);
    assert_eq!(world.reset_by(&sign_in, "a hash").unwrap_err(), Code::InvalidToken);
    assert!(world.sign_in_by(&sign_in).is_ok());
    world.later(60);
    let (handle, code) = world.sent(ANNA, Way::RecoveryCode);
    let reset = shown(ANNA, Some(&handle), &code);
    assert_eq!(world.sign_in_by(&reset).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.sign_in_by(&shown(ANNA, None, &code)).unwrap_err(), Code::InvalidToken);
    assert!(world.reset_by(&reset, "a hash").is_ok());
});

on_both!(with_sign_up_off_no_code_makes_an_account, |test| {
    for patch in [json!({"nevr": {"allowSignUp": false}}), json!({"auth": {"signUp": false}})] {
        let world = World::with(test, &patch).nevr();
        let started = world.send(ANNA, Way::Code, None);
        assert!(world.work().is_empty());
        assert!(world.fate().1.contains("sign-up is off"));
        for handle in [Some(started.handle.as_str()), None] {
            assert_eq!(world.sign_in_by(&shown(ANNA, handle, "123456")).unwrap_err(), Code::InvalidToken);
        }
        assert_eq!(world.value::<i64>(USERS), 0);
        world.tamper("DELETE FROM targets");
    }
});

on_both!(sign_up_that_is_switched_off_while_a_code_is_out_makes_no_account, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    world.set(&json!({"nevr": {"allowSignUp": false}}));
    assert_eq!(world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap_err(), Code::SignUpDisabled);
    assert!(world.owner(ANNA).unwrap().pending);
});

on_both!(a_reset_sets_the_password_ends_the_sessions_and_keeps_the_second_factor, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let anna = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap();
    world.app(&anna.secret);
    world.set_mfa(&anna.secret, true).unwrap();
    world.notices();
    world.later(60);
    let (handle, code) = world.sent(ANNA, Way::RecoveryCode);
    let reset = shown(ANNA, Some(&handle), &code);
    let after = world.reset_by(&reset, "the new hash").unwrap();
    assert!(after.password_at.is_some() && after.mfa && after.totp);
    assert!(world.session(&anna.secret).is_none());
    assert_eq!(world.reset_by(&reset, "another hash").unwrap_err(), Code::InvalidToken);
    let id = after.id.clone();
    let stored = world.write(move |tx, ctx| password::find(tx, ctx, &id)).unwrap();
    assert_eq!(stored.hash, password::Hash::Own(Secret::new("the new hash")));
    assert_eq!(world.notices(), [("password-changed".to_owned(), ANNA.to_owned())]);
    // Whoever signs in next still shows it.
    world.later(60);
    let (handle, code) = world.sent(ANNA, Way::Code);
    let again = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap();
    assert!(!world.is_let_in(&again.secret));
});

on_both!(nobody_unknown_unproved_or_mock_gets_a_code_for_a_password_and_all_leave_the_same_traces, |test| {
    let mock = json!({"auth": {"mockNumbers": [{"phone": BERND, "otp": "123456"}]}});
    let mut world = World::with(test, &mock).nevr();
    let (handle, code) = (world.send(BERND, Way::Code, None).handle, "123456");
    world.work();
    world.sign_in_by(&shown(BERND, Some(&handle), code)).unwrap();
    assert_eq!(world.owner(BERND).unwrap().phone_proof, Proof::Mock);
    for number in [ANNA, BERND] {
        world.later(1);
        let started = world.send(number, Way::RecoveryCode, None);
        assert!(world.work().is_empty(), "{number}");
        assert_eq!(world.fate().0, "refused");
        let shown = shown(number, Some(&started.handle), "123456");
        assert_eq!(world.reset_by(&shown, "a hash").unwrap_err(), Code::InvalidToken);
    }
});

on_both!(a_number_that_a_key_set_is_proved_by_a_reset, |test| {
    let world = World::new(test).nevr();
    world.user(Row::by_key("anna", ANNA));
    let (handle, code) = world.sent(ANNA, Way::RecoveryCode);
    let after = world.reset_by(&shown(ANNA, Some(&handle), &code), "a hash").unwrap();
    assert_eq!(after.id, "anna");
    assert_eq!(world.owner(ANNA).unwrap().phone_proof, Proof::Code);
});

on_both!(in_a_session_a_number_is_taken_by_its_code_and_not_before, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    let nevr = world.nevr();
    nevr.start_number(&anna, ANNA).unwrap();
    let code = nevr.code();
    assert_eq!(nevr.me(&anna).shown_phone(), None);
    assert_eq!(nevr.finish_number(&anna, BERND, &code).unwrap_err(), Code::InvalidToken, "it went to another number");
    assert_eq!(nevr.finish_number(&anna, ANNA, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    let after = nevr.finish_number(&anna, ANNA, &code).unwrap();
    assert!(after.is_phone_verified() && after.id == "anna");
    assert_eq!(nevr.finish_number(&anna, ANNA, &code).unwrap_err(), Code::InvalidToken, "it is used up");
    // The session's code signs nobody in.
    assert_eq!(nevr.sign_in_by(&shown(ANNA, None, &code)).unwrap_err(), Code::InvalidToken);
});

on_both!(a_number_is_replaced_only_in_a_session_that_just_began_and_the_old_one_is_told, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let anna = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap().secret;
    world.start_number(&anna, BERND).unwrap();
    let code = world.code();
    world.later(300);
    assert_eq!(world.finish_number(&anna, BERND, &code).unwrap_err(), Code::TokenExpired);
    assert_eq!(world.start_number(&anna, BERND).unwrap_err(), Code::SessionNotFresh);
    let (handle, code) = world.sent(ANNA, Way::Code);
    let again = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap().secret;
    world.start_number(&again, BERND).unwrap();
    let code = world.code();
    let after = world.finish_number(&again, BERND, &code).unwrap();
    assert_eq!(after.verified_phone().unwrap().as_e164(), BERND);
    assert!(world.session(&anna).is_none(), "whoever has the old number may be signed in somewhere");
    assert_eq!(world.notices(), [("phone-changed".to_owned(), ANNA.to_owned())]);
});

on_both!(a_number_that_another_account_proved_is_refused_at_the_proof_and_never_before, |test| {
    let world = World::new(test);
    world.sign_in(BERND, "bernd");
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    let nevr = world.nevr();
    nevr.start_number(&anna, BERND).unwrap();
    let code = nevr.code();
    assert_eq!(nevr.finish_number(&anna, BERND, &code).unwrap_err(), Code::PhoneTaken);
    assert_eq!(nevr.owner(BERND).unwrap().id, "bernd");
});

on_both!(five_wrong_codes_in_a_session_end_them_and_a_late_one_is_told_to_be_late, |test| {
    let mut world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world = world.nevr();
    world.start_number(&anna, ANNA).unwrap();
    let code = world.code();
    for _ in 0..5 {
        assert_eq!(world.finish_number(&anna, ANNA, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    assert!(matches!(world.finish_number(&anna, ANNA, &code).unwrap_err(), Code::TooManyAttempts { .. }));
    world.later(30);
    world.start_number(&anna, ANNA).unwrap();
    let code = world.code();
    world.later(300);
    assert_eq!(world.finish_number(&anna, ANNA, &code).unwrap_err(), Code::TokenExpired);
});

on_both!(a_session_that_waits_for_its_second_factor_waits_five_minutes, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let anna = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap().secret;
    let seed = world.app(&anna);
    world.set_mfa(&anna, true).unwrap();
    assert!(world.is_let_in(&anna), "switching it on keeps the session in");
    world.later(60);
    let (handle, code) = world.sent(ANNA, Way::Code);
    let waiting = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap();
    assert_eq!(waiting.session.expires_at, world.ctx.now.plus_seconds(300));
    let app = app_code(&seed, world.ctx.now);
    let (session, secret) = world.show_second(&waiting.secret, Factor::Totp, &app, Some(604_800)).unwrap();
    assert_eq!(session.id, waiting.session.id);
    assert_eq!(session.factors, ["phone", "totp"]);
    assert!(world.session(&waiting.secret).is_none(), "the secret before it opens nothing");
    assert_eq!((secret.expose().len(), world.is_let_in(&secret)), (43, true));
    let (stored, _) = world.session(&secret).unwrap();
    assert_eq!(stored.expires_at, world.ctx.now.plus_seconds(604_800));
});

on_both!(an_app_that_is_guessed_at_in_one_step_costs_the_days_budget, |test| {
    let mut world = World::new(test).nevr();
    let (handle, code) = world.sent(ANNA, Way::Code);
    let anna = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap().secret;
    assert_eq!(world.show_second(&anna, Factor::Totp, "123456", None).unwrap_err(), Code::AuthenticatorNotFound);
    let seed = world.app(&anna);
    let codes = world.codes(&anna).unwrap();
    world.later(90);
    let right = app_code(&seed, world.ctx.now);
    let mut wrong_ones = 0;
    while world.show_second(&anna, Factor::Totp, &wrong(&right), None) == Err(Code::InvalidToken) {
        wrong_ones += 1;
    }
    assert!((5..=10).contains(&wrong_ones), "{wrong_ones}");
    assert!(matches!(world.show_second(&anna, Factor::Totp, &right, None).unwrap_err(), Code::TooManyAttempts { .. }));
    // A recovery code helps out, once.
    let (session, secret) = world.show_second(&anna, Factor::RecoveryCode, &codes[0], None).unwrap();
    assert_eq!(session.factors, ["phone", "totp", "recoverycode"]);
    let again = world.show_second(&secret, Factor::RecoveryCode, &codes[0], None);
    assert_eq!(again.unwrap_err(), Code::InvalidToken);
});

on_both!(a_code_that_was_sent_as_second_factor_belongs_to_its_session, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.add_mail(&anna, ANNA_MAIL);
    world.set_mfa(&anna, true).unwrap();
    let mut world = world.nevr();
    world.later(60);
    let (handle, code) = world.sent(ANNA, Way::Code);
    let waiting = world.sign_in_by(&shown(ANNA, Some(&handle), &code)).unwrap().secret;
    assert!(!world.is_let_in(&waiting));
    assert_eq!(world.send_second(&waiting).unwrap(), Factor::Email, "its number was shown already");
    let code = world.code();
    assert_eq!(world.show_second(&anna, Factor::Phone, &code, None).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.show_second(&waiting, Factor::Phone, &wrong(&code), None).unwrap_err(), Code::InvalidToken);
    let (_, secret) = world.show_second(&waiting, Factor::Phone, &code, Some(600)).unwrap();
    assert!(world.is_let_in(&secret));
});
