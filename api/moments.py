"""A moment in a body: a day alone is none, since a clock of hours would run from its midnight."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


def _with_its_time(value: Any) -> Any:
    if isinstance(value, dt.datetime) or (isinstance(value, str) and ":" in value):
        return value
    raise PydanticCustomError("datetime_parsing", "a moment has its time of day")


Moment = Annotated[dt.datetime, BeforeValidator(_with_its_time)]
