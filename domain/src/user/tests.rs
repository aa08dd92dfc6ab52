mod list;
mod notes;
mod numbers;

use super::*;
use crate::base::testing::ctx;
use crate::db::testing::{TestDb, wait};
use crate::on_both;

const ANNA: &str = "+491701234567";
const BERND: &str = "+491712345678";

fn phone(text: &str) -> Phone {
    Phone::parse(text, None).unwrap()
}

fn target(text: &str) -> Target {
    phone(text).into()
}

/// A sign-in by a proof of `number`.
fn prove_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    number: &Target,
    wanted: Option<&str>,
    proof: Proof,
) -> Result<Proved> {
    prove(tx, ctx, Proving { id, target: number, wanted, proof, own: false })
}

fn write<T: Send + 'static>(test: &TestDb, work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static) -> T {
    let ctx = ctx();
    wait(test.db.write(move |tx| work(tx, &ctx))).unwrap()
}

/// How often the user was announced.
fn announced(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> usize {
    let key = key(&ctx.project, user);
    let all = revocation::list(tx, ctx.now).unwrap();
    all.iter().filter(|(_, effect)| effect.topic == CHANGED && effect.key == key).count()
}

/// An account whose number was proved by a code.
fn proved(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, number: &str) -> Result<User> {
    ensure_pending(tx, ctx, Some(id), &target(number))?;
    match prove_phone(tx, ctx, id, &target(number), Some(id), Proof::Code)? {
        Proved::Ready(user) | Proved::Wiped(user) => Ok(user),
        Proved::Detached(_) | Proved::Gone => Err(Code::UserNotFound.into()),
    }
}

on_both!(somebody_stands_in_for_nobody_wherever_there_is_anybody, |test| {
    write(test, |tx, ctx| {
        let read = |tx: &mut Tx<'_>, near: Option<&str>| {
            let before = tx.found;
            stand_in(tx, "p1", near).map(|()| tx.found - before)
        };
        assert_eq!(read(tx, Some("a"))?, 0, "there is nobody");
        for id in ["b", "d"] {
            create_by_key(tx, ctx, &NewByKey { id: Some(id), ..NewByKey::default() })?;
        }
        for near in ["a", "b", "c", "d", "e", "~"] {
            assert_eq!(read(tx, Some(near))?, 1, "{near}");
        }
        assert_eq!(read(tx, None)?, 0, "somebody was found");
        Ok(())
    });
});

on_both!(the_account_step_makes_one_account_however_often_it_runs, |test| {
    write(test, |tx, ctx| {
        let first = ensure_pending(tx, ctx, Some("anna"), &target(ANNA))?;
        let again = ensure_pending(tx, ctx, Some("other"), &target(ANNA))?;
        assert_eq!((first.id.as_str(), first.pending, first.origin.as_str()), ("anna", true, "flow"));
        assert_eq!(again, first);
        Ok(())
    });
});

on_both!(an_id_that_is_taken_is_replaced_by_a_new_one, |test| {
    write(test, |tx, ctx| {
        ensure_pending(tx, ctx, Some("wanted"), &target(ANNA))?;
        let second = ensure_pending(tx, ctx, Some("wanted"), &target(BERND))?;
        assert_eq!((second.id.len(), second.phone), (36, Some(phone(BERND))));
        let third = ensure_pending(tx, ctx, None, &target("+436641234567"))?;
        assert_eq!(third.id.len(), 36);
        Ok(())
    });
});

on_both!(one_id_and_one_number_may_be_in_every_project, |test| {
    write(test, |tx, ctx| {
        let mut other = ctx.clone();
        other.project = "p2".into();
        proved(tx, ctx, "anna", ANNA)?;
        proved(tx, &other, "anna", ANNA)?;
        set_blocked(tx, &other, "anna", true)?;
        assert!(!get(tx, "p1", "anna")?.blocked && get(tx, "p2", "anna")?.blocked);
        assert_eq!(find_by(tx, "p3", &target(ANNA))?, None);
        Ok(())
    });
});

on_both!(pending_accounts_count_in_no_limit_and_reserve_no_id, |test| {
    write(test, |tx, ctx| {
        ensure_pending(tx, ctx, Some("pending"), &target(BERND))?;
        assert_eq!((count(tx, "p1")?, is_reserved(tx, "p1", "pending")?), (0, false));
        proved(tx, ctx, "anna", ANNA)?;
        create_anonymous(tx, ctx)?;
        assert_eq!((count(tx, "p1")?, is_reserved(tx, "p1", "anna")?), (2, true));
        Ok(())
    });
});

on_both!(a_proof_of_a_number_that_the_account_does_not_hold_changes_nothing, |test| {
    write(test, |tx, ctx| {
        let anna = proved(tx, ctx, "anna", ANNA)?;
        for (id, number) in [("anna", BERND), ("nobody", ANNA)] {
            let outcome = prove_phone(tx, ctx, id, &target(number), None, Proof::Code)?;
            assert!(matches!(outcome, Proved::Gone), "{id}");
        }
        assert_eq!(get(tx, "p1", "anna")?, anna);
        Ok(())
    });
});

on_both!(who_proved_before_is_only_signed_in, |test| {
    write(test, |tx, ctx| {
        let first = proved(tx, ctx, "anna", ANNA)?;
        let mut later = ctx.clone();
        later.now = later.now.plus_seconds(60);
        let outcome = prove_phone(tx, &later, "anna", &target(ANNA), Some("other"), Proof::Code)?;
        let Proved::Ready(second) = outcome else { panic!("{outcome:?}") };
        assert_eq!(second, User { signed_in_at: Some(later.now), ..first });
        Ok(())
    });
});

on_both!(a_mock_proof_changes_no_account_that_somebody_real_proved, |test| {
    write(test, |tx, ctx| {
        let anna = proved(tx, ctx, "anna", ANNA)?;
        let outcome = prove_phone(tx, ctx, "anna", &target(ANNA), None, Proof::Mock)?;
        assert!(matches!(outcome, Proved::Gone));
        assert_eq!(get(tx, "p1", "anna")?, anna);
        Ok(())
    });
});

on_both!(a_real_proof_wipes_an_account_that_only_a_mock_code_proved, |test| {
    write(test, |tx, ctx| {
        ensure_pending(tx, ctx, Some("anna"), &target(ANNA))?;
        prove_phone(tx, ctx, "anna", &target(ANNA), Some("anna"), Proof::Mock)?;
        update_name(tx, ctx, "anna", "Tester")?;
        let outcome = prove_phone(tx, ctx, "anna", &target(ANNA), Some("anna"), Proof::Code)?;
        let Proved::Wiped(user) = outcome else { panic!("{outcome:?}") };
        assert_eq!((user.name.as_str(), user.phone_proof), ("", Proof::Code));
        Ok(())
    });
});

on_both!(a_blocked_account_is_refused_and_stays_as_it_is, |test| {
    write(test, |tx, ctx| {
        proved(tx, ctx, "anna", ANNA)?;
        let blocked = set_blocked(tx, ctx, "anna", true)?;
        let refused = prove_phone(tx, ctx, "anna", &target(ANNA), None, Proof::Code);
        assert_eq!(refused.unwrap_err().code, Code::UserBlocked);
        assert_eq!(get(tx, "p1", "anna")?, blocked);
        Ok(())
    });
});

on_both!(blocking_is_announced_and_pending_accounts_cannot_be_blocked, |test| {
    write(test, |tx, ctx| {
        proved(tx, ctx, "anna", ANNA)?;
        set_blocked(tx, ctx, "anna", true)?;
        assert!(!set_blocked(tx, ctx, "anna", false)?.blocked);
        assert_eq!(announced(tx, ctx, "anna"), 2);
        ensure_pending(tx, ctx, Some("pending"), &target(BERND))?;
        for id in ["pending", "nobody"] {
            assert_eq!(set_blocked(tx, ctx, id, true).unwrap_err().code, Code::UserNotFound);
        }
        Ok(())
    });
});

on_both!(a_claim_is_dropped_for_everybody_who_made_it_and_announced, |test| {
    const CLAIM: &str = "UPDATE users SET phone_claim = $1 WHERE id = 'bernd' OR id = 'clara'";
    write(test, |tx, ctx| {
        proved(tx, ctx, "bernd", BERND)?;
        proved(tx, ctx, "clara", "+436641234567")?;
        tx.exec(CLAIM, args![&phone(ANNA)])?;
        assert_eq!(find_by(tx, "p1", &target(ANNA))?, None);
        let mut losers = drop_claims(tx, ctx, &phone(ANNA))?;
        losers.sort_by(|a, b| a.id.cmp(&b.id));
        let losers: Vec<_> = losers.into_iter().map(|user| user.id).collect();
        assert_eq!(losers, ["bernd", "clara"]);
        assert_eq!((announced(tx, ctx, "bernd"), announced(tx, ctx, "clara")), (1, 1));
        assert_eq!(drop_claims(tx, ctx, &phone(ANNA))?, []);
        Ok(())
    });
});

on_both!(a_number_shows_as_verified_when_it_is_proved_or_vouched_for_and_nothing_else_is_claimed, |test| {
    write(test, |tx, ctx| {
        let mut user = proved(tx, ctx, "anna", ANNA)?;
        for (proof, verified, mock) in [
            (Proof::None, false, true),
            (Proof::Set, false, false),
            (Proof::Vouched, true, false),
            (Proof::Mock, true, true),
            (Proof::Code, true, false),
        ] {
            user.phone_proof = proof;
            assert_eq!((user.is_phone_verified(), user.takes_mock_codes()), (verified, mock), "{proof:?}");
            assert_eq!(Proof::parse(proof.name()).unwrap(), proof);
        }
        user.phone_claim = Some(phone(BERND));
        assert!(!user.is_phone_verified() && user.shown_phone() == Some(&phone(BERND)));
        Ok(())
    });
});

on_both!(a_name_has_one_line_of_at_most_128_characters, |test| {
    write(test, |tx, ctx| {
        proved(tx, ctx, "anna", ANNA)?;
        let long = "ä".repeat(128);
        assert_eq!(update_name(tx, ctx, "anna", &long)?.name, long);
        for bad in [format!("{long}x"), "two\nlines".to_owned(), "\u{0}".to_owned()] {
            let error = update_name(tx, ctx, "anna", &bad).unwrap_err();
            assert!(matches!(error.code, Code::InvalidValue { ref field, .. } if field == "name"));
        }
        assert_eq!(update_name(tx, ctx, "nobody", "x").unwrap_err().code, Code::UserNotFound);
        assert_eq!(announced(tx, ctx, "anna"), 1);
        Ok(())
    });
});

on_both!(preferences_are_replaced_as_a_whole_and_have_a_bound, |test| {
    let object = |value: serde_json::Value| value.as_object().unwrap().clone();
    let (small, large) =
        (object(serde_json::json!({"theme": "dark", "n": 1.5})), object(serde_json::json!({"x": "y".repeat(65_536)})));
    write(test, move |tx, ctx| {
        proved(tx, ctx, "anna", ANNA)?;
        let prefs = update_prefs(tx, ctx, "anna", &small)?.prefs;
        assert_eq!(serde_json::from_str::<serde_json::Value>(&prefs).unwrap(), serde_json::json!(small));
        let error = update_prefs(tx, ctx, "anna", &large).unwrap_err();
        assert!(matches!(error.code, Code::InvalidValue { ref field, .. } if field == "prefs"));
        assert_eq!(get(tx, "p1", "anna")?.prefs, prefs);
        Ok(())
    });
});

on_both!(only_pending_accounts_of_the_send_path_are_purged_and_only_when_they_are_old, |test| {
    write(test, |tx, ctx| {
        ensure_pending(tx, ctx, Some("old"), &target(BERND))?;
        proved(tx, ctx, "anna", ANNA)?;
        create_anonymous(tx, ctx)?;
        assert_eq!(purge_pending(tx, "p1", ctx.now)?, 0);
        assert_eq!(purge_pending(tx, "p2", ctx.now.plus_seconds(1))?, 0);
        assert_eq!(purge_pending(tx, "p1", ctx.now.plus_seconds(1))?, 1);
        assert_eq!((find(tx, "p1", "old")?, count(tx, "p1")?), (None, 2));
        Ok(())
    });
});

on_both!(a_text_is_found_in_the_users_own_object, |test| {
    let user = write(test, create_anonymous);
    let pref = |prefs: &str| User { prefs: prefs.to_owned(), ..user.clone() }.pref("image");
    assert_eq!(pref(r#"{"image":"https://a/b.png"}"#).as_deref(), Some("https://a/b.png"));
    for prefs in ["{}", r#"{"image":5}"#, r#"{"x":"\"image\""}"#, "not json \"image\""] {
        assert_eq!(pref(prefs), None, "{prefs}");
    }
});
