"""The ceremonies of WebAuthn: making a passkey, signing in with one; discoverable, and the person is verified."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ledger.basics.canonical import Json, members
from ledger.basics.errors import Refusal
from web.account import origin

_TIMEOUT_MS: Final = 300_000
_PARTS: Final = {
    "create": "clientDataJSON attestationObject",
    "get": "clientDataJSON authenticatorData signature userHandle",
}
_MAX: Final = 32 * 1024


@dataclass(frozen=True)
class Party:
    """Who asks for passkeys (the "relying party"): the public address of the office, and what people call it."""

    public: str
    name: str

    @property
    def id(self) -> str:
        """The domain that passkeys belong to; `Refusal("passkey.no_domain")` where the address has none."""
        found = origin.rp_id(self.public)
        if not found:
            raise Refusal("passkey.no_domain")
        return found


@dataclass(frozen=True)
class Made:
    """A new passkey: its id, public key (COSE) and counter."""

    credential: bytes
    public_key: bytes
    sign_count: int


def creation(party: Party, login: str, name: str, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
    """The options of `navigator.credentials.create`, as JSON; `known`: the login's passkeys, not to be made twice."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=login.encode("ascii"),
        user_name=name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return cast(dict[str, Any], json.loads(webauthn.options_to_json(options)))


def request(party: Party, challenge: bytes) -> dict[str, Any]:
    """The options of `navigator.credentials.get`, as JSON: any passkey of this domain."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return cast(dict[str, Any], json.loads(webauthn.options_to_json(options)))


def parse(value: Json, kind: str) -> dict[str, Any]:
    """A credential as our script sends it, `{id, response: {…}}` in base64url; `Refusal("passkey.refused")`."""
    try:
        got = members(value, "id response")
        response = members(got["response"], _PARTS[kind])
    except Refusal as why:
        raise Refusal("passkey.refused") from why
    for one in (got["id"], *response.values()):
        if not isinstance(one, str) or len(one) > _MAX:
            raise Refusal("passkey.refused")
    return {"id": got["id"], "rawId": got["id"], "type": "public-key", "response": dict(response)}


def challenge_of(credential: dict[str, Any]) -> bytes:
    """The challenge that a credential answers; `Refusal("passkey.refused")` where it can't be read."""
    try:
        data = json.loads(unbase64(credential["response"]["clientDataJSON"]))
        return unbase64(str(data["challenge"]))
    except (ValueError, KeyError, TypeError) as exc:
        raise Refusal("passkey.refused") from exc


def made(party: Party, credential: dict[str, Any], challenge: bytes) -> Made:
    """The passkey that a browser made; `Refusal("passkey.refused")` where anything about it is not right."""
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.public,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as exc:
        raise Refusal("passkey.refused") from exc
    return Made(found.credential_id, found.credential_public_key, found.sign_count)


def opened(party: Party, credential: dict[str, Any], challenge: bytes, public_key: bytes, count: int) -> int:
    """The passkey's new counter, if it signed the challenge; `Refusal("passkey.refused")`."""
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.public,
            credential_public_key=public_key,
            credential_current_sign_count=count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as exc:
        raise Refusal("passkey.refused") from exc
    return found.new_sign_count


def base64url(data: bytes) -> str:
    """Bytes as unpadded base64url."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def unbase64(text: str) -> bytes:
    """The bytes of unpadded base64url; ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as exc:
        raise ValueError("no base64url") from exc
