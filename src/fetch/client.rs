//! The HTTP client: TLS roots, deadlines, and everything of reqwest that must be off.

use std::sync::Arc;

use reqwest::{Certificate, Client, ClientBuilder, redirect::Policy};

use super::{
    ClientError,
    guard::{Guard, GuardedResolver},
};
use crate::config::FetchConfig;

pub(super) fn build(config: &FetchConfig, guard: &Arc<Guard>) -> Result<Client, ClientError> {
    // Fails only if a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match builder(config, guard).build() {
        Ok(client) => Ok(client),
        // A machine without a CA bundle: Mozilla's roots, compiled in.
        Err(_) => Ok(builder(config, guard)
            .tls_certs_only(compiled_in_roots())
            .build()?),
    }
}

fn builder(config: &FetchConfig, guard: &Arc<Guard>) -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        // Proxies from the environment would carry requests past the address guard.
        .no_proxy()
        .dns_resolver(Arc::new(GuardedResolver::new(Arc::clone(guard))))
        .connect_timeout(config.connect_timeout)
        .read_timeout(config.read_timeout)
        // Feeds are asked hourly, and those of one host seconds apart: an idle connection costs 28 kB
        // and is hardly ever used again.
        .pool_max_idle_per_host(0)
        .http2_max_header_list_size(64 * 1024)
}

fn compiled_in_roots() -> Vec<Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| Certificate::from_der(der).ok())
        .collect()
}
