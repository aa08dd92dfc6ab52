use serde_json::json;

use super::sender::{By, Product};
use super::*;
use crate::base::Actor;
use crate::base::testing::ctx;
use crate::db::testing::{TestDb, wait};
use crate::message::{Account, Channel, VerifyChannel};
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

fn write<T: Send + 'static>(
    test: &TestDb,
    ctx: &Ctx,
    work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
) -> Result<T> {
    let ctx = ctx.clone();
    wait(test.db.write(move |tx| work(tx, &ctx)))
}

/// An administrator who changes things.
fn by_admin(test: &TestDb) -> Ctx {
    let ctx = Ctx { actor: Actor::Admin("a1".into()), ..ctx() };
    write(test, &ctx, |tx, ctx| create(tx, ctx, "p1", "Shop", Settings::default().merged(&with_providers())?)).unwrap();
    ctx
}

/// What was written down of a project, the oldest first.
fn trail(test: &TestDb, project: &'static str) -> Vec<(String, Json)> {
    let wanted = audit::Wanted { limit: 100, ..audit::Wanted::default() };
    let events = wait(test.db.read(move |tx| audit::list_wanted(tx, project, &wanted))).unwrap();
    let told = events.into_iter().map(|event| {
        assert!(!event.detail.contains("topsecret"), "{}", event.detail);
        (event.event, serde_json::from_str(&event.detail).unwrap())
    });
    told.rev().collect()
}

fn spare() -> Json {
    json!({"name": "spare", "account": {"kind": "vonage", "apiKey": "topsecret-1", "apiSecret": "topsecret-2", "from": "Shop"}})
}

fn names(project: &Project, channel: Channel) -> Vec<String> {
    let all = list_providers(&project.settings, channel).unwrap();
    all.iter().map(|provider| provider["name"].as_str().unwrap().to_owned()).collect()
}

on_both!(one_provider_is_added_changed_moved_and_removed_without_the_others, |test| {
    let mut ctx = by_admin(test);
    let sms = Channel::Sms;
    let mut step = |work: fn(&mut Tx<'_>, &Ctx) -> Result<Project>| {
        ctx.now = ctx.now.plus_seconds(1);
        write(test, &ctx, work)
    };
    let project = step(|tx, ctx| create_provider(tx, ctx, "p1", Channel::Sms, &spare())).unwrap();
    assert_eq!(
        (names(&project, sms), names(&project, Channel::Email)),
        (vec!["main".into(), "spare".into()], vec!["main".into()])
    );
    let taken = step(|tx, ctx| create_provider(tx, ctx, "p1", Channel::Sms, &spare())).unwrap_err();
    assert_eq!(taken.code, Code::ProviderExists);
    let bad = step(|tx, ctx| {
        create_provider(tx, ctx, "p1", Channel::Sms, &json!({"name": "x", "account": {"kind": "pigeon"}}))
    });
    assert!(bad.unwrap_err().to_string().starts_with("provider.account"));

    // Another sender, another name; the credentials stay.
    let project = step(|tx, ctx| {
        let patch = json!({"name": "second", "account": {"from": "Laden", "apiKey": "[hidden]"}});
        update_provider(tx, ctx, "p1", Channel::Sms, "spare", &patch)
    })
    .unwrap();
    let Account::Vonage { api_key, api_secret, from, .. } = &project.settings.sms.providers[1].account else {
        panic!()
    };
    assert_eq!((api_key.as_str(), api_secret.0.expose(), from.as_str()), ("topsecret-1", "topsecret-2", "Laden"));
    let taken = step(|tx, ctx| update_provider(tx, ctx, "p1", Channel::Sms, "second", &json!({"name": "main"})));
    assert_eq!(taken.unwrap_err().code, Code::ProviderExists);
    let gone = step(|tx, ctx| update_provider(tx, ctx, "p1", Channel::Sms, "spare", &json!({})));
    assert_eq!(gone.unwrap_err().code, Code::ProviderNotFound);
    // Another kind brings all of its own.
    let half = step(|tx, ctx| {
        update_provider(
            tx,
            ctx,
            "p1",
            Channel::Sms,
            "second",
            &json!({"account": {"kind": "telesign", "customerId": "c"}}),
        )
    });
    assert!(half.unwrap_err().to_string().starts_with("provider.account"));

    let order = |names: &'static [&'static str]| {
        let ctx = Ctx { now: crate::base::testing::START.plus_seconds(100), ..by() };
        write(test, &ctx, move |tx, ctx| {
            let order: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            reorder_providers(tx, ctx, "p1", Channel::Sms, &order)
        })
    };
    for bad in [&["main"][..], &["main", "main"], &["main", "third"], &["main", "second", "main"]] {
        assert!(order(bad).unwrap_err().to_string().starts_with("order"), "{bad:?}");
    }
    assert_eq!(names(&order(&["second", "main"]).unwrap(), sms), ["second", "main"]);
    let removed = step(|tx, ctx| delete_provider(tx, ctx, "p1", Channel::Sms, "second")).unwrap();
    assert_eq!(names(&removed, sms), ["main"]);
    let events: Vec<_> = trail(test, "p1").into_iter().map(|(event, _)| event).collect();
    let expected = ["project.create", "provider.create", "provider.update", "provider.delete", "provider.update"];
    assert_eq!(events, expected, "the order was changed last");
});

fn by() -> Ctx {
    Ctx { actor: Actor::Admin("a1".into()), ..ctx() }
}

on_both!(what_an_administrator_does_to_a_project_is_written_down_without_credentials, |test| {
    let mut ctx = by_admin(test);
    let mut next = || {
        ctx.now = ctx.now.plus_seconds(1);
        ctx.clone()
    };
    write(test, &next(), |tx, ctx| update(tx, ctx, "p1", Some("Laden"), &json!({"otp": {"length": 8}}))).unwrap();
    write(test, &next(), |tx, ctx| update(tx, ctx, "p1", None, &json!({"otp": {"length": 8}}))).unwrap();
    let web = write(test, &next(), |tx, ctx| create_platform(tx, ctx, "p1", "Web", "App.example.com")).unwrap();
    let again = write(test, &next(), |tx, ctx| create_platform(tx, ctx, "p1", "Web", "app.example.com"));
    assert!(again.unwrap_err().to_string().contains("is let in already"));
    let id = web.id.clone();
    write(test, &next(), move |tx, ctx| delete_platform(tx, ctx, "p1", &id)).unwrap();
    let id = web.id.clone();
    let gone = write(test, &next(), move |tx, ctx| delete_platform(tx, ctx, "p1", &id)).unwrap_err();
    assert_eq!(gone.code, Code::PlatformNotFound);
    let new = NewKey { name: "server".into(), scopes: vec!["users.read".into()], expires_at: None, secret: None };
    let (key, _) = write(test, &next(), move |tx, ctx| create_key(tx, ctx, "p1", &new)).unwrap();
    let id = key.id.clone();
    write(test, &next(), move |tx, ctx| delete_key(tx, ctx, "p1", &id)).unwrap();
    write(test, &next(), |tx, ctx| put_template(tx, ctx, "p1", "mfa", Some("de"), Some("{{ code }}"))).unwrap();
    write(test, &next(), |tx, ctx| put_template(tx, ctx, "p1", "mfa", Some("de"), None)).unwrap();
    let none = write(test, &next(), |tx, ctx| put_template(tx, ctx, "p1", "mfa", Some("de"), None)).unwrap_err();
    assert_eq!(none.code, Code::TemplateNotFound);
    assert_eq!(
        trail(test, "p1"),
        [
            ("project.create".to_owned(), json!({"name": "Shop"})),
            ("project.update".to_owned(), json!({"changed": ["name", "otp.length"]})),
            ("platform.create".to_owned(), json!({"platform": web.id, "hostname": "app.example.com"})),
            ("platform.delete".to_owned(), json!({"platform": web.id, "hostname": "app.example.com"})),
            ("key.create".to_owned(), json!({"key": key.id, "name": "server", "scopes": ["users.read"]})),
            ("key.delete".to_owned(), json!({"key": key.id, "name": "server"})),
            ("template.update".to_owned(), json!({"channel": "sms", "template": "mfa.de"})),
            ("template.delete".to_owned(), json!({"channel": "sms", "template": "mfa.de"})),
        ]
    );
    write(test, &next(), |tx, ctx| crate::signin::delete_project(tx, ctx, "p1")).unwrap();
    assert!(trail(test, "p1").is_empty());
    assert_eq!(trail(test, ""), [("project.delete".to_owned(), json!({"project": "p1"}))]);
});

on_both!(projects_are_listed_page_by_page_and_need_no_key_for_that, |test| {
    let ctx = ctx();
    wait(test.db.write(move |tx| {
        for (n, id) in ["z", "a", "m"].into_iter().enumerate() {
            let ctx = Ctx { now: ctx.now.plus_seconds(n as i64 / 2), ..ctx.clone() };
            create(tx, &ctx, id, id, Settings::default())?;
        }
        Ok(())
    }))
    .unwrap();
    let page = |after: Option<&'static str>, limit| wait(test.db.read(move |tx| list_briefly(tx, after, limit)));
    let ids = |after, limit| page(after, limit).unwrap().into_iter().map(|project| project.id).collect::<Vec<_>>();
    assert_eq!(ids(None, 9), ["a", "z", "m"]);
    assert_eq!(
        (ids(None, 1), ids(Some("a"), 1), ids(Some("z"), 9)),
        (vec!["a".into()], vec!["z".into()], vec!["m".into()])
    );
    assert!(ids(Some("m"), 9).is_empty());
    assert_eq!(page(Some("gone"), 9).unwrap_err().code, Code::CursorNotFound);
});

/// A sender's account, without what it sends by.
fn twilio() -> sender::Change {
    sender::Change {
        account: Some("AC1".to_owned()),
        token: Some("secret-one".to_owned()),
        ..sender::Change::default()
    }
}

on_both!(the_sender_of_frontegg_clients_is_the_first_twilio_account_and_comes_first_once_it_is_set, |test| {
    let inbox = json!({"sms": {"providers": [{"name": "main", "account": {"kind": "inbox"}}]}});
    write(test, &ctx(), move |tx, ctx| {
        create(tx, ctx, "p1", "Shop", Settings::default()).and_then(|_| update(tx, ctx, "p1", None, &inbox))
    })
    .unwrap();
    let put = |change: sender::Change, after: i64| {
        let later = Ctx { now: ctx().now.plus_seconds(after), ..ctx() };
        write(test, &later, move |tx, ctx| sender::put(tx, ctx, &change))
    };
    let lacks = put(twilio(), 1).unwrap_err();
    assert!(matches!(lacks.code, Code::InvalidValue { .. }));
    let (project, created) = put(sender::Change { name: Some("+12025550100".to_owned()), ..twilio() }, 2).unwrap();
    assert!(created);
    let names = |project: &Project| project.settings.sms.providers.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&project), ["twilio", "main"]);
    let by = By::Name("+12025550100".to_owned());
    assert_eq!(sender::find(&project.settings), Some(sender::Sender { account: "AC1".to_owned(), by }));
    let (project, created) =
        put(sender::Change { service: Some("MG1".to_owned()), ..sender::Change::default() }, 3).unwrap();
    assert!(!created);
    let Account::Twilio { auth_token, from, .. } = &project.settings.sms.providers[0].account else { panic!() };
    assert_eq!((auth_token.0.expose(), from.as_str()), ("secret-one", "MG1"), "the token stays");
    for after in [4, 5] {
        let later = Ctx { now: ctx().now.plus_seconds(after), ..ctx() };
        write(test, &later, sender::delete).unwrap();
    }
    let left = write(test, &ctx(), |tx, ctx| get(tx, &ctx.keys, "p1")).unwrap();
    assert_eq!((names(&left), sender::find(&left.settings)), (vec!["main".to_owned()], None));
});

on_both!(the_sender_moves_between_both_products_of_twilio_and_keeps_its_token, |test| {
    let inbox = json!({"sms": {"providers": [{"name": "main", "account": {"kind": "inbox"}}]}});
    write(test, &ctx(), move |tx, ctx| {
        create(tx, ctx, "p1", "Shop", Settings::default()).and_then(|_| update(tx, ctx, "p1", None, &inbox))
    })
    .unwrap();
    let mut seconds = 0;
    let mut put = |change: sender::Change| {
        seconds += 1;
        let later = Ctx { now: ctx().now.plus_seconds(seconds), ..ctx() };
        write(test, &later, move |tx, ctx| sender::put(tx, ctx, &change))
    };
    let change = sender::Change::default;
    let voice = sender::Change { service: Some("VA1".to_owned()), channel: Some(VerifyChannel::Call), ..twilio() };
    let (project, created) = put(voice).unwrap();
    assert!(created);
    let of = |project: &Project| {
        let first = &project.settings.sms.providers[0];
        let token = match &first.account {
            Account::Twilio { auth_token, .. } | Account::TwilioVerify { auth_token, .. } => auth_token.0.expose(),
            other => panic!("{other:?}"),
        };
        assert_eq!((token, project.settings.sms.providers.len()), ("secret-one", 2));
        sender::find(&project.settings).unwrap().by
    };
    let verify = |channel| By::Verify { service: "VA1".to_owned(), channel };
    assert_eq!(of(&project), verify(VerifyChannel::Call));
    let (project, created) = put(sender::Change { channel: Some(VerifyChannel::Whatsapp), ..change() }).unwrap();
    assert!(!created);
    assert_eq!(of(&project), verify(VerifyChannel::Whatsapp));

    // What belongs to a proxy for the one product is no address of the other.
    let base = json!({"baseUrl": "https://proxy.example/verify", "timeoutSeconds": 3});
    write(test, &Ctx { now: ctx().now.plus_seconds(50), ..ctx() }, move |tx, ctx| {
        update_provider(tx, ctx, "p1", Channel::Sms, "twilio", &base)
    })
    .unwrap();
    let kept = put(sender::Change { channel: Some(VerifyChannel::Sms), ..change() }).unwrap().0;
    assert_eq!(kept.settings.sms.providers[0].base_url.as_deref(), Some("https://proxy.example/verify"));
    let (project, created) = put(sender::Change { name: Some("Shop".to_owned()), ..change() }).unwrap();
    assert!(!created);
    assert_eq!(of(&project), By::Name("Shop".to_owned()));
    let first = &project.settings.sms.providers[0];
    assert_eq!((&first.base_url, first.timeout_seconds), (&None, Some(3)));

    let wrong = [
        sender::Change { channel: Some(VerifyChannel::Call), ..change() },
        sender::Change { service: Some("MG1".to_owned()), channel: Some(VerifyChannel::Whatsapp), ..change() },
        sender::Change { product: Some(Product::Verify), ..change() },
        sender::Change { service: Some("MG1".to_owned()), product: Some(Product::Verify), ..change() },
        sender::Change { service: Some("VA1".to_owned()), product: Some(Product::Messaging), ..change() },
        sender::Change { service: Some("SM1".to_owned()), ..change() },
    ];
    for wrong in wrong {
        let said = format!("{wrong:?}");
        assert!(matches!(put(wrong).unwrap_err().code, Code::InvalidValue { .. }), "{said}");
    }
    let named = sender::Change {
        name: Some("Shop".to_owned()),
        service: Some("VA1".to_owned()),
        product: Some(Product::Verify),
        ..change()
    };
    assert_eq!(of(&put(named).unwrap().0), verify(VerifyChannel::Sms), "a channel is kept only within Verify");
    let back = sender::Change { product: Some(Product::Messaging), ..change() };
    assert!(matches!(put(back).unwrap_err().code, Code::InvalidValue { .. }), "nothing says from whom");
});
