//! The switch between Japanese and English.

use crate::model::Locale;
use crate::web::call::{Answer, Call};
use crate::web::cookies::Cookie;

/// Keeps the language and goes back to the page.
pub async fn post(mut call: Call) -> Answer {
    if let Some(locale) = Locale::parse(call.form.text("to")) {
        call.set(Cookie::Language, locale.as_str());
    }
    let back = own_path(call.form.text("back")).unwrap_or("/").to_owned();
    call.go(&back)
}

/// A path on this site and nothing else: no other host hides behind it.
pub fn own_path(text: &str) -> Option<&str> {
    let plain = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
    (plain && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn the_way_back_never_leads_elsewhere() {
        assert_eq!(own_path("/w/sakura/me"), Some("/w/sakura/me"));
        for bad in ["", "sign-in", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nSet-Cookie: x"] {
            assert_eq!(own_path(bad), None, "{bad:?}");
        }
    }
}
