//! Policies: settings of which it is known whether somebody ever made them, because Frontegg clients ask for that.

use serde_json::Value as Json;

use super::{Enforce, Project, get_locked, sql, update};
use crate::args;
use crate::base::{Code, Ctx, Result, Time};
use crate::db::Tx;

/// What a policy is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Second factors: the settings `mfa.enforce`, `mfa.rememberDevice` and `mfa.rememberDeviceSeconds`.
    Mfa,
    /// Whether whoever signs in shows that he is a person: the setting `frontegg.captcha`.
    Captcha,
    /// After how many wrong passwords an account's is locked: the setting `auth.lockout`.
    Lockout,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Mfa => "mfa",
            Self::Captcha => "captcha",
            Self::Lockout => "lockout",
        }
    }

    /// Whether the settings do something that nobody would take for the absence of a policy.
    fn is_in_force(self, project: &Project) -> bool {
        match self {
            Self::Mfa => {
                let mfa = &project.settings.mfa;
                mfa.enforce != Enforce::DontForce || mfa.remember_device
            }
            Self::Captcha => project.settings.frontegg.captcha.is_some(),
            Self::Lockout => project.settings.auth.lockout.is_some(),
        }
    }
}

/// When a policy was made and changed. What it says is in the settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// What is to be done with a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    /// It is made: `Code::PolicyExists` when there is one.
    Create,
    /// It is changed: `Code::PolicyNotFound` when there is none.
    Update,
    /// It is made or changed.
    Put,
}

/// The policy, if somebody made one or the project's settings act as one.
pub fn find(tx: &mut Tx<'_>, project: &Project, kind: Kind) -> Result<Option<Policy>> {
    if matches!(kind, Kind::Captcha | Kind::Lockout) && !kind.is_in_force(project) {
        // Taken out of the settings, it is gone, whoever made it.
        return Ok(None);
    }
    let made = tx.find(sql::FIND_POLICY, args![&project.id, kind.name()], |row| {
        Ok(Policy { id: row.get(0)?, created_at: row.get(1)?, updated_at: row.get(2)? })
    })?;
    Ok(made.or_else(|| {
        kind.is_in_force(project).then(|| Policy {
            id: project.id.clone(),
            created_at: project.created_at,
            updated_at: project.updated_at,
        })
    }))
}

/// Makes or changes a policy by merging `patch` into the settings; `fresh` instead, where there is none yet.
pub fn write(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: Kind,
    how: Write,
    fresh: &Json,
    patch: &Json,
) -> Result<(Project, Policy)> {
    let project = get_locked(tx, ctx, &ctx.project)?;
    let change = match (how, find(tx, &project, kind)?) {
        (Write::Create, Some(_)) => return Err(Code::PolicyExists.into()),
        (Write::Update, None) => return Err(Code::PolicyNotFound.into()),
        (Write::Create | Write::Put, None) => fresh,
        (Write::Update | Write::Put, Some(_)) => patch,
    };
    let project = update(tx, ctx, &ctx.project, None, change)?;
    tx.exec(sql::PUT_POLICY, args![&project.id, kind.name(), &ctx.id(), ctx.now])?;
    let policy = find(tx, &project, kind)?.ok_or(Code::PolicyNotFound)?;
    Ok((project, policy))
}
