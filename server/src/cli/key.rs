use super::Global;
use super::out::Done;
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// x
    X,
}
pub(super) fn run(_global: &Global, _command: Command) -> Done {
    Ok(())
}
