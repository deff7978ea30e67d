//! Who could not get back in alone, at the desk: the share and how it went, the lists by reason, asking, and slips of paper.

use askama::Template;

use super::MemberRow;
use crate::model::Readiness;
use crate::web::view::Frame;

/// Key of a readiness' name.
pub const fn readiness_key(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Unknown => "readiness-unknown",
        Readiness::Ready => "readiness-ready",
        Readiness::NoContact => "readiness-no-contact",
        Readiness::Unverified => "readiness-unverified",
        Readiness::Waiting => "readiness-waiting",
        Readiness::Frozen => "readiness-frozen",
        Readiness::Bounced => "readiness-bounced",
        Readiness::Stale => "readiness-stale",
        Readiness::NeverSet => "readiness-never-set",
        Readiness::Apart => "readiness-apart",
    }
}

/// Key of what it means, and what helps.
pub const fn readiness_about(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Unknown => "readiness-unknown-about",
        Readiness::Ready => "readiness-ready-about",
        Readiness::NoContact => "readiness-no-contact-about",
        Readiness::Unverified => "readiness-unverified-about",
        Readiness::Waiting => "readiness-waiting-about",
        Readiness::Frozen => "readiness-frozen-about",
        Readiness::Bounced => "readiness-bounced-about",
        Readiness::Stale => "readiness-stale-about",
        Readiness::NeverSet => "readiness-never-set-about",
        Readiness::Apart => "readiness-apart-about",
    }
}

/// A readiness as a tag with what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadinessShown(pub Readiness);

impl ReadinessShown {
    /// Key of its name.
    pub const fn key(self) -> &'static str {
        readiness_key(self.0)
    }
    /// Key of what it means.
    pub const fn about(self) -> &'static str {
        readiness_about(self.0)
    }
    /// Its word in addresses.
    pub const fn word(self) -> &'static str {
        self.0.as_str()
    }
    /// Class of its tag.
    pub const fn class(self) -> &'static str {
        match self.0 {
            Readiness::Ready => "good",
            Readiness::Waiting | Readiness::Apart | Readiness::Unknown => "wait",
            Readiness::NoContact
            | Readiness::Unverified
            | Readiness::Bounced
            | Readiness::Frozen
            | Readiness::Stale
            | Readiness::NeverSet => "bad",
        }
    }
    /// Whether asking the member helps.
    pub const fn can_be_asked(self) -> bool {
        self.0.can_be_asked()
    }
    /// Whether an email could reach them at all.
    pub const fn has_email(self) -> bool {
        matches!(self.0, Readiness::Stale)
    }
}

/// A day in the table beside the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayShown {
    /// 「11/22」
    pub day: String,
    /// In whole per cent.
    pub share: i64,
    /// How many can.
    pub ready: i64,
    /// How many cannot.
    pub not: i64,
    /// Where its bar begins from the left, in the picture's own measure.
    pub x: i64,
}

/// The picture's measures: a day's width, how wide and how high it is.
const STEP: i64 = 10;
const HIGH: i64 = 100;

/// How it went, as bars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trend {
    /// Day by day, the oldest first.
    pub days: Vec<DayShown>,
    /// The picture's width in its own measure.
    pub width: i64,
}

impl Trend {
    /// From days (since 1970) with their names, how many can and how many cannot.
    pub fn new(days: Vec<(i64, String, i64, i64)>) -> Self {
        let first = days.first().map_or(0, |day| day.0);
        let last = days.last().map_or(0, |day| day.0);
        // A few days alone would be a few very wide bars.
        let width = ((last - first + 1).max(14)) * STEP;
        let shown = |(day, name, ready, not): (i64, String, i64, i64)| {
            let share = ready * 100 / (ready + not).max(1);
            DayShown { day: name, share, ready, not, x: (day - first) * STEP }
        };
        Self { days: days.into_iter().map(shown).collect(), width }
    }
    /// The highest point of a day's bar.
    pub fn top(&self, day: &DayShown) -> i64 {
        HIGH - day.share
    }
    /// The width of a bar.
    pub const fn bar(&self) -> i64 {
        STEP - 2
    }
    /// The first day's share and the last one's.
    pub fn ends(&self) -> Option<(i64, i64)> {
        Some((self.days.first()?.share, self.days.last()?.share))
    }
}

/// A reason and how many have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonLine {
    /// Which.
    pub readiness: ReadinessShown,
    /// How many.
    pub members: i64,
}

/// GET `/w/{slug}/admin/readiness`
#[derive(Debug, Template)]
#[template(path = "pages/desk/readiness.html")]
pub struct ReadinessPage {
    /// The frame.
    pub page: Frame,
    /// As of when.
    pub taken: Option<String>,
    /// The share, how many can, and how many there are; none for nobody.
    pub share: Option<(i64, i64, i64)>,
    /// How it went.
    pub trend: Trend,
    /// Why not.
    pub reasons: Vec<ReasonLine>,
    /// How many have tried it out.
    pub drilled: i64,
    /// What is to be said of the newest demand to many.
    pub run: Option<String>,
    /// Whether the person may take lists out.
    pub may_export: bool,
}

impl ReadinessPage {
    fn of_all(&self) -> String {
        let (_, ready, all) = self.share.unwrap_or_default();
        self.page.with("readiness-of-all", &[("all", &all.to_string()), ("ready", &ready.to_string())])
    }
    fn trend_text(&self) -> String {
        let (first, last) = self.trend.ends().unwrap_or_default();
        self.page.with("readiness-trend-text", &[("first", &first.to_string()), ("last", &last.to_string())])
    }
}

/// GET `/w/{slug}/admin/readiness/of/{reason}`
#[derive(Debug, Template)]
#[template(path = "pages/desk/readiness_list.html")]
pub struct ReadinessList {
    /// The frame.
    pub page: Frame,
    /// Which.
    pub readiness: ReadinessShown,
    /// As of when.
    pub taken: Option<String>,
    /// Those on this page.
    pub rows: Vec<MemberRow>,
    /// Where it goes on.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
    /// Whether the person may take the list out.
    pub may_export: bool,
    /// Whether the person may ask.
    pub may_nudge: bool,
}

/// GET `/w/{slug}/admin/readiness/drills`
#[derive(Debug, Template)]
#[template(path = "pages/desk/drills.html")]
pub struct DrillsPage {
    /// The frame.
    pub page: Frame,
    /// The member's id, name, bare ID, and when.
    pub lines: Vec<[String; 4]>,
    /// Where it goes on.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
}

/// Before asking. GET and POST `/w/{slug}/admin/members/{id}/nudge` and `/w/{slug}/admin/readiness/of/{reason}/nudge`: `email`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/nudge.html")]
pub struct NudgePage {
    /// The frame.
    pub page: Frame,
    /// How it stands with them.
    pub readiness: ReadinessShown,
    /// Whom.
    pub whom: Nudged,
}

/// Whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nudged {
    /// One member.
    One {
        /// The id.
        id: String,
        /// The name.
        name: String,
        /// The whole ID.
        login: String,
        /// Where an email would go, masked.
        email: Option<String>,
        /// When they were asked last.
        asked: Option<String>,
        /// From when they can be asked again.
        wait: Option<String>,
    },
    /// All with one reason.
    All {
        /// How many, by the newest figures.
        members: i64,
        /// As of when.
        taken: String,
    },
}

impl NudgePage {
    /// Behind the desk's path.
    fn path(&self) -> String {
        match &self.whom {
            Nudged::One { id, .. } => self.page.path(&format!("admin/members/{id}")),
            Nudged::All { .. } => self.page.path(&format!("admin/readiness/of/{}", self.readiness.word())),
        }
    }
    /// What happens to all of them.
    fn prompt_all(&self) -> String {
        match &self.whom {
            Nudged::One { .. } => self.page.t("nudge-prompt"),
            Nudged::All { members, taken } => {
                self.page.with("nudge-prompt-all", &[("n", &members.to_string()), ("at", taken)])
            }
        }
    }
    /// Whether the button stands there.
    fn is_open(&self) -> bool {
        self.readiness.can_be_asked() && !matches!(self.whom, Nudged::One { wait: Some(_), .. })
    }
}

/// A slip of paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipShown {
    /// The name.
    pub name: String,
    /// The department.
    pub department: String,
    /// The whole ID.
    pub login: String,
    /// Why.
    pub readiness: ReadinessShown,
}

impl SlipShown {
    /// Keys of the steps, in order. The first one of those who can sign in is where.
    pub const fn steps(&self) -> &'static [&'static str] {
        match self.readiness.0 {
            Readiness::NeverSet => &["slip-step-invite", "slip-step-link"],
            Readiness::Waiting => &["slip-step-wait"],
            Readiness::Frozen => &["slip-step-open", "slip-step-sign-in", "slip-step-frozen"],
            Readiness::Stale => &["slip-step-open", "slip-step-sign-in", "slip-step-stale", "slip-step-code"],
            Readiness::Bounced => &["slip-step-open", "slip-step-sign-in", "slip-step-bounced", "slip-step-code"],
            Readiness::NoContact | Readiness::Unverified | Readiness::Unknown | Readiness::Ready | Readiness::Apart => {
                &["slip-step-open", "slip-step-sign-in", "slip-step-add", "slip-step-code"]
            }
        }
    }
}

/// POST `/w/{slug}/admin/members/{id}/slip` and `/w/{slug}/admin/readiness/of/{reason}/slips`: `after`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/slips.html")]
pub struct SlipsPage {
    /// The frame; `page.here` is where one goes back to.
    pub page: Frame,
    /// One a member.
    pub slips: Vec<SlipShown>,
    /// The workplace's address, to be typed.
    pub address: String,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
    /// Where the next ones are asked for, and behind which member.
    pub next: Option<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_figures_is_a_gap_in_the_picture() {
        let trend = Trend::new(vec![(100, "1".into(), 1, 1), (103, "4".into(), 3, 0)]);
        assert_eq!(trend.days.iter().map(|day| (day.x, day.share)).collect::<Vec<_>>(), [(0, 50), (30, 100)]);
        assert_eq!((trend.width, trend.top(&trend.days[0]), trend.ends()), (140, 50, Some((50, 100))));
        assert_eq!(Trend::new(Vec::new()).ends(), None);
        assert_eq!(Trend::new(vec![(1, "1".into(), 0, 0)]).days[0].share, 0);
    }
}
