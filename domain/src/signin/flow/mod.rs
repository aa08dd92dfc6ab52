//! Flows of clients that keep a cookie, name themselves in more ways than by what the code goes to, and show the code
//! alone.
//!
//! Budgets and cool-downs at the edge are those of the name, which is all that the requester knows: so what he is
//! answered depends on nothing but what was asked by that name before, whoever is behind it. Those of the number or
//! address itself are the worker's to look at ([`turn`]).

mod activate;
mod finish;
mod name;
pub(super) mod turn;

pub(super) use activate::may_activate;
pub use activate::{activate, find_activation, sign_up, wants_password};
pub use finish::{Recovered, Shown, exchange_recovery, find_recovery, finish, finish_recovery};
pub use name::{Name, email_of};

use super::handle::{HandleKind, Holder};
use super::issue::{self, Ask};
use super::start::{Rules, check_reach, payload};
use super::verify;
use crate::base::{Code, Ctx, Result, Secret, Target, Time};
use crate::db::Tx;
use crate::limit;
use crate::message::{Payload, Readers};
use crate::project::{Project, Redirect};
use crate::user::{self, User};
use crate::verification::{self, Channel, Dialect, NewHandle, Purpose, Subject};

use name::Decoy;

/// By what the proof comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Means {
    /// A code in a text message.
    Sms,
    /// A code in an e-mail.
    Email,
    /// A link in an e-mail, to this page.
    Link(Redirect),
}

/// What the proof is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aim {
    /// Signing in.
    SignIn,
    /// Choosing a new password.
    Recovery,
    /// Finishing an account that was made without a password, by a link.
    Activation,
}

/// What starts a flow.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Who asks.
    pub dialect: Dialect,
    /// Who he says he is; none: whoever the flow that he holds is about.
    pub name: Option<Name>,
    /// By what the proof is to come.
    pub means: Means,
    /// What it is for.
    pub aim: Aim,
    /// The handle that he holds.
    pub held: Option<String>,
    /// The dialect's numbers.
    pub rules: Rules,
    /// Whether somebody without a number is to be told so, because a code by SMS is how people sign in at first
    /// (contract frontegg §2.1).
    pub needs_number: bool,
}

/// A flow that is under way, or looks as if it were.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flow {
    /// What the requester holds from now on.
    pub handle: String,
    /// Until when it works.
    pub expires_at: Time,
    /// Where the code went, for whoever named somebody: of a text message alone.
    pub mask: Option<String>,
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begun {
    /// Something is on its way, or looks as if it were.
    Flow(Flow),
    /// This account has no number that is verified.
    NoNumber(Box<User>),
}

impl Means {
    const fn channel(&self) -> Channel {
        match self {
            Self::Sms => Channel::Sms,
            Self::Email | Self::Link(_) => Channel::Email,
        }
    }
}

impl Begin {
    const fn purpose(&self) -> Purpose {
        match (&self.means, self.aim) {
            (_, Aim::Recovery) => Purpose::Recovery,
            (_, Aim::Activation) => Purpose::VerifyEmail,
            (Means::Link(_), Aim::SignIn) => Purpose::MagicLink,
            (Means::Sms | Means::Email, Aim::SignIn) => Purpose::SignIn,
        }
    }

    /// What the code goes to, if that is what the requester named.
    fn direct(&self, name: &Name) -> Option<Target> {
        match (name, self.means.channel()) {
            (Name::Phone(phone), Channel::Sms) => Some(Target::Phone(phone.clone())),
            (Name::Email(email), Channel::Email) => Some(Target::Email(email.clone())),
            _ => None,
        }
    }

    /// What the proof of this account goes to, if it has something.
    fn reach(&self, user: &User) -> Option<Target> {
        match (self.means.channel(), self.aim) {
            (Channel::Sms, Aim::SignIn) => user.verified_phone().cloned().map(Target::Phone),
            (Channel::Sms, Aim::Recovery) => {
                user.phone.clone().map(Target::Phone).filter(|target| verify::may_recover_by(user, target))
            }
            (Channel::Sms, Aim::Activation) => None,
            (_, Aim::SignIn | Aim::Activation) => user.email.clone().map(Target::Email),
            (_, Aim::Recovery) => user.email.clone().map(Target::Email).filter(|_| verify::may_recover(user)),
        }
    }
}

/// What can be refused by looking at the request alone: the method is off, nothing can be sent, the country of a number
/// that was named is not served.
pub fn check(project: &Project, begin: &Begin) -> Result<()> {
    let auth = &project.settings.auth;
    let on = match (&begin.means, begin.aim) {
        (Means::Sms, Aim::SignIn) => auth.phone,
        (Means::Sms, Aim::Recovery) => auth.phone && auth.email_password,
        (Means::Email, Aim::SignIn) => auth.email_otp,
        (Means::Link(_), Aim::SignIn) => auth.magic_url,
        (Means::Email | Means::Link(_), Aim::Recovery) => auth.email_password,
        (Means::Link(_), Aim::Activation) => auth.email_otp || auth.magic_url,
        (Means::Sms | Means::Email, Aim::Activation) => false,
    };
    if !on {
        return Err(Code::MethodDisabled.into());
    }
    if let Some(target) = begin.name.as_ref().and_then(|name| begin.direct(name)) {
        return check_reach(project, &target);
    }
    let settings = &project.settings;
    match begin.means.channel() {
        Channel::Sms if settings.sms.providers.is_empty() => Err(Code::NoSmsProvider.into()),
        Channel::Email if settings.email.providers.is_empty() => Err(Code::NoEmailProvider.into()),
        _ => Ok(()),
    }
}

/// Whom a name names.
struct Resolved {
    /// Under what its budgets are kept.
    key: String,
    /// What the code goes to.
    to: Target,
    /// Whose it is, where `key` is not what the code goes to. Nobody has the id that stands for nobody.
    named: Option<String>,
    mask: Option<String>,
}

/// Starts a flow. Never tells whether anybody has the name, but for `Begin::needs_number`.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, begin: &Begin) -> Result<Begun> {
    let name = match &begin.name {
        Some(name) => name.clone(),
        None => Name::of_flow(tx, ctx, begin.dialect, begin.held.as_deref())?,
    };
    let resolved = match resolve(tx, ctx, project, begin, &name)? {
        Ok(resolved) => resolved,
        Err(user) => return Ok(Begun::NoNumber(user)),
    };
    let mock = match (&resolved.to, begin.purpose()) {
        (Target::Phone(phone), Purpose::SignIn) if resolved.named.is_none() => project.settings.mock_code(phone),
        _ => None,
    };
    let ask = Ask {
        subject: Subject {
            dialect: begin.dialect,
            purpose: begin.purpose(),
            channel: begin.means.channel(),
            target: &resolved.key,
            session: None,
            wanted_length: mock.map_or(begin.rules.length, |code| code.len() as i64),
        },
        reaches: Some(resolved.to.as_str()),
        user: None,
        wanted_user: None,
        rules: &begin.rules,
        payload: Payload { readers: Readers::Verified, named: resolved.named.clone(), ..payload(ctx, &resolved.to)? },
        phrase: false,
        mock: mock.is_some(),
        own: false,
    };
    let mut ledger = limit::lock_target(tx, ctx, &resolved.key)?;
    let holder = Holder::renewed(tx, ctx, begin.held.as_deref(), &resolved.key)?;
    let handle = match &begin.means {
        Means::Sms | Means::Email => issue::code(tx, ctx, &ask, &holder, &mut ledger)?,
        Means::Link(page) => link(tx, ctx, &ask, &holder, page)?,
    };
    let kept = holder.own.is_some_and(|own| own.id == handle.id);
    let text = begin.held.clone().filter(|_| kept).unwrap_or(holder.text);
    Ok(Begun::Flow(Flow { handle: text, expires_at: handle.expires_at, mask: resolved.mask }))
}

/// The number or address behind a name, or what stands for one. The inner error is an account without a number.
fn resolve(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    begin: &Begin,
    name: &Name,
) -> Result<std::result::Result<Resolved, Box<User>>> {
    if let Some(to) = begin.direct(name) {
        let mask = match &to {
            Target::Phone(phone) => Some(phone.hinted()),
            Target::Email(_) => None,
        };
        return Ok(Ok(Resolved { key: to.as_str().to_owned(), to, named: None, mask }));
    }
    let key = name.key();
    let found = name.find(tx, ctx)?;
    // Made for everybody, so that nobody is answered sooner.
    let decoy = Decoy::of(ctx, project, &key, begin.means.channel() == Channel::Email)?;
    user::stand_in(tx, &ctx.project, found.is_none().then_some(decoy.stand_in.as_str()))?;
    let (nobody, reached) = (ctx.id(), found.as_ref().and_then(|user| begin.reach(user)));
    Ok(Ok(match (found, reached) {
        (Some(user), Some(to)) => {
            let mask = match &to {
                Target::Phone(phone) => Some(phone.hinted()),
                Target::Email(_) => None,
            };
            Resolved { key, to, named: Some(user.id), mask }
        }
        (Some(user), None) if begin.needs_number => return Ok(Err(Box::new(user))),
        _ => {
            let mask = (begin.means.channel() == Channel::Sms).then_some(decoy.mask);
            Resolved { key, to: decoy.target, named: Some(nobody), mask }
        }
    }))
}

/// A link, and a handle by which whoever asked for it can be told from whoever only has it.
fn link(tx: &mut Tx<'_>, ctx: &Ctx, ask: &Ask<'_>, holder: &Holder, page: &Redirect) -> Result<verification::Handle> {
    let purpose = ask.subject.purpose;
    let user = if purpose == Purpose::MagicLink { String::new() } else { ctx.id() };
    let address = |secret: &Secret, _| {
        let page = match purpose {
            Purpose::MagicLink => page.with(&[("token", secret.expose())]),
            _ => page.with(&[("userId", user.as_str()), ("token", secret.expose())]),
        };
        Ok(page.as_str().to_owned())
    };
    let link = issue::link(tx, ctx, ask, &link_user(&user), &address)?;
    let new = NewHandle { hash: &holder.hash, wanted_user: None, max_attempts: ask.rules.max_attempts };
    match &link.issued {
        None => issue::create_empty(tx, ctx, holder, &new, ask.subject.target, link.expires_at),
        Some(issued) => {
            if let Some(old) = &holder.own {
                verification::retire_handle(tx, old)?;
            }
            verification::create_handle(tx, ctx, &new, ask.subject.target, Some(issued), link.expires_at)
        }
    }
}

/// What a link's handle is kept under beside its secret. No id of another dialect has a colon.
fn link_user(user: &str) -> String {
    format!("flow:{user}")
}

/// The hash of the handle that a requester holds.
fn held_hash(ctx: &Ctx, held: &str) -> [u8; 32] {
    HandleKind::Opaque.hash(ctx, held)
}
