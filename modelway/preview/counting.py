"""How a number of things is said, everywhere in a report."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """As `1 change`, `2,000 changes`; `plural` where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
