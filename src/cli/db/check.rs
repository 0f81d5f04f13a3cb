//! `tidings db check`: what is wrong with the store, and what to do.

use std::io::{self, Write};

use serde_json::json;

use super::{Bar, store};
use crate::{
    cli::{CliError, Ended, context::Context, terminal::count},
    model::printable,
    store::{
        care::{CheckReport, DamagedArticle, Finding},
        sqlite::care,
    },
};

/// Findings that are told one by one.
const TOLD: usize = 1000;

pub(super) fn run(context: &Context, deep: bool, as_json: bool) -> Result<Ended, CliError> {
    let path = store(context)?;
    let mut bar = Bar::new(context);
    let report = care::check(&path, deep, &mut |progress| bar.told(progress))?;
    drop(bar);
    let mut out = io::stdout().lock();
    let path = path.display().to_string();
    if as_json {
        writeln!(out, "{}", to_json(&report, &path))?;
    } else {
        print(&mut out, context, &report, &path)?;
    }
    Ok(match report.findings.is_empty() {
        true => Ended::Well,
        false => Ended::InPart,
    })
}

fn print(
    out: &mut dyn Write,
    context: &Context,
    report: &CheckReport,
    path: &str,
) -> io::Result<()> {
    let articles = match report.hashed {
        Some(hashed) => format!("{}, each as it was written", count(hashed, "article")),
        None => count(report.articles, "article"),
    };
    if report.is_older {
        context.complain(
            "the store is of an earlier version; its articles can be compared with hashes once a command has opened \
             it and brought it up to date",
        );
    }
    if report.findings.is_empty() {
        if !context.global.quiet {
            writeln!(out, "{path}: sound, {articles}")?;
        }
        return Ok(());
    }
    for finding in report.findings.iter().take(TOLD) {
        writeln!(out, "{}", words(finding))?;
    }
    let more = report.findings.len().saturating_sub(TOLD);
    if more > 0 {
        writeln!(out, "and {more} more; --json has all")?;
    }
    let damaged = report.damaged().count() as u64;
    let what = match damaged {
        0 => "damaged".to_owned(),
        damaged => format!("{} damaged", count(damaged, "article")),
    };
    writeln!(
        out,
        "\n{path}: {what}. Keep the file. With a backup from before: `tidings db restore BACKUP`; \
         else `tidings db recover {path} --to NEW` saves what can be read."
    )
}

fn words(finding: &Finding) -> String {
    match finding {
        Finding::Structure(fault) => format!("file      {}", printable(fault)),
        Finding::Dangling { table, rows } => {
            format!("{table}: {} that belong to nothing", count(*rows, "row"))
        }
        Finding::Rule { what, rows } => format!("{rows} {what}"),
        Finding::Article(article) => format!("article   {}", name(article)),
    }
}

/// An article's id and title, as far as they are known.
pub(super) fn name(article: &DamagedArticle) -> String {
    let id = article
        .id
        .map_or_else(|| format!("row {}", article.row), |id| id.to_string());
    match &article.title {
        _ if article.is_lost => format!("{id}  (cannot be read)"),
        Some(title) => format!("{id}  {}", printable(title)),
        None => id,
    }
}

fn to_json(report: &CheckReport, path: &str) -> serde_json::Value {
    let findings = report.findings.iter().map(|finding| match finding {
        Finding::Structure(fault) => json!({ "kind": "structure", "what": fault }),
        Finding::Dangling { table, rows } => {
            json!({ "kind": "dangling", "table": table, "rows": rows })
        }
        Finding::Rule { what, rows } => json!({ "kind": "rule", "what": what, "rows": rows }),
        Finding::Article(article) => json!({
            "kind": "article", "row": article.row, "id": article.id.map(|id| id.to_string()),
            "title": article.title, "lost": article.is_lost,
        }),
    });
    json!({
        "path": path,
        "sound": report.findings.is_empty(),
        "articles": report.articles,
        "hashed": report.hashed,
        "findings": findings.collect::<Vec<_>>(),
    })
}
