//! What one cell says: a number, a time, a text, nothing. Here nothing is known of columns.

mod interner;
mod marker;
mod number;
mod spelling;
mod time;

pub(crate) use interner::Interner;
pub use marker::UsualMarkers;
pub(crate) use marker::{MarkerRule, Markers, is_infinite, is_soft, is_usual, missing_among};
pub(crate) use number::{canonical, is_long_code, level_value, parse_number, parse_quantity};
pub(crate) use spelling::{is_blank, same_looking};
pub(crate) use time::{TimeForm, format_time};
