//! The page of a ledger, made from its folder alone, so that it can be made again at any time.

use std::path::Path;

use kitae_lab::holdout::promised;
use kitae_lab::log::Log;
use kitae_lab::{
    Family, HoldoutReport, Judgement, Lever, LeverReport, Refused, Trial, TrialOutcome, Verdict, judge,
};
use kitae_report::ledger::{Application, Applied, Finding, Ledger, Tried, ledger_charts, ledger_page};

use super::LEDGER_FILE;
use crate::commands::report::{Report, page_of};
use crate::failure::Failure;
use crate::folder::Run;
use crate::output::write_whole;

/// What the folder of a ledger holds.
pub(in crate::commands) struct StoredLedger {
    run: Run,
    log: Log,
}

/// Writes the page into the folder of a ledger.
pub(super) fn write_into(folder: &Path) -> Result<(), Failure> {
    let report = read(folder)?.report(&folder.display().to_string());
    write_whole(&page_of(folder), report.html.as_bytes())
}

/// Reads the folder of a ledger, finished or not.
pub(in crate::commands) fn read(folder: &Path) -> Result<StoredLedger, Failure> {
    let run = Run::read(folder)?;
    let log = Log::read(&folder.join(LEDGER_FILE))?;
    Ok(StoredLedger { run, log })
}

impl StoredLedger {
    /// The page and its pictures; the folder will be called `named`.
    pub(in crate::commands) fn report(&self, named: &str) -> Report {
        let judgement = judge(&self.run.recipe, &self.log.menu().levers, &self.log.trials);
        let mut ledger = Ledger::new(named, &self.run.recipe);
        ledger.target.clone_from(&self.run.target);
        ledger.data.clone_from(&self.run.named);
        ledger.fingerprint = self.run.fingerprint;
        ledger.kitae.clone_from(&self.run.kitae);
        ledger.n_rows = self.n_rows();
        ledger.seconds = self.log.trials.iter().map(|trial| trial.seconds).sum();
        ledger.baseline = judgement.baseline;
        ledger.baseline_rate = judgement.baseline_rate;
        ledger.levers = judgement.levers.iter().map(tried).collect();
        ledger.n_waiting = judgement.n_waiting;
        ledger.refused = self.log.menu().refused.iter().map(refused).collect();
        ledger.application = self.application(&judgement);
        Report { html: ledger_page(&ledger), charts: ledger_charts(&ledger) }
    }

    /// Held-out rows of the recipe's own first repeat.
    fn n_rows(&self) -> usize {
        let own = self.log.trials.iter().find(|trial| trial.lever.is_none());
        let folds = own.map(|trial| trial.outcome.folds()).unwrap_or_default();
        folds.iter().map(|fold| fold.n_held_out).sum()
    }

    fn application(&self, judgement: &Judgement) -> Application {
        let adopted = judgement.levers.iter().filter(|lever| lever.verdict == Verdict::Adopt);
        match self.log.looks.last() {
            Some(holdout) => Application::Measured(Applied {
                levers: holdout.levers.clone(),
                left_out: adopted
                    .filter_map(|lever| left_out(lever, holdout, &self.log.menu().levers))
                    .collect(),
                promised: promised(judgement, &holdout.levers),
                gain: holdout.gain,
                mean: holdout.mean(),
                n_rows: holdout.with.iter().map(|fold| fold.n_held_out).sum(),
                n_looks: self.log.looks.len(),
            }),
            None if self.log.begun.holdout_share.is_some()
                && self.is_finished(judgement)
                && adopted.count() == 0 =>
            {
                Application::Nothing
            }
            None => Application::NotAsked,
        }
    }

    fn is_finished(&self, judgement: &Judgement) -> bool {
        let is_failed = |trial: &Trial| matches!(trial.outcome, TrialOutcome::Failed(_));
        let n_tried = judgement.levers.iter().filter(|lever| lever.verdict != Verdict::NotTried).count();
        n_tried == judgement.levers.len() && !self.log.trials.iter().all(is_failed)
    }
}

fn tried(lever: &LeverReport) -> Tried {
    let finding = match lever.verdict {
        Verdict::Adopt => Finding::Adopt,
        Verdict::Reject => Finding::Reject,
        Verdict::CannotTell => Finding::CannotTell,
        Verdict::NotTried => Finding::NotTried,
    };
    Tried {
        family: lever.family.to_string(),
        n_folds: lever.n_folds,
        test: lever.test,
        adjusted_p: lever.adjusted_p,
        smallest_effect: lever.smallest_effect,
        cost: lever.cost,
        rate: lever.rate,
        failure: lever.failure.clone(),
        ..Tried::new(&lever.name, finding)
    }
}

fn refused(refused: &Refused) -> (String, String) {
    (refused.lever.clone(), refused.reason.clone())
}

/// Why an adopted lever is not among those that were joined; none if it is.
fn left_out(lever: &LeverReport, holdout: &HoldoutReport, levers: &[Lever]) -> Option<(String, String)> {
    if holdout.levers.contains(&lever.name) {
        return None;
    }
    let baseline = levers.iter().find(|other| {
        other.family == lever.family && other.family != Family::Own && holdout.levers.contains(&other.name)
    });
    let why = match baseline {
        Some(baseline) => format!("`{}` of the same family gains more", baseline.name),
        None => "it contradicts a lever that gains more".to_owned(),
    };
    Some((lever.name.clone(), why))
}
