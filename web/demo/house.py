"""Everybody before the first tender: platform, institutions, people, set up by their own commands."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.parties import uscc_check_character
from ledger import keyfile
from ledger.basics import signing
from ledger.basics.errors import Refusal
from ledger.basics.ids import system_entropy
from ledger.files import write_atomically
from ledger.institution.platform import Platform
from web.demo.stage import Stage, command, free_ports, wait

CUSTODIANS: Final = 5
QUORUM: Final = 3
WITNESSES: Final = 2
CONTRIBUTORS: Final = 3
ORIGIN: Final = "demo.mingjing.example/log"
INTERVAL_MS: Final = 1_000
GRACE_MS: Final = 20_000
_PROCESSES: Final = ("office", "box", "worker", "live")
_PATIENCE: Final = 60  # seconds
_BETWEEN: Final = 0.2
# Everybody here has one address, so that the institutions' requests may leave no room for a moment.
_AGAIN: Final = frozenset({"http.unreachable", "http.rate", "http.crowded", "http.busy"})

_NAMES: Final = (
    ("公共资源交易中心", "Public resource trading centre"),
    ("市公证处", "City notary office"),
    ("建筑业协会", "Builders' association"),
    ("审计学会", "Auditors' society"),
    ("消费者委员会", "Consumers' council"),
)
# Who acts in the office: folder, role, and whose organisation ("" for the platform's own centre).
_PEOPLE: Final = (("tess", "tenderee"), ("agnes", "agency"), ("sam", "centre"), ("sue", "supervisor"))


@dataclass
class House:
    """The folders, addresses and processes of one demonstration."""

    root: Path
    stage: Stage
    ports: tuple[int, int, int] | None = None
    office: str = ""
    box: str = ""
    live: str = ""
    parties: int = 0
    people: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The platform's configuration."""
        return self.root / "platform" / "platform.toml"

    @property
    def public(self) -> str:
        """Under which address browsers reach the office: by name, as a number is no domain that passkeys belong to."""
        return self.office.replace("127.0.0.1", "localhost")

    @property
    def trust(self) -> Path:
        """The trust file, as it was handed to everybody."""
        return self.root / "trust.json"

    @property
    def phrase(self) -> Path:
        """The institutions' pass phrase: one for all, since this is a demonstration."""
        return self.root / "pass-phrase"

    def person(self, name: str) -> str:
        """A person's folder."""
        return str(self.root / "office" / name)

    def platform(self) -> Platform:
        """What anybody may read."""
        return _Patient(self.office, 30.0)

    def hall(self, tender: str, lot: str) -> str:
        """The address of a lot's opening hall."""
        return f"{self.public}/tenders/{tender}/lots/{lot}/hall"

    def events(self, stream: str) -> list[dict[str, Any]]:
        """A stream's disclosed events."""
        got: Any = self.platform().get_json(f"/api/streams/{stream}")
        return [row["event"] for row in got["events"]]

    def event(self, stream: str, type: str) -> dict[str, Any] | None:
        """The last event of a type in a stream, None if there is none."""
        found = [event for event in self.events(stream) if event["type"] == type]
        return found[-1]["public"] if found else None

    # --- setting up -----------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Platform, institutions, trust file, first people."""
        office, box, live = self.ports or tuple(free_ports(3))
        self.office, self.box, self.live = (f"http://127.0.0.1:{port}" for port in (office, box, live))
        write_atomically(self.phrase, system_entropy(12).hex().encode() + b"\n", 0o600)
        supervisor = X25519PrivateKey.generate()
        write_atomically(
            self.root / "office" / "sue" / "access-log.key",
            supervisor.private_bytes_raw().hex().encode() + b"\n",
            0o600,
        )
        command(
            "platform",
            "init",
            *("--folder", str(self.config.parent), "--origin", ORIGIN, "--demonstration"),
            *("--interval-ms", str(INTERVAL_MS), "--grace-ms", str(GRACE_MS)),
            *("--office-port", str(office), "--box-port", str(box), "--live-port", str(live)),
            *("--office-url", self.public, "--box-url", self.box, "--live-url", self.live, "--poll-ms", "150"),
            *("--challenge-every-s", "20", "--requests-per-minute", "1000000"),
            *("--access-log-key", supervisor.public_key().public_bytes_raw().hex()),
        )
        institutions = self._institutions()
        write_atomically(self.root / "institutions.json", json.dumps(institutions, ensure_ascii=False).encode())
        command(
            "platform", "trust", "--config", str(self.config), "--institutions", str(self.root / "institutions.json")
        )
        write_atomically(self.trust, (self.config.parent / "trust.json").read_bytes())
        for name in [*self.custodians(), *self.contributors()]:
            role = name.rpartition("-")[0]
            command(role, "trust", "--folder", str(self.root / name), str(self.trust))
        self._enrol()

    def custodians(self) -> list[str]:
        """Their ids, which are their folders' names, too."""
        return [f"custodian-{number}" for number in range(1, CUSTODIANS + 1)]

    def contributors(self) -> list[str]:
        """Likewise."""
        return [f"contributor-{number}" for number in range(1, CONTRIBUTORS + 1)]

    def witnesses(self) -> list[str]:
        """Likewise."""
        return [f"witness-{number}" for number in range(1, WITNESSES + 1)]

    def _institutions(self) -> dict[str, Any]:
        key = ("--passphrase-file", str(self.phrase))
        custodians, witnesses, contributors = [], [], []
        for name, (zh, en) in zip(self.custodians(), _NAMES, strict=True):
            said = command("custodian", "init", "--folder", str(self.root / name), "--id", name, *key)
            custodians.append({"id": name, "name": {"zh": zh, "en": en}, "key": _after(said.out, "identity key: ")})
        for name in self.contributors():
            said = command("contributor", "init", "--folder", str(self.root / name), "--id", name, *key)
            contributors.append({"party": name, "key": _after(said.out, "identity key: ")})
        for name in self.witnesses():
            label = f"{name}.mingjing.example"
            said = command("witness", "init", "--folder", str(self.root / name), "--name", label, *key)
            witnesses.append({"name": label, "key": _after(said.out, "verifier key: ")})
        for name, _ in _PEOPLE:
            self.people[name] = command("office", "person-key", "new", "--person", self.person(name)).out.strip()
        return {
            "witnesses": witnesses,
            "witness_threshold": WITNESSES,
            "custodians": custodians,
            "contributors": contributors,
            "cas": [],
            # The person's id is the platform's to give; a trust file names the supervisor as its own holder does.
            "supervisors": [{"person": "sue", "key": self.people["sue"]}],
        }

    def _enrol(self) -> None:
        """The tenderee with its people, the agency, and the centre: nobody is there yet who could register them."""
        parties = []
        for names, zh, en in (
            (("tess",), "市城市建设投资有限公司", "City Construction Investment Ltd"),
            (("agnes",), "诚信招标代理有限公司", "Chengxin Tendering Agency"),
            (("sam", "sue"), "公共资源交易监督管理局", "Trading supervision bureau"),
        ):
            folder = self.root / "office" / f"party-of-{names[0]}"
            keys = [keyfile.create_key(folder / f"{one}.pem") for one in ("seal", "person")]
            roles = dict(_PEOPLE)
            parties.append(
                {
                    "uscc": self.next_code(),
                    "name": {"zh": zh, "en": en},
                    "seal_key": signing.public_bytes(keys[0]).hex(),
                    "person": {"ref": f"ref-{names[0]}", "key": signing.public_bytes(keys[1]).hex()},
                    "holds": [],
                    "people": [{"role": roles[one], "key": self.people[one]} for one in names],
                }
            )
        request = self.root / "office" / "enrol.json"
        write_atomically(request, json.dumps({"parties": parties}, ensure_ascii=False).encode())
        told = json.loads(command("platform", "enrol", "--config", str(self.config), "--request", str(request)).out)
        order = ("tess", "agnes", "sam", "sue")
        registered = [person for party in told for person in party["people"]]
        for name, given in zip(order, registered, strict=True):
            self.ids[name] = given["person"]
            write_atomically(Path(self.person(name)) / "given-token", given["token"].encode() + b"\n", 0o600)

    def sign_in(self) -> None:
        """The people of the office keep address and token."""
        for name, _ in _PEOPLE:
            token = str(Path(self.person(name)) / "given-token")
            command("office", "setup", "--person", self.person(name), "--office", self.office, "--token-file", token)

    def password(self, name: str) -> str:
        """A login for one of the people of the office, under the same name; its password, which is told this once."""
        given = ("--person", self.ids[name], "--name", name)
        return str(json.loads(command("platform", "account", "--config", str(self.config), *given).out)["password"])

    def next_code(self) -> str:
        """A new unified social credit code, with its check character."""
        self.parties += 1
        body = f"91350100MA{self.parties:07d}"
        return body + uscc_check_character(body)

    # --- processes ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts everything, and returns when the platform's own processes are ready."""
        for name in _PROCESSES:
            self.stage.start(name, "serve", name, "--config", str(self.config))
        for name in _PROCESSES:
            process = self.stage.processes[name]
            wait(lambda process=process, name=name: process.said(f"{name} ready"), f"{name} to be ready")  # type: ignore[misc]  # bound now
        log_key = json.loads(self.trust.read_bytes())["log"]["key"]
        for name in self.witnesses():
            self.stage.start(name, *self._run("witness", name, 0.25), "--log-key", log_key)
        for name in self.contributors():
            self.stage.start(name, *self._run("contributor", name, 0.7))
        for name in self.custodians():
            self.stage.start(name, *self._run("custodian", name, 0.5))

    def _run(self, role: str, name: str, interval: float) -> list[str]:
        return [
            *(role, "run", "--folder", str(self.root / name), "--passphrase-file", str(self.phrase)),
            *("--platform", self.office, "--interval", str(interval)),
        ]


class _Patient(Platform):
    """A platform whose processes may be down, or busy, for a moment."""

    def get(self, path: str, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
        """As `Platform.get`, again until the platform is reached and has room."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return super().get(path, limit, headers)
            except Refusal as why:
                if why.code not in _AGAIN or time.monotonic() > until:
                    raise
            time.sleep(_BETWEEN)


def _after(text: str, label: str) -> str:
    """What follows a label in a command's output, to the end of its line."""
    return text.partition(label)[2].partition("\n")[0].strip()
