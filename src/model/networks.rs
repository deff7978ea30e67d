//! The networks that a workspace's people may sign in from: CIDR notation (RFC 4632, RFC 4291 §2.3), IPv4 and IPv6, for everybody or only for
//! those who may open the desk. A JSON text in the workspace's row; none there lets everybody in from everywhere.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

use super::text_enum::text_enum;
use super::typed::plain;
use super::{Network, Role};

text_enum! {
    /// Whom the networks bind.
    pub enum Bound {
        /// Everybody.
        All => "all",
        /// Owners, administrators and the help desk.
        Desk => "desk",
    }
}

/// Networks that count, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Networks {
    /// Whom they bind.
    pub bound: Bound,
    /// From where these may come; never empty, host bits are zero.
    pub from: Vec<IpNet>,
}

/// Why a list is not taken. Where a text is told it is the line as typed, shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworksTrouble {
    /// Nothing stands in it.
    Empty,
    /// More lines than this.
    TooMany(usize),
    /// No network, or a prefix longer than the address.
    NotANetwork(String),
    /// Bits after the prefix: what was probably meant stands beside it.
    HostBits(String, String),
    /// It takes in every address: to let everybody in there must be no list.
    Everywhere,
}

impl Networks {
    /// The most networks of a list: every request of the workspace looks through it.
    pub const MOST: usize = 100;

    /// Reads a list as somebody types it: one to a line, or with commas or spaces between.
    pub fn parse(bound: Bound, typed: &str) -> Result<Self, Vec<NetworksTrouble>> {
        let plain = plain(&typed.replace(['\n', '\r'], " "));
        let words: Vec<&str> = plain
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '、' | ';'))
            .filter(|w| !w.is_empty())
            .collect();
        if words.is_empty() {
            return Err(vec![NetworksTrouble::Empty]);
        }
        if words.len() > Self::MOST {
            return Err(vec![NetworksTrouble::TooMany(Self::MOST)]);
        }
        let (mut from, mut troubles) = (Vec::new(), Vec::new());
        for word in words {
            match one(word) {
                Ok(network) => from.push(network),
                Err(trouble) => troubles.push(trouble),
            }
        }
        // Two halves of everything are everything, too.
        if IpNet::aggregate(&from).iter().any(|network| network.prefix_len() == 0) {
            troubles.push(NetworksTrouble::Everywhere);
        }
        if !troubles.is_empty() {
            return Err(troubles);
        }
        from.sort_unstable();
        from.dedup();
        Ok(Self { bound, from })
    }

    /// The list in a workspace's row.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The text for a workspace's row.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Whether it says anything about this role.
    pub const fn binds(&self, role: Role) -> bool {
        match self.bound {
            Bound::All => true,
            Bound::Desk => role.is_administrative(),
        }
    }

    /// Whether this address lies in it. An IPv4 address in IPv6 clothes is IPv4.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.from.iter().any(|network| network.contains(&address))
    }

    /// Whether all of a bucket lies in it: what is known of where a session was opened.
    pub fn contain_all_of(&self, bucket: Network) -> bool {
        let bucket: Option<IpNet> = bucket.to_string().parse().ok();
        bucket.is_some_and(|bucket| self.from.iter().any(|network| network.contains(&bucket)))
    }

    /// Whether somebody of this role may come from this address.
    pub fn admit(&self, role: Role, address: IpAddr) -> bool {
        !self.binds(role) || self.contain(address)
    }

    /// Each as text, in order.
    pub fn texts(&self) -> Vec<String> {
        self.from.iter().map(ToString::to_string).collect()
    }
}

fn one(word: &str) -> Result<IpNet, NetworksTrouble> {
    let shown = || word.chars().take(50).collect::<String>();
    let network = network(word).ok_or_else(|| NetworksTrouble::NotANetwork(shown()))?;
    if network.addr() != network.network() {
        return Err(NetworksTrouble::HostBits(shown(), network.trunc().to_string()));
    }
    let network = unclothed(network);
    if network.prefix_len() == 0 { Err(NetworksTrouble::Everywhere) } else { Ok(network) }
}

/// An address alone, or with the length of its prefix. By the standard library's strict parser: ipnet's own takes `010.0.0.1`, which is 8.0.0.1 to
/// whoever reads a leading zero as octal.
fn network(word: &str) -> Option<IpNet> {
    let Some((address, bits)) = word.split_once('/') else { return Some(IpNet::from(word.parse::<IpAddr>().ok()?)) };
    let is_plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    IpNet::new(address.parse().ok()?, bits.parse().ok().filter(|_| is_plain)?).ok()
}

/// IPv4 in IPv6 clothes (`::ffff:10.0.0.0/104`, RFC 4291 §2.5.5.2) is what it stands for: clients' addresses are compared so.
fn unclothed(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    match (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96)) {
        (Some(v4), Some(bits)) => Ipv4Net::new(v4, bits).map_or(network, IpNet::V4),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(typed: &str) -> Result<Networks, Vec<NetworksTrouble>> {
        Networks::parse(Bound::All, typed)
    }

    fn admits(typed: &str, address: &str) -> bool {
        all(typed).unwrap().contain(address.parse().unwrap())
    }

    #[test]
    fn lists_are_read_as_people_type_them() {
        let typed = " １９２．０．２．０／２４、2001:db8::/32\r\n10.0.0.0/8, 198.51.100.7 10.0.0.0/8";
        assert_eq!(all(typed).unwrap().texts(), ["10.0.0.0/8", "192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32"]);
        let list = all(typed).unwrap();
        assert_eq!(Networks::from_json(&list.to_json()).unwrap(), list);
    }

    #[test]
    fn what_is_no_list_says_why() {
        let not = |text: &str| NetworksTrouble::NotANetwork(text.to_owned());
        for word in [
            "10.0.0.0/33",
            "2001:db8::/129",
            "office",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "010.0.0.1/32",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(all(word), Err(vec![not(word)]), "{word}");
        }
        assert_eq!(all(" \n "), Err(vec![NetworksTrouble::Empty]));
        let host = NetworksTrouble::HostBits("10.0.0.1/8".to_owned(), "10.0.0.0/8".to_owned());
        assert_eq!(all("10.0.0.1/8 x"), Err(vec![host, not("x")]));
        let many: Vec<_> = (0..10_000).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect();
        assert_eq!(all(&many.join("\n")), Err(vec![NetworksTrouble::TooMany(100)]));
        assert_eq!(all(&"9".repeat(5_000)), Err(vec![not(&"9".repeat(50))]));
    }

    #[test]
    fn everywhere_is_no_list_in_whatever_clothes() {
        for word in ["0.0.0.0/0", "::/0", "::ffff:0:0/96", "0.0.0.0/1 128.0.0.0/1", "10.0.0.0/8 ::/1 8000::/1"] {
            assert_eq!(all(word), Err(vec![NetworksTrouble::Everywhere]), "{word}");
        }
    }

    #[test]
    fn an_address_is_compared_without_its_clothes() {
        assert!(admits("192.0.2.0/24", "::ffff:192.0.2.9"));
        assert!(admits("::ffff:192.0.2.0/120", "192.0.2.9"));
        assert!(!admits("192.0.2.0/24", "::ffff:192.0.3.9"));
        assert!(!admits("::/1", "192.0.2.9"), "a network of IPv6 says nothing about IPv4");
        assert!(admits("2001:db8::/64", "2001:db8::9") && !admits("2001:db8::/64", "2001:db8:0:1::9"));
    }

    #[test]
    fn only_the_desk_is_bound_where_only_the_desk_is_meant() {
        let list = Networks::parse(Bound::Desk, "192.0.2.0/24").unwrap();
        let outside: IpAddr = "203.0.113.9".parse().unwrap();
        assert!(list.admit(Role::Member, outside));
        for role in [Role::HelpDesk, Role::Administrator, Role::Owner] {
            assert!(!list.admit(role, outside) && list.admit(role, "192.0.2.9".parse().unwrap()), "{role}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_list_panics(typed in "\\PC*", words in "[0-9a-f.:/ ,]{0,60}") {
            let _ = (all(&typed), all(&words));
        }

        #[test]
        fn a_list_holds_what_its_networks_hold(address: IpAddr, bits in 1..=32_u8) {
            let network = IpNet::new(address.to_canonical(), bits).unwrap().trunc();
            proptest::prop_assert!(admits(&network.to_string(), &address.to_string()));
            proptest::prop_assert!(all(&network.to_string()).unwrap().contain_all_of(Network::of(address)));
        }
    }
}
