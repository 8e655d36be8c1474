"""The script that asks AWS for prices, against a server that answers as the price list does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from modelway.preview.cost.prices import Table
from scripts import prices

M7I = {"instanceType": "m7i.large", "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}


def product(sku: str, usage_type: str, usd: str | dict[int, str], region: str = "us-east-1", **attributes: str) -> dict[str, Any]:
    """A product as GetProducts gives it; several prices are tiers, by where they begin."""
    tiers = usd if isinstance(usd, dict) else {0: usd}
    dimensions = {
        f"{sku}.JRTCKXETXF.{number}": {
            "unit": "Hrs",
            "description": f"${price} per unit",
            "beginRange": str(begin),
            "endRange": "Inf",
            "pricePerUnit": {"USD": price},
        }
        for number, (begin, price) in enumerate(tiers.items())
    }
    # Reserved instances have terms of their own, which are never looked at.
    reserved = {f"{sku}.R": {"priceDimensions": {"x": {"pricePerUnit": {"USD": "0.0001"}}}}}
    return {
        "product": {"sku": sku, "productFamily": "x", "attributes": {"regionCode": region, "usagetype": usage_type, **attributes}},
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": {"sku": sku, "priceDimensions": dimensions}}, "Reserved": reserved},
    }


PRODUCTS = {
    "AmazonEC2": [
        product("A1", "BoxUsage:m7i.large", "0.2000000000", **M7I),
        product("A2", "EUC1-BoxUsage:m7i.large", "0.3000000000", "eu-central-1", **M7I),
        # Of others' tenancy and reservations, which cost the same and are not meant.
        product("A3", "EUC1-DedicatedUsage:m7i.large", "0.9000000000", "eu-central-1", **M7I),
        product("B1", "NatGateway-Hours", "0.0460000000", productFamily="NAT Gateway"),
        product("B2", "RegionalNatGateway-Hours", "0.0990000000", productFamily="NAT Gateway"),
        product("C1", "EBS:VolumeUsage.gp3", "0.0800000000", volumeApiName="gp3"),
        product("C2", "EBS:VolumeUsage.gp3", "0.0700000000", volumeApiName="gp3"),
    ],
    "AmazonEKS": [product("D1", "USE1-AmazonEKS-Hours:perCluster", "0.1000000000")],
    "AmazonS3": [product("E1", "TimedStorage-ByteHrs", {0: "0.0240000000", 51200: "0.0220000000"}, volumeType="Standard")],
    "awskms": [product("F1", "us-east-1-KMS-Requests", {0: "0.0000000000", 20000: "0.0000030000"}, productFamily="API Request")],
}


class PriceList(BaseHTTPRequestHandler):
    """GetProducts, one product a page."""

    asked: ClassVar[list[dict[str, Any]]] = []
    refuses = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "AWSPriceListService.GetProducts"
        self.asked.append(body)
        if self.refuses:
            return self._answer(400, {"__type": "AccessDeniedException", "Message": "not authorized to perform: pricing:GetProducts"})
        wanted = {one["Field"]: one["Value"] for one in body["Filters"] if one["Type"] == "TERM_MATCH"}
        fits = [
            one
            for one in PRODUCTS.get(body["ServiceCode"], [])
            if all({**one["product"]["attributes"]}.get(field) == value for field, value in wanted.items())
        ]
        at = int(body.get("NextToken", 0))
        more = {"NextToken": str(at + 1)} if at + 1 < len(fits) else {}
        return self._answer(200, {"FormatVersion": "aws_v1", "PriceList": [json.dumps(one) for one in fits[at : at + 1]], **more})

    def _answer(self, status: int, body: object) -> None:
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def price_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[PriceList]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), PriceList)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(PriceList, "asked", [])
    yield PriceList
    server.shutdown()
    server.server_close()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of few items, so that few questions are asked."""
    table = msgspec.json.decode(prices.FILE.read_bytes(), type=Table)
    items = ("ec2 m7i.large", "nat gateway", "ebs gp3", "eks cluster", "eks auto mode", "s3 storage", "kms requests", "amp collector")
    few = msgspec.structs.replace(table, prices={item: table.prices[item] for item in items})
    file = tmp_path / "prices.json"
    file.write_text(prices.written(few), "utf-8")
    monkeypatch.setattr(prices, "FILE", file)
    return file


def test_the_file_in_the_tree_is_as_the_script_writes_it() -> None:
    assert prices.written(msgspec.json.decode(prices.FILE.read_bytes(), type=Table)) == prices.FILE.read_text("utf-8")


def test_every_item_of_the_table_can_be_asked_for() -> None:
    table = msgspec.json.decode(prices.FILE.read_bytes(), type=Table)
    assert {item for item in table.prices if prices.query(item) is None} == set(prices.NOT_IN_THE_LIST)


def test_prices_are_asked_for_and_written(
    price_list: type[PriceList], small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new.json"
    assert prices.main(["--out", str(out), "--region", "ap-south-1"]) == 0
    fresh = msgspec.json.decode(out.read_bytes(), type=Table)
    before = msgspec.json.decode(small.read_bytes(), type=Table)
    m7i = fresh.prices["ec2 m7i.large"].usd
    assert (m7i["us-east-1"].usd, m7i["us-east-1"].source, m7i["us-east-1"].approximate) == (0.2, "api", "")
    assert m7i["eu-central-1"].usd == 0.3
    assert m7i["eu-central-1"].sku == "A2: $0.3000000000 per unit"
    # What AWS does not tell stays, with its own source.
    assert m7i["eu-west-1"] == before.prices["ec2 m7i.large"].usd["eu-west-1"]
    assert fresh.prices["nat gateway"].usd["us-east-1"].usd == 0.046
    assert fresh.prices["eks cluster"].usd["all"].usd == 0.1
    # The first tier; of what is free at first, the first that costs something, in the table's unit.
    assert fresh.prices["s3 storage"].usd["us-east-1"].usd == 0.024
    assert fresh.prices["kms requests"].usd["all"].usd == pytest.approx(0.03)
    # Two prices for the same: nobody chooses.
    assert fresh.prices["ebs gp3"].usd["us-east-1"].source == "memory"
    assert fresh.date == fresh.sources["api"].date
    assert "ap-south-1" not in fresh.prices["nat gateway"].usd
    told = capsys.readouterr().err
    assert "not refreshed: ebs gp3 in us-east-1: AWS tells 2 prices: 0.07, 0.08" in told
    assert "not refreshed: ec2 m7i.large in ap-south-1: AWS tells none" in told
    assert any("NextToken" in body for body in price_list.asked)
    assert prices.written(fresh) == out.read_text("utf-8")


def test_whoever_may_not_ask_is_told_so(
    price_list: type[PriceList], small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = small.read_bytes()
    monkeypatch.setattr(price_list, "refuses", True)
    assert prices.main([]) == 1
    assert "pricing:GetProducts" in capsys.readouterr().err
    assert small.read_bytes() == before


def test_a_list_that_tells_nothing_replaces_nothing(
    price_list: type[PriceList], small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = small.read_bytes()
    monkeypatch.setitem(globals(), "PRODUCTS", {})
    assert prices.main([]) == 1
    assert "AWS told no price at all." in capsys.readouterr().err
    assert small.read_bytes() == before
