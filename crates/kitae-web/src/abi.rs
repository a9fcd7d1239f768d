//! The functions that the module exports.
//!
//! Bytes come in through a buffer whose place [`kitae_input`] tells, and go out through one that
//! [`kitae_output`] tells. Whoever calls writes and reads them in the memory of the module; on this side no
//! pointer is followed. A call returns whether it went well; if not, the output is a sentence about what did
//! not.
//!
//! ```text
//! kitae_input(n) → place            where to write n bytes; 0 if there is not that much memory
//! kitae_file(k)                     the first k bytes of the input are a file's name, the others the file
//! kitae_load()                      the input is the model's name; the output describes its columns
//! kitae_answer(level)               the input is rows in JSON, the output answers in JSON
//! kitae_csv(k, level)               k bytes are a name, the rest is CSV; the output is JSON with CSV in it
//! kitae_output(), kitae_output_length()
//! ```

use std::cell::RefCell;

use crate::session::Session;

#[derive(Default)]
struct State {
    session: Session,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl State {
    /// The input, cut behind the first `n_bytes`, which are a text.
    fn named(&mut self, n_bytes: usize) -> Result<(String, Vec<u8>), String> {
        let mut name = std::mem::take(&mut self.input);
        let rest = name.split_off(n_bytes.min(name.len()));
        let name = String::from_utf8(name).map_err(|_| "a name is no UTF-8".to_owned())?;
        Ok((name, rest))
    }
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn call(work: impl FnOnce(&mut State) -> Result<Vec<u8>, String>) -> u32 {
    STATE.with_borrow_mut(|state| {
        let result = work(state);
        let is_done = result.is_ok();
        state.output = result.unwrap_or_else(String::into_bytes);
        u32::from(is_done)
    })
}

/// Makes room for an input of `n_bytes` and tells where; null if there is not that much memory.
#[expect(unsafe_code, reason = "an exported name is a promise that nothing else is called so")]
// SAFETY: no other crate of the module begins its names so.
#[unsafe(no_mangle)]
pub extern "C" fn kitae_input(n_bytes: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.input = Vec::new();
        if state.input.try_reserve_exact(n_bytes).is_err() {
            return std::ptr::null_mut();
        }
        state.input.resize(n_bytes, 0);
        state.input.as_mut_ptr()
    })
}

/// Takes the input for a file, of which the first bytes are the name.
#[expect(unsafe_code, reason = "an exported name is a promise that nothing else is called so")]
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn kitae_file(n_name_bytes: usize) -> u32 {
    call(|state| {
        let (name, bytes) = state.named(n_name_bytes)?;
        state.session.add(&name, &bytes);
        Ok(Vec::new())
    })
}

/// Makes the model of the files ready; the input is its name.
#[expect(unsafe_code, reason = "an exported name is a promise that nothing else is called so")]
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn kitae_load() -> u32 {
    call(|state| {
        let (name, _) = state.named(usize::MAX)?;
        state.session.load(&name)
    })
}

/// Answers the rows of the input, with regions of a level, if it is above 0.
#[expect(unsafe_code, reason = "an exported name is a promise that nothing else is called so")]
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn kitae_answer(level: f64) -> u32 {
    call(|state| {
        let input = std::mem::take(&mut state.input);
        state.session.answer(&input, level)
    })
}

/// Answers the CSV of the input, of which the first bytes are the name.
#[expect(unsafe_code, reason = "an exported name is a promise that nothing else is called so")]
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn kitae_csv(n_name_bytes: usize, level: f64) -> u32 {
    call(|state| {
        let (name, text) = state.named(n_name_bytes)?;
        state.session.csv(&name, text, level)
    })
}

/// Where the output is; the next call replaces it.
#[expect(unsafe_code, reason = "an exported name is a promise that nothing else is called so")]
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn kitae_output() -> *const u8 {
    STATE.with_borrow(|state| state.output.as_ptr())
}

/// How many bytes it has.
#[expect(unsafe_code, reason = "an exported name is a promise that nothing else is called so")]
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn kitae_output_length() -> usize {
    STATE.with_borrow(|state| state.output.len())
}
