"""The tender document of the demonstration, as its tenderee writes it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from web.demo import figures
from web.demo.house import QUORUM, House

LOT_1: Final = "lot-1"
LOT_2: Final = "lot-2"
LOT_3: Final = "lot-3"
LOTS: Final = (LOT_1, LOT_2, LOT_3)
# Where the rule set of lot 3 and its form lie, beside the tender document.
RULES_3: Final = "lot-3-rules.json"
FORM_3: Final = "lot-3-form.json"


def tender_document(house: House, deadline: datetime, profile: str) -> str:
    """The TOML that `mingjing office draft` reads, under a packaged profile."""
    at = deadline.isoformat()
    return f"""\
category = "works"
estimate = "32250000"
region = "CN-44"
profile = "{profile}"
no_touch = "award"
deadline = {at}
enquiries_until = {at}
objections_until = {at}
custodians = {json.dumps(house.custodians())}
t = {QUORUM}
contributors = {json.dumps(house.contributors())}

[title]
zh = "道路与排水工程（演示）"
en = "Roads and drains (demonstration)"

[lot_limits]
bid = 0
win = 0

[[lots]]
lot = "{LOT_1}"
template = "lowest-price"
ceiling = "{figures.RESERVE}"
max_bytes = 67108864
[lots.title]
zh = "一标段：最低投标价法（土浦市第{figures.AUCTION}号拍卖的真实数据）"
en = "Lot 1: lowest price (the real figures of Tsuchiura's auction {figures.AUCTION})"

[[lots]]
lot = "{LOT_2}"
template = "checklist-f4"
ceiling = "{figures.CEILING_2}"
max_bytes = 67108864
[lots.title]
zh = "二标段：清单评审加合理低价法"
en = "Lot 2: checklist and reasonable low price (F4)"

[[lots]]
lot = "{LOT_3}"
rules = "{RULES_3}"
form = "{FORM_3}"
ceiling = "{figures.CEILING_3}"
max_bytes = 67108864
[lots.title]
zh = "三标段：ABC合成基准价法，小微企业价格扣除"
en = "Lot 3: ABC benchmark (F6), small enterprises' deduction (F2)"
"""
