"""The bidders of the demonstration, each with a folder of its own, doing their job by the commands of `mingjing`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidding.submission import PARTS, Submission
from ledger.basics import signing
from ledger.basics.canonical import canonical
from ledger.basics.hashing import u8
from ledger.basics.ids import system_entropy
from ledger.files import write_atomically
from ledger.sealed import hpke, shamir, tickets
from ledger.sealed.seal import context, derive
from web.cli.bid import sealing
from web.cli.bid.home import Home
from web.cli.bid.job import Job
from web.demo.house import House
from web.demo.stage import Ran, command


@dataclass(frozen=True)
class Bidder:
    """One organisation. `zh`, `en`: its name."""

    house: House
    number: int
    zh: str
    en: str
    uscc: str
    party: str

    @property
    def home(self) -> str:
        """Its folder."""
        return str(self.house.root / "bidders" / str(self.number))

    def run(self, name: str, *args: str, expect: int = 0) -> Ran:
        """One of its commands."""
        return self.house.stage.command(name, *args, "--home", self.home, expect=expect)

    def job(self) -> Job:
        """Its folder at work, for what no command does."""
        return Job(Home(Path(self.home)))

    def bid_key(self, tender: str, lot: str) -> str:
        """Its bid key in a lot, hex."""
        return signing.public_bytes(tickets.bid_key(Home(Path(self.home)).secret(), tender, lot)).hex()

    # --- the usual way --------------------------------------------------------------------------------------------

    def prepare(
        self,
        tender: str,
        lot: str,
        answers: Mapping[str, str],
        files: Sequence[Path] = (),
        partners: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Fills the bid in."""
        given = [one for name, value in answers.items() for one in ("--set", f"{name}={value}")]
        given += [one for path in files for one in ("--file", _file(path))]
        given += [one for code, share in partners for one in ("--partner", f"{code}:{share}")]
        self.run("fill", tender, lot, *given)

    def bid(self, tender: str, lot: str, answers: Mapping[str, str], files: Sequence[Path] = ()) -> None:
        """Fill, sign, seal, submit."""
        self.prepare(tender, lot, answers, files)
        for step in ("sign", "seal", "submit"):
            self.run(step, tender, lot)

    # --- what a bidder's own command refuses to do ------------------------------------------------------------------

    def seal_unsigned(self, tender: str, lot: str) -> None:
        """Seals a bid that its person in charge never signed, as a client of somebody else's making might."""
        job = self.job()
        draft = job.draft(tender, lot)
        job.sign(draft)
        job.sign_own(draft)
        (entry,) = sealing.entries(draft, job.reader.party)
        forged = {**entry, "person": {**_dict(entry["person"]), "signature": "00" * 64}}
        sealing.seal(draft, job.known(tender), job.bidder, job.home.ticket(tender, lot), [forged])

    def seal_spoilt(self, tender: str, lot: str) -> None:
        """Seals the signed bid, then makes one capsule anew that its custodian opens, but that nobody can make again.

        Whoever looks at it with whichever t shares finds the same: the seal is not what its secret gives.
        """
        job, drawn = self.job(), list[bytes]()

        def entropy(length: int) -> bytes:
            drawn.append(system_entropy(length))
            return drawn[-1]

        draft, known = job.draft(tender, lot), job.known(tender)
        signed = sealing.entries(draft, job.reader.party)
        sealed = sealing.seal(draft, known, job.bidder, job.home.ticket(tender, lot), signed, entropy=entropy)
        secret, keyset = drawn[0], known.lot(lot).keyset("identity")
        obj = json.loads(canonical(sealed.submission.envelope["object"]))
        ctx = context(keyset.kid, bytes.fromhex(obj["bid_key"]), bytes.fromhex(obj["seals"]["identity"]["n16"]))
        share = shamir.share(secret, [derive(secret, ctx, f"coef{j}") for j in range(1, keyset.t)], 1)
        capsule = hpke.seal(
            keyset.keys[0], b"mingjing/capsule/v1\0" + ctx + u8(1), share, hpke.derive_key_pair(system_entropy(32))
        )
        obj["seals"]["identity"]["capsules"][0] = capsule.hex()
        spoilt = Submission.parse(signing.sign("submission", obj, tickets.bid_key(job.home.secret(), tender, lot)))
        write_atomically(sealed.folder / sealing.SUBMISSION, canonical(spoilt.envelope) + b"\n")

    def ciphertexts(self, tender: str, lot: str) -> dict[tuple[str, str], str]:
        """(part, kind) → SHA-256 of what the sealed bid consists of."""
        job = self.job()
        contents = sealing.load(job.draft(tender, lot)).submission.contents()
        return {(part, kind): content.sha256.hex() for part, kind, content in contents if part in PARTS}

    def status(self) -> Any:  # noqa: ANN401 - JSON
        """What `status --json` says."""
        return json.loads(self.run("status", "--json").out)


def register(house: House, number: int, zh: str, en: str) -> Bidder:
    """An organisation makes its secret and keys, the centre registers it, and it says where the platform is."""
    home = house.root / "bidders" / str(number)
    command("secret", "new", "--home", str(home))
    keys = home / "public-keys.json"
    write_atomically(keys, command("keys", "--home", str(home)).out.encode())
    uscc = house.next_code()
    told = json.loads(
        command(
            *("office", "add-party", "--person", house.person("sam"), "--uscc", uscc, "--keys", str(keys)),
            *("--name-zh", zh, "--name-en", en, "--person-ref", f"ref-{number}"),
        ).out
    )
    token = home / "given-token"
    write_atomically(token, told["token"].encode() + b"\n", 0o600)
    command(
        *("setup", "--home", str(home), "--office", house.office, "--box", house.box, "--party", told["party"]),
        *("--token-file", str(token), "--trust", str(house.trust)),
    )
    return Bidder(house, number, zh, en, uscc, told["party"])


def _file(path: Path) -> str:
    return f"identity:{path}" if path.name.startswith("agreement") else f"offer:{path}"


def _dict(value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return dict(value)
