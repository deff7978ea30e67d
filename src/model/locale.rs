//! The two languages that the house speaks, and which of them a browser asks for.

super::text_enum::text_enum! {
    /// A language of pages and messages.
    #[derive(Default)]
    pub enum Locale {
        /// Japanese, the first language of the house.
        #[default]
        Ja => "ja",
        /// English.
        En => "en",
    }
}

impl Locale {
    /// The language that the `Accept-Language` field value asks for (RFC 9110 §12.5.4), matched on the primary subtag (RFC 4647 §3.4, lookup).
    ///
    /// Highest weight wins, the earlier of equals; `*` stands for `fallback`; weight 0 means "not this one". Rubbish is passed over: a field that a stranger can
    /// write must never cause an error. Only the first 20 entries are read.
    #[must_use]
    pub fn negotiate(accept_language: &str, fallback: Self) -> Self {
        let mut best: Option<(u16, Self)> = None;
        for entry in accept_language.split(',').take(20) {
            let mut parts = entry.split(';');
            let range = parts.next().unwrap_or_default().trim();
            let Some(weight) = weight(parts.next()) else {
                continue;
            };
            let primary = range.split(['-', '_']).next().unwrap_or_default();
            let locale = if primary == "*" { Some(fallback) } else { Self::parse(&primary.to_ascii_lowercase()) };
            if let Some(locale) = locale
                && weight > best.map_or(0, |(known, _)| known)
            {
                best = Some((weight, locale));
            }
        }
        best.map_or(fallback, |(_, locale)| locale)
    }
}

/// Weight in thousandths; `None` for one that cannot be read.
fn weight(parameter: Option<&str>) -> Option<u16> {
    let Some(parameter) = parameter else {
        return Some(1000);
    };
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, part) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Locale::{En, Ja};

    #[test]
    fn browsers_get_the_language_they_ask_for() {
        for (field, fallback, wanted) in [
            ("ja,en-US;q=0.9,en;q=0.8", En, Ja),
            ("en-GB,en;q=0.9,ja;q=0.8", Ja, En),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Ja, En),
            ("de, *;q=0.1", Ja, Ja),
            ("en;q=0, ja;q=0.001", En, Ja),
            ("en;q=0", Ja, Ja),
            ("EN_us", Ja, En),
            ("", Ja, Ja),
            (";;;q=,,,=, en;q=2, ja;q=0.99999, ja;level=1", En, En),
        ] {
            assert_eq!(Locale::negotiate(field, fallback), wanted, "{field:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn rubbish_never_panics(field in "\\PC*") {
            let _ = Locale::negotiate(&field, Ja);
        }
    }
}
