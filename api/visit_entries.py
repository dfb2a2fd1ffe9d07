"""What is handed in about a visit: result, hazards, answers, evidence and the facts of the record."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from api.moments import Moment


class Officer(BaseModel, extra="forbid"):
    """An officer of the visit; exactly one leads."""

    officer_no: str = Field(max_length=32)
    role: Literal["lead", "member"]


class EvidenceEntry(BaseModel, extra="forbid"):
    """Where a photograph or video is kept, with the digest of its bytes."""

    uri: str = Field(max_length=1000, examples=["file://evidence/2026/03/02/a.jpg"])
    sha256: str = Field(pattern="^[0-9a-fA-F]{64}$", description="SHA-256 of the file, 64 hexadecimal digits")
    kind: str = Field("photo", max_length=64, description="a code of the rule inspection.evidence_kinds: photo, video, "
                                                          "audio, document, measurement")
    seconds: float | None = Field(None, gt=0, le=1e6, description="length of a recording")
    note: str | None = Field(None, max_length=4000)


class SheetEntry(BaseModel, extra="forbid"):
    """The facts of 消防监督检查记录; which are mandatory is the rule inspection.mandatory, by kind of visit."""

    responsible_person: str | None = Field(None, max_length=200, description="消防安全责任人; mandatory")
    responsible_phone: str | None = Field(None, max_length=200)
    manager: str | None = Field(None, max_length=200, description="消防安全管理人")
    manager_phone: str | None = Field(None, max_length=200)
    accompanied_by: str | None = Field(None, max_length=200, description="who of the unit came along; mandatory")
    floor_area_m2: float | None = Field(None, ge=0, le=1e8, description="mandatory before opening")
    storeys: int | None = Field(None, ge=0, le=300, description="above ground; mandatory before opening")
    storeys_below: int | None = Field(None, ge=0, le=30)
    height_m: float | None = Field(None, ge=0, le=2000)
    signed_by: str | None = Field(None, max_length=200, description="who signed for the unit; mandatory for kind town")
    oral_order: str | None = Field(None, max_length=4000, description="what was ordered orally")


class AnswerEntry(BaseModel, extra="forbid"):
    """An item that was looked at and gave no hazard."""

    item_code: str = Field(max_length=64)
    answer: Literal["fits", "not_applicable", "not_checked"]
    note: str | None = Field(None, max_length=4000)


class RecheckEntry(BaseModel, extra="forbid"):
    """What this visit found of an earlier hazard of the unit."""

    hazard_id: int = Field(ge=1, le=2**62, description="of open_hazards of the visit")
    corrected: bool
    note: str | None = Field(None, max_length=4000)
    evidence: list[EvidenceEntry] = Field(default=[], max_length=100, description="asked for where it was corrected, "
                                          "unless the visit as a whole has evidence")


class HazardEntry(BaseModel, extra="forbid"):
    """A hazard found, by item of the catalogue."""

    item_code: str = Field(max_length=64)
    handling: Literal["corrected_on_spot", "ordered", "recorded"]
    due_on: dt.date | None = Field(None, description="with handling ordered: the day to correct by")
    severity: Literal["critical", "serious", "minor"] | None = Field(None, description="the catalogue's if left out")
    is_major: bool = Field(False, description="重大火灾隐患")
    note: str | None = Field(None, max_length=4000)
    oral: bool = Field(False, description="ordered orally: only what is minor and was corrected on the spot")
    evidence: list[EvidenceEntry] = Field(default=[], max_length=100, description="asked for with corrected_on_spot, "
                                          "unless the visit as a whole has evidence")


class ResultEntry(BaseModel, extra="forbid"):
    """What two officers bring back."""

    started_at: Moment = Field(description="Asia/Shanghai where it carries no zone", examples=["2026-03-02T09:30"])
    ended_at: Moment = Field(examples=["2026-03-02T10:40"])
    result: Literal["pass", "hazards_corrected", "hazards_ordered", "closed"]
    hazards: list[HazardEntry] = Field(default=[], max_length=500)
    officers: list[Officer] | None = Field(None, max_length=20, description="those planned if left out")
    corrected: list[int] = Field(default=[], max_length=500, description="hazard_id of earlier hazards now corrected")
    served_on: dt.date | None = Field(None,
                                      description="when a 限期改正 order was served; the day of the visit if left out")
    note: str | None = Field(None, max_length=4000)
    sheet: SheetEntry = Field(default=SheetEntry.model_validate({}),
                              description="mandatory fields are refused where missing, unless the result is closed")
    evidence: list[EvidenceEntry] = Field(default=[], max_length=100,
                                          description="of the visit as a whole, such as its video")
    answers: list[AnswerEntry] = Field(default=[], max_length=500)
    rechecks: list[RecheckEntry] = Field(default=[], max_length=500,
                                         description="earlier hazards with what was found now; a "
                                         "reinspection that does not name one found it not corrected")
    trigger: str | None = Field(None, max_length=32,
                                description="a code of the rule inspection.triggers, where what set the "
                                                                 "visit off is not what its kind says")


class VisitEntry(BaseModel, extra="forbid"):
    """A visit that was not planned, with its result."""

    unit_no: str = Field(max_length=64)
    kind: str = Field(max_length=64, examples=["complaint"])
    result: ResultEntry


class Excuse(BaseModel, extra="forbid"):
    """Why a planned visit was not made."""

    reason: str = Field(min_length=1, max_length=1000)
