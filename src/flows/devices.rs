//! Which device somebody comes with. A device becomes known by a sign-in and by nothing else.

use crate::app::App;
use crate::flows::{Visitor, token_kind};
use crate::model::id::DeviceId;
use crate::store::{self, Conn};
use crate::vault::{Presented, Token};

impl Visitor {
    /// The device token as something to look up; none when nothing of that form was presented.
    pub(super) fn presented_device(&self) -> Option<Presented> {
        Token::parse(token_kind::DEVICE, self.device.as_ref()?.expose())
    }
}

/// The device that the visitor proves to be; none without a token or with one that is not ours.
pub(super) async fn recognise(app: &App, conn: &mut Conn, visitor: &Visitor) -> store::Result<Option<DeviceId>> {
    let Some(presented) = visitor.presented_device() else {
        return Ok(None);
    };
    let row = store::devices::by_token(conn, &presented.prefix).await?;
    Ok(row.filter(|device| presented.matches(&app.keyring, &device.token_hash)).map(|device| device.id))
}
