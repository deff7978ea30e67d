//! Style, scripts and icons, carried inside the program. Their paths bear a hash of what they hold, so they may be cached for ever.

use std::{borrow::Cow, sync::LazyLock};

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Embedded;

/// One file as it is served.
#[derive(Debug)]
pub struct Asset {
    /// What it holds.
    pub bytes: Cow<'static, [u8]>,
    /// Its `Content-Type`.
    pub kind: &'static str,
}

/// The file under `path` (what stands behind `/assets/`), if there is one.
pub fn asset(path: &str) -> Option<Asset> {
    let kind = match path.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    Some(Asset { bytes: Embedded::get(path)?.data, kind })
}

/// A hash over all files: scripts import each other, so one change renews them all.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut paths: Vec<_> = Embedded::iter().collect();
    paths.sort();
    let sum = paths
        .iter()
        .filter_map(|path| Embedded::get(path))
        .flat_map(|file| file.metadata.sha256_hash())
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{sum:016x}")
});

/// The address of an asset: `/assets/{version}/style.css`. Scripts import by relative path and so stay in one version.
pub fn asset_path(path: &str) -> String {
    debug_assert!(Embedded::get(path).is_some(), "no asset {path}");
    format!("/assets/{}/{path}", *VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_found_by_path_and_nothing_else_is() {
        assert_eq!(asset("style.css").expect("the sheet is embedded").kind, "text/css; charset=utf-8");
        assert!(asset("../Cargo.toml").is_none());
        assert!(asset("vendor/design-tokens.LICENSE").is_none());
    }

    #[test]
    fn scripts_of_pages_stay_under_fifteen_kilobytes_in_all() {
        // The worker is no page's: it comes once, after the page, and lies on the device.
        let sum: usize = Embedded::iter()
            .filter(|path| path.ends_with(".js") && *path != "js/worker.js")
            .filter_map(|path| Embedded::get(&path))
            .map(|file| file.data.len())
            .sum();
        assert!(sum <= 15 * 1024, "scripts hold {sum} bytes");
    }
}
