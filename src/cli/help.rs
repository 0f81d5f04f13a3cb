//! Completion scripts and the manual page, made from the arguments' own definitions.

use std::io;

use clap_complete::Shell;

use super::{CliError, Ended, context::Context};

/// What `tidings completions --help` shows.
pub(super) const COMPLETIONS: &str = "\
Examples:
  tidings completions bash > ~/.local/share/bash-completion/completions/tidings
  tidings completions fish > ~/.config/fish/completions/tidings.fish
  tidings completions zsh > _tidings                  in a folder of $fpath";

pub(super) fn completions(
    shell: Shell,
    _: &Context,
    mut command: clap::Command,
) -> Result<Ended, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "tidings", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(Ended::Well)
}

pub(super) fn man(_: &Context, command: clap::Command) -> Result<Ended, CliError> {
    let mut page = Vec::new();
    pages(command, "tidings", &mut page)?;
    io::Write::write_all(&mut io::stdout().lock(), &page)?;
    Ok(Ended::Well)
}

/// The command's page and, after it, those of its subcommands.
fn pages(command: clap::Command, name: &str, out: &mut Vec<u8>) -> Result<(), CliError> {
    let subcommands: Vec<clap::Command> = command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
        .cloned()
        .collect();
    clap_mangen::Man::new(command.name(name.to_owned())).render(out)?;
    for subcommand in subcommands {
        let name = format!("{name} {}", subcommand.get_name());
        pages(subcommand, &name, out)?;
    }
    Ok(())
}
