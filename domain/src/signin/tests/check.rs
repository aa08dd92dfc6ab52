//! From a guess to its answer.

use std::sync::Arc;

use super::world::{ANNA, BERND, Row, World, wrong};
use crate::args;
use crate::base::crypto::Keys;
use crate::base::{Code, Secret};
use crate::db::testing::wait;
use crate::limit::{self, guess};
use crate::on_both;
use crate::user;
use crate::verification::{self, Checked, Purpose};

const ATTEMPTS: &str = "SELECT CAST(SUM(attempts) AS BIGINT) FROM handles";
const UNUSED: &str = "SELECT COUNT(*) FROM verifications WHERE consumed_at IS NULL";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";

fn wrong_in_the_hour(world: &World) -> i64 {
    world.write(|tx, ctx| limit::spent(tx, ctx, guess::WRONG, "", guess::WRONG_WINDOW)).used
}

on_both!(the_right_code_signs_in, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let signed_in = world.finish("anna", &code).unwrap();
    let (session, user) = world.session(&signed_in.secret).unwrap();
    assert_eq!((session, user), (signed_in.session, signed_in.user.clone()));
    assert_eq!((signed_in.user.id.as_str(), signed_in.user.is_phone_verified()), ("anna", true));
});

on_both!(a_session_is_found_by_its_whole_secret_in_its_project_and_until_it_expires, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let secret = world.finish("anna", &code).unwrap().secret;
    let text = secret.expose();
    for other in [wrong(text), text[..255].to_owned(), format!("{text}0"), text.to_uppercase(), "é".repeat(20)] {
        assert_eq!(world.session(&Secret::new(other)), None);
    }
    assert_eq!(world.session(&Secret::new("")), None);
    assert_eq!(world.of_project("p2").session(&secret), None);
    assert!(world.session(&secret).is_some());
    world.later(31_536_000);
    assert_eq!(world.session(&secret), None);
});

on_both!(after_five_wrong_guesses_the_right_code_fails, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.guess_wrong("anna", &code, 5);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!((world.value::<i64>(ATTEMPTS), world.value::<i64>(SESSIONS)), (5, 0));
});

on_both!(after_four_wrong_guesses_the_right_code_works, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.guess_wrong("anna", &code, 4);
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(a_project_may_allow_fewer_tries, |test| {
    let world = World::with(test, &serde_json::json!({"otp": {"maxAttempts": 2}}));
    let code = world.ask_and_get(ANNA, "anna");
    world.guess_wrong("anna", &code, 2);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(the_attempt_is_counted_before_the_comparison, |test| {
    let world = World::new(test);
    let code = Secret::new(world.ask_and_get(ANNA, "anna"));
    let hash = world.kind.hash(&world.ctx, "anna");
    // A right guess whose caller does nothing with it, as after a crash of the code behind it, is counted all the same.
    let checked = world.write(move |tx, ctx| verification::check(tx, ctx, &hash, Purpose::SignIn, &code));
    assert!(matches!(checked, Checked::Right { .. }));
    assert_eq!(world.value::<i64>(ATTEMPTS), 1);
});

on_both!(a_stranger_with_a_handle_of_his_own_neither_kills_nor_replaces_the_owners_code, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let stranger = world.from("198.51.100.9");
    let his = stranger.ask_anew(ANNA);
    stranger.guess_wrong(&his.handle, &code, 6);
    assert_eq!(stranger.finish(&his.handle, &code).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(wrong_guesses_under_an_unknown_handle_count_nothing, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.from("198.51.100.9").guess_wrong("nobody", &code, 20);
    assert_eq!((world.value::<i64>(ATTEMPTS), world.failures(ANNA), wrong_in_the_hour(&world)), (0, 0, 0));
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(an_error_after_the_comparison_keeps_the_attempt_and_does_not_use_the_code_up, |test| {
    let world = World::new(test);
    world.user(Row::by_key("anna", ANNA));
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    let code = world.ask_and_get(ANNA, "flow1");
    assert_eq!(world.finish("flow1", &code).unwrap_err(), Code::UserBlocked);
    assert_eq!((world.value::<i64>(ATTEMPTS), world.value::<i64>(UNUSED), world.value::<i64>(SESSIONS)), (1, 1, 0));
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", false));
    assert!(world.finish("flow1", &code).is_ok());
});

on_both!(a_failure_of_the_database_after_the_comparison_does_not_give_the_attempt_back, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    for (count, (breaks, mends)) in [
        ("ALTER TABLE sessions RENAME TO lost", "ALTER TABLE lost RENAME TO sessions"),
        ("ALTER TABLE audit_events RENAME TO lost", "ALTER TABLE lost RENAME TO audit_events"),
    ]
    .into_iter()
    .enumerate()
    {
        world.tamper(breaks);
        let answer = wait(world.finishing("anna", &code));
        assert!(answer.is_err() || answer.is_ok_and(|inner| inner.is_err()));
        world.tamper(mends);
        assert_eq!((world.value::<i64>(ATTEMPTS), world.value::<i64>(UNUSED)), (count as i64 + 1, 1), "{breaks}");
    }
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(a_right_code_that_was_just_used_is_no_wrong_guess, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.finish("anna", &code).unwrap();
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!((world.failures(ANNA), wrong_in_the_hour(&world)), (0, 0));
    assert_eq!(world.value::<i64>(SESSIONS), 1);
});

on_both!(a_wrong_guess_is_counted_at_the_number_and_in_the_projects_hour, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.guess_wrong("anna", &code, 2);
    assert_eq!((world.failures(ANNA), wrong_in_the_hour(&world)), (2, 2));
    world.finish("anna", &code).unwrap();
    assert_eq!((world.failures(ANNA), wrong_in_the_hour(&world)), (0, 2));
    world.later(3_600);
    assert_eq!(wrong_in_the_hour(&world), 0);
});

on_both!(before_the_worker_made_the_code_no_guess_is_right_and_each_is_counted, |test| {
    let world = World::new(test);
    world.ask(ANNA, "anna");
    for guess in ["", "000000", "123456"] {
        assert_eq!(world.finish("anna", guess).unwrap_err(), Code::InvalidToken);
    }
    let code = world.code();
    world.guess_wrong("anna", &code, 2);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_code_in_another_spelling_is_at_most_one_wrong_guess, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let wide: String = code.bytes().map(|b| char::from_u32(0xff10 + u32::from(b - b'0')).unwrap()).collect();
    for guess in [wide, format!(" {code}"), format!("{code}\n"), "9".repeat(100_000)] {
        assert_eq!(world.finish("anna", &guess).unwrap_err(), Code::InvalidToken);
    }
    // The last one is as long as the secret of a link, so it is no guess at the code.
    assert_eq!(world.value::<i64>(ATTEMPTS), 3);
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(a_code_opens_no_other_verification, |test| {
    let world = World::new(test);
    world.ask(ANNA, "anna");
    world.ask(BERND, "bernd");
    let ready = world.work();
    let code_for = |phone| ready.iter().find(|r| r.message.payload.to == phone).unwrap().code();
    assert_ne!(code_for(ANNA), code_for(BERND), "the seeded codes differ");
    assert_eq!(world.finish("bernd", code_for(ANNA)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish("anna", code_for(BERND)).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("anna", code_for(ANNA)).is_ok());
});

on_both!(a_code_of_one_project_is_none_in_another, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let other = world.of_project("p2");
    assert_eq!(other.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    // Nor through a handle of the other project, and its flow of the same name is one of its own.
    let others = other.ask_and_get(ANNA, "anna");
    assert_ne!(code, others);
    assert_eq!(other.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("anna", &code).is_ok() && other.finish("anna", &others).is_ok());
});

on_both!(a_code_for_signing_in_proves_nothing_else, |test| {
    let world = World::new(test);
    let code = Secret::new(world.ask_and_get(ANNA, "anna"));
    let hash = world.kind.hash(&world.ctx, "anna");
    let checked = world.write(move |tx, ctx| verification::check(tx, ctx, &hash, Purpose::VerifyPhone, &code));
    assert!(matches!(checked, Checked::Wrong { .. }));
});

on_both!(with_another_key_file_no_code_works, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let mut thief = world.clone();
    thief.ctx.keys = Arc::new(Keys::from_master(&[8; 32]).unwrap());
    assert_eq!(thief.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(a_code_ends_with_its_lifetime, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.later(899);
    world.guess_wrong("anna", &code, 1);
    world.later(1);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    // An expired handle counts nothing.
    assert_eq!((world.value::<i64>(ATTEMPTS), world.failures(ANNA)), (1, 1));
});

on_both!(a_clock_that_steps_back_revives_no_expired_code, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.later(1_000);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    world.later(-500);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_clock_that_steps_back_revives_no_used_code, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.later(10);
    world.finish("anna", &code).unwrap();
    world.later(-1_000);
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_code_keeps_its_leading_zeros, |test| {
    let mut world = World::with(test, &serde_json::json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1000}}));
    let code = loop {
        world.later(1_000);
        let code = world.ask_and_get(ANNA, "flow1");
        assert_eq!(code.len(), 6);
        if code.starts_with('0') {
            break code;
        }
    };
    assert_eq!(world.finish("flow1", code.trim_start_matches('0')).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("flow1", &code).is_ok());
});

on_both!(a_wrong_guess_says_nothing_but_that, |test| {
    let world = World::new(test);
    world.user(Row::by_key("anna", ANNA));
    world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
    let code = world.ask_and_get(ANNA, "flow1");
    assert_eq!(world.finish("flow1", &wrong(&code)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish("nobody", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_handle_stored_twice_live_is_refused_by_the_database, |test| {
    const COPY: &str = "INSERT INTO handles (id, project_id, hash, target, weight, attempts, max_attempts, state,
  created_at, expires_at) SELECT $1, project_id, hash, target, 0, 0, 5, 'live', created_at, expires_at FROM handles";
    let world = World::new(test);
    world.ask(ANNA, "anna");
    assert!(world.try_write(|tx, _| tx.exec(COPY, args!["copy"])).is_err());
});
