"""A tender document to begin with: one that publishes as it stands, every line of it explained."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Final

from ledger.trust import Trust

_BEIJING: Final = timezone(timedelta(hours=8))
# What a lot of a template is called, and an example of a ceiling.
_LOTS: Final = {
    "lowest-price": ("最低投标价法", "lowest price", "1000000"),
    "checklist-f4": ("清单评审加合理低价法", "checklist and reasonable low price", "9800000"),
}


def document(trust: Trust, profile: str, template: str, deadline: datetime) -> str:
    """The TOML that `mingjing office draft` reads, for the institutions of a trust file. `deadline` knows its zone."""
    at = deadline.astimezone(_BEIJING).isoformat(timespec="seconds")
    custodians = sorted(trust.custodians)
    zh, en, ceiling = _LOTS[template]
    return f"""\
# 招标文件样本：每一行都可以改。    A tender document to begin with: change any line of it.
# 检查 / look for mistakes:  mingjing office draft FILE --check --person FOLDER

category = "works"            # works 工程 · goods 货物 · services 服务
estimate = "{ceiling}"        # 估算价（元） / estimate in yuan
region = "CN-44"              # 行政区划 / region
profile = "{profile}"    # 时限规则 / whose periods apply
no_touch = "award"            # award 自动定标 · precheck 由招标人签发 / who signs the award

# 时间要写时区 / times with their zone
deadline = {at}           # 投标截止 / for bids
enquiries_until = {at}    # 提问截止 / for questions
objections_until = {at}   # 对招标文件的异议 / for objections to the documents

# 谁来保管开标密钥，几家同意才能打开 / who holds the opening keys, and how many of them open
custodians = {json.dumps(custodians)}
t = {len(custodians) // 2 + 1}
contributors = {json.dumps(sorted(trust.contributors))}   # 谁提供随机数 / who gives randomness

[title]
zh = "社区图书馆屋面维修"
en = "Repair of the community library's roof"

[lot_limits]
bid = 0    # 一家最多投几个标段，0 为不限 / lots that one bidder may bid for, 0: any
win = 0    # 一家最多中几个标段 / lots that one bidder may win

[[lots]]   # 每个标段一节 / one such table for each lot
lot = "lot-1"
template = "{template}"    # lowest-price · checklist-f4；或改写 rules、form 两个文件 / or the files `rules` and `form`
ceiling = "{ceiling}"             # 最高投标限价（元） / ceiling price in yuan
max_bytes = 67108864            # 一份投标的上限（字节） / of one bid
[lots.title]
zh = "屋面维修（{zh}）"
en = "Repair of the roof ({en})"
"""
