"""The command `kitae`, as `python -m kitae` too."""

import sys

from ._kitae import main as run


def main() -> int:
    return run(["kitae", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
