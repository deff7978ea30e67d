//! All words that a person reads, from `locales/{ja,en}/*.ftl`. docs/wording.md is the guide to writing them.
//! Isolation marks are off: they would break codes and the 70 characters of an SMS.

pub mod agent;
pub mod help_desk;
pub mod messages;
pub mod readiness;
pub mod sheet;
mod spelling;
mod when;

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

pub use crate::model::Locale;
pub use spelling::read_out;
pub use when::{clock_pattern, day, day_short, lasting, moment, quarter, second};

type Bundle = FluentBundle<FluentResource>;

macro_rules! families {
    ($($name:literal),* $(,)?) => {
        const FAMILIES: &[(&str, &str, &str)] = &[
            $(($name, include_str!(concat!("../locales/ja/", $name, ".ftl")), include_str!(concat!("../locales/en/", $name, ".ftl")))),*
        ];
    };
}

families![
    "agents",
    "api",
    "common",
    "sign-in",
    "recovery",
    "alarm",
    "alerts",
    "messages-log",
    "help",
    "profile",
    "messages",
    "problems",
    "demo",
    "desk",
    "asking",
    "queue",
    "management",
    "mending",
    "owners",
    "readiness",
    "people",
    "policy",
    "tokens",
    "charts",
    "devices"
];

static JA: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Ja));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::En));

fn bundle(locale: Locale) -> Bundle {
    let tag = locale.as_str().parse().expect("our tags are well-formed");
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    // Values arrive as text, so that "00482190" stays what it is; a plural asks for the number: `{ NUMBER($n) -> … }`.
    bundle
        .add_function("NUMBER", |values, _| match values.first() {
            Some(FluentValue::String(text)) => text.parse::<u32>().map_or(FluentValue::Error, FluentValue::from),
            Some(other) => other.clone(),
            None => FluentValue::Error,
        })
        .expect("the function is added once");
    for (name, ja, en) in FAMILIES {
        let text = if locale == Locale::Ja { ja } else { en };
        let resource = FluentResource::try_new((*text).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("locales/{}/{name}.ftl: {errors:?}", locale.as_str()));
        bundle
            .add_resource(resource)
            .unwrap_or_else(|errors| panic!("locales/{}/{name}.ftl: {errors:?}", locale.as_str()));
    }
    bundle
}

/// Reads every text once, so that a broken file stops the server at its start and not a person at six in the morning.
pub fn warm_up() {
    LazyLock::force(&JA);
    LazyLock::force(&EN);
}

/// The text under `key`. A key that is missing falls back to the other language, then to itself; where we can see it, it panics.
pub fn text(locale: Locale, key: &str, values: &[(&str, &str)]) -> String {
    let (first, second): (&Bundle, &Bundle) = match locale {
        Locale::Ja => (&JA, &EN),
        Locale::En => (&EN, &JA),
    };
    let found = lookup(first, key, values);
    debug_assert!(found.is_some(), "no text `{key}` in {}", locale.as_str());
    found.or_else(|| lookup(second, key, values)).unwrap_or_else(|| key.to_owned())
}

fn lookup(bundle: &Bundle, key: &str, values: &[(&str, &str)]) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let args: FluentArgs<'_> = values.iter().map(|&(name, value)| (name, FluentValue::from(value))).collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
    debug_assert!(errors.is_empty(), "`{key}`: {errors:?}");
    Some(text.into_owned())
}

/// All texts of one line that take no values.
#[cfg(test)]
pub(crate) fn plain_texts(locale: Locale) -> Vec<String> {
    let texts = FAMILIES.iter().map(|(_, ja, en)| if locale == Locale::Ja { ja } else { en });
    let lines = texts.flat_map(|source| source.lines()).filter_map(|line| line.split_once(" = "));
    lines.map(|(_, text)| text.to_owned()).filter(|text| !text.contains('{')).collect()
}

#[cfg(test)]
mod tests;
