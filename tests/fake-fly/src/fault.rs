//! What can go wrong with one request.

use serde::{Deserialize, Serialize};

/// How a request fails. In a script each is written in snake case: `"refused"`, `{"status": 502}`,
/// `{"rate_limited": {"retry_after": {"seconds": 2}}}`, `{"slow_body": {"pause_ms": 500}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing is done, and the connection is closed without an answer.
    Refused,
    /// Nothing is done, and no answer comes until the client gives up.
    Timeout,
    /// It is done, and no answer comes until the client gives up.
    TimeoutAfterCommit,
    /// It is done, and the connection is closed without an answer.
    DroppedAfterCommit,
    /// Nothing is done, and this status is answered: from 502 on as a page in HTML, below as Fly's JSON.
    Status(u16),
    /// It is done, and all the same this status is answered, as with [`Status`](Self::Status).
    StatusAfterCommit(u16),
    /// Nothing is done, and 429 is answered.
    RateLimited {
        /// What the header `Retry-After` says.
        retry_after: RetryAfter,
    },
    /// Nothing is done, and this very error is answered.
    Refusal {
        /// The HTTP status.
        status: u16,
        /// The sentence in `error`.
        error: String,
        /// The word in `status`, such as `insufficient_capacity`.
        #[serde(default)]
        code: Option<String>,
    },
    /// It is done; the body comes one byte at a time.
    SlowBody {
        /// Milliseconds of the fake's time before each byte.
        pause_ms: u64,
    },
    /// It is done; the body never seems to end.
    HugeBody {
        /// How long it is.
        bytes: u64,
    },
    /// It is done; the answer's JSON breaks off in the middle.
    WrongJson,
    /// It is done; the answer is JSON, but nothing that the document describes.
    WrongShape,
}

/// What `Retry-After` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// There is no such header.
    #[default]
    Absent,
    /// So many seconds, as a number.
    Seconds(u64),
    /// So many seconds from now, as a date of HTTP.
    HttpDate(u64),
}

/// Enough for no client to read it into memory.
const HUGE: u64 = 64 * 1024 * 1024;

impl Fault {
    /// Every kind once, with a name for people: what a matrix of requests and faults goes through.
    pub fn all() -> Vec<(&'static str, Self)> {
        let limited = |retry_after| Self::RateLimited { retry_after };
        vec![
            ("refused", Self::Refused),
            ("timeout", Self::Timeout),
            ("timeout after commit", Self::TimeoutAfterCommit),
            ("dropped after commit", Self::DroppedAfterCommit),
            ("408", Self::Status(408)),
            ("408 after commit", Self::StatusAfterCommit(408)),
            ("409", Self::Status(409)),
            ("422", Self::Status(422)),
            ("429", limited(RetryAfter::Absent)),
            ("429 with seconds", limited(RetryAfter::Seconds(1))),
            ("429 with a date", limited(RetryAfter::HttpDate(1))),
            ("500", Self::Status(500)),
            ("500 after commit", Self::StatusAfterCommit(500)),
            ("502", Self::Status(502)),
            ("502 after commit", Self::StatusAfterCommit(502)),
            ("503 after commit", Self::StatusAfterCommit(503)),
            ("slow body", Self::SlowBody { pause_ms: 1_000 }),
            ("huge body", Self::HugeBody { bytes: HUGE }),
            ("wrong JSON", Self::WrongJson),
            ("wrong shape", Self::WrongShape),
        ]
    }

    /// Whether the fake does what was asked before the request fails.
    pub fn commits(&self) -> bool {
        match self {
            Self::Refused | Self::Timeout | Self::Status(_) | Self::RateLimited { .. } | Self::Refusal { .. } => false,
            Self::TimeoutAfterCommit
            | Self::DroppedAfterCommit
            | Self::StatusAfterCommit(_)
            | Self::SlowBody { .. }
            | Self::HugeBody { .. }
            | Self::WrongJson
            | Self::WrongShape => true,
        }
    }
}
