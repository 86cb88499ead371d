//! Moments of a log as people name them: `--at 18`, `--at '2h ago'`, `--at @-3`.

use std::{fmt, str::FromStr, time::Duration};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::{EventRef, Timestamp, name::shown};

/// A moment of the log. What is true at it is what its last event left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the last event: `@`.
    Now,
    /// So many events before the last one: `@-3`.
    Back(u64),
    /// After this event: its position, its id, or the first digits of its id.
    Event(EventRef),
    /// After the last event that was not later than this. An event that a clock dated back brings along all that was recorded
    /// before it, whatever time that has.
    Time(Timestamp),
    /// The same, so long before now: `2h ago`.
    Ago(Duration),
}

/// What a moment may look like, for whoever mistyped one.
pub const MOMENTS: &str = "a position (`18`), an event's id, a time (`2026-02-01`, `2026-02-01 10:00`, RFC 3339; UTC unless it says \
     otherwise), `2h ago`, `@` for now, or `@-3` for three events back";

/// Longer texts name no moment.
const TEXT_MAX: usize = 64;

impl FromStr for Moment {
    type Err = InvalidMoment;

    fn from_str(text: &str) -> Result<Self, InvalidMoment> {
        let invalid = || InvalidMoment { given: shown(text) };
        let text = text.trim();
        if text.is_empty() || text.len() > TEXT_MAX {
            return Err(invalid());
        }
        if let Some(rest) = text.strip_prefix('@') {
            return back(rest).ok_or_else(invalid);
        }
        if let Some(span) = text.strip_suffix("ago") {
            return humantime::parse_duration(span.trim()).map(Self::Ago).map_err(|_| invalid());
        }
        // Before ids, whose first digits a date looks like.
        if let Some(time) = time(text) {
            return Ok(Self::Time(time));
        }
        // An id has its first hyphen after eight digits: this was to be a date.
        if text.as_bytes().get(4) == Some(&b'-') {
            return Err(invalid());
        }
        text.parse().map(Self::Event).map_err(|_| invalid())
    }
}

fn back(rest: &str) -> Option<Moment> {
    if rest.is_empty() {
        return Some(Moment::Now);
    }
    let count = rest.strip_prefix('-').filter(|count| count.bytes().all(|byte| byte.is_ascii_digit()))?;
    count.parse().ok().map(Moment::Back)
}

/// A day begins at midnight, and is in UTC as everything that we print.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    let minute = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let moment = day().or_else(|| forms.into_iter().find_map(minute))?;
    Some(Timestamp::from_millis(moment.and_utc().timestamp_millis()))
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now => f.write_str("@"),
            Self::Back(count) => write!(f, "@-{count}"),
            Self::Event(event) => event.fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::Ago(span) => write!(f, "{} ago", humantime::format_duration(*span)),
        }
    }
}

/// A text that names no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a moment: {MOMENTS}")]
pub struct InvalidMoment {
    /// What was given, escaped and shortened.
    pub given: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Position;

    fn parsed(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Moment {
        Moment::Time(text.parse().unwrap())
    }

    #[test]
    fn now_and_steps_back_start_with_an_at_sign() {
        assert_eq!(["@", "@-0", "@-12"].map(parsed), [Moment::Now, Moment::Back(0), Moment::Back(12)]);
    }

    #[test]
    fn digits_are_a_position_and_a_date_is_no_id() {
        assert_eq!(parsed("18"), Moment::Event(EventRef::Position(Position::new(18).unwrap())));
        assert_eq!(parsed("019bff27"), Moment::Event(EventRef::Prefix("019bff27".into())));
        assert_eq!(parsed("2026-02-01"), at("2026-02-01T00:00:00Z"));
    }

    #[test]
    fn times_are_in_utc_unless_they_say_otherwise() {
        assert_eq!(parsed("2026-02-01 10:00"), at("2026-02-01T10:00:00Z"));
        assert_eq!(parsed("2026-02-01T10:00:03.5"), at("2026-02-01T10:00:03.500Z"));
        assert_eq!(parsed("2026-02-01T11:00:00+01:00"), at("2026-02-01T10:00:00Z"));
    }

    #[test]
    fn spans_count_back_from_now() {
        assert_eq!(parsed("2h ago"), Moment::Ago(Duration::from_hours(2)));
        assert_eq!(parsed("1day 30min ago"), Moment::Ago(Duration::from_mins(1470)));
        assert_eq!(parsed("2h ago").to_string(), "2h ago");
    }

    #[test]
    fn what_names_no_moment_says_what_does() {
        for text in ["", "@3", "@-", "@--1", "@-x", "ago", "soon", "2026-13-01", "99999999999999999999 ago"] {
            let error = text.parse::<Moment>().unwrap_err();
            assert!(error.to_string().ends_with("`@-3` for three events back"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            let _ = text.parse::<Moment>();
        }

        #[test]
        fn no_text_of_the_right_letters_is_too_odd(text in "[@0-9a-f:TZ+. -]{0,70}(ago)?") {
            if let Ok(moment) = text.parse::<Moment>() {
                prop_assert_eq!(moment.to_string().parse::<Moment>(), Ok(moment));
            }
        }
    }
}
