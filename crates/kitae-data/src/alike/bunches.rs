//! Bunches: few rows that are nearer to each other than to all others, such as those of one patient or copies
//! that were shaken a little.
//!
//! Each row is tied to its three nearest. In rows that were drawn one by one nearly all hang together then;
//! bunches of four rows or more fall apart into as many pieces. Where copies come in twos or threes, a row's
//! nearest neighbours are much nearer than the next.

use rayon::prelude::*;

use super::space::Space;
use crate::finding::Setting;
use crate::hash::mix;
use crate::table::Column;

/// Each row is tied to so many.
const TIES: usize = 3;
/// A piece of more rows is no bunch.
const LARGEST: usize = 40;
/// Rows in bunches are a matter of the table if they are so many. Of 28 public tables one has half of its
/// rows in bunches (mixes of concrete, each tested at several ages), the others 0.28 at most.
const BUNCHED: f64 = 0.6;
/// A table is looked at in so many places, each with so many rows around.
const PLACES: usize = 12;
const AROUND: usize = 500;
/// Distances to all other rows are computed for no more rows than these.
const MOST_ROWS: usize = 40_000;
/// The next row is at least twice as far (the distance is squared).
const GAP: f32 = 4.0;
const MOST_COPIES: usize = 12;

/// A place of a table: some rows, and the bunch of each that is in one and not at the border.
pub(crate) struct Neighbourhood {
    /// Positions of rows.
    pub(crate) rows: Vec<usize>,
    /// The piece of each.
    pub(crate) pieces: Vec<usize>,
    /// Whether the row is in the middle and its piece is small.
    pub(crate) is_bunched: Vec<bool>,
    n_inner: usize,
}

/// Rows around some points, with their pieces.
pub(crate) fn neighbourhoods(space: &Space) -> Vec<Neighbourhood> {
    let around = |centre: Option<usize>| {
        let rows: Vec<usize> = match centre {
            None => (0..space.n_rows).collect(),
            Some(centre) => {
                let near = space.nearest(centre, 0..space.n_rows, AROUND);
                near.into_iter().map(|(_, row)| row).collect()
            }
        };
        // Near the border a row's own neighbours may lie outside.
        let n_inner = if centre.is_some() { rows.len() / 2 } else { rows.len() };
        let pieces = pieces(space, &rows);
        let mut sizes = vec![0_usize; rows.len()];
        for piece in &pieces {
            sizes[*piece] += 1;
        }
        let is_bunched = (0..rows.len()).map(|at| at < n_inner && sizes[pieces[at]] <= LARGEST).collect();
        Neighbourhood { rows, pieces, is_bunched, n_inner }
    };
    if space.n_rows <= 2 * AROUND {
        return vec![around(None)];
    }
    let centre = |place: usize| (mix(place as u64) % space.n_rows as u64) as usize;
    (0..PLACES).into_par_iter().map(|place| around(Some(centre(place)))).collect()
}

/// Whether most rows are in bunches.
pub(crate) fn are_bunched(places: &[Neighbourhood]) -> bool {
    let n_bunched: usize = places.iter().map(|place| place.is_bunched.iter().filter(|is| **is).count()).sum();
    let n_inner: usize = places.iter().map(|place| place.n_inner).sum();
    n_inner > 2 * LARGEST && n_bunched as f64 >= BUNCHED * n_inner as f64
}

/// The bunch of each row, as [`Likeness::Near`](super::Likeness::Near) keeps them together.
///
/// # Errors
///
/// If there are more rows than can be held against each other.
pub fn bunches(columns: &[&Column], n_rows: usize) -> Result<Vec<u32>, String> {
    if n_rows > MOST_ROWS {
        return Err(format!(
            "clusters of near copies are found in tables of up to {MOST_ROWS} rows, got {n_rows}; if a column \
             names what rows belong to, keep them together by it (`{}`)",
            Setting::ByGroup
        ));
    }
    let space = Space::of(columns, &(0..n_rows as u32).collect::<Vec<_>>());
    let all: Vec<usize> = (0..n_rows).collect();
    let tied = if are_bunched(&neighbourhoods(&space)) {
        pieces(&space, &all)
    } else {
        joined(n_rows, &ties(&space, &all, MOST_COPIES + 1, before_the_gap))
    };
    Ok(tied.into_iter().map(|piece| piece as u32).collect())
}

/// Which rows hang together by their nearest ones; a piece is called after one of its positions in `rows`.
fn pieces(space: &Space, rows: &[usize]) -> Vec<usize> {
    joined(rows.len(), &ties(space, rows, TIES, <[(f32, usize)]>::len))
}

/// Pairs of positions in `rows`: each with the first of its nearest, as many as `n_tied` says.
fn ties(
    space: &Space,
    rows: &[usize],
    n_nearest: usize,
    n_tied: impl Fn(&[(f32, usize)]) -> usize + Sync,
) -> Vec<(usize, usize)> {
    let mut position = vec![usize::MAX; space.n_rows];
    rows.iter().enumerate().for_each(|(at, row)| position[*row] = at);
    let of_row = |at: usize| {
        let near = space.nearest(rows[at], rows.iter().copied(), n_nearest);
        let n_tied = n_tied(&near);
        near.into_iter().take(n_tied).map(|(_, other)| (at, position[other])).collect::<Vec<_>>()
    };
    (0..rows.len()).into_par_iter().flat_map_iter(of_row).collect()
}

/// How many rows are much nearer than the next.
fn before_the_gap(near: &[(f32, usize)]) -> usize {
    let gap = near.windows(2).position(|pair| pair[1].0 > GAP * pair[0].0.max(f32::MIN_POSITIVE));
    gap.map_or(0, |last| last + 1)
}

/// Pieces that pairs join.
fn joined(n: usize, pairs: &[(usize, usize)]) -> Vec<usize> {
    fn root(parents: &mut [usize], mut at: usize) -> usize {
        while parents[at] != at {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        at
    }
    let mut parents: Vec<usize> = (0..n).collect();
    for (a, b) in pairs {
        let (a, b) = (root(&mut parents, *a), root(&mut parents, *b));
        parents[a.max(b)] = a.min(b);
    }
    (0..n).map(|at| root(&mut parents, at)).collect()
}
