"""Previews of small programs on AWS."""

from collections.abc import Iterator
from typing import Any

from tests.preview.recording.declared import Case, Item, allow, aws, bucket, document, of, res, text, trust

READ = ["s3:GetObject", "s3:ListBucket"]
STORE = "arn:aws:s3:::acme-models"


def cases() -> Iterator[Case]:
    yield from stores()
    yield from access()
    yield from networks()
    yield from watching()
    yield from engine()


def stores() -> Iterator[Case]:
    models = bucket("models", {"bucket": "acme-models", "tags": {"owner": "ml"}})
    other = bucket("logs", {"bucket": "acme-logs"})
    yield Case("bucket-deleted", [models, other], [other], (("irreversible", "models"),))
    yield Case("bucket-replaced", [models], [bucket("models", {"bucket": "acme-weights"})], (("irreversible", "models"),), tuned=True)
    yield Case("bucket-tags", [models], [bucket("models", {"bucket": "acme-models", "tags": {"owner": "ai"}})])
    yield Case("bucket-created", [other], [other, models])
    renamed = bucket("weights", {"bucket": "acme-models", "tags": {"owner": "ml"}})
    yield Case("renamed-without-alias", [models], [renamed], (("irreversible", "models"), ("review", "weights")))
    yield Case("renamed-with-alias", [models], [{**renamed, "options": {"alias": "models"}}])
    kept = bucket("models", {"bucket": "acme-models"}, protect=True)
    bare = bucket("models", {"bucket": "acme-models"})
    yield Case("protect-removed", [kept], [bare], (("irreversible", "models"),), tuned=True)
    yield Case("protect-added", [bare], [kept])
    retained = bucket("models", {"bucket": "acme-models", "tags": {"owner": "ml"}}, retain=True)
    yield Case(
        "retain-removed",
        [retained],
        [bucket("models", {"bucket": "acme-models", "tags": {"owner": "ai"}})],
        (("irreversible", "models"),),
    )
    yield Case("retained-and-deleted", [retained, other], [other], may=(("review", "models"), ("irreversible", "models")))
    key, short = aws("kms/key:Key", "data", {"deletionWindowInDays": 30}), aws("kms/key:Key", "data", {"deletionWindowInDays": 7})
    yield Case("key-deleted", [key, other], [other], (("irreversible", "data"),))
    yield Case("key-window-shortened", [key], [short], (("irreversible", "data"),))
    yield Case("key-window-lengthened", [short], [key])
    fixed = {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}, "name": "credit-risk"}
    loose = {**fixed, "imageTagMutability": "MUTABLE"}
    unseen = {**fixed, "imageScanningConfiguration": {"scanOnPush": False}}
    images = "ecr/repository:Repository"
    yield Case("repository-deleted", [aws(images, "images", fixed), other], [other], (("irreversible", "images"),))
    yield Case(
        "repository-replaced",
        [aws(images, "images", fixed)],
        [aws(images, "images", {**fixed, "name": "risk"})],
        (("irreversible", "images"),),
    )
    yield Case("repository-tags-mutable", [aws(images, "images", fixed)], [aws(images, "images", loose)], (("exposure", "images"),))
    yield Case("repository-tags-immutable", [aws(images, "images", loose)], [aws(images, "images", fixed)])
    yield Case("repository-scan-off", [aws(images, "images", fixed)], [aws(images, "images", unseen)], (("exposure", "images"),))
    yield Case("repository-scan-on", [aws(images, "images", unseen)], [aws(images, "images", fixed)])
    rule = {"rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}, "bucketKeyEnabled": True}}
    encrypted = aws(
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "sse",
        {"bucket": of("models"), "rules": [rule["rule"]]},
    )
    yield Case("encryption-removed", [models, encrypted], [models], (("exposure", "sse"),))
    versions = {"bucket": of("models"), "versioningConfiguration": {"status": "Enabled"}}
    suspended = {"bucket": of("models"), "versioningConfiguration": {"status": "Suspended"}}
    version = "s3/bucketVersioning:BucketVersioning"
    yield Case(
        "versioning-suspended",
        [models, aws(version, "versions", versions)],
        [models, aws(version, "versions", suspended)],
        may=(("review", "versions"), ("irreversible", "versions"), ("exposure", "versions")),
    )
    prometheus = aws("amp/workspace:Workspace", "metrics", {"alias": "metrics"})
    yield Case("metrics-workspace-deleted", [prometheus, other], [other], (("irreversible", "metrics"),))


def access() -> Iterator[Case]:
    trusted = trust({"Service": "pods.eks.amazonaws.com"})

    def role(policy: Any, assumed: str = trusted) -> list[Item]:
        return [
            aws("iam/role:Role", "reader", {"assumeRolePolicy": assumed}),
            aws("iam/rolePolicy:RolePolicy", "reads", {"role": of("reader"), "policy": policy}),
        ]

    narrow = role(document(allow(READ, [STORE, f"{STORE}/*"])))
    yield Case("iam-action-widened", narrow, role(document(allow(["s3:*"], [STORE, f"{STORE}/*"]))), (("exposure", "reads"),), tuned=True)
    yield Case("iam-resource-widened", narrow, role(document(allow(READ, "*"))), (("exposure", "reads"),))
    yield Case(
        "iam-action-added", narrow, role(document(allow([*READ, "s3:DeleteObject"], [STORE, f"{STORE}/*"]))), (("exposure", "reads"),)
    )
    yield Case(
        "iam-statement-added", narrow, role(document(allow(READ, [STORE, f"{STORE}/*"]), allow("iam:PassRole"))), (("exposure", "reads"),)
    )
    yield Case("iam-narrowed", narrow, role(document(allow("s3:GetObject", [STORE, f"{STORE}/*"]))))
    yield Case("iam-reordered", narrow, role(document(allow(READ[::-1], [f"{STORE}/*", STORE]))))
    split = document(allow("s3:GetObject", [STORE, f"{STORE}/*"]), allow("s3:ListBucket", [f"{STORE}/*", STORE]))
    yield Case("iam-split-into-statements", narrow, role(split))
    one = role(document(allow("s3:GetObject", STORE)))
    yield Case("iam-text-or-list", one, role(document(allow(["s3:GetObject"], [STORE], Sid="Read"))))
    inside = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-acme"}}}
    yield Case(
        "iam-condition-removed", role(document(allow(READ, STORE, **inside))), role(document(allow(READ, STORE))), (("exposure", "reads"),)
    )
    yield Case("iam-condition-added", role(document(allow(READ, STORE))), role(document(allow(READ, STORE, **inside))))
    deny = {**allow("s3:DeleteObject", STORE), "Effect": "Deny"}
    yield Case(
        "iam-deny-removed", role(document(allow("s3:*", STORE), deny)), role(document(allow("s3:*", STORE))), (("exposure", "reads"),)
    )
    open_to_all = role(document(allow("s3:GetObject", STORE)), trust({"AWS": "*"}))
    yield Case("trust-opened", one, open_to_all, (("exposure", "reader"),))
    other = role(document(allow("s3:GetObject", STORE)), trust({"AWS": "arn:aws:iam::999988887777:root"}))
    yield Case("trust-of-another-account", one, other, (("exposure", "reader"),))
    # The new bucket's ARN is known only afterwards.
    unknown = [
        bucket("fresh"),
        *role(
            text(
                '{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "s3:*", "Resource": "{0}"}}]}}', of("fresh", "arn")
            )
        ),
    ]
    yield Case("iam-resource-unknown", one, unknown, (("unknown", "reads"),))
    store = bucket("models", {"bucket": "acme-models"})
    shared = {**allow("s3:GetObject", f"{STORE}/*"), "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    policy = "s3/bucketPolicy:BucketPolicy"
    private = aws(policy, "shared", {"bucket": of("models"), "policy": document(shared)})
    public = aws(policy, "shared", {"bucket": of("models"), "policy": document({**shared, "Principal": "*"})})
    yield Case("bucket-policy-public", [store, private], [store, public], (("exposure", "shared"),))
    listed = aws(
        policy,
        "shared",
        {"bucket": of("models"), "policy": document({**shared, "Action": ["s3:GetObject"], "Principal": {"AWS": ["111122223333"]}})},
    )
    yield Case("bucket-policy-other-spelling", [store, private], [store, listed])
    closed = {
        "bucket": of("models"),
        **dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True),
    }
    block = "s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    yield Case(
        "public-block-off",
        [store, aws(block, "block", closed)],
        [store, aws(block, "block", {**closed, "blockPublicPolicy": False})],
        (("exposure", "block"),),
    )
    yield Case("public-block-deleted", [store, aws(block, "block", closed)], [store], (("exposure", "block"),))
    yield Case(
        "public-block-on", [store, aws(block, "block", {**closed, "blockPublicPolicy": False})], [store, aws(block, "block", closed)]
    )


def networks() -> Iterator[Case]:
    vpc = aws("ec2/vpc:Vpc", "network", {"cidrBlock": "10.0.0.0/16"})

    def group(*blocks: str, port: int = 443) -> Item:
        rule = {"protocol": "tcp", "fromPort": port, "toPort": port, "cidrBlocks": list(blocks), "description": "in"}
        return aws("ec2/securityGroup:SecurityGroup", "gateway", {"vpcId": of("network"), "description": "gateway", "ingress": [rule]})

    inside = group("10.0.0.0/8", "192.168.0.0/16")
    yield Case("group-opened", [vpc, inside], [vpc, group("10.0.0.0/8", "0.0.0.0/0")], (("exposure", "gateway"),))
    yield Case("group-opened-ipv4-halves", [vpc, inside], [vpc, group("0.0.0.0/1", "128.0.0.0/1")], (("exposure", "gateway"),))
    yield Case("group-narrowed", [vpc, inside], [vpc, group("10.0.0.0/8")])
    yield Case("group-reordered", [vpc, inside], [vpc, group("192.168.0.0/16", "10.0.0.0/8")])
    subnet = "ec2/subnet:Subnet"
    yield Case(
        "subnet-replaced",
        [vpc, aws(subnet, "nodes", {"vpcId": of("network"), "cidrBlock": "10.0.1.0/24"})],
        [vpc, aws(subnet, "nodes", {"vpcId": of("network"), "cidrBlock": "10.0.2.0/24"})],
        (("disruptive", "nodes"),),
    )
    yield Case("network-tags", [vpc], [aws("ec2/vpc:Vpc", "network", {"cidrBlock": "10.0.0.0/16", "tags": {"stage": "two"}})])


def watching() -> Iterator[Case]:
    logs = "cloudwatch/logGroup:LogGroup"
    long, short = ({"name": "/models/risk", "retentionInDays": days} for days in (90, 7))
    other = aws("sns/topic:Topic", "other")
    yield Case("retention-shortened", [aws(logs, "log", long)], [aws(logs, "log", short)], (("blind", "log"),), tuned=True)
    yield Case("retention-lengthened", [aws(logs, "log", short)], [aws(logs, "log", long)])
    yield Case("log-deleted", [aws(logs, "log", long), other], [other], (("blind", "log"),), may=(("irreversible", "log"),), tuned=True)
    alarm = {
        "name": "errors",
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 2,
        "metricName": "Invocation5XXErrors",
        "namespace": "AWS/SageMaker",
        "period": 60,
        "statistic": "Sum",
        "threshold": 5,
    }
    alarms = "cloudwatch/metricAlarm:MetricAlarm"
    yield Case("alarm-deleted", [aws(alarms, "errors", alarm), other], [other], (("blind", "errors"),))
    yield Case(
        "alarm-actions-off",
        [aws(alarms, "errors", alarm)],
        [aws(alarms, "errors", {**alarm, "actionsEnabled": False})],
        (("blind", "errors"),),
    )
    yield Case("alarm-description", [aws(alarms, "errors", alarm)], [aws(alarms, "errors", {**alarm, "alarmDescription": "Errors"})])
    yield Case("topic-deleted", [aws("sns/topic:Topic", "alerts"), other], [other], (("blind", "alerts"),))
    space = aws("amp/workspace:Workspace", "metrics", {"alias": "metrics"})

    def rules(data: str) -> Item:
        return aws("amp/ruleGroupNamespace:RuleGroupNamespace", "alerts", {"workspaceId": of("metrics"), "name": "alerts", "data": data})

    alert = "groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up == 0\n"
    yield Case("managed-rules-deleted", [space, rules(alert)], [space], (("blind", "alerts"),))
    two = alert + "  - alert: Slow\n    expr: latency > 1\n"
    yield Case("managed-rule-added", [space, rules(alert)], [space, rules(two)], may=(("review", "alerts"),))


def engine() -> Iterator[Case]:
    models, logs = bucket("models", {"bucket": "acme-models"}), bucket("logs", {"bucket": "acme-logs"})
    yield Case("nothing-changed", [models], [models], decision="ok")
    yield Case("first-update", [], [models, logs], decision="ok")
    yield Case(
        "output-changed",
        [models, res("output", "store", {"value": of("models", "arn")})],
        [models, res("output", "place", {"value": of("models", "arn")})],
    )
    yield Case(
        "program-raises", [models, logs], [models, res("raise", "end", {"text": "no such region"})], result="failed", decision="unknown"
    )
    yield Case(
        "provider-refuses",
        [models],
        [models, aws("kms/key:Key", "data", {"deletionWindowInDays": "a month"})],
        result="failed",
        decision="unknown",
    )
    yield Case("type-unknown-to-the-provider", [models], [models, aws("s3/nothing:Nothing", "what")], result="failed", decision="unknown")
    yield Case(
        "policies-hold", [models], [bucket("models", {"bucket": "acme-models", "tags": {"owner": "ml"}})], rules="named,owned,counted"
    )
    yield Case("policy-warns", [models], [models, logs], rules="named,owned", may=(("review", "logs"), ("review", "models")))
    yield Case("policy-forbids", [models], [models, bucket("unnamed")], result="failed", decision="blocked", rules="named,counted")
    yield Case(
        "policy-of-the-stack-forbids",
        [models],
        [models, *(bucket(f"b{n}", {"bucket": f"acme-{n}"}) for n in range(3))],
        result="failed",
        decision="blocked",
        rules="named,counted",
    )
    yield Case("policy-is-broken", [models], [models, logs], result="failed", decision="unknown", rules="broken")
    yield Case("tainted", [models, logs], [models, logs], (("irreversible", "models"),), edit={"taint": "models"})
    yield Case("provider-upgraded", [models, logs], [models, logs], edit={"version": "7.40.0"})
    yield Case(
        "imported", [logs], [logs, bucket("models", {"bucket": "acme-taken"}, **{"import": "acme-taken"})], edit={"bucket": "acme-taken"}
    )
    yield Case("drift-found", [models], [models], refresh=True, edit={"tag": "acme-models"}, may=(("review", "models"),))
    yield Case("drift-not-found", [models], [models], refresh=True)
    # A URN holds the types of the parents and not their names.
    groups = [res("example:index:Team", "risk"), bucket("models", {"bucket": "acme-models"}, parent="risk")]
    yield Case("components-of-others", groups, [groups[0], bucket("models", {"bucket": "acme-models", "tags": {"a": "b"}}, parent="risk")])
    moved = [res("example:index:Squad", "credit"), bucket("models", {"bucket": "acme-models"}, parent="credit")]
    yield Case("moved-without-alias", groups, moved, (("irreversible", "models"), ("review", "models")), tuned=True)
    yield Case(
        "secret-changed",
        [aws("sns/topic:Topic", "alerts", {"displayName": {"$secret": "first words"}})],
        [aws("sns/topic:Topic", "alerts", {"displayName": {"$secret": "other words"}})],
    )
    many = [aws("cloudwatch/logGroup:LogGroup", f"log-{n:03}", {"name": f"/models/{n:03}", "retentionInDays": 30}) for n in range(500)]
    yield Case("five-hundred-creations", [], many)
