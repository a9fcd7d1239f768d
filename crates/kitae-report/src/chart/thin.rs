//! Fewer points for long curves and large clouds, without losing what stands out.

/// A point of a chart, in values of its axes.
pub type Point = (f64, f64);

/// At most about `most` points of a curve: the ends, and the lowest and the highest of each of many short
/// stretches, so that a spike of one epoch is still seen.
pub fn thin_line(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most.max(2) {
        return points.to_vec();
    }
    let n_stretches = (most / 2).max(1);
    let n_inner = points.len() - 2;
    let mut thin = vec![points[0]];
    for stretch in 0..n_stretches {
        let from = 1 + stretch * n_inner / n_stretches;
        let to = 1 + (stretch + 1) * n_inner / n_stretches;
        thin.extend(lowest_and_highest(&points[from..to]));
    }
    thin.push(points[points.len() - 1]);
    thin
}

/// In the order of the curve, and one if they are the same.
fn lowest_and_highest(stretch: &[Point]) -> Vec<Point> {
    let by_height = |a: &(usize, &Point), b: &(usize, &Point)| a.1.1.total_cmp(&b.1.1);
    let lowest = stretch.iter().enumerate().min_by(by_height);
    let highest = stretch.iter().enumerate().max_by(by_height);
    let (Some((low, _)), Some((high, _))) = (lowest, highest) else { return Vec::new() };
    let (first, second) = (low.min(high), low.max(high));
    if first == second { vec![stretch[first]] } else { vec![stretch[first], stretch[second]] }
}

/// About `most` of the points of a cloud, and the four that lie farthest out. Which points stay does not
/// depend on their values, so that the cloud is as dense as before relative to itself.
pub fn thin_cloud(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most {
        return points.to_vec();
    }
    let share = most as f64 / points.len() as f64;
    let farthest = farthest(points);
    let is_kept = |row: usize| (row as f64 * GOLDEN).fract() < share || farthest.contains(&row);
    points.iter().enumerate().filter(|(row, _)| is_kept(*row)).map(|(_, point)| *point).collect()
}

/// Multiples of the golden section fill [0, 1) evenly, whatever the stride of the rows.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// The positions of the points that lie farthest to each side.
fn farthest(points: &[Point]) -> [usize; 4] {
    let most = |height: fn(&Point) -> f64| {
        let by_height = |a: &(usize, &Point), b: &(usize, &Point)| height(a.1).total_cmp(&height(b.1));
        points.iter().enumerate().max_by(by_height).map_or(0, |(row, _)| row)
    };
    [most(|point| point.0), most(|point| -point.0), most(|point| point.1), most(|point| -point.1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_curve_keeps_its_ends_its_order_and_its_extremes() {
        for n in [1, 2, 3, 10, 999, 5000] {
            let curve: Vec<Point> = (0..n).map(|i| (f64::from(i), f64::from(i * 7919 % 1009))).collect();
            for most in [0, 1, 2, 60, 400] {
                let thin = thin_line(&curve, most);
                assert!(thin.len() <= most.max(2) + 2, "{n} {most}: {}", thin.len());
                assert!(thin.windows(2).all(|pair| pair[0].0 < pair[1].0));
                let heights = |points: &[Point]| {
                    let heights: Vec<f64> = points.iter().map(|point| point.1).collect();
                    crate::chart::extent(&heights)
                };
                assert_eq!(heights(&thin), heights(&curve), "{n} {most}");
                assert_eq!((thin.first(), thin.last()), (curve.first(), curve.last()));
            }
        }
        assert!(thin_line(&[], 10).is_empty() && thin_cloud(&[], 10).is_empty());
    }
}
