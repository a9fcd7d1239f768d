"""Progress of a training: one line that is written over, on a terminal and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Union

Told = Callable[[int, int, float, float], object]
Progress = Union[bool, Told, None]


def teller(progress: Progress) -> Told | None:
    """What is told of the progress; `True` is a line on the standard error stream."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return _line
    if not callable(progress):
        raise TypeError(f"`progress` must be True, False or a function, got {progress!r}")
    return progress


def _line(n_networks: int, n_done: int, share: float, seconds: float) -> None:
    text = f"kitae: {n_done} of {n_networks} networks, {share:4.0%}, {seconds:.1f} s"
    print(f"\r{text}", end="\n" if n_done == n_networks else "", file=sys.stderr, flush=True)
