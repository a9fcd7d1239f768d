//! `kitae evaluate`: scores on rows that had no part in the training.

mod looks;

use std::path::{Path, PathBuf};

use kitae_data::error::DataError;
use kitae_data::read::read_csv;
use kitae_data::schema::Schema;
use kitae_data::table::Table;
use kitae_data::target::Target;
use kitae_eval::Metric;
use kitae_eval::intervals::Interval;
use kitae_train::Predictor;
use kitae_train::engine::Answers;
use kitae_train::looks::Which;
use kitae_train::model::Manifest;
use kitae_train::prepare::Truth;
use kitae_train::recipe::SplitBy;
use kitae_train::regions::Regions;
use kitae_train::roles::row_groups;
use kitae_train::scores::{all_metrics, whole_scores};
use serde::Serialize;

use self::looks::{Hashed, Looks, column_sets};
use super::coverage::{Measured, Measuring};
use super::overlap::Overlap;
use super::{Stored, threads};
use crate::Console;
use crate::args::EvaluateArgs;
use crate::device::Machine;
use crate::failure::Failure;
use crate::rows::{fingerprint, named, unused};
use crate::show;

/// Rows that are answered at once.
const CHUNK_ROWS: usize = 16_384;

/// Rows to score a model on.
struct TestRows {
    path: PathBuf,
    fingerprint: u64,
    which: Which,
    table: Table,
    /// The group of each row of the table, where the model's rows were split by groups and the file says which.
    groups: Option<Vec<u32>>,
    target: Target,
    /// Positions in the table.
    rows: Vec<u32>,
    overlap: Overlap,
    /// Hashes of these rows as they are written, to know them again.
    hashed: Hashed,
}

impl TestRows {
    /// What a reader of the scores should know.
    fn note(&self, by: &SplitBy) -> Option<String> {
        let groups = match by {
            SplitBy::Group { column } if self.groups.is_none() => Some(format!(
                "The file has no column `{column}`, so rows of a group cannot be told: where groups repeat, the \
                 intervals are too narrow."
            )),
            _ => None,
        };
        let notes: Vec<String> = self.overlap.note().into_iter().chain(groups).collect();
        (!notes.is_empty()).then(|| notes.join("\n"))
    }
}

/// One metric on these rows.
#[derive(Clone, Debug, Serialize)]
struct Score {
    metric: Metric,
    value: f64,
    interval: Option<Interval>,
}

pub(super) fn evaluate(args: &EvaluateArgs, console: &mut Console) -> Result<(), Failure> {
    let machine = args.device.open()?;
    let stored = Stored::load(&args.model)?;
    let test = test_rows(args, &stored, machine.n_threads)?;
    let predictor = stored.model.predictor(&machine.device, machine.packing)?;
    let measuring = Measuring::new(&predictor, args.interval)?;
    let (answers, regions) = answers(&predictor, &measuring, &test, &machine)?;
    let (manifest, truth) = (&stored.model.manifest, Truth::of(&test.target, &test.rows));
    let of_row = |groups: &Vec<u32>| test.rows.iter().map(|row| groups[*row as usize]).collect();
    let groups: Option<Vec<u32>> = test.groups.as_ref().map(of_row);
    let measured = measuring.measured(regions, &truth, groups.as_deref());
    let scores = scores(manifest, &truth, &answers, groups.as_deref());
    let Some(heading) = scores.first() else {
        return Err(Failure::new(format!(
            "no metric has a value on the {} of `{}`",
            show::count(test.rows.len(), "row"),
            test.path.display()
        )));
    };
    // Written down before it is shown: a look that leaves no trace did not happen.
    let looks = Looks::write_down(&args.model, &test, heading)?;
    let file = (test.which == Which::All).then_some(test.path.as_path());
    let unlike =
        measured.note(&args.model, file, &manifest.recipe.split.by, stored.model.nonconformity.as_ref());
    if args.json {
        let json = serde_json::json!({
            "model": args.model,
            "file": test.path,
            "rows": test.which,
            "n_rows": test.rows.len(),
            "look": looks.number,
            "other_models": looks.other_models,
            "rows_looked_at_before": looks.n_before,
            "looks_that_cannot_be_compared": looks.n_unknown,
            "note": test.note(&manifest.recipe.split.by),
            "scores": scores,
            "regions": measured,
            "regions_note": unlike,
        });
        writeln!(console.out, "{json}")?;
    } else {
        let note = test.note(&manifest.recipe.split.by);
        write!(console.out, "{}", text(&test, &scores, &regions_text(&measured, unlike), note, &looks))?;
    }
    Ok(())
}

/// Reads the file and finds the rows that may be scored.
fn test_rows(args: &EvaluateArgs, stored: &Stored, n_threads: usize) -> Result<TestRows, Failure> {
    let manifest = &stored.model.manifest;
    // The training file is read as it was for training: the flags are for files that the model does not know.
    let (path, options) = match &args.file {
        Some(file) if !stored.is_source(file) => (file.clone(), stored.options(&args.reading, n_threads)),
        Some(file) => (file.clone(), stored.own_options(n_threads)),
        None => (training_file(stored, &args.model)?, stored.own_options(n_threads)),
    };
    let table = read_csv(&path, &options)?;
    // As they are written: all groups that the model does not know would be one level.
    let groups = row_groups(&manifest.recipe.split.by, &table);
    let hashed = Hashed::new(&table, manifest, column_sets(&args.model));
    let table = fitting(table, manifest).map_err(|error| named(error, &path))?;
    let fingerprint = fingerprint(&table);
    let is_training_file = fingerprint == manifest.source.fingerprint;
    if args.file.is_none() && !is_training_file {
        return Err(Failure::new(format!(
            "`{}` has changed since the model was trained on it: bring the old file back, or name a file of rows \
             that the model has not seen",
            path.display()
        )));
    }
    let target = truth(&table, manifest)?;
    let (which, mut rows) = if is_training_file {
        (Which::Sealed, sealed(&table, manifest)?)
    } else {
        (Which::All, target.rows_with_target())
    };
    let with_target = target.rows_with_target();
    rows.retain(|row| with_target.binary_search(row).is_ok());
    if rows.is_empty() {
        return Err(no_rows(&path, which));
    }
    let overlap = match which {
        Which::Sealed => Overlap::Rows(0),
        Which::All => Overlap::find(stored, &table, &rows, n_threads),
    };
    let hashed = hashed.select(&rows);
    Ok(TestRows { path, fingerprint, which, table, groups, target, rows, overlap, hashed })
}

fn training_file(stored: &Stored, model: &Path) -> Result<PathBuf, Failure> {
    let sources = stored.sources();
    if let Some(path) = sources.iter().find(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let path = sources.first().map(|path| path.display().to_string()).unwrap_or_default();
    let model = super::summary::quoted(model);
    Err(Failure::new(format!(
        "the training file `{path}` is not there: name it, or another file, as in `kitae evaluate {model} FILE`"
    )))
}

/// A file with all columns may be the training file; one that lacks columns that the model is not fed
/// with may still be scored.
fn fitting(table: Table, manifest: &Manifest) -> Result<Table, DataError> {
    let has = |name: &str| table.column(name).is_some();
    let unused = unused(&manifest.schema, &manifest.layout);
    let may_lack = |name: &String| *name != manifest.target && unused.contains(name);
    let columns =
        manifest.schema.columns.iter().filter(|column| has(&column.name) || !may_lack(&column.name));
    Schema { columns: columns.cloned().collect() }.apply(table)
}

fn truth(table: &Table, manifest: &Manifest) -> Result<Target, Failure> {
    let column = table.column(&manifest.target).ok_or_else(|| {
        Failure::new(format!("the file has no target column `{}`, so nothing can be scored", manifest.target))
    })?;
    let target = if manifest.class_names.is_empty() {
        Target::from_known_values(column)
    } else {
        Target::from_known_classes(column, &manifest.class_names)
    };
    target.map_err(|error| Failure::new(error.to_string()))
}

fn sealed(table: &Table, manifest: &Manifest) -> Result<Vec<u32>, Failure> {
    Ok(manifest.seal.parts(table, &manifest.schema, &manifest.target)?.1)
}

fn no_rows(path: &Path, which: Which) -> Failure {
    let path = path.display();
    Failure::new(match which {
        Which::Sealed => format!(
            "`{path}` is the training file and none of its rows are sealed; name a file of other rows, or train with \
             `--test-size 0.2`"
        ),
        Which::All => format!("`{path}` has no row with a target"),
    })
}

fn answers(
    predictor: &Predictor,
    measuring: &Measuring,
    test: &TestRows,
    machine: &Machine,
) -> Result<(Answers, Option<Regions>), Failure> {
    let threads = threads(machine.n_threads)?;
    let (mut values, mut n_columns) = (Vec::new(), 1);
    let mut all: Option<Regions> = None;
    for rows in test.rows.chunks(CHUNK_ROWS) {
        let table = test.table.select(rows);
        let (answers, regions) = threads.install(|| measuring.answers(predictor, &table))?;
        n_columns = answers.n_columns;
        values.extend(answers.values);
        match (&mut all, regions) {
            (Some(all), Some(regions)) => all.extend(regions),
            (_, regions) => all = regions,
        }
    }
    Ok((Answers { values, n_columns }, all))
}

/// The heading metric first.
fn scores(manifest: &Manifest, truth: &Truth, answers: &Answers, groups: Option<&[u32]>) -> Vec<Score> {
    let metrics = all_metrics(truth, answers, manifest.scores.metric);
    let score = |(metric, whole): (&Metric, Option<(f64, Option<Interval>)>)| {
        let (value, interval) = whole?;
        Some(Score { metric: *metric, value, interval })
    };
    let whole = whole_scores(truth, answers, &metrics, manifest.recipe.seed, groups);
    metrics.iter().zip(whole).filter_map(score).collect()
}

fn regions_text(measured: &Measured, note: Option<String>) -> String {
    measured.text() + &note.map(|note| format!("{note}\n")).unwrap_or_default()
}

fn text(test: &TestRows, scores: &[Score], regions: &str, note: Option<String>, looks: &Looks) -> String {
    let (rows, path) = (show::count(test.rows.len(), "row"), test.path.display());
    let mut lines = vec![["metric", "value", "95 % interval"].map(str::to_owned).to_vec()];
    lines.extend(scores.iter().map(|score| {
        vec![score.metric.to_string(), show::number(score.value), show::interval(score.interval)]
    }));
    let which = match test.which {
        Which::Sealed => format!("{rows} of `{path}` that were sealed"),
        Which::All if test.rows.len() == 1 => format!("the one row of `{path}`"),
        Which::All => format!("all {rows} of `{path}`"),
    };
    let note = note.map(|note| format!("{note}\n")).unwrap_or_default();
    format!("Scores on {which}\n{}{regions}{note}{}\n", show::table(&lines), looks.text())
}
