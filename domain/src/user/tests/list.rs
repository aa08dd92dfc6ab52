//! The list of users, by example.

mod model;

use super::*;
use crate::base::fold;
use crate::base::page::{Condition, Cursor, Filter, Op, Order, Query, Value};

const INSERT: &str =
    "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_proof, phone, phone_proof,
  phone_claim, mfa, labels, prefs, proved_at, signed_in_at, created_at, updated_at, totp, password_at, folded_name)
 VALUES ($1, $2, 'key', $3, $4, $5, $6, $7, $8, $9, $10, FALSE, $11, '{}', NULL, NULL, $12, $13, FALSE, $14, $15)";

/// 2026-11-21T08:00:00Z.
const T: i64 = 1_795_248_000_000_000;

/// What is of use in a list; the rest is empty.
fn person(id: &str, name: &str, created_at: i64) -> User {
    User {
        id: id.to_owned(),
        origin: "key".to_owned(),
        pending: false,
        blocked: false,
        name: name.to_owned(),
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
        prefs: "{}".to_owned(),
        proved_at: None,
        signed_in_at: None,
        created_at: Time::from_micros(created_at),
        updated_at: Time::from_micros(created_at),
    }
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// Everybody in project `p1`, in the order in which they were made.
fn people() -> Vec<User> {
    let labels = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect();
    vec![
        User { email: Some(email("anna@example.com")), email_proof: Proof::Code, ..person("anna", "Anna", T) },
        User { phone: Some(phone(BERND)), phone_proof: Proof::Code, ..person("Bernd", "bernd", T + 1) },
        User { phone: Some(phone(ANNA)), pending: true, ..person("c.1", "", T + 999) },
        User {
            phone: Some(phone("+436641234567")),
            phone_proof: Proof::Code,
            phone_claim: Some(phone("+436641234568")),
            ..person("clara", "Clara Ährenfeld", T + 1_000)
        },
        User { blocked: true, labels: labels(&["vip", "old"]), ..person("d-1", "100% \\ _'", T + 2_000) },
        User { labels: labels(&["vipx"]), ..person("d-2", "'; DROP TABLE users; --", T + 2_000) },
        User {
            email: Some(email("e@straße.de")),
            email_proof: Proof::Vouched,
            password_at: Some(Time::from_micros(T + 5_500)),
            updated_at: Time::from_micros(T + 9_000),
            ..person("e", "ΟΔΥΣΣΕΥΣ Straße", T + 2_000)
        },
        User {
            phone: Some(phone("+14255550123")),
            phone_proof: Proof::Set,
            password_at: Some(Time::from_micros(T + 5_000)),
            ..person("f", "\u{1f98a} \"vip\"", T + 3_000)
        },
        User { email: Some(email("g@example.com")), blocked: true, ..person("g", "zoë", T + 4_000) },
        User { phone: Some(phone("+14255550124")), phone_proof: Proof::Mock, ..person("h", "Zoe", T + 5_000) },
    ]
}

fn insert(tx: &mut Tx<'_>, project: &str, user: &User) -> Result<()> {
    let labels = serde_json::to_string(&user.labels).unwrap();
    let (email_proof, phone_proof, folded) = (user.email_proof.name(), user.phone_proof.name(), fold(&user.name));
    let args = args![
        project,
        &user.id,
        user.pending,
        user.blocked,
        &user.name,
        user.email.as_ref(),
        email_proof,
        user.phone.as_ref(),
        phone_proof,
        user.phone_claim.as_ref(),
        &labels,
        user.created_at,
        user.updated_at,
        user.password_at,
        &folded,
    ];
    tx.exec(INSERT, args).map(drop)
}

/// The same people in two projects, and one more in the other.
fn fill(test: &TestDb) {
    write(test, |tx, _| {
        for user in people() {
            insert(tx, "p1", &user)?;
            insert(tx, "p2", &User { name: "Other".to_owned(), ..user })?;
        }
        insert(tx, "p2", &person("stranger", "Stranger", T))
    });
}

fn ask(test: &TestDb, query: Query, search: Option<&str>) -> Result<(Vec<User>, i64), Code> {
    let search = search.map(str::to_owned);
    wait(test.db.read(move |tx| list(tx, "p1", &query, search.as_deref()))).map_err(|error| error.code)
}

fn ids(test: &TestDb, query: Query) -> Vec<String> {
    ask(test, query, None).unwrap().0.into_iter().map(|user| user.id).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn is(attribute: &str, op: Op, values: &[&str]) -> Filter {
    let values = values.iter().map(|value| text(value)).collect();
    Filter::Is(Condition { attribute: attribute.to_owned(), op, values })
}

fn is_so(attribute: &str, value: bool) -> Filter {
    Filter::Is(Condition { attribute: attribute.to_owned(), op: Op::Equal, values: vec![Value::Bool(value)] })
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

fn by(attribute: &str, descending: bool) -> Order {
    Order { attribute: attribute.to_owned(), descending }
}

on_both!(a_list_begins_with_who_was_made_first_and_has_pending_accounts, |test| {
    fill(test);
    let (users, total) = ask(test, Query::default(), None).unwrap();
    assert_eq!((users, total), (people(), 10));
    let (users, total) = ask(test, Query { limit: 2, offset: 9, ..Query::default() }, None).unwrap();
    assert_eq!((users.len(), users[0].id.as_str(), total), (1, "h", 10));
    let (users, total) = ask(test, Query { counts: false, offset: i64::MAX, ..Query::default() }, None).unwrap();
    assert_eq!((users.len(), total), (0, 0));
});

on_both!(each_relation_finds_whom_it_describes, |test| {
    fill(test);
    for (filter, found) in [
        (is("$id", Op::Equal, &["h", "anna", "Anna"]), "anna h"),
        (is("$id", Op::Less, &["a"]), "Bernd"),
        (is("$id", Op::LessEqual, &["anna"]), "anna Bernd"),
        (is("$id", Op::Greater, &["g"]), "h"),
        (is("$id", Op::GreaterEqual, &["g"]), "g h"),
        (is("$id", Op::Between, &["B", "c.1"]), "anna Bernd c.1"),
        (not(is("$id", Op::Between, &["Bernd", "d-2"])), "e f g h"),
        (is("name", Op::Equal, &["Bernd"]), ""),
        (is("name", Op::IsNull, &[]), "c.1"),
        (is("name", Op::Equal, &[""]), "c.1"),
        (is("name", Op::Contains, &["nn"]), "anna"),
        (is("name", Op::Contains, &["%", "_", "ë"]), "d-1 g"),
        (is("name", Op::Contains, &["\\ _'"]), "d-1"),
        (is("name", Op::Contains, &["' OR 1=1 --", "%%"]), ""),
        (is("name", Op::Contains, &[""]), "anna Bernd c.1 clara d-1 d-2 e f g h"),
        (is("name", Op::StartsWith, &["Zo"]), "h"),
        (not(is("name", Op::StartsWith, &["'; DROP"])), "anna Bernd c.1 clara d-1 e f g h"),
        (is("name", Op::EndsWith, &["oë"]), "g"),
        (is("name", Op::EndsWith, &["nothing as long as this"]), ""),
        (is("name", Op::EndsWith, &[""]), "anna Bernd c.1 clara d-1 d-2 e f g h"),
        (is("name", Op::Search, &["STRASSE οδυσσευς"]), "e"),
        (is("name", Op::Search, &["ä"]), "clara"),
        (is("$id", Op::Search, &["BERN"]), "Bernd"),
        (not(is("name", Op::Search, &["o"])), "anna Bernd c.1 clara d-1 e f"),
        (is("email", Op::Equal, &["ANNA@Example.com"]), "anna"),
        (not(is("email", Op::Equal, &["anna@example.com"])), "e g"),
        (is("email", Op::EndsWith, &["@EXAMPLE.com"]), "anna g"),
        (is("email", Op::Search, &["XN-- @"]), "e"),
        (is("phone", Op::Equal, &[BERND, "+436641234568"]), "Bernd clara"),
        (is("phone", Op::Equal, &["+436641234567"]), ""),
        (not(is("phone", Op::Equal, &[BERND])), "c.1 clara f h"),
        (is("phone", Op::StartsWith, &["+49"]), "Bernd c.1"),
        (is("phone", Op::Search, &["5550"]), "f h"),
        (is("phone", Op::IsNull, &[]), "anna d-1 d-2 e g"),
        (not(is("phone", Op::IsNull, &[])), "Bernd c.1 clara f h"),
        (is_so("status", false), "d-1 g"),
        (is_so("emailVerification", true), "anna e"),
        (is_so("phoneVerification", true), "Bernd h"),
        (is("passwordUpdate", Op::IsNull, &[]), "anna Bernd c.1 clara d-1 d-2 g h"),
        (is("passwordUpdate", Op::Equal, &["2026-11-21T08:00:00.005Z"]), "e f"),
        (not(is("passwordUpdate", Op::Equal, &["2026-11-21T08:00:00.005Z"])), ""),
        (is("registration", Op::Equal, &["2026-11-21T08:00:00.000Z", "2026-11-21T08:00:00.005Z"]), "anna Bernd c.1 h"),
        (is("$createdAt", Op::Less, &["2026-11-21T08:00:00.001Z"]), "anna Bernd c.1"),
        (is("$createdAt", Op::LessEqual, &["2026-11-21T08:00:00.000Z"]), "anna Bernd c.1"),
        (is("$createdAt", Op::Greater, &["2026-11-21T09:00:00.003+01:00"]), "g h"),
        (is("$createdAt", Op::GreaterEqual, &["2026-11-21T08:00:00.003"]), "f g h"),
        (is("$createdAt", Op::Between, &["2026-11-21T08:00:00.001Z", "2026-11-21T08:00:00.003Z"]), "clara d-1 d-2 e f"),
        (is("$updatedAt", Op::Greater, &["2026-11-21T08:00:00.008Z"]), "e"),
        (is("$createdAt", Op::Less, &["2026-11-21"]), ""),
        (is("labels", Op::Contains, &["vip"]), "d-1"),
        (is("labels", Op::Contains, &["old", "vipx"]), "d-1 d-2"),
        (is("labels", Op::Contains, &["vip\",\"old", "vi", ","]), ""),
        (not(is("labels", Op::Contains, &["vip"])), "anna Bernd c.1 clara d-2 e f g h"),
        (is("labels", Op::IsNull, &[]), ""),
        (Filter::And(vec![is_so("status", true), is("name", Op::Search, &["zo"])]), "h"),
        (Filter::Or(vec![is_so("status", false), is("name", Op::Search, &["zo"])]), "d-1 g h"),
        (not(Filter::Or(vec![is("phone", Op::IsNull, &[]), is("$id", Op::Greater, &["c"])])), "Bernd"),
    ] {
        let (users, total) = ask(test, Query { filters: vec![filter.clone()], ..Query::default() }, None).unwrap();
        let ids: Vec<_> = users.iter().map(|user| user.id.as_str()).collect();
        assert_eq!((ids.join(" "), total), (found.to_owned(), users.len() as i64), "{filter:?} {found}");
    }
    let both = Query { filters: vec![is_so("status", false), is("email", Op::IsNull, &[])], ..Query::default() };
    assert_eq!(ids(test, both), ["d-1"]);
});

on_both!(a_search_wants_each_of_its_words_somewhere, |test| {
    fill(test);
    for (search, found) in [
        ("", 10),
        (" \t\u{0} ", 10),
        ("ANNA", 1),
        ("example.com zoë", 1),
        ("zoë zoe", 0),
        ("+49171", 1),
        ("436641234568 ährenfeld", 1),
        ("436641234567", 0),
        ("%", 1),
        ("' --", 1),
        ("\u{ff11}\u{ff10}\u{ff10}", 1),
        (&"anna ".repeat(51), 1),
    ] {
        let (users, total) = ask(test, Query::default(), Some(search)).unwrap();
        assert_eq!((users.len(), total), (found, found as i64), "{search}");
    }
    let long = ask(test, Query::default(), Some(&"a".repeat(257)));
    assert!(matches!(long, Err(Code::InvalidQuery { .. })));
});

on_both!(an_order_is_the_same_everywhere_and_puts_first_what_is_not_set, |test| {
    fill(test);
    for (orders, found) in [
        (vec![by("name", false)], "c.1 d-2 d-1 anna clara h Bernd g e f"),
        (vec![by("$sequence", true)], "h g f e d-2 d-1 clara c.1 Bernd anna"),
        (vec![by("", true)], "h g f e d-2 d-1 clara c.1 Bernd anna"),
        (vec![by("passwordUpdate", false), by("$id", true)], "h g d-2 d-1 clara c.1 anna Bernd f e"),
        (vec![by("passwordUpdate", true)], "e f h g d-2 d-1 clara c.1 anna Bernd"),
        (vec![by("status", false), by("email", true), by("$id", false)], "g d-1 e anna Bernd c.1 clara d-2 f h"),
        (vec![by("$createdAt", false), by("registration", true)], "anna Bernd c.1 clara e d-2 d-1 f g h"),
    ] {
        assert_eq!(ids(test, Query { orders: orders.clone(), ..Query::default() }).join(" "), found, "{orders:?}");
    }
});

on_both!(cursors_walk_over_everybody_once_in_both_directions, |test| {
    fill(test);
    let orders: [&[Order]; 6] = [
        &[],
        &[by("$createdAt", true)],
        &[by("phone", false), by("status", true)],
        &[by("email", true)],
        &[by("passwordUpdate", false)],
        &[by("phoneVerification", true), by("passwordUpdate", true), by("name", false)],
    ];
    for (orders, limit) in orders.into_iter().flat_map(|orders| [1, 3, 10].map(|limit| (orders.to_vec(), limit))) {
        let query = Query { orders, limit, ..Query::default() };
        let all = ids(test, Query { limit: 25, ..query.clone() });
        assert_eq!(all.len(), 10);
        let mut walked = ids(test, query.clone());
        while let Some(id) = walked.last().cloned() {
            let next = ids(test, Query { cursor: Some(Cursor::After(id)), ..query.clone() });
            if next.is_empty() {
                break;
            }
            walked.extend(next);
        }
        assert_eq!(walked, all, "{query:?}");
        let mut walked = vec![all[9].clone()];
        loop {
            let before = ids(test, Query { cursor: Some(Cursor::Before(walked[0].clone())), ..query.clone() });
            if before.is_empty() {
                break;
            }
            walked.splice(0..0, before);
        }
        assert_eq!(walked, all, "{query:?}");
    }
});

on_both!(a_cursor_need_not_be_found_itself_and_an_offset_counts_from_it, |test| {
    fill(test);
    let active = Query { filters: vec![is_so("status", true)], ..Query::default() };
    let after = |id: &str, offset| Query { cursor: Some(Cursor::After(id.to_owned())), offset, ..active.clone() };
    assert_eq!(ids(test, after("d-1", 0)), ["d-2", "e", "f", "h"]);
    assert_eq!(ids(test, after("d-1", 3)), ["h"]);
    let before = Query { cursor: Some(Cursor::Before("e".to_owned())), offset: 1, limit: 2, ..active };
    assert_eq!(ids(test, before.clone()), ["c.1", "clara"]);
    assert_eq!(ask(test, before, None).unwrap().1, 8);
});

on_both!(a_cursor_that_is_nobody_of_the_project_is_refused, |test| {
    fill(test);
    for id in ["stranger", "nobody", "", "\0", "' OR ''='", &"x".repeat(1_000)] {
        for cursor in [Cursor::After(id.to_owned()), Cursor::Before(id.to_owned())] {
            let refused = ask(test, Query { cursor: Some(cursor), ..Query::default() }, None);
            assert_eq!(refused, Err(Code::CursorNotFound), "{id}");
        }
    }
});

on_both!(what_cannot_be_asked_is_refused, |test| {
    fill(test);
    for filter in [
        is("password", Op::IsNull, &[]),
        is("project_id", Op::Equal, &["p2"]),
        is("", Op::Equal, &["x"]),
        is("name = '' OR name", Op::Equal, &["x"]),
        is("$sequence", Op::Greater, &["0"]),
        is("labels", Op::Equal, &["vip"]),
        is("name", Op::Search, &[&"x".repeat(257)]),
        // Each becomes four words.
        is("name", Op::Search, &[&"\u{fdfa}".repeat(43)]),
    ] {
        let refused = ask(test, Query { filters: vec![filter.clone()], ..Query::default() }, None);
        assert!(matches!(refused, Err(Code::InvalidQuery { .. })), "{filter:?}");
    }
    let many = is("name", Op::Equal, &["x"; 101]);
    assert_eq!(ask(test, Query { filters: vec![many], ..Query::default() }, None), Err(Code::TooManyValues));
});

on_both!(the_largest_queries_are_answered, |test| {
    fill(test);
    let words = is("name", Op::Search, &[&"e ".repeat(128)]);
    let query = Query { filters: vec![words; 100], ..Query::default() };
    assert_eq!(ask(test, query, Some(&"e ".repeat(128))).unwrap().1, 5);
    let date = "2026-11-21T08:00:00.000Z";
    let filters = vec![is("$createdAt", Op::Equal, &[date; 100]); 88];
    let words = "aéiou ".repeat(42);
    let orders =
        ["name", "email", "phone", "status", "$updatedAt", "passwordUpdate", "emailVerification", "phoneVerification"];
    let query = Query {
        filters,
        orders: orders.map(|name| by(name, true)).to_vec(),
        cursor: Some(Cursor::After("f".to_owned())),
        ..Query::default()
    };
    assert_eq!(ask(test, query.clone(), Some(&words)), Ok((Vec::new(), 0)));
    assert_eq!(ask(test, query, None).unwrap().1, 3);
});

on_both!(nobody_is_counted_beyond_five_thousand, |test| {
    write(test, |tx, ctx| {
        for n in 0..5_001 {
            insert_new(tx, ctx, n)?;
        }
        Ok(())
    });
    let (users, total) = ask(test, Query { limit: 5_000, ..Query::default() }, None).unwrap();
    assert_eq!((users.len(), total), (5_000, 5_000));
});

fn insert_new(tx: &mut Tx<'_>, ctx: &Ctx, n: usize) -> Result<()> {
    let new = Insert { id: &format!("n{n}"), origin: Origin::Key, name: "Somebody", target: None };
    super::super::insert(tx, ctx, &new).map(drop)
}

on_both!(whoever_is_named_anew_is_found_by_the_new_name_alone, |test| {
    write(test, |tx, ctx| {
        create(tx, ctx, Some("emil"), &email("emil@example.com"), "\u{c9}MILE")?;
        let mut found = |word: &str| Ok::<_, Error>(list(tx, "p1", &Query::default(), Some(word))?.1);
        assert_eq!((found("e\u{301}mile")?, found("жанна")?), (1, 0));
        update_name(tx, ctx, "emil", "Жанна")?;
        let mut found = |word: &str| Ok::<_, Error>(list(tx, "p1", &Query::default(), Some(word))?.1);
        assert_eq!((found("\u{e9}mile")?, found("жанна")?), (0, 1));
        Ok(())
    });
});
