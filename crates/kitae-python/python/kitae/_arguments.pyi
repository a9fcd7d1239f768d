# Written by `python -m kitae._arguments`.
from inspect import Signature
from typing import Any, Callable, TypedDict

ARGUMENTS: list[str]
LEVERS: list[str]

def signature(first: list[str], names: list[str]) -> Signature: ...
def described(names: list[str]) -> str: ...
def checked(names: list[str], arguments: dict[str, Any], caller: str) -> dict[str, Any]: ...
def stub() -> str: ...

class Levers(TypedDict, total=False):
    positive: str | float | list[float] | None
    copies: str | None
    by_group: str | float | list[float] | None
    by_time: str | float | list[float] | None
    random_split: bool | None
    missing: str | list[str] | None
    missing_none: bool | None
    categorical: str | list[str] | None
    numeric: str | list[str] | None
    drop: str | list[str] | None
    preset: str | None
    recipe: str | dict[str, Any] | None
    seed: str | float | list[float] | None
    folds: str | float | list[float] | None
    hold_out: str | float | list[float] | None
    repeats: str | float | list[float] | None
    validation_share: str | float | list[float] | None
    numeric_transform: str | None
    missing_indicator: bool | None
    no_missing_indicator: bool | None
    one_hot_max_levels: str | float | list[float] | None
    min_level_rows: str | float | list[float] | None
    unseen: str | None
    hidden: str | float | list[float] | None
    activation: str | None
    learned_slope: bool | None
    fixed_slope: bool | None
    normalisation: str | None
    residual: bool | None
    initialiser: str | None
    parametrisation: str | None
    embedding_width: str | float | list[float] | None
    number_embedding: str | None
    input_scale: str | None
    ensemble: str | None
    metric: str | float | list[float] | None
    validation_metric: str | float | list[float] | None
    objective: str | None
    target_scale: str | None
    huber_delta: str | float | list[float] | None
    quantile: str | float | list[float] | None
    label_smoothing: str | float | list[float] | None
    class_weights: str | float | list[float] | None
    positive_weight: str | float | list[float] | None
    calibration: str | None
    blend: str | None
    optimiser: str | None
    learning_rate: str | float | list[float] | None
    schedule: str | None
    warm_up: str | float | list[float] | None
    plateau_patience: str | float | list[float] | None
    plateau_factor: str | float | list[float] | None
    clip_value: str | float | list[float] | None
    clip_norm: str | float | list[float] | None
    batch: str | float | list[float] | None
    epochs: str | float | list[float] | None
    keep: str | None
    averaging: str | None
    stopping: str | None
    patience: str | float | list[float] | None
    min_delta: str | float | list[float] | None
    weight_column: str | float | list[float] | None
    members: str | float | list[float] | None
    dropout: str | float | list[float] | None
    weight_decay: str | float | list[float] | None
    l1: str | float | list[float] | None
    l2: str | float | list[float] | None
    max_norm: str | float | list[float] | None
    mixing: str | None
    device: str | None
    threads: str | float | list[float] | None
    progress: bool | Callable[[int, int, float, float], object]

class Arguments(Levers, total=False):
    task: str | None
    test_size: str | float | list[float] | None
    delimiter: str | float | list[float] | None
    quote: str | float | list[float] | None
    escape: str | float | list[float] | None
    comment: str | float | list[float] | None
    skip_rows: str | float | list[float] | None
    no_header: bool | None
    short_rows: bool | None
    encoding: str | float | list[float] | None
    max_size: str | float | list[float] | None
    schema: str | float | list[float] | None
    decimal: str | float | list[float] | None
