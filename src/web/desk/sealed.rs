//! What is looked for travels in the address sealed, for the session that asked: names and numbers must not lie about in histories and
//! in proxies' logs. An address of somebody else, or a made-up one, asks for nothing in particular.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::flows::session::Signed;
use crate::web::call::Call;

const LABEL: &str = "desk.search";

/// What this page's address asks for.
pub fn open<T: DeserializeOwned + Default>(call: &Call, signed: &Signed) -> T {
    read(call, signed, call.query("s"))
}

/// The same from a field of a form.
pub fn read<T: DeserializeOwned + Default>(call: &Call, signed: &Signed, sealed: &str) -> T {
    try_read(call, signed, sealed).unwrap_or_default()
}

/// The same, none where it is not of this session or not sealed at all.
pub fn try_read<T: DeserializeOwned>(call: &Call, signed: &Signed, sealed: &str) -> Option<T> {
    let plain = call.app.keyring.server_key().open(LABEL, signed.session.as_str(), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

/// As it stands in an address or field.
pub fn seal(call: &Call, signed: &Signed, asked: &impl Serialize) -> String {
    // A struct of texts becomes JSON without fail.
    let plain = serde_json::to_vec(asked).unwrap_or_default();
    call.app.keyring.server_key().seal(&*call.app.dice, LABEL, signed.session.as_str(), &plain)
}
