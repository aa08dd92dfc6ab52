//! The outbox of webhooks.

use super::*;
use crate::base::time::{DAY, HOUR};

/// A webhook with one delivery that is due.
fn one(world: &mut World) -> (Webhook, Secret) {
    let made = world.hook(&["user.*"]);
    world.later(1);
    world.happens(What::UserCreate, "anna", "{}");
    world.tell();
    made
}

fn state(world: &World) -> State {
    world.all()[0].state
}

on_both!(what_a_receiver_took_is_done, |test| {
    let mut world = World::new(test);
    let (webhook, secret) = one(&mut world);
    let claimed = world.only(&webhook);
    assert_eq!((claimed.url.as_str(), &claimed.secrets[..]), ("https://shop.example/hooks", &[secret][..]));
    assert_eq!((state(&world), claimed.delivery.attempts), (State::Sending, 1));
    assert!(world.claim(&webhook).is_empty(), "nobody else gets it");
    assert_eq!(world.settle(&claimed, Outcome::Delivered { status: 204 }), Ended::Done);
    let done = world.all().remove(0);
    assert_eq!((done.state, done.settled_at), (State::Done, Some(world.ctx.now)));
    assert_eq!((done.tries[0].outcome.as_str(), done.tries[0].status), ("delivered", Some(204)));
    world.later(100_000);
    assert!(world.claim(&webhook).is_empty());
});

on_both!(what_failed_is_tried_again_after_growing_waits_and_then_dead, |test| {
    let mut world = World::new(test);
    let (webhook, _) = one(&mut world);
    for wait in [5, 30, 120, 600, 3_600, 10_800, 28_800] {
        assert_eq!(world.settle(&world.only(&webhook), failed()), Ended::Retry);
        let due = world.all()[0].due_at.micros_since(world.ctx.now);
        let least = wait * 1_000_000;
        assert!((least..=least * 6 / 5).contains(&due), "{wait} s: {due}");
        world.later(wait - 1);
        assert!(world.claim(&webhook).is_empty(), "{wait} s are not over");
        world.later(wait / 5 + 2);
    }
    assert_eq!(world.settle(&world.only(&webhook), failed()), Ended::Dead);
    let dead = world.all().remove(0);
    assert_eq!((dead.state, dead.tries.len(), dead.attempts), (State::Dead, 8, 8));
    assert!(dead.tries.iter().all(|t| t.outcome == "failed" && t.status == Some(500) && t.reason == "HTTP 500"));
    assert!(world.get(&webhook.id).enabled, "one that failed for hours is still tried");
    let id = webhook.id.clone();
    assert_eq!(world.write(move |tx, _| Ok((count_dead(tx, &id)?, count_queued(tx, &id, 9)?))), (1, 0));
});

on_both!(waits_differ_so_that_what_failed_together_does_not_come_back_together, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.later(1);
    for _ in 0..20 {
        world.happens(What::UserCreate, "anna", "{}");
    }
    world.tell();
    for claimed in world.claim(&webhook) {
        world.settle(&claimed, failed());
    }
    let due: std::collections::BTreeSet<_> = world.all().iter().map(|d| d.due_at).collect();
    assert_eq!(due.len(), 20);
});

on_both!(what_nobody_knows_the_fate_of_is_sent_again, |test| {
    let mut world = World::new(test);
    let (webhook, _) = one(&mut world);
    let lost = world.only(&webhook);
    world.later(59);
    assert_eq!(world.write(|tx, ctx| recover(tx, ctx.now)), 0, "its lease is not over");
    world.later(2);
    assert_eq!(world.write(|tx, ctx| recover(tx, ctx.now)), 1);
    let again = world.only(&webhook);
    assert_eq!((&again.delivery.id, again.delivery.attempts), (&lost.delivery.id, 2));
    assert_eq!(again.delivery.tries.len(), 1);
    assert_eq!(again.delivery.tries[0].outcome, "interrupted");
    // The first worker was only slow. What it says comes too late.
    assert_eq!(world.settle(&lost, failed()), Ended::Lost);
    assert_eq!(state(&world), State::Sending);
    assert_eq!(world.settle(&again, Outcome::Delivered { status: 200 }), Ended::Done);
    let tries: Vec<_> = world.all().remove(0).tries.into_iter().map(|t| t.outcome).collect();
    assert_eq!(tries, ["interrupted", "delivered"]);
});

on_both!(at_the_start_of_the_only_process_all_leases_are_over, |test| {
    let mut world = World::new(test);
    let (webhook, _) = one(&mut world);
    world.only(&webhook);
    assert_eq!(world.write(|tx, ctx| recover_all(tx, ctx.now)), 1);
    world.only(&webhook);
});

on_both!(a_receiver_that_says_gone_is_not_called_again, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.later(1);
    for user in ["anna", "bernd"] {
        world.happens(What::UserCreate, user, "{}");
    }
    world.tell();
    let id = webhook.id.clone();
    let first = world.write(move |tx, ctx| claim(tx, ctx, &id, 1)).remove(0);
    assert_eq!(world.settle(&first, Outcome::Gone), Ended::Off(off::GONE));
    let off = world.get(&webhook.id);
    assert_eq!((off.enabled, off.off_reason.as_str()), (false, "its receiver answered 410 Gone"));
    assert!(world.claim(&webhook).is_empty());
    assert!(world.write(|tx, _| waiting(tx)).is_empty());
    assert!(world.audited().iter().any(|(event, detail)| event == "webhook.update" && detail.contains("410")));
    // What waited goes out when somebody switches it on again.
    let id = webhook.id.clone();
    let change = Change { enabled: Some(true), ..Change::default() };
    world.write(move |tx, ctx| update(tx, ctx, Reach::Public, &id, &change));
    assert_ne!(world.only(&webhook).delivery.id, first.delivery.id);
});

/// Lets one delivery fail until it is dead; gives how it ended.
fn die(world: &mut World, webhook: &Webhook) -> Ended {
    world.happens(What::UserCreate, "anna", "{}");
    world.tell();
    loop {
        let ended = world.settle(&world.only(webhook), failed());
        if ended != Ended::Retry {
            return ended;
        }
        world.later(10 * HOUR / 1_000_000);
    }
}

on_both!(a_webhook_that_nothing_got_through_to_for_five_days_is_switched_off, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.later(1);
    // Eight calls, ten hours apart: two days and 22 hours each.
    assert_eq!(die(&mut world, &webhook), Ended::Dead);
    assert_eq!(die(&mut world, &webhook), Ended::Off(off::FAILING));
    assert!(!world.get(&webhook.id).enabled);
});

on_both!(a_webhook_that_something_got_through_to_stays_on, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.later(1);
    assert_eq!(die(&mut world, &webhook), Ended::Dead);
    assert!(world.get(&webhook.id).failing_since.is_some());
    world.happens(What::UserCreate, "anna", "{}");
    world.tell();
    assert_eq!(world.settle(&world.only(&webhook), Outcome::Delivered { status: 200 }), Ended::Done);
    assert_eq!(world.get(&webhook.id).failing_since, None);
    assert_eq!(die(&mut world, &webhook), Ended::Dead);
    // A quiet one that failed long ago has not failed ever since until a whole delivery dies again.
    world.later(20 * DAY / 1_000_000);
    world.happens(What::UserCreate, "anna", "{}");
    world.tell();
    assert_eq!(world.settle(&world.only(&webhook), failed()), Ended::Retry);
    assert!(world.get(&webhook.id).enabled);
});

on_both!(a_dead_delivery_is_replayed_with_its_old_id_and_all_its_tries, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.later(1);
    assert_eq!(die(&mut world, &webhook), Ended::Dead);
    let dead = world.all().remove(0);
    let id = dead.id.clone();
    let again = world.write(move |tx, ctx| replay(tx, ctx, &id));
    assert_eq!((again.state, again.attempts, again.settled_at), (State::Queued, 0, None));
    let claimed = world.only(&webhook);
    assert_eq!((&claimed.delivery.id, &claimed.delivery.payload), (&dead.id, &dead.payload));
    let id = dead.id.clone();
    let twice = world.write(move |tx, ctx| replay(tx, ctx, &id));
    assert_eq!(twice.state, State::Sending, "one on its way stays there");
    assert_eq!(world.settle(&claimed, failed()), Ended::Retry, "it has all its tries again");
    world.later(7);
    assert_eq!(world.settle(&world.only(&webhook), Outcome::Delivered { status: 200 }), Ended::Done);
    let tries: Vec<_> = world.all().remove(0).tries.into_iter().map(|t| t.outcome).collect();
    let expected = [&["failed"; 8][..], &["replayed", "failed", "delivered"]].concat();
    assert_eq!(tries, expected);
});

on_both!(all_dead_deliveries_of_a_webhook_are_replayed_at_once, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    let (other, _) = world.hook(&["session.*"]);
    world.later(1);
    for _ in 0..2 {
        world.happens(What::UserCreate, "anna", "{}");
        world.happens(What::SessionCreate, "anna", "{}");
    }
    world.tell();
    world.write(|tx, _| tx.exec("UPDATE webhook_deliveries SET state = 'dead', attempts = 8, settled_at = 1", args![]));
    let id = webhook.id.clone();
    assert_eq!(world.write(move |tx, ctx| replay_dead(tx, ctx, &id, 1)), 1);
    let id = webhook.id.clone();
    assert_eq!(world.write(move |tx, ctx| replay_dead(tx, ctx, &id, 100)), 1);
    assert_eq!((world.claim(&webhook).len(), world.claim(&other).len()), (2, 0));
});

on_both!(a_ping_overtakes_what_waits_and_is_not_repeated, |test| {
    let mut world = World::new(test);
    let (webhook, _) = one(&mut world);
    let id = webhook.id.clone();
    let ping_id = world.write(move |tx, ctx| ping(tx, ctx, &id));
    let id = webhook.id.clone();
    let first = world.write(move |tx, ctx| claim(tx, ctx, &id, 1)).remove(0);
    assert_eq!((&first.delivery.id, first.delivery.event.as_str()), (&ping_id, "webhook.ping"));
    assert_eq!(world.settle(&first, failed()), Ended::Dead);

    let id = webhook.id.clone();
    let change = Change { enabled: Some(false), ..Change::default() };
    world.write(move |tx, ctx| update(tx, ctx, Reach::Public, &id, &change));
    let error = world.try_write(move |tx, ctx| ping(tx, ctx, &webhook.id)).unwrap_err();
    assert!(error.to_string().contains("switch it on"), "{error}");
});

on_both!(several_workers_share_the_deliveries_of_a_webhook, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.later(1);
    for _ in 0..30 {
        world.happens(What::UserCreate, "anna", "{}");
    }
    world.tell();
    let nodes: Vec<_> = (0..3).map(|_| test.reopen()).collect();
    let ids = wait(async {
        let mut tasks = Vec::new();
        for node in &nodes {
            let (node, ctx, id) = (node.clone(), world.ctx.clone(), webhook.id.clone());
            tasks.push(tokio::spawn(async move {
                let mut mine = Vec::new();
                // SKIP LOCKED may give nothing while another node has what is left.
                for _ in 0..40 {
                    let (ctx, id) = (ctx.clone(), id.clone());
                    let claimed = node.write(move |tx| claim(tx, &ctx, &id, 2)).await.unwrap();
                    mine.extend(claimed.into_iter().map(|one| one.delivery.id));
                }
                mine
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap());
        }
        all
    });
    let once: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), once.len()), (30, 30));
});

on_both!(deliveries_are_listed_in_pages_by_webhook_and_state, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.hook(&["user.*"]);
    for _ in 0..5 {
        world.later(1);
        world.happens(What::UserCreate, "anna", "{}");
    }
    world.tell();
    let pages = |webhook: Option<&Webhook>, state: Option<State>| {
        let mut wanted = Wanted { webhook: webhook.map(|w| w.id.clone()), state, before: None, limit: 2 };
        let mut ids = Vec::new();
        loop {
            let asked = wanted.clone();
            let page = world.write(move |tx, ctx| list_deliveries(tx, &ctx.project, &asked));
            let Some(last) = page.last() else { return ids };
            wanted.before = Some(last.id.clone());
            ids.extend(page.into_iter().map(|delivery| delivery.id));
        }
    };
    let settled = world.claim(&webhook).remove(0);
    world.settle(&settled, Outcome::Delivered { status: 200 });
    for (webhook, state, count) in [
        (None, None, 10),
        (None, Some(State::Queued), 5),
        (None, Some(State::Done), 1),
        (Some(&webhook), None, 5),
        (Some(&webhook), Some(State::Sending), 4),
        (Some(&webhook), Some(State::Dead), 0),
    ] {
        let ids = pages(webhook, state);
        assert_eq!(ids.len(), count, "{state:?}");
        assert!(ids.is_sorted_by(|a, b| a > b), "the newest first, each once: {ids:?}");
    }
});

on_both!(what_arrived_is_forgotten_after_a_week_and_the_rest_after_a_month, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["user.*"]);
    world.later(1);
    for _ in 0..2 {
        world.happens(What::UserCreate, "anna", "{}");
    }
    world.tell();
    let claimed = world.claim(&webhook);
    world.settle(&claimed[0], Outcome::Delivered { status: 200 });
    world.settle(&claimed[1], Outcome::Gone);
    let left = |world: &World| -> Vec<State> {
        world.write(|tx, ctx| purge(tx, ctx.now));
        world.all().into_iter().map(|delivery| delivery.state).collect()
    };
    world.later(7 * 86_400 - 60);
    assert_eq!(left(&world).len(), 2);
    world.later(120);
    assert_eq!(left(&world), [State::Dead]);
    world.later(23 * 86_400);
    assert_eq!(left(&world), []);
});
