//! How much is allowed: sends by destination and network, guesses by account. What a person sees hangs on what was typed
//! and on the network; what protects an account works unseen.

use crate::app::App;
use crate::config::Limits;
use crate::flows::{Deed, Visitor};
use crate::model::{AddressIndex, ContactKind, Network, Timestamp, days, hours, id::WorkspaceId, minutes};
use crate::store::devices::Known;
use crate::store::limits::{self, Guess, Window};
use crate::store::{Change, Conn, Result, alerts, leases, transaction};

/// A send that was refused: when it may be tried again, and what was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// From then on.
    pub until: Timestamp,
    /// What was used up.
    pub what: Spent,
}

/// What was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// This number or address got enough messages.
    Destination,
    /// This network asked often enough without a code being typed.
    Network,
}

/// Which of a destination's budgets a send is taken from. They are apart, so that one cannot use up another's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sends<'a> {
    /// Recoveries begun on a workspace's page, or on the common one.
    Recovery(Option<&'a WorkspaceId>),
    /// Codes for a contact that somebody adds.
    Adding,
    /// Codes by which a member tries out getting back in.
    Drill,
    /// Messages by which a member sees whether anything arrives.
    Trying,
}

impl Sends<'_> {
    fn key(self, address_index: &str) -> String {
        match self {
            Self::Recovery(workspace) => format!("send:{}:{address_index}", workspace.map_or("", |id| id.as_str())),
            Self::Adding => format!("send-adding:{address_index}"),
            Self::Drill => format!("send-drill:{address_index}"),
            Self::Trying => format!("send-trying:{address_index}"),
        }
    }
}

/// Takes one send to a destination and, but for a known device, one of the network's unproved sends.
pub(super) async fn take_send(
    app: &App,
    conn: &mut Conn,
    address_index: &str,
    sends: Sends<'_>,
    known: Known,
    visitor: &Visitor,
) -> Result<std::result::Result<(), Wait>> {
    let l = &app.config.limits;
    let now = visitor.now;
    let windows = [
        Window::new(l.sends_per_15_minutes, minutes(15)),
        Window::new(l.sends_per_hour, hours(1)),
        Window::new(l.sends_per_day, days(1)),
    ];
    let key = sends.key(address_index);
    // Nearly always all have one left, and are asked at once. Who is refused learns below what was used up.
    let networks = if known.device { [None, None] } else { [Some(visitor.network), visitor.network.wider()] };
    let networks: Vec<_> =
        networks.iter().flatten().zip([1, 4]).map(|(at, times)| (unproved_key(*at), times)).collect();
    let of_networks =
        networks.iter().flat_map(|(key, times)| network_windows(l, *times).map(|window| (key.as_str(), window)));
    let all: Vec<_> = windows.iter().map(|window| (key.as_str(), *window)).chain(of_networks).collect();
    if limits::take_each(conn, &all, now).await? {
        return Ok(Ok(()));
    }
    if let Err(until) = limits::take_all(conn, &key, &windows, now).await? {
        let reserve = [Window::new(l.sends_reserve_per_day, days(1))];
        let granted = known.device && limits::take_all(conn, &format!("{key}:reserve"), &reserve, now).await?.is_ok();
        if !granted {
            return Ok(Err(Wait { until, what: Spent::Destination }));
        }
    }
    take_network(app, conn, visitor.network, known, now).await
}

/// Takes one unproved send from the visitor's network, /64 and then /48 for IPv6. A known device is not counted.
async fn take_network(
    app: &App,
    conn: &mut Conn,
    network: Network,
    known: Known,
    now: Timestamp,
) -> Result<std::result::Result<(), Wait>> {
    if known.device {
        return Ok(Ok(()));
    }
    let l = &app.config.limits;
    for (network, times) in [(Some(network), 1), (network.wider(), 4)] {
        let Some(network) = network else { continue };
        let key = unproved_key(network);
        let Err(mut until) = limits::take_all(conn, &key, &network_windows(l, times), now).await? else { continue };
        // A network whose people do type their codes may ask more: a fifth of what was proved there in a day.
        let proved = limits::spent(conn, &proved_key(network), days(1).as_micros(), now).await?;
        let [hour, day] = network_windows(l, times);
        let more = proved / 5;
        if more > day.cap {
            let wider = [Window { cap: hour.cap.max(more / 6), ..hour }, Window { cap: more, ..day }];
            match limits::take_all(conn, &key, &wider, now).await? {
                Ok(()) => continue,
                Err(later) => until = later,
            }
        }
        return Ok(Err(Wait { until, what: Spent::Network }));
    }
    Ok(Ok(()))
}

/// How many unproved sends a network has; a site's /48 has four times what a household's /64 has.
fn network_windows(l: &Limits, times: i64) -> [Window; 2] {
    let (hour, day) = (l.network_unproved_per_hour * times, l.network_unproved_per_day * times);
    [Window::new(hour, hours(1)), Window::new(day, days(1))]
}

fn unproved_key(network: Network) -> String {
    format!("unproved:{network}")
}

fn proved_key(network: Network) -> String {
    format!("proved:{network}")
}

/// No more unproved sends for this network until a day from now: whoever asks meets its limit, used up.
pub(super) async fn close_network(conn: &mut Conn, network: Network, now: Timestamp) -> Result<()> {
    // More than any limit, and than what comes back when codes are typed.
    const ALL: i64 = 1_000_000_000_000;
    limits::use_up(conn, &unproved_key(network), days(1), ALL, now).await
}

/// A code from this network was typed rightly: its send counts no longer, and the network is the better for it.
pub(super) fn send_was_proved<'a>(network: &str, now: Timestamp) -> impl Iterator<Item = Change<'a>> + use<'a> {
    let network = network.parse::<Network>().ok();
    let networks = [network, network.and_then(Network::wider)];
    networks.into_iter().flatten().flat_map(move |network| {
        [limits::give_back(unproved_key(network)), limits::count(proved_key(network), days(1), now)]
    })
}

/// Takes one guess at a code sent to this address. Answers whether the guess may be compared at all; the person sees
/// no difference. An address that nobody has does the same work and is never compared.
pub(super) async fn take_guess(
    app: &App,
    conn: &mut Conn,
    kind: ContactKind,
    index: &AddressIndex,
    known: Known,
    visitor: &Visitor,
) -> Result<bool> {
    let (l, now) = (&app.config.limits, visitor.now);
    let guess = |scope| Guess { kind, index, scope };
    let row = limits::take_guess(conn, guess(ROW), Window::in_a_row(l.guesses_in_a_row), now).await?;
    // An address that nobody has fills its own row at the same guess, and costs the same.
    if row.filled {
        alerts::insert_for_guesses(conn, kind, index, ROW, l.guesses_in_a_row, now).await?;
    }
    let mut today = 0;
    if known.device || known.network {
        let reserve = Window::new(l.guesses_reserve_per_day, days(1));
        today = limits::take_guess(conn, guess(KNOWN), reserve, now).await?.by_members;
    }
    if today == 0 {
        let window = Window::new(l.guesses_per_day, days(1));
        today = limits::take_guess(conn, guess(STRANGER), window, now).await?.by_members;
    }
    let swept = alerts::is_swept(conn, kind, index, &visitor.network.to_string(), now).await?;
    Ok(today > 0 && row.by_members > 0 && (known.device || !swept))
}

const STRANGER: &str = "guess:";
const KNOWN: &str = "guess-known:";
const ROW: &str = "guess-row:";

/// The guess was wrong: one more on the way to a sweep's alert.
pub(super) async fn guess_was_wrong(
    conn: &mut Conn,
    kind: ContactKind,
    index: &AddressIndex,
    subject: &str,
    now: Timestamp,
) -> Result<()> {
    let shard = subject.bytes().rev().nth(1).unwrap_or_default() % 8;
    limits::count_wrong(conn, kind, index, day_of(now), shard, now).await?;
    Ok(())
}

/// The day of a point in time, counted from 1970.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.0.div_euclid(days(1).as_micros())
}

/// The guess was right: it does not count as a wrong one.
pub(super) fn guess_was_right(kind: ContactKind, index: &AddressIndex) -> [Change<'_>; 3] {
    [STRANGER, KNOWN, ROW].map(|scope| limits::give_back_guess(Guess { kind, index, scope }))
}

/// The member came in or got back in: wrong guesses and wrong passwords in a row begin anew.
pub(super) fn member_succeeded(member: &str) -> Change<'static> {
    limits::clear([ROW, PASSWORD_STRANGER, PASSWORD_KNOWN].map(|scope| format!("{scope}{member}")))
}

const PASSWORD_STRANGER: &str = "password:";
const PASSWORD_KNOWN: &str = "password-known:";

/// Takes one try at a member's password. Answers whether it may be evaluated; the person sees no difference.
pub(super) async fn take_password_try(
    app: &App,
    conn: &mut Conn,
    account: &str,
    known: bool,
    now: Timestamp,
) -> Result<bool> {
    let l = &app.config.limits;
    let (scope, cap) = if known {
        (PASSWORD_KNOWN, l.sign_in_failures_known_device)
    } else {
        (PASSWORD_STRANGER, l.sign_in_failures_unknown_device)
    };
    limits::take(conn, &format!("{scope}{account}"), Window::in_a_row(cap), now).await
}

/// Takes one send to a number or address that is not verified yet: the destination, the network, and its prefix.
pub(super) async fn take_unverified_send(
    app: &App,
    conn: &mut Conn,
    address_index: &str,
    prefix: Option<&str>,
    visitor: &Visitor,
) -> Result<std::result::Result<(), Wait>> {
    let nobody = Known { device: false, network: false };
    if let Err(wait) = take_send(app, conn, address_index, Sends::Adding, nobody, visitor).await? {
        return Ok(Err(wait));
    }
    let Some(prefix) = prefix else { return Ok(Ok(())) };
    let key = app.keyring.limit_key("prefix", prefix);
    let window = [Window::new(app.config.limits.prefix_unverified_per_hour, hours(1))];
    let taken = limits::take_all(conn, &key, &window, visitor.now).await?;
    Ok(taken.map_err(|until| Wait { until, what: Spent::Destination }))
}

/// Takes one try at the words of notices, or at the code of an envelope, from this network.
pub(super) async fn take_alarm_try(
    app: &App,
    conn: &mut Conn,
    visitor: &Visitor,
) -> Result<std::result::Result<(), Wait>> {
    let window = [Window::new(app.config.limits.alarm_tries_per_hour, hours(1))];
    let key = format!("alarm:{}", visitor.network);
    let taken = limits::take_all(conn, &key, &window, visitor.now).await?;
    Ok(taken.map_err(|until| Wait { until, what: Spent::Network }))
}

/// Wipes that one person asks for within an hour.
const WIPES_PER_HOUR: i64 = 20;

/// Takes one wipe from whoever asks for it. Answers whether there was one left.
pub(super) async fn take_wipe(conn: &mut Conn, by: &str, now: Timestamp) -> Result<bool> {
    limits::take(conn, &format!("wipe:{by}"), Window::new(WIPES_PER_HOUR, hours(1)), now).await
}

/// Writes a line of the audit log of this kind once an hour. What comes more often costs no statement on the node that has seen it: whoever has no
/// key or secret must neither fill the log nor keep the database busy.
pub(super) async fn note_refusal(app: &App, key: &str, deed: &Deed<'_>, now: Timestamp) -> super::Result<()> {
    if app.requests.spend(key, now).is_some() {
        return Ok(());
    }
    let window = Window::new(1, hours(1));
    let taken = transaction!(app.db, conn => {
        let taken = leases::take(conn, key, window, 1, now).await?;
        if taken.left > 0 {
            deed.write(app, conn, now).await?;
        }
        Ok::<_, super::Error>(taken)
    })?;
    app.requests.put(key, taken, now).ok();
    Ok(())
}
