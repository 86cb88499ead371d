//! Which addresses a name may lead to: a plugin must not reach this machine or its network through one of its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whose an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// This machine's own.
    Loopback,
    /// Of a network of the user's: what goes there does not cross the internet.
    Private,
    /// Anybody's.
    Public,
    /// No single machine's that could be meant, or one at which clouds answer with credentials.
    Special,
}

/// Whose this one is; one of IPv4 that is written as IPv6 is what it is as IPv4.
pub fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => kind_v4(address),
            None => kind_v6(address),
        },
    }
}

fn kind_v4(address: Ipv4Addr) -> Kind {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (127, ..) => Kind::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Kind::Private,
        // This network, link-local (where metadata is served), protocol assignments, documentation, benchmarks,
        // multicast, and what is reserved.
        (0 | 224.., ..) | (169, 254, _) | (192, 0, 0 | 2) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => {
            Kind::Special
        }
        _ => Kind::Public,
    }
}

fn kind_v6(address: Ipv6Addr) -> Kind {
    let [first, second, ..] = address.segments();
    match first {
        _ if address.is_loopback() => Kind::Loopback,
        0xfc00..=0xfdff => Kind::Private,
        // What is handed out to anybody is 2000::/3; in it, 2001:db8::/32 is for documents.
        0x2000..=0x3fff if (first, second) != (0x2001, 0x0db8) => Kind::Public,
        _ => Kind::Special,
    }
}

/// The IPv4 address that stands in one of IPv6: mapped, compatible, translated by NAT64, or of 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if address.is_loopback() || address.is_unspecified() {
        return None;
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(from(high, low))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn all_are(expected: Kind, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(kind(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn this_machine_is_known_however_its_address_is_written() {
        all_are(
            Kind::Loopback,
            &["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
        );
    }

    #[test]
    fn a_network_of_ones_own_is_not_the_internet() {
        all_are(Kind::Private, &["10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fdaa::3", "::ffff:10.0.0.1"]);
    }

    #[test]
    fn where_clouds_hand_out_credentials_nobody_goes() {
        let metadata =
            ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "2002:a9fe:a9fe::", "64:ff9b::a9fe:a9fe"];
        all_are(Kind::Special, &metadata);
        all_are(
            Kind::Special,
            &["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "192.0.0.192", "2001:db8::1"],
        );
    }

    #[test]
    fn what_anybody_can_reach_is_public() {
        all_are(
            Kind::Public,
            &["8.8.8.8", "77.83.140.1", "172.32.0.1", "100.128.0.1", "2a09:8280:1::1", "2606:4700::1"],
        );
    }
}
