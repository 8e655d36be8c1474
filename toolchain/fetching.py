"""`python -m toolchain.fetching`: Go modules come over the network while the machine is busy with something else.

A head start and nothing more: building asks for the same modules, waits where they are on their way, and says what is wrong when there is
something. So this says nothing, and cannot fail.
"""

import shutil
import subprocess

from toolchain import building, cache
from toolchain.finding import installed_engine
from toolchain.pins import Programs, entries


def main() -> None:
    if not shutil.which("go"):
        return
    for entry in entries().values():
        if not isinstance(entry.content, Programs) or cache.state(entry) == "whole" or (entry.name == "engine" and installed_engine()):
            continue
        # To list what is compiled, just the modules that building needs are fetched; `go mod download` would fetch many more.
        command = ["go", "list", *building.build_tags(entry.content), "-deps", *entry.content.packages.values()]
        subprocess.run(command, cwd=entry.content.folder, env=building.environment(), capture_output=True, check=False)


if __name__ == "__main__":
    main()
