use super::*;
use crate::base::page::{Condition, Cursor, Filter, Op, Order, Query, Value};
use crate::base::testing::{START, ctx};
use crate::db::testing::wait;
use crate::on_both;

fn email() -> Email {
    Email::parse("anna@example.com").unwrap()
}

fn anna(email: Option<&Email>) -> Owner<'_> {
    Owner { id: "anna", email, phone: None, created_at: START, updated_at: START }
}

fn push(token: &str) -> New {
    New {
        id: None,
        identifier: Identifier::Push(token.to_owned()),
        name: String::new(),
        provider_id: None,
        session_id: None,
    }
}

/// The identifiers of an owner's contacts.
fn reached(tx: &mut Tx<'_>, owner: Owner<'_>) -> Result<Vec<String>> {
    let stored = list_stored(tx, "p1", owner.id)?;
    Ok(list(owner, stored).into_iter().map(|contact| contact.identifier).collect())
}

on_both!(what_follows_the_account_keeps_its_id_and_goes_along, |test| {
    wait(test.db.write(|tx| {
        let (first, second) = (email(), Email::parse("b@example.com").unwrap());
        let before = list(anna(Some(&first)), list_stored(tx, "p1", "anna")?);
        let after = list(anna(Some(&second)), list_stored(tx, "p1", "anna")?);
        assert_eq!(before[0].id, after[0].id);
        assert_eq!(
            (before[0].identifier.as_str(), after[0].identifier.as_str()),
            ("anna@example.com", "b@example.com")
        );
        assert_eq!(list(anna(None), Vec::new()), []);

        // A name does not part them, another identifier does.
        let ctx = ctx();
        let name = Change { name: Some("Work".into()), ..Change::default() };
        let named = update(tx, &ctx, anna(Some(&first)), &before[0], name)?;
        assert_eq!((named.name.as_str(), named.id.as_str()), ("Work", before[0].id.as_str()));
        assert_eq!(reached(tx, anna(Some(&second)))?, ["b@example.com"]);
        let other = Identifier::Email(Email::parse("c@example.com").unwrap());
        update(tx, &ctx, anna(Some(&second)), &named, Change { identifier: Some(other), ..Change::default() })?;
        assert_eq!(reached(tx, anna(Some(&first)))?, ["c@example.com"]);
        Ok(())
    }))
    .unwrap();
});

on_both!(what_was_removed_stays_away_whatever_address_the_account_gets, |test| {
    wait(test.db.write(|tx| {
        let (ctx, first, second) = (ctx(), email(), Email::parse("b@example.com").unwrap());
        let own = list(anna(Some(&first)), Vec::new()).remove(0);
        delete(tx, &ctx, anna(Some(&first)), &own)?;
        assert!(reached(tx, anna(Some(&second)))?.is_empty());
        let made = create(tx, &ctx, anna(Some(&second)), push("t1"))?;
        assert_eq!(reached(tx, anna(Some(&second)))?, ["t1"]);
        delete(tx, &ctx, anna(Some(&second)), &made)?;
        assert_eq!(list_stored(tx, "p1", "anna")?.len(), 1, "only what follows an account leaves a trace");
        delete_all(tx, &ctx, "anna")?;
        assert_eq!(reached(tx, anna(Some(&second)))?, ["b@example.com"]);
        Ok(())
    }))
    .unwrap();
});

on_both!(an_identifier_is_once_in_a_project_and_an_id_once_with_a_user, |test| {
    wait(test.db.write(|tx| {
        let ctx = ctx();
        let bert = Owner { id: "bert", ..anna(None) };
        let named = |id: &str, token: &str| New { id: Some(id.into()), ..push(token) };
        let code = |made: Result<Contact>| made.unwrap_err().code;
        create(tx, &ctx, anna(None), named("phone", "t1"))?;
        assert_eq!(code(create(tx, &ctx, bert, push("t1"))), Code::ContactExists);
        assert_eq!(code(create(tx, &ctx, anna(None), named("phone", "t2"))), Code::ContactExists);
        create(tx, &ctx, bert, named("phone", "t2"))?;
        let other = Ctx { project: std::sync::Arc::from("p2"), ..ctx.clone() };
        create(tx, &other, anna(None), named("phone", "t1"))?;
        // Nobody takes the id of what follows an account, before it has anything either.
        let own = list(anna(Some(&email())), Vec::new()).remove(0).id;
        assert_eq!(code(create(tx, &ctx, anna(None), named(&own, "t3"))), Code::ContactExists);
        Ok(())
    }))
    .unwrap();
});

on_both!(a_user_has_so_many_and_no_more, |test| {
    wait(test.db.write(|tx| {
        let ctx = ctx();
        for n in 0..MOST {
            create(tx, &ctx, anna(None), push(&format!("t{n}")))?;
        }
        let refused = create(tx, &ctx, anna(None), push("one more")).unwrap_err();
        assert!(refused.to_string().contains("100 of these at most"), "{refused}");
        Ok(())
    }))
    .unwrap();
});

#[test]
fn an_identifier_is_read_by_its_channel() {
    let code = |channel, text: &str| Identifier::parse(channel, text).map_err(|error| error.code);
    assert_eq!(code(Channel::Email, "nobody"), Err(Code::InvalidEmail));
    assert_eq!(code(Channel::Sms, "4255550123"), Err(Code::InvalidPhone));
    assert_eq!(code(Channel::Email, "Anna@Example.com").unwrap().as_str(), "anna@example.com");
    assert_eq!(code(Channel::Sms, "+1 (425) 555-0123").unwrap().as_str(), "+14255550123");
    assert_eq!(code(Channel::Push, "any token").unwrap().channel(), Channel::Push);
    for bad in ["", "a\0b", "a\nb", &"x".repeat(256)] {
        assert!(Identifier::parse(Channel::Push, bad).is_err(), "{bad:?}");
    }
}

fn contacts() -> Vec<Contact> {
    let make = |id: &str, channel, identifier: &str, name: &str, seconds| Contact {
        id: id.into(),
        user_id: "anna".into(),
        channel,
        identifier: identifier.into(),
        name: name.into(),
        provider_id: (channel == Channel::Push).then(|| "fcm".into()),
        created_at: START.plus_seconds(seconds),
        updated_at: START,
    };
    vec![
        make("d", Channel::Email, "anna@example.com", "", 0),
        make("c", Channel::Sms, "+14255550123", "", 0),
        make("b", Channel::Push, "t1", "Old phone", 10),
        make("a", Channel::Push, "t2", "Tablet", 20),
    ]
}

#[track_caller]
fn ids(query: &Query) -> (String, i64) {
    let (found, total) = select(contacts(), query).unwrap();
    (found.into_iter().map(|contact| contact.id).collect(), total)
}

fn is(attribute: &str, op: Op, values: &[&str]) -> Filter {
    let values = values.iter().map(|value| Value::Text((*value).into())).collect();
    Filter::Is(Condition { attribute: attribute.into(), op, values })
}

#[test]
fn a_list_is_asked_about_as_that_of_users_is() {
    let filtered = |filters: Vec<Filter>| ids(&Query { filters, ..Query::default() }).0;
    assert_eq!(ids(&Query::default()), ("dcba".into(), 4));
    assert_eq!(filtered(vec![is("providerType", Op::Equal, &["push"])]), "ba");
    assert_eq!(filtered(vec![is("identifier", Op::Equal, &["t2", "anna@example.com"])]), "da");
    assert_eq!(filtered(vec![is("identifier", Op::StartsWith, &["+1"])]), "c");
    assert_eq!(filtered(vec![is("name", Op::Search, &["PHONE old"])]), "b");
    assert_eq!(filtered(vec![is("providerId", Op::IsNull, &[])]), "dc");
    assert_eq!(filtered(vec![is("$createdAt", Op::Greater, &["2026-11-21T08:00:10.000Z"])]), "a");
    assert_eq!(filtered(vec![is("$createdAt", Op::Between, &["2026-11-21T08:00:10Z", "2026-11-21T08:00:20Z"])]), "ba");
    // What is not set fulfils no condition, nor its opposite.
    assert_eq!(filtered(vec![Filter::Not(Box::new(is("providerId", Op::Equal, &["apns"])))]), "ba");
    let either = vec![is("$id", Op::Equal, &["d"]), is("name", Op::EndsWith, &["let"])];
    assert_eq!(filtered(vec![Filter::Or(either.clone())]), "da");
    assert_eq!(filtered(vec![Filter::And(either)]), "");
    for bad in [is("email", Op::Equal, &["x"]), is("$sequence", Op::Equal, &["1"]), is("identifier", Op::Less, &[])] {
        let refused = select(contacts(), &Query { filters: vec![bad], ..Query::default() }).unwrap_err();
        assert!(matches!(refused.code, Code::InvalidQuery { .. }), "{refused}");
    }
}

#[test]
fn a_list_is_ordered_and_given_in_parts() {
    let by = |attribute: &str, descending| vec![Order { attribute: attribute.into(), descending }];
    let page = |orders: Vec<Order>, cursor: Option<Cursor>, offset, limit| {
        ids(&Query { orders, limit, offset, cursor, ..Query::default() })
    };
    assert_eq!(page(by("identifier", false), None, 0, 25).0, "cdba");
    assert_eq!(page(by("$createdAt", true), None, 0, 25).0, "abcd");
    assert_eq!(page(Vec::new(), None, 1, 2), ("cb".into(), 4));
    assert_eq!(page(Vec::new(), Some(Cursor::After("c".into())), 0, 1).0, "b");
    assert_eq!(page(Vec::new(), Some(Cursor::Before("a".into())), 0, 2).0, "cb");
    assert_eq!(page(by("providerType", false), Some(Cursor::After("d".into())), 0, 25).0, "bac");
    let lost = select(contacts(), &Query { cursor: Some(Cursor::After("x".into())), ..Query::default() });
    assert_eq!(lost.unwrap_err().code, Code::CursorNotFound);
    assert_eq!(ids(&Query { counts: false, ..Query::default() }).1, 0);
}
