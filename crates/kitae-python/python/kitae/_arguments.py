"""The keyword arguments of kitae: the flags of the command line, under their names."""

from __future__ import annotations

from inspect import Parameter, Signature

from . import _kitae

# The recipe may be a dict, which stands for `--set` too; the target and the task are said elsewhere.
_ELSEWHERE = {"target", "set"}
# Of a file, and of the question that fit and scikit-learn ask.
_OF_FILES = {"task", "test_size"}
_OF_COLUMNS = {"categorical", "numeric", "drop", "positive", "copies", "missing", "missing_none"}

_ALL = [argument for argument in _kitae.arguments() if argument[0] not in _ELSEWHERE]


def _names(is_for_estimators: bool) -> list[str]:
    def is_one(name: str, heading: str) -> bool:
        return not is_for_estimators or (name not in _OF_FILES and (heading != "Data" or name in _OF_COLUMNS))

    return [name for name, _, heading, _, _ in _ALL if is_one(name, heading)]


ARGUMENTS = _names(is_for_estimators=False)
LEVERS = _names(is_for_estimators=True)


def signature(first: list[str], names: list[str]) -> Signature:
    """Of a function that takes the arguments by name; one that is None is left to the preset."""
    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in first]
    parameters += [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in names]
    parameters.append(Parameter("progress", Parameter.KEYWORD_ONLY, default=False))
    return Signature(parameters)


def described(names: list[str]) -> str:
    """What the arguments do, a paragraph each."""
    told = {name: (text, words) for name, text, _, _, words in _ALL}

    def paragraph(name: str) -> str:
        text, words = told[name]
        return f"{name}\n    {text}" + (f" One of {', '.join(words)}." if words else "")

    return "\n".join(paragraph(name) for name in names)


def checked(names: list[str], arguments: dict[str, object], caller: str) -> dict[str, object]:
    """The arguments, of which each must be known."""
    for name in arguments:
        if name not in names:
            from difflib import get_close_matches

            close = get_close_matches(name, names, n=1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            raise TypeError(f"{caller} has no argument `{name}`{hint}")
    return arguments


def stub() -> str:
    """The text of `_arguments.pyi`."""
    forms = {name: (form, words) for name, _, _, form, words in _ALL}

    def field(name: str) -> str:
        form, words = forms[name]
        if name == "recipe":
            kind = "str | dict[str, Any]"
        elif form == "switch":
            kind = "bool"
        elif form == "list":
            kind = "str | list[str]"
        elif words:
            kind = "str"
        else:
            kind = "str | float | list[float]"
        return f"    {name}: {kind} | None\n"

    head = (
        '# Written by `python -m kitae._arguments`.\nfrom inspect import Signature\nfrom typing import Any, Callable, '
        "TypedDict\n\nARGUMENTS: list[str]\nLEVERS: list[str]\n\n"
        "def signature(first: list[str], names: list[str]) -> Signature: ...\n"
        "def described(names: list[str]) -> str: ...\n"
        "def checked(names: list[str], arguments: dict[str, Any], caller: str) -> dict[str, Any]: ...\n"
        "def stub() -> str: ...\n"
    )
    progress = "    progress: bool | Callable[[int, int, float, float], object]\n"

    def of(name: str, base: str, names: list[str]) -> str:
        return f"\nclass {name}({base}, total=False):\n" + "".join(map(field, names))

    others = [name for name in ARGUMENTS if name not in LEVERS]
    return head + of("Levers", "TypedDict", LEVERS) + progress + of("Arguments", "Levers", others)


if __name__ == "__main__":
    print(stub(), end="")
