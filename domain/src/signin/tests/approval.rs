//! What a provider that carries codes is told of them.

use serde_json::json;

use super::world::{ANNA, BERND, CLARA, Row, World, wrong};
use crate::base::Code;
use crate::db::testing::TestDb;
use crate::message::{self, Delivery, End};
use crate::on_both;
use crate::{signin, verification};

fn by_codes(test: &TestDb) -> World {
    let account = json!({"kind": "twilioVerify", "accountSid": "AC1", "authToken": "token", "serviceSid": "VA1"});
    let providers = json!([{"name": "codes", "account": account}]);
    World::with(test, &json!({"sms": {"providers": providers}, "otp": {"resendSeconds": [0]}}))
}

/// Asks for a code, which the provider takes as its message `its`; gives the code.
fn sent(world: &World, phone: &str, wanted: &str, its: &'static str) -> String {
    world.ask(phone, wanted);
    let message = world.only().message;
    let code = message.payload.code.clone().unwrap();
    world.write(move |tx, ctx| message::settle(tx, ctx, &message.id, End::Sent, "", Some(its), &message.tries));
    code
}

/// The provider's ids of what it is to be told of.
fn shown(world: &World, provider: &'static str) -> Vec<String> {
    let all = world.write(move |tx, ctx| signin::list_shown(tx, ctx, provider));
    all.into_iter().map(|one| one.provider_message).collect()
}

fn tell_all(world: &World) {
    world.write(|tx, ctx| {
        for one in signin::list_shown(tx, ctx, "codes")? {
            message::note_delivery(tx, ctx, &one.message, Delivery::Delivered, "")?;
        }
        Ok(())
    });
}

on_both!(a_provider_of_codes_is_told_once_which_were_shown, |test| {
    let mut world = by_codes(test);
    let code = sent(&world, ANNA, "anna", "VE1");
    sent(&world, BERND, "bernd", "VE2");
    assert_eq!(world.finish("anna", &wrong(&code)).unwrap_err(), Code::InvalidToken);
    assert!(shown(&world, "codes").is_empty());
    world.finish("anna", &code).unwrap();
    assert_eq!(shown(&world, "codes"), ["VE1"]);
    assert!(shown(&world, "other").is_empty());
    tell_all(&world);
    assert!(shown(&world, "codes").is_empty());
    let states: Vec<_> = world.outbox().into_iter().map(|entry| entry.state).collect();
    assert_eq!(states.iter().filter(|state| *state == "delivered").count(), 1, "{states:?}");

    // Another code within the provider's ten minutes is the same message to it, and another one here.
    world.later(1);
    sent(&world, CLARA, "clara", "VE3");
    world.later(1);
    let second = sent(&world, CLARA, "clara", "VE3");
    world.finish("clara", &second).unwrap();
    assert_eq!(shown(&world, "codes"), ["VE3"]);
    world.later(3_601);
    assert!(shown(&world, "codes").is_empty(), "what is old is left alone");
});

on_both!(a_code_that_ended_without_being_shown_is_not_told, |test| {
    let world = by_codes(test);
    world.user(Row::by_key("anna", ANNA));
    let code = sent(&world, ANNA, "handle", "VE1");
    world.write(|tx, ctx| verification::consume_of_user(tx, ctx, "anna"));
    assert_eq!(world.finish("handle", &code).unwrap_err(), Code::InvalidToken);
    assert!(shown(&world, "codes").is_empty());
});
