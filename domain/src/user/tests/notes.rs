//! What servers note about an account.

use super::*;

fn make(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    create_by_key(tx, ctx, &NewByKey { id: Some(id), ..NewByKey::default() }).map(drop)
}

on_both!(what_a_server_notes_is_there_until_it_takes_it_away, |test| {
    write(test, |tx, ctx| {
        make(tx, ctx, "anna")?;
        assert_eq!(find_notes(tx, "p1", "anna")?, Notes::default());
        assert_eq!(find_notes(tx, "p1", "nobody")?, Notes::default());
        let before = announced(tx, ctx, "anna");
        set_external_id(tx, ctx, "anna", Some("crm-17"))?;
        set_vendor_metadata(tx, ctx, "anna", Some("{\"plan\": \"pro\"}"))?;
        assert_eq!(announced(tx, ctx, "anna"), before + 2);
        let notes =
            Notes { external_id: Some("crm-17".to_owned()), vendor_metadata: Some("{\"plan\": \"pro\"}".to_owned()) };
        assert_eq!(find_notes(tx, "p1", "anna")?, notes, "to the letter");
        assert_eq!(find_notes(tx, "p2", "anna")?, Notes::default(), "a user of another project");
        set_external_id(tx, ctx, "anna", None)?;
        assert_eq!(find_notes(tx, "p1", "anna")?, Notes { external_id: None, ..notes });
        set_vendor_metadata(tx, ctx, "anna", None)?;
        assert_eq!(find_notes(tx, "p1", "anna")?, Notes::default());
        assert_eq!(set_external_id(tx, ctx, "nobody", Some("x")).unwrap_err().code, Code::UserNotFound);
        Ok(())
    });
});

on_both!(an_external_id_finds_all_who_have_it_and_nobody_of_another_project, |test| {
    write(test, |tx, ctx| {
        let other = Ctx { project: "p2".into(), ..ctx.clone() };
        for (ctx, id) in [(ctx, "b"), (ctx, "a"), (ctx, "c"), (&other, "d")] {
            make(tx, ctx, id)?;
            set_external_id(tx, ctx, id, Some(if id == "c" { "CRM-17" } else { "crm-17" }))?;
        }
        assert_eq!(find_by_external_id(tx, "p1", "crm-17")?, ["a", "b"]);
        assert_eq!(find_by_external_id(tx, "p1", "CRM-17")?, ["c"]);
        assert_eq!(find_by_external_id(tx, "p2", "crm-17")?, ["d"]);
        for nobody in ["", "crm-1", "crm-17\0"] {
            assert!(find_by_external_id(tx, "p1", nobody)?.is_empty(), "{nobody:?}");
        }
        // Who is removed is found no more.
        delete(tx, ctx, "a")?;
        assert_eq!(find_by_external_id(tx, "p1", "crm-17")?, ["b"]);
        Ok(())
    });
});

on_both!(notes_have_their_form, |test| {
    write(test, |tx, ctx| {
        make(tx, ctx, "anna")?;
        let longest = "ä".repeat(256);
        set_external_id(tx, ctx, "anna", Some(&longest))?;
        for wrong in ["", "a\nb", "a\0", &"x".repeat(257)] {
            assert!(set_external_id(tx, ctx, "anna", Some(wrong)).is_err(), "{wrong:?}");
        }
        let full = format!("{{\"a\":\"{}\"}}", "x".repeat(65_536 - 8));
        set_vendor_metadata(tx, ctx, "anna", Some(&full))?;
        for wrong in ["", "[]", "7", "{", &format!("{full} ")] {
            assert!(set_vendor_metadata(tx, ctx, "anna", Some(wrong)).is_err());
        }
        let notes = Notes { external_id: Some(longest), vendor_metadata: Some(full) };
        notes.check()?;
        assert_eq!(find_notes(tx, "p1", "anna")?, notes);
        Ok(())
    });
});
