//! A cassette in a rehearsal: it is played, or what others answer is recorded on it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::testing::Service;

use super::cassette::{Asked, Cassette, Full, Place, recordable};
use crate::error::{CliError, Exit};

/// Stands for what is kept where that was not recorded.
pub const NOT_RECORDED: &str = "what nobody recorded";
/// Requests that are named where one was not recorded.
const NAMED_MAX: usize = 3;

/// A cassette, and how far it is. All destinations of a plugin share one, as their requests are in one order.
#[derive(Clone, Debug)]
pub struct Tape(Rc<RefCell<Reel>>);

#[derive(Debug)]
struct Reel {
    path: PathBuf,
    cassette: Cassette,
    at: Place,
    /// Something was asked that is not on it, so that nothing is known of what follows.
    is_lost: bool,
    /// The first such request since somebody asked for it.
    missed: Option<String>,
    /// No more goes on it.
    full: Option<Full>,
    /// Exchanges since it was begun or opened.
    recorded: usize,
}

impl Tape {
    /// One to be played.
    pub fn of(path: &Path) -> Result<Tape, CliError> {
        Ok(Self::with(path, Cassette::read(path)?))
    }

    /// One to be recorded on; what is on it stays.
    pub fn recording(path: &Path) -> Result<Tape, CliError> {
        Ok(Self::with(path, Cassette::read_or_begin(path)?))
    }

    fn with(path: &Path, cassette: Cassette) -> Tape {
        let (at, is_lost, missed, full, recorded) = (0, false, None, None, 0);
        Tape(Rc::new(RefCell::new(Reel { path: path.to_owned(), cassette, at, is_lost, missed, full, recorded })))
    }

    /// The next request is a first one.
    pub fn rewind(&self) {
        let mut reel = self.0.borrow_mut();
        (reel.at, reel.is_lost) = (0, false);
    }

    /// The first thing that was asked of it and is not on it, since this was asked last.
    pub fn missed(&self) -> Option<String> {
        self.0.borrow_mut().missed.take()
    }

    /// Writes what was recorded; the answer is how many exchanges that were.
    pub fn save(&self, secrets: &[&str]) -> Result<(PathBuf, usize), CliError> {
        let reel = self.0.borrow();
        if let Some(full) = reel.full {
            return Err(CliError::new(Exit::Refused, "cassette-full", full.to_string())
                .help("nothing was written; record single operations with `plugin run … --record`"));
        }
        reel.cassette.write(&reel.path, secrets)?;
        Ok((reel.path.clone(), reel.recorded))
    }

    /// What plays a destination from it.
    pub fn player(&self) -> Playback {
        Playback(self.clone())
    }

    /// What records the answers of somebody who begins anew again and again, and knows what is kept for tenants.
    pub fn recorder_of_server<S: Service>(&self, inner: S) -> Recorder<S> {
        Recorder { tape: self.clone(), inner, is_server: true }
    }

    /// What records the answers of a service itself, for which each time is another one.
    pub fn recorder_of_service<S: Service>(&self, inner: S) -> Recorder<S> {
        Recorder { tape: self.clone(), inner, is_server: false }
    }
}

impl Reel {
    fn play(&mut self, request: &Request) -> Result<Response, Failure> {
        let asked = Asked::from(request);
        let found = if self.is_lost { None } else { self.cassette.follow(self.at, &asked) };
        if let Some((place, answer)) = found {
            self.at = place;
            return answer;
        }
        let message = self.miss(&asked);
        self.is_lost = true;
        Err(Failure::broken("not-recorded", message))
    }

    fn miss(&mut self, asked: &Asked) -> String {
        let message = if self.is_lost {
            format!("`{}` follows on a request that was not recorded", asked.in_words())
        } else {
            let after = self.cassette.depth(self.at);
            let mut expected = self.cassette.expected(self.at);
            let more = expected.len().saturating_sub(NAMED_MAX);
            expected.truncate(NAMED_MAX);
            let expected = match (expected.is_empty(), more) {
                (true, _) => "nothing was recorded".to_owned(),
                (false, 0) => format!("recorded was `{}`", expected.join("` or `")),
                (false, more) => format!("recorded was `{}`, or one of {more} others", expected.join("` or `")),
            };
            format!("`{}` was not recorded; after {after} exchanges, {expected}", asked.in_words())
        };
        self.missed.get_or_insert_with(|| message.clone());
        message
    }

    /// What was answered to this here before, if that went as well or as badly.
    fn known(&self, request: &Request, answer: &Result<Response, Failure>) -> Option<Result<Response, Failure>> {
        let (_, known) = self.cassette.follow(self.at, &Asked::from(request))?;
        let is_alike = match (&known, answer) {
            (Ok(known), Ok(answer)) => known.status == answer.status,
            (Err(known), Err(answer)) => known.code() == answer.code(),
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        };
        is_alike.then_some(known)
    }

    fn record(&mut self, request: &Request, answer: &Result<Response, Failure>) {
        match self.cassette.add(self.at, Asked::from(request), answer) {
            Ok(place) => (self.at, self.recorded) = (place, self.recorded + 1),
            Err(full) => self.full = Some(full),
        }
    }

    /// What is there now, a line each. Where that was not recorded it is nothing as long as nothing was asked for but to look,
    /// and another line after each change, so that no two states are taken for the same.
    fn kept(&mut self) -> Vec<String> {
        if let Some(lines) = self.cassette.kept(self.at).filter(|_| !self.is_lost) {
            return lines.to_vec();
        }
        let after = self.cassette.changes(self.at);
        if after == 0 && !self.is_lost {
            return Vec::new();
        }
        vec![format!("{NOT_RECORDED}, after {after} changes{}", if self.is_lost { " and more" } else { "" })]
    }
}

/// Plays a destination from a cassette.
pub struct Playback(Tape);

impl Service for Playback {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        self.0.0.borrow_mut().play(request)
    }

    fn kept(&self) -> Vec<String> {
        self.0.0.borrow_mut().kept()
    }
}

/// Has somebody else answer, and records that.
pub struct Recorder<S> {
    tape: Tape,
    inner: S,
    is_server: bool,
}

impl<S: Service> Service for Recorder<S> {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        let answer = self.inner.answer(request).map(recordable);
        let mut reel = self.tape.0.borrow_mut();
        // Whoever begins anew gives the same ids, and other times. With the answer that is known already, two rehearsals stay
        // in one place.
        let known = if self.is_server { reel.known(request, &answer) } else { None };
        let answer = known.unwrap_or(answer);
        reel.record(request, &answer);
        answer
    }

    fn time_passes(&mut self, now_ms: u64) {
        self.inner.time_passes(now_ms);
    }

    fn kept(&self) -> Vec<String> {
        let lines = self.inner.kept();
        if self.is_server {
            let mut reel = self.tape.0.borrow_mut();
            let at = reel.at;
            reel.cassette.keep(at, lines.clone());
        }
        lines
    }
}
