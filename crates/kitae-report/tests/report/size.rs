//! The page stays small whatever the size of the run.

use kitae_eval::Score;
use kitae_report::Contents;
use kitae_train::Event;
use kitae_train::observer::LaneEnd;

use crate::{classes, made, page, values, values_manifest, xml};

const MEGABYTE: usize = 1_000_000;

fn long_run(n_lanes: usize, n_epochs: usize) -> Vec<Event> {
    let mut events = vec![Event::RunStarted { n_lanes, n_epochs, packs: Vec::new() }];
    for lane in 0..n_lanes {
        for epoch in 1..=n_epochs {
            let noise = ((lane * 7919 + epoch * 104_729) % 1000) as f64 / 2000.0;
            let loss = Some(3.0 / (epoch as f64).sqrt() + noise);
            let validation_score = loss.map(|loss| -loss);
            events.push(Event::EpochEnded {
                lane,
                epoch,
                loss,
                // A gap at every other epoch is the worst case for the number of lines.
                validation_loss: loss.filter(|_| epoch % 2 == 0),
                validation_score: validation_score.map(Score),
                learning_rate: 0.1,
                seconds: 1.0,
            });
        }
        events.push(Event::LaneEnded { lane, kept_epoch: n_epochs / 2, n_epochs, reason: LaneEnd::Stopped });
    }
    events
}

#[track_caller]
fn check(contents: &Contents) {
    let html = page(contents);
    xml::check(&html);
    assert!(html.len() < MEGABYTE, "{} bytes", html.len());
}

#[test]
fn five_thousand_epochs_of_twenty_networks_and_many_rows() {
    let mut manifest = values_manifest();
    manifest.recipe.split.scheme = kitae_train::recipe::Scheme::KFold { n_folds: 20, n_repeats: 1 };
    let mut contents = Contents::new("models/large", &manifest);
    contents.events = Ok(long_run(20, 5000));
    contents.scored = Ok(values(200_000));
    check(&contents);
}

#[test]
fn hundreds_of_networks_classes_and_columns() {
    let mut manifest = made::manifest().unwrap();
    manifest.model.class_names = (0..300).map(|class| format!("class {class} {}", "<".repeat(50))).collect();
    let (input, column) = (manifest.model.layout.inputs[0].clone(), manifest.model.schema.columns[0].clone());
    manifest.model.layout.inputs = vec![input; 5000];
    manifest.model.schema.columns = vec![column; 5000];
    let mut contents = Contents::new("models/wide", &manifest);
    contents.events = Ok(long_run(400, 60));
    contents.scored = Ok(classes(20_000, 300));
    check(&contents);
    manifest.model.class_names.truncate(12);
    let mut contents = Contents::new("models/twelve", &manifest);
    contents.scored = Ok(classes(100_000, 12));
    check(&contents);
}
