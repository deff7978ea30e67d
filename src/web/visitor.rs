//! Who asks: the one reading of clock, address, language and device for a request.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};

use super::cookies::Cookie;
use crate::app::App;
use crate::config::Config;
use crate::flows::{Visitor, Way};
use crate::model::{Locale, Network, Secret};

/// How much of a browser's own name is kept.
const AGENT_LETTERS: usize = 200;

/// The client's address: the right-most hop that is not one of the operator's own proxies. What stands left of it can
/// be written by anybody.
pub fn client_address(config: &Config, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |address: IpAddr| config.trusted_proxies.iter().any(|net| net.contains(&address));
    let mut address = peer.to_canonical();
    if !trusted(address) {
        return address;
    }
    // By bytes: a line with one unreadable hop is not passed over, or else the line before it, which anybody can write, would count.
    let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b',')) {
        let hop = std::str::from_utf8(hop).ok().and_then(|hop| parse_hop(hop.trim()));
        let Some(hop) = hop else { return address };
        address = hop;
        if !trusted(address) {
            return address;
        }
    }
    address
}

/// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
    let address =
        bare.unwrap_or(hop).parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The peer of this connection; the unspecified address where a test calls without one.
pub fn peer(parts: &Parts) -> IpAddr {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip())
}

/// The visitor behind a request.
pub fn visitor(app: &App, parts: &Parts, way: Way, locale: Locale, device: Option<Secret>) -> Visitor {
    let address = client_address(&app.config, peer(parts), &parts.headers);
    let agent = parts.headers.get(header::USER_AGENT).and_then(|line| line.to_str().ok()).unwrap_or_default();
    Visitor {
        now: app.now(),
        locale,
        address,
        network: Network::of(address),
        agent: agent.chars().filter(|c| !c.is_control()).take(AGENT_LETTERS).collect(),
        device,
        way,
    }
}

/// The language chosen by the switch, or else the browser's.
pub fn locale(app: &App, headers: &HeaderMap) -> Locale {
    let chosen = Cookie::Language.read(&app.config, headers).and_then(|word| Locale::parse(word.expose()));
    chosen.unwrap_or_else(|| {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok()).unwrap_or_default();
        Locale::negotiate(wanted, Locale::default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&str]) -> String {
        let config = Config { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Config::default() };
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        client_address(&config, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_the_operators_proxies_may_speak_for_others() {
        assert_eq!(from("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(from("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("10.0.0.1", &["127.0.0.1, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(from("10.0.0.1", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(from("10.0.0.1", &["rubbish, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(from("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(from("10.0.0.1", &[]), "10.0.0.1");
    }

    fn from_bytes(forwarded: &[&[u8]]) -> IpAddr {
        let config = Config { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Config::default() };
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        }
        client_address(&config, IpAddr::from([10, 0, 0, 1]), &headers)
    }

    #[test]
    fn a_line_that_cannot_be_read_whole_is_not_passed_over() {
        let seen = from_bytes(&[b"6.6.6.6", b"\xe9, 198.51.100.1"]);
        assert_eq!(seen, IpAddr::from([198, 51, 100, 1]), "the address that our own proxy saw");
        assert_eq!(from_bytes(&[b"6.6.6.6", b"\xe9"]), IpAddr::from([10, 0, 0, 1]));
    }

    proptest::proptest! {
        #[test]
        fn what_stands_left_of_the_client_changes_nothing(left in proptest::collection::vec(0x20..=0xff_u8, 0..40), mut client: [u8; 4], peer: [u8; 4]) {
            // No header holds a DEL, and 10.0.0.0/8 are the proxies.
            let left: Vec<u8> = left.into_iter().filter(|byte| *byte != 0x7f).collect();
            if client[0] == 10 {
                client[0] = 11;
            }
            let line = [&left[..], b", ", IpAddr::from(client).to_string().as_bytes(), b", 10.0.0.2"].concat();
            proptest::prop_assert_eq!(from_bytes(&[&left, &line]), IpAddr::from(client));
            if peer[0] != 10 {
                let forwarded = String::from_utf8_lossy(&left).replace(|c: char| !c.is_ascii(), "");
                let seen = from(&IpAddr::from(peer).to_string(), &[&forwarded]);
                proptest::prop_assert_eq!(seen, IpAddr::from(peer).to_string());
            }
        }
    }
}
