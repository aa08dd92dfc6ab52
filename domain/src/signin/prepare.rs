//! The worker's half of a sign-in: account, policy, code.

use std::collections::HashMap;
use std::sync::Arc;

use crate::audit::{self, What};
use crate::base::time::DAY;
use crate::base::{Code, Ctx, Error, Phone, Result, Secret, Target, Time};
use crate::db::Tx;
use crate::limit::{self, Spent, guess, send};
use crate::message::{self, Channel, Claimed, End, Readers};
use crate::project::Project;
use crate::user::{self, User};
use crate::verification::{self, Purpose, Verification};

use super::flow;
use super::flow::turn::{self, Turn};
use super::issue::DAY_IS_FULL;
use super::start::{Rules, has_converted, is_served};
use super::{lockout, phone, verify};

/// A message that only has to be worded and sent.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The message. Its payload holds the code or the link.
    pub message: Claimed,
    /// Its project.
    pub project: Arc<Project>,
    /// When its code or link was issued and until when it works; none for a notice.
    pub lifetime: Option<(Time, Time)>,
}

impl Ready {
    /// The code in it, or an empty text.
    pub fn code(&self) -> &str {
        self.message.payload.code.as_deref().unwrap_or_default()
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
            Ok(Some((message, lifetime))) => ready.push(Ready { message, project, lifetime }),
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

type Lifetime = Option<(Time, Time)>;

fn decide(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    mut claimed: Claimed,
    counters: &mut Counters,
) -> Result<Option<(Claimed, Lifetime)>> {
    let target = claimed.payload.target();
    let Some(first) = first_provider(project, &target) else {
        return settled(tx, ctx, &claimed, End::Dead, "no provider is set up");
    };
    if claimed.verification.is_empty() {
        return notice(tx, ctx, project, claimed, &target, &first, counters);
    }
    let Some(verification) = verification::find(tx, &claimed.verification)? else {
        return settled(tx, ctx, &claimed, End::Dead, "its verification is gone");
    };
    if verification.expires_at <= ctx.now || verification.consumed_at.is_some() {
        return settled(tx, ctx, &claimed, End::Dead, "expired in the queue");
    }
    let lifetime = Some((verification.created_at, verification.expires_at));
    if claimed.payload.user.is_some() {
        // An earlier round decided all this; the providers refused it then.
        message::store(tx, ctx, &mut claimed, &first)?;
        return Ok(Some((claimed, lifetime)));
    }
    let account = match account(tx, ctx, project, &claimed, &verification, &target)? {
        Ok(account) => account,
        Err(reason) => return settled(tx, ctx, &claimed, End::Refused, reason),
    };
    if claimed.payload.link.is_some() {
        if let Turn::Stop(reason) = turn(tx, ctx, project, &claimed, &verification, &account)? {
            return settled(tx, ctx, &claimed, End::Refused, reason);
        }
        verification::set_user(tx, &verification.id, &account.id)?;
    } else {
        let mock = mock_code(tx, ctx, project, &claimed, &verification, &target)?;
        let code = match mock {
            MockCode::Of(code) => Secret::new(code),
            MockCode::Refused(end, reason) => return settled(tx, ctx, &claimed, end, reason),
            MockCode::No => {
                let length = length(tx, ctx, &claimed, &verification, &account, counters)?;
                if claimed.payload.fixed_length && length != verification.wanted_length {
                    return settled(
                        tx,
                        ctx,
                        &claimed,
                        End::Refused,
                        "a longer code is needed, and its client takes none",
                    );
                }
                if let Turn::Stop(reason) = turn(tx, ctx, project, &claimed, &verification, &account)? {
                    return settled(tx, ctx, &claimed, End::Refused, reason);
                }
                if let Some(reason) = counters.refusal(tx, ctx, project, &target, true)? {
                    return settled(tx, ctx, &claimed, End::Refused, reason);
                }
                Secret::new(ctx.random.digits(length as usize))
            }
        };
        let is_mock = matches!(mock, MockCode::Of(_));
        let person = (!account.pending).then_some(account.id.as_str());
        verification::arm(tx, ctx, &verification, &code, &account.id, person, is_mock)?;
        if is_mock {
            return settled(tx, ctx, &claimed, End::Mock, "");
        }
        if claimed.payload.named.is_some() {
            turn::mark(tx, ctx, &verification)?;
        }
        claimed.payload.code = Some(code.expose().to_owned());
    }
    claimed.payload.user = Some(account.id.clone());
    message::store(tx, ctx, &mut claimed, &first)?;
    Ok(Some((claimed, lifetime)))
}

/// The limits of the number or address itself, where nobody looked at them yet.
fn turn(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    claimed: &Claimed,
    verification: &Verification,
    account: &User,
) -> Result<Turn> {
    match claimed.payload.named {
        Some(_) => turn::take(tx, ctx, project, verification, account, claimed.payload.origin.as_deref()),
        None => Ok(Turn::Go),
    }
}

fn settled(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    claimed: &Claimed,
    end: End,
    reason: &str,
) -> Result<Option<(Claimed, Lifetime)>> {
    message::settle(tx, ctx, &claimed.id, end, reason, None, &claimed.tries).map(|()| None)
}

/// The provider to begin with. A mock number needs none.
fn first_provider(project: &Project, target: &Target) -> Option<String> {
    let settings = &project.settings;
    match target {
        Target::Email(_) => settings.email.providers.first().map(|p| p.name.clone()),
        Target::Phone(phone) => settings
            .sms
            .providers
            .first()
            .map(|p| p.name.clone())
            .or_else(|| settings.mock_code(phone).map(|_| String::new())),
    }
}

/// A notice has nothing to be decided but whether it may go out.
fn notice(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    mut claimed: Claimed,
    target: &Target,
    first: &str,
    counters: &mut Counters,
) -> Result<Option<(Claimed, Lifetime)>> {
    if claimed.expires_at <= ctx.now {
        return settled(tx, ctx, &claimed, End::Dead, "expired in the queue");
    }
    if claimed.tries.is_empty() {
        if let Target::Phone(phone) = target
            && !is_served(project, phone)
        {
            return settled(tx, ctx, &claimed, End::Refused, "messages to this country are not allowed");
        }
        if let Some(reason) = counters.refusal(tx, ctx, project, target, false)? {
            return settled(tx, ctx, &claimed, End::Refused, reason);
        }
    }
    message::store(tx, ctx, &mut claimed, first)?;
    Ok(Some((claimed, None)))
}

/// Counts a test message that an administrator sends through `provider`, or refuses it: the countries, the number's day
/// and the money of the project stand against it as against any other.
pub fn allow_test(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, target: &Target, provider: &str) -> Result<()> {
    if let Target::Phone(phone) = target
        && !is_served(project, phone)
    {
        return Err(Code::CountryNotAllowed.into());
    }
    let mut ledger = limit::lock_target(tx, ctx, target.as_str())?;
    if ledger.day_sends >= Rules::of(project).per_phone_per_day {
        return Err(Code::TooManyAttempts { retry_at: ledger.day_at.plus_micros(DAY) }.into());
    }
    ledger.day_sends += 1;
    limit::store_target(tx, ctx, target.as_str(), &ledger)?;
    let mut counters = Counters::default();
    if let Some(reason) = counters.refusal(tx, ctx, project, target, false)? {
        return Err(Error::invalid("to", reason));
    }
    let channel = Channel::of(target).name();
    let detail = serde_json::json!({ "channel": channel, "provider": provider, "to": target.masked() });
    audit::record_act(tx, ctx, What::ProviderTest, &detail)?;
    counters.store(tx, ctx)
}

enum MockCode<'a> {
    /// The target is no mock number.
    No,
    /// It is one, with this code.
    Of(&'a str),
    /// It is one that somebody real holds, and nothing may be sent to it.
    Refused(End, &'static str),
}

/// Mock codes serve sign-in and the proof of a number, and never a number that somebody real holds.
fn mock_code<'p>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &'p Project,
    claimed: &Claimed,
    verification: &Verification,
    target: &Target,
) -> Result<MockCode<'p>> {
    let Target::Phone(phone) = target else { return Ok(MockCode::No) };
    let Some(code) = project.settings.mock_code(phone) else { return Ok(MockCode::No) };
    if !matches!(verification.purpose, Purpose::SignIn | Purpose::VerifyPhone) {
        return Ok(MockCode::No);
    }
    let holder = user::find_by(tx, &ctx.project, target)?;
    if holder.is_none_or(|holder| holder.takes_mock_codes()) {
        return Ok(MockCode::Of(code));
    }
    if claimed.payload.named.is_some() {
        return Ok(MockCode::No);
    }
    Ok(match refusal_of_mock(tx, ctx, project, verification, phone)? {
        Some((end, reason)) => MockCode::Refused(end, reason),
        None => MockCode::No,
    })
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
        return Ok(Some((End::Refused, DAY_IS_FULL)));
    }
    ledger.cooldowns.start(purpose, ctx.now, &rules.resend_seconds, rules.lifetime_seconds);
    limit::store_target(tx, ctx, &verification.target, &ledger)?;
    Ok(None)
}

/// The account behind a verification, or why there is nobody.
type Found = std::result::Result<User, &'static str>;

/// The account behind a verification. For a sign-in it is made, pending, when there is none and somebody new may come.
fn account(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    claimed: &Claimed,
    verification: &Verification,
    target: &Target,
) -> Result<Found> {
    let readers = claimed.payload.readers;
    let held = match verification.user.as_ref().or(claimed.payload.named.as_ref()) {
        Some(id) => user::find(tx, &ctx.project, id)?,
        None => user::find_by(tx, &ctx.project, target)?,
    };
    let held = held.filter(|user| readers != Readers::Verified || has_verified(user, target, verification.purpose));
    match verification.purpose {
        Purpose::SignIn | Purpose::MagicLink => {
            if let Some(user) = held {
                return Ok(Ok(user));
            }
            let auth = &project.settings.auth;
            if readers != Readers::Anybody
                || !auth.sign_up
                || (auth.limit > 0 && user::count(tx, &ctx.project)? >= auth.limit)
            {
                return Ok(Err("nobody has this number or address, and sign-up is off or full"));
            }
            user::create_pending(tx, ctx, claimed.payload.wanted_user.as_deref(), target).map(Ok)
        }
        Purpose::Recovery => {
            let held = held.filter(|user| verify::may_recover_by(user, target));
            Ok(held.ok_or("nobody may recover an account by this number or address"))
        }
        Purpose::ResetPhone => {
            let held = held.filter(phone::reset::may_reset);
            Ok(held.ok_or("nobody may name another number by this address"))
        }
        Purpose::Unlock => {
            let held = held.filter(|user| verification.user.is_some() && lockout::may_unlock(user, target));
            Ok(held.ok_or("nobody's password is unlocked by this address"))
        }
        Purpose::CustomToken | Purpose::StepUp | Purpose::Authorize => Ok(Err("no message carries such a token")),
        Purpose::VerifyEmail if readers == Readers::Verified => {
            let held = held.filter(|user| flow::may_activate(project, user));
            Ok(held.ok_or("nobody may finish an account by this address"))
        }
        Purpose::VerifyPhone
        | Purpose::VerifyEmail
        | Purpose::Mfa
        | Purpose::EnrolFactor
        | Purpose::RemoveFactor
        | Purpose::RemovePhone
        | Purpose::ChangePhone
        | Purpose::ReviewPhone => Ok(held.filter(|user| !user.blocked).ok_or("its account is gone or blocked")),
    }
}

/// Whether an account is somebody's already and has this address or this number, for a sign-in a verified one.
fn has_verified(user: &User, target: &Target, purpose: Purpose) -> bool {
    !user.pending
        && match target {
            Target::Phone(phone) if purpose == Purpose::SignIn => user.verified_phone() == Some(phone),
            Target::Phone(phone) => user.phone.as_ref() == Some(phone),
            Target::Email(email) => user.email.as_ref() == Some(email),
        }
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
    let origin = claimed.payload.origin.as_deref();
    let attacked = guess::length_under_attack(0, counters.wrong_guesses(tx, ctx)?);
    // A code that cannot grow goes to nobody but known networks while somebody sprays.
    let is_let_be = claimed.payload.fixed_length
        && attacked > verification.length
        && limit::is_known_origin(tx, &ctx.project, &verification.target, origin)?;
    let wanted = if is_let_be { verification.length } else { verification.length.max(attacked) };
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
    /// Why the policy stands against a message to `target`; when nothing does, it is counted. E-mails cost nothing, and
    /// what carries nothing to answer with (`answerable`) says nothing about pumping.
    fn refusal(
        &mut self,
        tx: &mut Tx<'_>,
        ctx: &Ctx,
        project: &Project,
        target: &Target,
        answerable: bool,
    ) -> Result<Option<&'static str>> {
        let Target::Phone(phone) = target else { return Ok(None) };
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
        if answerable {
            self.add(ctx, send::PREFIX, phone.prefix(), 1);
            self.add(ctx, send::COUNTRY, country, 1);
        }
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
