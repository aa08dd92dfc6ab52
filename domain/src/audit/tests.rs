use std::sync::Arc;

use super::*;
use crate::base::crypto::Keys;
use crate::base::testing::ctx;
use crate::db::testing::{TestDb, wait};
use crate::db::{Db, Kind, Options};
use crate::on_both;

/// Writes `count` events of project `p1`, a second apart, into the ledger.
fn put(db: &Db, ctx: &mut Ctx, count: usize) {
    for n in 0..count {
        ctx.now = ctx.now.plus_seconds(1);
        let ctx = ctx.clone();
        let detail = format!("{{\"n\":{n}}}");
        wait(db.write(move |tx| record(tx, &ctx, What::SessionCreate, Some("anna"), &detail))).unwrap();
    }
}

/// What a worker does: everything that waits, in batches; gives what went wrong.
async fn work(db: Db, keys: Arc<Keys>, most: i64) -> Vec<(String, crate::base::Error)> {
    let mut mark = Mark::START;
    let mut failed = Vec::new();
    loop {
        let (from, with) = (mark.clone(), Arc::clone(&keys));
        let batch = db.read(move |tx| unchained(tx, &with, &from, most)).await.unwrap();
        let Some(last) = batch.last().cloned() else { return failed };
        mark = last;
        failed.extend(db.write(move |tx| chain(tx, &batch)).await.unwrap());
    }
}

fn chain_all(db: &Db, ctx: &Ctx) {
    assert!(wait(work(db.clone(), Arc::clone(&ctx.keys), 512)).is_empty());
}

/// A chain of five events.
fn five(test: &TestDb) -> Ctx {
    let mut ctx = ctx();
    put(&test.db, &mut ctx, 5);
    chain_all(&test.db, &ctx);
    ctx
}

fn look(db: &Db, ctx: &Ctx, noted: Option<&Head>) -> Chain {
    let (ctx, noted) = (ctx.clone(), noted.cloned());
    wait(db.read(move |tx| verify(tx, &ctx.keys, ctx.now, &ctx.project, noted.as_ref()))).unwrap()
}

/// Where the chain is broken, and how.
fn fault(db: &Db, ctx: &Ctx) -> Option<(i64, Wrong)> {
    look(db, ctx, None).fault.map(|f| (f.seq, f.what))
}

fn tamper(db: &Db, statements: &[&'static str]) {
    for sql in statements.iter().copied() {
        let changed = wait(db.write(move |tx| tx.exec(sql, args![]))).unwrap();
        assert!(changed > 0, "{sql}");
    }
}

on_both!(what_was_written_is_chained_in_the_order_of_time_and_is_sound, |test| {
    let mut ctx = ctx();
    assert_eq!(look(&test.db, &ctx, None).head, Head::default());
    put(&test.db, &mut ctx, 7);
    let before = look(&test.db, &ctx, None);
    assert_eq!((before.head.seq, before.waiting, before.fault), (0, 7, None));
    // Batches that are smaller than what waits, and what comes later.
    assert!(wait(work(test.db.clone(), Arc::clone(&ctx.keys), 3)).is_empty());
    let middle = look(&test.db, &ctx, None);
    put(&test.db, &mut ctx, 2);
    chain_all(&test.db, &ctx);
    let after = look(&test.db, &ctx, Some(&middle.head));
    assert_eq!((middle.head.seq, after.head.seq, after.waiting, after.fault), (7, 9, 0, None));
    let ordered = "SELECT COUNT(*) FROM audit_events a JOIN audit_events b ON b.seq = a.seq + 1 WHERE a.at < b.at";
    let pairs: i64 = wait(test.db.read(move |tx| tx.find(ordered, args![], |row| row.get(0)))).unwrap().unwrap();
    assert_eq!(pairs, 8);
});

on_both!(a_chain_may_be_longer_than_a_page, |test| {
    let ctx = ctx();
    let many = ctx.clone();
    wait(test.db.write(move |tx| (0..1_201).try_for_each(|_| record(tx, &many, What::SessionCreate, None, "{}"))))
        .unwrap();
    chain_all(&test.db, &ctx);
    assert_eq!((look(&test.db, &ctx, None).head.seq, fault(&test.db, &ctx)), (1_201, None));
    tamper(&test.db, &["UPDATE audit_events SET detail = '{ }' WHERE seq = 1001"]);
    assert_eq!(fault(&test.db, &ctx), Some((1_001, Wrong::Altered)));
});

on_both!(each_project_has_a_chain_of_its_own, |test| {
    let mut first = five(test);
    let mut second = Ctx { project: Arc::from("p2"), ..first.clone() };
    put(&test.db, &mut second, 1);
    put(&test.db, &mut first, 1);
    let mut none = Ctx { project: Arc::from(""), ..first.clone() };
    put(&test.db, &mut none, 1);
    chain_all(&test.db, &first);
    assert_eq!([&first, &second, &none].map(|ctx| look(&test.db, ctx, None).head.seq), [6, 1, 1]);
    assert_eq!(wait(test.db.read(list_projects)).unwrap(), ["", "p1", "p2"]);
});

on_both!(an_event_that_is_altered_in_any_column_is_found, |test| {
    let mut ctx = five(test);
    // An event of nobody.
    let nobody = ctx.clone();
    wait(test.db.write(move |tx| record(tx, &nobody, What::KeysReset, None, "{}"))).unwrap();
    put(&test.db, &mut ctx, 1);
    chain_all(&test.db, &ctx);
    for (seq, change, undo) in [
        (2, "detail = '{\"n\":9}'", "detail = '{\"n\":1}'"),
        (2, "at = at + 1", "at = at - 1"),
        (2, "event = 'session.delete'", "event = 'session.create'"),
        (2, "actor = 'system'", "actor = 'guest'"),
        (2, "user_id = 'bernd'", "user_id = 'anna'"),
        (2, "address = '192.0.2.9'", "address = '192.0.2.1'"),
        (2, "agent = 'curl'", "agent = ''"),
        // Where one column ends and the next begins is part of it.
        (2, "address = '192.0.2.', agent = '1'", "address = '192.0.2.1', agent = ''"),
        (2, "id = 'x' || id", "id = substr(id, 2)"),
        (6, "user_id = ''", "user_id = NULL"),
    ] {
        let set = |what: &str| {
            let sql: &'static str = format!("UPDATE audit_events SET {what} WHERE seq = {seq}").leak();
            tamper(&test.db, &[sql]);
        };
        set(change);
        assert_eq!(fault(&test.db, &ctx), Some((seq, Wrong::Altered)), "{change}");
        assert_eq!(look(&test.db, &ctx, None).head.seq, seq - 1);
        set(undo);
        assert_eq!(fault(&test.db, &ctx), None, "{undo}");
    }
    tamper(&test.db, &["UPDATE audit_events SET hash = NULL WHERE seq = 4"]);
    assert_eq!(fault(&test.db, &ctx), Some((4, Wrong::Altered)));
});

on_both!(an_event_that_is_removed_from_the_middle_is_missed, |test| {
    let ctx = five(test);
    tamper(&test.db, &["DELETE FROM audit_events WHERE seq IN (2, 3)"]);
    let found = look(&test.db, &ctx, None).fault.unwrap();
    assert_eq!((found.seq, found.what), (2, Wrong::Missing { until: 3 }));
    assert_eq!(found.to_string(), "events 2 to 3 are missing");
    // Closing the gap helps nobody.
    tamper(
        &test.db,
        &[
            "UPDATE audit_events SET seq = 2 WHERE seq = 4",
            "UPDATE audit_events SET seq = 3 WHERE seq = 5",
            "UPDATE audit_heads SET seq = 3",
        ],
    );
    assert_eq!(fault(&test.db, &ctx), Some((2, Wrong::Altered)));
});

on_both!(events_removed_from_the_end_are_missed_and_with_their_trace_by_who_noted_the_head, |test| {
    let ctx = five(test);
    let head = look(&test.db, &ctx, None).head;
    tamper(&test.db, &["DELETE FROM audit_events WHERE seq > 3"]);
    assert_eq!(fault(&test.db, &ctx), Some((4, Wrong::Missing { until: 5 })));
    tamper(
        &test.db,
        &["UPDATE audit_heads SET seq = 3, hash = (SELECT hash FROM audit_events WHERE seq = 3 AND project_id = 'p1')"],
    );
    assert_eq!(fault(&test.db, &ctx), None);
    let found = look(&test.db, &ctx, Some(&head)).fault.unwrap();
    assert_eq!((found.seq, found.what), (4, Wrong::Missing { until: 5 }));
    // Filled up with others, it is another chain.
    put(&test.db, &mut ctx.clone(), 2);
    chain_all(&test.db, &ctx);
    assert_eq!(fault(&test.db, &ctx), None);
    let found = look(&test.db, &ctx, Some(&head)).fault.unwrap();
    assert_eq!((found.seq, found.what), (5, Wrong::Rewritten));
    tamper(&test.db, &["DELETE FROM audit_events", "DELETE FROM audit_heads"]);
    assert_eq!(fault(&test.db, &ctx), None);
    assert_eq!(look(&test.db, &ctx, Some(&head)).fault.unwrap().what, Wrong::Missing { until: 5 });
});

on_both!(a_noted_end_that_was_altered_is_found, |test| {
    let ctx = five(test);
    for change in [
        "UPDATE audit_heads SET seq = 4",
        "UPDATE audit_heads SET seq = 5, hash = (SELECT hash FROM audit_events WHERE seq = 4)",
        "DELETE FROM audit_heads",
    ] {
        tamper(&test.db, &[change]);
        assert_eq!(fault(&test.db, &ctx), Some((5, Wrong::Head)), "{change}");
    }
});

on_both!(events_that_change_places_are_found, |test| {
    let ctx = five(test);
    tamper(
        &test.db,
        &[
            "UPDATE audit_events SET seq = 0 WHERE seq = 3",
            "UPDATE audit_events SET seq = 3 WHERE seq = 4",
            "UPDATE audit_events SET seq = 4 WHERE seq = 0",
        ],
    );
    assert_eq!(fault(&test.db, &ctx), Some((3, Wrong::Altered)));
});

on_both!(an_event_that_was_made_up_is_found_wherever_it_is_put, |test| {
    const FAKE: &str = "INSERT INTO audit_events (id, project_id, at, event, actor, user_id, address, agent, detail,
        seq, hash) SELECT 'fake', project_id, at, event, actor, 'bernd', address, agent, detail, 0, hash
        FROM audit_events WHERE seq = 3";
    const END: [&str; 2] = [
        "UPDATE audit_events SET seq = 6 WHERE id = 'fake'",
        "UPDATE audit_heads SET seq = 6, hash = (SELECT hash FROM audit_events WHERE id = 'fake')",
    ];
    let ctx = five(test);
    tamper(&test.db, &[FAKE]);
    let found = look(&test.db, &ctx, None).fault.unwrap();
    assert_eq!((found.seq, found.event.as_deref(), found.what), (0, Some("fake"), Wrong::Inserted));
    tamper(&test.db, &END[..1]);
    assert_eq!(fault(&test.db, &ctx), Some((6, Wrong::Inserted)));
    tamper(&test.db, &END[1..]);
    assert_eq!(fault(&test.db, &ctx), Some((6, Wrong::Altered)));
    // In the middle, the others moved up.
    tamper(
        &test.db,
        &[
            "UPDATE audit_events SET seq = 0 WHERE id = 'fake'",
            "UPDATE audit_events SET seq = 6 WHERE seq = 5",
            "UPDATE audit_events SET seq = 5 WHERE seq = 4",
            "UPDATE audit_events SET seq = 4 WHERE id = 'fake'",
        ],
    );
    let found = look(&test.db, &ctx, None).fault.unwrap();
    assert_eq!((found.seq, found.event.as_deref(), found.what), (4, Some("fake"), Wrong::Inserted));
});

on_both!(an_event_moved_to_another_project_breaks_both_chains, |test| {
    let ctx = five(test);
    tamper(&test.db, &["UPDATE audit_events SET project_id = 'p2' WHERE seq = 3"]);
    assert_eq!(fault(&test.db, &ctx), Some((3, Wrong::Missing { until: 3 })));
    let other = Ctx { project: Arc::from("p2"), ..ctx };
    assert_eq!(fault(&test.db, &other), Some((1, Wrong::Missing { until: 2 })));
});

on_both!(with_another_key_file_nothing_fits, |test| {
    let ctx = five(test);
    let other = Ctx { keys: Arc::new(Keys::from_master(&[8; 32]).unwrap()), ..ctx.clone() };
    assert_eq!(fault(&test.db, &other), Some((1, Wrong::Altered)));
    // Nor can whoever lacks the key add to it.
    let mut next = ctx.clone();
    put(&test.db, &mut next, 1);
    chain_all(&test.db, &other);
    assert_eq!(fault(&test.db, &ctx), Some((6, Wrong::Altered)));
});

on_both!(workers_that_race_leave_one_unbroken_chain, |test| {
    let db = match test.db.kind() {
        Kind::Sqlite => test.db.clone(),
        Kind::Postgres => Db::open(&Options { connections: 8, ..Options::new(test.url.clone()) }).unwrap(),
    };
    let ctx = ctx();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let writers = (0..4).map(|n| {
            let (db, ctx) = (db.clone(), Ctx { project: Arc::from(format!("p{}", n % 2)), ..ctx.clone() });
            tokio::spawn(async move {
                for _ in 0..100 {
                    let ctx = ctx.clone();
                    db.write(move |tx| record(tx, &ctx, What::SessionCreate, None, "{}")).await.unwrap();
                }
            })
        });
        let workers = (0..4).map(|_| {
            let (db, keys) = (db.clone(), Arc::clone(&ctx.keys));
            tokio::spawn(async move {
                for _ in 0..25 {
                    assert!(work(db.clone(), Arc::clone(&keys), 7).await.is_empty());
                }
            })
        });
        let tasks: Vec<_> = writers.chain(workers).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    chain_all(&test.db, &ctx);
    for project in ["p0", "p1"] {
        let found = look(&test.db, &Ctx { project: Arc::from(project), ..ctx.clone() }, None);
        assert_eq!((found.head.seq, found.waiting, found.fault), (200, 0, None));
    }
});

on_both!(a_worker_that_was_overtaken_writes_nothing, |test| {
    let mut ctx = ctx();
    put(&test.db, &mut ctx, 2);
    let keys = Arc::clone(&ctx.keys);
    let stale = Arc::new(wait(test.db.read(move |tx| unchained(tx, &keys, &Mark::START, 512))).unwrap());
    for _ in 0..2 {
        // First behind no head, then behind one that is not the end any more.
        chain_all(&test.db, &ctx);
        let stale = Arc::clone(&stale);
        assert!(wait(test.db.write(move |tx| chain(tx, &stale))).unwrap().is_empty());
        assert_eq!(fault(&test.db, &ctx), None);
        put(&test.db, &mut ctx, 1);
    }
    assert_eq!(look(&test.db, &ctx, None).head.seq, 3);
});

on_both!(an_event_that_is_seen_late_is_chained_when_it_is_seen, |test| {
    let mut ctx = five(test);
    let mut early = Ctx { now: ctx.now.plus_seconds(-3), ..ctx.clone() };
    put(&test.db, &mut early, 1);
    put(&test.db, &mut ctx, 1);
    chain_all(&test.db, &ctx);
    assert_eq!((look(&test.db, &ctx, None).head.seq, fault(&test.db, &ctx)), (7, None));
});

on_both!(events_that_are_removed_before_they_are_chained_leave_no_hole, |test| {
    let mut ctx = ctx();
    put(&test.db, &mut ctx, 3);
    let keys = Arc::clone(&ctx.keys);
    let batch = wait(test.db.read(move |tx| unchained(tx, &keys, &Mark::START, 512))).unwrap();
    tamper(&test.db, &["DELETE FROM audit_events WHERE detail = '{\"n\":1}'"]);
    assert_eq!(wait(test.db.write(move |tx| chain(tx, &batch))).unwrap().len(), 1);
    assert_eq!(look(&test.db, &ctx, None).head.seq, 0);
    chain_all(&test.db, &ctx);
    assert_eq!((look(&test.db, &ctx, None).head.seq, fault(&test.db, &ctx)), (2, None));
});

on_both!(a_broken_chain_keeps_no_other_from_growing, |test| {
    let mut ctx = five(test);
    let mut other = Ctx { project: Arc::from("p2"), ..ctx.clone() };
    put(&test.db, &mut ctx, 4);
    put(&test.db, &mut other, 4);
    tamper(&test.db, &["DELETE FROM audit_heads WHERE project_id = 'p1'"]);
    let failed = wait(work(test.db.clone(), Arc::clone(&ctx.keys), 2));
    assert!(!failed.is_empty() && failed.iter().all(|(project, _)| project == "p1"), "{failed:?}");
    assert!(failed[0].1.to_string().contains("countersign audit verify"), "{failed:?}");
    assert_eq!(look(&test.db, &other, None).head.seq, 4);
    assert_eq!(fault(&test.db, &ctx), Some((5, Wrong::Head)));
});

on_both!(a_head_that_was_written_by_hand_stops_its_chain_or_shows, |test| {
    let mut ctx = five(test);
    put(&test.db, &mut ctx, 1);
    for (change, stopped, found) in [
        ("UPDATE audit_heads SET seq = 9223372036854775807", true, (6, Wrong::Missing { until: i64::MAX })),
        ("UPDATE audit_heads SET seq = 3", true, (5, Wrong::Head)),
        ("UPDATE audit_heads SET seq = 8", false, (6, Wrong::Missing { until: 8 })),
    ] {
        tamper(&test.db, &[change]);
        let failed = wait(work(test.db.clone(), Arc::clone(&ctx.keys), 512));
        assert_eq!((!failed.is_empty(), fault(&test.db, &ctx)), (stopped, Some(found)), "{change}");
    }
});

on_both!(what_waits_too_long_is_told_and_is_a_fault_when_later_events_did_not_wait, |test| {
    let mut ctx = five(test);
    put(&test.db, &mut ctx, 1);
    let since = ctx.now;
    let late = |seconds| Ctx { now: since.plus_seconds(seconds), ..ctx.clone() };
    assert_eq!(look(&test.db, &late(60), None).overdue_since, None);
    let found = look(&test.db, &late(61), None);
    assert_eq!((found.waiting, found.overdue_since, found.fault), (1, Some(since), None));
    // One that was taken out of sight of the worker.
    tamper(&test.db, &["UPDATE audit_events SET project_id = 'aside' WHERE seq IS NULL"]);
    put(&test.db, &mut late(61), 1);
    chain_all(&test.db, &ctx);
    tamper(&test.db, &["UPDATE audit_events SET project_id = 'p1', seq = NULL WHERE project_id = 'aside'"]);
    let found = look(&test.db, &late(62), None).fault.unwrap();
    assert!(found.event.is_some() && found.what == Wrong::LeftOut, "{found:?}");
});

on_both!(chains_of_a_lost_key_are_made_anew, |test| {
    let ctx = five(test);
    let head = look(&test.db, &ctx, None).head;
    wait(test.db.write(forget_chains)).unwrap();
    let other = Ctx { keys: Arc::new(Keys::from_master(&[8; 32]).unwrap()), ..ctx };
    chain_all(&test.db, &other);
    assert_eq!((look(&test.db, &other, None).head.seq, fault(&test.db, &other)), (5, None));
    assert_eq!(look(&test.db, &other, Some(&head)).fault.unwrap().what, Wrong::Rewritten);
});

on_both!(a_users_events_are_listed_the_newest_first_and_counted_up_to_a_bound, |test| {
    let mut ctx = five(test);
    put(&test.db, &mut ctx, 2);
    let page =
        |user: &'static str, limit, offset| wait(test.db.read(move |tx| list(tx, "p1", user, limit, offset))).unwrap();
    let (events, total) = page("anna", 3, 1);
    let details: Vec<_> = events.iter().map(|e| e.detail.as_str()).collect();
    assert_eq!((details, total), (vec!["{\"n\":0}", "{\"n\":4}", "{\"n\":3}"], 7));
    let Event { at, event, actor, user, address, agent, .. } = &events[0];
    assert_eq!((*at, event.as_str(), actor.as_str()), (ctx.now.plus_seconds(-1), "session.create", "guest"));
    assert_eq!((user.as_deref(), address.as_str(), agent.as_str()), (Some("anna"), "192.0.2.1", ""));
    assert_eq!(page("bernd", 25, 0), (Vec::new(), 0));
    assert_eq!(wait(test.db.read(|tx| list(tx, "p2", "anna", 25, 0))).unwrap(), (Vec::new(), 0));
    wait(
        test.db
            .write(move |tx| (0..5_001).try_for_each(|_| record(tx, &ctx, What::SessionCreate, Some("clara"), "{}"))),
    )
    .unwrap();
    assert_eq!(page("clara", 1, 0).1, 5_000);
});

on_both!(the_events_of_a_project_are_listed_by_what_is_asked_page_by_page, |test| {
    let mut ctx = ctx();
    let start = ctx.now;
    put(&test.db, &mut ctx, 5);
    let others = [
        ("p1", What::UserDelete, Some("bernd"), Actor::Admin("a1".into())),
        ("p2", What::UserDelete, None, Actor::System),
    ];
    for (project, what, user, actor) in others {
        ctx.now = ctx.now.plus_seconds(1);
        let ctx = Ctx { project: Arc::from(project), actor, ..ctx.clone() };
        wait(test.db.write(move |tx| record(tx, &ctx, what, user, "{}"))).unwrap();
    }
    let list = |wanted: Wanted| wait(test.db.read(move |tx| list_wanted(tx, "p1", &wanted))).unwrap();
    let seconds = |events: &[Event]| events.iter().map(|e| e.at.micros_since(start) / 1_000_000).collect::<Vec<_>>();
    let all = Wanted { limit: 100, ..Wanted::default() };
    assert_eq!(seconds(&list(all.clone())), [6, 5, 4, 3, 2, 1]);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(seconds(&list(Wanted { event: some("user.delete"), ..all.clone() })), [6]);
    assert_eq!(seconds(&list(Wanted { actor: some("admin:a1"), ..all.clone() })), [6]);
    assert_eq!(seconds(&list(Wanted { user: some("anna"), limit: 2, ..all.clone() })), [5, 4]);
    assert!(list(Wanted { user: some("anna"), event: some("user.delete"), ..all.clone() }).is_empty());
    let between = Wanted { since: Some(start.plus_seconds(2)), until: Some(start.plus_seconds(5)), ..all.clone() };
    assert_eq!(seconds(&list(between.clone())), [4, 3, 2]);
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = list(Wanted { after: after.take(), limit: 2, ..all.clone() });
        let Some(oldest) = page.last() else { break };
        after = Some(oldest.id.clone());
        seen.extend(seconds(&page));
    }
    assert_eq!(seen, [6, 5, 4, 3, 2, 1]);
    let first = list(Wanted { limit: 1, ..between.clone() });
    assert_eq!(seconds(&list(Wanted { after: Some(first[0].id.clone()), ..between })), [3, 2]);
});

on_both!(an_administrators_acts_are_written_down_and_the_commands_are_not, |test| {
    let ctx = ctx();
    let count = |actor: Actor| {
        let ctx = Ctx { actor, ..ctx.clone() };
        wait(test.db.write(move |tx| {
            record_act(tx, &ctx, What::ProjectUpdate, &serde_json::json!({"changed": ["otp.length"]}))?;
            list_wanted(tx, "p1", &Wanted { limit: 9, ..Wanted::default() })
        }))
        .unwrap()
    };
    assert!(count(Actor::System).is_empty());
    let told = count(Actor::Admin("a1".into()));
    assert_eq!((told[0].actor.as_str(), told[0].detail.as_str()), ("admin:a1", r#"{"changed":["otp.length"]}"#));
});

#[test]
fn a_head_is_read_as_it_is_written() {
    let head = Head { seq: 12, hash: vec![0xab; 32] };
    assert_eq!(head.to_string(), format!("12:{}", "ab".repeat(32)));
    assert_eq!(head.to_string().to_uppercase().parse::<Head>().unwrap(), head);
    for bad in
        ["", "12", "12:", "0:", ":ab", "12:ab", &format!("0:{}", "ab".repeat(32)), &format!("1:{}", "xy".repeat(32))]
    {
        assert!(bad.parse::<Head>().is_err(), "{bad}");
    }
}
