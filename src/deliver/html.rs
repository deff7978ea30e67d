//! An email's HTML form, made from its text when it leaves: the same words in the same order, the code large. Nothing is loaded, and there is no
//! link but the one that the text has.
//!
//! The text keeps to a plain form, as docs/wording.md has it: paragraphs between empty lines, a fact as a name and a value with a wide space between
//! them, and the name of the house at the end.

use askama::Template;

use crate::model::Locale;

/// What of a text stands out.
#[derive(Debug, Clone, Copy)]
pub struct Dress<'a> {
    /// The language of its words.
    pub locale: Locale,
    /// The code that is to be typed.
    pub code: Option<&'a str>,
    /// The one link in it.
    pub link: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "messages/mail.html")]
struct Page<'a> {
    lang: &'static str,
    title: &'a str,
    blocks: Vec<Block<'a>>,
    foot: Option<&'a str>,
}

enum Block<'a> {
    Facts(Vec<Fact<'a>>),
    Lines(Vec<Line<'a>>),
}

struct Fact<'a> {
    name: &'a str,
    value: &'a str,
    is_code: bool,
    size: u8,
}

enum Line<'a> {
    Heading(&'a str),
    Link(&'a str),
    Code { text: &'a str, size: u8 },
    Text(&'a str),
}

/// The text as HTML.
pub fn html(subject: &str, text: &str, dress: &Dress<'_>) -> Option<String> {
    let mut paragraphs: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines().map(str::trim_end) {
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() => last.push(line),
            Some(last) if !last.is_empty() => paragraphs.push(Vec::new()),
            _ => {}
        }
    }
    paragraphs.retain(|lines| !lines.is_empty());
    // Who writes stands last, in one short line.
    let is_foot = |lines: &Vec<&str>| lines.len() == 1 && lines[0].chars().count() <= 20;
    let foot = if paragraphs.len() > 1 { paragraphs.pop_if(|last| is_foot(last)) } else { None };
    let page = Page {
        lang: dress.locale.as_str(),
        title: subject,
        blocks: paragraphs.iter().map(|lines| block(lines, dress)).collect(),
        foot: foot.and_then(|lines| lines.first().copied()),
    };
    page.render().ok()
}

fn block<'a>(lines: &[&'a str], dress: &Dress<'_>) -> Block<'a> {
    let facts: Option<Vec<_>> = lines.iter().map(|line| fact(line, dress)).collect();
    match facts {
        Some(facts) => Block::Facts(facts),
        None => Block::Lines(lines.iter().map(|text| line(text, dress)).collect()),
    }
}

/// `認証番号　00482190`, `Code  00482190`.
fn fact<'a>(line: &'a str, dress: &Dress<'_>) -> Option<Fact<'a>> {
    let at = line.find(['\u{3000}']).or_else(|| line.find("  "))?;
    let (name, value) = (&line[..at], line[at..].trim());
    // Who types the name of a workplace has no say in how a line looks.
    let is_name = (1..=24).contains(&name.chars().count()) && !name.contains(['。', '.']);
    let is_code = dress.code == Some(value);
    (is_name && !value.is_empty()).then(|| Fact { name, value, is_code, size: size(value) })
}

fn line<'a>(text: &'a str, dress: &Dress<'_>) -> Line<'a> {
    match text {
        _ if dress.link == Some(text) => Line::Link(text),
        _ if dress.code == Some(text) => Line::Code { text, size: size(text) },
        _ if text.starts_with('■') => Line::Heading(text),
        _ => Line::Text(text),
    }
}

/// Long ones are kept to the width of a telephone.
fn size(code: &str) -> u8 {
    if code.chars().count() > 12 { 18 } else { 30 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader sees of it.
    pub fn read(html: &str) -> String {
        let body = html.split_once("<body").map_or(html, |(_, body)| body);
        let mut text = String::new();
        for piece in format!("<body{body}").split('<').skip(1) {
            text.push_str(piece.split_once('>').map_or("", |(_, text)| text));
        }
        let entities = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
        entities.iter().fold(text, |text, (entity, sign)| text.replace(entity, sign))
    }

    fn bare(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    const TEXT: &str = "確認のための番号です。\n\n認証番号　00482190\n控え　　　KD\n\n■ 心当たりがない場合\n次のページを開いてください。\nhttps://id.example.jp/not-me/abc\n\n合鍵 Aikagi";

    #[test]
    fn the_words_are_those_of_the_text_and_the_code_is_large() {
        let dress =
            Dress { locale: Locale::Ja, code: Some("00482190"), link: Some("https://id.example.jp/not-me/abc") };
        let html = html("合鍵：認証番号", TEXT, &dress).expect("renders");
        assert_eq!(bare(&read(&html)), bare(TEXT));
        assert!(html.contains("<html lang=\"ja\">"), "{html}");
        assert!(html.contains("font-size:30px") && html.contains("user-select:all\">00482190</strong>"), "{html}");
        assert_eq!(html.matches("href=").count(), 1);
        for loaded in ["<img", "src=", "@import", "url(", "<link", "<script"] {
            assert!(!html.contains(loaded), "{loaded} in {html}");
        }
    }

    #[test]
    fn what_people_named_their_workplace_is_neither_a_tag_nor_a_link() {
        let text = "<b>&\"</b>\nhttps://evil.example\n\njavascript:alert(1)\n\n合鍵";
        let html = html("<title>", text, &Dress { locale: Locale::En, code: None, link: None }).expect("renders");
        assert_eq!(bare(&read(&html)), bare(text));
        assert!(!html.contains("<b>") && !html.contains("href") && !html.contains("<title><title>"), "{html}");
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost_or_added(text in "(\\PC{0,20}\n{0,3}){0,8}", code in "[0-9]{8}") {
            let text = format!("{text}\n\n番号　{code}\n\n{code}");
            let html = html("x", &text, &Dress { locale: Locale::Ja, code: Some(&code), link: None }).expect("renders");
            proptest::prop_assert_eq!(bare(&read(&html)), bare(&text));
        }
    }
}
