"""Changes a ledger in a way that has to be found, at random: `python -m tests.support.tampering 10000` prints how many were not.

Most are by somebody who can write the files and has no key. Those who have one, and lie, can rewrite everything up to now; that is found by
whoever noted a place and hash before, as the checks here did.
"""

import base64
import json
import random
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from modelway.governance import verifier
from modelway.governance.ledger.ledger import sealed
from modelway.governance.ledger.signing import made
from modelway.governance.verifier import ORDER, Result, Signed, canonical, der_of, file_name, numbers_of, sha256, stamp
from tests.support.made_ledgers import NOW, PROJECT, Keys, files_of, made_keys, made_ledger

Files = dict[str, bytes]
ENTRIES = 6
"""After the first."""


class Bench:
    """A ledger, another one of the same project and keys, and every head that the first had."""

    def __init__(self, folder: Path) -> None:
        self.keys: Keys = made_keys(folder)
        made_ledger(str(folder / "ledger"), self.keys, ENTRIES)
        made_ledger(str(folder / "other"), self.keys, ENTRIES)
        self.files, self.other = files_of(folder / "ledger"), files_of(folder / "other")
        self.names = sorted(name for name in self.files if name != "head.json")
        self.anchor = (ENTRIES, sha256(self.files[self.names[-1]]))
        head = payload(self.files["head.json"])
        self.old_heads = [
            sealed(head | {"sequence": place, "hash": sha256(self.files[name])}, verifier.HEAD, self.keys.edwards)
            for place, name in enumerate(self.names[:-1])
        ]

    def check(self, files: Files, signed: Signed = made, *, anchored: bool = True) -> Result:
        """What is found in these files; `anchored`: by somebody who noted the last entry before."""
        below = sorted((name.removeprefix("entries/"), content) for name, content in files.items() if name != "head.json")
        return verifier.check(
            below, files.get("head.json"), self.keys.trusted, PROJECT, now=NOW, anchor=self.anchor if anchored else None, signed=signed
        )


def payload(content: bytes) -> dict[str, object]:
    """Of an envelope."""
    value = json.loads(base64.b64decode(json.loads(content)["payload"]))
    assert isinstance(value, dict)
    return value


def repacked(content: bytes, value: object) -> bytes:
    """The envelope with another payload, and the signature that it had."""
    return canonical(json.loads(content) | {"payload": base64.b64encode(canonical(value)).decode()})


def place_of(value: dict[str, object]) -> dict[str, object]:
    """What an entry says of its place."""
    predicate = value["predicate"]
    assert isinstance(predicate, dict)
    place = predicate["ledger"]
    assert isinstance(place, dict)
    return place


def changed_byte(bench: Bench, files: Files, chance: random.Random) -> None:
    name = chance.choice(sorted(files))
    content = bytearray(files[name])
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    files[name] = bytes(content)


def cut_or_filled(bench: Bench, files: Files, chance: random.Random) -> None:
    name = chance.choice(sorted(files))
    content = files[name]
    begin, end = sorted(chance.sample(range(len(content) + 1), 2))
    files[name] = chance.choice(
        [content[:begin], content[:begin] + content[end:], content[:begin] + chance.randbytes(3) + content[begin:], content + b"\n"]
    )


def written_otherwise(bench: Bench, files: Files, chance: random.Random) -> None:
    name = chance.choice(sorted(files))
    envelope = json.loads(files[name])
    files[name] = chance.choice(
        [
            json.dumps(envelope, indent=1).encode(),
            canonical(envelope | {"note": "hello"}),
            canonical(envelope | {"signatures": envelope["signatures"] * 2}),
            files[name].replace(b'{"payload"', b'{"payload":"","payload"', 1),
            canonical(envelope | {"payloadType": "text/plain"}),
        ]
    )


def removed(bench: Bench, files: Files, chance: random.Random) -> None:
    for name in chance.sample(sorted(files), chance.randint(1, len(files) - 1)):
        del files[name]


def end_removed(bench: Bench, files: Files, chance: random.Random) -> None:
    left = chance.randint(0, ENTRIES)
    for name in bench.names[left:]:
        del files[name]
    if left and chance.random() < 0.7:
        files["head.json"] = bench.old_heads[left - 1]


def reordered(bench: Bench, files: Files, chance: random.Random) -> None:
    names = chance.sample(bench.names, chance.randint(2, len(bench.names)))
    contents = [files[name] for name in names]
    for name, content in zip(names, contents[1:] + contents[:1], strict=True):
        files[name] = content


def replayed(bench: Bench, files: Files, chance: random.Random) -> None:
    target = chance.choice([*bench.names, f"entries/{file_name(ENTRIES + 1)}"])
    files[target] = files[chance.choice([name for name in bench.names if name != target])]


def head_replayed(bench: Bench, files: Files, chance: random.Random) -> None:
    files["head.json"] = chance.choice([*bench.old_heads, bench.other["head.json"]])


def from_another_ledger(bench: Bench, files: Files, chance: random.Random) -> None:
    names = chance.sample(sorted(files), chance.randint(1, len(files)))
    files.update({name: bench.other[name] for name in names})


def signatures_swapped(bench: Bench, files: Files, chance: random.Random) -> None:
    one, two = chance.sample(sorted(files), 2)
    envelopes = {name: json.loads(files[name]) for name in (one, two)}
    whole = chance.random() < 0.5
    for name, source in ((one, two), (two, one)):
        theirs, own = envelopes[source]["signatures"][0], envelopes[name]["signatures"][0]
        files[name] = canonical(envelopes[name] | {"signatures": [theirs if whole else own | {"sig": theirs["sig"]}]})


def signature_mirrored(bench: Bench, files: Files, chance: random.Random) -> None:
    """Of each ECDSA signature there is another that is as valid, and that anybody can compute."""
    name = chance.choice([bench.names[place] for place in range(2, len(bench.names), 2)])
    envelope = json.loads(files[name])
    pair = numbers_of(base64.b64decode(envelope["signatures"][0]["sig"]))
    assert pair is not None
    envelope["signatures"][0]["sig"] = base64.b64encode(der_of(pair[0], ORDER - pair[1])).decode()
    files[name] = canonical(envelope)


def said_otherwise(bench: Bench, files: Files, chance: random.Random) -> None:
    name = chance.choice(bench.names)
    value = payload(files[name])
    place = place_of(value)
    place |= chance.choice(
        [
            {"time": stamp(NOW - timedelta(seconds=chance.randint(1, 10**7)))},
            {"sequence": chance.randint(0, 99) + 100},
            {"version": 2},
            {"previous": chance.randbytes(32).hex()},
            {"project": "another"},
            {"id": chance.randbytes(16).hex()},
            {"entry": chance.randbytes(16).hex()},
        ]
    )
    files[name] = repacked(files[name], value)


def signed_by_another(bench: Bench, files: Files, chance: random.Random) -> None:
    """By a key that may not, also where it claims to be one that may."""
    name = chance.choice(sorted(files))
    kind = verifier.HEAD if name == "head.json" else verifier.STATEMENT
    forged = sealed(payload(files[name]), kind, bench.keys.signers[chance.choice(["unknown", "other-project", "expired"])])
    if chance.random() < 0.5:
        envelope = json.loads(forged)
        envelope["signatures"][0]["keyid"] = bench.keys.edwards.id
        forged = canonical(envelope)
    files[name] = forged


def clock_lied(bench: Bench, files: Files, chance: random.Random) -> None:
    """An entry more, by a key that may sign, in its right place, at a time that cannot be."""
    value = payload(files[bench.names[-1]])
    place = place_of(value)
    lie = chance.choice([-timedelta(hours=2), -timedelta(days=900), timedelta(minutes=6), timedelta(days=chance.randint(1, 900))])
    place |= {"sequence": ENTRIES + 1, "previous": bench.anchor[1], "time": stamp(NOW + lie), "entry": chance.randbytes(16).hex()}
    files[f"entries/{file_name(ENTRIES + 1)}"] = sealed(value, verifier.STATEMENT, bench.keys.edwards)


def rewritten(bench: Bench, files: Files, chance: random.Random) -> None:
    """Everything from one entry on, by a key that may sign, so that it goes together again."""
    begin = chance.randint(1, ENTRIES)
    for number in range(begin, ENTRIES + 1):
        value = payload(files[bench.names[number]])
        predicate = value["predicate"]
        assert isinstance(predicate, dict)
        place_of(value)["previous"] = sha256(files[bench.names[number - 1]])
        if number == begin:
            predicate["percent"] = 90
        files[bench.names[number]] = sealed(value, verifier.STATEMENT, bench.keys.edwards)
    head = payload(files["head.json"]) | {"hash": sha256(files[bench.names[-1]])}
    files["head.json"] = sealed(head, verifier.HEAD, bench.keys.edwards)


def strays(bench: Bench, files: Files, chance: random.Random) -> None:
    name = chance.choice(["entries/notes.txt", "entries/1.json", f"entries/{file_name(10**9)}", "entries/0000000000.json.bak"])
    files[name] = files[chance.choice(bench.names)]


WAYS: tuple[Callable[[Bench, Files, random.Random], None], ...] = (
    changed_byte,
    cut_or_filled,
    written_otherwise,
    removed,
    end_removed,
    reordered,
    replayed,
    head_replayed,
    from_another_ledger,
    signatures_swapped,
    signature_mirrored,
    said_otherwise,
    signed_by_another,
    clock_lied,
    rewritten,
    strays,
)


NEED_AN_ANCHOR = (end_removed, from_another_ledger, rewritten)
"""What may leave a ledger that is whole by itself."""


def missed(bench: Bench, count: int, seed: int, signed: Signed = made, *, anchored: bool = True) -> list[str]:
    """The ways, and numbers of the tries, of so many random changes that nothing was found of."""
    chance, found = random.Random(seed), []
    ways = [way for way in WAYS if anchored or way not in NEED_AN_ANCHOR]
    for number in range(count):
        way = ways[number % len(ways)]
        files = dict(bench.files)
        while files == bench.files:
            way(bench, files, chance)
        result = bench.check(files, signed, anchored=anchored)
        # An older head alone hides nothing, and is told of as a note.
        if not result.faults and not (way is head_replayed and result.notes):
            found.append(f"{way.__name__} ({number})")
    return found


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="modelway-bench-") as folder:
        sys.stdout.write(f"{len(missed(Bench(Path(folder)), count, seed=4711))}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
