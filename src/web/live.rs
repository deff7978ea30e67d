//! What changes while a page is open, told as it happens (server-sent events, WHATWG HTML 9.2). A stream ends after a short while and the browser asks again, so that
//! no server waits long for one when it stops; there are only so many at a time, for all and for one network.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::call::Answer;
use super::failure::Failure;
use crate::flows::Result;
use crate::flows::open_pages::{News, Page};
use crate::model::Network;

/// How many are open on this server at once: whoever comes later reloads the page.
static PLACES: Semaphore = Semaphore::const_new(1_000);
/// How many of them one network may have: an office is one, and so is whoever would take them all.
const OF_A_NETWORK: u32 = 30;
static BY_NETWORK: LazyLock<Mutex<HashMap<Network, u32>>> = LazyLock::new(Mutex::default);
/// How often it is looked.
const EVERY: Duration = Duration::from_secs(1);
/// How often before the browser asks again.
const LOOKS: u32 = 15;

/// What a look found.
pub struct Seen {
    /// What is told where it is news: one line.
    pub data: String,
    /// Nothing more is to be expected.
    pub over: bool,
}

/// A place among those that are open, given back when the stream ends, however it ends.
struct Place {
    network: Network,
    _of_all: SemaphorePermit<'static>,
}

impl Place {
    /// None where there is none left.
    fn take(network: Network) -> Option<Self> {
        let of_all = PLACES.try_acquire().ok()?;
        let mut open = BY_NETWORK.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= OF_A_NETWORK {
            return None;
        }
        *count += 1;
        Some(Self { network, _of_all: of_all })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = BY_NETWORK.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

/// How long a page hangs on one stream before it asks anew, maybe at another node; each so much longer by chance, so that they do not come all at once.
const HANGS: Duration = Duration::from_secs(120);
const HANGS_MORE: Duration = Duration::from_secs(60);
/// How often a line without meaning goes to it, so that no proxy takes the stream for dead.
const BREATH: Duration = Duration::from_secs(25);

/// What a page hears that waits for the end of its session: `over` where that is over already, and when it is; nothing before.
/// `chance` spreads the reconnects.
pub fn until_over(page: Option<Page>, is_over: bool, chance: [u8; 4]) -> Response {
    let share = f64::from(u32::from_le_bytes(chance)) / f64::from(u32::MAX);
    let ends = tokio::time::Instant::now() + HANGS + HANGS_MORE.mul_f64(share);
    // Where there is no room it is asked again later, and all at different times.
    let pause = Duration::from_millis(if page.is_some() { 500 } else { 15_000 }).mul_f64(1.0 + 2.0 * share);
    let first =
        if is_over { "event: over\ndata: \n\n".to_owned() } else { format!("retry: {}\n\n", pause.as_millis()) };
    let start = (Some(first), page.filter(|_| !is_over));
    let events = stream::unfold(start, move |(first, page)| async move {
        if let Some(first) = first {
            return Some((Bytes::from(first), (None, page)));
        }
        let mut page = page?;
        let said = tokio::select! {
            news = page.news() => match news {
                News::Over => return Some((Bytes::from_static(b"event: over\ndata: \n\n"), (None, None))),
                News::Lives | News::AskAnew => return None,
            },
            () = tokio::time::sleep(BREATH) => Bytes::from_static(b":\n\n"),
        };
        (tokio::time::Instant::now() < ends).then_some((said, (None, Some(page))))
    });
    answer(Body::from_stream(events.map(Ok::<_, std::convert::Infallible>)))
}

fn answer(body: Body) -> Response {
    let mut response: Response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // A proxy that gathers an answer would keep the news to itself.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// A stream of what `look` finds. It begins with what is now; none ends it.
pub fn stream<F>(network: Network, look: impl Fn() -> F + Send + 'static) -> Answer
where
    F: Future<Output = Result<Option<Seen>>> + Send + 'static,
{
    let Some(place) = Place::take(network) else { return Err(Failure::Busy(30)) };
    let first = (look, place, String::new(), 0_u32);
    let events = stream::unfold(Some(first), async |state| {
        let (look, place, mut before, mut looks) = state?;
        loop {
            if looks > 0 {
                tokio::time::sleep(EVERY).await;
            }
            looks += 1;
            let seen = look().await.ok().flatten()?;
            if seen.data != before || seen.over {
                // "retry" comes first, so that a stream that ends at once is asked for again soon.
                let retry = if looks == 1 { "retry: 1000\n" } else { "" };
                let kind = if seen.over { "event: over\n" } else { "" };
                let event = Bytes::from(format!("{retry}{kind}data: {}\n\n", seen.data));
                before = seen.data;
                let goes_on = !seen.over && looks < LOOKS;
                return Some((
                    Ok::<_, std::convert::Infallible>(event),
                    goes_on.then_some((look, place, before, looks)),
                ));
            }
            if looks >= LOOKS {
                return None;
            }
        }
    });
    Ok(answer(Body::from_stream(events)))
}
