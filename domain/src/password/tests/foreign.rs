//! Hashes of other systems.

use super::*;
use crate::base::argon::take_filled;
use crate::base::foreign_hash::md5;
use crate::password::foreign::Sha;

const MD5: &str = "144fa7eaa4904e8ee120651997f70dcc";
const SHA512: &str = "4243da0a694e8a2f727c8060fe0507c8fa01ca68146c76d2c190805b638c20c6\
                      bf6ba04e21f11ae138785d0bff63c416e6f87badbffad37f6dee50094cc38c70";
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const ARGON2: &str = "$argon2i$v=19$m=20,t=3,p=2$YXBwd3JpdGU$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI";
const PHPASS: &str = "$P$Br387rwferoKN7uwHZqNMu98q3U8RO.";
const SCRYPT: &str = "3fdef49701bc4cfaacd551fe017283513284b4731e6945c263246ef948d3cf63\
                      b5d269c31fd697246085111a428245e24a4ddc6b64c687bc60a8910dbafc1d5b";
const FIREBASE: &str = "UlM7JiXRcQhzAGlaonpSqNSLIz475WMddOgLjej5De9vxTy48K6WtqlEzrRFeK4t0COfMhWCb8wuMHgxOFCHFQ==";
/// Made by Python's `hashlib`: 1,000 rounds of SHA-512 over the salt "`NaCl`".
const PBKDF2: &str = "+yqLwVPX9FSe8ayXt7lBFQrwqhRv0uPz8n5kPH7eWZn63vccd2ggBwhWS5gtzmHjG3bRMJQg3QvMUiaofohmOQ==";
const SIGNER_KEY: &str = "XyEKE9RcTDeLEsL/RjwPDBv/RqDl8fb3gpYEOQaPihbxf1ZAtSOHCjuAAa7Q3oHpCYhXSN9tizHgVOwn6krflQ==";

fn scrypt(costs: [i64; 3], length: i64) -> Algorithm {
    let [cost_cpu, cost_memory, cost_parallel] = costs;
    Algorithm::Scrypt { salt: "appwrite".to_owned(), cost_cpu, cost_memory, cost_parallel, length }
}

fn firebase(salt: &str, salt_separator: &str, signer_key: &str) -> Algorithm {
    let [salt, salt_separator, signer_key] = [salt, salt_separator, signer_key].map(str::to_owned);
    Algorithm::ScryptMod { salt, salt_separator, signer_key, rounds: None, mem_cost: None }
}

fn pbkdf2(version: Sha, iterations: i64) -> Algorithm {
    // "NaCl"
    Algorithm::Pbkdf2 { version, salt: "TmFDbA==".to_owned(), iterations }
}

/// One of each algorithm, all of the password "appwrite".
fn each() -> Vec<Foreign> {
    [
        (Algorithm::Argon2, ARGON2),
        (Algorithm::Bcrypt, "$2y$04$6bNw2HLQYeqHYyBfLMsv/OkVl83L0SgAhMV9PaeCGmj2oPNA35FYe"),
        (Algorithm::Md5, MD5),
        (Algorithm::sha(Some("sha512")).unwrap(), SHA512),
        (Algorithm::Phpass, PHPASS),
        (scrypt([16_384, 13, 2], 64), SCRYPT),
        (firebase("UxLMreBr6tYyjQ==", "Bw==", SIGNER_KEY), FIREBASE),
        (pbkdf2(Sha::Sha512, 1_000), PBKDF2),
    ]
    .map(|(algorithm, hash)| foreign(algorithm, hash))
    .into()
}

fn foreign(algorithm: Algorithm, hash: &str) -> Foreign {
    Foreign::new(algorithm, Secret::new(hash)).unwrap()
}

fn right(password: &str, foreign: &Foreign) -> bool {
    foreign.verify(&Secret::new(password)).unwrap()
}

/// The value that is refused.
fn refused(algorithm: Algorithm, hash: &str) -> String {
    let error = Foreign::new(algorithm, Secret::new(hash)).unwrap_err();
    assert!(hash.len() < 9 || !error.to_string().contains(hash), "{error}");
    let Code::InvalidValue { field, .. } = error.code else { panic!("{error}") };
    field
}

/// Contract nuvix §4.5, "Hash algorithm facts".
#[test]
fn the_password_of_each_algorithm_is_known_again() {
    for foreign in each() {
        assert!(right("appwrite", &foreign), "{foreign:?}");
        for wrong in ["", "Appwrite", "appwrite ", "äppwrite"] {
            assert!(!right(wrong, &foreign), "{foreign:?}");
        }
    }
    let dear = foreign(Algorithm::Bcrypt, "$2a$15$xX/myGbFU.ZSKHSi6EHdBOySTdYm8QxBLXmOPHrYMwV0mHRBBSBOq");
    assert!(right("appwrite", &dear));
}

/// Of the reference implementation, the last through `argon2-cffi`.
#[test]
fn every_variant_of_argon2_is_taken() {
    for hash in [
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
        "$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$Bj+eR+LycLGV0+FiRfL3OgxHJE8XA/vAQ0igWFvefE8",
    ] {
        let foreign = foreign(Algorithm::Argon2, hash);
        assert!(right("password", &foreign) && !right("Password", &foreign), "{hash}");
    }
}

#[test]
fn without_a_version_sha_is_sha3_of_512_bits() {
    let hash = "a721f80a3f2d1c08137a2ffaad4ac23298f01916e3314111adcba471b2135414\
                5e4c6fc1cc6d1974608e2e5a96a20df4fba9ac0d52660f3fdc6e2124d5958913";
    for version in [None, Some("sha3-512")] {
        assert!(right("appwrite", &foreign(Algorithm::sha(version).unwrap(), hash)));
    }
    let short = Algorithm::sha(Some("sha512/224")).unwrap();
    assert!(right("appwrite", &foreign(short, "746d850d8f4bb904a18b936d4693edde4b7eb886ae1527d2be410464")));
}

#[test]
fn a_password_is_tried_as_it_was_typed_and_then_as_we_spell_it() {
    let hashed = |text: &str| data_encoding::HEXUPPER.encode(&md5(0, b"", text.as_bytes()));
    for (made_of, typed) in [("ko\u{308}ln", "ko\u{308}ln"), ("k\u{f6}ln", "k\u{f6}ln"), ("k\u{f6}ln", "ko\u{308}ln")] {
        assert!(right(typed, &foreign(Algorithm::Md5, &hashed(made_of))), "{made_of}");
    }
    assert!(!right("k\u{f6}ln", &foreign(Algorithm::Md5, &hashed("ko\u{308}ln"))));
}

#[test]
fn a_wrong_password_of_a_cheap_hash_is_as_much_work_as_that_of_nobody() {
    let filled = |stored: Option<Stored>| {
        std::thread::spawn(move || (is("another", stored.as_ref()), take_filled())).join().unwrap()
    };
    let hash = Hash::Foreign(foreign(Algorithm::Md5, MD5));
    let stored = Stored { hash, earlier: Vec::new(), changed_at: crate::base::testing::START };
    assert_eq!((filled(Some(stored)), filled(None)), ((false, 64), (false, 64)));
}

#[test]
fn firebase_may_write_its_base64_in_any_way() {
    let other = |text: &str| text.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned();
    let algorithm = firebase("UxLMreBr6tYyjQ", "Bw", &other(SIGNER_KEY));
    assert!(right("appwrite", &foreign(algorithm, &other(FIREBASE))));
}

/// RFC 7914 §11 and RFC 6070, in base64.
#[test]
fn the_published_hashes_of_pbkdf2_are_known_again() {
    assert!(right(
        "Password",
        &foreign(
            pbkdf2(Sha::Sha256, 80_000),
            "TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ"
        )
    ));
    let salt = "c2FsdA".to_owned();
    let short = Algorithm::Pbkdf2 { version: Sha::Sha1, salt, iterations: 4_096 };
    assert!(right("password", &foreign(short, "SwB5AbdlSJq+rUnZJvch0GWkKcE=")));
}

#[test]
fn pbkdf2_of_another_family_or_of_no_or_too_much_work_is_refused() {
    for (version, iterations, field) in [
        (Sha::Sha3To256, 1_000, "passwordVersion"),
        (Sha::Sha224, 1_000, "passwordVersion"),
        (Sha::Sha512, 0, "passwordIterations"),
        (Sha::Sha512, -1, "passwordIterations"),
        (Sha::Sha512, 2_000_001, "passwordIterations"),
        // 64 bytes are two blocks of SHA-256 and four of SHA-1.
        (Sha::Sha256, 2_000_001, "passwordIterations"),
        (Sha::Sha1, 1_375_001, "passwordIterations"),
    ] {
        assert_eq!(refused(pbkdf2(version, iterations), PBKDF2), field, "{version:?} {iterations}");
    }
    assert_eq!(refused(pbkdf2(Sha::Sha512, 1), "c2hvcnQ="), "password");
}

/// Made by the `scrypt` and AES of OpenSSL, by way of Python: rounds 4, memory cost 12.
#[test]
fn a_firebase_project_may_have_costs_of_its_own() {
    let with = |rounds, mem_cost| {
        let Algorithm::ScryptMod { salt, salt_separator, signer_key, .. } =
            firebase("UxLMreBr6tYyjQ==", "Bw==", SIGNER_KEY)
        else {
            unreachable!()
        };
        Algorithm::ScryptMod { salt, salt_separator, signer_key, rounds, mem_cost }
    };
    let made = "9riaEWrhg/8S23zCuE2DsoX+a9NTwTre/YgaJQfwjTElF80Qb/hjx9vJNw3e6Eg4f8fDFsUsbhH+pXjD2qZ62g==";
    assert!(right("appwrite", &foreign(with(Some(4), Some(12)), made)));
    assert!(!right("appwrite", &foreign(with(Some(4), Some(12)), FIREBASE)));
    assert!(right("appwrite", &foreign(with(Some(8), Some(14)), FIREBASE)));
    for (rounds, mem_cost) in [(0, 14), (-8, 14), (8, 0), (8, 64), (8, 20), (1 << 20, 14)] {
        assert_eq!(refused(with(Some(rounds), Some(mem_cost)), FIREBASE), "passwordMemory", "{rounds} {mem_cost}");
    }
}

#[test]
fn a_hash_that_could_never_be_verified_is_refused() {
    for (algorithm, hash) in [
        (Algorithm::Argon2, BCRYPT),
        (Algorithm::Argon2, "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"),
        (Algorithm::Argon2, "$argon2id$v=19$m=65536,t=2,p=1$YWJj$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        (Algorithm::Bcrypt, ARGON2),
        (Algorithm::Bcrypt, &BCRYPT[..59]),
        (Algorithm::Md5, ""),
        (Algorithm::Md5, &MD5[1..]),
        (Algorithm::Md5, &MD5.replace('1', "x")),
        (Algorithm::sha(None).unwrap(), MD5),
        (Algorithm::sha(Some("sha1")).unwrap(), SHA512),
        (Algorithm::Phpass, ""),
        (Algorithm::Phpass, "$P$"),
        (Algorithm::Phpass, "$P$ä"),
        (Algorithm::Phpass, &PHPASS[..33]),
        (Algorithm::Phpass, &PHPASS.replace("RO.", "RO..")),
        (Algorithm::Phpass, BCRYPT),
        (scrypt([8, 14, 1], 32), SCRYPT),
        (firebase("UxLMreBr6tYyjQ==", "Bw==", SIGNER_KEY), "UlM7JiXRcQhz"),
        (firebase("UxLMreBr6tYyjQ==", "Bw==", SIGNER_KEY), "~"),
    ] {
        assert_eq!(refused(algorithm.clone(), hash), "password", "{algorithm:?} {hash}");
    }
}

#[test]
fn an_option_that_makes_no_sense_is_refused_by_its_name() {
    for (algorithm, hash, field) in [
        (scrypt([0, 14, 1], 64), SCRYPT, "passwordCpu"),
        (scrypt([1, 14, 1], 64), SCRYPT, "passwordCpu"),
        (scrypt([-8, 14, 1], 64), SCRYPT, "passwordCpu"),
        (scrypt([1_000, 14, 1], 64), SCRYPT, "passwordCpu"),
        (scrypt([8, 0, 1], 64), SCRYPT, "passwordMemory"),
        (scrypt([8, 14, 0], 64), SCRYPT, "passwordParallel"),
        (scrypt([8, 14, i64::MAX], 64), SCRYPT, "passwordParallel"),
        (scrypt([8, 14, 1], 0), "", "passwordLength"),
        (scrypt([8, 14, 1], 8), "3fdef49701bc4cfa", "passwordLength"),
        (scrypt([8, 14, 1], -1), SCRYPT, "passwordLength"),
        (firebase("", "Bw==", SIGNER_KEY), FIREBASE, "passwordSalt"),
        (firebase("~", "Bw==", SIGNER_KEY), FIREBASE, "passwordSalt"),
        (firebase(&"A".repeat(132), "Bw==", SIGNER_KEY), FIREBASE, "passwordSalt"),
        (firebase("UxLMreBr6tYyjQ==", "~", SIGNER_KEY), FIREBASE, "passwordSaltSeparator"),
        (firebase("UxLMreBr6tYyjQ==", "Bw==", "~"), FIREBASE, "passwordSignerKey"),
        (firebase("UxLMreBr6tYyjQ==", "Bw==", "XyEK"), "UlM7", "passwordSignerKey"),
        (firebase("UxLMreBr6tYyjQ==", "Bw==", "=="), "==", "passwordSignerKey"),
    ] {
        assert_eq!(refused(algorithm, hash), field);
    }
    let Code::InvalidValue { field, .. } = Algorithm::sha(Some("sha2")).unwrap_err().code else { panic!() };
    assert_eq!(field, "passwordVersion");
}

#[test]
fn a_hash_that_asks_for_too_much_work_is_refused() {
    let dear = "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert_eq!(refused(Algorithm::Argon2, dear), "password");
    assert_eq!(refused(Algorithm::Bcrypt, &BCRYPT.replace("05", "16")), "password");
    assert_eq!(refused(Algorithm::Bcrypt, &BCRYPT.replace("05", "03")), "password");
    assert_eq!(refused(Algorithm::Phpass, &PHPASS.replace("$P$B", "$P$J")), "password");
    foreign(Algorithm::Phpass, &PHPASS.replace("$P$B", "$P$I"));
    foreign(scrypt([131_072, 8, 2], 64), SCRYPT);
    for costs in [[131_072, 8, 3], [262_144, 16, 1], [2, 8, 1_048_576], [2_097_152, 2_097_152, 2_097_152]] {
        assert_eq!(refused(scrypt(costs, 64), SCRYPT), "passwordMemory", "{costs:?}");
    }
}

on_both!(a_foreign_hash_is_kept_with_what_it_needs, |test| {
    write(test, |tx, ctx| {
        for foreign in each() {
            let user = foreign.algorithm().name();
            assert!(set_foreign(tx, ctx, user, None, &foreign, 0)?);
            assert!(!set_foreign(tx, ctx, user, None, &foreign, 0)?);
            let stored = find(tx, ctx, user)?;
            assert_eq!(stored.as_ref().map(|s| &s.hash), Some(&Hash::Foreign(foreign)));
            assert!(is("appwrite", stored.as_ref()) && !is("Appwrite", stored.as_ref()), "{user}");
            let sealed: Vec<u8> = tx.find(sql::FIND, args![&ctx.project, user], |row| row.get(0))?.unwrap();
            let stored = stored.unwrap();
            assert!(!sealed.windows(8).any(|w| stored.hash.parts().0.as_bytes().starts_with(w)));
            let printed = format!("{stored:?}");
            assert!(!printed.contains(stored.hash.parts().0) && !printed.contains(SIGNER_KEY), "{printed}");
        }
        Ok(())
    });
});

on_both!(a_foreign_hash_is_made_anew_and_stays_in_the_history, |test| {
    write(test, |tx, ctx| {
        for foreign in each().into_iter().take(3) {
            let user = foreign.algorithm().name();
            change(tx, ctx, user, "older password", 3)?;
            let was = find(tx, ctx, user)?;
            assert!(set_foreign(tx, ctx, user, was.as_ref(), &foreign, 3)?);
            let stored = find(tx, ctx, user)?.unwrap();
            assert!(stored.needs_rehash(CHEAP));
            assert!(recent("appwrite", &stored, 3) && recent("older password", &stored, 3));
            assert!(replace_hash(tx, ctx, user, &stored, &hashed(ctx, "appwrite"))?);
            let anew = find(tx, ctx, user)?.unwrap();
            assert!(!anew.needs_rehash(CHEAP) && is("appwrite", Some(&anew)));
            assert!(set_foreign(tx, ctx, user, Some(&anew), &foreign, 3)?);
            let last = change(tx, ctx, user, "newer password", 3)?;
            let [Hash::Foreign(kept), Hash::Own(_)] = &last.earlier[..] else { panic!("{last:?}") };
            assert_eq!(kept, &foreign);
            assert!(recent("appwrite", &last, 3) && !recent("Appwrite", &last, 3));
        }
        Ok(())
    });
});

on_both!(what_was_kept_before_there_were_foreign_hashes_is_ours, |test| {
    write(test, |tx, ctx| {
        let (now, before) = (hashed(ctx, "second password"), hashed(ctx, "first password"));
        let text = json!({ "hash": now, "earlier": [before] }).to_string();
        let sealed = ctx.keys.seal(Label::Password, &place(ctx, "anna"), text.as_bytes(), &*ctx.random)?;
        tx.exec(sql::INSERT, args![&ctx.project, "anna", &sealed, ctx.now])?;
        let stored = find(tx, ctx, "anna")?.unwrap();
        assert_eq!((&stored.hash, &stored.earlier[..]), (&Hash::Own(now.into()), &[Hash::Own(before.into())][..]));
        assert!(is("second password", Some(&stored)) && recent("first password", &stored, 2));
        // Nor does one of ours look different to an older version now.
        let inside = Inside::<_, Algorithm> { hash: "a", earlier: vec!["b"], made_by: vec![None, None] };
        assert_eq!(serde_json::to_value(inside).unwrap(), json!({ "hash": "a", "earlier": ["b"] }));
        Ok(())
    });
});

on_both!(a_hash_is_shown_with_its_options, |test| {
    write(test, |tx, ctx| {
        let own = change(tx, ctx, "anna", "annas password", 0)?;
        let options = json!({
            "type": "argon2", "hashLength": 32, "timeCost": 1, "memoryCost": 64, "parallelism": 1,
        });
        let password = Secret::new(own.hash.parts().0);
        let shown = own.shown()?;
        assert_eq!((shown.password, shown.hash, shown.options), (password, "argon2", options));
        let options = [
            json!({ "type": "argon2" }),
            json!({ "type": "bcrypt" }),
            json!({ "type": "md5" }),
            json!({ "type": "sha", "version": "sha512" }),
            json!({ "type": "phpass" }),
            json!({
                "type": "scrypt", "salt": "appwrite", "costCpu": 16_384, "costMemory": 13, "costParallel": 2,
                "length": 64,
            }),
            json!({
                "type": "scryptMod", "salt": "UxLMreBr6tYyjQ==", "saltSeparator": "Bw==", "signerKey": SIGNER_KEY,
            }),
        ];
        for (foreign, options) in each().into_iter().zip(options) {
            let (hash, password) = (foreign.algorithm().name(), foreign.hash().clone());
            assert!(set_foreign(tx, ctx, hash, None, &foreign, 0)?);
            let shown = find(tx, ctx, hash)?.unwrap().shown()?;
            assert!(!format!("{shown:?}").contains("salt"));
            assert_eq!((shown.password, shown.hash, shown.options), (password, hash, options));
        }
        Ok(())
    });
});
