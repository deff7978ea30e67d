//! What lives in one epoch of its member and in no other: sessions of people and access tokens of programs. The conditions stand here once, for the read of
//! every request and for the first statement of every change.

/// What a row of `$of` is read with: its member in that epoch, who may come in, and the open workspace.
macro_rules! joined {
    ($of:literal) => {
        concat!(
            " join members m on m.id = ",
            $of,
            ".member_id and m.workspace_id = ",
            $of,
            ".workspace_id and m.epoch = ",
            $of,
            ".epoch and m.state = 'active' and m.held_at is null
            join workspaces w on w.id = ",
            $of,
            ".workspace_id and w.suspended_at is null
            left join passwords p on p.member_id = m.id "
        )
    };
}

/// Takes the row of member `$2` of workspace `$1`, if their row `$3` of `$table` lives at `$4`. What could end it waits until the transaction is over.
macro_rules! taken {
    ($table:literal, $end:literal) => {
        concat!(
            "update members set epoch = epoch
            where workspace_id = $1 and id = $2 and state = 'active' and held_at is null
                and exists (select 1 from ",
            $table,
            " t where t.id = $3 and t.member_id = members.id and t.epoch = members.epoch
                    and t.ended_at is null and t.",
            $end,
            " > $4)"
        )
    };
}

pub(super) use {joined, taken};
