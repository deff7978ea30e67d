//! How far a message has come, on every page on which somebody waits for one: as the page is loaded, and as a stream while it is open.

use crate::flows::trail::Followed;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::live::{self, Seen};
use crate::web::view::{TrailShown, trail_json};

/// What the page shows, which asks at `state` how it goes on; none where no message is under way to somebody who may know of it, or its code was typed.
pub async fn shown(call: &Call, followed: Option<&Followed>, state: String) -> Result<Option<TrailShown>, Failure> {
    let Some(followed) = followed else { return Ok(None) };
    let found = followed.look(&call.app).await?.filter(|trail| !trail.entered);
    Ok(found.map(|trail| TrailShown::of(call.locale(), &trail, state)))
}

/// The same as it grows.
pub async fn stream(call: &Call, followed: Option<Followed>) -> Answer {
    let followed = followed.ok_or(Failure::NotFound)?;
    followed.look(&call.app).await?.ok_or(Failure::NotFound)?;
    let (app, locale) = (call.app.clone(), call.locale());
    live::stream(call.visitor.network, move || {
        let (app, followed) = (app.clone(), followed.clone());
        async move {
            let found = followed.look(&app).await?;
            Ok(found.map(|trail| Seen { data: trail_json(locale, &trail), over: trail.is_over() }))
        }
    })
}
