//! What the draws of a batch say, and mixing rows on host memory.

use kitae_data::preprocess::Layout;
use kitae_model::Lane;
use kitae_random::{Places, Purpose, Stream};

use super::Mixing;

/// Which column of the table each number and each code of a row is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) numbers: Vec<usize>,
    pub(crate) codes: Vec<usize>,
    pub(crate) n: usize,
}

impl Columns {
    pub(crate) fn of(layout: &Layout) -> Self {
        Self {
            numbers: layout.numbers().iter().map(|number| number.input).collect(),
            codes: layout.code_inputs().map(|(position, _)| position).collect(),
            n: layout.inputs.len(),
        }
    }
}

/// What happens to the rows of one batch.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    /// λ: the share of a row's own target.
    pub(crate) own: f32,
    /// For each row its partner's position in the batch.
    pub(crate) partners: Vec<u32>,
    /// For each number the factors of a row's own and of its partner's.
    pub(crate) numbers: Vec<[f32; 2]>,
    codes: Codes,
    n_codes: usize,
}

#[derive(Clone, Debug)]
enum Codes {
    /// A row's own code where the 24 bits of its place are below `own`, else its partner's.
    Each { places: Places, own: u32 },
    /// The same in all rows.
    Columns(Vec<Source>),
}

/// Where a code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Own,
    Partner,
    Blank,
}

/// Values of the random bits that choose a code.
const RESOLUTION: u32 = 1 << 24;

impl Mixing {
    /// What happens to the `n_rows` rows of the batch of a step; none if they stay as they are.
    pub(crate) fn draw(
        &self,
        lane: Lane,
        [epoch, step]: [usize; 2],
        n_rows: usize,
        columns: &Columns,
    ) -> Option<Mix> {
        if *self == Self::None || (self.needs_partners() && n_rows < 2) {
            return None;
        }
        let mut stream = Stream::new(lane.seed, Purpose::Augment, [lane.index, epoch as u64, step as u64]);
        match *self {
            Self::None => None,
            Self::Mixup { alpha } => Some(Mix::whole(&mut stream, alpha, n_rows, columns)),
            Self::CutMix { probability, alpha } => {
                let n = columns.n;
                let is_mixed = stream.uniform() < probability;
                let n_taken = (stream.symmetric_beta(alpha) * n as f64).round() as usize;
                let partners = stream.permutation(n_rows);
                let is_cut = cut(&mut stream, n_taken, n);
                let own = (n - n_taken) as f32 / n as f32;
                (is_mixed && n_taken > 0)
                    .then(|| Mix::columns(Source::Partner, &is_cut, columns, own, partners))
            }
            Self::CutOut { probability, share } => {
                let n = columns.n;
                let is_blanked = stream.uniform() < probability;
                let n_blank = ((share * n as f64).round() as usize).max(1).min(n.saturating_sub(1));
                let is_cut = cut(&mut stream, n_blank, n);
                let own_rows = (0..n_rows as u32).collect();
                (is_blanked && n_blank > 0)
                    .then(|| Mix::columns(Source::Blank, &is_cut, columns, 1.0, own_rows))
            }
        }
    }
}

/// Which of `n` columns are among `n_cut` random ones.
fn cut(stream: &mut Stream, n_cut: usize, n: usize) -> Vec<bool> {
    let mut is_cut = vec![false; n];
    for column in stream.permutation(n).into_iter().take(n_cut) {
        is_cut[column as usize] = true;
    }
    is_cut
}

impl Mix {
    /// All numbers by the same λ.
    fn whole(stream: &mut Stream, alpha: f64, n_rows: usize, columns: &Columns) -> Self {
        let own = stream.symmetric_beta(alpha) as f32;
        let partners = stream.permutation(n_rows);
        let places = Places::new(stream);
        Self {
            own,
            partners,
            numbers: vec![[own, 1.0 - own]; columns.numbers.len()],
            codes: Codes::Each { places, own: (own * RESOLUTION as f32).round() as u32 },
            n_codes: columns.codes.len(),
        }
    }

    /// Columns that are cut come from `source`, the others stay.
    fn columns(source: Source, is_cut: &[bool], columns: &Columns, own: f32, partners: Vec<u32>) -> Self {
        let of = |column: &usize| if is_cut[*column] { source } else { Source::Own };
        Self {
            own,
            partners,
            numbers: columns.numbers.iter().map(|column| of(column).factors()).collect(),
            codes: Codes::Columns(columns.codes.iter().map(of).collect()),
            n_codes: columns.codes.len(),
        }
    }

    /// Where the code in a column of a row (its position in the batch) comes from.
    pub(crate) fn code(&self, row: usize, column: usize) -> Source {
        match &self.codes {
            Codes::Columns(sources) => sources[column],
            Codes::Each { places, own } => {
                let place = (row * self.n_codes + column) as u32;
                if places.at(place) >> 8 < *own { Source::Own } else { Source::Partner }
            }
        }
    }

    /// Mixes numbers `[n_rows, d_numbers]` with those of the partners.
    pub(crate) fn mix_numbers(&self, own: &mut [f32], partners: &[f32]) {
        if self.numbers.is_empty() {
            return;
        }
        let d_numbers = self.numbers.len();
        for (row, partner) in own.chunks_exact_mut(d_numbers).zip(partners.chunks_exact(d_numbers)) {
            for ((x, other), [of_own, of_partner]) in row.iter_mut().zip(partner).zip(&self.numbers) {
                *x = *x * of_own + other * of_partner;
            }
        }
    }

    /// Mixes codes `[n_rows, n_codes]` with those of the partners; the first row is at position `first`
    /// of the batch.
    pub(crate) fn mix_codes(&self, first: usize, own: &mut [u32], partners: &[u32]) {
        for (place, (code, partner)) in own.iter_mut().zip(partners).enumerate() {
            match self.code(first + place / self.n_codes, place % self.n_codes) {
                Source::Own => {}
                Source::Partner => *code = *partner,
                Source::Blank => *code = 0,
            }
        }
    }
}

impl Source {
    /// Factors of a row's own number and of its partner's.
    fn factors(self) -> [f32; 2] {
        match self {
            Self::Own => [1.0, 0.0],
            Self::Partner => [0.0, 1.0],
            Self::Blank => [0.0, 0.0],
        }
    }
}
