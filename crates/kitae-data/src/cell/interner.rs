//! Gives each distinct text a number.

/// Distinct texts in the order in which they came, each stored once.
///
/// Its own table rather than the standard one: a cell is looked up without being copied or owned, and the
/// hash is a few multiplications.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner {
    /// Upper half of the hash and 1 + identifier; an identifier of 0 marks a free slot.
    slots: Vec<(u32, u32)>,
    /// Where each text ends in `text`.
    ends: Vec<usize>,
    text: Vec<u8>,
}

impl Interner {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text with number `id`.
    pub(crate) fn get(&self, id: usize) -> &[u8] {
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.text[start..self.ends[id]]
    }

    /// The number of `text`, a new one if it was not there.
    #[inline]
    pub(crate) fn intern(&mut self, text: &[u8]) -> u32 {
        if self.ends.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(text);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (tag, id) = self.slots[slot];
            if id == 0 {
                return self.insert(slot, hash, text);
            }
            if tag == (hash >> 32) as u32 && self.get(id as usize - 1) == text {
                return id - 1;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The number of `text`, if it is there.
    #[inline]
    pub(crate) fn find(&self, text: &[u8]) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let hash = hash(text);
        let mut slot = hash as usize & mask;
        loop {
            let (tag, id) = self.slots[slot];
            if id == 0 {
                return None;
            }
            if tag == (hash >> 32) as u32 && self.get(id as usize - 1) == text {
                return Some(id - 1);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn insert(&mut self, slot: usize, hash: u64, text: &[u8]) -> u32 {
        self.text.extend_from_slice(text);
        self.ends.push(self.text.len());
        let id = self.ends.len() as u32;
        self.slots[slot] = ((hash >> 32) as u32, id);
        id - 1
    }

    fn grow(&mut self) {
        let n_slots = (self.slots.len() * 2).max(16);
        self.slots = vec![(0, 0); n_slots];
        for id in 0..self.ends.len() {
            let hash = hash(self.get(id));
            let mut slot = hash as usize & (n_slots - 1);
            while self.slots[slot].1 != 0 {
                slot = (slot + 1) & (n_slots - 1);
            }
            self.slots[slot] = ((hash >> 32) as u32, id as u32 + 1);
        }
    }
}

/// Mixes eight bytes at a time. Nothing depends on its values, only on their spread.
#[inline]
fn hash(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = text.len() as u64;
    let mut words = text.chunks_exact(8);
    for word in &mut words {
        state = fold(state ^ word.try_into().map_or(0, u64::from_le_bytes), FACTOR);
    }
    let mut last = 0;
    for byte in words.remainder() {
        last = last << 8 | u64::from(*byte);
    }
    fold(fold(state ^ last, FACTOR), FACTOR)
}

#[inline]
fn fold(word: u64, factor: u64) -> u64 {
    let wide = u128::from(word ^ 0xa076_1d64_78bd_642f) * u128::from(factor);
    wide as u64 ^ (wide >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_keeps_one_number_while_the_table_grows() {
        let mut interner = Interner::default();
        let texts: Vec<String> =
            (0..5000).map(|i| format!("text {}", i * 7)).chain([String::new()]).collect();
        for (id, text) in texts.iter().enumerate() {
            assert_eq!(interner.intern(text.as_bytes()) as usize, id);
        }
        for (id, text) in texts.iter().enumerate() {
            assert_eq!(interner.intern(text.as_bytes()) as usize, id);
            assert_eq!(interner.get(id), text.as_bytes());
            assert_eq!(interner.find(text.as_bytes()), Some(id as u32));
        }
        assert_eq!(interner.len(), texts.len());
        assert_eq!(interner.find(b"absent"), None);
        assert_eq!(Interner::default().find(b"absent"), None);
    }
}
