//! The public half of a sign-in: pending verification and outbox row, with the same statements for every target.

use serde::{Deserialize, Serialize};

use super::handle::{HandleKind, Holder};
use super::idempotency;
use super::issue::{self, Ask};
use crate::base::{Code, Ctx, Phone, Result, Target};
use crate::db::Tx;
use crate::limit;
use crate::message::{Account, Payload, Readers};
use crate::project::{Project, Redirect};
use crate::session::Shape;
use crate::verification::{Channel, Dialect, Purpose, Subject};

/// The main strategy of people who sign in by a code to their number (contract frontegg §2.7).
const MAIN_SMS: &str = "SmsCode";

/// Numbers that differ between dialects.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Digits of a code.
    pub length: i64,
    /// Whether the dialect's clients take codes of that length only, so that none may grow.
    pub fixed_length: bool,
    /// How long it lives, in seconds.
    pub lifetime_seconds: i64,
    /// Wrong tries of a handle.
    pub max_attempts: i64,
    /// Waits between codes, in seconds.
    pub resend_seconds: Vec<i64>,
    /// The most messages to one number or address in a day.
    pub per_phone_per_day: i64,
    /// On what terms somebody is let in.
    pub terms: Terms,
}

/// On what terms a dialect lets people in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Whether anybody new may come.
    pub sign_up: bool,
    /// Whether a password signs in by a number only if that is verified.
    pub verified_numbers: bool,
    /// What the secret of a session looks like.
    pub shape: Shape,
    /// How long a session lives, in seconds.
    pub seconds: i64,
    /// How long one waits for its second factor, in seconds, if not as long.
    pub pending_seconds: Option<i64>,
    /// Whether somebody who must have a second factor and has none is not let in before he has set one up.
    pub enrols: bool,
}

impl Terms {
    /// The project's `auth` settings.
    pub fn of(project: &Project) -> Self {
        let auth = &project.settings.auth;
        Self {
            sign_up: auth.sign_up,
            verified_numbers: true,
            shape: Shape::Hex,
            seconds: auth.duration,
            pending_seconds: None,
            enrols: false,
        }
    }

    /// Those of nevr clients: the project's `nevr` settings. Who does not want to be remembered gets a day at most
    /// (contract nevr §1).
    pub fn of_nevr(project: &Project, remember: bool) -> Self {
        let nevr = &project.settings.nevr;
        Self {
            sign_up: project.settings.auth.sign_up && nevr.allow_sign_up,
            verified_numbers: nevr.require_verification,
            shape: Shape::Short,
            seconds: if remember { nevr.session.expires_in } else { nevr.session.expires_in.min(86_400) },
            pending_seconds: Some(SECOND_FACTOR_SECONDS),
            enrols: false,
        }
    }

    /// Those of Frontegg clients: the project's `frontegg` settings. A session lives as long as its refresh token.
    pub fn of_frontegg(project: &Project) -> Self {
        Self {
            seconds: project.settings.frontegg.refresh_token_seconds,
            pending_seconds: Some(MFA_SECONDS),
            enrols: true,
            ..Self::of(project)
        }
    }
}

/// How long a Frontegg client has for the second factor, or to set one up.
const MFA_SECONDS: i64 = 600;

/// How long a nevr client has for the second factor (contract nevr §7).
const SECOND_FACTOR_SECONDS: i64 = 300;

impl Rules {
    /// The project's `otp` settings.
    pub fn of(project: &Project) -> Self {
        let otp = &project.settings.otp;
        Self {
            length: otp.length,
            fixed_length: false,
            lifetime_seconds: otp.lifetime_seconds,
            max_attempts: otp.max_attempts,
            resend_seconds: otp.resend_seconds.clone(),
            per_phone_per_day: otp.per_phone_per_day,
            terms: Terms::of(project),
        }
    }

    /// Those of nevr clients: the project's `nevr` settings, and its `otp` settings for the rest.
    pub fn of_nevr(project: &Project) -> Self {
        let nevr = &project.settings.nevr;
        Self {
            length: nevr.otp_length,
            lifetime_seconds: nevr.expires_in,
            terms: Terms::of_nevr(project, true),
            ..Self::of(project)
        }
    }

    /// Those of Frontegg clients, which have six boxes for a code and promise it five minutes (contract frontegg §2.1,
    /// §2.7).
    pub fn of_frontegg(project: &Project) -> Self {
        Self {
            length: 6,
            fixed_length: true,
            lifetime_seconds: project.settings.otp.lifetime_seconds.max(300),
            terms: Terms::of_frontegg(project),
            ..Self::of(project)
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Way {
    /// A code that signs in.
    Code,
    /// A link that signs in.
    MagicLink(Redirect),
    /// A link that lets a new password be chosen.
    Recovery(Redirect),
    /// A code that lets a new password be chosen.
    RecoveryCode,
    /// A code, to the address, that lets another number be named.
    ResetPhone,
}

impl Way {
    const fn purpose(&self) -> Purpose {
        match self {
            Self::Code => Purpose::SignIn,
            Self::MagicLink(_) => Purpose::MagicLink,
            Self::Recovery(_) | Self::RecoveryCode => Purpose::Recovery,
            Self::ResetPhone => Purpose::ResetPhone,
        }
    }

    /// Where its link leads, or empty.
    fn page(&self) -> &str {
        match self {
            Self::Code | Self::RecoveryCode | Self::ResetPhone => "",
            Self::MagicLink(redirect) | Self::Recovery(redirect) => redirect.as_str(),
        }
    }
}

/// A request for a code or link from somebody who is not signed in.
#[derive(Clone, Debug)]
pub struct Start {
    /// Who asks.
    pub dialect: Dialect,
    /// The number or address.
    pub target: Target,
    /// What for.
    pub way: Way,
    /// What kind of handle the answer carries.
    pub kind: HandleKind,
    /// The handle that the requester proposes or already holds.
    pub wanted: Option<String>,
    /// The dialect's numbers.
    pub rules: Rules,
    /// Whether the message and the answer carry a phrase, by which the person knows that they belong together.
    pub phrase: bool,
    /// The request's `Idempotency-Key`.
    pub idempotency_key: Option<String>,
}

/// What the requester is told, the same for known and unknown targets.
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
    /// The phrase, if it was asked for.
    #[serde(default)]
    pub phrase: Option<String>,
}

/// What can be refused by looking at the request alone: the method is off, there is no provider, the country or kind
/// of number is not served. Methods are switched off for people, not for the customer's own servers (contract nuvix
/// §1.4).
pub fn check_request(ctx: &Ctx, project: &Project, target: &Target, way: &Way) -> Result<()> {
    let auth = &project.settings.auth;
    let on = match (target, way) {
        (Target::Phone(_), Way::RecoveryCode) => auth.phone && auth.email_password,
        // A number is named by the address and by nothing else.
        (Target::Phone(_), Way::ResetPhone) => false,
        // Where a code by SMS is the only way in, and nowhere else: the address alone does not lead to a number.
        (Target::Email(_), Way::ResetPhone) => auth.phone && project.settings.frontegg.main_strategy == MAIN_SMS,
        (Target::Phone(_), _) => auth.phone,
        (Target::Email(_), Way::Code) => auth.email_otp,
        (Target::Email(_), Way::MagicLink(_)) => auth.magic_url,
        (Target::Email(_), Way::Recovery(_) | Way::RecoveryCode) => auth.email_password,
    };
    // A server may do what is off for people, but it does not know better than the project how they sign in.
    if !on && (!ctx.is_by_key() || matches!(way, Way::ResetPhone)) {
        return Err(Code::MethodDisabled.into());
    }
    match target {
        // No mock code chooses a password, so that number is no exception.
        Target::Phone(phone) if matches!(way, Way::RecoveryCode) => check_phone(project, phone),
        Target::Phone(_) | Target::Email(_) => check_reach(project, target),
    }
}

/// Whether the project can write to `target`, or need not because its code is a mock number's.
pub(super) fn check_reach(project: &Project, target: &Target) -> Result<()> {
    let settings = &project.settings;
    match target {
        Target::Email(_) if settings.email.providers.is_empty() => Err(Code::NoEmailProvider.into()),
        Target::Phone(phone) if settings.mock_code(phone).is_some() => Ok(()),
        Target::Phone(phone) => check_phone(project, phone),
        Target::Email(_) => Ok(()),
    }
}

/// Whether the project can send to `phone`.
pub(super) fn check_phone(project: &Project, phone: &Phone) -> Result<()> {
    if project.settings.sms.providers.is_empty() {
        return Err(Code::NoSmsProvider.into());
    }
    if is_served(project, phone) { Ok(()) } else { Err(Code::CountryNotAllowed.into()) }
}

/// Whether the project sends to this country and kind of number.
pub(super) fn is_served(project: &Project, phone: &Phone) -> bool {
    let sms = &project.settings.sms;
    let country = phone.country().unwrap_or("*");
    // Examples have numbers of ten digits that nobody can have, such as +1234567890; where nothing leaves the process they
    // do no harm.
    let is_kept = sms.providers.iter().all(|provider| matches!(provider.account, Account::Inbox {}));
    let is_example = is_kept && phone.as_e164().len() > 10 && phone.is_ordinary();
    let is_reachable = is_example || phone.may_receive_sms();
    is_reachable && sms.countries.iter().any(|c| c == "*" || c == country)
}

/// What a message to `target` carries from the request.
pub(super) fn payload(ctx: &Ctx, target: &Target) -> Result<Payload> {
    Ok(Payload {
        to: target.as_str().to_owned(),
        locale: ctx.locale.as_deref().map(str::to_owned),
        origin: ctx.origin()?.map(|o| o.to_vec()),
        ..Payload::default()
    })
}

/// The channel that reaches `target`.
pub(super) const fn channel(target: &Target) -> Channel {
    match target {
        Target::Phone(_) => Channel::Sms,
        Target::Email(_) => Channel::Email,
    }
}

/// Starts a sign-in or a recovery. Never tells whether anybody has the number or address.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, input: &Start) -> Result<Started> {
    let Some(key) = &input.idempotency_key else { return decide(tx, ctx, project, input) };
    let request = format!(
        "{}\0{}\0{}\0{}\0{}\0{}",
        input.dialect.name(),
        input.way.purpose().name(),
        input.target.as_str(),
        input.wanted.as_deref().unwrap_or_default(),
        input.way.page(),
        input.phrase,
    );
    // The target's row is the lock between two requests with one key.
    limit::lock_target(tx, ctx, input.target.as_str())?;
    idempotency::once(tx, ctx, key, &request, |tx| decide(tx, ctx, project, input))
}

fn decide(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, input: &Start) -> Result<Started> {
    let target = input.target.as_str();
    let mock = match (&input.target, &input.way) {
        (Target::Phone(phone), Way::Code) => project.settings.mock_code(phone),
        _ => None,
    };
    let subject = Subject {
        dialect: input.dialect,
        purpose: input.way.purpose(),
        channel: channel(&input.target),
        target,
        session: None,
        wanted_length: mock.map_or(input.rules.length, |code| code.len() as i64),
    };
    let mut ledger = limit::lock_target(tx, ctx, target)?;
    let wanted = input.wanted.as_deref();
    let holder = Holder::find(tx, ctx, input.kind, wanted, target)?;
    let wanted_user = (input.kind == HandleKind::UserId).then_some(holder.text.as_str());
    let ask = Ask {
        subject,
        reaches: None,
        user: None,
        wanted_user,
        rules: &input.rules,
        payload: Payload {
            wanted_user: wanted_user.map(str::to_owned),
            readers: if input.rules.terms.sign_up { Readers::Anybody } else { Readers::Known },
            ..payload(ctx, &input.target)?
        },
        phrase: input.phrase,
        mock: mock.is_some(),
        own: false,
    };
    let (id, created_at, expires_at) = match &input.way {
        Way::Code | Way::RecoveryCode | Way::ResetPhone => {
            let handle = issue::code(tx, ctx, &ask, &holder, &mut ledger)?;
            (handle.id, handle.created_at, handle.expires_at)
        }
        Way::MagicLink(redirect) | Way::Recovery(redirect) => {
            let address = |secret: &_, expires_at| redirect.with_secret(&holder.text, secret, expires_at);
            let link = issue::link(tx, ctx, &ask, &holder.text, &address)?;
            (link.id, ctx.now, link.expires_at)
        }
    };
    let phrase = ask.phrase_of(ctx, &id)?;
    Ok(Started {
        id,
        handle: holder.text.clone(),
        created_at: created_at.micros(),
        expires_at: expires_at.micros(),
        phrase,
    })
}

/// Whether a number converted before: it is served while others are refused.
pub(super) fn has_converted(ledger: Option<&limit::Target>) -> bool {
    ledger.is_some_and(|t| t.converted_at.is_some())
}
