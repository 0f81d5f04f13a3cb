//! The extra request headers of a feed; their values are secrets, wherever they stand.
//!
//! No message of this file quotes a value.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Env,
    section::Section,
    source::read_bytes,
    value::{is_header_value, wrong_type},
};
use crate::model::{HeaderSpec, Secret};

/// Headers that are Tidings' own to set, with what to use instead where there is something.
const RESERVED: [(&str, &str); 12] = [
    ("accept-encoding", "Tidings unpacks what it asks for"),
    ("connection", "the connection is Tidings' own"),
    ("content-length", "requests have no body"),
    ("host", "it follows from the URL"),
    ("if-modified-since", "Tidings keeps the validators"),
    ("if-none-match", "Tidings keeps the validators"),
    ("range", "feeds are read whole"),
    ("te", "the connection is Tidings' own"),
    ("trailer", "requests have no body"),
    ("transfer-encoding", "requests have no body"),
    ("upgrade", "the connection is Tidings' own"),
    ("user-agent", "use the key `user_agent`"),
];

const WANTED: &str = "\"value\", { file = \"path\" } or { credential = \"name\" }";

/// Reads `headers = { Name = "value", Other = { file = "path" } }`.
pub(super) fn read(section: &mut Section<'_, '_>, folder: &Path, env: &Env) -> Vec<HeaderSpec> {
    let mut headers: Vec<HeaderSpec> = Vec::new();
    for (name, span, value) in section.entries() {
        if let Err(message) = check_name(name, &headers) {
            section.mistake(span.start, name, message);
            continue;
        }
        let is_header = |text: &str| match is_header_value(text) {
            true => Ok(()),
            false => Err("the value must be one line of visible ASCII text".to_owned()),
        };
        if let Some(secret) = secret(section, name, value, folder, env, is_header) {
            headers.push(HeaderSpec {
                name: name.to_owned(),
                value: secret,
                origin: origin(section.origin(name), value.get_ref(), folder, env),
            });
        }
    }
    headers
}

/// A secret that stands as the value of a key, or in the file or credential that it names: one line.
/// A credential that is not there is only warned of: it concerns no feed but this one.
pub(super) fn secret(
    section: &mut Section<'_, '_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    folder: &Path,
    env: &Env,
    check: impl FnOnce(&str) -> Result<(), String>,
) -> Option<Secret> {
    let at = value.span().start;
    match find(value.get_ref(), folder, env).and_then(|found| match found {
        Found::Text(text) => check(&text).map(|()| Found::Text(text)),
        missing => Ok(missing),
    }) {
        Ok(Found::Text(text)) => Some(Secret::new(text)),
        Ok(Found::Missing(why)) => Some(Secret::missing(section.warn(at, key, why))),
        Err(message) => {
            section.mistake(at, key, message);
            None
        }
    }
}

/// Where a secret was looked for.
enum Found {
    Text(String),
    /// Whoever starts Tidings hands it over, and did not this time.
    Missing(String),
}

/// A token (RFC 9110 section 5.6.2) that is the operator's to set.
fn check_name(name: &str, others: &[HeaderSpec]) -> Result<(), String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("is not a header name; write e.g. Authorization or \"X-Api-Key\"".to_owned());
    }
    if let Some((_, why)) = RESERVED
        .iter()
        .find(|(reserved, _)| name.eq_ignore_ascii_case(reserved))
    {
        return Err(format!("cannot be set here: {why}"));
    }
    if others
        .iter()
        .any(|other| other.name.eq_ignore_ascii_case(name))
    {
        return Err("stands twice, in different spellings; remove one of them".to_owned());
    }
    Ok(())
}

fn find(value: &DeValue<'_>, folder: &Path, env: &Env) -> Result<Found, String> {
    let found = match value {
        DeValue::String(text) => Found::Text(text.trim().to_owned()),
        DeValue::Table(table) => elsewhere(table, folder, env)?,
        other => return Err(wrong_type(other, WANTED).message),
    };
    match &found {
        Found::Text(text)
            if text.is_empty() || text.chars().any(|c| c.is_control() && c != '\t') =>
        {
            Err("the value must be one line of text".to_owned())
        }
        _ => Ok(found),
    }
}

/// Where a secret stands, in words: its key, and the file that the key names.
pub(super) fn origin(key: String, value: &DeValue<'_>, folder: &Path, env: &Env) -> String {
    match file_of(value, folder, env) {
        Some(path) => format!("{} ({key})", env.shown(&path).display()),
        None => key,
    }
}

/// The file of a secret that stands in one.
fn file_of(value: &DeValue<'_>, folder: &Path, env: &Env) -> Option<PathBuf> {
    let DeValue::Table(table) = value else {
        return None;
    };
    let (key, name) = table.iter().next()?;
    let name = name.get_ref().as_str()?;
    match key.get_ref().as_ref() {
        "file" => Some(folder.join(name)),
        "credential" => Some(env.credentials_directory.as_ref()?.join(name)),
        _ => None,
    }
}

fn elsewhere(table: &DeTable<'_>, folder: &Path, env: &Env) -> Result<Found, String> {
    let only = table.iter().next().filter(|_| table.len() == 1);
    let (key, text) = match only.map(|(key, value)| (key.get_ref().as_ref(), value.get_ref())) {
        Some((key, DeValue::String(text))) => (key, text.as_ref()),
        _ => return Err(format!("write {WANTED}")),
    };
    match key {
        "file" => read_secret(&folder.join(text), env).map(Found::Text),
        "credential" if !is_file_name(text) => {
            Err("a credential's name is a file name, without \"/\"".to_owned())
        }
        "credential" => credential(text, env),
        _ => Err(format!("write {WANTED}")),
    }
}

fn credential(name: &str, env: &Env) -> Result<Found, String> {
    let Some(folder) = &env.credentials_directory else {
        return Ok(Found::Missing(format!(
            "the credential \"{name}\" is missing, and with it what this feed's requests need: systemd hands \
             credentials to its services (LoadCredential=); elsewhere use {{ file = \"path\" }} or set \
             $CREDENTIALS_DIRECTORY"
        )));
    };
    let path = folder.join(name);
    if fs::metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(Found::Missing(format!(
            "the credential \"{name}\" is missing, and with it what this feed's requests need: it is not in \
             $CREDENTIALS_DIRECTORY; add LoadCredential={name}:/path/to/file to the service, or use \
             {{ file = \"path\" }}"
        )));
    }
    read_secret(&path, env).map(Found::Text)
}

fn is_file_name(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    ) && !text.contains('/')
}

fn read_secret(path: &Path, env: &Env) -> Result<String, String> {
    let bytes = read_bytes(path, env, "create it or correct the path")
        .map_err(|error| error.to_string())?;
    // The bytes are dropped with the error, not quoted.
    let text = String::from_utf8(bytes).map_err(|_| format!("{}: is not text", path.display()))?;
    Ok(text.trim().to_owned())
}
