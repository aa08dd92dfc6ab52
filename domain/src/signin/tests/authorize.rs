//! Codes that lead from our login page to an application.

use std::future::Future;

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, Row, World};
use crate::base::crypto::sha256;
use crate::base::{Code, Error, Secret};
use crate::on_both;
use crate::session::{self, New, Session};
use crate::signin::authorize::{self, Challenge, Grant, Granted, Shown};
use crate::signin::{Caller, Terms, refresh};
use crate::user;

const URI: &str = "https://app.example.com/oauth/callback";
/// As Frontegg's browser client makes them.
const VERIFIER: &str = "abcDEF0123456789";
const SESSIONS: &str = "SELECT COUNT(*) FROM sessions WHERE provider = 'hosted'";
const REUSES: &str = "SELECT COUNT(*) FROM audit_events WHERE event = 'session.reuse'";
const BLOCK: &str = "UPDATE users SET blocked = TRUE";

fn challenge(verifier: &str) -> Challenge {
    Challenge::parse(&BASE64URL_NOPAD.encode(&sha256(verifier.as_bytes()))).unwrap()
}

fn grant() -> Grant {
    Grant { redirect_uri: URI.to_owned(), challenge: challenge(VERIFIER), nonce: None }
}

/// Anna's session at the login page, with its secret.
fn at_the_page(world: &World) -> (Caller, Secret) {
    at_the_page_by(world, &["phone"])
}

fn at_the_page_by(world: &World, factors: &'static [&'static str]) -> (Caller, Secret) {
    let (session, secret) = world.write(move |tx, ctx| {
        let new = New { user: "anna", provider: "phone", provider_uid: "", factors, seconds: 31_536_000, limit: 10 };
        session::create(tx, ctx, new)
    });
    (Caller { user: world.find_user("anna").unwrap(), session }, secret)
}

fn with_anna(world: World) -> World {
    world.user(Row::by_key("anna", ANNA));
    world
}

fn issued(world: &World, caller: &Caller, grant: &Grant) -> Result<Secret, Code> {
    let (project, caller, grant) = (world.project.clone(), caller.clone(), grant.clone());
    world.try_write(move |tx, ctx| authorize::issue(tx, ctx, &project, &caller, &grant)).map_err(|error| error.code)
}

fn shown(code: &Secret) -> Shown {
    Shown { code: code.clone(), redirect_uri: URI.to_owned(), verifier: Secret::new(VERIFIER) }
}

fn exchanging(
    world: &World,
    shown: Shown,
) -> impl Future<Output = Result<Result<Granted, Error>, Error>> + Send + use<> {
    let World { db, ctx, project, .. } = world.clone();
    let terms = Terms::of_frontegg(&project);
    async move { db.write(move |tx| authorize::exchange(tx, &ctx, &project, &terms, &shown)).await }
}

fn exchange(world: &World, shown: Shown) -> Result<Granted, Code> {
    crate::db::testing::wait(exchanging(world, shown)).unwrap().map_err(|error| error.code)
}

/// Whether the session still opens anything.
fn lives(world: &World, granted: &Granted) -> bool {
    world.session(&granted.signed_in.secret).is_some()
}

on_both!(a_code_gives_one_session_that_is_as_old_and_as_proved_as_the_browsers, |test| {
    let mut world = with_anna(World::new(test));
    let (mut caller, _) = at_the_page_by(&world, &["password"]);
    world.later(60);
    let id = caller.session.id.clone();
    caller.session = world.write(move |tx, ctx| session::prove_factor(tx, ctx, "anna", &id, "totp"));
    world.later(86_400);
    let nonce = Some("a nonce with ✓ and = ".to_owned());
    let code = issued(&world, &caller, &Grant { nonce: nonce.clone(), ..grant() }).unwrap();
    assert!(code.expose().len() > 64 && code.expose()[..64].bytes().all(|b| b.is_ascii_hexdigit()));
    world.later(59);
    let granted = exchange(&world, shown(&code)).unwrap();
    assert_eq!(granted.nonce, nonce);
    let Session { id, user_id, provider, provider_uid, factors, mfa_at, created_at, updated_at, expires_at, .. } =
        granted.signed_in.session.clone();
    assert_ne!(id, caller.session.id);
    assert_eq!((user_id.as_str(), provider.as_str(), provider_uid), ("anna", "hosted", caller.session.id.clone()));
    assert_eq!((factors, mfa_at), (caller.session.factors.clone(), caller.session.mfa_at));
    assert!(mfa_at.is_some());
    assert_eq!((created_at, updated_at), (caller.session.created_at, world.ctx.now), "it is not fresh");
    assert_eq!(expires_at, world.ctx.now.plus_seconds(2_592_000));
    assert_eq!(
        world.session(&granted.signed_in.secret).unwrap().0,
        granted.signed_in.session,
        "what is told is stored"
    );
});

on_both!(it_lives_no_longer_than_sessions_may_from_the_beginning_of_the_browsers, |test| {
    let mut world = with_anna(World::with(test, &json!({"auth": {"duration": 3_600}})));
    let (caller, _) = at_the_page(&world);
    world.later(3_000);
    let code = issued(&world, &caller, &grant()).unwrap();
    let session = exchange(&world, shown(&code)).unwrap().signed_in.session;
    assert_eq!(session.expires_at, caller.session.created_at.plus_seconds(3_600));
});

on_both!(a_code_is_bound_to_where_it_was_sent_and_to_its_verifier, |test| {
    let world = with_anna(World::new(test));
    let (caller, _) = at_the_page(&world);
    let code = issued(&world, &caller, &grant()).unwrap();
    let long = "a".repeat(129);
    for verifier in ["abcDEF0123456788", "", "short", "ABCdef0123456789", &long, "abcDEF0123456789 "] {
        // Each with a code of its own, because one allows five tries.
        let code = issued(&world, &caller, &grant()).unwrap();
        let bad = Shown { verifier: Secret::new(verifier), ..shown(&code) };
        assert_eq!(exchange(&world, bad).unwrap_err(), Code::InvalidToken, "{verifier}");
    }
    for redirect_uri in ["https://app.example.com/oauth/callback/", "https://app.example.com/oauth/callback?", ""] {
        let code = issued(&world, &caller, &grant()).unwrap();
        let bad = Shown { redirect_uri: redirect_uri.to_owned(), ..shown(&code) };
        assert_eq!(exchange(&world, bad).unwrap_err(), Code::InvalidToken, "{redirect_uri}");
    }
    // What is one text together is not the same apart.
    let moved = Grant { redirect_uri: format!("x {URI}"), ..grant() };
    let other = issued(&world, &caller, &moved).unwrap();
    assert_eq!(exchange(&world, shown(&other)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.value::<i64>(SESSIONS), 0);
    assert!(exchange(&world, shown(&code)).is_ok());
});

on_both!(five_wrong_tries_are_the_end_of_a_code, |test| {
    let world = with_anna(World::new(test));
    let (caller, _) = at_the_page(&world);
    let code = issued(&world, &caller, &grant()).unwrap();
    for _ in 0..5 {
        let bad = Shown { verifier: Secret::new("x".repeat(43)), ..shown(&code) };
        assert_eq!(exchange(&world, bad).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(exchange(&world, shown(&code)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.reserved_by("anna"), 0, "they cost nothing of what may be guessed in a day");
});

on_both!(a_code_with_another_nonce_is_another_code, |test| {
    let world = with_anna(World::new(test));
    let (caller, _) = at_the_page(&world);
    let code = issued(&world, &caller, &Grant { nonce: Some("mine".to_owned()), ..grant() }).unwrap();
    let (random, _) = code.expose().split_once('.').unwrap();
    for forged in [random.to_owned(), format!("{random}.eW91cnM"), format!("{random}."), format!("{random}.%")] {
        assert_eq!(exchange(&world, shown(&Secret::new(forged))).unwrap_err(), Code::InvalidToken);
    }
    assert_eq!(exchange(&world, shown(&code)).unwrap().nonce.as_deref(), Some("mine"));
    let long = Grant { nonce: Some("x".repeat(513)), ..grant() };
    assert!(matches!(issued(&world, &caller, &long).unwrap_err(), Code::InvalidValue { .. }));
});

on_both!(a_code_is_over_after_a_minute_also_when_the_clock_steps_back, |test| {
    let mut world = with_anna(World::new(test));
    let (caller, _) = at_the_page(&world);
    let code = issued(&world, &caller, &grant()).unwrap();
    world.later(60);
    assert_eq!(exchange(&world, shown(&code)).unwrap_err(), Code::InvalidToken);
    world.later(-30);
    assert_eq!(exchange(&world, shown(&code)).unwrap_err(), Code::InvalidToken);
});

on_both!(a_used_code_that_is_shown_again_ends_what_came_of_it, |test| {
    let mut world = with_anna(World::new(test));
    let (caller, secret) = at_the_page(&world);
    let code = issued(&world, &caller, &grant()).unwrap();
    let other = issued(&world, &caller, &grant()).unwrap();
    let granted = exchange(&world, shown(&code)).unwrap();
    let beside = exchange(&world, shown(&other)).unwrap();
    // It is no refresh token, also while a spent one of these is taken for another tab's.
    let (project, terms, as_token) = (world.project.clone(), Terms::of_frontegg(&world.project), code.clone());
    let refreshed = world.write(move |tx, ctx| refresh(tx, ctx, &project, &terms, &as_token, None));
    assert_eq!(refreshed.unwrap_err().code, Code::SessionNotFound);
    assert!(lives(&world, &granted));
    world.later(3_600);
    // Whoever stole it need not know the verifier.
    let stolen = Shown { verifier: Secret::new("x".repeat(43)), ..shown(&code) };
    assert_eq!(exchange(&world, stolen).unwrap_err(), Code::InvalidToken);
    assert!(!lives(&world, &granted));
    assert!(lives(&world, &beside) && world.session(&secret).is_some(), "and nothing else");
    assert_eq!(exchange(&world, shown(&code)).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.value::<i64>(REUSES), 1, "what has ended ends once");
});

on_both!(of_sixty_four_who_show_a_code_at_once_one_gets_a_session, |test| {
    let world = with_anna(crowded(test, &json!({})));
    let (caller, _) = at_the_page(&world);
    let code = issued(&world, &caller, &grant()).unwrap();
    let answers = together((0..64).map(|_| exchanging(&world, shown(&code))).collect());
    let won = answers.iter().filter(|answer| matches!(answer, Ok(Ok(_)))).count();
    assert_eq!(won, 1);
    for answer in answers {
        if let Err(error) = answer.unwrap() {
            assert_eq!(error.code, Code::InvalidToken);
        }
    }
    // All the others showed a used one.
    assert_eq!((world.value::<i64>(SESSIONS), world.value::<i64>(REUSES)), (0, 1));
});

on_both!(a_code_is_for_its_project_alone, |test| {
    let world = with_anna(World::new(test));
    let (caller, _) = at_the_page(&world);
    let code = issued(&world, &caller, &grant()).unwrap();
    let granted = exchange(&world, shown(&code)).unwrap();
    let next = issued(&world, &caller, &grant()).unwrap();
    let other = world.of_project("p2");
    for code in [&code, &next] {
        assert_eq!(exchange(&other, shown(code)).unwrap_err(), Code::InvalidToken);
    }
    assert!(lives(&world, &granted), "nobody else's replay ends it");
    assert!(exchange(&world, shown(&next)).is_ok());
});

on_both!(nobody_who_lacks_a_factor_or_is_blocked_gets_a_code, |test| {
    let mut world = World::with(test, &json!({"mfa": {"email": true}}));
    world.user(Row { phone: Some(ANNA), proof: "code", ..Row::by_mail("anna", ANNA_MAIL, "code") });
    let (caller, _) = at_the_page(&world);
    let early = issued(&world, &caller, &grant()).unwrap();
    world.write(|tx, ctx| user::set_mfa(tx, ctx, "anna", true).map(drop));
    assert_eq!(issued(&world, &caller, &grant()).unwrap_err(), Code::MoreFactorsRequired);
    assert_eq!(exchange(&world, shown(&early)).unwrap_err(), Code::MoreFactorsRequired, "nor uses one from before");
    let (whole, _) = at_the_page_by(&world, &["phone", "email"]);
    let code = issued(&world, &whole, &grant()).unwrap();
    world.write(|tx, ctx| user::set_mfa(tx, ctx, "anna", false).map(drop));
    // Where the project demands a second factor, having none is no way round it.
    world.set(&json!({"mfa": {"enforce": "force", "email": false, "totp": true}}));
    assert_eq!(issued(&world, &caller, &grant()).unwrap_err(), Code::MoreFactorsRequired);
    world.set(&json!({"mfa": {"enforce": "dontForce"}}));
    world.write(|tx, _| tx.exec(BLOCK, &[]));
    assert_eq!(issued(&world, &caller, &grant()).unwrap_err(), Code::UserBlocked);
    assert_eq!(exchange(&world, shown(&code)).unwrap_err(), Code::UserBlocked);
    assert_eq!(world.value::<i64>(SESSIONS), 0);
});

on_both!(a_code_is_worth_nothing_once_the_browser_has_signed_out, |test| {
    let world = with_anna(World::new(test));
    let (caller, _) = at_the_page(&world);
    let code = issued(&world, &caller, &grant()).unwrap();
    let session = caller.session.clone();
    world.write(move |tx, ctx| session::delete(tx, ctx, "anna", &session.id));
    assert_eq!(exchange(&world, shown(&code)).unwrap_err(), Code::SessionNotFound);
    assert_eq!(issued(&world, &caller, &grant()).unwrap_err(), Code::SessionNotFound);
    let (caller, _) = at_the_page(&world);
    assert_eq!(exchange(&world, shown(&code)).unwrap_err(), Code::SessionNotFound, "another sign-in is another");
    assert!(issued(&world, &caller, &grant()).is_ok());
});

on_both!(leaving_ends_the_browsers_session_and_all_that_came_of_it, |test| {
    let world = with_anna(World::new(test));
    let (caller, secret) = at_the_page(&world);
    let (elsewhere, other) = at_the_page(&world);
    let get = |caller: &Caller| exchange(&world, shown(&issued(&world, caller, &grant()).unwrap())).unwrap();
    let (first, second, foreign) = (get(&caller), get(&caller), get(&elsewhere));
    let session = first.signed_in.session.clone();
    world.write(move |tx, ctx| authorize::leave(tx, ctx, &session));
    assert!(!lives(&world, &first) && !lives(&world, &second) && world.session(&secret).is_none());
    assert!(lives(&world, &foreign) && world.session(&other).is_some(), "another browser's stay");
    let session = elsewhere.session.clone();
    world.write(move |tx, ctx| authorize::leave(tx, ctx, &session));
    assert!(!lives(&world, &foreign) && world.session(&other).is_none());
});

#[test]
fn a_challenge_is_the_hash_of_something() {
    let text = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    assert!(Challenge::parse(text).is_some());
    // The example of RFC 7636, appendix B.
    assert_eq!(Challenge::parse(text).unwrap(), challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    let longer = format!("{text}AA");
    let (padded, other) = (format!("{text}="), text.replace('-', "+"));
    for bad in ["", &text[..40], &longer, &padded, &other] {
        assert!(Challenge::parse(bad).is_none(), "{bad}");
    }
}
