//! What a requester holds.

use super::world::{ANNA, BERND, Row, World};
use crate::base::Code;
use crate::on_both;
use crate::signin::HandleKind;
use crate::verification::Dialect;

on_both!(the_id_that_was_sent_is_echoed_for_known_and_unknown_numbers_alike, |test| {
    let mut world = World::new(test);
    world.sign_in(ANNA, "anna");
    world.later(60);
    let known = world.ask(ANNA, "flow1");
    let unknown = world.ask(BERND, "flow2");
    assert_eq!((known.handle.as_str(), unknown.handle.as_str()), ("flow1", "flow2"));
    assert_eq!((known.created_at, known.expires_at), (unknown.created_at, unknown.expires_at));
    assert_eq!(known.id.len(), unknown.id.len());
});

on_both!(a_request_for_a_known_number_leaves_the_same_traces_as_one_for_an_unknown_number, |test| {
    const TRACES: [&str; 5] = [
        "SELECT COUNT(*) FROM handles WHERE target = '+491701234567' AND state = 'live'",
        "SELECT COUNT(*) FROM handles WHERE target = '+491712345678' AND state = 'live'",
        "SELECT COUNT(*) FROM verifications WHERE user_id IS NULL AND mac IS NULL",
        "SELECT COUNT(*) FROM messages WHERE state = 'queued'",
        "SELECT COUNT(*) FROM users",
    ];
    let mut world = World::new(test);
    world.sign_in(ANNA, "anna");
    world.later(60);
    world.ask(ANNA, "flow1");
    world.ask(BERND, "flow2");
    let traces = TRACES.map(|sql| world.value::<i64>(sql));
    // Nobody was looked up or made yet: that is the worker's part.
    assert_eq!(traces, [1, 1, 2, 2, 1]);
});

on_both!(the_id_of_an_account_that_ever_signed_in_is_not_echoed, |test| {
    let mut world = World::new(test);
    world.sign_in(ANNA, "anna");
    world.later(60);
    let stranger = world.ask(BERND, "anna");
    assert_ne!(stranger.handle, "anna");
    assert_eq!(stranger.handle.len(), 36);
    let code = world.code();
    assert_eq!(world.finish("anna", &code).unwrap_err(), Code::InvalidToken);
    assert_ne!(world.finish(&stranger.handle, &code).unwrap().user.id, "anna");
    // Not even for its own number: the answer must not tell whose number it is.
    world.later(60);
    assert_ne!(world.ask(ANNA, "anna").handle, "anna");
});

on_both!(the_id_of_an_account_made_by_a_key_is_not_echoed, |test| {
    let world = World::new(test);
    world.user(Row::by_key("keyed", ANNA));
    world.user(Row { origin: "import", phone: None, ..Row::by_key("imported", ANNA) });
    for id in ["keyed", "imported"] {
        assert_ne!(world.ask(BERND, id).handle, id);
    }
});

on_both!(the_id_of_a_pending_account_is_echoed, |test| {
    let mut world = World::new(test);
    world.ask_and_get(ANNA, "flow1");
    assert!(world.find_user("flow1").unwrap().pending);
    world.later(1_000);
    assert_eq!(world.ask(BERND, "flow1").handle, "flow1");
});

on_both!(the_handle_of_a_live_flow_to_another_number_is_not_echoed, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "flow1");
    assert_ne!(world.ask(BERND, "flow1").handle, "flow1");
    assert_eq!(world.finish("flow1", &code).unwrap().user.phone.unwrap().as_e164(), ANNA);
});

on_both!(the_id_of_an_expired_handle_may_be_used_again, |test| {
    let mut world = World::new(test);
    let old = world.ask_and_get(ANNA, "flow1");
    world.later(900);
    let code = world.ask_and_get(BERND, "flow1");
    if old != code {
        assert_eq!(world.finish("flow1", &old).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(world.finish("flow1", &code).unwrap().user.phone.unwrap().as_e164(), BERND);
});

on_both!(without_an_id_everybody_gets_one_of_his_own, |test| {
    let world = World::new(test);
    let (first, second) = (world.ask_anew(ANNA), world.ask_anew(ANNA));
    assert_ne!(first.handle, second.handle);
    let code = world.code();
    assert_eq!(world.finish(&second.handle, &code).unwrap().user.phone.unwrap().as_e164(), ANNA);
});

on_both!(the_session_carries_the_real_id_and_not_the_handle, |test| {
    let mut world = World::new(test);
    world.sign_in(ANNA, "anna");
    world.later(60);
    let code = world.ask_and_get(ANNA, "flow2");
    let signed_in = world.finish("flow2", &code).unwrap();
    assert_eq!((signed_in.user.id.as_str(), signed_in.session.user_id.as_str()), ("anna", "anna"));
    assert_eq!(world.find_user("flow2"), None);
});

on_both!(a_handle_of_one_kind_is_none_of_another, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "flow1");
    let mut other = world.clone();
    other.kind = HandleKind::Opaque;
    assert_eq!(other.finish("flow1", &code).unwrap_err(), Code::InvalidToken);
    assert!(world.finish("flow1", &code).is_ok());
});

on_both!(a_flow_cookie_is_random_and_opens_its_code, |test| {
    let world = World::new(test).by(Dialect::Nevr);
    let started = world.ask_anew(ANNA);
    assert_eq!(started.handle.len(), 64);
    let code = world.code();
    assert!(world.finish(&started.handle, &code).is_ok());
});

on_both!(a_handle_that_was_used_opens_nothing_and_its_id_is_free_again, |test| {
    let mut world = World::new(test);
    world.sign_in(ANNA, "anna");
    world.later(60);
    let code = world.ask_and_get(ANNA, "flow2");
    world.finish("flow2", &code).unwrap();
    assert_eq!(world.finish("flow2", &code).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.ask(BERND, "flow2").handle, "flow2");
});
