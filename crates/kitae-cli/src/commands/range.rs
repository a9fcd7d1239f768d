//! `kitae train --range-test`: which learning rates are worth trying.

use std::fmt::Write;

use kitae_train::engine::{RangePoint, range_test, suggested_rate};

use super::view::View;
use crate::Console;
use crate::device::Machine;
use crate::failure::Failure;
use kitae::threads;

/// Width of the longest bar.
const BAR: f64 = 40.0;

/// Prints the loss at each tenth of the tested rates and the rate to try.
pub(super) fn range(
    view: &View,
    machine: &Machine,
    json: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    let lane = view.plan.lanes.first().ok_or_else(|| Failure::new("the plan holds no network".to_owned()))?;
    let points = threads(machine.n_threads)?
        .install(|| range_test(&view.recipe, &view.plan.network, lane, machine.engine.device()))
        .map_err(kitae_train::TrainError::from)?;
    let suggested = suggested_rate(&points);
    if json {
        writeln!(console.out, "{}", serde_json::json!({ "points": points, "suggested": suggested }))?;
    } else {
        write!(console.out, "{}", text(view, &points, suggested))?;
    }
    Ok(())
}

fn text(view: &View, points: &[RangePoint], suggested: Option<f64>) -> String {
    let mut text = format!("Learning-rate range test on {}\n", view.file.display());
    text.push_str("  rate      smoothed loss\n");
    let highest = points.iter().map(|point| point.loss).fold(0.0, f64::max);
    for point in points.iter().step_by(5) {
        let bar = "#".repeat((BAR * point.loss / highest).round().max(0.0) as usize);
        let _ = writeln!(text, "  {:<8.1e}  {:<9.4}  {bar}", point.learning_rate, point.loss);
    }
    let advice = match suggested {
        Some(rate) => format!(
            "A tenth of the rate with the lowest loss: --learning-rate {rate:.2e} (the recipe has {}).\n",
            view.recipe.training.learning_rate
        ),
        None => "The loss never fell: check the data and the other levers first.\n".to_owned(),
    };
    text + &advice
}
