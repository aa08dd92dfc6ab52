use std::sync::LazyLock;

use super::*;
use crate::base::testing::ctx;
use crate::db::testing::{TestDb, wait};
use crate::on_both;

/// One for all, so that no two ids are alike.
static CTX: LazyLock<Ctx> = LazyLock::new(ctx);

fn write<T: Send + 'static>(
    test: &TestDb,
    work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
) -> Result<T> {
    wait(test.db.write(move |tx| work(tx, &CTX)))
}

fn own() -> Own {
    Own { name: "Shop".to_owned(), created_at: CTX.now }
}

fn part() -> Part {
    Part { name: String::new(), ids: Vec::new(), order: Order::Time, descending: false, limit: 50, offset: 0 }
}

fn make(test: &TestDb, id: &'static str, name: &'static str) {
    write(test, move |tx, ctx| create(tx, ctx, Some(id), name, &Details::default())).unwrap();
}

/// The ids of a part, and how many there are in all.
fn ids(test: &TestDb, part: Part) -> (Vec<String>, i64) {
    let (tenants, count) = write(test, move |tx, ctx| list(tx, ctx, &own(), &part)).unwrap();
    (tenants.into_iter().map(|tenant| tenant.id).collect(), count)
}

fn belonging(test: &TestDb, user: &'static str) -> (Vec<String>, String) {
    let Belonging { all, active } = write(test, move |tx, ctx| of_user(tx, ctx, user)).unwrap();
    (all, active)
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.unwrap_err().code
}

on_both!(a_project_has_an_account_of_its_own_before_anybody_makes_one, |test| {
    let found = write(test, |tx, ctx| get(tx, ctx, &own(), "p1")).unwrap();
    assert_eq!((found.id.as_str(), found.name.as_str(), found.created_at), ("p1", "Shop", CTX.now));
    assert_eq!(ids(test, part()), (vec!["p1".to_owned()], 1));
    let details = Details { website: Some("https://shop.example".to_owned()), ..Details::default() };
    write(test, move |tx, ctx| update(tx, ctx, &own(), "p1", Some("The Shop"), &details)).unwrap();
    write(test, |tx, ctx| update(tx, ctx, &own(), "p1", None, &Details::default())).unwrap();
    let found = write(test, |tx, ctx| get(tx, ctx, &own(), "p1")).unwrap();
    assert_eq!((found.name.as_str(), found.details.website.as_deref()), ("The Shop", Some("https://shop.example")));
    assert_eq!(ids(test, part()), (vec!["p1".to_owned()], 1), "it is there once");
    assert!(matches!(code(write(test, |tx, ctx| delete(tx, ctx, "p1"))), Code::InvalidValue { .. }));
    assert_eq!(code(write(test, |tx, ctx| create(tx, ctx, Some("p1"), "x", &Details::default()))), Code::TenantExists);
});

on_both!(a_removed_account_is_nobodys_and_can_be_made_again, |test| {
    make(test, "a", "Acme");
    assert_eq!(code(write(test, |tx, ctx| create(tx, ctx, Some("a"), "x", &Details::default()))), Code::TenantExists);
    write(test, |tx, ctx| join(tx, ctx, &own(), "u1", "a")).unwrap();
    assert_eq!(belonging(test, "u1"), (vec!["a".to_owned()], "a".to_owned()));
    write(test, |tx, ctx| delete(tx, ctx, "a")).unwrap();
    assert_eq!(code(write(test, |tx, ctx| get(tx, ctx, &own(), "a"))), Code::TenantNotFound);
    assert_eq!(code(write(test, |tx, ctx| delete(tx, ctx, "a"))), Code::TenantNotFound);
    assert_eq!(
        code(write(test, |tx, ctx| update(tx, ctx, &own(), "a", None, &Details::default()))),
        Code::TenantNotFound
    );
    assert_eq!(belonging(test, "u1"), (vec!["p1".to_owned()], "p1".to_owned()));
    make(test, "a", "Acme again");
    assert_eq!(write(test, |tx, ctx| get(tx, ctx, &own(), "a")).unwrap().name, "Acme again");
    assert_eq!(belonging(test, "u1").1, "p1", "whoever belonged to the old one does not belong to the new one");
});

on_both!(a_list_is_filtered_ordered_and_cut, |test| {
    for (id, name) in [("c", "alpha GmbH"), ("a", "Beta"), ("b", "Straße")] {
        make(test, id, name);
    }
    let all = |order, descending| ids(test, Part { order, descending, ..part() }).0.concat();
    assert_eq!(all(Order::Id, false), "abcp1");
    assert_eq!(all(Order::Id, true), "p1cba");
    assert_eq!(all(Order::Name, false), "cap1b");
    assert_eq!(all(Order::Name, true), "bp1ac");
    // Made at one instant: the id decides.
    assert_eq!(all(Order::Time, false), "abcp1");
    let named = |name: &str| ids(test, Part { name: name.to_owned(), ..part() });
    assert_eq!(named("STRASSE"), (vec!["b".to_owned()], 1));
    assert_eq!(named("gmbh"), (vec!["c".to_owned()], 1));
    assert_eq!(named("%"), (vec![], 0));
    let wanted = vec!["a".to_owned(), "p1".to_owned(), "x,b".to_owned(), "none".to_owned()];
    assert_eq!(ids(test, Part { ids: wanted, ..part() }), (vec!["a".to_owned(), "p1".to_owned()], 2));
    assert_eq!(ids(test, Part { ids: vec!["no id".to_owned()], ..part() }), (vec![], 0));
    let cut = Part { order: Order::Id, limit: 2, offset: 1, ..part() };
    assert_eq!(ids(test, cut), (vec!["b".to_owned(), "c".to_owned()], 4));
    let too_many = Part { limit: LONGEST + 1, ..part() };
    assert!(write(test, move |tx, ctx| list(tx, ctx, &own(), &too_many)).is_err());
});

on_both!(whoever_belongs_to_several_acts_in_one, |test| {
    make(test, "a", "Acme");
    make(test, "b", "Bolt");
    assert_eq!(belonging(test, "u1"), (vec!["p1".to_owned()], "p1".to_owned()));
    write(test, |tx, ctx| activate(tx, ctx, "u1", "p1")).unwrap();
    for id in ["a", "b", "b"] {
        write(test, move |tx, ctx| join(tx, ctx, &own(), "u1", id)).unwrap();
    }
    assert_eq!(belonging(test, "u1"), (vec!["a".to_owned(), "b".to_owned()], "a".to_owned()));
    write(test, |tx, ctx| activate(tx, ctx, "u1", "b")).unwrap();
    assert_eq!(belonging(test, "u1").1, "b");
    assert_eq!(code(write(test, |tx, ctx| activate(tx, ctx, "u1", "p1"))), Code::TenantNotFound, "not his any more");
    assert_eq!(code(write(test, |tx, ctx| join(tx, ctx, &own(), "u1", "c"))), Code::TenantNotFound);
    write(test, |tx, ctx| join(tx, ctx, &own(), "u1", "p1")).unwrap();
    assert_eq!(belonging(test, "u1").0.concat(), "abp1");
    assert_eq!(belonging(test, "u2").1, "p1", "others are left alone");
    write(test, |tx, ctx| leave_all(tx, ctx, "u1")).unwrap();
    assert_eq!(belonging(test, "u1"), (vec!["p1".to_owned()], "p1".to_owned()));
});

on_both!(whoever_leaves_an_account_acts_in_the_first_of_the_others, |test| {
    for id in ["a", "b", "c"] {
        make(test, id, "x");
        write(test, move |tx, ctx| join(tx, ctx, &own(), "u1", id)).unwrap();
    }
    write(test, |tx, ctx| activate(tx, ctx, "u1", "c")).unwrap();
    write(test, |tx, ctx| join(tx, ctx, &own(), "u2", "c")).unwrap();
    let left = |id: &'static str| write(test, move |tx, ctx| leave(tx, ctx, "u1", id));
    assert!(left("b").unwrap());
    assert_eq!(belonging(test, "u1"), (vec!["a".to_owned(), "c".to_owned()], "c".to_owned()));
    assert_eq!(code(left("b")), Code::TenantNotFound);
    assert!(left("c").unwrap());
    assert_eq!(belonging(test, "u1"), (vec!["a".to_owned()], "a".to_owned()));
    assert!(!left("a").unwrap());
    assert_eq!(belonging(test, "u1").1, "a", "it is her only one");
    assert_eq!(belonging(test, "u2").1, "c", "others are left alone");
});

fn joined(id: Option<&str>, active: bool) -> Joined {
    Joined { id: id.map(str::to_owned), active, ..Joined::default() }
}

on_both!(whoever_comes_from_elsewhere_belongs_to_the_accounts_that_he_belonged_to, |test| {
    make(test, "a", "Acme");
    make(test, "gone", "Gone");
    write(test, |tx, ctx| delete(tx, ctx, "gone")).unwrap();
    let bolt = Joined { name: Some("Bolt".to_owned()), ..joined(Some("b"), true) };
    let acme = Joined { name: Some("Another".to_owned()), ..joined(Some("a"), false) };
    let all = [bolt, acme, joined(None, false), joined(Some("gone"), false)];
    let import = move |tx: &mut Tx<'_>, ctx: &Ctx| import(tx, ctx, "u1", &all);
    write(test, import.clone()).unwrap();
    let ids = ["b", "a", "p1", "gone"].map(str::to_owned).to_vec();
    assert_eq!(belonging(test, "u1"), (ids, "b".to_owned()), "in the order of the list");
    let name = |id: &'static str| write(test, move |tx, ctx| get(tx, ctx, &own(), id)).unwrap().name;
    assert_eq!(["a", "b", "gone", "p1"].map(name), ["Acme", "Bolt", "gone", "Shop"]);
    let made = "SELECT COUNT(*) FROM audit_events WHERE event = 'tenant.create'";
    let count = || write(test, move |tx, _| tx.find(made, args![], |row| row.get::<i64>(0))).unwrap();
    assert_eq!(count(), Some(4));
    write(test, import).unwrap();
    assert_eq!((count(), belonging(test, "u1").0.len()), (Some(4), 4), "a second time changes nothing");
    // When he joined them decides, where somebody knows.
    let early = Joined { at: Some(Time::from_micros(1)), ..joined(Some("a"), true) };
    let all = [joined(Some("b"), false), early];
    write(test, move |tx, ctx| super::import(tx, ctx, "u2", &all)).unwrap();
    assert_eq!(belonging(test, "u2"), (vec!["a".to_owned(), "b".to_owned()], "a".to_owned()));
});

#[test]
fn what_a_file_tells_of_accounts_is_checked() {
    check(&[joined(Some("a"), false), joined(None, true), joined(Some("A-1.b_c"), false)]).unwrap();
    let named = |name: &str| Joined { name: Some(name.to_owned()), ..joined(Some("a"), false) };
    for wrong in [
        vec![joined(Some("no id"), false)],
        vec![joined(Some(""), false)],
        vec![named("")],
        vec![named("a\tb")],
        vec![joined(Some("a"), false), joined(Some("a"), false)],
        vec![joined(None, false), joined(None, false)],
        vec![joined(Some("a"), true), joined(Some("b"), true)],
        (0..1_001).map(|n| joined(Some(&format!("a{n}")), false)).collect(),
    ] {
        let Code::InvalidValue { field, .. } = check(&wrong).unwrap_err().code else { panic!("{wrong:?}") };
        assert_eq!(field, "tenants");
    }
}

#[test]
fn what_is_said_of_an_account_is_bounded() {
    let long = Some("x".repeat(1_025));
    let metadata = |text: &str| Details { metadata: Some(text.to_owned()), ..Details::default() };
    for details in [
        Details { website: long.clone(), ..Details::default() },
        Details { creator_name: long.clone(), ..Details::default() },
        Details { creator_email: long, ..Details::default() },
        metadata("[]"),
        metadata("no json"),
        metadata(&format!("{{\"a\":\"{}\"}}", "x".repeat(65_536))),
    ] {
        assert!(details.text().is_err(), "{details:?}");
    }
    assert!(metadata("{\"a\":1}").text().is_ok());
    for name in ["", " ", "a\nb"] {
        assert!(check_name(name).is_err());
    }
}
