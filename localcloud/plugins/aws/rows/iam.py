"""Roles and policies. Schemas: hashicorp/terraform-provider-aws, internal/service/iam, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.table import (
    ID,
    REMOVED,
    TAGS,
    Action,
    Call,
    Naming,
    Read,
    Row,
    Scope,
    Source,
    Step,
    Tagging,
    part,
    using,
)


def _inline_of(scope: Scope) -> object:
    found = []
    for name in scope.call("iam", "ListRolePolicies", {"RoleName": scope.id})["PolicyNames"]:
        policy = scope.call("iam", "GetRolePolicy", {"RoleName": scope.id, "PolicyName": name})
        found.append({"name": name, "policy": policy["PolicyDocument"]})
    return found


def _set_inline(scope: Scope) -> None:
    wanted = {each["name"]: each["policy"] for each in scope.inputs.get("inlinePolicies") or []}
    for name in scope.call("iam", "ListRolePolicies", {"RoleName": scope.id})["PolicyNames"]:
        if name not in wanted:
            scope.call("iam", "DeleteRolePolicy", {"RoleName": scope.id, "PolicyName": name})
    for name, policy in wanted.items():
        scope.call("iam", "PutRolePolicy", {"RoleName": scope.id, "PolicyName": name, "PolicyDocument": policy})


def _attached(scope: Scope) -> list[str]:
    policies = scope.call("iam", "ListAttachedRolePolicies", {"RoleName": scope.id})["AttachedPolicies"]
    return sorted(each["PolicyArn"] for each in policies)


def _set_attached(scope: Scope) -> None:
    live, wanted = _attached(scope), scope.inputs.get("managedPolicyArns") or []
    for policy in live:
        if policy not in wanted:
            scope.call("iam", "DetachRolePolicy", {"RoleName": scope.id, "PolicyArn": policy})
    for policy in wanted:
        if policy not in live:
            scope.call("iam", "AttachRolePolicy", {"RoleName": scope.id, "PolicyArn": policy})


def _empty(scope: Scope) -> None:
    """What the role holds goes with it where it is the role's own, or where that was asked for."""
    force = scope.inputs.get("forceDetachPolicies")
    if force or "inlinePolicies" in scope.inputs:
        _set_inline(Scope({}, scope.id, scope.account, scope.region, scope.partition, {}, scope.call))
    if force or "managedPolicyArns" in scope.inputs:
        _set_attached(Scope({}, scope.id, scope.account, scope.region, scope.partition, {}, scope.call))


_INLINE = ("iam:ListRolePolicies", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy")
_MANAGED = ("iam:ListAttachedRolePolicies", "iam:AttachRolePolicy", "iam:DetachRolePolicy")

ROLE = Row(
    type="aws:iam/role:Role",
    service="iam",
    source="internal/service/iam/role.go",
    served="moto",
    create=Call(
        "CreateRole",
        {
            "RoleName": "name",
            "Path": "path",
            "AssumeRolePolicyDocument": "assumeRolePolicy",
            "Description": "description",
            "MaxSessionDuration": "maxSessionDuration",
            "PermissionsBoundary": "permissionsBoundary",
            "Tags": TAGS,
        },
    ),
    id="answer.Role.RoleName",
    read=Read(Call("GetRole", {"RoleName": ID}), "Role"),
    steps=(
        Step(
            ("assumeRolePolicy",), Call("UpdateAssumeRolePolicy", {"RoleName": ID, "PolicyDocument": "assumeRolePolicy"}), on_create=False
        ),
        Step(
            ("description", "maxSessionDuration"),
            Call(
                "UpdateRole",
                {
                    "RoleName": ID,
                    "Description": using("description", make=lambda scope: scope.inputs.get("description", "")),
                    "MaxSessionDuration": "maxSessionDuration",
                },
            ),
            on_create=False,
        ),
        Step(
            ("permissionsBoundary",),
            Call("PutRolePermissionsBoundary", {"RoleName": ID, "PermissionsBoundary": "permissionsBoundary"}),
            unset=Call("DeleteRolePermissionsBoundary", {"RoleName": ID}),
            on_create=False,
        ),
        Step(("inlinePolicies",), Action(_set_inline, ("inlinePolicies",), _INLINE)),
        Step(("managedPolicyArns",), Action(_set_attached, ("managedPolicyArns",), _MANAGED)),
    ),
    delete=(
        Action(_empty, ("forceDetachPolicies", "inlinePolicies", "managedPolicyArns"), (*_INLINE, *_MANAGED)),
        Call("DeleteRole", {"RoleName": ID}),
    ),
    outputs={
        "name": "RoleName",
        "assumeRolePolicy": "AssumeRolePolicyDocument",
        "uniqueId": "RoleId",
        "permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "inlinePolicies": Source(_inline_of),
        "managedPolicyArns": Source(_attached),
    },
    replace_on=frozenset({"name", "namePrefix", "path"}),
    defaults={"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False},
    computed=frozenset({"name", "namePrefix", "inlinePolicies", "managedPolicyArns"}),
    sets=frozenset({"inlinePolicies", "managedPolicyArns"}),
    documents=frozenset({"assumeRolePolicy", "inlinePolicies.policy"}),
    kept={"forceDetachPolicies": "AWS does not know it", "namePrefix": "it is part of the name"},
    tagging=Tagging(
        Call("TagRole", {"RoleName": ID, "Tags": TAGS}),
        Call("UntagRole", {"RoleName": ID, "TagKeys": REMOVED}),
    ),
    naming=Naming(length=64),
    # They may be those of RolePolicy and RolePolicyAttachment resources.
    import_skips=frozenset({"inlinePolicies", "managedPolicyArns"}),
)

ROLE_POLICY = Row(
    type="aws:iam/rolePolicy:RolePolicy",
    service="iam",
    source="internal/service/iam/role_policy.go",
    served="moto",
    create=Call("PutRolePolicy", {"RoleName": "role", "PolicyName": "name", "PolicyDocument": "policy"}),
    id="join(':', [inputs.role, inputs.name])",
    separator=":",
    read=Read(Call("GetRolePolicy", {"RoleName": part(0), "PolicyName": part(1)})),
    steps=(
        Step(
            ("policy",),
            Call("PutRolePolicy", {"RoleName": part(0), "PolicyName": part(1), "PolicyDocument": "policy"}),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteRolePolicy", {"RoleName": part(0), "PolicyName": part(1)}),),
    outputs={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
    replace_on=frozenset({"role", "name", "namePrefix"}),
    computed=frozenset({"name", "namePrefix"}),
    documents=frozenset({"policy"}),
    kept={"namePrefix": "it is part of the name"},
    naming=Naming(),
)

_POLICY_ARN = "AttachedPolicies[?PolicyArn=='$1'] | [0]"

ROLE_POLICY_ATTACHMENT = Row(
    type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    source="internal/service/iam/role_policy_attachment.go; pulumi-aws provider/resource_overrides.go (DeleteBeforeReplace)",
    served="moto",
    create=Call("AttachRolePolicy", {"RoleName": "role", "PolicyArn": "policyArn"}),
    id="join('/', [inputs.role, inputs.policyArn])",
    separator="/",
    read=Read(Call("ListAttachedRolePolicies", {"RoleName": part(0)}), _POLICY_ARN),
    delete=(Call("DetachRolePolicy", {"RoleName": part(0), "PolicyArn": part(1)}),),
    outputs={"role": part(0)},
    replace_on=frozenset({"role", "policyArn"}),
    delete_before_replace=True,
)


def _prune(scope: Scope) -> None:
    """A policy has room for five versions; upstream removes the oldest."""
    versions = scope.call("iam", "ListPolicyVersions", {"PolicyArn": scope.id})["Versions"]
    old = sorted((each for each in versions if not each["IsDefaultVersion"]), key=lambda each: str(each["CreateDate"]))
    if len(versions) >= 5:
        scope.call("iam", "DeletePolicyVersion", {"PolicyArn": scope.id, "VersionId": old[0]["VersionId"]})
    document = scope.inputs["policy"]
    scope.call("iam", "CreatePolicyVersion", {"PolicyArn": scope.id, "PolicyDocument": document, "SetAsDefault": True})


def _delete_versions(scope: Scope) -> None:
    for each in scope.call("iam", "ListPolicyVersions", {"PolicyArn": scope.id})["Versions"]:
        if not each["IsDefaultVersion"]:
            scope.call("iam", "DeletePolicyVersion", {"PolicyArn": scope.id, "VersionId": each["VersionId"]})


_VERSIONS = ("iam:ListPolicyVersions", "iam:DeletePolicyVersion", "iam:CreatePolicyVersion")

POLICY = Row(
    type="aws:iam/policy:Policy",
    service="iam",
    source="internal/service/iam/policy.go",
    served="moto",
    create=Call(
        "CreatePolicy", {"PolicyName": "name", "Path": "path", "PolicyDocument": "policy", "Description": "description", "Tags": TAGS}
    ),
    id="answer.Policy.Arn",
    read=Read(
        Call("GetPolicy", {"PolicyArn": ID}),
        "Policy",
        more={
            "version": Call("GetPolicyVersion", {"PolicyArn": ID, "VersionId": Source(lambda scope: scope.live["DefaultVersionId"])}),
        },
    ),
    steps=(Step(("policy",), Action(_prune, ("policy",), _VERSIONS), on_create=False),),
    delete=(Action(_delete_versions, (), _VERSIONS), Call("DeletePolicy", {"PolicyArn": ID})),
    outputs={"name": "PolicyName", "policy": "version.PolicyVersion.Document"},
    replace_on=frozenset({"name", "namePrefix", "path", "description"}),
    defaults={"path": "/"},
    computed=frozenset({"name", "namePrefix"}),
    documents=frozenset({"policy"}),
    kept={"namePrefix": "it is part of the name"},
    tagging=Tagging(
        Call("TagPolicy", {"PolicyArn": ID, "Tags": TAGS}),
        Call("UntagPolicy", {"PolicyArn": ID, "TagKeys": REMOVED}),
    ),
    naming=Naming(),
)

ROWS = (ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT, POLICY)
