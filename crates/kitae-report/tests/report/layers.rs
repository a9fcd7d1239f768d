//! Layers over epochs, where the record has looks inside.

use kitae_report::Contents;
use kitae_train::Event;
use kitae_train::observer::{LayerProbe, Probe};

use crate::{charts, made, page, xml};

fn layer(gradient: f64, dead: f64) -> LayerProbe {
    LayerProbe {
        gradient,
        weight: 1.0,
        change: Some(0.25),
        mean: 0.0,
        spread: 1.0,
        shift: Some(0.5),
        dead,
        flat: dead,
    }
}

fn look(lane: usize, epoch: usize, layers: Vec<LayerProbe>) -> Event {
    Event::Probed {
        lane,
        epoch,
        probe: Probe { layers, loss: Some(0.5), loss_spread: None, gradient_noise: Some(32.0) },
    }
}

#[test]
fn the_median_of_each_layer_is_drawn_over_epochs() {
    let manifest = made::manifest().unwrap();
    let mut contents = Contents::new("model", &manifest);
    let mut events = made::events();
    // Gradients of the first layer: 0.5, 2, 8 after epoch 1, of which 2 is the median; 0.25 after epoch 8.
    for (lane, gradient) in [0.5, 2.0, 8.0].into_iter().enumerate() {
        events.push(look(lane, 1, vec![layer(gradient, 0.0), layer(0.5, 0.0)]));
        events.push(look(lane, 8, vec![layer(0.25, 0.125), layer(0.5, 0.0)]));
    }
    contents.events = Ok(events);
    let html = page(&contents);
    xml::check(&html);
    let parts = [
        "Layers during training",
        "after some epochs (1, 8)",
        "the median over 3 networks",
        "layer 1: 2.000 after epoch 1, 0.2500 after epoch 8.",
        "the first layer's gradient had 0.5000 times the size of the output's",
        "The most dead units had layer 1: 12.5 %.",
        "was about 32 rows",
    ];
    for part in parts {
        let part = part.replace('\'', "&#39;");
        assert!(html.contains(&part), "{part}");
    }
    let charts = charts(&contents);
    let dead = charts.iter().find(|chart| chart.name == "layers-dead").unwrap();
    // The output has no activation.
    assert!(dead.marks.contains("layer 1") && !dead.marks.contains("output"));
    for chart in &charts {
        xml::check(&chart.standalone());
        assert!(!chart.marks.contains("NaN") && !chart.marks.contains("inf"), "{}", chart.name);
    }
}

#[test]
fn a_record_without_looks_has_no_such_part() {
    let manifest = made::manifest().unwrap();
    let mut contents = Contents::new("model", &manifest);
    contents.events = Ok(made::events());
    assert!(!page(&contents).contains("Layers during training"));
    contents.events = Ok(vec![look(0, 1, Vec::new())]);
    assert!(!page(&contents).contains("Layers during training"));
}

#[test]
fn numbers_that_are_nothing_or_no_numbers_and_deep_networks_make_a_page() {
    let manifest = made::manifest().unwrap();
    let mut contents = Contents::new("model", &manifest);
    let odd = |value: f64| LayerProbe { change: None, shift: Some(value), ..layer(value, value) };
    let odd = |value: f64| (0..40).map(|_| odd(value)).collect::<Vec<_>>();
    contents.events = Ok([0.0, f64::NAN, f64::INFINITY, 1e300]
        .into_iter()
        .enumerate()
        .map(|(at, value)| look(0, at + 1, odd(value)))
        .collect());
    let html = page(&contents);
    xml::check(&html);
    assert!(html.len() < 1_000_000);
    for chart in charts(&contents) {
        assert!(!chart.marks.contains("NaN") && !chart.marks.contains("inf"), "{}", chart.name);
    }
    contents.events = Ok(vec![look(0, 1, odd(0.0))]);
    xml::check(&page(&contents));
    // One layer, which is the output.
    contents.events = Ok(vec![look(3, 5, vec![layer(0.5, 0.0)])]);
    xml::check(&page(&contents));
}

/// Of forty layers all are drawn, and one without a gradient lies on the edge.
#[test]
fn no_layer_is_left_out_of_a_picture() {
    let manifest = made::manifest().unwrap();
    let mut contents = Contents::new("model", &manifest);
    let layers = || (0..40).map(|at| layer(if at == 0 { 0.0 } else { 0.5 }, 0.25)).collect();
    contents.events = Ok(vec![look(0, 1, layers()), look(0, 8, layers())]);
    let charts = charts(&contents);
    let lines = |name: &str| {
        let chart = charts.iter().find(|chart| chart.name == name).expect("it is drawn");
        (chart.marks.matches("class=\"deep\"").count(), chart.marks.contains("layer 1<"))
    };
    assert_eq!([lines("layers-gradient"), lines("layers-change")], [(40, true); 2]);
    // The output has no activation.
    assert_eq!(lines("layers-dead"), (39, true));
}
