//! The public half of a sign-in: pending verification and outbox row, with the same statements for every number.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::sql;
use crate::args;
use crate::base::crypto::{Label, sha256};
use crate::base::time::DAY;
use crate::base::{Actor, Code, Ctx, Error, Phone, Result, Time};
use crate::db::Tx;
use crate::limit::{self, Target, guess};
use crate::message::{self, Payload};
use crate::project::Project;
use crate::user;
use crate::verification::{self, Dialect, NewHandle, OnItsWay, Purpose, Subject};

/// Numbers that differ between dialects.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Digits of a code.
    pub length: i64,
    /// How long it lives, in seconds.
    pub lifetime_seconds: i64,
    /// Wrong tries of a handle.
    pub max_attempts: i64,
    /// Waits between codes, in seconds.
    pub resend_seconds: Vec<i64>,
    /// The most codes to one number in a day.
    pub per_phone_per_day: i64,
}

impl Rules {
    /// The project's `otp` settings.
    pub fn of(project: &Project) -> Self {
        let otp = &project.settings.otp;
        Self {
            length: otp.length,
            lifetime_seconds: otp.lifetime_seconds,
            max_attempts: otp.max_attempts,
            resend_seconds: otp.resend_seconds.clone(),
            per_phone_per_day: otp.per_phone_per_day,
        }
    }
}

/// What the requester will hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandleKind {
    /// The `userId` of the answer (Nuvix, Appwrite).
    UserId,
    /// A random value in a cookie or in the answer.
    Opaque,
}

impl HandleKind {
    /// The text whose hash is stored: a handle of one kind is none of another.
    pub fn hash(self, ctx: &Ctx, handle: &str) -> [u8; 32] {
        match self {
            Self::UserId => ctx.handle_hash(&format!("user:{handle}")),
            Self::Opaque => ctx.handle_hash(&format!("flow:{handle}")),
        }
    }
}

/// A request for a sign-in code.
#[derive(Clone, Debug)]
pub struct Start {
    /// Who asks.
    pub dialect: Dialect,
    /// The number.
    pub phone: Phone,
    /// What kind of handle the answer carries.
    pub kind: HandleKind,
    /// The handle that the requester proposes or already holds.
    pub wanted: Option<String>,
    /// The dialect's numbers.
    pub rules: Rules,
    /// The request's `Idempotency-Key`.
    pub idempotency_key: Option<String>,
}

/// What the requester is told, the same for known and unknown numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Started {
    /// The id of the token.
    pub id: String,
    /// The handle.
    pub handle: String,
    /// When the token was made, in microseconds.
    pub created_at: i64,
    /// Until when it works, in microseconds.
    pub expires_at: i64,
}

impl Started {
    fn of(handle: &verification::Handle, text: &str) -> Self {
        Self {
            id: handle.id.clone(),
            handle: text.to_owned(),
            created_at: handle.created_at.micros(),
            expires_at: handle.expires_at.micros(),
        }
    }
}

/// What can be refused by looking at the request alone: the method is off, there is no provider, the country or kind
/// of number is not served.
pub fn check_request(project: &Project, phone: &Phone) -> Result<()> {
    let settings = &project.settings;
    if !settings.auth.phone {
        return Err(Code::MethodDisabled.into());
    }
    if settings.mock_code(phone).is_some() {
        return Ok(());
    }
    if settings.sms.providers.is_empty() {
        return Err(Code::NoSmsProvider.into());
    }
    if is_served(project, phone) { Ok(()) } else { Err(Code::CountryNotAllowed.into()) }
}

/// Whether the project sends to this country and kind of number.
pub(super) fn is_served(project: &Project, phone: &Phone) -> bool {
    let country = phone.country().unwrap_or("*");
    phone.may_receive_sms() && project.settings.sms.countries.iter().any(|c| c == "*" || c == country)
}

/// Starts a sign-in. Never tells whether anybody has the number.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, input: &Start) -> Result<Started> {
    let Some(key) = &input.idempotency_key else { return decide(tx, ctx, project, input) };
    let hash = sha256(format!("{}\0{key}", requester(ctx)).as_bytes());
    let request = sha256(
        format!("{}\0{}\0{}", input.dialect.name(), input.phone.as_e164(), input.wanted.as_deref().unwrap_or_default())
            .as_bytes(),
    );
    // The number's row is the lock between two requests with one key.
    limit::lock_target(tx, ctx, input.phone.as_e164())?;
    let earlier = tx.find(sql::FIND_IDEMPOTENT, args![&ctx.project, &hash, ctx.now.plus_micros(-DAY)], |row| {
        Ok((row.get::<Vec<u8>>(0)?, row.get::<String>(1)?))
    })?;
    match earlier {
        Some((same, answer)) if same == request => open_answer(ctx, &hash, &answer),
        Some(_) => Err(Error::invalid("Idempotency-Key", "was used for another request: take a new one")),
        None => {
            let started = decide(tx, ctx, project, input)?;
            let answer = seal_answer(ctx, &hash, &started)?;
            tx.push(sql::INSERT_IDEMPOTENT, args![&ctx.project, &hash, &request, &answer, ctx.now])?;
            Ok(started)
        }
    }
}

/// Whose idempotency keys these are: a stranger who guesses one elsewhere gets an answer of his own.
fn requester(ctx: &Ctx) -> String {
    match &ctx.actor {
        Actor::Key(id) => format!("key {id}"),
        Actor::User { user, .. } => format!("user {user}"),
        Actor::Guest | Actor::System => ctx.network().unwrap_or_default(),
    }
}

/// The answer as it is kept for a retry: sealed, because it holds the handle.
fn seal_answer(ctx: &Ctx, key: &[u8; 32], started: &Started) -> Result<String> {
    let text = serde_json::to_vec(started).map_err(Error::internal)?;
    let sealed = ctx.keys.seal(Label::Message, &BASE64.encode(key), &text, &*ctx.random)?;
    Ok(BASE64.encode(&sealed))
}

fn open_answer(ctx: &Ctx, key: &[u8; 32], answer: &str) -> Result<Started> {
    let sealed = BASE64.decode(answer.as_bytes()).map_err(Error::internal)?;
    let text = ctx.keys.open(Label::Message, &BASE64.encode(key), &sealed)?;
    serde_json::from_slice(&text).map_err(Error::internal)
}

fn decide(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, input: &Start) -> Result<Started> {
    let target = input.phone.as_e164();
    let mock = project.settings.mock_code(&input.phone);
    let subject = Subject {
        dialect: input.dialect,
        purpose: Purpose::SignIn,
        target,
        session: None,
        wanted_length: mock.map_or(input.rules.length, |code| code.len() as i64),
    };
    let mut ledger = limit::lock_target(tx, ctx, target)?;
    let holder = Holder::find(tx, ctx, input)?;
    let new = NewHandle {
        hash: &holder.hash,
        wanted_user: (input.kind == HandleKind::UserId).then_some(holder.text.as_str()),
        max_attempts: input.rules.max_attempts,
    };
    let cooling = mock.is_none() && ledger.cooldowns.is_cooling(subject.purpose.name(), ctx.now);
    if cooling {
        return share(tx, ctx, input, &subject, &holder, &new);
    }

    let expires_at = ctx.now.plus_seconds(input.rules.lifetime_seconds);
    let too_many = mock.is_none() && ledger.day_sends >= input.rules.per_phone_per_day;
    let payload = Payload {
        to: target.to_owned(),
        locale: ctx.locale.as_deref().map(str::to_owned),
        wanted_user: new.wanted_user.map(str::to_owned),
        origin: ctx.origin()?.map(|o| o.to_vec()),
        code: None,
        user: None,
    };
    let purpose = subject.purpose.name();
    if too_many {
        let reason = Some("the day's messages to this number are used up");
        message::enqueue(tx, ctx, "", purpose, &payload, expires_at, reason)?;
        let handle = create_empty(tx, ctx, &holder, &new, target, expires_at)?;
        return Ok(Started::of(&handle, &holder.text));
    }
    if let Some(old) = &holder.own {
        verification::retire_handle(tx, old)?;
    }
    let wanted = subject.wanted_length.max(guess::length_under_attack(ledger.failures, 0));
    let length = length_that_fits(tx, ctx, target, wanted, input.rules.max_attempts)?;
    let id = verification::create(tx, ctx, &subject, length, None, expires_at)?;
    let issued = verification::issued(id, length, ctx.now, expires_at);
    let handle = verification::create_handle(tx, ctx, &new, target, Some(&issued), expires_at)?;
    message::enqueue(tx, ctx, &issued.id, purpose, &payload, expires_at, None)?;
    if mock.is_none() {
        ledger.cooldowns.start(purpose, ctx.now, &input.rules.resend_seconds, input.rules.lifetime_seconds);
    }
    ledger.day_sends += 1;
    limit::store_target(tx, ctx, target, &ledger)?;
    Ok(Started::of(&handle, &holder.text))
}

/// Inside the cool-down: no second message. The requester gets a handle of his own to the code on its way, if there is
/// one that he may share and his handle fits; else an empty one, which looks the same.
fn share(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    input: &Start,
    subject: &Subject<'_>,
    holder: &Holder,
    new: &NewHandle<'_>,
) -> Result<Started> {
    let on_its_way = verification::find_on_its_way(tx, ctx, subject)?;
    if let (Some(own), Some(there)) = (&holder.own, &on_its_way)
        && own.verification.as_ref() == Some(&there.id)
    {
        return Ok(Started::of(own, &holder.text));
    }
    let handle = match on_its_way {
        Some(there) if there.takes_another() && fits(tx, ctx, input, &there)? => {
            if let Some(old) = &holder.own {
                verification::retire_handle(tx, old)?;
            }
            verification::create_handle(tx, ctx, new, subject.target, Some(&there), there.expires_at)?
        }
        Some(_) | None => {
            let expires_at = ctx.now.plus_seconds(input.rules.lifetime_seconds);
            create_empty(tx, ctx, holder, new, subject.target, expires_at)?
        }
    };
    Ok(Started::of(&handle, &holder.text))
}

/// An empty handle, unless what the requester holds still works: it may open an earlier code, which an empty one would
/// only take away.
fn create_empty(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    holder: &Holder,
    new: &NewHandle<'_>,
    target: &str,
    expires_at: Time,
) -> Result<verification::Handle> {
    if let Some(old) = &holder.own {
        if old.expires_at > ctx.now {
            return Ok(old.clone());
        }
        verification::retire_handle(tx, old)?;
    }
    verification::create_handle(tx, ctx, new, target, None, expires_at)
}

fn fits(tx: &mut Tx<'_>, ctx: &Ctx, input: &Start, there: &OnItsWay) -> Result<bool> {
    let target = input.phone.as_e164();
    Ok(length_that_fits(tx, ctx, target, there.length, input.rules.max_attempts)? == there.length)
}

/// The shortest length whose handle fits in the number's budget. Only the number's part is looked at here, the same
/// for known and unknown ones; the worker looks at the person's.
fn length_that_fits(tx: &mut Tx<'_>, ctx: &Ctx, target: &str, wanted: i64, tries: i64) -> Result<i64> {
    let used = verification::reserved_by_target(tx, ctx, target)?;
    let length = guess::length_that_fits(wanted, tries, used, false);
    if length == wanted {
        return Ok(length);
    }
    let origin = ctx.origin()?;
    let familiar = limit::is_known_origin(tx, &ctx.project, target, origin.as_ref().map(<[u8; 32]>::as_slice))?;
    Ok(guess::length_that_fits(wanted, tries, used, familiar))
}

/// The handle of the answer.
struct Holder {
    text: String,
    hash: [u8; 32],
    /// What the requester already holds under this text for this number.
    own: Option<verification::Handle>,
}

impl Holder {
    /// What was proposed, unless it would be somebody else's: then a new one.
    fn find(tx: &mut Tx<'_>, ctx: &Ctx, input: &Start) -> Result<Self> {
        if let Some(text) = &input.wanted {
            let hash = input.kind.hash(ctx, text);
            let held = verification::find_handle(tx, &hash)?;
            let reserved = input.kind == HandleKind::UserId && user::is_reserved(tx, &ctx.project, text)?;
            match held {
                Some(own) if own.target == input.phone.as_e164() && !reserved => {
                    return Ok(Self { text: text.clone(), hash, own: Some(own) });
                }
                Some(stale) if stale.expires_at <= ctx.now && !reserved => {
                    verification::retire_handle(tx, &stale)?;
                    return Ok(Self { text: text.clone(), hash, own: None });
                }
                None if !reserved => return Ok(Self { text: text.clone(), hash, own: None }),
                Some(_) | None => {}
            }
        }
        let text = match input.kind {
            HandleKind::UserId => ctx.id(),
            HandleKind::Opaque => ctx.random.hex(32),
        };
        Ok(Self { hash: input.kind.hash(ctx, &text), text, own: None })
    }
}

/// Whether a number converted before: it is served while others are refused.
pub(super) fn has_converted(ledger: Option<&Target>) -> bool {
    ledger.is_some_and(|t| t.converted_at.is_some())
}
