//! The workplace's own words to people who cannot get in: whom to ask, and what stands on the sign-in page after a failed try. A preview comes first.

use crate::flows::desk::policy::{self, Set, Texts};
use crate::flows::session::Signed;
use crate::flows::workspaces::{WhichText, Workspace};
use crate::model::{Action, OwnText, own_text};
use crate::web::call::{Answer, Call};
use crate::web::desk::sealed;
use crate::web::failure::Failure;
use crate::web::view::desk::policy::{OwnTextPage, OwnTextPreview, TextShown};
use crate::web::view::{Said, Slip, Troubles};

/// The form for whom to ask.
pub async fn get_contact(call: Call, signed: Signed) -> Answer {
    get(call, signed, WhichText::Contact).await
}
/// Preview, then the change.
pub async fn post_contact(call: Call, signed: Signed) -> Answer {
    post(call, signed, WhichText::Contact).await
}
/// The form for the text after a failed sign-in.
pub async fn get_failure(call: Call, signed: Signed) -> Answer {
    get(call, signed, WhichText::Failure).await
}
/// Preview, then the change.
pub async fn post_failure(call: Call, signed: Signed) -> Answer {
    post(call, signed, WhichText::Failure).await
}

/// A text as the policy's page shows it.
pub fn shown(which: WhichText, workspace: &Workspace) -> TextShown {
    let [ja, en] = which.of(workspace);
    let (path, key) = match which {
        WhichText::Contact => ("contact-text", "own-text-contact"),
        WhichText::Failure => ("failure-text", "own-text-failure"),
    };
    TextShown { path, key, ja, en }
}

async fn get(call: Call, signed: Signed, which: WhichText) -> Answer {
    let present = which.of(&policy::look(&call.app, &super::looks(&call, &signed)?).await?);
    let typed = present.clone().map(Option::unwrap_or_default);
    form(call, &signed, which, &present, typed, None, Troubles::none())
}

async fn post(mut call: Call, signed: Signed, which: WhichText) -> Answer {
    let seat = super::super::seat(&call, &signed, Action::SetTexts)?;
    let typed = ["ja", "en"].map(|name| call.form.text(name).to_owned());
    let present = which.of(&policy::look(&call.app, &seat).await?);
    let was = sealed::try_read::<Texts>(&call, &signed, call.form.text("was"));
    let Some(was) = was.filter(|was| *was == present) else {
        return meanwhile(call, &signed, which, present, typed);
    };
    let mut troubles = Troubles::none();
    let mut read = |name: &'static str, typed: &str| {
        OwnText::parse(typed).unwrap_or_else(|trouble| {
            troubles.push(call.locale(), name, Slip::of_text(trouble, own_text::MOST_LETTERS));
            None
        })
    };
    let new = [read("ja", &typed[0]), read("en", &typed[1])];
    if troubles.any() {
        return form(call, &signed, which, &present, typed, None, troubles);
    }
    match call.form.text("step") {
        "edit" => form(call, &signed, which, &present, typed, None, troubles),
        "apply" => match policy::set_text(&call.app, &seat, which, &was, &new).await? {
            Set::Done => {
                call.say_next(Said::TextChanged);
                call.go(&format!("/w/{}/{}", signed.slug, super::PATH))
            }
            Set::Meanwhile(present) => meanwhile(call, &signed, which, present, typed),
            Set::Ended | Set::ForOwners(_) | Set::ShutsOneselfOut => Err(Failure::FormExpired),
        },
        _ => preview(call, &signed, which, new),
    }
}

/// Who reads the other language sees the only text that there is.
fn preview(mut call: Call, signed: &Signed, which: WhichText, [ja, en]: [Option<OwnText>; 2]) -> Answer {
    let words = |first: &Option<OwnText>, second: &Option<OwnText>| {
        first.as_ref().or(second.as_ref()).map(|text| text.as_str().to_owned())
    };
    let page = OwnTextPreview {
        is_failure: which == WhichText::Failure,
        ja: words(&ja, &en),
        en: words(&en, &ja),
        fields: super::carried(&call, &["ja", "en", "was"]),
        page: call.frame_at_desk(signed),
    };
    call.page(&page)
}

fn meanwhile(call: Call, signed: &Signed, which: WhichText, present: Texts, typed: [String; 2]) -> Answer {
    let troubles = Troubles::one(call.locale(), "", Slip::Meanwhile);
    form(call, signed, which, &present.clone(), typed, Some(present), troubles)
}

fn form(
    mut call: Call,
    signed: &Signed,
    which: WhichText,
    present: &Texts,
    [ja, en]: [String; 2],
    meanwhile: Option<Texts>,
    troubles: Troubles,
) -> Answer {
    let any = troubles.any();
    let page = OwnTextPage {
        is_failure: which == WhichText::Failure,
        ja,
        en,
        meanwhile,
        was: sealed::seal(&call, signed, present),
        troubles,
        page: call.frame_at_desk(signed),
    };
    if any { call.mend(&page) } else { call.page(&page) }
}
