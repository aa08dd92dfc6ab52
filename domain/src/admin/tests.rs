use std::net::IpAddr;

use super::*;
use crate::base::testing::ctx;
use crate::base::time::{DAY, HOUR};
use crate::db::testing::{TestDb, wait};
use crate::on_both;

const TRAIL: &str = "SELECT event, actor, detail, project_id FROM audit_events ORDER BY id";

fn write<T: Send + 'static>(
    test: &TestDb,
    ctx: &Ctx,
    work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
) -> Result<T, Code> {
    let ctx = ctx.clone();
    wait(test.db.write(move |tx| work(tx, &ctx))).map_err(|error| error.code)
}

/// Makes an administrator whose "hash" is a text, which most rules do not look into.
fn make(test: &TestDb, ctx: &Ctx, email: &'static str) -> Known {
    write(test, ctx, move |tx, ctx| {
        create(tx, ctx, email, "hash one")?;
        find_by_email(tx, email).map(Option::unwrap)
    })
    .unwrap()
}

fn open(test: &TestDb, ctx: &Ctx, known: &Known) -> Result<(Session, Secret), Code> {
    let known = known.clone();
    write(test, ctx, move |tx, ctx| create_session(tx, ctx, &known))
}

fn holder(test: &TestDb, secret: &Secret, now: Time) -> Option<String> {
    let secret = secret.clone();
    let found = wait(test.db.read(move |tx| find_session(tx, &secret, now))).unwrap();
    found.map(|(_, admin)| admin.email)
}

fn token_holder(test: &TestDb, secret: &Secret, now: Time) -> Option<String> {
    let secret = secret.clone();
    wait(test.db.read(move |tx| find_token(tx, &secret, now))).unwrap().map(|token| token.admin.email)
}

#[test]
fn a_password_is_right_wrong_or_of_nobody() {
    let (ctx, right) = (ctx(), Secret::new("correct horse battery"));
    let hash = Secret::new(hash_password(&ctx, &right).unwrap());
    let admin = Admin { id: "a".into(), email: "ada@example.com".into(), created_at: ctx.now };
    let known = Known { admin, hash };
    assert!(is_password(&right, Some(&known)).unwrap());
    assert!(!is_password(&Secret::new("correct horse batterx"), Some(&known)).unwrap());
    assert!(!is_password(&right, None).unwrap());
    assert!(!format!("{known:?}").contains("argon2"));
}

#[test]
fn a_password_has_twelve_characters_and_an_end() {
    let check = |text: String| check_password(&Secret::new(text)).is_ok();
    assert!(!check("x".repeat(11)) && check("x".repeat(12)) && check("ä".repeat(12)));
    assert!(check("x".repeat(LONGEST)) && !check("x".repeat(LONGEST + 1)));
}

on_both!(an_address_has_one_administrator_whatever_its_case, |test| {
    let ctx = ctx();
    make(test, &ctx, "Ada@Example.com");
    for again in ["ada@example.com", " ADA@example.COM "] {
        assert_eq!(write(test, &ctx, move |tx, ctx| create(tx, ctx, again, "x")), Err(Code::AdminExists));
        assert_eq!(
            wait(test.db.read(move |tx| find_by_email(tx, again))).unwrap().unwrap().admin.email,
            "ada@example.com"
        );
    }
    for bad in ["ada", "@example.com", "a b@example.com", ""] {
        let refused = write(test, &ctx, move |tx, ctx| create(tx, ctx, bad, "x")).unwrap_err();
        assert!(matches!(refused, Code::InvalidValue { field, .. } if field == "email"), "{bad}");
    }
});

on_both!(a_session_ends_after_an_hour_of_nothing_and_after_twelve_hours_of_anything, |test| {
    let ctx = ctx();
    let ada = make(test, &ctx, "ada@example.com");
    let (session, secret) = open(test, &ctx, &ada).unwrap();
    assert_eq!((secret.expose().len(), session.ends_at()), (64, ctx.now.plus_micros(HOUR)));
    let at = |micros| holder(test, &secret, ctx.now.plus_micros(micros)).is_some();
    assert!(at(HOUR - 1) && !at(HOUR));
    assert!(!is_touch_due(&session, ctx.now.plus_seconds(59)) && is_touch_due(&session, ctx.now.plus_seconds(60)));
    // Busy all day.
    for minutes in (0..12 * 60).step_by(50) {
        let (id, now) = (session.id.clone(), ctx.now.plus_seconds(minutes * 60));
        write(test, &ctx, move |tx, _| touch_session(tx, &id, now)).unwrap();
        assert!(holder(test, &secret, now.plus_seconds(60)).is_some(), "{minutes}");
    }
    assert!(at(12 * HOUR - 1) && !at(12 * HOUR));
    let purged = write(test, &ctx, |tx, ctx| {
        Ok((purge(tx, ctx.now.plus_micros(LIFETIME))?, purge(tx, ctx.now.plus_micros(LIFETIME + 1))?))
    });
    assert_eq!(purged, Ok((0, 1)));
});

on_both!(of_a_session_or_token_only_the_hash_is_stored, |test| {
    let ctx = ctx();
    let ada = make(test, &ctx, "ada@example.com");
    let (_, session) = open(test, &ctx, &ada).unwrap();
    let id = ada.admin.id.clone();
    let new = NewToken { name: "ci".into(), expires_at: None };
    let (_, token) = write(test, &ctx, move |tx, ctx| create_token(tx, ctx, &id, &new)).unwrap();
    for (secret, sql) in [(session, "SELECT hash FROM admin_sessions"), (token, "SELECT hash FROM admin_tokens")] {
        let stored = wait(test.db.read(move |tx| tx.find(sql, args![], |row| row.get::<Vec<u8>>(0)))).unwrap().unwrap();
        assert_eq!(stored, crate::base::crypto::sha256(secret.expose().as_bytes()));
    }
});

on_both!(a_session_is_its_administrators_to_end, |test| {
    let mut ctx = ctx();
    ctx.address = Some(IpAddr::from([198, 51, 100, 7]));
    ctx.user_agent = Some("curl/8".into());
    let (ada, bob) = (make(test, &ctx, "ada@example.com"), make(test, &ctx, "bob@example.com"));
    let (one, first) = open(test, &ctx, &ada).unwrap();
    let (_, second) = open(test, &ctx, &ada).unwrap();
    let (_, other) = open(test, &ctx, &bob).unwrap();
    let (id, now) = (ada.admin.id.clone(), ctx.now);
    let listed = wait(test.db.read(move |tx| list_sessions(tx, &id, now))).unwrap();
    assert_eq!((listed.len(), listed[0].address.as_str(), listed[0].agent.as_str()), (2, "198.51.100.7", "curl/8"));
    let (admin, id) = (bob.admin.clone(), one.id.clone());
    assert_eq!(write(test, &ctx, move |tx, ctx| delete_session(tx, ctx, &admin, &id)), Err(Code::SessionNotFound));
    let (admin, id) = (ada.admin.clone(), one.id.clone());
    write(test, &ctx, move |tx, ctx| delete_session(tx, ctx, &admin, &id)).unwrap();
    let left = [&first, &second, &other].map(|secret| holder(test, secret, ctx.now).is_some());
    assert_eq!(left, [false, true, true]);
    let admin = ada.admin.clone();
    assert_eq!(write(test, &ctx, move |tx, ctx| delete_sessions(tx, ctx, &admin)), Ok(1));
    assert_eq!([&second, &other].map(|secret| holder(test, secret, ctx.now).is_some()), [false, true]);
});

on_both!(another_password_ends_the_other_sessions_and_refuses_who_was_checked_before, |test| {
    let ctx = ctx();
    let ada = make(test, &ctx, "ada@example.com");
    let (kept, mine) = open(test, &ctx, &ada).unwrap();
    let (_, other) = open(test, &ctx, &ada).unwrap();
    let (id, keep) = (ada.admin.id.clone(), kept.id.clone());
    write(test, &ctx, move |tx, ctx| set_password(tx, ctx, &id, "hash two", Some(&keep))).unwrap();
    assert_eq!([&mine, &other].map(|secret| holder(test, secret, ctx.now).is_some()), [true, false]);
    assert_eq!(open(test, &ctx, &ada).unwrap_err(), Code::InvalidCredentials);
    let id = ada.admin.id.clone();
    write(test, &ctx, move |tx, ctx| set_password(tx, ctx, &id, "hash three", None)).unwrap();
    assert!(holder(test, &mine, ctx.now).is_none());
    let nobody = write(test, &ctx, |tx, ctx| set_password(tx, ctx, "nobody", "x", None));
    assert_eq!(nobody, Err(Code::AdminNotFound));
});

on_both!(a_token_works_until_it_expires_or_is_revoked, |test| {
    let ctx = ctx();
    let ada = make(test, &ctx, "ada@example.com");
    let create = |name: &str, expires_at: Option<Time>| {
        let (id, new) = (ada.admin.id.clone(), NewToken { name: name.to_owned(), expires_at });
        write(test, &ctx, move |tx, ctx| create_token(tx, ctx, &id, &new))
    };
    let (forever, secret) = {
        let (id, new) = (ada.admin.id.clone(), NewToken { name: "ci".to_owned(), expires_at: None });
        let early = Ctx { now: ctx.now.plus_seconds(-1), ..ctx.clone() };
        write(test, &early, move |tx, ctx| create_token(tx, ctx, &id, &new)).unwrap()
    };
    let (_, short) = create("night", Some(ctx.now.plus_seconds(60))).unwrap();
    assert!(secret.expose().starts_with("cs_admin_") && secret.expose().len() == PREFIX.len() + 64);
    let far = ctx.now.plus_micros(10_000 * DAY);
    assert_eq!(token_holder(test, &secret, far).as_deref(), Some("ada@example.com"));
    assert!(token_holder(test, &short, ctx.now.plus_seconds(59)).is_some());
    assert!(token_holder(test, &short, ctx.now.plus_seconds(60)).is_none());
    assert!(token_holder(test, &Secret::new(format!("{}x", secret.expose())), ctx.now).is_none());
    for (name, expires_at) in [("", None), (" ", None), ("a\nb", None), ("ci", Some(ctx.now))] {
        assert!(matches!(create(name, expires_at), Err(Code::InvalidValue { .. })), "{name:?}");
    }
    assert!(create(&"x".repeat(129), None).is_err());

    assert!(is_token_touch_due(&forever, ctx.now));
    let id = forever.id.clone();
    write(test, &ctx, move |tx, ctx| touch_token(tx, &id, ctx.now)).unwrap();
    let listed = wait(test.db.read(list_tokens)).unwrap();
    assert_eq!(
        listed.iter().map(|t| (t.name.as_str(), t.accessed_at)).collect::<Vec<_>>(),
        [("ci", Some(ctx.now)), ("night", None)]
    );
    assert!(!is_token_touch_due(&listed[0], ctx.now.plus_micros(DAY - 1)));
    assert!(is_token_touch_due(&listed[0], ctx.now.plus_micros(DAY)));

    let id = forever.id.clone();
    write(test, &ctx, move |tx, ctx| delete_token(tx, ctx, &id)).unwrap();
    assert!(token_holder(test, &secret, ctx.now).is_none());
    let id = forever.id.clone();
    assert_eq!(write(test, &ctx, move |tx, ctx| delete_token(tx, ctx, &id)), Err(Code::AdminTokenNotFound));
});

on_both!(an_administrator_goes_with_all_that_is_his_and_the_last_one_stays, |test| {
    let ctx = ctx();
    let (ada, bob) = (make(test, &ctx, "ada@example.com"), make(test, &ctx, "bob@example.com"));
    let (_, session) = open(test, &ctx, &ada).unwrap();
    let (id, new) = (ada.admin.id.clone(), NewToken { name: "ci".into(), expires_at: None });
    let (_, token) = write(test, &ctx, move |tx, ctx| create_token(tx, ctx, &id, &new)).unwrap();
    let remove = |id: &str| {
        let id = id.to_owned();
        write(test, &ctx, move |tx, ctx| delete(tx, ctx, &id))
    };
    assert_eq!(remove("nobody"), Err(Code::AdminNotFound));
    remove(&ada.admin.id).unwrap();
    assert!(holder(test, &session, ctx.now).is_none() && token_holder(test, &token, ctx.now).is_none());
    assert_eq!(remove(&ada.admin.id), Err(Code::AdminNotFound));
    assert_eq!(remove(&bob.admin.id), Err(Code::LastAdmin));
    assert_eq!(wait(test.db.read(list)).unwrap(), [bob.admin]);
});

#[test]
fn two_who_remove_each_other_leave_one() {
    let test = TestDb::new(crate::db::Kind::Postgres);
    let ctx = ctx();
    for _ in 0..10 {
        let both = [make(&test, &ctx, "ada@example.com"), make(&test, &ctx, "bob@example.com")];
        std::thread::scope(|scope| {
            for known in &both {
                let (test, ctx, id) = (&test, &ctx, known.admin.id.clone());
                scope.spawn(move || drop(write(test, ctx, move |tx, ctx| delete(tx, ctx, &id))));
            }
        });
        assert_eq!(wait(test.db.read(list)).unwrap().len(), 1);
        let gone = wait(test.db.write(|tx| tx.exec("DELETE FROM admins", args![]))).unwrap();
        assert_eq!(gone, 1);
    }
}

on_both!(what_is_done_to_administrators_is_in_the_trail_of_no_project, |test| {
    let mut ctx = ctx();
    let ada = make(test, &ctx, "ada@example.com");
    ctx.actor = crate::base::Actor::Admin(ada.admin.id.clone());
    ctx.now = ctx.now.plus_seconds(1);
    let (id, new) = (ada.admin.id.clone(), NewToken { name: "ci".into(), expires_at: None });
    let (token, secret) = write(test, &ctx, move |tx, ctx| create_token(tx, ctx, &id, &new)).unwrap();
    let rows = wait(test.db.read(|tx| {
        tx.list(TRAIL, args![], |row| {
            Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<String>(2)?, row.get::<String>(3)?))
        })
    }))
    .unwrap();
    let told = rows.iter().map(|(event, actor, _, project)| (event.as_str(), actor.as_str(), project.as_str()));
    let actor = format!("admin:{}", ada.admin.id);
    assert_eq!(told.collect::<Vec<_>>(), [("admin.create", "guest", ""), ("admin-token.create", &actor, "")]);
    let detail: serde_json::Value = serde_json::from_str(&rows[1].2).unwrap();
    assert_eq!(detail, json!({"admin": ada.admin.id, "email": "ada@example.com", "id": token.id, "name": "ci"}));
    assert!(!rows[1].2.contains(secret.expose()));
});
