"""A local Microsoft Entra ID: it speaks OpenID Connect for two tenants and one app, and lies in its tokens when told to.

It refuses what Entra documents as refused: learn.microsoft.com/entra/identity-platform (v2-protocols-oidc,
v2-oauth2-auth-code-flow, reference-error-codes). It is reached as localhost, so that for a browser it is another site than what
listens on 127.0.0.1.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.platforms.service import Service
from tests.platforms.teams_server import ANNE, BEN, OTHER_TENANT, STRANGER, TENANT, Who

CLIENT_ID = "2c9e0a64-54f1-4f0a-9d0e-6c0b5b1f7e21"
SECRET = "another secret of the app registration"  # noqa: S105  made up
ACCOUNTS = (ANNE, BEN, STRANGER)
# Where private accounts are, for which Microsoft signs with a key of its own.
PRIVATE = "9188040d-6c67-4c5b-b112-36a304b66dad"


@dataclass
class _Granted:
    """What a code stands for."""

    asked: dict[str, str]
    who: Who


class EntraServer(Service):
    """Entra, served from entering to leaving; an app may send people back to `redirect_uri` alone.

    `altered` changes the claims of each token, None takes one out. `signing` is how each is signed: with its `own` key, that of
    another issuer (`private`), one that is not listed (`unknown`), the same under the number of its own (`forged`), not at all
    (`none`), or with the public key as if it were a secret (`hs256`). `key_is_for` is the tenant for which its own key is said to
    sign, "{tenantid}" for each, "" where that is not said. `instead` is answered whatever is asked.
    """

    def __init__(self, redirect_uri: str) -> None:
        self._keys = list(_keys())
        self._redirect_uri = redirect_uri
        self._codes: dict[str, _Granted] = {}
        self._waiting: dict[str, dict[str, str]] = {}
        self.altered: dict[str, Any] = {}
        self.signing = "own"
        self.key_is_for = "{tenantid}"
        self.instead: Response | None = None
        self.secret_has_ended = False
        self.keys_fetched = 0
        self.asked: list[dict[str, str]] = []  # what apps asked for when they sent somebody
        self.redeemed: list[dict[str, str]] = []  # the forms with which they came for a token
        routes = [
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._answering(self._metadata)),
            Route("/{tenant}/discovery/v2.0/keys", self._answering(self._key_set)),
            Route("/{tenant}/oauth2/v2.0/authorize", self._answering(self._authorize)),
            Route("/{tenant}/oauth2/v2.0/token", self._answering(self._token), methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/logout", self._answering(self._signed_out)),
            Route("/pressed", self._answering(self._pressed), methods=["POST"]),
        ]
        super().__init__(routes)

    @property
    def authority(self) -> str:
        return f"http://localhost:{self._port}"

    def rotate(self) -> None:
        """Sign with another key from now on, and withdraw the one before."""
        self._keys[:2] = self._keys[1::-1]

    def sign_in(self, address: str, who: Who | None = ANNE) -> str:
        """Sign in as somebody on the page that an app sent them to, or cancel; return the address to which they are sent back."""
        page = self._client.get(address).raise_for_status().text
        number = page.partition('name="request" value="')[2].partition('"')[0]
        pressed = {"request": number, "who": who.object_id if who else ""}
        return self._client.post(f"{self.authority}/pressed", data=pressed).headers["location"]

    # The answers to browsers.

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        tenant = request.path_params["tenant"]
        wrong = _wrong_with(asked, self._redirect_uri)
        if wrong or tenant not in (TENANT, OTHER_TENANT, "organizations"):
            return HTMLResponse(f"<h1>Sorry, but we’re having trouble signing you in.</h1><p>{wrong}</p>", 400)
        number = secrets.token_hex(8)
        self._waiting[number] = asked
        buttons = [(one.object_id, one.name) for one in ACCOUNTS if tenant in (one.tenant, "organizations")]
        shown = "".join(
            f'<p><button name="who" value="{who}">{escape(name)}</button></p>' for who, name in [*buttons, ("", "Cancel")]
        )
        hidden = f'<input type="hidden" name="request" value="{number}">'
        return HTMLResponse(
            f'<!doctype html><title>Pick an account</title><form method="post" action="/pressed">{hidden}{shown}</form>'
        )

    async def _pressed(self, request: Request) -> Response:
        form = await _form(request)
        asked = self._waiting.pop(form["request"])
        who = next((one for one in ACCOUNTS if one.object_id == form.get("who")), None)
        if who:
            code = secrets.token_urlsafe(32)
            self._codes[code] = _Granted(asked, who)
            told = {"code": code, "state": asked["state"], "session_state": secrets.token_hex(8)}
        else:
            description = "AADSTS65004: User declined to consent to access the app."
            told = {"error": "access_denied", "error_description": description, "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 302)

    async def _signed_out(self, _request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Signed out</title><h1>You signed out of your account</h1>")

    # The answers to apps.

    async def _metadata(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        base = f"{self.authority}/{tenant}"
        return JSONResponse(
            {
                "issuer": f"{self.authority}/{'{tenantid}' if tenant == 'organizations' else tenant}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _key_set(self, _request: Request) -> Response:
        self.keys_fetched += 1
        own, private = _public(self._keys[0]), _public(self._keys[2])
        if self.key_is_for:
            own["issuer"] = f"{self.authority}/{self.key_is_for}/v2.0"
        return JSONResponse({"keys": [own, private | {"issuer": f"{self.authority}/{PRIVATE}/v2.0"}]})

    async def _token(self, request: Request) -> Response:
        form = await _form(request)
        self.redeemed.append(form)
        if request.path_params["tenant"] not in (TENANT, OTHER_TENANT, "organizations"):
            return _error("invalid_request", "AADSTS90002: Tenant not found.")
        if form.get("client_id") != CLIENT_ID:
            return _error("unauthorized_client", "AADSTS700016: the application was not found in the directory.")
        if form.get("client_secret") != SECRET:
            return _error("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        if self.secret_has_ended:
            return _error("invalid_client", "AADSTS7000222: The provided client secret keys are expired.", 401)
        if form.get("grant_type") == "client_credentials":
            return JSONResponse({"token_type": "Bearer", "expires_in": 3599, "access_token": "good for nothing"})
        granted = self._codes.pop(form.get("code", ""), None)
        if granted is None:
            return _error("invalid_grant", "AADSTS54005: OAuth2 Authorization code was already redeemed.")
        if form.get("redirect_uri") != granted.asked["redirect_uri"]:
            return _error("invalid_grant", "AADSTS500112: The reply address does not match.")
        if _challenge(form.get("code_verifier", "")) != granted.asked["code_challenge"]:
            return _error("invalid_grant", "AADSTS501481: The Code_Verifier does not match the code_challenge.")
        return JSONResponse({"token_type": "Bearer", "expires_in": 3599, "id_token": self._id_token(granted)})

    def _id_token(self, granted: _Granted) -> str:
        now, who = int(time.time()), granted.who
        claims = {
            "ver": "2.0",
            "iss": f"{self.authority}/{who.tenant}/v2.0",
            "sub": "a pairwise one",
            "aud": CLIENT_ID,
            "exp": now + 3600,
            "iat": now,
            "nbf": now,
            "name": who.name,
            "preferred_username": f"{who.name.split()[0].lower()}@school.example",
            "oid": who.object_id,
            "tid": who.tenant,
            "nonce": granted.asked["nonce"],
        } | self.altered
        return self._signed({name: value for name, value in claims.items() if value is not None})

    def _signed(self, claims: dict[str, Any]) -> str:
        own, other, private = self._keys
        match self.signing:
            case "none":
                return jwt.encode(claims, "", "none", headers={"kid": _number(own)})
            case "hs256":
                return _by_hand(claims, own)
            case "private":
                return jwt.encode(claims, private, "RS256", headers={"kid": _number(private)})
            case "forged":
                return jwt.encode(claims, other, "RS256", headers={"kid": _number(own)})
            case "unknown":
                return jwt.encode(claims, other, "RS256", headers={"kid": _number(other)})
            case _:
                return jwt.encode(claims, own, "RS256", headers={"kid": _number(own)})

    def _answering(self, answer: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            return self.instead or await answer(request)

        return endpoint


def _wrong_with(asked: dict[str, str], redirect_uri: str) -> str:
    """Return why Entra would not let anybody sign in for an app that asks so, "" where it would."""
    if asked.get("client_id") != CLIENT_ID:
        return "AADSTS700016: the application was not found in the directory."
    if asked.get("redirect_uri") != redirect_uri:
        return "AADSTS50011: The redirect URI does not match those configured for the application."
    wanted = {"response_type": "code", "response_mode": "query", "code_challenge_method": "S256", "prompt": "select_account"}
    if {name: asked.get(name) for name in wanted} != wanted or set(asked.get("scope", "").split()) != {"openid", "profile"}:
        return "AADSTS900144: a parameter is missing or wrong."
    return (
        "" if all(asked.get(name) for name in ("state", "nonce", "code_challenge")) else "AADSTS900144: a parameter is missing."
    )


async def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}


def _error(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


@cache
def _keys() -> tuple[rsa.RSAPrivateKey, ...]:
    """Return the key that signs, the one that is to sign after it, and that for private accounts: made once."""
    return tuple(rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3))


def _public(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    told = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {"kid": _number(key), "use": "sig", "kty": "RSA", "n": told["n"], "e": told["e"]}


def _number(key: rsa.RSAPrivateKey) -> str:
    return hashlib.sha256(str(key.public_key().public_numbers().n).encode()).hexdigest()[:16]


def _challenge(verifier: str) -> str:
    return _base64(hashlib.sha256(verifier.encode()).digest())


def _by_hand(claims: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    """Return a token whose secret is the public key, which PyJWT would not make."""
    header = {"alg": "HS256", "typ": "JWT", "kid": _number(key)}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    secret = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{signed}.{_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
