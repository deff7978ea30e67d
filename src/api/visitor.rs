//! The client's address behind proxies: the right-most hop that is none of ours. What stands left of it anybody can write.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::config::Config;

/// The address that limits count by. `X-Forwarded-For` is read only as far as trusted proxies wrote it.
pub(super) fn client_address(config: &Config, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |address: IpAddr| config.trusted_proxies.iter().any(|net| net.contains(&address));
    let fields = headers.get_all("x-forwarded-for").iter().rev();
    let hops = fields.flat_map(|field| field.to_str().unwrap_or_default().rsplit(','));
    let mut address = peer.to_canonical();
    for hop in hops {
        if !trusted(address) {
            break;
        }
        let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
        address = hop.to_canonical();
    }
    address
}
