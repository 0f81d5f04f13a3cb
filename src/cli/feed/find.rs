//! `tidings feed find`: the feeds of a page, shown and not added.

use std::io::{self, Write as _};

use crate::{
    cli::{
        CliError, Ended,
        advice::Purpose,
        context::Context,
        find::{Found, Looked, Seeker, shown, with_scheme},
        terminal::table,
    },
    model::printable,
};

use super::FindArgs;

/// One feed, as it is listed.
struct Row {
    url: String,
    /// What it is, in words or by its MIME type.
    format: String,
    title: Option<String>,
}

pub(super) fn run(context: &Context, args: &FindArgs) -> Result<Ended, CliError> {
    let loaded = context.settings_or_default()?;
    let url = with_scheme(&args.url)?;
    let rows = context.look(&loaded.config, async |fetcher| {
        let (config, purpose) = (&loaded.config, Purpose::Find);
        let seeker = Seeker::new(context, config, fetcher, &args.access, purpose)?;
        seeker.seek(&url).await.map(rows)
    })?;
    let mut out = io::stdout().lock();
    if args.json {
        let rows: Vec<_> = rows.iter().map(as_json).collect();
        writeln!(out, "{}", serde_json::Value::Array(rows))?;
    } else {
        let heading = ["URL", "FORMAT", "TITLE"].map(str::to_owned).to_vec();
        let cells = |row: &Row| {
            let title = row.title.as_deref().unwrap_or("-");
            vec![shown(&row.url), printable(&row.format), printable(title)]
        };
        let rows: Vec<_> = [heading]
            .into_iter()
            .chain(rows.iter().map(cells))
            .collect();
        table(&mut out, context.terminal, &rows)?;
    }
    Ok(Ended::Well)
}

fn rows(found: Found) -> Vec<Row> {
    match found {
        Found::Feed(looked) => {
            let Looked { url, document, .. } = *looked;
            let format = document.raw.format;
            let title = document.normalized.title;
            vec![Row { url, format, title }]
        }
        Found::Page(feeds) => feeds
            .into_iter()
            .map(|feed| Row {
                url: feed.url,
                format: if feed.mime.is_empty() {
                    "-".to_owned()
                } else {
                    feed.mime
                },
                title: feed.title,
            })
            .collect(),
        Found::Index(sitemaps) => sitemaps
            .into_iter()
            .map(|url| Row {
                url,
                format: "sitemap".to_owned(),
                title: None,
            })
            .collect(),
        // Nothing is known here.
        Found::Known(_, url) => vec![Row {
            url,
            format: "-".to_owned(),
            title: None,
        }],
    }
}

fn as_json(row: &Row) -> serde_json::Value {
    serde_json::json!({ "url": row.url, "format": row.format, "title": row.title })
}
