"""What a page says of money: amounts, sums, and how far prices can be trusted."""

import re
from collections.abc import Iterable

from modelway.preview.changeset import Budget, Cost, CostLine

_NAMES = {
    **{name: name.upper() for name in ("alb", "amp", "ebs", "ec2", "ecr", "efs", "eks", "kms", "nat", "nlb", "rds", "s3", "vpc")},
    "ipv4": "IPv4",
    "cloudwatch": "CloudWatch",
    "sagemaker": "SageMaker",
}
_DAY = re.compile(r", (\d{4}-\d\d-\d\d)\)")


def dollars(amount: float) -> str:
    """As `1,240 USD`; below ten with cents, and never 0 for what is something."""
    if amount and abs(amount) < 0.01:
        return f"{amount:.2g} USD"
    return f"{amount:,.2f} USD" if amount and abs(amount) < 10 else f"{amount:,.0f} USD"


def spread(amounts: tuple[float, float] | None) -> str:
    """A range in US dollars; `not known` without one."""
    if amounts is None:
        return "not known"
    least, most = dollars(amounts[0]), dollars(amounts[1])
    return least if least == most else f"{least.removesuffix(' USD')} to {most}"


def difference(amounts: tuple[float, float] | None) -> str:
    """What it costs more or less, with its sign."""
    if amounts is None:
        return "not known"
    texts = [f"+{dollars(amount)}" if amount > 0 else dollars(amount).replace("-", "−") for amount in amounts]
    if texts[0] == texts[1]:
        return "no change" if not amounts[0] else texts[0]
    return f"{texts[0].removesuffix(' USD')} to {texts[1]}"


def sums(cost: Cost) -> tuple[str, str]:
    """What all lines come to a month, as `19 to 31 USD and 2 things not known`, and what was before; empty where that is the same."""
    before, after = (_sum(cost.lines, which) for which in (0, 1))
    return after, "" if before == after and not changed(cost) else before


def _sum(lines: Iterable[CostLine], which: int) -> str:
    sides = [((line.before, line.after)[which], line.confidence) for line in lines]
    known = [amount for amount, _ in sides if amount]
    unknown = sum(1 for amount, confidence in sides if amount is None and confidence == "unknown")
    things = f"{unknown:,} {'thing' if unknown == 1 else 'things'}"
    if unknown and not known:
        return f"not known ({things})"
    told = spread((sum(least for least, _ in known), sum(most for _, most in known)))
    return f"{told} and {things} not known" if unknown else told


def held(budget: Budget) -> str:
    """Whether a budget is enough, as far as that is known."""
    if budget.over or not budget.uncounted:
        return f"{'over' if budget.over else 'within'} the budget"
    things = "1 thing is" if budget.uncounted == 1 else f"{budget.uncounted:,} things are"
    return f"as far as is known ({things} not) within the budget"


def changed(cost: Cost) -> tuple[CostLine, ...]:
    """The lines of which anything differs, those that change most first, then those of which that is not known."""
    return tuple(sorted((line for line in cost.lines if line.changed), key=_step, reverse=True))


def _step(line: CostLine) -> float:
    if line.confidence == "unknown":
        return -1
    before, after = line.before or (0.0, 0.0), line.after or (0.0, 0.0)
    return max(abs(new - old) for old, new in zip(before, after, strict=True))


def kept(cost: Cost) -> tuple[CostLine, ...]:
    """The lines that are as they were."""
    return tuple(line for line in cost.lines if not line.changed)


def kept_sum(cost: Cost) -> str:
    """What those lines come to."""
    return _sum(kept(cost), 1)


def side(line: CostLine, which: int) -> str:
    """One amount of a line; a dash where the thing is not there."""
    amounts = (line.before, line.after)[which]
    return "–" if amounts is None and line.confidence != "unknown" else spread(amounts)


def approximations(cost: Cost) -> tuple[str, ...]:
    """Which prices are approximate, one sentence for each reason: `S3 storage, KMS key in eu-west-1: not compared with a price list`."""
    items: dict[tuple[str, str], list[str]] = {}
    for told in cost.approximate:
        what, _, reason = told.partition(": ")
        item, _, region = what.rpartition(" in ")
        items.setdefault((reason, region if item else ""), []).append(_named(item or what))
    return tuple(
        f"{', '.join(dict.fromkeys(named))}{f' in {region}' if region else ''}{f': {reason}' if reason else ''}"
        for (reason, region), named in items.items()
    )


def _named(item: str) -> str:
    return " ".join(_NAMES.get(word, word) for word in item.split(" "))


def priced(cost: Cost) -> str:
    """Of when the prices are: the table's day, and the days of those prices of it that were used, where they are other ones."""
    if not cost.priced:
        return ""
    days = sorted({day for line in cost.lines for day in _DAY.findall(line.basis)})
    told = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else ""
    older = f"; those used are of {told}" if told and told != cost.priced else ""
    return f"Table of prices of {cost.priced}{older}."
