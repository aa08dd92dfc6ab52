//! Users whom a server makes as members of accounts, and takes out of them.

use serde_json::json;

use super::manage::by_key;
use super::race::{crowded, together};
use super::world::{ANNA, ANNA_MAIL, World};
use crate::base::{Actor, Code, Ctx, Email, Result};
use crate::on_both;
use crate::signin::invite::{self, Invite};
use crate::signin::manage::{Change, NewUser, Set};
use crate::tenant::{self, Belonging, Details};
use crate::user::{self, Notes, User};

/// A world with accounts of users.
fn with(test: &crate::db::testing::TestDb, tenants: &[&'static str]) -> World {
    let world = World::new(test);
    for &id in tenants {
        world.write(move |tx, ctx| tenant::create(tx, ctx, Some(id), id, &Details::default()));
    }
    world
}

fn invited(world: &World, invite: Invite) -> Result<User, Code> {
    by_key(world, move |tx, ctx, project| invite::invite(tx, ctx, project, &invite, None))
}

fn anna(tenant: Option<&str>) -> Invite {
    let email = Some(Email::parse(ANNA_MAIL).unwrap());
    let new = NewUser { id: Some("anna".to_owned()), email, ..NewUser::default() };
    Invite { new, tenant: tenant.map(str::to_owned), known_too: true, ..Invite::default() }
}

fn belongs(world: &World) -> Belonging {
    world.write(|tx, ctx| tenant::of_user(tx, ctx, "anna"))
}

fn notes(world: &World) -> Notes {
    world.write(|tx, ctx| user::find_notes(tx, &ctx.project, "anna"))
}

fn remove(world: &World, of: Option<&'static str>) -> Result<(), Code> {
    by_key(world, move |tx, ctx, _| invite::remove(tx, ctx, "anna", of))
}

on_both!(what_a_server_says_of_somebody_new_is_not_said_of_somebody_who_is_there, |test| {
    let world = with(test, &["acme"]);
    let change = |external_id: &str| Change {
        mfa_bypass: Some(true),
        external_id: Set::To(external_id.to_owned()),
        vendor_metadata: Set::To("{}".to_owned()),
        entries: vec![("image", Some("https://a".to_owned())), ("gone", None)],
        ..Change::default()
    };
    let user = invited(&world, Invite { change: change("crm-1"), ..anna(None) }).unwrap();
    assert_eq!((user.mfa_bypass, user.prefs.as_str()), (true, r#"{"image":"https://a"}"#));
    let noted = Notes { external_id: Some("crm-1".to_owned()), vendor_metadata: Some("{}".to_owned()) };
    assert_eq!(notes(&world), noted);
    invited(&world, Invite { change: change("crm-2"), ..anna(Some("acme")) }).unwrap();
    assert_eq!((notes(&world), belongs(&world).all), (noted, vec!["acme".to_owned()]));
    // All or nothing.
    let wrong = Change { vendor_metadata: Set::To("[]".to_owned()), ..Change::default() };
    let new = NewUser { id: Some("bernd".to_owned()), ..NewUser::default() };
    assert!(invited(&world, Invite { new, change: wrong, ..Invite::default() }).is_err());
    assert_eq!(world.find_user("bernd"), None);
});

on_both!(whoever_leaves_his_last_account_is_removed, |test| {
    let world = with(test, &["acme", "bolt"]);
    for id in ["acme", "bolt"] {
        invited(&world, anna(Some(id))).unwrap();
    }
    let code = |of| by_key(&world, move |tx, ctx, _| invite::get_member(tx, ctx, "anna", of)).map(drop);
    assert_eq!((code(None), code(Some("acme")), code(Some("demo"))), (Ok(()), Ok(()), Err(Code::UserNotFound)));
    assert_eq!(remove(&world, Some("p1")).unwrap_err(), Code::UserNotFound, "she has accounts of her own");
    remove(&world, Some("acme")).unwrap();
    assert_eq!(belongs(&world), Belonging { all: vec!["bolt".to_owned()], active: "bolt".to_owned() });
    assert_eq!(remove(&world, Some("acme")).unwrap_err(), Code::UserNotFound, "not a second time");
    let left = "SELECT COUNT(*) FROM audit_events WHERE event = 'user.update' AND detail LIKE '%tenants%'";
    assert_eq!(world.value::<i64>(left), 1);
    remove(&world, Some("bolt")).unwrap();
    assert_eq!(world.find_user("anna"), None);
    assert_eq!(world.value::<i64>("SELECT COUNT(*) FROM memberships"), 0);
    assert_eq!(remove(&world, None).unwrap_err(), Code::UserNotFound);
});

on_both!(two_who_take_somebody_out_of_his_last_two_accounts_at_once_remove_him, |test| {
    let mut world = crowded(test, &json!({}));
    world.ctx = Ctx { actor: Actor::Key("k1".to_owned()), ..world.ctx };
    for id in ["acme", "bolt"] {
        world.write(move |tx, ctx| tenant::create(tx, ctx, Some(id), id, &Details::default()));
    }
    for _ in 0..8 {
        for id in ["acme", "bolt"] {
            invited(&world, anna(Some(id))).unwrap();
        }
        let removing = |of: &'static str| {
            let World { db, ctx, .. } = world.clone();
            async move { db.write(move |tx| invite::remove(tx, &ctx, "anna", Some(of))).await.is_ok() }
        };
        assert_eq!(together(vec![removing("acme"), removing("bolt")]), [true, true]);
        assert_eq!((world.find_user("anna"), world.value::<i64>("SELECT COUNT(*) FROM memberships")), (None, 0));
    }
});

on_both!(without_an_account_the_user_is_removed_with_every_way_into_his, |test| {
    let world = with(test, &["acme", "bolt"]);
    world.enter(ANNA, "anna");
    for id in ["acme", "bolt"] {
        world.write(move |tx, ctx| {
            let own = tenant::Own { name: "Shop".to_owned(), created_at: ctx.now };
            tenant::join(tx, ctx, &own, "anna", id)
        });
    }
    remove(&world, None).unwrap();
    assert_eq!(world.find_user("anna"), None);
    for count in ["SELECT COUNT(*) FROM memberships", "SELECT COUNT(*) FROM sessions"] {
        assert_eq!(world.value::<i64>(count), 0, "{count}");
    }
    assert!(world.owner(ANNA).is_none());
});

on_both!(whoever_belongs_to_none_is_removed_from_the_projects_own, |test| {
    let world = with(test, &["acme"]);
    invited(&world, anna(None)).unwrap();
    assert_eq!(remove(&world, Some("acme")).unwrap_err(), Code::UserNotFound);
    remove(&world, Some("p1")).unwrap();
    assert_eq!(world.find_user("anna"), None);
});
