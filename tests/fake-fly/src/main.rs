//! The fake for a person: starts it and says where it is.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Parser;
use systemprompt_fake_fly::{Delays, FakeFly, RateLimits, Rule, Settings};

/// A server that behaves like Fly.io's Machines API. It listens on the loopback interface until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "fake-fly", version)]
struct Arguments {
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The token that it accepts
    #[arg(long, default_value = Settings::TOKEN)]
    token: String,
    /// The organisation that the token is for
    #[arg(long, default_value = Settings::ORG)]
    org: String,
    /// A file with a JSON list of requests that fail, such as [{"request": 3, "fault": {"status": 502}}]
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Seconds of its time that pass in a real one
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Let things take about as long as at Fly
    #[arg(long)]
    real_delays: bool,
    /// Never answer that there were too many requests
    #[arg(long)]
    no_rate_limits: bool,
    /// Leave out what has no value, as the published document has it, where Fly answers null
    #[arg(long)]
    no_nulls: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|e| format!("{e}"))?;
    if speed > 0.0 && speed.is_finite() { Ok(speed) } else { Err("must be above 0".to_owned()) }
}

fn settings(arguments: Arguments) -> Result<Settings, Box<dyn Error>> {
    let mut settings = Settings {
        port: arguments.port,
        token: arguments.token,
        org: arguments.org,
        speed: arguments.speed,
        nulls: !arguments.no_nulls,
        ..Settings::default()
    };
    if arguments.real_delays {
        settings.delays = Delays::like_fly();
    }
    if arguments.no_rate_limits {
        settings.rate_limits = RateLimits::none();
    }
    if let Some(path) = arguments.faults {
        let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read `{}`: {e}", path.display()))?;
        let rules: Vec<Rule> = serde_json::from_str(&text).map_err(|e| format!("`{}`: {e}", path.display()))?;
        settings.faults = rules;
    }
    Ok(settings)
}

/// Nobody reads standard output any more, and the server goes on. Where nobody reads this either, there is nobody to tell.
fn say_elsewhere(said: &str) {
    let _told = io::stderr().write_all(said.as_bytes());
}

fn main() -> Result<(), Box<dyn Error>> {
    let settings = settings(Arguments::parse())?;
    let org = settings.org.clone();
    let fly = FakeFly::with(settings)?;
    let said = format!("url: {}\ntoken: {}\norganisation: {org}\n", fly.url(), fly.token());
    match io::stdout().write_all(said.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => say_elsewhere(&said),
        written => written?,
    }
    loop {
        std::thread::park();
    }
}
