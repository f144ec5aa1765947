"""The commands of ``jaxlearn``, and how they read their arguments."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from jaxlearn import celsius
from jaxlearn.process import tune_process
from jaxlearn.training import DivergenceError, TrainingResult

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status: 0 done, 1 failed, 2 wrong arguments.

    Args:
        arguments: what follows the program's name, by default the process's own.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.ArgumentParser, argparse.Namespace], int] = options.command
    return command(options.parser, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jaxlearn",
        description="Learning models as pure functions, trained by update steps that JAX compiles.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_celsius(commands)
    return parser


def _add_celsius(commands: Any) -> None:
    parser = commands.add_parser(
        "celsius",
        help="train one neuron that learns Fahrenheit from Celsius, and draw what it learned",
        description="Train one neuron that learns Fahrenheit from 100 temperatures in Celsius, "
        "print what it learned, and draw it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--steps", type=_whole_number, default=celsius.STEPS, metavar="N", help="gradient steps"
    )
    parser.add_argument(
        "--learning-rate",
        type=_positive_number,
        default=celsius.LEARNING_RATE,
        metavar="R",
        help="learning rate of plain gradient descent",
    )
    parser.add_argument(
        "--seed", type=_whole_number, default=celsius.SEED, metavar="S", help="of the first params"
    )
    parser.add_argument(
        "--output", default="celsius.png", metavar="FILE", help="picture: .png, .svg, .pdf ..."
    )
    parser.add_argument("--show", action="store_true", help="open a window with the picture, too")
    parser.set_defaults(command=_run_celsius, parser=parser)


def _run_celsius(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from jaxlearn import plotting

    tune_process()
    try:
        plotting.check_writable(options.output)
        figure = plotting.new_figure(window=options.show)
    except ValueError as error:
        parser.error(f"argument --output: {error}")
    except RuntimeError as error:
        parser.error(f"argument --show: {error}")
    try:
        result = celsius.train_neuron(
            options.steps, options.learning_rate, options.seed, progress=sys.stderr.isatty()
        )
    except DivergenceError as error:
        print(
            f"jaxlearn celsius: training stopped: {error.reason}; "
            f"try a --learning-rate below {options.learning_rate:g}",
            file=sys.stderr,
        )
        return 1
    before = celsius.initial_params(options.seed)
    _print_report(options, before, result)
    celsius.plot(figure.subplots(), before, result.params)
    plotting.save_figure(figure, options.output)
    print(f"picture   {options.output}")
    if options.show:
        plotting.show_window(figure)
    return 0


def _print_report(options: argparse.Namespace, before: Any, result: TrainingResult) -> None:
    for label, params in (("before", before), ("after", result.params)):
        loss = celsius.mean_squared_error(params)
        print(f"{label:9} {celsius.equation(params):46} loss {loss:.4g}")
    print(
        f"training  {options.steps:,} steps, learning rate {options.learning_rate:g}: "
        f"{1e3 * result.seconds:.3g} ms, after {1e3 * result.compile_seconds:.3g} ms to compile"
    )


def _whole_number(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted a whole number, 0 or more")
    return number


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted a number above 0")
    return number
