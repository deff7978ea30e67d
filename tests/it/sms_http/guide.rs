//! What docs/messages.md shows can be used: each carrier in it is built as it stands there, and the doctor looks after its secrets.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use aikagi::config::Config;
use aikagi::config::carriers::CarrierSettings;
use aikagi::config::read::{Layers, read};
use aikagi::deliver::hooks::Hooks;
use aikagi::doctor::{Doctor, Options};
use aikagi::vault::OsDice;

use super::{Secrets, clock, settings, shown};
use crate::harness::config;

const GUIDE: &str = include_str!("../../../docs/messages.md");

#[test]
fn every_carrier_of_the_guide_can_be_built() {
    let blocks = GUIDE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let kinds = ["kind = \"twilio\"", "kind = \"vonage\"", "kind = \"sns\"", "kind = \"http\"", "bounce_webhook"];
    let ours: Vec<_> = blocks.filter(|block| kinds.iter().any(|kind| block.contains(kind))).collect();
    assert_eq!(ours.len(), 6);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("aikagi.toml");
    for block in ours {
        let text = format!("public_url = \"https://id.example.jp\"\n{block}");
        let layers = Layers { file: Some((Path::new(&file), &text)), ..Layers::default() };
        let config = read(&layers).unwrap_or_else(|troubles| panic!("{troubles}\n{block}"));
        let secrets: Vec<_> = config.carriers.iter().flat_map(|carrier| carrier.secrets()).collect();
        assert!(!secrets.is_empty());
        let told = |config: &Config| {
            let carriers = aikagi::server::carriers(config).err().map(|why| format!("{why:#}"));
            carriers.or_else(|| Hooks::of(config).err())
        };
        let why = told(&config).expect("a secret is missing");
        assert!(why.contains("cannot be read") && why.contains("_file`"), "{why}");
        for secret in secrets {
            std::fs::write(secret, "secret").expect("written");
            std::fs::set_permissions(secret, std::fs::Permissions::from_mode(0o604)).expect("allowed");
        }
        let why = told(&config).expect("everybody can read it");
        assert!(why.contains("run: chmod 600"), "{why}");
        for secret in config.carriers.iter().flat_map(|carrier| carrier.secrets()) {
            std::fs::set_permissions(secret, std::fs::Permissions::from_mode(0o600)).expect("allowed");
        }
        assert_eq!(told(&config), None, "{block}");
    }
}

#[tokio::test]
async fn the_doctor_sees_a_secret_that_others_can_read() {
    let secrets = Secrets::new();
    let (good, open) = (secrets.file("good"), secrets.file("open"));
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o640)).expect("allowed");
    let text = format!(
        "kind = \"vonage\"\nname = \"sms\"\nkey = \"a\"\nsender = \"Acme\"\nsecret_file = \"{}\"\nsignature_secret_file = \"{}\"",
        shown(&good),
        shown(&open)
    );
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config {
        carriers: vec![settings::<CarrierSettings>(&text)],
        database_url: format!("sqlite:{}", folder.path().join("none.db").display()),
        ..config()
    };
    let doctor = Doctor {
        config,
        config_file: None,
        carriers: Vec::new(),
        clock: clock(),
        dice: Arc::new(OsDice),
        options: Options { offline: true, ..Options::default() },
    };
    let found = doctor.examine().await;
    let told = |file: &Path| found.iter().any(|finding| finding.what.starts_with(&file.display().to_string()));
    assert!(told(&open) && !told(&good), "{found:?}");
}
