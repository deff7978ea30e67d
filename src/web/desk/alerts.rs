//! What stood out, newest first, until somebody has seen to it; and what is to be told to whom.

use super::{log, sealed, seat};
use crate::flows::desk::alerts::{self, BadTarget, Before, Named, Set, Tested};
use crate::flows::desk::{Outcome, Refusal, Seat};
use crate::flows::session::Signed;
use crate::model::{Action, AlertEvent, AlertMails, AlertSettings, EmailAddress, HeadMails, Secret, typed_number};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{
    AlertRow, AlertSettingsPage, AlertsPage, SentRow, WebhookSecretPage, alert_key, alert_what,
};
use crate::web::view::{Said, Slip, Troubles, moment};
use crate::wording::text;

/// Where the pages stand, behind the workspace's path.
const PATH: &str = "admin/alerts";

/// Where a page begins, as it travels sealed.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Further {
    before: Option<Before>,
}

/// The list.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let further: Further = sealed::open(&call, &signed);
    let seat = seat(&call, &signed, Action::SeeAlerts)?;
    let (found, next) = alerts::list(&call.app, &seat, further.before.as_ref()).await?;
    let rows = found.iter().map(|one| row(&call, &signed, &seat, one)).collect();
    let next = next.map(|before| {
        let sealed = sealed::seal(&call, &signed, &Further { before: Some(before) });
        format!("/w/{}/{PATH}?s={sealed}", signed.slug)
    });
    let page = AlertsPage {
        rows,
        next,
        further: further.before.is_some(),
        may_set: seat.may(Action::SetAlerts),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// The newest that nobody has seen to, for the desk's first page.
pub async fn open(call: &Call, signed: &Signed) -> Result<Vec<AlertRow>, Failure> {
    let seat = seat(call, signed, Action::SeeAlerts)?;
    let found = alerts::open(&call.app, &seat).await?;
    Ok(found.iter().map(|one| row(call, signed, &seat, one)).collect())
}

fn row(call: &Call, signed: &Signed, seat: &Seat<'_>, one: &Named) -> AlertRow {
    let (locale, alert) = (call.locale(), &one.alert);
    let network = alert.network.as_deref().unwrap_or_default();
    let what = text(locale, alert_what(alert.event), &[("n", &alert.times.to_string()), ("network", network)]);
    let whose = one.login.as_deref().or(alert.network.as_deref());
    AlertRow {
        id: alert.id.clone(),
        event: alert.event,
        at: moment(locale, alert.created_at),
        what,
        member: alert
            .member_id
            .as_ref()
            .map(|id| (id.to_string(), one.name.clone().unwrap_or_default(), one.login.clone().unwrap_or_default())),
        log: whose.map(|_| log::path_for(call, signed, one.login.as_deref(), alert.network.as_deref())),
        seen: alert.acked_at.map(|at| (one.acked_name.clone().unwrap_or_default(), moment(locale, at))),
        may_see_to: alert.acked_at.is_none() && alerts::may_acknowledge(seat, alert.event),
    }
}

/// It has been seen to.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let id = call.form.text("alert").to_owned();
    let seat = seat(&call, &signed, Action::AcknowledgeAlerts)?;
    let said = match alerts::acknowledge(&call.app, &seat, &id).await? {
        Ok(()) => Said::AlertSeen,
        Err(Refusal::State) => Said::AlertSeenBefore,
        Err(Refusal::Rank) => Said::AlertForOwners,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/{PATH}", signed.slug))
}

/// The form, as it was typed or as it is.
struct Typed {
    settings: AlertSettings,
    counts: [String; 2],
    mails: String,
    heads: String,
    heads_address: String,
    url: String,
}

impl Typed {
    fn of(settings: AlertSettings) -> Self {
        Self {
            counts: [settings.failures_in_a_row, settings.members_of_a_network].map(|count| count.to_string()),
            mails: settings.mails.as_str().to_owned(),
            heads: settings.heads.as_str().to_owned(),
            heads_address: settings.heads_address.clone().unwrap_or_default(),
            url: String::new(),
            settings,
        }
    }
}

/// What is told to whom.
pub async fn get_settings(call: Call, signed: Signed) -> Answer {
    let present = present(&call, &signed).await?.settings;
    show(call, &signed, Typed::of(present), Troubles::none()).await
}

/// The present, for a page that looks: whoever may set it may look without a fresh password.
async fn present(call: &Call, signed: &Signed) -> Result<alerts::Settings, Failure> {
    let seat = seat(call, signed, Action::SeeAlerts)?;
    Ok(alerts::settings(&call.app, &seat).await?)
}

async fn show(mut call: Call, signed: &Signed, typed: Typed, troubles: Troubles) -> Answer {
    let locale = call.locale();
    let present = present(&call, signed).await?;
    let any = troubles.any();
    let kinds = AlertEvent::ALL
        .iter()
        .map(|&event| (event.as_str(), alert_key(event), typed.settings.hears_of(event), !event.is_always_told()));
    let sent = present.sent.into_iter().map(|sent| SentRow {
        at: moment(locale, sent.created_at),
        what: sent.purpose,
        state: match sent.state.as_str() {
            "handed" => "handed",
            "waiting" => "waiting",
            _ => "failed",
        },
        tries: sent.tries,
        again: (sent.state == "waiting" && sent.tries > 0).then(|| moment(locale, sent.next_try_at)),
        answer: sent.provider_id.or(sent.cause).unwrap_or_default(),
    });
    let page = AlertSettingsPage {
        kinds: kinds.collect(),
        counts: typed.counts,
        mails: typed.mails,
        heads: typed.heads,
        heads_address: typed.heads_address,
        heads_to_webhook: typed.settings.heads_to_webhook,
        webhook: present.webhook,
        url: typed.url,
        both_until: present.both_until.map(|at| moment(locale, at)),
        sent: sent.collect(),
        was: sealed::seal(&call, signed, &present.settings),
        troubles,
        page: call.frame_at_desk(signed),
    };
    if any { call.mend(&page) } else { call.page(&page) }
}

/// Other settings.
pub async fn post_settings(mut call: Call, signed: Signed) -> Answer {
    let was = sealed::try_read::<AlertSettings>(&call, &signed, call.form.text("was"));
    let (typed, mut troubles) = read(&call);
    let Some(was) = was else {
        troubles.push(call.locale(), "", Slip::Meanwhile);
        return show(call, &signed, typed, troubles).await;
    };
    if troubles.any() {
        return show(call, &signed, typed, troubles).await;
    }
    let set = {
        let seat = seat(&call, &signed, Action::SetAlerts)?;
        alerts::set(&call.app, &seat, &was, &typed.settings).await?
    };
    match set {
        Set::Done => {
            call.say_next(Said::AlertsSet);
            call.go(&format!("/w/{}/{PATH}/settings", signed.slug))
        }
        Set::Meanwhile => {
            troubles.push(call.locale(), "", Slip::Meanwhile);
            show(call, &signed, typed, troubles).await
        }
        Set::Ended => Err(Failure::FormExpired),
    }
}

fn read(call: &Call) -> (Typed, Troubles) {
    let (locale, mut troubles) = (call.locale(), Troubles::none());
    let typed = |name: &str| call.form.text(name).trim().to_owned();
    let mut settings = AlertSettings {
        off: AlertEvent::ALL
            .iter()
            .copied()
            .filter(|event| !event.is_always_told() && typed(&format!("kind_{event}")) != "on")
            .collect(),
        heads_to_webhook: typed("heads_to_webhook") == "on",
        ..AlertSettings::default()
    };
    let counts = [typed("failures"), typed("members")];
    let mut count = |field: &'static str, text: &str, (min, max): (u32, u32)| match typed_number(text) {
        Some(number) if (min..=max).contains(&number) => number,
        _ => {
            troubles.push(locale, field, Slip::OutOfRange(min, max));
            min
        }
    };
    settings.failures_in_a_row = count("failures", &counts[0], AlertSettings::FAILURES);
    settings.members_of_a_network = count("members", &counts[1], AlertSettings::MEMBERS);
    let (mails, heads, heads_address) = (typed("mails"), typed("heads"), typed("heads_address"));
    match AlertMails::parse(&mails) {
        Some(mails) => settings.mails = mails,
        None => troubles.push(locale, "mails", Slip::NothingChosen),
    }
    match HeadMails::parse(&heads) {
        Some(heads) => settings.heads = heads,
        None => troubles.push(locale, "heads", Slip::NothingChosen),
    }
    if settings.heads == HeadMails::Address {
        match EmailAddress::parse(&heads_address) {
            Ok(address) => settings.heads_address = Some(address.as_sent()),
            Err(trouble) => troubles.push(locale, "heads_address", Slip::from(trouble)),
        }
    }
    (Typed { settings, counts, mails, heads, heads_address, url: String::new() }, troubles)
}

pub(super) const fn bad_url(bad: BadTarget) -> Slip {
    match bad {
        BadTarget::Unreadable => Slip::UrlUnreadable,
        BadTarget::NotHttps => Slip::UrlNotHttps,
        BadTarget::User => Slip::UrlUser,
        BadTarget::Port => Slip::UrlPort,
        BadTarget::Inside => Slip::UrlInside,
    }
}

/// Another webhook; its secret is shown once.
pub async fn post_webhook(call: Call, signed: Signed) -> Answer {
    let url = call.form.text("url").trim().to_owned();
    let url = match alerts::target(&call.app, &url) {
        Ok(url) if url.len() <= 1_000 => url,
        refused => {
            let slip = refused.err().map_or(Slip::UrlUnreadable, bad_url);
            let troubles = Troubles::one(call.locale(), "url", slip);
            let settings = present(&call, &signed).await?.settings;
            return show(call, &signed, Typed { url, ..Typed::of(settings) }, troubles).await;
        }
    };
    let made = {
        let seat = seat(&call, &signed, Action::SetAlerts)?;
        alerts::set_webhook(&call.app, &seat, &url).await?
    };
    secret(call, &signed, made, false)
}

/// Another secret.
pub async fn post_secret(call: Call, signed: Signed) -> Answer {
    let made = {
        let seat = seat(&call, &signed, Action::SetAlerts)?;
        alerts::renew_secret(&call.app, &seat).await?
    };
    secret(call, &signed, made, true)
}

fn secret(call: Call, signed: &Signed, made: Outcome<Secret>, renewed: bool) -> Answer {
    shown_once(call, signed, made, renewed, ("admin/alerts/settings", "webhook-secret-lead"))
}

/// A webhook's secret, once; or why there is none, on the page behind the workspace's path that the reader came from. `lead` is the key of what it is for.
pub(super) fn shown_once(
    mut call: Call,
    signed: &Signed,
    made: Outcome<Secret>,
    renewed: bool,
    (back, lead): (&'static str, &'static str),
) -> Answer {
    match made {
        Ok(secret) => {
            let secret = secret.expose().to_owned();
            let page = WebhookSecretPage { secret, renewed, back, lead, page: call.frame_at_desk(signed) };
            call.page(&page)
        }
        Err(refusal) => {
            call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
            call.go(&format!("/w/{}/{back}", signed.slug))
        }
    }
}

fn back(call: Call, signed: &Signed) -> Answer {
    call.go(&format!("/w/{}/{PATH}/settings", signed.slug))
}

/// No webhook any more.
pub async fn post_remove(mut call: Call, signed: Signed) -> Answer {
    let removed = {
        let seat = seat(&call, &signed, Action::SetAlerts)?;
        alerts::remove_webhook(&call.app, &seat).await?
    };
    let said = match removed {
        Ok(()) => Said::WebhookRemoved,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    back(call, &signed)
}

/// A test event.
pub async fn post_test(mut call: Call, signed: Signed) -> Answer {
    let tested = {
        let seat = seat(&call, &signed, Action::SetAlerts)?;
        alerts::test_webhook(&call.app, &seat).await?
    };
    let said = match tested {
        Ok(Tested::UnderWay) => Said::WebhookTested,
        Ok(Tested::TooMany) => Said::WebhookTestsSpent,
        Ok(Tested::None) => Said::NothingToDo,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    back(call, &signed)
}
