//! `cargo xtask pictures`: the browser stories leave a picture of every page; those that the guides show are taken from there into docs/pictures.
//!
//! A guide names its picture as `pictures/STORY-PAGE.LANGUAGE.png`; that is the whole list.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::programs::root;
use crate::suite;

/// Tells the browser stories and takes their pictures.
pub fn start() -> Result<()> {
    suite::start(&suite::Options { parts: suite::Part::parse_list("tools,browser")?, ..suite::Options::default() })?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    for name in wanted()? {
        let (page, locale) = name.split_once('.').with_context(|| format!("{name} has no language"))?;
        let taken =
            ["", "-plain"].map(|scripts| target.join("screenshots").join(format!("{locale}-1280-{page}{scripts}.png")));
        let Some(taken) = taken.iter().find(|file| file.exists()) else { bail!("no story leaves a picture of {page}") };
        let kept = root().join("docs/pictures").join(format!("{name}.png"));
        fs::copy(taken, &kept).with_context(|| format!("{} cannot be written", kept.display()))?;
        println!("{}", kept.display());
    }
    Ok(())
}

/// The names in the guides, as `desk-start.ja`.
fn wanted() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for guide in ["administrators.ja.md", "administrators.en.md"] {
        let text = fs::read_to_string(root().join("docs").join(guide))?;
        let found = text.split("(pictures/").skip(1).filter_map(|rest| rest.split_once(".png)"));
        names.extend(found.map(|(name, _)| name.to_owned()));
    }
    if names.is_empty() {
        bail!("the guides show no picture");
    }
    Ok(names)
}
