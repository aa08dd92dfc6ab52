//! Showing a second factor.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, Person, Row, World, app_code, wrong};
use crate::base::{Code, Secret};
use crate::db::testing::TestDb;
use crate::limit::guess;
use crate::on_both;
use crate::signin::Factor;
use crate::user::{self, Proof};

/// Somebody with all factors, who is asked for a second one; with a session that only began, by a password.
pub struct Anna {
    pub session: Person,
    pub seed: Secret,
    pub codes: Vec<String>,
}

/// Everything that takes no cool-downs, so that only what is tested refuses.
pub fn world(test: &TestDb) -> World {
    World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1000}}))
}

pub fn anna(world: &mut World) -> Anna {
    world.sign_up(Some("anna"), ANNA_MAIL).unwrap();
    let first = world.enter_by_password(ANNA_MAIL);
    world.verify_mail(&first).unwrap();
    let link = world.posted();
    world.confirm_mail(Some(&first), &link.user, &link.secret).unwrap();
    world.add_phone(&first, ANNA);
    let seed = world.app(&first);
    let codes = world.codes(&first).unwrap();
    world.set_mfa(&first, true).unwrap();
    world.later(86_400);
    drop(world.work());
    Anna { session: world.enter_by_password(ANNA_MAIL), seed, codes }
}

/// The code that reaches its person, or that he has.
fn code_for(world: &World, anna: &Anna, factor: Factor) -> String {
    match factor {
        Factor::Totp => app_code(&anna.seed, world.ctx.now),
        Factor::RecoveryCode => anna.codes[0].clone(),
        Factor::Email | Factor::Phone => world.code(),
    }
}

/// Another code of the same shape.
fn another(factor: Factor, code: &str) -> String {
    if factor == Factor::RecoveryCode { "0123456789".to_owned() } else { wrong(code) }
}

const ALL: [Factor; 4] = [Factor::Totp, Factor::Email, Factor::Phone, Factor::RecoveryCode];

on_both!(each_factor_lets_a_session_in_and_is_written_down_there, |test| {
    let all = world(test);
    for factor in ALL {
        let mut world = all.of_project(factor.name());
        let anna = anna(&mut world);
        assert!(!world.is_let_in(&anna.session));
        let asked = world.challenge(&anna.session, factor).unwrap();
        assert_eq!((asked.user.as_str(), asked.expires_at), ("anna", world.ctx.now.plus_seconds(900)));
        let code = code_for(&world, &anna, factor);
        let session = world.answer(&anna.session, &asked, &code).unwrap();
        assert_eq!(
            (session.factors, session.mfa_at),
            (vec!["password".into(), factor.name().into()], Some(world.ctx.now))
        );
        assert!(world.is_let_in(&anna.session));
        // The code and the challenge are used.
        assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken);
    }
});

on_both!(five_wrong_answers_kill_a_challenge_of_each_factor, |test| {
    let all = world(test);
    for factor in ALL {
        let mut world = all.of_project(factor.name());
        let anna = anna(&mut world);
        let asked = world.challenge(&anna.session, factor).unwrap();
        let code = code_for(&world, &anna, factor);
        for _ in 0..5 {
            assert_eq!(world.answer(&anna.session, &asked, &another(factor, &code)).unwrap_err(), Code::InvalidToken);
        }
        assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken, "{factor:?}");
        assert!(!world.is_let_in(&anna.session));
        // A new challenge takes the same code, where it is one that stays.
        if factor == Factor::RecoveryCode {
            let asked = world.challenge(&anna.session, factor).unwrap();
            assert!(world.answer(&anna.session, &asked, &code).is_ok());
        }
    }
});

on_both!(a_challenge_of_each_factor_expires, |test| {
    let all = world(test);
    for factor in ALL {
        let mut world = all.of_project(factor.name());
        let anna = anna(&mut world);
        let asked = world.challenge(&anna.session, factor).unwrap();
        let sent = matches!(factor, Factor::Email | Factor::Phone).then(|| world.code());
        world.later(900);
        let code = sent.unwrap_or_else(|| code_for(&world, &anna, factor));
        assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken, "{factor:?}");
        // And stays so when the clock steps back.
        world.later(-60);
        assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken, "{factor:?}");
    }
});

on_both!(a_challenge_answers_to_the_session_it_was_made_for_only, |test| {
    let all = world(test);
    for factor in ALL {
        let mut world = all.of_project(factor.name());
        let anna = anna(&mut world);
        let other = world.enter_by_password(ANNA_MAIL);
        let stranger = world.enter_as_guest();
        let asked = world.challenge(&anna.session, factor).unwrap();
        let code = code_for(&world, &anna, factor);
        for _ in 0..6 {
            assert_eq!(world.answer(&other, &asked, &code).unwrap_err(), Code::InvalidToken);
            assert_eq!(world.answer(&stranger, &asked, &code).unwrap_err(), Code::InvalidToken);
        }
        // Trying there counted nothing and used nothing up.
        assert!(world.answer(&anna.session, &asked, &code).is_ok(), "{factor:?}");
    }
});

on_both!(a_code_to_sign_in_answers_no_challenge_and_a_code_of_a_challenge_signs_nobody_in, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    let sign_in = world.ask_and_get(ANNA, "flow1");
    let asked = world.challenge(&anna.session, Factor::Phone).unwrap();
    let code = world.code();
    assert_ne!(sign_in, code);
    assert_eq!(world.answer(&anna.session, &asked, &sign_in).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish("flow1", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish(&asked.id, &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.confirm_phone(&anna.session, &code).unwrap_err(), Code::InvalidToken);
    assert!(world.answer(&anna.session, &asked, &code).is_ok());
});

on_both!(a_factor_that_was_removed_or_replaced_since_proves_nothing, |test| {
    let all = world(test);
    for factor in ALL {
        let mut world = all.of_project(factor.name());
        let anna = anna(&mut world);
        let asked = world.challenge(&anna.session, factor).unwrap();
        let code = code_for(&world, &anna, factor);
        match factor {
            Factor::Totp => world.tamper("DELETE FROM authenticators"),
            Factor::Email => world.tamper("UPDATE users SET email = 'new@example.com'"),
            Factor::Phone => world.tamper("UPDATE users SET phone = '+491712345678'"),
            Factor::RecoveryCode => world.tamper("DELETE FROM recovery_codes"),
        }
        assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken, "{factor:?}");
    }
});

on_both!(a_factor_that_is_no_longer_verified_proves_nothing, |test| {
    let all = world(test);
    for (factor, sql) in [
        (Factor::Totp, "UPDATE users SET totp = FALSE"),
        (Factor::Email, "UPDATE users SET email_proof = 'none'"),
        (Factor::Phone, "UPDATE users SET phone_proof = 'set'"),
    ] {
        let mut world = all.of_project(factor.name());
        let anna = anna(&mut world);
        let asked = world.challenge(&anna.session, factor).unwrap();
        let code = code_for(&world, &anna, factor);
        world.tamper(sql);
        assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken, "{factor:?}");
    }
});

on_both!(a_method_that_was_switched_off_makes_no_challenge_and_answers_none, |test| {
    let all = world(test);
    for (factor, key) in ALL.into_iter().zip(["totp", "email", "phone", "recoveryCodes"]) {
        let mut world = all.of_project(key);
        let anna = anna(&mut world);
        let asked = world.challenge(&anna.session, factor).unwrap();
        let code = code_for(&world, &anna, factor);
        world.set(&json!({"mfa": {key: false}}));
        assert_eq!(world.challenge(&anna.session, factor).unwrap_err(), Code::MethodDisabled, "{factor:?}");
        assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken, "{factor:?}");
        world.set(&json!({"mfa": {key: true}}));
        assert!(world.answer(&anna.session, &asked, &code).is_ok(), "{factor:?}");
    }
});

on_both!(a_challenge_says_in_order_what_is_missing, |test| {
    let mut world = world(test);
    let guest = world.enter_as_guest();
    let ask = |world: &World, factor| world.challenge(&guest, factor).unwrap_err();
    assert_eq!(ask(&world, Factor::Phone), Code::PhoneNotFound);
    assert_eq!(ask(&world, Factor::Email), Code::EmailNotFound);
    world.claim(&guest, ANNA).unwrap();
    world.move_mail(&guest, ANNA_MAIL).unwrap();
    assert_eq!(ask(&world, Factor::Phone), Code::PhoneNotVerified);
    assert_eq!(ask(&world, Factor::Email), Code::EmailNotVerified);
    world.set(&json!({"sms": {"providers": []}, "email": {"providers": []}}));
    assert_eq!(ask(&world, Factor::Phone), Code::NoSmsProvider);
    assert_eq!(ask(&world, Factor::Email), Code::NoEmailProvider);
    // What nobody sends fails at its completion.
    for factor in [Factor::Totp, Factor::RecoveryCode] {
        let asked = world.challenge(&guest, factor).unwrap();
        assert_eq!(world.answer(&guest, &asked, "123456").unwrap_err(), Code::InvalidToken);
    }
});

on_both!(a_number_that_is_only_set_by_a_key_is_no_factor, |test| {
    let world = world(test);
    world.user(Row::by_key("keyed", ANNA));
    world.tamper("UPDATE users SET email = 'anna@example.com', email_proof = 'code'");
    let keyed = world.enter_by_mail(ANNA_MAIL, "flow1");
    assert_eq!(world.challenge(&keyed, Factor::Phone).unwrap_err(), Code::PhoneNotVerified);
});

on_both!(while_another_number_is_claimed_the_verified_one_is_challenged, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    world.tamper("UPDATE users SET phone_claim = '+491712345678'");
    let asked = world.challenge(&anna.session, Factor::Phone).unwrap();
    let ready = world.work();
    assert_eq!(ready[0].message.payload.to, ANNA);
    assert!(world.answer(&anna.session, &asked, ready[0].code()).is_ok());
});

on_both!(a_mock_code_answers_no_challenge_and_no_challenge_goes_to_a_country_that_is_not_served, |test| {
    let mut world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    world.ask(ANNA, "tester");
    world.work();
    let tester = world.finish("tester", "123456").unwrap().secret;
    let asked = world.challenge(&tester, Factor::Phone).unwrap();
    assert_ne!(world.code(), "123456");
    assert_eq!(world.answer(&tester, &asked, "123456").unwrap_err(), Code::InvalidToken);
    world.later(60);
    world.set(&json!({"sms": {"countries": ["AT"]}}));
    assert_eq!(world.challenge(&tester, Factor::Phone).unwrap_err(), Code::CountryNotAllowed);
    assert!(world.work().is_empty());
});

on_both!(wrong_answers_are_counted_in_a_row_for_every_factor, |test| {
    let all = world(test);
    for factor in ALL {
        let mut world = all.of_project(factor.name());
        let anna = anna(&mut world);
        let asked = world.challenge(&anna.session, factor).unwrap();
        let code = code_for(&world, &anna, factor);
        for _ in 0..3 {
            drop(world.answer(&anna.session, &asked, &another(factor, &code)));
        }
        let target = match factor {
            Factor::Email => ANNA_MAIL,
            Factor::Phone => ANNA,
            Factor::Totp | Factor::RecoveryCode => "user:anna",
        };
        assert_eq!(world.failures(target), 3, "{factor:?}");
        assert!(world.answer(&anna.session, &asked, &code).is_ok());
        assert_eq!(world.failures(target), 0, "{factor:?}");
    }
});

on_both!(a_success_by_another_way_ends_a_hundred_failures, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    world.tamper("UPDATE targets SET failures = 100");
    let asked = world.challenge(&anna.session, Factor::Phone).unwrap();
    let code = world.code();
    assert_eq!(code.len(), 8);
    world.answer(&anna.session, &asked, &code).unwrap();
    assert_eq!((world.failures(ANNA), world.failures(ANNA_MAIL)), (100, 0));
    world.show_app(&anna.session, &anna.seed);
    assert_eq!(world.failures(ANNA), 0);
});

on_both!(what_a_session_began_with_changes_nothing_when_it_is_shown_again, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    for (who, factor) in
        [(world.enter(ANNA, "flow1"), Factor::Phone), (world.enter_by_mail(ANNA_MAIL, "flow2"), Factor::Email)]
    {
        let asked = world.challenge(&who, factor).unwrap();
        let code = world.code();
        let session = world.answer(&who, &asked, &code).unwrap();
        assert_eq!((session.factors, session.mfa_at), (vec![factor.name().to_owned()], None));
        assert!(!world.is_let_in(&who));
    }
    // Shown after another one it does not make that any fresher.
    let who = world.enter(ANNA, "flow3");
    let shown_at = world.show_app(&who, &anna.seed).mfa_at;
    world.later(1_000);
    let asked = world.challenge(&who, Factor::Phone).unwrap();
    let code = world.code();
    assert_eq!(world.answer(&who, &asked, &code).unwrap().mfa_at, shown_at);
});

on_both!(a_project_may_refuse_to_ask_for_what_a_session_began_with, |test| {
    let mut world = world(test);
    world.set(&json!({"mfa": {"refuseFirstFactor": true}}));
    let anna = anna(&mut world);
    let who = world.enter(ANNA, "flow1");
    assert_eq!(world.challenge(&who, Factor::Phone).unwrap_err(), Code::UselessChallenge);
    assert!(world.challenge(&who, Factor::Email).is_ok());
    assert!(world.challenge(&anna.session, Factor::Phone).is_ok());
});

on_both!(within_the_cooldown_challenges_of_a_session_share_one_message_and_another_session_waits, |test| {
    let mut world = World::new(test);
    let anna = anna(&mut world);
    let other = world.enter_by_password(ANNA_MAIL);
    let first = world.challenge(&anna.session, Factor::Phone).unwrap();
    let second = world.challenge(&anna.session, Factor::Phone).unwrap();
    assert_ne!(first.id, second.id);
    let retry_at = world.ctx.now.plus_seconds(30);
    assert_eq!(world.challenge(&other, Factor::Phone).unwrap_err(), Code::TooManyAttempts { retry_at });
    let code = world.code();
    for _ in 0..5 {
        assert_eq!(world.answer(&anna.session, &first, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    assert!(world.answer(&anna.session, &second, &code).is_ok());
});

on_both!(codes_of_a_persons_challenges_grow_no_sooner_than_those_of_sign_ins, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    let lengths: Vec<_> = (0..4)
        .map(|n| {
            let world = world.from(&format!("203.0.{n}.1"));
            world.challenge(&anna.session, Factor::Phone).unwrap();
            world.code().len()
        })
        .collect();
    assert_eq!(lengths, [6, 6, 6, 8]);
    assert!(world.reserved_by("anna") <= guess::DAILY);
});

on_both!(messages_that_were_answered_in_a_challenge_do_not_close_a_prefix, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    for _ in 0..55 {
        let asked = world.challenge(&anna.session, Factor::Phone).unwrap();
        let code = world.code();
        world.answer(&anna.session, &asked, &code).unwrap();
    }
    world.ask_and_get("+491701239999", "stranger");
});

on_both!(a_blocked_account_gets_and_answers_no_challenge, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    let asked = world.challenge(&anna.session, Factor::Totp).unwrap();
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    let code = app_code(&anna.seed, world.ctx.now);
    assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.challenge(&anna.session, Factor::Totp).unwrap_err(), Code::UserBlocked);
    // The refused try used neither the code nor the challenge.
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", false));
    assert!(world.answer(&anna.session, &asked, &code).is_ok());
});

on_both!(a_challenge_of_a_deleted_or_blocked_account_is_not_sent, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    world.challenge(&anna.session, Factor::Phone).unwrap();
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    assert!(world.work().is_empty());
    let expected = ("refused".to_owned(), "its account is gone or blocked".to_owned());
    assert_eq!(world.fate(), expected);
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", false));
    world.later(1);
    world.challenge(&anna.session, Factor::Email).unwrap();
    world.tamper("DELETE FROM users WHERE id = 'anna'");
    let ready = world.work();
    assert_eq!(ready.iter().filter(|one| one.message.purpose == "mfa").count(), 0);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM messages WHERE reason = 'its account is gone or blocked'"), 2);
});

on_both!(a_proof_by_challenge_verifies_nothing_of_the_account, |test| {
    let world = World::new(test);
    world.user(Row { proof: "vouched", ..Row::by_key("keyed", ANNA) });
    world.tamper("UPDATE users SET email = 'anna@example.com', email_proof = 'vouched'");
    let keyed = world.enter_by_mail(ANNA_MAIL, "flow1");
    let asked = world.challenge(&keyed, Factor::Phone).unwrap();
    let code = world.code();
    world.answer(&keyed, &asked, &code).unwrap();
    assert_eq!(world.me(&keyed).phone_proof, Proof::Vouched);
});
