//! Adding one member, inviting, and the list as a file.

use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use futures_util::stream;
use qrcode::{Color, QrCode};

use super::{import, member, seat};
use crate::flows::desk::export::{self, Contacts};
use crate::flows::desk::{Seat, adding, highest, invitations, jobs};
use crate::flows::session::Signed;
use crate::flows::sheet::{Cells, Told};
use crate::model::id::{ContactId, JobId, MemberId};
use crate::model::{Action, Column, Role};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::member::own;
use crate::web::view::desk::{AddPage, ForceTo, InvitationSlip, InvitePage, RoleChoice, SlipPage};
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
    let highest = highest(signed.member.role, false);
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
        Ok(Some(slip)) => {
            let back = format!("/w/{}/admin/members/{id}", signed.slug);
            return slip_page(call, &signed, std::slice::from_ref(&slip), back, None);
        }
        Ok(None) => Said::Invited,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}

/// The slips' page; `next` is where more are made, and behind which.
fn slip_page(
    mut call: Call,
    signed: &Signed,
    slips: &[invitations::Slip],
    back: String,
    next: Option<(String, usize)>,
) -> Answer {
    let shown = slips.iter().map(|slip| {
        let code = slip.code.grouped().expose().to_owned();
        let qr = QrCode::new(call.app.config.link(&format!("/invitation/{code}"))).map_err(|_| Failure::Broken)?;
        Ok(InvitationSlip {
            name: slip.member.name.clone(),
            login: format!("{}@{}", slip.member.login, signed.slug),
            qr: picture(&qr),
            code,
        })
    });
    let until = slips.first().map_or_else(String::new, |slip| moment(call.locale(), slip.until));
    let page = SlipPage {
        slips: shown.collect::<Result<_, Failure>>()?,
        address: call.app.config.link("/invitation"),
        back,
        next,
        until,
        page: call.frame_at_desk(signed),
    };
    call.page(&page)
}

/// A QR code as SVG, a stretch of dark modules at a time, so that a page holds twenty of them. The margin of 4 is the standard's
/// (ISO/IEC 18004).
fn picture(code: &QrCode) -> String {
    const MARGIN: usize = 4;
    let (width, dark) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        while let Some(begin) = (x..width).find(|x| row.get(*x) == Some(&Color::Dark)) {
            let end = (begin..width).find(|x| row.get(*x) != Some(&Color::Dark)).unwrap_or(width);
            // Writing to a text does not fail.
            let _ = write!(path, "M{} {}h{}v1H{}z", begin + MARGIN, y + MARGIN, end - begin, begin + MARGIN);
            x = end;
        }
    }
    let side = width + 2 * MARGIN;
    format!(
        "<svg viewBox=\"0 0 {side} {side}\" width=\"200\" height=\"200\" shape-rendering=\"crispEdges\"><path d=\"{path}\"/></svg>"
    )
}

/// Slips for those of an import whom nothing else invites, some at a time: `after`.
pub async fn post_slips(call: Call, signed: Signed) -> Answer {
    let import = JobId(call.param("job").unwrap_or_default().to_owned());
    let after = call.form.text("after");
    let after: usize = if after.is_empty() { 0 } else { after.parse().map_err(|_| Failure::BadRequest)? };
    let made = {
        let seat = seat(&call, &signed, Action::AddMembers)?;
        invitations::slips(&call.app, &seat, &import, after).await?
    };
    let back = format!("/w/{}/admin/jobs/{import}", signed.slug);
    match made {
        Ok((slips, next)) => {
            let next = next.map(|next| (format!("{back}/slips"), next));
            slip_page(call, &signed, &slips, back, next)
        }
        Err(refusal) => {
            let mut call = call;
            call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
            call.go(&back)
        }
    }
}

/// Whoever comes back to the slips' address belongs to the job.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn back_to_job(call: Call, signed: Signed) -> Answer {
    let path = format!("/w/{}/admin/jobs/{}", signed.slug, call.param("job").unwrap_or_default());
    call.go(&path)
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
    let (typed, only) = super::members::asked(&call, &signed)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The picture holds every dark module and no other.
    #[test]
    fn a_slips_picture_is_its_code() {
        let code = QrCode::new("https://id.example.jp/invitation/CDF-234-HJK-567-LMN-89P").expect("it fits");
        let svg = picture(&code);
        let (_, path) = svg.split_once("d=\"").expect("a path");
        let width = code.width();
        let mut drawn = vec![Color::Light; width * width];
        for stretch in path.split('M').skip(1) {
            let (at, length) = stretch.split_once('h').expect("a length");
            let (x, y) = at.split_once(' ').expect("a place");
            let number = |text: &str| text.parse::<usize>().expect("a number");
            let (x, y, length) = (number(x) - 4, number(y) - 4, number(length.split('v').next().expect("a number")));
            drawn[y * width + x..][..length].fill(Color::Dark);
        }
        assert_eq!(drawn, code.to_colors());
    }
}
