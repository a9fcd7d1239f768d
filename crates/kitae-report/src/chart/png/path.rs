//! Paths of straight lines.

use tiny_skia::{Path, PathBuilder};

/// The commands of `d`: `M`, `L`, `H`, `V`, and from where the pen is, `m`, `l`, `h`, `v`. None if nothing is
/// drawn.
pub(super) fn read_path(d: &str) -> Result<Option<Path>, String> {
    let mut builder = PathBuilder::new();
    let (mut x, mut y) = (0.0, 0.0);
    for piece in pieces(d) {
        let mut letters = piece.chars();
        let command = letters.next().unwrap_or(' ');
        let numbers: Result<Vec<f32>, _> = letters.as_str().split_whitespace().map(str::parse).collect();
        let numbers = numbers.map_err(|_| format!("expected numbers in a path, got `{piece}`"))?;
        (x, y) = match (command, numbers.as_slice()) {
            ('M' | 'L', &[to_x, to_y]) => (to_x, to_y),
            ('m' | 'l', &[by_x, by_y]) => (x + by_x, y + by_y),
            ('H', &[to]) => (to, y),
            ('h', &[by]) => (x + by, y),
            ('V', &[to]) => (x, to),
            ('v', &[by]) => (x, y + by),
            _ => return Err(format!("the command `{piece}` of a path is not known")),
        };
        if matches!(command, 'M' | 'm') { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    Ok(builder.finish())
}

/// A letter and its numbers each.
fn pieces(d: &str) -> impl Iterator<Item = &str> {
    let starts = d.char_indices().filter(|(_, c)| c.is_ascii_alphabetic() && *c != 'e').map(|(at, _)| at);
    let starts: Vec<usize> = starts.collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([d.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| &d[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_where_its_commands_say() {
        let path = read_path("M10 20l8 8m0 -8l-8 8V2H-30.5").unwrap().unwrap();
        let bounds = path.bounds();
        assert_eq!((bounds.left(), bounds.top(), bounds.right(), bounds.bottom()), (-30.5, 2.0, 18.0, 28.0));
        assert_eq!(path.verbs().len(), 6);
        assert!(read_path("").unwrap().is_none());
    }

    #[test]
    fn curves_and_wrong_numbers_are_errors() {
        for d in ["M0 0C1 1 2 2 3 3", "M1", "M1 x", "M0 0 5 5"] {
            assert!(read_path(d).is_err(), "{d}");
        }
    }
}
