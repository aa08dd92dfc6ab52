//! What the entry of a session in the audit trail notes, from which webhooks tell what happened for the first time; and
//! whose a message was.

use serde_json::json;

use super::world::{ANNA, ANNA_MAIL, BERND, Row, World};
use crate::base::Actor;
use crate::db::Column;
use crate::message::{self, End};
use crate::on_both;
use crate::project::{self, Settings};
use crate::signin::{self, custom, sign_in_anonymously};
use crate::verification::Dialect;
use crate::webhook::{self, New, Reach, Wanted};

const NEWEST: &str = "SELECT detail FROM audit_events WHERE event = 'session.create' ORDER BY at DESC LIMIT 1";

fn noted(world: &World) -> String {
    value(world, NEWEST)
}

fn value<T: Column + Send + 'static>(world: &World, sql: &'static str) -> T {
    world.value(sql)
}

on_both!(the_first_sign_in_by_a_number_notes_the_account_and_the_proof_and_the_second_neither, |test| {
    let mut world = World::new(test);
    let user = world.sign_in(ANNA, "anna");
    assert_eq!(noted(&world), r#"{"provider":"phone","created":true,"verified":"phone"}"#);
    world.later(60);
    let started = world.ask_anew(ANNA);
    let code = world.code();
    assert_eq!(world.finish(&started.handle, &code).unwrap().user.id, user.id);
    assert_eq!(noted(&world), r#"{"provider":"phone"}"#);
});

on_both!(an_account_that_a_server_made_is_proved_but_not_made_by_its_first_sign_in, |test| {
    let mut world = World::new(test);
    world.user(Row::by_key("anna", ANNA));
    world.later(1);
    world.sign_in(ANNA, "flow");
    assert_eq!(noted(&world), r#"{"provider":"phone","verified":"phone"}"#);
});

on_both!(a_mock_number_makes_an_account_once, |test| {
    let mut world = World::with(test, &json!({"auth": {"mockNumbers": [{"phone": ANNA, "otp": "123456"}]}}));
    for expected in [r#"{"provider":"phone","created":true,"verified":"phone"}"#, r#"{"provider":"phone"}"#] {
        let started = world.ask_anew(ANNA);
        assert!(world.work().is_empty());
        world.finish(&started.handle, "123456").unwrap();
        assert_eq!(noted(&world), expected);
        world.later(60);
    }
});

on_both!(a_guest_is_made_by_his_session, |test| {
    let world = World::new(test);
    let project = world.project.clone();
    world.write(move |tx, ctx| sign_in_anonymously(tx, ctx, &project));
    assert_eq!(noted(&world), r#"{"provider":"anonymous","created":true}"#);
});

on_both!(an_address_is_noted_like_a_number, |test| {
    let mut world = World::new(test);
    let link = world.link(ANNA_MAIL, "anna");
    world.follow(&link).unwrap();
    assert_eq!(noted(&world), r#"{"provider":"magic-url","created":true,"verified":"email"}"#);
    world.later(60);
    let link = world.link(ANNA_MAIL, "again");
    world.follow(&link).unwrap();
    assert_eq!(noted(&world), r#"{"provider":"magic-url"}"#);
});

on_both!(an_account_that_nobody_proved_yet_is_made_by_the_token_that_a_server_vouches_with, |test| {
    let mut world = World::new(test);
    world.ask(ANNA, "anna");
    world.work();
    for expected in [r#"{"provider":"token","created":true}"#, r#"{"provider":"token"}"#] {
        world.later(60);
        let token = world.write(|tx, ctx| custom::create(tx, ctx, Dialect::Nuvix, "anna", 32, 900));
        world.finish("anna", token.secret.expose()).unwrap();
        assert_eq!(noted(&world), expected);
    }
});

/// The same world with its project in the database, and a webhook that wants these events.
fn listening(test: &crate::db::testing::TestDb, event: &'static str) -> World {
    let mut world = World::new(test);
    world.write(move |tx, ctx| {
        project::create(tx, ctx, "p1", "Shop", Settings::default())?;
        let (name, url) = ("Shop".to_owned(), "https://shop.example/".to_owned());
        webhook::create(tx, ctx, Reach::Public, &New { name, url, events: vec![event.to_owned()] })
    });
    world.later(1);
    world
}

fn payloads(world: &World) -> Vec<serde_json::Value> {
    let wanted = Wanted { limit: 100, ..Wanted::default() };
    let all = world.write(move |tx, ctx| {
        let system = crate::base::Ctx { actor: Actor::System, ..ctx.clone() };
        while signin::tell_messages(tx, &system, 10)? {}
        webhook::list_deliveries(tx, &ctx.project, &wanted)
    });
    all.into_iter().map(|delivery| serde_json::from_str(&delivery.payload).unwrap()).collect()
}

on_both!(a_message_says_whose_it_was_unless_its_account_is_pending, |test| {
    let mut world = listening(test, "message.sent");
    world.user(Row::by_mail("bernd", "bernd@example.org", "code"));
    world.user(Row::by_key("anna", ANNA));
    for (phone, user) in [(ANNA, json!("anna")), (BERND, json!(null))] {
        world.later(1);
        world.ask_anew(phone);
        let message = world.only().message;
        world.write(move |tx, ctx| message::settle(tx, ctx, &message.id, End::Sent, "", None, &message.tries));
        assert_eq!(payloads(&world)[0]["data"]["userId"], user, "{phone}");
    }
    let text = format!("{:?}", payloads(&world));
    assert!(!text.contains(ANNA) && !text.contains(BERND) && !text.contains(ANNA_MAIL), "{text}");
});

on_both!(a_message_that_the_policy_stands_against_is_told_as_refused, |test| {
    let mut world = listening(test, "message.refused");
    world.set(&json!({"auth": {"signUp": false}}));
    world.ask_anew(ANNA);
    assert!(world.work().is_empty());
    let told = payloads(&world);
    assert_eq!(told.len(), 1);
    let reason = told[0]["data"]["detail"]["reason"].as_str().unwrap();
    assert!(reason.contains("sign-up is off"), "{reason}");
});
