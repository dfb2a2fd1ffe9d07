"""The private authority: what it makes is what OpenSSL takes, and nothing of it is lost or overwritten."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from registry import certificates
from registry.certificates import Authority, CertificateRefused, Terms

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
EC = Terms("ec")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    certificates.make(tmp_path / "ca", ["mqtt.example.cn", "10.0.0.7"], EC, NOW)
    return tmp_path / "ca"


def openssl(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("openssl")
    assert program, "install openssl"
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("algorithm", certificates.ALGORITHMS)
def test_openssl_takes_what_it_makes(tmp_path: Path, algorithm: str) -> None:
    terms = Terms(algorithm)
    written = certificates.make(tmp_path, ["mqtt.example.cn", "10.0.0.7"], terms, NOW)
    assert written == ["ca.crt", "ca.key", "broker.crt", "broker.key", "revoked.crl"]
    for wanted in (["-verify_hostname", "mqtt.example.cn"], ["-verify_ip", "10.0.0.7"], ["-purpose", "sslserver"]):
        done = openssl("verify", "-x509_strict", "-CAfile", tmp_path / "ca.crt", *wanted, tmp_path / "broker.crt")
        assert done.returncode == 0, done.stderr
    assert openssl("verify", "-CAfile", tmp_path / "ca.crt", "-verify_hostname", "other.example.cn",
                   tmp_path / "broker.crt").returncode != 0
    issued = Authority(tmp_path).issue_client("acme.k2", terms, NOW)
    (tmp_path / "client.crt").write_bytes(issued.certificate)
    assert openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", tmp_path / "ca.crt",
                   tmp_path / "client.crt").returncode == 0
    assert openssl("verify", "-purpose", "sslserver", "-CAfile", tmp_path / "ca.crt",
                   tmp_path / "client.crt").returncode != 0, "a vendor's certificate must not pass for the broker's"
    assert certificates.describe(issued.certificate)[:2] == ("acme.k2", issued.serial)
    key = serialization.load_pem_private_key(issued.key or b"", None)
    assert isinstance(key, rsa.RSAPrivateKey if algorithm == "rsa" else ec.EllipticCurvePrivateKey)


def test_secrets_are_readable_by_their_owner_alone(folder: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {"ca.crt": 0o644, "ca.key": 0o600, "broker.crt": 0o644, "broker.key": 0o600, "revoked.crl": 0o644}
    assert folder.stat().st_mode & 0o077 == 0


def test_what_is_there_stays_and_the_broker_alone_is_renewed(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert certificates.make(folder, ["x.example.cn"], EC, NOW) == []
    assert certificates.make(folder, ["x.example.cn"], EC, NOW, renew=True) == ["broker.crt", "broker.key"]
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"broker.crt", "broker.key"}
    (folder / "ca.key").unlink()
    with pytest.raises(CertificateRefused, match="only one of"):
        certificates.make(folder, ["x.example.cn"], EC, NOW)


def test_a_revoked_certificate_is_on_the_list_and_the_list_holds(folder: Path, tmp_path: Path) -> None:
    authority = Authority(folder)
    ours, theirs = (authority.issue_client(login, EC, NOW) for login in ("acme", "other"))
    (tmp_path / "list").write_bytes(authority.revocation_list([(ours.serial, NOW)], EC, NOW))
    for name, issued, code in (("a", ours, 23), ("b", theirs, 0)):
        (tmp_path / name).write_bytes(issued.certificate)
        done = openssl("verify", "-crl_check", "-CRLfile", tmp_path / "list", "-CAfile", folder / "ca.crt",
                       tmp_path / name)
        assert ("error 23" in done.stderr) == bool(code), done.stderr
    content = (tmp_path / "list").read_bytes()
    assert certificates.revoked_serials(content) == {ours.serial}
    assert not certificates.must_be_renewed(content, EC, NOW + dt.timedelta(days=29))
    assert certificates.must_be_renewed(content, EC, NOW + dt.timedelta(days=31))
    assert certificates.must_be_renewed(b"", EC, NOW)


def request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ingest")])
    return x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM)


def test_a_signing_request_gives_its_key_and_not_its_name(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issued = Authority(folder).issue_client("acme.k2", EC, NOW, request(key))
    assert issued.key is None
    found = x509.load_pem_x509_certificate(issued.certificate)
    assert found.public_key() == key.public_key()
    assert certificates.describe(issued.certificate)[0] == "acme.k2"


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END", b"\x30\x00",
                                     b"\xff" * 99])
def test_what_is_no_signing_request_is_refused_in_a_sentence(folder: Path, content: bytes) -> None:
    with pytest.raises(CertificateRefused, match="signing request"):
        Authority(folder).issue_client("acme", EC, NOW, content)


def test_weak_or_odd_keys_are_refused(folder: Path) -> None:
    for key in (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256K1())):
        with pytest.raises(CertificateRefused, match="must be RSA"):
            Authority(folder).issue_client("acme", EC, NOW, request(key))


@pytest.mark.parametrize("host", ["", "a b", "-a.cn", "a..cn", "*.example.cn", "a/b", "x" * 64 + ".cn", "a.cn\n"])
def test_a_host_that_is_none_is_refused_before_anything_is_written(tmp_path: Path, host: str) -> None:
    with pytest.raises(CertificateRefused, match="neither a host name nor an address"):
        certificates.make(tmp_path / "ca", [host], EC, NOW)
    assert not (tmp_path / "ca").exists()


def test_no_certificate_outlives_its_authority(tmp_path: Path) -> None:
    certificates.make(tmp_path, ["localhost"], Terms("ec", authority_days=10), NOW)
    issued = Authority(tmp_path).issue_client("acme", EC, NOW)
    assert issued.ends_at == NOW + dt.timedelta(days=10)
    with pytest.raises(CertificateRefused, match="make a new one"):
        Authority(tmp_path).issue_client("acme", EC, NOW + dt.timedelta(days=11))


def test_a_key_of_another_authority_is_noticed(folder: Path, tmp_path: Path) -> None:
    certificates.make(tmp_path / "other", ["localhost"], EC, NOW)
    shutil.copy(tmp_path / "other" / "ca.key", folder / "ca.key")
    with pytest.raises(CertificateRefused, match="is not the key of"):
        Authority(folder)
    (folder / "ca.key").write_text("none")
    with pytest.raises(CertificateRefused, match="no private key"):
        Authority(folder)
