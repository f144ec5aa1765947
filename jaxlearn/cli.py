"""The commands of ``jaxlearn``, and how they read their arguments."""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

import jax
from jax.sharding import Mesh

from jaxlearn import celsius, datasets
from jaxlearn.devices import divisors_around
from jaxlearn.process import tune_process
from jaxlearn.training import DivergenceError, TrainingResult

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status: 0 done, 1 failed, 2 wrong arguments.

    Args:
        arguments: what follows the program's name, by default the process's own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    rest: list[str] = []
    if given[:1] == ["port"] and "--" in given:
        # What follows is the program's own.
        end = given.index("--")
        given, rest = given[:end], given[end + 1 :]
    options = _parser().parse_args(given, argparse.Namespace(rest=rest))
    command: Callable[[argparse.ArgumentParser, argparse.Namespace], int] = options.command
    return command(options.parser, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jaxlearn",
        description="Learning models as pure functions, trained by update steps that JAX compiles.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_port(commands)
    _add_celsius(commands)
    return parser


def _add_run(commands: Any) -> None:
    parser = commands.add_parser(
        "run",
        help="run a program that was written for Theano",
        description="Run a program that was written for Theano as it is: like python, "
        "except that 'import theano' means jaxlearn.theano.",
        usage="%(prog)s [-h] (SCRIPT | -m MODULE) [ARGUMENT ...]",
    )
    # All that follows the program's name is the program's own, even --help.
    rest = argparse.REMAINDER
    parser.add_argument("script", nargs=rest, metavar="SCRIPT", help="a file, and its arguments")
    parser.add_argument("-m", dest="module", nargs=rest, help="a module, as python -m takes it")
    parser.set_defaults(command=_run_program, parser=parser)


def _add_port(commands: Any) -> None:
    parser = commands.add_parser(
        "port",
        help="run a program that was written for Theano, and write its functions out as plain JAX",
        description="Run a program that was written for Theano, and write each function that it "
        "compiled as a module that needs only JAX and NumPy, with the state that the program ended "
        "with beside it.",
        usage="%(prog)s [-h] (SCRIPT | -m MODULE) --output DIR [--force] [-- ARGUMENT ...]",
    )
    parser.add_argument("script", nargs="?", metavar="SCRIPT", help="a file")
    parser.add_argument("-m", dest="module", help="a module, as python -m takes it")
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="folder of the modules; made if not there"
    )
    parser.add_argument(
        "--force", action="store_true", help="write to a folder that is not empty, too"
    )
    parser.set_defaults(command=_port_program, parser=parser)


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
        "--devices",
        type=partial(_whole_number, least=1),
        default=1,
        metavar="N",
        help="devices that share the temperatures: GPUs, or else parts of the CPU",
    )
    parser.add_argument(
        "--output", default="celsius.png", metavar="FILE", help="picture: .png, .svg, .pdf ..."
    )
    parser.add_argument("--show", action="store_true", help="open a window with the picture, too")
    parser.set_defaults(command=_run_celsius, parser=parser)


def _run_celsius(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from jaxlearn import plotting

    tune_process()
    mesh = _mesh(parser, options.devices)
    try:
        plotting.check_writable(options.output)
        figure = plotting.new_figure(window=options.show)
    except ValueError as error:
        parser.error(f"argument --output: {error}")
    except RuntimeError as error:
        parser.error(f"argument --show: {error}")
    try:
        result = celsius.train_neuron(
            options.steps, options.learning_rate, options.seed, sys.stderr.isatty(), mesh
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
    if mesh is not None:
        _print_devices(mesh)
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


def _mesh(parser: argparse.ArgumentParser, count: int) -> Mesh | None:
    """Return as many devices as were asked for; None for one, which needs no mesh."""
    if count == 1:
        return None
    rows = len(datasets.celsius_fahrenheit()[0])
    if rows % count:
        choices = " or ".join(map(str, divisors_around(rows, count)))
        parser.error(
            f"argument --devices: {rows} temperatures do not divide evenly among {count} devices; "
            f"take {choices}"
        )
    # Where there is a GPU, this says nothing about it.
    jax.config.update("jax_num_cpu_devices", count)
    found = jax.devices()
    if len(found) < count:
        parser.error(
            f"argument --devices: got {count}, but there are {len(found)} "
            f"({found[0].device_kind}); with JAX_PLATFORMS=cpu the CPU can be cut in {count}"
        )
    return jax.make_mesh((count,), ("rows",), devices=found[:count])


def _print_devices(mesh: Mesh) -> None:
    rows = len(datasets.celsius_fahrenheit()[0])
    kind = mesh.devices.flat[0].device_kind
    print(f"devices   {mesh.size} x {kind}, {rows // mesh.size} of the {rows} temperatures on each")


def _whole_number(text: str, least: int = 0) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted a whole number, {least} or more")
    return number


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"got {text!r}, wanted a number above 0")
    return number


# jaxlearn run: the user's program takes this process over ----------------------------------------


def _run_program(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    # argparse ends -m's list at a "--", which belongs to the program, too.
    sys.argv = [*(options.module or ()), *options.script]
    return _run_argv(parser, bool(options.module))


def _port_program(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if options.script and options.module:
        parser.error(f"got both SCRIPT ({options.script}) and -m {options.module}, wanted one")
    named = options.module or options.script
    sys.argv = [*([named] if named else []), *options.rest]
    folder = os.path.abspath(options.output)
    try:
        if os.listdir(folder) and not options.force:
            parser.error(
                f"argument --output: {options.output} is not empty; choose another folder, or "
                "--force to write there all the same"
            )
    except FileNotFoundError:
        pass
    except NotADirectoryError:
        parser.error(f"argument --output: {options.output} is a file, wanted a folder")
    from jaxlearn.symbolic.functions import recorded_functions
    from jaxlearn.symbolic.porting import port

    with recorded_functions() as functions:
        try:
            status = _run_argv(parser, bool(options.module))
        except SystemExit as ending:
            if ending.code not in (None, 0):
                raise
            status = 0
    if status:
        print("jaxlearn port: the program failed, and nothing is written", file=sys.stderr)
        return status
    if not functions:
        print("jaxlearn port: the program compiled no function", file=sys.stderr)
        return 1
    ported = port(functions, folder, os.path.basename(named))
    for entry in ported:
        place = "not written, see README.md" if entry.reason else f"{entry.name}.py"
        print(f"{entry.name:20} {place}")
    print(f"{len(ported)} functions: {options.output}")
    return 0


def _run_argv(parser: argparse.ArgumentParser, is_module: bool) -> int:
    """Run the program that ``sys.argv`` names."""
    if not sys.argv:
        parser.error("nothing to run, wanted SCRIPT or -m MODULE")
    source = b"" if is_module else _read_script(parser, sys.argv[0])
    tune_process()
    try:
        from jaxlearn.theano import alias  # here, because the other commands do without it
    except ValueError as error:
        parser.error(str(error))  # a flag in THEANO_FLAGS or ~/.theanorc
    alias.install()
    try:
        code = _module_code(parser) if is_module else _script_code(source)
        exec(code, vars(sys.modules["__main__"]))
    except SystemExit:
        raise
    except BaseException as error:
        _print_traceback(error)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _read_script(parser: argparse.ArgumentParser, script: str) -> bytes:
    if script == "-":
        parser.error("argument SCRIPT: standard input cannot be run, wanted a file")
    try:
        with open(script, "rb") as file:
            return file.read()
    except OSError as error:
        parser.error(f"argument SCRIPT: {script}: {error.strerror}")


def _script_code(source: bytes) -> CodeType:
    sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[0]))
    path = os.path.abspath(sys.argv[0])
    _replace_main(path, SourceFileLoader("__main__", path), None)
    # The program must not inherit the __future__ of this file.
    return compile(source, path, "exec", dont_inherit=True)


def _module_code(parser: argparse.ArgumentParser) -> CodeType:
    sys.path[0] = os.getcwd()
    name = sys.argv[0]
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise  # the package is there, and lacks something else
        spec = None
    get_code = getattr(spec and spec.loader, "get_code", None)
    code: CodeType | None = get_code(spec.name) if spec and get_code else None
    if spec is None or code is None:
        parser.error(f"argument -m: {name}: there is no such module, or none that can be run")
    sys.argv[0] = spec.origin or name
    _replace_main(spec.origin, spec.loader, spec)
    return code


def _replace_main(file: str | None, loader: Any, spec: ModuleSpec | None) -> None:
    """Make a new ``__main__``: pickle looks there for the classes that the program defines."""
    main = ModuleType("__main__")
    main.__file__ = file
    main.__loader__ = loader
    main.__spec__ = spec
    main.__package__ = spec.parent if spec else None
    sys.modules["__main__"] = main


def _print_traceback(error: BaseException) -> None:
    """Show what ended the program as python does, from the program's first line on."""
    trace = error.__traceback__
    while trace and (
        trace.tb_frame.f_globals is globals()
        or trace.tb_frame.f_code.co_filename.startswith("<frozen importlib")
    ):
        trace = trace.tb_next
    error.__traceback__ = trace
    sys.excepthook(type(error), error, trace)
    file = _python_2_file(error)
    if file:
        print(
            f"jaxlearn run: {file} looks like Python 2. To convert it, keeping the original "
            f"in {os.path.basename(file)}.bak:\n"
            "    python -m pip install fissix\n"
            f"    python -m fissix -w {shlex.quote(file)}",
            file=sys.stderr,
        )


# What Python 3 says about Python 2's statements and literals, and the lines it says it about.
_PYTHON_2_SYNTAX = re.compile(
    r"""Missing\ parentheses\ in\ call | multiple\ exception\ types
    | parameters\ cannot\ be\ parenthesized | leading\ zeros\ in
    | ^\s*raise\ [\w.]+\s*, | <> | ` | \b(\d+|0[xX][\da-fA-F]+)[lL]\b | \b[uU][rR]['"]""",
    re.VERBOSE | re.MULTILINE,
)
# What Python 3 says about print >> sys.stderr, which it takes for a shift.
_PYTHON_2_PRINT = 'Did you mean "print(<message>'
# Names that Python 3 lacks and that the converter replaces.
_PYTHON_2_NAME = re.compile(
    r"""basestring | execfile | long | raw_input | reduce | reload | unichr | unicode | xrange
    | has_key | iteritems | iterkeys | itervalues | maxint | ConfigParser | Queue | StringIO
    | __builtin__ | cPickle | cStringIO | copy_reg | urllib2 | urlparse""",
    re.VERBOSE,
)


def _python_2_file(error: BaseException) -> str | None:
    """The file that is written in Python 2, if that is why a program failed."""
    if isinstance(error, SyntaxError):
        found = _PYTHON_2_SYNTAX.search(f"{error.msg}\n{error.text}")
        return error.filename if found else None
    frames = traceback.extract_tb(error.__traceback__)
    is_print = isinstance(error, TypeError) and _PYTHON_2_PRINT in str(error)
    is_name = _PYTHON_2_NAME.fullmatch(str(getattr(error, "name", "")))
    return frames[-1].filename if frames and (is_print or is_name) else None
