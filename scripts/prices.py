"""Asks AWS's price list for the prices of `modelway/preview/cost/prices.json` and writes the file anew.

    python -m scripts.prices [--region REGION]… [--out FILE]

Needs credentials with `pricing:GetProducts`; `AWS_ENDPOINT_URL_PRICING` leads elsewhere. A price that AWS does not tell, or tells in more
than one way, stays as it was, with its source and its day, and is named; nothing is guessed. `--region` adds a region to every item that is
listed by region. Exits 1 when AWS cannot be asked, or no price was told at all.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from modelway.preview.cost.prices import BASE, EVERYWHERE, HOURS, Listed, Quote, Source, Table

FILE = Path(__file__).resolve().parents[1] / "modelway" / "preview" / "cost" / "prices.json"
API = "api"
"""Key of the source that refreshed prices name."""
ENDPOINT_REGION = "us-east-1"
"""One of the regions that the price list is asked in
(docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html)."""
DOCUMENTED = "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html"
NOT_IN_THE_LIST = ("eks auto mode",)
"""Items that are no product of their own: a share of others' prices."""


@dataclass(frozen=True)
class Query:
    """How the price of an item is found among the products of a service."""

    service: str
    usage_type: str
    """Pattern of the end of the attribute `usagetype`, in front of which all regions but one write their own letters."""
    filters: Mapping[str, str]
    scale: float = 1
    """Units of the list in one of the table's."""


_LB = "AWSELB"
_RDS = {"databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ"}
_MILLION = 1_000_000

QUERIES: Mapping[str, Query] = {
    "eks cluster": Query("AmazonEKS", "AmazonEKS-Hours:perCluster", {}),
    "eks cluster extended": Query("AmazonEKS", "AmazonEKS-Hours:extendedSupport", {}),
    "nat gateway": Query("AmazonEC2", "NatGateway-Hours", {"productFamily": "NAT Gateway"}),
    "nat gateway data": Query("AmazonEC2", "NatGateway-Bytes", {"productFamily": "NAT Gateway"}),
    "vpc endpoint": Query("AmazonVPC", "VpcEndpoint-Hours", {"productFamily": "VpcEndpoint"}),
    "vpc endpoint data": Query("AmazonVPC", "VpcEndpoint-Bytes", {"productFamily": "VpcEndpoint"}),
    "public ipv4": Query("AmazonVPC", "PublicIPv4:InUseAddress", {}),
    "alb": Query(_LB, "LoadBalancerUsage", {"productFamily": "Load Balancer-Application"}),
    "nlb": Query(_LB, "LoadBalancerUsage", {"productFamily": "Load Balancer-Network"}),
    "alb capacity": Query(_LB, "LCUUsage", {"productFamily": "Load Balancer-Application"}, HOURS),
    "nlb capacity": Query(_LB, "LCUUsage", {"productFamily": "Load Balancer-Network"}, HOURS),
    "data transfer out": Query("AWSDataTransfer", "DataTransfer-Out-Bytes", {"transferType": "AWS Outbound"}),
    "ebs gp2": Query("AmazonEC2", "EBS:VolumeUsage.gp2", {"volumeApiName": "gp2"}),
    "ebs gp3": Query("AmazonEC2", "EBS:VolumeUsage.gp3", {"volumeApiName": "gp3"}),
    "ebs gp3 iops": Query("AmazonEC2", "EBS:VolumeP-IOPS.gp3", {"volumeApiName": "gp3"}),
    # Listed by the GiB a second.
    "ebs gp3 throughput": Query("AmazonEC2", "EBS:VolumeP-Throughput.gp3", {"volumeApiName": "gp3"}, 1 / 1024),
    "s3 storage": Query("AmazonS3", "TimedStorage-ByteHrs", {"volumeType": "Standard"}),
    "s3 writes": Query("AmazonS3", "Requests-Tier1", {"group": "S3-API-Tier1"}, 1000),
    "s3 reads": Query("AmazonS3", "Requests-Tier2", {"group": "S3-API-Tier2"}, 1000),
    "efs storage": Query("AmazonEFS", "TimedStorage-ByteHrs", {"storageClass": "General Purpose"}),
    "rds storage": Query("AmazonRDS", "RDS:GP3-Storage", {"productFamily": "Database Storage", **_RDS}),
    "kms key": Query("awskms", "KMS-Keys", {"productFamily": "Encryption Key"}),
    "kms requests": Query("awskms", "KMS-Requests", {"productFamily": "API Request"}, 10_000),
    "ecr storage": Query("AmazonECR", "TimedStorage-ByteHrs", {}),
    "cloudwatch logs": Query("AmazonCloudWatch", "DataProcessing-Bytes", {"productFamily": "Data Payload"}),
    "cloudwatch logs storage": Query("AmazonCloudWatch", "TimedStorage-ByteHrs", {"productFamily": "Storage Snapshot"}),
    "cloudwatch alarm": Query("AmazonCloudWatch", "CW:AlarmMonitorUsage", {"productFamily": "Alarm"}),
    "cloudwatch composite alarm": Query("AmazonCloudWatch", "CW:CompositeAlarmMonitorUsage", {"productFamily": "Alarm"}),
    "cloudwatch dashboard": Query("AmazonCloudWatch", "DashboardsUsageHour", {"productFamily": "Dashboard"}),
    "amp samples": Query("AmazonPrometheus", "AMP:MetricSampleCount", {}, 10 * _MILLION),
    "amp queries": Query("AmazonPrometheus", "AMP:QuerySamplesProcessed", {}, 1000 * _MILLION),
    "amp storage": Query("AmazonPrometheus", "AMP:MetricStorageByteHrs", {}),
    "amp collector": Query("AmazonPrometheus", "AMP:CollectorHours", {}),
    "grafana editor": Query("AmazonGrafana", "Grafana:EditorUser", {}),
    "grafana viewer": Query("AmazonGrafana", "Grafana:ViewerUser", {}),
    "secrets manager secret": Query("AWSSecretsManager", "AWSSecretsManager-Secrets", {"productFamily": "Secret"}),
    "route53 zone": Query("AmazonRoute53", "HostedZone", {"productFamily": "DNS Zone"}),
    "sagemaker data": Query("AmazonSageMaker", "Hst:Data-Bytes-Out", {}),
}
"""By item. What the list does not have under these names is told, and its price stays."""


def query(item: str) -> Query | None:
    """How to ask for an item; None for one that is no product of its own."""
    family, _, kind = item.partition(" ")
    if family == "ec2":
        what = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}
        return Query("AmazonEC2", f"BoxUsage:{re.escape(kind)}", {"instanceType": kind, **what})
    if family == "sagemaker" and kind.startswith("ml."):
        return Query("AmazonSageMaker", f"Host:{re.escape(kind)}", {"instanceName": kind})
    if family == "rds" and kind.startswith("db."):
        return Query("AmazonRDS", f"InstanceUsage:{re.escape(kind)}", {"instanceType": kind, **_RDS})
    return QUERIES.get(item)


def ask(client: Any, item: str, region: str) -> tuple[float, str] | str:
    """The price of an item in a region, and what the list calls it; or why there is none, in words."""
    how = query(item)
    if how is None:
        return "it is no product of its own"
    filters = [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in {"regionCode": region, **how.filters}.items()]
    told: dict[float, str] = {}
    for page in client.get_paginator("get_products").paginate(ServiceCode=how.service, Filters=filters, FormatVersion="aws_v1"):
        for product in page["PriceList"]:
            told.update(_prices(json.loads(product), how))
    if len(told) > 1:
        return f"AWS tells {len(told)} prices: {', '.join(f'{usd:g}' for usd in sorted(told))}"
    return next(iter(told.items())) if told else "AWS tells none"


def _prices(product: dict[str, Any], how: Query) -> Iterator[tuple[float, str]]:
    """On-demand prices of a product, of the first tier
    (docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file.html)."""
    about = product["product"]
    if not re.fullmatch(rf"(?:[A-Z0-9]+-)?(?:Global-)?{how.usage_type}", about["attributes"].get("usagetype", "")):
        return
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        for tier in term["priceDimensions"].values():
            usd = float(tier["pricePerUnit"].get("USD", 0))
            if usd > 0 and float(tier.get("beginRange") or 0) == _least(term):
                yield round(usd * how.scale, 8), f"{about['sku']}: {tier.get('description', '')}"


def _least(term: dict[str, Any]) -> float:
    """Where the first tier that costs something begins: some give the first units for nothing."""
    paid = [tier for tier in term["priceDimensions"].values() if float(tier["pricePerUnit"].get("USD", 0)) > 0]
    return min(float(tier.get("beginRange") or 0) for tier in paid)


def refreshed(table: Table, client: Any, regions: list[str], today: str) -> tuple[Table, list[str]]:
    """The table with what AWS tells today, and what it did not tell, one line each."""
    prices: dict[str, Listed] = {}
    untold: list[str] = []
    for item, listed in table.prices.items():
        asked = list(listed.usd) if EVERYWHERE in listed.usd else list(dict.fromkeys([*listed.usd, *regions]))
        quotes = dict(listed.usd)
        for region in asked if item not in NOT_IN_THE_LIST else []:
            found = ask(client, item, BASE if region == EVERYWHERE else region)
            if isinstance(found, str):
                untold.append(f"{item} in {region}: {found}")
            else:
                quotes[region] = Quote(found[0], API, "", found[1])
        prices[item] = Listed(listed.unit, quotes)
    there = {quote.source for listed in prices.values() for quote in listed.usd.values()}
    why = {quote.approximate for listed in prices.values() for quote in listed.usd.values()}
    sources = {key: source for key, source in table.sources.items() if key in there}
    if API in there:
        what = "AWS's price list, GetProducts; each price with its SKU and description"
        sources[API] = Source(what, DOCUMENTED, today)
    reasons = {key: reason for key, reason in table.reasons.items() if key in why}
    fresh = msgspec.structs.replace(table, date=today, sources=sources, reasons=reasons, prices=prices)
    return fresh, untold


def written(table: Table) -> str:
    """The file: sorted, a line for each item."""
    whole = msgspec.to_builtins(table)
    prices = ",\n".join(f"  {json.dumps(item)}: {json.dumps(listed)}" for item, listed in sorted(whole.pop("prices").items()))
    return json.dumps(whole, indent=1)[:-2] + f',\n "prices": {{\n{prices}\n }}\n}}\n'


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.prices", description="Write the table of prices anew, from AWS's price list.")
    parser.add_argument("--region", action="append", default=[], help="region to add; those in the file are asked for anyway")
    parser.add_argument("--out", type=Path, default=FILE, help="file to write; the one in the tree unless said otherwise")
    asked = parser.parse_args(arguments)
    table = msgspec.json.decode(FILE.read_bytes(), type=Table)
    client = boto3.client("pricing", region_name=ENDPOINT_REGION, config=Config(retries={"mode": "standard", "max_attempts": 8}))
    try:
        fresh, untold = refreshed(table, client, asked.region, datetime.now(UTC).date().isoformat())
    except (BotoCoreError, ClientError) as error:
        print(f"AWS's price list could not be asked: {error}", file=sys.stderr)
        print("Give credentials that may pricing:GetProducts. Nothing was written.", file=sys.stderr)
        return 1
    for line in untold:
        print(f"not refreshed: {line}", file=sys.stderr)
    if API not in fresh.sources:
        print("AWS told no price at all. Nothing was written.", file=sys.stderr)
        return 1
    asked.out.write_text(written(fresh), "utf-8")
    number = sum(quote.source == API for listed in fresh.prices.values() for quote in listed.usd.values())
    print(f"{asked.out}: {number} prices of {fresh.date}, {len(untold)} left as they were", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
