//! Guidance for when a code does not arrive: by carrier, by telephone, and what anybody can check. Data, not code: carriers rename their settings, and an
//! operator must be able to follow without a new release. The number never tells the carrier (numbers move), so the person chooses.

use std::{collections::BTreeSet, sync::LazyLock};

use serde::Deserialize;

use super::Locale;

/// The guidance that comes with the program.
static BUILT_IN: LazyLock<CarrierGuide> = LazyLock::new(|| {
    CarrierGuide::parse(include_str!("../../data/carriers.toml")).expect("the test below reads the same file")
});

/// All guidance, in the order in which it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrierGuide {
    /// The carriers to choose from.
    pub carriers: Vec<Carrier>,
    /// Kinds of telephone, whose own filters hide messages.
    pub phones: Vec<PhoneKind>,
    /// Short questions that hold for everybody.
    pub checks: InBoth<Vec<String>>,
}

/// One carrier, or a family of brands with the same settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    /// Short word for links and logs: `docomo`.
    pub id: String,
    /// As people call it.
    pub name: InBoth<String>,
    /// Names of the settings that keep codes away, as the carrier writes them (Japanese).
    pub settings: Vec<String>,
    /// What to do, one action each.
    pub steps: InBoth<Vec<String>>,
    /// What one should know besides.
    #[serde(default)]
    pub note: Option<InBoth<String>>,
}

/// One kind of telephone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneKind {
    /// Short word for links: `iphone`.
    pub id: String,
    /// As people call it.
    pub name: InBoth<String>,
    /// What to do, one action each.
    pub steps: InBoth<Vec<String>>,
}

/// The same thing in both languages of the house.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InBoth<T> {
    /// Japanese.
    pub ja: T,
    /// English.
    pub en: T,
}

impl<T> InBoth<T> {
    /// The one for this language.
    pub fn get(&self, locale: Locale) -> &T {
        match locale {
            Locale::Ja => &self.ja,
            Locale::En => &self.en,
        }
    }
}

impl CarrierGuide {
    /// The guidance that comes with the program (`data/carriers.toml`).
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads an operator's file. The error is for the operator, in English, and names the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let guide: Self = toml::from_str(text).map_err(|trouble| {
            let line = trouble
                .span()
                .map_or(1, |span| 1 + text.bytes().take(span.start).filter(|&byte| byte == b'\n').count());
            format!("line {line}: {}", trouble.message())
        })?;
        let mut seen = BTreeSet::new();
        let carriers = guide.carriers.iter().map(|carrier| (&carrier.id, &carrier.steps));
        for (id, steps) in carriers.chain(guide.phones.iter().map(|phone| (&phone.id, &phone.steps))) {
            let line = || {
                1 + text
                    .lines()
                    .take_while(|line| !(line.trim_start().starts_with("id") && line.contains(&format!("\"{id}\""))))
                    .count()
            };
            if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                return Err(format!("line {}: id \"{id}\" may have small letters, digits and hyphens only", line()));
            }
            if !seen.insert(id) {
                return Err(format!("line {}: id \"{id}\" occurs twice", line()));
            }
            if steps.ja.is_empty() || steps.en.is_empty() {
                return Err(format!("line {}: \"{id}\" needs at least one step in each language", line()));
            }
        }
        Ok(guide)
    }

    /// The carrier with this id.
    pub fn carrier(&self, id: &str) -> Option<&Carrier> {
        self.carriers.iter().find(|carrier| carrier.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_guide_is_whole_in_both_languages() {
        let guide = CarrierGuide::built_in();
        assert!(["docomo", "au", "softbank", "rakuten", "mvno"].iter().all(|id| guide.carrier(id).is_some()));
        assert_eq!(guide.phones.len(), 2);
        assert_eq!(guide.checks.ja.len(), guide.checks.en.len());
        for carrier in &guide.carriers {
            assert_eq!(carrier.steps.ja.len(), carrier.steps.en.len(), "{}", carrier.id);
            let named = |text: &[String]| {
                carrier.settings.iter().filter(|setting| text.iter().any(|step| step.contains(*setting))).count()
            };
            assert!(named(carrier.steps.get(Locale::Ja)) > 0, "{}", carrier.id);
        }
        assert!(guide.carriers.iter().all(|carrier| !format!("{carrier:?}").contains("http")));
    }

    #[test]
    fn a_slip_in_the_operators_file_is_told_with_its_line() {
        assert!(CarrierGuide::parse("carriers = []\nphones = 1\n").unwrap_err().starts_with("line 2: "));
        assert!(CarrierGuide::parse("").is_err());
        let text = include_str!("../../data/carriers.toml");
        assert!(
            CarrierGuide::parse(&text.replace("id = \"au\"", "id = \"docomo\"")).unwrap_err().contains("occurs twice")
        );
        let no_steps = "carriers = [{id=\"x\", name={ja=\"\",en=\"\"}, settings=[], steps={ja=[],en=[]}}]\nphones=[]\nchecks={ja=[],en=[]}";
        assert!(CarrierGuide::parse(no_steps).unwrap_err().contains("at least one step"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(any in "\\PC*", cut: proptest::sample::Index, word in "[a-z\\[\\]=\"\n]{0,6}") {
            let _ = CarrierGuide::parse(&any);
            let whole = include_str!("../../data/carriers.toml");
            let at = whole.floor_char_boundary(cut.index(whole.len()));
            let _ = CarrierGuide::parse(&format!("{}{word}{}", &whole[..at], &whole[at..]));
        }
    }
}
