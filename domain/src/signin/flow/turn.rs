//! The worker's part where somebody named himself otherwise than by what the code goes to: what the edge leaves out,
//! because its answer would tell whose number or address it is, is made up for here, and nobody hears of it.

use super::super::issue::DAY_IS_FULL;
use super::super::start::{Rules, is_served};
use crate::base::{Ctx, Result, Target};
use crate::db::Tx;
use crate::limit::{self, guess};
use crate::project::Project;
use crate::user::User;
use crate::verification::{self, NewHandle, OnItsWay, Purpose, Subject, Verification};

/// What becomes of a message.
pub enum Turn {
    /// It goes out.
    Go,
    /// It does not, and why.
    Stop(&'static str),
}

/// The reason where a code that somebody asked for otherwise is on its way already.
const ON_ITS_WAY: &str = "a code is on its way to this number or address already";

/// Applies the cool-down, the day's cap and the countries to the number or address itself. Inside the cool-down whoever
/// asked gets a part in the code on its way.
pub fn take(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    verification: &Verification,
    account: &User,
    origin: Option<&[u8]>,
) -> Result<Turn> {
    let target = Target::from_stored(verification.target.clone());
    if let Target::Phone(phone) = &target
        && !is_served(project, phone)
    {
        return Ok(Turn::Stop("messages to this country are not allowed"));
    }
    let (rules, purpose) = (Rules::of(project), verification.purpose);
    let mut ledger = limit::lock_target(tx, ctx, target.as_str())?;
    let by_code = purpose != Purpose::MagicLink;
    if by_code && ledger.failures >= guess::FAILURES {
        return Ok(Turn::Stop("too many wrong codes in a row"));
    }
    if ledger.cooldowns.is_cooling(purpose.name(), ctx.now) {
        let subject = Subject {
            dialect: verification.dialect,
            purpose,
            channel: verification.channel,
            target: target.as_str(),
            session: None,
            wanted_length: verification.wanted_length,
        };
        if let Some(there) = verification::find_on_its_way(tx, ctx, &subject)? {
            let familiar = limit::is_known_origin(tx, &ctx.project, target.as_str(), origin)?;
            let (used, handles) = verification::reserved_beside(tx, ctx, &account.id, &verification.id)?;
            let tries = rules.max_attempts * handles.max(1);
            if guess::length_that_fits(there.length, tries, used, familiar) == there.length {
                verification::join(tx, &verification.id, &there, &account.id)?;
            }
        }
        return Ok(Turn::Stop(ON_ITS_WAY));
    }
    if ledger.day_sends >= rules.per_phone_per_day {
        return Ok(Turn::Stop(DAY_IS_FULL));
    }
    ledger.cooldowns.start(purpose.name(), ctx.now, &rules.resend_seconds, rules.lifetime_seconds);
    ledger.day_sends += 1;
    limit::store_target(tx, ctx, target.as_str(), &ledger)?;
    Ok(Turn::Go)
}

/// Lets whoever asks for a code to the number or address itself find this one on its way: by a handle that nobody holds
/// and that has no tries.
pub fn mark(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification) -> Result<()> {
    let hash = ctx.random.bytes::<32>();
    let new = NewHandle { hash: &hash, wanted_user: None, max_attempts: 0 };
    let there = OnItsWay::of(verification);
    verification::create_handle(tx, ctx, &new, &verification.target, Some(&there), verification.expires_at).map(drop)
}
