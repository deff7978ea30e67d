//! Who could not get back in alone: the share and how it went, the lists by reason, who tried it out, and the lists as a file.

use axum::body::{Body, Bytes};
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::{log, members, sealed};
use crate::flows::desk::readiness::{self, Day, Overview};
use crate::flows::desk::roster::{self, After, Only};
use crate::flows::session::Signed;
use crate::model::{Action, Locale, Readiness, Timestamp};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{
    DrillsPage, ReadinessList, ReadinessPage, ReadinessShown, ReasonLine, Trend, readiness_key,
};
use crate::web::view::moment;
use crate::wording;

/// From where on a list goes.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Further {
    after: Option<After>,
}

pub fn path(signed: &Signed, rest: &str) -> String {
    format!("/w/{}/admin/readiness{rest}", signed.slug)
}

/// The reason that the path names.
pub fn reason(call: &Call) -> Result<Readiness, Failure> {
    let named = call.param("reason").and_then(Readiness::parse);
    named.filter(|readiness| readiness.is_reason()).ok_or(Failure::NotFound)
}

/// How it stands and how it went.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let overview = readiness::overview(&call.app, &seat).await?;
    let locale = call.locale();
    let today = overview.days.last().cloned().unwrap_or_default();
    let reasons = Readiness::REASONS.iter().map(|reason| (*reason, today.of(*reason)));
    let page = ReadinessPage {
        taken: overview.taken_at.map(|at| moment(locale, at)),
        share: today.share().map(|share| (share, today.of(Readiness::Ready), today.all())),
        trend: trend(locale, &overview.days),
        reasons: reasons.map(|(reason, members)| ReasonLine { readiness: ReadinessShown(reason), members }).collect(),
        drilled: today.drilled(),
        run: run(locale, &overview),
        may_export: signed.member.role.may(Action::Export),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

fn trend(locale: Locale, days: &[Day]) -> Trend {
    let pattern = if locale == Locale::Ja { "%-m月%-d日" } else { "%-d %b" };
    let name = |day: &Day| Timestamp::of_day(day.day).to_jiff().strftime(pattern).to_string();
    Trend::new(
        days.iter()
            .map(|day| {
                let ready = day.of(Readiness::Ready);
                (day.day, name(day), ready, day.all() - ready)
            })
            .collect(),
    )
}

/// What is to be said of the newest demand to many.
fn run(locale: Locale, overview: &Overview) -> Option<String> {
    let run = overview.run.as_ref()?;
    let what = wording::text(locale, readiness_key(run.readiness), &[]);
    let (asked, passed, at) = (run.asked.to_string(), run.passed_over.to_string(), moment(locale, run.created_at));
    let values = [("what", what.as_str()), ("asked", &asked), ("passed", &passed), ("at", &at)];
    Some(match (run.done_at, run.stopped) {
        (None, _) => wording::text(locale, "nudge-run-going", &values),
        (Some(_), false) => wording::text(locale, "nudge-run-done", &values),
        (Some(_), true) => wording::text(locale, "nudge-run-stopped", &values),
    })
}

/// Those with one reason.
pub async fn get_reason(mut call: Call, signed: Signed) -> Answer {
    let reason = reason(&call)?;
    let (now, locale) = (call.visitor.now, call.locale());
    let further: Further = sealed::open(&call, &signed);
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let found = roster::look(&call.app, &seat, "", Only::Readiness(reason), further.after.as_ref()).await?;
    let taken = readiness::overview(&call.app, &seat).await?.taken_at;
    let here = path(&signed, &format!("/of/{reason}"));
    let next = found.next.map(|after| next(&call, &signed, &here, after));
    let page = ReadinessList {
        readiness: ReadinessShown(reason),
        taken: taken.map(|at| moment(locale, at)),
        rows: found.members.iter().map(|member| members::row(locale, member, now)).collect(),
        next,
        further: further.after.is_some(),
        may_export: signed.member.role.may(Action::Export),
        may_nudge: signed.member.role.may(Action::Nudge),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

fn next(call: &Call, signed: &Signed, here: &str, after: After) -> String {
    format!("{here}?s={}", sealed::seal(call, signed, &Further { after: Some(after) }))
}

/// Who tried it out.
pub async fn get_drills(mut call: Call, signed: Signed) -> Answer {
    let further: Further = sealed::open(&call, &signed);
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let found = readiness::drills(&call.app, &seat, further.after.as_ref()).await?;
    let locale = call.locale();
    let next = found.next.map(|after| next(&call, &signed, &path(&signed, "/drills"), after));
    let line = |done: readiness::Done| [done.member_id.0, done.name, done.login, moment(locale, done.done_at)];
    let page = DrillsPage {
        lines: found.lines.into_iter().map(line).collect(),
        next,
        further: further.after.is_some(),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// Those with one reason, or with any, as a file: `which`.
pub async fn export(mut call: Call, signed: Signed) -> Answer {
    let only = match call.form.text("which") {
        "" => None,
        word => Some(Readiness::parse(word).filter(|one| one.is_reason()).ok_or(Failure::BadRequest)?),
    };
    let seat = super::seat(&call, &signed, Action::Export)?;
    let file = match readiness::export(&call.app, &seat, only).await? {
        Ok(file) => file,
        Err(refusal) => {
            let said = super::refused(refusal).ok_or(Failure::NotFound)?;
            call.say_next(said);
            return call.go(&path(&signed, ""));
        }
    };
    let day = call.visitor.now.to_jiff().strftime("%Y%m%d");
    let name = format!("aikagi-{}-readiness-{day}.csv", signed.slug);
    let pieces = stream::try_unfold((call.app, file), async |(app, mut file)| {
        let piece = file.next(&app).await.map_err(|error| {
            tracing::error!(%error, "a list broke off on its way out");
            std::io::Error::other("the list broke off")
        })?;
        Ok::<_, std::io::Error>(piece.map(|piece| (Bytes::from(piece), (app, file))))
    });
    log::attachment(&name, "text/csv; charset=utf-8", Body::from_stream(pieces))
}
