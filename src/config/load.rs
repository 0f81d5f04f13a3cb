//! Where the settings and the store lie, and the check of everything at once.

use std::path::{Path, PathBuf};

use super::{
    Config, Env,
    error::{ConfigError, ConfigErrors},
    feeds::read_feeds,
    retention, settings,
    source::Source,
};

const NONE: &str = "name one with --config FILE, or make one here: an empty tidings.toml will do";
const MISSING: &str = "check the path after --config or in $TIDINGS_CONFIG";

/// Settings and the file they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The settings file, absolute; `None` if the defaults are used for want of one.
    pub path: Option<PathBuf>,
    /// The settings; paths in them are absolute.
    pub config: Config,
    /// What is missing or odd and keeps nothing from being used.
    pub warnings: Vec<ConfigError>,
}

/// All that `check` found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The settings file, absolute, if one was found.
    pub settings: Option<PathBuf>,
    /// How many feeds are right.
    pub feeds: usize,
    /// Every mistake, settings first, then the feed files in their order.
    pub errors: Vec<ConfigError>,
    /// What keeps nothing from being used, in the same order.
    pub warnings: Vec<ConfigError>,
}

/// Loads the settings from `--config`, `$TIDINGS_CONFIG`, `./tidings.toml` or
/// `/etc/tidings/tidings.toml`, the first that is given or exists.
///
/// # Errors
/// Every mistake of the file; or, if there is none, what was looked for.
pub fn load(path: Option<&Path>, env: &Env) -> Result<Loaded, ConfigErrors> {
    let path = find(path, env).ok_or_else(|| nothing_found(env))?;
    let (config, errors, warnings) = settings::read(Source::read(&path, env, MISSING)?, env);
    ConfigErrors::check(errors)?;
    Ok(Loaded {
        path: Some(path),
        config,
        warnings,
    })
}

/// As [`load`], but the defaults with no feed files where no settings file is named or found.
/// For commands that can do without: `preview`, `export --store`.
///
/// # Errors
/// Every mistake of the file.
pub fn load_or_default(path: Option<&Path>, env: &Env) -> Result<Loaded, ConfigErrors> {
    match find(path, env) {
        Some(path) => load(Some(&path), env),
        None => Ok(Loaded {
            path: None,
            config: Config {
                feeds: Vec::new(),
                ..Config::default()
            },
            warnings: Vec::new(),
        }),
    }
}

/// Reads settings and feed files and gathers every mistake. Feed files are read even if the
/// settings have mistakes; those keep their defaults meanwhile.
#[must_use]
pub fn check(path: Option<&Path>, env: &Env) -> Report {
    let nothing = |error| Report {
        settings: None,
        feeds: 0,
        errors: vec![error],
        warnings: Vec::new(),
    };
    let Some(path) = find(path, env) else {
        return nothing(nothing_found(env));
    };
    let source = match Source::read(&path, env, MISSING) {
        Ok(source) => source,
        Err(error) => return nothing(error),
    };
    let (config, mut errors, mut warnings) = settings::read(source, env);
    let mut list = read_feeds(&config, env);
    warnings.append(&mut list.warnings);
    // A feed whose entry has a mistake may be the one that is meant.
    if list.errors.is_empty() {
        let file = env.shown(&path);
        warnings.extend(retention::strangers(&config.retention, &list.feeds, &file));
    }
    errors.append(&mut list.errors);
    Report {
        settings: Some(path),
        feeds: list.feeds.len(),
        errors,
        warnings,
    }
}

/// The store's file: `--store`, else `store` of the settings, else `$STATE_DIRECTORY/tidings.db`,
/// else the XDG data directory's `tidings/tidings.db`.
///
/// # Errors
/// If nothing says where it should be.
pub fn store_path(cli: Option<&Path>, config: &Config, env: &Env) -> Result<PathBuf, ConfigError> {
    if let Some(path) = cli.or(config.store.as_deref()) {
        return Ok(env.absolute(path));
    }
    if let Some(state) = &env.state_directory {
        return Ok(state.join("tidings.db"));
    }
    let data = env
        .xdg_data_home
        .clone()
        .or_else(|| Some(env.home.as_ref()?.join(".local/share")));
    data.map(|data| data.join("tidings/tidings.db"))
        .ok_or_else(|| {
            ConfigError::new(
                "no place for the store is known; give --store PATH or set `store` in the settings",
            )
        })
}

/// The settings file to read: a named one whether it exists or not, else the first that exists.
fn find(path: Option<&Path>, env: &Env) -> Option<PathBuf> {
    if let Some(path) = path.or(env.tidings_config.as_deref()) {
        return Some(env.absolute(path));
    }
    // Not `is_file`: a file that may not be read is an error to tell, not one to pass over.
    usual_places(env)
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok())
}

fn usual_places(env: &Env) -> [PathBuf; 2] {
    [
        env.absolute(Path::new("tidings.toml")),
        env.system_config.clone(),
    ]
}

fn nothing_found(env: &Env) -> ConfigError {
    let [here, system] = usual_places(env);
    ConfigError::new(format!(
        "no settings file: looked for $TIDINGS_CONFIG (not set), {} and {}; {NONE}",
        here.display(),
        system.display()
    ))
}
