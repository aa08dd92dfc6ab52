//! Showing, signed in, that a number is one's own.

use serde_json::json;

use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, BERND, BERND_MAIL, CLARA, Row, World, wrong};
use crate::base::Code;
use crate::on_both;
use crate::signin::{Factor, HandleKind};
use crate::user::{self, Proof};

const ATTEMPTS: &str = "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM handles WHERE weight > 0";

on_both!(the_right_code_makes_the_claimed_number_verified, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    let asked = world.verify_phone(&anna).unwrap();
    assert_eq!((asked.user.as_str(), asked.expires_at), ("anna", world.ctx.now.plus_seconds(900)));
    let code = world.code();
    let token = world.confirm_phone(&anna, &code).unwrap();
    assert_eq!((token.user.as_str(), token.created_at), ("anna", asked.created_at));
    let user = world.me(&anna);
    assert_eq!((user.is_phone_verified(), user.phone_proof, user.phone_claim), (true, Proof::Code, None));
    assert_eq!(world.confirm_phone(&anna, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.verify_phone(&anna).unwrap_err(), Code::PhoneAlreadyVerified);
});

on_both!(without_a_number_there_is_nothing_to_verify, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    assert_eq!(world.verify_phone(&anna).unwrap_err(), Code::PhoneNotFound);
    assert_eq!(world.confirm_phone(&anna, "123456").unwrap_err(), Code::InvalidToken);
});

on_both!(a_number_that_cannot_be_reached_is_refused_at_once, |test| {
    let mut world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.set(&json!({"sms": {"countries": ["AT"]}}));
    assert_eq!(world.verify_phone(&anna).unwrap_err(), Code::CountryNotAllowed);
    world.set(&json!({"sms": {"providers": []}}));
    assert_eq!(world.verify_phone(&anna).unwrap_err(), Code::NoSmsProvider);
});

on_both!(a_code_works_in_the_session_that_asked_and_counts_nothing_in_another, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    let second = world.enter_by_mail(ANNA_MAIL, "flow2");
    let stranger = world.enter_by_mail(BERND_MAIL, "bernd");
    world.claim(&anna, ANNA).unwrap();
    world.claim(&stranger, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    let before = world.value::<i64>(ATTEMPTS);
    for who in [&second, &stranger] {
        for _ in 0..6 {
            assert_eq!(world.confirm_phone(who, &wrong(&code)).unwrap_err(), Code::InvalidToken);
        }
        assert_eq!(world.confirm_phone(who, &code).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!((world.value::<i64>(ATTEMPTS), world.failures(ANNA)), (before, 0));
    assert!(world.confirm_phone(&anna, &code).is_ok());
});

on_both!(five_wrong_guesses_kill_a_code_in_its_session, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    for _ in 0..5 {
        assert_eq!(world.confirm_phone(&anna, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.confirm_phone(&anna, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.failures(ANNA), 5);
    assert!(!world.me(&anna).is_phone_verified());
});

on_both!(a_code_expires_after_fifteen_minutes, |test| {
    let mut world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    world.later(900);
    assert_eq!(world.confirm_phone(&anna, &code).unwrap_err(), Code::InvalidToken);
});

on_both!(within_the_cooldown_a_session_gets_its_own_code_again_and_another_is_told_to_wait, |test| {
    let mut world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    let second = world.enter_by_mail(ANNA_MAIL, "flow2");
    let stranger = world.enter_by_mail(BERND_MAIL, "bernd");
    world.claim(&anna, ANNA).unwrap();
    world.claim(&stranger, ANNA).unwrap();
    let first = world.verify_phone(&anna).unwrap();
    world.later(10);
    assert_eq!(world.verify_phone(&anna).unwrap(), first);
    let retry_at = world.ctx.now.plus_seconds(20);
    for who in [&second, &stranger] {
        assert_eq!(world.verify_phone(who).unwrap_err(), Code::TooManyAttempts { retry_at });
    }
    let code = world.code();
    world.later(20);
    world.verify_phone(&second).unwrap();
    let other = world.code();
    assert!(world.confirm_phone(&second, &code).is_err() || code == other);
    assert!(world.confirm_phone(&anna, &code).is_ok());
});

on_both!(after_the_cooldown_a_new_code_takes_the_place_of_the_old_one, |test| {
    let mut world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let old = world.code();
    world.later(30);
    world.verify_phone(&anna).unwrap();
    let new = world.code();
    assert!(world.confirm_phone(&anna, &old).is_err() || old == new);
    assert!(world.confirm_phone(&anna, &new).is_ok());
});

on_both!(past_the_days_messages_the_owner_is_told_when_to_come_back, |test| {
    let mut world = World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 2}}));
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    world.verify_phone(&anna).unwrap();
    world.later(3_600);
    let retry_at = world.ctx.now.plus_seconds(82_800);
    assert_eq!(world.verify_phone(&anna).unwrap_err(), Code::TooManyAttempts { retry_at });
});

on_both!(another_number_retires_the_code_of_the_one_before, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    world.claim(&anna, BERND).unwrap();
    assert_eq!(world.confirm_phone(&anna, &code).unwrap_err(), Code::InvalidToken);
    world.verify_phone(&anna).unwrap();
    let other = world.code();
    assert!(world.confirm_phone(&anna, &code).is_err() || code == other);
    world.confirm_phone(&anna, &other).unwrap();
    assert_eq!(world.me(&anna).phone.unwrap().as_e164(), BERND);
    assert_eq!(world.owner(ANNA), None);
});

on_both!(a_claim_that_was_dropped_is_not_proved_by_the_code_that_was_out, |test| {
    let world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.claim(&anna, BERND).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    world.claim(&anna, ANNA).unwrap();
    assert_eq!(world.confirm_phone(&anna, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.me(&anna).phone.unwrap().as_e164(), ANNA);
});

on_both!(that_somebody_else_has_the_number_is_told_at_the_proof_and_not_before, |test| {
    let mut world = World::new(test);
    world.enter(ANNA, "owner");
    world.user(Row::by_key("keyed", BERND));
    world.user(Row { proof: "vouched", ..Row::by_key("vouched", CLARA) });
    for phone in [ANNA, BERND, CLARA] {
        world.later(300);
        let other = world.enter_by_mail(BERND_MAIL, &format!("flow{}", &phone[1..]));
        world.claim(&other, phone).unwrap();
        world.verify_phone(&other).unwrap();
        let code = world.code();
        assert_eq!(world.confirm_phone(&other, &wrong(&code)).unwrap_err(), Code::InvalidToken);
        assert_eq!(world.confirm_phone(&other, &code).unwrap_err(), Code::PhoneTaken, "{phone}");
        assert_eq!(world.me(&other).phone, None);
    }
    assert_eq!(world.owner(ANNA).unwrap().id, "owner");
});

on_both!(a_pending_account_of_the_number_gives_way_to_whoever_proves_it_in_a_session, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    let code = world.ask_and_get(ANNA, "pending");
    world.add_phone(&anna, ANNA);
    assert_eq!((world.find_user("pending"), world.owner(ANNA).unwrap().id.as_str()), (None, "anna"));
    // The code that was out signs in to the account that has the number now.
    assert_eq!(world.finish("pending", &code).unwrap().user.id, "anna");
});

on_both!(of_two_users_who_prove_one_number_at_once_one_owns_it_and_the_other_is_told, |test| {
    let world = crowded(test, &json!({"otp": {"resendSeconds": [0]}}));
    for round in 0..5 {
        let world = world.of_project(&format!("r{round}"));
        let people = [ANNA_MAIL, BERND_MAIL].map(|email| {
            let who = world.enter_by_mail(email, &email[..4]);
            world.claim(&who, ANNA).unwrap();
            world.verify_phone(&who).unwrap();
            let code = world.code();
            (who, code)
        });
        let answers = together(people.iter().map(|(who, code)| world.confirming_phone(who, code)).collect());
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().map_err(|e| e.code)).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        // The loser's claim went with the winner's proof, or the number did.
        let refused = answers.into_iter().find_map(Result::err).unwrap();
        assert!(matches!(refused, Code::PhoneTaken), "{refused:?}");
        assert_eq!(people.iter().filter(|(who, _)| world.me(who).is_phone_verified()).count(), 1);
    }
});

on_both!(a_proof_takes_the_number_from_everybody_who_claims_it_and_tells_them, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    let bernd = world.enter_by_mail(BERND_MAIL, "bernd");
    world.claim(&bernd, ANNA).unwrap();
    world.add_phone(&anna, ANNA);
    assert_eq!(world.me(&bernd).phone_claim, None);
    assert_eq!(world.notices(), [("claim-removed".to_owned(), BERND_MAIL.to_owned())]);
});

on_both!(of_sixty_four_with_one_right_code_exactly_one_succeeds, |test| {
    let world = crowded(test, &json!({}));
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    let answers = together((0..64).map(|_| world.confirming_phone(&anna, &code)).collect());
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count(), 1);
    assert_eq!(world.failures(ANNA), 0);
});

on_both!(a_code_to_verify_never_signs_in_and_a_code_to_sign_in_never_verifies, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let verify = world.code();
    let session = world.caller(&anna).session.id;
    for handle in ["anna".to_owned(), session.clone(), format!("verify-phone:{session}")] {
        for kind in [HandleKind::UserId, HandleKind::Opaque] {
            let other = World { kind, ..world.clone() };
            assert_eq!(other.finish(&handle, &verify).unwrap_err(), Code::InvalidToken);
        }
    }
    let sign_in = world.ask_and_get(ANNA, "flow");
    assert!(world.confirm_phone(&anna, &sign_in).is_err() || sign_in == verify);
    assert!(world.finish("flow", &verify).is_err() || sign_in == verify);
});

on_both!(a_mock_number_is_verified_by_its_code_again_and_again_without_a_message, |test| {
    let mut world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    world.set(&json!({"sms": {"providers": [], "countries": []}}));
    for round in 0..2 {
        let who = world.enter_by_mail(&format!("u{round}@example.com"), &format!("u{round}"));
        world.claim(&who, ANNA).unwrap();
        world.verify_phone(&who).unwrap();
        world.verify_phone(&who).unwrap();
        assert!(world.work().is_empty());
        if round == 0 {
            world.confirm_phone(&who, "123456").unwrap();
            assert_eq!(world.me(&who).phone_proof, Proof::Mock);
        } else {
            // A mock code takes a number from nobody, not even from another tester.
            assert_eq!(world.confirm_phone(&who, "123456").unwrap_err(), Code::PhoneTaken);
        }
    }
});

on_both!(a_real_code_takes_a_number_from_an_account_that_only_has_it_by_a_mock_code, |test| {
    let mut world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    world.ask(ANNA, "tester");
    world.work();
    world.finish("tester", "123456").unwrap();
    world.set(&json!({"auth": {"mockNumbers": []}}));
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.add_phone(&anna, ANNA);
    assert_eq!(world.owner(ANNA).unwrap().id, "anna");
    assert_eq!(world.find_user("tester").unwrap().phone, None);
});

on_both!(a_mock_number_that_somebody_real_holds_is_verified_by_no_mock_code, |test| {
    let world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    world.user(Row::by_key("keyed", ANNA));
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    assert_ne!(world.code(), "123456");
    assert_eq!(world.confirm_phone(&anna, "123456").unwrap_err(), Code::InvalidToken);
});

on_both!(a_blocked_account_neither_gets_nor_uses_a_code, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.claim(&anna, ANNA).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert_eq!(world.confirm_phone(&anna, &code).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.verify_phone(&anna).unwrap_err(), Code::UserBlocked);
});

on_both!(a_number_that_is_proved_counts_in_the_session_while_the_flag_is_off, |test| {
    let world = World::new(test);
    let anna = world.enter_by_mail(ANNA_MAIL, "anna");
    world.add_phone(&anna, ANNA);
    assert_eq!(world.proved(&anna), (vec!["email".into(), "phone".into()], Some(world.ctx.now)));
    // What the session began with does not count twice.
    let bernd = world.enter(BERND, "bernd");
    world.add_phone(&bernd, CLARA);
    assert_eq!(world.proved(&bernd), (vec!["phone".into()], None));
    assert_eq!(Factor::parse("PHONE"), Some(Factor::Phone));
});

on_both!(a_number_that_a_key_set_is_verified_without_being_named_again, |test| {
    let world = World::new(test);
    world.user(Row { email: Some(ANNA_MAIL), email_proof: "set", ..Row::by_key("keyed", ANNA) });
    let keyed = world.enter_by_mail(ANNA_MAIL, "flow1");
    world.verify_phone(&keyed).unwrap();
    let code = world.code();
    world.confirm_phone(&keyed, &code).unwrap();
    assert_eq!((world.me(&keyed).phone_proof, world.me(&keyed).phone_claim), (Proof::Code, None));
    assert_eq!(world.notices(), []);
});

on_both!(a_code_is_counted_whatever_the_proof_runs_into, |test| {
    let world = World::new(test);
    world.enter(ANNA, "owner");
    let other = world.enter_by_mail(BERND_MAIL, "other");
    world.claim(&other, ANNA).unwrap();
    world.verify_phone(&other).unwrap();
    let code = world.code();
    for _ in 0..5 {
        assert_eq!(world.confirm_phone(&other, &code).unwrap_err(), Code::PhoneTaken);
    }
    assert_eq!(world.confirm_phone(&other, &code).unwrap_err(), Code::InvalidToken);
});
