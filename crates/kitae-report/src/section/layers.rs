//! What went on layer by layer while the networks were trained, from the looks inside them.

use std::collections::BTreeMap;

use kitae_eval::baseline::median;
use kitae_train::Event;
use kitae_train::observer::{LayerProbe, Probe};

use crate::Contents;
use crate::chart::Spacing::{Linear, Log};
use crate::chart::{Axis, Chart, Frame, Point, Spacing, extent, series, span};
use crate::document::{Block, Section, Table};
use crate::words::{count, listed, number, or_dash, percent};

const HEIGHT: f64 = 240.0;
/// Room for the names of layers.
const ROOM: f64 = 48.0;

/// The looks of all networks, by epoch.
struct Looks<'a> {
    by_epoch: BTreeMap<usize, Vec<&'a Probe>>,
    n_networks: usize,
    /// Hidden layers and the output.
    n_layers: usize,
}

/// A number that a look tells of a layer.
type Reading = fn(&LayerProbe) -> Option<f64>;

/// None if the record has no look inside.
pub(super) fn section(contents: &Contents) -> Option<Section> {
    let looks = Looks::of(contents.events.as_ref().ok()?)?;
    let mut blocks = vec![Block::Text(what_is_seen(&looks)), Block::Charts(charts(&looks))];
    blocks.push(Block::Text(what_it_says(contents, &looks)));
    blocks.push(Block::Details {
        summary: "The last probe as a table".into(),
        blocks: vec![Block::Table(last_look(&looks)), Block::Text(legend_of_table())],
    });
    Some(Section::new("layers", "Layers during training", blocks))
}

impl<'a> Looks<'a> {
    fn of(events: &'a [Event]) -> Option<Self> {
        let mut by_epoch: BTreeMap<usize, Vec<&Probe>> = BTreeMap::new();
        let mut lanes = Vec::new();
        for event in events {
            if let Event::Probed { lane, epoch, probe } = event {
                by_epoch.entry(*epoch).or_default().push(probe);
                lanes.push(*lane);
            }
        }
        lanes.sort_unstable();
        lanes.dedup();
        let n_layers = by_epoch.values().flatten().map(|probe| probe.layers.len()).max()?;
        (n_layers > 0).then_some(Self { by_epoch, n_networks: lanes.len(), n_layers })
    }

    fn name(&self, layer: usize) -> String {
        if layer + 1 == self.n_layers { "output".to_owned() } else { format!("layer {}", layer + 1) }
    }

    /// The median over networks at one look; none if no network tells the number.
    fn median(probes: &[&Probe], layer: usize, reading: Reading) -> Option<f64> {
        let told = probes.iter().filter_map(|probe| reading(probe.layers.get(layer)?));
        median(&told.filter(|value| value.is_finite()).collect::<Vec<f64>>()).ok()
    }

    fn curve(&self, layer: usize, reading: Reading) -> Vec<Point> {
        let looks = self.by_epoch.iter();
        let point = |(epoch, probes): (&usize, &Vec<&Probe>)| {
            Some((*epoch as f64, Self::median(probes, layer, reading)?))
        };
        looks.filter_map(point).collect()
    }

    fn last(&self) -> &[&'a Probe] {
        self.by_epoch.last_key_value().map_or(&[], |(_, probes)| probes)
    }
}

fn what_is_seen(looks: &Looks) -> String {
    let epochs: Vec<String> = looks.by_epoch.keys().map(ToString::to_string).collect();
    format!(
        "The first network of each fold was probed after some epochs ({}), on a handful of its training rows. \
         Charts show the median over {}, layer by layer from the inputs on: the nearer to the output, the \
         stronger the colour.",
        listed(&epochs, 16),
        count(looks.n_networks, "network")
    )
}

fn charts(looks: &Looks) -> Vec<Chart> {
    let (all, hidden) = (looks.n_layers, looks.n_layers - 1);
    let plot = |words: [&'static str; 3], spacing, reading| Plot { words, spacing, reading };
    let plots = [
        plot(["layers-gradient", "Gradient size", "root mean square"], Log, |layer| Some(layer.gradient)),
        plot(["layers-change", "Relative weight change per epoch", "relative to their size"], Log, |layer| {
            layer.change
        }),
        plot(["layers-shift", "Shift of activation inputs", "std since the last probe"], Linear, |layer| {
            layer.shift
        }),
        plot(["layers-dead", "Dead units of the hidden layers", "share of units"], Linear, |layer| {
            Some(layer.dead)
        }),
        plot(
            ["layers-flat", "Saturated activations of the hidden layers", "share of units and rows"],
            Linear,
            |layer| Some(layer.flat),
        ),
    ];
    // The output has no activation that could be dead or flat.
    let n_layers = [all, all, all, hidden, hidden];
    plots.iter().zip(n_layers).filter_map(|(plot, n_layers)| plot.chart(looks, n_layers)).collect()
}

/// One number of the layers over epochs.
struct Plot {
    /// Of the chart: its name, its title, and its upright axis.
    words: [&'static str; 3],
    spacing: Spacing,
    reading: Reading,
}

impl Plot {
    /// Of the first `n_layers`. None without a value, or where there is nothing of what it shows, as of dead
    /// units.
    fn chart(&self, looks: &Looks, n_layers: usize) -> Option<Chart> {
        let curves: Vec<Vec<Point>> = (0..n_layers).map(|layer| looks.curve(layer, self.reading)).collect();
        if curves.iter().flatten().all(|point| point.1 == 0.0) {
            return None;
        }
        let frame = self.frame(&curves)?;
        let names: Vec<String> = (0..n_layers).map(|layer| looks.name(layer)).collect();
        let drawn: Vec<(&str, Vec<Point>)> = names
            .iter()
            .zip(&curves)
            .map(|(name, curve)| {
                (name.as_str(), curve.iter().map(|point| self.placed(&frame, *point)).collect())
            })
            .collect();
        let marks = frame.axes() + &series(&frame, &drawn, looks.n_layers);
        let told = names.iter().zip(&curves).filter_map(|(name, curve)| told(name, curve));
        Some(frame.chart(self.words[0], self.words[1], &told.collect::<Vec<String>>().join(" "), marks))
    }

    /// Nothing has no place among ratios: it lies on the lower edge.
    fn placed(&self, frame: &Frame, (x, y): Point) -> Point {
        (x, if self.spacing == Log && y <= 0.0 { frame.y.values.0 } else { y })
    }

    fn frame(&self, curves: &[Vec<Point>]) -> Option<Frame> {
        let epochs: Vec<f64> = curves.iter().flatten().map(|point| point.0).collect();
        let values = curves.iter().flatten().map(|point| point.1);
        let values: Vec<f64> = values.filter(|value| self.spacing != Log || *value > 0.0).collect();
        let (first, last) = extent(&epochs)?;
        // Looks come after epochs 1, 2, 4, 8 …
        let spacing = if first >= 1.0 && last >= 4.0 * first { Log } else { Linear };
        let epochs = Axis { name: "epoch".to_owned(), values: span(&epochs, spacing), spacing };
        let (low, high) = span(&values, self.spacing);
        let values = if self.spacing == Log { (low, high) } else { (0.0, high.max(0.05)) };
        let values = Axis { name: self.words[2].to_owned(), values, spacing: self.spacing };
        Some(Frame::new(epochs, values, HEIGHT).with_room(ROOM))
    }
}

fn told(name: &str, curve: &[Point]) -> Option<String> {
    let (first, last) = (curve.first()?, curve.last()?);
    Some(format!(
        "{name}: {} after epoch {}, {} after epoch {}.",
        number(first.1),
        first.0,
        number(last.1),
        last.0
    ))
}

/// What a reader can take from the last look.
fn what_it_says(contents: &Contents, looks: &Looks) -> String {
    let last = looks.last();
    let of = |layer: usize, reading: Reading| Looks::median(last, layer, reading);
    let output = looks.n_layers - 1;
    let mut sentences = vec![
        "Where gradients shrink by orders of magnitude from the output to the first layer, the first layers hardly \
         learn (Glorot and Bengio 2010); where weights move by as much as their own size late in the training, it has \
         not settled."
            .to_owned(),
    ];
    let gradients = of(0, |layer| Some(layer.gradient)).zip(of(output, |layer| Some(layer.gradient)));
    if let Some((first, out)) = gradients.filter(|(_, out)| output > 0 && *out > 0.0) {
        sentences.push(format!(
            "At the last probe the first layer's gradient had {} times the size of the output's.",
            number(first / out)
        ));
    }
    let dead = (0..output).filter_map(|layer| Some((layer, of(layer, |layer| Some(layer.dead))?)));
    if let Some((layer, share)) = dead.max_by(|a, b| a.1.total_cmp(&b.1)) {
        sentences.push(match share {
            0.0 => "No unit was dead.".to_owned(),
            share => format!("The most dead units had {}: {}.", looks.name(layer), percent(share)),
        });
    }
    let noise: Vec<f64> = last.iter().filter_map(|probe| probe.gradient_noise).collect();
    if let Ok(noise) = median(&noise) {
        sentences.push(format!(
            "The gradient noise scale (McCandlish et al. 2018) was about {}; batches{} far below it are mostly noise, \
             far above it they add little.",
            count(noise.round().max(1.0) as usize, "row"),
            batch(contents)
        ));
    }
    sentences.join(" ")
}

fn batch(contents: &Contents) -> String {
    use kitae_train::recipe::Feeding;
    match contents.manifest.recipe.training.feeding {
        Feeding::Mini { rows } => format!(" (here of {})", count(rows, "row")),
        Feeding::Online => " (here of 1 row)".to_owned(),
        Feeding::Full => " (here of all training rows)".to_owned(),
    }
}

fn last_look(looks: &Looks) -> Table {
    let readings: [Reading; 8] = [
        |layer| Some(layer.gradient),
        |layer| Some(layer.weight),
        |layer| layer.change,
        |layer| Some(layer.mean),
        |layer| Some(layer.spread),
        |layer| layer.shift,
        |layer| Some(layer.dead),
        |layer| Some(layer.flat),
    ];
    let columns = ["layer", "gradient", "weight", "change", "mean", "std", "shift", "dead", "saturated"];
    let row = |layer: usize| {
        let cell = |(at, reading): (usize, &Reading)| {
            // Dead and flat are said of activations.
            let is_told = at < 6 || layer + 1 < looks.n_layers;
            let value = Looks::median(looks.last(), layer, *reading).filter(|_| is_told);
            or_dash(value)
        };
        let cells = readings.iter().enumerate().map(cell);
        std::iter::once(looks.name(layer)).chain(cells).collect()
    };
    Table::new("The last probe", &columns, (0..looks.n_layers).map(row).collect())
}

fn legend_of_table() -> String {
    "Gradient and weight: root mean squares of the layer's matrix. Change: how far it moved in that epoch, relative to \
     its size. Mean and std: of what enters the activation, over rows. Shift: how far the units' means moved \
          since the last probe, in standard deviations. Dead: units through which no row's gradient passes. \
          Saturated: share of units and rows where the activation passes less than a twentieth of the gradient."
        .to_owned()
}
