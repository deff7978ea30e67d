//! Whether the server knows who asks, told from what it saw of the doctor's question: a proxy's word, a stranger's claim, or the connection
//! itself.

use std::net::{IpAddr, SocketAddr};

use super::Finding;
use crate::config::Config;
use crate::store::probes::Seen;

pub(super) const PROXY: &str = "proxy";
/// Nobody's address (RFC 5737), which a stranger might claim to have.
pub(super) const FORGED: &str = "192.0.2.77";

/// The two ends of the doctor's connection, as seen from here.
pub(super) struct Ends {
    pub here: Option<SocketAddr>,
    pub there: Option<SocketAddr>,
}

impl Ends {
    fn is_from_here(&self, address: &str) -> bool {
        self.here.is_some_and(|here| here.ip().to_canonical().to_string() == address)
    }

    /// An address of a network of one's own is seen though the public one was asked.
    fn is_from_inside(&self, address: &str) -> bool {
        let asked_inside = self.there.is_none_or(|there| is_private(there.ip()));
        !asked_inside && !self.is_from_here(address) && address.parse().is_ok_and(is_private)
    }
}

/// An address that no stranger on the internet has (RFC 1918, RFC 6598, RFC 4193, and those of one machine or one cable).
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (v4.to_bits() >> 22) == (0x6440_0000 >> 22)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Whether the server knows who asks: a claim of the one who asks counts for nothing, the proxy's word counts.
pub(super) fn who_asked(seen: &Seen, ends: &Ends, https: bool, config: &Config) -> Finding {
    let Seen { address, peer, forwarded, .. } = seen;
    let trusted = &config.trusted_proxies;
    // Behind our claim stands the address that the outermost proxy saw us ask from, then those that the others saw.
    let mut chain: Vec<_> = forwarded.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    let claims = chain.first() == Some(&FORGED);
    if claims {
        chain.remove(0);
    }
    let ours = chain.first().filter(|_| claims).and_then(|ours| ours.parse::<IpAddr>().ok());
    let is_trusted = |at: &IpAddr| trusted.iter().any(|net| net.contains(at));
    let ours = ours.filter(|ours| address == FORGED && is_trusted(ours));
    let names_itself = peer == address;
    // Nobody stands between where the server itself speaks TLS, or else a proxy is meant to.
    let direct = config.tls.is_some() && forwarded == FORGED && (trusted.is_empty() || ends.is_from_here(peer));
    // The same machine is proxy and doctor, by the same address.
    let same = |peer: &IpAddr| is_trusted(peer) && (direct || (names_itself && forwarded == address));
    let same = peer.parse().ok().filter(same);
    if let Some(ours) = ours.or(same) {
        return Finding::warning(
            PROXY,
            format!(
                "the doctor itself asks from {ours}, which `trusted_proxies` names: whether strangers are believed cannot be seen from here"
            ),
            "name only the proxies themselves there, or run the doctor where members are",
        );
    }
    if address == FORGED {
        return Finding::broken(
            PROXY,
            "the server believes whatever address a stranger claims to have (X-Forwarded-For): limits by network hold nobody back",
            "name in `trusted_proxies` only the proxies themselves, and let the outermost one overwrite the header \
             (nginx: proxy_set_header X-Forwarded-For $remote_addr;)",
        );
    }
    if names_itself && !forwarded.is_empty() && forwarded != FORGED {
        return Finding::broken(
            PROXY,
            format!("the proxy at {peer} says who asks and is not believed: all visitors share its limits"),
            format!("name it in the configuration: trusted_proxies = [\"{peer}\"]"),
        );
    }
    if names_itself && https && !direct {
        return Finding::broken(
            PROXY,
            format!("the proxy at {peer} does not say who asks: all visitors share its limits"),
            "let it say so (nginx: proxy_set_header X-Forwarded-For $remote_addr;), and name it in `trusted_proxies`",
        );
    }
    if chain.first().is_some_and(|first| first != address) {
        return Finding::warning(
            PROXY,
            format!(
                "{} proxies stand between, and the server takes {address} for who asks, which is one of them: visitors share its limits",
                chain.len()
            ),
            "name every proxy of your own in `trusted_proxies`, not only the one that stands next to the server",
        );
    }
    if ends.is_from_inside(address) {
        return Finding::warning(
            PROXY,
            format!(
                "the server takes {address} for who asks, an address of a network of your own, though the public one was asked"
            ),
            "if another proxy or a translation of addresses has it, all visitors share its limits: let that one say who asks \
             (X-Forwarded-For), and name it in `trusted_proxies`",
        );
    }
    Finding::ok(PROXY, format!("the server knows who asks (it saw {address}), and a forged address is not believed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    const OURS: &str = "203.0.113.9";

    fn asked(forwarded: &str, address: &str, peer: &str, trusted: &[&str]) -> Finding {
        let seen = Seen {
            address: address.to_owned(),
            peer: peer.to_owned(),
            forwarded: forwarded.to_owned(),
            host: "id.example.jp".to_owned(),
        };
        let trusted_proxies = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let config = Config { trusted_proxies, ..Config::default() };
        // The doctor's own address is another to itself than to the world.
        let ends = Ends { here: "192.168.7.7:40000".parse().ok(), there: "198.51.100.4:443".parse().ok() };
        who_asked(&seen, &ends, true, &config)
    }

    #[test]
    fn an_outer_proxy_that_is_not_trusted_is_seen() {
        let (outer, inner) = ("10.0.0.2", "10.0.0.3");
        for forwarded in [format!("{FORGED}, {OURS}, {outer}"), format!("{OURS}, {outer}"), outer.to_owned()] {
            let found = asked(&forwarded, outer, inner, &["10.0.0.3/32"]);
            assert!(found.state == State::Warning && found.what.contains(outer), "{forwarded}: {found:?}");
        }
        for forwarded in [format!("{FORGED}, {OURS}, {outer}"), format!("{OURS}, {outer}"), OURS.to_owned()] {
            let found = asked(&forwarded, OURS, inner, &["10.0.0.0/29"]);
            assert_eq!(found.state, State::Ok, "{forwarded}: {found:?}");
        }
        // The doctor asks from inside, and is seen so.
        assert_eq!(asked("192.168.7.7", "192.168.7.7", inner, &["10.0.0.3/32"]).state, State::Ok);
    }
}
