//! From the audit trail and the outbox of messages to deliveries.

use serde_json::{Value as Json, json};

use super::*;
use crate::message::{self, Delivery as Arrival, Receipt};

fn payload(delivery: &Delivery) -> Json {
    serde_json::from_str(&delivery.payload).unwrap()
}

on_both!(each_webhook_is_told_once_what_it_wants_from_its_making_on, |test| {
    let mut world = World::new(test);
    world.happens(What::UserCreate, "early", "{}");
    world.later(1);
    let (users, _) = world.hook(&["user.*"]);
    world.later(1);
    world.happens(What::UserCreate, "anna", "{}");
    world.happens(What::PasswordUpdate, "anna", "{}");
    world.happens(What::UserBlock, "anna", r#"{"blocked":true}"#);
    world.tell();
    world.tell();
    assert_eq!(world.events(), ["user.block", "user.create"]);
    world.later(1);
    let (all, _) = world.hook(&["*"]);
    world.later(1);
    world.happens(What::UserDelete, "anna", "{}");
    world.tell();
    let told = |webhook: &Webhook| {
        let mut told: Vec<_> = world.all().into_iter().filter(|d| d.webhook == webhook.id).map(|d| d.event).collect();
        told.sort();
        told
    };
    assert_eq!(told(&users), ["user.block", "user.create", "user.delete"]);
    assert_eq!(told(&all), ["user.delete"], "what happened before is not told, nor what webhooks are about");
});

on_both!(what_is_told_has_the_shape_of_standard_webhooks, |test| {
    let mut world = World::new(test);
    world.hook(&["user.block"]);
    world.later(1);
    world.happens(What::UserBlock, "anna", r#"{"blocked":true}"#);
    world.tell();
    let (entry, told) =
        (world.write(|tx, ctx| audit::list_after(tx, &ctx.project, 1, 9)).remove(0).1, world.all().remove(0));
    assert_eq!(
        payload(&told),
        json!({
            "type": "user.block",
            "timestamp": "2026-11-21T08:00:01.000Z",
            "data": {
                "eventId": entry.id,
                "projectId": "p1",
                "userId": "anna",
                "actor": "system",
                "detail": {"blocked": true},
            }
        })
    );
    assert_ne!(told.id, entry.id);
});

on_both!(a_crash_before_the_commit_loses_nothing_and_tells_nothing_twice, |test| {
    let mut world = World::new(test);
    world.hook(&["*"]);
    world.later(1);
    for user in ["a", "b", "c"] {
        world.happens(What::UserCreate, user, "{}");
    }
    world.chain();
    let crashed = world.try_write(|tx, ctx| {
        tell(tx, ctx, 10)?;
        Err::<(), _>(Error::internal("the power is gone"))
    });
    assert!(crashed.is_err());
    assert!(world.all().is_empty());
    world.tell();
    world.tell();
    let mut told: Vec<_> =
        world.all().iter().map(|d| payload(d)["data"]["userId"].as_str().unwrap().to_owned()).collect();
    told.sort();
    assert_eq!(told, ["a", "b", "c"]);
});

#[test]
fn of_several_nodes_that_tell_at_once_one_does() {
    let test = TestDb::new(crate::db::Kind::Postgres);
    let mut world = World::new(&test);
    world.hook(&["*"]);
    world.later(1);
    for _ in 0..40 {
        world.happens(What::UserCreate, "anna", "{}");
    }
    world.chain();
    let nodes: Vec<_> = (0..4).map(|_| test.reopen()).collect();
    wait(async {
        let mut tasks = Vec::new();
        for node in &nodes {
            let (node, ctx) = (node.clone(), world.ctx.clone());
            tasks.push(tokio::spawn(async move {
                loop {
                    let ctx = ctx.clone();
                    if !node.write(move |tx| tell(tx, &ctx, 3)).await.unwrap() {
                        return;
                    }
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    let told = world.all();
    let ids: std::collections::BTreeSet<_> = told.iter().map(|d| payload(d)["data"]["eventId"].to_string()).collect();
    assert_eq!((told.len(), ids.len()), (40, 40));
}

on_both!(a_webhook_that_is_off_hears_nothing_of_what_happens_meanwhile, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["*"]);
    world.later(1);
    let switch = |world: &World, enabled| {
        let id = webhook.id.clone();
        let change = Change { enabled: Some(enabled), ..Change::default() };
        world.write(move |tx, ctx| update(tx, ctx, Reach::Public, &id, &change));
    };
    world.happens(What::UserCreate, "before", "{}");
    world.tell();
    switch(&world, false);
    assert!(world.claim(&webhook).is_empty(), "what waits is kept");
    world.happens(What::UserCreate, "meanwhile", "{}");
    // Also if nobody looked at the trail meanwhile.
    world.later(1);
    switch(&world, true);
    world.happens(What::UserCreate, "after", "{}");
    world.tell();
    let mut told: Vec<_> =
        world.claim(&webhook).iter().map(|one| payload(&one.delivery)["data"]["userId"].to_string()).collect();
    told.sort();
    assert_eq!(told, ["\"after\"", "\"before\""]);
});

on_both!(without_webhooks_there_is_nothing_to_follow, |test| {
    let mut world = World::new(test);
    world.happens(What::UserCreate, "anna", "{}");
    world.chain();
    assert!(world.write(|tx, _| behind(tx)).is_empty());
    let (webhook, _) = world.hook(&["*"]);
    world.later(1);
    world.happens(What::UserCreate, "anna", "{}");
    world.chain();
    assert_eq!(world.write(|tx, _| behind(tx)), ["p1"]);
    world.write(move |tx, ctx| delete(tx, ctx, &webhook.id));
    assert!(world.write(|tx, _| behind(tx)).is_empty());
    assert!(!world.write(|tx, ctx| tell(tx, ctx, 10)));
});

#[test]
fn an_entry_of_a_first_session_stands_for_all_that_happened() {
    let entry = |event: &str, detail: &str| audit::Event {
        id: "e".to_owned(),
        at: Time::from_micros(0),
        event: event.to_owned(),
        actor: "guest".to_owned(),
        user: None,
        address: String::new(),
        agent: String::new(),
        detail: detail.to_owned(),
    };
    let of = |event: &str, detail: &str| -> Vec<(String, String)> {
        event::of_entry(&entry(event, detail)).into_iter().map(|(event, detail)| (event.to_owned(), detail)).collect()
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let first = r#"{"provider":"phone","created":true,"verified":"phone"}"#;
    assert_eq!(
        of("session.create", first),
        pairs(&[("user.create", "{}"), ("phone.verify", "{}"), ("session.create", r#"{"provider":"phone"}"#)])
    );
    // As older versions wrote it, and as a newer one may.
    assert_eq!(of("session.create", "{}"), pairs(&[("session.create", "{}")]));
    assert_eq!(of("session.create", "[]"), pairs(&[("session.create", "{}")]));
    assert_eq!(of("phone.verify", r#"{"verified":false}"#), pairs(&[("phone.verify", r#"{"verified":false}"#)]));
    for silent in ["keys.reset", "webhook.create", "something.new"] {
        assert!(of(silent, "{}").is_empty(), "{silent}");
    }
}

/// A message to a number, leased.
fn message(world: &World) -> message::Claimed {
    world.write(|tx, ctx| {
        let payload = Payload { to: "+14255550123".to_owned(), code: Some("739152".to_owned()), ..Payload::default() };
        let expires_at = ctx.now.plus_seconds(900);
        let new = message::New { verification: None, purpose: "sign-in", payload: &payload, expires_at, refusal: None };
        message::enqueue(tx, ctx, new)?;
        let mut claimed = message::claim(tx, ctx, 1)?.remove(0);
        message::store(tx, ctx, &mut claimed, "main")?;
        Ok(claimed)
    })
}

fn end(world: &World, claimed: &message::Claimed, end: End, reason: &'static str) {
    let claimed = claimed.clone();
    world.write(move |tx, ctx| message::settle(tx, ctx, &claimed.id, end, reason, Some("SM1"), &claimed.tries));
}

on_both!(what_becomes_of_a_message_is_told_once_each, |test| {
    let mut world = World::new(test);
    world.hook(&["message.*"]);
    world.later(1);
    let sent = message(&world);
    end(&world, &sent, End::Sent, "");
    world.tell();
    let receive = |world: &World, delivery| {
        let receipt = Receipt { provider_id: "SM1".to_owned(), delivery, error: None };
        world.write(move |tx, ctx| message::receive(tx, ctx, "main", &receipt));
    };
    receive(&world, Arrival::Delivered);
    world.tell();
    // Providers repeat their receipts.
    receive(&world, Arrival::Delivered);
    world.tell();
    assert_eq!(world.events(), ["message.delivered", "message.sent"]);
    let told = world.all().into_iter().find(|d| d.event == "message.sent").unwrap();
    assert_eq!(
        payload(&told)["data"],
        json!({
            "eventId": sent.id, "projectId": "p1", "userId": null, "actor": "system",
            "detail": {"channel": "sms", "purpose": "sign-in", "to": "+1425***0123", "provider": "main"},
        })
    );
    let text = world.all().into_iter().map(|d| d.payload).collect::<String>();
    assert!(!text.contains("739152") && !text.contains("4255550123"), "{text}");
});

on_both!(a_receipt_that_is_faster_than_the_worker_hides_nothing, |test| {
    let mut world = World::new(test);
    world.hook(&["message.*"]);
    world.later(1);
    let sent = message(&world);
    end(&world, &sent, End::Sent, "");
    let receipt = Receipt { provider_id: "SM1".to_owned(), delivery: Arrival::Failed, error: Some("30003".to_owned()) };
    world.write(move |tx, ctx| message::receive(tx, ctx, "main", &receipt));
    world.tell();
    assert_eq!(world.events(), ["message.sent", "message.undelivered"]);
    let of =
        |event: &str| payload(&world.all().into_iter().find(|d| d.event == event).unwrap())["data"]["detail"].clone();
    assert_eq!((&of("message.sent")["reason"], &of("message.undelivered")["reason"]), (&Json::Null, &json!("30003")));
});

on_both!(messages_that_died_or_were_refused_are_told_and_mock_ones_are_none, |test| {
    let mut world = World::new(test);
    world.hook(&["message.*"]);
    world.later(1);
    end(&world, &message(&world), End::Dead, "nobody took it");
    end(&world, &message(&world), End::Mock, "");
    end(&world, &message(&world), End::Refused, "the day's ceiling is reached");
    // One whose worker died, and one that was refused where it was asked for.
    message(&world);
    world.later(600);
    world.write(|tx, ctx| message::recover(tx, ctx.now));
    world.write(|tx, ctx| {
        let payload = Payload { to: "+14255550123".to_owned(), ..Payload::default() };
        let (expires_at, refusal) = (ctx.now, Some("too many"));
        message::enqueue(
            tx,
            ctx,
            message::New { verification: None, purpose: "sign-in", payload: &payload, expires_at, refusal },
        )
    });
    world.tell();
    world.tell();
    assert_eq!(world.events(), ["message.dead", "message.dead", "message.refused", "message.refused"]);
    assert!(!world.write(|tx, _| message::has_news(tx)));
});

on_both!(where_nobody_listens_messages_leave_no_mark, |test| {
    let mut world = World::new(test);
    let (users, _) = world.hook(&["user.*"]);
    world.of_project("p2").hook(&["message.*"]);
    world.later(1);
    end(&world, &message(&world), End::Sent, "");
    assert!(!world.write(|tx, _| message::has_news(tx)));
    let id = users.id.clone();
    let change = Change { events: Some(vec!["message.sent".to_owned()]), ..Change::default() };
    world.write(move |tx, ctx| update(tx, ctx, Reach::Public, &id, &change));
    end(&world, &message(&world), End::Sent, "");
    world.tell();
    assert_eq!(world.events(), ["message.sent"]);
    world.write(move |tx, ctx| delete(tx, ctx, &users.id));
    end(&world, &message(&world), End::Sent, "");
    assert!(!world.write(|tx, _| message::has_news(tx)));
});
