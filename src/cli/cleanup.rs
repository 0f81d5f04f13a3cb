//! `--keep` and `--remove`: what is taken out of bodies, as `feed edit` writes it down and `preview`
//! tries it.

use clap::Args;

use super::CliError;
use crate::{config, model::Cleanup};

/// Options that say how bodies are cleaned.
#[derive(Debug, Args)]
pub(super) struct CleanupArgs {
    /// Removal rules not to apply, separated by commas, e.g. toc,author-box; empty: apply all
    #[arg(long, value_name = "GROUPS")]
    keep: Option<Vec<String>>,
    /// What else to remove from bodies, as a CSS selector, e.g. "aside.promo"; may be repeated;
    /// empty: nothing
    #[arg(long, value_name = "SELECTOR")]
    remove: Option<Vec<String>>,
}

impl CleanupArgs {
    /// The groups to keep, if any were given.
    pub(super) fn keep(&self) -> Option<Vec<String>> {
        let groups = |texts: &Vec<String>| texts.iter().flat_map(|text| parts(text)).collect();
        self.keep.as_ref().map(groups)
    }

    /// The selectors, if any were given; commas are their own.
    pub(super) fn remove(&self) -> Option<Vec<String>> {
        let filled = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let selectors = |texts: &Vec<String>| texts.iter().filter_map(filled).collect();
        self.remove.as_ref().map(selectors)
    }

    /// A feed's own cleanup with what was given in its place.
    pub(super) fn over(&self, own: Cleanup) -> Result<Cleanup, CliError> {
        let mistake = |option: &str, why: String| CliError::Told(format!("{option}: {why}"));
        let keep = self.keep().map(|groups| {
            let groups = groups.iter().map(|group| config::rule_group(group));
            groups.collect::<Result<_, _>>()
        });
        let remove = self.remove().map(|selectors| {
            let selectors = selectors.iter().map(|text| config::selector(text));
            selectors.collect::<Result<_, _>>()
        });
        Ok(Cleanup {
            keep: keep
                .unwrap_or(Ok(own.keep))
                .map_err(|why| mistake("--keep", why))?,
            remove: remove
                .unwrap_or(Ok(own.remove))
                .map_err(|why| mistake("--remove", why))?,
        })
    }
}

/// The parts of a list that is typed with commas.
pub(super) fn parts(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    let filled = parts.filter(|part| !part.is_empty());
    filled.map(str::to_owned).collect()
}
