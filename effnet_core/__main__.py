"""The command line: python -m effnet_core COMMAND, such as scale, explain, attribute, intervene, networks, quiz.

Exit codes: 0 done, 1 some inputs failed and the others are done, 2 wrong usage, 130 ended by Ctrl+C, 141 nobody reads
the output any more. With --json, standard output holds the JSON alone.
"""

from __future__ import annotations

import argparse
import os
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
    serve,
    study,
    train,
)

INTERRUPTED, PIPE_CLOSED = 128 + 2, 128 + 13  # as shells number SIGINT and SIGPIPE
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
    serve,
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
    if hasattr(sys.stdout, "reconfigure"):  # what the console has no letter for is written as a number, as on stderr
        sys.stdout.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be written at the end
        return PIPE_CLOSED
    except (ValueError, OSError, RuntimeError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
