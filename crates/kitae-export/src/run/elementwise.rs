//! Operators that work element by element, with broadcasting.

use super::node::{Evaluated, Node};
use crate::onnx::proto::element;
use crate::onnx::{Data, Tensor};

/// The shape that some shapes broadcast to.
pub(super) fn broadcast(shapes: &[&[usize]]) -> Result<Vec<usize>, String> {
    let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut result = vec![1; rank];
    for shape in shapes {
        let offset = rank - shape.len();
        for (size, own) in result[offset..].iter_mut().zip(*shape) {
            match (*size, *own) {
                (a, b) if a == b || b == 1 => {}
                (1, b) => *size = b,
                _ => return Err(format!("the shapes {shapes:?} do not fit")),
            }
        }
    }
    Ok(result)
}

/// For each element of `shape` in order, the place of the element that broadcasts to it in a tensor of `own`
/// shape.
pub(super) fn places(own: &[usize], shape: &[usize]) -> Vec<usize> {
    let mut places = vec![0];
    let offset = shape.len() - own.len();
    for (axis, size) in shape.iter().enumerate() {
        let own_size = if axis < offset { 1 } else { own[axis - offset] };
        let mut next = Vec::with_capacity(places.len() * size);
        for place in &places {
            next.extend((0..*size).map(|i| place * own_size + if own_size == 1 { 0 } else { i }));
        }
        places = next;
    }
    places
}

fn zip<A, B, C>(
    a: (&[A], &[usize]),
    b: (&[B], &[usize]),
    shape: &[usize],
    f: impl Fn(&A, &B) -> C,
) -> Vec<C> {
    if a.1 == b.1 {
        return a.0.iter().zip(b.0).map(|(a, b)| f(a, b)).collect();
    }
    let (of_a, of_b) = (places(a.1, shape), places(b.1, shape));
    of_a.into_iter().zip(of_b).map(|(i, j)| f(&a.0[i], &b.0[j])).collect()
}

/// Numbers that can be compared, and found out whether they are none.
trait Number: Copy + PartialOrd {
    fn is_none(self) -> bool;
}

impl Number for f32 {
    fn is_none(self) -> bool {
        self.is_nan()
    }
}

impl Number for f64 {
    fn is_none(self) -> bool {
        self.is_nan()
    }
}

impl Number for i64 {
    fn is_none(self) -> bool {
        false
    }
}

/// NaN of NaN.
fn smaller<N: Number>(a: N, b: N) -> N {
    if a.is_none() || (!b.is_none() && a < b) { a } else { b }
}

/// NaN of NaN.
fn larger<N: Number>(a: N, b: N) -> N {
    if a.is_none() || (!b.is_none() && a > b) { a } else { b }
}

macro_rules! numbers {
    ($a:ident, $b:ident, $shape:ident, $f:expr) => {
        match (&$a.data, &$b.data) {
            (Data::F32(x), Data::F32(y)) => Data::F32(zip((x, &$a.shape), (y, &$b.shape), &$shape, $f)),
            (Data::F64(x), Data::F64(y)) => Data::F64(zip((x, &$a.shape), (y, &$b.shape), &$shape, $f)),
            (Data::I64(x), Data::I64(y)) => Data::I64(zip((x, &$a.shape), (y, &$b.shape), &$shape, $f)),
            _ => return Err("it takes two tensors of numbers of one type".to_owned()),
        }
    };
}

macro_rules! comparison {
    ($a:ident, $b:ident, $shape:ident, $f:expr) => {
        match (&$a.data, &$b.data) {
            (Data::F32(x), Data::F32(y)) => Data::Bool(zip((x, &$a.shape), (y, &$b.shape), &$shape, $f)),
            (Data::F64(x), Data::F64(y)) => Data::Bool(zip((x, &$a.shape), (y, &$b.shape), &$shape, $f)),
            (Data::I64(x), Data::I64(y)) => Data::Bool(zip((x, &$a.shape), (y, &$b.shape), &$shape, $f)),
            _ => return Err("it takes two tensors of numbers of one type".to_owned()),
        }
    };
}

/// Arithmetic and comparisons.
pub(super) fn binary(kind: &str, a: &Tensor, b: &Tensor) -> Evaluated {
    let shape = broadcast(&[&a.shape, &b.shape])?;
    let data = match kind {
        "Add" => numbers!(a, b, shape, |x, y| x + y),
        "Sub" => numbers!(a, b, shape, |x, y| x - y),
        "Mul" => numbers!(a, b, shape, |x, y| x * y),
        "Div" if has_zero(b) => return Err("it divides whole numbers by zero".to_owned()),
        "Div" => numbers!(a, b, shape, |x, y| x / y),
        "Mod" => modulus(a, b, &shape)?,
        "Min" => numbers!(a, b, shape, |x, y| smaller(*x, *y)),
        "Max" => numbers!(a, b, shape, |x, y| larger(*x, *y)),
        "Equal" => comparison!(a, b, shape, |x, y| x == y),
        "Less" => comparison!(a, b, shape, |x, y| x < y),
        "LessOrEqual" => comparison!(a, b, shape, |x, y| x <= y),
        "Greater" => comparison!(a, b, shape, |x, y| x > y),
        "GreaterOrEqual" => comparison!(a, b, shape, |x, y| x >= y),
        _ => return Err("the operator is not known".to_owned()),
    };
    Ok(Tensor { shape, data })
}

fn has_zero(tensor: &Tensor) -> bool {
    matches!(&tensor.data, Data::I64(values) if values.contains(&0))
}

/// With the sign of the divisor, which is positive.
fn modulus(a: &Tensor, b: &Tensor, shape: &[usize]) -> Result<Data, String> {
    match (&a.data, &b.data) {
        (Data::I64(x), Data::I64(y)) if y.iter().all(|divisor| *divisor > 0) => {
            Ok(Data::I64(zip((x, &a.shape), (y, &b.shape), shape, |x, y| x.rem_euclid(*y))))
        }
        _ => Err("it takes whole numbers and positive divisors".to_owned()),
    }
}

macro_rules! floats {
    ($x:ident, $f:expr) => {
        match &$x.data {
            Data::F32(values) => Data::F32(values.iter().map($f).collect()),
            Data::F64(values) => Data::F64(values.iter().map($f).collect()),
            _ => return Err("it takes floating-point numbers".to_owned()),
        }
    };
}

/// Functions of one number.
pub(super) fn unary(kind: &str, x: &Tensor, node: Node) -> Evaluated {
    let data = match kind {
        "Neg" => floats!(x, |x| -x),
        "Abs" => floats!(x, |x| x.abs()),
        "Sqrt" => floats!(x, |x| x.sqrt()),
        "Exp" => floats!(x, |x| x.exp()),
        "Log" => floats!(x, |x| x.ln()),
        "Sin" => floats!(x, |x| x.sin()),
        "Cos" => floats!(x, |x| x.cos()),
        "Floor" => floats!(x, |x| x.floor()),
        "Round" => floats!(x, |x| x.round_ties_even()),
        "Tanh" => floats!(x, |x| x.tanh()),
        "Sigmoid" => floats!(x, |x| 1.0 / (1.0 + (-x).exp())),
        _ => activated(kind, x, node)?,
    };
    Ok(Tensor { shape: x.shape.clone(), data })
}

/// Activations in single precision.
fn activated(kind: &str, x: &Tensor, node: Node) -> Result<Data, String> {
    let Data::F32(values) = &x.data else { return Err("the operator is not known".to_owned()) };
    let (alpha, gamma) = (node.float("alpha", 1.0), node.float("gamma", 1.0));
    let exponential = |x: f32| alpha * x.exp_m1();
    let each = |f: &dyn Fn(f32) -> f32| Data::F32(values.iter().map(|x| f(*x)).collect());
    Ok(match kind {
        "Relu" => each(&|x| if x < 0.0 { 0.0 } else { x }),
        "LeakyRelu" => each(&|x| if x < 0.0 { alpha * x } else { x }),
        "Elu" => each(&|x| if x < 0.0 { exponential(x) } else { x }),
        "Selu" => each(&|x| gamma * if x > 0.0 { x } else { exponential(x) }),
        "Softplus" => each(&|x| if x > 20.0 { x } else { x.exp().ln_1p() }),
        "Gelu" => each(&|x| {
            let x = f64::from(x);
            (0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)) as f32
        }),
        _ => return Err("the operator is not known".to_owned()),
    })
}

/// Whether numbers are none.
pub(super) fn is_nan(x: &Tensor) -> Evaluated {
    let data = match &x.data {
        Data::F32(values) => values.iter().map(|value| value.is_nan()).collect(),
        Data::F64(values) => values.iter().map(|value| value.is_nan()).collect(),
        _ => return Err("it takes floating-point numbers".to_owned()),
    };
    Ok(Tensor { shape: x.shape.clone(), data: Data::Bool(data) })
}

/// `Not`, `And`, `Or`.
pub(super) fn logical(kind: &str, inputs: &[&Tensor]) -> Evaluated {
    let bools = |tensor: &Tensor| match &tensor.data {
        Data::Bool(values) => Ok(values.clone()),
        _ => Err("it takes truth values".to_owned()),
    };
    match inputs {
        [x] => {
            let data = bools(x)?.into_iter().map(|value| !value).collect();
            Ok(Tensor { shape: x.shape.clone(), data: Data::Bool(data) })
        }
        [a, b] => {
            let shape = broadcast(&[&a.shape, &b.shape])?;
            let (x, y) = (bools(a)?, bools(b)?);
            let is_and = kind == "And";
            let join = |x: &bool, y: &bool| if is_and { *x && *y } else { *x || *y };
            let data = zip((&x, &a.shape), (&y, &b.shape), &shape, join);
            Ok(Tensor { shape, data: Data::Bool(data) })
        }
        _ => Err("it takes one or two tensors".to_owned()),
    }
}

/// `Where`.
pub(super) fn choose(condition: &Tensor, yes: &Tensor, no: &Tensor) -> Evaluated {
    fn pick<T: Clone>(chosen: &[bool], yes: (&[T], Vec<usize>), no: (&[T], Vec<usize>)) -> Vec<T> {
        let places = yes.1.into_iter().zip(no.1);
        let each =
            chosen.iter().zip(places).map(|(is_yes, (i, j))| if *is_yes { &yes.0[i] } else { &no.0[j] });
        each.cloned().collect()
    }
    let Data::Bool(conditions) = &condition.data else { return Err("it takes truth values".to_owned()) };
    let shape = broadcast(&[&condition.shape, &yes.shape, &no.shape])?;
    let chosen: Vec<bool> = places(&condition.shape, &shape).into_iter().map(|i| conditions[i]).collect();
    let (of_yes, of_no) = (places(&yes.shape, &shape), places(&no.shape, &shape));
    let data = match (&yes.data, &no.data) {
        (Data::F32(a), Data::F32(b)) => Data::F32(pick(&chosen, (a, of_yes), (b, of_no))),
        (Data::F64(a), Data::F64(b)) => Data::F64(pick(&chosen, (a, of_yes), (b, of_no))),
        (Data::I64(a), Data::I64(b)) => Data::I64(pick(&chosen, (a, of_yes), (b, of_no))),
        (Data::Text(a), Data::Text(b)) => Data::Text(pick(&chosen, (a, of_yes), (b, of_no))),
        _ => return Err("it takes two tensors of one type".to_owned()),
    };
    Ok(Tensor { shape, data })
}

/// `Cast`. Texts must be whole numbers or decimals from end to end.
pub(super) fn cast(x: &Tensor, to: i32) -> Evaluated {
    let doubles: Option<Vec<f64>> = match &x.data {
        Data::F32(values) => Some(values.iter().map(|value| f64::from(*value)).collect()),
        Data::F64(values) => Some(values.clone()),
        Data::I64(values) => Some(values.iter().map(|value| *value as f64).collect()),
        Data::Bool(values) => Some(values.iter().map(|value| f64::from(u8::from(*value))).collect()),
        Data::Text(texts) => texts.iter().map(|text| text.parse().ok()).collect(),
    };
    let doubles = doubles.ok_or("a text is no number")?;
    let data = match to {
        element::FLOAT => Data::F32(doubles.into_iter().map(|value| value as f32).collect()),
        element::DOUBLE => Data::F64(doubles),
        element::INT64 => Data::I64(doubles.into_iter().map(|value| value as i64).collect()),
        _ => return Err(format!("it casts to type {to}")),
    };
    Ok(Tensor { shape: x.shape.clone(), data })
}
