//! Members from a file: the template, the file, and what is the matter with it. What comes of its rows is told on the job's page.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::seat;
use crate::flows::desk::imports;
use crate::flows::session::Signed;
use crate::flows::sheet::Bad;
use crate::model::{Action, Column, Locale};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::ImportPage;
use crate::web::view::{Trouble, Troubles};
use crate::wording::{self, sheet};

/// What to do, and the field for the file.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let page = ImportPage { troubles: Troubles::none(), page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Looks the file through; on to the job that waits for the word to go.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let locale = call.locale();
    let Some(file) = call.take_file() else {
        return mend(call, &signed, wording::text(locale, "import-file-none", &[]));
    };
    let prepared = {
        let seat = seat(&call, &signed, Action::PrepareJobs)?;
        imports::prepare(&call.app, &seat, file).await?
    };
    match prepared {
        Ok(Ok(job)) => call.go(&format!("/w/{}/admin/jobs/{job}", signed.slug)),
        Ok(Err(refusal)) => {
            call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
            call.go(&format!("/w/{}/admin/members/import", signed.slug))
        }
        Err(bad) => mend(call, &signed, in_words(locale, &bad)),
    }
}

fn mend(mut call: Call, signed: &Signed, text: String) -> Answer {
    let troubles = Troubles::from(vec![Trouble { field: "file", text }]);
    let page = ImportPage { troubles, page: call.frame_at_desk(signed) };
    call.mend(&page)
}

fn in_words(locale: Locale, bad: &Bad) -> String {
    match bad {
        Bad::Letters(line) => wording::text(locale, "import-bad-letters", &[("line", &line.to_string())]),
        Bad::NoTable(line) => wording::text(locale, "import-bad-table", &[("line", &line.to_string())]),
        Bad::Empty => wording::text(locale, "import-bad-empty", &[]),
        Bad::TooManyRows(most) => wording::text(locale, "import-bad-rows", &[("most", &most.to_string())]),
        Bad::UnknownColumns(names) => wording::text(locale, "import-bad-unknown", &[("names", &names.join(", "))]),
        Bad::ColumnTwice(column) => {
            wording::text(locale, "import-bad-twice", &[("name", &sheet::column(locale, *column))])
        }
        Bad::ColumnMissing(column) => {
            wording::text(locale, "import-bad-missing", &[("name", &sheet::column(locale, *column))])
        }
    }
}

/// A file with the names of the columns, which Excel opens as it is.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn template(call: Call, _: Signed) -> Answer {
    let locale = Locale::parse(call.query("in")).unwrap_or(call.locale());
    let head: Vec<String> = Column::ALL.iter().map(|column| sheet::column(locale, *column)).collect();
    file("aikagi-members.csv", format!("\u{feff}{}\r\n", head.join(",")))
}

/// A CSV file to save.
pub fn file(name: &str, text: impl Into<Body>) -> Answer {
    let mut response: Response = text.into().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, disposition.map_err(|_| Failure::Broken)?);
    Ok(response)
}
