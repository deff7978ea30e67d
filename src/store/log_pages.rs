//! Pages of the logs as administrators read them: newest first, by what they look for. Each statement is made of the conditions that are asked
//! for, so that the engine finds the index that fits.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, FromRow};

use super::db::{Conn, on};
use super::error::Result;
use super::logs::{Audit, SignIn};
use crate::model::id::WorkspaceId;

/// What is looked for in a log of one workspace. What is none is not asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Whom it concerns.
    pub member: Option<String>,
    /// The result of a sign-in, the action of an audit line.
    pub what: Option<String>,
    /// Who did it; only in the audit log.
    pub actor: Option<String>,
    /// From where.
    pub network: Option<String>,
    /// From this id on.
    pub from: Option<String>,
    /// Before this id.
    pub before: Option<String>,
}

/// A try to sign in and who it was.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct SignInNamed {
    #[sqlx(flatten)]
    pub line: SignIn,
    pub login: Option<String>,
    pub name: Option<String>,
}

/// A line of the audit log, whom it concerns, and who did it.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct AuditNamed {
    #[sqlx(flatten)]
    pub line: Audit,
    pub nth: Option<i64>,
    pub login: Option<String>,
    pub name: Option<String>,
    pub actor_login: Option<String>,
}

impl Wanted {
    /// ` and l.member_id = $2 and …`, and the values.
    fn conditions(&self, what: &str, has_actor: bool) -> (String, Vec<String>) {
        let (mut sql, mut values) = (String::new(), Vec::new());
        let actor = if has_actor { self.actor.as_ref() } else { None };
        for (condition, value) in [
            ("l.member_id =", self.member.as_ref()),
            (what, self.what.as_ref()),
            ("l.actor =", actor),
            ("l.network =", self.network.as_ref()),
            ("l.id >=", self.from.as_ref()),
            ("l.id <", self.before.as_ref()),
        ] {
            if let Some(value) = value {
                values.push(value.clone());
                // Writing to a text does not fail.
                let _ = write!(sql, " and {condition} ${}", values.len() + 1);
            }
        }
        (sql, values)
    }
}

macro_rules! page {
    ($conn:expr, $sql:expr, $workspace:expr, $values:expr) => {{
        let (sql, values) = ($sql, $values);
        on!($conn, db => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind($workspace);
            for value in &values {
                query = query.bind(value);
            }
            query.fetch_all(db)
        })
    }};
}

/// The newest tries to sign in of those that are wanted, at most `limit`.
pub async fn sign_ins(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    wanted: &Wanted,
    limit: usize,
) -> Result<Vec<SignInNamed>> {
    // Those that failed have an index of their own.
    let failed = wanted.what.as_deref().is_some_and(|result| result != "done");
    let what = if failed { "l.result <> 'done' and l.result =" } else { "l.result =" };
    let (conditions, values) = wanted.conditions(what, false);
    let sql = format!(
        "select l.*, m.login, m.name from sign_ins l
        left join members m on m.id = l.member_id and m.workspace_id = l.workspace_id
        where l.workspace_id = $1{conditions} order by l.id desc limit {limit}"
    );
    page!(conn, sql, workspace, values)
}

/// The newest lines of the audit log of those that are wanted, at most `limit`.
pub async fn audit(conn: &mut Conn, workspace: &WorkspaceId, wanted: &Wanted, limit: usize) -> Result<Vec<AuditNamed>> {
    let (conditions, values) = wanted.conditions("l.action =", true);
    let sql = format!(
        "select l.*, m.login, m.name, a.login as actor_login from audit l
        left join members m on m.id = l.member_id and m.workspace_id = l.workspace_id
        left join members a on a.id = l.actor and a.workspace_id = l.workspace_id
        where l.workspace_id = $1{conditions} order by l.id desc limit {limit}"
    );
    page!(conn, sql, workspace, values)
}
