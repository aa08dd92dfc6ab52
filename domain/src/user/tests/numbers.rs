//! The list of a project's numbers.

use super::*;

const CLARA: &str = "+436641234567";

/// An account as another noun would have written it.
fn put(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, number: Option<(&str, Proof)>, claim: Option<&str>) -> Result<()> {
    create_by_key(tx, ctx, &NewByKey { id: Some(id), ..NewByKey::default() })?;
    if let Some((number, proof)) = number {
        set_phone_by_key(tx, ctx, id, Some(&phone(number)))?;
        set_phone_proof(tx, ctx, id, proof)?;
    }
    claim.map_or(Ok(()), |claim| claim_phone(tx, ctx, id, &phone(claim)).map(drop))
}

/// Three accounts of four numbers, one of them claimed twice; one without; a pending one; another project's.
fn people(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    put(tx, ctx, "a", Some((BERND, Proof::Code)), Some(CLARA))?;
    put(tx, ctx, "b", Some((ANNA, Proof::Set)), None)?;
    put(tx, ctx, "c", None, Some(CLARA))?;
    put(tx, ctx, "d", None, None)?;
    create_pending(tx, ctx, Some("e"), &target("+491751234567"))?;
    let other = Ctx { project: "p2".into(), ..ctx.clone() };
    put(tx, &other, "a", Some((BERND, Proof::Code)), Some(CLARA))
}

type Shown = (Vec<(String, String, bool)>, i64);

fn listed(test: &TestDb, query: NumberQuery) -> Shown {
    write(test, move |tx, ctx| {
        let (rows, total) = list_numbers(tx, &ctx.project, &query)?;
        let row = |row: NumberRow| (row.user, row.phone.as_e164().to_owned(), row.verified);
        Ok((rows.into_iter().map(row).collect(), total))
    })
}

fn row(user: &str, number: &str, verified: bool) -> (String, String, bool) {
    (user.to_owned(), number.to_owned(), verified)
}

fn all(sort: NumberSort, descending: bool) -> NumberQuery {
    NumberQuery { limit: 100, sort, descending, ..NumberQuery::default() }
}

on_both!(numbers_that_find_and_numbers_that_are_claimed_are_listed_in_one_order, |test| {
    write(test, people);
    let by_number = [row("a", CLARA, false), row("c", CLARA, false), row("b", ANNA, false), row("a", BERND, true)];
    assert_eq!(listed(test, all(NumberSort::Phone, false)), (by_number.to_vec(), 4));
    let backwards = by_number.iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(listed(test, all(NumberSort::Phone, true)), (backwards, 4));
    let by_user = [row("a", CLARA, false), row("a", BERND, true), row("b", ANNA, false), row("c", CLARA, false)];
    assert_eq!(listed(test, all(NumberSort::User, false)), (by_user.to_vec(), 4));
    let backwards = by_user.iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(listed(test, all(NumberSort::User, true)), (backwards, 4));
});

on_both!(pages_put_together_are_the_whole_list_in_every_order, |test| {
    write(test, people);
    for sort in [NumberSort::Phone, NumberSort::User] {
        for descending in [false, true] {
            let (whole, _) = listed(test, all(sort, descending));
            for limit in 1..=5 {
                let mut joined = Vec::new();
                for page in 0.. {
                    let (rows, total) = listed(test, NumberQuery { limit, page, ..all(sort, descending) });
                    assert_eq!(total, 4);
                    if rows.is_empty() {
                        break;
                    }
                    assert!(rows.len() as i64 <= limit);
                    joined.extend(rows);
                }
                assert_eq!(joined, whole, "{sort:?} {descending} {limit}");
            }
            assert_eq!(listed(test, NumberQuery { page: i64::MAX, ..all(sort, descending) }).0, []);
        }
    }
});

on_both!(one_number_is_found_with_all_who_claim_it_and_some_accounts_with_all_their_numbers, |test| {
    write(test, people);
    let of = |number: &str| NumberQuery { phone: Some(phone(number)), ..all(NumberSort::Phone, false) };
    assert_eq!(listed(test, of(CLARA)), (vec![row("a", CLARA, false), row("c", CLARA, false)], 2));
    assert_eq!(listed(test, of(BERND)), (vec![row("a", BERND, true)], 1));
    assert_eq!(listed(test, of("+491751234567")), (vec![], 0), "a pending account has none");
    let users = |ids: &[&str]| Some(ids.iter().map(|id| (*id).to_owned()).collect());
    let query = NumberQuery { users: users(&["c", "a", "a", "d", "nobody"]), ..all(NumberSort::User, true) };
    let expected = vec![row("c", CLARA, false), row("a", BERND, true), row("a", CLARA, false)];
    assert_eq!(listed(test, query.clone()), (expected.clone(), 3));
    let second = NumberQuery { limit: 2, page: 1, ..query.clone() };
    assert_eq!(listed(test, second), (expected[2..].to_vec(), 3));
    assert_eq!(listed(test, NumberQuery { phone: Some(phone(BERND)), ..query }), (vec![row("a", BERND, true)], 1));
    assert_eq!(listed(test, NumberQuery { users: users(&[]), ..all(NumberSort::Phone, false) }), (vec![], 0));
});

on_both!(a_number_is_removed_from_where_it_stands_and_from_nowhere_else, |test| {
    write(test, |tx, ctx| {
        people(tx, ctx)?;
        remove_phone(tx, ctx, "a", &phone(CLARA))?;
        assert_eq!(get(tx, &ctx.project, "a")?.phone_claim, None);
        assert_eq!(remove_phone(tx, ctx, "a", &phone(ANNA)).unwrap_err().code, Code::PhoneNotFound);
        remove_phone(tx, ctx, "a", &phone(BERND))?;
        let user = get(tx, &ctx.project, "a")?;
        assert_eq!((user.phone, user.phone_proof), (None, Proof::None));
        assert_eq!(get(tx, &ctx.project, "c")?.phone_claim, Some(phone(CLARA)));
        assert!(get(tx, "p2", "a")?.phone.is_some());
        Ok(())
    });
});
