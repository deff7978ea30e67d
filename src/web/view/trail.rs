//! What became of a message, for the person who waits for it: the same on the page and in what the script is told as it grows.

use super::desk::messages::cause_key;
use crate::flows::trail::Trail;
use crate::model::{Cause, Locale, Timestamp};
use crate::wording;

/// A message's trail on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailShown {
    /// What happened so far.
    pub stops: Vec<TrailStop>,
    /// Where it is told as it grows.
    pub state: String,
    /// Whether nothing more is to be expected.
    pub is_over: bool,
    /// The number to read to the help desk.
    pub reference: String,
}

impl TrailShown {
    /// As a page shows it, which asks at `state` how it goes on.
    pub fn of(locale: Locale, trail: &Trail, state: String) -> Self {
        let reference = trail.reference.clone();
        Self { stops: stops(locale, trail), state, is_over: trail.is_over(), reference }
    }
}

/// One thing that happened to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailStop {
    /// What.
    pub dot: TrailDot,
    /// When, as 12:04:10; empty while it has not.
    pub at: String,
    /// Why it did not arrive, as a sentence.
    pub note: Option<String>,
}

fn stops(locale: Locale, trail: &Trail) -> Vec<TrailStop> {
    let stop =
        |dot, at: Option<Timestamp>, note| TrailStop { dot, at: at.map(wording::second).unwrap_or_default(), note };
    let mut all = vec![stop(TrailDot::Taken, Some(trail.written_at), None)];
    if let Some(at) = trail.handed_at {
        all.push(stop(TrailDot::Handed, Some(at), None));
    }
    match (trail.arrived_at, trail.failed) {
        (Some(at), _) => all.push(stop(TrailDot::Arrived, Some(at), None)),
        (None, Some((at, cause))) => {
            let note = cause.map(|cause| wording::text(locale, cause_for_person(cause), &[]));
            all.push(stop(TrailDot::Failed, Some(at), note));
        }
        (None, None) if trail.untold => all.push(stop(TrailDot::Untold, None, None)),
        (None, None) => all.push(stop(TrailDot::Waiting, None, None)),
    }
    all
}

/// Key of what the person is told: what only the operator can mend is ours, and there is another way.
const fn cause_for_person(cause: Cause) -> &'static str {
    if cause.is_about_destination() { cause_key(cause) } else { "cause-ours" }
}

/// The same for the script that shows it as it grows.
pub fn trail_json(locale: Locale, trail: &Trail) -> String {
    let stops = stops(locale, trail).into_iter().map(|stop| {
        let text = wording::text(locale, stop.dot.key(), &[]);
        serde_json::json!({ "class": stop.dot.class(), "text": text, "note": stop.note, "at": stop.at })
    });
    serde_json::Value::Array(stops.collect()).to_string()
}

/// The stations of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailDot {
    /// We took it.
    Taken,
    /// We handed it over.
    Handed,
    /// It is under way.
    Waiting,
    /// It is there.
    Arrived,
    /// It could not be delivered.
    Failed,
    /// Nobody told whether it arrived.
    Untold,
}

impl TrailDot {
    /// Key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Taken => "trail-taken",
            Self::Handed => "trail-handed",
            Self::Waiting => "trail-waiting",
            Self::Arrived => "trail-arrived",
            Self::Failed => "trail-failed",
            Self::Untold => "trail-untold",
        }
    }
    /// Class in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Taken | Self::Handed | Self::Arrived => "done",
            Self::Waiting | Self::Untold => "waiting",
            Self::Failed => "failed",
        }
    }
}
