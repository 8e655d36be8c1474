"""Tables of an engine that a team has, with one row a request: they are counted there, and no row leaves it."""

from urllib.parse import urlsplit

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend as DuckDB

from modelway.architecture.contract import Contract
from modelway.errors import ModelwayError
from modelway.monitoring.drift.cells import TIME
from modelway.monitoring.drift.counting import table_of

ENGINES = ("athena", "duckdb", "pyspark", "trino")


class NoTable(ModelwayError):
    """No engine, or no such table in it."""


def connected(url: str, contract: Contract) -> ir.Table:
    """The table that a URL of Ibis and a fragment name (`trino://USER@HOST:8080/CATALOG/SCHEMA#TABLE`), with a column `_time` in seconds
    since 1970. Where it has none that is made of the contract's `ordered_by`, or of `time`.

    Of each request there has to be one row: ids are not looked at. Raises NoTable, whose text has nothing of the URL but engine and table,
    as passwords stand in others.
    """
    parts = urlsplit(url)
    engine, name = parts.scheme, parts.fragment
    if engine not in ENGINES or not name:
        raise NoTable(f"a table is ENGINE://…#TABLE, and its engine one of {', '.join(ENGINES)}; this one begins with {engine or 'none'}.")
    try:
        backend = ibis.connect(parts._replace(fragment="").geturl())
        table = table_of(backend, name) if isinstance(backend, DuckDB) else backend.table(name)
    except ImportError:
        raise NoTable(f"{engine} needs a driver that is not here: pip install 'ibis-framework[{engine}]'.") from None
    # Each engine has errors of its own, and what they say may name whom it was asked as.
    except Exception as fault:
        raise NoTable(f"{engine} cannot open the table {name} ({type(fault).__name__}): look at address and rights.") from None
    return timed(table, contract)


def timed(table: ir.Table, contract: Contract) -> ir.Table:
    """The table with a column `_time`. Raises NoTable where nothing says when a row was."""
    if TIME in table.columns:
        return table
    column = next((one for one in (contract.ordered_by, "time") if one is not None and one in table.columns), None)
    if column is None:
        wanted = f"{contract.ordered_by}, " if contract.ordered_by else ""
        raise NoTable(f"the table has no column that says when a row was: {wanted}{TIME} or time.")
    kind = table[column].type()
    if kind.is_numeric():
        seconds = table[column].cast("float64")
    elif kind.is_timestamp():
        seconds = table[column].epoch_seconds().cast("float64")
    else:
        raise NoTable(f"the table's column {column} holds {kind}, expected timestamps, or seconds since 1970 as numbers.")
    return table.mutate(**{TIME: seconds})
