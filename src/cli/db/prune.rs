//! `tidings db prune`: what the rules of retention let go, now.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
};

use crate::{
    cli::{CliError, Ended, context::Context, terminal::count},
    daemon,
    model::{PruneReason, printable},
    store::{Store, StoreError},
};

pub(super) fn run(context: &Context, is_dry: bool) -> Result<Ended, CliError> {
    // Tags decide, and those of the last poll may be of long ago: mistakes in the feed files end it.
    let feeds = daemon::read_feeds(context.global.config.as_deref(), &context.env)?;
    let path = context.store_path(&feeds.config)?;
    let retention = &feeds.config.retention;
    if retention.keeps_everything() {
        writeln!(
            io::stdout().lock(),
            "Everything is kept: [retention] in the settings sets no limit"
        )?;
        return Ok(Ended::Well);
    }
    if !path.exists() {
        // Nothing to prune is no reason to make a store.
        return Err(StoreError::Missing { path }.into());
    }
    let bar = context.progress(0, "articles");
    let mut reasons = BTreeMap::<PruneReason, u64>::new();
    let mut listed = Ok(());
    let all = Context::block_on(async {
        let store = Store::open(&path)?;
        store.sync_feeds(feeds.own_set(), context.now).await?;
        let told = store.prune(retention, context.now, is_dry, |article| {
            *reasons.entry(article.reason).or_default() += 1;
            bar.inc(1);
            if is_dry && !context.global.quiet && listed.is_ok() {
                let (day, title) = (article.at.format("%F"), printable(&article.title));
                listed = writeln!(io::stdout(), "{day}  {}  {title}", article.id);
            }
        });
        let all = told.await;
        store.close().await;
        Ok::<_, CliError>(all?)
    })??;
    bar.finish_and_clear();
    listed?;
    let words = reasons.iter().map(|(reason, number)| {
        let why = match reason {
            PruneReason::Age => "by age",
            PruneReason::Number => "by number",
            PruneReason::Bytes => "for space",
        };
        format!("{number} {why}")
    });
    let words: Vec<String> = words.collect();
    let detail = match words.is_empty() {
        true => String::new(),
        false => format!(" ({})", words.join(", ")),
    };
    let done = if is_dry { "Would delete" } else { "Deleted" };
    writeln!(
        io::stdout().lock(),
        "{done} {}{detail}",
        count(all, "article")
    )?;
    Ok(Ended::Well)
}
