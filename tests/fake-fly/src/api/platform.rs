//! What Fly has, whoever asks.

use crate::call::{Answer, Call, Outcome};
use crate::route::Route;
use crate::world::World;
use crate::world::region::Regions;

pub(super) const ROUTES: &[Route] = &[Route::get("/v1/platform/regions", regions)];

fn regions(_: &mut World, _: &Call) -> Outcome {
    Answer::ok(Regions::view())
}
