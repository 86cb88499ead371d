//! What becomes of a machine that starts, and of one that is destroyed.

use super::World;
use super::image::ImageBehaviour;
use super::machine::{Next, State};
use crate::clock::Moment;

/// Steps of a machine, each with its moment.
pub(crate) type Steps = Vec<(Moment, Next)>;

impl World {
    /// A machine with this image starts.
    pub(crate) fn launch(&self, image: &str, from: Moment) -> Steps {
        let placed = from + self.delays.machine_placed;
        let up = placed + self.delays.machine_start;
        let mut steps = vec![(placed, Next::To(State::Starting))];
        match self.images.get(image) {
            None => steps.push((up, Next::To(State::Started))),
            Some(ImageBehaviour::Unpullable) => steps.push((up, Next::To(State::Failed))),
            Some(ImageBehaviour::LaunchFails) => {
                steps.push((up, Next::To(State::LaunchFailed)));
                steps.extend(self.destruction(up));
            }
            Some(ImageBehaviour::Exits(code)) => {
                steps.push((up, Next::To(State::Started)));
                steps.push((up + self.delays.machine_stop, Next::Exit(*code)));
            }
        }
        steps
    }

    /// A machine is destroyed, remembered for a while, and forgotten.
    pub(crate) fn destruction(&self, from: Moment) -> Steps {
        let destroyed = from + self.delays.machine_destroy;
        let forgotten = destroyed + self.delays.machine_remembered;
        vec![(destroyed, Next::To(State::Destroyed)), (forgotten, Next::Forget)]
    }
}
