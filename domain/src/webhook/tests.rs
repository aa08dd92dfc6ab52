mod delivery;
mod tell;

use std::sync::Arc;

use super::*;
use crate::base::testing::ctx;
use crate::base::{Actor, Ctx};
use crate::db::testing::{TestDb, wait};
use crate::message::{End, Payload};
use crate::project::{self, Settings};
use crate::{on_both, signin};

/// Two projects on one database, at an instant.
struct World {
    db: crate::db::Db,
    ctx: Ctx,
}

impl World {
    fn new(test: &TestDb) -> Self {
        let world = Self { db: test.db.clone(), ctx: Ctx { actor: Actor::System, address: None, ..ctx() } };
        for id in ["p1", "p2"] {
            world.write(move |tx, ctx| project::create(tx, ctx, id, "Shop", Settings::default()));
        }
        world
    }

    fn of_project(&self, id: &str) -> Self {
        Self { db: self.db.clone(), ctx: Ctx { project: Arc::from(id), ..self.ctx.clone() } }
    }

    fn later(&mut self, seconds: i64) {
        self.ctx.now = self.ctx.now.plus_seconds(seconds);
    }

    fn try_write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let ctx = self.ctx.clone();
        wait(self.db.write(move |tx| work(tx, &ctx)))
    }

    fn write<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static) -> T {
        self.try_write(work).unwrap()
    }

    /// A webhook that wants these events.
    fn hook(&self, events: &[&str]) -> (Webhook, Secret) {
        let new = new(events);
        self.write(move |tx, ctx| create(tx, ctx, Reach::Public, &new))
    }

    /// Something that the audit trail tells.
    fn happens(&self, what: What, user: &'static str, detail: &'static str) {
        self.write(move |tx, ctx| audit::record(tx, ctx, what, Some(user), detail));
    }

    /// Chains the trail, as a worker does.
    fn chain(&self) {
        let ctx = self.ctx.clone();
        let failed = wait(self.db.write(move |tx| {
            let batch = audit::unchained(tx, &ctx.keys, &audit::Mark::START, 1_000)?;
            audit::chain(tx, &batch)
        }));
        assert!(failed.unwrap().is_empty());
    }

    /// Tells all that is new, a few entries at a time.
    fn tell(&self) {
        self.chain();
        for project in self.write(|tx, _| behind(tx)) {
            let world = self.of_project(&project);
            while world.write(|tx, ctx| tell(tx, ctx, 2)) {}
        }
        while self.write(|tx, ctx| signin::tell_messages(tx, ctx, 2)) {}
    }

    /// The deliveries of the project, the oldest first.
    fn all(&self) -> Vec<Delivery> {
        let wanted = Wanted { limit: 200, ..Wanted::default() };
        let mut all = self.write(move |tx, ctx| list_deliveries(tx, &ctx.project, &wanted));
        all.reverse();
        all
    }

    /// Their events.
    fn events(&self) -> Vec<String> {
        let mut events: Vec<_> = self.all().into_iter().map(|delivery| delivery.event).collect();
        events.sort();
        events
    }

    fn claim(&self, webhook: &Webhook) -> Vec<Claimed> {
        let id = webhook.id.clone();
        self.write(move |tx, ctx| claim(tx, ctx, &id, 100))
    }

    /// The only delivery that is due.
    fn only(&self, webhook: &Webhook) -> Claimed {
        let mut claimed = self.claim(webhook);
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }

    fn settle(&self, claimed: &Claimed, outcome: Outcome) -> Ended {
        let delivery = claimed.delivery.clone();
        self.write(move |tx, ctx| settle(tx, ctx, &delivery, &outcome))
    }

    fn get(&self, id: &str) -> Webhook {
        let id = id.to_owned();
        self.write(move |tx, ctx| get(tx, &ctx.project, &id))
    }

    fn audited(&self) -> Vec<(String, String)> {
        self.chain();
        let entries = self.write(|tx, ctx| audit::list_after(tx, &ctx.project, 0, 1_000));
        entries.into_iter().map(|(_, entry)| (entry.event, entry.detail)).collect()
    }
}

fn new(events: &[&str]) -> New {
    New {
        name: "Shop".to_owned(),
        url: "https://shop.example/hooks".to_owned(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
    }
}

fn failed() -> Outcome {
    Outcome::Failed { status: Some(500), reason: "HTTP 500".to_owned() }
}

on_both!(a_webhook_is_made_changed_and_removed_and_the_trail_says_so, |test| {
    let world = World::new(test);
    let (made, secret) = world.hook(&["user.*", "session.create"]);
    assert!(secret.expose().starts_with("whsec_"), "Standard Webhooks");
    assert_eq!(data_encoding::BASE64.decode(&secret.expose().as_bytes()[6..]).unwrap().len(), 32);
    assert_eq!(world.get(&made.id), made);

    let id = made.id.clone();
    let change = Change { name: Some("Other".to_owned()), enabled: Some(false), ..Change::default() };
    let changed = world.write(move |tx, ctx| update(tx, ctx, Reach::Public, &id, &change));
    assert_eq!((changed.name.as_str(), changed.enabled, changed.off_reason.as_str()), ("Other", false, "switched off"));
    assert_eq!((&changed.url, &changed.events), (&made.url, &made.events), "what was not named stays");
    assert_eq!(world.get(&made.id), changed);

    let id = made.id.clone();
    world.write(move |tx, ctx| delete(tx, ctx, &id));
    let (id, again) = (made.id.clone(), made.id.clone());
    assert_eq!(world.try_write(move |tx, ctx| get(tx, &ctx.project, &id)).unwrap_err().code, Code::WebhookNotFound);
    assert_eq!(world.try_write(move |tx, ctx| delete(tx, ctx, &again)).unwrap_err().code, Code::WebhookNotFound);
    let events: Vec<_> = world.audited().into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["webhook.create", "webhook.update", "webhook.delete"]);
});

#[test]
fn addresses_that_could_never_be_called_are_refused_with_the_reason() {
    let reason = |url: &str, reach| match check_url(url, reach).map_err(|error| error.code) {
        Ok(()) => None,
        Err(Code::InvalidValue { field, reason }) => {
            assert_eq!(field, "url");
            Some(reason)
        }
        Err(code) => panic!("{code:?}"),
    };
    let long = format!("https://shop.example/{}", "x".repeat(2_048));
    for (url, part) in [
        ("http://shop.example/", "https://"),
        ("http://10.0.0.5/", "https://"),
        ("ftp://shop.example/", "https://"),
        ("file:///etc/passwd", "host"),
        ("shop.example/hooks", "such as"),
        ("", "such as"),
        ("https://user@shop.example/", "user name"),
        ("https://user:password@shop.example/", "user name"),
        ("https://:password@shop.example/", "user name"),
        ("https://shop.example/#part", "#"),
        (long.as_str(), "2048"),
    ] {
        let said = reason(url, Reach::Public).unwrap_or_default();
        assert!(said.contains(part), "{url}: {said:?}");
    }
    for url in ["https://shop.example/hooks?a=b", "http://localhost:3000/", "http://127.0.0.1:3000/x", "http://[::1]/"]
    {
        assert_eq!(reason(url, Reach::Public), None, "{url}");
    }
    assert_eq!(reason("http://10.0.0.5/", Reach::Private), None);
}

on_both!(only_events_that_exist_can_be_asked_for, |test| {
    let world = World::new(test);
    for bad in [&[][..], &["user.crate"], &["user"], &["user.*", "users.*"], &["*.create"], &["u*"], &["webhook.ping"]]
    {
        let new = new(bad);
        let error = world.try_write(move |tx, ctx| create(tx, ctx, Reach::Public, &new)).unwrap_err();
        assert!(matches!(&error.code, Code::InvalidValue { field, .. } if field == "events"), "{bad:?}: {error}");
    }
    for good in [&["*"][..], &["user.*", "message.*"], &["recovery-codes.create"]] {
        world.hook(good);
    }
});

on_both!(a_project_has_at_most_twenty, |test| {
    let world = World::new(test);
    for _ in 0..MOST {
        world.hook(&["*"]);
    }
    let error = world.try_write(|tx, ctx| create(tx, ctx, Reach::Public, &new(&["*"]))).unwrap_err();
    assert!(error.to_string().contains("delete one first"), "{error}");
    world.of_project("p2").hook(&["*"]);
});

on_both!(a_project_that_is_not_there_gets_none, |test| {
    let world = World::new(test).of_project("nobody");
    let error = world.try_write(|tx, ctx| create(tx, ctx, Reach::Public, &new(&["*"]))).unwrap_err();
    assert_eq!(error.code, Code::ProjectNotFound);
});

on_both!(a_webhook_of_another_project_is_none, |test| {
    let mut world = World::new(test);
    let (webhook, _) = world.hook(&["*"]);
    world.later(1);
    world.happens(What::UserCreate, "anna", "{}");
    world.tell();
    let delivery = world.all()[0].id.clone();
    let other = world.of_project("p2");
    let id = webhook.id.clone();
    let codes = other.write(move |tx, ctx| {
        let wanted = Wanted { webhook: Some(id.clone()), limit: 10, ..Wanted::default() };
        Ok([
            get(tx, &ctx.project, &id).unwrap_err().code,
            update(tx, ctx, Reach::Public, &id, &Change::default()).unwrap_err().code,
            rotate(tx, ctx, &id, 60).unwrap_err().code,
            delete(tx, ctx, &id).unwrap_err().code,
            ping(tx, ctx, &id).unwrap_err().code,
            list_deliveries(tx, &ctx.project, &wanted).unwrap_err().code,
            replay_dead(tx, ctx, &id, 10).unwrap_err().code,
            get_delivery(tx, &ctx.project, &delivery).unwrap_err().code,
            replay(tx, ctx, &delivery).unwrap_err().code,
        ])
    });
    assert!(codes[..7].iter().all(|code| *code == Code::WebhookNotFound), "{codes:?}");
    assert!(codes[7..].iter().all(|code| *code == Code::DeliveryNotFound), "{codes:?}");
    assert!(other.all().is_empty());
    assert_eq!(world.get(&webhook.id), webhook);
});

on_both!(during_a_rotation_both_secrets_sign_and_after_it_the_new_one_alone, |test| {
    let mut world = World::new(test);
    let (webhook, first) = world.hook(&["user.create"]);
    let id = webhook.id.clone();
    let (rotated, second) = world.write(move |tx, ctx| rotate(tx, ctx, &id, 3_600));
    assert_ne!(first, second);
    assert_eq!(rotated.previous_until, Some(world.ctx.now.plus_seconds(3_600)));
    world.later(1);
    for _ in 0..3 {
        world.happens(What::UserCreate, "anna", "{}");
    }
    world.tell();
    let id = webhook.id.clone();
    let during = world.write(move |tx, ctx| claim(tx, ctx, &id, 1)).remove(0);
    assert_eq!(during.secrets, [second.clone(), first]);
    world.later(3_600);
    let id = webhook.id.clone();
    let after = world.write(move |tx, ctx| claim(tx, ctx, &id, 1)).remove(0);
    assert_eq!(after.secrets, std::slice::from_ref(&second));

    let id = webhook.id.clone();
    let (_, third) = world.write(move |tx, ctx| rotate(tx, ctx, &id, 0));
    assert_eq!(world.only(&webhook).secrets, [third], "a secret that leaked ends at once");
    let id = webhook.id.clone();
    assert!(world.try_write(move |tx, ctx| rotate(tx, ctx, &id, 8 * 86_400)).is_err());
    let audited = world.audited();
    let text = format!("{audited:?}");
    assert!(text.contains("another secret") && !text.contains("whsec_"), "{text}");
});

on_both!(a_stolen_database_gives_no_secret, |test| {
    let world = World::new(test);
    let (webhook, secret) = world.hook(&["*"]);
    let bytes = secret.expose().as_bytes()[6..].to_vec();
    assert!(!webhook.sealed.windows(bytes.len()).any(|part| part == bytes));
    let other = crate::base::crypto::Keys::from_master(&[8; 32]).unwrap();
    let thief = Ctx { keys: Arc::new(other), ..world.ctx.clone() };
    assert!(Secrets::open(&thief, &webhook.id, &webhook.sealed).is_err());
    assert!(Secrets::open(&world.ctx, "another row", &webhook.sealed).is_err());
});

on_both!(after_a_lost_key_file_webhooks_are_off_until_they_get_another_secret, |test| {
    let mut world = World::new(test);
    let (webhook, first) = world.hook(&["*"]);
    world.later(1);
    world.happens(What::UserCreate, "anna", "{}");
    world.tell();
    world.happens(What::UserCreate, "bernd", "{}");
    world.write(signin::forget_sealed);
    let off = world.get(&webhook.id);
    assert!(!off.enabled && off.off_reason.contains("key file"), "{off:?}");
    assert!(world.claim(&webhook).is_empty());
    let id = webhook.id.clone();
    world.later(1);
    let second = world.write(move |tx, ctx| {
        let (_, secret) = rotate(tx, ctx, &id, 0)?;
        update(tx, ctx, Reach::Public, &id, &Change { enabled: Some(true), ..Change::default() })?;
        Ok(secret)
    });
    world.later(1);
    world.happens(What::UserDelete, "bernd", "{}");
    // The trail is chained anew, from its beginning.
    world.tell();
    let claimed = world.claim(&webhook);
    let mut events: Vec<_> = claimed.iter().map(|one| one.delivery.event.as_str()).collect();
    events.sort_unstable();
    assert_eq!(events, ["user.create", "user.delete"], "nothing is told twice");
    assert!(claimed.iter().all(|one| one.secrets == [second.clone()] && second != first));
});

on_both!(what_belongs_to_a_project_goes_with_it, |test| {
    let mut world = World::new(test);
    for project in ["p1", "p2"] {
        world.of_project(project).hook(&["*"]);
    }
    world.later(1);
    for project in ["p1", "p2"] {
        world.of_project(project).happens(What::UserCreate, "anna", "{}");
    }
    world.tell();
    world.write(|tx, ctx| signin::delete_project(tx, ctx, "p1"));
    for (table, left) in [
        ("SELECT COUNT(*) FROM webhooks", 1),
        ("SELECT COUNT(*) FROM webhook_deliveries", 1),
        ("SELECT COUNT(*) FROM webhook_cursors", 1),
        ("SELECT COUNT(*) FROM message_listeners", 1),
    ] {
        let count = world.write(move |tx, _| tx.find(table, args![], |row| row.get::<i64>(0)));
        assert_eq!(count, Some(left), "{table}");
    }
    assert_eq!(world.of_project("p2").events(), ["user.create"]);
});
