//! Everything of a project's users that an import can restore elsewhere.

use super::sql;
use crate::args;
use crate::base::{Ctx, Error, Result, Time};
use crate::db::{Kind, Row, Tx};
use crate::mfa::{self, Moved};
use crate::password::{self, Stored};
use crate::tenant::Joined;
use crate::user::{Notes, User};

/// A user with what moves along with him. Sessions and recovery codes do not: only keyed hashes of them are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exported {
    /// The account.
    pub user: User,
    /// What servers note about him.
    pub notes: Notes,
    /// The accounts of users that he belongs to, in the order in which he joined them.
    pub tenants: Vec<Joined>,
    /// The password.
    pub password: Option<Stored>,
    /// The verified authenticator app.
    pub totp: Option<Moved>,
    /// Whether recovery codes stay behind.
    pub recovery_codes: bool,
}

impl Exported {
    fn load(ctx: &Ctx, row: &Row<'_>) -> Result<Self> {
        let user = User::load_from(row, 0)?;
        let password = match row.get::<Option<Vec<u8>>>(21)? {
            Some(sealed) => Some(password::open(ctx, &user.id, &sealed, row.get(22)?)?),
            None => None,
        };
        let totp = match row.get::<Option<String>>(23)? {
            Some(id) => Some(Moved {
                secret: mfa::open_seed(ctx, &user.id, &id, &row.get::<Vec<u8>>(24)?)?,
                last_step: row.get(25)?,
                verified_at: row.get::<Option<Time>>(26)?,
                created_at: row.get::<Option<Time>>(27)?,
            }),
            None => None,
        };
        let notes = Notes::load_from(row, 29)?;
        let tenants = tenants(ctx, &row.get::<Option<String>>(31)?.unwrap_or_default())?;
        Ok(Self { user, notes, tenants, password, totp, recovery_codes: row.get::<i64>(28)? > 0 })
    }
}

/// The accounts as the statement has them: a line each.
fn tenants(ctx: &Ctx, lines: &str) -> Result<Vec<Joined>> {
    let parse = |line: &str| {
        let mut parts = line.split('\t');
        let (id, name, active, at) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let own = id == &*ctx.project;
        Some(Joined {
            id: (!own).then(|| id.to_owned()),
            name: (!own).then(|| name.to_owned()),
            active: active == "1",
            at: Some(Time::from_micros(at.parse().ok()?)),
        })
    };
    let joined: Option<Vec<_>> = lines.lines().map(parse).collect();
    let mut joined = joined.ok_or_else(|| Error::internal("a membership that cannot be read"))?;
    joined.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    Ok(joined)
}

/// Gives each user of the project to `each`, ordered by the bytes of their ids, pending ones left out, and keeps none:
/// all are of one instant. Opens every password and seed, so `Code::KeyFileMismatch` with another key file.
pub fn each(tx: &mut Tx<'_>, ctx: &Ctx, mut each: impl FnMut(Exported) -> Result<()>) -> Result<()> {
    let statement = match tx.kind() {
        Kind::Sqlite => sql::EXPORT,
        Kind::Postgres => sql::EXPORT_ON_POSTGRES,
    };
    tx.each(statement, args![&ctx.project], |row| each(Exported::load(ctx, row)?))
}
