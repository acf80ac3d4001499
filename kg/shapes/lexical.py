"""Which texts are literals of an XSD datatype. https://www.w3.org/TR/xmlschema11-2/."""

import calendar
import math
import re
from decimal import Decimal

from kg.vocabulary import XSD

Number = Decimal | float

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN")
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_DATE = rf"(?P<year>{_YEAR})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_DURATION_TIME = r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)"

_TEXTS = {
    "boolean": r"true|false|1|0",
    "dateTime": rf"{_DATE}T{_TIME}{_ZONE}",
    "dateTimeStamp": rf"{_DATE}T{_TIME}{_ZONE[:-1]}",
    "date": _DATE + _ZONE,
    "time": _TIME + _ZONE,
    "gYear": _YEAR + _ZONE,
    "gYearMonth": rf"{_YEAR}-(?:0[1-9]|1[0-2]){_ZONE}",
    "gMonth": rf"--(?:0[1-9]|1[0-2]){_ZONE}",
    "gMonthDay": rf"--(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12][0-9]|3[01]){_ZONE}",
    "gDay": rf"---(?:0[1-9]|[12][0-9]|3[01]){_ZONE}",
    "duration": rf"-?P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?{_DURATION_TIME}?",
    "yearMonthDuration": r"-?P(?=[0-9])(?:[0-9]+Y)?(?:[0-9]+M)?",
    "dayTimeDuration": rf"-?P(?=[0-9T])(?:[0-9]+D)?{_DURATION_TIME}?",
    "hexBinary": r"(?:[0-9a-fA-F]{2})*",
    "base64Binary": r"(?:(?:[A-Za-z0-9+/] ?){4})*"
    r"(?:(?:[A-Za-z0-9+/] ?){2}[AEIMQUYcgkosw048] ?=|[A-Za-z0-9+/] ?[AQgw] ?= ?=)?",
    "language": r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
}
_PATTERNS = {XSD + name: re.compile(text, re.ASCII) for name, text in _TEXTS.items()}

# Least and greatest value of each type of integers; None: without a bound.
_BOUNDS: dict[str, tuple[int | None, int | None]] = {
    XSD + "integer": (None, None),
    XSD + "nonNegativeInteger": (0, None),
    XSD + "positiveInteger": (1, None),
    XSD + "nonPositiveInteger": (None, 0),
    XSD + "negativeInteger": (None, -1),
    XSD + "byte": (-(2**7), 2**7 - 1),
    XSD + "short": (-(2**15), 2**15 - 1),
    XSD + "int": (-(2**31), 2**31 - 1),
    XSD + "long": (-(2**63), 2**63 - 1),
    XSD + "unsignedByte": (0, 2**8 - 1),
    XSD + "unsignedShort": (0, 2**16 - 1),
    XSD + "unsignedInt": (0, 2**32 - 1),
    XSD + "unsignedLong": (0, 2**64 - 1),
}

KNOWN = frozenset((*_PATTERNS, *_BOUNDS, XSD + "decimal", XSD + "double", XSD + "float"))
"""The datatypes whose texts are checked; every text is a literal of another one."""

TEMPORAL = frozenset(_PATTERNS) - {
    XSD + name for name in ("boolean", "hexBinary", "base64Binary", "language")
}
"""Dates, times and durations."""


def well_formed(value: str, datatype: str) -> bool:
    """Whether a text is a literal of its datatype; blanks around it count as part of it."""
    if datatype in _BOUNDS:
        return _INTEGER.fullmatch(value) is not None and _within(value, *_BOUNDS[datatype])
    if datatype == XSD + "decimal":
        return _DECIMAL.fullmatch(value) is not None
    if datatype in (XSD + "double", XSD + "float"):
        return _DOUBLE.fullmatch(value) is not None
    if datatype not in _PATTERNS:
        return True
    found = _PATTERNS[datatype].fullmatch(value)
    return found is not None and _day_exists(found.groupdict())


def number(value: str, datatype: str) -> Number | None:
    """The value of a numeric literal; None for an ill-formed one, and for all others."""
    exact = datatype in _BOUNDS or datatype == XSD + "decimal"
    if not exact and datatype not in (XSD + "double", XSD + "float"):
        return None
    if not well_formed(value, datatype):
        return None
    if exact:
        return Decimal(value)
    return float(value.replace("INF", "inf"))


def less(first: Number, second: Number) -> bool | None:
    """Whether a number is less than another, as SPARQL promotes them; None where one is NaN."""
    if math.isnan(first) or math.isnan(second):
        return None
    if isinstance(first, float) or isinstance(second, float):
        return float(first) < float(second)
    return first < second


def _within(value: str, least: int | None, greatest: int | None) -> bool:
    # an int of thousands of digits would be refused by Python; Decimal compares them as they are
    exact = Decimal(value)
    return (least is None or exact >= least) and (greatest is None or exact <= greatest)


def _day_exists(found: dict[str, str]) -> bool:
    if "day" not in found:
        return True
    month, day = int(found["month"]), int(found["day"])
    year = int(found["year"][-4:]) if "year" in found else 2000
    # leap years repeat every 400 years, so that the last four digits say enough for all but the
    # multiples of 10,000, whose leap years are those of year 2000 too
    leap = calendar.isleap(year)
    return day <= (29 if leap else 28) if month == 2 else day <= 30 + (month in _LONG)


_LONG = frozenset((1, 3, 5, 7, 8, 10, 12))
