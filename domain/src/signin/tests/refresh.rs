//! Refreshing sessions: the secret changes, and a spent one ends what it opened.

use serde_json::json;

use super::world::{ANNA, World};
use crate::base::{Code, Secret};
use crate::on_both;
use crate::session::{self, New, Session};
use crate::signin::invite::own_tenant;
use crate::signin::{Refreshed, Terms, refresh};
use crate::tenant::{self, Details};

const EVENTS: &str = "SELECT COUNT(*) FROM audit_events WHERE event = 'session.reuse' AND user_id = 'anna'";
const SPENT: &str = "SELECT COUNT(*) FROM spent_secrets";

/// Somebody with a session of a Frontegg client.
fn signed_in(world: &World) -> (Session, Secret) {
    world.user(super::world::Row::by_key("anna", ANNA));
    open(world)
}

fn open(world: &World) -> (Session, Secret) {
    let seconds = Terms::of_frontegg(&world.project).seconds;
    world.write(move |tx, ctx| {
        let new = New { user: "anna", provider: "phone", provider_uid: "", factors: &["phone"], seconds, limit: 10 };
        session::create(tx, ctx, new)
    })
}

fn refreshed(world: &World, shown: &Secret) -> Result<Refreshed, Code> {
    refreshed_in(world, shown, None)
}

fn refreshed_in(world: &World, shown: &Secret, tenant: Option<&'static str>) -> Result<Refreshed, Code> {
    let (project, shown) = (world.project.clone(), shown.clone());
    let terms = Terms::of_frontegg(&project);
    world.write(move |tx, ctx| refresh(tx, ctx, &project, &terms, &shown, tenant)).map_err(|error| error.code)
}

/// The new secret.
fn turn(world: &World, shown: &Secret) -> Secret {
    refreshed(world, shown).unwrap().secret.unwrap()
}

on_both!(a_refresh_replaces_the_secret_and_lets_the_session_live_on, |test| {
    let mut world = World::new(test);
    let (before, first) = signed_in(&world);
    world.later(3_600);
    let Refreshed { session, user, secret } = refreshed(&world, &first).unwrap();
    let second = secret.unwrap();
    assert_eq!((session.id.as_str(), user.id.as_str()), (before.id.as_str(), "anna"));
    assert_eq!(session.expires_at, world.ctx.now.plus_seconds(2_592_000));
    assert!(world.session(&first).is_none(), "the old one opens nothing");
    assert_eq!(world.session(&second).unwrap().0, session, "what is told is what is stored");
    world.later(20);
    let third = turn(&world, &second);
    assert!(world.session(&third).is_some());
});

on_both!(a_spent_secret_ends_the_session_and_is_written_down, |test| {
    let mut world = World::new(test);
    let (_, first) = signed_in(&world);
    let (_, other) = open(&world);
    let second = turn(&world, &first);
    world.later(10);
    assert_eq!(refreshed(&world, &first).unwrap_err(), Code::SessionNotFound);
    assert_eq!(refreshed(&world, &second).unwrap_err(), Code::SessionNotFound, "whoever has the newer one is out too");
    assert_eq!(world.value::<i64>(EVENTS), 1);
    assert!(world.session(&other).is_some(), "his other sessions stay");
    assert_eq!(refreshed(&world, &first).unwrap_err(), Code::SessionNotFound);
    assert_eq!(world.value::<i64>(EVENTS), 1, "what has ended ends once");
});

on_both!(a_secret_that_was_spent_long_before_ends_the_session_as_well, |test| {
    let mut world = World::new(test);
    let (_, first) = signed_in(&world);
    let mut newest = turn(&world, &first);
    for _ in 0..5 {
        world.later(3_600);
        newest = turn(&world, &newest);
    }
    assert_eq!(refreshed(&world, &first).unwrap_err(), Code::SessionNotFound);
    assert!(world.session(&newest).is_none());
});

on_both!(within_ten_seconds_a_spent_secret_is_a_tab_that_asked_at_the_same_moment, |test| {
    let mut world = World::new(test);
    let (session, first) = signed_in(&world);
    let second = turn(&world, &first);
    world.later(9);
    let tab = refreshed(&world, &first).unwrap();
    assert_eq!((tab.session.id.as_str(), tab.secret.is_none()), (session.id.as_str(), true), "it keeps the other's");
    assert!(world.session(&second).is_some());
    // One tab may be two steps behind.
    let third = turn(&world, &second);
    assert!(refreshed(&world, &first).unwrap().secret.is_none());
    world.later(1);
    assert!(refreshed(&world, &second).is_ok(), "each has its own ten seconds");
    assert_eq!(refreshed(&world, &first).unwrap_err(), Code::SessionNotFound);
    assert!(world.session(&third).is_none());
});

on_both!(what_was_never_a_secret_changes_nothing, |test| {
    let world = World::new(test);
    let (session, secret) = signed_in(&world);
    // The id, by which a secret begins, stands in every access token.
    let forged = Secret::new(session.id.replace('-', "") + &"0".repeat(224));
    for shown in [forged, Secret::new(""), Secret::new("x"), Secret::new("é".repeat(128))] {
        assert_eq!(refreshed(&world, &shown).unwrap_err(), Code::SessionNotFound);
    }
    assert!(world.session(&secret).is_some());
    assert_eq!(world.value::<i64>(EVENTS), 0);
});

on_both!(a_session_of_another_project_is_none_here, |test| {
    let world = World::new(test);
    let (_, first) = signed_in(&world);
    let second = turn(&world, &first);
    let mut other = world.of_project("p2");
    other.later(60);
    for shown in [&first, &second] {
        assert_eq!(refreshed(&other, shown).unwrap_err(), Code::SessionNotFound);
    }
    assert!(world.session(&second).is_some());
});

on_both!(no_session_outlives_what_the_project_allows, |test| {
    let mut world = World::with(test, &json!({"auth": {"duration": 600}, "frontegg": {"refreshTokenSeconds": 400}}));
    let (session, first) = signed_in(&world);
    world.later(300);
    let second = refreshed(&world, &first).unwrap();
    assert_eq!(second.session.expires_at, session.created_at.plus_seconds(600));
    world.later(299);
    let third = turn(&world, &second.secret.unwrap());
    world.later(1);
    assert_eq!(refreshed(&world, &third).unwrap_err(), Code::SessionNotFound);
});

on_both!(neither_the_blocked_nor_whoever_lacks_a_second_factor_goes_on, |test| {
    let world = World::new(test);
    let (_, secret) = signed_in(&world);
    world.tamper("UPDATE users SET blocked = TRUE");
    assert_eq!(refreshed(&world, &secret).unwrap_err(), Code::UserBlocked);
    world.tamper("UPDATE users SET blocked = FALSE, mfa = TRUE, totp = TRUE");
    assert_eq!(refreshed(&world, &secret).unwrap_err(), Code::MoreFactorsRequired);
    world.tamper("UPDATE users SET mfa = FALSE, totp = FALSE");
    assert!(refreshed(&world, &secret).is_ok(), "the secret was not spent by being refused");
});

on_both!(spent_secrets_are_forgotten_when_they_would_have_expired, |test| {
    let mut world = World::with(test, &json!({"frontegg": {"refreshTokenSeconds": 400}}));
    let (session, first) = signed_in(&world);
    world.later(100);
    let second = turn(&world, &first);
    let purge = |world: &World| world.write(|tx, ctx| session::purge(tx, ctx.now));
    world.later(300);
    purge(&world);
    assert_eq!(world.value::<i64>(SPENT), 1);
    world.ctx.now = session.expires_at.plus_seconds(1);
    purge(&world);
    assert_eq!(world.value::<i64>(SPENT), 0);
    assert_eq!(refreshed(&world, &first).unwrap_err(), Code::SessionNotFound);
    assert!(world.session(&second).is_some(), "what has expired is no sign of a theft");
});

on_both!(a_refresh_can_lead_to_another_of_ones_accounts_and_to_no_other, |test| {
    let world = World::new(test);
    let (_, first) = signed_in(&world);
    let own = own_tenant(&world.project);
    world.write(move |tx, ctx| {
        for id in ["acme", "bolt", "other"] {
            tenant::create(tx, ctx, Some(id), id, &Details::default())?;
        }
        tenant::join(tx, ctx, &own, "anna", "acme")?;
        tenant::join(tx, ctx, &own, "anna", "bolt")
    });
    let active = || world.write(|tx, ctx| tenant::of_user(tx, ctx, "anna")).active;
    assert_eq!(refreshed_in(&world, &first, Some("other")).unwrap_err(), Code::TenantNotFound);
    assert_eq!(active(), "acme");
    refreshed_in(&world, &first, Some("bolt")).unwrap().secret.unwrap();
    assert_eq!(active(), "bolt");
});
