"""The table of prices, and what a user puts over it."""

from pathlib import Path

import pytest

from modelway.errors import ModelwayError
from modelway.preview.cost import Costs, Prices, prices
from modelway.preview.cost.prices import BASE, EVERYWHERE, table
from tests.preview.cost.test_cost_arithmetic import step
from tests.preview.cost.test_cost_cases import TODAY

REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "eu-west-1")


def own(text: str, folder: Path) -> Prices:
    file = folder / "prices.toml"
    file.write_text(text, "utf-8")
    return prices(file)


def usd(found: Prices, item: str, region: str) -> float:
    price = found.price(item, region)
    assert price is not None
    return price.usd


def test_each_price_names_its_source_and_says_why_it_is_not_exact() -> None:
    listed = table()
    for item, one in listed.prices.items():
        assert EVERYWHERE in one.usd or BASE in one.usd, item
        for quote in one.usd.values():
            assert quote.usd > 0
            assert listed.sources[quote.source].date <= listed.date
            assert not quote.approximate or listed.reasons[quote.approximate]
            # What came from nowhere that could be read is never passed off as exact.
            assert quote.source != "memory" or quote.approximate


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    "item",
    [
        *("eks cluster", "eks cluster extended", "eks auto mode", "ec2 m7i.large", "ec2 c7i.xlarge", "ec2 r7i.large", "ec2 t3.medium"),
        *(
            "ec2 g6.xlarge",
            "ec2 g5.12xlarge",
            "ec2 g4dn.xlarge",
            "ec2 p5.48xlarge",
            "ec2 inf2.xlarge",
            "nat gateway",
            "vpc endpoint",
            "alb",
            "nlb",
        ),
        *(
            "ebs gp3",
            "s3 storage",
            "efs storage",
            "rds db.t4g.small",
            "rds storage",
            "kms key",
            "ecr storage",
            "cloudwatch logs",
            "amp samples",
        ),
        *("amp collector", "grafana editor", "sagemaker ml.m7i.large", "sagemaker ml.g5.xlarge", "data transfer out", "public ipv4"),
        *("secrets manager secret", "cloudwatch alarm", "s3 writes", "s3 reads", "amp queries", "nat gateway data"),
    ],
)
def test_the_table_has_what_environments_are_made_of(item: str, region: str) -> None:
    assert usd(prices(), item, region) > 0


def test_own_prices_and_discounts_win(tmp_path: Path) -> None:
    found = own(
        """
        date = 2026-11-01
        [discounts]
        ec2 = "10%"
        "ec2 g6" = 0.5
        [prices.eu-west-1]
        "ec2 m7i.large" = 0.05
        "ec2 x99.huge" = 12.5
        [prices.all]
        "kms key" = 0.9
        """,
        tmp_path,
    )
    listed = prices()
    assert usd(found, "ec2 m7i.large", "eu-west-1") == 0.05
    assert usd(found, "ec2 m7i.large", "us-east-1") == pytest.approx(0.9 * usd(listed, "ec2 m7i.large", "us-east-1"))
    assert usd(found, "ec2 g6.xlarge", "us-east-1") == pytest.approx(0.5 * 0.8048)
    # Another family, whose name begins alike.
    assert usd(found, "ec2 g6e.xlarge", "us-east-1") == pytest.approx(0.9 * 1.861)
    assert usd(found, "ec2 x99.huge", "eu-west-1") == 12.5
    assert usd(found, "kms key", "eu-central-1") == 0.9
    assert usd(found, "nat gateway", "us-east-1") == usd(listed, "nat gateway", "us-east-1")
    assert str(found.price("ec2 m7i.large", "eu-west-1")) == "0.05 USD (eu-west-1, 2026-11-01)"


def test_own_usage_is_a_number_and_no_range(tmp_path: Path) -> None:
    costs = Costs("dev", own('[usage]\n"nat gb" = 500', tmp_path), TODAY)
    costs.see(step("create", "aws:ec2/natGateway:NatGateway", "n", None, {"region": "eu-west-1"}))
    data = costs.finish(None, None).lines[1]
    assert data.after == pytest.approx((24, 24))
    assert "as your own file says" in data.basis


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices = ", "is not TOML: Invalid value (at end of document)"),
        ("price = 1", "price: not one of date, discounts, prices, usage. Did you mean prices?"),
        ('date = "last week"', "date: `last week` is not a day. Write it like 2026-11-20."),
        ('[discounts]\nec2 = "120%"', 'discounts."ec2": `120%` is no share of 0% to 100%. Write it like "12%" or 0.12.'),
        ("[discounts]\nec22 = 0.1", 'discounts."ec22": no item starts with it. Did you mean ec2'),
        ("discounts = 3", 'discounts: `3` is no table. Write `[discounts]` and below it lines like `ec2 = "12%"`.'),
        ('[prices.eu-central-1]\n"ec2 m7i.large" = -1', 'prices.eu-central-1."ec2 m7i.large": `-1` is no price.'),
        ('[prices.eu-central-1]\n"ec2 m7i.large" = nan', 'prices.eu-central-1."ec2 m7i.large": `nan` is no price.'),
        ('[prices.eu-central-1]\n"ec2 m7i.large" = true', 'prices.eu-central-1."ec2 m7i.large": `True` is no price.'),
        ('[prices.eu-central-1]\n"nat gatway" = 1', 'prices.eu-central-1."nat gatway": no such item. Did you mean nat gateway'),
        ('[prices.eu-wst-1]\n"ec2 m7i.large" = 0.1', "prices.eu-wst-1: no region of AWS, and not `all`."),
        ('[prices.frankfurt]\n"nat gateway" = 1', "prices.frankfurt: no region of AWS, and not `all`."),
        ('[prices]\n"nat gateway" = 1', "prices.nat gateway: no region of AWS"),
        ('[usage]\n"nat gigabytes" = 1', 'usage."nat gigabytes": nothing is assumed by that name.'),
        (
            '[usage]\n"nat gb" = "much"',
            'usage."nat gb": `much` is no amount. Write a number, 0 or more: GB a month through each NAT gateway.',
        ),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelwayError) as refusal:
        own(text, tmp_path)
    assert f"{tmp_path}/prices.toml: {said}" in str(refusal.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelwayError) as refusal:
        own('other = 1\n[usage]\n"x" = 1\n[prices.here]\n"y" = 1', tmp_path)
    assert len(str(refusal.value).splitlines()) == 4


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelwayError, match="cannot be read: No such file or directory"):
        prices(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelwayError, match="is not text in UTF-8"):
        prices(tmp_path / "binary.toml")
