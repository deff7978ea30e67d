//! The articles of `help/{ja,en}/*.md`, as plain values. In them `code` names a text of `locales/` and is shown as its words, so that an
//! article says what the buttons say. A link is a page of ours: `recover` within the workplace, `/not-me` for all; one that stands alone becomes
//! a button. Whatever else Markdown knows is left out, HTML above all.

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::model::Locale;
use crate::wording;

/// What an article is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its heading.
    pub title: String,
    /// What stands below it.
    pub blocks: Vec<Block>,
}

/// One part of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading within.
    Heading(Vec<Piece>),
    /// A paragraph.
    Text(Vec<Piece>),
    /// What to do, in order.
    Steps(Vec<Vec<Piece>>),
    /// What to know, in no order.
    Points(Vec<Vec<Piece>>),
    /// Where to go, and what the button says.
    Button(String, String),
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words of the article.
    Plain(String),
    /// Words that stand on a page, in quotation marks.
    Word(String),
    /// Where to go, and what the link says.
    Link(String, String),
}

macro_rules! articles {
    ($($topic:literal: $($name:literal),+;)*) => {
        /// The articles by topic, in the order of the list. A topic is the key of its heading.
        pub const TOPICS: &[(&str, &[&str])] = &[$(($topic, &[$($name),+])),*];
        const SOURCES: &[(&str, [&str; 2])] = &[$($((
            $name,
            [
                include_str!(concat!("../../../help/ja/", $name, ".md")),
                include_str!(concat!("../../../help/en/", $name, ".md")),
            ],
        )),+),*];
    };
}

articles! {
    "help-topic-locked-out": "forgot-password", "forgot-id", "no-code", "wait", "change-demanded", "stopped", "no-contact";
    "help-topic-safety": "new-number", "lost-phone", "not-me";
    "help-topic-desk": "answering-callers";
}

fn source(locale: Locale, name: &str) -> Option<&'static str> {
    let (_, [ja, en]) = SOURCES.iter().find(|(known, _)| *known == name)?;
    Some(if locale == Locale::Ja { ja } else { en })
}

/// An article's heading.
pub fn title(locale: Locale, name: &str) -> Option<&'static str> {
    source(locale, name)?.lines().next()?.strip_prefix("# ")
}

/// Whether administrators read it, and not members.
pub fn is_for_desk(name: &str) -> bool {
    TOPICS.iter().any(|(topic, names)| *topic == "help-topic-desk" && names.contains(&name))
}

/// The article with this name.
pub fn article(locale: Locale, name: &str) -> Option<Article> {
    source(locale, name).map(|source| read(locale, source))
}

/// Reads Markdown. A text that `locales/` does not have is a fault of ours, which a test finds.
fn read(locale: Locale, source: &str) -> Article {
    let mut article = Article { title: String::new(), blocks: Vec::new() };
    let mut sentence = Sentence { locale, pieces: Vec::new(), link: None };
    let (mut items, mut is_list, mut in_order) = (Vec::new(), false, false);
    for event in Parser::new(source) {
        match event {
            Event::Text(text) => sentence.plain(&text),
            Event::SoftBreak | Event::HardBreak => sentence.plain(" "),
            Event::Code(key) => sentence.word(&wording::text(locale, &key, &[])),
            Event::Start(Tag::Link { dest_url, .. }) => sentence.link = Some((dest_url.into_string(), String::new())),
            Event::End(TagEnd::Link) => sentence.end_link(),
            Event::Start(Tag::List(first)) => (is_list, in_order) = (true, first.is_some()),
            Event::End(TagEnd::Item) => items.push(sentence.end()),
            Event::End(TagEnd::List(_)) => {
                is_list = false;
                let items = std::mem::take(&mut items);
                article.blocks.push(if in_order { Block::Steps(items) } else { Block::Points(items) });
            }
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
                article.title = sentence.end().into_iter().map(Piece::into_words).collect();
            }
            Event::End(TagEnd::Heading(_)) => article.blocks.push(Block::Heading(sentence.end())),
            Event::End(TagEnd::Paragraph) if !is_list => article.blocks.push(sentence.end_paragraph()),
            _ => {}
        }
    }
    article
}

impl Piece {
    fn into_words(self) -> String {
        match self {
            Self::Plain(text) | Self::Word(text) | Self::Link(_, text) => text,
        }
    }
}

/// A sentence that is being read.
struct Sentence {
    locale: Locale,
    pieces: Vec<Piece>,
    /// Where an open link leads, and what it says so far.
    link: Option<(String, String)>,
}

impl Sentence {
    fn plain(&mut self, text: &str) {
        if let Some((_, says)) = &mut self.link {
            says.push_str(text);
            return;
        }
        // Japanese quotation marks bring the space that the source has around them.
        let closes = self.locale == Locale::Ja && matches!(self.pieces.last(), Some(Piece::Word(_)));
        let text = if closes { text.trim_start_matches(' ') } else { text };
        match self.pieces.last_mut() {
            Some(Piece::Plain(before)) => before.push_str(text),
            _ => self.pieces.push(Piece::Plain(text.to_owned())),
        }
    }

    fn word(&mut self, words: &str) {
        if let Some((_, says)) = &mut self.link {
            says.push_str(words);
            return;
        }
        if self.locale == Locale::Ja
            && let Some(Piece::Plain(before)) = self.pieces.last_mut()
        {
            before.truncate(before.trim_end_matches(' ').len());
        }
        self.pieces.push(Piece::Word(quoted(self.locale, words)));
    }

    fn end_link(&mut self) {
        self.pieces.extend(self.link.take().map(|(to, says)| Piece::Link(to, says)));
    }

    fn end(&mut self) -> Vec<Piece> {
        std::mem::take(&mut self.pieces)
    }

    fn end_paragraph(&mut self) -> Block {
        let mut pieces = self.end();
        match (pieces.pop(), pieces.is_empty()) {
            (Some(Piece::Link(to, says)), true) => Block::Button(to, says),
            (last, _) => {
                pieces.extend(last);
                Block::Text(pieces)
            }
        }
    }
}

/// In quotation marks, unless the words bring their own.
fn quoted(locale: Locale, words: &str) -> String {
    let [open, close] = if locale == Locale::Ja { ["「", "」"] } else { ["“", "”"] };
    if words.starts_with(open) && words.ends_with(close) { words.to_owned() } else { format!("{open}{words}{close}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    const BOTH: [Locale; 2] = [Locale::Ja, Locale::En];

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn names() -> BTreeSet<String> {
        SOURCES.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn sentences(article: &Article) -> Vec<&[Piece]> {
        article.blocks.iter().flat_map(sentences_of).collect()
    }

    fn sentences_of(block: &Block) -> Vec<&[Piece]> {
        match block {
            Block::Heading(pieces) | Block::Text(pieces) => vec![pieces],
            Block::Steps(items) | Block::Points(items) => items.iter().map(Vec::as_slice).collect(),
            Block::Button(..) => Vec::new(),
        }
    }

    /// The keys and links of a source, in its order; within one item or paragraph the languages may differ.
    fn named(source: &str) -> Vec<BTreeSet<String>> {
        let mut all = vec![BTreeSet::new()];
        for event in Parser::new(source) {
            match event {
                Event::Code(key) => all.last_mut().expect("one is open").insert(format!("`{key}`")),
                Event::Start(Tag::Link { dest_url, .. }) => {
                    all.last_mut().expect("one is open").insert(dest_url.into_string())
                }
                Event::Start(tag @ (Tag::Item | Tag::Paragraph | Tag::Heading { .. } | Tag::List(_))) => {
                    let kind = match tag {
                        Tag::List(Some(_)) => "steps",
                        Tag::List(None) => "points",
                        Tag::Heading { .. } => "heading",
                        _ => "text",
                    };
                    all.push(BTreeSet::from([kind.to_owned()]));
                    true
                }
                _ => true,
            };
        }
        all
    }

    #[test]
    fn the_folder_holds_these_articles_in_both_languages() {
        for language in ["ja", "en"] {
            let files = fs::read_dir(root().join("help").join(language)).expect("the articles are here").flatten();
            let files = files.map(|file| file.file_name().to_string_lossy().trim_end_matches(".md").to_owned());
            assert_eq!(files.collect::<BTreeSet<_>>(), names(), "help/{language}");
        }
    }

    #[test]
    fn both_languages_say_the_same() {
        for (name, [ja, en]) in SOURCES {
            assert_eq!(named(ja), named(en), "help/*/{name}.md");
        }
    }

    #[test]
    fn articles_hold_what_a_page_can_draw() {
        for (name, sources) in SOURCES {
            for source in sources {
                for event in Parser::new(source) {
                    let drawn = match &event {
                        Event::Start(tag) => matches!(
                            tag,
                            Tag::Paragraph | Tag::Heading { .. } | Tag::List(_) | Tag::Item | Tag::Link { .. }
                        ),
                        Event::Html(_) | Event::InlineHtml(_) | Event::Rule => false,
                        _ => true,
                    };
                    assert!(drawn, "help/*/{name}.md holds {event:?}");
                }
            }
        }
    }

    #[test]
    fn each_opens_with_its_heading_and_no_words_are_left_open() {
        for locale in BOTH {
            for name in names() {
                let article = article(locale, &name).expect("a name of the list");
                assert_eq!(Some(article.title.as_str()), title(locale, &name), "{name}");
                assert!(matches!(article.blocks[0], Block::Text(_)), "{name} says first what it is about");
                for piece in sentences(&article).concat() {
                    let words = piece.into_words();
                    assert!(!words.is_empty() && !words.contains(['`', '[', '{']), "{name}: {words}");
                }
            }
        }
    }

    /// Words of a page that are written out would stay behind when the page changes.
    #[test]
    fn words_of_pages_are_named_by_their_keys() {
        for (locale, [open, close]) in [(Locale::Ja, ['「', '」']), (Locale::En, ['“', '”'])] {
            let known: BTreeSet<String> = wording::plain_texts(locale).into_iter().collect();
            for name in names() {
                let article = article(locale, &name).expect("a name of the list");
                for piece in sentences(&article).concat() {
                    let Piece::Plain(text) = piece else { continue };
                    for words in text.split(open).skip(1).filter_map(|rest| rest.split(close).next()) {
                        assert!(!known.contains(words), "help/{}/{name}.md: {words} has a key", locale.as_str());
                    }
                }
            }
        }
    }

    #[test]
    fn a_link_to_an_article_says_its_heading() {
        for locale in BOTH {
            for name in names() {
                let article = article(locale, &name).expect("a name of the list");
                for piece in sentences(&article).concat() {
                    let Piece::Link(to, says) = piece else { continue };
                    if let Some(other) = to.strip_prefix("help/") {
                        assert_eq!(title(locale, other), Some(says.as_str()), "help/{}/{name}.md", locale.as_str());
                    }
                }
            }
        }
    }

    /// Whoever needs an article finds it where they are.
    #[test]
    fn every_article_is_offered_on_the_page_where_the_trouble_is() {
        let mut offered = BTreeSet::new();
        let mut folders = vec![root().join("templates")];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let page = fs::read_to_string(&path).expect("templates are text");
                let calls = page.split("ui::help(\"").skip(1).filter_map(|rest| rest.split('"').next());
                offered.extend(calls.map(str::to_owned));
            }
        }
        assert_eq!(offered, names());
    }

    #[test]
    fn markdown_becomes_plain_values() {
        let source =
            "# A\n\nIt says `next` <b>there</b>.\n\n1. One `back` [two](help/wait)\n2. Three\n\n[`next`](recover)\n";
        let article = read(Locale::En, source);
        assert_eq!(article.title, "A");
        let plain = |text: &str| Piece::Plain(text.to_owned());
        let word = |text: &str| Piece::Word(text.to_owned());
        let link = Piece::Link("help/wait".to_owned(), "two".to_owned());
        let steps = vec![vec![plain("One "), word("“Back”"), plain(" "), link], vec![plain("Three")]];
        let button = Block::Button("recover".to_owned(), "Continue".to_owned());
        let text = Block::Text(vec![plain("It says "), word("“Continue”"), plain(" there.")]);
        assert_eq!(article.blocks, [text, Block::Steps(steps), button]);
        let ja = read(Locale::Ja, "# あ\n\n画面で `next` をおします。`sign-in-not-me` です。\n");
        let words: Vec<_> = sentences(&ja).concat().into_iter().map(Piece::into_words).collect();
        assert_eq!(words.concat(), "画面で「次へ進む」をおします。「自分ではない」です。");
    }
}
