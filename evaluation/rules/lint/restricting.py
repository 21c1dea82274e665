"""Words that name a condition which the law does not let count, and the article that says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from evaluation.rules.lint.finding import ORDER_87, PROCUREMENT_REGULATIONS, REGULATIONS, SMALL_ENTERPRISES


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of restriction: its code, the words that name it, its article under either law."""

    code: str
    words: re.Pattern[str]
    procurement: str
    tendering: str


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


KINDS: Final = (
    Kind(
        "lint.locality",
        _any(
            r"(?<![基成样资])本(?:地|市|省|县|州)(?!点)",
            r"当地(?:注册|企业|纳税|社保|业绩|机构)",
            r"(?:省|市|区|县)内(?:注册|企业|业绩|获奖|纳税)",
            r"注册地|注册所在地|企业所在地|属地",
            r"设(?:有|立)(?:分公司|分支机构|办事处)",
            r"\blocal(?:ly)? (?:firm|compan|bidder|supplier|regist|office|branch|experience|tax|contract|award)",
            r"\bregistered (?:office )?in\b|\bplace of registration\b",
        ),
        PROCUREMENT_REGULATIONS.format(20),
        REGULATIONS.format(32),
    ),
    Kind(
        "lint.registration",
        _any(
            r"注册(?:资本|资金)|实缴资本|实收资本|成立(?:时间|年限|日期|满)|经营年限",
            r"registered capital|paid-in capital|years? (?:of establishment|in business)|date of establishment",
        ),
        SMALL_ENTERPRISES.format(5),
        REGULATIONS.format(32),
    ),
    Kind(
        "lint.ownership",
        _any(
            r"国有(?:企业|独资|控股)|国企|央企|民营企业|外资企业|所有制|上市公司",
            r"state-owned|private(?:ly)?[- ]owned|foreign-owned|listed compan|form of ownership",
        ),
        PROCUREMENT_REGULATIONS.format(20),
        REGULATIONS.format(32),
    ),
    Kind(
        "lint.brand",
        _any(
            r"品牌|商标|专利|原产地|指定(?:厂家|产品|型号|供应商)",
            r"\bbrands?\b|\btrade ?marks?\b|\bpatents?\b|\bplace of origin\b",
        ),
        PROCUREMENT_REGULATIONS.format(20),
        REGULATIONS.format(32),
    ),
    Kind(
        "lint.authorisation",
        _any(
            r"(?:生产厂家|厂家|厂商|制造商|原厂)(?:的)?(?:授权|承诺|证明|背书)",
            r"manufacturer[’'s]* (?:authori[sz]ation|letter|endorsement)",
        ),
        ORDER_87.format(17),
        REGULATIONS.format(32),
    ),
)
# Only 政府采购法's measures forbid these outright: in a works tender they must be in proportion, no more.
SCALE: Final = Kind(
    "lint.scale",
    _any(
        r"资产总额|总资产|净资产|营业(?:收入|额)|销售(?:收入|额)|从业人员|(?:员工|职工)(?:人数|数量|总数)|利润|纳税额|年产值",
        r"\b(?:turnover|total assets|net assets|revenue)\b",
        r"\bnumber of (?:employees|staff)\b|\bprofits?\b|\btaxes? paid\b",
    ),
    SMALL_ENTERPRISES.format(5),
    "",
)
PAST: Final = _any(r"业绩|类似(?:项目|工程|合同)|合同数量|similar (?:works|projects?|contracts?)|past contracts?")
