//! Adding one member at the desk. What was typed is judged like a row of a file.

use super::{Outcome, Seat};
use crate::app::App;
use crate::flows::sheet::{self, Cells, Rules, Told};
use crate::flows::{Error, Result, members};
use crate::model::id::MemberId;
use crate::model::{Action, Column, RowTrouble};
use crate::store::{self, transaction};

/// Adds the member, who is invited apart; or tells all that is the matter.
pub async fn add(
    app: &App,
    seat: &Seat<'_>,
    cells: &Cells,
) -> Result<Outcome<std::result::Result<MemberId, Vec<Told>>>> {
    let now = seat.now();
    let workspace = store::workspaces::by_id(&mut app.db.read().await?, &seat.member().workspace_id).await?;
    let workspace = workspace.ok_or_else(|| Error::Broken("the workspace is gone".to_owned()))?;
    let rules = Rules { countries: &app.config.countries, locale: workspace.locale, highest: seat.highest(), rows: 1 };
    let new = match sheet::row(0, cells, &rules) {
        Ok(new) => new,
        Err(told) => return Ok(Ok(Err(told))),
    };
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::AddMembers).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let member = members::row(app, &workspace, &new, now);
        if !store::members::insert(conn, &member).await? {
            let told = Told::new(0, Some(Column::Login), &cells.login, RowTrouble::Taken);
            return Ok(Ok(Err(vec![told])));
        }
        for address in &new.contacts {
            let (row, index) = members::contact(app, &workspace, &member, address, None, now)?;
            store::contacts::insert(conn, &row, &index).await?;
        }
        store::roster::put_words(conn, std::slice::from_ref(&member)).await?;
        let told = members::added(&member);
        seat.deed(&member, "member_added").with(key.clone(), told).write(app, conn, now).await?;
        Ok(Ok(Ok(member.id)))
    })
}
