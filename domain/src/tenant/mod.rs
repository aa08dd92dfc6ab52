//! Accounts that the users of a project belong to (Frontegg's tenants): an organisation, a team, a customer.
//!
//! A project has one of its own, which has its id and name and is there without a row until somebody changes it. Whoever
//! belongs to no other belongs to that one.

mod joined;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

pub(crate) use joined::check;
pub use joined::{Joined, import};

use serde::{Deserialize, Serialize};

use crate::args;
use crate::audit::{self, What};
use crate::base::json::check_object;
use crate::base::{Code, Ctx, Error, Result, Time, fold, id};
use crate::db::{Row, Tx};

/// Most accounts of a part of the list.
pub const LONGEST: i64 = 200;

/// What somebody says of an account beside its name. Each is at most 1,024 bytes, `metadata` at most 64 KiB.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Details {
    /// A JSON object as text, for the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// The address of its pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator_name: Option<String>,
    /// His address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator_email: Option<String>,
}

impl Details {
    /// These with what `change` says in their place.
    fn merged(self, change: &Self) -> Self {
        Self {
            metadata: change.metadata.clone().or(self.metadata),
            website: change.website.clone().or(self.website),
            creator_name: change.creator_name.clone().or(self.creator_name),
            creator_email: change.creator_email.clone().or(self.creator_email),
        }
    }

    fn text(&self) -> Result<String> {
        let fields =
            [("website", &self.website), ("creatorName", &self.creator_name), ("creatorEmail", &self.creator_email)];
        for (name, value) in fields {
            if value.as_ref().is_some_and(|value| value.len() > 1_024) {
                return Err(Error::invalid(name, "must be at most 1024 bytes"));
            }
        }
        if let Some(metadata) = &self.metadata {
            check_object("metadata", metadata)?;
        }
        serde_json::to_string(self).map_err(Error::internal)
    }
}

/// An account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What else somebody says of it.
    pub details: Details,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

impl Tenant {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            details: serde_json::from_str(&row.get::<String>(2)?).map_err(Error::internal)?,
            created_at: row.get(3)?,
            updated_at: row.get(4)?,
        })
    }
}

/// What a project's own account is while nobody changed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Own {
    /// The project's name.
    pub name: String,
    /// When the project was made.
    pub created_at: Time,
}

impl Own {
    fn tenant(&self, ctx: &Ctx) -> Tenant {
        Tenant {
            id: ctx.project.to_string(),
            name: self.name.clone(),
            details: Details::default(),
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}

/// By what a list is ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// When each was made.
    #[default]
    Time,
    /// The name, whatever the case of its letters.
    Name,
    /// The id.
    Id,
}

/// Which part of the list is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Only those whose name has this in it, whatever the case of letters. Empty: all.
    pub name: String,
    /// Only these ids. Empty: all.
    pub ids: Vec<String>,
    /// The order.
    pub order: Order,
    /// Whether the last comes first.
    pub descending: bool,
    /// At most so many, from 1 to [`LONGEST`].
    pub limit: i64,
    /// Behind so many others.
    pub offset: i64,
}

/// A part of the project's accounts, and how many there are in all parts.
pub fn list(tx: &mut Tx<'_>, ctx: &Ctx, own: &Own, part: &Part) -> Result<(Vec<Tenant>, i64)> {
    if !(1..=LONGEST).contains(&part.limit) || part.offset < 0 {
        return Err(Error::invalid("limit", format!("must be from 1 to {LONGEST}")));
    }
    let ids = if part.ids.is_empty() {
        String::new()
    } else {
        // What is no id is no account's; a comma would take it apart.
        let ids: Vec<_> = part.ids.iter().filter(|id| id::is_valid(id)).map(String::as_str).collect();
        format!(",{},", ids.join(","))
    };
    let (name, own_name) = (fold(&part.name), fold(&own.name));
    let statement = match (part.order, part.descending) {
        (Order::Time, false) => sql::BY_TIME,
        (Order::Time, true) => sql::BY_TIME_DOWN,
        (Order::Name, false) => sql::BY_NAME,
        (Order::Name, true) => sql::BY_NAME_DOWN,
        (Order::Id, false) => sql::BY_ID,
        (Order::Id, true) => sql::BY_ID_DOWN,
    };
    let project = &ctx.project;
    let count =
        tx.find(sql::COUNT, args![project, &own.name, own.created_at, &own_name, project, &name, &ids], |row| {
            row.get(0)
        })?;
    let tenants = tx.list(
        statement,
        args![project, &own.name, own.created_at, &own_name, project, &name, &ids, part.limit, part.offset],
        Tenant::load,
    )?;
    Ok((tenants, count.unwrap_or(0)))
}

/// The account with this id, or `Code::TenantNotFound`.
pub fn get(tx: &mut Tx<'_>, ctx: &Ctx, own: &Own, id: &str) -> Result<Tenant> {
    let found =
        tx.find(sql::FIND, args![&ctx.project, id], |row| Ok((Tenant::load(row)?, row.get::<Option<Time>>(5)?)))?;
    match found {
        Some((tenant, None)) => Ok(tenant),
        None if id == &*ctx.project => Ok(own.tenant(ctx)),
        Some((_, Some(_))) | None => Err(Code::TenantNotFound.into()),
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > 256 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "must be 1 to 256 characters in one line"));
    }
    Ok(())
}

/// Makes an account; one that was removed is there again under its id. `Code::TenantExists` when the id is taken.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, wanted: Option<&str>, name: &str, details: &Details) -> Result<Tenant> {
    check_name(name)?;
    let id = wanted.map_or_else(|| ctx.id(), str::to_owned);
    if !id::is_valid(&id) {
        let rule = "must be 1 to 36 letters, digits, '.', '_' or '-', and not begin with a sign";
        return Err(Error::invalid("tenantId", rule));
    }
    let text = details.text()?;
    let taken = id == *ctx.project
        || tx.exec(sql::INSERT, args![&ctx.project, &id, name, &fold(name), &text, ctx.now, ctx.now])? == 0;
    if taken {
        return Err(Code::TenantExists.into());
    }
    audit::record(tx, ctx, What::TenantCreate, None, &detail(&id))?;
    Ok(Tenant { id, name: name.to_owned(), details: details.clone(), created_at: ctx.now, updated_at: ctx.now })
}

/// Changes name and details of an account; what is left out stays. `Code::TenantNotFound`.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, own: &Own, id: &str, name: Option<&str>, change: &Details) -> Result<Tenant> {
    let before = get(tx, ctx, own, id)?;
    let name = name.unwrap_or(&before.name).to_owned();
    check_name(&name)?;
    let details = before.details.merged(change);
    let text = details.text()?;
    let changed = tx.exec(sql::UPDATE, args![&name, &fold(&name), &text, ctx.now, &ctx.project, id])?;
    if changed == 0 {
        // The project's own, which had no row so far.
        tx.exec(sql::INSERT, args![&ctx.project, id, &name, &fold(&name), &text, before.created_at, ctx.now])?;
    }
    audit::record(tx, ctx, What::TenantUpdate, None, &detail(id))?;
    Ok(Tenant { name, details, updated_at: ctx.now, ..before })
}

/// Removes an account; its people belong to their others, or to the project's own. That one stays.
/// `Code::TenantNotFound`.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    if id == &*ctx.project {
        return Err(Error::invalid("tenantId", "is the project's own account, which cannot be removed"));
    }
    if tx.exec(sql::DELETE, args![ctx.now, &ctx.project, id])? == 0 {
        return Err(Code::TenantNotFound.into());
    }
    tx.exec(sql::DELETE_OF_TENANT, args![&ctx.project, id])?;
    audit::record(tx, ctx, What::TenantDelete, None, &detail(id))
}

fn detail(id: &str) -> String {
    serde_json::json!({ "tenant": id }).to_string()
}

/// To which accounts somebody belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Belonging {
    /// All of them, in the order in which he joined: at least one.
    pub all: Vec<String>,
    /// The one that he acts in.
    pub active: String,
}

/// To which accounts the user belongs.
pub fn of_user(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Belonging> {
    let rows =
        tx.list(sql::LIST_OF_USER, args![&ctx.project, user], |row| Ok((row.get::<String>(0)?, row.get::<bool>(1)?)))?;
    let own = || ctx.project.to_string();
    let active = rows.iter().find(|(_, active)| *active).or(rows.first()).map_or_else(own, |(id, _)| id.clone());
    let all = if rows.is_empty() { vec![own()] } else { rows.into_iter().map(|(id, _)| id).collect() };
    Ok(Belonging { all, active })
}

/// Lets the user belong to an account, which is the first that he acts in if he belonged to none.
/// `Code::TenantNotFound`.
pub fn join(tx: &mut Tx<'_>, ctx: &Ctx, own: &Own, user: &str, id: &str) -> Result<()> {
    get(tx, ctx, own, id)?;
    tx.exec(sql::JOIN, args![&ctx.project, user, id, false, ctx.now])?;
    Ok(())
}

/// Lets the user act in another of his accounts. `Code::TenantNotFound` when it is none of them.
pub fn activate(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<()> {
    let belonging = of_user(tx, ctx, user)?;
    if !belonging.all.iter().any(|own| own == id) {
        return Err(Code::TenantNotFound.into());
    }
    if belonging.active != id {
        tx.exec(sql::ACTIVATE, args![id, &ctx.project, user])?;
    }
    Ok(())
}

/// Takes the user out of an account, unless it is the only one that he belongs to: then it is false, and nothing changed.
/// If he acted in it, he acts in the first of the others. `Code::TenantNotFound` when it is none of his.
pub fn leave(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<bool> {
    // Two who take him out of his last two at once must not leave him in none.
    tx.exec(sql::HOLD, args![&ctx.project, user])?;
    let belonging = of_user(tx, ctx, user)?;
    if !belonging.all.iter().any(|own| own == id) {
        return Err(Code::TenantNotFound.into());
    }
    let leaves = belonging.all.len() > 1;
    if leaves {
        tx.exec(sql::LEAVE, args![&ctx.project, user, id])?;
    }
    Ok(leaves)
}

/// Takes a user who is removed out of all accounts.
pub fn leave_all(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    tx.push(sql::DELETE_OF_USER, args![&ctx.project, user])
}
