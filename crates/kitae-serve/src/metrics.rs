//! What is counted, in the text format of Prometheus.
//!
//! Four kinds of samples take fewer lines than a library would to be told of them, and those about columns
//! are made when they are asked for.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::served::Served;

/// Upper ends of the buckets of latencies, in seconds.
const BUCKETS: [f64; 15] =
    [2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Requests that were answered.
#[derive(Default)]
pub(crate) struct Requests {
    /// By route and status.
    latencies: Mutex<BTreeMap<String, BTreeMap<u16, Latencies>>>,
}

#[derive(Clone, Copy, Default)]
struct Latencies {
    /// Of each bucket alone, and last those beyond.
    counts: [u64; BUCKETS.len() + 1],
    seconds: f64,
}

impl Requests {
    pub(crate) fn add(&self, route: &str, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        if !latencies.contains_key(route) {
            latencies.insert(route.to_owned(), BTreeMap::new());
        }
        let Some(latencies) = latencies.get_mut(route) else { return };
        let latencies = latencies.entry(status).or_default();
        latencies.counts[BUCKETS.partition_point(|end| *end < seconds)] += 1;
        latencies.seconds += seconds;
    }

    /// All that is known of requests and of `models`.
    pub(crate) fn text<'a>(&self, models: impl Iterator<Item = &'a Served> + Clone) -> String {
        let mut text = Text::default();
        self.of_requests(&mut text);
        of_counts(&mut text, models.clone());
        of_drift(&mut text, models);
        text.0
    }

    fn of_requests(&self, text: &mut Text) {
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let all = || {
            latencies.iter().flat_map(|(route, of)| {
                of.iter().map(move |(status, of)| (route.as_str(), status.to_string(), of))
            })
        };
        text.family("kitae_requests_total", "counter", "Requests that were answered.");
        for (route, status, of) in all() {
            let n: u64 = of.counts.iter().sum();
            text.sample("kitae_requests_total", &[("route", route), ("status", &status)], n);
        }
        let name = "kitae_request_seconds";
        text.family(name, "histogram", "From the head of a request to its answer.");
        for (route, status, of) in all() {
            let mut sum = 0;
            let ends = BUCKETS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
            for (end, count) in ends.zip(of.counts) {
                sum += count;
                let labels = [("route", route), ("status", &status), ("le", &end)];
                text.sample(&format!("{name}_bucket"), &labels, sum);
            }
            let labels = [("route", route), ("status", status.as_str())];
            text.sample(&format!("{name}_sum"), &labels, of.seconds);
            text.sample(&format!("{name}_count"), &labels, sum);
        }
    }
}

fn of_counts<'a>(text: &mut Text, models: impl Iterator<Item = &'a Served>) {
    let counted: Vec<_> = models.map(|served| (served.name.as_str(), served.counts().clone())).collect();
    text.family("kitae_rows_total", "counter", "Rows that were answered.");
    for (name, counts) in &counted {
        text.sample("kitae_rows_total", &[("model", name)], counts.n_rows);
    }
    let families = [
        ("kitae_missing_cells_total", "Cells that were missing."),
        ("kitae_unseen_cells_total", "Cells of a category that was not there in training."),
    ];
    for (place, (family, help)) in families.into_iter().enumerate() {
        text.family(family, "counter", help);
        for (name, counts) in &counted {
            for (column, counts) in &counts.columns {
                text.sample(family, &[("model", name), ("column", column)], counts[place]);
            }
        }
    }
    text.family("kitae_reloads_total", "counter", "Times that another model was found in the folder.");
    for (name, counts) in &counted {
        for (outcome, n) in [("loaded", counts.n_loaded), ("failed", counts.n_failed)] {
            text.sample("kitae_reloads_total", &[("model", name), ("outcome", outcome)], n);
        }
    }
}

fn of_drift<'a>(text: &mut Text, models: impl Iterator<Item = &'a Served>) {
    let drift = |served: &'a Served| {
        let loaded = served.loaded();
        let window = loaded.window.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let manifest = &loaded.ready.model().manifest;
        (served.name.as_str(), window.drift(&manifest.profile, &manifest.schema))
    };
    let drifts: Vec<_> = models.map(drift).collect();
    text.family("kitae_drift_rows", "gauge", "The last rows, which the next two families are about.");
    for (name, drift) in &drifts {
        text.sample("kitae_drift_rows", &[("model", name)], drift.n_rows as u64);
    }
    let help = "Distance of a column from that of training, at least, from 0 to 1: of Kolmogorov and Smirnov for \
                numbers, total variation for categories.";
    text.family("kitae_drift_distance", "gauge", help);
    for (name, drift) in &drifts {
        for (column, distance) in &drift.distances {
            text.sample("kitae_drift_distance", &[("model", name), ("column", column)], *distance);
        }
    }
    text.family(
        "kitae_drift_findings",
        "gauge",
        "What of a column is unlike training, as `kitae predict` says it.",
    );
    for (name, drift) in &drifts {
        // A column may have several findings of a kind.
        let mut n_findings: BTreeMap<[String; 3], u64> = BTreeMap::new();
        for finding in &drift.findings {
            let column = finding.columns.first().cloned().unwrap_or_default();
            *n_findings.entry([column, word(&finding.what), word(&finding.severity)]).or_default() += 1;
        }
        for ([column, what, severity], n) in &n_findings {
            let labels = [("model", *name), ("column", column), ("what", what), ("severity", severity)];
            text.sample("kitae_drift_findings", &labels, n);
        }
    }
}

/// An enum as it is written in files.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Lines of the text format.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (place, (label, value)) in labels.iter().enumerate() {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            // A String can always be written to.
            let _ = write!(self.0, "{}{label}=\"{value}\"", if place == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "}} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_cumulative_and_labels_are_escaped() {
        let requests = Requests::default();
        for micros in [100, 250, 600, 20_000_000] {
            requests.add("/predict", 200, Duration::from_micros(micros));
        }
        let text = requests.text(std::iter::empty());
        let line = |end: &str, n: u64| {
            format!("kitae_request_seconds_bucket{{route=\"/predict\",status=\"200\",le=\"{end}\"}} {n}\n")
        };
        for (end, n) in [("0.00025", 2), ("0.0005", 2), ("0.001", 3), ("10", 3), ("+Inf", 4)] {
            assert!(text.contains(&line(end, n)), "{end}: {text}");
        }
        assert!(text.contains("kitae_requests_total{route=\"/predict\",status=\"200\"} 4\n"), "{text}");
        let mut text = Text::default();
        text.sample("x", &[("column", "a\"b\\c\nd")], 1);
        assert_eq!(text.0, "x{column=\"a\\\"b\\\\c\\nd\"} 1\n");
    }
}
