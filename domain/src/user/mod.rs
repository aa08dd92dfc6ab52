//! Accounts of people.

pub(crate) mod sql;
#[cfg(test)]
mod tests;

use crate::args;
use crate::base::{Code, Ctx, Email, Error, Phone, Result, Time};
use crate::db::{Row, Tx};
use crate::revocation;

/// The topic under which the process and other nodes learn that an account or one of its sessions changed; the key is
/// made by [`key`].
pub const CHANGED: &str = "user";

/// How an account came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// By a code sent to a number nobody had.
    Flow,
    /// As a guest.
    Anonymous,
    /// By an API key.
    Key,
    /// By an import.
    Import,
}

impl Origin {
    const fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Anonymous => "anonymous",
            Self::Key => "key",
            Self::Import => "import",
        }
    }
}

/// Why an account's number or e-mail address is trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// It is not: nobody proved it, and no API key set it.
    None,
    /// An API key set it.
    Set,
    /// An API key set it and says that it is verified.
    Vouched,
    /// A mock code, which proves nothing about the real owner.
    Mock,
    /// A code or link that was sent to it.
    Code,
}

impl Proof {
    /// As stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Set => "set",
            Self::Vouched => "vouched",
            Self::Mock => "mock",
            Self::Code => "code",
        }
    }

    /// Whether people are told that it is verified.
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Vouched | Self::Mock | Self::Code)
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::None, Self::Set, Self::Vouched, Self::Mock, Self::Code]
            .into_iter()
            .find(|p| p.name() == text)
            .ok_or_else(|| Error::internal("an unknown proof"))
    }
}

/// An account.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own meaning")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Its id.
    pub id: String,
    /// How it came to be, as stored.
    pub origin: String,
    /// Made by the send path and not yet proved by anybody.
    pub pending: bool,
    /// Switched off: it may not sign in and its sessions do not work.
    pub blocked: bool,
    /// Its name, or empty.
    pub name: String,
    /// Its e-mail address.
    pub email: Option<Email>,
    /// Why that is trusted.
    pub email_proof: Proof,
    /// The number that finds it.
    pub phone: Option<Phone>,
    /// Why that is trusted.
    pub phone_proof: Proof,
    /// A number that the user set himself and has not proved.
    pub phone_claim: Option<Phone>,
    /// Whether a second factor is asked for.
    pub mfa: bool,
    /// Whether an authenticator app is verified.
    pub totp: bool,
    /// When its password was set, if it has one.
    pub password_at: Option<Time>,
    /// Labels, set by API keys.
    pub labels: Vec<String>,
    /// The user's own JSON object, as text.
    pub prefs: String,
    /// When somebody first proved that it is his.
    pub proved_at: Option<Time>,
    /// The last sign-in.
    pub signed_in_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

impl User {
    /// An account as `insert` makes it.
    fn new(id: String, origin: Origin, phone: Option<&Phone>, now: Time) -> Self {
        Self {
            id,
            origin: origin.name().to_owned(),
            pending: origin == Origin::Flow,
            blocked: false,
            name: String::new(),
            email: None,
            email_proof: Proof::None,
            phone: phone.cloned(),
            phone_proof: Proof::None,
            phone_claim: None,
            mfa: false,
            totp: false,
            password_at: None,
            labels: Vec::new(),
            prefs: "{}".to_owned(),
            proved_at: None,
            signed_in_at: (origin == Origin::Anonymous).then_some(now),
            created_at: now,
            updated_at: now,
        }
    }

    /// The number to show: a claim stands in front of the number it is to replace.
    pub fn shown_phone(&self) -> Option<&Phone> {
        self.phone_claim.as_ref().or(self.phone.as_ref())
    }

    /// Whether the number that is shown is verified.
    pub fn is_phone_verified(&self) -> bool {
        self.phone_claim.is_none() && self.phone.is_some() && self.phone_proof.is_verified()
    }

    /// Whether its e-mail address is verified.
    pub fn is_email_verified(&self) -> bool {
        self.email.is_some() && self.email_proof.is_verified()
    }

    /// Whether a mock code may sign in to it: nobody real holds the number there.
    pub fn takes_mock_codes(&self) -> bool {
        matches!(self.phone_proof, Proof::None | Proof::Mock)
    }

    fn load(row: &Row<'_>) -> Result<Self> {
        Self::load_from(row, 0)
    }

    /// Reads the columns of a user that begin at `first`.
    pub(crate) fn load_from(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok(Self {
            id: row.get(first)?,
            origin: row.get(first + 1)?,
            pending: row.get(first + 2)?,
            blocked: row.get(first + 3)?,
            name: row.get(first + 4)?,
            email: row.get(first + 5)?,
            email_proof: Proof::parse(&row.get::<String>(first + 6)?)?,
            phone: row.get(first + 7)?,
            phone_proof: Proof::parse(&row.get::<String>(first + 8)?)?,
            phone_claim: row.get(first + 9)?,
            mfa: row.get(first + 10)?,
            labels: match row.get::<String>(first + 11)?.as_str() {
                "[]" => Vec::new(),
                labels => serde_json::from_str(labels).map_err(Error::internal)?,
            },
            prefs: row.get(first + 12)?,
            proved_at: row.get(first + 13)?,
            signed_in_at: row.get(first + 14)?,
            created_at: row.get(first + 15)?,
            updated_at: row.get(first + 16)?,
            totp: row.get(first + 17)?,
            password_at: row.get(first + 18)?,
        })
    }
}

/// The key under which changes of an account are announced.
pub fn key(project: &str, user: &str) -> String {
    format!("{project}/{user}")
}

/// Tells everybody who remembers the account or its sessions to look again.
pub fn announce(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    revocation::announce(tx, ctx, CHANGED, &key(&ctx.project, id))
}

/// The account with this id.
pub fn find(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<Option<User>> {
    tx.find(sql::FIND, args![project, id], User::load)
}

/// The account with this id, or `Code::UserNotFound`.
pub fn get(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<User> {
    find(tx, project, id)?.ok_or_else(|| Code::UserNotFound.into())
}

/// The account that this number finds.
pub fn find_by_phone(tx: &mut Tx<'_>, project: &str, phone: &Phone) -> Result<Option<User>> {
    tx.find(sql::FIND_BY_PHONE, args![project, phone], User::load)
}

/// Whether the id belongs to an account that somebody signed in to or that a key made. A pending one holds no id.
pub fn is_reserved(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<bool> {
    Ok(tx.find(sql::IS_RESERVED, args![project, id], |_| Ok(()))?.is_some())
}

/// How many accounts the project has. Pending ones do not count.
pub fn count(tx: &mut Tx<'_>, project: &str) -> Result<i64> {
    Ok(tx.find(sql::COUNT, args![project], |row| row.get(0))?.unwrap_or(0))
}

/// The account of `phone`, pending if it had to be made; idempotent. The wanted id is given if it is free.
pub fn ensure_pending(tx: &mut Tx<'_>, ctx: &Ctx, wanted: Option<&str>, phone: &Phone) -> Result<User> {
    if let Some(user) = find_by_phone(tx, &ctx.project, phone)? {
        return Ok(user);
    }
    create_pending(tx, ctx, wanted, phone)
}

/// Makes the pending account of a number that finds nobody, or gives the one that another transaction made meanwhile.
pub fn create_pending(tx: &mut Tx<'_>, ctx: &Ctx, wanted: Option<&str>, phone: &Phone) -> Result<User> {
    for id in wanted.map(str::to_owned).into_iter().chain([ctx.id(), ctx.id()]) {
        if insert(tx, ctx, &id, Origin::Flow, Some(phone))? {
            return Ok(User::new(id, Origin::Flow, Some(phone), ctx.now));
        }
        if let Some(user) = find_by_phone(tx, &ctx.project, phone)? {
            return Ok(user);
        }
    }
    Err(Error::internal("no id is free"))
}

/// Makes a guest's account.
pub fn create_anonymous(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<User> {
    let id = ctx.id();
    if !insert(tx, ctx, &id, Origin::Anonymous, None)? {
        return Err(Code::UserExists.into());
    }
    Ok(User::new(id, Origin::Anonymous, None, ctx.now))
}

fn insert(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, origin: Origin, phone: Option<&Phone>) -> Result<bool> {
    let pending = origin == Origin::Flow;
    let signed_in_at = (origin == Origin::Anonymous).then_some(ctx.now);
    let proof = Proof::None.name();
    Ok(tx.exec(sql::INSERT, args![&ctx.project, id, origin.name(), pending, phone, proof, signed_in_at, ctx.now])? == 1)
}

/// What became of an account when its number was proved.
#[derive(Debug)]
pub enum Proved {
    /// It may be signed in to.
    Ready(User),
    /// It never proved anything before: what was set up on it is gone, sessions are the caller's to remove.
    Wiped(User),
    /// It does not hold the number, or no longer exists.
    Gone,
}

/// Marks the number of account `id` as proved, for a sign-in. `wanted` is the id that the flow asked for: a pending
/// account takes it if no other account has it. `Code::UserBlocked` when the account is switched off.
pub fn prove_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    phone: &Phone,
    wanted: Option<&str>,
    proof: Proof,
) -> Result<Proved> {
    let project = &ctx.project;
    let signed_in = tx.find(
        sql::SIGN_IN_BY_PHONE,
        args![ctx.now, proof.name(), project, id, phone, wanted.unwrap_or(id)],
        User::load,
    )?;
    if let Some(user) = signed_in {
        return Ok(Proved::Ready(user));
    }
    let Some(user) = find(tx, project, id)?.filter(|u| u.phone.as_ref() == Some(phone)) else {
        return Ok(Proved::Gone);
    };
    if proof == Proof::Mock && !user.takes_mock_codes() {
        // Somebody real took the number while the mock code was out.
        return Ok(Proved::Gone);
    }
    if user.blocked {
        return Err(Code::UserBlocked.into());
    }
    let mut id = id;
    if user.pending
        && let Some(wanted) = wanted.filter(|w| *w != id)
    {
        tx.exec(sql::DELETE_PENDING_BY_ID, args![project, wanted])?;
        if !is_taken(tx, project, wanted)? {
            if tx.exec(sql::RENAME, args![wanted, project, id])? == 0 {
                // Another flow proved it, or renamed it, at this moment.
                return Ok(Proved::Gone);
            }
            id = wanted;
        }
    }
    if tx.exec(sql::WIPE, args![proof.name(), ctx.now, project, id])? == 0 {
        return Ok(Proved::Gone);
    }
    Ok(Proved::Wiped(get(tx, project, id)?))
}

fn is_taken(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<bool> {
    Ok(find(tx, project, id)?.is_some())
}

/// Removes every unproved claim on `phone`; gives whose they were.
pub fn drop_claims(tx: &mut Tx<'_>, ctx: &Ctx, phone: &Phone) -> Result<Vec<String>> {
    let losers = tx.list(sql::FIND_CLAIMS, args![phone, &ctx.project], |row| row.get::<String>(0))?;
    for id in &losers {
        tx.push(sql::DROP_CLAIM, args![ctx.now, &ctx.project, id, phone])?;
        announce(tx, ctx, id)?;
    }
    Ok(losers)
}

/// Changes the name: at most 128 characters.
pub fn update_name(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, name: &str) -> Result<User> {
    if name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "must be at most 128 characters in one line"));
    }
    changed(tx, ctx, id, sql::SET_NAME, name)
}

/// Replaces the user's own JSON object, which may have 64 KiB.
pub fn update_prefs(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    prefs: &serde_json::Map<String, serde_json::Value>,
) -> Result<User> {
    let text = serde_json::to_string(prefs).map_err(Error::internal)?;
    if text.len() > 65_536 {
        return Err(Error::invalid("prefs", "must be at most 64 KiB"));
    }
    changed(tx, ctx, id, sql::SET_PREFS, &text)
}

fn changed(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, statement: &'static str, value: &str) -> Result<User> {
    if tx.exec(statement, args![value, ctx.now, &ctx.project, id])? == 0 {
        return Err(Code::UserNotFound.into());
    }
    announce(tx, ctx, id)?;
    get(tx, &ctx.project, id)
}

/// Switches the account off or on. Its sessions stay, and answer `Code::UserBlocked` while it is off.
pub fn set_blocked(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, blocked: bool) -> Result<User> {
    if tx.exec(sql::SET_BLOCKED, args![blocked, ctx.now, &ctx.project, id])? == 0 {
        return Err(Code::UserNotFound.into());
    }
    announce(tx, ctx, id)?;
    get(tx, &ctx.project, id)
}

/// Removes accounts of the send path that nobody signed in to since `before`.
pub fn purge_pending(tx: &mut Tx<'_>, project: &str, before: Time) -> Result<u64> {
    tx.exec(sql::PURGE_PENDING, args![project, before])
}
