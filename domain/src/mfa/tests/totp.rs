//! Authenticator apps.

use totp_rs::Builder;

use super::*;
use crate::base::testing::START;
use crate::base::time::SECOND;
use crate::mfa::totp::matched_step;

/// The seed of RFC 6238, appendix B.
const SEED: &[u8; 20] = b"12345678901234567890";
const SEALED: &str = "SELECT sealed FROM authenticators WHERE user_id = $1";

/// What an app with this seed shows.
fn shown(secret: &Secret, now: Time) -> Secret {
    let seed: [u8; 20] = data_encoding::BASE32_NOPAD.decode(secret.expose().as_bytes()).unwrap().try_into().unwrap();
    let totp = Builder::new().with_secret(seed).build().unwrap();
    Secret::new(totp.generate(now.seconds() as u64).to_string())
}

/// Another code.
fn wrong(code: &Secret) -> Secret {
    Secret::new(format!("{:06}", (code.expose().parse::<u32>().unwrap() + 1) % 1_000_000))
}

/// The seed of a verified authenticator; the code of `ctx.now` is used.
fn verified(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Secret> {
    let secret = create_authenticator(tx, ctx, user)?.secret;
    verify_authenticator(tx, ctx, user, &shown(&secret, ctx.now))?;
    Ok(secret)
}

#[test]
fn the_codes_are_those_of_rfc_6238() {
    // Appendix B has eight digits; of six they are the last.
    for (seconds, code) in [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ] {
        let now = Time::from_micros(0).plus_seconds(seconds);
        assert_eq!(matched_step(SEED, &Secret::new(&code[2..]), now).unwrap(), Some(seconds / 30), "{seconds}");
        assert_eq!(matched_step(SEED, &Secret::new(&code[..6]), now).unwrap(), None, "{seconds}");
    }
}

#[test]
fn a_code_is_right_in_its_step_and_the_one_before_and_after_and_no_longer() {
    let step = 1_234_567_890 / 30;
    let at = |micros: i64| {
        let now = Time::from_micros(0).plus_seconds(step * 30).plus_micros(micros);
        matched_step(SEED, &Secret::new("005924"), now).unwrap()
    };
    assert_eq!(at(-30 * SECOND - 1), None);
    for inside in [-30 * SECOND, -1, 0, 30 * SECOND - 1, 30 * SECOND, 60 * SECOND - 1] {
        assert_eq!(at(inside), Some(step), "{inside}");
    }
    assert_eq!(at(60 * SECOND), None);
}

#[test]
fn nothing_but_six_ascii_digits_is_a_code() {
    let now = Time::from_micros(0).plus_seconds(1_234_567_890);
    let is_right = |text: &str| matched_step(SEED, &Secret::new(text), now).unwrap().is_some();
    assert!(is_right("005924"));
    for text in
        ["", "5924", "05924", "0005924", "+05924", "-05924", " 005924", "005924 ", "005 924", "00592４", "٠٠٥٩٢٤"]
    {
        assert!(!is_right(text), "{text:?}");
    }
}

#[test]
fn a_uri_is_escaped_and_leaves_out_what_apps_take_for_granted() {
    let secret = Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let made = uri("My Project", "a@example.com", &secret);
    assert_eq!(
        made.expose(),
        "otpauth://totp/My%20Project:a%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20Project"
    );
    let made = uri("Käse: 1&2/3", "-._~+49", &secret);
    assert!(
        made.expose().starts_with("otpauth://totp/K%C3%A4se%3A%201%262%2F3:-._~%2B49?secret="),
        "{}",
        made.expose()
    );
    assert!(made.expose().ends_with("&issuer=K%C3%A4se%3A%201%262%2F3"), "{}", made.expose());
}

on_both!(a_seed_has_32_characters_of_base32_and_is_not_in_the_row, |test| {
    write(test, |tx, ctx| {
        let secret = create_authenticator(tx, ctx, "u1")?.secret;
        let text = secret.expose();
        assert_eq!(text.len(), 32);
        assert!(text.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)));
        let sealed: Vec<u8> = tx.find(SEALED, args!["u1"], |row| row.get(0))?.unwrap();
        let seed = data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap();
        assert_eq!(seed.len(), 20);
        for part in [&seed[..8], &seed[12..], &text.as_bytes()[..8]] {
            assert!(!sealed.windows(8).any(|window| window == part));
        }
        assert_ne!(create_authenticator(tx, ctx, "u2")?.secret, secret);
        Ok(())
    });
});

on_both!(an_authenticator_that_was_never_verified_is_replaced_with_its_seed, |test| {
    write(test, |tx, ctx| {
        let first = create_authenticator(tx, ctx, "u1")?;
        let ctx = &later(ctx, 60);
        let second = create_authenticator(tx, ctx, "u1")?;
        assert!(first.id != second.id && first.secret != second.secret);
        let expected = Authenticator { id: second.id, verified_at: None, created_at: ctx.now };
        assert_eq!(find_authenticator(tx, ctx, "u1")?, Some(expected));
        let old = verify_authenticator(tx, ctx, "u1", &shown(&first.secret, ctx.now));
        assert_eq!(old.unwrap_err().code, Code::InvalidToken);
        verify_authenticator(tx, ctx, "u1", &shown(&second.secret, ctx.now))
    });
});

on_both!(a_verified_authenticator_stays_until_it_is_deleted, |test| {
    write(test, |tx, ctx| {
        let secret = verified(tx, ctx, "u1")?;
        let before = find_authenticator(tx, ctx, "u1")?;
        let ctx = &later(ctx, 60);
        assert_eq!(create_authenticator(tx, ctx, "u1").unwrap_err().code, Code::AuthenticatorAlreadyVerified);
        let again = verify_authenticator(tx, ctx, "u1", &shown(&secret, ctx.now));
        assert_eq!(again.unwrap_err().code, Code::AuthenticatorAlreadyVerified);
        assert_eq!(find_authenticator(tx, ctx, "u1")?, before);
        assert!(check_totp(tx, ctx, "u1", &shown(&secret, ctx.now))?);
        Ok(())
    });
});

on_both!(a_right_code_verifies_and_a_wrong_one_does_not, |test| {
    write(test, |tx, ctx| {
        let nobody = verify_authenticator(tx, ctx, "u1", &Secret::new("123456"));
        assert_eq!(nobody.unwrap_err().code, Code::AuthenticatorNotFound);
        let new = create_authenticator(tx, ctx, "u1")?;
        let ctx = &later(ctx, 90);
        let code = shown(&new.secret, ctx.now);
        for text in [wrong(&code), Secret::new(""), shown(&new.secret, ctx.now.plus_seconds(-60))] {
            assert_eq!(verify_authenticator(tx, ctx, "u1", &text).unwrap_err().code, Code::InvalidToken);
        }
        assert_eq!(find_authenticator(tx, ctx, "u1")?.unwrap().verified_at, None);
        verify_authenticator(tx, ctx, "u1", &code)?;
        let expected = Authenticator { id: new.id, verified_at: Some(ctx.now), created_at: START };
        assert_eq!(find_authenticator(tx, ctx, "u1")?, Some(expected));
        Ok(())
    });
});

on_both!(an_unverified_authenticator_proves_nothing_and_uses_no_code, |test| {
    write(test, |tx, ctx| {
        let secret = create_authenticator(tx, ctx, "u1")?.secret;
        let code = shown(&secret, ctx.now);
        assert!(!check_totp(tx, ctx, "u1", &code)?);
        assert!(!check_totp(tx, ctx, "nobody", &code)?);
        verify_authenticator(tx, ctx, "u1", &code)
    });
});

on_both!(the_code_that_verified_and_those_before_it_are_used, |test| {
    write(test, |tx, ctx| {
        let secret = verified(tx, ctx, "u1")?;
        for seconds in [-30, 0] {
            assert!(!check_totp(tx, ctx, "u1", &shown(&secret, ctx.now.plus_seconds(seconds)))?);
        }
        assert!(check_totp(tx, ctx, "u1", &shown(&secret, ctx.now.plus_seconds(30)))?);
        Ok(())
    });
});

on_both!(a_code_works_once_and_no_earlier_one_after_it, |test| {
    write(test, |tx, ctx| {
        let secret = verified(tx, ctx, "u1")?;
        let ctx = &later(ctx, 300);
        let code = shown(&secret, ctx.now);
        assert!(!check_totp(tx, ctx, "u1", &wrong(&code))?);
        assert!(check_totp(tx, ctx, "u1", &code)?);
        let next = &later(ctx, 30);
        for ctx in [ctx, next] {
            assert!(!check_totp(tx, ctx, "u1", &code)?);
            assert!(!check_totp(tx, ctx, "u1", &shown(&secret, ctx.now.plus_seconds(-30)))?);
        }
        assert!(check_totp(tx, next, "u1", &shown(&secret, next.now))?);
        Ok(())
    });
});

on_both!(a_clock_that_steps_back_opens_no_step_again, |test| {
    write(test, |tx, ctx| {
        let secret = verified(tx, ctx, "u1")?;
        let ahead = &later(ctx, 3_600);
        assert!(check_totp(tx, ahead, "u1", &shown(&secret, ahead.now))?);
        for seconds in [30, 60, 1_800, 3_570, 3_600] {
            let back = &later(ctx, seconds);
            assert!(!check_totp(tx, back, "u1", &shown(&secret, back.now))?, "{seconds}");
        }
        let on = &later(ctx, 3_630);
        assert!(check_totp(tx, on, "u1", &shown(&secret, on.now))?);
        Ok(())
    });
});

on_both!(a_code_is_its_users_in_its_project_only, |test| {
    const COPY: &str = "UPDATE authenticators SET sealed = $1 WHERE user_id = $2";
    write(test, |tx, ctx| {
        let others = elsewhere(ctx);
        let anna = verified(tx, ctx, "u1")?;
        verified(tx, ctx, "u2")?;
        verified(tx, &others, "u1")?;
        let (ctx, others) = (&later(ctx, 300), &later(&others, 300));
        let code = shown(&anna, ctx.now);
        assert!(!check_totp(tx, ctx, "u2", &code)?);
        assert!(!check_totp(tx, others, "u1", &code)?);
        // Nor does her seed open in another row.
        let sealed: Vec<u8> = tx
            .find("SELECT sealed FROM authenticators WHERE project_id = 'p1' AND user_id = 'u1'", &[], |row| {
                row.get(0)
            })?
            .unwrap();
        tx.exec(COPY, args![&sealed, "u2"])?;
        assert_eq!(check_totp(tx, ctx, "u2", &code).unwrap_err().code, Code::KeyFileMismatch);
        assert!(check_totp(tx, ctx, "u1", &code)?);
        Ok(())
    });
});

on_both!(with_another_key_file_no_code_is_right, |test| {
    write(test, |tx, ctx| {
        let secret = verified(tx, ctx, "u1")?;
        let ctx = &later(ctx, 300);
        let code = shown(&secret, ctx.now);
        assert_eq!(check_totp(tx, &thief(ctx), "u1", &code).unwrap_err().code, Code::KeyFileMismatch);
        assert!(check_totp(tx, ctx, "u1", &code)?);
        Ok(())
    });
});

on_both!(an_authenticator_can_be_deleted_verified_or_not, |test| {
    write(test, |tx, ctx| {
        assert_eq!(delete_authenticator(tx, ctx, "u1").unwrap_err().code, Code::AuthenticatorNotFound);
        create_authenticator(tx, ctx, "u1")?;
        delete_authenticator(tx, ctx, "u1")?;
        let old = verified(tx, ctx, "u1")?;
        verified(tx, ctx, "u2")?;
        verified(tx, &elsewhere(ctx), "u1")?;
        delete_authenticator(tx, ctx, "u1")?;
        assert_eq!(find_authenticator(tx, ctx, "u1")?, None);
        let ctx = &later(ctx, 300);
        assert!(!check_totp(tx, ctx, "u1", &shown(&old, ctx.now))?);
        assert_eq!(delete_authenticator(tx, ctx, "u1").unwrap_err().code, Code::AuthenticatorNotFound);
        // A new one has a seed of its own, and knows nothing of the codes that the old one used.
        let new = verified(tx, ctx, "u1")?;
        assert_ne!(new, old);
        assert!(find_authenticator(tx, ctx, "u2")?.is_some());
        assert!(find_authenticator(tx, &elsewhere(ctx), "u1")?.is_some());
        Ok(())
    });
});

on_both!(of_sixty_four_racers_with_one_code_exactly_one_is_right, |test| {
    let secret = write(test, |tx, ctx| verified(tx, ctx, "u1"));
    let ctx = later(&ctx(), 300);
    let code = shown(&secret, ctx.now);
    let answers = race(test, &ctx, 64, move |tx, ctx, _| check_totp(tx, ctx, "u1", &code));
    assert_eq!(answers.iter().filter(|a| **a == Ok(true)).count(), 1);
    assert_eq!(answers.iter().filter(|a| **a == Ok(false)).count(), 63);
});

on_both!(of_racers_with_neighbouring_codes_each_code_is_right_at_most_once, |test| {
    let secret = write(test, |tx, ctx| verified(tx, ctx, "u1"));
    let ctx = later(&ctx(), 300);
    let codes = [-30, 0, 30].map(|seconds| shown(&secret, ctx.now.plus_seconds(seconds)));
    let tried = codes.clone();
    let answers = race(test, &ctx, 63, move |tx, ctx, n| check_totp(tx, ctx, "u1", &tried[n % 3]));
    let wins = |code: usize| answers.iter().skip(code).step_by(3).filter(|a| **a == Ok(true)).count();
    assert!(wins(0) <= 1 && wins(1) <= 1);
    assert_eq!(wins(2), 1);
    assert!(answers.iter().all(Result::is_ok));
    wait(test.db.write(move |tx| {
        for code in &codes {
            assert!(!check_totp(tx, &ctx, "u1", code)?);
        }
        Ok(())
    }))
    .unwrap();
});

on_both!(of_sixty_four_racers_who_verify_with_one_code_exactly_one_does, |test| {
    let secret = write(test, |tx, ctx| create_authenticator(tx, ctx, "u1")).secret;
    let ctx = ctx();
    let code = shown(&secret, ctx.now);
    let answers = race(test, &ctx, 64, move |tx, ctx, _| verify_authenticator(tx, ctx, "u1", &code));
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, Code::AuthenticatorAlreadyVerified | Code::InvalidToken), "{refused:?}");
    }
});
