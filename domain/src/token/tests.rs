use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;

use super::*;
use crate::base::testing::ctx;
use crate::db::testing::{TestDb, wait};
use crate::on_both;

on_both!(a_token_counts_in_its_project_until_it_expires, |test| {
    let ctx = ctx();
    let keys = wait(test.db.write({
        let ctx = ctx.clone();
        move |tx| ensure_keys(tx, &ctx)
    }))
    .unwrap();
    let token = keys.issue(&ctx, "u1", "s1", 900).unwrap();
    let text = token.expose();
    let claims = keys.verify("p1", text, ctx.now).unwrap();
    assert_eq!((claims.user_id.as_str(), claims.session_id.as_str()), ("u1", "s1"));
    assert_eq!(keys.verify("p1", text, ctx.now.plus_seconds(900)), None);
    assert_eq!(keys.verify("p2", text, ctx.now), None);
    assert_eq!(keys.verify("p1", &text[..text.len() - 1], ctx.now), None);
    assert_eq!(keys.verify("p1", &format!("{text}A"), ctx.now), None);
    let again = wait(test.db.write({
        let ctx = ctx.clone();
        move |tx| ensure_keys(tx, &ctx)
    }))
    .unwrap();
    assert_eq!(again.jwks(ctx.now), keys.jwks(ctx.now));
});

on_both!(a_token_of_another_algorithm_or_key_is_refused, |test| {
    let ctx = ctx();
    let keys = wait(test.db.write({
        let ctx = ctx.clone();
        move |tx| ensure_keys(tx, &ctx)
    }))
    .unwrap();
    let token = keys.issue(&ctx, "u1", "s1", 900).unwrap();
    let (_, rest) = token.expose().split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    let kid = keys.keys[0].kid.clone();
    let none = BASE64URL_NOPAD.encode(json!({"alg": "none", "kid": kid}).to_string().as_bytes());
    assert_eq!(keys.verify("p1", &format!("{none}.{payload}."), ctx.now), None);
    // HS256 with the public key as its secret: the classic confusion.
    let mut header = Header::new(jsonwebtoken::Algorithm::HS256);
    header.kid = Some(kid);
    let public = BASE64URL_NOPAD.decode(keys.keys[0].jwk["x"].as_str().unwrap().as_bytes()).unwrap();
    let claims = keys.verify("p1", token.expose(), ctx.now).unwrap();
    let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(keys.verify("p1", &forged, ctx.now), None);
    let mut stranger = Header::new(jsonwebtoken::Algorithm::ES256);
    stranger.kid = Some("unknown".into());
    let forged = jsonwebtoken::encode(&stranger, &claims, &ec(&keys.keys[0])).unwrap();
    assert_eq!(keys.verify("p1", &forged, ctx.now), None);
});

fn ec(key: &SigningKey) -> EncodingKey {
    match &key.private {
        Private::Ec(pkcs8) => EncodingKey::from_ec_der(pkcs8),
        Private::Rsa(_) => panic!("a key for RS256"),
    }
}

fn load(test: &TestDb, ctx: &Ctx) -> KeySet {
    let ctx = ctx.clone();
    wait(test.db.read(move |tx| list_keys(tx, &ctx))).unwrap()
}

fn turn(test: &TestDb, ctx: &Ctx, at_once: bool) -> (KeySet, bool) {
    let ctx = ctx.clone();
    wait(test.db.write(move |tx| rotate(tx, &ctx, at_once, None))).unwrap()
}

fn later(ctx: &Ctx, seconds: i64) -> Ctx {
    Ctx { now: ctx.now.plus_seconds(seconds), ..ctx.clone() }
}

fn kids(keys: &KeySet, now: Time) -> Vec<String> {
    let jwks = keys.jwks(now);
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(token: &Secret) -> String {
    jsonwebtoken::decode_header(token.expose()).unwrap().kid.unwrap()
}

on_both!(a_new_key_is_published_before_it_signs_and_the_old_one_verifies_until_its_tokens_have_expired, |test| {
    let start = ctx();
    let (before, _) = turn(test, &start, true);
    let old = kids(&before, start.now);
    let early = before.issue(&start, "u1", "s1", LONGEST_SECONDS).unwrap();

    // One set, loaded once, is asked at all these instants: it judges by the clock.
    let (keys, turned) = turn(test, &start, false);
    let new = kids(&keys, start.now)[0].clone();
    assert!(turned && kids(&keys, start.now) == [new.clone(), old[0].clone()], "published at once");
    let last = later(&start, PUBLISHED_SECONDS - 1);
    let late = keys.issue(&last, "u1", "s1", LONGEST_SECONDS).unwrap();
    assert_eq!(kid_of(&late), old[0], "others may not know the new one yet");
    let first = keys.issue(&later(&start, PUBLISHED_SECONDS), "u1", "s1", LONGEST_SECONDS).unwrap();
    assert_eq!(kid_of(&first), new);

    let states = |seconds| keys.list(start.now.plus_seconds(seconds)).iter().map(|k| k.state).collect::<Vec<_>>();
    let signs_at = start.now.plus_seconds(PUBLISHED_SECONDS);
    assert_eq!(states(0), [State::Published(signs_at), State::Signing]);
    assert_eq!(states(PUBLISHED_SECONDS), [State::Signing, State::Verifying]);

    // What the old key signed last is believed until it expires.
    let dead = PUBLISHED_SECONDS + OVERLAP_SECONDS;
    let expires = last.now.plus_seconds(LONGEST_SECONDS);
    assert!(keys.verify("p1", late.expose(), expires.plus_seconds(-1)).is_some());
    assert!(keys.verify("p1", early.expose(), start.now.plus_seconds(LONGEST_SECONDS - 1)).is_some());
    assert!(expires < start.now.plus_seconds(dead - CACHED_SECONDS), "an overlap for copies that others keep");
    assert_eq!(kids(&keys, start.now.plus_seconds(dead - 1)).len(), 2);
    assert_eq!(kids(&keys, start.now.plus_seconds(dead)), [new]);
    assert_eq!(states(dead), [State::Signing]);
});

on_both!(a_retired_key_is_refused_even_for_a_token_that_would_still_count, |test| {
    let start = ctx();
    turn(test, &start, true);
    let (keys, _) = turn(test, &start, false);
    let dead = later(&start, PUBLISHED_SECONDS + OVERLAP_SECONDS);
    // As somebody who has the old key's secret would make it.
    let (claims, old) = {
        let token = keys.issue(&dead, "u1", "s1", 900).unwrap();
        (keys.verify("p1", token.expose(), dead.now).unwrap(), keys.keys.last().unwrap())
    };
    let mut header = Header::new(jsonwebtoken::Algorithm::ES256);
    header.kid = Some(old.kid.clone());
    let forged = jsonwebtoken::encode(&header, &claims, &ec(old)).unwrap();
    assert!(keys.verify("p1", &forged, dead.now.plus_seconds(-1)).is_some());
    assert_eq!(keys.verify("p1", &forged, dead.now), None);
    assert_eq!(load(test, &dead).keys.len(), 1);

    let rows = || wait(test.db.read(|tx| tx.find("SELECT COUNT(*) FROM signing_keys", &[], |row| row.get::<i64>(0))));
    let purge_at = |now| wait(test.db.write(move |tx| purge(tx, now))).unwrap();
    assert_eq!((purge_at(dead.now.plus_seconds(-1)), rows().unwrap()), (0, Some(2)));
    assert_eq!((purge_at(dead.now), rows().unwrap()), (1, Some(1)));
});

on_both!(at_once_the_new_key_signs_and_no_other_is_left_whatever_the_clock_says, |test| {
    let start = ctx();
    let (before, _) = turn(test, &start, true);
    let token = before.issue(&start, "u1", "s1", 900).unwrap();
    turn(test, &later(&start, 10), false);
    let now = later(&start, 20);
    let (keys, turned) = turn(test, &now, true);
    assert!(turned);
    assert_eq!(keys.verify("p1", token.expose(), now.now), None);
    let fresh = keys.issue(&now, "u1", "s1", 900).unwrap();
    assert_eq!(vec![kid_of(&fresh)], kids(&keys, now.now));
    assert!(keys.verify("p1", fresh.expose(), now.now).is_some());
    // The clock steps back.
    let keys = load(test, &start);
    assert_eq!(keys.verify("p1", token.expose(), start.now), None);
    assert_eq!(kid_of(&keys.issue(&start, "u1", "s1", 900).unwrap()), kid_of(&fresh));
});

on_both!(a_second_rotation_waits_until_the_first_has_taken_place, |test| {
    let start = ctx();
    turn(test, &start, true);
    let (first, _) = turn(test, &start, false);
    let (again, turned) = turn(test, &later(&start, PUBLISHED_SECONDS - 1), false);
    assert_eq!((again.jwks(start.now), turned), (first.jwks(start.now), false));
    let (third, turned) = turn(test, &later(&start, PUBLISHED_SECONDS), false);
    assert_eq!((third.keys.len(), turned), (3, true));
    let until: Vec<_> = third.list(start.now).iter().map(|key| key.until).collect();
    assert!(until[0].is_none() && until[1] > until[2] && until[2].is_some(), "{until:?}");
});

on_both!(other_projects_keep_their_keys, |test| {
    let ours = ctx();
    let theirs = Ctx { project: Arc::from("p2"), ..ours.clone() };
    turn(test, &ours, true);
    let (before, _) = turn(test, &theirs, true);
    turn(test, &ours, false);
    turn(test, &ours, true);
    assert_eq!(load(test, &theirs).list(ours.now), before.list(ours.now));
});

#[test]
fn no_token_outlives_its_key() {
    let ctx = ctx();
    assert!(KeySet { keys: Vec::new() }.issue(&ctx, "u1", "s1", LONGEST_SECONDS + 1).is_err());
}
