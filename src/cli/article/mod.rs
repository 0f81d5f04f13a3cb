//! `tidings article …`: one article with its provenance and its history, and its deletion.

mod diff;
mod show;

use std::io::{self, Write as _};

use clap::{Args, Subcommand};

use super::{CliError, Ended, context::Context, terminal::count};
use crate::{
    model::{ArticleId, ArticleName, StoredArticle, printable},
    normalize,
    store::{Backend, sqlite::Sqlite},
};

#[derive(Debug, Subcommand)]
pub(super) enum ArticleCommand {
    /// An article with where it comes from
    Show(ShowArgs),
    /// Delete articles for good: they stay away even while their feeds carry them
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidings article show 3fa21c                        by the beginning of its id
  tidings article show https://example.org/a-story --history")]
pub(super) struct ShowArgs {
    /// Id, beginning of an id (4 digits or more), or URL
    #[arg(value_name = "ARTICLE")]
    name: String,
    /// Also the versions that it had, and what changed from each to the next
    #[arg(long)]
    history: bool,
    /// As one JSON object, as `export` writes it, with the feeds that carried it; with
    /// --history its former versions too
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidings article delete 3fa21c --reason 'on demand of the publisher'")]
pub(super) struct DeleteArgs {
    /// Ids, beginnings of ids (4 digits or more), or URLs
    #[arg(required = true, value_name = "ARTICLE")]
    names: Vec<String>,
    /// Why, for the record
    #[arg(long, default_value = "by hand", value_name = "TEXT")]
    reason: String,
}

pub(super) fn run(context: &Context, command: ArticleCommand) -> Result<Ended, CliError> {
    match command {
        ArticleCommand::Show(args) => show::run(context, &args),
        ArticleCommand::Delete(args) => delete(context, &args),
    }
}

fn delete(context: &Context, args: &DeleteArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let path = context.store_path(&loaded.config)?;
    let mut reader = Sqlite::open_reader(&path)?;
    // All of them are found before any is deleted.
    let found = args.names.iter().map(|name| find(&mut reader, name));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<ArticleId> = found.iter().map(|stored| stored.article.id).collect();
    let deleted = Sqlite::open(&path)?.delete(&ids, &args.reason, context.now)?;
    if !context.global.quiet {
        let mut out = io::stdout().lock();
        for stored in &found {
            let article = &stored.article;
            writeln!(out, "{} {}", article.id, printable(&article.title))?;
        }
        writeln!(out, "Deleted {}", count(deleted, "article"))?;
    }
    Ok(Ended::Well)
}

/// Shown where a name means several.
const SHOWN: usize = 5;

/// The one article that a name means, without its markup.
fn find(backend: &mut dyn Backend, name: &str) -> Result<StoredArticle, CliError> {
    let parsed = ArticleName::parse(name).ok_or_else(|| {
        CliError::Told(format!(
            "{name:?} names no article; give 4 or more digits of an id as exports write it, or a URL"
        ))
    })?;
    let mut found = Vec::new();
    if let ArticleName::Url(url) = &parsed
        && let Some(url) = normalize::canonical_url(url)
    {
        let id = normalize::article_id(Some(&url), "", "");
        found = backend.named(&ArticleName::exactly(id), 1, false)?;
    }
    if found.is_empty() {
        found = backend.named(&parsed, SHOWN + 1, false)?;
    }
    match found.len() {
        0 => Err(CliError::Told(format!(
            "no article of the store is called {name:?}"
        ))),
        1 => Ok(found.swap_remove(0)),
        several => {
            let mut told = format!("{name:?} may mean:");
            for stored in found.iter().take(SHOWN) {
                let article = &stored.article;
                told.push_str(&format!("\n  {} {}", article.id, printable(&article.title)));
            }
            if several > SHOWN {
                told.push_str("\n  and others");
            }
            Err(CliError::Told(told))
        }
    }
}
