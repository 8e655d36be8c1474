"""Previews of small programs with databases, clusters, hosted endpoints and what guards them. Recorded before a report of them was read."""

import json
from collections.abc import Iterator
from typing import Any

from tests.preview.recording.declared import Case, Item, aws, bucket, document, of, trust


def cases() -> Iterator[Case]:
    yield from hosted()
    yield from databases()
    yield from clusters()
    yield from references()
    yield from keys_and_images()


def hosted() -> Iterator[Case]:
    role = aws("iam/role:Role", "runs", {"assumeRolePolicy": trust({"Service": "sagemaker.amazonaws.com"})})

    def model(name: str, digit: str) -> Item:
        image = f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/risk@sha256:{digit * 64}"
        container = {"image": image, "modelDataUrl": f"s3://acme-models/{name}/model.tar.gz"}
        inputs = {"name": f"acme-{name}", "executionRoleArn": of("runs", "arn"), "primaryContainer": container}
        return aws("sagemaker/model:Model", name, inputs)

    models = [role, model("first", "a"), model("second", "b")]

    def configuration(*variants: tuple[str, float], instances: str = "ml.m5.large", count: int = 2) -> Item:
        size = {"instanceType": instances, "initialInstanceCount": count}
        listed = [{"variantName": name, "modelName": of(name, "name"), "initialVariantWeight": weight, **size} for name, weight in variants]
        return aws("sagemaker/endpointConfiguration:EndpointConfiguration", "configuration", {"productionVariants": listed})

    def endpoint(**tags: str) -> Item:
        inputs: Item = {"name": "acme-risk", "endpointConfigName": of("configuration", "name")}
        return aws("sagemaker/endpoint:Endpoint", "endpoint", {**inputs, **({"tags": tags} if tags else {})})

    whole = [*models, configuration(("first", 1)), endpoint()]
    # The configuration is made anew each time; the endpoint then takes the new one, and the old one serves nobody.
    anew = (("review", "configuration"), ("disruptive", "configuration"), ("review", "endpoint"))
    yield Case(
        "hosted-canary", whole, [*models, configuration(("first", 9), ("second", 1)), endpoint()], (("traffic", "endpoint"),), may=anew
    )
    yield Case("hosted-model-changed", whole, [*models, configuration(("second", 1)), endpoint()], (("traffic", "endpoint"),), may=anew)
    yield Case(
        "hosted-on-other-instances",
        whole,
        [*models, configuration(("first", 1), instances="ml.c5.xlarge"), endpoint()],
        may=(*anew, ("traffic", "endpoint"), ("disruptive", "endpoint")),
    )
    yield Case("hosted-tags", whole, [*models, configuration(("first", 1)), endpoint(owner="risk")])
    yield Case("hosted-endpoint-deleted", whole, models, (("disruptive", "endpoint"),), may=(*anew, ("traffic", "endpoint")))


def databases() -> Iterator[Case]:
    def database(**more: Any) -> Item:
        inputs = {
            "identifier": "acme-tracking",
            "allocatedStorage": 20,
            "engine": "postgres",
            "engineVersion": "17.4",
            "instanceClass": "db.t4g.medium",
            "username": "tracking",
            "password": {"$secret": "kept elsewhere 1"},
            "backupRetentionPeriod": 7,
            "deletionProtection": True,
            "storageEncrypted": True,
            "skipFinalSnapshot": True,
        }
        return aws("rds/instance:Instance", "database", {**inputs, **more})

    there = [database()]
    other = bucket("logs", {"bucket": "acme-logs"})
    yield Case("database-class-changed", there, [database(instanceClass="db.m7g.large")], (("disruptive", "database"),))
    yield Case("database-protection-off", there, [database(deletionProtection=False)], (("irreversible", "database"),))
    yield Case("database-protection-on", [database(deletionProtection=False)], there)
    yield Case("database-public", there, [database(publiclyAccessible=True)], (("exposure", "database"),))
    yield Case("database-backups-fewer", there, [database(backupRetentionPeriod=1)], (("irreversible", "database"),))
    yield Case("database-backups-more", there, [database(backupRetentionPeriod=30)])
    yield Case(
        "database-encrypted",
        [database(storageEncrypted=False)],
        there,
        (("irreversible", "database"),),
        may=(("disruptive", "database"),),
        tuned=True,
    )
    yield Case("database-deleted", [*there, other], [other], (("irreversible", "database"),), may=(("disruptive", "database"),))
    yield Case("database-password", there, [database(password={"$secret": "kept elsewhere 2"})], may=(("review", "database"),))


def clusters() -> Iterator[Case]:
    network = aws("ec2/vpc:Vpc", "network", {"cidrBlock": "10.0.0.0/16"})
    places = [
        aws(
            "ec2/subnet:Subnet",
            f"place-{zone}",
            {"vpcId": of("network"), "cidrBlock": f"10.0.{number}.0/24", "availabilityZone": f"eu-west-1{zone}"},
        )
        for number, zone in enumerate("ab")
    ]
    role = aws("iam/role:Role", "runs", {"assumeRolePolicy": trust({"Service": "eks.amazonaws.com"})})

    def cluster(version: str = "1.34", blocks: tuple[str, ...] = ("203.0.113.0/24",), logs: tuple[str, ...] = ("api", "audit")) -> Item:
        reach = {"endpointPublicAccess": True, "endpointPrivateAccess": True, "publicAccessCidrs": list(blocks)}
        inputs = {
            "name": "acme-main",
            "version": version,
            "roleArn": of("runs", "arn"),
            "vpcConfig": {"subnetIds": [of("place-a"), of("place-b")], **reach},
            "accessConfig": {"authenticationMode": "API"},
            "enabledClusterLogTypes": list(logs),
        }
        return aws("eks/cluster:Cluster", "cluster", inputs)

    around = [network, *places, role]
    there = [*around, cluster()]
    yield Case("cluster-version-raised", there, [*around, cluster("1.35")], (("disruptive", "cluster"),))
    yield Case("cluster-opened", there, [*around, cluster(blocks=("203.0.113.0/24", "0.0.0.0/0"))], (("exposure", "cluster"),))


def references() -> Iterator[Case]:
    vpc = aws("ec2/vpc:Vpc", "network", {"cidrBlock": "10.0.0.0/16"})
    others = [
        aws("ec2/securityGroup:SecurityGroup", name, {"vpcId": of("network"), "description": name}) for name in ("gateway", "anything")
    ]

    def group(*sources: str, port: int = 8080) -> Item:
        rule = {"protocol": "tcp", "fromPort": port, "toPort": port, "securityGroups": [of(name) for name in sources]}
        return aws("ec2/securityGroup:SecurityGroup", "models", {"vpcId": of("network"), "description": "models", "ingress": [rule]})

    around = [vpc, *others]
    yield Case("group-of-another-let-in", [*around, group("gateway")], [*around, group("gateway", "anything")], (("exposure", "models"),))
    yield Case("group-of-another-let-out", [*around, group("gateway", "anything")], [*around, group("gateway")])
    yield Case("groups-reordered", [*around, group("gateway", "anything")], [*around, group("anything", "gateway")])


def keys_and_images() -> Iterator[Case]:
    turning, still = (aws("kms/key:Key", "data", {"deletionWindowInDays": 30, "enableKeyRotation": on}) for on in (True, False))
    yield Case("key-rotation-off", [turning], [still], (("exposure", "data"),))
    yield Case("key-rotation-on", [still], [turning])
    images = aws("ecr/repository:Repository", "images", {"name": "acme-risk", "imageTagMutability": "IMMUTABLE"})

    def kept(count: int, **more: Any) -> Item:
        chosen = {"tagStatus": "tagged", "tagPatternList": ["20*"], "countType": "imageCountMoreThan", "countNumber": count}
        rule = {"rulePriority": 1, "description": "releases", "selection": chosen, "action": {"type": "expire"}, **more}
        return aws(
            "ecr/lifecyclePolicy:LifecyclePolicy", "kept", {"repository": of("images", "name"), "policy": json.dumps({"rules": [rule]})}
        )

    yield Case("images-kept-shorter", [images, kept(50)], [images, kept(5)], (("irreversible", "kept"),))
    yield Case("images-kept-longer", [images, kept(5)], [images, kept(50)])
    yield Case("images-policy-in-other-words", [images, kept(50)], [images, kept(50, description="what is released")])
    reads = document({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "ecr:BatchGetImage"})
    policy = "ecr/repositoryPolicy:RepositoryPolicy"
    opened = reads.replace('{"AWS": "arn:aws:iam::111122223333:root"}', '"*"')
    yield Case(
        "images-public",
        [images, aws(policy, "readers", {"repository": of("images", "name"), "policy": reads})],
        [images, aws(policy, "readers", {"repository": of("images", "name"), "policy": opened})],
        (("exposure", "readers"),),
    )
