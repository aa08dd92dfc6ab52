//! The rules of Countersign and their SQL.
//!
//! Synchronous on purpose: nothing inside a transaction can wait for the network. What must go out is put in the
//! outbox (`message`) in the same transaction; the server's worker sends it.

pub mod admin;
pub mod audit;
pub mod backup;
pub mod base;
pub mod contact;
pub mod db;
pub mod device;
pub mod limit;
pub mod message;
pub mod mfa;
pub mod password;
pub mod project;
pub mod revocation;
pub mod session;
pub mod signin;
pub mod tenant;
pub mod token;
pub mod user;
pub mod verification;
pub mod webhook;

#[cfg(test)]
mod statements {
    //! Every statement is understood by both databases.

    use crate::db::Kind;
    use crate::db::testing::{TestDb, wait};
    use crate::on_both;

    /// Every noun's.
    const NOUNS: [(&str, &[&str]); 17] = [
        ("admin", crate::admin::sql::ALL),
        ("audit", crate::audit::sql::ALL),
        ("contact", crate::contact::sql::ALL),
        ("device", crate::device::sql::ALL),
        ("limit", crate::limit::sql::ALL),
        ("message", crate::message::sql::ALL),
        ("mfa", crate::mfa::sql::ALL),
        ("password", crate::password::sql::ALL),
        ("project", crate::project::sql::ALL),
        ("revocation", crate::revocation::sql::ALL),
        ("session", crate::session::sql::ALL),
        ("signin", crate::signin::sql::ALL),
        ("tenant", crate::tenant::sql::ALL),
        ("token", crate::token::sql::ALL),
        ("user", crate::user::sql::ALL),
        ("verification", crate::verification::sql::ALL),
        ("webhook", crate::webhook::sql::ALL),
    ];

    on_both!(every_statement_can_be_prepared, |test| {
        for (noun, statements) in NOUNS {
            for statement in statements {
                let statement: &'static str = statement;
                let prepared = wait(test.db.read(move |tx| tx.prepare(statement)));
                assert!(prepared.is_ok(), "{noun}: {statement}: {prepared:?}");
            }
        }
    });

    /// How those begin that read all rows on purpose: housekeeping, a lost key file, what waits in the outbox or for
    /// its link in the audit trail (small indexes of their own), what the console and the start of the process list,
    /// and an export.
    const WHOLE_TABLES: &[&str] = &[
        "DELETE FROM targets WHERE updated_at",
        "DELETE FROM passwords",
        "DELETE FROM signing_keys",
        "UPDATE users SET totp = FALSE, password_at = NULL WHERE totp",
        "UPDATE messages SET state = 'dead', settled_at = $1, payload = NULL,\n  reason = 'its key file is lost'",
        "SELECT MIN(due_at) FROM messages WHERE settled_at IS NULL",
        "SELECT COUNT(*) FROM messages WHERE settled_at IS NULL",
        "SELECT COUNT(*) FROM messages WHERE state = 'dead' AND created_at",
        "SELECT id, name, settings, providers, created_at, updated_at FROM projects ORDER BY",
        "SELECT COUNT(*) FROM projects",
        "SELECT id FROM projects ORDER BY",
        "SELECT project_id FROM audit_heads UNION",
        "SELECT COUNT(*) FROM audit_events WHERE project_id = $1 AND seq IS NULL",
        "SELECT id, at FROM audit_events WHERE project_id = $1 AND seq IS NULL",
        "DELETE FROM audit_heads",
        "UPDATE audit_events SET seq = NULL",
        "SELECT COUNT(*) FROM users WHERE",
        "SELECT 1 FROM messages WHERE news = TRUE",
        "SELECT id, project_id, verification_id, channel, purpose, target_mask, state, told",
        "SELECT c.project_id FROM webhook_cursors c",
        "UPDATE webhook_cursors SET seq = (\n  SELECT COUNT(*)",
        "SELECT w.id, (\n  SELECT MIN(d.due_at)",
        "SELECT id, project_id, name, url, events, enabled, off_reason, sealed, previous_until, failing_since, created_at, \
         updated_at, enabled_at FROM webhooks ORDER BY",
        "SELECT COUNT(*) FROM sessions WHERE",
        "UPDATE admins SET created_at = created_at",
        "SELECT id, email, created_at FROM admins ORDER BY",
        "SELECT t.id, t.name, t.expires_at, t.accessed_at, t.created_at, a.id, a.email, a.created_at\n \
         FROM admin_tokens t JOIN admins a ON a.id = t.admin_id ORDER BY",
        "SELECT u.id, u.origin, u.pending, u.blocked, u.name, u.email, u.email_proof, u.phone, u.phone_proof,\n",
    ];

    #[test]
    fn no_statement_reads_a_whole_table_on_postgres() {
        let test = TestDb::new(Kind::Postgres);
        let on_postgres = [("signin", crate::signin::sql::ON_POSTGRES), ("webhook", crate::webhook::sql::ON_POSTGRES)];
        let scans = wait(test.db.write(move |tx| {
            tx.exec("SET LOCAL enable_seqscan = off", &[])?;
            tx.exec("SET LOCAL plan_cache_mode = force_generic_plan", &[])?;
            let mut scans = Vec::new();
            let all = NOUNS.into_iter().chain(on_postgres).flat_map(|(_, statements)| statements);
            for (n, statement) in all.enumerate() {
                let many = (1..30).take_while(|n| statement.contains(&format!("${n}"))).count();
                tx.exec(format!("PREPARE plan{n} AS {statement}").leak(), &[])?;
                let nulls = if many == 0 { String::new() } else { format!("({})", vec!["NULL"; many].join(", ")) };
                let plan =
                    tx.list(format!("EXPLAIN EXECUTE plan{n}{nulls}").leak(), &[], |row| row.get::<String>(0))?;
                let whole = |(n, line): (usize, &String)| {
                    let by_index = line.contains("Index Scan") || line.contains("Index Only Scan");
                    let bounded = plan.get(n + 1).is_some_and(|next| next.contains("Index Cond"));
                    line.contains("Seq Scan") || (by_index && !bounded)
                };
                if plan.iter().enumerate().any(whole) && !WHOLE_TABLES.iter().any(|one| statement.starts_with(one)) {
                    scans.push(*statement);
                }
            }
            Ok(scans)
        }));
        assert_eq!(scans.unwrap(), Vec::<&str>::new());
    }

    /// Tables that grow with people; of the others a project has a few rows.
    const LARGE: [&str; 11] = [
        "devices",
        "memberships",
        "users",
        "sessions",
        "handles",
        "verifications",
        "messages",
        "targets",
        "budgets",
        "audit_events",
        "webhook_deliveries",
    ];

    /// How the list of users ends before its conditions are put behind it.
    const LISTED: &str = " FROM users WHERE project_id = $1";

    #[test]
    fn no_statement_reads_a_whole_table_or_project_on_sqlite() {
        let test = TestDb::new(Kind::Sqlite);
        let scans = wait(test.db.write(move |tx| {
            let mut scans = Vec::new();
            for statement in NOUNS.into_iter().flat_map(|(_, statements)| statements) {
                let many = (1..30).take_while(|n| statement.contains(&format!("${n}"))).count();
                let nulls = vec![crate::db::Value::Null; many];
                let explain = format!("EXPLAIN QUERY PLAN {statement}").leak();
                let plan = tx.list(explain, &nulls, |row| row.get::<String>(3))?;
                let whole = |line: &String| {
                    let of_large = LARGE.iter().any(|table| line.split(' ').nth(1) == Some(*table));
                    of_large && (line.starts_with("SCAN ") || line.ends_with(" (project_id=?)"))
                };
                let on_purpose =
                    statement.ends_with(LISTED) || WHOLE_TABLES.iter().any(|one| statement.starts_with(one));
                if plan.iter().any(whole) && !on_purpose {
                    scans.push((*statement, plan));
                }
            }
            Ok(scans)
        }));
        assert_eq!(scans.unwrap(), Vec::<(&str, Vec<String>)>::new());
    }
}
