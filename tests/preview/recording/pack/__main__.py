"""A policy pack for recorded previews: a rule that holds, one that warns, one that forbids, one that corrects, one that is broken."""

import os

from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy, StackValidationPolicy

BUCKET = "aws:s3/bucket:Bucket"


def named(args, report):
    # The provider makes a name up, of the logical one and a few digits, before a policy sees the bucket.
    if args.resource_type == BUCKET and args.props.get("bucket", "").startswith(f"{args.name}-"):
        report("A bucket has a name of its own.")


def owned(args, report):
    if args.resource_type == BUCKET and "owner" not in (args.props.get("tags") or {}):
        report("A bucket has the tag owner.")


def counted(args, report):
    if sum(resource.resource_type == BUCKET for resource in args.resources) > 3:
        report("A stack has at most three buckets.")


def broken(args, report):
    if args.resource_type == BUCKET:
        raise ValueError("the rule is broken")


chosen = os.environ.get("RECORDED_RULES", "").split(",")
POLICIES = {
    "named": ResourceValidationPolicy("bucket-named", "Buckets have names.", named, EnforcementLevel.MANDATORY),
    "owned": ResourceValidationPolicy("bucket-owned", "Buckets have owners.", owned, EnforcementLevel.ADVISORY),
    "counted": StackValidationPolicy("few-buckets", "Stacks are small.", counted, EnforcementLevel.MANDATORY),
    "broken": ResourceValidationPolicy("broken", "Never works.", broken, EnforcementLevel.MANDATORY),
}
PolicyPack("recorded", [POLICIES[name] for name in chosen])
