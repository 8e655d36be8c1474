"""Image layouts: the same byte for byte, whole or refused, and stacked on a base."""

import hashlib
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelway.operations.images import BrokenImage, Image, build, read

ENTRYPOINT = ("python3", "/app/serve.py")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Two files that go into an image."""
    (tmp_path / "b.py").write_text("b\n", "utf-8")
    (tmp_path / "a.py").write_text("a\n", "utf-8")
    return {"app/serve.py": tmp_path / "b.py", "app/more/a.py": tmp_path / "a.py"}


def configuration(image: Image) -> dict[str, Any]:
    return dict(json.loads(image.config.file.read_bytes()))


def test_the_layout_is_what_the_specification_says(files: dict[str, Path], tmp_path: Path) -> None:
    image = build(files, tmp_path / "out", entrypoint=ENTRYPOINT)
    assert json.loads((tmp_path / "out" / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    (descriptor,) = json.loads((tmp_path / "out" / "index.json").read_bytes())["manifests"]
    manifest = (tmp_path / "out" / "blobs" / "sha256" / descriptor["digest"].removeprefix("sha256:")).read_bytes()
    assert descriptor["digest"] == image.digest == f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    assert descriptor["size"] == len(manifest)
    content = json.loads(manifest)
    assert (content["schemaVersion"], content["mediaType"]) == (2, "application/vnd.oci.image.manifest.v1+json")
    assert content["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    (layer,) = content["layers"]
    assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar"
    config = configuration(image)
    assert config["rootfs"] == {"type": "layers", "diff_ids": [layer["digest"]]}
    assert config["config"] == {"Entrypoint": list(ENTRYPOINT), "User": "65532:65532", "WorkingDir": "/"}
    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    assert read(tmp_path / "out") == image


def test_the_layer_holds_the_files_and_nothing_of_this_machine(files: dict[str, Path], tmp_path: Path) -> None:
    image = build(files, tmp_path / "out", entrypoint=ENTRYPOINT)
    with tarfile.open(image.layers[0].file) as archive:
        found = [(entry.name, entry.mode, entry.uid, entry.gid, entry.uname, entry.mtime) for entry in archive]
        assert archive.extractfile("app/serve.py").read() == b"b\n"  # type: ignore[union-attr]
    assert found == [
        ("app", 0o755, 0, 0, "", 0),
        ("app/more", 0o755, 0, 0, "", 0),
        ("app/more/a.py", 0o644, 0, 0, "", 0),
        ("app/serve.py", 0o644, 0, 0, "", 0),
    ]


def test_the_same_files_give_the_same_digest(files: dict[str, Path], tmp_path: Path) -> None:
    first = build(files, tmp_path / "first", entrypoint=ENTRYPOINT)
    for file in files.values():
        os.utime(file, (1, 1))
        file.chmod(0o600)
    second = build(dict(reversed(files.items())), tmp_path / "second", entrypoint=ENTRYPOINT)
    assert second.digest == first.digest
    # What lay there before is gone.
    files["app/serve.py"].write_text("c\n", "utf-8")
    third = build(files, tmp_path / "first", entrypoint=ENTRYPOINT)
    assert third.digest != first.digest
    assert len(list((tmp_path / "first" / "blobs" / "sha256").iterdir())) == 3


def test_an_image_stands_on_its_base(files: dict[str, Path], tmp_path: Path) -> None:
    base = build({"bin/python3": files["app/serve.py"]}, tmp_path / "base", entrypoint=["sh"])
    # A base as real ones are: with variables, a command, a history and another architecture.
    settings = configuration(base)
    settings["config"] |= {"Env": ["PATH=/bin"], "Cmd": ["python3"], "User": "0"}
    settings |= {"architecture": "arm64", "history": [{"created_by": "x"}], "created": "2026-01-01T00:00:00Z"}
    replace_config(tmp_path / "base", settings)
    image = build(files, tmp_path / "out", entrypoint=ENTRYPOINT, base=tmp_path / "base")
    alone = build(files, tmp_path / "alone", entrypoint=ENTRYPOINT)
    assert [layer.digest for layer in image.layers] == [base.layers[0].digest, alone.layers[0].digest]
    config = configuration(image)
    assert config["rootfs"]["diff_ids"] == [base.layers[0].digest, alone.layers[0].digest]
    assert config["config"] == {"Entrypoint": list(ENTRYPOINT), "User": "65532:65532", "WorkingDir": "/", "Env": ["PATH=/bin"]}
    assert config["architecture"] == "arm64"
    assert "history" not in config
    assert read(tmp_path / "out") == image


def damage(name: str) -> Callable[[Path, Image], None]:
    def alter(out: Path, image: Image) -> None:
        file = {"manifest": image.manifest, "config": image.config, "layer": image.layers[0]}[name].file
        file.write_bytes(file.read_bytes().replace(b"6", b"7", 1) if name != "layer" else file.read_bytes()[:-1])

    return alter


def index(content: object) -> Callable[[Path, Image], None]:
    def alter(out: Path, image: Image) -> None:
        (out / "index.json").write_text(json.dumps(content), "utf-8")

    return alter


@pytest.mark.parametrize(
    ("alter", "text"),
    [
        (damage("manifest"), "is damaged"),
        (damage("config"), "is damaged"),
        (damage("layer"), "is damaged"),
        (lambda out, image: image.layers[0].file.unlink(), "cannot be read: No such file"),
        (lambda out, image: (out / "oci-layout").unlink(), "not an OCI image layout"),
        (lambda out, image: (out / "index.json").unlink(), "index.json cannot be read"),
        (lambda out, image: (out / "index.json").write_bytes(b"{"), "index.json cannot be read"),
        (index([]), "holds 0 images"),
        (index({"manifests": [{}, {}]}), "holds 2 images; one is needed"),
        (index({"manifests": [{"digest": "sha256:../../../etc/passwd"}]}), "64 hex digits"),
        (index({"manifests": [{"digest": "md5:0"}]}), "64 hex digits"),
    ],
)
def test_a_layout_that_is_not_whole_is_refused(
    alter: Callable[[Path, Image], None], text: str, files: dict[str, Path], tmp_path: Path
) -> None:
    alter(tmp_path / "out", build(files, tmp_path / "out", entrypoint=ENTRYPOINT))
    with pytest.raises(BrokenImage, match=text):
        read(tmp_path / "out")


def test_an_index_of_platforms_is_not_an_image(files: dict[str, Path], tmp_path: Path) -> None:
    image = build(files, tmp_path / "out", entrypoint=ENTRYPOINT)
    index({"manifests": [image.manifest.descriptor | {"mediaType": "application/vnd.oci.image.index.v1+json"}]})(tmp_path / "out", image)
    with pytest.raises(BrokenImage, match="an index of several platforms is not one image"):
        read(tmp_path / "out")


def replace_config(layout: Path, settings: dict[str, Any]) -> None:
    """Writes the layout anew with another configuration, as a container engine would have."""
    image = read(layout)
    content = json.loads(image.manifest.file.read_bytes())
    for name, value in (("config", settings), ("manifest", content)):
        raw = json.dumps(value).encode()
        digest = hashlib.sha256(raw).hexdigest()
        (layout / "blobs" / "sha256" / digest).write_bytes(raw)
        descriptor = {"mediaType": image.config.media_type, "digest": f"sha256:{digest}", "size": len(raw)}
        if name == "config":
            content["config"] = descriptor
        else:
            index({"manifests": [descriptor | {"mediaType": image.manifest.media_type}]})(layout, image)
