//! What Fly has, whoever asks.

use crate::call::{Answer, Call, Outcome};
use crate::route::Route;
use crate::world::World;

pub(super) const ROUTES: &[Route] = &[Route::get("/v1/platform/regions", regions)];

fn regions(world: &mut World, _: &Call) -> Outcome {
    Answer::ok(world.regions.view())
}
