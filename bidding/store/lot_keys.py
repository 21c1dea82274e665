"""The RSA keys that sign tickets: one a lot, made with the draft, kept where only the office's role may read.

`cryptography` makes and checks them; the raw private operation is `gmpy2.powmod_sec`, constant in time.
"""

from __future__ import annotations

from typing import cast

import gmpy2
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from bidding.store.tables import lot_keys
from ledger.basics.errors import Refusal
from ledger.sealed import blindrsa
from ledger.sealed.tickets import KEY_BITS


def generate() -> RSAPrivateKey:
    """A new ticket key, RSA-3072, e = 65537: a second's work, so not inside a transaction."""
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def put(conn: sa.Connection, tender: str, lot: str, key: RSAPrivateKey) -> None:
    """Gives a lot its ticket key; one that it has stays."""
    if lot in spkis(conn, tender):
        return
    conn.execute(
        sa.insert(lot_keys).values(
            tender=tender,
            lot=lot,
            spki=blindrsa.spki(key).hex(),
            private_key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )
    )


def spkis(conn: sa.Connection, tender: str) -> dict[str, str]:
    """Lot → SPKI (DER, hex) of the keys that were made."""
    rows = conn.execute(sa.select(lot_keys.c.lot, lot_keys.c.spki).where(lot_keys.c.tender == tender))
    return {row.lot: row.spki for row in rows}


def blind_sign(conn: sa.Connection, tender: str, lot: str, blinded: bytes) -> bytes:
    """The blind signature over a blinded message, checked before it leaves; the same message, the same answer.

    Raises `Refusal("lot.unknown")`, `Refusal("sealed.bad_blinded_message")`.
    """
    data = conn.execute(
        sa.select(lot_keys.c.private_key).where(lot_keys.c.tender == tender, lot_keys.c.lot == lot)
    ).scalar_one_or_none()
    if data is None:
        raise Refusal("lot.unknown", lot=lot[:64])
    # The key is our own, and what it gives is checked: testing its primes again costs ten times the signature.
    key = cast(RSAPrivateKey, load_der_private_key(bytes(data), None, unsafe_skip_rsa_key_validation=True))
    return blindrsa.blind_sign(key, blinded, _modexp)


def _modexp(base: int, exponent: int, modulus: int) -> int:
    return int(gmpy2.powmod_sec(base, exponent, modulus))
