//! Two things in turn, many times: medians of each, and the median of the ratios of each round.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Failure, Outcome};

/// Rounds before those that count: caches fill, and the processor leaves its sleep.
const WARM_UP: usize = 2;

/// One duration of ours and one of the reference, taken one right after the other.
pub(crate) type Round = (Duration, Duration);

/// What a series of rounds says.
#[derive(Debug, PartialEq)]
pub(crate) struct Compared {
    /// Median of ours.
    pub(crate) ours: Duration,
    /// Median of the reference.
    pub(crate) reference: Duration,
    /// Median of the rounds' ratios.
    pub(crate) ratio: f64,
    /// Half of the rounds have a ratio between these.
    pub(crate) quartiles: (f64, f64),
}

/// Measures both in turn; every second round begins with the reference.
pub(crate) fn interleaved(
    rounds: usize,
    mut ours: impl FnMut() -> Outcome<Duration>,
    mut reference: impl FnMut() -> Outcome<Duration>,
) -> Outcome<Compared> {
    let mut taken = Vec::with_capacity(rounds);
    for round in 0..rounds + WARM_UP {
        let pair = if round % 2 == 0 {
            let ours = ours()?;
            (ours, reference()?)
        } else {
            let reference = reference()?;
            (ours()?, reference)
        };
        if round >= WARM_UP {
            taken.push(pair);
        }
    }
    compared(&taken)
}

/// What rounds that were taken elsewhere say.
pub(crate) fn compared(rounds: &[Round]) -> Outcome<Compared> {
    let sorted = |value: fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let ratios = sorted(|(ours, reference)| ours.as_secs_f64() / reference.as_secs_f64());
    let (Some(ratio), Some(low), Some(high)) =
        (quantile(&ratios, 1, 2), quantile(&ratios, 1, 4), quantile(&ratios, 3, 4))
    else {
        return Err(Failure::new("nothing was measured"));
    };
    let median = |values: &[f64]| Duration::from_secs_f64(quantile(values, 1, 2).unwrap_or_default());
    Ok(Compared {
        ours: median(&sorted(|(ours, _)| ours.as_secs_f64())),
        reference: median(&sorted(|(_, reference)| reference.as_secs_f64())),
        ratio,
        quartiles: (low, high),
    })
}

/// The value at `part / of` of a sorted list.
fn quantile(sorted: &[f64], part: usize, of: usize) -> Option<f64> {
    sorted.get(sorted.len() * part / of).copied()
}

/// How long a process takes from its start to its end. It must succeed; what it prints goes nowhere.
pub(crate) fn whole_process(command: &mut Command) -> Outcome<Duration> {
    let begun = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let taken = begun.elapsed();
    let failed = |why: String| Failure::new(format!("{command:?}: {why}"));
    match status {
        Ok(status) if status.success() => Ok(taken),
        Ok(status) => Err(failed(format!("{status}; run it by hand to see why"))),
        Err(error) => Err(failed(io::Error::to_string(&error))),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_ratio_is_that_of_a_round_and_not_of_the_medians() {
        let ms = Duration::from_millis;
        // The machine is slow in the last two rounds, for both.
        let rounds = [(ms(2), ms(1)), (ms(2), ms(1)), (ms(30), ms(10)), (ms(60), ms(30)), (ms(20), ms(10))];
        let compared = compared(&rounds).unwrap();
        assert_eq!((compared.ours, compared.reference), (ms(20), ms(10)));
        assert!((compared.ratio - 2.0).abs() < 1e-9);
        assert!(super::compared(&[]).is_err());
    }

    #[test]
    fn both_are_measured_equally_often_and_the_first_rounds_do_not_count() {
        let (ours, reference) = (Cell::new(0), Cell::new(0));
        let count = |counter: &Cell<usize>| {
            counter.set(counter.get() + 1);
            Ok(Duration::from_secs(if counter.get() <= WARM_UP { 1_000 } else { 1 }))
        };
        let compared = interleaved(5, || count(&ours), || count(&reference)).unwrap();
        assert_eq!((ours.get(), reference.get(), compared.ours), (7, 7, Duration::from_secs(1)));
    }
}
