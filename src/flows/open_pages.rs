//! Pages that are open somewhere, and the end of their sessions: each node looks once a second, by an index, which sessions were ended since, whichever
//! node ended them, and tells the pages that hang on them. Nothing rests on a node telling another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Result;
use crate::app::App;
use crate::model::{id::SessionId, seconds, time::Span};
use crate::store::sessions;

/// How far back each look goes: a change is there half a minute after its time at the latest ([`super::ANSWER_WITHIN`]), and two nodes' clocks
/// are half a minute apart before one of them serves nothing.
const BACK: Span = seconds(90);
/// Ended sessions that one look reads. Where there are more, every page asks anew for itself.
const MOST: i64 = 5_000;
/// Pages that may be open on one node.
const PLACES: usize = 20_000;
/// Pages of one session: its browser asks for all of them with one, where it can.
const OF_ONE: usize = 8;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// The session lives, as far as is known.
    Lives,
    /// It is over.
    Over,
    /// Ask anew, here or at another node.
    AskAnew,
}

/// The pages that are open on this node.
#[derive(Debug, Default)]
pub struct OpenPages {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    by_session: HashMap<SessionId, watch::Sender<News>>,
    pages: usize,
    is_closed: bool,
}

/// One open page, until it is dropped.
#[derive(Debug)]
pub struct Page {
    all: Arc<OpenPages>,
    session: SessionId,
    news: watch::Receiver<News>,
}

impl OpenPages {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page of this session is open. None where there is no room, or the node stops.
    pub fn open(self: &Arc<Self>, session: &SessionId) -> Option<Page> {
        let mut inside = self.inside();
        if inside.is_closed || inside.pages >= PLACES {
            return None;
        }
        let sender = inside.by_session.entry(session.clone()).or_insert_with(|| watch::Sender::new(News::Lives));
        if sender.receiver_count() >= OF_ONE {
            return None;
        }
        let news = sender.subscribe();
        inside.pages += 1;
        Some(Page { all: self.clone(), session: session.clone(), news })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.inside().pages
    }

    /// The node stops: every page asks another.
    pub fn close(&self) {
        let mut inside = self.inside();
        inside.is_closed = true;
        for sender in inside.by_session.values() {
            sender.send_replace(News::AskAnew);
        }
    }

    fn tell(&self, ended: &[SessionId]) {
        let inside = self.inside();
        for sender in ended.iter().filter_map(|id| inside.by_session.get(id)) {
            sender.send_replace(News::Over);
        }
    }

    fn ask_anew(&self) {
        for sender in self.inside().by_session.values() {
            sender.send_replace(News::AskAnew);
        }
    }
}

impl Page {
    /// Waits until there is news.
    pub async fn news(&mut self) -> News {
        match self.news.wait_for(|news| *news != News::Lives).await {
            Ok(news) => *news,
            Err(_) => News::AskAnew,
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut inside = self.all.inside();
        inside.pages -= 1;
        // This one still counts.
        if inside.by_session.get(&self.session).is_some_and(|sender| sender.receiver_count() <= 1) {
            inside.by_session.remove(&self.session);
        }
    }
}

/// Looks which sessions ended, and tells their pages.
pub async fn look(app: &App) -> Result<()> {
    let open = app.open_pages.count();
    #[expect(clippy::cast_precision_loss, reason = "there are never so many")]
    metrics::gauge!("aikagi_open_pages").set(open as f64);
    if open == 0 {
        return Ok(());
    }
    let ended = sessions::ended_since(&mut app.db.read().await?, app.now() - BACK, MOST).await?;
    if i64::try_from(ended.len()).unwrap_or(i64::MAX) < MOST {
        app.open_pages.tell(&ended);
    } else {
        app.open_pages.ask_anew();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_pages_of_a_session_that_ended_are_told() {
        let all = Arc::<OpenPages>::default();
        let (ann, bob) = (SessionId("ses_ann".to_owned()), SessionId("ses_bob".to_owned()));
        let (mut first, mut second) = (all.open(&ann).expect("room"), all.open(&ann).expect("room"));
        let mut other = all.open(&bob).expect("room");
        all.tell(std::slice::from_ref(&ann));
        assert_eq!((first.news().await, second.news().await), (News::Over, News::Over));
        assert!(futures_util::FutureExt::now_or_never(other.news()).is_none());
        all.close();
        assert_eq!(other.news().await, News::AskAnew);
        assert!(all.open(&bob).is_none(), "the node stops");
        drop((first, second, other));
        assert!(all.inside().by_session.is_empty());
        assert_eq!(all.count(), 0);
    }

    #[test]
    fn one_session_has_its_share() {
        let all = Arc::<OpenPages>::default();
        let ann = SessionId("ses_ann".to_owned());
        let mut pages: Vec<_> = (0..OF_ONE).map(|_| all.open(&ann).expect("room")).collect();
        assert!(all.open(&ann).is_none());
        pages.pop();
        assert!(all.open(&ann).is_some());
    }
}
