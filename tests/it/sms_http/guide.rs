//! What docs/messages.md shows can be used: each carrier in it is built as it stands there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aikagi::config::read::{Layers, read};

const GUIDE: &str = include_str!("../../../docs/messages.md");

#[test]
fn every_carrier_of_the_guide_can_be_built() {
    let blocks = GUIDE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let kinds = ["twilio", "vonage", "sns", "http"].map(|kind| format!("kind = \"{kind}\""));
    let ours: Vec<_> = blocks.filter(|block| kinds.iter().any(|kind| block.contains(kind))).collect();
    assert_eq!(ours.len(), 5);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("aikagi.toml");
    for block in ours {
        let text = format!("public_url = \"https://id.example.jp\"\n{block}");
        let layers = Layers { file: Some((Path::new(&file), &text)), ..Layers::default() };
        let config = read(&layers).unwrap_or_else(|troubles| panic!("{troubles}\n{block}"));
        let secrets: Vec<_> = config.carriers.iter().flat_map(|carrier| carrier.secrets()).collect();
        assert!(!secrets.is_empty());
        let told = |config| aikagi::server::carriers(config).err().map(|why| format!("{why:#}"));
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
