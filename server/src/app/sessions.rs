//! Who is signed in, from memory. A revocation takes effect before its caller is answered.
//!
//! Every remembered session hangs on a slot of its account; forgetting the account marks the slot, and with it all of
//! the account's sessions, in one step.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};

use bytes::Bytes;
use countersign_domain::base::Time;
use countersign_domain::session::Session;
use countersign_domain::user::{self, User};

const SHARDS: usize = 16;
/// Sessions that are remembered at most, over all shards. One takes about a kilobyte.
const MOST: usize = 50_000;

/// Somebody who is signed in.
pub struct Signed {
    /// The session.
    pub session: Session,
    /// The account.
    pub user: User,
    /// Answers that say no more than this, shaped once: a dialect keeps its own under a number of its own.
    shaped: [OnceLock<Bytes>; 4],
}

impl Signed {
    /// The session with its account.
    pub fn new(session: Session, user: User) -> Self {
        Self { session, user, shaped: Default::default() }
    }

    /// The answer that was shaped under `slot`, if one was.
    pub fn find_shaped(&self, slot: usize) -> Option<Bytes> {
        self.shaped.get(slot)?.get().cloned()
    }

    /// The answer that was shaped under `slot`, made by `shape` the first time.
    pub fn shaped(&self, slot: usize, shape: impl FnOnce() -> Bytes) -> Bytes {
        match self.shaped.get(slot) {
            Some(cell) => cell.get_or_init(shape).clone(),
            None => shape(),
        }
    }
}

#[derive(Default)]
struct Slot {
    gone: AtomicBool,
}

struct Entry {
    project: Arc<str>,
    signed: Arc<Signed>,
    slot: Arc<Slot>,
}

/// The memory of sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions(Arc<State>);

struct State {
    entries: [RwLock<HashMap<[u8; 32], Entry>>; SHARDS],
    slots: [Mutex<HashMap<String, Weak<Slot>>>; SHARDS],
    changes: AtomicU64,
}

/// How much was forgotten when a look-up in the database began.
pub struct Ticket(u64);

impl Default for Sessions {
    fn default() -> Self {
        Self(Arc::new(State {
            entries: std::array::from_fn(|_| RwLock::default()),
            slots: std::array::from_fn(|_| Mutex::default()),
            changes: AtomicU64::new(0),
        }))
    }
}

impl Sessions {
    /// The session with this hash, if it is remembered and has not expired.
    pub fn find(&self, project: &str, hash: &[u8; 32], now: Time) -> Option<Arc<Signed>> {
        let shard = self.0.entries[shard_of(hash)].read().unwrap_or_else(PoisonError::into_inner);
        shard
            .get(hash)
            .filter(|e| {
                !e.slot.gone.load(Ordering::Acquire) && *e.project == *project && e.signed.session.expires_at > now
            })
            .map(|e| Arc::clone(&e.signed))
    }

    /// To be taken before the database is asked.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.0.changes.load(Ordering::Acquire))
    }

    /// Remembers what the database said, unless anything was forgotten since `ticket`: it might have been this.
    pub fn keep(&self, project: &Arc<str>, hash: [u8; 32], signed: &Arc<Signed>, ticket: &Ticket) {
        let slot = self.slot(user::key(project, &signed.user.id));
        let entry = Entry { project: Arc::clone(project), signed: Arc::clone(signed), slot: Arc::clone(&slot) };
        {
            let mut shard = self.0.entries[shard_of(&hash)].write().unwrap_or_else(PoisonError::into_inner);
            if shard.len() >= MOST / SHARDS {
                shard.retain(|_, e| !e.slot.gone.load(Ordering::Relaxed));
            }
            if shard.len() >= MOST / SHARDS
                && let Some(any) = shard.keys().next().copied()
            {
                shard.remove(&any);
            }
            shard.insert(hash, entry);
        }
        // Looked at after the insert: whoever forgets from now on finds the slot.
        if self.0.changes.load(Ordering::Acquire) != ticket.0 {
            slot.gone.store(true, Ordering::Release);
        }
    }

    /// Forgets an account, by the key of `user::key`, with all its sessions.
    pub fn forget(&self, key: &str) {
        self.0.changes.fetch_add(1, Ordering::AcqRel);
        let mut slots = self.0.slots[shard_of(key.as_bytes())].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.remove(key).and_then(|weak| weak.upgrade()) {
            slot.gone.store(true, Ordering::Release);
        }
    }

    /// Forgets everybody.
    pub fn forget_all(&self) {
        self.0.changes.fetch_add(1, Ordering::AcqRel);
        for shard in &self.0.entries {
            shard.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    fn slot(&self, key: String) -> Arc<Slot> {
        let mut slots = self.0.slots[shard_of(key.as_bytes())].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&key).and_then(Weak::upgrade)
            && !slot.gone.load(Ordering::Acquire)
        {
            return slot;
        }
        if slots.len() >= 2 * MOST / SHARDS {
            slots.retain(|_, weak| weak.strong_count() > 0);
        }
        let slot = Arc::new(Slot::default());
        slots.insert(key, Arc::downgrade(&slot));
        slot
    }
}

fn shard_of(bytes: &[u8]) -> usize {
    // Hashes are uniform at their end, ids of users mostly are too.
    bytes.iter().rev().take(4).fold(0_usize, |sum, b| sum.wrapping_mul(31).wrapping_add(usize::from(*b))) % SHARDS
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::testing::START;
    use countersign_domain::user::Proof;

    use super::*;

    fn signed(user: &str) -> Arc<Signed> {
        let session = Session {
            id: "s".into(),
            user_id: user.into(),
            provider: "phone".into(),
            provider_uid: String::new(),
            factors: vec!["phone".into()],
            mfa_at: None,
            address: String::new(),
            agent: String::new(),
            created_at: START,
            updated_at: START,
            expires_at: START.plus_seconds(60),
        };
        let user = User {
            id: user.into(),
            origin: "flow".into(),
            pending: false,
            blocked: false,
            name: String::new(),
            email: None,
            email_proof: Proof::None,
            phone: None,
            phone_proof: Proof::None,
            phone_claim: None,
            mfa: false,
            totp: false,
            password_at: None,
            mfa_phone: None,
            mfa_bypass: false,
            labels: Vec::new(),
            prefs: "{}".into(),
            proved_at: None,
            signed_in_at: None,
            created_at: START,
            updated_at: START,
        };
        Arc::new(Signed::new(session, user))
    }

    fn keep(sessions: &Sessions, hash: u8, user: &str) {
        sessions.keep(&Arc::from("p1"), [hash; 32], &signed(user), &sessions.ticket());
    }

    fn knows(sessions: &Sessions, hash: u8) -> bool {
        sessions.find("p1", &[hash; 32], START).is_some()
    }

    #[test]
    fn forgetting_an_account_forgets_its_sessions_and_nobody_elses() {
        let sessions = Sessions::default();
        keep(&sessions, 1, "anna");
        keep(&sessions, 2, "anna");
        keep(&sessions, 3, "bert");
        sessions.forget("p1/anna");
        assert_eq!([1, 2, 3].map(|hash| knows(&sessions, hash)), [false, false, true]);
        keep(&sessions, 1, "anna");
        assert!(knows(&sessions, 1));
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_remembered_after_it() {
        let sessions = Sessions::default();
        let ticket = sessions.ticket();
        sessions.forget("p1/anna");
        sessions.keep(&Arc::from("p1"), [1; 32], &signed("anna"), &ticket);
        assert!(!knows(&sessions, 1));
    }

    #[test]
    fn a_session_counts_in_its_project_until_it_expires() {
        let sessions = Sessions::default();
        keep(&sessions, 1, "anna");
        assert!(sessions.find("p2", &[1; 32], START).is_none());
        assert!(sessions.find("p1", &[1; 32], START.plus_seconds(60)).is_none());
    }

    #[test]
    fn the_memory_is_bounded() {
        let sessions = Sessions::default();
        for n in 0..(MOST as u32 + 5_000) {
            let mut hash = [0; 32];
            hash[28..].copy_from_slice(&n.to_be_bytes());
            sessions.keep(&Arc::from("p1"), hash, &signed(&format!("u{n}")), &sessions.ticket());
        }
        let kept: usize = sessions.0.entries.iter().map(|s| s.read().unwrap().len()).sum();
        assert!(kept <= MOST, "{kept}");
    }
}
