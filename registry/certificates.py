"""A private certificate authority for cities that have none: the broker's certificate, vendors' certificates, CRL.

What old devices can do decides the algorithms: RSA (2048 bits by policy) signed with SHA-256 is what every TLS 1.2
stack takes; ``ec`` is P-256 with SHA-256, which is lighter for small processors and beyond some modem firmware. Serial
numbers have 159 random bits (RFC 5280 allows 20 octets).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from registry.errors import RegistryError
from registry.private_files import make_private_folder, read_file, write_private

AUTHORITY, AUTHORITY_KEY = "ca.crt", "ca.key"
BROKER, BROKER_KEY = "broker.crt", "broker.key"
REVOKED: Final = "revoked.crl"
ALGORITHMS: Final = ("rsa", "ec")
#: A device's clock may be slow, and a panel without battery wakes up at midnight.
_BEFORE: Final = dt.timedelta(days=1)
_LONGEST_HOST: Final = 253
_LEAST_RSA: Final = 2048


class CertificateRefused(RegistryError):
    """A certificate, a key or a signing request can't be used or made."""


@dataclass(frozen=True)
class Terms:
    """``algorithm`` is rsa or ec; the days are how long each kind of certificate holds."""

    algorithm: str = "rsa"
    rsa_bits: int = 2048
    authority_days: int = 7300
    broker_days: int = 825
    client_days: int = 1095
    revocation_list_days: int = 90


@dataclass(frozen=True)
class Issued:
    """A certificate in PEM with its ``serial`` (hex) and end; ``key`` in PEM where it was made here."""

    certificate: bytes
    serial: str
    ends_at: dt.datetime
    key: bytes | None


class Authority:
    """The certificate and the key that sign, from a folder that :func:`make` has filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = _certificate(read_file(folder / AUTHORITY, "the certificate of the authority"))
        content = read_file(folder / AUTHORITY_KEY, "the key of the authority")
        try:
            key = serialization.load_pem_private_key(content, None)
        except (ValueError, TypeError):
            raise CertificateRefused(f"{folder / AUTHORITY_KEY} is no private key in PEM without a password") from None
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise CertificateRefused(f"{folder / AUTHORITY_KEY} is neither an RSA nor an EC key")
        if _public(key.public_key()) != _public(self.certificate.public_key()):
            raise CertificateRefused(f"{folder / AUTHORITY_KEY} is not the key of {folder / AUTHORITY}")
        self._key: CertificateIssuerPrivateKeyTypes = key

    def issue_broker(self, hosts: Sequence[str], terms: Terms, now: dt.datetime) -> Issued:
        """A certificate for the names and addresses under which devices reach the broker."""
        if not hosts:
            raise CertificateRefused("name at least one host: devices check that the certificate is for it")
        names = [_host(host) for host in hosts]
        key = _new_key(terms)
        builder = self._builder(hosts[0][:64], key.public_key(), terms.broker_days, now).add_extension(
            x509.SubjectAlternativeName(names), critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        return self._signed(builder, _pem(key))

    def issue_client(self, login: str, terms: Terms, now: dt.datetime, request: bytes | None = None) -> Issued:
        """A certificate whose common name is ``login``.

        With a signing ``request`` (PEM or DER) the vendor keeps its key to itself; what the request says of names is
        not looked at, since only we say who somebody is.
        """
        private: bytes | None = None
        if request is None:
            key = _new_key(terms)
            private, public = _pem(key), key.public_key()
        else:
            public = _requested_key(request)
        builder = self._builder(login, public, terms.client_days, now).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        return self._signed(builder, private)

    def revocation_list(self, revoked: Iterable[tuple[str, dt.datetime]], terms: Terms, now: dt.datetime) -> bytes:
        """A list (PEM) of revoked serials with the moment of each; it holds ``revocation_list_days``."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject).last_update(
            now).next_update(now + dt.timedelta(days=terms.revocation_list_days)).add_extension(
            x509.CRLNumber(int(now.timestamp())), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_issuer(self._key)), critical=False)
        for serial, moment in revoked:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(
                int(serial, 16)).revocation_date(moment).build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _builder(self, name: str, public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, days: int,
                 now: dt.datetime) -> x509.CertificateBuilder:
        ends = min(now + dt.timedelta(days=days), self.certificate.not_valid_after_utc)
        if ends <= now:
            raise CertificateRefused(f"the authority in {self.folder} ended on "
                                     f"{self.certificate.not_valid_after_utc:%Y-%m-%d}: make a new one")
        return x509.CertificateBuilder().subject_name(_name(name)).issuer_name(
            self.certificate.subject).public_key(public).serial_number(x509.random_serial_number()).not_valid_before(
            now - _BEFORE).not_valid_after(ends).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True).add_extension(
            _usage(signs=False, enciphers=isinstance(public, rsa.RSAPublicKey)), critical=True).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_issuer(self._key)), critical=False)

    def _signed(self, builder: x509.CertificateBuilder, private: bytes | None) -> Issued:
        made = builder.sign(self._key, hashes.SHA256())
        return Issued(made.public_bytes(serialization.Encoding.PEM), f"{made.serial_number:X}",
                      made.not_valid_after_utc, private)


def make(folder: Path, hosts: Sequence[str], terms: Terms, now: dt.datetime, *, renew: bool = False) -> list[str]:
    """Fill ``folder`` with an authority, a broker certificate for ``hosts`` and an empty list of revoked ones.

    What is there stays: devices carry the authority's certificate for years. ``renew`` makes a new certificate for the
    broker under the same authority. Returns the names of the files written.
    """
    if terms.algorithm not in ALGORITHMS:
        raise CertificateRefused(f"the algorithm is {' or '.join(ALGORITHMS)}, not {terms.algorithm[:20]!r}")
    names = [_host(host) for host in hosts]  # before anything is written
    make_private_folder(folder)
    written = []
    there = (folder / AUTHORITY).exists(), (folder / AUTHORITY_KEY).exists()
    if any(there) and not all(there):
        raise CertificateRefused(f"{folder} has only one of {AUTHORITY} and {AUTHORITY_KEY}: put the other one back, "
                                 "or take an empty folder")
    if not any(there):
        key = _new_key(terms)
        write_private(folder / AUTHORITY_KEY, _pem(key))
        write_private(folder / AUTHORITY, _authority(key, terms, now), mode=0o644)
        written += [AUTHORITY, AUTHORITY_KEY]
    authority = Authority(folder)
    if renew or not (folder / BROKER).exists():
        if not names:
            raise CertificateRefused("name at least one host: devices check that the certificate is for it")
        issued = authority.issue_broker(hosts, terms, now)
        write_private(folder / BROKER_KEY, issued.key or b"")
        write_private(folder / BROKER, issued.certificate, mode=0o644)
        written += [BROKER, BROKER_KEY]
    if not (folder / REVOKED).exists():
        write_private(folder / REVOKED, authority.revocation_list((), terms, now), mode=0o644)
        written.append(REVOKED)
    return written


def revoked_serials(content: bytes) -> set[str]:
    """The serials (hex) that a revocation list names."""
    return {f"{one.serial_number:X}" for one in x509.load_pem_x509_crl(content)}


def must_be_renewed(content: bytes, terms: Terms, now: dt.datetime) -> bool:
    """Whether a revocation list has used up a third of its time, or can't be read."""
    try:
        return x509.load_pem_x509_crl(content).last_update_utc + dt.timedelta(
            days=terms.revocation_list_days / 3) <= now
    except ValueError:
        return True


def describe(content: bytes) -> tuple[str, str, dt.datetime]:
    """The common name, the serial (hex) and the end of a certificate."""
    found = _certificate(content)
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else "", f"{found.serial_number:X}", found.not_valid_after_utc


def _authority(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, terms: Terms, now: dt.datetime) -> bytes:
    name = _name(f"Huoyan private CA {now:%Y-%m-%d}")
    return x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(
        x509.random_serial_number()).not_valid_before(now - _BEFORE).not_valid_after(
        now + dt.timedelta(days=terms.authority_days)).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(
        _usage(signs=True, enciphers=False), critical=True).add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False).sign(
        key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _new_key(terms: Terms) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    if terms.algorithm == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=terms.rsa_bits)


def _requested_key(content: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    try:
        is_text = content.lstrip().startswith(b"-----BEGIN")
        request = x509.load_pem_x509_csr(content) if is_text else x509.load_der_x509_csr(content)
        is_signed = request.is_signature_valid
        public = request.public_key()
    except Exception:  # the library raises many kinds for what a stranger sends
        raise CertificateRefused("the file is no certificate signing request (PKCS #10)") from None
    if not is_signed:
        raise CertificateRefused("the signing request is not signed by its own key")
    if isinstance(public, rsa.RSAPublicKey) and _LEAST_RSA <= public.key_size <= 8192:
        return public
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in ("secp256r1", "secp384r1"):
        return public
    raise CertificateRefused(f"the key of the signing request must be RSA of {_LEAST_RSA} to 8192 bits, P-256 or P-384")


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        ascii_name = host.encode("idna").decode()
    except UnicodeError:
        ascii_name = ""
    labels = ascii_name.split(".")
    fine = 0 < len(ascii_name) <= _LONGEST_HOST and all(
        label and not label.startswith("-") and not label.endswith("-") and label.replace("-", "").isalnum()
        for label in labels)
    if not fine:
        raise CertificateRefused(f"{host[:80]!r} is neither a host name nor an address")
    return x509.DNSName(ascii_name)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool, enciphers: bool) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature=not signs, key_encipherment=enciphers, key_cert_sign=signs, crl_sign=signs,
                         content_commitment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                         decipher_only=False)


def _certificate(content: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError:
        raise CertificateRefused("the file is no certificate in PEM") from None


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    # The traditional form: firmware of devices often knows no other.
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                             serialization.NoEncryption())


def _issuer(key: CertificateIssuerPrivateKeyTypes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    public = key.public_key()
    if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise CertificateRefused("an authority signs with RSA or EC")
    return public


def _public(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise CertificateRefused("an authority signs with RSA or EC")
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
