mod foreign;

use super::*;
use crate::base::testing::ctx;
use crate::base::{Code, Email, Phone};
use crate::db::testing::{TestDb, wait};
use crate::on_both;

const CHEAP: Cost = Cost { memory_kib: 64, iterations: 1, parallelism: 1 };
const LAX: Policy = Policy { dictionary: false, personal_data: false };
const STRICT: Policy = Policy { dictionary: true, personal_data: true };

fn write<T: Send + 'static>(test: &TestDb, work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static) -> T {
    let ctx = ctx();
    wait(test.db.write(move |tx| work(tx, &ctx))).unwrap()
}

fn hashed(ctx: &Ctx, password: &str) -> String {
    hash(CHEAP, &Secret::new(password), &*ctx.random).unwrap()
}

/// Sets a password over what is stored now.
fn change(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, password: &str, history: i64) -> Result<Stored> {
    let was = find(tx, ctx, user)?;
    assert!(set(tx, ctx, user, was.as_ref(), &hashed(ctx, password), history)?);
    Ok(find(tx, ctx, user)?.unwrap())
}

fn is(password: &str, stored: Option<&Stored>) -> bool {
    check(CHEAP, &Secret::new(password), stored).unwrap()
}

fn recent(password: &str, stored: &Stored, history: i64) -> bool {
    is_recent(&Secret::new(password), stored, history).unwrap()
}

on_both!(a_password_is_its_users_own, |test| {
    write(test, |tx, ctx| {
        assert_eq!(find(tx, ctx, "anna")?, None);
        change(tx, ctx, "anna", "annas password", 0)?;
        change(tx, ctx, "bernd", "bernds password", 0)?;
        let anna = find(tx, ctx, "anna")?;
        assert_eq!(anna.as_ref().map(|s| (s.earlier.len(), s.changed_at)), Some((0, ctx.now)));
        assert!(is("annas password", anna.as_ref()) && !is("bernds password", anna.as_ref()));
        let mut other = ctx.clone();
        other.project = "p2".into();
        assert_eq!(find(tx, &other, "anna")?, None);
        assert!(!delete(tx, &other, "anna")?);
        assert!(delete(tx, ctx, "anna")? && !delete(tx, ctx, "anna")?);
        assert_eq!((find(tx, ctx, "anna")?, find(tx, ctx, "bernd")?.is_some()), (None, true));
        assert_eq!((forget_all(tx)?, find(tx, ctx, "bernd")?), (1, None));
        Ok(())
    });
});

on_both!(the_database_holds_no_hash_and_a_sealed_one_opens_for_its_user_only, |test| {
    write(test, |tx, ctx| {
        change(tx, ctx, "anna", "first password", 5)?;
        let stored = change(tx, ctx, "anna", "second password", 5)?;
        let sealed: Vec<u8> = tx.find(sql::FIND, args![&ctx.project, "anna"], |row| row.get(0))?.unwrap();
        for hash in [&stored.hash, &stored.earlier[0]] {
            let hash = hash.parts().0;
            let tag = hash.rsplit('$').next().unwrap();
            for part in [tag, "argon2", "m=64"] {
                assert!(hash.contains(part));
                assert!(!sealed.windows(part.len()).any(|w| w == part.as_bytes()), "{part}");
            }
        }
        tx.exec(sql::INSERT, args![&ctx.project, "eve", &sealed, ctx.now])?;
        assert_eq!(find(tx, ctx, "eve").unwrap_err().code, Code::KeyFileMismatch);
        assert!(!format!("{stored:?}").contains("argon2"));
        Ok(())
    });
});

on_both!(what_was_thought_of_an_earlier_password_changes_nothing, |test| {
    write(test, |tx, ctx| {
        let (one, other) = (hashed(ctx, "one password"), hashed(ctx, "other password"));
        assert!(set(tx, ctx, "anna", None, &one, 0)?);
        assert!(!set(tx, ctx, "anna", None, &other, 0)?);
        let was = find(tx, ctx, "anna")?.unwrap();
        // The clock stands still, and yet the second of two changes comes too late.
        assert!(set(tx, ctx, "anna", Some(&was), &other, 0)?);
        assert!(!set(tx, ctx, "anna", Some(&was), &one, 0)?);
        assert!(!replace_hash(tx, ctx, "anna", &was, &one)?);
        let now = find(tx, ctx, "anna")?;
        assert!(is("other password", now.as_ref()) && now.as_ref().unwrap().changed_at > was.changed_at);
        delete(tx, ctx, "anna")?;
        assert!(!set(tx, ctx, "anna", now.as_ref(), &one, 0)?);
        assert!(!replace_hash(tx, ctx, "anna", &now.unwrap(), &one)?);
        assert_eq!(find(tx, ctx, "anna")?, None);
        Ok(())
    });
});

on_both!(two_changes_at_once_are_one_change, |test| {
    let was = write(test, |tx, ctx| change(tx, ctx, "anna", "old password", 0));
    let race = async {
        let ask = |password: &'static str| {
            let (ctx, was) = (ctx(), was.clone());
            test.db.write(move |tx| set(tx, &ctx, "anna", Some(&was), &hashed(&ctx, password), 0))
        };
        futures_util::future::join(ask("one password"), ask("other password")).await
    };
    let (one, other) = wait(race);
    assert_ne!(one.unwrap(), other.unwrap());
});

on_both!(the_last_passwords_are_remembered_and_no_more, |test| {
    write(test, |tx, ctx| {
        for password in ["password 1", "password 2", "password 3"] {
            change(tx, ctx, "anna", password, 3)?;
        }
        let stored = change(tx, ctx, "anna", "password 4", 3)?;
        assert_eq!(stored.earlier.len(), 2);
        let known = |history| [1, 2, 3, 4].map(|n| recent(&format!("password {n}"), &stored, history));
        assert_eq!(known(3), [false, true, true, true]);
        assert_eq!(known(1), [false, false, false, true]);
        assert_eq!(known(0), [false; 4]);
        assert_eq!(change(tx, ctx, "anna", "password 5", 0)?.earlier, []);
        Ok(())
    });
});

on_both!(another_hash_of_the_same_password_is_no_change, |test| {
    write(test, |tx, ctx| {
        change(tx, ctx, "anna", "first password", 2)?;
        let was = change(tx, ctx, "anna", "second password", 2)?;
        let dearer = Cost { iterations: 2, ..CHEAP };
        assert!(was.needs_rehash(dearer));
        let again = hash(dearer, &Secret::new("second password"), &*ctx.random)?;
        let mut later = ctx.clone();
        later.now = ctx.now.plus_seconds(60);
        assert!(replace_hash(tx, &later, "anna", &was, &again)?);
        let now = find(tx, ctx, "anna")?.unwrap();
        assert!(!now.needs_rehash(dearer) && is("second password", Some(&now)));
        assert_eq!((now.changed_at, &now.earlier), (was.changed_at, &was.earlier));
        Ok(())
    });
});

#[test]
fn nobodys_password_is_never_right() {
    assert!(!is("", None) && !is("some password", None));
}

fn verdict(policy: Policy, password: &str) -> Option<Code> {
    let email = Email::parse("al.maier@example.com").unwrap();
    let phone = Phone::parse("+491701234567", None).unwrap();
    let personal = Personal { user_id: "anna-1990", email: Some(&email), name: "Änna Maier", phone: Some(&phone) };
    policy.check(&Secret::new(password), &personal).err().map(|error| error.code)
}

#[test]
fn a_password_has_eight_to_256_characters() {
    for good in ["12345678", "äöüßäöüß", "🔑🔑🔑🔑🔑🔑🔑🔑", &"x".repeat(256), "        "] {
        assert_eq!(verdict(LAX, good), None, "{good}");
    }
    // Two marks that make one character are one.
    for bad in ["", "1234567", "\u{e4}234567", "a\u{308}234567", &"x".repeat(257)] {
        let Some(Code::InvalidValue { field, .. }) = verdict(LAX, bad) else { panic!("{bad}") };
        assert_eq!(field, "password");
    }
}

#[test]
fn a_password_holds_no_data_of_its_user() {
    for bad in [
        "xANNA-1990x",
        "my al.maier 77",
        "Al.Maier@Example.Com!",
        "++änna maier++",
        "++A\u{308}NNA MAIER++",
        "++ＡＮＮＡ-1990++",
        "call+491701234567",
        "call491701234567now",
    ] {
        assert_eq!(verdict(STRICT, bad), Some(Code::PasswordPersonalData), "{bad}");
        assert_eq!(verdict(LAX, bad), None, "{bad}");
    }
    for good in ["Blumenkohl am Sonntag", "maier und söhne 17", "anna mit Hut, Stock"] {
        assert_eq!(verdict(STRICT, good), None, "{good}");
    }
}

#[test]
fn short_personal_data_refuses_nothing() {
    let email = Email::parse("al@example.com").unwrap();
    let personal = Personal { user_id: "7", email: Some(&email), name: "Al", phone: None };
    let check = |password: &str| STRICT.check(&Secret::new(password), &personal).err().map(|error| error.code);
    assert_eq!(check("royal walrus 77 finally"), None);
    assert_eq!(check("royal al@example.com"), Some(Code::PasswordPersonalData));
    let nothing = Personal { user_id: "", email: None, name: " ", phone: None };
    assert!(STRICT.check(&Secret::new("royal walrus finally"), &nothing).is_ok());
}

#[test]
fn a_common_password_is_refused_where_the_project_says_so() {
    for bad in
        ["password", "Password1!", "P@ssw0rd", "ｐａｓｓｗｏｒｄ", "12345678", "qwertyuiop", "iloveyou2", "aaaaaaaaaa"]
    {
        let Some(Code::InvalidValue { field, reason }) = verdict(STRICT, bad) else { panic!("{bad}") };
        assert_eq!(field, "password");
        assert!(reason.contains("commonly used passwords"), "{reason}");
        assert_eq!(verdict(LAX, bad), None, "{bad}");
    }
    for good in ["k8#Lq2vT", "correct horse battery", "Blumenkohl am Sonntag", &"x7".repeat(128)] {
        assert_eq!(verdict(STRICT, good), None, "{good}");
    }
}
