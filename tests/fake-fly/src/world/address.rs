//! Addresses under which an app is reached.

use serde_json::{Value, json};

use crate::clock::Moment;

/// The kinds that Fly assigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    SharedV4,
    V4,
    V6,
    PrivateV6,
}

impl Kind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "shared_v4" => Self::SharedV4,
            "v4" => Self::V4,
            "v6" => Self::V6,
            "private_v6" => Self::PrivateV6,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SharedV4 => "shared_v4",
            Self::V4 => "v4",
            Self::V6 => "v6",
            Self::PrivateV6 => "private_v6",
        }
    }

    /// An address of this kind, from ranges that Fly uses. All are different but those that are shared.
    fn address(self, number: u64) -> String {
        let (high, low) = (number / 250 % 250, number % 250 + 1);
        match self {
            Self::SharedV4 => format!("66.241.{high}.{low}"),
            Self::V4 => format!("137.66.{high}.{low}"),
            Self::V6 => format!("2a09:8280:1::{number:x}:1"),
            Self::PrivateV6 => format!("fdaa:0:{number:x}:0:1::3"),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) ip: String,
    pub(crate) kind: Kind,
    pub(crate) region: String,
    pub(crate) service: Option<String>,
    created_at: Moment,
}

impl Address {
    pub(crate) fn new(number: u64, kind: Kind, now: Moment) -> Self {
        Self { ip: kind.address(number), kind, region: "global".to_owned(), service: None, created_at: now }
    }

    /// As `IPAssignment` of the document.
    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "ip": self.ip, "region": self.region, "shared": self.kind == Kind::SharedV4,
            "created_at": self.created_at,
        });
        if let Some(service) = &self.service {
            view["service_name"] = json!(service);
        }
        view
    }
}
