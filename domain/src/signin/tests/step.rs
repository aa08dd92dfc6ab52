//! The step from the first factor to the second, as a page takes it.

use serde_json::json;

use super::world::{ANNA, World};
use crate::base::{Code, Email, Secret};
use crate::on_both;
use crate::signin::{self, Caller, Factor, challenge, factor};
use crate::user;
use crate::verification::{Dialect, Purpose};

/// Anna, signed in by a code, and her session's secret.
fn signed_in(world: &World) -> (Caller, Secret) {
    let code = world.ask_and_get(ANNA, "anna");
    let signed_in = world.finish("anna", &code).unwrap();
    (Caller { user: signed_in.user, session: signed_in.session }, signed_in.secret)
}

on_both!(what_comes_next_is_what_the_session_has_not_shown_and_can_be_asked_for, |test| {
    let mut world = World::with(test, &json!({"email": {"providers": []}}));
    let (caller, _) = signed_in(&world);
    let next = |world: &World, caller: &Caller| {
        let (project, caller) = (world.project.clone(), caller.clone());
        world.write(move |tx, _| signin::next_factors(tx, &project, &caller.user, &caller.session))
    };
    assert_eq!(next(&world, &caller), [], "the number was the first step");

    let mut other = caller.clone();
    other.session.factors = vec!["email".to_owned()];
    assert_eq!(next(&world, &other), [Factor::Phone]);

    let (project, of) = (world.project.clone(), caller.clone());
    world.write(move |tx, ctx| {
        user::set_totp(tx, ctx, &of.user.id, true)?;
        user::set_email(tx, ctx, &of.user.id, &Email::parse("anna@example.com").unwrap())?;
        factor::create_codes(tx, ctx, &project, &of)
    });
    let with_more = Caller { user: world.find_user("anna").unwrap(), ..caller };
    assert_eq!(next(&world, &with_more), [Factor::Totp, Factor::RecoveryCode], "the address is not proved");
    let mut proved = with_more.clone();
    proved.user.email_proof = user::Proof::Code;
    assert_eq!(next(&world, &proved), [Factor::Totp, Factor::RecoveryCode], "no provider writes to it");
    world.set(&json!({"email": {"providers": [
        {"name": "main", "from": "no-reply@example.com", "account": {"kind": "inbox"}}]}}));
    assert_eq!(next(&world, &proved), [Factor::Totp, Factor::Email, Factor::RecoveryCode]);
    world.set(&json!({"mfa": {"totp": false, "recoveryCodes": false}}));
    assert_eq!(next(&world, &proved), [Factor::Email]);
});

on_both!(with_the_second_factor_the_session_gets_another_secret_where_the_answer_carries_it, |test| {
    let world = World::new(test);
    let (caller, old) = signed_in(&world);
    let (project, of) = (world.project.clone(), caller.clone());
    let (codes, asked) = world.write(move |tx, ctx| {
        let codes = factor::create_codes(tx, ctx, &project, &of)?;
        Ok((codes, challenge::create(tx, ctx, &project, &of, Dialect::Page, Factor::RecoveryCode)?))
    });
    let answer = |code: Secret| {
        let (project, of, id) = (world.project.clone(), caller.clone(), asked.id.clone());
        world.write(move |tx, ctx| challenge::complete_and_rotate(tx, ctx, &project, &of, &id, &code))
    };
    assert_eq!(answer(Secret::new("0000000000")).unwrap_err().code, Code::InvalidToken);
    assert!(world.session(&old).is_some(), "a wrong code changes nothing");

    let (session, secret) = answer(codes[0].clone()).unwrap();
    assert_eq!(
        (session.id.as_str(), &session.factors[..]),
        (caller.session.id.as_str(), &["phone", "recoverycode"].map(str::to_owned)[..])
    );
    assert!(world.session(&old).is_none() && secret != old);
    assert_eq!(world.session(&secret).unwrap().0.factors, session.factors);
    assert_eq!(answer(codes[1].clone()).unwrap_err().code, Code::InvalidToken, "a challenge is answered once");
});

on_both!(a_link_is_looked_at_without_being_used, |test| {
    let mut world = World::new(test);
    world.set(&json!({"email": {"providers": [
        {"name": "main", "from": "no-reply@example.com", "account": {"kind": "inbox"}}]}}));
    let redirect = crate::project::Redirect::own("https://id.example.com/login/link").unwrap();
    let started = world.start(signin::Start {
        target: Email::parse("anna@example.com").unwrap().into(),
        way: signin::Way::MagicLink(redirect),
        ..world.request(ANNA, Some("anna"))
    });
    let handle = started.unwrap().handle;
    let link = world.work()[0].message.payload.link.clone().unwrap();
    let secret = link.split_once("secret=").unwrap().1.split('&').next().unwrap().to_owned();
    let look = |world: &World, purpose, handle: &str, secret: &str| {
        let (handle, secret) = (handle.to_owned(), Secret::new(secret));
        world.try_write(move |tx, ctx| signin::verify::find_link(tx, ctx, purpose, &handle, &secret))
    };
    for _ in 0..7 {
        assert_eq!(look(&world, Purpose::MagicLink, &handle, &secret).unwrap().as_str(), "anna@example.com");
    }
    for (purpose, handle, secret) in [
        (Purpose::Recovery, handle.as_str(), secret.as_str()),
        (Purpose::MagicLink, "bert", &secret),
        (Purpose::MagicLink, &handle, &"0".repeat(64)),
    ] {
        assert_eq!(look(&world, purpose, handle, secret).unwrap_err().code, Code::InvalidToken);
    }
    let mut late = world.clone();
    late.later(3_600);
    assert_eq!(look(&late, Purpose::MagicLink, &handle, &secret).unwrap_err().code, Code::InvalidToken);
    world.finish(&handle, &secret).unwrap();
    assert_eq!(look(&world, Purpose::MagicLink, &handle, &secret).unwrap_err().code, Code::InvalidToken);
});
