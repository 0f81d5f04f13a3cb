//! How servers are reached: a feed's login, its proxy, its own openings and deadlines, and the
//! settings' `[proxies]`.
//!
//! A proxy sees whatever passes it, so only the settings can name one; a feed refers to a name. No
//! message of this file quotes a secret.

use std::{path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use toml::de::DeValue;
use url::Url;

use super::{
    Env, headers,
    section::{Section, closest},
    settings::TIMEOUTS,
    value::{self, Read, wrong_type},
};
use crate::model::{Access, HeaderSpec, NO_PROXY, Opening, ProxySpec, Secret, Way};

const AUTHORIZATION: &str = "Authorization";

/// Reads a feed's `allow_private`, `proxy`, `http1_only`, `connect_timeout` and `read_timeout`.
pub(super) fn access(section: &mut Section<'_, '_>, proxies: &[Arc<ProxySpec>]) -> Access {
    Access {
        allow_private: section.list("allow_private", opening).unwrap_or_default(),
        proxy: section.read("proxy", |value| way(value, proxies)),
        http1_only: section.read("http1_only", value::flag).unwrap_or_default(),
        connect_timeout: section.read("connect_timeout", deadline),
        read_timeout: section.read("read_timeout", deadline),
    }
}

/// One of the bounds that `[fetch]` has too.
pub(super) fn deadline(value: &DeValue<'_>) -> Read<Duration> {
    value::duration(value, &TIMEOUTS)
}

/// A network that is opened, with or without a port.
pub(super) fn opening(value: &DeValue<'_>) -> Read<Opening> {
    let text = value::text(value)?;
    text.parse()
        .map_err(|error| format!("\"{text}\" is {error}").into())
}

/// A proxy by its name, or none.
pub(super) fn way(value: &DeValue<'_>, proxies: &[Arc<ProxySpec>]) -> Read<Way> {
    Ok(proxy(&value::text(value)?, proxies)?)
}

/// The way that a proxy's name means, `none` included.
///
/// # Errors
/// What is right instead.
pub fn proxy(name: &str, proxies: &[Arc<ProxySpec>]) -> Result<Way, String> {
    if name == NO_PROXY {
        return Ok(Way::Direct);
    }
    if let Some(proxy) = proxies.iter().find(|proxy| proxy.name == name) {
        return Ok(Way::Proxy(Arc::clone(proxy)));
    }
    // What was written may be a whole URL, with a password in it.
    if name.contains("://") {
        return Err(
            "is a URL; give the proxy a name in [proxies] of the settings, and write that name"
                .to_owned(),
        );
    }
    let names: Vec<&str> = proxies.iter().map(|proxy| proxy.name.as_str()).collect();
    let remedy = match closest(name, &names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("name it in [proxies] of the settings, or write \"{NO_PROXY}\""),
    };
    Err(format!("no proxy is called \"{name}\"; {remedy}"))
}

/// Reads `auth = { basic = { user = "…", password = … } }` or `auth = { bearer = … }` as the header
/// it is sent as, unless `headers` has that already.
pub(super) fn auth(
    section: &mut Section<'_, '_>,
    headers: &[HeaderSpec],
    folder: &Path,
    env: &Env,
) -> Option<HeaderSpec> {
    let at = section.find("auth")?.span().start;
    let value = section.table("auth", |auth| {
        let bearer = auth.find("bearer").and_then(|value| {
            let is_token = |token: &str| match token.contains([' ', '\t']) {
                false if value::is_header_value(token) => Ok(()),
                _ => Err("the token must be one word of visible ASCII text".to_owned()),
            };
            let origin = headers::origin(auth.origin("bearer"), value.get_ref(), folder, env);
            let token = headers::secret(auth, "bearer", value, folder, env, is_token)?;
            Some((token, origin))
        });
        let basic = auth.table("basic", |basic| login(basic, at, folder, env));
        if auth.has("basic") == auth.has("bearer") && auth.is_understood() {
            auth.mistake(
                at,
                "",
                "write either { basic = { user = \"…\", password = { file = \"…\" } } } or \
                 { bearer = { file = \"…\" } }",
            );
        }
        auth.finish(|_| None);
        let bearer = bearer.map(|(token, origin)| {
            let value = token.map(|token| format!("Bearer {token}"));
            (value, origin)
        });
        bearer.or(basic.flatten().map(|login| {
            let user = login.user;
            let value = login.password.map(|password| {
                let pair = format!("{user}:{password}");
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            });
            (value, login.origin)
        }))
    });
    let twice = headers
        .iter()
        .any(|header| header.name.eq_ignore_ascii_case(AUTHORIZATION));
    if twice {
        let message = "`headers` has Authorization already; remove one of them";
        section.mistake(at, "auth", message);
    }
    let (value, origin) = value.flatten()?;
    Some(HeaderSpec {
        name: AUTHORIZATION.to_owned(),
        value,
        origin,
    })
}

/// User name and password (RFC 7617).
struct Login {
    user: String,
    password: Secret,
    /// Where the password stands, in words.
    origin: String,
}

fn login(section: &mut Section<'_, '_>, at: usize, folder: &Path, env: &Env) -> Option<Login> {
    let user = section.read("user", |value| {
        let user = value::label(value)?;
        if user.contains(':') {
            return Err("a user name has no colon".to_owned().into());
        }
        Ok(user)
    });
    let password = section.find("password").and_then(|value| {
        let origin = headers::origin(section.origin("password"), value.get_ref(), folder, env);
        let password = headers::secret(section, "password", value, folder, env, |_| Ok(()))?;
        Some((password, origin))
    });
    section.need(at, &["user", "password"]);
    section.finish(|_| None);
    let ((password, origin), user) = (password?, user?);
    Some(Login {
        user,
        password,
        origin,
    })
}

/// Reads the settings' `[proxies]`.
pub(super) fn proxies(
    section: &mut Section<'_, '_>,
    folder: &Path,
    env: &Env,
) -> Vec<Arc<ProxySpec>> {
    let mut proxies = Vec::new();
    for (name, span, value) in section.entries() {
        if let Err(message) = check_name(name) {
            section.mistake(span.start, name, message);
            continue;
        }
        let read = match value.get_ref() {
            DeValue::String(url) => match proxy_url(url) {
                Ok(url) => Some((url, None)),
                Err(message) => {
                    section.mistake(value.span().start, name, message);
                    None
                }
            },
            DeValue::Table(_) => {
                let at = value.span().start;
                section
                    .table_of(name, value, |proxy| with_login(proxy, at, folder, env))
                    .flatten()
            }
            other => {
                let message = wrong_type(other, "the proxy's URL").message;
                section.mistake(value.span().start, name, message);
                None
            }
        };
        // A proxy with a mistake has its name all the same: who refers to it is not told that there is
        // none. With a mistake no settings take effect.
        let (url, login) = read.unwrap_or_default();
        proxies.push(Arc::new(ProxySpec {
            name: name.to_owned(),
            url,
            login,
        }));
    }
    proxies
}

/// `{ url = "…", user = "…", password = … }`, or the URL alone.
fn with_login(
    section: &mut Section<'_, '_>,
    at: usize,
    folder: &Path,
    env: &Env,
) -> Option<(String, Option<(String, Secret)>)> {
    let url = section.read("url", |value| Ok(proxy_url(&value::text(value)?)?));
    section.asks(&["user", "password"]);
    section.need(at, &["url"]);
    let login = match section.has("user") || section.has("password") {
        true => Some(login(section, at, folder, env)?),
        false => {
            section.finish(|_| None);
            None
        }
    };
    Some((url?, login.map(|login| (login.user, login.password))))
}

fn check_name(name: &str) -> Result<(), String> {
    if name == NO_PROXY {
        return Err(format!(
            "\"{NO_PROXY}\" means no proxy; choose another name"
        ));
    }
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return Err("is no name; write a word".to_owned());
    }
    Ok(())
}

/// The one spelling of a proxy's URL.
fn proxy_url(text: &str) -> Result<String, String> {
    const WANTED: &str = "write \"http://host:port\" or \"socks5h://host:port\"";
    // Nothing of the text is quoted: it may hold a password.
    let url = Url::parse(text.trim()).map_err(|_| format!("is no URL; {WANTED}"))?;
    if !matches!(url.scheme(), "http" | "socks5h") {
        return Err(format!(
            "{} is no proxy Tidings speaks to; {WANTED}",
            url.scheme()
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "a user name or password stands in the URL; write { url = \"…\", user = \"…\", \
                    password = { file = \"…\" } }"
                .to_owned(),
        );
    }
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() || !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err(format!("is not a proxy's URL; {WANTED}"));
    }
    // SOCKS has no port that URLs leave out by custom of the `url` crate.
    let port = url.port_or_known_default().unwrap_or(1080);
    Ok(format!("{}://{host}:{port}", url.scheme()))
}
