"""Publishing a tender: the rule sets and forms of every lot are checked here, the rest of the notice by bidding.

Evaluation knows rules, bidding knows the procedure, and bidding never calls up: so this act checks and then calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from bidding.acts import publish
from bidding.acts.decision import Decision
from bidding.acts.keys import Signed
from bidding.acts.publish import Setting
from bidding.form import check_form
from bidding.procedures import Notice
from bidding.procedures.tender import TenderState
from bidding.profiles import Profile
from evaluation.rules.lint import PANEL, TOUCHLESS, check_publishable
from evaluation.rules.relations import check_rule_set
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan

# Members of a rule set that want an act which the procedure does not have yet: a panel's marks, a minimum price beside
# the ceiling. The engine alone marks by them (`mingjing score`).
UNSERVED: Final = ("panel", "floor")

__all__ = ["Setting", "check_rules", "decide"]


def decide(tender: TenderState, signed: Signed, now: datetime, setting: Setting) -> Decision:
    """`tender.published`. Raises `check_rules`' refusals and those of `bidding.acts.publish.decide`."""
    notice = Notice.parse(signed.body.get("notice"))
    decision = publish.decide(tender, signed, now, setting)
    check_rules(notice, setting)
    return decision


def check_rules(notice: Notice, setting: Setting) -> None:
    """Every lot's rule set fits its form, its ceiling, the tender's category and the law its profile is under.

    Raises `Refusal`: `shape.*`, `form.*`, `rules.*`, `document.missing`, `notice.rules_category`, `notice.rules_law`,
    `notice.rules_ceiling`, `notice.rules_priceless`, `notice.rules_unserved`.
    """
    profile = Profile.parse(setting.document(notice.profile_sha256, "profile.json"))
    for lot in notice.lots:
        form_document = setting.document(lot.form, f"form-{lot.lot}.json")
        document = cast(Mapping[str, Any], setting.document(lot.rules, f"rules-{lot.lot}.json"))
        form = check_form(form_document)
        rules = check_rule_set(document, form)
        if not rules.price_question:
            raise Refusal("notice.rules_priceless", lot=lot.lot)
        if rules.category != notice.category:
            raise Refusal("notice.rules_category", lot=lot.lot, found=rules.category, wanted=notice.category)
        if profile.law not in ("none", rules.law):
            raise Refusal("notice.rules_law", lot=lot.lot, found=rules.law, wanted=profile.law)
        for member in UNSERVED:
            if member in document:
                raise Refusal("notice.rules_unserved", lot=lot.lot, member=member)
        if rules.ceiling is not None and rules.ceiling != lot.ceiling_fen:
            raise Refusal("notice.rules_ceiling", lot=lot.lot, found=yuan(rules.ceiling), wanted=yuan(lot.ceiling_fen))
        touch = TOUCHLESS if notice.no_touch == "award" else PANEL
        check_publishable(document, form_document, lot.ceiling_fen or None, touch=touch)
