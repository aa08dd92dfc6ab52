//! Asking somebody whether it was himself who set up the number that signs in to his account.
//!
//! The mail carries a link to a page of ours. There he says that it was himself, or that it was not: then the number goes,
//! and everybody who is signed in with it. The link says which number it is about, so an old one never takes a newer
//! number away.

use super::super::erase_sessions;
use super::super::issue::{self, Ask};
use super::super::notice::{self, LIFETIME, Notice, telling};
use super::super::start::Rules;
use super::super::verify::{follow, look};
use super::{get, id_of, remove};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Phone, Result, Secret, Target};
use crate::db::Tx;
use crate::device;
use crate::project::{Project, Redirect};
use crate::user::{self, User};
use crate::verification::{self, Channel, Dialect, Purpose, Subject, Verification};

/// What a link says.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whose number it is about.
    pub user: String,
    /// The number's id.
    pub number: String,
    /// The secret.
    pub secret: Secret,
}

impl Link {
    /// The handle of the link is all of it, so that it is of no use for another account or number.
    fn handle(&self) -> String {
        handle_of(&self.user, &self.number)
    }
}

fn handle_of(user: &str, number: &str) -> String {
    format!("{user}:{number}")
}

/// Asks the user, at his verified address if he has one, whether he set up `phone`. The link leads to `page`.
pub(in super::super) fn ask(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    user: &User,
    phone: &Phone,
    page: &Redirect,
) -> Result<()> {
    let Some(target) = user.email.clone().filter(|_| user.is_email_verified()).map(Target::Email) else {
        return Ok(());
    };
    if !notice::may_tell(tx, ctx, project, &target)? {
        return Ok(());
    }
    let rules = Rules::of(project);
    let ask = Ask {
        subject: Subject {
            dialect: Dialect::Page,
            purpose: Purpose::ReviewPhone,
            channel: Channel::Email,
            target: target.as_str(),
            session: None,
            wanted_length: rules.length,
        },
        reaches: None,
        user: Some(&user.id),
        wanted_user: None,
        rules: &rules,
        payload: telling(ctx, &target)?,
        phrase: false,
        mock: false,
        own: true,
    };
    let number = id_of(ctx, &user.id, phone)?;
    let address = |secret: &Secret, expires_at| {
        page.with(&[("number", number.as_str())]).with_secret(&user.id, secret, expires_at)
    };
    let expires_at = ctx.now.plus_seconds(LIFETIME);
    issue::send_link(tx, ctx, &ask, &handle_of(&user.id, &number), expires_at, &address).map(drop)
}

/// What a link is about, if it still works: the account, and the number unless it is another one by now. Uses nothing up.
/// `Code::InvalidToken` when it does not.
pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, link: &Link) -> Result<(User, Option<Phone>)> {
    let found = look(tx, ctx, Purpose::ReviewPhone, &link.handle(), &link.secret)?;
    let user = owner(tx, ctx, &found)?;
    let phone = get(ctx, &user, &link.number).ok().map(|number| number.phone);
    Ok((user, phone))
}

fn owner(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification) -> Result<User> {
    let id = verification.user.as_deref().ok_or(Code::InvalidToken)?;
    user::find(tx, &ctx.project, id)?.ok_or_else(|| Code::InvalidToken.into())
}

/// Writes down that it was the user himself.
pub fn confirm(tx: &mut Tx<'_>, ctx: &Ctx, link: &Link) -> Result<Result<()>> {
    follow(tx, ctx, Purpose::ReviewPhone, &link.handle(), &link.secret, |tx, verification, _| {
        let user = owner(tx, ctx, verification)?;
        audit::record(tx, ctx, What::PhoneConfirm, Some(&user.id), "{}")
    })
}

/// It was a stranger: takes the number away, ends every session of the account and whatever is out for it, and tells the
/// user what was done.
pub fn report(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, link: &Link) -> Result<Result<()>> {
    follow(tx, ctx, Purpose::ReviewPhone, &link.handle(), &link.secret, |tx, verification, _| {
        let user = owner(tx, ctx, verification)?;
        audit::record(tx, ctx, What::PhoneReport, Some(&user.id), "{}")?;
        if let Ok(number) = get(ctx, &user, &link.number) {
            remove(tx, ctx, &user, &number.phone, "")?;
        }
        // Codes and links that a stranger asked for die with his session. So do those of the user, who asks again.
        verification::consume_of_user(tx, ctx, &user.id)?;
        erase_sessions(tx, ctx, &user.id)?;
        device::delete_all(tx, ctx, &user.id)?;
        notice::send(tx, ctx, project, &user, Notice::PhoneReported)
    })
}
