use std::sync::{Arc, Mutex};

use super::*;
use crate::base::testing::ctx;
use crate::db::Kind;
use crate::db::testing::{TestDb, wait};
use crate::on_both;

const RAW: &str = "SELECT hash FROM sessions";

fn new(user: &str) -> New<'_> {
    New { user, provider: "phone", provider_uid: "", factors: &["phone"], seconds: 3_600, limit: 10 }
}

fn write<T: Send + 'static>(test: &TestDb, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
    wait(test.db.write(work)).unwrap()
}

/// How often the user was announced.
fn announced(test: &TestDb, user: &str) -> usize {
    let key = format!("p1/{user}");
    let all = write(test, |tx| revocation::list(tx, ctx().now));
    all.iter().filter(|(_, effect)| effect.topic == "user" && effect.key == key).count()
}

on_both!(a_secret_has_256_hex_digits_and_only_its_hash_is_stored, |test| {
    let ctx = ctx();
    let (_, secret) = write(test, move |tx| create(tx, &ctx, new("u1")));
    let text = secret.expose();
    assert!(text.len() == 256 && text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
    let raw: Vec<u8> = write(test, |tx| tx.find(RAW, args![], |row| row.get(0))).unwrap();
    assert_eq!(raw, sha256(text.as_bytes()));
});

on_both!(a_session_remembers_who_made_it_and_how, |test| {
    let mut ctx = ctx();
    ctx.address = Some("::ffff:192.0.2.9".parse().unwrap());
    ctx.user_agent = Some("a browser".into());
    let made = write(test, {
        let ctx = ctx.clone();
        move |tx| create(tx, &ctx, New { factors: &["password", "totp"], ..new("u1") })
    })
    .0;
    let read = write(test, {
        let id = made.id.clone();
        move |tx| get(tx, &ctx, "u1", &id)
    });
    assert_eq!(read, made);
    assert_eq!((read.address.as_str(), read.agent.as_str()), ("192.0.2.9", "a browser"));
    assert_eq!(read.factors, ["password", "totp"]);
});

on_both!(no_two_secrets_or_ids_are_alike, |test| {
    let ctx = ctx();
    let (a, b) = write(test, move |tx| Ok((create(tx, &ctx, new("u1"))?, create(tx, &ctx, new("u1"))?)));
    assert!(a.1 != b.1 && a.0.id != b.0.id);
});

on_both!(past_the_limit_the_oldest_session_goes_and_is_announced, |test| {
    let ctx = ctx();
    let ids: Vec<_> = (0..4)
        .map(|n| {
            let mut ctx = ctx.clone();
            ctx.now = ctx.now.plus_seconds(n);
            write(test, move |tx| create(tx, &ctx, New { limit: 3, ..new("u1") })).0.id
        })
        .collect();
    let stranger = ctx.clone();
    write(test, move |tx| create(tx, &stranger, New { limit: 3, ..new("u2") }));
    let left: Vec<_> = write(test, move |tx| list(tx, &ctx, "u1")).into_iter().map(|s| s.id).collect();
    assert_eq!(left, ids[1..]);
    assert_eq!((announced(test, "u1"), announced(test, "u2")), (1, 0));
});

on_both!(the_new_session_stays_also_when_the_clock_stepped_back, |test| {
    let mut ctx = ctx();
    let older = ctx.clone();
    write(test, move |tx| create(tx, &older, New { limit: 1, ..new("u1") }));
    ctx.now = ctx.now.plus_seconds(-10);
    let (made, _) = write(test, {
        let ctx = ctx.clone();
        move |tx| create(tx, &ctx, New { limit: 1, ..new("u1") })
    });
    assert_eq!(write(test, move |tx| list(tx, &ctx, "u1")), [made]);
});

on_both!(an_expired_session_is_found_by_nobody, |test| {
    let mut ctx = ctx();
    let made = write(test, {
        let ctx = ctx.clone();
        move |tx| create(tx, &ctx, new("u1"))
    })
    .0;
    ctx.now = ctx.now.plus_seconds(3_600);
    let gone = wait(test.db.write(move |tx| {
        assert!(list(tx, &ctx, "u1")?.is_empty());
        assert_eq!(extend(tx, &ctx, "u1", &made.id, 60).unwrap_err().code, Code::SessionNotFound);
        get(tx, &ctx, "u1", &made.id)
    }));
    assert_eq!(gone.unwrap_err().code, Code::SessionNotFound);
});

on_both!(a_session_is_extended_from_now_on_and_announced, |test| {
    let mut ctx = ctx();
    let made = write(test, {
        let ctx = ctx.clone();
        move |tx| create(tx, &ctx, new("u1"))
    })
    .0;
    ctx.now = ctx.now.plus_seconds(3_000);
    let longer = write(test, {
        let ctx = ctx.clone();
        move |tx| extend(tx, &ctx, "u1", &made.id, 3_600)
    });
    assert_eq!((longer.updated_at, longer.expires_at), (ctx.now, ctx.now.plus_seconds(3_600)));
    assert_eq!(announced(test, "u1"), 1);
});

on_both!(only_the_users_own_session_of_this_project_can_be_had_or_ended, |test| {
    let ctx = ctx();
    let made = write(test, {
        let ctx = ctx.clone();
        move |tx| create(tx, &ctx, new("u1"))
    })
    .0;
    write(test, move |tx| {
        let mut elsewhere = ctx.clone();
        elsewhere.project = "p2".into();
        for (ctx, user, id) in [(&ctx, "u2", &made.id), (&elsewhere, "u1", &made.id), (&ctx, "u1", &"none".to_owned())]
        {
            assert_eq!(get(tx, ctx, user, id).unwrap_err().code, Code::SessionNotFound);
            assert_eq!(delete(tx, ctx, user, id).unwrap_err().code, Code::SessionNotFound);
            assert_eq!(extend(tx, ctx, user, id, 60).unwrap_err().code, Code::SessionNotFound);
        }
        get(tx, &ctx, "u1", &made.id)
    });
});

on_both!(a_rotated_secret_takes_the_place_of_the_old_one_and_nothing_else_changes, |test| {
    let ctx = ctx();
    write(test, move |tx| {
        let (made, old) = create(tx, &ctx, new("u1"))?;
        let (other, _) = create(tx, &ctx, new("u1"))?;
        let secret = rotate(tx, &ctx, "u1", &made.id)?;
        assert!(secret != old && id_of(&secret).as_ref() == Some(&made.id) && secret.expose().len() == 256);
        let hashes: Vec<Vec<u8>> = tx.list(RAW, args![], |row| row.get(0))?;
        assert!(hashes.iter().any(|h| h[..] == hash(&secret)) && hashes.iter().all(|h| h[..] != hash(&old)));
        assert_eq!((get(tx, &ctx, "u1", &made.id)?, get(tx, &ctx, "u1", &other.id)?), (made.clone(), other));
        for (user, id) in [("u2", made.id.as_str()), ("u1", "none")] {
            assert_eq!(rotate(tx, &ctx, user, id).unwrap_err().code, Code::SessionNotFound);
        }
        Ok(())
    });
    assert_eq!(announced(test, "u1"), 1);
});

on_both!(an_ended_session_is_gone_and_announced, |test| {
    let ctx = ctx();
    write(test, {
        let ctx = ctx.clone();
        move |tx| {
            let (made, _) = create(tx, &ctx, new("u1"))?;
            let (other, _) = create(tx, &ctx, new("u1"))?;
            delete(tx, &ctx, "u1", &made.id)?;
            assert_eq!(list(tx, &ctx, "u1")?, [other]);
            Ok(())
        }
    });
    assert_eq!(announced(test, "u1"), 1);
});

on_both!(all_sessions_of_a_user_end_together_and_nobody_elses, |test| {
    let ctx = ctx();
    write(test, move |tx| {
        for user in ["u1", "u1", "u2"] {
            create(tx, &ctx, new(user))?;
        }
        assert_eq!(delete_all(tx, &ctx, "u1")?, 2);
        assert_eq!((list(tx, &ctx, "u1")?.len(), list(tx, &ctx, "u2")?.len()), (0, 1));
        Ok(())
    });
    assert_eq!((announced(test, "u1"), announced(test, "u2")), (1, 0));
});

on_both!(expired_sessions_are_removed_and_no_others, |test| {
    let ctx = ctx();
    write(test, move |tx| {
        create(tx, &ctx, New { seconds: 60, ..new("u1") })?;
        create(tx, &ctx, new("u1"))?;
        assert_eq!(purge(tx, ctx.now.plus_seconds(61))?, 1);
        assert_eq!(list(tx, &ctx, "u1")?.len(), 1);
        Ok(())
    });
});

#[test]
fn the_process_hears_of_an_ended_session_before_who_ended_it_is_answered() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&heard);
        let test = TestDb::with(kind, Arc::new(move |effects| listener.lock().unwrap().extend_from_slice(effects)));
        let ctx = ctx();
        write(&test, move |tx| {
            create(tx, &ctx, new("u1"))?;
            delete_all(tx, &ctx, "u1")
        });
        let keys: Vec<_> = heard.lock().unwrap().iter().map(|e| (e.topic, e.key.clone())).collect();
        assert_eq!(keys, [("user", "p1/u1".to_owned())], "{kind:?}");
    }
}

on_both!(a_short_secret_has_43_characters_and_finds_its_session_as_a_long_one_does, |test| {
    let ctx = ctx();
    let (made, secret) = write(test, {
        let ctx = ctx.clone();
        move |tx| create_shaped(tx, &ctx, new("u1"), Shape::Short)
    });
    let text = secret.expose();
    assert!(text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{text}");
    assert_eq!(id_of(&secret).as_deref(), Some(made.id.as_str()));
    let id = made.id.clone();
    let rotated = write(test, move |tx| rotate_shaped(tx, &ctx, "u1", &id, Shape::Short));
    assert_eq!(id_of(&rotated).as_deref(), Some(made.id.as_str()));
    assert!(rotated != secret && rotated.expose().len() == 43);
});

#[test]
fn what_has_not_the_shape_of_a_secret_belongs_to_no_session() {
    for text in ["", "x", &"!".repeat(43), &"=".repeat(43)] {
        assert_eq!(id_of(&Secret::new(text)), None, "{text}");
    }
}

#[test]
fn a_session_that_is_used_lives_on_once_a_day_and_a_short_one_never() {
    let day = 86_400;
    let at = |seconds| crate::base::testing::START.plus_seconds(seconds);
    let session = |life| Session { created_at: at(0), expires_at: at(life), ..Session::vouched("u1", at(0)) };
    let week = session(7 * day);
    assert!(!week.is_due(at(day - 1), 7 * day, day) && week.is_due(at(day), 7 * day, day));
    let extended = Session { expires_at: at(8 * day), ..week };
    assert!(!extended.is_due(at(2 * day - 1), 7 * day, day) && extended.is_due(at(2 * day), 7 * day, day));
    assert!(!session(day).is_due(at(day - 1), 7 * day, day));
    assert!(session(day).is_fresh(at(299), 300) && !session(day).is_fresh(at(300), 300));
    assert!(!session(day).is_fresh(at(-1), 300), "the clock stepped back");
}
