//! Custom tokens: a server vouches, and whoever shows the token is signed in.

use serde_json::json;

use super::race::{crowded, deadlocks, together, winners};
use super::world::{ANNA, ANNA_MAIL, BERND, Link, Row, World, wrong};
use crate::base::{Actor, Code, Ctx, Phone};
use crate::on_both;
use crate::signin::custom::{self, CustomToken};
use crate::signin::{Factor, manage};
use crate::user;
use crate::verification::Dialect;

const SESSIONS: &str = "SELECT COUNT(*) FROM sessions";
const TRIED: &str = "SELECT CAST(COALESCE(SUM(attempts), 0) AS BIGINT) FROM handles";

/// A world with an account that a server made.
fn with_anna(world: World) -> World {
    world.user(Row::by_key("anna", ANNA));
    world
}

/// What a server gets that asks for a token.
fn make(world: &World, user: &str, length: i64, seconds: i64) -> Result<CustomToken, Code> {
    let user = user.to_owned();
    let mut world = world.clone();
    world.ctx = Ctx { actor: Actor::Key("k1".to_owned()), ..world.ctx };
    world.try_write(move |tx, ctx| custom::create(tx, ctx, Dialect::Nuvix, &user, length, seconds)).map_err(|e| e.code)
}

/// The secret of a token for a quarter of an hour.
fn secret(world: &World, user: &str, length: i64) -> String {
    make(world, user, length, 900).unwrap().secret.expose().to_owned()
}

/// How it is refused.
fn refused(world: &World, user: &str, secret: &str) {
    assert_eq!(world.finish(user, secret).unwrap_err(), Code::InvalidToken, "{user}");
}

fn delete(world: &World, user: &'static str) {
    world.write(move |tx, ctx| manage::delete(tx, ctx, user));
}

on_both!(a_token_is_as_long_and_lives_as_long_as_the_server_says, |test| {
    let world = with_anna(World::new(test));
    for length in [6, 7, 31, 32, 33, 128] {
        let token = make(&world, "anna", length, 120).unwrap();
        let secret = token.secret.expose();
        assert_eq!(secret.len() as i64, length);
        assert!(secret.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "lower-case hex");
        assert_eq!((token.started.handle.as_str(), token.started.phrase), ("anna", None));
        assert_eq!(token.started.expires_at - token.started.created_at, 120_000_000);
    }
    assert_eq!(make(&world, "nobody", 6, 900).unwrap_err(), Code::UserNotFound);
    assert_eq!(world.outbox(), [], "nothing is sent");
});

on_both!(a_token_opens_a_session_of_its_own_kind_and_only_once, |test| {
    let world = with_anna(World::new(test));
    for length in [6, 32] {
        let secret = secret(&world, "anna", length);
        let signed_in = world.finish("anna", &secret).unwrap();
        let (session, user) = (signed_in.session, signed_in.user);
        assert_eq!((session.provider.as_str(), session.provider_uid.as_str()), ("token", ""));
        assert_eq!((session.factors, session.user_id), (vec!["token".to_owned()], "anna".to_owned()));
        assert_eq!((user.id.as_str(), user.signed_in_at), ("anna", Some(world.ctx.now)));
        assert_eq!(user.phone_proof, user::Proof::Set, "it proves nothing about the number");
        refused(&world, "anna", &secret);
    }
    assert_eq!(world.value::<i64>(SESSIONS), 2);
});

on_both!(of_sixty_four_racers_with_one_token_exactly_one_gets_a_session, |test| {
    let world = with_anna(crowded(test, &json!({})));
    for (length, sessions) in [(6, 1), (32, 2)] {
        let secret = secret(&world, "anna", length);
        let answers = together((0..64).map(|_| world.finishing("anna", &secret)).collect());
        assert_eq!((winners(&answers), world.value::<i64>(SESSIONS)), (1, sessions), "{length}");
        assert!(answers.into_iter().all(|answer| answer.unwrap().err().is_none_or(|e| e.code == Code::InvalidToken)));
    }
    assert_eq!(deadlocks(&world), 0);
});

on_both!(racers_with_several_tokens_and_wrong_ones_never_wait_for_each_other_forever, |test| {
    let world = with_anna(crowded(test, &json!({})));
    let secrets: Vec<_> = (0..8).map(|_| secret(&world, "anna", 8)).collect();
    let guess = wrong(&secrets[0]);
    let shown = secrets.iter().chain([&guess; 4]);
    let answers = together(shown.map(|secret| world.finishing("anna", secret)).collect());
    assert_eq!((winners(&answers), deadlocks(&world)), (8, 0));
});

on_both!(tokens_stand_side_by_side_and_a_right_one_counts_on_its_own_alone, |test| {
    let world = with_anna(World::new(test));
    let secrets: Vec<_> = (0..6).map(|_| secret(&world, "anna", 6)).collect();
    // Were each counted on all, the sixth would be dead.
    for secret in &secrets {
        world.finish("anna", secret).unwrap();
    }
    assert_eq!((world.value::<i64>(TRIED), world.failures("token:anna")), (6, 0));
});

on_both!(five_wrong_tries_kill_every_short_token_and_no_long_one, |test| {
    let mut world = with_anna(World::new(test));
    let short: Vec<_> = [6, 8, 31].into_iter().map(|length| secret(&world, "anna", length)).collect();
    let long = secret(&world, "anna", 32);
    world.guess_wrong("anna", &short[0], 4);
    world.finish("anna", &short[0]).unwrap();
    // Long tries count nowhere.
    world.guess_wrong("anna", &long, 20);
    assert_eq!(world.failures("token:anna"), 4);
    world.guess_wrong("anna", &short[1], 1);
    for secret in &short {
        refused(&world, "anna", secret);
    }
    assert_eq!(world.failures("token:anna"), 5, "the dead ones count no more");
    world.guess_wrong("anna", &short[1], 200);
    world.finish("anna", &long).unwrap();
    // A new one has tries of its own.
    world.later(1);
    let fresh = secret(&world, "anna", 8);
    world.guess_wrong("anna", &fresh, 4);
    world.finish("anna", &fresh).unwrap();
});

on_both!(an_expired_token_is_none, |test| {
    let mut world = with_anna(World::new(test));
    let brief = make(&world, "anna", 6, 60).unwrap().secret;
    let long = make(&world, "anna", 32, 60).unwrap().secret;
    let year = make(&world, "anna", 128, 31_536_000).unwrap().secret;
    world.later(60);
    refused(&world, "anna", brief.expose());
    refused(&world, "anna", long.expose());
    world.later(31_536_000 - 61);
    assert!(world.finish("anna", year.expose()).is_ok());
});

on_both!(a_token_works_for_no_other_user_and_in_no_other_project, |test| {
    let world = with_anna(World::new(test));
    world.user(Row::by_key("bernd", BERND));
    let elsewhere = with_anna(world.of_project("p2"));
    for length in [6, 32] {
        let token = secret(&world, "anna", length);
        refused(&world, "bernd", &token);
        refused(&world, "nobody", &token);
        refused(&elsewhere, "anna", &token);
        assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM handles WHERE state = 'live' AND attempts = 0"), 1);
        world.finish("anna", &token).unwrap();
    }
});

on_both!(a_token_grows_when_the_day_is_spent_and_is_as_wanted_when_nothing_is, |test| {
    let mut world = with_anna(World::new(test));
    let length = |world: &World, wanted: i64| secret(world, "anna", wanted).len();
    // Contract nuvix §4.5 allows four, and an idle person is not in danger by one of them.
    let first = secret(&world, "anna", 4);
    assert_eq!(first.len(), 4);
    assert_eq!((length(&world, 4), length(&world, 6), length(&world, 40)), (16, 16, 40));
    // One that was used endangers nobody.
    world.finish("anna", &first).unwrap();
    assert_eq!(length(&world, 6), 6);
    assert_eq!(length(&world, 4), 5);
    world.later(25 * 3_600);
    assert_eq!(length(&world, 4), 4);
});

on_both!(a_hundred_tokens_of_the_usual_length_fit_in_a_day, |test| {
    let world = with_anna(World::new(test));
    let lengths: Vec<_> = (0..101).map(|_| secret(&world, "anna", 6).len()).collect();
    assert!(lengths[..100].iter().all(|length| *length == 6));
    assert_eq!(lengths[100], 7);
    assert!(world.reserved_by("anna") <= crate::limit::guess::DAILY);
});

on_both!(codes_that_are_out_and_tokens_share_one_budget, |test| {
    let world = with_anna(World::new(test));
    world.ask(ANNA, "h1");
    world.code();
    assert_eq!(world.reserved_by("anna"), 50_000);
    assert_eq!(secret(&world, "anna", 4).len(), 5);
});

on_both!(a_blocked_user_is_refused_and_his_token_waits, |test| {
    let world = with_anna(World::new(test));
    for length in [6, 32] {
        let token = secret(&world, "anna", length);
        world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", true));
        assert_eq!(world.finish("anna", &token).unwrap_err(), Code::UserBlocked);
        refused(&world, "anna", &wrong(&token));
        world.write(|tx, ctx| user::set_blocked(tx, ctx, "anna", false));
        world.finish("anna", &token).unwrap();
    }
});

on_both!(a_deleted_users_token_is_dead_also_for_whoever_gets_the_id_next, |test| {
    let world = with_anna(World::new(test));
    let tokens = [6, 32].map(|length| secret(&world, "anna", length));
    delete(&world, "anna");
    for token in &tokens {
        refused(&world, "anna", token);
    }
    let world = with_anna(world);
    for token in &tokens {
        refused(&world, "anna", token);
    }
    assert_eq!(world.value::<i64>(SESSIONS), 0);
});

on_both!(a_pending_account_becomes_a_user_whose_number_is_a_claim, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let token = secret(&world, "anna", 6);
    let user = world.finish("anna", &token).unwrap().user;
    assert_eq!((user.id.as_str(), user.pending, user.phone), ("anna", false, None));
    assert_eq!(user.phone_claim, Some(Phone::parse(ANNA, None).unwrap()));
    assert!(!world.find_user("anna").unwrap().is_phone_verified());
    assert_eq!(world.owner(ANNA), None, "a claim finds nobody");
    // Whoever really has the number gets an account of his own, and the claim is gone.
    let owner = world.finish("anna", &code).unwrap().user;
    assert_ne!(owner.id, "anna");
    assert_eq!(world.owner(ANNA).map(|user| user.id), Some(owner.id));
    assert_eq!(world.find_user("anna").unwrap().phone_claim, None);
});

on_both!(a_wrong_token_counts_once_on_a_sign_in_code_of_the_same_handle, |test| {
    let world = World::new(test);
    let code = world.ask_and_get(ANNA, "anna");
    let tokens = [8, 9].map(|length| secret(&world, "anna", length));
    world.guess_wrong("anna", &tokens[0], 1);
    assert_eq!(world.value::<i64>("SELECT MAX(attempts) FROM handles"), 1);
    assert_eq!((world.value::<i64>(TRIED), world.failures(ANNA), world.failures("token:anna")), (3, 1, 1));
    // The code, when it is right, counts on no token.
    world.finish("anna", &code).unwrap();
    assert_eq!((world.value::<i64>(TRIED), world.failures("token:anna")), (4, 1));
    world.finish("anna", &tokens[0]).unwrap();
});

on_both!(tokens_and_codes_never_stand_in_for_each_other, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.add_mail(&anna, ANNA_MAIL);
    world.later(60);
    let [short, long] = [6, 64].map(|length| secret(&world, "anna", length));
    // A token is neither a code for a new number …
    world.claim(&anna, BERND).unwrap();
    world.verify_phone(&anna).unwrap();
    let code = world.code();
    assert_eq!(world.confirm_phone(&anna, &short).unwrap_err(), Code::InvalidToken);
    // … nor the answer to a challenge …
    let challenge = world.challenge(&anna, Factor::Email).unwrap();
    let answer = world.code();
    assert_eq!(world.answer(&anna, &challenge, &short).unwrap_err(), Code::InvalidToken);
    // … nor what a handle of another kind opens …
    let other = world.by(Dialect::Nevr);
    refused(&other, "anna", &short);
    // … nor a link.
    let link = Link { user: "anna".to_owned(), secret: long.clone(), expire: String::new() };
    assert_eq!(world.find_recovery(&link).unwrap_err(), Code::InvalidToken);
    assert_eq!(world.recover(&link, "a hash").unwrap_err(), Code::InvalidToken);
    assert_eq!(world.confirm_mail(Some(&anna), "anna", &long).unwrap_err(), Code::InvalidToken);
    // And none of those is a token.
    let recovery = world.recovery(ANNA_MAIL);
    for secret in [&code, &answer, &recovery.secret] {
        refused(&world, "anna", secret);
    }
    assert_eq!(world.value::<i64>(SESSIONS), 1);
    // All of them were good.
    world.confirm_phone(&anna, &code).unwrap();
    world.answer(&anna, &challenge, &answer).unwrap();
    world.finish("anna", &short).unwrap();
    world.finish("anna", &long).unwrap();
    world.recover(&recovery, "a hash").unwrap();
});

on_both!(a_magic_link_signs_in_beside_a_long_token, |test| {
    let mut world = World::new(test);
    world.enter_by_mail(ANNA_MAIL, "anna");
    let long = secret(&world, "anna", 64);
    world.later(60);
    let link = world.ask_link(ANNA_MAIL, "link");
    let link = Link { user: link.handle, ..world.posted() };
    assert_eq!(world.follow(&link).unwrap().session.provider, "magic-url");
    assert_eq!(world.finish("anna", &long).unwrap().session.provider, "token");
});

on_both!(a_token_says_nothing_about_itself_when_it_is_printed, |test| {
    let token = make(&with_anna(World::new(test)), "anna", 32, 900).unwrap();
    assert!(!format!("{token:?}").contains(token.secret.expose()));
});
