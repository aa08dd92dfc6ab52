//! A number and its code, an address and its password, in the steps of clients that keep a handle in a cookie or none.

use std::sync::Arc;

use countersign_domain::base::{Code, Ctx, Phone, Result, Secret, Target};
use countersign_domain::signin::account::{self, Known, SignUp};
use countersign_domain::signin::number::{self, Shown};
use countersign_domain::signin::verify::{self, Number, Token};
use countersign_domain::signin::{self, Caller, Factor, SignedIn, Terms, second};
use countersign_domain::user::User;
use countersign_domain::verification::Dialect;

use super::password::Person;
use super::{App, Hosted, NewAccount};

impl App {
    /// Signs in by a number and the code that came to it. The attempt is durable before the answer, whatever it is.
    pub async fn sign_in_by_number(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        terms: Terms,
        shown: Shown,
    ) -> Result<SignedIn> {
        let (ctx, hosted, dialect) = (ctx.clone(), Arc::clone(hosted), shown.dialect);
        let answer = self.db.write(move |tx| number::sign_in(tx, &ctx, &hosted.project, &terms, &shown)).await?;
        match &answer {
            Ok(_) => self.metrics.signin_finished(dialect.into()),
            Err(error) => self.metrics.signin_refused(dialect.into(), error.code.name()),
        }
        answer
    }

    /// Says whether a code would sign in.
    pub async fn check_number(&self, ctx: &Ctx, shown: Shown) -> Result<()> {
        let ctx = ctx.clone();
        self.db.write(move |tx| number::check(tx, &ctx, &shown)).await?
    }

    /// Sends the caller a code to a number that he wants to have.
    pub async fn start_number(&self, ctx: &Ctx, hosted: &Arc<Hosted>, caller: Caller, number: Number) -> Result<Token> {
        self.spend_address(ctx, hosted, &Target::Phone(number.phone.clone())).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| verify::start_number(tx, &ctx, &hosted.project, &caller, &number)).await
    }

    /// Gives the caller a number, by the code that came to it.
    pub async fn finish_number(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        number: Number,
        code: Secret,
    ) -> Result<User> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| verify::finish_number(tx, &ctx, &hosted.project, &caller, &number, &code)).await?
    }

    /// Sets a new password by a code that came to the account's number. The code is used up with it and not before, so
    /// that a password which the rules refuse costs nothing.
    pub async fn recover_by_number(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        shown: Shown,
        password: Secret,
    ) -> Result<User> {
        let Known { user, stored, .. } = {
            let (ctx, shown) = (ctx.clone(), shown.clone());
            self.db.write(move |tx| number::find_recovery(tx, &ctx, &shown)).await??
        };
        let person = Person::of(&user.ok_or(Code::InvalidToken)?);
        let hash = self.hash(&hosted.project, person, password, stored).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| number::finish_recovery(tx, &ctx, &hosted.project, &shown, &hash)).await?
    }

    /// Makes an account with an address and a password, and signs its owner in. A `phone` is his claim until he proves it.
    pub async fn sign_up_and_in(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        terms: Terms,
        new: NewAccount,
        phone: Option<Phone>,
        image: Option<String>,
    ) -> Result<SignedIn> {
        let person = Person::new(&new);
        let NewAccount { id, email, name, password } = new;
        let hash = self.hash(&hosted.project, person, password, None).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| {
                let new = SignUp { id: id.as_deref(), email: &email, name: &name, hash: &hash };
                let (phone, image) = (phone.as_ref(), image.as_deref());
                account::create_and_sign_in(tx, &ctx, &hosted.project, &terms, new, phone, image)
            })
            .await
    }

    /// Sends the caller a code as second factor: to his number, else to his address. `Code::MethodDisabled` when he has
    /// none that his session has not shown already.
    pub async fn send_second(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        dialect: Dialect,
    ) -> Result<Token> {
        let factor = {
            let (hosted, caller) = (Arc::clone(hosted), caller.clone());
            self.db.read(move |tx| second::find_sendable(tx, &hosted.project, &caller)).await?
        };
        let target = match factor {
            Some(Factor::Phone) => caller.user.second_phone().cloned().map(Target::Phone),
            Some(_) => caller.user.email.clone().map(Target::Email),
            None => None,
        };
        let (Some(factor), Some(target)) = (factor, target) else { return Err(Code::MethodDisabled.into()) };
        self.spend_address(ctx, hosted, &target).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| second::send(tx, &ctx, &hosted.project, &caller, dialect, factor)).await
    }

    /// Demands the caller's password for what is delicate; of whoever has none, a session that began less than
    /// `fresh_for` seconds ago.
    pub async fn require_password(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: &Caller,
        password: Option<Secret>,
        fresh_for: i64,
    ) -> Result<()> {
        let (_, stored) = self.known(ctx, &caller.user.id).await?;
        let Some(stored) = stored else { return signin::require_fresh(ctx, &caller.session, fresh_for) };
        let password = password.ok_or(Code::InvalidCredentials)?;
        let (right, _) = self.check(&hosted.project, password, Some(stored)).await?;
        if right { Ok(()) } else { Err(Code::InvalidCredentials.into()) }
    }
}
