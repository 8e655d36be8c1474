"""Keys and aliases. Schemas: hashicorp/terraform-provider-aws, internal/service/kms, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Action, Call, Naming, Read, Row, Scope, Source, Step, Tagging, fixed


def _enable(scope: Scope) -> None:
    if scope.inputs["isEnabled"]:
        scope.call("kms", "EnableKey", {"KeyId": scope.id})


def _disable(scope: Scope) -> None:
    if not scope.inputs["isEnabled"]:
        scope.call("kms", "DisableKey", {"KeyId": scope.id})


def _rotate(scope: Scope) -> None:
    if not scope.inputs["enableKeyRotation"]:
        scope.call("kms", "DisableKeyRotation", {"KeyId": scope.id})
        return
    days = scope.inputs.get("rotationPeriodInDays")
    scope.call("kms", "EnableKeyRotation", {"KeyId": scope.id, **({"RotationPeriodInDays": days} if days else {})})


_ROTATION = ("enableKeyRotation", "rotationPeriodInDays")

KEY = Row(
    type="aws:kms/key:Key",
    service="kms",
    source="internal/service/kms/key.go",
    served="moto",
    create=Call(
        "CreateKey",
        {
            "Description": "description",
            "KeySpec": "customerMasterKeySpec",
            "KeyUsage": "keyUsage",
            "MultiRegion": "multiRegion",
            "Policy": "policy",
            "BypassPolicyLockoutSafetyCheck": "bypassPolicyLockoutSafetyCheck",
            "Tags": TAGS,
        },
    ),
    id="answer.KeyMetadata.KeyId",
    read=Read(
        Call("DescribeKey", {"KeyId": ID}),
        "KeyMetadata",
        more={
            "policy": Call("GetKeyPolicy", {"KeyId": ID, "PolicyName": fixed("default")}),
            "rotation": Call("GetKeyRotationStatus", {"KeyId": ID}),
            "tags": Call("ListResourceTags", {"KeyId": ID}),
        },
        # Until then it can be called back; upstream takes it for deleted.
        gone="KeyState=='PendingDeletion' || KeyState=='PendingReplicaDeletion'",
    ),
    steps=(
        # A disabled key takes no changes: first on, last off.
        Step(("isEnabled",), Action(_enable, ("isEnabled",), ("kms:EnableKey",)), on_create=False),
        Step(_ROTATION, Action(_rotate, _ROTATION, ("kms:EnableKeyRotation", "kms:DisableKeyRotation"))),
        Step(("description",), Call("UpdateKeyDescription", {"KeyId": ID, "Description": "description"}), on_create=False),
        Step(("policy",), Call("PutKeyPolicy", {"KeyId": ID, "PolicyName": fixed("default"), "Policy": "policy"}), on_create=False),
        Step(("isEnabled",), Action(_disable, ("isEnabled",), ("kms:DisableKey",))),
    ),
    delete=(Call("ScheduleKeyDeletion", {"KeyId": ID, "PendingWindowInDays": "deletionWindowInDays"}),),
    outputs={
        "policy": "policy.Policy",
        "isEnabled": "Enabled",
        "customerMasterKeySpec": "KeySpec",
        "enableKeyRotation": "rotation.KeyRotationEnabled",
        "rotationPeriodInDays": "rotation.KeyRotationEnabled && rotation.RotationPeriodInDays || `null`",
    },
    replace_on=frozenset({"customerMasterKeySpec", "keyUsage", "multiRegion"}),
    defaults={
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "bypassPolicyLockoutSafetyCheck": False,
    },
    computed=frozenset({"description", "multiRegion", "policy", "rotationPeriodInDays"}),
    documents=frozenset({"policy"}),
    kept={
        "deletionWindowInDays": "AWS learns it with the deletion",
        "bypassPolicyLockoutSafetyCheck": "AWS does not keep it",
    },
    tagging=Tagging(
        Call("TagResource", {"KeyId": ID, "Tags": TAGS}),
        Call("UntagResource", {"KeyId": ID, "TagKeys": REMOVED}),
        read="tags.Tags",
    ),
    wait_gone=True,
    note="deleted means pending deletion, as on AWS; no custom key stores",
)


def _key_id(text: object) -> str:
    return str(text).rpartition("/")[2]


ALIAS = Row(
    type="aws:kms/alias:Alias",
    service="kms",
    source="internal/service/kms/alias.go; pulumi-aws provider/resource_overrides.go (name)",
    served="moto",
    create=Call("CreateAlias", {"AliasName": "name", "TargetKeyId": "targetKeyId"}),
    id="inputs.name",
    read=Read(Call("ListAliases"), "Aliases[?AliasName=='$id'] | [0]"),
    steps=(Step(("targetKeyId",), Call("UpdateAlias", {"AliasName": ID, "TargetKeyId": "targetKeyId"}), on_create=False),),
    delete=(Call("DeleteAlias", {"AliasName": ID}),),
    outputs={
        "arn": "AliasArn",
        "name": "AliasName",
        "targetKeyArn": Source(lambda scope: scope.arn("kms", f"key/{_key_id(scope.live['TargetKeyId'])}")),
    },
    replace_on=frozenset({"name", "namePrefix"}),
    computed=frozenset({"name", "namePrefix"}),
    same={"targetKeyId": lambda old, new: _key_id(old) == _key_id(new)},
    kept={"namePrefix": "it is part of the name"},
    naming=Naming(length=238, starts_with="alias/"),
)

ROWS = (KEY, ALIAS)
