//! The floors: what no aggregator can go below. D downloads and drops; S also parses with feed-rs
//! and stores with plain SQL. Neither schedules, checks, deduplicates or reports anything.

use std::{
    fs,
    io::Write as _,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use clap::Args;
use flate2::write::GzDecoder;
use reqwest::{Client, StatusCode, header};
use rusqlite::{Connection, params};

use crate::{Result, page::Places};

/// Which feeds, and how many at once.
#[derive(Args, Clone)]
pub(crate) struct Target {
    #[arg(long)]
    pub(crate) port: u16,
    #[arg(long, default_value_t = 1000)]
    pub(crate) feeds: usize,
    /// Addresses that the feeds stand at [default: one each].
    #[arg(long)]
    pub(crate) addresses: Option<usize>,
    #[arg(long, default_value_t = 64)]
    pub(crate) concurrency: usize,
}

impl Target {
    fn places(&self) -> Places {
        Places {
            port: self.port,
            addresses: self.addresses.unwrap_or(self.feeds),
        }
    }
}

/// One validator a feed, in the order of the feeds.
type Etags = Vec<Option<String>>;

/// What a floor does with each new body: feed number, bytes, validator.
trait Bodies: Send + Sync + 'static {
    fn take(&self, feed: usize, body: &[u8], etag: Option<String>) -> Result<()>;
}

/// Floor D. The validators are a text file, one line a feed.
pub(crate) fn download(target: &Target, etags: Option<&Path>) -> Result<()> {
    let text = etags
        .and_then(|path| fs::read_to_string(path).ok())
        .unwrap_or_default();
    let mut known: Etags = text
        .lines()
        .map(|line| (!line.is_empty()).then(|| line.to_owned()))
        .collect();
    known.resize(target.feeds, None);
    let kept = Arc::new(Kept(Mutex::new(known.clone())));
    crawl(target, known, &(Arc::clone(&kept) as Arc<dyn Bodies>))?;
    if let Some(path) = etags {
        let kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<_> = kept
            .iter()
            .map(|etag| etag.as_deref().unwrap_or_default())
            .collect();
        fs::write(path, lines.join("\n"))?;
    }
    Ok(())
}

struct Kept(Mutex<Etags>);

impl Bodies for Kept {
    fn take(&self, feed: usize, _: &[u8], etag: Option<String>) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[feed] = etag;
        Ok(())
    }
}

/// Floor S.
pub(crate) fn download_and_store(target: &Target, db: &Path) -> Result<()> {
    let connection = Connection::open(db)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         CREATE TABLE IF NOT EXISTS feed (number INTEGER PRIMARY KEY, etag TEXT);
         CREATE TABLE IF NOT EXISTS entry
             (feed INTEGER, id TEXT, title TEXT, link TEXT, published TEXT, body TEXT);",
    )?;
    let known = stored_etags(&connection, target.feeds)?;
    crawl(
        target,
        known,
        &(Arc::new(Stored(Mutex::new(connection))) as Arc<dyn Bodies>),
    )
}

fn stored_etags(connection: &Connection, feeds: usize) -> Result<Etags> {
    let mut known = vec![None; feeds];
    let mut statement = connection.prepare("SELECT number, etag FROM feed")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number: u32 = row.get(0)?;
        if let Some(slot) = known.get_mut(number as usize) {
            *slot = row.get(1)?;
        }
    }
    Ok(known)
}

struct Stored(Mutex<Connection>);

impl Bodies for Stored {
    fn take(&self, feed: usize, body: &[u8], etag: Option<String>) -> Result<()> {
        let parsed = feed_rs::parser::parse(body)?;
        let feed = u32::try_from(feed)?;
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            for entry in parsed.entries {
                insert.execute(params![
                    feed,
                    entry.id,
                    entry.title.map(|title| title.content),
                    entry.links.first().map(|link| link.href.as_str()),
                    entry.published.map(|date| date.to_rfc3339()),
                    entry.content.and_then(|content| content.body),
                ])?;
            }
            transaction
                .prepare_cached("INSERT OR REPLACE INTO feed VALUES (?1, ?2)")?
                .execute(params![feed, etag])?;
        }
        Ok(transaction.commit()?)
    }
}

/// Asks for every feed once, so many at a time, and hands on what is new.
fn crawl(target: &Target, known: Etags, bodies: &Arc<dyn Bodies>) -> Result<()> {
    // The TLS of the build has no provider of its own; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().tls_certs_only([]).build()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (target, known) = (Arc::new(target.clone()), Arc::new(known));
    let next = Arc::new(AtomicUsize::new(0));
    runtime.block_on(async {
        let workers: Vec<_> = (0..target.concurrency)
            .map(|_| {
                let (client, bodies) = (client.clone(), Arc::clone(bodies));
                let (target, known, next) =
                    (Arc::clone(&target), Arc::clone(&known), Arc::clone(&next));
                tokio::spawn(async move {
                    loop {
                        let feed = next.fetch_add(1, Ordering::Relaxed);
                        let Some(etag) = known.get(feed) else {
                            return Ok(());
                        };
                        let url = target.places().url(feed);
                        // What fails is done with: a floor neither asks again nor tells.
                        if let Ok(Some((body, etag))) = fetch(&client, &url, etag.as_deref()).await
                        {
                            bodies.take(feed, &body, etag)?;
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            let outcome: Result<()> = worker.await?;
            outcome?;
        }
        Ok(())
    })
}

/// The body and its validator, or `None` for a 304.
async fn fetch(
    client: &Client,
    url: &str,
    etag: Option<&str>,
) -> Result<Option<(Vec<u8>, Option<String>)>> {
    let mut request = client.get(url).header(header::ACCEPT_ENCODING, "gzip");
    if let Some(etag) = etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    let mut response = request.send().await?;
    if response.status() != StatusCode::OK {
        return Ok(None);
    }
    let etag = response
        .headers()
        .get(header::ETAG)
        .and_then(|etag| etag.to_str().ok());
    let etag = etag.map(str::to_owned);
    // The server packs every body, because that is asked for.
    let mut unpacked = GzDecoder::new(Vec::new());
    while let Some(chunk) = response.chunk().await? {
        unpacked.write_all(&chunk)?;
    }
    Ok(Some((unpacked.finish()?, etag)))
}
