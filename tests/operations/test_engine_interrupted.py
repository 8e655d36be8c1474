"""An interrupt (Ctrl-C, a runner that takes a job back) reaches the engine, which ends by itself and is not killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE = """#!/bin/bash
trap 'sleep 1; echo gave its lock back > ended; exit 255' INT
echo > begun
while true; do sleep 0.1; done
"""
PROGRAM = """
import signal
import sys
from pathlib import Path
# Whoever runs the tests in the background may have interrupts ignored, and what is started inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from modelway.operations._pulumi import Engine, EngineFailure
sys.prefix = "/nowhere"
try:
    Engine(Path.cwd()).up("dev", yes=True)
except EngineFailure as fault:
    sys.exit(str(fault))
"""


def test_the_engine_ends_what_it_has_begun(tmp_path: Path) -> None:
    engine = tmp_path / "pulumi"
    engine.write_text(ENGINE, "utf-8")
    engine.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as run:
        try:
            until = time.monotonic() + 60
            while not (tmp_path / "begun").exists() and time.monotonic() < until:
                time.sleep(0.05)
            # As a terminal does: whoever is in the foreground hears it.
            os.killpg(run.pid, signal.SIGINT)
            _, said = run.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            raise
    assert (tmp_path / "ended").read_text("utf-8") == "gave its lock back\n"
    assert "ended with exit code 255" in said
