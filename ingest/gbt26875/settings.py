"""How one device departs from the text of GB/T 26875.3: its own settings over those of its profile. Pure.

The register checks settings when they are entered (:mod:`registry.gbt26875`). What stands there all the same and can't
be used is left at the standard's meaning: a fire must not be lost to a misspelled setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ingest.gbt26875.names import COMPONENT_NAMES, SYSTEM_NAMES, Name
from registry.gbt26875 import CHOICES, LAYOUTS, RESTORABLE

_MOST_KEPT: Final = 10_000
_TABLES: Final = ("types", "commands", "systems", "components", "analog")


@dataclass(frozen=True, slots=True)
class VendorType:
    """What a type that the standard leaves open is on this device.

    ``layout``: 0 raw, -1 text, else the type of the standard whose object it has. ``restores``: every condition of the
    object has gone.
    """

    name: Name | None
    layout: int = 0
    restores: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """What an analog type is on this device: None where the standard's meaning stays."""

    metric: str | None = None
    factor: float | None = None
    name: Name | None = None
    unit: str | None = None


#: The three user types that several makers use alike: the states of a system, a component, the device are over.
RESTORED: Final = {134: VendorType(Name("系统状态恢复", "system status restored"), 1, True),
                   135: VendorType(Name("部件状态恢复", "component status restored"), 2, True),
                   136: VendorType(Name("传输装置状态恢复", "device status restored"), 21, True)}


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Settings of a device, ready for use; without any, the standard holds.

    ``heartbeats`` are commands of the user's own that say only "here". ``time_request`` are types by which a device
    asks for the time. ``confirm``: over MQTT, too, each packet is answered as over a link. ``switch_inputs``: component
    objects of 16 bytes are switch inputs. ``reset_ends`` are the conditions that a reset of a system ends.
    """

    profile: str = ""
    source_order: str = "little"
    destination_order: str = "little"
    address_text: str = "hex"
    point_word_first: bool = False
    description: str = "auto"
    analog_values: str = "readings"
    clock: str = "auto"
    clock_trust: str = "event"
    deny: bool = True
    confirm: bool = False
    switch_inputs: bool = False
    reset_ends: tuple[str, ...] = ()
    types: Mapping[int, VendorType] = field(default_factory=lambda: dict(RESTORED))
    commands: Mapping[int, Name] = field(default_factory=dict)
    heartbeats: frozenset[int] = frozenset()
    time_request: frozenset[int] = frozenset()
    systems: Mapping[int, Name] = field(default_factory=dict)
    components: Mapping[int, Name] = field(default_factory=dict)
    #: By (component type or None for any, analog type).
    analog: Mapping[tuple[int | None, int], Scale] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Mapping[str, Any], policy: GbtPolicy | None = None) -> DeviceSettings:
        """The settings of a device from ``devices.settings``, over its profile; never an error."""
        return (policy or _NO_POLICY).settings_of(settings)

    def system_name(self, code: int) -> Name:
        return (self.systems and self.systems.get(code)) or SYSTEM_NAMES[code]

    def component_name(self, code: int) -> Name:
        return (self.components and self.components.get(code)) or COMPONENT_NAMES[code]

    def scale_of(self, component: int, quantity: int) -> Scale | None:
        """The device's own meaning of an analog type, that of the component type before that of any."""
        if not self.analog:
            return None
        return self.analog.get((component, quantity)) or self.analog.get((None, quantity))


class GbtPolicy:
    """What policy says of this protocol on one day: profiles by name, and what a reset ends."""

    __slots__ = ("_kept", "_profiles", "_reset_ends")

    def __init__(self, profiles: Mapping[str, Mapping[str, Any]] | None = None,
                 reset_ends: tuple[str, ...] = ()) -> None:
        self._profiles, self._reset_ends = profiles or {}, reset_ends
        self._kept: dict[bytes, DeviceSettings] = {}

    def settings_of(self, settings: Mapping[str, Any]) -> DeviceSettings:
        """The settings of a device; equal settings give the same object, since they are asked for with every frame."""
        own = settings.get("gbt26875")
        own = own if isinstance(own, Mapping) else {}
        key = orjson.dumps(own, option=orjson.OPT_NON_STR_KEYS, default=str) if own else b""
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = _read(self._whole(own), self._reset_ends)
        return found

    def _whole(self, own: Mapping[str, Any]) -> Mapping[str, Any]:
        name = own.get("profile")
        profile = self._profiles.get(name) if isinstance(name, str) else None
        if profile is None:
            return own
        base = profile.get("settings") or {}
        tables = {key: {**base[key], **own[key]} for key in _TABLES
                  if isinstance(base.get(key), Mapping) and isinstance(own.get(key), Mapping)}
        return {**base, **own, **tables}


_NO_POLICY: Final = GbtPolicy()


def _read(own: Mapping[str, Any], reset_ends: tuple[str, ...]) -> DeviceSettings:
    words = {key: value if isinstance(value := own.get(key), str) and value in choices else choices[0]
             for key, choices in CHOICES.items()}
    types = {code: _type(entry) for code, entry in _entries(own, "types")}
    if own.get("restored_types") is not False:
        types = {**RESTORED, **types}
    commands = dict(_entries(own, "commands"))
    listed = own.get("time_request")
    return DeviceSettings(
        profile=str(own.get("profile", "")), source_order=words["source_order"],
        destination_order=words["destination_order"], address_text=words["address_text"],
        point_word_first=own.get("point_word_first", words["component_words"] == "point_first") is True,
        description=words["description"], analog_values=words["analog_values"], clock=words["clock"],
        clock_trust=words["clock_trust"],
        deny=own.get("deny") is not False, confirm=own.get("confirm") is True,
        switch_inputs=own.get("switch_inputs") is True,
        reset_ends=reset_ends if words["reset"] == "ends_alarms" else (),
        types=types,
        commands={code: name for code, entry in commands.items() if (name := _name(entry))},
        heartbeats=frozenset(code for code, entry in commands.items() if entry.get("meaning") == "heartbeat"),
        time_request=frozenset(one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, int)),
        systems={code: name for code, entry in _entries(own, "systems") if (name := _name(entry))},
        components={code: name for code, entry in _entries(own, "components") if (name := _name(entry))},
        analog=_analog(own.get("analog")))


def _entries(own: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    table = own.get(key)
    if not isinstance(table, Mapping):
        return []
    return [(int(number), entry) for number, entry in table.items()
            if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= 3
            and int(number) <= 255 and isinstance(entry, Mapping)]


def _type(entry: Mapping[str, Any]) -> VendorType:
    layout = entry.get("layout")
    number = -1 if layout == "text" else layout if isinstance(layout, int) and layout in LAYOUTS else 0
    return VendorType(_name(entry), int(number), entry.get("restores") is True and number in RESTORABLE)


def _name(entry: Mapping[str, Any]) -> Name | None:
    zh, en = entry.get("zh"), entry.get("en")
    if not isinstance(zh, str) and not isinstance(en, str):
        return None
    return Name(str(zh or en), str(en or zh))


def _analog(table: Any) -> dict[tuple[int | None, int], Scale]:
    found: dict[tuple[int | None, int], Scale] = {}
    for key, entry in (table.items() if isinstance(table, Mapping) else ()):
        component, _, quantity = str(key).rpartition("/")
        try:
            factor, metric = entry.get("factor"), entry.get("metric")
            found[int(component) if component else None, int(quantity)] = Scale(
                None if metric is None else str(metric), None if factor is None else float(factor), _name(entry),
                None if entry.get("unit") is None else str(entry["unit"]))
        except (TypeError, ValueError, AttributeError):
            continue
    return found

