//! Which mark stands before decimals, by all cells of a column and, if that is open, by the other columns.

use crate::cell::{is_soft, parse_quantity};
use crate::notation::{Decimal, Marks, Thousands, Written};
use crate::table::{Cells, Table};

/// So many texts of a column tell how it is written.
const SAMPLE: usize = 200;
/// Whole numbers below a thousand and so many above it with a mark are numbers with separated thousands.
const FEWEST_SEPARATED: usize = 20;

/// How many columns of a table write their numbers without doubt in one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FileMarks {
    n_point: usize,
    n_comma: usize,
    /// What the user says.
    wish: Option<Decimal>,
}

/// How sure a notation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It can be no other, or the user says so.
    Sure,
    /// The rest of the table decided.
    ByFile,
    /// What is usual decided, and the other one is as good.
    Open,
    /// The sizes of the numbers decided.
    BySize,
}

/// How the numbers of a column are marked, in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MarkCounts {
    n_point: usize,
    n_comma: usize,
    n_point_before_three: usize,
    n_comma_before_three: usize,
    /// Without marks, below a thousand and from there on.
    n_small: usize,
    n_large: usize,
    has_points: bool,
    has_commas: bool,
}

impl FileMarks {
    /// Looks at all columns.
    pub(super) fn of(table: &Table, wish: Option<Decimal>) -> Self {
        let mut marks = Self { wish, ..Self::default() };
        for column in &table.columns {
            match &column.cells {
                Cells::Numbers(values) => {
                    marks.n_point +=
                        usize::from(values.iter().any(|value| value.fract() != 0.0 && value.is_finite()));
                }
                Cells::Levels { levels, .. } => marks.add_texts(levels),
            }
        }
        marks
    }

    fn add_texts(&mut self, levels: &[String]) {
        let step = levels.len().div_ceil(SAMPLE).max(1);
        let sample = || levels.iter().step_by(step).filter(|level| !is_soft(level.as_bytes()));
        let written: Vec<Written> = sample().filter_map(|level| Written::of(level)).collect();
        if written.len() * 2 < sample().count() {
            return;
        }
        let counts = MarkCounts::of(written.iter().map(|written| (written, 1)));
        match (counts.n_point > 0, counts.n_comma > 0) {
            (true, false) => self.n_point += 1,
            (false, true) => self.n_comma += 1,
            _ => {}
        }
    }

    /// The mark that the table as a whole speaks for.
    fn decimal(self) -> Option<Decimal> {
        match (self.n_point > 0, self.n_comma > 0) {
            (true, false) => Some(Decimal::Point),
            (false, true) => Some(Decimal::Comma),
            _ => None,
        }
    }
}

impl MarkCounts {
    pub(super) fn of<'a>(written: impl Iterator<Item = (&'a Written, usize)>) -> Self {
        let mut counts = Self::default();
        for (written, count) in written {
            let core = written.core.as_str();
            counts.has_points |= core.contains('.');
            counts.has_commas |= core.contains(',');
            let place = match Marks::of(core) {
                Marks::Point => &mut counts.n_point,
                Marks::Comma => &mut counts.n_comma,
                Marks::PointBeforeThree => &mut counts.n_point_before_three,
                Marks::CommaBeforeThree => &mut counts.n_comma_before_three,
                Marks::None if parse_quantity(core.as_bytes()).is_some_and(|value| value >= 1000.0) => {
                    &mut counts.n_large
                }
                Marks::None => &mut counts.n_small,
                Marks::Senseless => continue,
            };
            *place += count;
        }
        counts
    }

    /// The notation of the column.
    pub(super) fn decide(self, file: FileMarks) -> (Decimal, Thousands, Doubt) {
        let (decimal, doubt) = self.decimal(file);
        let is_separated = match decimal {
            Decimal::Point => self.has_commas,
            Decimal::Comma => self.has_points,
            // Where both stand before decimals, a mark before three digits is read by the more frequent one.
            Decimal::PointFirst => self.n_comma_before_three > 0,
            Decimal::CommaFirst => self.n_point_before_three > 0,
        };
        (decimal, if is_separated { Thousands::Separated } else { Thousands::Joined }, doubt)
    }

    fn decimal(self, file: FileMarks) -> (Decimal, Doubt) {
        match (self.n_point, self.n_comma) {
            (1.., 0) => return (Decimal::Point, Doubt::Sure),
            (0, 1..) => return (Decimal::Comma, Doubt::Sure),
            (0, 0) => {}
            (n_point, n_comma) if n_point >= n_comma => return (Decimal::PointFirst, Doubt::Sure),
            _ => return (Decimal::CommaFirst, Doubt::Sure),
        }
        if self.n_point_before_three + self.n_comma_before_three == 0 {
            return (Decimal::Point, Doubt::Sure);
        }
        if let Some(wish) = file.wish {
            return (wish, Doubt::Sure);
        }
        match file.decimal() {
            Some(decimal) => (decimal, Doubt::ByFile),
            None => self.usual(),
        }
    }

    /// What a mark before three digits is where nothing else in the table tells: a point stands before
    /// decimals and a comma separates thousands, unless all numbers from a thousand on have a point and no
    /// smaller one has.
    fn usual(self) -> (Decimal, Doubt) {
        let has_small = self.n_small > 0 && self.n_large == 0;
        match (self.n_point_before_three, self.n_comma_before_three) {
            (n, 0) if has_small && n >= FEWEST_SEPARATED => (Decimal::Comma, Doubt::BySize),
            (0, _) if has_small => (Decimal::Point, Doubt::Sure),
            _ => (Decimal::Point, Doubt::Open),
        }
    }
}
