//! Where a user can be written to: contacts, joined with the account that they follow and the sessions that they go with.

use super::Caller;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Result, Target};
use crate::contact::{self, Change, Channel, Contact, Identifier, New, Owner, Stored};
use crate::db::Tx;
use crate::session;
use crate::user::{self, User};

fn owner(user: &User) -> Owner<'_> {
    Owner {
        id: &user.id,
        email: user.email.as_ref(),
        phone: user.phone.as_ref(),
        created_at: user.created_at,
        updated_at: user.updated_at,
    }
}

/// All contacts of a user, the oldest first.
pub fn list(tx: &mut Tx<'_>, ctx: &Ctx, user: &User) -> Result<Vec<Contact>> {
    let stored = live(tx, ctx, &user.id)?;
    Ok(contact::list(owner(user), stored))
}

/// The contacts of each of these users.
pub fn list_of_all(tx: &mut Tx<'_>, ctx: &Ctx, users: &[User]) -> Result<Vec<Vec<Contact>>> {
    let any = contact::is_any_stored(tx, &ctx.project)?;
    let mut all = Vec::with_capacity(users.len());
    for user in users {
        all.push(if any { list(tx, ctx, user)? } else { contact::list(owner(user), Vec::new()) });
    }
    Ok(all)
}

/// What is stored about a user, without what was registered in a session that is no more.
fn live(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Vec<Stored>> {
    let mut stored = contact::list_stored(tx, &ctx.project, user)?;
    if stored.iter().any(|row| row.session_id.is_some()) {
        let sessions = session::list(tx, ctx, user)?;
        stored.retain(|row| row.session_id.as_ref().is_none_or(|id| sessions.iter().any(|session| session.id == *id)));
    }
    Ok(stored)
}

/// Forgets what was registered in sessions that are no more: of a user, and of whoever has this identifier.
fn sweep(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, identifier: Option<&Identifier>) -> Result<()> {
    let mut rows = contact::list_stored(tx, &ctx.project, user)?;
    if let Some(identifier) = identifier {
        rows.extend(contact::find_stored(tx, &ctx.project, identifier)?);
    }
    for row in rows {
        let Some(id) = &row.session_id else { continue };
        if session::list(tx, ctx, &row.user_id)?.iter().all(|session| session.id != *id) {
            contact::forget(tx, &ctx.project, &row)?;
        }
    }
    Ok(())
}

/// Refuses a number or an address that an account has: there it is a contact already.
fn check_free(tx: &mut Tx<'_>, ctx: &Ctx, identifier: &Identifier) -> Result<()> {
    let target = match identifier {
        Identifier::Email(email) => Target::Email(email.clone()),
        Identifier::Sms(phone) => Target::Phone(phone.clone()),
        Identifier::Push(_) => return Ok(()),
    };
    let Some(holder) = user::find_by(tx, &ctx.project, &target)?.filter(|user| !user.pending) else { return Ok(()) };
    // Unless it was removed there.
    let held = list(tx, ctx, &holder)?.iter().any(|contact| contact.identifier == identifier.as_str());
    if held { Err(Code::ContactExists.into()) } else { Ok(()) }
}

/// The account, which somebody has signed in to or a server has made.
fn settled(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<User> {
    let user = user::get(tx, &ctx.project, id)?;
    // A pending one may get another id with its first sign-in, or go without ever having had one.
    if user.pending { Err(Code::UserNotFound.into()) } else { Ok(user) }
}

fn changed(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    audit::record(tx, ctx, What::UserUpdate, Some(user), r#"{"changed":"targets"}"#)?;
    // Answers about the account show its contacts.
    user::announce(tx, ctx, user)
}

/// Makes a contact of a user, for a server. `Code::ContactExists` when its id or identifier is taken.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, new: New) -> Result<Contact> {
    let user = settled(tx, ctx, user)?;
    made(tx, ctx, &user, new)
}

fn made(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, new: New) -> Result<Contact> {
    sweep(tx, ctx, &user.id, Some(&new.identifier))?;
    check_free(tx, ctx, &new.identifier)?;
    let made = contact::create(tx, ctx, owner(user), new)?;
    changed(tx, ctx, &user.id)?;
    Ok(made)
}

/// A contact of a user. `Code::ContactNotFound` when he has none with this id.
pub fn get(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<Contact> {
    let user = user::get(tx, &ctx.project, user)?;
    contact::get(list(tx, ctx, &user)?, id)
}

/// What a server changes about a contact.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// Another address, number or token, as it was sent.
    pub identifier: Option<String>,
    /// Another name.
    pub name: Option<String>,
    /// Another provider.
    pub provider_id: Option<String>,
}

/// Changes a contact of a user, for a server. The account that it followed stays as it is.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str, update: Update) -> Result<Contact> {
    let user = settled(tx, ctx, user)?;
    let contact = contact::get(list(tx, ctx, &user)?, id)?;
    rewrite(tx, ctx, &user, &contact, update, None)
}

fn rewrite(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: &User,
    contact: &Contact,
    update: Update,
    session_id: Option<String>,
) -> Result<Contact> {
    let identifier = update.identifier.map(|text| Identifier::parse(contact.channel, &text)).transpose()?;
    let identifier = identifier.filter(|identifier| identifier.as_str() != contact.identifier);
    if let Some(identifier) = &identifier {
        sweep(tx, ctx, &user.id, Some(identifier))?;
        check_free(tx, ctx, identifier)?;
    }
    let change = Change { identifier, name: update.name, provider_id: update.provider_id, session_id };
    let now = contact::update(tx, ctx, owner(user), contact, change)?;
    changed(tx, ctx, &user.id)?;
    Ok(now)
}

/// Removes a contact of a user, for a server. The account keeps its number and address.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<()> {
    let user = settled(tx, ctx, user)?;
    let contact = contact::get(list(tx, ctx, &user)?, id)?;
    contact::delete(tx, ctx, owner(&user), &contact)?;
    changed(tx, ctx, &user.id)
}

/// Registers the device of whoever is signed in for push messages, for as long as he is.
pub fn create_push(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    caller: &Caller,
    id: Option<String>,
    token: &str,
    provider_id: Option<String>,
) -> Result<Contact> {
    let user = caller.reload(tx, ctx)?;
    let identifier = Identifier::parse(Channel::Push, token)?;
    let session_id = Some(caller.session.id.clone());
    made(tx, ctx, &user, New { id, identifier, name: String::new(), provider_id, session_id })
}

/// Gives a device of whoever is signed in another token. `Code::ContactNotFound` for everything but his own devices.
pub fn update_push(tx: &mut Tx<'_>, ctx: &Ctx, caller: &Caller, id: &str, token: &str) -> Result<Contact> {
    let user = caller.reload(tx, ctx)?;
    let contact = own_push(tx, ctx, &user, id)?;
    let update = Update { identifier: Some(token.to_owned()), ..Update::default() };
    rewrite(tx, ctx, &user, &contact, update, Some(caller.session.id.clone()))
}

/// Takes a device of whoever is signed in off. `Code::ContactNotFound` for everything but his own devices.
pub fn delete_push(tx: &mut Tx<'_>, ctx: &Ctx, caller: &Caller, id: &str) -> Result<()> {
    let user = caller.reload(tx, ctx)?;
    let contact = own_push(tx, ctx, &user, id)?;
    contact::delete(tx, ctx, owner(&user), &contact)?;
    changed(tx, ctx, &user.id)
}

fn own_push(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, id: &str) -> Result<Contact> {
    let contact = contact::get(list(tx, ctx, user)?, id)?;
    if contact.channel == Channel::Push { Ok(contact) } else { Err(Code::ContactNotFound.into()) }
}
