//! The rows of the admin API: who asks there, and what each call needs so that who asks decides the answer.

use countersign_domain::admin::{self, Known, NewToken};
use countersign_domain::base::{Ctx, Result, Secret};
use countersign_domain::db::Tx;
use countersign_domain::device;
use countersign_domain::message::{self, New, Payload};
use serde_json::{Value, json};

use super::table::Row;
use super::world::{AHEAD, MEMBER, PASSWORD, Shown, World, show};
use crate::call::Call;
use crate::server::Home;

/// What an administrator shows: his session or his token.
#[derive(Clone)]
pub struct Holder {
    id: String,
    email: String,
    session: String,
    token: String,
}

/// Administrators for whom it is too late.
pub struct Admins {
    hash: String,
    /// Makes what calls need.
    pub standing: Holder,
    over: Holder,
    gone: Holder,
}

fn holder(tx: &mut Tx<'_>, ctx: &Ctx, email: &str, hash: &str) -> Result<Holder> {
    let admin = admin::create(tx, ctx, email, hash)?;
    let known = Known { admin: admin.clone(), hash: Secret::new(hash) };
    let (_, session) = admin::create_session(tx, ctx, &known)?;
    let new = NewToken { name: "script".to_owned(), expires_at: Some(ctx.now.plus_seconds(3_600)) };
    let (_, token) = admin::create_token(tx, ctx, &admin.id, &new)?;
    let (session, token) = (session.expose().to_owned(), token.expose().to_owned());
    Ok(Holder { id: admin.id, email: admin.email, session, token })
}

fn keep(home: &Home, holder: Holder) -> Holder {
    home.keep_secret(&holder.session);
    home.keep_secret(&holder.token);
    holder
}

impl Admins {
    pub fn new(home: &Home) -> Self {
        let (hash, standing, over, gone) = home.write("", AHEAD, |tx, ctx| {
            let hash = admin::hash_password(ctx, &Secret::new(PASSWORD))?;
            let standing = holder(tx, ctx, "standing@example.com", &hash)?;
            let long_ago = Ctx { now: ctx.now.plus_seconds(-13 * 3_600), ..ctx.clone() };
            let over = holder(tx, &long_ago, "over@example.com", &hash)?;
            let gone = holder(tx, ctx, "gone@example.com", &hash)?;
            let known = admin::find_known(tx, &gone.id)?.expect("he was made");
            admin::delete_sessions(tx, ctx, &known.admin)?;
            for token in admin::list_tokens(tx)?.into_iter().filter(|token| token.admin.id == gone.id) {
                admin::delete_token(tx, ctx, &token.id)?;
            }
            Ok((hash, standing, over, gone))
        });
        Self { hash, standing: keep(home, standing), over: keep(home, over), gone: keep(home, gone) }
    }
}

fn by_session(call: Call, session: &str) -> Call {
    call.header("Cookie", format!("countersign_admin={session}"))
}

fn by_token(call: Call, token: &str) -> Call {
    call.header("Authorization", format!("Bearer {token}"))
}

impl World {
    /// Somebody whom nobody else's calls sign out.
    fn fresh_admin(&self) -> Holder {
        let (email, hash) = (format!("a{}@example.com", self.number()), self.admins.hash.clone());
        let made = self.server.home.write("", AHEAD, move |tx, ctx| holder(tx, ctx, &email, &hash));
        keep(&self.server.home, made)
    }

    /// The calls of a cell, each as it is sent.
    pub fn admin_calls(&self, row: &Row, column: &str) -> Vec<Call> {
        let holder = self.fresh_admin();
        let call = || self.admin_call(row, &holder);
        let own = format!("http://{}", self.server.address);
        let Admins { over, gone, .. } = &self.admins;
        match column {
            "nobody" => vec![call()],
            "key" => vec![show(call(), &Shown::Key(self.server.api_key().to_owned()), false)],
            "user" => vec![show(call(), &Shown::Session(self.pending().sibling), false)],
            "admin" => vec![by_session(call(), &holder.session).header("Origin", &own)],
            "script" => vec![by_token(call(), &holder.token)],
            // A token in the cookie and a secret of a session in the header are neither.
            "mixed" => vec![
                by_session(call(), &holder.token).header("Origin", &own),
                by_token(call(), &holder.session),
                by_session(by_token(call(), "cs_admin_00"), &holder.session).header("Origin", &own),
            ],
            "over" => vec![by_session(call(), &over.session).header("Origin", &own), by_token(call(), &over.token)],
            "gone" => vec![by_session(call(), &gone.session).header("Origin", &own), by_token(call(), &gone.token)],
            "page" => vec![
                by_session(call(), &holder.session).header("Origin", "https://evil.example"),
                by_session(call(), &holder.session).header("Origin", "null"),
                by_session(call(), &holder.session).header("Sec-Fetch-Site", "same-site"),
            ],
            "bare" => vec![by_session(call(), &holder.session)],
            unknown => panic!("nobody stands in column {unknown}"),
        }
    }

    /// Something that is made for a call, by the API itself.
    fn make(&self, path: &str, body: &Value) -> Value {
        let call = self.server.post(&format!("/admin/v1{path}"), body);
        by_token(call, &self.admins.standing.token).send().expect(201).json()
    }

    fn admin_call(&self, row: &Row, holder: &Holder) -> Call {
        let path = row.path.strip_prefix("/admin/v1").expect("a route of the admin API");
        let id = |made: Value| made["id"].as_str().expect("an id").to_owned();
        let own_project =
            ["/providers/", "/templates/", "/webhooks", "/deliveries"].iter().any(|part| path.contains(part));
        let project = if own_project || (row.method, path) == ("DELETE", "/projects/{projectId}") {
            let inbox = json!([{"name": "inbox", "account": {"kind": "inbox"}}]);
            let settings =
                json!({"sms": {"countries": ["*"], "providers": inbox, "templates": {"mfa.de": "{{ code }}"}}});
            id(self.make("/projects", &json!({"id": format!("a{}", self.number()), "name": "x", "settings": settings})))
        } else {
            "demo".to_owned()
        };
        let mut target = row.path.replace("{projectId}", &project);
        let mut fill = |gap: &str, make: &dyn Fn() -> String| {
            if target.contains(gap) {
                target = target.replace(gap, &make());
            }
        };
        let webhook = |project: &str| {
            let body = json!({"name": "x", "url": "https://shop.example/hooks"});
            id(self.make(&format!("/projects/{project}/webhooks"), &body))
        };
        fill("{webhookId}", &|| webhook(&project));
        fill("{deliveryId}", &|| {
            let test = format!("/projects/{project}/webhooks/{}/test", webhook(&project));
            self.make(&test, &json!({}))["deliveryId"].as_str().expect("an id").to_owned()
        });
        let user = || {
            let made = self.make("/projects/demo/users", &json!({"email": format!("n{}@example.com", self.number())}));
            id(made)
        };
        let user = if path.contains("{userId}") { user() } else { String::new() };
        fill("{userId}", &|| user.clone());
        fill("{adminId}", &|| self.fresh_admin().id);
        fill("{tokenId}", &|| {
            let admin = holder.id.clone();
            self.server.home.write("", AHEAD, move |tx, ctx| {
                let new = NewToken { name: "x".to_owned(), expires_at: None };
                Ok(admin::create_token(tx, ctx, &admin, &new)?.0.id)
            })
        });
        fill("{keyId}", &|| id(self.make("/projects/demo/keys", &json!({"name": "x", "scopes": ["users.read"]}))));
        fill("{platformId}", &|| {
            id(self.make("/projects/demo/platforms", &json!({"hostname": format!("h{}.example.com", self.number())})))
        });
        fill("{channel}", &|| "sms".to_owned());
        fill("{name}", &|| "inbox".to_owned());
        fill("{purpose}", &|| "mfa".to_owned());
        fill("{locale}", &|| "de".to_owned());
        fill("{messageId}", &|| {
            self.server.home.write("demo", AHEAD, |tx, ctx| {
                let payload = Payload { to: "+14255550123".to_owned(), ..Payload::default() };
                let expires_at = ctx.now.plus_seconds(60);
                let new =
                    New { verification: None, purpose: "mfa", payload: &payload, expires_at, refusal: Some("no") };
                message::enqueue(tx, ctx, new)
            })
        });
        let as_key = |method: &str, path: String| {
            self.server.call(method, &path).header("X-Appwrite-Key", self.server.api_key()).send().json()
        };
        fill("{factor}", &|| {
            as_key("PATCH", format!("/v1/users/{user}/mfa/recovery-codes"));
            "recovery-codes".to_owned()
        });
        fill("{sessionId}", &|| {
            if !user.is_empty() {
                let opened = as_key("POST", format!("/v1/users/{user}/sessions"));
                return opened["$id"].as_str().expect("a session").to_owned();
            }
            let admin = holder.id.clone();
            self.server.home.write("", AHEAD, move |tx, ctx| {
                let known = admin::find_known(tx, &admin)?.expect("he is there");
                Ok(admin::create_session(tx, ctx, &known)?.0.id)
            })
        });
        fill("{deviceId}", &|| {
            let (user, project) = (user.clone(), project.clone());
            self.server.home.write(&project, AHEAD, move |tx, ctx| Ok(device::create(tx, ctx, &user, 3_600)?.0.id))
        });
        if (row.method, path) == ("DELETE", "/projects/{projectId}") {
            target = format!("{target}?confirm={project}");
        }
        let call = self.server.call(row.method, &target);
        match self.admin_body(row.method, path, holder) {
            Some(body) => call.json(&body),
            None => call,
        }
    }

    fn admin_body(&self, method: &str, path: &str, holder: &Holder) -> Option<Value> {
        let number = self.number();
        Some(match (method, path) {
            ("GET" | "DELETE", _) => return None,
            ("POST", "/sessions") => json!({"email": holder.email, "password": PASSWORD}),
            ("POST", "/tokens") => json!({"name": "x", "currentPassword": PASSWORD}),
            ("POST", "/admins") => {
                json!({"email": format!("b{number}@example.com"), "password": PASSWORD, "currentPassword": PASSWORD})
            }
            ("PUT", "/admins/{adminId}/password") => json!({"password": PASSWORD, "currentPassword": PASSWORD}),
            ("POST", "/projects") => json!({"id": format!("b{number}"), "name": "x"}),
            ("PATCH", "/projects/{projectId}") => json!({"name": "Demo"}),
            ("POST", "/projects/{projectId}/keys") => json!({"name": "x", "scopes": ["users.read"]}),
            ("POST", "/projects/{projectId}/platforms") => json!({"hostname": format!("i{number}.example.com")}),
            ("POST", "/projects/{projectId}/providers/{channel}") => {
                json!({"name": "spare", "account": {"kind": "inbox"}})
            }
            ("PUT", "/projects/{projectId}/providers/{channel}") => json!({"order": ["inbox"]}),
            ("PATCH", "/projects/{projectId}/providers/{channel}/{name}") => json!({"timeoutSeconds": 5}),
            ("POST", "/projects/{projectId}/providers/{channel}/{name}/test") => json!({"to": "+14255550123"}),
            ("PUT", "/projects/{projectId}/templates/{channel}/{purpose}/{locale}") => json!({"text": "{{ code }}"}),
            ("POST", "/projects/{projectId}/users") => json!({"email": format!("m{number}-{MEMBER}")}),
            ("PATCH", "/projects/{projectId}/users/{userId}") => json!({"name": "Ada"}),
            ("POST", "/projects/{projectId}/webhooks") => json!({"name": "x", "url": "https://shop.example/hooks"}),
            ("PATCH", "/projects/{projectId}/webhooks/{webhookId}") => json!({"enabled": false}),
            ("POST", "/projects/{projectId}/webhooks/{webhookId}/rotate") => json!({"keepHours": 1}),
            // These take no body, and an empty one is none.
            _ => json!({}),
        })
    }
}
