"""Functions on a mesh; the tests themselves, in eight_devices.py, need a process of their own."""

import re
import subprocess
import sys
from pathlib import Path


def test_on_eight_devices():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "eight_devices.py",
        ],
        cwd=Path(__file__).parent,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d passed in ", done.stdout), done.stdout
