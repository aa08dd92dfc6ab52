//! Where users can be written to.

use super::world::{ANNA, ANNA_MAIL, World};
use crate::base::Code;
use crate::contact::{Channel, Contact, Identifier, New};
use crate::on_both;
use crate::signin::contact;

/// The identifiers of a user's contacts.
fn reached(world: &World, user: &str) -> Vec<String> {
    let id = user.to_owned();
    let found = world.try_write(move |tx, ctx| {
        let user = crate::user::get(tx, &ctx.project, &id)?;
        contact::list(tx, ctx, &user)
    });
    found.unwrap().into_iter().map(|contact| contact.identifier).collect()
}

fn add(world: &World, user: &'static str, channel: Channel, text: &'static str) -> Result<Contact, Code> {
    let added = world.try_write(move |tx, ctx| {
        let identifier = Identifier::parse(channel, text)?;
        let new = New { id: None, identifier, name: String::new(), provider_id: None, session_id: None };
        contact::create(tx, ctx, user, new)
    });
    added.map_err(|error| error.code)
}

on_both!(what_a_squatter_registered_does_not_survive_the_owners_proof, |test| {
    let world = World::new(test);
    world.sign_up(Some("squatted"), ANNA_MAIL).unwrap();
    let squatter = world.enter_by_password(ANNA_MAIL);
    world.act(&squatter, |tx, ctx, _, caller| contact::create_push(tx, ctx, caller, None, "spy", None)).unwrap();
    let user = world.me(&squatter).id;
    assert_eq!(reached(&world, &user), [ANNA_MAIL, "spy"]);
    let owner = world.enter_by_mail(ANNA_MAIL, "flow");
    assert_eq!(world.me(&owner).id, user);
    assert_eq!(reached(&world, &user), [ANNA_MAIL]);
});

on_both!(a_device_goes_with_its_session_however_that_ends, |test| {
    let mut world = World::new(test);
    let anna = world.enter(ANNA, "anna");
    world.act(&anna, |tx, ctx, _, caller| contact::create_push(tx, ctx, caller, None, "device", None)).unwrap();
    assert_eq!(reached(&world, "anna"), [ANNA, "device"]);
    assert_eq!(add(&world, "anna", Channel::Push, "device"), Err(Code::ContactExists));
    world.later(31_536_001);
    assert_eq!(reached(&world, "anna"), [ANNA], "the session has expired");
    add(&world, "anna", Channel::Push, "device").unwrap();
    assert_eq!(reached(&world, "anna"), [ANNA, "device"]);
});

on_both!(a_pending_account_has_no_contacts_but_what_it_holds, |test| {
    let world = World::new(test);
    world.ask_and_get(ANNA, "anna");
    assert!(world.find_user("anna").unwrap().pending);
    assert_eq!(add(&world, "anna", Channel::Push, "device"), Err(Code::UserNotFound));
    assert_eq!(reached(&world, "anna"), [ANNA]);
    // Nor does its number count against anybody.
    let bert = world.enter_by_mail(ANNA_MAIL, "bert");
    assert_eq!(world.me(&bert).id, "bert");
    add(&world, "bert", Channel::Sms, ANNA).unwrap();
    let anna = world.enter_by_mail("other@example.com", "clara");
    assert_eq!(world.me(&anna).id, "clara");
    assert_eq!(add(&world, "clara", Channel::Sms, ANNA), Err(Code::ContactExists));
});

on_both!(a_contact_keeps_nobody_from_an_account, |test| {
    let world = World::new(test);
    let bert = world.enter_by_mail(ANNA_MAIL, "bert");
    assert_eq!(world.me(&bert).id, "bert");
    add(&world, "bert", Channel::Sms, ANNA).unwrap();
    let anna = world.enter(ANNA, "anna");
    assert_eq!(world.me(&anna).id, "anna", "the number is hers, whoever wrote it down");
});
