//! `countersign email`: providers.

use countersign_domain::base::Email;
use countersign_domain::message::MailAccount;

use super::open::{Store, block_on};
use super::out::{Done, Problem};
use super::project::get;
use super::{Global, send_test};
use crate::app::test_message;

/// What to do about e-mail.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Send a test message through a provider
    #[command(
        after_help = "Example:\n  countersign email send-test --project shop anna@example.com --provider main\n\n\
                            The exit code is 0 only if the provider took the message."
    )]
    SendTest {
        /// The project
        #[arg(long)]
        project: String,
        /// Where to
        address: String,
        /// The provider's name [default: the project's first]
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
}

pub(super) fn run(global: &Global, command: Command) -> Done {
    let Command::SendTest { project, address, provider } = command;
    block_on(test(global, &project, &address, provider.as_deref()))
}

async fn test(global: &Global, project: &str, address: &str, provider: Option<&str>) -> Done {
    let to = Email::parse(address).map_err(|error| Problem::new(format!("{address:?} {error}")))?;
    let store = Store::open(global).await?;
    let project = get(&store, project).await?;
    let found = send_test::pick(&project, "e-mail", &project.settings.email.providers, |p| &p.name, provider)?;
    if found.account == (MailAccount::Inbox {}) {
        return Err(send_test::nothing_to_test(&found.name));
    }
    let mail = test_message::mail(&project, store.ctx(&project.id).id(), to.clone());
    let outcome = send_test::sender(global)?.send_mail(&mail, found).await;
    send_test::tell(global, &found.name, &to.masked(), "mailbox", outcome)
}
