//! What a fake is started with.

use crate::delays::Delays;
use crate::limit::RateLimits;
use crate::script::Rule;

/// The default is a fast Fly with one organisation, whose token is [`TOKEN`](Self::TOKEN).
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where it listens on the loopback interface; 0 for a free one.
    pub port: u16,
    /// A token for all of [`org`](Self::org).
    pub token: String,
    /// The slug of the organisation that [`inventory`](crate::FakeFly::inventory) is about.
    pub org: String,
    /// Seconds of the fake that pass in a real one.
    pub speed: f64,
    /// How long things take.
    pub delays: Delays,
    /// How often a client may ask.
    pub rate_limits: RateLimits,
    /// What a client sees of an app that it created and that is not propagated yet.
    pub unpropagated: Unpropagated,
    /// Whether what has no value is answered as null, as Fly does. Its published document knows no nulls: with `false`
    /// such fields are left out.
    pub nulls: bool,
    /// Which requests fail, and how.
    pub faults: Vec<Rule>,
}

/// How Fly answers about an app that it has created and does not see everywhere yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unpropagated {
    /// 404.
    #[default]
    NotFound,
    /// 401, as if the token were wrong.
    Unauthorized,
}

impl Settings {
    /// The token of a fake that was given no other.
    pub const TOKEN: &str = "fm2_fake_token";
    /// The organisation of a fake that was given no other.
    pub const ORG: &str = "acme";
    /// A second organisation, for which that token opens nothing.
    pub const OTHER_ORG: &str = "elsewhere";
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            token: Self::TOKEN.to_owned(),
            org: Self::ORG.to_owned(),
            speed: 1.0,
            delays: Delays::default(),
            rate_limits: RateLimits::default(),
            unpropagated: Unpropagated::NotFound,
            nulls: true,
            faults: Vec::new(),
        }
    }
}
