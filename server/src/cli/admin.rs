//! `countersign admin`: the people of the console, and the tokens of their scripts.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use countersign_domain::admin::{self, LONGEST, NewToken, Token};
use countersign_domain::base::{Code, Error, Secret, Time};
use data_encoding::BASE32_NOPAD;
use serde_json::{Value as Json, json};

use super::Global;
use super::key::{Expiry, day, expiry};
use super::open::{Store, block_on};
use super::out::{self, Done, Problem};
use super::project::{said, table};

/// What to do with administrators.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Make an administrator; the password comes from standard input
    #[command(after_help = "Examples:\n  countersign admin create ada@example.com --generate\n  \
                            countersign admin create ada@example.com < password.txt")]
    Create(Args),
    /// Give an administrator another password; all his sessions end
    #[command(after_help = "Example:\n  countersign admin password ada@example.com --password-file password.txt")]
    Password(Args),
    /// List the administrators
    #[command(after_help = "Example:\n  countersign admin list")]
    List,
    /// Remove an administrator with his sessions and tokens; the last one stays
    #[command(after_help = "Example:\n  countersign admin delete ada@example.com")]
    Delete {
        /// The administrator's e-mail address
        email: String,
    },
    /// Look after the tokens by which scripts call the admin API
    #[command(subcommand)]
    Token(TokenCommand),
}

/// What to do with tokens.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Make a token that acts for an administrator; its secret is shown once
    #[command(after_help = "Example:\n  countersign admin token create ada@example.com --name deploy --expires 90d")]
    Create {
        /// The administrator's e-mail address
        email: String,
        /// What you call it
        #[arg(long)]
        name: String,
        /// From when on it is refused: 2027-01-31, 2027-01-31T12:00:00Z, 90d or 12h [default: never]
        #[arg(long, value_name = "TIME", value_parser = expiry)]
        expires: Option<Expiry>,
    },
    /// List the tokens of all administrators
    #[command(after_help = "Example:\n  countersign admin token list")]
    List,
    /// Revoke a token at once
    #[command(after_help = "Example:\n  countersign admin token revoke 0198c0de-0000-7000-8000-000000000000\n\n\
                            `countersign admin token list` says the ids.")]
    Revoke {
        /// The token's id, not its secret
        id: String,
    },
}

/// Who, and where the password is.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The administrator's e-mail address
    email: String,
    /// Read the password from this file instead of standard input
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    password_file: Option<PathBuf>,
    /// Make up a password and show it once
    #[arg(long)]
    generate: bool,
}

pub(super) fn run(global: &Global, command: Command) -> Done {
    block_on(async {
        match command {
            Command::Create(args) => put(global, &args, false).await,
            Command::Password(args) => put(global, &args, true).await,
            Command::List => list(global).await,
            Command::Delete { email } => delete(global, email).await,
            Command::Token(TokenCommand::Create { email, name, expires }) => {
                create_token(global, email, name, expires).await
            }
            Command::Token(TokenCommand::List) => list_tokens(global).await,
            Command::Token(TokenCommand::Revoke { id }) => revoke_token(global, id).await,
        }
    })
}

/// Makes an administrator, or gives the one that `exists` another password.
async fn put(global: &Global, args: &Args, exists: bool) -> Done {
    let given = if args.generate { None } else { Some(read(args.password_file.as_deref())?) };
    let store = Store::open(global).await?;
    let ctx = store.ctx("");
    let password = given.unwrap_or_else(|| Secret::new(BASE32_NOPAD.encode(&ctx.random.bytes::<15>()).to_lowercase()));
    let hash = admin::hash_password(&ctx, &password)?;
    let email = args.email.clone();
    let put = store.db.write(move |tx| {
        if !exists {
            return admin::create(tx, &ctx, &email, &hash).map(drop);
        }
        let known = admin::find_by_email(tx, &email)?.ok_or(Code::AdminNotFound)?;
        admin::set_password(tx, &ctx, &known.admin.id, &hash, None)
    });
    put.await.map_err(|error| not_done(&error, &args.email))?;
    if global.json {
        let mut document = json!({ "email": args.email.to_lowercase() });
        if args.generate {
            document["password"] = password.expose().into();
        }
        return out::json(&document);
    }
    let mut text = if exists {
        format!("{} has a new password.", args.email)
    } else {
        format!("{} is an administrator.", args.email)
    };
    if args.generate {
        text = format!("{text}\n\n  {}\n\nThis password is shown once: only a hash is kept.", password.expose());
    }
    out::text(&text)
}

async fn list(global: &Global) -> Done {
    let store = Store::open(global).await?;
    let admins = store.db.read(admin::list).await.map_err(|error| said(&error, ""))?;
    if global.json {
        let rows = admins
            .iter()
            .map(|admin| json!({ "id": admin.id, "email": admin.email, "createdAt": admin.created_at.to_rfc3339() }));
        return out::json(&rows.collect::<Vec<_>>());
    }
    if admins.is_empty() {
        return out::text("There is no administrator yet: `countersign admin create EMAIL --generate` makes one.");
    }
    let mut rows = vec![["E-MAIL", "MADE", "ID"].map(str::to_owned).to_vec()];
    rows.extend(admins.into_iter().map(|admin| vec![admin.email, day(admin.created_at), admin.id]));
    out::text(&table(&rows))
}

async fn delete(global: &Global, email: String) -> Done {
    let store = Store::open(global).await?;
    let (ctx, wanted) = (store.ctx(""), email.clone());
    let deleted = store.db.write(move |tx| {
        let known = admin::find_by_email(tx, &wanted)?.ok_or(Code::AdminNotFound)?;
        admin::delete(tx, &ctx, &known.admin.id)
    });
    deleted.await.map_err(|error| not_done(&error, &email))?;
    if global.json {
        return out::json(&json!({ "deleted": email.to_lowercase() }));
    }
    out::text(&format!("{email} is no administrator any more: his sessions and tokens ended."))
}

async fn create_token(global: &Global, email: String, name: String, expires: Option<Expiry>) -> Done {
    let store = Store::open(global).await?;
    let (ctx, wanted) = (store.ctx(""), email.clone());
    let new = NewToken { name, expires_at: expires.map(|expires| expires.after(ctx.now)) };
    let made = store.db.write(move |tx| {
        let known = admin::find_by_email(tx, &wanted)?.ok_or(Code::AdminNotFound)?;
        admin::create_token(tx, &ctx, &known.admin.id, &new)
    });
    let (token, secret) = made.await.map_err(|error| not_done(&error, &email))?;
    if global.json {
        let mut document = document(&token);
        document["secret"] = secret.expose().into();
        return out::json(&document);
    }
    out::text(&format!(
        "Token {}, which acts for {}\n  id       {}\n  expires  {}\n\n{}\n\n\
         This secret is shown once: only a hash of it is kept, so store it now.\n\
         Scripts send it in the header `Authorization: Bearer …`.",
        token.name,
        token.admin.email,
        token.id,
        token.expires_at.map_or_else(|| "never".to_owned(), Time::to_rfc3339),
        secret.expose(),
    ))
}

async fn list_tokens(global: &Global) -> Done {
    let store = Store::open(global).await?;
    let tokens = store.db.read(admin::list_tokens).await.map_err(|error| said(&error, ""))?;
    if global.json {
        return out::json(&tokens.iter().map(document).collect::<Vec<_>>());
    }
    if tokens.is_empty() {
        return out::text("There is no token: `countersign admin token create EMAIL --name NAME` makes one.");
    }
    let now = store.ctx("").now;
    let mut rows = vec![["ID", "NAME", "ACTS FOR", "EXPIRES", "LAST USED"].map(str::to_owned).to_vec()];
    rows.extend(tokens.into_iter().map(|token| {
        let expires = match token.expires_at {
            None => "never".to_owned(),
            Some(at) if at <= now => format!("{} (over)", day(at)),
            Some(at) => day(at),
        };
        let used = token.accessed_at.map_or_else(|| "never".to_owned(), day);
        vec![token.id, token.name, token.admin.email, expires, used]
    }));
    out::text(&table(&rows))
}

async fn revoke_token(global: &Global, id: String) -> Done {
    let store = Store::open(global).await?;
    let (ctx, gone) = (store.ctx(""), id.clone());
    let revoked = store.db.write(move |tx| admin::delete_token(tx, &ctx, &gone)).await;
    revoked.map_err(|error| not_done(&error, &id))?;
    if global.json {
        return out::json(&json!({ "revoked": id }));
    }
    out::text(&format!("Token {id} is revoked: it is refused from now on."))
}

/// What went wrong in words for people; `named` is who or what was asked for.
fn not_done(error: &Error, named: &str) -> Problem {
    match &error.code {
        Code::AdminNotFound => Problem::new(format!(
            "there is no administrator {named}: `countersign admin list` lists them, `countersign admin create` makes one"
        )),
        Code::AdminExists => Problem::new(format!(
            "{named} is an administrator already: `countersign admin password` changes the password"
        )),
        Code::LastAdmin => Problem::new(format!("{named} is the only administrator: make another one first")),
        Code::AdminTokenNotFound => {
            Problem::new(format!("there is no token {named:?}: `countersign admin token list` lists their ids"))
        }
        _ => said(error, ""),
    }
}

fn document(token: &Token) -> Json {
    json!({
        "id": token.id,
        "name": token.name,
        "admin": token.admin.email,
        "expiresAt": token.expires_at.map(Time::to_rfc3339),
        "accessedAt": token.accessed_at.map(Time::to_rfc3339),
        "createdAt": token.created_at.to_rfc3339(),
    })
}

/// The password of the file or of standard input: its first line.
fn read(file: Option<&Path>) -> Result<Secret, Problem> {
    let mut text = String::new();
    let most = LONGEST as u64 + 1;
    let done = match file {
        Some(path) => std::fs::File::open(path).and_then(|file| file.take(most).read_to_string(&mut text)),
        None if std::io::stdin().is_terminal() => {
            return Err(Problem::new(
                "a password typed here could be read over your shoulder: pipe it in, or use --password-file or \
                 --generate",
            ));
        }
        None => std::io::stdin().take(most).read_to_string(&mut text),
    };
    let text = Secret::new(text);
    done.map_err(|error| {
        let name = file.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
        Problem::new(format!("the password cannot be read from {name}: {error}"))
    })?;
    let password = Secret::new(text.expose().lines().next().unwrap_or_default());
    match admin::check_password(&password).map_err(|error| error.code) {
        Ok(()) => Ok(password),
        Err(Code::InvalidValue { reason, .. }) => Err(Problem::new(format!("the password {reason}"))),
        Err(code) => Err(Error::from(code).into()),
    }
}
