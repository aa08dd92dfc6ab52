//! Asking again, and asking together.

use serde_json::json;

use super::world::{ANNA, BERND, World};
use crate::base::Code;
use crate::on_both;
use crate::signin::Start;
use crate::verification::Dialect;

const ATTEMPTS: &str = "SELECT CAST(SUM(attempts) AS BIGINT) FROM handles";
const EMPTY: &str = "SELECT COUNT(*) FROM handles WHERE verification_id IS NULL";

on_both!(a_double_click_is_one_message_and_the_first_use_ends_both_handles, |test| {
    let world = World::new(test);
    world.ask(ANNA, "first");
    world.ask(ANNA, "second");
    let code = world.code();
    assert!(world.finish("second", &code).is_ok());
    assert_eq!(world.finish("first", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.outbox().len(), 1);
});

on_both!(inside_the_cooldown_a_handle_is_added_to_a_code_that_is_already_sent, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "first");
    world.later(29);
    world.ask(ANNA, "second");
    assert!(world.work().is_empty());
    assert!(world.finish("second", &code).is_ok());
});

on_both!(asking_again_inside_the_cooldown_gives_the_same_answer, |test| {
    let mut world = World::new(test);
    let first = world.ask(ANNA, "anna");
    world.later(29);
    assert_eq!(world.ask(ANNA, "anna"), first);
});

on_both!(who_joins_a_code_inherits_its_expiry, |test| {
    let mut world = World::new(test);
    let first = world.ask(ANNA, "first");
    world.later(20);
    let second = world.ask(ANNA, "second");
    assert_eq!(second.expires_at, first.expires_at);
    assert_ne!(second.created_at, first.created_at);
    let code = world.code();
    world.later(880);
    assert_eq!(world.finish("second", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_seventh_handle_is_answered_as_usual_and_stays_empty_until_its_next_resend, |test| {
    // Ten digits reserve nothing, so that only the number of handles counts.
    let mut world = World::with(test, &json!({"otp": {"length": 10}}));
    let answers = ["h1", "h2", "h3", "h4", "h5", "h6", "h7"].map(|id| world.ask(ANNA, id));
    assert_eq!(answers.map(|a| a.expires_at), [answers_expiry(&world); 7]);
    assert_eq!(world.value::<i64>(EMPTY), 1);
    let code = world.code();
    assert_eq!(world.finish("h7", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!((world.value::<i64>(ATTEMPTS), world.failures(ANNA)), (0, 0));
    world.later(30);
    let fresh = world.ask_and_get(ANNA, "h7");
    assert!(world.finish("h7", &fresh).is_ok());
});

fn answers_expiry(world: &World) -> i64 {
    world.ctx.now.plus_seconds(900).micros()
}

on_both!(a_second_dialect_inside_the_cooldown_gets_an_empty_handle_and_no_message, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let nevr = world.by(Dialect::Nevr);
    let started = nevr.ask_anew(ANNA);
    assert!(world.work().is_empty());
    assert_eq!(nevr.finish(&started.handle, &code).unwrap_err(), Code::InvalidToken);
    assert!(world.value::<i64>(ATTEMPTS) == 0 && world.value::<i64>(EMPTY) == 1);
    world.later(30);
    let nevr = world.by(Dialect::Nevr);
    let again = nevr.ask(ANNA, &started.handle);
    assert_eq!(again.handle, started.handle);
    let fresh = world.code();
    assert!(nevr.finish(&again.handle, &fresh).is_ok());
});

on_both!(a_request_for_another_length_does_not_share, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "six");
    let mut longer = world.clone();
    longer.set(&json!({"otp": {"length": 8}}));
    longer.ask(ANNA, "eight");
    assert!(world.work().is_empty());
    assert_eq!(longer.finish("eight", &code).unwrap_err(), Code::InvalidToken);
});

on_both!(a_request_of_another_project_does_not_share, |test| {
    let world = World::new(test);
    world.ask(ANNA, "anna");
    world.of_project("p2").ask(ANNA, "anna");
    let ready = world.work();
    assert_eq!(ready.len(), 2);
    assert_ne!(ready[0].code(), ready[1].code());
});

on_both!(cooldowns_are_thirty_sixty_and_a_hundred_and_twenty_seconds, |test| {
    let mut world = World::new(test);
    world.ask_and_get(ANNA, "anna");
    for wait in [30, 60, 120, 120] {
        world.later(wait - 1);
        world.ask(ANNA, "anna");
        assert!(world.work().is_empty(), "{wait}");
        world.later(1);
        world.ask_and_get(ANNA, "anna");
    }
});

on_both!(a_success_clears_the_cooldowns, |test| {
    let mut world = World::new(test);
    world.ask_and_get(ANNA, "anna");
    world.later(30);
    let code = world.ask_and_get(ANNA, "anna");
    world.finish("anna", &code).unwrap();
    world.ask_and_get(ANNA, "flow2");
    // And they begin with the shortest again.
    world.later(30);
    world.ask_and_get(ANNA, "flow2");
});

on_both!(a_cooldown_of_one_number_holds_no_other_up, |test| {
    let world = World::new(test);
    world.ask_and_get(ANNA, "anna");
    world.ask_and_get(BERND, "bernd");
});

on_both!(a_project_may_do_without_cooldowns, |test| {
    let world = World::with(test, &json!({"otp": {"resendSeconds": [0]}}));
    let first = world.ask_and_get(ANNA, "anna");
    let second = world.ask_and_get(ANNA, "anna");
    assert_eq!(world.finish("anna", &first).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("anna", &second).is_ok());
});

on_both!(a_resend_moves_its_own_handle_and_leaves_the_others, |test| {
    let mut world = World::new(test);
    world.ask(ANNA, "mine");
    world.ask(ANNA, "yours");
    let old = world.code();
    world.later(30);
    let new = world.ask_and_get(ANNA, "mine");
    assert_eq!(world.finish("mine", &old).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.finish("yours", &new).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("yours", &old).is_ok());
    assert!(world.finish("mine", &new).is_ok());
});

on_both!(a_stranger_who_asks_after_the_cooldown_does_not_touch_the_owners_code, |test| {
    let mut world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    for wait in [30, 60, 120] {
        world.later(wait);
        world.from("198.51.100.9").ask_anew(ANNA);
        world.code();
    }
    assert!(world.finish("anna", &code).is_ok());
});

on_both!(a_moved_handle_has_five_tries_again_and_its_old_ones_stay_counted, |test| {
    let mut world = World::new(test);
    let old = world.ask_and_get(ANNA, "anna");
    world.guess_wrong("anna", &old, 5);
    assert_eq!(world.reserved(ANNA), 50_000);
    world.later(30);
    let new = world.ask_and_get(ANNA, "anna");
    assert_eq!(world.reserved(ANNA), 100_000);
    world.guess_wrong("anna", &new, 4);
    assert!(world.finish("anna", &new).is_ok());
    // The success gives its own back, not what was guessed through the code before it.
    assert_eq!(world.reserved(ANNA), 50_000);
});

on_both!(who_holds_an_older_code_keeps_it_when_the_newer_one_takes_no_more_handles, |test| {
    let mut world = World::with(test, &json!({"otp": {"length": 10}}));
    let old = world.ask_and_get(ANNA, "mine");
    world.later(30);
    for id in ["h1", "h2", "h3", "h4", "h5", "h6"] {
        world.ask(ANNA, id);
    }
    world.code();
    let again = world.ask(ANNA, "mine");
    assert_eq!(again.handle, "mine");
    assert!(world.finish("mine", &old).is_ok());
});

on_both!(an_answer_never_shows_an_expiry_that_is_past, |test| {
    let mut world = World::with(test, &json!({"otp": {"length": 10}}));
    world.ask(ANNA, "mine");
    world.later(901);
    for id in ["h1", "h2", "h3", "h4", "h5", "h6"] {
        world.ask(ANNA, id);
    }
    let again = world.ask(ANNA, "mine");
    assert_eq!((again.created_at, again.expires_at), (world.ctx.now.micros(), answers_expiry(&world)));
});

on_both!(the_same_idempotency_key_gives_the_same_answer_and_one_message, |test| {
    let mut world = World::new(test);
    let keyed = |world: &World| Start { idempotency_key: Some("k1".into()), ..world.request(ANNA, None) };
    let first = world.start(keyed(&world)).unwrap();
    world.later(3_600);
    assert_eq!(world.start(keyed(&world)).unwrap(), first);
    assert_eq!(world.outbox().len(), 1);
    // After a day it is forgotten.
    world.later(86_400);
    assert_ne!(world.start(keyed(&world)).unwrap(), first);
});

on_both!(an_idempotency_key_for_another_request_is_refused_by_name, |test| {
    let world = World::new(test);
    let keyed = |phone, wanted| Start { idempotency_key: Some("k1".into()), ..world.request(phone, wanted) };
    world.start(keyed(ANNA, Some("anna"))).unwrap();
    for other in [keyed(BERND, Some("anna")), keyed(ANNA, Some("other")), keyed(ANNA, None)] {
        let error = world.start(other).unwrap_err();
        assert!(matches!(&error.code, Code::InvalidValue { field, .. } if field == "Idempotency-Key"), "{error}");
    }
    let elsewhere = world.of_project("p2");
    assert!(elsewhere.start(Start { idempotency_key: Some("k1".into()), ..world.request(BERND, None) }).is_ok());
    assert_eq!(world.outbox().len(), 1);
});
