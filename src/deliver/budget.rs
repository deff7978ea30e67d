//! What text messages may cost in a day, for one workspace and for the server. Nobody who asks for a code learns of it: a message over the budget ends in the outbox.
//! Strangers can use up four fifths; the rest is kept for devices that signed in before and for what administrators send.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use crate::model::id::WorkspaceId;
use crate::model::{AlertEvent, Budgets, MessageKind, Timestamp, days};
use crate::store::alerts::Alert;
use crate::store::outbox::Waiting;
use crate::store::{Change, Conn, Result, limits};

/// What has been spent today, as far as some messages need it.
#[derive(Debug, Default)]
pub struct Purse {
    spent: HashMap<String, i64>,
}

/// Whose budget does not suffice for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// The workspace's.
    Workspaces,
    /// The server's.
    Servers,
}

const SERVER: &str = "money:";

fn key(workspace: Option<&WorkspaceId>) -> Option<String> {
    workspace.map(|id| format!("{SERVER}{id}"))
}

impl Budgets {
    /// What this message costs; nothing where it is no SMS.
    pub fn price(&self, message: &Waiting) -> i64 {
        if message.kind != MessageKind::Mobile {
            return 0;
        }
        let toward = message.toward.as_deref().unwrap_or_default();
        self.prices.get(toward).or_else(|| self.prices.get("*")).copied().unwrap_or(1)
    }

    /// Looks into the purses of these messages; nothing where no budget is set.
    pub async fn open(&self, conn: &mut Conn, messages: &[Waiting], now: Timestamp) -> Result<Purse> {
        let mut purse = Purse::default();
        for message in messages.iter().filter(|message| message.kind == MessageKind::Mobile && !message.decoy) {
            let own = key(message.workspace_id.as_ref()).filter(|_| self.of(message).is_some());
            let server = self.server.map(|_| SERVER.to_owned());
            for key in own.into_iter().chain(server) {
                if let Entry::Vacant(place) = purse.spent.entry(key) {
                    let spent = limits::spent(conn, place.key(), days(1).as_micros(), now).await?;
                    place.insert(spent);
                }
            }
        }
        Ok(purse)
    }

    fn of(&self, message: &Waiting) -> Option<i64> {
        message.sms_budget.or(self.workspace)
    }

    /// Whether any budget is about this message.
    pub fn limit(&self, message: &Waiting) -> bool {
        message.kind == MessageKind::Mobile && (self.of(message).is_some() || self.server.is_some())
    }

    /// Whether the message may be sent, as far as the purse knows; takes its price out of it.
    pub fn allow(&self, purse: &mut Purse, message: &Waiting) -> std::result::Result<(), Spent> {
        let price = self.price(message);
        let both = [(key(message.workspace_id.as_ref()), self.of(message)), (Some(SERVER.to_owned()), self.server)];
        let both = both.into_iter().filter_map(|(key, budget)| Some((key?, budget?)));
        let both: Vec<_> = if price == 0 { Vec::new() } else { both.collect() };
        let fits = |(key, budget): &(String, i64)| {
            let most = if message.known { *budget } else { budget * 4 / 5 };
            purse.spent.get(key).copied().unwrap_or_default() + price <= most
        };
        if !both.iter().all(fits) {
            let server = both.iter().any(|one| one.0 == SERVER && !fits(one));
            return Err(if server { Spent::Servers } else { Spent::Workspaces });
        }
        for (key, _) in both {
            *purse.spent.entry(key).or_default() += price;
        }
        Ok(())
    }

    /// Messages that these budgets held back: an alert for each workspace whose they were, and for the server where its own is spent. A day's is one, which counts them.
    pub fn alerts<'a>(held: impl Iterator<Item = (Option<&'a WorkspaceId>, Spent)>, now: Timestamp) -> Vec<Alert> {
        let mut sums: BTreeMap<Option<WorkspaceId>, i64> = BTreeMap::new();
        for (workspace, spent) in held {
            if let Some(workspace) = workspace {
                *sums.entry(Some(workspace.clone())).or_default() += 1;
            }
            if spent == Spent::Servers {
                *sums.entry(None).or_default() += 1;
            }
        }
        let alert = |(workspace, times): (Option<WorkspaceId>, i64)| {
            let scope = workspace.as_ref().map(ToString::to_string).unwrap_or_default();
            Alert {
                workspace_id: workspace,
                times,
                ..Alert::new(AlertEvent::BudgetSpent, scope, now.window(days(1)), now)
            }
        };
        sums.into_iter().map(alert).collect()
    }

    /// What a carrier took was paid for: one change for each purse, whatever stands in it.
    pub fn spend<'a>(
        &self,
        taken: impl Iterator<Item = (Option<WorkspaceId>, i64)>,
        now: Timestamp,
    ) -> Vec<Change<'a>> {
        let mut sums: HashMap<String, i64> = HashMap::new();
        for (workspace, price) in taken.filter(|(_, price)| *price > 0) {
            for key in key(workspace.as_ref()).into_iter().chain([SERVER.to_owned()]) {
                *sums.entry(key).or_default() += price;
            }
        }
        sums.into_iter().map(|(key, sum)| limits::add(key, days(1), sum, now)).collect()
    }
}
