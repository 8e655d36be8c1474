"""Numbers with their unit, as people write them: `200ms`, `2Gi`, `99.9%`, `250m`."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from modelway.architecture.base import compiled, misshapen


class Written:
    """A value that is written as text and is dumped as the text it was. Equal texts are equal values."""

    SHAPE: ClassVar[str]
    RULE: ClassVar[str]
    WAY_OUT: ClassVar[str]

    __slots__ = ("_found", "text")

    def __init__(self, text: str) -> None:
        """Raises PydanticCustomError, a ValueError, for a text of another shape."""
        object.__setattr__(self, "_found", self._parse(text))
        object.__setattr__(self, "text", text)

    text: str
    """As it was written."""
    _found: re.Match[str]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        # Or copies would be made by setting `text`.
        return type(self), (self.text,)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.text == str(other)

    def __hash__(self) -> int:
        return hash((type(self), self.text))

    @classmethod
    def _parse(cls, text: str) -> re.Match[str]:
        match = compiled(cls.SHAPE).fullmatch(text) if len(text) <= 600 else None
        if match is None:
            raise misshapen(cls.RULE, cls.WAY_OUT)
        return match

    @property
    def _parts(self) -> re.Match[str]:
        """The text by the groups of its shape."""
        try:
            return self._found
        except AttributeError:  # What comes from a cache has its text alone.
            object.__setattr__(self, "_found", self._parse(self.text))
            return self._found

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise misshapen(cls.RULE, cls.WAY_OUT)
        return cls._of(value)

    @classmethod
    @lru_cache(maxsize=1024)
    def _of(cls, text: str) -> Self:
        # One object for all texts that are equal: of most quantities an environment has few that differ.
        return cls(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls._read, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^(?:{cls.SHAPE})$", "patternErrorMessage": f"{cls.RULE}. {cls.WAY_OUT}"}


class Duration(Written):
    """A length of time. Prometheus and the Gateway API read the same text."""

    SHAPE = r"([1-9][0-9]{0,8})(ms|s|m|h|d)"
    RULE = "a whole number above 0 and a unit: ms, s, m, h or d"
    WAY_OUT = "Write it like 200ms, 30s or 1h."
    __slots__ = ()

    @property
    def seconds(self) -> float:
        number, unit = self._parts.groups()
        return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


class Memory(Written):
    """An amount of memory."""

    SHAPE = r"([1-9][0-9]{0,8})(Ki|Mi|Gi|Ti)"
    RULE = "a whole number above 0 and a unit: Ki, Mi, Gi or Ti"
    WAY_OUT = "Write it like 512Mi or 2Gi."
    __slots__ = ()

    @property
    def bytes(self) -> int:
        number, unit = self._parts.groups()
        return int(number) << 10 * (1 + ("Ki", "Mi", "Gi", "Ti").index(unit))


class Cpu(Written):
    """An amount of processor time. A plain number is read as well, because Kubernetes reads it."""

    SHAPE = r"([0-9]{1,9})m|([0-9]{1,6}(?:\.[0-9]{1,3})?)"
    RULE = "processors, or thousandths of one, above 0"
    WAY_OUT = 'Write it like "2", "0.5" or 500m.'
    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        if not self.millicores:
            raise misshapen(self.RULE, self.WAY_OUT)

    @classmethod
    def _read(cls, value: object) -> Self:
        return super()._read(str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**super().__get_pydantic_json_schema__(schema, handler), "type": ["string", "number"]}

    @property
    def millicores(self) -> int:
        thousandths, whole = self._parts.groups()
        return int(thousandths) if thousandths else int(Decimal(whole) * 1000)


class Percent(Written):
    """A share of 0 to 100 percent."""

    SHAPE = r"((?:100(?:\.0{1,6})?|[0-9]{1,2}(?:\.[0-9]{1,6})?))%"
    RULE = "a number from 0 to 100 and a percent sign"
    WAY_OUT = "Write it like 70% or 99.9%."
    __slots__ = ()

    @property
    def fraction(self) -> float:
        """0.999 for 99.9%."""
        return float(Decimal(self._parts[1]) / 100)


class Money(Written):
    """An amount of money in US dollars, in which AWS lists its prices."""

    SHAPE = r"(?=[0-9.]*[1-9])([0-9]{1,9}(?:\.[0-9]{2})?) USD"
    RULE = "an amount above 0 and the currency USD"
    WAY_OUT = "Write it like 1500 USD or 99.50 USD."
    __slots__ = ()

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            raise misshapen(cls.RULE, f"Write {value} USD.")
        return super()._read(value)

    @property
    def amount(self) -> Decimal:
        """In dollars."""
        return Decimal(self._parts[1])
