"""`python -m toolchain`: afterwards everything is there, and the engine and kubectl stand beside this environment's programs."""

import sys
import time

from toolchain import building, cache
from toolchain.cache import ToolchainError
from toolchain.finding import environment_bin, installed_engine
from toolchain.linking import ROOT, link_engine, link_program, unlink_engine
from toolchain.pins import entries, environment_entry

EMULATOR_LOCK = ROOT / "localcloud" / "ministack.lock"


def main() -> int:
    started = time.monotonic()

    def progress(text: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {text}", file=sys.stderr, flush=True)

    try:
        engine = installed_engine()
        if engine:
            progress(f"engine {engine.version}: the installed {engine.program}")
        wanted = [entry for entry in entries().values() if entry.name != "engine" or not engine]
        wanted.append(environment_entry(EMULATOR_LOCK, EMULATOR_LOCK.stem))
        if any(cache.state(entry) != "whole" for entry in wanted) and (fault := building.go_missing()):
            raise ToolchainError(fault)
        folders = {entry.name: building.make(entry, progress) for entry in wanted}
        if engine:
            unlink_engine(environment_bin())
        else:
            link_engine(environment_bin(), folders["engine"])
        link_program(environment_bin(), folders["kubernetes"] / "bin" / "kubectl")
    except ToolchainError as fault:
        print(f"set-up stopped: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"set-up stopped: {fault.filename or cache.root()}: {fault.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up interrupted; what was made whole is kept.", file=sys.stderr)
        return 130
    progress(f"the toolchain is complete, in {cache.root()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
