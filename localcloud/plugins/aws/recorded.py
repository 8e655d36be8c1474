"""What no emulator serves: resources of such types are written down, with the same life as any other, and nothing more happens."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.plugins.aws.session import ApiError
from localcloud.plugins.aws.table import Call, Naming, Object, Read, Row, Source, Step, Tagging

SERVICE = "recorded"


@dataclass(frozen=True)
class Store:
    """A folder with one file per resource."""

    folder: Path

    @staticmethod
    def of(environment: Mapping[str, str]) -> Store:
        """The folder that MODELWAY_LOCAL_STORE names, else one beside PULUMI_HOME."""
        home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
        return Store(Path(environment.get("MODELWAY_LOCAL_STORE") or home.parent / "recorded"))

    def call(self, account: str, region: str, kind: str, operation: str, arguments: Object) -> Object:
        """Put, Get, Delete. Raises ApiError as a service would."""
        properties, tags = arguments["properties"], arguments["tags"]
        identifier = arguments["id"]
        path = self._path(account, region, kind, identifier)
        if operation == "Get" or (operation == "Delete" and path.exists()):
            if not path.exists():
                raise ApiError(SERVICE, operation, "NotFound", f"{kind} {identifier} is not recorded", 404)
            known: Object = json.loads(path.read_text("utf-8"))
            if operation == "Delete":
                path.unlink()
            return known
        if operation == "Put":
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}.draft")
            draft.write_text(json.dumps({**properties, "tags": tags, "id": identifier}), "utf-8")
            draft.chmod(0o600)  # inputs may be secret
            draft.replace(path)
        return {}

    def _path(self, account: str, region: str, kind: str, identifier: str) -> Path:
        # Ids hold slashes and colons.
        name = hashlib.sha256(identifier.encode()).hexdigest()[:32]
        return self.folder / account / region / kind.rpartition(":")[2] / f"{name}.json"


def row(
    kind: str,
    source: str,
    properties: tuple[str, ...],
    id: str,  # noqa: A002 - as in Row
    replace_on: frozenset[str],
    outputs: Mapping[str, str | Source] | None = None,
    naming: Naming | None = None,
    tags: bool = False,
) -> Row:
    """A type that is only recorded. `properties`: the inputs it takes; `id`: JMESPath on `inputs`."""
    put = Call("Put", {name: name for name in properties})
    return Row(
        type=kind,
        service=SERVICE,
        source=source,
        served="recorded",
        create=put,
        id=id,
        read=Read(Call("Get")),
        steps=(Step(tuple(name for name in properties if name not in replace_on), put, on_create=False),),
        delete=(Call("Delete"),),
        outputs=outputs or {},
        replace_on=replace_on,
        tagging=Tagging(put, put, "tags") if tags else None,
        naming=naming,
        refuse_existing=True,
    )
