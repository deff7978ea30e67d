//! Help: the list of articles, one article, the settings of carriers. The same for everybody, signed in or not: it knows no account.

use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{Guide, HelpArticle, HelpList, HelpSms, TOPICS, article, is_for_desk};

/// The list.
pub async fn get(mut call: Call) -> Answer {
    let workspace = call.workspace().await?;
    let page = call.frame_of(workspace.as_ref());
    call.page(&HelpList { page, topics: TOPICS })
}

/// One article.
pub async fn get_article(mut call: Call) -> Answer {
    let locale = call.locale();
    let name = call.param("name").ok_or(Failure::NotFound)?;
    let article = article(locale, name).ok_or(Failure::NotFound)?;
    let at_desk = is_for_desk(name);
    let workspace = call.workspace().await?;
    let contact_text = workspace.as_ref().and_then(|workspace| workspace.contact_text(locale).map(str::to_owned));
    let page = call.frame_of(workspace.as_ref());
    call.page(&HelpArticle { page, article, contact_text, at_desk })
}

/// Why an SMS does not arrive, by carrier.
pub async fn get_sms(mut call: Call) -> Answer {
    let locale = call.locale();
    let workspace = call.workspace().await?;
    let page = call.frame_of(workspace.as_ref());
    let guide = &call.app.guide;
    let help = HelpSms {
        page,
        checks: guide.checks.get(locale).clone(),
        carriers: guide
            .carriers
            .iter()
            .map(|carrier| Guide {
                id: carrier.id.clone(),
                name: carrier.name.get(locale).clone(),
                settings: carrier.settings.clone(),
                steps: carrier.steps.get(locale).clone(),
                note: carrier.note.as_ref().map(|note| note.get(locale).clone()),
            })
            .collect(),
        phones: guide
            .phones
            .iter()
            .map(|phone| Guide {
                id: phone.id.clone(),
                name: phone.name.get(locale).clone(),
                settings: Vec::new(),
                steps: phone.steps.get(locale).clone(),
                note: None,
            })
            .collect(),
    };
    call.page(&help)
}
