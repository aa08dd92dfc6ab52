//! The rules of Countersign and their SQL.
//!
//! Synchronous on purpose: nothing inside a transaction can wait for the network. What must go out is put in the
//! outbox (`message`) in the same transaction; the server's worker sends it.

pub mod admin;
pub mod audit;
pub mod base;
pub mod db;
pub mod limit;
pub mod message;
pub mod project;
pub mod revocation;
pub mod session;
pub mod signin;
pub mod token;
pub mod user;
pub mod verification;

#[cfg(test)]
mod statements {
    //! Every statement is understood by both databases.

    use crate::db::testing::wait;
    use crate::on_both;

    on_both!(every_statement_can_be_prepared, |test| {
        let nouns: [(&str, &[&str]); 11] = [
            ("admin", crate::admin::sql::ALL),
            ("audit", crate::audit::sql::ALL),
            ("limit", crate::limit::sql::ALL),
            ("message", crate::message::sql::ALL),
            ("project", crate::project::sql::ALL),
            ("revocation", crate::revocation::sql::ALL),
            ("session", crate::session::sql::ALL),
            ("signin", crate::signin::sql::ALL),
            ("token", crate::token::sql::ALL),
            ("user", crate::user::sql::ALL),
            ("verification", crate::verification::sql::ALL),
        ];
        for (noun, statements) in nouns {
            for statement in statements {
                let statement: &'static str = statement;
                let prepared = wait(test.db.read(move |tx| tx.prepare(statement)));
                assert!(prepared.is_ok(), "{noun}: {statement}: {prepared:?}");
            }
        }
    });
}
