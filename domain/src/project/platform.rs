//! Front ends: who may call from a browser, and where links may lead.

use serde_json::json;

use super::{check_name, get, is_host_name, record, sql};
use crate::args;
use crate::audit::What;
use crate::base::{Code, Ctx, Error, Result, Time};
use crate::db::Tx;
use crate::revocation;

/// A front end of a project.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Platform {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A host name, or `*.` and a domain.
    pub hostname: String,
    /// When it was let in.
    pub created_at: Time,
}

/// Lets a front end in. One that is let in already is refused.
pub fn create_platform(tx: &mut Tx<'_>, ctx: &Ctx, project: &str, name: &str, hostname: &str) -> Result<Platform> {
    let there = get(tx, &ctx.keys, project)?.platforms;
    check_name(name)?;
    let host = hostname.strip_prefix("*.").unwrap_or(hostname);
    if !is_host_name(host) {
        return Err(Error::invalid("hostname", "must be a host name such as app.example.com or *.example.com"));
    }
    if let Some(there) = there.iter().find(|platform| platform.hostname.eq_ignore_ascii_case(hostname)) {
        return Err(Error::invalid("hostname", format!("{hostname} is let in already, as {}", there.id)));
    }
    let platform =
        Platform { id: ctx.id(), name: name.to_owned(), hostname: hostname.to_ascii_lowercase(), created_at: ctx.now };
    tx.exec(sql::INSERT_PLATFORM, args![&platform.id, project, name, &platform.hostname, ctx.now])?;
    let detail = json!({ "platform": platform.id, "hostname": platform.hostname });
    record(tx, ctx, project, What::PlatformCreate, &detail)?;
    revocation::announce(tx, ctx, super::CHANGED, project)?;
    Ok(platform)
}

/// Shuts a front end out, or `Code::PlatformNotFound`.
pub fn delete_platform(tx: &mut Tx<'_>, ctx: &Ctx, project: &str, id: &str) -> Result<()> {
    let gone = tx.find(sql::DELETE_PLATFORM, args![project, id], |row| row.get::<String>(0))?;
    let hostname = gone.ok_or(Code::PlatformNotFound)?;
    record(tx, ctx, project, What::PlatformDelete, &json!({ "platform": id, "hostname": hostname }))?;
    revocation::announce(tx, ctx, super::CHANGED, project)
}

/// The front ends of a project, the oldest first.
pub(super) fn list(tx: &mut Tx<'_>, project: &str) -> Result<Vec<Platform>> {
    tx.list(sql::LIST_PLATFORMS, args![project], |row| {
        Ok(Platform { id: row.get(0)?, name: row.get(1)?, hostname: row.get(2)?, created_at: row.get(3)? })
    })
}
