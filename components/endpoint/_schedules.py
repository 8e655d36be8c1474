"""Times as cron has them, in the form that Application Auto Scaling takes."""

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}


def aws_cron(expression: str) -> tuple[str, ...]:
    """The same times as `cron(…)` expressions of AWS, which has a sixth field and no OR of days.

    `30 8 * * 1-5` gives `cron(30 8 ? * MON,TUE,WED,THU,FRI *)`. Where both days are restricted cron means either, so there are two.
    Raises ValueError for what no time is.
    """
    fields = expression.split()
    if len(fields) != len(_RANGES):
        raise ValueError(f"{expression}: five fields are wanted")
    numbers = {name: _numbers(field, *_RANGES[name]) for name, field in zip(_RANGES, fields, strict=True)}
    minute, hour, month = (_listed(numbers[name]) for name in ("minute", "hour", "month"))
    day, weekday = numbers["day"], numbers["weekday"]
    found = []
    if day is not None or weekday is None:
        found.append(f"cron({minute} {hour} {_listed(day)} {month} ? *)")
    if weekday is not None:
        names = ",".join(_DAYS[number] for number in sorted({number % 7 for number in weekday}))
        found.append(f"cron({minute} {hour} ? {month} {names} *)")
    return tuple(found)


def _numbers(field: str, first: int, last: int) -> tuple[int, ...] | None:
    """Every number that the field names; None for all of them."""
    if field == "*":
        return None
    found: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        low, _, high = span.partition("-")
        begin = first if span == "*" else int(low)
        end = last if span == "*" or (step and not high) else int(high or low)
        if not first <= begin <= end <= last:
            raise ValueError(f"{item} is not within {first} to {last}")
        found |= set(range(begin, end + 1, int(step or 1)))
    return tuple(sorted(found))


def _listed(numbers: tuple[int, ...] | None) -> str:
    return "*" if numbers is None else ",".join(map(str, numbers))
