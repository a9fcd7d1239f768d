//! What the search gains on holdout rows.

use kitae_lab::tune::{HoldoutLook, HoldoutScore, StudyTrial, optimism};

use super::StudyReport;
use crate::chart::{Chart, ForestRow, Shape, forest};
use crate::document::{Block, Section, Table};
use crate::section::note;
use crate::words::{interval, number, percent, signed};

pub(super) fn section(study: &StudyReport) -> Section {
    let blocks = match &study.record.look {
        None => {
            note("The holdout rows have not been looked at yet: that happens once, after the last trial.")
        }
        Some(look) => measured(study, look),
    };
    Section::new("gain", "Gain on holdout rows", blocks)
}

fn measured(study: &StudyReport, look: &HoldoutLook) -> Vec<Block> {
    let share = percent(study.record.study.holdout_share);
    let mut blocks = vec![Block::Text(format!(
        "The score of the best of many trials is too optimistic. So {share} of the open rows were kept as \
         holdout, which no trial saw, and both recipes predicted them by the networks of all folds together. The \
         interval of the gain is that of a paired bootstrap over these rows."
    ))];
    blocks.push(match look.mean_gain() {
        Some(mean) => Block::Charts(vec![picture(study, look, mean)]),
        None => Block::Text("The search changed nothing, so there is no gain to measure.".into()),
    });
    blocks.push(Block::Table(table(study, look)));
    blocks.push(Block::Text(
        "“Optimism” is by how much the validation rows, which chose, overrate the same networks, those of one fold. \
         The model's own scores are on rows that helped to choose its recipe."
            .into(),
    ));
    if study.record.n_looks > 1 {
        blocks.push(Block::Note(format!(
            "These rows were looked at {} times, once for each best recipe so far: going on because of their \
             scores makes these too optimistic.",
            study.record.n_looks
        )));
    }
    blocks
}

/// What the rows that chose had promised, and what was seen.
fn picture(study: &StudyReport, look: &HoldoutLook, mean: f64) -> Chart {
    let scored =
        |trial: Option<&StudyTrial>| trial.and_then(|trial| trial.score).filter(|score| score.0.is_finite());
    let promised = scored(study.record.taken()).zip(scored(study.record.trial(0)));
    let promised = promised.map(|(best, own)| {
        let row = ForestRow::new("gain on validation rows", best - own, None, signed(best - own));
        ForestRow { shape: Shape::Ring, ..row }
    });
    let seen = ForestRow::new("gain on holdout rows", mean, look.gain, signed(mean));
    let rows: Vec<ForestRow> = promised.into_iter().chain([seen]).collect();
    let axis = format!("gain in {}, higher is better", study.measured());
    forest("gain", "Gain on validation and on holdout rows", &axis, &rows, Some(0.0))
}

fn table(study: &StudyReport, look: &HoldoutLook) -> Table {
    let value = format!("{}, all folds together", study.measured());
    let columns = ["recipe", value.as_str(), "95 % interval", "one fold", "optimism", "95 % interval"];
    let row = |(name, number_of, rows): (&str, u32, &HoldoutScore)| {
        let trial = study.record.trial(number_of);
        let by = trial.and_then(|trial| Some(optimism(trial.score?, trial.interval, rows)));
        vec![
            name.to_owned(),
            number(study.natural(rows.score)),
            interval(study.natural_interval(rows.interval)),
            number(study.natural(rows.single)),
            by.map_or_else(|| "-".to_owned(), |(by, _)| signed(by)),
            interval(by.and_then(|(_, interval)| interval)),
        ]
    };
    let tuned = look.tuned.as_ref().map(|tuned| ("chosen", look.best, tuned));
    let rows = [("original", 0, &look.own)].into_iter().chain(tuned).map(row).collect();
    Table::new("Both recipes on holdout rows", &columns, rows)
}
