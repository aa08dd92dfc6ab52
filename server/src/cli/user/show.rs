//! Looking at users, and switching them off.

use countersign_domain::audit::{self, Event};
use countersign_domain::base::page::{Cursor, Query};
use countersign_domain::base::{Code, Time};
use countersign_domain::session::{self, Session};
use countersign_domain::signin::{self, manage};
use countersign_domain::tenant::{self, Belonging};
use countersign_domain::user::{self, Notes, User};
use countersign_domain::{mfa, project};
use serde_json::{Value as Json, json};

use super::super::Global;
use super::super::open::Store;
use super::super::out::{self, Done, Problem};
use super::super::project::{counted_as, get, or_dash, said, table};
use super::{Who, failed, find};

/// How many of a user's last events are shown.
const EVENTS: i64 = 10;

pub(super) async fn list(
    global: &Global,
    project: &str,
    search: Option<String>,
    limit: i64,
    after: Option<String>,
) -> Done {
    let store = Store::open(global).await?;
    get(&store, project).await?;
    let query = Query { limit, cursor: after.clone().map(Cursor::After), ..Query::default() };
    let wanted = project.to_owned();
    let listed = store.db.read(move |tx| user::list(tx, &wanted, &query, search.as_deref())).await;
    let (users, total) = listed.map_err(|error| match &error.code {
        Code::CursorNotFound => {
            Problem::new(format!("project {project} has no user {:?} to go on behind", after.unwrap_or_default()))
        }
        Code::InvalidQuery { reason } => Problem::new(reason),
        _ => said(&error, project),
    })?;
    if global.json {
        let users: Vec<_> = users.iter().map(in_list).collect();
        return out::json(&json!({ "total": total, "users": users }));
    }
    if users.is_empty() {
        return out::text("There are none.");
    }
    let mut rows = vec![["ID", "NAME", "E-MAIL", "PHONE", "STATE", "MADE"].map(str::to_owned).to_vec()];
    rows.extend(users.iter().map(|user| {
        let email = user.email.as_ref().map(countersign_domain::base::Email::masked).unwrap_or_default();
        let phone = user.shown_phone().map(countersign_domain::base::Phone::masked).unwrap_or_default();
        let made = user.created_at.to_rfc3339().chars().take(10).collect();
        vec![user.id.clone(), or_dash(&user.name), or_dash(&email), or_dash(&phone), state(user).to_owned(), made]
    }));
    out::text(&table(&rows))?;
    if let Some(last) = users.last().filter(|_| users.len() as i64 == limit && total > limit) {
        out::text(&format!("\nMore with --after {}", last.id))?;
    }
    Ok(())
}

const fn state(user: &User) -> &'static str {
    match (user.blocked, user.pending) {
        (true, _) => "blocked",
        (false, true) => "pending",
        (false, false) => "active",
    }
}

/// A user among others: masked.
fn in_list(user: &User) -> Json {
    json!({
        "id": user.id,
        "name": user.name,
        "email": user.email.as_ref().map(countersign_domain::base::Email::masked),
        "phone": user.shown_phone().map(countersign_domain::base::Phone::masked),
        "state": state(user),
        "labels": user.labels,
        "createdAt": user.created_at.to_rfc3339(),
    })
}

pub(super) async fn show(global: &Global, who: &Who) -> Done {
    let store = Store::open(global).await?;
    let ctx = store.ctx(&who.project);
    let id = find(&store, &ctx, who).await?.id;
    let read = store.db.read(move |tx| {
        let user = user::get(tx, &ctx.project, &id)?;
        let project = project::get(tx, &ctx.keys, &ctx.project)?;
        let factors: Vec<_> = signin::factors(&project, &user).into_iter().map(signin::Factor::name).collect();
        let codes = mfa::count_recovery_codes(tx, &ctx.project, &id)?;
        let sessions = session::list(tx, &ctx, &id)?;
        let (events, _) = audit::list(tx, &ctx.project, &id, EVENTS, 0)?;
        let (belongs, notes) = (tenant::of_user(tx, &ctx, &id)?, user::find_notes(tx, &ctx.project, &id)?);
        Ok((user, (belongs, notes), factors, codes, sessions, events))
    });
    let (user, beside, factors, codes, sessions, events) = read.await.map_err(|error| failed(&error, who))?;
    if global.json {
        return out::json(&document(&user, &beside, &factors, codes, &sessions, &events));
    }
    let mut rows = facts(&user, &beside);
    rows.push(("second factors", factors.join(", ")));
    rows.push(("recovery codes", format!("{codes} left")));
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), or_dash(&value)]).collect();
    out::text(&table(&rows))?;
    out::text(&format!("\n{}", counted_as(sessions.len() as i64, "session")))?;
    let rows: Vec<_> = sessions
        .iter()
        .map(|one| {
            let by = format!("by {} from {}", one.provider, or_dash(&one.address));
            vec![one.id.clone(), one.created_at.to_rfc3339(), by, one.factors.join(" ")]
        })
        .collect();
    if !rows.is_empty() {
        out::text(&table(&rows))?;
    }
    out::text(&format!("\nlast {}", counted_as(events.len() as i64, "event")))?;
    let rows: Vec<_> = events
        .iter()
        .map(|event| vec![event.at.to_rfc3339(), event.event.clone(), event.actor.clone(), event.detail.clone()])
        .collect();
    if rows.is_empty() { Ok(()) } else { out::text(&table(&rows)) }
}

/// What a user has, in lines.
fn facts(user: &User, (belongs, notes): &(Belonging, Notes)) -> Vec<(&'static str, String)> {
    let trusted = |text: &str, proof: user::Proof| match proof {
        user::Proof::None => format!("{text} (not verified)"),
        proof if proof.is_verified() => format!("{text} (verified: {})", proof.name()),
        proof => format!("{text} (not verified, but {} by a key or an import)", proof.name()),
    };
    let at = |time: Option<Time>| time.map(Time::to_rfc3339).unwrap_or_default();
    vec![
        ("id", user.id.clone()),
        ("name", user.name.clone()),
        ("state", state(user).to_owned()),
        ("e-mail", user.email.as_ref().map(|email| trusted(email.as_str(), user.email_proof)).unwrap_or_default()),
        ("phone", user.phone.as_ref().map(|phone| trusted(phone.as_e164(), user.phone_proof)).unwrap_or_default()),
        ("claims", user.phone_claim.as_ref().map(|phone| phone.as_e164().to_owned()).unwrap_or_default()),
        ("password", user.password_at.map(|at| format!("set {at}")).unwrap_or_default()),
        ("mfa", if user.mfa { "on" } else { "off" }.to_owned()),
        ("labels", user.labels.join(", ")),
        ("accounts", belongs.all.join(", ")),
        ("external id", notes.external_id.clone().unwrap_or_default()),
        ("came by", user.origin.clone()),
        ("made", user.created_at.to_rfc3339()),
        ("changed", user.updated_at.to_rfc3339()),
        ("proved", at(user.proved_at)),
        ("signed in", at(user.signed_in_at)),
    ]
}

fn document(
    user: &User,
    (belongs, notes): &(Belonging, Notes),
    factors: &[&str],
    codes: i64,
    sessions: &[Session],
    events: &[Event],
) -> Json {
    let sessions: Vec<_> = sessions
        .iter()
        .map(|one| {
            json!({
                "id": one.id,
                "provider": one.provider,
                "factors": one.factors,
                "address": one.address,
                "agent": one.agent,
                "createdAt": one.created_at.to_rfc3339(),
                "expiresAt": one.expires_at.to_rfc3339(),
            })
        })
        .collect();
    let events: Vec<_> = events
        .iter()
        .map(|event| {
            json!({ "at": event.at.to_rfc3339(), "event": event.event, "actor": event.actor, "address": event.address,
                "detail": serde_json::from_str::<Json>(&event.detail).unwrap_or_default() })
        })
        .collect();
    json!({
        "id": user.id,
        "name": user.name,
        "state": state(user),
        "email": user.email.as_ref().map(countersign_domain::base::Email::as_str),
        "emailProof": user.email_proof.name(),
        "phone": user.phone.as_ref().map(countersign_domain::base::Phone::as_e164),
        "phoneProof": user.phone_proof.name(),
        "phoneClaim": user.phone_claim.as_ref().map(countersign_domain::base::Phone::as_e164),
        "passwordAt": user.password_at.map(Time::to_rfc3339),
        "mfa": user.mfa,
        "factors": factors,
        "recoveryCodes": codes,
        "labels": user.labels,
        "tenants": belongs.all,
        "externalId": notes.external_id,
        "vendorMetadata": notes.vendor_metadata,
        "prefs": serde_json::from_str::<Json>(&user.prefs).unwrap_or_default(),
        "origin": user.origin,
        "createdAt": user.created_at.to_rfc3339(),
        "updatedAt": user.updated_at.to_rfc3339(),
        "provedAt": user.proved_at.map(Time::to_rfc3339),
        "signedInAt": user.signed_in_at.map(Time::to_rfc3339),
        "sessions": sessions,
        "events": events,
    })
}

pub(super) async fn set_blocked(global: &Global, who: &Who, blocked: bool) -> Done {
    let store = Store::open(global).await?;
    let ctx = store.ctx(&who.project);
    let id = find(&store, &ctx, who).await?.id;
    let wanted = id.clone();
    let changed = store.db.write(move |tx| manage::set_blocked(tx, &ctx, &wanted, blocked)).await;
    changed.map_err(|error| failed(&error, who))?;
    if global.json {
        return out::json(&json!({ "id": id, "blocked": blocked }));
    }
    out::text(&if blocked {
        format!("User {id} is blocked: no sign-in and no session of his works until `countersign user unblock`.")
    } else {
        format!("User {id} is let in again.")
    })
}

pub(super) async fn delete(global: &Global, who: &Who, yes: bool) -> Done {
    let store = Store::open(global).await?;
    let ctx = store.ctx(&who.project);
    let id = find(&store, &ctx, who).await?.id;
    if !yes {
        return Err(Problem::new(format!(
            "this would remove user {id} of project {} for good, with his sessions and second factors. If that is what \
             you want, say --yes; `countersign user block` only switches him off",
            who.project
        )));
    }
    let wanted = id.clone();
    let deleted = store.db.write(move |tx| manage::delete(tx, &ctx, &wanted)).await;
    deleted.map_err(|error| failed(&error, who))?;
    if global.json {
        return out::json(&json!({ "deleted": id }));
    }
    out::text(&format!("User {id} is removed. His number and address are free."))
}
