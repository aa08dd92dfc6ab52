//! Tokens by which scripts act for an administrator. Stored as a hash, shown once.

use super::{Admin, get, record, sql};
use crate::args;
use crate::audit::What;
use crate::base::crypto::sha256;
use crate::base::time::DAY;
use crate::base::{Code, Ctx, Error, Result, Secret, Time};
use crate::db::{Row, Tx};

/// How the secret of a token begins.
pub const PREFIX: &str = "cs_admin_";
/// How many random bytes follow, in hex.
const SECRET_BYTES: usize = 32;

/// A token, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// For whom it acts.
    pub admin: Admin,
    /// What it is called.
    pub name: String,
    /// From when on it is refused.
    pub expires_at: Option<Time>,
    /// When it was used last, to the day.
    pub accessed_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

/// What a new token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What it is called: 1 to 128 characters.
    pub name: String,
    /// From when on it is refused.
    pub expires_at: Option<Time>,
}

impl Token {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            expires_at: row.get(2)?,
            accessed_at: row.get(3)?,
            created_at: row.get(4)?,
            admin: Admin::load_from(row, 5)?,
        })
    }
}

/// Makes a token that acts for the administrator with the id `admin`. Its secret, [`PREFIX`] and 64 hex digits, is given
/// here and never again.
pub fn create_token(tx: &mut Tx<'_>, ctx: &Ctx, admin: &str, new: &NewToken) -> Result<(Token, Secret)> {
    let admin = get(tx, admin)?;
    if new.name.trim().is_empty() || new.name.chars().count() > 128 || new.name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "must be 1 to 128 characters in one line"));
    }
    if let Some(at) = new.expires_at {
        at.check_future(ctx.now, "expiresAt")?;
    }
    let secret = Secret::new(format!("{PREFIX}{}", ctx.random.hex(SECRET_BYTES)));
    let token = Token {
        id: ctx.id(),
        admin,
        name: new.name.clone(),
        expires_at: new.expires_at,
        accessed_at: None,
        created_at: ctx.now,
    };
    let hash = sha256(secret.expose().as_bytes());
    tx.exec(
        sql::INSERT_TOKEN,
        args![&token.id, &token.admin.id, &token.name, &hash, token.expires_at, token.created_at],
    )?;
    record(tx, ctx, What::AdminTokenCreate, &token.admin, Some((&token.id, &token.name)))?;
    Ok((token, secret))
}

/// The token with this secret, unless it has expired.
pub fn find_token(tx: &mut Tx<'_>, secret: &Secret, now: Time) -> Result<Option<Token>> {
    let found = tx.find(sql::FIND_TOKEN, args![&sha256(secret.expose().as_bytes())], Token::load)?;
    Ok(found.filter(|token| token.expires_at.is_none_or(|at| at > now)))
}

/// Whether the day of a token's last use has to be written down again: it is kept to the day.
pub fn is_token_touch_due(token: &Token, now: Time) -> bool {
    token.accessed_at.is_none_or(|at| now.micros_since(at) >= DAY)
}

/// Writes down that a token is used.
pub fn touch_token(tx: &mut Tx<'_>, id: &str, now: Time) -> Result<()> {
    tx.push(sql::TOUCH_TOKEN, args![now, id])
}

/// All tokens, whoever's they are, the oldest first.
pub fn list_tokens(tx: &mut Tx<'_>) -> Result<Vec<Token>> {
    tx.list(sql::LIST_TOKENS, args![], Token::load)
}

/// Revokes a token, or `Code::AdminTokenNotFound`.
pub fn delete_token(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    let token = tx.find(sql::FIND_TOKEN_BY_ID, args![id], Token::load)?.ok_or(Code::AdminTokenNotFound)?;
    tx.exec(sql::DELETE_TOKEN, args![id])?;
    record(tx, ctx, What::AdminTokenDelete, &token.admin, Some((id, &token.name)))
}
