//! What `deploy/` gives to operators fits the program: it names no metric, key or command that does not exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every `aikagi_…` word of a text that stands where a metric does.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("aikagi_")).map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

#[test]
fn rules_and_dashboard_name_metrics_that_there_are() {
    let source = read("src/operations.rs");
    let described = source.split("describe_").filter_map(|rest| rest.split_once("!(\"")?.1.split('"').next());
    let known: BTreeSet<String> = described.map(str::to_owned).collect();
    assert!(known.len() > 8, "{known:?}");
    for file in ["deploy/alerts.yml", "deploy/alerts.test.yml", "deploy/grafana-dashboard.json"] {
        let named = metrics(&read(file));
        let missing: Vec<_> = named.difference(&known).collect();
        assert!(!named.is_empty() && missing.is_empty(), "{file}: {missing:?}");
    }
    // And none is kept from the operator.
    let guide = metrics(&read("docs/operating.md"));
    let untold: Vec<_> = known.difference(&guide).collect();
    assert!(untold.is_empty(), "docs/operating.md does not tell of {untold:?}");
}

#[test]
fn the_dashboard_is_json_and_each_panel_asks_something() {
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/grafana-dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    assert!(panels.len() > 10);
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_i64().expect("a number")), "{panel}");
        assert!(panel["title"].is_string() && !metrics(&panel["targets"].to_string()).is_empty(), "{panel}");
    }
}
