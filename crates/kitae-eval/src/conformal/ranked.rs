//! Selection among several ascending lists, each with a number added, without merging them.

/// So few are looked at one by one.
const FEW: usize = 48;

/// Of all `offset + value`, each list with its offset, the one with `rank` others before it in ascending
/// order. The lists are ascending, the offsets finite, `rank` is below the number of values.
pub(super) fn ranked(lists: &[Vec<f64>], offsets: &[f64], mut rank: usize) -> f64 {
    let mut parts: Vec<Part> =
        lists.iter().zip(offsets).map(|(values, offset)| Part { values, offset: *offset }).collect();
    while parts.iter().map(|part| part.values.len()).sum::<usize>() > FEW {
        // Cutting the longest in half makes each round cheaper than the last.
        let Some(longest) = parts.iter().max_by_key(|part| part.values.len()) else { break };
        let pivot = longest.offset + longest.values[longest.values.len() / 2];
        let n_below: usize = parts.iter().map(|part| part.count(|value| value < pivot)).sum();
        if rank < n_below {
            for part in &mut parts {
                part.values = &part.values[..part.count(|value| value < pivot)];
            }
            continue;
        }
        let n_not_above: usize = parts.iter().map(|part| part.count(|value| value <= pivot)).sum();
        if rank < n_not_above {
            return pivot;
        }
        for part in &mut parts {
            part.values = &part.values[part.count(|value| value <= pivot)..];
        }
        rank -= n_not_above;
    }
    let all = parts.iter().flat_map(|part| part.values.iter().map(|value| part.offset + value));
    let mut all: Vec<f64> = all.collect();
    *all.select_nth_unstable_by(rank, f64::total_cmp).1
}

/// What is left of a list.
struct Part<'a> {
    values: &'a [f64],
    offset: f64,
}

impl Part<'_> {
    /// How many begin the list of which `is_before` holds.
    fn count(&self, is_before: impl Fn(f64) -> bool) -> usize {
        self.values.partition_point(|value| is_before(self.offset + value))
    }
}
