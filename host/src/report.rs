//! What a long operation says while it runs: steps with elapsed time, on standard error, or as JSON in between answers.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::backend::Progress;
use crate::view::layout::cut;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Nothing: nobody watches, or `--quiet`.
    Silent,
    /// A line a step, once it is over; while it takes long, a line now and then.
    Lines,
    /// A line a step with a spinner.
    Terminal,
    /// A JSON document a line on standard output.
    Stream,
}

/// Beside the message stand a spinner and the time.
const BESIDE_COLUMNS: usize = 14;
/// Where the terminal does not say how wide it is.
const COLUMNS_USUAL: usize = 80;
/// How often a line says that a step is still waiting: often enough to see that it lives, too rarely to flood a log.
const STILL_WAITING: Duration = Duration::from_secs(5);
/// The same for a program that reads, which can take more.
const STREAM_WAITING: Duration = Duration::from_millis(200);

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
    said: Option<Instant>,
}

impl Reporter {
    /// A reporter of this style; `verbose` also shows what plugins log.
    pub fn new(style: Style, verbose: bool) -> Reporter {
        Reporter { style, verbose, state: Arc::default() }
    }

    /// A step begins.
    pub fn step_began(&self, name: &str) {
        let bar = match self.style {
            Style::Silent => return,
            Style::Terminal => Some(spinner(name)),
            Style::Stream => {
                stream("began", name, json!({}));
                None
            }
            Style::Lines => None,
        };
        self.change(|state| {
            name.clone_into(&mut state.step);
            state.began = Some(Instant::now());
            state.said = None;
            state.bar = bar;
        });
    }

    /// The step that began last has ended.
    pub fn step_ended(&self, well: bool) {
        self.change(|state| {
            let Some(began) = state.began.take() else { return };
            let elapsed = began.elapsed();
            if let Some(bar) = state.bar.take() {
                bar.finish_and_clear();
            }
            match self.style {
                Style::Silent => {}
                Style::Lines | Style::Terminal => {
                    let mark = if well { "✓" } else { "✗" };
                    let seconds = elapsed.as_secs_f64();
                    let name = if self.style == Style::Terminal { fitting(&state.step) } else { state.step.clone() };
                    say(&format!("  {mark} {name} ({seconds:.1} s)"));
                }
                Style::Stream => {
                    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                    stream("ended", &state.step, json!({ "ok": well, "elapsed_ms": millis }));
                }
            }
        });
    }

    /// What the current step is waiting for.
    pub fn waiting(&self, message: &str, current: u64, total: u64) {
        self.change(|state| {
            let Some(began) = state.began else { return };
            let percent = current.saturating_mul(100).checked_div(total);
            let share = percent.map(|percent| format!(" {percent}%")).unwrap_or_default();
            match self.style {
                Style::Terminal => {
                    if let Some(bar) = &state.bar {
                        bar.set_message(fitting(&format!("{}: {message}{share}", state.step)));
                    }
                }
                Style::Lines if is_due(state.said.unwrap_or(began), STILL_WAITING) => {
                    state.said = Some(Instant::now());
                    say(&format!("  … {}: {message}{share} ({:.0} s)", state.step, began.elapsed().as_secs_f64()));
                }
                Style::Stream if state.said.is_none_or(|said| is_due(said, STREAM_WAITING)) => {
                    state.said = Some(Instant::now());
                    stream("waiting", &state.step, json!({ "message": message, "current": current, "total": total }));
                }
                Style::Silent | Style::Lines | Style::Stream => {}
            }
        });
    }

    /// A line that a plugin logged, already cleaned.
    pub fn log(&self, level: &str, line: &str) {
        if self.style == Style::Stream {
            self.change(|state| stream("logged", &state.step, json!({ "level": level, "message": line })));
        } else if self.verbose || matches!(level, "warn" | "error") {
            self.note(&format!("{level}: {line}"));
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

fn spinner(name: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})") {
        bar.set_style(style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "));
    }
    bar.set_message(fitting(name));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// As much of a message as has room on one line of the terminal that standard error is.
fn fitting(message: &str) -> String {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    let columns = size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
    cut(message, columns.unwrap_or(COLUMNS_USUAL).saturating_sub(BESIDE_COLUMNS))
}

fn is_due(last: Instant, every: Duration) -> bool {
    last.elapsed() >= every
}

/// Nobody may be listening any more; the operation goes on.
fn say(line: &str) {
    let _nowhere_left_to_say_it = writeln!(anstream::stderr(), "{line}");
}

/// Something that happened, as a document.
fn stream(event: &str, step: &str, more: Value) {
    let mut data = Map::from_iter([("event".to_owned(), json!(event)), ("step".to_owned(), json!(step))]);
    if let Value::Object(more) = more {
        data.extend(more);
    }
    crate::ui::stream("systemprompt/progress/v1", &Value::Object(data));
}

impl Progress for Reporter {
    fn report(&self, message: &str, current: u64, total: u64) {
        self.waiting(&crate::text::one_line(message, crate::text::MESSAGE_CHARS_MAX), current, total);
    }
}
