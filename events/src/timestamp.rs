//! A moment, as the log stores it.

use std::{fmt, str::FromStr};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::name::shown;

/// A moment in UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// RFC 3339 without a fraction, as `2026-02-01T10:00:00Z`.
    pub fn to_seconds_text(self) -> String {
        self.format(SecondsFormat::Secs)
    }

    /// A moment that no calendar holds is shown as its number.
    fn format(self, seconds: SecondsFormat) -> String {
        DateTime::<Utc>::from_timestamp_millis(self.0)
            .map_or_else(|| format!("{} ms", self.0), |moment| moment.to_rfc3339_opts(seconds, true))
    }
}

/// RFC 3339 with milliseconds, as `2026-02-01T10:00:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.format(SecondsFormat::Millis))
    }
}

/// Takes any RFC 3339 moment; what is finer than a millisecond is cut off.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        DateTime::parse_from_rfc3339(text)
            .map(|moment| Self(moment.timestamp_millis()))
            .map_err(|_| InvalidTimestamp { given: shown(text) })
    }
}

/// A text that is not an RFC 3339 moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a moment as RFC 3339 writes it: `2026-02-01T10:00:00Z`")]
pub struct InvalidTimestamp {
    /// What was given, escaped and shortened.
    pub given: String,
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_moment_survives_its_text() {
        let moment = Timestamp::from_millis(1_769_940_000_123);
        assert_eq!(moment.to_string(), "2026-02-01T10:00:00.123Z");
        assert_eq!(moment.to_seconds_text(), "2026-02-01T10:00:00Z");
        assert_eq!(moment.to_string().parse(), Ok(moment));
        assert_eq!("2026-02-01T11:00:00.123456+01:00".parse(), Ok(moment));
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_moment_beyond_the_calendar_is_shown() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9223372036854775807 ms");
    }
}
