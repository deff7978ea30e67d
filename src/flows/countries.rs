//! Codes toward several countries from one network: nobody has telephones in so many, and whoever sends messages for money's sake uses the dearest. The network that goes
//! over it gets that last code and then none for a day, as if its own limit were used up; which network and how many countries is in the log, and administrators hear of it.
//!
//! Counted is what strangers cause and nobody types, whoever has the number: a code that is typed counts no longer.

use super::guard;
use super::{Result, alerts};
use crate::app::App;
use crate::model::{AlertEvent, Network, Timestamp, days, id::WorkspaceId};
use crate::store::alerts::Alert;
use crate::store::limits;
use crate::store::{self, Change, Conn};

fn key(network: Network, country: &str) -> String {
    format!("{}{country}", prefix(network))
}

fn prefix(network: Network) -> String {
    format!("toward:{network}:")
}

/// A network and the wider one around it, and how many countries each may have: a site's /48 four times what a household's /64 has, as of its other limits.
fn bounds(app: &App, network: Network) -> impl Iterator<Item = (Network, i64)> {
    let most = app.config.limits.network_countries_per_day;
    [(Some(network), most), (network.wider(), most.saturating_mul(4))]
        .into_iter()
        .filter_map(|(network, most)| Some((network?, most)))
}

/// Whether more countries can be asked for at all than one network may have.
fn matters(app: &App) -> bool {
    usize::try_from(app.config.limits.network_countries_per_day).is_ok_and(|most| app.config.countries.len() > most)
}

/// A stranger's code went toward this country. Its limit was taken from the same network before, so that two at once wait for each other.
pub(super) async fn note(
    app: &App,
    conn: &mut Conn,
    country: Option<&str>,
    network: Network,
    workspace: Option<&WorkspaceId>,
    now: Timestamp,
) -> Result<()> {
    let Some(country) = country.filter(|_| matters(app)) else { return Ok(()) };
    let counted = bounds(app, network).map(|(network, _)| limits::count(key(network, country), days(1), now));
    store::apply(conn, counted.collect::<Vec<_>>()).await?;
    for (network, most) in bounds(app, network) {
        let countries = limits::begun(conn, &prefix(network), days(1), now).await?;
        let number = i64::try_from(countries.len()).unwrap_or(i64::MAX);
        if number > most {
            guard::close_network(conn, network, now).await?;
            tracing::warn!(
                ?countries,
                workspace = workspace.map(WorkspaceId::as_str),
                "one network asked for codes toward many countries, and is closed for a day; the audit log has it"
            );
            metrics::counter!("aikagi_networks_closed_total").increment(1);
            let scope = workspace.map_or_else(|| network.to_string(), |id| format!("{id} {network}"));
            let alert = Alert {
                workspace_id: workspace.cloned(),
                network: Some(network.to_string()),
                times: number,
                ends_at: now + days(1),
                ..Alert::new(AlertEvent::ManyCountries, scope, now.window(days(1)), now)
            };
            alerts::write(conn, alert, now).await?;
        }
    }
    Ok(())
}

/// A code toward this country from this network was typed.
pub(super) fn was_typed<'a>(app: &App, country: Option<&str>, network: &str) -> Vec<Change<'a>> {
    let (Some(country), Ok(network)) = (country.filter(|_| matters(app)), network.parse::<Network>()) else {
        return Vec::new();
    };
    bounds(app, network).map(|(network, _)| limits::give_back(key(network, country))).collect()
}
