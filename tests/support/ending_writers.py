"""Writers of a ledger that are ended at every step, and many at once. `python -m tests.support.ending_writers WHAT ADDRESS KEYS`.

`killed`: begins a ledger and appends to it in processes that end themselves, as `kill -9` does, before each thing that they do to the disk
or send; the ledger is checked after each. Prints how often that was. `many`: 20 processes append five entries each. The folder KEYS has
what made_keys makes. One thread alone, so that it can fork.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from modelway.governance.ledger import Ledger, NoLedger, begun, opened, signer, trusted
from tests.support.made_ledgers import PROJECT, statement

STEPS = {"open", "os.link", "os.rename", "os.remove", "os.mkdir", "fcntl.flock", "http.client.send"}
"""Events of the interpreter (sys.addaudithook) after which something is on the disk or on its way."""
WRITERS, EACH = 20, 5


def main(what: str, address: str, keys: Path) -> None:
    {"killed": killed, "many": many}[what](address, keys)


def killed(address: str, folder: Path) -> None:
    keys, key = trusted(folder / "keys.json"), signer(str(folder / "edwards.pem"))
    ended = 0

    def go_on(work: Callable[[], object]) -> bool:
        """Whether the work was done; else it was ended one step later than before."""
        nonlocal ended
        ended += 1
        status = ends_at(ended, address, work)
        assert status in (0, signal.SIGKILL), "it was not killed, and failed"
        return status == 0

    while not go_on(lambda: begun(address, PROJECT, keys, key)):
        try:
            # It may have been made whole before it was ended.
            whole(opened(address, PROJECT, keys), 1)
            break
        except NoLedger:
            continue
    steps, ended, before = ended, 0, 1
    while not go_on(lambda: opened(address, PROJECT, keys).append(statement(ended), key)):
        before = whole(opened(address, PROJECT, keys), before)
    whole(opened(address, PROJECT, keys), before + 1)
    assert not opened(address, PROJECT, keys).verify().notes, "the last writer mends the head"
    sys.stdout.write(f"{steps + ended - 1}\n")


def whole(ledger: Ledger, at_least: int) -> int:
    """How many entries it has, which is at least so many and at most one more."""
    result = ledger.verify()
    assert not result.faults, result.faults
    assert at_least <= result.entries <= at_least + 1, (result.entries, at_least)
    return result.entries


def ends_at(step: int, address: str, work: Callable[[], object]) -> int:
    """How a process ends that does the work, and is killed at that step of it."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in STEPS and (event == "fcntl.flock" or begins(event, arguments) or str(arguments[0]).startswith(address)):
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    try:
        work()
    except BaseException as fault:
        sys.stderr.write(f"{type(fault).__name__}: {fault}\n")
        os._exit(1)
    os._exit(0)


def begins(event: str, arguments: tuple[object, ...]) -> bool:
    """Whether a request is about to be sent; a part of one is none to S3."""
    return event == "http.client.send" and bytes(arguments[1]).startswith((b"GET ", b"PUT "))  # type: ignore[arg-type]


def many(address: str, folder: Path) -> None:
    keys, key = trusted(folder / "keys.json"), signer(str(folder / "weierstrass.pem"))
    begun(address, PROJECT, keys, signer(str(folder / "edwards.pem")))
    children = []
    for writer in range(WRITERS):
        child = os.fork()
        if not child:
            ledger = opened(address, PROJECT, keys)
            for number in range(EACH):
                ledger.append(statement(writer * EACH + number), key)
            os._exit(0)
        children.append(child)
    assert {os.waitpid(child, 0)[1] for child in children} == {0}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
