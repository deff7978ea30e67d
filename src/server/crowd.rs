//! How many connections one network may hold at once, so that one machine cannot take all places. Proxies bring everybody's
//! and are not counted, nor is this machine itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::model::Network;

/// Connections of one network at once: an office of a thousand behind one address signs in with half as many.
const OF_ONE: usize = 1_024;

/// Who is here.
pub(super) struct Crowd {
    proxies: Vec<IpNet>,
    here: Mutex<HashMap<Network, usize>>,
}

/// One's place in the crowd, free again when it is dropped.
pub(super) struct Place(Option<(Arc<Crowd>, Network)>);

impl Crowd {
    pub fn new(proxies: Vec<IpNet>) -> Self {
        Self { proxies, here: Mutex::default() }
    }

    /// A place for one more connection from this address; none when its network has all it may have.
    pub fn place(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if peer.is_loopback() || self.proxies.iter().any(|proxy| proxy.contains(&peer)) {
            return Some(Place(None));
        }
        let network = Network::of(peer);
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        let count = here.entry(network).or_default();
        if *count >= OF_ONE {
            return None;
        }
        *count += 1;
        Some(Place(Some((self.clone(), network))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((crowd, network)) = self.0.take() else { return };
        let mut here = crowd.here.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = here.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                here.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_has_its_share_and_gives_it_back() {
        let crowd = Arc::new(Crowd::new(vec!["10.0.0.0/8".parse().expect("a network")]));
        let of = |address: &str| crowd.place(address.parse().expect("an address"));
        let mut held: Vec<_> = (0..OF_ONE).map(|host| of(&format!("2001:db8:1:2::{host:x}")).expect("room")).collect();
        assert!(of("2001:db8:1:2:ffff::1").is_none(), "the same household");
        assert!(of("2001:db8:1:3::1").is_some(), "the neighbours");
        for free in ["10.1.2.3", "127.0.0.1", "::1", "::ffff:10.1.2.3"] {
            let many: Vec<_> = (0..=OF_ONE).map(|_| of(free)).collect();
            assert!(many.iter().all(Option::is_some), "{free}");
        }
        held.pop();
        assert!(of("2001:db8:1:2::1").is_some());
        drop(held);
        assert!(crowd.here.lock().expect("no panic").is_empty());
    }
}
