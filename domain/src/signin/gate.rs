//! Whether a session has proved enough.

use crate::base::{Code, Ctx, Result};
use crate::db::Tx;
use crate::mfa;
use crate::project::Project;
use crate::session::{self, Session};
use crate::user::User;

/// A second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Factor {
    /// An authenticator app.
    Totp,
    /// A code by e-mail.
    Email,
    /// A code by SMS.
    Phone,
    /// A recovery code.
    RecoveryCode,
}

impl Factor {
    /// As it stands in a session's factors (contract nuvix §3.6).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::RecoveryCode => "recoverycode",
        }
    }

    /// The factor of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Totp, Self::Email, Self::Phone, Self::RecoveryCode]
            .into_iter()
            .find(|f| f.name().eq_ignore_ascii_case(name))
    }
}

/// The factors that an account can prove, in this project. Recovery codes help out; they are none of these.
pub fn factors(project: &Project, user: &User) -> Vec<Factor> {
    let mfa = &project.settings.mfa;
    [
        (Factor::Totp, mfa.totp && user.totp),
        (Factor::Email, mfa.email && user.is_email_verified()),
        (Factor::Phone, mfa.phone && user.second_phone().is_some()),
    ]
    .into_iter()
    .filter_map(|(factor, has)| has.then_some(factor))
    .collect()
}

/// What a session can show next: the factors of its account that it has not shown and whose code can be sent, and
/// recovery codes while some are left. None where nothing but the first step is set up.
pub fn next_factors(tx: &mut Tx<'_>, project: &Project, user: &User, session: &Session) -> Result<Vec<Factor>> {
    let mut next = factors(project, user);
    next.retain(|factor| is_reachable(project, *factor) && !session.has(factor.name()));
    if project.settings.mfa.recovery_codes && mfa::count_recovery_codes(tx, &project.id, &user.id)? > 0 {
        next.push(Factor::RecoveryCode);
    }
    Ok(next)
}

/// Whether a code of this factor can be sent, if it has to be.
fn is_reachable(project: &Project, factor: Factor) -> bool {
    match factor {
        Factor::Email => !project.settings.email.providers.is_empty(),
        Factor::Phone => !project.settings.sms.providers.is_empty(),
        Factor::Totp | Factor::RecoveryCode => true,
    }
}

/// What somebody has to do who has shown one factor, where everybody of whom two are demanded must have them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing: he is in.
    Done,
    /// He shows one of these. None of them is what the session began with (seed 001: after a code by SMS none by SMS, to
    /// whichever number; after one by e-mail none by e-mail).
    Show(Vec<Factor>),
    /// He has none to show, and sets one of these up.
    Enrol(Vec<Factor>),
}

/// What a session in which these factors were `shown` lacks. Stricter than [`gate`] with those who have no second factor:
/// where the project demands one they are not let in before they have set one up.
pub fn step(project: &Project, user: &User, shown: &[impl AsRef<str>]) -> Step {
    if user.mfa_bypass || shown.len() >= 2 {
        return Step::Done;
    }
    let began_with = shown.first().map(AsRef::as_ref);
    let has = factors(project, user);
    let is_forced = project.settings.mfa.enforce.is_on() && has_strategy(project);
    if !is_forced && (!user.mfa || has.is_empty()) {
        return Step::Done;
    }
    match another(project, user, began_with) {
        Step::Enrol(_) if user.mfa && !has.is_empty() => Step::Show(Vec::new()),
        step => step,
    }
}

/// The step to a factor other than the one that the session began with.
pub(super) fn another(project: &Project, user: &User, began_with: Option<&str>) -> Step {
    let is_other = |factor: &Factor| !session::is_shown_by(began_with, factor.name()) && is_reachable(project, *factor);
    let show: Vec<_> = factors(project, user).into_iter().filter(is_other).collect();
    if !show.is_empty() {
        return Step::Show(show);
    }
    let mfa = &project.settings.mfa;
    let can = [
        (Factor::Totp, mfa.totp && !user.totp),
        (Factor::Phone, mfa.phone && user.second_phone().is_none()),
        (Factor::Email, mfa.email && user.email.is_some() && !user.is_email_verified()),
    ];
    Step::Enrol(can.into_iter().filter_map(|(factor, can)| can.then_some(factor)).filter(is_other).collect())
}

/// Whether there is any second factor in this project: where there is none, none can be demanded.
const fn has_strategy(project: &Project) -> bool {
    let mfa = &project.settings.mfa;
    mfa.totp || mfa.phone || mfa.email
}

/// Whether the session still needs a second factor: `Code::MoreFactorsRequired` (contract nuvix §3.6).
///
/// Where the project asks everybody for two, an account without another factor than the one it began with is let in, so
/// that its user can add one.
pub fn gate(project: &Project, user: &User, session: &Session) -> Result<()> {
    if is_lacking(project, user, &session.factors) { Err(Code::MoreFactorsRequired.into()) } else { Ok(()) }
}

/// Whether a session in which these factors were `shown` needs another one.
pub(super) fn is_lacking(project: &Project, user: &User, shown: &[impl AsRef<str>]) -> bool {
    if shown.len() >= 2 || user.mfa_bypass {
        return false;
    }
    let mut factors = factors(project, user).into_iter();
    if user.mfa {
        return factors.next().is_some();
    }
    project.settings.mfa.enforce.is_on()
        && factors.any(|f| shown.iter().all(|s| !session::is_shown_by(Some(s.as_ref()), f.name())))
}

/// Demands that the session began less than `seconds` ago, or that a second factor was proved in it since then:
/// `Code::SessionNotFresh`. For dialects whose clients show no password again.
pub fn require_fresh(ctx: &Ctx, session: &Session, seconds: i64) -> Result<()> {
    let shown = session.mfa_at.is_some_and(|at| at <= ctx.now && ctx.now < at.plus_seconds(seconds));
    if shown || session.is_fresh(ctx.now, seconds) { Ok(()) } else { Err(Code::SessionNotFresh.into()) }
}

/// Whether the account has a factor that the session did not begin with: then what is delicate asks for it.
pub(super) fn has_another(project: &Project, user: &User, session: &Session) -> bool {
    factors(project, user).iter().any(|f| !session.began_by(f.name()))
}

/// Demands a second factor that was proved in the session lately, where the account has one:
/// `Code::ChallengeRequired`.
pub(super) fn require_recent(ctx: &Ctx, project: &Project, user: &User, session: &Session) -> Result<()> {
    let recent = project.settings.mfa.recent_seconds;
    let fresh = session.mfa_at.is_some_and(|at| at.plus_seconds(recent) > ctx.now && at <= ctx.now);
    if fresh || !has_another(project, user, session) { Ok(()) } else { Err(Code::ChallengeRequired.into()) }
}
