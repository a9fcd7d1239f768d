//! A model that a program saved by the crate `kitae` is one of the command line, and the other way round.

use std::collections::BTreeSet;
use std::time::UNIX_EPOCH;

use kitae::{EvaluateConfig, Model, Preset, Trainer, read_csv};

use crate::common::{QUICK, Workplace, flowers, train};

/// What [`QUICK`] says, in the words of a recipe.
const QUICK_RECIPE: &str =
    "training.epochs = 5\nnetwork.hidden = [8]\nsplit.scheme = { kind = 'k_fold', n_folds = 2 }";

fn saved() -> Workplace {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    let table = read_csv(workplace.path("flowers.csv")).unwrap();
    let trainer = Trainer::new("kind").preset(Preset::Fast).with(QUICK_RECIPE).unwrap();
    trainer.train(&table).unwrap().save(workplace.path("model")).unwrap();
    workplace
}

fn files(workplace: &Workplace, folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(workplace.path(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_folder_of_a_program_is_that_of_the_command_line() {
    let workplace = saved();
    workplace.kitae(&format!("train flowers.csv --target kind --out other {QUICK} --quiet")).ok();
    let mut other = files(&workplace, "other");
    // Where the file was, from the root: a library does not ask in which folder it runs.
    assert!(other.remove("run.json"));
    assert_eq!(files(&workplace, "model"), other);
    for file in ["weights.safetensors", "nonconformity.safetensors", "out_of_fold.csv", "sealed.rows"] {
        let bytes = |folder: &str| std::fs::read(workplace.path(folder).join(file)).unwrap();
        assert!(bytes("model") == bytes("other"), "{file}");
    }
    let lines = |folder: &str, event: &str| {
        let record = workplace.read(&format!("{folder}/record.jsonl"));
        record.lines().filter(|line| line.contains(&format!("\"event\":\"{event}\""))).count()
    };
    for event in ["run_started", "lane_started", "epoch_ended", "probed", "lane_ended"] {
        assert!(lines("model", event) > 0, "{event}");
        assert_eq!(lines("model", event), lines("other", event), "{event}");
    }
}

#[test]
fn the_command_line_works_on_the_folder_of_a_program() {
    let workplace = saved();
    let predictions = workplace.kitae("predict model flowers.csv").ok();
    assert_eq!(predictions.lines().count(), 91);
    let model = Model::load(workplace.path("model")).unwrap();
    let table = read_csv(workplace.path("flowers.csv")).unwrap();
    assert_eq!(model.predict(&table).unwrap().to_csv().unwrap(), predictions.into_bytes());
    assert!(workplace.read("model/report.html").contains("Learning curves"));
    workplace.kitae("report model --importance --permutations 1 --device flex").ok();
    assert!(workplace.read("model/report.html").contains("Permutation importance"));
    let diagnosis = workplace.kitae("diagnose model --quick").ok();
    assert!(!diagnosis.contains("not checked") && !diagnosis.contains("note: "), "{diagnosis}");
    assert!(workplace.path("model/diagnosis.json").exists());
    assert!(workplace.kitae("evaluate model").ok().contains("first recorded look"));
    assert!(workplace.kitae("train --of model --out again --quiet").ok().contains("log_loss"));
}

#[test]
fn looks_are_counted_by_whichever_road() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    train(&workplace, "--quiet").ok();
    let line = workplace.kitae("evaluate model").ok();
    let model = Model::load(workplace.path("model")).unwrap();
    let table = read_csv(workplace.path("flowers.csv")).unwrap();
    let config = EvaluateConfig::at(UNIX_EPOCH);
    let evaluation = model.evaluate_sealed(&table, &config).unwrap();
    assert_eq!(evaluation.looks.as_ref().unwrap().number, 2);
    // But for the looks and the name of the file, the same is said.
    let scores =
        |text: &str| text.lines().skip(1).take_while(|line| !line.contains("look")).collect::<String>();
    assert_eq!(scores(&evaluation.to_string()), scores(&line));
    // A copy knows of the looks.
    model.save(workplace.path("copy")).unwrap();
    std::fs::remove_dir_all(workplace.path("model")).unwrap();
    assert!(workplace.kitae("evaluate copy").ok().contains("whose look number 3 at such rows this is"));
}
