//! The numbers of a project: of each account the one that finds it and the one that its user claims.

use super::{User, announce, find, find_by, sql};
use crate::args;
use crate::base::{Code, Ctx, Phone, Result, Target, Time};
use crate::db::{Row, Tx};

/// A number of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberRow {
    /// Whose it is.
    pub user: String,
    /// The number.
    pub phone: Phone,
    /// Whether it is verified.
    pub verified: bool,
    /// When its account was made.
    pub created_at: Time,
    /// When its account was changed last.
    pub updated_at: Time,
}

impl NumberRow {
    /// The numbers of an account: the one that finds it, then the one that its user claims.
    pub fn of(user: &User) -> Vec<Self> {
        let row = |phone: &Phone, verified| Self {
            user: user.id.clone(),
            phone: phone.clone(),
            verified,
            created_at: user.created_at,
            updated_at: user.updated_at,
        };
        if user.pending {
            // Nobody signed in to it yet, so it is nobody's.
            return Vec::new();
        }
        let own = user.phone.as_ref().map(|phone| row(phone, user.phone_proof.is_verified()));
        own.into_iter().chain(user.phone_claim.as_ref().map(|phone| row(phone, false))).collect()
    }

    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            user: row.get(0)?,
            phone: row.get(1)?,
            verified: row.get(2)?,
            created_at: row.get(3)?,
            updated_at: row.get(4)?,
        })
    }
}

/// By what a list of numbers is put in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NumberSort {
    /// By the number, then by whose it is.
    #[default]
    Phone,
    /// By whose it is, then by the number.
    User,
}

/// Which numbers are asked for.
#[derive(Clone, Debug, Default)]
pub struct NumberQuery {
    /// Numbers on a page.
    pub limit: i64,
    /// Which page, from 0.
    pub page: i64,
    /// In which order.
    pub sort: NumberSort,
    /// The other way around.
    pub descending: bool,
    /// Only this number.
    pub phone: Option<Phone>,
    /// Only those of these accounts.
    pub users: Option<Vec<String>>,
}

/// A page of the numbers of a project, and how many there are in all. Reads the pages before it as well.
pub fn list_numbers(tx: &mut Tx<'_>, project: &str, query: &NumberQuery) -> Result<(Vec<NumberRow>, i64)> {
    let from = query.page.saturating_mul(query.limit);
    let Some(mut rows) = named(tx, project, query)? else {
        let until = from.saturating_add(query.limit);
        let statement = match (query.sort, query.descending) {
            (NumberSort::Phone, false) => sql::LIST_NUMBERS,
            (NumberSort::Phone, true) => sql::LIST_NUMBERS_BACKWARDS,
            (NumberSort::User, false) => sql::LIST_NUMBERS_BY_USER,
            (NumberSort::User, true) => sql::LIST_NUMBERS_BY_USER_BACKWARDS,
        };
        let rows = tx.list(statement, args![project, until, query.limit, from], NumberRow::load)?;
        let total = tx.find(sql::COUNT_NUMBERS, args![project], |row| row.get(0))?.unwrap_or(0);
        return Ok((rows, total));
    };
    let key = |row: &NumberRow| {
        let phone = row.phone.as_e164().to_owned();
        if query.sort == NumberSort::Phone { (phone, row.user.clone()) } else { (row.user.clone(), phone) }
    };
    rows.sort_by_cached_key(key);
    if query.descending {
        rows.reverse();
    }
    let total = rows.len() as i64;
    let skipped = usize::try_from(from).unwrap_or(usize::MAX);
    let most = usize::try_from(query.limit).unwrap_or(0);
    Ok((rows.into_iter().skip(skipped).take(most).collect(), total))
}

/// The few numbers that are meant where accounts or a number are named.
fn named(tx: &mut Tx<'_>, project: &str, query: &NumberQuery) -> Result<Option<Vec<NumberRow>>> {
    let mut rows = Vec::new();
    match (&query.users, &query.phone) {
        (None, None) => return Ok(None),
        (Some(ids), _) => {
            let mut ids = ids.clone();
            ids.sort();
            ids.dedup();
            for id in ids {
                rows.extend(find(tx, project, &id)?.iter().flat_map(NumberRow::of));
            }
        }
        (None, Some(phone)) => {
            let owner = find_by(tx, project, &Target::Phone(phone.clone()))?;
            let claims = tx.list(sql::FIND_CLAIMS, args![phone, project], User::load)?;
            rows.extend(owner.iter().chain(&claims).flat_map(NumberRow::of));
        }
    }
    if let Some(phone) = &query.phone {
        rows.retain(|row| row.phone == *phone);
    }
    Ok(Some(rows))
}

/// Takes a number from an account: the one that finds it, or the one that its user claims. `Code::PhoneNotFound` when it
/// has no such number.
pub fn remove_phone(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, phone: &Phone) -> Result<()> {
    let args = args![ctx.now, &ctx.project, id, phone];
    if tx.exec(sql::REMOVE_PHONE, args)? == 0 && tx.exec(sql::DROP_CLAIM, args)? == 0 {
        return Err(Code::PhoneNotFound.into());
    }
    announce(tx, ctx, id)
}
