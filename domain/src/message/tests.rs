use std::sync::{Arc, Mutex, mpsc};

use super::*;
use crate::base::Code;
use crate::base::testing::ctx;
use crate::db::Db;
use crate::db::testing::{TestDb, wait};
use crate::on_both;

const NUMBER: &str = "+491701234567";
const STATE: &str = "SELECT state FROM messages";
const REASON: &str = "SELECT reason FROM messages";
const PAYLOAD: &str = "SELECT payload FROM messages";

fn write<T: Send + 'static>(db: &Db, ctx: &Ctx, work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static) -> T {
    let ctx = ctx.clone();
    wait(db.write(move |tx| work(tx, &ctx))).unwrap()
}

fn payload() -> Payload {
    Payload {
        to: NUMBER.into(),
        locale: Some("de".into()),
        wanted_user: Some("anna".into()),
        origin: Some(vec![1, 2, 3]),
        ..Payload::default()
    }
}

fn put(db: &Db, ctx: &Ctx, refusal: Option<&'static str>) -> String {
    let expires_at = ctx.now.plus_seconds(900);
    write(db, ctx, move |tx, ctx| {
        let payload = payload();
        enqueue(tx, ctx, New { verification: Some("v1"), purpose: "sign-in", payload: &payload, expires_at, refusal })
    })
}

fn take(db: &Db, ctx: &Ctx) -> Vec<Claimed> {
    write(db, ctx, |tx, ctx| claim(tx, ctx, 10))
}

/// A message that a worker has leased and is about to hand to provider `main`.
fn calling_main(db: &Db, ctx: &Ctx) -> Claimed {
    put(db, ctx, None);
    write(db, ctx, |tx, ctx| {
        let mut claimed = claim(tx, ctx, 10)?.swap_remove(0);
        claimed.payload.code = Some("4071829355".into());
        store(tx, ctx, &mut claimed, "main")?;
        Ok(claimed)
    })
}

fn text(db: &Db, sql: &'static str) -> String {
    wait(db.read(move |tx| tx.find(sql, args![], |row| row.get(0)))).unwrap().unwrap()
}

fn raw_payload(db: &Db) -> Option<Vec<u8>> {
    wait(db.read(|tx| tx.find(PAYLOAD, args![], |row| row.get(0)))).unwrap().unwrap()
}

fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

fn at(ctx: &Ctx, seconds: i64) -> Ctx {
    Ctx { now: ctx.now.plus_seconds(seconds), ..ctx.clone() }
}

on_both!(a_message_is_taken_as_it_was_put_and_only_once, |test| {
    let ctx = ctx();
    let id = put(&test.db, &ctx, None);
    let taken = take(&test.db, &ctx);
    assert_eq!((taken.len(), taken[0].id.as_str(), &taken[0].payload), (1, id.as_str(), &payload()));
    assert_eq!((taken[0].verification.as_str(), taken[0].purpose.as_str()), ("v1", "sign-in"));
    assert_eq!((taken[0].created_at, taken[0].expires_at), (ctx.now, ctx.now.plus_seconds(900)));
    assert!(take(&test.db, &ctx).is_empty());
});

on_both!(a_payload_is_unreadable_in_the_database_and_erased_when_the_message_is_settled, |test| {
    let ctx = ctx();
    put(&test.db, &ctx, None);
    let queued = raw_payload(&test.db).unwrap();
    assert!(!holds(&queued, NUMBER) && !holds(&queued, "anna"));
    let mut claimed = take(&test.db, &ctx).swap_remove(0);
    claimed.payload.code = Some("4071829355".into());
    let (id, tries) = write(&test.db, &ctx, move |tx, ctx| {
        let mut claimed = claimed.clone();
        store(tx, ctx, &mut claimed, "main")?;
        Ok((claimed.id, claimed.tries))
    });
    let calling = raw_payload(&test.db).unwrap();
    assert!(!holds(&calling, NUMBER) && !holds(&calling, "4071829355"));
    write(&test.db, &ctx, move |tx, ctx| settle(tx, ctx, &id, End::Sent, "", Some("SM1"), &tries));
    assert_eq!((raw_payload(&test.db), text(&test.db, STATE)), (None, "sent".into()));
});

on_both!(every_end_erases_the_payload, |test| {
    let ctx = ctx();
    for (end, name) in [(End::Sent, "sent"), (End::Mock, "mock"), (End::Refused, "refused"), (End::Dead, "dead")] {
        let claimed = calling_main(&test.db, &ctx);
        let id = claimed.id.clone();
        write(&test.db, &ctx, move |tx, ctx| settle(tx, ctx, &claimed.id, end, "why", None, &claimed.tries));
        let entries = write(&test.db, &ctx, |tx, ctx| list(tx, &ctx.project, 10));
        let entry = entries.iter().find(|e| e.id == id).unwrap();
        assert_eq!((entry.state.as_str(), entry.reason.as_str(), entry.settled_at), (name, "why", Some(ctx.now)));
    }
    let left: Vec<Option<Vec<u8>>> =
        wait(test.db.read(|tx| tx.list(PAYLOAD, args![], |row| row.get::<Option<Vec<u8>>>(0)))).unwrap();
    assert_eq!(left, vec![None; 4]);
});

on_both!(a_payload_copied_to_another_message_does_not_open_there, |test| {
    const COPY: &str = "UPDATE messages SET payload = $1";
    let ctx = ctx();
    put(&test.db, &ctx, None);
    let stolen = raw_payload(&test.db).unwrap();
    take(&test.db, &ctx);
    put(&test.db, &ctx, None);
    write(&test.db, &ctx, move |tx, _| tx.exec(COPY, args![&stolen]));
    assert!(take(&test.db, &ctx).is_empty());
});

on_both!(a_message_that_cannot_be_opened_ends_with_its_reason_and_the_others_are_taken, |test| {
    const SPOIL: &str = "UPDATE messages SET payload = NULL";
    let ctx = ctx();
    put(&test.db, &ctx, None);
    write(&test.db, &ctx, |tx, _| tx.exec(SPOIL, args![]));
    let good = put(&test.db, &ctx, None);
    let taken: Vec<_> = take(&test.db, &ctx).into_iter().map(|c| c.id).collect();
    assert_eq!(taken, [good]);
    let (dead, count) = write(&test.db, &ctx, |tx, ctx| list_dead(tx, ctx.now.plus_seconds(-1)));
    assert_eq!((count, dead[0].reason.as_str()), (1, "it cannot be opened"));
});

on_both!(a_refused_message_is_settled_at_once_and_holds_no_payload, |test| {
    let ctx = ctx();
    put(&test.db, &ctx, Some("too many"));
    assert_eq!((raw_payload(&test.db), text(&test.db, STATE), text(&test.db, REASON)), {
        (None, "refused".into(), "too many".into())
    });
    assert!(take(&test.db, &ctx).is_empty());
});

on_both!(a_worker_that_dies_before_its_commit_leaves_the_message_queued, |test| {
    let ctx = ctx();
    put(&test.db, &ctx, None);
    let crash: Result<()> = wait(test.db.write({
        let ctx = ctx.clone();
        move |tx| {
            let mut claimed = claim(tx, &ctx, 10)?.swap_remove(0);
            store(tx, &ctx, &mut claimed, "main")?;
            Err(Error::internal("the worker died"))
        }
    }));
    assert!(crash.is_err());
    assert_eq!(text(&test.db, STATE), "queued");
    assert_eq!(take(&test.db, &ctx).len(), 1);
});

on_both!(a_lease_that_ran_out_before_a_provider_was_named_goes_back_in_the_queue, |test| {
    let ctx = ctx();
    put(&test.db, &ctx, None);
    take(&test.db, &ctx);
    let early = at(&ctx, 120);
    assert_eq!(write(&test.db, &early, |tx, ctx| recover(tx, ctx.now)), 0);
    assert!(take(&test.db, &early).is_empty());
    let late = at(&ctx, 121);
    assert_eq!(write(&test.db, &late, |tx, ctx| recover(tx, ctx.now)), 0);
    assert_eq!(take(&test.db, &late).len(), 1);
});

on_both!(a_lease_that_ran_out_after_a_provider_was_named_ends_dead_and_is_never_sent_again, |test| {
    let ctx = ctx();
    let claimed = calling_main(&test.db, &ctx);
    let late = at(&ctx, 121);
    assert_eq!(write(&test.db, &late, |tx, ctx| recover(tx, ctx.now)), 1);
    assert_eq!((text(&test.db, STATE), raw_payload(&test.db)), ("dead".into(), None));
    assert!(text(&test.db, REASON).contains("may have been sent"));
    for hours in 0..4 {
        let ctx = at(&ctx, 3_600 * hours);
        write(&test.db, &ctx, |tx, ctx| recover(tx, ctx.now));
        assert!(take(&test.db, &ctx).is_empty());
    }
    // The worker that comes back too late neither calls the next provider nor changes what was settled.
    let late = wait(test.db.write({
        let claimed = claimed.clone();
        let ctx = ctx.clone();
        move |tx| try_next(tx, &ctx, &claimed.id, &claimed.tries, "second")
    }));
    assert!(late.is_err());
    write(&test.db, &ctx, move |tx, ctx| settle(tx, ctx, &claimed.id, End::Sent, "", None, &claimed.tries));
    assert_eq!(text(&test.db, STATE), "dead");
});

on_both!(a_process_that_starts_again_takes_over_its_own_leases_at_once, |test| {
    let ctx = ctx();
    put(&test.db, &ctx, None);
    take(&test.db, &ctx);
    write(&test.db, &ctx, |tx, ctx| recover_all(tx, ctx.now));
    // Due as of the moment at which the lease would have run out.
    let due = write(&test.db, &ctx, |tx, _| next_due(tx)).unwrap();
    assert!(due.micros_since(ctx.now) <= 0, "due {} s late", due.micros_since(ctx.now) / SECOND);
    assert_eq!(take(&test.db, &ctx).len(), 1);
});

on_both!(what_every_provider_refused_is_tried_again_after_one_two_and_four_seconds_and_then_dead, |test| {
    let mut ctx = ctx();
    let mut claimed = calling_main(&test.db, &ctx);
    for seconds in [1, 2, 4] {
        // Two providers are called in each round; rounds count, not calls.
        let again = write(&test.db, &ctx, move |tx, ctx| {
            let tries = try_next(tx, ctx, &claimed.id, &claimed.tries, "second")?;
            retry_or_bury(tx, ctx, &claimed, "busy", &tries)
        });
        assert!(again, "{seconds}");
        assert_eq!(write(&test.db, &ctx, |tx, _| next_due(tx)), Some(ctx.now.plus_seconds(seconds)));
        ctx = at(&ctx, seconds - 1);
        assert!(take(&test.db, &ctx).is_empty());
        ctx = at(&ctx, 1);
        claimed = write(&test.db, &ctx, |tx, ctx| {
            let mut claimed = claim(tx, ctx, 10)?.swap_remove(0);
            store(tx, ctx, &mut claimed, "main")?;
            Ok(claimed)
        });
        assert_eq!(claimed.payload.code.as_deref(), Some("4071829355"));
    }
    let again = write(&test.db, &ctx, move |tx, ctx| retry_or_bury(tx, ctx, &claimed, "busy", &claimed.tries));
    assert!(!again);
    assert_eq!((text(&test.db, STATE), text(&test.db, REASON), raw_payload(&test.db)), {
        ("dead".into(), "busy".into(), None)
    });
});

on_both!(nothing_is_tried_again_past_its_expiry, |test| {
    let ctx = ctx();
    let claimed = calling_main(&test.db, &ctx);
    let late = at(&ctx, 899);
    let again = write(&test.db, &late, move |tx, ctx| retry_or_bury(tx, ctx, &claimed, "busy", &claimed.tries));
    assert!(!again);
    assert_eq!(text(&test.db, STATE), "dead");
});

on_both!(an_expired_message_is_buried_with_the_reason_it_had, |test| {
    let ctx = ctx();
    put(&test.db, &ctx, None);
    assert_eq!(write(&test.db, &at(&ctx, 899), |tx, ctx| recover(tx, ctx.now)), 0);
    assert_eq!(write(&test.db, &at(&ctx, 900), |tx, ctx| recover(tx, ctx.now)), 1);
    assert_eq!((text(&test.db, STATE), text(&test.db, REASON), raw_payload(&test.db)), {
        ("dead".into(), "expired in the queue".into(), None)
    });
    assert!(take(&test.db, &at(&ctx, 900)).is_empty());
});

on_both!(a_receipt_changes_sent_once_and_later_ones_change_nothing, |test| {
    let ctx = ctx();
    let claimed = calling_main(&test.db, &ctx);
    write(&test.db, &ctx, move |tx, ctx| {
        let receipt = |delivery| Receipt { provider_id: "SM1".into(), delivery, error: Some("30003".into()) };
        assert!(!receive(tx, ctx, "main", &receipt(Delivery::Delivered))?, "nobody knows it before it was sent");
        settle(tx, ctx, &claimed.id, End::Sent, "", Some("SM1"), &claimed.tries)?;
        assert!(!receive(tx, ctx, "other", &receipt(Delivery::Failed))?, "another provider's");
        let elsewhere = Ctx { project: Arc::from("p2"), ..ctx.clone() };
        assert!(!receive(tx, &elsewhere, "main", &receipt(Delivery::Failed))?, "another project's");
        assert_eq!(list(tx, "p1", 1)?[0].state, "sent");
        for delivery in [Delivery::Failed, Delivery::Delivered, Delivery::Failed] {
            assert!(receive(tx, ctx, "main", &receipt(delivery))?);
            let entry = list(tx, "p1", 1)?.swap_remove(0);
            assert_eq!((entry.state.as_str(), entry.reason.as_str()), ("undelivered", "30003"));
        }
        Ok(())
    });
});

on_both!(a_receipt_says_that_a_message_arrived, |test| {
    let ctx = ctx();
    let claimed = calling_main(&test.db, &ctx);
    write(&test.db, &ctx, move |tx, ctx| {
        settle(tx, ctx, &claimed.id, End::Sent, "", Some("SM1"), &claimed.tries)?;
        let receipt = Receipt { provider_id: "SM1".into(), delivery: Delivery::Delivered, error: None };
        assert!(receive(tx, ctx, "main", &receipt)?);
        assert_eq!(list(tx, "p1", 1)?[0].state, "delivered");
        Ok(())
    });
});

on_both!(a_settled_message_keeps_its_timeline_and_shows_no_number, |test| {
    let ctx = ctx();
    let claimed = calling_main(&test.db, &ctx);
    write(&test.db, &ctx, move |tx, ctx| {
        let tries = try_next(tx, ctx, &claimed.id, &claimed.tries, "second")?;
        settle(tx, ctx, &claimed.id, End::Sent, "", Some("SM2"), &tries)
    });
    let entry = write(&test.db, &ctx, |tx, ctx| list(tx, &ctx.project, 1)).swap_remove(0);
    let providers: Vec<_> = entry.tries.iter().map(|t| (t.provider.as_str(), t.outcome.as_str())).collect();
    assert_eq!(providers, [("main", "calling"), ("second", "calling")]);
    assert_eq!(entry.provider.as_deref(), Some("second"));
    let shown = serde_json::to_string(&entry).unwrap();
    assert!(!shown.contains(NUMBER) && !shown.contains("4071829355"), "{shown}");
});

on_both!(the_longest_waiting_messages_are_taken_first_and_no_more_than_asked_for, |test| {
    let ctx = ctx();
    let ids: Vec<_> = (0..5).map(|n| put(&test.db, &at(&ctx, n), None)).collect();
    let late = at(&ctx, 10);
    let mut first: Vec<_> =
        write(&test.db, &late, |tx, ctx| claim(tx, ctx, 2)).into_iter().map(|claimed| claimed.id).collect();
    first.sort_unstable();
    assert_eq!(first, ids[..2]);
    assert_eq!(write(&test.db, &late, |tx, _| count_queued(tx)), 3);
    assert_eq!(write(&test.db, &late, |tx, _| next_due(tx)), Some(ctx.now.plus_seconds(2)));
});

on_both!(the_worker_is_woken_after_the_commit, |test| {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let other = TestDb::with(
        test.db.kind(),
        Arc::new(move |all| {
            listener.lock().unwrap().extend(all.iter().map(|effect| effect.topic));
        }),
    );
    let ctx = ctx();
    put(&other.db, &ctx, Some("refused"));
    assert_eq!(*heard.lock().unwrap(), [SETTLED]);
    put(&other.db, &ctx, None);
    assert_eq!(*heard.lock().unwrap(), [SETTLED, QUEUED]);
});

on_both!(settled_messages_are_forgotten_after_thirty_days_and_no_others, |test| {
    let ctx = ctx();
    put(&test.db, &ctx, Some("refused"));
    put(&test.db, &ctx, None);
    let day = 86_400;
    assert_eq!(write(&test.db, &at(&ctx, 30 * day), |tx, ctx| purge(tx, ctx.now)), 0);
    assert_eq!(write(&test.db, &at(&ctx, 30 * day + 1), |tx, ctx| purge(tx, ctx.now)), 1);
    assert_eq!(text(&test.db, STATE), "queued");
});

on_both!(dead_messages_are_listed_with_how_many_there_are, |test| {
    let ctx = ctx();
    for _ in 0..3 {
        put(&test.db, &ctx, None);
    }
    let late = at(&ctx, 1_000);
    assert_eq!(write(&test.db, &late, |tx, ctx| recover(tx, ctx.now)), 3);
    let (entries, count) = write(&test.db, &late, |tx, ctx| list_dead(tx, ctx.now.plus_seconds(-1_001)));
    assert_eq!((entries.len(), count), (3, 3));
    assert_eq!(write(&test.db, &late, |tx, ctx| list_dead(tx, ctx.now)).1, 0);
});

on_both!(messages_are_listed_by_what_is_asked_page_by_page, |test| {
    let ctx = ctx();
    let ids: Vec<_> = (0..6).map(|n| put(&test.db, &at(&ctx, n), (n % 2 == 1).then_some("the day is full"))).collect();
    let elsewhere = Ctx { project: Arc::from("p2"), ..ctx.clone() };
    put(&test.db, &elsewhere, None);
    let list = |wanted: Wanted| {
        let entries = wait(test.db.read(move |tx| list_wanted(tx, "p1", &wanted))).unwrap();
        entries.iter().map(|entry| ids.iter().position(|id| *id == entry.id).unwrap()).collect::<Vec<_>>()
    };
    let all = Wanted { limit: 100, ..Wanted::default() };
    assert_eq!(list(all.clone()), [5, 4, 3, 2, 1, 0]);
    assert_eq!(list(Wanted { state: Some("refused".into()), ..all.clone() }), [5, 3, 1]);
    assert_eq!(list(Wanted { state: Some("queued".into()), limit: 2, ..all.clone() }), [4, 2]);
    assert_eq!(list(Wanted { state: Some("dead".into()), ..all.clone() }), [0_usize; 0]);
    assert_eq!(list(Wanted { state: Some("undelivered".into()), ..all.clone() }), [0_usize; 0]);
    assert_eq!(list(Wanted { channel: Some(Channel::Email), ..all.clone() }), [0_usize; 0]);
    let (since, until) = (Some(ctx.now.plus_seconds(1)), Some(ctx.now.plus_seconds(4)));
    assert_eq!(list(Wanted { channel: Some(Channel::Sms), since, until, ..all.clone() }), [3, 2, 1]);
    let after = Some(ids[3].clone());
    assert_eq!(list(Wanted { after: after.clone(), limit: 2, ..all.clone() }), [2, 1]);
    assert_eq!(list(Wanted { after, state: Some("refused".into()), ..all }), [1]);
    let (since, id) = (ctx.now.plus_seconds(1), ids[0].clone());
    let (by_state, dead, found, foreign) = wait(test.db.read(move |tx| {
        let foreign = get(tx, "p2", &id).unwrap_err().code;
        Ok((count_by_state(tx, "p1", since)?, count_dead(tx, "p1", since)?, get(tx, "p1", &id)?, foreign))
    }))
    .unwrap();
    assert_eq!(by_state, [("queued".to_owned(), 2), ("refused".to_owned(), 3)]);
    assert_eq!((dead, found.id.as_str(), foreign), (0, ids[0].as_str(), Code::MessageNotFound));
});

on_both!(a_receipt_tells_when_it_came, |test| {
    let ctx = ctx();
    let claimed = calling_main(&test.db, &ctx);
    let id = claimed.id.clone();
    write(&test.db, &ctx, move |tx, ctx| settle(tx, ctx, &claimed.id, End::Sent, "", Some("SM1"), &claimed.tries));
    let receipt = Receipt { provider_id: "SM1".into(), delivery: Delivery::Delivered, error: None };
    assert!(write(&test.db, &at(&ctx, 7), move |tx, ctx| receive(tx, ctx, "main", &receipt)));
    let entry = wait(test.db.read(move |tx| get(tx, "p1", &id))).unwrap();
    assert_eq!((entry.state.as_str(), entry.receipt_at), ("delivered", Some(ctx.now.plus_seconds(7))));
});

/// A worker whose transaction is still open holds nobody up, and what it took is not taken again.
#[test]
fn two_workers_on_postgres_take_different_messages() {
    let test = TestDb::new(Kind::Postgres);
    let ctx = ctx();
    for _ in 0..4 {
        put(&test.db, &ctx, None);
    }
    let (taken, wait_for_taken) = mpsc::channel();
    let (release, wait_for_release) = mpsc::channel::<()>();
    let wait_for_release = Mutex::new(wait_for_release);
    let slow = std::thread::spawn({
        let (db, ctx) = (test.db.clone(), ctx.clone());
        move || {
            wait(db.write(move |tx| {
                let ids: Vec<_> = claim(tx, &ctx, 2)?.into_iter().map(|claimed| claimed.id).collect();
                taken.send(()).unwrap();
                wait_for_release.lock().unwrap().recv().unwrap();
                Ok(ids)
            }))
        }
    });
    wait_for_taken.recv().unwrap();
    let mut ids: Vec<_> = take(&test.db, &ctx).into_iter().map(|claimed| claimed.id).collect();
    assert_eq!(ids.len(), 2);
    release.send(()).unwrap();
    ids.extend(slow.join().unwrap().unwrap());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
