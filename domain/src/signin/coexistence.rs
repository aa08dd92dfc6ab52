//! How SMS as a way to sign in and SMS as a second factor live together on one account (seed 001; contract frontegg §2.7,
//! rules 4 and 5). What the settings may say is in `project::coexistence`; rule 5, that what a session began with is no
//! second factor of it, is in [`next_step`](super::next_step).

use super::gate::{Factor, factors};
use crate::base::{Code, Result};
use crate::project::Project;
use crate::project::coexistence::Strategies;
use crate::session;
use crate::user::User;

/// Whether a user may have a number set up by which he signs in (rule 4): he must have second factors on and one that is
/// not SMS. `Code::OtherFactorRequired`. Servers are not asked.
pub fn may_set_number(project: &Project, user: &User) -> Result<()> {
    let is_on = user.mfa || project.settings.mfa.enforce.is_on();
    if is_on && has_another(project, user) { Ok(()) } else { Err(Code::OtherFactorRequired.into()) }
}

/// Whether a user may use a number as a second factor in a session that began by SMS: only beside another one, for after a
/// sign-in by SMS it counts for nothing. `Code::OtherFactorRequired`.
pub(super) fn may_add_phone(project: &Project, user: &User, began_with: Option<&str>) -> Result<()> {
    if !session::is_shown_by(began_with, Factor::Phone.name()) || has_another(project, user) {
        return Ok(());
    }
    Err(Code::OtherFactorRequired.into())
}

/// Whether a user may give up his app: not where SMS would be the only second factor left of somebody who signs in by SMS,
/// who then could show none. `Code::OtherFactorRequired`.
pub(super) fn may_remove_app(project: &Project, user: &User) -> Result<()> {
    let signs_in_by_sms = user.verified_phone().is_some() && Strategies::of(&project.settings).is_sms_login();
    let without = User { totp: false, ..user.clone() };
    if signs_in_by_sms && user.mfa_phone.is_some() && !has_another(project, &without) {
        return Err(Code::OtherFactorRequired.into());
    }
    Ok(())
}

fn has_another(project: &Project, user: &User) -> bool {
    factors(project, user).into_iter().any(|factor| factor != Factor::Phone)
}
