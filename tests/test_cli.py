"""The commands, as a person runs them: in a process of their own."""

import re
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from jaxlearn.cli import _python_2_file, main

COMMAND = Path(sys.executable).with_name("jaxlearn")


def run(*arguments, folder):
    return subprocess.run(
        [COMMAND, *arguments], cwd=folder, text=True, capture_output=True, timeout=120, check=False
    )


def test_celsius_learns_reports_and_draws(tmp_path):
    done = run("celsius", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    before, after, training, picture = done.stdout.splitlines()
    number = r"-?\d[\d.e+-]*"
    assert re.fullmatch(
        rf"before +Fahrenheit = {number} \* Celsius [+-] {number} +loss {number}", before
    )
    equation, loss = re.fullmatch(r"after +(.*?) +loss (.*)", after).groups()
    assert equation == "Fahrenheit = 1.8 * Celsius + 32"
    assert float(loss) < 1e-12
    assert re.fullmatch(
        rf"training +10,000 steps, learning rate 0\.001: {number} ms, after {number} ms to compile",
        training,
    )
    assert picture == "picture   celsius.png"
    assert (tmp_path / "celsius.png").read_bytes().startswith(b"\x89PNG")


def test_celsius_takes_its_options(tmp_path):
    options = ["--steps", "3", "--learning-rate", "1e-4", "--seed", "7", "--output", "a.svg"]
    done = run("celsius", *options, folder=tmp_path)
    assert done.returncode == 0
    assert "3 steps, learning rate 0.0001" in done.stdout
    assert "Celsius" in (tmp_path / "a.svg").read_text()
    assert done.stdout.splitlines()[0] != run("celsius", folder=tmp_path).stdout.splitlines()[0]


def test_celsius_on_several_devices_learns_the_same(tmp_path):
    one, many = (
        run("celsius", "--steps", "500", *options, folder=tmp_path).stdout.splitlines()
        for options in ([], ["--devices", "4"])
    )
    assert many[:2] == one[:2]
    assert many[3:] == [
        "devices   4 x cpu, 25 of the 100 temperatures on each",
        "picture   celsius.png",
    ]
    assert len(one) == 4


def test_more_devices_than_there_are_stop_celsius(monkeypatch, capsys):
    found = jax.devices()
    monkeypatch.setattr("jaxlearn.cli.tune_process", lambda: ())
    monkeypatch.setattr("jax.config.update", lambda name, value: None)
    with pytest.raises(SystemExit, match="2"):
        main(["celsius", "--devices", "100"])
    assert (
        f"error: argument --devices: got 100, but there are {len(found)} "
        f"({found[0].device_kind}); with JAX_PLATFORMS=cpu the CPU can be cut in 100\n"
    ) in capsys.readouterr().err


def test_no_steps_draw_the_untrained_neuron(tmp_path):
    done = run("celsius", "--steps", "0", folder=tmp_path)
    before, after, *_ = done.stdout.splitlines()
    assert before.removeprefix("before") == after.removeprefix("after ")
    assert (tmp_path / "celsius.png").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["--output", "nowhere/a.png"],
            "argument --output: nowhere/a.png: the folder nowhere does not exist; create it first",
        ),
        (["--output", "a.doc"], "argument --output: a.doc: cannot write a .doc file; wanted"),
        (["--steps", "-1"], "argument --steps: got '-1', wanted a whole number, 0 or more"),
        (["--steps", "ten"], "argument --steps: got 'ten', wanted a whole number, 0 or more"),
        (["--devices", "0"], "argument --devices: got '0', wanted a whole number, 1 or more"),
        (
            ["--devices", "8"],
            "argument --devices: 100 temperatures do not divide evenly among 8 devices; "
            "take 5 or 10",
        ),
        (["--learning-rate", "0"], "argument --learning-rate: got '0', wanted a number above 0"),
        (
            ["--learning-rate", "nan"],
            "argument --learning-rate: got 'nan', wanted a number above 0",
        ),
    ],
)
def test_wrong_arguments_stop_it_before_training(arguments, text, tmp_path):
    done = run("celsius", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"jaxlearn celsius: error: {text}" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_window_without_a_display_stops_it_before_training(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    done = run("celsius", "--show", folder=tmp_path)
    assert done.returncode == 2
    assert "error: argument --show: there is no window to show it in" in done.stderr
    assert not list(tmp_path.iterdir())


def test_divergence_is_told_in_one_line(tmp_path):
    done = run("celsius", "--learning-rate", "0.01", folder=tmp_path)
    assert done.returncode == 1
    assert re.fullmatch(
        r"jaxlearn celsius: training stopped: the loss is inf at step \d+; "
        r"try a --learning-rate below 0\.01\n",
        done.stderr,
    )
    assert not list(tmp_path.iterdir())


def test_help_names_the_commands_and_the_defaults(tmp_path):
    assert "celsius" in run("--help", folder=tmp_path).stdout
    assert "(default: 10000)" in run("celsius", "--help", folder=tmp_path).stdout
    assert run(folder=tmp_path).returncode == 2
    module = [sys.executable, "-m", "jaxlearn", "--help"]
    assert subprocess.run(module, cwd=tmp_path, capture_output=True, check=True).stdout


# jaxlearn run

PROGRAM = """\
from __future__ import division
import pickle, sys
import theano, jaxlearn.theano
assert theano is jaxlearn.theano and "theano" in sys.modules
class Model(object):
    pass
assert type(pickle.loads(pickle.dumps(Model()))) is Model
print(__name__, __file__, __package__, sys.argv, sys.path[0])
"""


def test_run_runs_a_program_as_python_does(tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "beside.py").write_text("ENDING = 7\n")
    script = folder / "train.py"
    script.write_text(PROGRAM + "import beside\nsys.exit(beside.ENDING)\n")
    done = run("run", "programs/train.py", "--help", "-m", "--", "x", folder=tmp_path)
    argv = ["programs/train.py", "--help", "-m", "--", "x"]
    assert done.stdout == f"__main__ {script} None {argv} {folder}\n"
    assert (done.returncode, done.stderr) == (7, "")


def test_run_runs_a_module_as_python_does(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PROGRAM + "from package import other\n")
    (package / "other.py").write_text("raise SystemExit('no data')\n")
    done = run("run", "-m", "package", "--fast", "--", "x", folder=tmp_path)
    main = package / "__main__.py"
    argv = [str(main), "--fast", "--", "x"]
    assert done.stdout == f"__main__ {main} package {argv} {tmp_path}\n"
    assert (done.returncode, done.stderr) == (1, "no data\n")


@pytest.mark.parametrize(("error", "status"), [("ValueError(3)", 1), ("KeyboardInterrupt", 130)])
def test_run_shows_the_programs_frames_only(error, status, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(f"def step():\n    raise {error}\n\n\nstep()\n")
    done = run("run", script.name, folder=tmp_path)
    lines = re.sub(r"\n +[\^~]+", "", done.stderr).splitlines()
    assert lines[:-1] == [
        "Traceback (most recent call last):",
        f'  File "{script}", line 5, in <module>',
        "    step()",
        f'  File "{script}", line 2, in step',
        f"    raise {error}",
    ]
    assert lines[-1] == error.replace("(", ": ").replace(")", "")
    assert (done.returncode, done.stdout) == (status, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cost = 1\nprint 'cost', cost\n", "SyntaxError: Missing parentheses in call to 'print'"),
        ("import cPickle\n", "ModuleNotFoundError: No module named 'cPickle'"),
    ],
)
def test_run_knows_python_2_and_its_converter(text, message, tmp_path):
    script = tmp_path / "old.py"
    script.write_text(text)
    done = run("run", script.name, folder=tmp_path)
    assert done.returncode == 1
    traceback, hint = done.stderr.split("jaxlearn run: ")
    assert traceback.splitlines()[-1].startswith(message)
    assert f'File "{script}", line ' in traceback
    assert "cli.py" not in traceback
    assert hint == (
        f"{script} looks like Python 2. To convert it, keeping the original in old.py.bak:\n"
        "    python -m pip install fissix\n"
        f"    python -m fissix -w {script}\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        'print "a"',
        "exec code in names",
        "try: pass\nexcept ValueError, e: pass",
        'raise ValueError, "x"',
        "if a <> b: pass",
        "x = `y`",
        "x = 10L",
        "x = 0xFFL",
        "mode = 0777",
        "x = ur'a'",
        "f = lambda (a, b): a",
        "print >> sys.stderr, 3",
        "{}.iteritems()",
        "sys.maxint",
    ],
)
def test_what_looks_like_python_2(line):
    with pytest.raises(Exception) as caught:
        exec(compile(line, "old.py", "exec"), {"sys": sys})
    assert _python_2_file(caught.value) in ("old.py", __file__)


NOT_PYTHON_2 = [
    "x = (",
    "x = 1 +* 2",
    "xrang(3)",
    "1 + 'a'",
    "import nope",
    "raise TypeError('use `x`, or 10L')",
]


@pytest.mark.parametrize("line", NOT_PYTHON_2)
def test_what_does_not_look_like_python_2(line):
    with pytest.raises(Exception) as caught:
        exec(compile(line, "new.py", "exec"), {})
    assert _python_2_file(caught.value) is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "nothing to run, wanted SCRIPT or -m MODULE"),
        (["-m"], "nothing to run, wanted SCRIPT or -m MODULE"),
        (["-"], "argument SCRIPT: standard input cannot be run, wanted a file"),
        (["nope.py", "-x"], "argument SCRIPT: nope.py: No such file or directory"),
        (["."], "argument SCRIPT: .: Is a directory"),
    ],
)
def test_run_refuses_what_it_cannot_run(arguments, text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    with pytest.raises(SystemExit, match="2"):
        main(["run", *arguments])
    out, err = capsys.readouterr()
    assert out == ""
    assert f"jaxlearn run: error: {text}\n" in err


def test_run_refuses_a_module_that_is_not_there(tmp_path):
    done = run("run", "-m", "no_package.module", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "jaxlearn run: error: argument -m: no_package.module: "
        "there is no such module, or none that can be run\n"
    ) in done.stderr


# jaxlearn port

TWO_FUNCTIONS = """\
import sys
import numpy
import theano, theano.tensor as T
x, y = T.dmatrix("x"), T.dvector("y")
w = theano.shared(numpy.zeros(3), "w")
cost = T.sqr(T.dot(x, w) - y).mean()
cost.name = "cost"
train_model = theano.function([x, y], cost, updates=[(w, w - 0.1 * T.grad(cost, w))])
predict = theano.function([x], T.dot(x, w), name="predict")
positive = theano.function([x], x.nonzero_values())
data = numpy.arange(12.0).reshape(4, 3) / 12
for _ in range(int(sys.argv[1])):
    train_model(data, numpy.ones(4))
w.eval()
print(repr(predict(data).tolist()))
"""

RUN_PORTED = """\
import sys
import numpy as np
from predict import predict
from train_model import train_model
data = np.arange(12.0).reshape(4, 3) / 12
state = dict(np.load("train_model.npz"))
for _ in range(2):
    cost, state = train_model(state, data, np.ones(4))
print(predict(dict(np.load("predict.npz")), data)[0].tolist())
print(predict({"w": state["w"]}, data)[0].tolist())
print("jaxlearn" in sys.modules)
"""


def test_port_writes_modules_that_go_on_where_the_program_ended(tmp_path):
    (tmp_path / "train.py").write_text(TWO_FUNCTIONS)
    done = run("port", "train.py", "--output", "ported", "--", "3", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    ported = tmp_path / "ported"
    assert sorted(path.name for path in ported.iterdir()) == [
        *("README.md", "predict.npz", "predict.py", "train_model.npz", "train_model.py")
    ]
    (ported / "go_on.py").write_text(RUN_PORTED)
    again = subprocess.run(
        [sys.executable, "go_on.py"], cwd=ported, text=True, capture_output=True, check=True
    )
    now, later, is_imported = again.stdout.splitlines()
    assert now == done.stdout.splitlines()[0]
    assert later == run("run", "train.py", "5", folder=tmp_path).stdout.strip()
    assert is_imported == "False"
    readme = (ported / "README.md").read_text()
    assert "Module `train_model.py`, state `train_model.npz`, made at train.py:8." in readme
    assert "- input `x`: TensorType(float64, matrix)" in readme
    assert "- state `w`: float64[3]" in readme
    assert '- `train_model`\'s `state["w"]` is `predict`\'s `state["w"]`' in readme
    assert "depends on data" in readme.partition("## positive")[2]
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert "outputs, state = train_model(state, x, y)" in example


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "nothing to run, wanted SCRIPT or -m MODULE"),
        (["a.py", "-m", "b"], "got both SCRIPT (a.py) and -m b, wanted one"),
        (["lost.py"], "argument SCRIPT: lost.py: No such file or directory"),
    ],
)
def test_port_says_what_it_wants(arguments, text, tmp_path):
    done = run("port", *arguments, "--output", "ported", folder=tmp_path)
    assert done.returncode == 2
    assert f"jaxlearn port: error: {text}" in done.stderr


def test_port_spares_a_folder_that_is_in_use(tmp_path):
    (tmp_path / "train.py").write_text(TWO_FUNCTIONS)
    done = run("port", "train.py", "--output", ".", "--", "0", folder=tmp_path)
    assert done.returncode == 2
    assert "argument --output: . is not empty; choose another folder, or --force" in done.stderr
    done = run("port", "train.py", "--output", ".", "--force", "--", "0", folder=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "predict.py").exists()
    done = run("port", "train.py", "--output", "train.py", "--", "0", folder=tmp_path)
    assert "argument --output: train.py is a file, wanted a folder" in done.stderr


def test_port_of_a_program_that_fails_writes_nothing(tmp_path):
    (tmp_path / "train.py").write_text(TWO_FUNCTIONS + "raise SystemExit(3)\n")
    done = run("port", "train.py", "--output", "ported", "--", "0", folder=tmp_path)
    assert done.returncode == 3
    assert not (tmp_path / "ported").exists()
