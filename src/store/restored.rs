//! What a restore ends, so that nothing comes alive again that was used, ended or lost since the backup. The reasons stand in
//! `docs/decisions/0007-backup-form.md`.

use super::db::{Conn, execute};
use super::error::Result;
use crate::model::Timestamp;

/// How much was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Ended {
    pub sessions: u64,
    pub codes: u64,
    pub recoveries: u64,
    pub links: u64,
    pub forced_changes: u64,
    pub alarms: u64,
    pub messages: u64,
    pub devices: u64,
    /// Contacts that did not count yet at the backup's time and wait for the rest of their time again.
    pub waiting_contacts: u64,
}

/// Ends all that lives in these rows, which are as they were at `made_at`. Rows that had ended already stay as they are.
pub async fn end_all(conn: &mut Conn, made_at: Timestamp, now: Timestamp) -> Result<Ended> {
    conn.take_time().await?;
    // Every member gets an epoch that none can have had: those after the backup were counted up from its own by one, or
    // from an earlier restore's time, and no member begins an epoch every microsecond.
    const EPOCHS: &str = "update members set epoch = case when epoch < $1 then $1 else epoch + 1000000000 end";
    const SESSIONS: &str = "update sessions set ended_at = $1, ended_by = 'restored' where ended_at is null";
    const CODES: &str = "update codes set spent_at = $1 where spent_at is null";
    const RECOVERIES: &str = "update recoveries set state = 'finished', finished_at = $1,
            expires_at = case when expires_at > $1 then $1 else expires_at end
        where state in ('sent', 'proved')";
    const LINKS: &str = "update links set used_at = $1 where used_at is null";
    const ALARMS: &str = "update alarms set expires_at = $1 where expires_at > $1";
    const MESSAGES: &str = "update outbox set state = 'dropped', cause = 'restored', done_at = $1,
            destination = null, body = null, claim = null
        where state = 'waiting'";
    // Somebody may have objected since, and cannot any more: what was to give time for that gives it again.
    const WAITING: &str = "update contacts set recovers_from = recovers_from + $2 where recovers_from > $1";
    let passed = made_at.until(now).as_micros();
    execute!(conn, sqlx::query(EPOCHS).bind(now))?;
    let ended = Ended {
        sessions: execute!(conn, sqlx::query(SESSIONS).bind(now))?,
        codes: execute!(conn, sqlx::query(CODES).bind(now))?,
        recoveries: execute!(conn, sqlx::query(RECOVERIES).bind(now))?,
        links: execute!(conn, sqlx::query(LINKS).bind(now))?,
        forced_changes: super::forced_changes::end_all(conn, "restored", now).await?,
        alarms: execute!(conn, sqlx::query(ALARMS).bind(now))?,
        messages: execute!(conn, sqlx::query(MESSAGES).bind(now))?,
        devices: execute!(conn, sqlx::query("update device_members set trusted = false where trusted"))?,
        waiting_contacts: execute!(conn, sqlx::query(WAITING).bind(made_at).bind(passed))?,
    };
    // As after a recovery: a network is as little proof as a device. What administrators were to hear of is long past.
    execute!(conn, sqlx::query("delete from member_networks"))?;
    execute!(conn, sqlx::query("update alerts set told_at = $1 where told_at is null").bind(now))?;
    // Which node follows a log is of no meaning on another machine. A round through a chain begins anew: what was looked at is not what lies there now.
    execute!(conn, sqlx::query("update followers set leased_by = null, leased_until = 0"))?;
    execute!(conn, sqlx::query("delete from chain_rounds"))?;
    // An envelope that was used or replaced since must not open anything again.
    super::break_glass::end_all(conn).await?;
    super::owner_steps::end_all(conn, now).await?;
    // A caller's proof and what rests on it; requests stay, since those who sent them still wait.
    execute!(conn, sqlx::query("update calls set state = 'ended', ended_at = $1 where state <> 'ended'").bind(now))?;
    execute!(
        conn,
        sqlx::query("update warrants set used_at = $1, used_for = 'restored' where used_at is null").bind(now)
    )?;
    // What was to be sent to many is begun anew by whoever still wants it; a trial ends with the session that it hangs on.
    const RUNS: &str = "update nudge_runs set done_at = $1, stopped = true where done_at is null";
    execute!(conn, sqlx::query(RUNS).bind(now))?;
    execute!(conn, sqlx::query("update drills set expires_at = $1 where expires_at > $1").bind(now))?;
    // What an administrator began then may not be wanted any more, and some of it may have been done since.
    super::jobs::end_all(conn, now).await?;
    super::invitations::end_all(conn, now).await?;
    super::access_tokens::end_all(conn, "restored", now).await?;
    // A device may have been found, or passed on, since.
    super::wipes::end_all(conn, now).await?;
    // One that was used since must enrol nothing again.
    super::agents::end_all_codes(conn, now).await?;
    Ok(ended)
}
