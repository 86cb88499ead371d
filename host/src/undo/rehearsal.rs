//! What an undo or a redo would do, without doing it.

use systemprompt_events::UndoPlan;

use super::outside::Outside;
use super::{Wish, allowed, check, work};
use crate::error::CliError;
use crate::project::Project;
use crate::view::undo::{Outcome, Unit};

/// Tries the records of these out, one after the other, and takes all of it back. What comes after an operation
/// depends on what that leaves, and is not said.
pub async fn rehearse(project: &mut Project, wish: Wish, plans: Vec<UndoPlan>) -> Result<Outcome, CliError> {
    let (mut units, mut commands, mut earlier) = (Vec::new(), Vec::new(), 0);
    for plan in plans {
        check(wish, &plan)?;
        let outside = Outside::of(project, plan.outside()).await?;
        let (back, mut left) = allowed::back(project, wish, &plan, &outside, &commands).await?;
        if let Some(there) = outside.return_in_the_log() {
            left = allowed::most(project, &[commands.as_slice(), &there].concat(), &plan).await?.1;
        }
        let work = work(wish, &plan, &outside, back);
        let mut records = Vec::new();
        if !work.is_empty() {
            commands.extend(work);
            let mut all = project.ledger().rehearse(commands.clone()).await?;
            records = all.split_off(earlier);
            earlier += records.len();
        }
        let is_last = outside.operation().is_some();
        units.push(Unit::new(&plan, records, outside.in_words(), &left));
        if is_last {
            break;
        }
    }
    Ok(Outcome { direction: wish.direction, is_plan: true, units })
}
