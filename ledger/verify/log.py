"""The log's claims: what stands in the bundle stands in a tree that the log signed and others saw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, cast

from ledger import checkpoint, events, merkle
from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.checkpoint import Checkpoint, Note
from ledger.claims import Failure, Finding, NotApplicable, Remark, claim
from ledger.trust import Trust
from ledger.verify.evidence import Evidence

# How far a platform's clock may be ahead of the witnesses' when it writes an event.
SKEW: Final = timedelta(minutes=2)
LOG: Final = "log"
BOX: Final = "box"

_REGISTRY: Final = re.compile(r"(?:party|person)/[^/]+\Z")


@claim(
    "bundle.intact",
    article="docs/formats/bundle.md",
    zh="证据包完整：每个文件都在清单里、哈希相符、写法唯一，没有多余的文件",
    en="the bundle is whole: every file is listed, has its hash and its one spelling, and there is no other",
)
def intact(evidence: Evidence) -> Iterator[Finding]:
    """Everything the reader noted."""
    yield from evidence.contents.problems


@claim(
    "log.trusted",
    article="docs/formats/trust.md",
    zh="日志、投标箱和各机构的公钥与您自己的信任文件一致",
    en="the keys of the log, the box and the institutions are those of your own trust file",
)
def trusted(evidence: Evidence) -> Iterator[Finding]:
    """What the bundle tells of keys must stand in the trust file; the log's first event names the same keys."""
    if not evidence.known:
        raise NotApplicable("trust.none", fingerprint=evidence.told.fingerprint)
    own, told = evidence.trust, evidence.told
    yield from _told(own, told)
    opened = evidence.seen(LOG)
    if not opened or opened[0].event.type != "log.opened":
        yield Failure("log.not_opened")
        return
    public = opened[0].event.public
    wanted = {"origin": own.policy.log.name, "log_key": own.policy.log.text, "box_key": own.box_key}
    for name, value in wanted.items():
        if public.get(name) != value:
            yield Failure("trust.other_key", {"what": name})


def _told(own: Trust, told: Trust) -> Iterator[Finding]:
    if told.policy.log != own.policy.log:
        yield Failure("trust.other_key", {"what": "log"})
    if told.box_key != own.box_key:
        yield Failure("trust.other_key", {"what": "box_key"})
    if told.policy.threshold != own.policy.threshold:
        yield Failure("trust.other_key", {"what": "witness_threshold"})
    if not set(told.policy.witnesses) <= set(own.policy.witnesses):
        yield Failure("trust.other_key", {"what": "witnesses"})
    for what, theirs, ours in (
        ("custodians", told.custodians, own.custodians),
        ("contributors", told.contributors, own.contributors),
        ("supervisors", told.supervisors, own.supervisors),
    ):
        if any(cast(Any, ours).get(name) != value for name, value in theirs.items()):
            yield Failure("trust.other_key", {"what": what})
    if not set(told.cas) <= set(own.cas):
        yield Failure("trust.other_key", {"what": "cas"})
    if told.fingerprint != own.fingerprint:
        yield Remark("trust.differs", {"own": own.fingerprint, "told": told.fingerprint})


@claim(
    "log.roots",
    article="RFC 6962 §2.1",
    zh="由证据包里的条目重新算出的树根与每个检查点一致",
    en="the entries in the bundle give the root of every checkpoint",
)
def roots(evidence: Evidence) -> Iterator[Finding]:
    """Every checkpoint's size lies in the bundle and its root is the tree's; the last one covers it all."""
    size = 0
    for size, note in sorted(evidence.bundle.notes.items()):
        head = Checkpoint.parse_body(checkpoint.parse_note(note).body)
        if head.size != size or not evidence.bundle.edge.size < size <= evidence.bundle.size:
            yield Failure("checkpoint.outside", {"size": size})
        elif evidence.tree.root(size) != head.root:
            yield Failure("checkpoint.other_root", {"size": size})
    if size != evidence.bundle.size:
        yield Failure("checkpoint.not_to_the_end", {"size": evidence.bundle.size, "found": size})


@claim(
    "log.signed",
    article="C2SP tlog-checkpoint",
    zh="每个检查点都由日志签名，且只有已知密钥的签名",
    en="every checkpoint is signed by the log, and by nobody unknown",
)
def signed(evidence: Evidence) -> Iterator[Finding]:
    """The log's signature holds on every note; no signature line is by a key that the trust file has not."""
    policy = evidence.trust.policy
    known = {(key.name, key.id) for key in (policy.log, *policy.witnesses)}
    for size, data in sorted(evidence.bundle.notes.items()):
        note = checkpoint.parse_note(data)
        try:
            if not evidence.holds(size):
                checkpoint.check_log(note, policy.log)
        except Refusal as why:
            yield Failure("checkpoint.not_signed", {"size": size, "why": why.code})
        lines = [(one.name, one.key_id) for one in note.signatures]
        if not set(lines) <= known:
            yield Failure("checkpoint.unknown_signature", {"size": size})
        if len(set(lines)) != len(lines):
            yield Failure("checkpoint.signed_twice", {"size": size})


@claim(
    "log.witnessed",
    article="C2SP tlog-cosignature",
    zh="每个检查点都有信任文件要求数量的见证人联署",
    en="every checkpoint has the cosignatures of as many witnesses as the trust file wants",
)
def witnessed(evidence: Evidence) -> Iterator[Finding]:
    """The threshold holds for every checkpoint, and every cosignature that is there holds."""
    if not evidence.bundle.notes:
        yield Failure("checkpoint.none")
    for size in sorted(evidence.bundle.notes):
        try:
            evidence.witnessed(size)
        except Refusal as why:
            yield Failure("checkpoint.not_witnessed", {"size": size, "why": why.code})
    if not evidence.trust.policy.threshold:
        yield Remark("checkpoint.no_threshold")


@claim(
    "log.witness_times",
    article="C2SP tlog-cosignature",
    zh="每个见证人的联署时间随树的增长而不倒退",
    en="no witness's time runs back while the tree grows",
)
def witness_times(evidence: Evidence) -> Iterator[Finding]:
    """By witness, the times of its cosignatures do not fall as sizes rise."""
    last: dict[str, tuple[int, datetime]] = {}
    for size, data in sorted(evidence.bundle.notes.items()):
        known = evidence.witnessed(size).times if evidence.holds(size) else None
        for name, at in (known or _times(checkpoint.parse_note(data), evidence.trust)).items():
            if name in last and at < last[name][1]:
                yield Failure("checkpoint.time_runs_back", {"witness": name, "size": size, "before": last[name][0]})
            last[name] = (size, at)


def _times(note: Note, trust: Trust) -> dict[str, datetime]:
    """When each witness signed, as far as its lines can be read; whether they hold is another claim's business."""
    out: dict[str, datetime] = {}
    for witness in trust.policy.witnesses:
        for one in note.by(witness):
            try:
                out[witness.name] = checkpoint.check_cosignature(note.body, one, witness)
            except Refusal:
                continue
    return out


@claim(
    "log.events",
    article="docs/formats/log.md",
    zh="每个事件都在树中其所称的位置，并被有见证的检查点覆盖",
    en="every event stands in the tree where the bundle says, under a witnessed checkpoint",
)
def in_the_tree(evidence: Evidence) -> Iterator[Finding]:
    """Leaf and index of each event, by the entries or (left of them) by its inclusion proof."""
    bundle, last = evidence.bundle, evidence.heads[-1].size if evidence.heads else 0
    early: set[int] = set()
    for stream in evidence.names:
        for line, one in zip(evidence.lines(stream), evidence.seen(stream), strict=True):
            where: dict[str, str | int] = {"stream": stream, "version": one.event.version}
            if one.event.stream != stream:
                yield Failure("event.other_stream", where)
            if line.index < bundle.edge.size:
                early |= {line.index - 1, line.index}  # its slot (`log.slots`) and its leaf
                yield from _proved(evidence, line.index, one.leaf, where)
            elif evidence.entry(line.index) != one.leaf:
                yield Failure("event.not_in_the_tree", where)
            if line.index >= last:
                yield Failure("event.not_witnessed", where)
    for index in sorted(set(bundle.proofs) - early):
        yield Failure("event.proof_of_nothing", {"index": index})


def _proved(evidence: Evidence, index: int, leaf: bytes, where: dict[str, str | int]) -> Iterator[Finding]:
    bundle = evidence.bundle
    try:
        merkle.check_inclusion(leaf, index, bundle.size, bundle.proofs.get(index, ()), evidence.root)
    except Refusal:
        yield Failure("event.not_in_the_tree", where)


@claim(
    "log.event_times",
    article="docs/formats/log.md",
    zh="事件的时间不晚于见证人看到它的时间，同一流中不倒退",
    en="no event claims a later time than the witnesses saw it at, and no stream's time runs back",
)
def event_times(evidence: Evidence) -> Iterator[Finding]:
    """`at` within `SKEW` of the first checkpoint over the event; not falling within a stream."""
    for stream in evidence.names:
        found = evidence.seen(stream)
        for one in found:
            seen = evidence.witnessed_at(one.index)
            if seen is not None and one.event.at > seen + SKEW:
                yield Failure(
                    "event.from_the_future",
                    {"stream": stream, "version": one.event.version, "at": clock.text(one.event.at)},
                )
        for before, after in pairwise(found):
            if after.event.at < before.event.at:
                yield Failure("event.time_runs_back", {"stream": stream, "version": after.event.version})


@claim(
    "log.streams",
    article="docs/formats/events.md",
    zh="每个流的版本连续无缺、顺序与树一致，没有不相干的流",
    en="no stream has a gap, its order is the tree's, and there is no stream that does not belong here",
)
def streams(evidence: Evidence) -> Iterator[Finding]:
    """Versions 1, 2, 3 … of every stream; the box's from whichever minute the bundle begins with."""
    for stream in evidence.names:
        if not _belongs(stream, evidence.tender):
            yield Failure("stream.unknown", {"stream": stream[:64]})
        found = evidence.seen(stream)
        first = found[0].event.version if stream == BOX and found else 1
        for number, one in enumerate(found, first):
            if one.event.version != number:
                yield Failure("stream.gap", {"stream": stream, "version": number})
                break
        if any(after.index <= before.index for before, after in pairwise(found)):
            yield Failure("stream.order", {"stream": stream})


def _belongs(stream: str, tender: str) -> bool:
    kind, _, rest = stream.partition("/")
    if kind in ("lot", "issuance"):
        return rest.startswith(tender + "/") and rest.count("/") == 1
    return stream in (LOG, BOX, f"tender/{tender}") or bool(_REGISTRY.match(stream))


@claim(
    "log.values",
    article="docs/formats/log.md",
    zh="公开的每个保密值都能打开事件里的承诺",
    en="every disclosed value opens the commitment of its event",
)
def values(evidence: Evidence) -> Iterator[Finding]:
    """Salt and value give the commitment; nothing is disclosed that was not committed to, and nothing twice."""
    for stream in sorted(evidence.bundle.values):
        by_version = {one.event.version: one.event for one in evidence.seen(stream)}
        shown = [(one.version, one.name) for one in evidence.bundle.values[stream]]
        if len(set(shown)) != len(shown):
            yield Failure("value.twice", {"stream": stream})
        for (version, name), (salt, value) in evidence.disclosed(stream).items():
            event = by_version.get(version)
            commitment = event.sealed.get(name) if event else None
            if commitment is None or commitment != events.commitment(salt, value).hex():
                yield Failure("value.other", {"stream": stream, "version": version, "name": name[:64]})


@claim(
    "log.account",
    article="docs/formats/events.md",
    zh="结案清单列出本项目的每个流及其最后版本，证据包正好包含这些（只有他人持有回执时才可知是否齐全）",
    en="the closing account lists every stream of the tender with its last version, and the bundle has exactly these "
    "(complete only as far as others hold receipts)",
)
def account(evidence: Evidence) -> Iterator[Finding]:
    """Nothing that the account lists is missing; what came after it is remarked on."""
    own = f"tender/{evidence.tender}"
    accounts = [one.event for one in evidence.seen(own) if one.event.type == "tender.accounted"]
    if not accounts:
        raise NotApplicable("account.not_yet")
    listed = _listed(accounts[-1].public.get("streams"))
    held = {name: len(evidence.lines(name)) for name in evidence.names if _accounted(name)}
    for stream in sorted(listed.keys() | held.keys()):
        wanted, found = listed.get(stream, 0), held.get(stream, 0)
        if not found and _undisclosed(evidence, stream):
            yield Remark("account.undisclosed", {"stream": stream[:64]})
        elif found < wanted:
            yield Failure("account.missing", {"stream": stream[:64], "wanted": wanted, "found": found})
        elif stream not in listed:
            yield Failure("account.unlisted", {"stream": stream[:64]})
        elif found > wanted + (stream == own):
            yield Remark("account.more_since", {"stream": stream[:64], "wanted": wanted, "found": found})


def _undisclosed(evidence: Evidence, stream: str) -> bool:
    """Who took tickets is disclosed when the lot is announced, and never where it failed before."""
    kind, _, rest = stream.partition("/")
    return kind == "issuance" and all(one.event.type != "lot.announced" for one in evidence.seen(f"lot/{rest}"))


def _accounted(stream: str) -> bool:
    return stream.split("/", 1)[0] in ("tender", "lot", "issuance")


def _listed(value: Json | None) -> dict[str, int]:
    if not isinstance(value, dict) or any(type(version) is not int for version in value.values()):
        raise Refusal("account.malformed", tender="")
    return cast(dict[str, int], value)
