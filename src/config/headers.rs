//! The extra request headers of a feed; their values are secrets, wherever they stand.
//!
//! No message of this file quotes a value.

use std::path::{Component, Path, PathBuf};

use toml::de::{DeTable, DeValue};

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
        match resolve(value.get_ref(), folder, env) {
            Ok(text) => headers.push(HeaderSpec {
                name: name.to_owned(),
                value: Secret::new(text),
                origin: origin(section.origin(name), value.get_ref(), folder, env),
            }),
            Err(message) => section.mistake(value.span().start, name, message),
        }
    }
    headers
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

fn resolve(value: &DeValue<'_>, folder: &Path, env: &Env) -> Result<String, String> {
    let text = secret(value, folder, env)?;
    if !is_header_value(&text) {
        return Err("the value must be one line of visible ASCII text".to_owned());
    }
    Ok(text)
}

/// A secret as it stands here, or in the file or credential that is named here: one line.
pub(super) fn secret(value: &DeValue<'_>, folder: &Path, env: &Env) -> Result<String, String> {
    let text = match value {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Table(table) => read_secret(&secret_file(table, folder, env)?, env)?,
        other => return Err(wrong_type(other, WANTED).message),
    };
    if text.is_empty() || text.chars().any(|c| c.is_control() && c != '\t') {
        return Err("the value must be one line of text".to_owned());
    }
    Ok(text)
}

/// Where a secret stands, in words: its key, and the file that the key names.
pub(super) fn origin(key: String, value: &DeValue<'_>, folder: &Path, env: &Env) -> String {
    match value {
        DeValue::Table(table) => match secret_file(table, folder, env) {
            Ok(path) => format!("{} ({key})", env.shown(&path).display()),
            // Told as a mistake where it is read.
            Err(_) => key,
        },
        _ => key,
    }
}

fn secret_file(table: &DeTable<'_>, folder: &Path, env: &Env) -> Result<PathBuf, String> {
    let only = table.iter().next().filter(|_| table.len() == 1);
    let (key, text) = match only.map(|(key, value)| (key.get_ref().as_ref(), value.get_ref())) {
        Some((key, DeValue::String(text))) => (key, text.as_ref()),
        _ => return Err(format!("write {WANTED}")),
    };
    match key {
        "file" => Ok(folder.join(text)),
        "credential" if !is_file_name(text) => Err("a credential's name is a file name, without \"/\"".to_owned()),
        "credential" => env.credentials_directory.as_ref().map(|dir| dir.join(text)).ok_or_else(|| {
            "credentials are handed over by systemd (LoadCredential=); elsewhere use { file = \"path\" } \
             or set $CREDENTIALS_DIRECTORY"
                .to_owned()
        }),
        _ => Err(format!("write {WANTED}")),
    }
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
