//! Brings what was asked for to the services, and asks Intune how far it has come. Every node may do it at once: a wipe is taken before it is seen to.
//!
//! Before Intune is told, it is asked what it knows of the device: another user or another enrolment than on the day when the device was named means
//! that it was passed on, and an action that stands there already was told before. So a request whose answer was lost is made again without harm.

use super::super::{Changed, Deed, Error, Result};
use super::command::word;
use super::{Access, access};
use crate::app::App;
use crate::deliver::graph::{Credentials, Known, Progress, Trouble};
use crate::deliver::webhook::Webhook;
use crate::model::{WipeCause, WipeState, WipeWay, minutes, time::Span};
use crate::store::managements::ManagedDevice;
use crate::store::wipes::{self, Wipe};
use crate::store::{self, Conn, transaction};

/// How many are seen to in one go.
const MANY: i64 = 5;
/// For so long no other node sees to one that was taken: longer than every request that it may take.
const LEASE: Span = minutes(3);
/// The first pause between two tries, and the longest.
const FIRST: Span = minutes(1);
const LONGEST: Span = minutes(60);

/// Sees to what is due. Answers whether there is more.
pub async fn go_on(app: &App) -> Result<bool> {
    let now = app.now();
    let due = wipes::due(&mut app.db.read().await?, now, MANY).await?;
    for wipe in &due {
        if !transaction!(app.db, conn => wipes::claim(conn, wipe, now + LEASE).await)? {
            continue;
        }
        if let Err(error) = one(app, wipe).await {
            tracing::error!(%error, wipe = %wipe.id, "a wipe could not be seen to");
        }
    }
    Ok(i64::try_from(due.len()).unwrap_or(MANY) == MANY)
}

/// Where the device and its service stand.
async fn look(app: &App, conn: &mut Conn, wipe: &Wipe) -> Result<(Option<ManagedDevice>, Option<Access>)> {
    let device = store::managements::device(conn, &wipe.workspace_id, &wipe.member_id, &wipe.target).await?;
    Ok((device, access(app, conn, &wipe.workspace_id, wipe.way).await?))
}

async fn one(app: &App, wipe: &Wipe) -> Result<()> {
    let (device, access) = look(app, &mut app.db.read().await?, wipe).await?;
    let Some(device) = device else { return end(app, wipe, WipeCause::PassedOn).await };
    match access {
        None => end(app, wipe, WipeCause::NotSetUp).await,
        Some(Access::Graph(access)) => graph(app, wipe, &device, &access).await,
        Some(Access::Webhook(webhook)) => request(app, wipe, &device, &webhook).await,
    }
}

/// Told by a signed request; what becomes of it comes back by another ([`super::take_receipt`]).
async fn request(app: &App, wipe: &Wipe, device: &ManagedDevice, webhook: &Webhook) -> Result<()> {
    if !sending(app, wipe).await? {
        return Ok(());
    }
    let receipts = format!("{}/hooks/management/{}", app.config.public_url.trim_end_matches('/'), wipe.workspace_id);
    let body = serde_json::json!({
        "type": "device.wipe",
        "timestamp": wipe.asked_at.to_jiff().to_string(),
        "workspace": { "id": wipe.workspace_id },
        "data": {
            "command": wipe.id,
            "device": device.device,
            "member": wipe.member_id,
            "what": wipe.what,
            "expires": wipe.expires_at.to_jiff().to_string(),
            "receipts": receipts,
        },
    });
    let told = app.management.request(webhook, wipe.id.as_str(), body.to_string(), app.now()).await;
    came(app, wipe, told).await
}

async fn graph(app: &App, wipe: &Wipe, device: &ManagedDevice, access: &Credentials) -> Result<()> {
    let (service, id) = (&app.management.graph, device.device.as_str());
    let (known, about) = match service.device(access, id, app.now()).await {
        Ok(Some(found)) => found,
        // Intune drops a device from its list when the wipe is done, but also when somebody takes it out.
        Ok(None) => return end(app, wipe, WipeCause::Unlisted).await,
        Err(trouble) => return again(app, wipe, &trouble).await,
    };
    let named: Option<Known> = device.told.as_deref().and_then(|told| serde_json::from_str(told).ok());
    if !named.is_some_and(|named| named.is_same(&known)) {
        return end(app, wipe, WipeCause::PassedOn).await;
    }
    // What stands there before the first request is an older command's.
    let progress = match wipe.sent_at {
        None => Ok(Progress::Untold),
        Some(since) => service.progress(access, (id, &about), (wipe.what, since), app.now()).await,
    };
    match progress {
        Err(trouble) => again(app, wipe, &trouble).await,
        Ok(Progress::Done) => settle(app, wipe, (WipeState::Confirmed, None), Some(&about)).await,
        Ok(Progress::Failed) => settle(app, wipe, (WipeState::Failed, Some(WipeCause::NotRemoved)), Some(&about)).await,
        Ok(Progress::Refused) => {
            settle(app, wipe, (WipeState::Impossible, Some(WipeCause::Refused)), Some(&about)).await
        }
        // It stands there: the answer to the first request was lost, or it is waited for.
        Ok(Progress::UnderWay) if wipe.handed_at.is_none() => came(app, wipe, Ok("listed".to_owned())).await,
        Ok(Progress::Untold) if wipe.handed_at.is_none() => {
            if !sending(app, wipe).await? {
                return Ok(());
            }
            let told = service.act(access, id, wipe.what, app.now()).await;
            if let Err(Trouble::Refused(why)) = &told {
                tracing::warn!(wipe = %wipe.id, why, "the service refuses to wipe a device");
                // An earlier request that nobody answered may be why.
                let cause = if wipe.sent_at.is_some() { WipeCause::Unseen } else { WipeCause::Refused };
                return end(app, wipe, cause).await;
            }
            came(app, wipe, told).await
        }
        Ok(Progress::UnderWay | Progress::Untold) => {
            let next = app.now() + pause(wipe.tries);
            let answer = wipe.answer.clone().unwrap_or_default();
            Ok(transaction!(app.db, conn => wipes::set_next(conn, &wipe.id, (&answer, next), false).await)?)
        }
    }
}

/// It is about to be told: from here on nobody takes it back. Answers false where somebody did.
async fn sending(app: &App, wipe: &Wipe) -> Result<bool> {
    Ok(transaction!(app.db, conn => wipes::set_sent(conn, &wipe.id, None, app.now()).await)?)
}

/// What became of telling it.
async fn came(app: &App, wipe: &Wipe, told: std::result::Result<String, Trouble>) -> Result<()> {
    let now = app.now();
    let answer = match told {
        Ok(answer) => answer,
        Err(trouble) => return again(app, wipe, &trouble).await,
    };
    count(wipe, "taken");
    let next = (wipe.way == WipeWay::Graph).then(|| now + FIRST);
    transaction!(app.db, conn => {
        if wipes::set_handed(conn, &wipe.id, (&answer, next), now).await? {
            deed(wipe, "managed_wipe_sent").write(app, conn, now).await?;
        }
        Ok::<_, Error>(())
    })
}

/// Another time. What surely was not taken can still be taken back until then.
async fn again(app: &App, wipe: &Wipe, trouble: &Trouble) -> Result<()> {
    count(wipe, "later");
    let asked = match trouble {
        Trouble::Later(_, wait) => *wait,
        _ => None,
    };
    let pause = pause(wipe.tries);
    let next =
        app.now() + asked.map_or(pause, |asked| if asked.as_micros() > pause.as_micros() { asked } else { pause });
    // An earlier request that nobody answered may have been heard, whatever is said to this one.
    let waits = wipe.sent_at.is_none() && !matches!(trouble, Trouble::Unheard(_));
    Ok(transaction!(app.db, conn => wipes::set_next(conn, &wipe.id, (&word(trouble), next), waits).await)?)
}

/// 1, 2, 4 … 60 minutes, by how often it was tried before.
fn pause(tries: i64) -> Span {
    let times = 1 << tries.clamp(0, 6);
    let pause = minutes(times);
    if pause.as_micros() > LONGEST.as_micros() { LONGEST } else { pause }
}

/// It will never be done; or, where the service may have heard it, nobody can say what became of it.
async fn end(app: &App, wipe: &Wipe, cause: WipeCause) -> Result<()> {
    let state = if wipe.sent_at.is_some() { WipeState::Failed } else { WipeState::Impossible };
    settle(app, wipe, (state, Some(cause)), None).await
}

async fn settle(
    app: &App,
    wipe: &Wipe,
    outcome: (WipeState, Option<WipeCause>),
    about: Option<&serde_json::Value>,
) -> Result<()> {
    count(wipe, outcome.0.as_str());
    let now = app.now();
    let receipt = about.map(|about| about["deviceActionResults"].to_string());
    transaction!(app.db, conn => {
        if !wipes::settle(conn, &wipe.id, outcome, receipt.as_deref(), now).await? {
            return Ok::<_, Error>(());
        }
        let workspace = store::workspaces::by_id(conn, &wipe.workspace_id).await?;
        let workspace = workspace.ok_or_else(|| Error::Broken(format!("{} is gone", wipe.workspace_id)))?;
        let told = Changed::default().put("state", wipe.state, outcome.0).put("cause", (), outcome.1);
        let key = app.data_key(&workspace.id, &workspace.data_key)?;
        deed(wipe, "managed_wipe_ended").with(key, told).write(app, conn, now).await?;
        Ok(())
    })
}

fn count(wipe: &Wipe, result: &'static str) {
    metrics::counter!("aikagi_management_total", "way" => wipe.way.as_str(), "result" => result).increment(1);
}

/// A line of the audit log about what a service did.
fn deed<'a>(wipe: &'a Wipe, action: &'a str) -> Deed<'a> {
    Deed {
        workspace: Some(&wipe.workspace_id),
        actor: "server",
        action,
        member: Some(&wipe.member_id),
        subject: Some(wipe.id.as_str()),
        reference: None,
        network: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_to_an_hour() {
        let all: Vec<_> = (0..9).map(|tries| pause(tries).as_micros() / 60_000_000).collect();
        assert_eq!(all, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }
}
