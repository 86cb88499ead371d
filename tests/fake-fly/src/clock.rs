//! The fake's own clock: it runs at any speed, stands still, or is moved by hand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// A moment of the fake's time. It begins at the real time at which the fake started.
pub type Moment = DateTime<Utc>;

/// So many seconds later. However many a client asks for, the calendar does not end.
pub(crate) fn later(moment: Moment, seconds: u64) -> Moment {
    let seconds = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
    seconds.and_then(|by| moment.checked_add_signed(by)).unwrap_or(Moment::MAX_UTC)
}

/// The clock that every delay, deadline, lease and rate limit of one fake goes by.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pace: Mutex<Pace>,
    /// Told whenever whoever waits should look again: the clock was moved, or the world changed.
    news: watch::Sender<()>,
}

#[derive(Debug)]
struct Pace {
    since: Instant,
    moment: Moment,
    speed: f64,
}

impl Pace {
    fn now(&self) -> Moment {
        let passed = self.since.elapsed().as_secs_f64() * self.speed;
        self.moment + Duration::try_from_secs_f64(passed).unwrap_or_default()
    }

    fn restart(&mut self, moment: Moment) {
        self.moment = moment;
        self.since = Instant::now();
    }
}

impl Clock {
    pub(crate) fn start(speed: f64) -> Self {
        let pace = Pace { since: Instant::now(), moment: Utc::now(), speed: checked(speed) };
        Self(Arc::new(Shared { pace: Mutex::new(pace), news: watch::Sender::new(()) }))
    }

    /// What time it is for the fake.
    pub fn now(&self) -> Moment {
        self.pace().now()
    }

    /// How many seconds of the fake pass in a real one. With 0 the clock stands still until [`advance`](Self::advance).
    ///
    /// # Panics
    /// If `speed` is negative or no number.
    pub fn set_speed(&self, speed: f64) {
        let mut pace = self.pace();
        let now = pace.now();
        pace.restart(now);
        pace.speed = checked(speed);
        drop(pace);
        self.tell();
    }

    /// Moves the clock on. What was due meanwhile has happened when this returns; long polls answer at once.
    pub fn advance(&self, by: Duration) {
        let mut pace = self.pace();
        let then = pace.now() + by;
        pace.restart(then);
        drop(pace);
        self.tell();
    }

    /// Whoever waits looks at the world again.
    pub(crate) fn tell(&self) {
        self.0.news.send_replace(());
    }

    /// Begins to listen. What is told from now on is not missed, whenever it is asked for.
    pub(crate) fn listen(&self) -> Listener {
        Listener { clock: self.clone(), news: self.0.news.subscribe() }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn real_time_until(&self, moment: Moment) -> Duration {
        let pace = self.pace();
        let left = (moment - pace.now()).to_std().unwrap_or_default();
        if left.is_zero() {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(left.as_secs_f64() / pace.speed).unwrap_or(Duration::MAX)
    }
}

fn checked(speed: f64) -> f64 {
    assert!(speed >= 0.0 && speed.is_finite(), "a clock cannot run at the speed {speed}");
    speed
}

/// Somebody who waits for a moment or for news, whatever is first.
#[derive(Debug)]
pub(crate) struct Listener {
    clock: Clock,
    news: watch::Receiver<()>,
}

impl Listener {
    /// Returns at `moment`, or earlier when there was news since the last call.
    pub(crate) async fn until(&mut self, moment: Moment) {
        let pause = self.clock.real_time_until(moment);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _told_or_gone = self.news.changed() => {}
        }
    }

    /// Returns at `moment` and not earlier, however the clock is moved.
    pub(crate) async fn sleep_until(&mut self, moment: Moment) {
        while self.clock.now() < moment {
            self.until(moment).await;
        }
    }
}
