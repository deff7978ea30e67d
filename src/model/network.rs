//! The network that a client speaks from, as the bucket of its limits: one IPv4 address, or one IPv6 /64 and the /48 around it.
//! A household or a telephone has a whole /64, so a single IPv6 address would be no limit at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A bucket for limits. The text form (`203.0.113.7/32`, `2001:db8:1:2::/64`) stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Network {
    /// Host bits are zero.
    address: IpAddr,
    bits: u8,
}

/// Text that is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a network such as 203.0.113.7/32 or 2001:db8::/64")]
pub struct NotANetwork;

impl Network {
    /// The bucket of a client's address: /32 or /64. An IPv4 address in IPv6 clothes (`::ffff:203.0.113.7`, RFC 4291 §2.5.5.2) is IPv4.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            v4 @ IpAddr::V4(_) => Self { address: v4, bits: 32 },
            v6 @ IpAddr::V6(_) => Self { address: cut(v6, 64), bits: 64 },
        }
    }

    /// The wider bucket that catches somebody who moves through their own /64s: /48 for IPv6 (one site, RFC 6177). None for IPv4, where a
    /// wider one would hit neighbours behind the same provider.
    #[must_use]
    pub fn wider(self) -> Option<Self> {
        (self.address.is_ipv6() && self.bits > 48).then(|| Self { address: cut(self.address, 48), bits: 48 })
    }

    /// Length of the prefix in bits.
    pub fn prefix_bits(self) -> u8 {
        self.bits
    }

    /// Whether a client's address lies in this bucket.
    pub fn contains(self, address: IpAddr) -> bool {
        cut(address.to_canonical(), self.bits) == self.address
    }
}

/// The address without the bits after the prefix.
fn cut(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            Ipv4Addr::from_bits(v4.to_bits() & u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0))
                .into()
        }
        IpAddr::V6(v6) => {
            Ipv6Addr::from_bits(v6.to_bits() & u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0))
                .into()
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl std::str::FromStr for Network {
    type Err = NotANetwork;
    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = text.split_once('/').ok_or(NotANetwork)?;
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let bits: u8 = bits.parse().map_err(|_| NotANetwork)?;
        let network = Self::of(address);
        [Some(network), network.wider()]
            .into_iter()
            .flatten()
            .find(|n| n.bits == bits && n.address == address)
            .ok_or(NotANetwork)
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl TryFrom<String> for Network {
    type Error = NotANetwork;
    fn try_from(text: String) -> Result<Self, NotANetwork> {
        text.parse()
    }
}

impl<DB: sqlx::Database> sqlx::Type<DB> for Network
where
    str: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <str as sqlx::Type<DB>>::type_info()
    }
    fn compatible(ty: &DB::TypeInfo) -> bool {
        <str as sqlx::Type<DB>>::compatible(ty)
    }
}

impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for Network
where
    String: sqlx::Encode<'q, DB>,
{
    fn encode_by_ref(
        &self,
        buffer: &mut <DB as sqlx::Database>::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        self.to_string().encode(buffer)
    }
}

impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for Network
where
    &'r str: sqlx::Decode<'r, DB>,
{
    fn decode(value: <DB as sqlx::Database>::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(<&str as sqlx::Decode<DB>>::decode(value)?.parse()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(address: &str) -> String {
        Network::of(address.parse().unwrap()).to_string()
    }

    #[test]
    fn buckets_are_one_v4_address_or_one_v6_subnet() {
        assert_eq!(of("203.0.113.7"), "203.0.113.7/32");
        assert_eq!(of("::ffff:203.0.113.7"), "203.0.113.7/32");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        let subnet = Network::of("2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!(subnet.wider().unwrap().to_string(), "2001:db8:1::/48");
        assert_eq!(subnet.wider().unwrap().wider(), None);
        assert!(subnet.contains("2001:db8:1:2::9".parse().unwrap()));
        assert!(!subnet.contains("203.0.113.7".parse().unwrap()));
        assert!("2001:db8::1/64".parse::<Network>().is_err());
    }

    proptest! {
        #[test]
        fn text_form_comes_back(address: IpAddr) {
            let network = Network::of(address);
            prop_assert!(network.contains(address));
            prop_assert_eq!(network.to_string().parse(), Ok(network));
            if let Some(wider) = network.wider() {
                prop_assert_eq!(wider.to_string().parse(), Ok(wider));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Network>();
        }
    }
}
