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

/// A key pair for RSA takes long to make, so there are two.
static RSA: std::sync::LazyLock<[Material; 2]> =
    std::sync::LazyLock::new(|| [(); 2].map(|()| Material::make(Algorithm::Rs256).unwrap()));

#[derive(PartialEq, Debug, Serialize, Deserialize)]
struct Own {
    sub: String,
}

fn own() -> Own {
    Own { sub: "u1".to_owned() }
}

/// The keys with one for RS256.
fn with_rsa(test: &TestDb, ctx: &Ctx) -> KeySet {
    let ctx = ctx.clone();
    wait(test.db.write(move |tx| {
        ensure_keys(tx, &ctx)?;
        ensure_key(tx, &ctx, &RSA[0])?;
        ensure_key(tx, &ctx, &RSA[1])?;
        list_keys(tx, &ctx)
    }))
    .unwrap()
}

fn turn_both(test: &TestDb, ctx: &Ctx, at_once: bool) -> (KeySet, bool) {
    let ctx = ctx.clone();
    wait(test.db.write(move |tx| rotate(tx, &ctx, at_once, Some(&RSA[1])))).unwrap()
}

on_both!(an_access_token_counts_for_whom_it_is_until_it_expires, |test| {
    let ctx = ctx();
    let keys = with_rsa(test, &ctx);
    let token = keys.issue_access(&ctx, "https://auth.example", "client", 3_600, &own()).unwrap();
    let text = token.expose();
    assert_eq!(keys.verify_access("client", text, ctx.now), Some(own()));
    assert_eq!(keys.verify_access("client", text, ctx.now.plus_seconds(3_599)), Some(own()));
    let none = |audience: &str, text: &str, now| assert_eq!(keys.verify_access::<Own>(audience, text, now), None);
    none("client", text, ctx.now.plus_seconds(3_600));
    none("other", text, ctx.now);
    none("client", &text[..text.len() - 1], ctx.now);
    none("client", "", ctx.now);
    let header = jsonwebtoken::decode_header(text).unwrap();
    assert_eq!(header.alg, jsonwebtoken::Algorithm::RS256);
    assert!(kids(&keys, ctx.now).contains(&header.kid.unwrap()));
    let claims: Json =
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.split('.').nth(1).unwrap().as_bytes()).unwrap()).unwrap();
    let now = ctx.now.seconds();
    let expected = json!({"iss": "https://auth.example", "aud": "client", "iat": now, "exp": now + 3_600, "sub": "u1"});
    assert_eq!(claims, expected);
    assert!(keys.issue_access(&ctx, "i", "a", LONGEST_SECONDS + 1, &own()).is_err());
});

on_both!(an_access_token_of_another_algorithm_or_key_is_refused, |test| {
    let ctx = ctx();
    let keys = with_rsa(test, &ctx);
    let token = keys.issue_access(&ctx, "i", "client", 3_600, &own()).unwrap();
    let mut parts = token.expose().split('.');
    let (_, payload) = (parts.next().unwrap(), parts.next().unwrap());
    let jwk = keys.keys.iter().find(|key| key.algorithm == Algorithm::Rs256).unwrap().jwk.clone();
    let none = |text: &str| assert_eq!(keys.verify_access::<Own>("client", text, ctx.now), None);
    let header = |alg: &str| BASE64URL_NOPAD.encode(json!({"alg": alg, "kid": jwk["kid"]}).to_string().as_bytes());
    none(&format!("{}.{payload}.", header("none")));
    none(&format!("{}.{payload}.", header("RS256")));
    // HS256 with the public key as its secret, in each form in which it is public.
    let claims: Json = serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
    let pem = keys.access_pem(ctx.now).unwrap().unwrap();
    for secret in [pem.as_bytes(), jwk["n"].as_str().unwrap().as_bytes(), jwk.to_string().as_bytes()] {
        let mut header = Header::new(jsonwebtoken::Algorithm::HS256);
        header.kid = Some(jwk["kid"].as_str().unwrap().to_owned());
        none(&jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap());
    }
    // The other way round: what the other key signed is no access token, and an access token is no other.
    let other = keys.issue(&ctx, "u1", "s1", 900).unwrap();
    none(other.expose());
    assert_eq!(keys.verify("client", token.expose(), ctx.now), None);
    // A stranger's key under our key's name.
    let stranger = Private::open(Algorithm::Rs256, RSA[1].pkcs8.clone()).unwrap();
    let Private::Rsa(pair) = stranger else { panic!("an RSA key") };
    let text = format!("{}.{payload}", header("RS256"));
    none(&format!("{text}.{}", key::sign_rs256(&pair, &text).unwrap()));
});

on_both!(the_public_key_is_told_as_jwk_and_as_pem, |test| {
    let ctx = ctx();
    let keys = with_rsa(test, &ctx);
    let jwks = keys.jwks(ctx.now);
    let algorithms: Vec<_> = jwks["keys"].as_array().unwrap().iter().map(|key| key["alg"].clone()).collect();
    assert!(algorithms.contains(&json!("ES256")) && algorithms.contains(&json!("RS256")), "{jwks}");
    assert_eq!(algorithms.len(), 2, "the second is not stored beside the first");
    assert!(!jwks.to_string().contains("\"d\""), "nothing of the private half");
    let token = keys.issue_access(&ctx, "i", "client", 3_600, &own()).unwrap();
    let pem = keys.access_pem(ctx.now).unwrap().unwrap();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.lines().all(|line| line.len() <= 64));
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&["client"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    assert_eq!(jsonwebtoken::decode::<Own>(token.expose(), &key, &validation).unwrap().claims, own());
    let none = KeySet { keys: Vec::new() };
    assert!(none.access_pem(ctx.now).unwrap().is_none() && !none.signs_access(ctx.now));
});

on_both!(a_rotation_takes_both_keys_and_makes_none_for_a_project_that_needs_none, |test| {
    let start = ctx();
    turn(test, &start, true);
    let (keys, turned) = turn_both(test, &start, false);
    assert!(turned && !keys.has(Algorithm::Rs256));
    let before = with_rsa(test, &start);
    let token = before.issue_access(&start, "i", "client", 3_600, &own()).unwrap();
    let now = later(&start, PUBLISHED_SECONDS);
    let (keys, turned) = turn_both(test, &now, false);
    let states = |algorithm, now| -> Vec<_> {
        keys.list(now).iter().filter(|key| key.algorithm == algorithm).map(|key| key.state).collect()
    };
    let signs_at = now.now.plus_seconds(PUBLISHED_SECONDS);
    assert!(turned);
    assert_eq!(states(Algorithm::Rs256, now.now), [State::Published(signs_at), State::Signing]);
    assert_eq!(states(Algorithm::Es256, now.now)[..2], [State::Published(signs_at), State::Signing]);
    assert_eq!(states(Algorithm::Rs256, signs_at), [State::Signing, State::Verifying]);
    assert_eq!(keys.verify_access("client", token.expose(), now.now), Some(own()));
    assert!(!turn_both(test, &now, false).1, "both wait");
    // Without another key for it, that of RS256 stays as it is; at once it goes.
    let (keys, turned) = turn(test, &later(&now, PUBLISHED_SECONDS), false);
    assert!(turned && keys.list(now.now).iter().filter(|key| key.algorithm == Algorithm::Rs256).count() == 2);
    let (keys, _) = turn(test, &now, true);
    assert!(!keys.has(Algorithm::Rs256));
    with_rsa(test, &now);
    let (keys, _) = turn_both(test, &now, true);
    assert_eq!(keys.verify_access::<Own>("client", token.expose(), now.now), None);
    assert!(keys.signs_access(now.now) && keys.list(now.now).len() == 2);
});

#[test]
fn what_a_token_says_is_read_without_believing_it() {
    let read = |payload: &str| Unchecked::read(&format!("e30.{}.x", BASE64URL_NOPAD.encode(payload.as_bytes())));
    let says = Unchecked { aud: "c".to_owned(), kind: "vendor".to_owned() };
    assert_eq!(read(r#"{"aud":"c","type":"vendor","more":1}"#), Some(says));
    for bad in ["", "[]", r#"{"aud":"c"}"#, r#"{"type":"vendor"}"#, r#"{"aud":["c"],"type":"vendor"}"#] {
        assert_eq!(read(bad), None, "{bad}");
    }
    for bad in ["", ".", "a.b", "a.!.c"] {
        assert_eq!(Unchecked::read(bad), None, "{bad}");
    }
}
