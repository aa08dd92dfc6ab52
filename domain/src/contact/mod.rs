//! Where people can be written to: by e-mail, by SMS, or by a push message to one of their devices.
//!
//! The dialect of Appwrite and Nuvix calls these targets. Here a target is a number or an address that proves itself
//! (`base::Target`, the table `targets`), which a contact never does: it signs nobody in, whoever set it. Hence another
//! word.
//!
//! An account's own number and address are contacts without a row: they follow the account, so there is nothing to keep
//! in step. Only when a server changes one of them as a contact is a row written, under the same id.

mod list;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub use list::{list, select};

use crate::args;
use crate::base::crypto::sha256;
use crate::base::{Code, Ctx, Email, Error, Phone, Result, Time, id};
use crate::db::{Row, Tx};

/// Most contacts of a user that are stored.
pub const MOST: usize = 100;
/// Longest identifier, in characters (contract nuvix §4.5).
const LONGEST: usize = 255;

/// By what a contact is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// E-mail.
    Email,
    /// SMS.
    Sms,
    /// A push message.
    Push,
}

impl Channel {
    /// As it is stored and as it is called on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
        }
    }

    /// The channel of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Email, Self::Sms, Self::Push].into_iter().find(|channel| channel.name() == name)
    }
}

/// What an identifier is found to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identifier {
    /// An e-mail address.
    Email(Email),
    /// A phone number.
    Sms(Phone),
    /// A device's token.
    Push(String),
}

impl Identifier {
    /// Reads the identifier of a channel. `Code::InvalidEmail` or `Code::InvalidPhone` when it is none.
    pub fn parse(channel: Channel, text: &str) -> Result<Self> {
        match channel {
            Channel::Email => Email::parse(text).map(Self::Email).map_err(|_| Code::InvalidEmail.into()),
            Channel::Sms => Phone::parse(text, None).map(Self::Sms).map_err(|_| Code::InvalidPhone.into()),
            Channel::Push
                if text.is_empty() || text.chars().count() > LONGEST || text.chars().any(char::is_control) =>
            {
                Err(Error::invalid("identifier", format!("must be 1 to {LONGEST} characters in one line")))
            }
            Channel::Push => Ok(Self::Push(text.to_owned())),
        }
    }

    /// The whole of it. It never goes into a log.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Sms(phone) => phone.as_e164(),
            Self::Push(token) => token,
        }
    }

    /// By what it is reached.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
            Self::Push(_) => Channel::Push,
        }
    }
}

/// Somewhere a user can be written to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// Its id, which no other of the same user has.
    pub id: String,
    /// The user's id.
    pub user_id: String,
    /// By what it is reached.
    pub channel: Channel,
    /// The address, the number, or the device's token.
    pub identifier: String,
    /// What a server calls it, or empty.
    pub name: String,
    /// Through which provider a server means to write to it, by a name of its own.
    pub provider_id: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// A user as this noun has to know him.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// His id.
    pub id: &'a str,
    /// His account's address.
    pub email: Option<&'a Email>,
    /// His account's number.
    pub phone: Option<&'a Phone>,
    /// When his account was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

impl Owner<'_> {
    /// His account's address and number, as contacts.
    fn own(&self) -> impl Iterator<Item = Contact> {
        let email = self.email.map(|email| (Channel::Email, email.as_str()));
        let phone = self.phone.map(|phone| (Channel::Sms, phone.as_e164()));
        email.into_iter().chain(phone).map(|(channel, identifier)| Contact {
            id: own_id(self.id, channel),
            user_id: self.id.to_owned(),
            channel,
            identifier: identifier.to_owned(),
            name: String::new(),
            provider_id: None,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The id of the contact that follows a user's account. It stays when the account gets another address or number.
fn own_id(user: &str, channel: Channel) -> String {
    let mut id = data_encoding::HEXLOWER.encode(&sha256(format!("{}\0{user}", channel.name()).as_bytes()));
    id.truncate(20);
    id
}

/// A row.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The user's id.
    pub user_id: String,
    id: String,
    channel: Channel,
    identifier: Option<String>,
    name: String,
    provider_id: Option<String>,
    /// The session in which it was registered.
    pub session_id: Option<String>,
    removed: bool,
    created_at: Time,
    updated_at: Time,
}

impl Stored {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            user_id: row.get(0)?,
            id: row.get(1)?,
            channel: Channel::parse(&row.get::<String>(2)?).ok_or_else(|| Error::internal("an unknown channel"))?,
            identifier: row.get(3)?,
            name: row.get(4)?,
            provider_id: row.get(5)?,
            session_id: row.get(6)?,
            removed: row.get(7)?,
            created_at: row.get(8)?,
            updated_at: row.get(9)?,
        })
    }

    fn insert(&self, tx: &mut Tx<'_>, project: &str) -> Result<bool> {
        let made = tx.exec(
            sql::INSERT,
            args![
                project,
                &self.user_id,
                &self.id,
                self.channel.name(),
                self.identifier.as_ref(),
                &self.name,
                self.provider_id.as_ref(),
                self.session_id.as_ref(),
                self.removed,
                self.created_at,
                self.updated_at,
            ],
        )?;
        Ok(made == 1)
    }
}

/// What is stored about a user.
pub fn list_stored(tx: &mut Tx<'_>, project: &str, user: &str) -> Result<Vec<Stored>> {
    tx.list(sql::LIST, args![project, user], Stored::load)
}

/// Whether anything is stored about any user of a project.
pub fn is_any_stored(tx: &mut Tx<'_>, project: &str) -> Result<bool> {
    Ok(tx.find(sql::ANY, args![project], |_| Ok(()))?.is_some())
}

/// Who has this identifier stored.
pub fn find_stored(tx: &mut Tx<'_>, project: &str, identifier: &Identifier) -> Result<Option<Stored>> {
    tx.find(sql::FIND_BY_IDENTIFIER, args![project, identifier.as_str()], Stored::load)
}

/// Removes a row whose session has ended.
pub fn forget(tx: &mut Tx<'_>, project: &str, stored: &Stored) -> Result<()> {
    tx.exec(sql::DELETE, args![project, &stored.user_id, &stored.id]).map(drop)
}

/// What a contact is made of.
#[derive(Clone, Debug)]
pub struct New {
    /// The id that it is to have.
    pub id: Option<String>,
    /// The address, number or token.
    pub identifier: Identifier,
    /// What it is called, or empty.
    pub name: String,
    /// The provider, by the caller's name for it.
    pub provider_id: Option<String>,
    /// The session in which it is registered: it goes with it.
    pub session_id: Option<String>,
}

/// Makes a contact. `Code::ContactExists` when its id or identifier is taken.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, owner: Owner<'_>, new: New) -> Result<Contact> {
    check(&new.name, new.provider_id.as_deref())?;
    let stored = list_stored(tx, &ctx.project, owner.id)?;
    if stored.len() >= MOST {
        return Err(Error::invalid("targetId", format!("a user has {MOST} of these at most: remove some first")));
    }
    let id = new.id.unwrap_or_else(|| ctx.id());
    if !id::is_valid(&id) {
        return Err(Error::invalid("targetId", "is no id"));
    }
    // These are kept for what follows the account, whether it has any of it or not.
    if [Channel::Email, Channel::Sms].into_iter().any(|channel| own_id(owner.id, channel) == id) {
        return Err(Code::ContactExists.into());
    }
    let row = Stored {
        user_id: owner.id.to_owned(),
        id,
        channel: new.identifier.channel(),
        identifier: Some(new.identifier.as_str().to_owned()),
        name: new.name,
        provider_id: new.provider_id,
        session_id: new.session_id,
        removed: false,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    if !row.insert(tx, &ctx.project)? {
        return Err(Code::ContactExists.into());
    }
    list::shown(owner, row).ok_or_else(|| Error::internal("a contact without an identifier"))
}

/// The contact with this id among `contacts`, or `Code::ContactNotFound`.
pub fn get(contacts: Vec<Contact>, id: &str) -> Result<Contact> {
    contacts.into_iter().find(|contact| contact.id == id).ok_or_else(|| Code::ContactNotFound.into())
}

/// What is to be changed about a contact.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Another identifier, of the same channel.
    pub identifier: Option<Identifier>,
    /// Another name.
    pub name: Option<String>,
    /// Another provider.
    pub provider_id: Option<String>,
    /// The session in which this is registered anew.
    pub session_id: Option<String>,
}

/// Changes `contact`, which is the owner's. One that follows the account goes on doing so until it gets an identifier of
/// its own. `Code::ContactExists` when that is taken.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, owner: Owner<'_>, contact: &Contact, change: Change) -> Result<Contact> {
    check(change.name.as_deref().unwrap_or_default(), change.provider_id.as_deref())?;
    let row = list_stored(tx, &ctx.project, owner.id)?.into_iter().find(|row| row.id == contact.id);
    let was = row.unwrap_or_else(|| of_account(contact));
    let now = Stored {
        identifier: change.identifier.map_or(was.identifier, |identifier| Some(identifier.as_str().to_owned())),
        name: change.name.unwrap_or(was.name),
        provider_id: change.provider_id.or(was.provider_id),
        session_id: was.session_id.and(change.session_id),
        updated_at: ctx.now,
        ..was
    };
    tx.exec(sql::DELETE, args![&ctx.project, owner.id, &now.id])?;
    if !now.insert(tx, &ctx.project)? {
        return Err(Code::ContactExists.into());
    }
    list::shown(owner, now).ok_or_else(|| Error::internal("a contact without an identifier"))
}

/// Removes `contact`, which is the owner's. One that follows the account stays away, whatever the account gets.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, owner: Owner<'_>, contact: &Contact) -> Result<()> {
    tx.exec(sql::DELETE, args![&ctx.project, owner.id, &contact.id])?;
    if own_id(owner.id, contact.channel) == contact.id {
        let row = Stored { removed: true, updated_at: ctx.now, ..of_account(contact) };
        row.insert(tx, &ctx.project)?;
    }
    Ok(())
}

/// Forgets all that is stored about a user.
pub fn delete_all(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    tx.push(sql::DELETE_ALL, args![&ctx.project, user])
}

/// The row of a contact that follows the account.
fn of_account(contact: &Contact) -> Stored {
    Stored {
        user_id: contact.user_id.clone(),
        id: contact.id.clone(),
        channel: contact.channel,
        identifier: None,
        name: contact.name.clone(),
        provider_id: contact.provider_id.clone(),
        session_id: None,
        removed: false,
        created_at: contact.created_at,
        updated_at: contact.updated_at,
    }
}

fn check(name: &str, provider_id: Option<&str>) -> Result<()> {
    for (field, text) in [("name", name), ("providerId", provider_id.unwrap_or_default())] {
        if text.chars().count() > 128 || text.chars().any(char::is_control) {
            return Err(Error::invalid(field, "must be at most 128 characters in one line"));
        }
    }
    Ok(())
}
