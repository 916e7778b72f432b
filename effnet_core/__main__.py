"""The command line: python -m effnet_core COMMAND, such as scale, explain, attribute, intervene, networks, quiz.

Exit codes: 0 done, 1 some inputs failed and the others are done, 2 wrong usage. With --json, standard output holds
the JSON alone.
"""

from __future__ import annotations

import argparse
import sys

from .cli import (
    attribute,
    classroom,
    exercise,
    explain,
    fetch,
    gatestats,
    intervene,
    models,
    networks,
    quiz,
    scale,
    study,
    train,
)

GROUPS = (
    scale,
    explain,
    attribute,
    intervene,
    gatestats,
    models,
    fetch,
    networks,
    train,
    study,
    quiz,
    exercise,
    classroom,
)


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m effnet_core", description=__doc__.splitlines()[0])
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    def command(run) -> argparse.ArgumentParser:
        parser = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        parser.add_argument("--json", action="store_true", help="print JSON for machines")
        parser.set_defaults(run=run)
        return parser

    for group in GROUPS:
        group.add_commands(command)
    return root


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError, RuntimeError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
