"""Sign-in with Microsoft Entra ID: policybot as a relying party of OpenID Connect, by authorization code, PKCE and a secret.

Somebody is known by the tenant (`tid`) and the object id (`oid`) together, which no other account ever gets. An e-mail address,
`preferred_username`, `upn` or name is never compared: each can be changed, and given to somebody else later.
learn.microsoft.com/entra/identity-platform/id-token-claims-reference and .../claims-validation
"""

import base64
import hashlib
import logging
import re
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, Self, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import httpx
import jwt
import msgspec
from msgspec import Struct

from bot.configuration import Entra
from bot.errors import BotError

SECONDS = 10.0
# Microsoft's clock and this machine's may be so far apart.
LEEWAY = 60  # seconds
# A key that Microsoft has withdrawn is taken for no longer than this.
KEYS_KEPT = 300.0  # seconds
# Where Microsoft finds out itself of which tenant somebody is: of any, but never a private account.
ANY_TENANT = "organizations"
CALLBACK = "/sign-in/microsoft/callback"

AWAY = "Microsoft cannot be reached at the moment: try again in a minute, or write /desk to me for a link."
NOT_TAKEN = (
    "Microsoft does not let policybot sign anybody in at the moment: ask whoever looks after policybot to run policybot doctor, "
    "and write /desk to me for a link."
)
STOPPED = "Microsoft has not signed you in: sign in again, or write /desk to me for a link."
USED = "That sign-in was used already, or it took too long: sign in again."
OTHER_TENANT = "That account is of no organisation whose schools are here: sign in with the account that your school gave you."
NOT_VERIFIED = "What Microsoft sent could not be verified, so nobody is signed in: sign in again."

_log = logging.getLogger("policybot")
Kind = TypeVar("Kind")


class SignInError(BotError):
    """Nobody has signed in, or nobody of a tenant that is let in; `status` is that of the answer, by HTTP."""

    status = HTTPStatus.FORBIDDEN


class AwayError(SignInError):
    """Microsoft cannot be asked at the moment, or does not take policybot's registration."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Registration:
    """policybot as it is registered with Entra; `tenants` are those let in, each with the schools whose staff it holds."""

    client_id: str
    client_secret: str = field(repr=False)
    tenants: Mapping[str, tuple[str, ...]]
    authority: str
    redirect_uri: str

    @property
    def signs_in_at(self) -> str:
        """The one tenant; with several, whichever somebody is of."""
        return next(iter(self.tenants)) if len(self.tenants) == 1 else ANY_TENANT


def registration_of(entra: Entra, public_url: str) -> Registration:
    """Return the registration that is configured."""
    return Registration(
        client_id=entra.client_id,
        client_secret=entra.client_secret.get_secret_value(),
        tenants={tenant: tuple(found.schools) for tenant, found in entra.tenants.items()},
        authority=entra.authority,
        redirect_uri=f"{public_url}{CALLBACK}",
    )


class Attempt(Struct, frozen=True):
    """One sign-in, from its beginning until Microsoft sends the person back; all three are new for each.

    `state` shows that the browser that comes back is the one that began, `nonce` that the token was made for this sign-in, and
    `verifier` (PKCE) that whoever has the code began it.
    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Self:
        """Return another one."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


class Identity(Struct, frozen=True):
    """An account of a tenant; `shown` is its name as Microsoft shows it to its owner, for their eyes alone."""

    tenant: str
    object_id: str
    shown: str

    @property
    def account(self) -> str:
        """How the store knows them: as somebody on Teams, since there the same person has the same two ids."""
        return f"{self.tenant}/{self.object_id}"


class Metadata(Struct, frozen=True):
    """Where Microsoft does what, for a tenant or for any."""

    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str
    jwks_uri: str


class KeySet(Struct, frozen=True):
    """A tenant's keys, by RFC 7517."""

    keys: list[dict[str, Any]]


class _Answer(Struct, frozen=True):
    id_token: str = ""
    error: str = ""
    error_description: str = ""


class _Claims(Struct, frozen=True):
    oid: UUID
    nonce: str
    preferred_username: str = ""
    name: str = ""


def fetch_metadata(registration: Registration, tenant: str) -> Metadata:
    """Return what Microsoft tells of itself for a tenant. Raises httpx.HTTPError and msgspec.DecodeError."""
    return _fetched(f"{registration.authority}/{tenant}/v2.0/.well-known/openid-configuration", Metadata)


def fetch_keys(metadata: Metadata) -> list[dict[str, Any]]:
    """Return a tenant's keys. Raises as `fetch_metadata`."""
    return _fetched(metadata.jwks_uri, KeySet).keys


def _fetched(url: str, kind: type[Kind]) -> Kind:
    return msgspec.json.decode(httpx.get(url, timeout=SECONDS, verify=_trusted()).raise_for_status().content, type=kind)


@cache
def _trusted() -> SSLContext:
    """Return whose certificates are trusted, which takes longer to read than Microsoft to answer."""
    return httpx.create_ssl_context()


class RelyingParty:
    """Asks Microsoft who somebody is; it waits for the answers, so that it belongs in a thread.

    Microsoft is the one server that it sends anybody to, so that no answer can be taken for another server's.
    """

    def __init__(self, registration: Registration) -> None:
        """Keep the registration; nothing is asked of Microsoft yet."""
        self._registration = registration
        self._metadata: dict[str, Metadata] = {}
        self._keys: dict[str, _Keys] = {}

    def schools_of(self, tenant: str) -> tuple[str, ...]:
        """Return the schools whose staff a tenant holds."""
        return self._registration.tenants.get(tenant, ())

    def authorization_url(self, attempt: Attempt) -> str:
        """Return where somebody signs in, and lets Microsoft tell us who they are. Raises AwayError."""
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "client_id": self._registration.client_id,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": self._registration.redirect_uri,
            "scope": "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            # On a computer that several use, whoever signed in last is not taken without asking.
            "prompt": "select_account",
        }
        return f"{self._told(self._registration.signs_in_at).authorization_endpoint}?{urlencode(asked)}"

    def sign_out_url(self) -> str:
        """Return where somebody signs out of Microsoft itself. Raises AwayError."""
        return self._told(self._registration.signs_in_at).end_session_endpoint

    def identify(self, answer: Mapping[str, str], attempt: Attempt) -> Identity:
        """Return who has signed in, by the parameters with which Microsoft sends them back; their code is used up.

        Raises SignInError.
        """
        if "code" not in answer:
            reason = _reason(answer.get("error_description", ""))
            _log.warning("Microsoft sends somebody back who has not signed in", extra={"code": reason})
            raise SignInError(STOPPED)
        token = self._redeemed(answer["code"], attempt.verifier)
        try:
            return self._verified(token, attempt.nonce)
        except (jwt.PyJWTError, msgspec.ValidationError) as error:
            _log.warning("A sign-in with Microsoft is refused", exc_info=True)
            raise SignInError(NOT_VERIFIED) from error

    def _told(self, tenant: str) -> Metadata:
        if tenant not in self._metadata:
            try:
                self._metadata[tenant] = fetch_metadata(self._registration, tenant)
            except (httpx.HTTPError, msgspec.DecodeError) as error:
                raise _away(error) from error
        return self._metadata[tenant]

    def _redeemed(self, code: str, verifier: str) -> str:
        """Return the ID token that Microsoft gives for a code."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self._registration.client_id,
            "client_secret": self._registration.client_secret,
            "redirect_uri": self._registration.redirect_uri,
            "code": code,
            "code_verifier": verifier,
        }
        try:
            url = self._told(self._registration.signs_in_at).token_endpoint
            response = httpx.post(url, data=form, timeout=SECONDS, verify=_trusted())
            answer = msgspec.json.decode(response.content, type=_Answer)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise _away(error) from error
        if response.is_success:
            return answer.id_token
        _log.warning("Microsoft gives no ID token", extra={"code": _reason(answer.error_description)})
        if response.is_server_error:
            raise AwayError(AWAY)
        if answer.error == "invalid_grant":
            raise SignInError(USED)
        raise AwayError(NOT_TAKEN)

    def _verified(self, token: str, nonce: str) -> Identity:
        """Return whom an ID token is of. Raises SignInError, jwt.PyJWTError and msgspec.ValidationError."""
        unverified = jwt.decode_complete(token, options={"verify_signature": False})
        tenant = str(unverified["payload"].get("tid")).lower()
        if tenant not in self._registration.tenants:
            raise SignInError(OTHER_TENANT)
        if tenant not in self._keys:
            self._keys[tenant] = _Keys(self._told(tenant), {self._issuer(tenant), self._issuer("{tenantid}")})
        payload = jwt.decode(
            token,
            self._keys[tenant].of(unverified["header"].get("kid")),
            algorithms=["RS256"],
            audience=self._registration.client_id,
            issuer=self._issuer(tenant),
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "exp", "iat", "nonce", "tid", "oid"], "strict_aud": True},
        )
        claims = msgspec.convert(payload, _Claims)
        if claims.nonce != nonce:
            raise jwt.InvalidTokenError("it was made for another sign-in")
        return Identity(tenant, str(claims.oid), claims.preferred_username or claims.name)

    def _issuer(self, tenant: str) -> str:
        return f"{self._registration.authority}/{tenant}/v2.0"


class _Keys:
    """The keys that sign for these `issuers`; they are fetched anew when one is shown that is not among them."""

    def __init__(self, metadata: Metadata, issuers: Collection[str]) -> None:
        self._metadata = metadata
        self._issuers = issuers
        self._of: dict[str, jwt.PyJWK] = {}
        self._until = 0.0

    def of(self, number: str | None) -> jwt.PyJWK:
        """Return the key of this number. Raises jwt.InvalidKeyError where there is none, and AwayError."""
        if number not in self._of or time.monotonic() >= self._until:
            self._fetch()
        if number is None or number not in self._of:
            raise jwt.InvalidKeyError("it is signed with no key of its tenant")
        return self._of[number]

    def _fetch(self) -> None:
        try:
            keys = fetch_keys(self._metadata)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise _away(error) from error
        # Microsoft lists keys too that sign for others alone, and says of each for whom.
        # learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signing-key-issuer
        own = [key for key in keys if key.get("kty") == "RSA" and ("issuer" not in key or key["issuer"] in self._issuers)]
        self._of = {key["kid"]: jwt.PyJWK(key, "RS256") for key in own if "kid" in key}
        self._until = time.monotonic() + KEYS_KEPT


def _reason(description: str) -> str:
    """Return the number of Microsoft's reason; the rest of what it says may name the person."""
    number = re.match(r"AADSTS\d+", description)
    return number[0] if number else "it does not say why"


def _away(error: Exception) -> AwayError:
    _log.warning("Microsoft cannot be asked who signs in", exc_info=error)
    return AwayError(AWAY)
