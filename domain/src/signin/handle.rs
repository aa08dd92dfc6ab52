//! What a requester holds, as it is stored: a hash.

use crate::base::{Ctx, Result};
use crate::db::Tx;
use crate::user;
use crate::verification::{self, Handle, Purpose};

/// What the requester will hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandleKind {
    /// The `userId` of the answer (Nuvix, Appwrite).
    UserId,
    /// A random value in a cookie or in the answer.
    Opaque,
    /// The session that asked: nothing else is needed to answer.
    Session,
    /// The id of a challenge, in the session that it was made for.
    Challenge,
}

impl HandleKind {
    /// The text whose hash is stored: a handle of one kind is none of another.
    pub fn hash(self, ctx: &Ctx, handle: &str) -> [u8; 32] {
        let kind = match self {
            Self::UserId => "user",
            Self::Opaque => "flow",
            Self::Session => "session",
            Self::Challenge => "challenge",
        };
        ctx.handle_hash(&format!("{kind}:{handle}"))
    }
}

/// The handle of a link: whoever follows it holds all of it, so it is found by its secret and nothing else.
pub(super) fn of_link(ctx: &Ctx, purpose: Purpose, user: &str, secret: &str) -> [u8; 32] {
    ctx.handle_hash(&format!("link:{}:{user}:{secret}", purpose.name()))
}

/// The handle of an authorization code: whoever carries it holds all of it.
pub(super) fn of_code(ctx: &Ctx, code: &str) -> [u8; 32] {
    ctx.handle_hash(&format!("code:{code}"))
}

/// The handle of a challenge, which is of no use in another session.
pub(super) fn of_challenge(ctx: &Ctx, session: &str, challenge: &str) -> [u8; 32] {
    HandleKind::Challenge.hash(ctx, &format!("{session}:{challenge}"))
}

/// The handle of an answer.
pub(super) struct Holder {
    /// What the requester is told.
    pub text: String,
    /// What is stored.
    pub hash: [u8; 32],
    /// What the requester already holds under this text for this target.
    pub own: Option<Handle>,
}

impl Holder {
    /// What was proposed, unless it would be somebody else's: then a new one.
    pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, kind: HandleKind, wanted: Option<&str>, target: &str) -> Result<Self> {
        if let Some(text) = wanted {
            let hash = kind.hash(ctx, text);
            let held = verification::find_handle(tx, &hash)?;
            let reserved = kind == HandleKind::UserId && user::is_reserved(tx, &ctx.project, text)?;
            match held {
                Some(own) if own.target == target && !reserved => {
                    return Ok(Self { text: text.to_owned(), hash, own: Some(own) });
                }
                Some(stale) if stale.expires_at <= ctx.now && !reserved => {
                    verification::retire_handle(tx, &stale)?;
                    return Ok(Self { text: text.to_owned(), hash, own: None });
                }
                // An opaque one that nobody holds was never ours: whoever planted it would hold it too.
                None if !reserved && kind != HandleKind::Opaque => {
                    return Ok(Self { text: text.to_owned(), hash, own: None });
                }
                Some(_) | None => {}
            }
        }
        let text = match kind {
            HandleKind::Opaque => ctx.random.hex(32),
            HandleKind::UserId | HandleKind::Session | HandleKind::Challenge => ctx.id(),
        };
        Ok(Self { hash: kind.hash(ctx, &text), text, own: None })
    }

    /// A new text for a requester who may hold an older one for this target.
    pub fn renewed(tx: &mut Tx<'_>, ctx: &Ctx, held: Option<&str>, target: &str) -> Result<Self> {
        let mut own = match held {
            Some(text) => verification::find_handle(tx, &HandleKind::Opaque.hash(ctx, text))?,
            None => None,
        };
        // What he holds for another target stays his: two people may share a browser.
        own.take_if(|held| held.target != target);
        let text = ctx.random.hex(32);
        Ok(Self { hash: HandleKind::Opaque.hash(ctx, &text), text, own })
    }

    /// The session that asks. What it asked for another target before is of no more use.
    pub fn of_session(tx: &mut Tx<'_>, ctx: &Ctx, session: &str, purpose: Purpose, target: &str) -> Result<Self> {
        let text = format!("{}:{session}", purpose.name());
        let hash = HandleKind::Session.hash(ctx, &text);
        let mut own = verification::find_handle(tx, &hash)?;
        if let Some(old) = own.take_if(|held| held.target != target || held.expires_at <= ctx.now) {
            verification::retire_handle(tx, &old)?;
        }
        Ok(Self { text, hash, own })
    }

    /// A new challenge of a session.
    pub fn of_challenge(ctx: &Ctx, session: &str) -> Self {
        let text = ctx.id();
        Self { hash: of_challenge(ctx, session, &text), text, own: None }
    }
}
