//! Pages on which an administrator puts something right: a contact, names and the ID; and the declaration that stands in for a second
//! administrator.

use askama::Template;

use crate::model::Locale;
use crate::web::view::{Frame, Troubles};

/// GET and POST `/w/{slug}/admin/members/{id}/contacts/new`, `…/contacts/{contact}`, `…/contacts/{contact}/remove`: `address`, `counts`, `sure`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/mend.html")]
pub struct MendPage {
    /// The frame; `page.here` is where the forms go.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The contact that is replaced or removed.
    pub old: Option<Old>,
    /// What was typed.
    pub value: String,
    /// What to mend.
    pub troubles: Troubles,
    /// The second step: what will happen.
    pub sure: Option<Sure>,
    /// What could let it count earlier.
    pub waiver: Waiver,
}

/// The contact as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    /// Its id.
    pub id: String,
    /// Masked.
    pub shown: String,
    /// It is to be removed and not replaced.
    pub goes: bool,
}

/// What will happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sure {
    /// The new contact as it is read; empty where one is removed.
    pub shown: String,
    /// As it was chosen.
    pub counts: &'static str,
    /// From when it recovers; none where the member has yet to come in and prove it, and where nothing new is there.
    pub from: Option<String>,
    /// It counts at once.
    pub now: bool,
    /// How many contacts will be told.
    pub told: usize,
}

/// What could let a new contact count earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiver {
    /// Nothing is needed.
    Unneeded,
    /// A proved call, or a second administrator.
    Good,
    /// A declaration that is good from then on.
    From(String),
    /// There is nothing yet. The only administrator may declare.
    Lacking {
        /// Whether the reader is the only administrator.
        alone: bool,
    },
}

impl MendPage {
    /// Key of the heading.
    pub fn title_key(&self) -> &'static str {
        match &self.old {
            None => "mend-add-title",
            Some(old) if old.goes => "mend-remove-title",
            Some(_) => "mend-title",
        }
    }
    fn goes(&self) -> bool {
        self.old.as_ref().is_some_and(|old| old.goes)
    }
}

/// GET and POST `/w/{slug}/admin/members/{id}/edit`: `login`, `name`, `kana`, `department`, `locale`, `seen`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/edit.html")]
pub struct EditPage {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's present name.
    pub shown: String,
    /// The bare ID.
    pub login: String,
    /// The name; not `name`, which the pieces of a form call a field's own.
    pub full_name: String,
    /// Its reading.
    pub kana: String,
    /// The department.
    pub department: String,
    /// The language of messages.
    pub locale: Locale,
    /// When the member was changed last.
    pub seen: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// GET and POST `/w/{slug}/admin/members/{id}/declare`: `words`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/declare.html")]
pub struct DeclarePage {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// Somebody else could agree: then this is not the way.
    pub others: bool,
    /// From when the present declaration is good.
    pub from: Option<String>,
    /// How many contacts will be told.
    pub told: usize,
    /// What was typed.
    pub value: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// POST `/w/{slug}/admin/members/{id}/show-secret`
#[derive(Debug, Template)]
#[template(path = "pages/desk/secret.html")]
pub struct SecretPage {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The secret's groups, each sign with the word by which it is read out.
    pub groups: Vec<(String, Vec<String>)>,
    /// Until when it can be typed.
    pub until: String,
}
