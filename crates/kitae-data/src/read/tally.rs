//! Cells of a column that could not be taken for what they say.

/// What cells of a column with a known kind were that have no value in a table.
///
/// ```
/// # mod csv { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/described.in")); }
/// use kitae_data::read::{ChunkOptions, ReadOptions, read_chunks};
///
/// let (schema, _) = csv::described("size,colour\n1.5,red\n2,blue\n4,red\n")?;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shirts.csv");
/// std::fs::write(&path, "size,colour\ninf,pink\n3,red\n")?;
/// let mut chunks = read_chunks(&path, &schema, &ReadOptions::default(), &ChunkOptions::default())?;
/// chunks.by_ref().count();
/// let tallies: Vec<_> = chunks.tallies().collect();
/// assert_eq!((tallies[0].0, tallies[0].1.n_infinite), ("size", 1));
/// assert_eq!((tallies[1].1.unseen.n_cells, &tallies[1].1.unseen.texts[..]), (1, &["pink".to_owned()][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Infinite numbers; they count as missing.
    pub n_infinite: usize,
    /// Categories that the schema does not know.
    pub unseen: Oddities,
    /// Cells that are no numbers or times as their column writes them; they count as missing.
    pub odd: Oddities,
}

/// Cells of one kind: how many, and a few of them.
///
/// ```
/// use kitae_data::read::Tally;
///
/// let unseen = Tally::default().unseen;
/// assert_eq!((unseen.n_cells, unseen.texts.is_empty()), (0, true));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// How many cells.
    pub n_cells: usize,
    /// The first different ones, a few.
    pub texts: Vec<String>,
}

/// How many texts are kept.
const MOST_TEXTS: usize = 3;

impl Tally {
    pub(crate) fn merge(&mut self, next: &Self) {
        self.n_infinite += next.n_infinite;
        self.unseen.merge(&next.unseen);
        self.odd.merge(&next.odd);
    }
}

impl Oddities {
    #[cold]
    pub(super) fn add(&mut self, cell: &[u8]) {
        self.n_cells += 1;
        if self.texts.len() < MOST_TEXTS {
            self.keep(&String::from_utf8_lossy(cell));
        }
    }

    fn merge(&mut self, next: &Self) {
        self.n_cells += next.n_cells;
        next.texts.iter().for_each(|text| self.keep(text));
    }

    fn keep(&mut self, text: &str) {
        if self.texts.len() < MOST_TEXTS && !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_owned());
        }
    }
}
