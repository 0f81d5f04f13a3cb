//! `tidings feed trust`: guids and links that were found to change count again.

use std::io::{self, Write as _};

use crate::{
    cli::{
        CliError, Ended,
        context::{Context, Named, find_feed},
    },
    model::FeedFilter,
    store::{Backend as _, StoreError, sqlite::Sqlite},
};

pub(super) fn run(context: &Context, wanted: &[String]) -> Result<Ended, CliError> {
    let loaded = context.settings()?;
    let path = context.store_path(&loaded.config)?;
    if !path.exists() {
        return Err(StoreError::Missing { path }.into());
    }
    let mut store = Sqlite::open(&path)?;
    let records = store.feeds(&FeedFilter::default())?;
    let find = |name: &String| find_feed(name, records.iter().map(Named::from));
    let ids = wanted.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let mut out = io::stdout().lock();
    for id in ids {
        let what = match store.trust(&id)? {
            true => "its guids and links count again, from the next document on",
            false => "nothing to do: its guids and links count",
        };
        writeln!(out, "{id}  {what}")?;
    }
    Ok(Ended::Well)
}
