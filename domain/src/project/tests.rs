use serde_json::json;

use super::*;
use crate::base::testing::ctx;
use crate::db::testing::wait;
use crate::on_both;

const RAW: &str = "SELECT settings FROM projects";

fn with_providers() -> Json {
    json!({
        "sms": {"countries": ["DE"], "providers": [
            {"name": "main", "account": {"kind": "http", "url": "https://example.com/sms", "secret": "whsec_topsecret"}}]},
        "email": {"providers": [{"name": "main", "from": "no-reply@example.com", "account":
            {"kind": "smtp", "host": "smtp.example.com", "username": "mailer", "password": "hunter2topsecret"}}]},
    })
}

on_both!(a_project_keeps_its_settings_and_shows_no_credential, |test| {
    let ctx = ctx();
    let stored = wait(test.db.write({
        let ctx = ctx.clone();
        move |tx| {
            create(tx, &ctx, "p1", "Shop", Settings::default())?;
            update(tx, &ctx, "p1", None, &with_providers())
        }
    }))
    .unwrap();
    let found = wait(test.db.read(move |tx| get(tx, &ctx.keys, "p1"))).unwrap();
    assert_eq!(found, stored);
    assert_eq!((found.settings.sms.providers.len(), found.settings.email.providers.len()), (1, 1));
    let raw: String = wait(test.db.read(|tx| tx.find(RAW, args![], |row| row.get(0)))).unwrap().unwrap();
    assert!(!raw.contains("topsecret"), "{raw}");
});

on_both!(the_providers_of_both_channels_are_forgotten_with_their_key, |test| {
    let ctx = ctx();
    let project = wait(test.db.write(move |tx| {
        create(tx, &ctx, "p1", "Shop", Settings::default().merged(&with_providers())?)?;
        assert_eq!(forget_providers(tx, &ctx)?, ["p1"]);
        get(tx, &ctx.keys, "p1")
    }))
    .unwrap();
    assert!(project.settings.sms.providers.is_empty() && project.settings.email.providers.is_empty());
    assert_eq!(project.settings.sms.countries, ["DE"]);
});

on_both!(providers_that_were_stored_before_there_was_email_are_read_and_joined_by_others, |test| {
    let ctx = ctx();
    let project = wait(test.db.write(move |tx| {
        create(tx, &ctx, "p1", "Shop", Settings::default())?;
        let list = with_providers()["sms"]["providers"].to_string();
        let sealed = ctx.keys.seal(Label::Provider, "p1", list.as_bytes(), &*ctx.random)?;
        tx.exec(sql::SET_PROVIDERS, args![&sealed, ctx.now, "p1"])?;
        update(tx, &ctx, "p1", None, &json!({"email": with_providers()["email"]}))?;
        get(tx, &ctx.keys, "p1")
    }))
    .unwrap();
    assert_eq!((project.settings.sms.providers.len(), project.settings.email.providers.len()), (1, 1));
});

on_both!(an_id_is_taken_once, |test| {
    let ctx = ctx();
    let twice = wait(test.db.write(move |tx| {
        create(tx, &ctx, "p1", "One", Settings::default())?;
        create(tx, &ctx, "p1", "Two", Settings::default())
    }));
    assert_eq!(twice.unwrap_err().code, Code::ProjectExists);
});

on_both!(a_key_works_in_its_project_until_it_expires_or_is_revoked, |test| {
    let ctx = ctx();
    let expiry = ctx.now.plus_seconds(60);
    let new =
        NewKey { name: "server".into(), scopes: vec!["users.read".into()], expires_at: Some(expiry), secret: None };
    wait(test.db.write(move |tx| {
        create(tx, &ctx, "p1", "One", Settings::default())?;
        create(tx, &ctx, "p2", "Two", Settings::default())?;
        let (key, secret) = create_key(tx, &ctx, "p1", &new)?;
        assert!(secret.expose().starts_with("standard_") && secret.expose().len() == 265);
        let found = |tx: &mut Tx<'_>, project: &str, now| find_key(tx, project, secret.expose(), now);
        assert_eq!(found(tx, "p1", ctx.now)?.as_ref(), Some(&key));
        assert!(key.may("users.read") && !key.may("users.write") && key.may("health.read"));
        assert_eq!(found(tx, "p2", ctx.now)?, None);
        assert_eq!(find_key(tx, "p1", "standard_00", ctx.now)?, None);
        assert_eq!(found(tx, "p1", expiry).unwrap_err().code, Code::KeyExpired);
        delete_key(tx, &ctx, "p1", &key.id)?;
        assert_eq!(found(tx, "p1", ctx.now)?, None);
        Ok(())
    }))
    .unwrap();
});

on_both!(a_key_with_an_unknown_scope_is_refused_by_name, |test| {
    let ctx = ctx();
    let new = NewKey { name: "x".into(), scopes: vec!["everything".into()], expires_at: None, secret: None };
    let error = wait(test.db.write(move |tx| {
        create(tx, &ctx, "p1", "One", Settings::default())?;
        create_key(tx, &ctx, "p1", &new).map(drop)
    }))
    .unwrap_err();
    assert!(error.to_string().starts_with("scopes: \"everything\""), "{error}");
});
