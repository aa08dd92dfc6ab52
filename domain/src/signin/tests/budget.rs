//! The guess budget: 3·10⁻⁵ per number and person and day, in units of 10⁻¹⁰.

use serde_json::json;

use super::world::{ANNA, BERND, World, wrong};
use crate::base::Code;
use crate::base::random::{Random, SeededRandom};
use crate::db::testing::TestDb;
use crate::limit::{self, guess};
use crate::on_both;
use crate::verification::Dialect;

/// What one handle of a six-digit code reserves.
const SIX: i64 = 50_000;

/// No cool-downs and no cap on messages, so that only guesses are counted.
fn world(test: &TestDb) -> World {
    World::with(test, &json!({"otp": {"resendSeconds": [0], "perPhonePerDay": 1000}}))
}

/// Opens codes from `count` networks that the number's owner never used; gives their lengths.
fn strangers(world: &World, phone: &str, count: u8) -> Vec<usize> {
    (0..count)
        .map(|n| {
            world.from(&format!("203.0.{n}.1")).ask_anew(phone);
            world.code().len()
        })
        .collect()
}

/// Moves the number of an account, as an API key does.
fn move_number(world: &World) {
    world.tamper("UPDATE users SET phone = '+491712345678' WHERE phone = '+491701234567'");
}

on_both!(strangers_get_three_codes_of_six_digits_then_eight_then_ten, |test| {
    let world = world(test);
    // A number that signed in before is written to however many messages its prefix got.
    world.sign_in(ANNA, "anna");
    let lengths = strangers(&world, ANNA, 106);
    assert_eq!(lengths[..5], [6, 6, 6, 8, 8]);
    // 150,000 + 100 · 500 units are the strangers' share.
    assert_eq!(lengths[102..], [8, 10, 10, 10]);
    assert_eq!(world.reserved(ANNA), 200_000);
});

on_both!(all_dialects_draw_on_one_budget, |test| {
    let world = world(test);
    for dialect in [Dialect::Nuvix, Dialect::Nevr, Dialect::Page] {
        world.by(dialect).ask_anew(ANNA);
        assert_eq!(world.code().len(), 6);
    }
    world.by(Dialect::Frontegg).ask_anew(ANNA);
    assert_eq!(world.code().len(), 8);
});

on_both!(the_next_day_has_a_budget_of_its_own, |test| {
    let mut world = world(test);
    let started = world.ask_anew(ANNA);
    let code = world.code();
    world.guess_wrong(&started.handle, &code, 5);
    assert_eq!(strangers(&world, ANNA, 3), [6, 6, 8]);
    world.later(86_400);
    assert_eq!(world.reserved(ANNA), 0);
    assert_eq!(strangers(&world, ANNA, 3), [6, 6, 6]);
});

on_both!(a_success_gives_its_part_back, |test| {
    let world = world(test);
    for _ in 0..8 {
        let started = world.ask_anew(ANNA);
        let code = world.code();
        assert_eq!(code.len(), 6);
        world.guess_wrong(&started.handle, &code, 4);
        world.finish(&started.handle, &code).unwrap();
        assert_eq!(world.reserved(ANNA), 0);
    }
});

on_both!(at_expiry_what_was_not_guessed_comes_back, |test| {
    let mut world = world(test);
    let started = world.ask_anew(ANNA);
    let code = world.code();
    world.guess_wrong(&started.handle, &code, 2);
    assert_eq!(strangers(&world, ANNA, 3), [6, 6, 8]);
    assert_eq!(world.reserved(ANNA), 3 * SIX + 500);
    world.later(900);
    assert_eq!(world.reserved(ANNA), 2 * 10_000);
    assert_eq!(strangers(&world, ANNA, 4), [6, 6, 6, 8]);
});

on_both!(a_third_is_kept_for_networks_that_signed_the_person_in_before, |test| {
    let world = world(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.from("192.0.2.200").finish("anna", &code).unwrap();
    assert_eq!(strangers(&world, ANNA, 4), [6, 6, 6, 8]);
    // 192.0.2.1 is of the same /24.
    let own: Vec<_> = (0..3)
        .map(|_| {
            world.ask_anew(ANNA);
            world.code().len()
        })
        .collect();
    assert_eq!(own, [6, 6, 8]);
    assert!(world.reserved(ANNA) <= guess::DAILY);
});

on_both!(a_network_that_signed_somebody_else_in_is_no_familiar_one, |test| {
    let world = world(test);
    world.sign_in(BERND, "bernd");
    assert_eq!(strangers(&world, ANNA, 3), [6, 6, 6]);
    world.ask_anew(ANNA);
    assert_eq!(world.code().len(), 8);
});

on_both!(a_live_handle_keeps_its_five_tries_whatever_others_open, |test| {
    let world = world(test);
    world.sign_in(ANNA, "anna");
    let code = world.ask_and_get(ANNA, "mine");
    assert_eq!(strangers(&world, ANNA, 110).last(), Some(&10));
    world.guess_wrong("mine", &code, 4);
    assert!(world.finish("mine", &code).is_ok());
});

on_both!(inside_the_cooldown_a_handle_that_no_longer_fits_stays_empty_until_its_next_resend, |test| {
    let mut world = World::new(test);
    let answers = ["h1", "h2", "h3", "h4"].map(|id| world.ask(ANNA, id));
    assert!(answers.windows(2).all(|two| two[0].expires_at == two[1].expires_at));
    assert_eq!(world.reserved(ANNA), 3 * SIX);
    let code = world.code();
    assert_eq!(world.finish("h4", &code).unwrap_err(), Code::InvalidToken);
    world.later(30);
    let longer = world.ask_and_get(ANNA, "h4");
    assert_eq!(longer.len(), 8);
    assert!(world.finish("h4", &longer).is_ok());
});

on_both!(four_digits_never_fit_and_grow, |test| {
    let world = World::with(test, &json!({"otp": {"length": 4}}));
    assert_eq!(world.ask_and_get(ANNA, "anna").len(), 8);
});

on_both!(two_numbers_of_one_person_draw_on_one_budget, |test| {
    let world = world(test);
    world.sign_in(ANNA, "anna");
    assert_eq!(strangers(&world, ANNA, 3), [6, 6, 6]);
    assert_eq!(world.reserved_by("anna"), 3 * SIX);
    move_number(&world);
    // The new number's own budget is untouched; the person's is spent.
    assert_eq!(world.reserved(BERND), 0);
    assert_eq!(strangers(&world, BERND, 2), [8, 8]);
});

on_both!(the_person_is_charged_for_every_handle_that_waits_for_the_code, |test| {
    let mut world = world(test);
    world.sign_in(ANNA, "anna");
    assert_eq!(strangers(&world, ANNA, 2), [6, 6]);
    move_number(&world);
    world.set(&json!({"otp": {"resendSeconds": [30]}}));
    for n in 0..3 {
        world.from(&format!("203.0.113.{n}")).ask_anew(BERND);
    }
    // One handle would fit beside the 100,000 of the old number; three do not.
    assert_eq!(world.code().len(), 8);
    assert!(world.reserved_by("anna") <= guess::DAILY);
});

on_both!(nobody_is_charged_for_a_number_without_an_account_but_the_number, |test| {
    let world = world(test);
    assert_eq!(strangers(&world, ANNA, 3), [6, 6, 6]);
    assert_eq!(world.reserved(ANNA), 3 * SIX);
});

on_both!(after_a_hundred_failures_in_a_row_codes_are_longer_until_somebody_signs_in_another_way, |test| {
    let mut world = world(test);
    for round in 0..20 {
        world.later(86_400);
        let started = world.ask_anew(ANNA);
        let code = world.code();
        assert_eq!(code.len(), 6, "{round}");
        world.guess_wrong(&started.handle, &code, 5);
    }
    assert_eq!(world.failures(ANNA), 100);
    world.later(86_400);
    let code = world.ask_and_get(ANNA, "anna");
    assert_eq!(code.len(), 8);
    // The code itself is not another way.
    world.finish("anna", &code).unwrap();
    assert_eq!(world.failures(ANNA), 100);
    assert_eq!(world.ask_and_get(ANNA, "flow2").len(), 8);
});

on_both!(below_a_hundred_a_success_ends_the_row_of_failures, |test| {
    let world = world(test);
    let code = world.ask_and_get(ANNA, "anna");
    world.tamper("UPDATE targets SET failures = 95");
    world.guess_wrong("anna", &code, 4);
    assert_eq!(world.failures(ANNA), 99);
    world.finish("anna", &code).unwrap();
    assert_eq!(world.failures(ANNA), 0);
});

on_both!(one_guess_sprayed_over_many_numbers_makes_the_projects_codes_longer_for_the_hour, |test| {
    let mut world = world(test);
    world.write(|tx, ctx| limit::add(tx, ctx, guess::WRONG, "", guess::WRONG_WINDOW, guess::SPRAY - 1, 0));
    let code = world.ask_and_get(ANNA, "anna");
    assert_eq!(code.len(), 6);
    world.guess_wrong("anna", &code, 1);
    assert_eq!(world.ask_and_get(BERND, "bernd").len(), 8);
    // Another project is not under attack, and a code that is out keeps working.
    assert_eq!(world.of_project("p2").ask_and_get(BERND, "bernd").len(), 6);
    assert!(world.finish("anna", &code).is_ok());
    world.later(3_600);
    assert_eq!(world.ask_and_get(BERND, "bernd").len(), 6);
});

on_both!(whatever_is_asked_and_guessed_the_reserved_sum_never_exceeds_the_budget, |test| {
    let random = SeededRandom::new(11);
    let dice = |sides: u8| {
        let mut byte = [0];
        random.fill(&mut byte);
        byte[0] % sides
    };
    let mut world = World::with(test, &json!({"otp": {"resendSeconds": [0, 30], "perPhonePerDay": 1000}}));
    world.sign_in(ANNA, "anna");
    let mut open: Vec<(World, String)> = Vec::new();
    for _ in 0..250 {
        match dice(8) {
            0..4 => {
                let dialect = [Dialect::Nuvix, Dialect::Nevr, Dialect::Page][usize::from(dice(3))];
                // One network in four is the owner's.
                let caller = world.from(&format!("192.0.{}.1", 2 + dice(4))).by(dialect);
                let again = open.iter().rfind(|(w, _)| w.dialect == dialect).filter(|_| dice(3) == 0);
                let started = match again {
                    Some((_, handle)) => caller.ask(ANNA, &handle.clone()),
                    None => caller.ask_anew(ANNA),
                };
                open.push((caller, started.handle));
            }
            4 => world.later(i64::from(dice(60))),
            5 => world.later(900 * i64::from(dice(3))),
            6 => {
                for ready in world.work() {
                    assert!(world.reserved_by("anna") <= guess::DAILY);
                    if dice(4) == 0
                        && let Some((caller, handle)) = open.last()
                    {
                        drop(World { ctx: world.ctx.clone(), ..caller.clone() }.finish(handle, ready.code()));
                    }
                }
            }
            _ => {
                for (caller, handle) in open.iter().rev().take(3) {
                    drop(World { ctx: world.ctx.clone(), ..caller.clone() }.finish(handle, &wrong("000000")));
                }
            }
        }
        assert!(world.reserved(ANNA) <= guess::DAILY);
        assert!(world.reserved_by("anna") <= guess::DAILY);
    }
});
