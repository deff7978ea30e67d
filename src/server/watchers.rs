//! What the running server looks for by itself: what stands out in the sign-in log, codes that do not leave, chains that do not fit; and the
//! stream of the logs. All of it behind the work that somebody waits for.

use std::time::Duration;

use data_encoding::HEXLOWER;
use tokio_util::sync::CancellationToken;

use super::pieces::keep_at;
use crate::app::App;
use crate::deliver::receiver::Receiver;
use crate::flows::pace::Pace;
use crate::flows::{agents, alerts, chain, management, siem};

/// How often it is looked for what administrators must hear of.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// How often it is looked whether another node was asked to tell something to a device that waits here.
const LISTEN_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked for lines to be streamed.
const STREAM_EVERY: Duration = Duration::from_secs(5);

/// Until it is told to stop.
pub(super) async fn keep(app: &App, stop: &CancellationToken, receiver: Option<Receiver>) {
    let node = HEXLOWER.encode(&app.chance::<8>());
    let sign_ins =
        keep_at(app, stop.clone(), ("alerts", LOOK_EVERY), Pace::far_behind(), || alerts::watch::follow(app));
    let codes = keep_at(app, stop.clone(), ("the watch over codes", LOOK_EVERY), Pace::far_behind(), || async {
        alerts::messages::watch(app).await.map(|()| false)
    });
    let chains =
        keep_at(app, stop.clone(), ("chains", LOOK_EVERY), Pace::far_behind(), || chain::rounds::go_on(app, &node));
    let second = ("what devices are to do", LISTEN_EVERY);
    let devices = keep_at(app, stop.clone(), second, Pace::shared(), || agents::look(app));
    let managed = async {
        let every = ("services that manage devices", LISTEN_EVERY);
        keep_at(app, stop.clone(), every, Pace::shared(), || management::go_on(app)).await;
    };
    let stream = async {
        if let Some(receiver) = receiver {
            let every = ("the stream of the logs", STREAM_EVERY);
            keep_at(app, stop.clone(), every, Pace::shared(), || siem::send(app, &receiver, &node)).await;
        }
    };
    tokio::join!(sign_ins, codes, chains, devices, managed, stream);
}
