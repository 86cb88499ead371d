//! Regions: those that are offered, and Fly's word on any other.

use serde::Deserialize;
use systemprompt_sdk::Failure;

use crate::api::Fly;

/// Code and title, the first being where a tenant runs that names none: those of <https://fly.io/docs/reference/regions/>
/// that take something new. Fly opens and closes regions, so that it is asked about any other.
pub(crate) const REGIONS: [(&str, &str); 17] = [
    ("iad", "US East (Virginia)"),
    ("lhr", "Europe (London)"),
    ("syd", "Asia Pacific (Sydney)"),
    ("ams", "Europe (Amsterdam)"),
    ("arn", "Europe (Stockholm)"),
    ("cdg", "Europe (Paris)"),
    ("dfw", "US South (Dallas)"),
    ("ewr", "US East (New Jersey)"),
    ("fra", "Europe (Frankfurt)"),
    ("gru", "South America (S\u{e3}o Paulo)"),
    ("jnb", "Africa (Johannesburg)"),
    ("lax", "US West (Los Angeles)"),
    ("nrt", "Asia (Tokyo)"),
    ("ord", "US Central (Chicago)"),
    ("sin", "Asia (Singapore)"),
    ("sjc", "US West (San Jose)"),
    ("yyz", "Canada (Toronto)"),
];

/// Longest list of regions that a sentence repeats.
const NAMED_MAX: usize = 60;

/// What Fly says of its regions.
#[derive(Deserialize)]
struct Platform {
    regions: Vec<Region>,
}

#[derive(Deserialize)]
struct Region {
    code: String,
    #[serde(default)]
    deprecated: bool,
}

/// Refused where Fly does not have the region, or takes nothing new there. One that is offered is not asked about.
pub(crate) fn expect(fly: &Fly, region: &str) -> Result<(), Failure> {
    if REGIONS.iter().any(|(code, _)| *code == region) { Ok(()) } else { ask(fly, region) }
}

/// A failure to make something there, which may be the region's: Fly has no word of its own for one that is not there.
pub(crate) fn explain(fly: &Fly, region: &str, failure: Failure) -> Failure {
    if failure.code() != "fly-refused" {
        return failure;
    }
    // Where Fly cannot say, what it said before counts.
    match ask(fly, region) {
        Err(about) if ["region-unknown", "region-deprecated"].contains(&about.code()) => about,
        Ok(()) | Err(_) => failure,
    }
}

fn ask(fly: &Fly, region: &str) -> Result<(), Failure> {
    let platform: Option<Platform> = fly.look_up("/v1/platform/regions", "say which regions there are")?;
    let regions = platform.map(|platform| platform.regions).unwrap_or_default();
    let (code, message) = match regions.iter().find(|known| known.code == region) {
        Some(known) if !known.deprecated => return Ok(()),
        Some(_) => ("region-deprecated", format!("Fly gives up its region `{region}`, and makes nothing new there")),
        None => ("region-unknown", format!("Fly has no region `{region}`")),
    };
    let open = regions.iter().filter(|known| !known.deprecated).take(NAMED_MAX);
    let open: Vec<_> = open.map(|known| format!("`{}`", known.code)).collect();
    Err(Failure::refused(code, message).help(format!("name another `--region`: there are {}", open.join(", "))))
}
