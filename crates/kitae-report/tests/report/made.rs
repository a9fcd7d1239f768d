//! A small model of three kinds of flowers.

use kitae_eval::Score;
use kitae_train::Event;
use kitae_train::model::Manifest;
use kitae_train::observer::LaneEnd;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Two folds, 72 open rows, classes `iris`, `rose, wild` and `tulip`.
pub(crate) fn manifest() -> Result<Manifest> {
    let text = include_str!("../fixtures/classes.json");
    Ok(serde_json::from_str(text)?)
}

/// A record of two networks of three epochs.
pub(crate) fn events() -> Vec<Event> {
    let mut events = vec![Event::RunStarted { n_lanes: 2, n_epochs: 3, packs: vec![vec![0, 1]] }];
    for lane in 0..2 {
        events.push(Event::LaneStarted {
            lane,
            after_epoch: 0,
            n_train: 30,
            n_validation: 6,
            n_held_out: 36,
        });
        for epoch in 1..=3 {
            let loss = Some(1.0 / epoch as f64);
            let (validation_loss, validation_score) = (loss, loss.map(|loss| -loss));
            let (learning_rate, seconds) = (0.01, epoch as f64);
            events.push(Event::EpochEnded {
                lane,
                epoch,
                loss,
                validation_loss,
                validation_score: validation_score.map(Score),
                learning_rate,
                seconds,
            });
        }
        events.push(Event::LaneEnded { lane, kept_epoch: 2, n_epochs: 3, reason: LaneEnd::Planned });
    }
    events.push(Event::RunEnded { seconds: 3.5 });
    events
}
