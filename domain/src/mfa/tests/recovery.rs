//! Recovery codes.

use super::*;
use crate::base::crypto::sha256;

const MACS: &str = "SELECT mac FROM recovery_codes";
const COPY: &str = "SELECT sealed FROM recovery_sets WHERE user_id = $1";
const YEAR: i64 = 365 * 86_400;

fn create(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Vec<Secret>> {
    create_recovery_codes(tx, ctx, user, "s1", false)
}

/// The codes that can be read.
fn readable(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Option<Vec<Secret>> {
    match read_recovery_codes(tx, ctx, user).unwrap() {
        Readable::Codes { codes, .. } => Some(codes),
        Readable::Gone => None,
    }
}

/// How many of these codes work. They are used by it.
fn working(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, codes: &[Secret]) -> usize {
    codes.iter().filter(|code| use_recovery_code(tx, ctx, user, code).unwrap()).count()
}

on_both!(six_codes_of_ten_hex_digits_are_made, |test| {
    write(test, |tx, ctx| {
        let codes = create(tx, ctx, "u1")?;
        for (n, code) in codes.iter().enumerate() {
            let text = code.expose();
            assert!(text.len() == 10 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{text}");
            assert!(!codes[..n].contains(code));
        }
        assert_eq!((codes.len(), count_recovery_codes(tx, &ctx.project, "u1")?), (6, 6));
        assert_eq!(working(tx, ctx, "u1", &codes), 6);
        Ok(())
    });
});

on_both!(the_codes_are_nowhere_in_the_database, |test| {
    write(test, |tx, ctx| {
        let codes = create_recovery_codes(tx, ctx, "u1", "s1", true)?;
        let mut rows: Vec<Vec<u8>> = tx.list(MACS, &[], |row| row.get(0))?;
        assert!(rows.len() == 6 && rows.iter().all(|mac| mac.len() == 32));
        rows.push(tx.find(COPY, args!["u1"], |row| row.get(0))?.unwrap());
        for code in codes {
            let text = code.expose().as_bytes();
            let bytes = data_encoding::HEXLOWER.decode(text).unwrap();
            for row in &rows {
                assert!(!row.windows(10).any(|window| window == text));
                assert!(!row.windows(5).any(|window| window == bytes));
                assert_ne!(row[..], sha256(text));
            }
        }
        Ok(())
    });
});

on_both!(a_code_works_once_and_the_others_stay, |test| {
    write(test, |tx, ctx| {
        let codes = create(tx, ctx, "u1")?;
        assert!(use_recovery_code(tx, ctx, "u1", &codes[2])?);
        assert!(!use_recovery_code(tx, ctx, "u1", &codes[2])?);
        assert_eq!(count_recovery_codes(tx, &ctx.project, "u1")?, 5);
        assert_eq!(working(tx, &later(ctx, YEAR), "u1", &codes), 5);
        Ok(())
    });
});

on_both!(a_code_may_be_typed_in_capitals_and_with_spaces_and_in_no_other_way, |test| {
    write(test, |tx, ctx| {
        let codes = create(tx, ctx, "u1")?;
        let code = codes[0].expose();
        let (head, tail) = code.split_at(5);
        for text in ["", " ", &code[..9], &format!("{code}0"), &format!("{head}-{tail}"), &format!("0x{code}"), head] {
            assert!(!use_recovery_code(tx, ctx, "u1", &Secret::new(text))?, "{text:?}");
        }
        let typed = format!(" {} {}\t\n", head.to_uppercase(), tail.to_uppercase());
        assert!(use_recovery_code(tx, ctx, "u1", &Secret::new(typed))?);
        assert_eq!(count_recovery_codes(tx, &ctx.project, "u1")?, 5);
        Ok(())
    });
});

on_both!(codes_are_made_only_when_none_is_left, |test| {
    write(test, |tx, ctx| {
        let first = create(tx, ctx, "u1")?;
        assert_eq!(create(tx, ctx, "u1").unwrap_err().code, Code::RecoveryCodesExist);
        assert_eq!(working(tx, ctx, "u1", &first[..5]), 5);
        assert_eq!(create(tx, ctx, "u1").unwrap_err().code, Code::RecoveryCodesExist);
        assert_eq!(readable(tx, ctx, "u1").unwrap(), first[5..]);
        assert_eq!(working(tx, ctx, "u1", &first[5..]), 1);
        let second = create(tx, ctx, "u1")?;
        assert_eq!(working(tx, ctx, "u1", &first), 0);
        assert_eq!(working(tx, ctx, "u1", &second), 6);
        Ok(())
    });
});

on_both!(codes_are_replaced_while_one_is_left_and_the_old_ones_work_no_more, |test| {
    let replace = |tx: &mut Tx<'_>, ctx: &Ctx| replace_recovery_codes(tx, ctx, "u1", "s2", false);
    write(test, move |tx, ctx| {
        assert_eq!(replace(tx, ctx).unwrap_err().code, Code::RecoveryCodesNotFound);
        let first = create(tx, ctx, "u1")?;
        let strangers = create(tx, ctx, "u2")?;
        assert_eq!(working(tx, ctx, "u1", &first[..5]), 5);
        let second = replace(tx, ctx)?;
        assert_eq!(working(tx, ctx, "u1", &first), 0);
        assert_eq!(readable(tx, ctx, "u1").unwrap(), second);
        assert_eq!(working(tx, ctx, "u1", &second), 6);
        assert_eq!(replace(tx, ctx).unwrap_err().code, Code::RecoveryCodesNotFound);
        assert_eq!(working(tx, ctx, "u2", &strangers), 6);
        Ok(())
    });
});

on_both!(for_ten_minutes_the_codes_that_are_left_can_be_read, |test| {
    write(test, |tx, ctx| {
        let codes = create(tx, ctx, "u1")?;
        let expected =
            Readable::Codes { codes: codes.clone(), by_session: "s1".into(), until: Some(ctx.now.plus_seconds(600)) };
        assert_eq!(read_recovery_codes(tx, ctx, "u1")?, expected);
        assert!(use_recovery_code(tx, ctx, "u1", &codes[1])?);
        let left = [&codes[..1], &codes[2..]].concat();
        assert_eq!(readable(tx, &later(ctx, 599), "u1").unwrap(), left);
        assert_eq!(read_recovery_codes(tx, &later(ctx, 600), "u1")?, Readable::Gone);
        // What cannot be read works all the same.
        assert_eq!(working(tx, &later(ctx, 600), "u1", &left), 5);
        Ok(())
    });
});

on_both!(where_the_project_allows_it_codes_can_be_read_as_long_as_they_exist, |test| {
    write(test, |tx, ctx| {
        let codes = create_recovery_codes(tx, ctx, "u1", "s1", true)?;
        let ctx = &later(ctx, YEAR);
        purge(tx, ctx.now)?;
        let expected = Readable::Codes { codes: codes.clone(), by_session: "s1".into(), until: None };
        assert_eq!(read_recovery_codes(tx, ctx, "u1")?, expected);
        let new = replace_recovery_codes(tx, ctx, "u1", "s2", false)?;
        let expected = Readable::Codes { codes: new, by_session: "s2".into(), until: Some(ctx.now.plus_seconds(600)) };
        assert_eq!(read_recovery_codes(tx, ctx, "u1")?, expected);
        Ok(())
    });
});

on_both!(there_is_nothing_to_read_where_no_code_is_left, |test| {
    write(test, |tx, ctx| {
        assert_eq!(read_recovery_codes(tx, ctx, "u1").unwrap_err().code, Code::RecoveryCodesNotFound);
        let codes = create(tx, ctx, "u1")?;
        assert_eq!(working(tx, ctx, "u1", &codes), 6);
        assert_eq!(read_recovery_codes(tx, ctx, "u1").unwrap_err().code, Code::RecoveryCodesNotFound);
        assert_eq!(count_recovery_codes(tx, &ctx.project, "u1")?, 0);
        Ok(())
    });
});

on_both!(a_copy_past_its_time_is_erased_and_its_codes_go_on_working, |test| {
    write(test, |tx, ctx| {
        let copy = |tx: &mut Tx<'_>, user: &str| {
            tx.find(COPY, args![user], |row| row.get::<Option<Vec<u8>>>(0)).unwrap().unwrap()
        };
        let codes = create(tx, ctx, "u1")?;
        create(tx, &later(ctx, 60), "u2")?;
        assert_eq!(purge(tx, ctx.now.plus_seconds(599))?, 0);
        assert_eq!(purge(tx, ctx.now.plus_seconds(600))?, 1);
        assert_eq!(purge(tx, ctx.now.plus_seconds(600))?, 0);
        assert_eq!((copy(tx, "u1").is_none(), copy(tx, "u2").is_some()), (true, true));
        // Not even for a clock that steps back.
        assert_eq!(read_recovery_codes(tx, ctx, "u1")?, Readable::Gone);
        assert_eq!(working(tx, ctx, "u1", &codes), 6);
        Ok(())
    });
});

on_both!(a_code_is_its_users_in_its_project_and_set_only, |test| {
    const MOVE: &str = "UPDATE recovery_codes SET user_id = 'u2' WHERE user_id = 'u1' AND project_id = 'p1'";
    write(test, |tx, ctx| {
        let others = &elsewhere(ctx);
        let codes = create(tx, ctx, "u1")?;
        create(tx, ctx, "u2")?;
        create(tx, others, "u1")?;
        assert_eq!(working(tx, ctx, "u2", &codes), 0);
        assert_eq!(working(tx, others, "u1", &codes), 0);
        assert_eq!(working(tx, ctx, "nobody", &codes), 0);
        assert_eq!(working(tx, ctx, "u1", &codes[..1]), 1);
        // Nor are they right in another row.
        tx.exec(MOVE, &[])?;
        assert_eq!(count_recovery_codes(tx, &ctx.project, "u2")?, 11);
        assert_eq!(working(tx, ctx, "u2", &codes), 0);
        Ok(())
    });
});

on_both!(with_another_key_file_no_code_is_right_and_none_can_be_read, |test| {
    write(test, |tx, ctx| {
        let codes = create(tx, ctx, "u1")?;
        let thief = &thief(ctx);
        assert_eq!(working(tx, thief, "u1", &codes), 0);
        assert_eq!(read_recovery_codes(tx, thief, "u1").unwrap_err().code, Code::KeyFileMismatch);
        assert_eq!(working(tx, ctx, "u1", &codes), 6);
        Ok(())
    });
});

on_both!(a_copy_of_another_user_or_set_cannot_be_read, |test| {
    const PASTE: &str = "UPDATE recovery_sets SET sealed = $1 WHERE user_id = $2";
    write(test, |tx, ctx| {
        create(tx, ctx, "u1")?;
        let old: Vec<u8> = tx.find(COPY, args!["u1"], |row| row.get(0))?.unwrap();
        create(tx, ctx, "u2")?;
        replace_recovery_codes(tx, ctx, "u1", "s1", false)?;
        for user in ["u1", "u2"] {
            tx.exec(PASTE, args![&old, user])?;
            assert_eq!(read_recovery_codes(tx, ctx, user).unwrap_err().code, Code::KeyFileMismatch);
        }
        Ok(())
    });
});

on_both!(of_sixty_four_racers_with_one_code_exactly_one_is_right, |test| {
    let codes = write(test, |tx, ctx| create(tx, ctx, "u1"));
    let code = codes[0].clone();
    let answers = race(test, &ctx(), 64, move |tx, ctx, _| use_recovery_code(tx, ctx, "u1", &code));
    assert_eq!(answers.iter().filter(|a| **a == Ok(true)).count(), 1);
    assert_eq!(answers.iter().filter(|a| **a == Ok(false)).count(), 63);
    assert_eq!(write(test, |tx, ctx| count_recovery_codes(tx, &ctx.project, "u1")), 5);
});

on_both!(of_many_who_make_codes_at_once_one_gets_them_and_they_work, |test| {
    let ctx = ctx();
    // Once where there is no set, once where one is used up.
    for _ in 0..2 {
        let answers = race(test, &ctx, 32, |tx, ctx, _| create(tx, ctx, "u1"));
        let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert!(refused.into_iter().all(|answer| answer == Err(Code::RecoveryCodesExist)));
        let [Ok(codes)] = &made[..] else { panic!("{} sets were made", made.len()) };
        let codes = codes.clone();
        assert_eq!(write(test, move |tx, ctx| Ok(working(tx, ctx, "u1", &codes))), 6);
    }
});

on_both!(of_many_who_replace_the_codes_at_once_the_last_ones_codes_work, |test| {
    let ctx = ctx();
    let maker = ctx.clone();
    wait(test.db.write(move |tx| create(tx, &maker, "u1"))).unwrap();
    let answers = race(test, &ctx, 16, |tx, ctx, _| replace_recovery_codes(tx, ctx, "u1", "s1", false));
    let sets: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let worked = write(test, move |tx, ctx| {
        assert_eq!(count_recovery_codes(tx, &ctx.project, "u1")?, 6);
        Ok(sets.iter().map(|codes| working(tx, ctx, "u1", codes)).filter(|n| *n > 0).collect::<Vec<_>>())
    });
    assert_eq!(worked, [6]);
});
