"""Who may open what: each role on each route, and each area kept to its own."""

import re

import pytest
from fastapi.routing import APIRoute

from api.app import ROOMS
from tests.api import district
from tests.api.conftest import House

STAFF = {"administrator", "brigade", "officer", "town"}
LEADS = {"administrator", "brigade"}
ADMIN = {"administrator"}
MEMBERS = STAFF | {"vendor"}
SYSTEM = {"administrator", "vendor"}
EVERYONE = MEMBERS | {"public"}

# Every GET route with who may open it. A route that is not here fails the test below.
ALLOWED: dict[str, set[str]] = {
    "/plans": STAFF, "/plans/{plan_no}": STAFF, "/api/v1/plans": STAFF, "/api/v1/plans/{plan_no}": STAFF,
    "/api/v1/plans/{plan_no}/progress": STAFF, "/api/v1/plans/{plan_no}/table": STAFF, "/public/plans": EVERYONE,
    "/public/plans/{plan_no}": EVERYONE, "/api/v1/public/plans": EVERYONE, "/api/v1/public/plans/{plan_no}": EVERYONE,
    "/api/v1/public/plans/{plan_no}/content": EVERYONE, "/api/v1/public/plans/{plan_no}/table": EVERYONE,
    "/overrides": STAFF, "/api/v1/overrides": STAFF, "/api/v1/overrides/results": STAFF,
    "/api/v1/units/{unit_id}/above": STAFF,
    "/": MEMBERS, "/ranking": STAFF, "/units/{unit_id}": STAFF, "/alarms": STAFF, "/alarms/pulse": STAFF,
    "/duty": STAFF, "/duty/{request_id}": STAFF, "/api/v1/links": STAFF, "/api/v1/device-requests": STAFF,
    "/api/v1/device-requests/{request_id}": STAFF,
    "/findings": STAFF, "/findings/{finding_id}": STAFF, "/api/v1/findings": STAFF,
    "/api/v1/findings/{finding_id}": STAFF, "/api/v1/findings/{finding_id}/telemetry": STAFF,
    "/draws": STAFF, "/draws/{day}": STAFF, "/draws/{day}/check": STAFF, "/inspections": STAFF,
    "/inspections/new": STAFF, "/inspections/{inspection_id}": STAFF, "/registers": MEMBERS,
    "/units/{unit_id}/enter/{noun}": STAFF, "/registers/{noun}/new": ADMIN, "/registers/{noun}/edit": ADMIN,
    "/registers/{noun}": STAFF, "/registers/import": ADMIN, "/quarantine": SYSTEM, "/jobs": LEADS, "/policy": STAFF,
    "/accounts": ADMIN, "/audit": ADMIN, "/login": EVERYONE, "/public/draws": EVERYONE, "/public/verify": EVERYONE,
    "/public/draws/{day}": EVERYONE,
    "/api": EVERYONE, "/healthz": EVERYONE, "/readyz": EVERYONE, "/metrics": EVERYONE,
    "/api/v1/me": MEMBERS, "/api/v1/summary": STAFF, "/api/v1/summary/trends": STAFF, "/api/v1/areas": STAFF,
    "/api/v1/units": STAFF, "/api/v1/units/{unit_id}": STAFF, "/api/v1/units/{unit_id}/scores": STAFF,
    "/api/v1/units/{unit_id}/devices": STAFF, "/api/v1/units/{unit_id}/record": STAFF,
    "/api/v1/units/{unit_id}/telemetry": STAFF, "/api/v1/alarms": STAFF, "/api/v1/alarms/{alarm_id}": STAFF,
    "/list-draws": STAFF, "/list-draws/{draw_no}": STAFF, "/list-draws/{draw_no}/check": STAFF, "/campaigns": STAFF,
    "/campaigns/{list_no}": STAFF, "/joint-draws": STAFF, "/joint-draws/{list_no}": STAFF,
    "/api/v1/list-draws": STAFF, "/api/v1/list-draws/{draw_no}": STAFF, "/api/v1/list-draws/{draw_no}/check": STAFF,
    "/api/v1/list-draws/{draw_no}/bundle": LEADS, "/api/v1/campaigns": STAFF, "/api/v1/campaigns/{list_no}": STAFF,
    "/api/v1/joint-draws": STAFF, "/api/v1/joint-draws/{list_no}": STAFF, "/api/v1/joint/departments": STAFF,
    "/public/lists/{draw_no}": EVERYONE, "/api/v1/public/lists/{draw_no}": EVERYONE,
    "/api/v1/draws": STAFF, "/api/v1/draws/{day}": STAFF, "/api/v1/draws/{day}/bundle": ADMIN,
    "/api/v1/draws/{day}/check": STAFF, "/api/v1/public/draws": EVERYONE, "/api/v1/public/draws/{day}": EVERYONE,
    "/api/v1/complaints": STAFF, "/api/v1/complaints/{complaint_no}": STAFF, "/api/v1/orders": STAFF,
    "/api/v1/complaints/{complaint_no}/complainant": {"brigade"}, "/complaints": STAFF,
    "/complaints/{complaint_no}": STAFF,
    "/deadlines": STAFF, "/deadlines/order/{order_no}": STAFF, "/api/v1/deadlines": STAFF,
    "/api/v1/deadlines.csv": STAFF,
    "/visit-requests": STAFF, "/visit-requests/{request_no}": STAFF, "/api/v1/visit-requests": STAFF,
    "/api/v1/visit-requests/{request_no}": STAFF, "/publications": STAFF, "/api/v1/publications": STAFF,
    "/api/v1/publications/{inspection_no}": STAFF, "/api/v1/inspections/sources": STAFF,
    "/inspections/{inspection_id}/record": STAFF, "/inspections/by-number/{number}": STAFF,
    "/api/v1/inspections": STAFF, "/api/v1/inspections/{inspection_id}": STAFF, "/api/v1/registers/{noun}": STAFF,
    "/api/v1/exports/{noun}": LEADS, "/api/v1/quarantine": SYSTEM,
    "/api/v1/quarantine/{quarantine_id}/payload": SYSTEM, "/api/v1/jobs": LEADS, "/api/v1/policy": STAFF,
    "/vendors": SYSTEM, "/vendors/{vendor_code}": SYSTEM, "/vendors/{vendor_code}/devices": SYSTEM,
    "/vendors/{vendor_code}/keys": SYSTEM, "/vendors/{vendor_code}/try": SYSTEM, "/api/v1/vendors": ADMIN,
    "/api/v1/vendors/{vendor_code}": SYSTEM, "/api/v1/vendors/{vendor_code}/sent": SYSTEM,
    "/api/v1/vendors/{vendor_code}/devices": SYSTEM, "/api/v1/vendors/{vendor_code}/keys": SYSTEM,
    "/api/v1/vendors/{vendor_code}/quarantine.csv": SYSTEM, "/api/v1/vendors/{vendor_code}/events": SYSTEM,
    "/api/v1/accounts": ADMIN, "/api/v1/audit": ADMIN, "/storage": ADMIN, "/api/v1/storage": ADMIN,
    "/api/v1/quarantine/summary": SYSTEM, "/quarantine/replays": ADMIN, "/api/v1/quarantine/replays": ADMIN,
    "/api/v1/quarantine/replays/{run_id}": ADMIN, "/model-audit": LEADS, "/api/v1/model-audit": LEADS,
    "/ratios": STAFF, "/api/v1/ratios/explain": STAFF, "/api/v1/ratios/months": STAFF,
    "/estimates": STAFF, "/api/v1/estimates": STAFF, "/api/v1/estimates.csv": STAFF,
    "/api/v1/public/estimates": EVERYONE,
    "/reports": STAFF, "/reports/rows/{code}": STAFF, "/reports/officers": LEADS, "/api/v1/reports": STAFF,
    "/api/v1/reports/file/{form}": STAFF, "/api/v1/reports/figures/{code}/rows": STAFF,
    "/api/v1/reports/officers": LEADS,
    "/supervision": LEADS, "/api/v1/supervision/findings": LEADS, "/api/v1/supervision/officers": LEADS,
    "/api/v1/review-samples": LEADS, "/api/v1/review-tasks": LEADS, "/api/v1/review-samples/{month}": LEADS,
    "/api/v1/public/review-samples/{month}": EVERYONE,
    "/credit": STAFF, "/credit/matters/{matter_no}": STAFF,
    "/credit/units/{unit_id}": STAFF, "/public/credit": EVERYONE, "/public/penalties": EVERYONE,
    "/api/v1/public/penalties": EVERYONE, "/public/credit/promises": EVERYONE,
    "/api/v1/public/credit": EVERYONE, "/api/v1/public/credit/promises": EVERYONE, "/api/v1/credit/exports": LEADS,
    "/api/v1/credit/exports/{kind}": LEADS, "/api/v1/credit/objections": STAFF,
    "/api/v1/credit/objections/{objection_no}": STAFF, "/api/v1/credit/units/{unit_no}": STAFF,
    "/api/v1/credit/evaluations": STAFF,
    "/api/v1/credit/notices": STAFF, "/api/v1/credit/notices/{notice_no}": STAFF, "/api/v1/credit/listings": STAFF,
    "/api/v1/credit/listings/{listing_id}": STAFF, "/api/v1/credit/repairs": STAFF,
    "/api/v1/credit/repairs/{repair_no}": STAFF, "/api/v1/credit/units/{unit_no}/guide": STAFF,
    "/api/v1/agreements": STAFF, "/api/v1/agreements/{agreement_no}": STAFF, "/api/v1/duty-lists/{area_code}": STAFF,
    "/api/v1/referrals": STAFF, "/api/v1/referrals/{referral_no}": STAFF, "/api/v1/town-acts": STAFF,
    "/api/v1/town-acts/{noun}/{ref}": STAFF, "/towns": STAFF, "/towns/{area_code}": STAFF, "/referrals": STAFF,
    "/api/v1/towns": STAFF, "/api/v1/towns/{area_code}": STAFF, "/api/v1/towns/digest": STAFF,
    "/api/v1/towns/penalties": STAFF, "/api/v1/towns/guidance": STAFF, "/api/v1/towns/budgets": STAFF,
    "/api/v1/towns/officers": STAFF, "/api/v1/towns/officers/{officer_no}/training": STAFF,
    "/api/v1/meeting-actions": STAFF, "/api/v1/fault-cases": LEADS,
    "/api/v1/cases": STAFF, "/api/v1/cases/{case_no}": STAFF, "/api/v1/measures": STAFF,
    "/api/v1/measures/{measure_no}": STAFF, "/api/v1/major-hazards": STAFF,
    "/api/v1/major-hazards/{major_hazard_no}": STAFF, "/api/v1/self-checks": STAFF, "/api/v1/soft-measures": STAFF,
    "/api/v1/soft-measures/count": STAFF, "/api/v1/fire-reviews": STAFF,
    "/ledgers": STAFF, "/ledgers/{ledger}": STAFF,
    "/risk-areas/{risk_area_no}": STAFF, "/api/v1/risk-areas": STAFF,
    "/api/v1/risk-areas/{risk_area_no}": STAFF, "/api/v1/control-rooms": STAFF,
    "/api/v1/control-rooms/{unit_no}/staff": STAFF, "/api/v1/certificate-checks": STAFF,
    "/api/v1/certificate-checks/count": STAFF, "/api/v1/responsibilities": STAFF,
    "/api/v1/responsibilities/matrix": STAFF, "/api/v1/responsibilities/without": STAFF,
    "/api/v1/coordination-members": STAFF, "/api/v1/interviews": STAFF, "/api/v1/interviews/count": STAFF,
    "/api/v1/checklists/{checklist}": STAFF, "/api/v1/checklists/{checklist}/count": STAFF,
    "/api/v1/assessment": LEADS, "/api/v1/street-enforcement": STAFF, "/api/v1/report-texts": STAFF,
    "/api/v1/towns/{area_code}/grids": STAFF, "/api/v1/towns/{area_code}/without-grid": STAFF,
    "/api/v1/towns/{area_code}/patrol-items": STAFF, "/api/v1/units/{unit_id}/grid": STAFF,
    "/api/v1/grid-leads": STAFF, "/api/v1/grid-leads/ends": STAFF, "/api/v1/grid-leads/{lead_no}": STAFF,
    "/api/v1/stations/{area_code}/pace": STAFF, "/api/v1/stations/{area_code}/missing": STAFF,
    "/grid-leads": STAFF, "/stations": STAFF, "/api/v1/document-templates": STAFF,
    "/api/v1/agreements/{agreement_no}/document": STAFF, "/api/v1/town-acts/inspection/{ref}/document": STAFF,
    "/town-acts/inspection/{ref}/document": STAFF,
    "/cases": STAFF, "/cases/{case_no}": STAFF, "/measures": STAFF,
    "/measures/{measure_no}": STAFF, "/major-hazards": STAFF, "/major-hazards/{major_hazard_no}": STAFF,
    "/units/{unit_id}/begin/{which}": STAFF,
}
# Every route that changes something; the public is refused at all of them but the login.
CHANGES = {
    ("POST", "/api/v1/login"): EVERYONE, ("POST", "/api/v1/logout"): MEMBERS, ("POST", "/login"): EVERYONE,
    ("POST", "/logout"): EVERYONE, ("POST", "/theme"): EVERYONE, ("POST", "/api/v1/alarms/{alarm_id}/verdict"): STAFF,
    ("POST", "/plans"): LEADS, ("POST", "/plans/{plan_no}/adopt"): LEADS, ("POST", "/plans/{plan_no}/publish"): LEADS,
    ("POST", "/api/v1/plans"): LEADS, ("POST", "/api/v1/plans/{plan_no}/adoption"): LEADS,
    ("POST", "/api/v1/plans/{plan_no}/publication"): LEADS,
    ("POST", "/api/v1/overrides"): STAFF, ("POST", "/api/v1/overrides/{override_id}/withdrawal"): STAFF,
    ("POST", "/units/{unit_id}/override"): STAFF,
    ("POST", "/units/{unit_id}/override/{override_id}/withdrawal"): STAFF,
    ("POST", "/api/v1/replacements"): LEADS, ("POST", "/inspections/{inspection_id}/replacement"): LEADS,
    ("POST", "/list-draws/{draw_no}/replacement"): LEADS,
    ("POST", "/api/v1/list-draws/{draw_no}/draw"): LEADS, ("POST", "/list-draws/{draw_no}/draw"): LEADS,
    ("POST", "/api/v1/campaigns"): LEADS, ("POST", "/campaigns"): LEADS,
    ("POST", "/api/v1/campaigns/{list_no}/freeze"): LEADS, ("POST", "/campaigns/{list_no}/freeze"): LEADS,
    ("POST", "/api/v1/campaigns/{list_no}/draw"): LEADS, ("POST", "/api/v1/joint-draws"): LEADS,
    ("POST", "/joint-draws"): LEADS, ("POST", "/api/v1/joint-draws/{list_no}/freeze"): LEADS,
    ("POST", "/joint-draws/{list_no}/freeze"): LEADS, ("POST", "/api/v1/joint-draws/{list_no}/draw"): LEADS,
    ("POST", "/api/v1/joint/{noun}/rows"): ADMIN, ("POST", "/api/v1/joint/{noun}/file"): ADMIN,
    ("POST", "/joint-draws/import"): ADMIN,
    ("POST", "/duty"): LEADS, ("POST", "/api/v1/device-requests"): LEADS,
    ("POST", "/api/v1/findings/{finding_id}/decision"): STAFF, ("POST", "/findings/{finding_id}"): STAFF,
    ("POST", "/alarms/{alarm_id}/verdict"): STAFF, ("POST", "/api/v1/inspections/{inspection_id}/result"): STAFF,
    ("POST", "/api/v1/inspections"): STAFF, ("POST", "/inspections/new"): STAFF,
    ("POST", "/inspections/{inspection_id}"): STAFF, ("POST", "/inspections/{inspection_id}/not-possible"): STAFF,
    ("POST", "/api/v1/inspections/{inspection_id}/not-possible"): STAFF, ("POST", "/api/v1/complaints"): STAFF,
    ("POST", "/complaints/{complaint_no}"): STAFF, ("POST", "/complaints/{complaint_no}/complainant"): {"brigade"},
    ("POST", "/api/v1/complaints/{complaint_no}/told"): STAFF,
    ("POST", "/api/v1/complaints/{complaint_no}/same-fact"): LEADS,
    ("POST", "/api/v1/complaints/{complaint_no}/reward"): LEADS,
    ("POST", "/api/v1/complaints/{complaint_no}/reward/payment"): LEADS,
    ("POST", "/api/v1/visit-requests"): STAFF, ("POST", "/api/v1/visit-requests/{request_no}/visit"): STAFF,
    ("POST", "/api/v1/visit-requests/{request_no}/decision"): LEADS,
    ("POST", "/api/v1/visit-requests/{request_no}/handed-back"): STAFF,
    ("POST", "/api/v1/visit-requests/{request_no}/withdrawal"): STAFF,
    ("POST", "/api/v1/orders/{order_no}/recheck-request"): STAFF,
    ("POST", "/api/v1/publications/{inspection_no}/decision"): LEADS,
    ("POST", "/api/v1/publications/{inspection_no}/publication"): LEADS,
    ("POST", "/api/v1/publications/{inspection_no}/told"): STAFF, ("POST", "/publications/{inspection_no}"): LEADS,
    ("POST", "/api/v1/complaints/{complaint_no}/check"): STAFF, ("POST", "/api/v1/penalties"): LEADS,
    ("POST", "/api/v1/penalties/{case_no}/withdrawal"): LEADS, ("POST", "/api/v1/fires"): STAFF,
    ("POST", "/units/{unit_id}/enter/{noun}"): STAFF, ("POST", "/registers/{noun}/new"): ADMIN,
    ("POST", "/registers/{noun}/edit"): ADMIN, ("POST", "/registers/leave/end"): ADMIN,
    ("POST", "/api/v1/registers/{noun}"): ADMIN, ("PATCH", "/api/v1/registers/{noun}"): ADMIN,
    ("POST", "/api/v1/imports/{noun}"): ADMIN,
    ("POST", "/api/v1/imports/record/{kind}"): ADMIN,
    ("POST", "/registers/import"): ADMIN, ("POST", "/api/v1/accounts"): ADMIN,
    ("PATCH", "/api/v1/accounts/{username}"): ADMIN, ("POST", "/accounts"): ADMIN,
    ("POST", "/vendors"): ADMIN, ("POST", "/vendors/{vendor_code}/keys"): SYSTEM,
    ("POST", "/vendors/{vendor_code}/keys/{key_no}/revoke"): SYSTEM, ("POST", "/vendors/{vendor_code}/status"): ADMIN,
    ("POST", "/vendors/{vendor_code}/limits"): ADMIN, ("POST", "/vendors/{vendor_code}/try"): SYSTEM,
    ("POST", "/api/v1/vendors"): ADMIN, ("PATCH", "/api/v1/vendors/{vendor_code}"): ADMIN,
    ("POST", "/api/v1/vendors/{vendor_code}/keys"): SYSTEM,
    ("DELETE", "/api/v1/vendors/{vendor_code}/keys/{key_no}"): SYSTEM,
    ("POST", "/api/v1/vendors/{vendor_code}/try"): SYSTEM,
    ("POST", "/accounts/{username}/{change}"): ADMIN, ("POST", "/quarantine/replays"): ADMIN,
    ("POST", "/api/v1/quarantine/replays"): ADMIN,
    ("POST", "/api/v1/credit/objections"): LEADS, ("POST", "/api/v1/credit/objections/{objection_no}/answer"): LEADS,
    ("POST", "/api/v1/credit/evaluations"): LEADS, ("POST", "/api/v1/credit/foreign"): LEADS,
    ("POST", "/api/v1/credit/promises"): LEADS, ("POST", "/api/v1/credit/promises/{promise_no}/broken"): LEADS,
    ("POST", "/api/v1/credit/permits"): LEADS,
    ("POST", "/api/v1/credit/notices"): LEADS, ("POST", "/api/v1/credit/notices/{notice_no}/steps"): LEADS,
    ("POST", "/api/v1/credit/listings"): LEADS, ("POST", "/api/v1/credit/listings/{listing_id}/end"): LEADS,
    ("POST", "/api/v1/credit/repairs"): LEADS, ("POST", "/api/v1/credit/repairs/{repair_no}/steps"): LEADS,
    ("POST", "/api/v1/report-ledgers/{ledger}"): LEADS,
    ("POST", "/api/v1/cases"): STAFF, ("POST", "/api/v1/cases/{case_no}/steps"): STAFF,
    ("POST", "/api/v1/cases/{case_no}/steps/{step_id}/evidence"): STAFF,
    ("POST", "/api/v1/supervision/findings/{finding_id}/decision"): LEADS,
    ("POST", "/supervision/findings/{finding_id}"): LEADS,
    # A town that signs an agreement is refused by what it asks for, with a line in the audit log.
    ("POST", "/api/v1/agreements"): STAFF, ("POST", "/api/v1/agreements/{agreement_no}/scopes"): LEADS,
    ("POST", "/api/v1/agreements/{agreement_no}/filings"): STAFF,
    ("POST", "/api/v1/agreements/{agreement_no}/termination"): LEADS, ("POST", "/api/v1/duty-lists"): LEADS,
    ("POST", "/api/v1/referrals"): STAFF, ("POST", "/api/v1/referrals/{referral_no}/sending"): STAFF,
    ("POST", "/api/v1/referrals/{referral_no}/acceptance"): LEADS,
    ("POST", "/api/v1/referrals/{referral_no}/return"): LEADS,
    ("POST", "/api/v1/referrals/{referral_no}/passing-on"): LEADS,
    ("POST", "/api/v1/referrals/{referral_no}/closing"): LEADS,
    ("POST", "/api/v1/town-acts/{noun}/{ref}/video"): STAFF, ("POST", "/api/v1/town-acts/{noun}/{ref}/closing"): STAFF,
    ("POST", "/api/v1/town-acts/{noun}/{ref}/archive"): STAFF,
    ("POST", "/api/v1/towns/{area_code}/patrol-items"): STAFF, ("POST", "/api/v1/grids"): STAFF,
    ("POST", "/api/v1/grids/{grid_code}/units"): STAFF, ("POST", "/api/v1/grid-leads"): STAFF,
    ("POST", "/api/v1/grid-leads/{lead_no}/steps"): STAFF, ("POST", "/api/v1/grid-leads/{lead_no}/copies"): STAFF,
    ("POST", "/api/v1/grid-leads/{lead_no}/receipts"): STAFF,
    ("POST", "/api/v1/stations/{area_code}/quotas"): LEADS, ("POST", "/api/v1/document-templates"): LEADS,
    ("POST", "/towns/{area_code}"): LEADS, ("POST", "/referrals/{referral_no}/{step}"): STAFF,
    ("POST", "/api/v1/towns/officers/{officer_no}/training"): LEADS,
    ("POST", "/api/v1/towns/officers/{officer_no}/assessments"): LEADS,
    ("POST", "/api/v1/towns/{area_code}/guidance"): LEADS, ("POST", "/api/v1/towns/{area_code}/budget"): LEADS,
    ("POST", "/api/v1/towns/{area_code}/auxiliaries"): LEADS, ("POST", "/api/v1/meeting-actions"): LEADS,
    ("POST", "/api/v1/meeting-actions/{action_id}/done"): STAFF, ("POST", "/api/v1/fault-cases"): LEADS,
    ("POST", "/api/v1/fault-cases/{fault_id}/decision"): LEADS,
    ("POST", "/api/v1/fault-cases/{fault_id}/closing"): LEADS,
    ("POST", "/api/v1/measures"): STAFF, ("POST", "/api/v1/measures/{measure_no}/steps"): STAFF,
    ("POST", "/api/v1/measures/{measure_no}/steps/{step_id}/evidence"): STAFF,
    ("POST", "/api/v1/major-hazards"): STAFF, ("POST", "/api/v1/major-hazards/{major_hazard_no}/steps"): STAFF,
    ("POST", "/api/v1/major-hazards/{major_hazard_no}/steps/{step_id}/evidence"): STAFF,
    ("POST", "/api/v1/self-checks"): STAFF, ("POST", "/api/v1/self-checks/{self_check_id}/correction"): STAFF,
    **{("POST", f"/{name}/evidence"): STAFF for name in (
        "cases/{case_no}", "measures/{measure_no}", "major-hazards/{major_hazard_no}")},
    ("POST", "/cases/{case_no}"): STAFF, ("POST", "/measures/{measure_no}"): STAFF,
    ("POST", "/major-hazards/{major_hazard_no}"): STAFF, ("POST", "/units/{unit_id}/begin/{which}"): STAFF,
    ("POST", "/ledgers/{ledger}/{act}"): STAFF, ("POST", "/api/v1/risk-areas"): LEADS,
    ("POST", "/api/v1/risk-areas/{risk_area_no}/end"): LEADS, ("POST", "/api/v1/control-rooms/staff"): STAFF,
    ("POST", "/api/v1/control-rooms/staff/{staff_id}/leave"): STAFF, ("POST", "/api/v1/certificate-checks"): STAFF,
    ("POST", "/api/v1/responsibilities"): LEADS,
    ("POST", "/api/v1/responsibilities/{responsibility_id}/end"): LEADS,
    ("POST", "/api/v1/coordination-members"): LEADS,
    ("POST", "/api/v1/coordination-members/{member_id}/end"): LEADS, ("POST", "/api/v1/interviews"): STAFF,
    ("POST", "/api/v1/checklists/{checklist}"): STAFF, ("POST", "/api/v1/report-texts"): LEADS,
    ("POST", "/api/v1/report-texts/{text_id}/withdrawal"): LEADS,
    ("POST", "/api/v1/soft-measures"): STAFF, ("POST", "/api/v1/fires/{fire_no}/reviews"): LEADS,
}
# Addresses that lead on to another.
_LEAD_ON = ("/", "/registers", "/ledgers", "/vendors", "/login", "/deadlines/order/{order_no}",
            "/inspections/by-number/{number}")
# What a route with {noun} is asked for where it is no register that everyone sees.
_LEDGERS = {"/ledgers/{ledger}": "risk-areas", "/ledgers/{ledger}/{act}": "control-rooms"}
_NOUNS = {"/units/{unit_id}/enter/{noun}": "complaint", "/api/v1/town-acts/{noun}/{ref}": "inspection",
          "/api/v1/town-acts/{noun}/{ref}/video": "inspection", "/api/v1/town-acts/{noun}/{ref}/closing": "inspection",
          "/api/v1/town-acts/{noun}/{ref}/archive": "inspection"}
_QUERY = {"/api/v1/credit/exports": "?from_day=2026-12-01&to_day=2026-12-07",
          "/api/v1/credit/exports/{kind}": "?from_day=2026-12-01&to_day=2026-12-07",
          "/api/v1/credit/evaluations": "?year=2026",
          "/api/v1/inspections/sources": "?first=2026-12-01&last=2026-12-07", "/inspections/new": "?unit_id={unit_id}",
          "/registers/{noun}/edit": "?key=U0001",
          "/api/v1/units/{unit_id}/telemetry": "?metric=water_pressure",
          "/api/v1/soft-measures/count": "?first=2026-01-01&last=2026-12-31",
          "/reports/rows/{code}": "?first=2026-01-01&last=2026-12-31",
          "/api/v1/reports/figures/{code}/rows": "?first=2026-01-01&last=2026-12-31",
          "/api/v1/grid-leads/ends": "?first=2026-01-01&last=2026-12-31",
          "/api/v1/certificate-checks/count": "?list_no=ZX0", "/api/v1/report-texts": "?period=2025",
          "/api/v1/coordination-members": "?area_code=990101001"}


def _routes() -> list[APIRoute]:
    return [route for room in ROOMS for route in room.router.routes if isinstance(route, APIRoute)]


def _fill(house: House, path: str) -> str:
    row = house.db.row("""select
        (select min(unit_id) from units where area_code = '990101001') as unit_id,
        (select min(a.alarm_id) from alarms a join units using (unit_id) where area_code = '990101001') as alarm_id,
        (select min(inspection_id) from inspections i join units using (unit_id)
         where area_code = '990101001') as inspection_id,
        (select min(finding_id) from findings join units using (unit_id) where area_code = '990101001'
         and rule = 'pressure_out') as finding_id,
        (select quarantine_id from quarantine where vendor_code = 'anning') as quarantine_id,
        (select min(run_id) from replay_runs) as run_id,
        (select min(request_id) from gbt_requests join units using (unit_id)
         where area_code = '990101001') as request_id""")
    assert row
    return (path + _QUERY.get(path, "")).format(**row, day=district.DAY, noun=_NOUNS.get(path, "units"),
                                                username="town", change="close", vendor_code="anning", key_no=1,
                                                override_id=1, plan_no="Y2026-1", draw_no="R20261207-99",
                                                list_no="ZX20261207-99",
                                                complaint_no="T-U0001", order_no="O-J-U0001", request_no="Q-U0001",
                                                inspection_no="J-U0001", number="J-U0001",
                                                case_no="A20261201-0001", step_id=1, area_code="990101001",
                                                agreement_no="W0", notice_no="GZ0", matter_no="GZ0", repair_no="XF0",
                                                objection_no="YY0", listing_id=10**9, unit_no="U0003", kind="penalty",
                                                promise_no="CN0", referral_no="Y0", ref="J0", officer_no="O2",
                                                step="sending", action_id=1, fault_id=1,
                                                measure_no="F20261202-0001", major_hazard_no="Z20261202-0001",
                                                self_check_id=1, fire_no="H-U0002", lead_no="L0",
                                                grid_code="G0", which="cases", month="2026-11",
                                                ledger=_LEDGERS.get(path, "courses"), act="new",
                                                risk_area_no="GF0", staff_id=1, responsibility_id=1, member_id=1,
                                                checklist="street_shops", text_id=1, form="docx", code="inspections")


def test_every_route_is_in_the_matrix() -> None:
    found = {route.path for route in _routes() if "GET" in route.methods}
    assert found == set(ALLOWED)
    changes = {(method, route.path) for route in _routes() for method in route.methods - {"GET", "HEAD"}}
    assert changes == set(CHANGES)


@pytest.mark.parametrize("role", [*district.ROLES, "public"])
def test_each_role_opens_what_is_its_own_and_nothing_else(shown: House, role: str) -> None:
    client = shown.client(None if role == "public" else role)
    wrong = {}
    for path, allowed in ALLOWED.items():
        answer = client.get(_fill(shown, path))
        if role in allowed:
            ok = answer.status_code == 200 or (path in _LEAD_ON and answer.status_code == 303)
            # The district has no list draws: tests/api/test_list_draws.py opens these.
            ok = ok or (path.endswith(("{draw_no}", "{list_no}", "{draw_no}/check", "{draw_no}/bundle",
                                       "{agreement_no}", "{referral_no}", "{ref}", "{lead_no}",
                                       "{month}", "/document", "{notice_no}", "{risk_area_no}",
                                       "{repair_no}", "{listing_id}", "{objection_no}", "{matter_no}"))
                        and answer.status_code == 404)
        elif role == "public":
            ok = answer.status_code == (401 if path.startswith("/api/") else 303)
        else:
            ok = answer.status_code == 403
        if not ok:
            wrong[path] = answer.status_code
    assert not wrong


@pytest.mark.parametrize("role", [*district.ROLES, "public"])
def test_nobody_changes_what_is_not_theirs_to_change(shown: House, role: str) -> None:
    client = shown.client(None if role == "public" else role)
    wrong = {}
    for (method, path), allowed in CHANGES.items():
        if role in allowed:
            continue
        answer = client.request(method, _fill(shown, path).partition("?")[0])
        if answer.status_code not in (401, 403):
            wrong[path] = answer.status_code
    assert not wrong


# What a page or an answer must not hold for an account of our district: anything of the other one.
_LISTS = ("/model-audit", "/api/v1/model-audit",
          "/ranking?limit=500", "/alarms?state=all&limit=500", "/inspections?state=all&limit=500",
          "/registers/units?limit=500", "/registers/devices?limit=500", "/registers/officers", "/registers/areas",
          "/draws/2026-12-07", "/", "/api/v1/units?limit=500", "/api/v1/alarms?state=all&limit=500",
          "/api/v1/inspections?state=all&limit=500", "/api/v1/registers/units?limit=500",
          "/api/v1/registers/devices?limit=500", "/api/v1/registers/officers", "/api/v1/draws/2026-12-07",
          "/plans", "/api/v1/plans/Y2026-1", "/api/v1/plans/Y2026-1/progress", "/api/v1/plans/Y2026-1/table",
          "/api/v1/areas", "/duty", "/duty?view=requests", "/api/v1/links", "/api/v1/device-requests",
          "/findings?state=all&limit=500", "/api/v1/findings?state=all&limit=500",
          "/api/v1/complaints?state=all", "/api/v1/orders?state=all", "/deadlines?limit=500",
          "/api/v1/deadlines?limit=500", "/api/v1/deadlines.csv", "/complaints?state=all", "/visit-requests?state=all",
          "/api/v1/visit-requests?state=all", "/publications", "/api/v1/publications?limit=500",
          "/api/v1/exports/units", "/api/v1/exports/devices")


# Words of the two districts: units, devices, area codes, officers.
_OF_OURS = ("U0000", "U0001", "U1000", "D0000", "D0001", "D1001", "990101", "检查员0", "检查员1<", '"检查员1"')
_OF_THEIRS = ("U2000", "U2001", "U2008", "D2000", "D2001", "D2008", "990102", "检查员8", "检查员9")


@pytest.mark.parametrize("address", _LISTS)
def test_a_brigade_sees_its_own_district_only(shown: House, address: str) -> None:
    ours, theirs = shown.client("brigade").get(address), shown.client("far").get(address)
    assert ours.status_code == theirs.status_code == 200
    assert not _around(_OF_THEIRS, ours.text)
    assert not _around(_OF_OURS, theirs.text)
    assert ours.text != theirs.text


def _around(words: tuple[str, ...], text: str) -> list[str]:
    """What stands around each of some words. Tokens against forgery and digests hold any six digits by chance."""
    text = re.sub("[0-9a-f]{64}", "", text)
    return [text[max(0, text.index(word) - 80):text.index(word) + 80] for word in words if word in text]


@pytest.mark.parametrize("address", ["/units/{unit}", "/api/v1/units/{unit}", "/api/v1/units/{unit}/scores",
                                     "/api/v1/units/{unit}/devices", "/api/v1/units/{unit}/record",
                                     "/api/v1/units/{unit}/telemetry?metric=water_pressure",
                                     "/inspections/new?unit_id={unit}", "/inspections/{visit}",
                                     "/api/v1/inspections/{visit}", "/api/v1/alarms/{alarm}",
                                     "/findings/{finding}", "/api/v1/findings/{finding}",
                                     "/api/v1/findings/{finding}/telemetry"])
@pytest.mark.parametrize("role", ["brigade", "officer", "town"])
def test_a_thing_of_another_area_is_as_if_it_did_not_exist(shown: House, role: str, address: str) -> None:
    row = shown.db.row("""select (select min(unit_id) from units where area_code = '990102001') as unit,
        (select min(inspection_id) from inspections join units using (unit_id) where area_code = '990102001') as visit,
        (select min(alarm_id) from alarms join units using (unit_id) where area_code = '990102001') as alarm,
        (select min(finding_id) from findings join units using (unit_id) where area_code = '990102001') as finding""")
    assert row
    answer = shown.client(role).get(address.format(**row))
    assert answer.status_code == 404
    unheard = shown.client(role).get(address.format(unit=10**9, visit=10**9, alarm=10**9, finding=10**9))
    assert unheard.status_code == 404


def test_a_town_sees_its_own_town_only(shown: House) -> None:
    units = shown.client("town").get("/api/v1/units?limit=500").json()
    assert units["total"] == district.UNITS_A_TOWN
    assert {unit["area_code"] for unit in units["units"]} == {"990101001"}
    summary = shown.client("town").get("/api/v1/summary").json()
    assert summary["units"] == district.UNITS_A_TOWN


def test_a_filter_by_a_foreign_area_finds_nothing(shown: House) -> None:
    assert shown.client("brigade").get("/api/v1/units?area=990102").json()["total"] == 0
    assert shown.client("brigade").get("/api/v1/alarms?area=990102&state=all").json()["alarms"] == []


def test_a_vendor_sees_its_own_devices_and_quarantine_only(shown: House) -> None:
    client = shown.client("vendor")
    devices = client.get("/api/v1/registers/devices?limit=500").json()
    assert devices["total"] > 0
    assert {row["vendor_code"] for row in devices["rows"]} == {"anning"}
    held = client.get("/api/v1/quarantine?vendor=other").json()["rows"]
    assert [row["vendor_code"] for row in held] == ["anning"]
    foreign = shown.db.row("select quarantine_id from quarantine where vendor_code = 'other'")
    assert foreign
    assert client.get(f"/api/v1/quarantine/{foreign['quarantine_id']}/payload").status_code == 404
    assert client.get("/registers/units").status_code == 403


def test_a_bundle_with_units_of_other_areas_is_not_handed_out(shown: House) -> None:
    answer = shown.client("brigade").get("/api/v1/draws/2026-12-07/bundle")
    assert answer.status_code == 403
    assert "areas" in answer.json()["error"]


def test_the_public_never_meets_a_class_a_score_or_a_probability(shown: House) -> None:
    client = shown.client()
    for address in ("/api/v1/public/draws", "/api/v1/public/draws/2026-12-07", "/public/draws",
                    "/public/draws/2026-12-07"):
        text = client.get(address).text
        for word in ("risk_class", "probability", "score", "p_total", "officer", "风险分", "高风险", "检查员"):
            assert word not in text, (address, word)
