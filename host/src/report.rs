//! What a long operation says while it runs: steps with elapsed time, on standard error.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::backend::Progress;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Nothing: not a terminal, or `--quiet`.
    Silent,
    /// A line a step with a spinner.
    Terminal,
}

/// Shows the steps of an operation; cheap to clone.
#[derive(Clone)]
pub struct Reporter {
    style: Style,
    verbose: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    bar: Option<ProgressBar>,
    step: String,
    began: Option<Instant>,
}

impl Reporter {
    /// A reporter of this style; `verbose` also shows what plugins log.
    pub fn new(style: Style, verbose: bool) -> Reporter {
        Reporter { style, verbose, state: Arc::default() }
    }

    /// A step begins.
    pub fn step_began(&self, name: &str) {
        if self.style == Style::Silent {
            return;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})") {
            bar.set_style(style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "));
        }
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.change(|state| {
            name.clone_into(&mut state.step);
            state.began = Some(Instant::now());
            state.bar = Some(bar);
        });
    }

    /// The step that began last has ended.
    pub fn step_ended(&self, well: bool) {
        self.change(|state| {
            let (Some(bar), Some(began)) = (state.bar.take(), state.began.take()) else { return };
            bar.finish_and_clear();
            let mark = if well { "✓" } else { "✗" };
            let seconds = began.elapsed().as_secs_f64();
            say(&format!("  {mark} {} ({seconds:.1} s)", state.step));
        });
    }

    /// What the current step is waiting for.
    pub fn waiting(&self, message: &str, current: u64, total: u64) {
        self.change(|state| {
            let Some(bar) = &state.bar else { return };
            let percent = current.saturating_mul(100).checked_div(total);
            let share = percent.map(|percent| format!(" {percent}%")).unwrap_or_default();
            bar.set_message(format!("{}: {message}{share}", state.step));
        });
    }

    /// A line that a plugin logged, already cleaned.
    pub fn log(&self, level: &str, line: &str) {
        if self.verbose || matches!(level, "warn" | "error") {
            self.change(|state| match &state.bar {
                Some(bar) => bar.suspend(|| say(&format!("{level}: {line}"))),
                None => say(&format!("{level}: {line}")),
            });
        }
    }

    /// A line for a person that watches, between steps.
    pub fn note(&self, line: &str) {
        self.change(|state| match &state.bar {
            Some(bar) => bar.suspend(|| say(line)),
            None => say(line),
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        // A panic elsewhere must not hide what is still to be said.
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut state);
    }
}

/// Nobody may be listening any more; the operation goes on.
fn say(line: &str) {
    let _nowhere_left_to_say_it = writeln!(anstream::stderr(), "{line}");
}

impl Progress for Reporter {
    fn report(&self, message: &str, current: u64, total: u64) {
        self.waiting(&crate::text::one_line(message, crate::text::MESSAGE_CHARS_MAX), current, total);
    }
}
