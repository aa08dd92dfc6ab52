//! The demo project of `--dev`: the same credentials at each start on the same data.

use countersign_domain::base::crypto::Keys;
use countersign_domain::base::{Code, Error, Result, Secret};
use countersign_domain::project::{self, NewKey, SCOPES, Settings};
use countersign_domain::{admin, signin};
use serde::Serialize;
use serde_json::json;

use crate::app::App;

/// The demo project's id.
pub const PROJECT: &str = "demo";
const NAME: &str = "Demo";
const ADMIN: &str = "admin@example.com";

/// What a newcomer needs to know, as `serve --dev --json` prints it.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// The server's address.
    pub url: String,
    /// The project's id.
    pub project: &'static str,
    /// An API key with every scope.
    pub api_key: String,
    /// The environment's id for Frontegg clients.
    pub client_id: String,
    /// Their secret: the API key.
    pub client_secret: String,
    /// Who may use the console.
    pub admin: Admin,
    /// The login page.
    pub login_url: String,
    /// The console.
    pub console_url: String,
    /// What was sent.
    pub inbox_url: String,
}

/// Who may use the console.
#[derive(Clone, Serialize)]
pub struct Admin {
    /// His e-mail.
    pub email: &'static str,
    /// His password.
    pub password: String,
}

fn facts(keys: &Keys, url: &str) -> Result<Facts> {
    let text = |name, len| keys.derived_hex(name, len).map(|secret| secret.expose().to_owned());
    let id = text("client-id", 16)?;
    // A UUID of version 8 (RFC 9562 §5.8): its bits are our own.
    let part = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
    let api_key = format!("standard_{}", text("api-key", 128)?);
    Ok(Facts {
        project: PROJECT,
        client_id: format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32)),
        client_secret: api_key.clone(),
        api_key,
        admin: Admin { email: ADMIN, password: text("admin-password", 8)? },
        login_url: format!("{url}/login"),
        console_url: format!("{url}/console"),
        inbox_url: format!("{url}/dev"),
        url: url.to_owned(),
    })
}

/// Makes the demo project if the database has none. A database with any other project is refused: `--dev` opens doors
/// that must never be open there.
pub async fn ensure(app: &App) -> Result<Facts> {
    let Some(dev) = &app.dev else { return Err(Error::internal("not --dev")) };
    let projects = app.projects.all(app).await?;
    if let Some(other) = projects.keys().find(|id| *id != PROJECT) {
        return Err(Error::invalid(
            "database",
            format!(
                "holds the project {other:?}: --dev opens only a database of its own. Give it another --data folder"
            ),
        ));
    }
    let facts = facts(&app.keys, &dev.url)?;
    if !projects.contains_key(PROJECT) {
        create(app, &facts).await?;
    }
    Ok(facts)
}

/// Removes the demo project with everything in it and makes it again.
pub(super) async fn reset(app: &App) -> Result<Facts> {
    let Some(dev) = &app.dev else { return Err(Error::internal("not --dev")) };
    let ctx = app.system_ctx(PROJECT);
    let removed = app.db.write(move |tx| signin::delete_project(tx, &ctx, PROJECT)).await;
    match removed {
        Ok(()) => {}
        Err(error) if error.code == Code::ProjectNotFound => {}
        Err(error) => return Err(error),
    }
    app.sessions.forget_all();
    let facts = facts(&app.keys, &dev.url)?;
    create(app, &facts).await?;
    Ok(facts)
}

async fn create(app: &App, facts: &Facts) -> Result<()> {
    let settings = Settings::default().merged(&json!({
        "sms": {
            "countries": ["*"],
            "providers": [{"name": "inbox", "account": {"kind": "inbox"}}],
            "prices": {"*": 0.0},
            "perAddressPerHour": 100_000,
        },
        "email": {
            "providers": [{"name": "inbox", "from": "no-reply@example.com", "account": {"kind": "inbox"}}],
        },
        "frontegg": {"clientId": facts.client_id},
    }))?;
    let ctx = app.system_ctx(PROJECT);
    let password = admin::hash_password(&ctx, &Secret::new(facts.admin.password.clone()))?;
    let key = NewKey {
        name: "demo".to_owned(),
        scopes: SCOPES.iter().map(|s| (*s).to_owned()).collect(),
        expires_at: None,
        secret: Some(Secret::new(facts.api_key.clone())),
    };
    app.db
        .write(move |tx| {
            project::create(tx, &ctx, PROJECT, NAME, settings.clone())?;
            project::create_key(tx, &ctx, PROJECT, &key)?;
            admin::put(tx, &ctx, ADMIN, &password)
        })
        .await
}
