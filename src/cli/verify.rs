//! `tidings verify`: whether exports are still as their manifests say.

use std::io::{self, Write as _};

use super::{CliError, Ended, args::VerifyArgs, context::Context, error::chain, terminal::count};
use crate::{export, model::printable};

pub(super) fn run(context: &Context, args: &VerifyArgs) -> Result<Ended, CliError> {
    let (mut well, mut badly) = (0, 0);
    for path in &args.paths {
        let verified = match export::verify(path) {
            Ok(verified) => verified,
            Err(error) => {
                context.complain(&chain(&error));
                badly += 1;
                continue;
            }
        };
        for fault in &verified.faults {
            context.complain(&printable(&fault.to_string()));
        }
        if verified.faults.is_empty() {
            well += 1;
            if !context.global.quiet {
                writeln!(
                    io::stdout().lock(),
                    "{}: {} in {}, as the manifest says",
                    path.display(),
                    count(verified.articles, "article"),
                    count(verified.files, "file")
                )?;
            }
        } else {
            badly += 1;
        }
    }
    Ok(match (well, badly) {
        (_, 0) => Ended::Well,
        (0, _) => Ended::Badly,
        _ => Ended::InPart,
    })
}
