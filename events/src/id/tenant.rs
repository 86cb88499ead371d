//! The id of a tenant.

use crate::name::checked_text;

checked_text! {
    /// A tenant's id, unique for ever: `local_` and hexadecimal digits for tenants on this machine, a UUID for
    /// those in a cloud, or whatever an imported registry brought within 1 to 64 of `a-z`, `A-Z`, `0-9`, `_`, `-`.
    TenantId, InvalidTenantId, "a tenant id",
    "1 to 64 of `a-z`, `A-Z`, `0-9`, `_`, `-`, starting with a letter or digit",
    |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
    }
}

impl TenantId {
    /// The id of a new tenant on this machine: ordered by time, and unique by a random tail.
    ///
    /// `time_ms` is the time of its making in milliseconds since 1970-01-01T00:00:00Z.
    pub fn local(time_ms: u64, tail: [u8; 4]) -> Self {
        Self(format!("local_{time_ms:x}{}", hex::encode(tail)))
    }
}

#[cfg(test)]
mod tests {
    use super::TenantId;

    #[test]
    fn ids_of_every_origin_are_taken() {
        for valid in ["local_19bff27604c", "999bc654-9a64-49bc-98be-db976fc84e76", "Acme_1"] {
            assert_eq!(valid.parse::<TenantId>().map(|id| id.to_string()).as_deref(), Ok(valid));
        }
        for invalid in ["", "_a", "-a", "a/b", "a b", "..", "a\n", &"a".repeat(65)] {
            assert!(invalid.parse::<TenantId>().is_err(), "{invalid}");
        }
    }

    #[test]
    fn a_local_id_is_time_and_tail() {
        assert_eq!(TenantId::local(0x19b_ff27_604c, [0xde, 0xad, 0xbe, 0x0f]).as_str(), "local_19bff27604cdeadbe0f");
    }
}
