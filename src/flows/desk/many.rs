//! New passwords are demanded of many members: of a selection, or of all. Some tens at a time in one transaction, with pauses, so that people sign in
//! meanwhile as ever; whoever cannot be asked is passed over with the reason.
//!
//! A demand to many has a name of its own, its run. Begun again with the same run it goes on where it stopped: nobody gets a second secret.

use std::time::Duration;

use super::forced_change::{self, By, Lifetime, New, Refused};
use crate::app::App;
use crate::flows::pace::Pace;
use crate::flows::{Error, Result, new_id};
use crate::model::ForcedSecret;
use crate::model::id::MemberId;
use crate::store::{self, transaction};

/// Members that one transaction takes.
const CHUNK: usize = 20;

/// What is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A new password at once, by secrets that live so long.
    Force(Lifetime),
    /// A new password at the next sign-in.
    Request,
}

/// How far it has come.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Of how many it was demanded.
    pub done: u64,
    /// Of whom not, and why.
    pub passed_over: Vec<(MemberId, Refused)>,
    /// It stopped, since the administrator's session or rank ended: those who were not reached stand nowhere in here.
    pub stopped: bool,
}

impl Tally {
    fn note(&mut self, id: &MemberId, outcome: std::result::Result<(), Refused>) {
        match outcome {
            Ok(()) => self.done += 1,
            Err(Refused::Ended) => self.stopped = true,
            Err(refused) => self.passed_over.push((id.clone(), refused)),
        }
    }

    /// How many were passed over for this reason.
    pub fn count(&self, reason: Refused) -> usize {
        self.passed_over.iter().filter(|(_, refused)| *refused == reason).count()
    }
}

/// The name of a new demand to many.
pub fn new_run(app: &App) -> String {
    new_id!(app, app.now(), ForcedChangeId).0
}

/// What [`demand`] would come to now; changes nothing.
pub async fn try_out(
    app: &App,
    by: By<'_>,
    what: What,
    ids: impl IntoIterator<Item = MemberId> + Send,
) -> Result<Tally> {
    let ids: Vec<_> = ids.into_iter().collect();
    let mut tally = Tally::default();
    for some in ids.chunks(CHUNK) {
        let mut conn = app.db.read().await?;
        for id in some {
            let could = match what {
                What::Force(_) => forced_change::could_force(&mut conn, by, id, None, app.now()).await?,
                What::Request => forced_change::could_request(&mut conn, by, id).await?,
            };
            tally.note(id, could);
        }
    }
    Ok(tally)
}

/// Demands it of all of these, and tells how far it has come after each transaction.
pub async fn demand(
    app: &App,
    by: By<'_>,
    what: What,
    run: &str,
    ids: impl IntoIterator<Item = MemberId> + Send,
    mut progress: impl FnMut(&Tally) + Send,
) -> Result<Tally> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    // Two demands to many at once take the members in one order, and nobody is named twice.
    ids.sort();
    ids.dedup();
    let mut tally = Tally::default();
    let mut pace = Pace::shared();
    for some in ids.chunks(CHUNK) {
        let mut ready = Vec::with_capacity(some.len());
        for id in some {
            ready.push((id, prepared(app, by, what, run, id).await?));
        }
        pace.rest().await;
        let now = app.now();
        let piece = async {
            transaction!(app.db, conn => {
                let mut outcomes = Vec::with_capacity(ready.len());
                for (id, prepared) in &ready {
                    let outcome = match (what, prepared) {
                        (_, Err(refused)) => Err(*refused),
                        (What::Request, Ok(_)) => forced_change::put_request(app, conn, by, id, now).await?,
                        (What::Force(_), Ok(None)) => Err(Refused::State),
                        (What::Force(lifetime), Ok(Some((secret, hash)))) => {
                            let new = New { secret, hash, to: None, run: Some(run), lifetime, now };
                            forced_change::put(app, conn, by, id, &new).await?.map(drop)
                        }
                    };
                    outcomes.push((*id, outcome));
                }
                Ok::<_, Error>(outcomes)
            })
        };
        for (id, outcome) in pace.time(piece).await? {
            tally.note(id, outcome);
        }
        app.outbox_bell.notify_one();
        progress(&tally);
        if tally.stopped {
            break;
        }
    }
    Ok(tally)
}

type Prepared = std::result::Result<Option<(ForcedSecret, String)>, Refused>;

/// What can be done before the transaction opens: for whoever could be reached, a secret and its hash, after all hashes that somebody waits for.
async fn prepared(app: &App, by: By<'_>, what: What, run: &str, id: &MemberId) -> Result<Prepared> {
    let What::Force(_) = what else { return Ok(Ok(None)) };
    let could = {
        let mut conn = app.db.read().await?;
        if store::forced_changes::is_in_run(&mut conn, id, run).await? {
            return Ok(Err(Refused::Already));
        }
        forced_change::could_force(&mut conn, by, id, None, app.now()).await?
    };
    if let Err(refused) = could {
        return Ok(Err(refused));
    }
    loop {
        match forced_change::prepare(app, app.hashing.unhurried()).await {
            Err(Error::Busy(busy)) => tokio::time::sleep(Duration::from_secs(busy.retry_after_seconds)).await,
            ready => return ready.map(|ready| Ok(Some(ready))),
        }
    }
}
