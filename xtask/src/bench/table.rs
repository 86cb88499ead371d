//! The table: what was measured, beside its reference and its goal, and how busy the machine was.

use std::time::Duration;

use super::machine;
use super::measure::Compared;
use crate::process::Outcome;

/// Cells of a line.
pub(crate) const COLUMNS: usize = 7;

/// Share of the goal that a line may take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// A ratio that is still good.
    AtMost(f64),
    /// A ratio that is not good any more.
    Below(f64),
    /// As fast as the reference so many times over, or faster.
    Rate(f64),
    /// None: the line explains another.
    None,
}

/// All lines so far.
pub(crate) struct Table {
    events: u64,
    load_before: String,
    lines: Vec<[String; COLUMNS]>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn begin(events: u64) -> Self {
        let head = ["what", "ours", "reference", "ratio", "half of them", "goal", "met"].map(str::to_owned);
        Self { events, load_before: machine::load(), lines: vec![head], notes: Vec::new() }
    }

    /// A comparison of durations.
    pub(crate) fn times(&mut self, what: &str, compared: &Compared, goal: Goal) {
        let (low, high) = compared.quartiles;
        let (ours, reference) = (shown(compared.ours), shown(compared.reference));
        let (ratio, spread) = (format!("{:.2}", compared.ratio), format!("{low:.2} to {high:.2}"));
        let (goal, met) = goal.judge(compared.ratio);
        self.lines.push([what.to_owned(), ours, reference, ratio, spread, goal, met]);
    }

    /// A number that was counted.
    pub(crate) fn counted(&mut self, what: &str, ours: u64, reference: u64, goal: Option<u64>) {
        let met = goal.map_or(String::new(), |goal| yes_or_no(ours == goal));
        let goal = goal.map_or(String::new(), |goal| goal.to_string());
        self.lines.push([
            what.to_owned(),
            ours.to_string(),
            reference.to_string(),
            String::new(),
            String::new(),
            goal,
            met,
        ]);
    }

    /// Memory, in KiB.
    pub(crate) fn memory(&mut self, what: &str, ours: u64, reference: u64, below_mib: u64) {
        let mib = |kib: u64| format!("{} MiB", kib.div_ceil(1024));
        let (goal, met) = (format!("< {below_mib} MiB"), yes_or_no(ours < below_mib * 1024));
        self.lines.push([what.to_owned(), mib(ours), mib(reference), String::new(), String::new(), goal, met]);
    }

    /// What could not be measured here, and why.
    pub(crate) fn left_out(&mut self, what: &str, why: &str) {
        let mut line: [String; COLUMNS] = Default::default();
        line[0] = format!("{what}: left out, {why}");
        self.lines.push(line);
    }

    /// What a reader of the table has to know besides.
    pub(crate) fn note(&mut self, note: &str) {
        self.notes.push(format!("{note}."));
    }

    /// All lines, the head first.
    pub(crate) fn lines(&self) -> &[[String; COLUMNS]] {
        &self.lines
    }

    /// What a reader has to know besides.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Where and when this was measured, and what the numbers are.
    pub(crate) fn conditions(&self) -> Outcome<String> {
        let (machine, before, after) = (machine::described()?, &self.load_before, machine::load());
        Ok(format!(
            "{machine}.\nLoad before {before}, after {after}. The long log has {} events.\n\
             Medians of rounds in which both ran in turn; the ratio is the median of the rounds' ratios.",
            self.events
        ))
    }

    pub(crate) fn print(&self) -> Outcome {
        println!("\n{}\n", self.conditions()?);
        let width = |column: usize| self.lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; COLUMNS] = std::array::from_fn(width);
        for line in &self.lines {
            let cells: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("{}", cells.join("  ").trim_end());
        }
        for note in &self.notes {
            println!("\n{note}");
        }
        Ok(())
    }
}

impl Goal {
    fn judge(self, ratio: f64) -> (String, String) {
        match self {
            Self::AtMost(most) => (format!("≤ {most}"), yes_or_no(ratio <= most)),
            Self::Below(bound) => (format!("< {bound}"), yes_or_no(ratio < bound)),
            // Ratios are of times.
            Self::Rate(least) => (format!("≥ {least}× as fast"), yes_or_no(ratio * least <= 1.0)),
            Self::None => (String::new(), String::new()),
        }
    }
}

fn yes_or_no(met: bool) -> String {
    if met { "yes" } else { "NO" }.to_owned()
}

fn shown(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1_000.0;
    match ms {
        ..1.0 => format!("{:.0} µs", ms * 1_000.0),
        1.0..1_000.0 => format!("{ms:.1} ms"),
        _ => format!("{:.2} s", ms / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_that_is_just_reached_is_met_only_where_it_may_be() {
        assert_eq!(Goal::AtMost(1.5).judge(1.5), ("≤ 1.5".to_owned(), "yes".to_owned()));
        assert_eq!(Goal::Below(1.5).judge(1.5).1, "NO");
        assert_eq!(Goal::Rate(4.0).judge(0.25), ("≥ 4× as fast".to_owned(), "yes".to_owned()));
        assert_eq!(Goal::Rate(0.8).judge(1.26).1, "NO");
        assert_eq!(shown(Duration::from_micros(730)), "730 µs");
        assert_eq!(shown(Duration::from_millis(1_260)), "1.26 s");
    }
}
