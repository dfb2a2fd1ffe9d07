"""The steps of a case as REST takes them: one model for each, told apart by ``step``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.moments import Moment

Sha256 = Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$", description="SHA-256 in hexadecimal")]
OfficerNo = Annotated[str, Field(min_length=1, max_length=32)]
Circumstance = Literal["light", "ordinary", "heavy"]
PenaltyKind = Literal["warning", "fine", "suspension", "licence_revoked"]
_WHEN = "a moment such as 2026-03-02T09:30+08:00; without a zone it is Asia/Shanghai"


class EvidenceEntry(BaseModel, extra="forbid"):
    """Where a recording or a document lies."""

    kind: Literal["video", "audio", "photo", "document"] = "video"
    uri: str = Field(min_length=1, max_length=1000, examples=["s3://records/2026/12/0001.mp4"])
    sha256: Sha256
    seconds: int | None = Field(None, ge=1, le=864_000, description="needed with video and audio")


class MeetingEntry(BaseModel, extra="forbid"):
    """A collective decision (集体议案) with its minutes."""

    held_at: Moment = Field(description=_WHEN)
    members: list[OfficerNo] = Field(max_length=20, description="numbers of the register of officers")
    agreed: bool
    minutes_uri: str = Field(min_length=1, max_length=1000)
    minutes_sha256: Sha256
    filing_receipt: str | None = Field(None, max_length=200, description="receipt of the filing upward (上报备案)")


class PenaltyItem(BaseModel, extra="forbid"):
    """One penalty of a notice or a decision."""

    kind: PenaltyKind
    amount_yuan: float | None = Field(None, gt=0, le=1e8, description="of a fine, and of nothing else")


class AnyStep(BaseModel, extra="forbid"):
    """What every step has."""

    at: Moment = Field(description=_WHEN)
    officers: list[OfficerNo] | None = Field(None, max_length=20, description="the handlers of the case if left out")
    note: str | None = Field(None, max_length=4000)
    evidence: list[EvidenceEntry] = Field([], max_length=50)


class NotedStep(AnyStep):
    """A step that says in words why or what."""

    note: str = Field(min_length=1, max_length=4000)


class Inquiry(AnyStep):
    """询问: the party or a witness was asked. Wants a video."""

    step: Literal["inquiry"]


class Notice(AnyStep):
    """处罚事先告知: the party was told what is intended and why. Wants a video."""

    step: Literal["notice"]
    penalties: list[PenaltyItem] = Field(min_length=1, max_length=4)
    circumstance: Circumstance | None = None
    public_told: bool = Field(False, description="the party was told that the decision will be made public")


class Statement(NotedStep):
    """陈述申辩: what the party said; ``accepted`` where it was taken as right, which asks for a new review."""

    step: Literal["statement"]
    accepted: bool = False


class HearingAsked(AnyStep):
    """申请听证: within 5 working days of the notice."""

    step: Literal["hearing_asked"]


class HearingWaived(AnyStep):
    """放弃听证: the party does not want to be heard."""

    step: Literal["hearing_waived"]


class HearingNotice(AnyStep):
    """听证通知: 7 working days before the hearing."""

    step: Literal["hearing_notice"]
    hearing_at: Moment = Field(description=_WHEN)


class HearingHeld(AnyStep):
    """举行听证: chaired by someone who does not handle the case."""

    step: Literal["hearing_held"]
    chair: OfficerNo


class LegalReview(AnyStep):
    """法制审核: before every decision, by someone who does not handle the case."""

    step: Literal["legal_review"]
    reviewer: OfficerNo
    agreed: bool


class Collective(AnyStep):
    """集体议案: for a large fine and for an order to stop."""

    step: Literal["collective"]
    collective: MeetingEntry


class DecisionStep(AnyStep):
    """处罚决定: makes one row of penalties for each kind and posts their points of credit."""

    step: Literal["decision"]
    penalties: list[PenaltyItem] = Field(min_length=1, max_length=4)
    circumstance: Circumstance | None = Field(None, description="by which a band of discretion is chosen")
    reason: str | None = Field(None, max_length=1000, description="why outside the band, or why not lenient")
    public_told: bool = Field(False, description="simple procedure: the party was told that it will be public")


class NoPenalty(NotedStep):
    """不予处罚决定."""

    step: Literal["no_penalty"]
    ground: Literal["lenient", "not_proved", "out_of_time", "minor_or_unfit"]


class Served(AnyStep):
    """送达: at once, or within 7 days. Wants a video."""

    step: Literal["served"]
    how: Literal["direct", "left", "mail", "electronic", "public"]


class Paid(AnyStep):
    """缴纳罚款: a payment, of all or a part."""

    step: Literal["paid"]
    amount_yuan: float = Field(gt=0, le=1e8)


class PaymentDeferred(NotedStep):
    """暂缓或者分期缴纳: approved to be paid later, whole or in parts, and why; until its day nothing is added."""

    step: Literal["payment_deferred"]
    until_on: dt.date = Field(description="the last day by which all of it is paid")


class ExecutionEnded(NotedStep):
    """终结执行: what is not paid is not sought any more, and why."""

    step: Literal["execution_ended"]


class Published(AnyStep):
    """公示: within 7 working days of the decision."""

    step: Literal["published"]
    uri: str | None = Field(None, max_length=1000)


class DecisionWithdrawn(NotedStep):
    """决定被变更或撤销: the points are given back, what was published is taken back within 3 days."""

    step: Literal["decision_withdrawn"]


class PublicationWithdrawn(AnyStep):
    """撤回公示."""

    step: Literal["publication_withdrawn"]


class Transferred(NotedStep):
    """移送: offered to another body. The case stays with the first receiver until that has accepted."""

    step: Literal["transferred"]
    to: str = Field(min_length=1, max_length=200)


class TransferAccepted(AnyStep):
    """接收移送."""

    step: Literal["transfer_accepted"]
    receipt: str = Field(min_length=1, max_length=200)


class TransferRefused(NotedStep):
    """不接收移送: the case goes on here."""

    step: Literal["transfer_refused"]


class Dropped(NotedStep):
    """撤案."""

    step: Literal["dropped"]


class Closed(AnyStep):
    """结案."""

    step: Literal["closed"]


class Archived(AnyStep):
    """归档: within 30 days."""

    step: Literal["archived"]
    archive_ref: str = Field(min_length=1, max_length=200)


StepEntry = Annotated[
    Inquiry | Notice | Statement | HearingAsked | HearingWaived | HearingNotice | HearingHeld | LegalReview | Collective
    | DecisionStep | NoPenalty | Served | Paid | PaymentDeferred | ExecutionEnded | Published | DecisionWithdrawn
    | PublicationWithdrawn | Transferred | TransferAccepted | TransferRefused | Dropped | Closed | Archived,
    Field(discriminator="step")]
