//! The numbers that people sign in by, as Frontegg's clients set them up.

use std::sync::Arc;

use countersign_domain::base::{Ctx, Email, Phone, Result, Secret, Target};
use countersign_domain::signin::phone::{self, PhoneNumber, reset};
use countersign_domain::signin::verify::{Asked, Number, Token};
use countersign_domain::signin::{Caller, HandleKind, Rules, SignedIn, Start, Started, Terms, Way};
use countersign_domain::user::{self, NumberQuery};

use super::{App, Hosted};

impl App {
    /// Notes the number that the caller wants to sign in by, and sends a code to it if he wants to prove it now.
    pub async fn create_phone(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        number: Number,
        send: bool,
    ) -> Result<Option<Token>> {
        if send {
            self.spend_address(ctx, hosted, &Target::Phone(number.phone.clone())).await?;
        }
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| phone::create(tx, &ctx, &hosted.project, &caller, &number, send)).await
    }

    /// Gives the caller a number, by the code that came to it.
    pub async fn verify_phone(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        token: String,
        asked: Asked,
        code: Secret,
    ) -> Result<user::User> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| phone::verify(tx, &ctx, &hosted.project, &caller, &token, &asked, &code)).await?
    }

    /// The numbers of a user.
    pub async fn phones_of(&self, ctx: &Ctx, user: String) -> Result<Vec<PhoneNumber>> {
        let ctx = ctx.clone();
        self.db.read(move |tx| phone::of_user(&ctx, &user::get(tx, &ctx.project, &user)?)).await
    }

    /// A page of the numbers of the project, and how many there are.
    pub async fn list_phones(&self, ctx: &Ctx, query: NumberQuery) -> Result<(Vec<PhoneNumber>, i64)> {
        let ctx = ctx.clone();
        self.db.read(move |tx| phone::list(tx, &ctx, &query)).await
    }

    /// Sends a code by which the caller gives a number up.
    pub async fn start_phone_removal(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        id: String,
        asked: Asked,
    ) -> Result<Token> {
        if let Some(number) = phone::of_user(ctx, &caller.user)?.into_iter().find(|number| number.id == id) {
            self.spend_address(ctx, hosted, &Target::Phone(number.phone)).await?;
        }
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| phone::start_removal(tx, &ctx, &hosted.project, &caller, &id, &asked)).await
    }

    /// Gives it up.
    pub async fn finish_phone_removal(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        id: String,
        token: String,
        code: Secret,
    ) -> Result<user::User> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| phone::finish_removal(tx, &ctx, &hosted.project, &caller, &id, &token, &code)).await?
    }

    /// Gives a user a number, by a server's word.
    pub async fn set_phone(&self, ctx: &Ctx, hosted: &Arc<Hosted>, user: String, number: Phone) -> Result<user::User> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| phone::set(tx, &ctx, &hosted.project, &user, &number)).await
    }

    /// Takes a number from a user, by a server's word.
    pub async fn delete_phone(&self, ctx: &Ctx, hosted: &Arc<Hosted>, user: String, id: String) -> Result<()> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| phone::delete(tx, &ctx, &hosted.project, &user, &id)).await
    }

    /// Sends a code to an address by which another number may be named.
    pub async fn start_phone_reset(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        asked: &Asked,
        email: Email,
    ) -> Result<Started> {
        let start = Start {
            dialect: asked.dialect,
            target: email.into(),
            way: Way::ResetPhone,
            kind: HandleKind::Opaque,
            wanted: None,
            rules: asked.rules.clone(),
            phrase: false,
            idempotency_key: None,
        };
        self.start_sign_in(ctx, hosted, start).await
    }

    /// What names a number, by that code.
    pub async fn verify_phone_reset(&self, ctx: &Ctx, handle: String, code: Secret) -> Result<Secret> {
        let ctx = ctx.clone();
        self.db.write(move |tx| reset::verify(tx, &ctx, &handle, &code)).await?
    }

    /// Names it.
    pub async fn change_phone(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        token: Secret,
        number: Phone,
    ) -> Result<reset::Named> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| reset::change(tx, &ctx, &hosted.project, &token, &number)).await?
    }

    async fn find_named(&self, ctx: &Ctx, handle: &str, email: Option<Email>) -> Result<Option<Phone>> {
        let (ctx, handle) = (ctx.clone(), handle.to_owned());
        self.db.read(move |tx| reset::find_number(tx, &ctx, &handle, email.as_ref())).await
    }

    /// Sends a code to the number that was named in the flow with this handle; none when there is no such flow, or it is not
    /// that of whoever has this `email`.
    pub async fn send_named(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        handle: String,
        email: Option<Email>,
        rules: Rules,
    ) -> Result<Option<reset::Sent>> {
        let Some(number) = self.find_named(ctx, &handle, email).await? else { return Ok(None) };
        self.spend_address(ctx, hosted, &Target::Phone(number)).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| reset::send(tx, &ctx, &hosted.project, &handle, &rules)).await
    }

    /// Signs in by that code; none when there is no such flow.
    pub async fn sign_in_by_named(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        terms: Terms,
        handle: String,
        code: Secret,
        asked: Asked,
    ) -> Result<Option<SignedIn>> {
        if self.find_named(ctx, &handle, None).await?.is_none() {
            return Ok(None);
        }
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        let done =
            self.db.write(move |tx| reset::finish(tx, &ctx, &hosted.project, &terms, &handle, &code, &asked)).await?;
        done.transpose()
    }
}
