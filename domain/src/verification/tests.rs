use super::*;
use crate::base::Error;
use crate::base::crypto::{Keys, sha256};
use crate::base::testing::ctx;
use crate::db::testing::{TestDb, wait};
use crate::on_both;

const ANNA: &str = "+491701234567";
const BERND: &str = "+491712345678";
const CODE: &str = "407182";

fn write<T: Send + 'static>(test: &TestDb, work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static) -> T {
    let ctx = ctx();
    wait(test.db.write(move |tx| work(tx, &ctx))).unwrap()
}

fn subject(target: &str) -> Subject<'_> {
    Subject {
        dialect: Dialect::Nuvix,
        purpose: Purpose::SignIn,
        channel: Channel::Sms,
        target,
        session: None,
        wanted_length: 6,
    }
}

fn mac_of(ctx: &Ctx, of: &Verification, code: &str) -> Result<[u8; 32]> {
    mac(ctx, &of.id, of.purpose, &of.target, code)
}

fn at(ctx: &Ctx, seconds: i64) -> Ctx {
    Ctx { now: ctx.now.plus_seconds(seconds), ..ctx.clone() }
}

/// A verification of `subject` with one handle, which is the SHA-256 of `text`, and a code.
fn issue(tx: &mut Tx<'_>, ctx: &Ctx, subject: &Subject<'_>, text: &str, code: &str) -> Result<Verification> {
    let expires_at = ctx.now.plus_seconds(900);
    let opens = create(tx, ctx, subject, subject.wanted_length, None, expires_at)?;
    let id = opens.id.clone();
    hold(tx, ctx, subject.target, Some(&opens), text)?;
    let made = find(tx, &id)?.ok_or_else(|| Error::internal("no verification"))?;
    arm(tx, ctx, &made, &Secret::new(code), "u1", Some("u1"), false)?;
    find(tx, &id)?.ok_or_else(|| Error::internal("no verification"))
}

fn on_its_way(of: &Verification) -> OnItsWay {
    OnItsWay {
        id: of.id.clone(),
        channel: of.channel,
        length: of.length,
        user: None,
        created_at: of.created_at,
        expires_at: of.expires_at,
        handles: 0,
    }
}

fn hold(tx: &mut Tx<'_>, ctx: &Ctx, target: &str, opens: Option<&OnItsWay>, text: &str) -> Result<Handle> {
    let hash = sha256(text.as_bytes());
    let new = NewHandle { hash: &hash, wanted_user: None, max_attempts: 5 };
    create_handle(tx, ctx, &new, target, opens, ctx.now.plus_seconds(900))
}

fn guess_at(tx: &mut Tx<'_>, ctx: &Ctx, text: &str, purpose: Purpose, code: &str) -> Result<&'static str> {
    Ok(match check(tx, ctx, &sha256(text.as_bytes()), purpose, &Secret::new(code))? {
        Checked::NoHandle => "no handle",
        Checked::Wrong { .. } => "wrong",
        Checked::Right { .. } => "right",
    })
}

fn guess(tx: &mut Tx<'_>, ctx: &Ctx, text: &str, code: &str) -> Result<&'static str> {
    guess_at(tx, ctx, text, Purpose::SignIn, code)
}

on_both!(the_stored_mac_is_not_the_code_and_two_equal_codes_have_different_macs, |test| {
    write(test, |tx, ctx| {
        let a = issue(tx, ctx, &subject(ANNA), "a", CODE)?.mac.unwrap();
        let b = issue(tx, ctx, &subject(ANNA), "b", CODE)?.mac.unwrap();
        let c = issue(tx, ctx, &subject(BERND), "c", CODE)?.mac.unwrap();
        assert!(a != b && a != c && b != c);
        assert_eq!(a.len(), 32);
        assert_ne!(a, sha256(CODE.as_bytes()));
        assert!(!a.windows(CODE.len()).any(|window| window == CODE.as_bytes()));
        Ok(())
    });
});

on_both!(a_mac_is_bound_to_its_verification_purpose_and_target_and_to_the_key_file, |test| {
    write(test, |tx, ctx| {
        let made = issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        let own = mac_of(ctx, &made, CODE)?;
        assert_eq!(made.mac.as_deref(), Some(&own[..]));
        let others = [
            Verification { id: "other".into(), ..made.clone() },
            Verification { purpose: Purpose::VerifyPhone, ..made.clone() },
            Verification { target: BERND.into(), ..made.clone() },
        ];
        for other in others {
            assert_ne!(mac_of(ctx, &other, CODE)?, own);
        }
        let thief = Ctx { keys: std::sync::Arc::new(Keys::from_master(&[8; 32])?), ..ctx.clone() };
        assert_ne!(mac_of(&thief, &made, CODE)?, own);
        assert_ne!(mac_of(ctx, &made, "407183")?, own);
        Ok(())
    });
});

on_both!(a_mac_copied_to_another_row_is_right_nowhere, |test| {
    const COPY: &str = "UPDATE verifications SET mac = $1 WHERE id = $2";
    const RETARGET: &str = "UPDATE verifications SET target = $1 WHERE id = $2";
    const REPURPOSE: &str = "UPDATE verifications SET purpose = $1 WHERE id = $2";
    write(test, |tx, ctx| {
        let a = issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        let b = issue(tx, ctx, &subject(BERND), "b", "000000")?;
        tx.exec(COPY, args![a.mac.as_ref(), &b.id])?;
        assert_eq!(guess(tx, ctx, "b", CODE)?, "wrong");
        tx.exec(RETARGET, args![BERND, &a.id])?;
        assert_eq!(guess(tx, ctx, "a", CODE)?, "wrong");
        tx.exec(RETARGET, args![ANNA, &a.id])?;
        tx.exec(REPURPOSE, args!["verify-phone", &a.id])?;
        assert_eq!(guess_at(tx, ctx, "a", Purpose::VerifyPhone, CODE)?, "wrong");
        assert_eq!(guess(tx, ctx, "a", CODE)?, "wrong");
        Ok(())
    });
});

on_both!(a_code_works_for_its_own_purpose_only, |test| {
    write(test, |tx, ctx| {
        let verify = Subject { purpose: Purpose::VerifyPhone, session: Some("s1"), ..subject(ANNA) };
        issue(tx, ctx, &verify, "verify", CODE)?;
        assert_eq!(guess(tx, ctx, "verify", CODE)?, "wrong");
        assert_eq!(guess_at(tx, ctx, "verify", Purpose::VerifyPhone, CODE)?, "right");
        Ok(())
    });
});

on_both!(a_handle_is_stored_as_its_hash, |test| {
    const HASH: &str = "SELECT hash FROM handles";
    write(test, |tx, ctx| {
        hold(tx, ctx, ANNA, None, "what-somebody-holds")?;
        let stored: Vec<u8> = tx.find(HASH, args![], |row| row.get(0))?.unwrap();
        assert_eq!(stored, sha256(b"what-somebody-holds"));
        assert_eq!(find_handle(tx, &sha256(b"something else"))?, None);
        Ok(())
    });
});

on_both!(a_handle_takes_five_guesses_and_counts_no_sixth, |test| {
    const ATTEMPTS: &str = "SELECT attempts FROM handles";
    write(test, |tx, ctx| {
        issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        for _ in 0..5 {
            assert_eq!(guess(tx, ctx, "a", "000000")?, "wrong");
        }
        for code in ["000000", CODE] {
            assert_eq!(guess(tx, ctx, "a", code)?, "no handle");
        }
        assert_eq!(tx.find(ATTEMPTS, args![], |row| row.get::<i64>(0))?, Some(5));
        Ok(())
    });
});

on_both!(an_empty_a_moved_and_an_expired_handle_open_nothing, |test| {
    write(test, |tx, ctx| {
        hold(tx, ctx, ANNA, None, "empty")?;
        assert_eq!(guess(tx, ctx, "empty", CODE)?, "no handle");
        issue(tx, ctx, &subject(ANNA), "moved", CODE)?;
        let handle = find_handle(tx, &sha256(b"moved"))?.unwrap();
        retire_handle(tx, &handle)?;
        assert_eq!(guess(tx, ctx, "moved", CODE)?, "no handle");
        issue(tx, ctx, &subject(ANNA), "expired", CODE)?;
        assert_eq!(guess(tx, &at(ctx, 900), "expired", CODE)?, "no handle");
        // Seen to be expired, it stays so when the clock steps back.
        assert_eq!(guess(tx, ctx, "expired", CODE)?, "no handle");
        Ok(())
    });
});

on_both!(a_verification_is_used_once_and_ends_all_its_handles, |test| {
    write(test, |tx, ctx| {
        let made = issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        let opens = on_its_way(&made);
        hold(tx, ctx, ANNA, Some(&opens), "b")?;
        assert!(made.is_armed());
        assert_eq!(guess(tx, ctx, "b", CODE)?, "right");
        assert!(consume(tx, ctx, &made.id)?);
        assert!(!consume(tx, ctx, &made.id)?);
        for text in ["a", "b"] {
            assert_eq!(guess(tx, ctx, text, CODE)?, "no handle");
        }
        // Nor does a worker that comes late give it another code.
        arm(tx, ctx, &made, &Secret::new("111111"), "u2", Some("u2"), false)?;
        assert_eq!(find(tx, &made.id)?.unwrap().mac, made.mac);
        Ok(())
    });
});

on_both!(only_the_same_subject_shares_what_is_on_its_way, |test| {
    write(test, |tx, ctx| {
        let made = issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        let there = find_on_its_way(tx, ctx, &subject(ANNA))?.unwrap();
        assert_eq!((there.id.as_str(), there.user.as_deref(), there.length), (made.id.as_str(), Some("u1"), 6));
        for other in [
            subject(BERND),
            Subject { dialect: Dialect::Nevr, ..subject(ANNA) },
            Subject { purpose: Purpose::VerifyPhone, ..subject(ANNA) },
            Subject { wanted_length: 8, ..subject(ANNA) },
            Subject { session: Some("s1"), ..subject(ANNA) },
        ] {
            assert_eq!(find_on_its_way(tx, ctx, &other)?, None, "{other:?}");
        }
        let elsewhere = Ctx { project: "p2".into(), ..ctx.clone() };
        assert_eq!(find_on_its_way(tx, &elsewhere, &subject(ANNA))?, None);
        assert_eq!(find_on_its_way(tx, &at(ctx, 900), &subject(ANNA))?, None);
        consume(tx, ctx, &made.id)?;
        assert_eq!(find_on_its_way(tx, ctx, &subject(ANNA))?, None);
        Ok(())
    });
});

on_both!(what_is_bound_to_a_session_is_shared_only_within_it, |test| {
    write(test, |tx, ctx| {
        let of = |session| Subject { purpose: Purpose::VerifyPhone, session: Some(session), ..subject(ANNA) };
        issue(tx, ctx, &of("s1"), "a", CODE)?;
        assert!(find_on_its_way(tx, ctx, &of("s1"))?.is_some());
        assert!(find_on_its_way(tx, ctx, &of("s2"))?.is_none());
        Ok(())
    });
});

on_both!(a_verification_takes_six_handles, |test| {
    write(test, |tx, ctx| {
        issue(tx, ctx, &subject(ANNA), "h1", CODE)?;
        for text in ["h2", "h3", "h4", "h5", "h6"] {
            let there = find_on_its_way(tx, ctx, &subject(ANNA))?.unwrap();
            assert!(there.takes_another());
            hold(tx, ctx, ANNA, Some(&there), text)?;
        }
        assert!(!find_on_its_way(tx, ctx, &subject(ANNA))?.unwrap().takes_another());
        // A handle that was moved away was one of the six: nobody gets thirty-one guesses by moving.
        let handle = find_handle(tx, &sha256(b"h6"))?.unwrap();
        retire_handle(tx, &handle)?;
        assert!(!find_on_its_way(tx, ctx, &subject(ANNA))?.unwrap().takes_another());
        Ok(())
    });
});

on_both!(a_handle_reserves_its_tries_until_it_is_used_moved_or_expired, |test| {
    write(test, |tx, ctx| {
        let reserved = |tx: &mut Tx<'_>, ctx: &Ctx| {
            let (target, user) = (reserved_by_target(tx, ctx, ANNA)?, reserved_by_user(tx, ctx, "u1")?);
            assert_eq!(target, user);
            Ok::<_, Error>(target)
        };
        let made = issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        assert_eq!(reserved(tx, ctx)?, 50_000);
        guess(tx, ctx, "a", "000000")?;
        assert_eq!(reserved(tx, ctx)?, 50_000);
        assert_eq!(reserved(tx, &at(ctx, 900))?, 10_000);
        assert_eq!(reserved(tx, &at(ctx, 86_400))?, 0);
        let handle = find_handle(tx, &sha256(b"a"))?.unwrap();
        retire_handle(tx, &handle)?;
        assert_eq!(reserved(tx, ctx)?, 10_000);
        consume(tx, ctx, &made.id)?;
        assert_eq!(reserved(tx, ctx)?, 0);
        Ok(())
    });
});

on_both!(a_longer_code_reserves_less_and_ten_digits_nothing, |test| {
    write(test, |tx, ctx| {
        for (text, code, sum) in [("a", "12345678", 500), ("b", "1234567890", 500), ("c", "123456", 50_500)] {
            issue(tx, ctx, &subject(ANNA), text, code)?;
            assert_eq!(reserved_by_target(tx, ctx, ANNA)?, sum, "{code}");
        }
        hold(tx, ctx, ANNA, None, "empty")?;
        assert_eq!(reserved_by_target(tx, ctx, ANNA)?, 50_500);
        Ok(())
    });
});

on_both!(the_worker_sees_what_the_person_reserved_and_who_waits_for_the_code, |test| {
    write(test, |tx, ctx| {
        issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        let expires_at = ctx.now.plus_seconds(900);
        let opens = create(tx, ctx, &subject(BERND), 6, None, expires_at)?;
        for text in ["b", "c"] {
            hold(tx, ctx, BERND, Some(&opens), text)?;
        }
        assert_eq!(reserved_beside(tx, ctx, "u1", &opens.id)?, (50_000, 2));
        Ok(())
    });
});

on_both!(budgets_of_two_projects_are_apart, |test| {
    write(test, |tx, ctx| {
        issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        let elsewhere = Ctx { project: "p2".into(), ..ctx.clone() };
        assert_eq!(reserved_by_target(tx, &elsewhere, ANNA)?, 0);
        assert_eq!(reserved_by_user(tx, &elsewhere, "u1")?, 0);
        Ok(())
    });
});

on_both!(what_the_budget_still_counts_is_not_removed, |test| {
    write(test, |tx, ctx| {
        let made = issue(tx, ctx, &subject(ANNA), "a", CODE)?;
        guess(tx, ctx, "a", "000000")?;
        let day = at(ctx, 86_399);
        assert_eq!(purge(tx, day.now)?, 0);
        assert_eq!(reserved_by_target(tx, &day, ANNA)?, 10_000);
        assert_eq!(purge(tx, at(ctx, 2 * 86_400 + 901).now)?, 2);
        assert_eq!(find(tx, &made.id)?, None);
        Ok(())
    });
});

#[test]
fn every_purpose_is_read_back_by_its_name() {
    for purpose in [Purpose::SignIn, Purpose::VerifyPhone] {
        assert_eq!(Purpose::parse(purpose.name()).unwrap(), purpose);
    }
    assert!(Purpose::parse("something").is_err());
}
