//! The C interfaces of Apache Arrow for data and for streams of data
//! (<https://arrow.apache.org/docs/format/CDataInterface.html>), as far as columns of a table need them. All
//! that is unsafe about them is here: who hands over a capsule promises that its structs are as the
//! specification says.
#![expect(unsafe_code, reason = "structs of another library are read where they lie")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// `ArrowSchema`.
#[repr(C)]
pub(crate) struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

/// `ArrowArray`.
#[repr(C)]
pub(crate) struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

/// `ArrowArrayStream`.
#[repr(C)]
struct RawStream {
    get_schema: Option<unsafe extern "C" fn(*mut RawStream, *mut Schema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut RawStream, *mut Array) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut RawStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut RawStream)>,
    private_data: *mut c_void,
}

/// A type whose every bit pattern is a value.
pub(crate) trait Plain: Copy + Default {}

impl Plain for i8 {}
impl Plain for u8 {}
impl Plain for i16 {}
impl Plain for u16 {}
impl Plain for i32 {}
impl Plain for u32 {}
impl Plain for i64 {}
impl Plain for u64 {}
impl Plain for i128 {}
impl Plain for f32 {}
impl Plain for f64 {}

/// A struct that is released when it is no longer needed.
macro_rules! released {
    ($($name:ident),+) => {$(
        impl Drop for $name {
            fn drop(&mut self) {
                if let Some(release) = self.release.take() {
                    // `release` asks for the struct as it was, with itself in it.
                    self.release = Some(release);
                    // SAFETY: the struct is whole, and it is released once: the callee sets `release` to
                    // `None`.
                    unsafe { release(self) }
                }
            }
        }
    )+};
}

released!(Schema, Array, RawStream);

/// A released struct, to be filled.
fn empty<T: Released>() -> T {
    // SAFETY: null pointers, zeros and `None` are what the specification calls a released struct.
    unsafe { std::mem::zeroed() }
}

/// The structs that a stream fills.
trait Released {}

impl Released for Schema {}
impl Released for Array {}

/// The batches of a table.
pub(crate) struct Stream(RawStream);

impl Stream {
    /// Takes the stream out of a capsule, which is empty afterwards.
    pub(crate) fn of(capsule: &Bound<'_, PyCapsule>) -> PyResult<Self> {
        let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast::<RawStream>();
        // SAFETY: a capsule of this name holds such a struct, and the interpreter is attached, so nobody else
        // uses it. What is moved out of it is marked as released, as the specification asks.
        let stream = unsafe {
            let stream = pointer.read();
            (*pointer.as_ptr()).release = None;
            stream
        };
        if stream.release.is_none() {
            return Err(PyValueError::new_err(
                "the Arrow stream was read before: ask its table for another one",
            ));
        }
        Ok(Self(stream))
    }

    /// The columns.
    pub(crate) fn schema(&mut self) -> PyResult<Schema> {
        let mut schema = empty::<Schema>();
        let get = self.0.get_schema.ok_or_else(|| broken("no schema"))?;
        // SAFETY: the stream was not released, and the schema is empty.
        let code = unsafe { get(&raw mut self.0, &raw mut schema) };
        self.check(code)?;
        Ok(schema)
    }

    /// The next batch; none at the end.
    pub(crate) fn next(&mut self) -> PyResult<Option<Array>> {
        let mut array = empty::<Array>();
        let get = self.0.get_next.ok_or_else(|| broken("no batches"))?;
        // SAFETY: the stream was not released, and the array is empty.
        let code = unsafe { get(&raw mut self.0, &raw mut array) };
        self.check(code)?;
        Ok(array.release.is_some().then_some(array))
    }

    fn check(&mut self, code: c_int) -> PyResult<()> {
        if code == 0 {
            return Ok(());
        }
        // SAFETY: it is asked for right behind the call that failed; the text is valid until the next one.
        let text = unsafe { self.0.get_last_error.map(|get| text(get(&raw mut self.0))) };
        let text = text.flatten().unwrap_or("no reason is told").to_owned();
        Err(PyValueError::new_err(format!("the Arrow stream cannot be read (error {code}): {text}")))
    }
}

impl Schema {
    pub(crate) fn format(&self) -> &str {
        // SAFETY: a text that lives as long as the struct.
        unsafe { text(self.format) }.unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        // SAFETY: a text that lives as long as the struct, or null.
        unsafe { text(self.name) }.unwrap_or_default()
    }

    pub(crate) fn children(&self) -> Vec<&Self> {
        // SAFETY: as many children as are told.
        unsafe { all(self.children, self.n_children) }
    }

    pub(crate) fn dictionary(&self) -> Option<&Self> {
        // SAFETY: null, or a struct that lives as long as this one.
        unsafe { self.dictionary.as_ref() }
    }
}

impl Array {
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.length).unwrap_or(0)
    }

    fn offset(&self) -> usize {
        usize::try_from(self.offset).unwrap_or(0)
    }

    pub(crate) fn children(&self) -> Vec<&Self> {
        // SAFETY: as many children as are told.
        unsafe { all(self.children, self.n_children) }
    }

    pub(crate) fn dictionary(&self) -> Option<&Self> {
        // SAFETY: null, or a struct that lives as long as this one.
        unsafe { self.dictionary.as_ref() }
    }

    pub(crate) fn n_buffers(&self) -> usize {
        usize::try_from(self.n_buffers).unwrap_or(0)
    }

    /// The values of a buffer for each cell and `more` behind them. Buffers need not be aligned, so they are
    /// copied.
    pub(crate) fn values<T: Plain>(&self, buffer: usize, more: usize) -> PyResult<Vec<T>> {
        self.slice(buffer, self.offset(), self.len() + more)
    }

    /// Values `from..from + n` of a buffer. What is asked for must be what the format says is there.
    pub(crate) fn slice<T: Plain>(&self, buffer: usize, from: usize, n: usize) -> PyResult<Vec<T>> {
        let mut values = vec![T::default(); n];
        if n > 0 {
            let start = self.buffer(buffer).ok_or_else(|| broken("a buffer is missing"))?.cast::<T>();
            // SAFETY: who made the array promises that the buffer is as long as length, offset and format
            // say; any bytes are a value of a plain type; both pointers are taken as bytes.
            unsafe {
                ptr::copy_nonoverlapping(
                    start.add(from).cast::<u8>(),
                    values.as_mut_ptr().cast::<u8>(),
                    n * size_of::<T>(),
                );
            }
        }
        Ok(values)
    }

    /// Whether each cell is there.
    pub(crate) fn validity(&self) -> PyResult<Vec<bool>> {
        if self.null_count == 0 || self.buffer(0).is_none() {
            Ok(vec![true; self.len()])
        } else {
            self.bits(0)
        }
    }

    /// A buffer of bits, one for each cell.
    pub(crate) fn bits(&self, buffer: usize) -> PyResult<Vec<bool>> {
        let (from, to) = (self.offset(), self.offset() + self.len());
        let bytes: Vec<u8> = self.slice(buffer, from / 8, to.div_ceil(8) - from / 8)?;
        Ok((from..to).map(|at| bytes[at / 8 - from / 8] >> (at % 8) & 1 == 1).collect())
    }

    fn buffer(&self, idx: usize) -> Option<*const c_void> {
        if idx >= self.n_buffers() || self.buffers.is_null() {
            return None;
        }
        // SAFETY: there are as many pointers as are told.
        let buffer = unsafe { *self.buffers.add(idx) };
        (!buffer.is_null()).then_some(buffer)
    }
}

/// # Safety
///
/// `pointer` is null, or a text that ends with a zero and lives as long as it is used.
unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a str> {
    // SAFETY: as the caller promises.
    let text = (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) });
    text.and_then(|text| text.to_str().ok())
}

/// # Safety
///
/// `pointers` are `n` pointers to structs that live as long as they are used.
unsafe fn all<'a, T>(pointers: *mut *mut T, n: i64) -> Vec<&'a T> {
    let n = if pointers.is_null() { 0 } else { usize::try_from(n).unwrap_or(0) };
    // SAFETY: as the caller promises.
    (0..n).filter_map(|idx| unsafe { (*pointers.add(idx)).as_ref() }).collect()
}

pub(crate) fn broken(what: &str) -> PyErr {
    PyValueError::new_err(format!("the Arrow stream is damaged: {what}"))
}
