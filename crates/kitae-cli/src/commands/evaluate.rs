//! `kitae evaluate`: scores on rows that had no part in the training.

mod looks;

use std::path::{Path, PathBuf};

use kitae_data::error::DataError;
use kitae_data::finding::Finding;
use kitae_data::names::Renamed;
use kitae_data::profile::Comparison;
use kitae_data::read::read_csv_like;
use kitae_data::schema::Schema;
use kitae_data::table::Table;
use kitae_data::target::Target;
use kitae_eval::Metric;
use kitae_eval::intervals::Interval;
use kitae_train::Predictor;
use kitae_train::engine::Predictions;
use kitae_train::looks::Which;
use kitae_train::model::Manifest;
use kitae_train::prepare::Targets;
use kitae_train::problem::is_other_class;
use kitae_train::recipe::SplitBy;
use kitae_train::regions::Regions;
use kitae_train::roles::row_groups;
use kitae_train::scores::{all_metrics, whole_scores};
use serde::Serialize;

use self::looks::{Hashed, Looks, column_sets};
use super::coverage::{Measured, Measuring};
use super::overlap::Overlap;
use super::{StoredRun, threads};
use crate::Console;
use crate::args::EvaluateArgs;
use crate::device::Machine;
use crate::failure::Failure;
use crate::folder::PIPED;
use crate::rows::{fingerprint, named};
use crate::show;

/// Rows that are predicted at once.
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
    /// How rows of a file that the model does not know are unlike those of training.
    findings: Vec<Finding>,
}

impl TestRows {
    /// What a reader of the scores should know.
    fn note(&self, by: &SplitBy) -> Option<String> {
        let groups = match by {
            SplitBy::Group { column } if self.groups.is_none() => Some(format!(
                "The file has no column `{column}`, so its groups are unknown: if groups repeat, the \
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
    /// The class that is found or missed, for a metric that looks at one class only.
    #[serde(skip_serializing_if = "Option::is_none")]
    positive: Option<String>,
    value: f64,
    interval: Option<Interval>,
}

pub(super) fn evaluate(args: &EvaluateArgs, console: &mut Console) -> Result<(), Failure> {
    let machine = args.device.open()?;
    let stored = StoredRun::load(&args.model)?;
    let test = test_rows(args, &stored, machine.n_threads)?;
    let predictor = stored.model.predictor(&machine.device, machine.packing)?;
    let measuring = Measuring::new(&predictor, args.interval)?;
    let (predictions, regions) = predictions(&predictor, &measuring, &test, &machine)?;
    let (manifest, targets) = (&stored.model.manifest, Targets::of(&test.target, &test.rows));
    let of_row = |groups: &Vec<u32>| test.rows.iter().map(|row| groups[*row as usize]).collect();
    let groups: Option<Vec<u32>> = test.groups.as_ref().map(of_row);
    let measured = measuring.measured(regions, &targets, groups.as_deref());
    let positive = args.positive.as_deref().or(manifest.model.positive());
    let scores =
        scores(manifest, as_asked(manifest, (targets, predictions), positive)?, positive, groups.as_deref());
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
    let unlike = measured.note(
        &args.model,
        file,
        &manifest.recipe.split.by,
        stored.model.fitted.nonconformity.as_ref(),
    );
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
            "findings": test.findings,
        });
        writeln!(console.out, "{json}")?;
    } else {
        write!(console.err, "{}", show::findings(&test.findings))?;
        let note = test.note(&manifest.recipe.split.by);
        write!(console.out, "{}", text(&test, &scores, &regions_text(&measured, unlike), note, &looks))?;
    }
    Ok(())
}

/// Reads the file and finds the rows that may be scored.
fn test_rows(args: &EvaluateArgs, stored: &StoredRun, n_threads: usize) -> Result<TestRows, Failure> {
    let manifest = &stored.model.manifest;
    // The training file is read as it was for training: the flags are for files that the model does not know.
    let (path, options) = match &args.file {
        Some(file) if !stored.is_source(file) => (file.clone(), stored.options(&args.reading, n_threads)),
        Some(file) => (file.clone(), stored.own_options(n_threads)),
        None => (training_file(stored, &args.model)?, stored.own_options(n_threads)),
    };
    let mut table = read_csv_like(&path, &manifest.model.schema, &options)?;
    let renamed = manifest.model.schema.rename_alike(&mut table);
    // As they are written: all groups that the model does not know would be one level.
    let groups = row_groups(&manifest.recipe.split.by, &table);
    let hashed = Hashed::new(&table, manifest, column_sets(&args.model));
    let table = fitting(table, manifest).map_err(|error| named(error, &path))?;
    let fingerprint = fingerprint(&table);
    let is_training_file = fingerprint == manifest.model.source.fingerprint;
    if args.file.is_none() && !is_training_file {
        return Err(Failure::new(format!(
            "`{}` has changed since the model was trained on it: bring the old file back, or name a file of rows \
             that the model has not seen",
            path.display()
        )));
    }
    let target = targets(&table, manifest)?;
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
    let findings = match which {
        Which::Sealed => Vec::new(),
        Which::All => unlike_training(manifest, &table, &renamed),
    };
    let hashed = hashed.select(&rows);
    Ok(TestRows { path, fingerprint, which, table, groups, target, rows, overlap, hashed, findings })
}

fn unlike_training(manifest: &Manifest, table: &Table, renamed: &[Renamed]) -> Vec<Finding> {
    let mut comparison = Comparison::new(&manifest.model.profile, &manifest.model.schema);
    comparison.add(table);
    comparison.add_renamed(renamed);
    comparison.findings()
}

fn training_file(stored: &StoredRun, model: &Path) -> Result<PathBuf, Failure> {
    let sources = stored.sources();
    if let Some(path) = sources.iter().find(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let path = sources.first().map(|path| path.display().to_string()).unwrap_or_default();
    let model = super::summary::quoted(model);
    if path == PIPED {
        return Err(Failure::new(format!(
            "the training rows were piped in: pipe them in again, as in `… | kitae evaluate {model} -`, or name a file"
        )));
    }
    Err(Failure::new(format!(
        "the training file `{path}` is not there: name it, or another file, as in `kitae evaluate {model} FILE`"
    )))
}

/// A file with all columns may be the training file; one that lacks columns that the model is not fed
/// with may still be scored.
fn fitting(table: Table, manifest: &Manifest) -> Result<Table, DataError> {
    let has = |name: &str| table.column(name).is_some();
    let unused = manifest.model.unused_columns();
    let may_lack = |name: &String| *name != manifest.model.target && unused.contains(name);
    let columns =
        manifest.model.schema.columns.iter().filter(|column| has(&column.name) || !may_lack(&column.name));
    Schema { columns: columns.cloned().collect() }.apply(table)
}

fn targets(table: &Table, manifest: &Manifest) -> Result<Target, Failure> {
    let column = table.column(&manifest.model.target).ok_or_else(|| {
        Failure::new(format!(
            "the file has no target column `{}`, so nothing can be scored",
            manifest.model.target
        ))
    })?;
    let target = if manifest.model.class_names.is_empty() {
        Target::from_known_values(column)
    } else {
        Target::from_known_classes(column, &manifest.model.class_names)
    };
    target.map_err(|error| Failure::new(error.to_string()))
}

fn sealed(table: &Table, manifest: &Manifest) -> Result<Vec<u32>, Failure> {
    Ok(manifest.seal.parts(table, &manifest.model.schema, &manifest.model.target)?.1)
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

fn predictions(
    predictor: &Predictor,
    measuring: &Measuring,
    test: &TestRows,
    machine: &Machine,
) -> Result<(Predictions, Option<Regions>), Failure> {
    let threads = threads(machine.n_threads)?;
    let (mut values, mut n_columns) = (Vec::new(), 1);
    let mut all: Option<Regions> = None;
    for rows in test.rows.chunks(CHUNK_ROWS) {
        let table = test.table.select(rows);
        let (predictions, regions) = threads.install(|| measuring.predictions(predictor, &table))?;
        n_columns = predictions.n_columns;
        values.extend(predictions.values);
        match (&mut all, regions) {
            (Some(all), Some(regions)) => all.extend(regions),
            (_, regions) => all = regions,
        }
    }
    Ok((Predictions { values, n_columns }, all))
}

/// Targets and predictions with the positive class second, as metrics take it.
fn as_asked(
    manifest: &Manifest,
    (targets, mut predictions): (Targets, Predictions),
    positive: Option<&str>,
) -> Result<(Targets, Predictions), Failure> {
    let Some(class) = positive else { return Ok((targets, predictions)) };
    let exchanged = is_other_class(class, &manifest.model.class_names, &manifest.model.target)?;
    Ok(match targets {
        Targets::Classes(codes) if exchanged => {
            predictions.values.chunks_exact_mut(2).for_each(|row| row.swap(0, 1));
            (Targets::Classes(codes.into_iter().map(|code| 1 - code).collect()), predictions)
        }
        targets => (targets, predictions),
    })
}

/// The heading metric first.
fn scores(
    manifest: &Manifest,
    (targets, predictions): (Targets, Predictions),
    positive: Option<&str>,
    groups: Option<&[u32]>,
) -> Vec<Score> {
    let (targets, predictions) = (&targets, &predictions);
    let metrics = all_metrics(targets, predictions, manifest.scores.metric);
    let score = |(metric, whole): (&Metric, Option<(f64, Option<Interval>)>)| {
        let (value, interval) = whole?;
        let positive = positive.filter(|_| metric.is_of_one_class()).map(str::to_owned);
        Some(Score { metric: *metric, positive, value, interval })
    };
    let whole = whole_scores(targets, predictions, &metrics, manifest.recipe.seed, groups);
    metrics.iter().zip(whole).filter_map(score).collect()
}

fn regions_text(measured: &Measured, note: Option<String>) -> String {
    measured.text() + &note.map(|note| format!("{note}\n")).unwrap_or_default()
}

fn text(test: &TestRows, scores: &[Score], regions: &str, note: Option<String>, looks: &Looks) -> String {
    let (rows, path) = (show::count(test.rows.len(), "row"), test.path.display());
    let mut lines = vec![["metric", "value", "95 % interval"].map(str::to_owned).to_vec()];
    lines.extend(scores.iter().map(|score| {
        let metric = score.metric.of_class(score.positive.as_deref());
        vec![metric, show::number(score.value), show::interval(score.interval)]
    }));
    let which = match test.which {
        Which::Sealed => format!("{rows} of `{path}` that were sealed"),
        Which::All if test.rows.len() == 1 => format!("the one row of `{path}`"),
        Which::All => format!("all {rows} of `{path}`"),
    };
    let note = note.map(|note| format!("{note}\n")).unwrap_or_default();
    format!("Scores on {which}\n{}{regions}{note}{}\n", show::table(&lines), looks.text())
}
