//! Administrators and their passwords, in three beats: read, think on the hashing threads, write.

use std::sync::Arc;

use countersign_domain::admin::{self, Admin, Known, Session};
use countersign_domain::base::time::SECOND;
use countersign_domain::base::{Code, Ctx, Error, Result, Secret};

use super::App;
use crate::http::client;
use crate::http::limit::Rule;

const WINDOW: i64 = 15 * 60 * SECOND;
/// Passwords tried for one address of an administrator from one network address. Elsewhere he is let in all the same, and
/// here again soon, so that nobody can shut him out.
const PER_ADMIN: Rule = Rule { limit: 10, window_micros: WINDOW };
/// Passwords tried from one network address.
const PER_ADDRESS: Rule = Rule { limit: 60, window_micros: WINDOW };

impl App {
    /// Signs an administrator in. An unknown address is refused like a wrong password, and as late.
    pub async fn admin_sign_in(&self, ctx: &Ctx, email: &str, password: Secret) -> Result<(Admin, Session, Secret)> {
        self.count_admin_password(ctx, email).await?;
        let wanted = email.to_owned();
        let known = self.db.read(move |tx| admin::find_by_email(tx, &wanted)).await?;
        let known = self.check_admin_password(password, known).await?;
        let (ctx, admin) = (ctx.clone(), known.admin.clone());
        let (session, secret) = self.db.write(move |tx| admin::create_session(tx, &ctx, &known)).await?;
        Ok((admin, session, secret))
    }

    /// Whether `password` is that of an administrator who is signed in; `Code::InvalidValue` of `currentPassword` when
    /// it is not. Counted with the sign-ins.
    pub async fn confirm_admin(&self, ctx: &Ctx, admin: &Admin, password: Secret) -> Result<()> {
        self.count_admin_password(ctx, &admin.email).await?;
        let id = admin.id.clone();
        let known = self.db.read(move |tx| admin::find_known(tx, &id)).await?;
        self.check_admin_password(password, known).await.map(drop).map_err(|error| match error.code {
            Code::InvalidCredentials => Error::invalid("currentPassword", "is not your password"),
            _ => error,
        })
    }

    /// The hash of a new password that will do.
    pub async fn hash_admin_password(&self, ctx: &Ctx, password: Secret) -> Result<String> {
        admin::check_password(&password)?;
        let ctx = ctx.clone();
        self.hashing.run(move || admin::hash_password(&ctx, &password)).await
    }

    async fn check_admin_password(&self, password: Secret, known: Option<Known>) -> Result<Known> {
        let checked = move || Ok((admin::is_password(&password, known.as_ref())?, known));
        match self.hashing.run(checked).await? {
            (true, Some(known)) => Ok(known),
            _ => Err(Code::InvalidCredentials.into()),
        }
    }

    async fn count_admin_password(&self, ctx: &Ctx, email: &str) -> Result<()> {
        let ctx = Ctx { project: Arc::from(""), ..ctx.clone() };
        let address = ctx.address.map(client::counted).unwrap_or_default();
        let email = email.trim().to_lowercase();
        let hits = [
            self.hit(&ctx, "admin-address", &[vec![&address]], PER_ADDRESS).await?,
            self.hit(&ctx, "admin-password", &[vec![&address, &email]], PER_ADMIN).await?,
        ];
        match hits.into_iter().flatten().filter(|hit| !hit.allowed).map(|hit| hit.reset_at).max() {
            Some(retry_at) => Err(Code::TooManyAttempts { retry_at }.into()),
            None => Ok(()),
        }
    }
}
