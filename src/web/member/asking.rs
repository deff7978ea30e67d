//! 「管理者に入り直しを頼む」: the form, and the page under a secret link that says how far the request has come.

use super::slips;
use crate::flows::locked_out::{self, Ask};
use crate::flows::workspaces::Workspace;
use crate::model::{
    AskTrouble, Asked, Plight, Secret, Slug,
    asked::{LINE, TEXT, line, maybe, text},
};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::asking::{AskBusy, AskPage, AskedPage, cause_key};
use crate::web::view::{ProblemKind, Trouble, Troubles, moment};
use crate::wording;

/// The fields with text, in the order of the page.
const FIELDS: [&str; 5] = ["workspace", "name", "login", "reach", "more"];

/// The form.
pub async fn get(call: Call) -> Answer {
    let workspace = call.workspace().await?;
    form(call, workspace.as_ref(), Troubles::none())
}

fn form(mut call: Call, workspace: Option<&Workspace>, troubles: Troubles) -> Answer {
    let chosen = Plight::parse(call.form.text("cause"));
    let page = AskPage {
        typed: FIELDS.map(|field| call.form.text(field).to_owned()),
        causes: Plight::ALL.iter().map(|&cause| (cause, cause_key(cause), chosen == Some(cause))).collect(),
        page: call.frame_of(workspace),
        troubles,
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// What was written.
pub async fn post(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let locale = call.locale();
    let mut troubles = Vec::new();
    let mut mend = |field, text| troubles.push(Trouble { field, text });
    let slug = if let Some(workspace) = &workspace {
        Slug::parse(&workspace.slug).ok()
    } else {
        let typed = call.form.text("workspace").trim();
        // Whoever types the whole ID means the part behind the @.
        let typed = typed.rsplit(['@', '＠']).next().unwrap_or_default();
        let key = if typed.is_empty() { "ask-empty-workspace" } else { "ask-shape-workspace" };
        let slug = Slug::parse(typed).ok();
        if slug.is_none() {
            mend("workspace", wording::text(locale, key, &[]));
        }
        slug
    };
    let mut read = |field, taken: Result<String, AskTrouble>, empty: &str| {
        taken.map_err(|trouble| mend(field, slips::asked(locale, trouble, empty))).ok()
    };
    let name = read("name", line(call.form.text("name"), LINE), "ask-empty-name");
    let login = read("login", maybe(line(call.form.text("login"), LINE)), "ask-empty-name");
    let reach = read("reach", line(call.form.text("reach"), LINE), "ask-empty-reach");
    let more = read("more", maybe(text(call.form.text("more"), TEXT)), "ask-empty-reach");
    let cause = Plight::parse(call.form.text("cause"));
    if cause.is_none() {
        mend("cause", wording::text(locale, "ask-empty-cause", &[]));
    }
    let (Some(slug), Some(name), Some(login), Some(reach), Some(more), Some(cause)) =
        (slug, name, login, reach, more, cause)
    else {
        return form(call, workspace.as_ref(), Troubles::from(troubles));
    };
    let asked = Asked { name, login, reach, more };
    match locked_out::ask(&call.app, &slug, cause, &asked, &call.visitor).await? {
        Ask::Done(token) => call.go(&format!("/recover/asked/{}", token.text.as_str())),
        Ask::Wait(wait) => {
            let page = AskBusy { page: call.frame_of(workspace.as_ref()), wait };
            call.wait_page(wait, &page)
        }
    }
}

/// How far it has come.
pub async fn get_status(mut call: Call) -> Answer {
    let token = Secret::from(call.param("token").ok_or(Failure::NotFound)?);
    let Some(status) = locked_out::status(&call.app, &token).await? else { return call.problem(ProblemKind::LinkOver) };
    let page = AskedPage {
        at: moment(call.locale(), status.asked_at),
        page: call.frame(),
        reference: status.reference,
        state: status.state,
        answer: status.answer,
    };
    call.page(&page)
}
