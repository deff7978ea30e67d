//! The two languages say the same things, and say only what is asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::*;

/// Key -> the variables of its text.
fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = None;
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =")
            && line.starts_with(|c: char| c.is_ascii_lowercase())
        {
            assert!(found.insert(name.to_owned(), BTreeSet::new()).is_none(), "`{name}` stands twice");
            key = Some(name.to_owned());
        }
        let Some(key) = &key else { continue };
        for piece in line.split('$').skip(1) {
            let name: String =
                piece.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
            found.get_mut(key).expect("the key was just put in").insert(name);
        }
    }
    found
}

fn all(pick: fn(&(&'static str, &'static str, &'static str)) -> &'static str) -> BTreeMap<String, BTreeSet<String>> {
    FAMILIES.iter().flat_map(|family| messages(pick(family))).collect()
}

fn sources(directory: &str, ending: &str) -> String {
    fn walk(directory: &Path, ending: &str, into: &mut String) {
        for entry in fs::read_dir(directory).expect("the sources are here").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, ending, into);
            } else if path.to_string_lossy().ends_with(ending) {
                into.push_str(&fs::read_to_string(path).expect("sources are text"));
            }
        }
    }
    let mut text = String::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), ending, &mut text);
    text
}

#[test]
fn both_languages_have_the_same_keys_and_variables() {
    for (name, ja, en) in FAMILIES {
        assert_eq!(messages(ja), messages(en), "locales/*/{name}.ftl");
    }
}

#[test]
fn no_key_stands_in_two_families() {
    let sum: usize = FAMILIES.iter().map(|(_, ja, _)| messages(ja).len()).sum();
    assert_eq!(sum, all(|family| family.1).len());
}

#[test]
fn every_key_asked_for_exists() {
    let known = all(|family| family.1);
    let text = sources("src", ".rs") + sources("templates", ".html").as_str();
    for call in [".t(\"", ".t1(\"", ".with(\"", "text(locale, \"", "say(\""] {
        for piece in text.split(call).skip(1) {
            let key = piece.split('"').next().unwrap_or_default();
            // This file's own list of calls is found, too; it holds no letters.
            assert!(known.contains_key(key) || !key.starts_with(|c: char| c.is_ascii_lowercase()), "no text `{key}`");
        }
    }
}

#[test]
fn every_key_is_asked_for() {
    let text = sources("src", ".rs") + sources("templates", ".html").as_str();
    let unused: Vec<_> =
        all(|family| family.1).into_keys().filter(|key| !text.contains(&format!("\"{key}\""))).collect();
    assert!(unused.is_empty(), "never used: {unused:?}");
}

#[test]
fn nobody_is_called_wrong_or_invalid() {
    let texts = |source: &str| -> String {
        source.lines().map(|line| line.split_once(" = ").map_or(line, |(_, text)| text)).collect()
    };
    for (name, ja, en) in FAMILIES {
        let (ja, en) = (texts(ja), texts(en));
        for word in ["不正な", "無効な", "失敗しました", "エラーが発生", "8桁", "認証コード", "確認番号"]
        {
            assert!(!ja.contains(word), "locales/ja/{name}.ftl says {word}");
        }
        for word in ["invalid", "illegal", "failed", "Oops", "e-mail"] {
            assert!(!en.contains(word), "locales/en/{name}.ftl says {word}");
        }
    }
}

#[test]
fn values_stand_in_texts_as_they_came() {
    warm_up();
    assert_eq!(text(Locale::Ja, "recover-code-sender", &[("sender", "0005 0123")]), "送信元は 0005 0123 です。");
    assert_eq!(text(Locale::En, "span-days", &[("d", "1")]), "1 day");
    assert_eq!(text(Locale::En, "span-days", &[("d", "2")]), "2 days");
}

/// The guide for administrators quotes pages in bold; what a page calls otherwise meanwhile must not stay behind there.
#[test]
fn the_administrators_guide_says_what_the_pages_say() {
    for locale in [Locale::Ja, Locale::En] {
        let known: BTreeSet<String> = plain_texts(locale).into_iter().collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/administrators.{}.md", locale.as_str()));
        let guide = fs::read_to_string(path).expect("the guide is here");
        let quoted: Vec<_> = guide.split("**").skip(1).step_by(2).collect();
        assert!(quoted.len() > 30, "{quoted:?}");
        for words in quoted {
            assert!(known.contains(words), "docs/administrators.{}.md says {words}", locale.as_str());
        }
    }
}
