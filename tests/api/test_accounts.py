"""Accounts by page, by API and by command."""

from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.refusals import BadField
from huoyan.commands.accounts import account
from store.errors import HuoyanError
from tests.api import district
from tests.api.conftest import House


def test_an_account_is_added_with_a_trace_that_holds_no_secret(house: House) -> None:
    form = {"username": "li.duty", "display_name": "李值班", "role": "brigade", "password": "correct horse battery",
            "areas": ["990102"]}
    client = house.client("administrator")
    assert client.post("/api/v1/accounts", json=form).status_code == 201
    assert client.post("/api/v1/accounts", json=form).status_code == 409
    trace = house.db.row("select actor, after from audit_log where entity = 'account' and entity_id = 'li.duty'")
    assert trace
    assert trace["actor"] == "administrator"
    assert "correct horse" not in str(trace)
    assert "argon2" not in str(trace)
    listed = client.get("/api/v1/accounts").json()
    assert "password_hash" not in listed[0]


@pytest.mark.parametrize(("change", "named"), [
    ({"username": "Li"}, "user name"), ({"username": "x"}, "user name"), ({"role": "emperor"}, "role"),
    ({"password": "short"}, "password"), ({"areas": ["999999"]}, "999999"), ({"areas": []}, "area"),
    ({"role": "vendor", "areas": []}, "vendor"), ({"role": "vendor", "vendor_code": "nobody"}, "nobody"),
    ({"role": "officer"}, "officer"), ({"role": "officer", "officer_no": "O99"}, "O99"),
    ({"display_name": " "}, "name"),
])
def test_an_account_that_can_not_be_is_refused_by_name(shown: House, change: dict[str, Any], named: str) -> None:
    form = {"username": "li.duty", "display_name": "李值班", "role": "brigade", "password": "correct horse battery",
            "areas": ["990102"], **change}
    answer = shown.client("administrator").post("/api/v1/accounts", json=form)
    assert answer.status_code == 422, answer.text
    assert named in answer.json()["error"]


def test_the_last_administrator_stays(house: House) -> None:
    answer = house.client("administrator").patch("/api/v1/accounts/administrator", json={"active": False})
    assert answer.status_code == 409
    assert house.client("administrator").patch("/api/v1/accounts/nobody", json={"active": False}).status_code == 404


def test_the_page_adds_closes_and_opens(house: House) -> None:
    client, proof = house.browser_like("administrator")
    form = {"csrf": proof, "username": "li.duty", "display_name": "李值班", "role": "brigade",
            "password": "correct horse battery", "areas": ["990102"]}
    assert client.post("/accounts", data=form).status_code == 303
    assert "li.duty" in client.get("/accounts?done=added").text
    refused = client.post("/accounts", data=form)
    assert refused.status_code == 409
    assert "已存在" in refused.text
    assert client.post("/accounts/li.duty/close", data={"csrf": proof}).status_code == 303
    assert house.db.row("select active from accounts where username = 'li.duty'") == {"active": False}
    assert client.post("/accounts/li.duty/open", data={"csrf": proof}).status_code == 303
    assert client.post("/accounts/li.duty/password", data={"csrf": proof, "password": "tiny"}).status_code == 422


@pytest.fixture
def command(house: House, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", house.db.dsn)
    runner = CliRunner()

    def run(*arguments: str, password: str = "") -> Result:
        return runner.invoke(account, list(arguments), input=password and f"{password}\n")

    return run


def test_the_command_takes_the_password_from_a_pipe(command: Any, house: House) -> None:
    added = command("add", "night", "--role", "brigade", "--area", "990101", password="a password from a pipe")
    assert (added.exit_code, added.output) == (0, "added night (brigade)\n")
    login = {"username": "night", "password": "a password from a pipe"}
    assert house.client().post("/api/v1/login", json=login).status_code == 200
    assert command("passwd", "night", password="another password").exit_code == 0
    assert house.client().post("/api/v1/login", json=login).status_code == 401
    assert command("disable", "night").exit_code == 0
    assert "closed" in command("list").output


def test_the_command_takes_the_password_from_the_environment(command: Any, house: House,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_ACCOUNT_PASSWORD", "a password from outside")
    assert command("add", "night", "--role", "brigade", "--area", "990101").exit_code == 0
    login = {"username": "night", "password": "a password from outside"}
    assert house.client().post("/api/v1/login", json=login).status_code == 200


def test_the_command_refuses_in_one_sentence(command: Any) -> None:
    for arguments in (("add", "night", "--role", "brigade", "--area", "111111"), ("passwd", "nobody"),
                      ("disable", "nobody"), ("add", "Night", "--role", "brigade", "--area", "990101")):
        result = command(*arguments, password="a password from a pipe")
        assert isinstance(result.exception, HuoyanError)
        assert "\n" not in str(result.exception)


def test_an_account_that_is_there_is_left_alone(house: House) -> None:
    from api import accounts

    assert not accounts.ensure(house.db, username="town", display_name="x", password="a long enough one", role="town",
                               area_codes=["990101001"])
    assert accounts.ensure(house.db, username="town2", display_name="x", password="a long enough one", role="town",
                           area_codes=["990101001"])
    with pytest.raises(BadField):
        accounts.ensure(house.db, username="town3", display_name="x", password="short", role="town",
                        area_codes=["990101001"])
    assert district.PASSWORD
