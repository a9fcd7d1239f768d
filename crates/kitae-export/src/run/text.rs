//! Operators on texts.

use std::collections::HashMap;

use regex_lite::Regex;

use super::elementwise::{broadcast, places};
use super::node::{Evaluated, Node};
use crate::onnx::{Data, Tensor};

fn texts(x: &Tensor) -> Result<&[String], String> {
    match &x.data {
        Data::Text(values) => Ok(values),
        _ => Err("it takes texts".to_owned()),
    }
}

/// `LabelEncoder` from texts to whole numbers.
pub(super) fn encode(x: &Tensor, node: Node) -> Evaluated {
    let codes: HashMap<String, i64> =
        node.texts("keys_strings").into_iter().zip(node.ints("values_int64s").iter().copied()).collect();
    let none = node.int("default_int64", -1);
    let codes = texts(x)?.iter().map(|text| codes.get(text).copied().unwrap_or(none)).collect();
    Ok(Tensor { shape: x.shape.clone(), data: Data::I64(codes) })
}

/// `StringConcat`.
pub(super) fn concat_texts(a: &Tensor, b: &Tensor) -> Evaluated {
    let shape = broadcast(&[&a.shape, &b.shape])?;
    let (x, y) = (texts(a)?, texts(b)?);
    let pairs = places(&a.shape, &shape).into_iter().zip(places(&b.shape, &shape));
    let joined = pairs.map(|(i, j)| format!("{}{}", x[i], y[j])).collect();
    Ok(Tensor { shape, data: Data::Text(joined) })
}

/// `RegexFullMatch`.
pub(super) fn matches(x: &Tensor, pattern: Option<&str>) -> Evaluated {
    let pattern = Regex::new(&format!(r"\A(?:{})\z", pattern.unwrap_or_default()))
        .map_err(|error| error.to_string())?;
    let found = texts(x)?.iter().map(|text| pattern.is_match(text)).collect();
    Ok(Tensor { shape: x.shape.clone(), data: Data::Bool(found) })
}

/// `StringSplit`: at a separator, or at runs of blanks; shorter lists are filled with empty texts.
pub(super) fn split(x: &Tensor, separator: Option<&str>) -> Result<Vec<Tensor>, String> {
    let parts: Vec<Vec<&str>> = texts(x)?
        .iter()
        .map(|text| match separator {
            Some(separator) => text.split(separator).collect(),
            None => text.split_ascii_whitespace().collect(),
        })
        .collect();
    let width = parts.iter().map(Vec::len).max().unwrap_or(0);
    let counts = parts.iter().map(|parts| parts.len() as i64).collect();
    let filled = |parts: Vec<&str>| {
        parts
            .into_iter()
            .map(str::to_owned)
            .chain(std::iter::repeat(String::new()))
            .take(width)
            .collect::<Vec<_>>()
    };
    let all: Vec<String> = parts.into_iter().flat_map(filled).collect();
    let shape = [&x.shape[..], &[width]].concat();
    Ok(vec![Tensor::texts(&shape, all), Tensor::i64(&x.shape, counts)])
}
