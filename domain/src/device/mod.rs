//! Remembered devices: browsers that showed a second factor and are not asked for one again for a while.
//!
//! A device is known by a random value in a cookie, of which only the hash is stored. It is one user's and proves nothing
//! by itself: it stands for a second factor after the first was shown.

pub(crate) mod sql;
#[cfg(test)]
mod tests;

use crate::args;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Result, Secret, Time};
use crate::db::{Row, Tx};

/// Random bytes of a device's secret.
const SECRET_BYTES: usize = 16;
/// The most devices of a user; the oldest goes when there is one more.
const MOST: i64 = 20;

/// A remembered device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// From which address it was remembered.
    pub address: String,
    /// Its `User-Agent` then.
    pub agent: String,
    /// When it was remembered.
    pub created_at: Time,
    /// From when on it is asked again.
    pub expires_at: Time,
}

impl Device {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            address: row.get(2)?,
            agent: row.get(3)?,
            created_at: row.get(4)?,
            expires_at: row.get(5)?,
        })
    }
}

fn hash(ctx: &Ctx, secret: &Secret) -> [u8; 32] {
    ctx.handle_hash(&format!("device:{}", secret.expose()))
}

/// Remembers the device that asks, for `seconds`. Its secret is new, so that nobody planted it, and is given here alone.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, seconds: i64) -> Result<(Device, Secret)> {
    let secret = Secret::from(ctx.random.hex(SECRET_BYTES));
    let device = Device {
        id: ctx.id(),
        user_id: user.to_owned(),
        address: ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default(),
        agent: ctx.user_agent.as_deref().unwrap_or_default().to_owned(),
        created_at: ctx.now,
        expires_at: ctx.now.plus_seconds(seconds),
    };
    tx.push(
        sql::INSERT,
        args![
            &device.id,
            &ctx.project,
            user,
            &hash(ctx, &secret),
            &device.address,
            &device.agent,
            device.created_at,
            device.expires_at,
        ],
    )?;
    tx.push(sql::DELETE_OLDEST, args![&ctx.project, user, &device.id, MOST - 1])?;
    audit::record(tx, ctx, What::DeviceCreate, Some(user), "{}")?;
    Ok((device, secret))
}

/// The device of `user` with this secret, unless its time is over.
pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, secret: &Secret) -> Result<Option<Device>> {
    let found = tx.find(sql::FIND, args![&hash(ctx, secret), &ctx.project, user], Device::load)?;
    Ok(found.filter(|device| device.created_at <= ctx.now && ctx.now < device.expires_at))
}

/// The devices of a user whose time is not over, the oldest first.
pub fn list(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Vec<Device>> {
    tx.list(sql::LIST, args![&ctx.project, user, ctx.now], Device::load)
}

/// Forgets all devices of a user: each is asked for a second factor again.
pub fn delete_all(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    tx.push(sql::DELETE_ALL, args![&ctx.project, user])
}

/// Forgets a device of a user, because somebody wants it asked for a second factor again. `Code::DeviceNotFound`.
pub fn revoke(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<()> {
    if tx.exec(sql::DELETE, args![&ctx.project, user, id])? == 0 {
        return Err(Code::DeviceNotFound.into());
    }
    audit::record(tx, ctx, What::DeviceDelete, Some(user), "{}")
}

/// The same for all devices of a user.
pub fn revoke_all(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    match tx.exec(sql::DELETE_ALL, args![&ctx.project, user])? {
        0 => Ok(()),
        count => audit::record(tx, ctx, What::DeviceDelete, Some(user), &format!(r#"{{"count":{count}}}"#)),
    }
}

/// Removes devices whose time was over before `before`.
pub fn purge(tx: &mut Tx<'_>, before: Time) -> Result<u64> {
    tx.exec(sql::PURGE, args![before])
}
