//! What a customer's own server notes about an account. It is no part of [`User`], so that nothing that answers people has it
//! by accident: whoever may show it reads it.

use super::change::changed;
use super::{User, sql};
use crate::args;
use crate::audit::{self, What};
use crate::base::json::check_object;
use crate::base::{Ctx, Error, Result};
use crate::db::{Row, Tx};

/// Most accounts that [`find_by_external_id`] gives.
const MOST: i64 = 100;

/// What a server notes about an account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes {
    /// What the server's own system knows the user by, of 1 to 256 characters: it need not be unique, and signs nobody in.
    pub external_id: Option<String>,
    /// A JSON object of at most 64 KiB, as text. Only servers read it.
    pub vendor_metadata: Option<String>,
}

impl Notes {
    /// Reads the two columns that begin at `first`.
    pub(crate) fn load_from(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok(Self { external_id: row.get(first)?, vendor_metadata: row.get(first + 1)? })
    }

    /// `Code::InvalidValue` names what is wrong.
    pub(crate) fn check(&self) -> Result<()> {
        self.external_id.as_deref().map_or(Ok(()), check_external_id)?;
        self.vendor_metadata.as_deref().map_or(Ok(()), |text| check_object("vendorMetadata", text))
    }
}

fn check_external_id(id: &str) -> Result<()> {
    if !(1..=256).contains(&id.chars().count()) || id.chars().any(char::is_control) {
        return Err(Error::invalid("externalId", "must be 1 to 256 characters in one line"));
    }
    Ok(())
}

/// What servers note about the account; nothing where there is none.
pub fn find_notes(tx: &mut Tx<'_>, project: &str, id: &str) -> Result<Notes> {
    let found = tx.find(sql::FIND_NOTES, args![project, id], |row| Notes::load_from(row, 0))?;
    Ok(found.unwrap_or_default())
}

/// The ids of the accounts that a server's system knows by `external_id`, at most the first hundred.
pub fn find_by_external_id(tx: &mut Tx<'_>, project: &str, external_id: &str) -> Result<Vec<String>> {
    if check_external_id(external_id).is_err() {
        // Nobody has it, and PostgreSQL would not even take some of it.
        return Ok(Vec::new());
    }
    tx.list(sql::FIND_BY_EXTERNAL_ID, args![external_id, project, MOST], |row| row.get(0))
}

/// Notes what the server's own system knows the user by, or takes it away.
pub fn set_external_id(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, external_id: Option<&str>) -> Result<User> {
    external_id.map_or(Ok(()), check_external_id)?;
    audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"externalId"}"#)?;
    changed(tx, ctx, id, sql::SET_EXTERNAL_ID, external_id)
}

/// Notes what only servers read, or takes it away.
pub fn set_vendor_metadata(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, metadata: Option<&str>) -> Result<User> {
    metadata.map_or(Ok(()), |text| check_object("vendorMetadata", text))?;
    audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"vendorMetadata"}"#)?;
    changed(tx, ctx, id, sql::SET_VENDOR_METADATA, metadata)
}
