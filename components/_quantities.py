"""Kubernetes quantities as the API server writes them back: any other spelling would look like a change at the next refresh."""


def cpu(millicores: int) -> str:
    """`250m`, or `2` for whole processors."""
    whole, rest = divmod(millicores, 1000)
    return f"{millicores}m" if rest else str(whole)


def memory(size: int) -> str:
    """Bytes in the largest binary unit that divides them: `256Mi`, `2Gi`, `1500`."""
    for unit, factor in (("Ti", 1024**4), ("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)
