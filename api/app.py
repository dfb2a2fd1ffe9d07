"""Puts the pages and the REST routes together into one ASGI application."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from api import (
    account_pages,
    agreements,
    alarms,
    answers,
    areas,
    assessment,
    audit_trail,
    campaigns,
    case_pages,
    cases,
    complaint_pages,
    complaints,
    credit_accounts,
    credit_exports,
    credit_notices,
    credit_objections,
    credit_pages,
    credit_repairs,
    dashboard,
    deadlines,
    draws,
    duty,
    duty_pages,
    enforcement_cases,
    enforcement_measures,
    enforcement_pages,
    estimates,
    finding_pages,
    findings,
    governance,
    grids,
    guard,
    health,
    imports,
    inspection_pages,
    inspections,
    jobs,
    joint_draws,
    ledger_pages,
    leniency,
    list_draws,
    login,
    major_hazards,
    model_audits,
    openapi_page,
    override_pages,
    overrides,
    plan_pages,
    plans,
    policy_rules,
    public,
    public_credit,
    public_penalties,
    public_plans,
    publications,
    quarantine,
    queries,
    ranking,
    ratios,
    record_pages,
    referrals,
    registers,
    replays,
    report_pages,
    reports,
    responsibilities,
    risk_area_page,
    static_files,
    storage,
    supervision,
    telemetry,
    town_acts,
    town_pages,
    towns,
    units,
    vendor_pages,
    vendor_routes,
    visit_request_pages,
    visit_requests,
)
from api.blanks import Blanks
from api.options import ApiOptions
from api.sessions import PasswordGate
from api.wrapper import Traffic, Wrapper
from store import Database

ROOMS = (login, dashboard, areas, ranking, model_audits, units, overrides, override_pages, telemetry, alarms, findings,
         finding_pages, duty, duty_pages, draws, list_draws, campaigns, joint_draws, ratios, estimates, public, plans,
         plan_pages, public_plans, inspections, inspection_pages, cases, case_pages, enforcement_cases,
         enforcement_measures, major_hazards, leniency, enforcement_pages,
         complaints, complaint_pages, deadlines, publications, visit_requests, visit_request_pages,
         imports, record_pages, registers, replays, quarantine, jobs, storage, policy_rules, account_pages,
         audit_trail, vendor_routes, vendor_pages, health, openapi_page,
         credit_notices, credit_repairs, credit_objections, credit_accounts, credit_exports, credit_pages,
         public_credit,
         public_penalties,
         agreements, referrals, town_acts, towns, town_pages, grids, supervision,
         reports, report_pages, governance, responsibilities, assessment,
         ledger_pages, risk_area_page)

DESCRIPTION = """
Every page has its JSON twin here, with the same filters and the same limits by role and area.

Log in with `POST /api/v1/login` and send the token as `Authorization: Bearer …`. Every error is
`{"error": "one sentence"}`. Times are UTC; days are Asia/Shanghai days. Scores run from 0 to 100 and **higher is
riskier**. Lists are bounded by `limit`; `next` is what to ask for after the last row, or null.
"""


def create_app(db: Database, options: ApiOptions | None = None) -> FastAPI:
    """The application on an open database. It starts no thread and reads no environment."""
    settings = options or ApiOptions()
    metrics = CollectorRegistry()
    ProcessCollector(registry=metrics)
    PlatformCollector(registry=metrics)
    traffic = Traffic(metrics)
    app = FastAPI(
        title="Huoyan", version="1", description=DESCRIPTION, openapi_url="/api/v1/openapi.json",
        docs_url=None, redoc_url=None,
        dependencies=[Depends(guard.identify), Depends(guard.refuse_forgery), Depends(queries.refuse_unknown)],
        middleware=[
            Middleware(Wrapper, options=settings, traffic=traffic, last_resort=answers.last_resort),
            Middleware(Blanks),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
        ],
        responses={401: {"model": answers.Problem, "description": "not logged in"},
                   403: {"model": answers.Problem, "description": "not for this role or area"},
                   422: {"model": answers.Problem, "description": "a field can't be used; the sentence names it"}},
    )
    app.state.db, app.state.options, app.state.metrics = db, settings, metrics
    app.state.gate = PasswordGate(settings.hashing_at_once)
    answers.install(app)
    for room in ROOMS:
        app.include_router(room.router)
    app.mount("/static", static_files.Static(), name="static")
    return app
