//! The command line.

mod admin;
mod audit;
mod backup;
mod db;
mod doctor;
mod email;
mod file;
mod key;
mod keys;
mod lock;
mod open;
mod out;
mod progress;
mod project;
mod restore;
mod send_test;
mod serve;
mod sms;
mod user;
mod webhook;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use countersign_domain::base::Secret;

use crate::config::{Config, ConfigError, Overrides};

/// Countersign: phone-first authentication.
#[derive(Parser, Debug)]
#[command(name = "countersign", version, about, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// The configuration file [default: ./countersign.toml if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of the SQLite database and its key file
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The database: `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the server
    Serve(serve::Args),
    /// Look after the database's schema
    #[command(subcommand)]
    Db(db::Command),
    /// Look after projects and their settings
    #[command(subcommand)]
    Project(project::Command),
    /// Look after people's accounts, take them over from elsewhere, give them out
    #[command(subcommand)]
    User(user::Command),
    /// Look after API keys
    #[command(subcommand)]
    Key(key::Command),
    /// Look after the people of the console
    #[command(subcommand)]
    Admin(admin::Command),
    /// Try SMS providers, measure texts, see prices
    #[command(subcommand)]
    Sms(sms::Command),
    /// Try e-mail providers
    #[command(subcommand)]
    Email(email::Command),
    /// Look after webhooks: where a project's events go
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Look after the keys of tokens, and after what is sealed with the key file
    #[command(subcommand)]
    Keys(keys::Command),
    /// Look after the audit trail
    #[command(subcommand)]
    Audit(audit::Command),
    /// Write all of the database into one locked file, while the server runs
    #[command(after_help = "Examples:\n  countersign backup /backups/countersign-2026-11-28\n  \
                            countersign backup --passphrase --with-server-key countersign.backup\n  \
                            countersign backup --verify countersign.backup")]
    Backup(backup::Args),
    /// Put a backup into an empty database, of either kind: all of it or nothing
    #[command(after_help = "Examples:\n  countersign restore countersign.backup --data ./restored\n  \
                            countersign restore countersign.backup --database postgres://countersign@localhost/restored\n  \
                            countersign restore --check countersign.backup")]
    Restore(restore::Args),
    /// Check that everything is as it should be, and say what to do where it is not
    #[command(after_help = "Example:\n  countersign doctor --data ./countersign-data")]
    Doctor,
    /// Print the OpenAPI document
    #[command(after_help = "Example:\n  countersign openapi > openapi.json")]
    Openapi,
    /// Print completions for a shell
    #[command(after_help = "Example:\n  countersign completions bash > /etc/bash_completion.d/countersign")]
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

impl Global {
    fn load(&self, listen: Option<SocketAddr>) -> Result<Config, ConfigError> {
        Config::load(
            self.config.as_deref(),
            Overrides {
                listen,
                data: self.data.clone(),
                database: self.database.clone().map(Secret::new),
                ..Overrides::default()
            },
        )
    }
}

/// Runs the command line of the process; its exit code is 0 only when all went well.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(args) => serve::run(&cli.global, &args),
        Command::Db(command) => db::run(&cli.global, &command),
        Command::Project(command) => project::run(&cli.global, command),
        Command::User(command) => user::run(&cli.global, command),
        Command::Key(command) => key::run(&cli.global, command),
        Command::Admin(command) => admin::run(&cli.global, command),
        Command::Sms(command) => sms::run(&cli.global, command),
        Command::Email(command) => email::run(&cli.global, command),
        Command::Webhook(command) => webhook::run(&cli.global, command),
        Command::Keys(command) => keys::run(&cli.global, &command),
        Command::Audit(command) => audit::run(&cli.global, &command),
        Command::Backup(args) => backup::run(&cli.global, &args),
        Command::Restore(args) => restore::run(&cli.global, &args),
        Command::Doctor => doctor::run(&cli.global),
        Command::Openapi => out::text(&crate::docs::document().to_pretty_json().unwrap_or_default()),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut std::io::stdout());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            out::problem(cli.global.json, &problem);
            problem.exit
        }
    }
}
