//! Durations as people write them: `90s`, `30m`, `24h`, `7d`.

/// A month: what is meant to last longer is not meant to end.
pub const SECONDS_MAX: u64 = 31 * 24 * 60 * 60;

/// From a second to a month, in seconds; none: the text is not that.
pub fn seconds(text: &str) -> Option<u64> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().ok()?;
    number.checked_mul(seconds).filter(|seconds| (1..=SECONDS_MAX).contains(seconds))
}

/// A duration as it is typed, in the largest unit that holds it whole.
pub fn text(seconds: u64) -> String {
    let units = [(24 * 60 * 60, 'd'), (60 * 60, 'h'), (60, 'm')];
    let whole = units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    let (unit, letter) = whole.unwrap_or((1, 's'));
    format!("{}{letter}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::{seconds, text};

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(["90s", "30m", "24h", "31d"].map(seconds), [Some(90), Some(1_800), Some(86_400), Some(2_678_400)]);
        for wrong in ["", "s", "1", "0s", "32d", "-1h", "1.5h", "1w", "24 h", "1é", "99999999999999999999d"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_was_typed_is_typed_again_in_the_largest_unit_that_is_whole() {
        let again = |typed: &str| seconds(typed).map(text).unwrap();
        assert_eq!(["1s", "90s", "30m", "24h", "36h", "31d"].map(again), ["1s", "90s", "30m", "1d", "36h", "31d"]);
    }
}
