//! Tables of Arrow as columns of kitae: what a file with these cells would hold.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, tz::Offset};
use kitae::data::table::{Cells, Column, MISSING};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::columns::Levels;
use crate::stream::{Array, Plain, Schema, Stream, broken};

/// The largest whole number below which each has a double of its own.
const MOST_EXACT: u128 = 1 << 53;

/// The columns of what has `__arrow_c_stream__`.
pub(crate) fn add_stream(table: &Bound<'_, PyAny>) -> PyResult<Vec<Column>> {
    let capsule = table.call_method0("__arrow_c_stream__")?;
    let mut stream = Stream::of(capsule.cast::<PyCapsule>()?)?;
    let schema = stream.schema()?;
    if schema.format() != "+s" {
        return Err(PyTypeError::new_err("expected a table of Arrow, got a single column"));
    }
    let fields = schema.children();
    let mut gathered: Vec<Gathered> =
        fields.iter().map(|field| Gathered::new(field)).collect::<PyResult<_>>()?;
    while let Some(batch) = stream.next()? {
        let children = batch.children();
        if children.len() != fields.len() {
            return Err(broken("a batch has other columns than the schema"));
        }
        for ((field, array), gathered) in fields.iter().zip(children).zip(&mut gathered) {
            gathered.add(&cells_of(field, array)?);
        }
    }
    let named = fields.iter().zip(gathered);
    Ok(named
        .map(|(field, gathered)| Column { name: field.name().to_owned(), cells: gathered.into_cells() })
        .collect())
}

/// The cells of one batch.
enum Batch {
    /// NaN is missing.
    Numbers(Vec<f64>),
    /// Whole numbers.
    Whole(Vec<Option<i128>>),
    Texts(Vec<Option<String>>),
    /// Positions in texts.
    Coded(Vec<Option<usize>>, Vec<Option<String>>),
}

/// The cells of a column, batch after batch.
enum Gathered {
    Numbers(Vec<f64>),
    Whole(Vec<Option<i128>>),
    Levels(Levels),
}

impl Gathered {
    /// None of a column yet.
    fn new(field: &Schema) -> PyResult<Self> {
        let value = field.dictionary().unwrap_or(field);
        Ok(match (kind_of(value)?, field.dictionary()) {
            (_, Some(_)) | (Kind::Text | Kind::Truth | Kind::Time(_), None) => {
                Self::Levels(Levels::default())
            }
            (Kind::Whole, None) => Self::Whole(Vec::new()),
            (Kind::Number | Kind::Null, None) => Self::Numbers(Vec::new()),
        })
    }

    fn add(&mut self, batch: &Batch) {
        match (self, batch) {
            (Self::Numbers(all), Batch::Numbers(more)) => all.extend(more),
            (Self::Whole(all), Batch::Whole(more)) => all.extend(more),
            (Self::Levels(levels), batch) => match batch {
                Batch::Texts(texts) => texts.iter().for_each(|text| levels.push(text.as_deref())),
                Batch::Coded(codes, texts) => {
                    let known: Vec<u32> = texts
                        .iter()
                        .map(|text| text.as_ref().map_or(MISSING, |text| levels.code(text)))
                        .collect();
                    let code = |position: &Option<usize>| position.and_then(|at| known.get(at).copied());
                    for position in codes {
                        levels.push_code(code(position).unwrap_or(MISSING));
                    }
                }
                Batch::Numbers(_) | Batch::Whole(_) => {}
            },
            // The kind of a batch follows from the same field.
            _ => {}
        }
    }

    /// Whole numbers beyond what a double holds stay texts, so that long codes stay different.
    fn into_cells(self) -> Cells {
        match self {
            Self::Numbers(values) => Cells::Numbers(values),
            Self::Levels(levels) => levels.into_cells(),
            Self::Whole(values)
                if values.iter().flatten().all(|value| value.unsigned_abs() <= MOST_EXACT) =>
            {
                Cells::Numbers(
                    values.iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect(),
                )
            }
            Self::Whole(values) => {
                let mut levels = Levels::default();
                for value in values {
                    levels.push(value.map(|value| value.to_string()).as_deref());
                }
                levels.into_cells()
            }
        }
    }
}

/// What the cells of a column are.
#[derive(Clone, Copy)]
enum Kind {
    Null,
    Truth,
    Whole,
    Number,
    Text,
    Time(TimeForm),
}

#[derive(Clone, Copy)]
enum TimeForm {
    Date,
    /// Of a day.
    Clock,
    Moment {
        has_zone: bool,
    },
}

fn kind_of(field: &Schema) -> PyResult<Kind> {
    let format = field.format();
    Ok(match format {
        "n" => Kind::Null,
        "b" => Kind::Truth,
        "c" | "C" | "s" | "S" | "i" | "I" | "l" | "L" => Kind::Whole,
        "e" | "f" | "g" => Kind::Number,
        "u" | "U" | "vu" => Kind::Text,
        "tdD" | "tdm" => Kind::Time(TimeForm::Date),
        _ if format.starts_with("d:") => Kind::Number,
        _ if format.starts_with("tt") => Kind::Time(TimeForm::Clock),
        _ if format.starts_with("ts") => Kind::Time(TimeForm::Moment { has_zone: format.len() > 4 }),
        _ => {
            let kind = match format.as_bytes().first() {
                Some(b'+') => "lists or structs",
                Some(b'z' | b'Z' | b'v' | b'w') => "bytes",
                Some(b't') => "lengths of time",
                _ => "cells of a kind that is not known",
            };
            return Err(PyTypeError::new_err(format!(
                "column `{}` holds {kind}: expected numbers, texts, categories, dates or truth values; convert the \
                 column, or leave it out",
                field.name()
            )));
        }
    })
}

fn cells_of(field: &Schema, array: &Array) -> PyResult<Batch> {
    if let Some(value) = field.dictionary() {
        let Batch::Whole(codes) = whole(field, array)? else { return Err(broken("codes are whole numbers")) };
        let values = cells_of(value, array.dictionary().ok_or_else(|| broken("a dictionary is missing"))?)?;
        let position = |code: &Option<i128>| code.and_then(|code| usize::try_from(code).ok());
        return Ok(Batch::Coded(codes.iter().map(position).collect(), texts_of(values)));
    }
    match kind_of(field)? {
        Kind::Null => Ok(Batch::Numbers(vec![f64::NAN; array.len()])),
        Kind::Truth => {
            let cells = array.validity()?.into_iter().zip(array.bits(1)?);
            Ok(Batch::Texts(cells.map(|(is_there, truth)| is_there.then(|| truth.to_string())).collect()))
        }
        Kind::Whole => whole(field, array),
        Kind::Number => numbers(field, array),
        Kind::Text => texts(field, array),
        Kind::Time(form) => times(field, array, form),
    }
}

/// As a file holds them.
fn texts_of(batch: Batch) -> Vec<Option<String>> {
    match batch {
        Batch::Texts(texts) => texts,
        Batch::Numbers(values) => values.iter().map(|v| (!v.is_nan()).then(|| v.to_string())).collect(),
        Batch::Whole(values) => values.iter().map(|value| value.map(|value| value.to_string())).collect(),
        Batch::Coded(codes, texts) => codes.iter().map(|at| texts.get((*at)?)?.clone()).collect(),
    }
}

fn whole(field: &Schema, array: &Array) -> PyResult<Batch> {
    fn read<T: Plain + Into<i128>>(array: &Array) -> PyResult<Batch> {
        let cells = array.validity()?.into_iter().zip(array.values::<T>(1, 0)?);
        Ok(Batch::Whole(cells.map(|(is_there, value)| is_there.then(|| value.into())).collect()))
    }
    match field.format() {
        "c" => read::<i8>(array),
        "C" => read::<u8>(array),
        "s" => read::<i16>(array),
        "S" => read::<u16>(array),
        "i" | "tdD" | "tts" | "ttm" => read::<i32>(array),
        "I" => read::<u32>(array),
        "L" => read::<u64>(array),
        _ => read::<i64>(array),
    }
}

fn numbers(field: &Schema, array: &Array) -> PyResult<Batch> {
    let validity = array.validity()?;
    let format = field.format();
    let values: Vec<f64> = match format {
        "e" => array.values::<u16>(1, 0)?.into_iter().map(|bits| as_written(of_half(bits))).collect(),
        "f" => array.values::<f32>(1, 0)?.into_iter().map(as_written).collect(),
        "g" => array.values(1, 0)?,
        _ => decimals(field, array)?,
    };
    Ok(Batch::Numbers(
        validity.into_iter().zip(values).map(|(is, value)| if is { value } else { f64::NAN }).collect(),
    ))
}

/// The number that a file would hold: 0.1 of single precision is written as 0.1.
fn as_written(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

/// IEEE 754, half precision.
fn of_half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2.0_f32.powi(exponent - 15),
    }
}

/// `d:precision,scale` of 128 bits, or `d:precision,scale,bits`.
fn decimals(field: &Schema, array: &Array) -> PyResult<Vec<f64>> {
    let parts: Vec<&str> = field.format().trim_start_matches("d:").split(',').collect();
    let scale: i32 =
        parts.get(1).and_then(|scale| scale.parse().ok()).ok_or_else(|| broken("a decimal without scale"))?;
    let whole: Vec<i128> = match parts.get(2).copied().unwrap_or("128") {
        "32" => array.values::<i32>(1, 0)?.into_iter().map(Into::into).collect(),
        "64" => array.values::<i64>(1, 0)?.into_iter().map(Into::into).collect(),
        "128" => array.values(1, 0)?,
        bits => {
            let name = field.name();
            return Err(PyTypeError::new_err(format!(
                "column `{name}` holds decimals of {bits} bits: cast it to floats"
            )));
        }
    };
    // Read as the file would be: rounded once.
    Ok(whole.iter().map(|whole| format!("{whole}e{}", -scale).parse().unwrap_or(f64::NAN)).collect())
}

fn texts(field: &Schema, array: &Array) -> PyResult<Batch> {
    let validity = array.validity()?;
    let texts: Vec<Vec<u8>> = match field.format() {
        "u" => by_offsets(array, &array.values::<i32>(1, 1)?.into_iter().map(i64::from).collect::<Vec<_>>())?,
        "U" => by_offsets(array, &array.values::<i64>(1, 1)?)?,
        _ => views(array, &validity)?,
    };
    let text =
        |(is_there, bytes): (bool, Vec<u8>)| is_there.then(|| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Batch::Texts(validity.into_iter().zip(texts).map(text).collect()))
}

fn by_offsets(array: &Array, offsets: &[i64]) -> PyResult<Vec<Vec<u8>>> {
    let at = |offset: &i64| usize::try_from(*offset).map_err(|_| broken("an offset below zero"));
    let offsets: Vec<usize> = offsets.iter().map(at).collect::<PyResult<_>>()?;
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return Ok(Vec::new()) };
    let n_bytes = last.checked_sub(*first).ok_or_else(|| broken("offsets that fall"))?;
    let bytes: Vec<u8> = array.slice(2, *first, n_bytes)?;
    let cell = |pair: &[usize]| {
        let cell = bytes.get(pair[0].wrapping_sub(*first)..pair[1].wrapping_sub(*first));
        cell.map(<[u8]>::to_vec).ok_or_else(|| broken("offsets that fall"))
    };
    offsets.windows(2).map(cell).collect()
}

/// Texts of up to 12 bytes lie in the view itself, longer ones in one of the buffers behind it.
fn views(array: &Array, validity: &[bool]) -> PyResult<Vec<Vec<u8>>> {
    let views: Vec<i128> = array.values(1, 0)?;
    let part = |view: &[u8; 16], from: usize| {
        u32::from_le_bytes([view[from], view[from + 1], view[from + 2], view[from + 3]])
    };
    let text = |(view, is_there): (&i128, &bool)| {
        let view = view.to_le_bytes();
        let n_bytes = part(&view, 0) as usize;
        match n_bytes {
            _ if !is_there => Ok(Vec::new()),
            0..=12 => Ok(view[4..4 + n_bytes].to_vec()),
            _ => array.slice(2 + part(&view, 8) as usize, part(&view, 12) as usize, n_bytes),
        }
    };
    views.iter().zip(validity).map(text).collect()
}

fn times(field: &Schema, array: &Array, form: TimeForm) -> PyResult<Batch> {
    let Batch::Whole(counts) = whole(field, array)? else { return Err(broken("times are whole numbers")) };
    let format = field.format();
    let unit: i128 = match format.as_bytes().get(2) {
        Some(b'D') => 86_400_000_000_000,
        Some(b's') => 1_000_000_000,
        Some(b'm') => 1_000_000,
        Some(b'u') => 1_000,
        _ => 1,
    };
    let text = |count: i128| {
        told(count.saturating_mul(unit), form).ok_or_else(|| {
            let name = field.name();
            PyValueError::new_err(format!("column `{name}` holds a time beyond the years -9999 to 9999"))
        })
    };
    let texts = counts.into_iter().map(|count| count.map(text).transpose());
    Ok(Batch::Texts(texts.collect::<PyResult<_>>()?))
}

/// A time as ISO 8601 writes it.
fn told(nanoseconds: i128, form: TimeForm) -> Option<String> {
    if let TimeForm::Clock = form {
        let since = SignedDuration::from_nanos(i64::try_from(nanoseconds).ok()?);
        return Some(Time::midnight().checked_add(since).ok()?.to_string());
    }
    let moment = Timestamp::from_nanosecond(nanoseconds).ok()?;
    let civil = Offset::UTC.to_datetime(moment);
    Some(match form {
        TimeForm::Date => Date::from(civil).to_string(),
        TimeForm::Moment { has_zone: true } => moment.to_string(),
        _ => civil.to_string(),
    })
}
