//! `aikagi.example.toml` is the reference of the configuration: every key, its default, one sentence.

use std::path::Path;

use aikagi::config::keys::KEYS;
use aikagi::config::{Config, read};
use toml::{Table, Value};

const EXAMPLE: &str = include_str!("../../aikagi.example.toml");

/// The example with the keys that have no default; their lines begin with `# `.
fn whole() -> String {
    let is_key = |line: &str| {
        let name = line.split(" = ").next().unwrap_or_default();
        matches!(line, "[mail]" | "[bounces]" | "[[carriers]]" | "[carriers.receipts]" | "[siem]" | "[tls]")
            || line.contains(" = ") && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let lines = EXAMPLE.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                found.extend(leaves(inner).into_iter().map(|(inner, value)| (format!("{name}.{inner}"), value)));
            }
            _ => found.push((name.clone(), value.clone())),
        }
    }
    found
}

#[test]
fn the_example_can_be_used_and_its_values_are_the_defaults() {
    let layers = read::Layers { file: Some((Path::new("aikagi.toml"), EXAMPLE)), ..read::Layers::default() };
    read::read(&layers).unwrap_or_else(|troubles| panic!("{troubles}"));
    let defaults = leaves(&Table::try_from(Config::default()).expect("settings are TOML"));
    for (name, value) in leaves(&EXAMPLE.parse().expect("TOML")) {
        let default = defaults.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        if name != "public_url" {
            assert_eq!(default, Some(&value), "{name}");
        }
    }
}

#[test]
fn the_example_has_every_key_in_order_each_with_a_sentence() {
    let whole = whole();
    let layers = read::Layers { file: Some((Path::new("aikagi.toml"), &whole)), ..read::Layers::default() };
    // Only what excludes each other or must exist stands against using all examples at once.
    let troubles = read::read(&layers).expect_err("two ways to name the database, two to a certificate");
    let troubles = troubles.to_string();
    assert_eq!(troubles.lines().count(), 3, "{troubles}");
    let shown = leaves(&whole.parse().expect("TOML"));
    for key in KEYS {
        assert!(shown.iter().any(|(name, _)| name == key.name), "{} is missing", key.name);
    }
    // And no key is in `Config` that the list of keys does not know.
    for (name, _) in leaves(&Table::try_from(Config::default()).expect("settings are TOML")) {
        assert!(KEYS.iter().any(|key| key.name == name), "{name} cannot be set");
    }
    let mut before = "";
    for line in EXAMPLE.lines() {
        let key = line.trim_start_matches("# ").split(" = ").next().unwrap_or_default();
        if line.contains(" = ") && KEYS.iter().any(|known| known.name.rsplit('.').next() == Some(key)) {
            assert!(before.starts_with("# ") && !before.contains(" = "), "no sentence before: {line}");
        }
        before = line;
    }
}
