//! What has a password in it, in three beats: read, think on the hashing threads, write.

use std::sync::Arc;

use countersign_domain::base::{Code, Ctx, Email, Result, Secret, Target};
use countersign_domain::password::{self, Personal, Policy, Stored};
use countersign_domain::project::{Project, Redirect};
use countersign_domain::signin::account::{self, Known, Password, Shown, SignUp};
use countersign_domain::signin::manage::NewUser;
use countersign_domain::signin::verify::{self, Token};
use countersign_domain::signin::{Caller, SignedIn, Terms, lockout};
use countersign_domain::user::User;
use countersign_domain::verification::Purpose;

use super::{App, Hosted};

/// What somebody signs up with.
pub struct NewAccount {
    /// The id that he would like.
    pub id: Option<String>,
    /// His address.
    pub email: Email,
    /// His name, or empty.
    pub name: String,
    /// His password.
    pub password: Secret,
}

/// Whose data a password may not hold.
pub(super) struct Person {
    id: String,
    email: Option<Email>,
    name: String,
    phone: Option<countersign_domain::base::Phone>,
}

impl Person {
    /// Somebody who signs up.
    pub(super) fn new(new: &NewAccount) -> Self {
        let id = new.id.clone().unwrap_or_default();
        Self { id, email: Some(new.email.clone()), name: new.name.clone(), phone: None }
    }

    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            email: user.email.clone(),
            name: user.name.clone(),
            phone: user.shown_phone().cloned(),
        }
    }
}

/// How the caller may change how he is reached.
pub enum Proof {
    /// By his password.
    Password(Stored),
    /// He had none; this is the hash of his first.
    First(String),
}

impl Proof {
    /// As the domain takes it.
    pub fn shown(&self) -> Shown<'_> {
        match self {
            Self::Password(stored) => Shown::Password(stored),
            Self::First(hash) => Shown::First(hash),
        }
    }
}

impl App {
    /// The hash of a new password that the project's rules allow.
    pub(super) async fn hash(
        &self,
        project: &Arc<Project>,
        person: Person,
        password: Secret,
        stored: Option<Stored>,
    ) -> Result<String> {
        let (project, random) = (Arc::clone(project), Arc::clone(&self.random));
        self.hashing
            .run(move || {
                let auth = &project.settings.auth;
                let policy = Policy { dictionary: auth.password_dictionary, personal_data: auth.personal_data_check };
                let Person { id, email, name, phone } = &person;
                let personal = Personal { user_id: id, email: email.as_ref(), name, phone: phone.as_ref() };
                policy.check(&password, &personal)?;
                if auth.password_history > 0
                    && let Some(stored) = &stored
                    && password::is_recent(&password, stored, auth.password_history)?
                {
                    return Err(Code::PasswordRecentlyUsed.into());
                }
                password::hash(auth.password_hashing, &password, &*random)
            })
            .await
    }

    /// Whether `password` is the stored one; and its hash by today's rules, if it was made by others. Takes as long
    /// where nothing is stored.
    pub(super) async fn check(
        &self,
        project: &Arc<Project>,
        password: Secret,
        stored: Option<Stored>,
    ) -> Result<(bool, Option<String>)> {
        let (cost, random) = (project.settings.auth.password_hashing, Arc::clone(&self.random));
        self.hashing
            .run(move || {
                let right = password::check(cost, &password, stored.as_ref())?;
                let stale = stored.is_some_and(|s| s.needs_rehash(cost));
                let rehashed = if right && stale { Some(password::hash(cost, &password, &*random)?) } else { None };
                Ok((right, rehashed))
            })
            .await
    }

    /// Makes an account with an address and a password.
    pub async fn sign_up(&self, ctx: &Ctx, hosted: &Arc<Hosted>, new: NewAccount) -> Result<User> {
        let person = Person::new(&new);
        let NewAccount { id, email, name, password } = new;
        let hash = self.hash(&hosted.project, person, password, None).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| {
                let new = SignUp { id: id.as_deref(), email: &email, name: &name, hash: &hash };
                account::create(tx, &ctx, &hosted.project, new)
            })
            .await
    }

    /// The password that a customer's own server gives to an account that it makes.
    pub async fn password_by_key(&self, hosted: &Hosted, new: &NewUser, password: Secret) -> Result<Password> {
        let person = Person {
            id: new.id.clone().unwrap_or_default(),
            email: new.email.clone(),
            name: new.name.clone(),
            phone: new.phone.clone(),
        };
        self.hash(&hosted.project, person, password, None).await.map(Password::Own)
    }

    /// The password that a customer's own server gives to the account with this id.
    pub async fn changed_by_key(&self, ctx: &Ctx, hosted: &Hosted, id: &str, password: Secret) -> Result<Password> {
        let (user, stored) = self.known(ctx, id).await?;
        self.hash(&hosted.project, Person::of(&user), password, stored).await.map(Password::Own)
    }

    /// Signs in with an address and a password. An unknown address is refused like a wrong password, and as late.
    pub async fn sign_in_by_password(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        email: Email,
        password: Secret,
    ) -> Result<SignedIn> {
        self.sign_in_by_password_on(ctx, hosted, Terms::of(&hosted.project), email.into(), password).await
    }

    /// The same on a dialect's terms, also by a number.
    pub async fn sign_in_by_password_on(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        terms: Terms,
        by: Target,
        password: Secret,
    ) -> Result<SignedIn> {
        let known = {
            let (ctx, hosted, by) = (ctx.clone(), Arc::clone(hosted), by.clone());
            self.db.read(move |tx| account::find(tx, &ctx, &hosted.project, &by)).await?
        };
        let (right, rehashed) = self.check(&hosted.project, password, known.stored.clone()).await?;
        if known.locked {
            // As late as any other answer, and the same whether the password was right.
            return Err(Code::AccountLocked.into());
        }
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        if !right {
            let page = self.unlock_page(&hosted.project)?;
            let counted =
                self.db.write(move |tx| account::count_wrong(tx, &ctx, &hosted.project, &known, &by, page.as_ref()));
            counted.await?;
            return Err(Code::InvalidCredentials.into());
        }
        self.db
            .write(move |tx| account::sign_in(tx, &ctx, &hosted.project, &terms, &known, &by, rehashed.as_deref()))
            .await
    }

    /// Where a link leads by which somebody unlocks his password: to the page of Frontegg's clients, if the settings say
    /// where the application is, else to ours.
    fn unlock_page(&self, project: &Project) -> Result<Option<lockout::Page>> {
        let frontegg = &project.settings.frontegg;
        if frontegg.enabled && !frontegg.app_url.is_empty() {
            let address = Redirect::own(&format!("{}/account/unlock", frontegg.app_url.trim_end_matches('/')))?;
            return Ok(Some(lockout::Page { address, parameter: "token" }));
        }
        let ours = self.link_page(&project.id, Purpose::Unlock)?;
        Ok(ours.map(|address| lockout::Page { address, parameter: "secret" }))
    }

    pub(super) async fn known(&self, ctx: &Ctx, id: &str) -> Result<(User, Option<Stored>)> {
        let (ctx, id) = (ctx.clone(), id.to_owned());
        let Known { user, stored, .. } = self.db.read(move |tx| account::find_by_id(tx, &ctx, &id)).await?;
        Ok((user.ok_or(Code::UserNotFound)?, stored))
    }

    /// Gives the caller another password. Whoever has one shows the old one.
    pub async fn update_password(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        password: Secret,
        old: Option<Secret>,
    ) -> Result<User> {
        let (user, stored) = self.known(ctx, &caller.user.id).await?;
        if let Some(stored) = &stored {
            let old = old.ok_or(Code::InvalidCredentials)?;
            if !self.check(&hosted.project, old, Some(stored.clone())).await?.0 {
                return Err(Code::InvalidCredentials.into());
            }
        }
        let hash = self.hash(&hosted.project, Person::of(&user), password, stored.clone()).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db
            .write(move |tx| account::update_password(tx, &ctx, &hosted.project, &caller, stored.as_ref(), &hash))
            .await
    }

    /// Whether `password` is the caller's. Where he has none it becomes his first (contract nuvix §3.5).
    pub async fn show_password(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: &Caller,
        password: Secret,
    ) -> Result<Proof> {
        let (user, stored) = self.known(ctx, &caller.user.id).await?;
        let Some(stored) = stored else {
            let hash = self.hash(&hosted.project, Person::of(&user), password, None).await?;
            return Ok(Proof::First(hash));
        };
        match self.check(&hosted.project, password, Some(stored.clone())).await? {
            (true, _) => Ok(Proof::Password(stored)),
            (false, _) => Err(Code::InvalidCredentials.into()),
        }
    }

    /// Sets a new password by the link of a recovery.
    pub async fn recover(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        handle: String,
        secret: Secret,
        password: Secret,
    ) -> Result<Token> {
        let (user, stored) = {
            let (ctx, handle, secret) = (ctx.clone(), handle.clone(), secret.clone());
            self.db
                .read(move |tx| {
                    let user = verify::find_recovery(tx, &ctx, &handle, &secret)?;
                    let stored = password::find(tx, &ctx, &user.id)?;
                    Ok((user, stored))
                })
                .await?
        };
        let hash = self.hash(&hosted.project, Person::of(&user), password, stored).await?;
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| verify::finish_recovery(tx, &ctx, &hosted.project, &handle, &secret, &hash)).await?
    }
}
