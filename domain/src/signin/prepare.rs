//! The worker's half of a sign-in: account, policy, code.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::time::DAY;
use crate::base::{Ctx, Phone, Result, Secret};
use crate::db::Tx;
use crate::limit::{self, Spent, guess, send};
use crate::message::{self, Claimed, End, Sms};
use crate::project::Project;
use crate::user::{self, User};
use crate::verification::{self, Verification};

use super::start::{Rules, has_converted, is_served};

/// A message that only has to be worded and sent.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The message.
    pub message: Claimed,
    /// Its project.
    pub project: Arc<Project>,
    /// The code in it.
    pub code: Secret,
}

impl Ready {
    /// The message with its text.
    pub fn with_text(&self, text: String, locale: String, receipt_url: Option<String>) -> Sms {
        Sms {
            id: self.message.id.clone(),
            project: self.message.project.clone(),
            to: self.message.payload.phone(),
            body: Secret::new(text),
            code: Some(self.code.clone()),
            template: self.message.purpose.clone(),
            locale,
            user: self.message.payload.user.clone(),
            receipt_url,
        }
    }
}

/// Leases up to `most` messages and decides on each: settled here (mock number, a rule against it), or ready to be
/// sent, with its first provider written down. All in one transaction, so a crash before its commit leaves them queued.
pub fn prepare(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project_of: &dyn Fn(&str) -> Option<Arc<Project>>,
    most: i64,
) -> Result<Vec<Ready>> {
    let mut ready = Vec::new();
    let mut counters = Counters::default();
    for claimed in message::claim(tx, ctx, most)? {
        let mut ctx = ctx.clone();
        ctx.project = Arc::from(claimed.project.as_str());
        let Some(project) = project_of(&claimed.project) else {
            message::settle(tx, &ctx, &claimed.id, End::Dead, "the project is gone", None, &[])?;
            continue;
        };
        // One message that cannot be decided on must not hold up the others.
        match tx.attempt(|tx| decide(tx, &ctx, &project, claimed.clone(), &mut counters))? {
            Ok(Some(message)) => {
                let code = message::code(&message.payload).unwrap_or_else(|| Secret::new(""));
                ready.push(Ready { message, project, code });
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(message = claimed.id, %error, "a message could not be prepared");
                message::settle(tx, &ctx, &claimed.id, End::Dead, "could not be prepared", None, &claimed.tries)?;
            }
        }
    }
    counters.store(tx, ctx)?;
    Ok(ready)
}

fn decide(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    mut claimed: Claimed,
    counters: &mut Counters,
) -> Result<Option<Claimed>> {
    let settled = |tx: &mut Tx<'_>, claimed: &Claimed, end, reason| {
        message::settle(tx, ctx, &claimed.id, end, reason, None, &claimed.tries).map(|()| None)
    };
    let Some(first) = project.settings.sms.providers.first().map(|p| p.name.clone()).or_else(|| {
        // A mock number needs no provider.
        project.settings.mock_code(&claimed.payload.phone()).map(|_| String::new())
    }) else {
        return settled(tx, &claimed, End::Dead, "no provider is set up");
    };
    let Some(verification) = verification::find(tx, &claimed.verification)? else {
        return settled(tx, &claimed, End::Dead, "its verification is gone");
    };
    if verification.expires_at <= ctx.now || verification.consumed_at.is_some() {
        return settled(tx, &claimed, End::Dead, "expired in the queue");
    }
    if claimed.payload.code.is_some() {
        // An earlier round made the code; the providers refused it then.
        message::store(tx, ctx, &mut claimed, &first)?;
        return Ok(Some(claimed));
    }
    let phone = claimed.payload.phone();
    let Some(account) = account(tx, ctx, project, &claimed, &phone)? else {
        return settled(tx, &claimed, End::Refused, "nobody has this number, and sign-up is off or full");
    };
    let mock_code = project.settings.mock_code(&phone);
    let mock = mock_code.filter(|_| account.takes_mock_codes());
    let code = if let Some(code) = mock {
        Secret::new(code)
    } else {
        if mock_code.is_some()
            && let Some((end, reason)) = refusal_of_mock(tx, ctx, project, &verification, &phone)?
        {
            return settled(tx, &claimed, end, reason);
        }
        if let Some(reason) = counters.refusal(tx, ctx, project, &phone)? {
            return settled(tx, &claimed, End::Refused, reason);
        }
        let length = length(tx, ctx, &claimed, &verification, &account, counters)?;
        Secret::new(ctx.random.digits(length as usize))
    };
    let person = (!account.pending).then_some(account.id.as_str());
    verification::arm(tx, ctx, &verification, &code, &account.id, person, mock.is_some())?;
    if mock.is_some() {
        return settled(tx, &claimed, End::Mock, "");
    }
    claimed.payload.code = Some(code.expose().to_owned());
    claimed.payload.user = Some(account.id);
    message::store(tx, ctx, &mut claimed, &first)?;
    Ok(Some(claimed))
}

/// Somebody real holds a mock number, so his code is a real one: what the edge left out for mock numbers is made up
/// for here.
fn refusal_of_mock(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    verification: &Verification,
    phone: &Phone,
) -> Result<Option<(End, &'static str)>> {
    if project.settings.sms.providers.is_empty() {
        return Ok(Some((End::Dead, "no provider is set up")));
    }
    if !is_served(project, phone) {
        return Ok(Some((End::Refused, "messages to this country are not allowed")));
    }
    let (rules, purpose) = (Rules::of(project), verification.purpose.name());
    let mut ledger = limit::lock_target(tx, ctx, &verification.target)?;
    if ledger.cooldowns.is_cooling(purpose, ctx.now) {
        return Ok(Some((End::Refused, "asked for again too soon")));
    }
    if ledger.day_sends > rules.per_phone_per_day {
        return Ok(Some((End::Refused, "the day's messages to this number are used up")));
    }
    ledger.cooldowns.start(purpose, ctx.now, &rules.resend_seconds, rules.lifetime_seconds);
    limit::store_target(tx, ctx, &verification.target, &ledger)?;
    Ok(None)
}

/// The account of the number; made, pending, when there is none and somebody new may come.
fn account(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, claimed: &Claimed, phone: &Phone) -> Result<Option<User>> {
    if let Some(user) = user::find_by_phone(tx, &ctx.project, phone)? {
        return Ok(Some(user));
    }
    let auth = &project.settings.auth;
    if !auth.sign_up || (auth.limit > 0 && user::count(tx, &ctx.project)? >= auth.limit) {
        return Ok(None);
    }
    user::create_pending(tx, ctx, claimed.payload.wanted_user.as_deref(), phone).map(Some)
}

/// The length that fits in the person's budget too, and in a project under attack.
fn length(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    claimed: &Claimed,
    verification: &Verification,
    account: &User,
    counters: &mut Counters,
) -> Result<i64> {
    let wanted = verification.length.max(guess::length_under_attack(0, counters.wrong_guesses(tx, ctx)?));
    if account.pending {
        // Nobody stands behind it yet but the number itself.
        return Ok(wanted);
    }
    // Whoever joined the code before the worker came has a handle to it as well.
    let (used, handles) = verification::reserved_beside(tx, ctx, &account.id, &verification.id)?;
    let tries = MAX_TRIES * handles.max(1);
    let length = guess::length_that_fits(wanted, tries, used, false);
    if length == wanted {
        return Ok(length);
    }
    let origin = claimed.payload.origin.as_deref();
    let familiar = limit::is_known_origin(tx, &ctx.project, &verification.target, origin)?;
    Ok(guess::length_that_fits(wanted, tries, used, familiar))
}

/// No setting allows a handle more tries.
const MAX_TRIES: i64 = 5;

/// Counters of a batch: each is read once and written once, however many messages share it.
#[derive(Default)]
struct Counters {
    spent: HashMap<(String, &'static str, String), (Spent, i64)>,
    wrong: HashMap<String, i64>,
}

impl Counters {
    /// Why the policy stands against a message to `phone`; when nothing does, it is counted.
    fn refusal(
        &mut self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        project: &Project,
        phone: &Phone,
    ) -> Result<Option<&'static str>> {
        let settings = &project.settings.sms;
        let country = phone.country().unwrap_or("*");
        let price = settings.prices.get(country).or_else(|| settings.prices.get("*")).copied().unwrap_or(0.0);
        let price = (price * MILLION).round() as i64;
        let money = self.get(tx, ctx, send::MONEY, "")?;
        let prefix = self.get(tx, ctx, send::PREFIX, phone.prefix())?;
        let of_country = self.get(tx, ctx, send::COUNTRY, country)?;
        let suspicious = send::looks_pumped(send::PREFIX, prefix.used, prefix.good)
            || send::looks_pumped(send::COUNTRY, of_country.used, of_country.good);
        let ceiling = (settings.daily_ceiling * MILLION).round() as i64;
        let short_of_money = !send::fits_ceiling(money.used, price, ceiling, false);
        if suspicious || short_of_money {
            let ledger = limit::find_target(tx, &ctx.project, phone.as_e164())?;
            let converted = has_converted(ledger.as_ref());
            if suspicious && !converted {
                return Ok(Some("too many messages to such numbers led to no sign-in"));
            }
            if !send::fits_ceiling(money.used, price, ceiling, converted) {
                return Ok(Some("the day's ceiling is reached"));
            }
        }
        self.add(ctx, send::MONEY, "", price);
        self.add(ctx, send::PREFIX, phone.prefix(), 1);
        self.add(ctx, send::COUNTRY, country, 1);
        Ok(None)
    }

    fn get(&mut self, tx: &mut Tx<'_>, ctx: &Ctx, kind: &'static str, key: &str) -> Result<Spent> {
        let id = (ctx.project.to_string(), kind, key.to_owned());
        if let Some((spent, added)) = self.spent.get(&id) {
            return Ok(Spent { used: spent.used + added, good: spent.good });
        }
        let spent = limit::spent(tx, ctx, kind, key, DAY)?;
        self.spent.insert(id, (spent, 0));
        Ok(spent)
    }

    fn add(&mut self, ctx: &Ctx, kind: &'static str, key: &str, amount: i64) {
        if let Some((_, added)) = self.spent.get_mut(&(ctx.project.to_string(), kind, key.to_owned())) {
            *added += amount;
        }
    }

    fn wrong_guesses(&mut self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<i64> {
        if let Some(wrong) = self.wrong.get(&*ctx.project) {
            return Ok(*wrong);
        }
        let wrong = limit::spent(tx, ctx, guess::WRONG, "", guess::WRONG_WINDOW)?.used;
        self.wrong.insert(ctx.project.to_string(), wrong);
        Ok(wrong)
    }

    fn store(self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
        // In one order on every node, so that two never wait for each other.
        let mut changed: Vec<_> = self.spent.into_iter().filter(|(_, (_, added))| *added > 0).collect();
        changed.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut ctx = ctx.clone();
        for ((project, kind, key), (_, added)) in changed {
            ctx.project = Arc::from(project);
            limit::add(tx, &ctx, kind, &key, DAY, added, 0)?;
        }
        Ok(())
    }
}

/// Money is counted in millionths.
const MILLION: f64 = 1_000_000.0;
