//! When something is tried again, and how long before: exponential, with full jitter, as Fly says, and not for ever.

use std::time::Duration;

use systemprompt_sdk::{clock, random};

/// The first pause is up to this long, and each following one up to twice the one before.
const FIRST_MS: u64 = 250;
/// No pause of our own is longer.
const PAUSE_MS_MAX: u64 = 8_000;
/// Whatever `Retry-After` says, nobody is kept waiting for longer than this.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);

/// The tries of one thing.
#[derive(Debug)]
pub(crate) struct Retry {
    tries: u32,
    deadline_ms: u64,
}

impl Retry {
    /// Until so much time has passed from now on.
    pub(crate) fn within(time: Duration) -> Self {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self { tries: 0, deadline_ms: clock::now_ms().saturating_add(time) }
    }

    /// Pauses before the next try; false when there is no time left for one.
    pub(crate) fn pause(&mut self, retry_after: Option<Duration>) -> bool {
        let jitter = u64::from_le_bytes(random::bytes(8).try_into().unwrap_or_default());
        let pause = pause_ms(self.tries, jitter, retry_after);
        self.tries += 1;
        if clock::now_ms().saturating_add(pause) >= self.deadline_ms {
            return false;
        }
        clock::sleep(Duration::from_millis(pause));
        true
    }
}

/// Anything from nothing to the longest pause of this try; at least what Fly asks for.
fn pause_ms(tries: u32, jitter: u64, retry_after: Option<Duration>) -> u64 {
    let longest = FIRST_MS.saturating_mul(1 << tries.min(16)).min(PAUSE_MS_MAX);
    let asked = retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
    (jitter % (longest + 1)).saturating_add(u64::try_from(asked.as_millis()).unwrap_or_default())
}

/// What `Retry-After` says: seconds, or a date of HTTP.
pub(crate) fn retry_after(value: &str, now_ms: u64) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at_ms = http_date_ms(value.trim())?;
    Some(Duration::from_millis(at_ms.saturating_sub(now_ms)))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` in milliseconds since 1970.
fn http_date_ms(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let words: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let clock: Vec<u64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = clock[..] else { return None };
    if !(1970..10_000).contains(&year) || !(1..=31).contains(&day) || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    // Days since 1970, with years that begin in March so that the leap day is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_with_each_try_up_to_a_limit_and_is_anything_below_it() {
        assert_eq!([0, 1, 2, 5, 9, 40].map(|tries| pause_ms(tries, 0, None)), [0; 6]);
        let longest = |tries: u32, longest: u64| pause_ms(tries, longest, None);
        assert_eq!(
            [(0, 250), (1, 500), (3, 2_000), (5, 8_000), (40, 8_000)].map(|(tries, ms)| longest(tries, ms)),
            [250, 500, 2_000, 8_000, 8_000]
        );
        assert_eq!(pause_ms(0, 251, None), 0, "no more than the longest");
    }

    #[test]
    fn what_fly_asks_for_comes_on_top_and_has_a_limit() {
        assert_eq!(pause_ms(0, 100, Some(Duration::from_secs(2))), 2_100);
        assert_eq!(pause_ms(0, 0, Some(Duration::from_hours(1))), 60_000);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now_ms = 784_111_775_000;
        assert_eq!(retry_after("2", now_ms), Some(Duration::from_secs(2)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now_ms), Some(Duration::from_secs(2)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:33 GMT", now_ms), Some(Duration::ZERO), "it has passed");
        assert_eq!(http_date_ms("Thu, 29 Feb 2024 00:00:00 GMT"), Some(1_709_164_800_000));
        for odd in ["", "soon", "-1", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(retry_after(odd, now_ms), None, "{odd}");
        }
    }
}
