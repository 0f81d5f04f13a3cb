//! The callbacks that hubs call: their verifications are answered, their deliveries queued.
//!
//! Nothing that a stranger says comes back but the challenge of a verification that is waited for,
//! as plain text.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, OwnedPermit},
};
use tracing::warn;
use url::form_urlencoded;

use crate::{
    ingest::{Admission, Delivery, Ingest, Refused},
    store::StoreError,
    websub::{self, Verdict, Verification},
};

/// From the end of a delivery's head to the end of its body.
const BODY: Duration = Duration::from_secs(30);
/// Deliveries of one subscription are taken in one after the other, those of others beside them.
const LANES: usize = 4;
/// Deliveries that wait in a lane, or are being read for it.
const QUEUE: usize = 32;
/// Their bodies together, in KiB.
const BODIES: u32 = 64 << 10;

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature");

/// A delivery with its share of the memory for bodies.
pub struct Queued {
    /// What came.
    pub delivery: Delivery,
    /// Given back when dropped.
    pub room: OwnedSemaphorePermit,
}

/// Queues for deliveries. A place and room are taken before the body is read, so that what is in
/// memory has a bound.
#[derive(Clone)]
pub struct Lanes {
    queues: Arc<[mpsc::Sender<Queued>]>,
    room: Arc<Semaphore>,
}

impl Lanes {
    /// The queues and their ends.
    #[must_use]
    pub fn new() -> (Self, Vec<mpsc::Receiver<Queued>>) {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..LANES).map(|_| mpsc::channel(QUEUE)).unzip();
        let lanes = Self {
            queues: senders.into(),
            room: Arc::new(Semaphore::new(BODIES as usize)),
        };
        (lanes, receivers)
    }

    /// A place for a body of so many bytes; `None`: there is none.
    fn reserve(
        &self,
        token: &str,
        bytes: u64,
    ) -> Option<(OwnedPermit<Queued>, OwnedSemaphorePermit)> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(BODIES);
        let room = Arc::clone(&self.room);
        // A body that is larger than all the room has it to itself.
        let room = room.try_acquire_many_owned(kib.clamp(1, BODIES)).ok()?;
        let mut hash = DefaultHasher::new();
        token.hash(&mut hash);
        let lane = usize::try_from(hash.finish() % LANES as u64).ok()?;
        let place = self.queues.get(lane)?.clone().try_reserve_owned().ok()?;
        Some((place, room))
    }
}

/// What the callbacks need.
#[derive(Clone)]
pub struct Callbacks {
    /// Who decides.
    pub ingest: Ingest,
    /// Where deliveries go.
    pub lanes: Lanes,
}

/// Every path that ends in `/websub/TOKEN`: a proxy may or may not cut off what `public_url` has
/// before it.
pub(super) fn routes(callbacks: Callbacks) -> Router {
    Router::new().fallback(callback).with_state(callbacks)
}

async fn callback(State(callbacks): State<Callbacks>, request: Request) -> Response {
    let path = request.uri().path();
    let token = path
        .rsplit_once(websub::PATH)
        .map(|(_, token)| token)
        .filter(|token| websub::may_be_token(token));
    let Some(token) = token.map(str::to_owned) else {
        return answer(StatusCode::NOT_FOUND);
    };
    let answered = match *request.method() {
        Method::GET => verify(&callbacks, &token, request.uri().query()).await,
        Method::POST => deliver(&callbacks, token, request).await,
        _ => {
            let mut answer = answer(StatusCode::METHOD_NOT_ALLOWED);
            let allowed = HeaderValue::from_static("GET, POST");
            answer.headers_mut().insert(header::ALLOW, allowed);
            Ok(answer)
        }
    };
    answered.unwrap_or_else(|error| {
        warn!("a hub's request could not be answered: {error}");
        later()
    })
}

/// Verification of intent, or the word that a subscription is denied.
async fn verify(
    callbacks: &Callbacks,
    token: &str,
    query: Option<&str>,
) -> Result<Response, StoreError> {
    let said = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let challenge = said("hub.challenge").unwrap_or_default();
    let verification = Verification {
        mode: said("hub.mode").unwrap_or_default(),
        topic: said("hub.topic").unwrap_or_default(),
        challenge: challenge.clone(),
        lease_seconds: said("hub.lease_seconds").and_then(|seconds| seconds.parse().ok()),
        reason: said("hub.reason"),
    };
    Ok(match callbacks.ingest.verify(token, verification).await? {
        Verdict::Confirm => with(StatusCode::OK, Body::from(challenge)),
        Verdict::Noted => answer(StatusCode::OK),
        Verdict::Refuse => answer(StatusCode::NOT_FOUND),
    })
}

/// A delivery: answered as soon as it is read; what becomes of it is not the hub's business.
async fn deliver(
    callbacks: &Callbacks,
    token: String,
    request: Request,
) -> Result<Response, StoreError> {
    let max_body = match callbacks.ingest.admits(&token).await? {
        Admission::Take { max_body } => max_body,
        Admission::Gone => return Ok(answer(StatusCode::GONE)),
        Admission::Unknown => return Ok(answer(StatusCode::NOT_FOUND)),
    };
    let (head, body) = request.into_parts();
    if text(&head.headers, &header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Ok(refuse(callbacks, &token, Refused::Packed).await);
    }
    let promised = text(&head.headers, &header::CONTENT_LENGTH).and_then(|n| n.parse::<u64>().ok());
    if promised.is_some_and(|promised| promised > max_body) {
        return Ok(refuse(callbacks, &token, Refused::TooLarge).await);
    }
    let most = promised.unwrap_or(max_body);
    let Some((place, room)) = callbacks.lanes.reserve(&token, most) else {
        return Ok(refuse(callbacks, &token, Refused::NoRoom).await);
    };
    let max_body = usize::try_from(max_body).unwrap_or(usize::MAX);
    let bytes = match tokio::time::timeout(BODY, to_bytes(body, max_body)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Ok(refuse(callbacks, &token, Refused::TooLarge).await),
        Err(_) => return Ok(refuse(callbacks, &token, Refused::Slow).await),
    };
    let links = head.headers.get_all(header::LINK).iter();
    let delivery = Delivery {
        token,
        bytes,
        content_type: text(&head.headers, &header::CONTENT_TYPE),
        signature: text(&head.headers, &SIGNATURE),
        links: links
            .filter_map(|link| Some(link.to_str().ok()?.to_owned()))
            .collect(),
    };
    place.send(Queued { delivery, room });
    Ok(answer(StatusCode::ACCEPTED))
}

/// Counts what is not taken in, and says so to the hub.
async fn refuse(callbacks: &Callbacks, token: &str, why: Refused) -> Response {
    callbacks.ingest.refuse_delivery(token, why).await;
    match why {
        Refused::Packed => answer(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        Refused::TooLarge => answer(StatusCode::PAYLOAD_TOO_LARGE),
        Refused::Slow => answer(StatusCode::REQUEST_TIMEOUT),
        Refused::NoRoom => later(),
        // What is wrong with a signature is not the sender's to know.
        Refused::Forged => answer(StatusCode::ACCEPTED),
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn answer(status: StatusCode) -> Response {
    with(status, Body::empty())
}

/// 503: the hub tries again.
fn later() -> Response {
    let mut answer = answer(StatusCode::SERVICE_UNAVAILABLE);
    let wait = HeaderValue::from_static("60");
    answer.headers_mut().insert(header::RETRY_AFTER, wait);
    answer
}

/// Text, and never to be taken for anything else.
fn with(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
