//! From a table to a model.

use kitae_data::infer::Hints;
use kitae_data::read::ReadOptions;
use kitae_data::target::Task;
use kitae_train::engine::{Probing, RunContext};
use kitae_train::record::line_of;
use kitae_train::{Event, Observer, Preset, SplitBy, TaskChoice, merge, plan, train};

use crate::device::Machine;
use crate::error::Error;
use crate::model::Model;
use crate::question::{Question, findings};
use crate::table::Table;

/// Trains networks that predict a column. What is not said is found out or stays at the defaults of the
/// preset.
///
/// [`train`](Self::train) takes all cores of the processor, writes nothing, no checkpoints either, and looks
/// at no clock.
#[derive(Clone, Debug)]
pub struct Trainer {
    question: Question,
    preset: Preset,
    changes: toml::Table,
    machine: Option<Machine>,
}

impl Trainer {
    /// One that predicts the column `target`.
    pub fn new(target: &str) -> Self {
        Self::of(Question::new(target))
    }

    /// One that answers a question.
    pub fn of(question: Question) -> Self {
        Self { question, preset: Preset::default(), changes: toml::Table::new(), machine: None }
    }

    /// How much work the recipe puts in.
    #[must_use]
    pub fn preset(self, preset: Preset) -> Self {
        Self { preset, ..self }
    }

    /// Overrides levers by keys of the recipe, as TOML: `"training.epochs = 30"`. Keys are checked by
    /// [`train`](Self::train).
    ///
    /// # Errors
    ///
    /// If the text is no TOML.
    pub fn with(mut self, levers: &str) -> Result<Self, Error> {
        let changes = levers.parse().map_err(|error: toml::de::Error| Error::Invalid(error.to_string()))?;
        merge(&mut self.changes, &changes);
        Ok(self)
    }

    /// Whether the target is classes or quantities.
    #[must_use]
    pub fn task(mut self, task: Task) -> Self {
        self.question.task = TaskChoice::Told(task);
        self
    }

    /// What is known of columns: categories, numbers, those to leave out.
    #[must_use]
    pub fn hints(mut self, hints: Hints) -> Self {
        self.question.hints = hints;
        self
    }

    /// The share of rows that is sealed as test rows, from 0 to less than 1; 0.2 unless said.
    #[must_use]
    pub fn test_size(mut self, share: f64) -> Self {
        self.question.test_size = share;
        self
    }

    /// Rows with the same cell in this column stay together; it is no feature.
    #[must_use]
    pub fn by_group(mut self, column: &str) -> Self {
        self.question.by = SplitBy::Group { column: column.to_owned() };
        self
    }

    /// Trains on earlier rows and scores later ones, by this column.
    #[must_use]
    pub fn by_time(mut self, column: &str) -> Self {
        self.question.by = SplitBy::Time { column: column.to_owned() };
        self
    }

    /// Of two classes the one that f1 and the like are about; the rarer one unless said.
    #[must_use]
    pub fn positive(mut self, class: &str) -> Self {
        self.question.positive = Some(class.to_owned());
        self
    }

    /// Where it trains; all cores of the processor unless said.
    #[must_use]
    pub fn on(self, machine: Machine) -> Self {
        Self { machine: Some(machine), ..self }
    }

    /// Trains, scores on held-out rows, and delivers the model.
    ///
    /// # Errors
    ///
    /// If the target cannot be learned, rows are too few, a lever does not fit, or the training diverges.
    pub fn train(&self, table: &Table) -> Result<Model, Error> {
        let machine = self.machine.clone().map_or_else(Machine::whole, Ok)?;
        self.train_observed(table, &machine.plain(), &mut |_: &Event| {})
    }

    /// The same in a context of the caller's own ([`Machine::context`]): it has a clock, can be interrupted
    /// from another thread or a handler of signals, and may write checkpoints. The observer is told of each
    /// epoch; lanes are always looked into, for the record.
    ///
    /// # Errors
    ///
    /// As [`train`](Self::train), and if it was interrupted.
    pub fn train_observed(
        &self,
        table: &Table,
        context: &RunContext,
        observer: &mut dyn Observer,
    ) -> Result<Model, Error> {
        let reading = &table.reading;
        let problem = self.question.clone().weighted_by(&self.changes).problem(reading.table.clone())?;
        let mut recipe = self.preset.recipe(&problem.facts).with(&self.changes, &problem.facts)?;
        recipe.positive = problem.positive().map(str::to_owned);
        let plan = plan(&problem, &recipe)?;
        let context = RunContext { engine: context.engine.clone(), probing: Probing::Epochs, ..*context };
        let new_run = vec![None; plan.lanes.len()];
        let mut record = String::new();
        let mut both = |event: &Event| {
            record += &line_of(event);
            observer.observe(event);
        };
        let mut trained = train(&problem, &recipe, &plan, &new_run, &context, &mut both)?;
        let manifest = &mut trained.model.manifest;
        manifest.model.source.path = table.source.to_string();
        manifest.model.reading = ReadOptions { n_threads: 1, ..reading.options.clone() };
        manifest.findings = findings(&reading.findings, &problem, &recipe);
        Model::of_training(trained, &problem, record.into_bytes())
    }
}
