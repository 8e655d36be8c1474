"""Which stacks a change can touch."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.operations.affected import affected
from modelway.operations.fingerprints import FactBook
from modelway.operations.revisions import Revision
from modelway.operations.trees import EarlierTree

Tree = dict[str, Any]
"""What is in files, by their paths."""

E = "stacks/environments"


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], capture_output=True, check=True)


def write(root: Path, path: str, content: Any) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    (root / path).write_text(content if isinstance(content, str) else json.dumps(content, indent=1), "utf-8")


def commit(root: Path, tree: Tree) -> None:
    for path, content in tree.items():
        write(root, path, content)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "First")


def stacks(root: Path, facts: FactBook | None = None) -> dict[str, tuple[str, ...]]:
    """The stacks that are named, each with why."""
    found = affected(EarlierTree(Revision(root, "HEAD"), root), facts or FactBook())
    return {one.stack: one.why for one in found}


def model(name: str, team: str, **more: Any) -> dict[str, Any]:
    version = {"image": f"{name}@sha256:{'0' * 64}", "weights": f"{name}/1/m.ubj@sha256:{'1' * 64}", "contract": f"contracts/{name}.yaml"}
    endpoint = {"scaling": {"min": 2, "max": 10}, "traffic": {"live": "1"}, "resources": {"cpu": "1", "memory": "2Gi"}}
    return {
        "model": name,
        "team": team,
        "owner": f"{team}@example.com",
        "risk_tier": "low",
        "versions": {"1": version},
        "endpoint": endpoint,
    } | more


TREE: Tree = {
    "Pulumi.yaml": "name: modelway\nruntime: python\n",
    "requirements.lock": "pulumi==3.272.0\n",
    "README.md": "# Environments\n",
    "components/network.py": "VALUE = 1  # one\n",
    "modelway/cli/show.py": "VALUE = 1\n",
    "stacks/compose.py": "VALUE = 1\n",
    "stacks/config/Pulumi.one.yaml": {"config": {"aws:region": "eu-west-1"}},
    "contracts/risk.yaml": {"inputs": {"age": {"kind": "integer"}}},
    "contracts/climate.yaml": {"inputs": {"co2": {"kind": "number"}}},
    f"{E}/base/environment.yaml": {"owner": "ml@example.com", "tags": {"cost": "ml"}, "budget": "10 USD"},
    f"{E}/base/models/risk.yaml": model("risk", "risk", governance={"model_card": "cards/risk.md"}),
    f"{E}/base/models/climate.yaml": model("climate", "climate"),
    "cards/risk.md": "# Card\n",
    f"{E}/one/environment.yaml": {"environment": "one", "tier": "development"},
    f"{E}/two/environment.yaml": {"environment": "two", "tier": "staging", "layout": "split", "budget": "20 USD"},
    f"{E}/three/environment.yaml": {"environment": "three", "tier": "production", "layout": "split_by_team", "promotion": {"from": "two"}},
    f"{E}/three/models/risk.yaml": {"endpoint": {"scaling": {"max": 20}}},
    f"{E}/three/models/climate.yaml": {"presence": "absent"},
}
ALL = {"one", "two", "two-models", "three", "three-models-risk"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    commit(tmp_path, TREE)
    return tmp_path


def put(root: Path, path: str, *keys: str, value: Any) -> None:
    """A field of a file is `value`; None removes it."""
    content = json.loads((root / path).read_text("utf-8"))
    inside = content
    for key in keys[:-1]:
        inside = inside[key]
    if value is None:
        del inside[keys[-1]]
    else:
        inside[keys[-1]] = value
    write(root, path, content)


def test_nothing_changed(root: Path) -> None:
    assert stacks(root) == {}


def test_a_field_of_a_model_that_its_platform_does_not_read(root: Path) -> None:
    put(root, f"{E}/base/models/risk.yaml", "endpoint", "resources", "cpu", value="2")
    assert set(stacks(root)) == {"one", "two-models", "three-models-risk"}


def test_a_field_of_a_model_that_its_platform_reads(root: Path) -> None:
    put(root, f"{E}/base/models/risk.yaml", "endpoint", "scaling", "min", value=3)
    assert set(stacks(root)) == ALL


def test_what_is_overridden_everywhere_else_touches_one(root: Path) -> None:
    put(root, f"{E}/base/models/risk.yaml", "endpoint", "scaling", "max", value=11)
    assert set(stacks(root)) == {"one", "two", "two-models"}
    put(root, f"{E}/base/environment.yaml", "budget", value="12 USD")
    assert set(stacks(root)) == ALL
    assert any("environment.yaml" in why for why in stacks(root)["three"])


def test_a_model_that_is_absent_touches_nothing_there(root: Path) -> None:
    put(root, f"{E}/base/models/climate.yaml", "owner", value="other@example.com")
    assert set(stacks(root)) == {"one", "two-models"}
    put(root, f"{E}/three/models/climate.yaml", "presence", value="served")
    assert stacks(root)["three-models-climate"] == ("model climate is new",)
    assert stacks(root)["three"] == ("model climate is new",)


def test_a_model_goes_to_another_team(root: Path) -> None:
    put(root, f"{E}/three/models/risk.yaml", "team", value="credit")
    assert set(stacks(root)) == {"three", "three-models-risk", "three-models-credit"}


def test_a_contract_touches_the_stacks_of_the_models_that_name_it(root: Path) -> None:
    put(root, "contracts/risk.yaml", "inputs", "age", "kind", value="number")
    assert stacks(root) == dict.fromkeys(["one", "three-models-risk", "two-models"], ("model risk: contracts/risk.yaml",))
    (root / "contracts/risk.yaml").unlink()
    assert set(stacks(root)) == {"one", "three-models-risk", "two-models"}


def test_a_card_matters_only_by_being_there(root: Path) -> None:
    write(root, "cards/risk.md", "# Another\n")
    assert stacks(root) == {}
    (root / "cards/risk.md").unlink()
    assert set(stacks(root)) == {"one", "three-models-risk", "two-models"}


def test_a_contract_that_is_named_with_an_escape_is_found(root: Path) -> None:
    escaped = (root / f"{E}/base/models/risk.yaml").read_text("utf-8").replace("contracts/risk", "contracts\\u002frisk")
    write(root, f"{E}/base/models/risk.yaml", escaped)
    git(root, "commit", "-qam", "Escaped")
    put(root, "contracts/risk.yaml", "inputs", "age", "kind", value="number")
    assert set(stacks(root)) == {"one", "three-models-risk", "two-models"}


def test_a_stacks_file_touches_that_stack(root: Path) -> None:
    put(root, "stacks/config/Pulumi.one.yaml", "config", "aws:region", value="eu-west-2")
    assert set(stacks(root)) == {"one"}


@pytest.mark.parametrize("path", ["components/network.py", "requirements.lock", "Pulumi.yaml", "stacks/new.py", "stacks/compose.py"])
def test_the_program_touches_all(root: Path, path: str) -> None:
    write(root, path, "VALUE = 2\n")
    assert stacks(root) == dict.fromkeys(ALL, (f"program: {path}",))


def test_new_and_deleted_environments_are_named(root: Path) -> None:
    write(root, f"{E}/four/environment.yaml", {"environment": "four", "layout": "split"})
    shutil.rmtree(root / E / "two")
    found = {one.stack: one.state for one in affected(EarlierTree(Revision(root, "HEAD"), root), FactBook())}
    # The one whose versions come from an environment that went is no longer valid.
    gone = {"two": "deleted", "two-models": "deleted"}
    assert found == gone | {"four": "new", "four-models": "new", "three": "changed", "three-models-risk": "changed"}


def test_what_cannot_be_read_touches_all_of_its_environment(root: Path) -> None:
    write(root, f"{E}/three/models/risk.yaml", "endpoint: [")
    assert set(stacks(root)) == {"three", "three-models-risk"}
    write(root, f"{E}/two/environment.yaml", "tier: [")
    assert set(stacks(root)) == {"two", "two-models", "three", "three-models-risk"}


def test_a_link_may_lead_to_anything(root: Path) -> None:
    (root / f"{E}/two/environment.yaml").rename(root / "shared.yaml")
    (root / f"{E}/two/environment.yaml").symlink_to("../../../shared.yaml")
    git(root, "add", ".")
    git(root, "commit", "-qm", "A link")
    assert stacks(root) == {}
    put(root, "shared.yaml", "budget", value="30 USD")
    assert set(stacks(root)) == {"two", "two-models"}


def test_environments_of_another_repository_count_as_changed(root: Path) -> None:
    write(root, "stacks/config/Pulumi.far.yaml", {"config": {"modelway:environments": "../elsewhere"}})
    git(root, "add", ".")
    git(root, "commit", "-qm", "Another repository")
    write(root, "README.md", "# Changed\n")
    assert "outside of this repository" in stacks(root)["far"][0]


def test_environments_of_another_folder(root: Path) -> None:
    write(root, "stacks/config/Pulumi.four.yaml", {"config": {"modelway:environments": "ours"}})
    write(root, "ours/four/environment.yaml", {"environment": "four", "budget": "10 USD"})
    git(root, "add", ".")
    git(root, "commit", "-qm", "Another folder")
    put(root, "ours/four/environment.yaml", "budget", value="20 USD")
    assert set(stacks(root)) == {"four"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "# Other\n"),
        ("docs/new.md", "# New\n"),
        ("stacks/README.md", "# New\n"),
        ("components/network.py", "VALUE = 1  # the first\n\n"),
        ("modelway/cli/show.py", "VALUE = 2\n"),
        (f"{E}/one/environment.yaml", "# a comment\ntier: development\nenvironment: one  # in another order\n"),
        (f"{E}/three/models/risk.yaml", "endpoint: {scaling: {max: 20, min: 2}}\n"),
        ("stacks/config/Pulumi.one.yaml", "# Settings.\nconfig:\n  aws:region: eu-west-1\n"),
        ("contracts/risk.yaml", "inputs:\n  age: {kind: integer}\n"),
        ("contracts/unused.yaml", "inputs: {}\n"),
    ],
)
def test_what_says_the_same_touches_nothing(root: Path, path: str, text: str) -> None:
    write(root, path, text)
    assert stacks(root) == {}


def test_what_is_known_is_kept_and_holds(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cache") / "affected"
    put(root, f"{E}/base/environment.yaml", "budget", value="12 USD")
    first = FactBook(folder)
    found = stacks(root, first)
    first.keep()
    assert (folder / "facts.json").stat().st_mode & 0o777 == 0o600
    assert "example.com" not in (folder / "facts.json").read_text("utf-8")
    assert stacks(root, FactBook(folder)) == found
    for damaged in ("", "[]", "{", '{"a": {"digest": 1}}', '{"a": 1}'):
        (folder / "facts.json").write_text(damaged, "utf-8")
        assert stacks(root, FactBook(folder)) == found
    put(root, f"{E}/base/environment.yaml", "budget", value="10 USD")
    assert stacks(root, FactBook(folder)) == {}


# Change any one value anywhere: its stacks are named.

SCALARS = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["a", "b", "1", "true", "0"]), st.just(1.0))
FIELDS = st.dictionaries(
    st.sampled_from("abcd"), st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from("xy"), SCALARS)), max_size=3
)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    names, models, teams = ["one", "two", "three"], ["m", "n"], ["red", "blue"]
    tree: Tree = {"README.md": "# Read\n", f"{E}/base/environment.yaml": draw(FIELDS)}
    for name in models:
        versions = {"1": {"contract": f"contracts/{draw(st.sampled_from('pq'))}.yaml"}}
        tree[f"{E}/base/models/{name}.yaml"] = {"team": draw(st.sampled_from(teams)), "versions": versions, "endpoint": draw(FIELDS)}
    for contract in "pq":
        tree[f"contracts/{contract}.yaml"] = {"inputs": draw(FIELDS)}
    for name in names[: draw(st.integers(1, 3))]:
        layout = draw(st.sampled_from(["single", "split", "split_by_team"]))
        tree[f"{E}/{name}/environment.yaml"] = {"environment": name, "layout": layout, **draw(FIELDS)}
        for one in models:
            if draw(st.booleans()):
                tree[f"{E}/{name}/models/{one}.yaml"] = {
                    "endpoint": draw(FIELDS),
                    **draw(st.sampled_from([{}, {"presence": "absent"}, {"team": "green"}])),
                }
        tree[f"stacks/config/Pulumi.{name}.yaml"] = {"config": {"aws:region": draw(SCALARS)}}
    return tree


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path
    for key, item in items or ():
        yield from leaves(item, (*path, key))


def others(value: Any) -> list[Any]:
    """What a value may become; also what Python takes for the same."""
    match value:
        case bool():
            return [not value, int(value), str(value).lower()]
        case int() | float():
            return [value + 1, str(value), bool(value) if value in (0, 1) else -value - 1]
    return [f"{value}x", 1 if value == "1" else f"{value}y"]


def laid_over(base: Any, own: Any) -> Any:
    if isinstance(base, dict) and isinstance(own, dict):
        return {key: laid_over(base.get(key), own[key]) if key in own else base[key] for key in {*base, *own}}
    return own


def told(tree: Tree) -> dict[str, set[str]]:
    """What each stack is made from, as the requirement says: text that is the same only when it means the same."""
    found: dict[str, set[str]] = {}
    base = tree[f"{E}/base/environment.yaml"]
    for name in ("one", "two", "three"):
        if f"{E}/{name}/environment.yaml" not in tree:
            continue
        own = laid_over(base, tree[f"{E}/{name}/environment.yaml"])
        models = {one: laid_over(tree[f"{E}/base/models/{one}.yaml"], tree.get(f"{E}/{name}/models/{one}.yaml", {})) for one in "mn"}
        there = {one: said for one, said in models.items() if said.get("presence") != "absent"}
        layout = own["layout"]
        of_models = {"single": lambda _, name=name: name, "split": lambda _, name=name: f"{name}-models"}.get(
            layout, (lambda said, name=name: f"{name}-models-{said['team']}") if layout == "split_by_team" else lambda _, name=name: name
        )
        stacks = {name} | ({f"{name}-models"} if layout == "split" else set()) | {of_models(said) for said in there.values()}
        for stack in stacks:
            found.setdefault(stack, set()).add(json.dumps(own, sort_keys=True))
        for one, said in there.items():
            contract = tree.get(said["versions"]["1"]["contract"])
            found[of_models(said)].add(one + json.dumps([said, contract], sort_keys=True))
        found[name].add(json.dumps(tree[f"stacks/config/Pulumi.{name}.yaml"], sort_keys=True))
    return found


@settings(max_examples=6)
@given(trees())
def test_whatever_value_changes_its_stacks_are_named(tree: Tree) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        commit(root, tree)
        before, facts = told(tree), FactBook()
        for path in [path for path, content in tree.items() if isinstance(content, dict)]:
            for leaf in leaves(tree[path]):
                if not leaf:
                    continue
                inside = tree[path]
                for key in leaf:
                    inside = inside[key]
                for other in others(inside):
                    changed = deepcopy(tree)
                    target = changed[path]
                    for key in leaf[:-1]:
                        target = target[key]
                    target[leaf[-1]] = other
                    after = told(changed)
                    expected = {stack for stack in {*before, *after} if before.get(stack) != after.get(stack)}
                    write(root, path, changed[path])
                    named = set(stacks(root, facts))
                    assert expected <= named, (path, leaf, inside, other)
                    # A platform is named besides; nothing of another environment is.
                    assert {stack.partition("-")[0] for stack in named} == {stack.partition("-")[0] for stack in expected}
                # Nothing is left of it.
                write(root, path, tree[path])
        assert stacks(root, facts) == {}
