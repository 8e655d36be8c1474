"""`python -m toolchain.language_host [--use-executor FILE] [--tracing ENDPOINT] ENGINE`, as the engine starts it."""

import signal

# Ended while it still loads, it must be as silent as afterwards.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from toolchain import stubs  # noqa: E402

ROOT = Path(__file__).parents[2]
EXECUTOR = "pulumi-language-python-exec"
THREADS = 256
"""A plugin holds one for as long as it runs."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="pulumi-language-python", allow_abbrev=False)
    parser.add_argument(
        "--use-executor", type=Path, default=Path(sys.executable).with_name(EXECUTOR), help="the program that runs programs"
    )
    parser.add_argument("--tracing", default="", help="endpoint, handed on to the program")
    parser.add_argument("engine", nargs="?", default="", help="the engine's address")
    # The engine adds flags for logging (-v, --logtostderr), which this host has no use for.
    arguments, _ = parser.parse_known_args()
    if not arguments.use_executor.is_file():
        sys.exit(f"missing executor {arguments.use_executor}; run `make setup`.")
    forget_launcher()
    stubs.spare_the_sdk()

    from toolchain import plugin_process
    from toolchain.language_host.host import LanguageHost

    host = LanguageHost(arguments.use_executor, arguments.engine, arguments.tracing)
    plugin_process.serve(host.register, THREADS, arguments.engine, host.end)


def forget_launcher() -> None:
    """Afterwards programs see PYTHONPATH as the engine's user set it: the launcher put this clone in front of it, to find this package."""
    first, *rest = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if first != str(ROOT):
        return
    if rest:
        os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    else:
        del os.environ["PYTHONPATH"]


if __name__ == "__main__":
    main()
