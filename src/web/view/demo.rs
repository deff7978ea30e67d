//! The demonstration's telephone and mailbox.

use askama::Template;

use super::Frame;

/// GET `/demo`; scripts ask `/demo/messages.json?after={newest}` for [`DemoMessages`].
#[derive(Debug, Template)]
#[template(path = "pages/demo.html")]
pub struct Demo {
    /// The frame.
    pub page: Frame,
    /// Where the sign-in page is.
    pub sign_in: String,
    /// The people one can be.
    pub people: Vec<DemoPerson>,
    /// SMS, newest first.
    pub sms: Vec<DemoMessage>,
    /// E-mails, newest first.
    pub emails: Vec<DemoMessage>,
    /// What the next question asks after.
    pub newest: String,
}

/// Somebody to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    /// Name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// Password.
    pub password: String,
    /// Mobile number.
    pub mobile: Option<String>,
    /// Personal address.
    pub email: Option<String>,
}

/// One message that would have left the house.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DemoMessage {
    /// "sms" or "email".
    pub kind: &'static str,
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// When, as text.
    pub at: String,
    /// An e-mail's subject.
    pub subject: Option<String>,
    /// The text; links in it are made clickable by the page.
    pub text: String,
}

/// The answer of `/demo/messages.json`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DemoMessages {
    /// What the next question asks after.
    pub newest: String,
    /// What came since, oldest first.
    pub messages: Vec<DemoMessage>,
}

/// A piece of a message's text.
struct Piece<'a> {
    text: &'a str,
    link: bool,
}

impl DemoMessage {
    fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(start) = [rest.find("https://"), rest.find("http://")].into_iter().flatten().min() {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c: char| c.is_whitespace() || !c.is_ascii()).unwrap_or(from.len());
            let (link, after) = from.split_at(end);
            pieces.push(Piece { text: before, link: false });
            pieces.push(Piece { text: link, link: true });
            rest = after;
        }
        pieces.push(Piece { text: rest, link: false });
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_a_message_are_found() {
        let text = "心当たりがない場合：\nhttps://id.example.jp/not-me/abc\n合鍵";
        let message = DemoMessage {
            kind: "email",
            from: String::new(),
            to: String::new(),
            at: String::new(),
            subject: None,
            text: text.into(),
        };
        let links: Vec<_> = message.pieces().into_iter().filter(|p| p.link).map(|p| p.text).collect();
        assert_eq!(links, ["https://id.example.jp/not-me/abc"]);
        assert_eq!(message.pieces().iter().map(|p| p.text).collect::<String>(), text);
    }
}
