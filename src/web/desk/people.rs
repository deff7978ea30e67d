//! Adding one member, inviting, and the list as a file.

use axum::body::{Body, Bytes};
use futures_util::stream;
use qrcode::QrCode;
use qrcode::render::svg;

use super::{import, member, seat};
use crate::flows::desk::export::{self, Contacts};
use crate::flows::desk::{Seat, adding, imports, invitations, jobs};
use crate::flows::session::Signed;
use crate::flows::sheet::{Cells, Told};
use crate::model::id::{ContactId, JobId, MemberId};
use crate::model::{Action, Column, Role};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::member::own;
use crate::web::view::desk::{AddPage, ForceTo, InvitePage, RoleChoice, SlipPage};
use crate::web::view::{Said, Trouble, Troubles, moment};
use crate::wording::sheet;

/// The form.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn get_new(call: Call, signed: Signed) -> Answer {
    add_page(call, &signed, Cells::default(), &[])
}

fn add_page(mut call: Call, signed: &Signed, cells: Cells, told: &[Told]) -> Answer {
    let locale = call.locale();
    let trouble = |told: &Told| Trouble {
        field: told.column.map_or("login", Column::as_str),
        text: sheet::trouble(locale, told.why),
    };
    let highest = imports::highest(signed.member.role);
    let roles = Role::ALL.iter().filter(|role| role.rank() <= highest.rank());
    let page = AddPage {
        roles: roles
            .map(|&role| RoleChoice {
                role,
                chosen: role.as_str() == cells.role || (cells.role.is_empty() && role == Role::Member),
            })
            .collect(),
        cells,
        troubles: Troubles::from(told.iter().map(trouble).collect::<Vec<_>>()),
        page: call.frame_at_desk(signed),
    };
    if told.is_empty() { call.page(&page) } else { call.mend(&page) }
}

/// Adds one.
pub async fn post_new(mut call: Call, signed: Signed) -> Answer {
    let text = |column: Column| call.form.text(column.as_str()).trim().to_owned();
    let cells = Cells {
        login: text(Column::Login),
        name: text(Column::Name),
        kana: text(Column::Kana),
        department: text(Column::Department),
        role: text(Column::Role),
        mobile: text(Column::Mobile),
        email: text(Column::Email),
    };
    let added = {
        let seat = seat(&call, &signed, Action::AddMembers)?;
        adding::add(&call.app, &seat, &cells).await?
    };
    match added {
        Ok(Ok(id)) => {
            call.say_next(Said::MemberAdded);
            call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
        }
        Ok(Err(told)) => add_page(call, &signed, cells, &told),
        Err(refusal) => {
            call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
            call.go(&format!("/w/{}/admin/members", signed.slug))
        }
    }
}

fn id(call: &Call) -> MemberId {
    MemberId(call.param("id").unwrap_or_default().to_owned())
}

/// Where an invitation can go.
pub async fn get_invite(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let found = {
        let seat = Seat::take(&signed, &call.visitor, Action::SeeMembers).map_err(|_| Failure::NotFound)?;
        invitations::choices(&call.app, &seat, &one.member.id).await?
    };
    let Some((_, choices)) = found else {
        call.say_next(Said::NothingToDo);
        return call.go(&format!("/w/{}/admin/members/{}", signed.slug, one.member.id));
    };
    let (name, login) = member::heading(&signed, &one);
    let to = choices.into_iter().enumerate().map(|(nth, choice)| ForceTo {
        id: choice.id.to_string(),
        channel: own::channel(choice.kind),
        shown: choice.shown,
        chosen: nth == 0,
    });
    let page =
        InvitePage { id: one.member.id.to_string(), name, login, to: to.collect(), page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Sends it, or shows the slip, once.
pub async fn post_invite(mut call: Call, signed: Signed) -> Answer {
    let id = id(&call);
    let to = match call.form.text("to") {
        "" => return Err(Failure::BadRequest),
        "slip" => None,
        to => Some(ContactId(to.to_owned())),
    };
    let done = {
        let seat = seat(&call, &signed, Action::AddMembers)?;
        invitations::invite(&call.app, &seat, &id, to.as_ref()).await?
    };
    let said = match done {
        Ok(Some(slip)) => return slip_page(call, &signed, &slip),
        Ok(None) => Said::Invited,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}

fn slip_page(mut call: Call, signed: &Signed, slip: &invitations::Slip) -> Answer {
    let code = slip.code.grouped().expose().to_owned();
    let link = call.app.config.link(&format!("/invitation/{code}"));
    let qr = QrCode::new(link.as_bytes()).map_err(|_| Failure::Broken)?;
    let qr = qr.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // What stands before the picture itself belongs to a file, not to a page.
    let qr = qr.find("<svg").map_or("", |at| &qr[at..]).to_owned();
    let page = SlipPage {
        id: slip.member.id.to_string(),
        name: slip.member.name.clone(),
        login: format!("{}@{}", slip.member.login, signed.slug),
        address: call.app.config.link("/invitation"),
        code,
        qr,
        until: moment(call.locale(), slip.until),
        page: call.frame_at_desk(signed),
    };
    call.page(&page)
}

/// Ends it.
pub async fn post_uninvite(mut call: Call, signed: Signed) -> Answer {
    let id = id(&call);
    let seat = seat(&call, &signed, Action::AddMembers)?;
    let said = match invitations::revoke(&call.app, &seat, &id).await? {
        Ok(()) => Said::Uninvited,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}

/// Invites all whom an import added, as long work.
pub async fn post_invite_all(mut call: Call, signed: Signed) -> Answer {
    let import = JobId(call.param("job").unwrap_or_default().to_owned());
    let prepared = {
        let seat = Seat::take(&signed, &call.visitor, Action::PrepareJobs).map_err(|_| Failure::NotFound)?;
        invitations::prepare(&call.app, &seat, &import).await?
    };
    let (said, job) = match prepared {
        Err(refusal) => (super::refused(refusal).ok_or(Failure::NotFound)?, import),
        Ok(job) => {
            let seat = seat(&call, &signed, Action::AddMembers)?;
            match jobs::begin(&call.app, &seat, &job).await? {
                Ok(()) => (Said::JobStarted, job),
                Err(refusal) => (super::refused(refusal).ok_or(Failure::NotFound)?, import),
            }
        }
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/jobs/{job}", signed.slug))
}

/// The list as a file, contacts masked.
pub async fn export(call: Call, signed: Signed) -> Answer {
    as_file(call, signed, Contacts::Masked).await
}

/// The list as a file, contacts whole.
pub async fn export_whole(call: Call, signed: Signed) -> Answer {
    as_file(call, signed, Contacts::Whole).await
}

async fn as_file(mut call: Call, signed: Signed, contacts: Contacts) -> Answer {
    let (typed, only) = super::members::asked(&call, &signed);
    let begun = {
        let seat = seat(&call, &signed, contacts.action())?;
        export::begin(&call.app, &seat, &typed, only, contacts, call.locale()).await?
    };
    let file = match begun {
        Ok(file) => file,
        Err(refusal) => {
            call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
            return call.go(&format!("/w/{}/admin/members", signed.slug));
        }
    };
    let day = call.visitor.now.to_jiff().strftime("%Y%m%d").to_string();
    // Piece by piece; where the database goes away the file breaks off, and the browser says so.
    let pieces = stream::try_unfold((call.app, file), async |(app, mut file)| {
        let piece = file.next(&app).await.map_err(|error| {
            tracing::error!(%error, "a list of members broke off on its way out");
            std::io::Error::other("the list broke off")
        })?;
        Ok::<_, std::io::Error>(piece.map(|piece| (Bytes::from(piece), (app, file))))
    });
    import::file(&format!("aikagi-{}-members-{day}.csv", signed.slug), Body::from_stream(pieces))
}
