"""Add-ons, access entries, pod identities. Schemas: hashicorp/terraform-provider-aws, internal/service/eks, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.rows.eks import tagging
from localcloud.plugins.aws.table import TAGS, Call, Read, Row, Scope, Source, Step, Until, part, using

_ADDON = {"clusterName": part(0), "addonName": part(1)}

ADDON = Row(
    type="aws:eks/addon:Addon",
    service="eks",
    source="internal/service/eks/addon.go",
    served="MiniStack",
    create=Call(
        "CreateAddon",
        {
            "clusterName": "clusterName",
            "addonName": "addonName",
            "addonVersion": "addonVersion",
            "configurationValues": "configurationValues",
            "resolveConflicts": "resolveConflictsOnCreate",
            "serviceAccountRoleArn": "serviceAccountRoleArn",
            "tags": TAGS,
        },
    ),
    id="join(':', [inputs.clusterName, inputs.addonName])",
    separator=":",
    read=Read(Call("DescribeAddon", _ADDON), "addon"),
    steps=(
        Step(
            ("addonVersion", "configurationValues", "serviceAccountRoleArn"),
            Call(
                "UpdateAddon",
                {
                    **_ADDON,
                    "addonVersion": "addonVersion",
                    "configurationValues": "configurationValues",
                    "resolveConflicts": "resolveConflictsOnUpdate",
                    "serviceAccountRoleArn": "serviceAccountRoleArn",
                },
            ),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteAddon", {**_ADDON, "preserve": "preserve"}),),
    outputs={"arn": "addonArn"},
    replace_on=frozenset({"clusterName", "addonName"}),
    computed=frozenset({"addonVersion", "configurationValues"}),
    kept={
        "preserve": "AWS learns it with the deletion",
        "resolveConflictsOnCreate": "it belongs to the creation",
        "resolveConflictsOnUpdate": "it belongs to an update",
    },
    tagging=tagging("addonArn"),
    until=Until("status", ("ACTIVE",), ("CREATE_FAILED", "UPDATE_FAILED"), "health.issues[].message | [0]", timeout=1200),
    wait_gone=True,
    gone_timeout=2400,
    note="nothing runs for it; no pod identity associations inside",
)

_ENTRY = {"clusterName": part(0), "principalArn": part(1)}

ACCESS_ENTRY = Row(
    type="aws:eks/accessEntry:AccessEntry",
    service="eks",
    source="internal/service/eks/access_entry.go",
    served="MiniStack",
    create=Call(
        "CreateAccessEntry",
        {
            "clusterName": "clusterName",
            "principalArn": "principalArn",
            "kubernetesGroups": "kubernetesGroups",
            "type": "type",
            "username": "userName",
            "tags": TAGS,
        },
    ),
    id="join(':', [inputs.clusterName, inputs.principalArn])",
    separator=":",
    read=Read(Call("DescribeAccessEntry", _ENTRY), "accessEntry"),
    steps=(
        Step(
            ("kubernetesGroups", "userName"),
            Call(
                "UpdateAccessEntry",
                {
                    **_ENTRY,
                    "kubernetesGroups": using("kubernetesGroups", make=lambda scope: scope.inputs.get("kubernetesGroups", [])),
                    "username": "userName",
                },
            ),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteAccessEntry", _ENTRY),),
    outputs={"userName": "username"},
    replace_on=frozenset({"clusterName", "principalArn", "type"}),
    defaults={"type": "STANDARD"},
    computed=frozenset({"kubernetesGroups", "userName"}),
    sets=frozenset({"kubernetesGroups"}),
    tagging=tagging("accessEntryArn"),
)

_POLICY = {"clusterName": part(0), "principalArn": part(1), "policyArn": part(2)}

ACCESS_POLICY_ASSOCIATION = Row(
    type="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    service="eks",
    source="internal/service/eks/access_policy_association.go",
    served="MiniStack",
    create=Call(
        "AssociateAccessPolicy",
        {"clusterName": "clusterName", "principalArn": "principalArn", "policyArn": "policyArn", "accessScope": "accessScope"},
    ),
    id="join('#', [inputs.clusterName, inputs.principalArn, inputs.policyArn])",
    separator="#",
    parts=3,
    read=Read(
        Call("ListAssociatedAccessPolicies", {"clusterName": part(0), "principalArn": part(1)}),
        "associatedAccessPolicies[?policyArn=='$2'] | [0]",
    ),
    delete=(Call("DisassociateAccessPolicy", _POLICY),),
    outputs={"clusterName": part(0), "principalArn": part(1)},
    replace_on=frozenset({"accessScope", "clusterName", "policyArn", "principalArn"}),
    sets=frozenset({"accessScope.namespaces"}),
)


def _cluster_of_association(scope: Scope) -> object:
    # Imports name it `cluster,association`.
    return scope.inputs.get("clusterName") or scope.parts[0]


_ASSOCIATION = {
    "clusterName": Source(_cluster_of_association),
    "associationId": Source(lambda scope: scope.parts[-1]),
}

POD_IDENTITY_ASSOCIATION = Row(
    type="aws:eks/podIdentityAssociation:PodIdentityAssociation",
    service="eks",
    source="internal/service/eks/pod_identity_association.go",
    served="MiniStack",
    create=Call(
        "CreatePodIdentityAssociation",
        {
            "clusterName": "clusterName",
            "namespace": "namespace",
            "serviceAccount": "serviceAccount",
            "roleArn": "roleArn",
            "tags": TAGS,
        },
    ),
    id="answer.association.associationId",
    separator=",",
    read=Read(Call("DescribePodIdentityAssociation", _ASSOCIATION), "association"),
    steps=(Step(("roleArn",), Call("UpdatePodIdentityAssociation", {**_ASSOCIATION, "roleArn": "roleArn"}), on_create=False),),
    delete=(Call("DeletePodIdentityAssociation", _ASSOCIATION),),
    replace_on=frozenset({"clusterName", "namespace", "serviceAccount"}),
    defaults={"disableSessionTags": False},
    imported_id="associationId",
    tagging=tagging("associationArn"),
    note="no session tags, no target role",
)

ROWS = (ADDON, ACCESS_ENTRY, ACCESS_POLICY_ASSOCIATION, POD_IDENTITY_ASSOCIATION)
