"""Amazon's side of Managed Grafana: where a workspace is, and a token for a few minutes."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import boto3

from modelway.operations._aws import AwsFailure, explained

ACCOUNT = "modelway-dashboards"
"""Service account in Grafana whose tokens we use. It stays, so that there is never more than one."""

SECONDS = 600
"""How long a token lives that nobody took back."""


class ManagedGrafana:
    """Workspaces of one account and region."""

    def __init__(self, region: str) -> None:
        session = boto3.Session(region_name=region)
        with explained("grafana"):
            self._grafana, self._aps = session.client("grafana"), session.client("amp")

    def workspace(self, name: str) -> tuple[str, str]:
        """Id and host name of the workspace called so."""
        with explained("grafana:ListWorkspaces"):
            pages = self._grafana.get_paginator("list_workspaces").paginate()
            found = [one for page in pages for one in page["workspaces"] if one.get("name") == name]
        if not found:
            raise AwsFailure(f"there is no workspace {name} of Managed Grafana: bring the environment up first.")
        return str(found[0]["id"]), str(found[0]["endpoint"])

    def metrics(self, alias: str) -> str:
        """Id of the workspace of Managed Prometheus that has this alias."""
        with explained("aps:ListWorkspaces"):
            pages = self._aps.get_paginator("list_workspaces").paginate(alias=alias)
            # The alias asked for is the beginning of one.
            found = [one for page in pages for one in page["workspaces"] if one.get("alias") == alias]
        if not found:
            raise AwsFailure(f"there is no workspace {alias} of Managed Prometheus: bring the environment up first.")
        return str(found[0]["workspaceId"])

    @contextmanager
    def token(self, workspace: str) -> Iterator[str]:
        """An administrator's token of the workspace, taken back at the end: data sources take no less."""
        account = self._account(workspace)
        target = {"workspaceId": workspace, "serviceAccountId": account}
        with explained("grafana:CreateWorkspaceServiceAccountToken"):
            made = self._grafana.create_workspace_service_account_token(
                **target, name=f"{ACCOUNT}-{uuid4().hex[:12]}", secondsToLive=SECONDS
            )["serviceAccountToken"]
        try:
            yield str(made["key"])
        finally:
            with explained("grafana:DeleteWorkspaceServiceAccountToken"):
                self._grafana.delete_workspace_service_account_token(**target, tokenId=made["id"])

    def _account(self, workspace: str) -> str:
        with explained("grafana:CreateWorkspaceServiceAccount"):
            pages = self._grafana.get_paginator("list_workspace_service_accounts").paginate(workspaceId=workspace)
            for page in pages:
                for one in page["serviceAccounts"]:
                    if one["name"] == ACCOUNT:
                        return str(one["id"])
            made = self._grafana.create_workspace_service_account(workspaceId=workspace, name=ACCOUNT, grafanaRole="ADMIN")
        return str(made["id"])
