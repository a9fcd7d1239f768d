//! Every lever has a flag that writes its key, and bad values end in one clear error.

use crate::common::{QUICK, Workplace, at, flowers};

/// Flag, the key it writes, and the value at that key afterwards.
const FLAGS: &[(&str, &str, &str)] = &[
    ("--seed 7", "seed", "7"),
    ("--metric auc", "metric", "\"auc\""),
    ("--metric auc", "validation_metric", "\"auc\""),
    ("--validation-metric brier", "validation_metric", "\"brier\""),
    ("--objective cross_entropy", "objective.kind", "\"cross_entropy\""),
    ("--target-scale standard", "target_scale", "\"standard\""),
    ("--label-smoothing 0.1", "objective.label_smoothing", "0.1"),
    ("--calibration none", "calibration", "\"none\""),
    ("--blend none", "blend", "\"none\""),
    ("--class-weights 1,2,3", "objective.class_weights", "[1.0,2.0,3.0]"),
    ("--folds 3", "split.scheme.n_folds", "3"),
    ("--repeats 2", "split.scheme.n_repeats", "2"),
    ("--hold-out 0.3", "split.scheme.held_out_share", "0.3"),
    ("--by-group colour", "seal.by.column", "\"colour\""),
    ("--by-time width", "seal.by.kind", "\"time\""),
    ("--random-split", "seal.by.kind", "\"random\""),
    ("--validation-share 0.25", "split.validation_share", "0.25"),
    ("--numeric-transform standardise", "preprocess.numeric", "\"standardise\""),
    ("--missing-indicator", "preprocess.missing_numbers", "\"median_and_indicator\""),
    ("--no-missing-indicator", "preprocess.missing_numbers", "\"median\""),
    ("--one-hot-max-levels 2", "preprocess.one_hot_max_levels", "2"),
    ("--min-level-rows 3", "preprocess.min_level_rows", "3"),
    ("--unseen refuse", "preprocess.unseen", "\"refuse\""),
    ("--hidden 5,4", "network.hidden", "[5,4]"),
    ("--activation tanh", "network.activation", "\"tanh\""),
    ("--learned-slope", "network.slope", "\"learned\""),
    ("--fixed-slope", "network.slope", "\"fixed\""),
    ("--normalisation layer", "network.normalisation", "\"layer\""),
    ("--residual", "network.skip", "\"residual\""),
    ("--initialiser he_normal", "network.initialiser", "\"he_normal\""),
    ("--parametrisation standard", "network.parametrisation", "\"standard\""),
    ("--dropout 0.3", "network.dropout", "0.3"),
    ("--embedding-width 3", "network.d_embedding", "3"),
    ("--number-embedding none", "network.number_embedding.kind", "\"none\""),
    ("--number-embedding periodic:sigma=0.5", "network.number_embedding.sigma", "0.5"),
    ("--number-embedding piecewise-linear", "network.number_embedding.kind", "\"piecewise_linear\""),
    ("--number-embedding piecewise-linear:n_bins=16", "network.number_embedding.n_bins", "16"),
    ("--input-scale none", "network.input_scale", "\"none\""),
    ("--ensemble tabm-mini:n_members=3", "network.ensemble.n_members", "3"),
    ("--ensemble tabm", "network.ensemble.n_members", "32"),
    ("--ensemble none", "network.ensemble.kind", "\"none\""),
    ("--optimiser sgd:momentum=0.5", "optimiser.momentum", "0.5"),
    ("--learning-rate 0.01", "training.learning_rate", "0.01"),
    ("--schedule cosine:floor=0.1", "training.schedule.shape.floor", "0.1"),
    ("--warm-up 1", "training.schedule.warm_up_epochs", "1.0"),
    ("--plateau-patience 3", "training.plateau.patience", "3"),
    ("--plateau-patience 3 --plateau-factor 0.2", "training.plateau.factor", "0.2"),
    ("--clip-value 2", "training.clip.value", "2.0"),
    ("--clip-norm 2", "training.clip.kind", "\"global_norm\""),
    ("--batch 16", "training.feeding.rows", "16"),
    ("--batch full", "training.feeding.kind", "\"full\""),
    ("--batch online", "training.feeding.kind", "\"online\""),
    ("--batch auto", "training.feeding.rows", "64"),
    ("--epochs 2", "training.epochs", "2"),
    ("--keep last", "training.keep", "\"last\""),
    ("--averaging ema:decay=0.9", "training.averaging.decay", "0.9"),
    ("--averaging swa", "training.averaging.from", "0.75"),
    ("--stopping never", "stopping.kind", "\"never\""),
    ("--stopping early:patience=7", "stopping.patience", "7"),
    ("--patience 4", "stopping.patience", "4"),
    ("--min-delta 0.01", "stopping.min_delta", "0.01"),
    ("--members 2", "training.members", "2"),
    ("--weight-column width", "training.weight_column", "\"width\""),
    ("--weight-decay 0.1", "training.weight_decay", "0.1"),
    ("--l1 0.1", "training.l1", "0.1"),
    ("--l2 0.1", "training.l2", "0.1"),
    ("--max-norm 3", "training.max_norm", "3.0"),
    ("--mixing mixup:alpha=0.4", "training.mixing.alpha", "0.4"),
    ("--mixing cutmix", "training.mixing.kind", "\"cut_mix\""),
    ("--mixing cutout:share=0.5", "training.mixing.share", "0.5"),
    ("--set network.activation=relu", "network.activation", "\"relu\""),
    ("--recipe recipe.toml", "training.weight_decay", "0.125"),
];

#[test]
fn every_lever_flag_changes_the_stored_recipe_and_is_in_the_help() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(60));
    workplace.write("recipe.toml", "[training]\nweight_decay = 0.125\n");
    let help = workplace.kitae("train --help").ok();
    for (flag, key, expected) in FLAGS {
        let name = flag.split_whitespace().next().unwrap();
        assert!(help.contains(name), "{name}");
        let small = [("--hidden", "4"), ("--epochs", "1"), ("--folds", "2"), ("--preset", "fast")];
        let rest: Vec<String> = small
            .iter()
            .filter(|(name, _)| !(flag.contains(name) || flag.contains("--hold-out") && *name == "--folds"))
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        let line = format!(
            "train flowers.csv --target kind --out model --overwrite --quiet --threads 1 {flag} {}",
            rest.join(" ")
        );
        workplace.kitae(&line).ok();
        let manifest = &workplace.json("model/model.json")["manifest"];
        // What splits respect is no part of the recipe: the seal has it.
        let place = if key.starts_with("seal.") { manifest } else { &manifest["recipe"] };
        assert_eq!(at(place, key).to_string(), *expected, "{flag}");
    }
}

#[test]
fn a_column_of_weights_is_no_feature_and_new_rows_need_none() {
    let workplace = Workplace::new();
    workplace.write("flowers.csv", &flowers(90));
    let quick = format!("--target kind --out m {QUICK} --overwrite --quiet");
    workplace.kitae(&format!("train flowers.csv {quick} --weight-column width")).ok();
    workplace.write("new.csv", "length,colour\n0.5,red\n1.5,blue\n");
    assert_eq!(workplace.kitae("predict m new.csv").ok().lines().count(), 3);
    workplace.kitae("evaluate m").ok();
    let error = workplace.kitae(&format!("train flowers.csv {quick} --weight-column height")).fails(1);
    assert!(error.contains("height"), "{error}");
    let error = workplace.kitae(&format!("train flowers.csv {quick} --weight-column colour")).fails(1);
    assert!(error.contains("each cell of `colour`"), "{error}");
}

/// There is no checkpoint to blame.
#[test]
fn numbers_that_no_network_can_begin_with_are_named_as_the_cause() {
    let workplace = Workplace::new();
    let rows: Vec<String> = (0..60).map(|i| format!("{}e300,{i}.5", i * i)).collect();
    workplace.write("huge.csv", &format!("x,y\n{}\n", rows.join("\n")));
    let train = "train huge.csv --target y --epochs 1 --out m --set preprocess.numeric='none'";
    let outcome = workplace.kitae(train);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.err.contains("the networks cannot begin"), "{}", outcome.err);
    assert!(outcome.err.contains("preprocess.numeric"), "{}", outcome.err);
}
