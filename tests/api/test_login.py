"""Logins: tokens, cookies, the lock after failures, and the proof that a form came from a page of ours."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import accounts, sessions
from api.options import ApiOptions
from policy import rules
from tests.api import district
from tests.api.conftest import House, house_on, proof_of


def _try(house: House, password: str, username: str = "brigade") -> int:
    return house.client().post("/api/v1/login", json={"username": username, "password": password}).status_code


def test_a_token_opens_what_its_account_may_and_ends_with_the_logout(house: House) -> None:
    client = house.client("brigade")
    me = client.get("/api/v1/me").json()
    assert (me["username"], me["role"], me["areas"]) == ("brigade", "brigade", ["990101", "990101001", "990101002"])
    assert client.post("/api/v1/logout").status_code == 204
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_neither_token_nor_password_is_stored_as_it_is(house: House) -> None:
    client = house.client("brigade")
    token = client.headers["authorization"].split()[1]
    stored = house.db.rows("select token_hash, password_hash from sessions join accounts using (username)")
    assert all(token.encode() not in bytes(row["token_hash"]) for row in stored)
    assert all(len(bytes(row["token_hash"])) == 32 for row in stored)
    assert all(row["password_hash"].startswith("$argon2id$") for row in stored)


def test_a_login_ends_after_the_hours_of_policy(house: House) -> None:
    token = house.client("brigade").headers["authorization"]
    hours = rules().value("access.session_hours", district.DAY)
    for after, status in ((hours - 0.1, 200), (hours + 0.1, 401)):
        with house_on(house.db, clock=lambda after=after: district.NOW + dt.timedelta(hours=after)) as later:
            assert later.client().get("/api/v1/me", headers={"authorization": token}).status_code == status


def test_who_still_sends_the_token_that_has_ended_may_log_in_again(house: House) -> None:
    client = house.client("brigade")
    client.post("/api/v1/logout")
    assert client.get("/api/v1/me").status_code == 401
    assert client.post("/api/v1/login", json={"username": "brigade", "password": district.PASSWORD}).status_code == 200


def test_wrong_passwords_lock_an_account_for_a_while(house: House) -> None:
    most = rules().value("access.lockout_failures", district.DAY)
    assert [_try(house, "wrong") for _ in range(most)] == [401] * most
    locked = house.client().post("/api/v1/login", json={"username": "brigade", "password": district.PASSWORD})
    assert locked.status_code == 429
    assert "locked" in locked.json()["error"]
    minutes = rules().value("access.lockout_minutes", district.DAY)
    with house_on(house.db, clock=lambda: district.NOW + dt.timedelta(minutes=minutes, seconds=1)) as later:
        assert _try(later, district.PASSWORD) == 200


def test_guesses_sent_all_at_once_do_not_slip_past_the_count(house: House) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: _try(house, f"guess {n}"), range(24)))
    most = rules().value("access.lockout_failures", district.DAY)
    assert answers.count(401) == most
    assert answers.count(429) == 24 - most


def test_a_right_password_sets_the_count_back(house: House) -> None:
    most = rules().value("access.lockout_failures", district.DAY)
    for _ in range(3):
        assert [_try(house, "wrong") for _ in range(most - 1)] == [401] * (most - 1)
        assert _try(house, district.PASSWORD) == 200


def test_an_unknown_name_is_answered_like_a_wrong_password(shown: House) -> None:
    known = shown.client().post("/api/v1/login", json={"username": "town", "password": "wrong"})
    unknown = shown.client().post("/api/v1/login", json={"username": "nobody", "password": "wrong"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())


def test_a_closed_account_is_out_at_once(house: House) -> None:
    client = house.client("town")
    accounts.set_active(house.db, "town", False, actor="test")
    assert client.get("/api/v1/me").status_code == 401
    assert _try(house, district.PASSWORD, "town") == 401


def test_a_new_password_ends_every_login(house: House) -> None:
    client = house.client("town")
    accounts.set_password(house.db, "town", "another long password", actor="test", now=district.NOW)
    assert client.get("/api/v1/me").status_code == 401
    assert _try(house, "another long password", "town") == 200


def test_cookies_are_closed_to_scripts_and_other_sites(house: House) -> None:
    with house_on(house.db, secure_cookies=True) as careful:
        client = careful.client()
        page = client.get("/login")
        assert {"Secure", "HttpOnly", "SameSite=strict"} <= set(page.headers["set-cookie"].split("; "))
        visit = page.headers["set-cookie"].split(";")[0]
        answer = client.post("/login", headers={"cookie": visit}, data={
            "username": "brigade", "password": district.PASSWORD, "csrf": proof_of(page.text)})
        assert answer.status_code == 303
        session = next(cookie for cookie in answer.headers.get_list("set-cookie") if "huoyan_session=" in cookie)
        assert {"Secure", "HttpOnly", "SameSite=lax"} <= set(session.split("; "))
        assert "max-age" in page.headers["strict-transport-security"]


def test_the_login_page_takes_a_person_on_to_where_they_wanted(house: House) -> None:
    client = house.client()
    to_login = client.get("/ranking?class=D")
    assert to_login.status_code == 303
    page = client.get(to_login.headers["location"])
    answer = client.post("/login", data={"username": "brigade", "password": district.PASSWORD,
                                         "csrf": proof_of(page.text), "next": "/ranking?class=D"})
    assert answer.headers["location"] == "/ranking?class=D"
    assert client.get("/ranking?class=D").status_code == 200


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_login_page_takes_nobody_to_another_site(house: House, goal: str) -> None:
    client = house.client()
    proof = proof_of(client.get("/login").text)
    answer = client.post("/login", data={"username": "brigade", "password": district.PASSWORD, "csrf": proof,
                                         "next": goal})
    assert answer.headers["location"] == "/"


def test_a_wrong_password_on_the_page_is_said_there(shown: House) -> None:
    client = shown.client()
    proof = proof_of(client.get("/login").text)
    answer = client.post("/login", data={"username": "far", "password": "wrong", "csrf": proof})
    assert answer.status_code == 401
    assert "账号或口令不正确" in answer.text
    assert "wrong" not in answer.text


@pytest.mark.parametrize("proof", ["", "0" * 64, "缺"])
def test_a_form_without_its_proof_changes_nothing(house: House, proof: str) -> None:
    client, _ = house.browser_like("administrator")
    form = {"username": "mallory", "display_name": "M", "role": "administrator", "password": "a long password",
            "csrf": proof}
    assert client.post("/accounts", data=form).status_code == 403
    assert client.post("/api/v1/accounts", json={key: form[key] for key in form if key != "csrf"}).status_code == 403
    assert house.db.row("select 1 from accounts where username = 'mallory'") is None


def test_a_form_from_another_site_changes_nothing(house: House) -> None:
    client, proof = house.browser_like("administrator")
    form = {"username": "mallory", "display_name": "M", "role": "administrator", "password": "a long password"}
    answer = client.post("/accounts", data={**form, "csrf": proof}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert client.post("/accounts", data={**form, "csrf": proof}).status_code == 303


def test_the_proof_of_one_session_is_worth_nothing_in_another(house: House) -> None:
    _, proof = house.browser_like("town")
    client, _ = house.browser_like("administrator")
    assert client.post("/accounts/far/close", data={"csrf": proof}).status_code == 403


def test_the_login_form_needs_its_proof_too(shown: House) -> None:
    answer = shown.client().post("/login", data={"username": "far", "password": district.PASSWORD})
    assert answer.status_code == 403
    assert "huoyan_session" not in answer.headers.get("set-cookie", "")


def test_the_proof_comes_as_a_header_from_scripts(house: House) -> None:
    client, proof = house.browser_like("brigade")
    alarm = house.db.row("select min(alarm_id) as id from alarms join units using (unit_id)"
                         " where area_code like '990101%'")
    assert alarm
    answer = client.post(f"/api/v1/alarms/{alarm['id']}/verdict", json={"verdict": "test"},
                         headers={"x-csrf-token": proof})
    assert answer.status_code == 200, answer.text


def test_the_options_of_the_application_are_safe_unless_told_otherwise() -> None:
    assert ApiOptions().secure_cookies
    assert sessions.PASSWORD_MAX_LENGTH <= 1024
