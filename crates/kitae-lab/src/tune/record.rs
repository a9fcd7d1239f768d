//! All that the file of a study holds.

use crate::tune::final_selection::{Bag, finalists};
use crate::tune::report::HoldoutLook;
use crate::tune::store::Store;
use crate::tune::trial::{State, Study, StudyError, StudyTrial, best_trial};

/// All that the file of a study holds at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyRecord {
    /// What the study asks.
    pub study: Study,
    /// All trials by number; the first is the recipe itself.
    pub trials: Vec<StudyTrial>,
    /// The bags of the best trials, by number; none before they were compared that way.
    pub bags: Vec<Bag>,
    /// The last look at the holdout rows, which names the trial that was chosen.
    pub look: Option<HoldoutLook>,
    /// How often these rows were looked at.
    pub n_looks: usize,
}

impl StudyRecord {
    /// Reads the file of a study, running or not.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not what this version writes.
    pub fn read(store: &Store) -> Result<Self, StudyError> {
        let (study, trials, mut bags) = (store.study()?, store.trials()?, store.bags()?);
        // Finalists of before that others have overtaken are out.
        let finalists = finalists(&trials);
        bags.retain(|bag| finalists.iter().any(|trial| trial.number == bag.number));
        let (look, n_looks) = store.look()?.map_or((None, 0), |(look, n)| (Some(look), n));
        Ok(Self { study, trials, bags, look, n_looks })
    }

    /// The trial of this number.
    pub fn trial(&self, number: u32) -> Option<&StudyTrial> {
        self.trials.iter().find(|trial| trial.number == number)
    }

    /// The trial that was chosen, or the best before the choice.
    pub fn taken(&self) -> Option<&StudyTrial> {
        let chosen = self.look.as_ref().and_then(|look| self.trial(look.best));
        chosen.or_else(|| best_trial(&self.trials))
    }

    /// How many trials are that far.
    pub fn n(&self, state: State) -> usize {
        self.trials.iter().filter(|trial| trial.state == state).count()
    }
}
