//! Test rows, chosen by what they contain and not by where they stand.

use super::{Parts, SplitError};

/// Parts rows by their hashes: (open rows, sealed rows). A row whose hash lies below `share` of the
/// range of 64 bits is sealed. Since only the contents of a row decide, rows that are added, removed or
/// reordered later never move another row from one part to the other, and equal rows stay together.
///
/// # Errors
///
/// If `share` is not a number from 0 to 1.
pub fn seal(hashes: &[u64], share: f64) -> Result<Parts, SplitError> {
    if !(0.0..=1.0).contains(&share) {
        return Err(SplitError::Share { share, range: "from 0 to 1" });
    }
    // 2⁶⁴ itself needs more than 64 bits: a share of 1 seals every row.
    let limit = (share * (u64::MAX as f64)) as u128;
    let rows = 0..hashes.len() as u32;
    Ok(rows.partition(|&row| u128::from(hashes[row as usize]) >= limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_with_low_hashes_are_sealed() {
        let hashes = [0, u64::MAX, 1 << 62, (1 << 62) - 1, 1 << 63];
        assert_eq!(seal(&hashes, 0.25), Ok((vec![1, 2, 4], vec![0, 3])));
    }

    #[test]
    fn nothing_and_everything_can_be_sealed() {
        let hashes = [0, u64::MAX, 5];
        assert_eq!(seal(&hashes, 0.0), Ok((vec![0, 1, 2], vec![])));
        assert_eq!(seal(&hashes, 1.0), Ok((vec![], vec![0, 1, 2])));
        assert_eq!(seal(&[], 0.5), Ok((vec![], vec![])));
    }

    #[test]
    fn new_rows_do_not_move_old_ones() {
        let mut hashes: Vec<u64> = (1..=50_u64).map(|row| row.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        let (_, before) = seal(&hashes, 0.2).unwrap();
        hashes.extend([3, u64::MAX, 7]);
        let (_, after) = seal(&hashes, 0.2).unwrap();
        assert_eq!(after[..before.len()], before);
        assert_eq!(after[before.len()..], [50, 52]);
    }

    #[test]
    fn a_share_that_is_none_is_refused() {
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(seal(&[1], share).is_err());
        }
    }
}
