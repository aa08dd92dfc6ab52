//! Challenges that an app or a paper answers: codes that nobody sends.

use serde_json::json;

use super::challenge::{Anna, anna, world};
use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, World, app_code, wrong};
use crate::base::Code;
use crate::limit::guess;
use crate::on_both;
use crate::signin::Factor;

on_both!(a_code_of_an_app_is_right_once, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    let other = world.enter_by_password(ANNA_MAIL);
    let code = app_code(&anna.seed, world.ctx.now);
    let earlier = app_code(&anna.seed, world.ctx.now.plus_seconds(-30));
    let asked = world.challenge(&anna.session, Factor::Totp).unwrap();
    world.answer(&anna.session, &asked, &code).unwrap();
    for code in [code, earlier] {
        let asked = world.challenge(&other, Factor::Totp).unwrap();
        assert_eq!(world.answer(&other, &asked, &code).unwrap_err(), Code::InvalidToken);
    }
    world.later(30);
    let asked = world.challenge(&other, Factor::Totp).unwrap();
    assert!(world.answer(&other, &asked, &app_code(&anna.seed, world.ctx.now)).is_ok());
});

on_both!(of_racers_with_one_code_of_an_app_through_one_challenge_exactly_one_succeeds, |test| {
    let mut world = crowded(test, &json!({}));
    let anna = anna(&mut world);
    let asked = world.challenge(&anna.session, Factor::Totp).unwrap();
    let code = app_code(&anna.seed, world.ctx.now);
    let answers = together((0..64).map(|_| world.answering(&anna.session, &asked, &code)).collect());
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count(), 1);
    assert!(answers.iter().all(Result::is_ok));
});

on_both!(of_two_sessions_with_one_code_of_an_app_exactly_one_succeeds, |test| {
    let mut world = crowded(test, &json!({}));
    let anna = anna(&mut world);
    let sessions = [anna.session.clone(), world.enter_by_password(ANNA_MAIL)];
    let asked = [Factor::Totp; 2].iter().zip(&sessions).map(|(f, who)| world.challenge(who, *f).unwrap());
    let asked: Vec<_> = asked.collect();
    let code = app_code(&anna.seed, world.ctx.now);
    let tasks = (0..10).map(|n| world.answering(&sessions[n % 2], &asked[n % 2], &code));
    let answers = together(tasks.collect());
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count(), 1);
});

on_both!(of_sixty_four_sessions_with_one_recovery_code_exactly_one_succeeds, |test| {
    let mut world = crowded(test, &json!({"auth": {"sessionsLimit": 100}}));
    let anna = anna(&mut world);
    let sessions: Vec<_> = (0..64).map(|_| world.enter_by_password(ANNA_MAIL)).collect();
    let tasks = sessions.iter().map(|who| {
        let asked = world.challenge(who, Factor::RecoveryCode).unwrap();
        world.answering(who, &asked, &anna.codes[0])
    });
    let answers = together(tasks.collect());
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count(), 1);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM recovery_codes"), 5);
    assert_eq!(sessions.iter().filter(|who| world.is_let_in(who)).count(), 1);
});

on_both!(a_recovery_code_may_be_written_in_capitals_and_with_spaces, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    let asked = world.challenge(&anna.session, Factor::RecoveryCode).unwrap();
    let written = format!(" {} {}", anna.codes[3][..5].to_uppercase(), &anna.codes[3][5..]);
    assert!(world.answer(&anna.session, &asked, &written).is_ok());
});

/// Guesses wrong until no challenge is given any more: how many were given, and what was answered then.
fn spend(world: &World, anna: &Anna) -> (i64, Code) {
    let mut asked = 0;
    loop {
        match world.challenge(&anna.session, Factor::Totp) {
            Ok(challenge) => {
                for _ in 0..5 {
                    let wrong = wrong(&app_code(&anna.seed, world.ctx.now));
                    assert_eq!(world.answer(&anna.session, &challenge, &wrong).unwrap_err(), Code::InvalidToken);
                }
                asked += 1;
            }
            Err(code) => return (asked, code),
        }
    }
}

on_both!(after_the_days_budget_an_app_is_not_asked_until_the_next_day, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    let refused = Code::TooManyAttempts { retry_at: world.ctx.now.plus_seconds(900) };
    // Six guesses at three codes of a million each, from a network that never showed the app: two thirds of 3·10⁻⁵.
    assert_eq!((spend(&world, &anna), world.reserved_by("anna")), ((2, refused), 6 * 30_000));
    // Another way in is open, and a code on paper costs nothing.
    let way_out = world.challenge(&anna.session, Factor::RecoveryCode).unwrap();
    assert!(world.answer(&anna.session, &way_out, &anna.codes[0]).is_ok());
    world.later(86_400);
    world.show_app(&anna.session, &anna.seed);
    // The network that showed it has all of it: ten guesses.
    assert_eq!((spend(&world, &anna).0, world.reserved_by("anna")), (2, guess::DAILY));
});

on_both!(unused_tries_come_back_when_a_new_challenge_replaces_the_old, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    for n in 0..20 {
        let asked = world.challenge(&anna.session, Factor::Totp).unwrap();
        if n == 3 {
            let wrong = wrong(&app_code(&anna.seed, world.ctx.now));
            assert_eq!(world.answer(&anna.session, &asked, &wrong).unwrap_err(), Code::InvalidToken);
        }
    }
    assert_eq!(world.reserved_by("anna"), 6 * 30_000);
    let old = world.challenge(&anna.session, Factor::Totp).unwrap();
    let new = world.challenge(&anna.session, Factor::Totp).unwrap();
    let code = app_code(&anna.seed, world.ctx.now);
    assert_eq!(world.answer(&anna.session, &old, &code).unwrap_err(), Code::InvalidToken);
    assert!(world.answer(&anna.session, &new, &code).is_ok());
    // The success gives its own back, not the wrong try of before.
    assert_eq!(world.reserved_by("anna"), 30_000);
});

on_both!(a_challenge_on_paper_and_one_of_the_app_do_not_end_each_other, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    let app = world.challenge(&anna.session, Factor::Totp).unwrap();
    let paper = world.challenge(&anna.session, Factor::RecoveryCode).unwrap();
    assert!(world.answer(&anna.session, &paper, &anna.codes[0]).is_ok());
    assert!(world.answer(&anna.session, &app, &app_code(&anna.seed, world.ctx.now)).is_ok());
});

on_both!(a_stranger_who_asks_for_codes_and_guesses_does_not_lock_the_app_out, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    for n in 0..12 {
        let stranger = world.from(&format!("203.0.{n}.1"));
        let started = stranger.ask_anew(ANNA);
        let code = world.code();
        stranger.guess_wrong(&started.handle, &code, 5);
    }
    let asked = world.challenge(&anna.session, Factor::Totp).unwrap();
    assert!(world.reserved_by("anna") <= guess::DAILY);
    assert!(world.answer(&anna.session, &asked, &app_code(&anna.seed, world.ctx.now)).is_ok());
});

on_both!(whatever_is_left_of_the_day_is_what_a_challenge_of_an_app_allows, |test| {
    let mut world = world(test);
    let anna = anna(&mut world);
    for n in 0..4 {
        let stranger = world.from(&format!("203.0.{n}.1"));
        let started = stranger.ask_anew(ANNA);
        let code = world.code();
        stranger.guess_wrong(&started.handle, &code, 5);
    }
    let asked = world.challenge(&anna.session, Factor::Totp).unwrap();
    let code = app_code(&anna.seed, world.ctx.now);
    // 300,000 less 3 · 50,000 and 5 · 100 leaves four tries of 30,000.
    for _ in 0..4 {
        assert_eq!(world.answer(&anna.session, &asked, &wrong(&code)).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.answer(&anna.session, &asked, &code).unwrap_err(), Code::InvalidToken);
    assert!(world.reserved_by("anna") <= guess::DAILY);
    assert!(matches!(world.challenge(&anna.session, Factor::Totp), Err(Code::TooManyAttempts { .. })));
});
