"""`/api` and `/log`: what anyone may ask."""

from __future__ import annotations

from typing import Final

from bidding.store.search import SORTS, STATES
from web.public.described.operation import BYTES, PLAIN, Answer, Operation, Parameter
from web.public.described.shapes import (
    ANY,
    BOTH,
    FLAG,
    HASH,
    ID,
    MAYBE_TIME,
    TEXT,
    TIME,
    WHOLE,
    listed,
    one_of,
    record,
    ref,
)

TENDER: Final = Parameter("tender", "path", ID, "项目编号", "the tender's number", "v6wpp6qhwlxqwthd")
A_LOT: Final = Parameter("lot", "path", ID, "标段编号", "the lot's number", "lot-1")
_SHA256: Final = Parameter("sha256", "path", HASH, "SHA-256，十六进制", "SHA-256 in hex")
_CATEGORY: Final = one_of("works", "goods", "services")
_DAY: Final = {"type": "string", "pattern": r"^\d{4}-\d{1,2}-\d{1,2}$"}
_DAYS: Final = (
    ("published_from", "公告日期，从", "published from this day on"),
    ("published_to", "公告日期，至", "published up to this day"),
    ("deadline_from", "投标截止日期，从", "deadline from this day on"),
    ("deadline_to", "投标截止日期，至", "deadline up to this day"),
)
_AMOUNTS: Final = (
    ("amount_from", "估算价（元），从", "estimate in yuan, from"),
    ("amount_to", "估算价（元），至", "estimate in yuan, up to"),
)
_LEAF: Final = Parameter("leaf", "path", HASH, "事件的叶子，十六进制", "the event's leaf in hex")
_FINDING: Final = record(
    level=one_of("error", "warning"),
    code=TEXT,
    params={"type": "object"},
    article=TEXT,
    document=one_of("rules", "form"),
    path=TEXT,
    words=BOTH,
)
_TEMPLATE: Final = record(
    name=ID,
    kind=TEXT,
    category=_CATEGORY,
    law=one_of("tendering", "procurement", "none"),
    rule=TEXT,
    experts=FLAG,
    title=BOTH,
    summary=BOTH,
)

API: Final = (
    Operation(
        "GET",
        "/api/openapi.json",
        "本接口的描述（OpenAPI 3.1）",
        "this description (OpenAPI 3.1)",
        (Answer(200, "描述", "the description", {"type": "object"}),),
    ),
    Operation(
        "GET",
        "/api/time",
        "平台的时间（UTC）",
        "the platform's time (UTC)",
        (Answer(200, "时间", "the time", record(now=TIME)),),
        example='{"now":"2026-12-01T01:00:00.000Z"}',
    ),
    Operation(
        "POST",
        "/api/hall/{tender}/{lot}/ticket",
        "开标大厅的入场票：一分钟内连接一次有效",
        "a ticket for a lot's hall: for one connection within a minute",
        (Answer(200, "入场票", "the ticket", record(ticket=TEXT, expires=TIME)),),
        parameters=(TENDER, A_LOT),
    ),
    Operation(
        "POST",
        "/api/lint",
        "检查一份评标规则集：列出全部问题及其条文和字段，不保存任何内容",
        "what is wrong with a rule set, each finding with its article and field; nothing is kept",
        (Answer(200, "问题，错误在前", "the findings, errors first", record(findings=listed(_FINDING))),),
        body=record(
            "form",
            "ceiling_fen",
            "touch",
            rules={"type": "object"},
            form={"type": "object"},
            ceiling_fen=WHOLE,
            touch=one_of("panel", "none"),
        ),
    ),
    Operation(
        "GET",
        "/api/templates",
        "评标办法模板目录",
        "the templates of rule sets",
        (Answer(200, "目录", "the catalogue", record(templates=listed(_TEMPLATE))),),
    ),
    *(
        Operation(
            "GET",
            f"/api/templates/{{name}}/{file}.json",
            zh,
            en,
            (Answer(200, "文件", "the file", {"type": "object"}),),
            parameters=(Parameter("name", "path", ID, "模板名称", "the template's name", "works-mean"),),
            refusals={404: "template.unknown"},
        )
        for file, zh, en in (
            ("rules", "一个模板的评标办法（docs/formats/rule-set.md）", "its rule set (docs/formats/rule-set.md)"),
            ("form", "一个模板的投标表单（docs/formats/form.md）", "its form (docs/formats/form.md)"),
            ("example", "一个模板的算例（docs/formats/template.md）", "its worked example (docs/formats/template.md)"),
        )
    ),
    Operation(
        "GET",
        "/api/trust",
        "平台所说的信任文件：只供与自己手里的比对，不可用来验证",
        "the trust file as the platform tells it: for comparing with one's own, never for verifying with",
        (Answer(200, "信任文件", "the trust file", {"type": "object"}),),
    ),
    Operation(
        "GET",
        "/api/tenders",
        "查找已公告的项目，新的在前",
        "published tenders, the newest first",
        (
            Answer(
                200,
                "一页结果",
                "one page",
                record(tenders=listed(ref("Tender")), total=WHOLE, page=WHOLE, per_page=WHOLE),
            ),
        ),
        parameters=(
            Parameter("q", "query", TEXT, "标题、编号或招标人中的文字", "text of title, number or tenderee", "道路"),
            Parameter("category", "query", _CATEGORY, "类别，可重复", "category; may be repeated", "works"),
            Parameter("region", "query", TEXT, "地区（ISO 3166-2:CN），可重复", "region; may be repeated", "CN-44"),
            Parameter("state", "query", one_of(*STATES), "状态，可重复", "state; may be repeated", STATES[0]),
            *(Parameter(name, "query", _DAY, zh, en, "2026-12-01") for name, zh, en in _DAYS),
            *(Parameter(name, "query", TEXT, zh, en, "1200000.50") for name, zh, en in _AMOUNTS),
            Parameter("sort", "query", one_of(*SORTS), "排序", "order", SORTS[0]),
            Parameter("page", "query", WHOLE, "第几页，从 1 起", "page, from 1", "1"),
        ),
    ),
    Operation(
        "GET",
        "/api/tenders/{tender}",
        "一个项目：各标段的状态、所属的事件流、开标推迟的确认情况",
        "one tender: its lots, its streams, who has confirmed a postponement",
        (Answer(200, "项目", "the tender", ref("TenderWithStreams")),),
        parameters=(TENDER,),
    ),
    Operation(
        "GET",
        "/api/tenders/{tender}/custodians",
        "各托管机构最近一次证明自己能够开启的时间",
        "when each custodian last proved that it can open",
        (
            Answer(
                200,
                "托管机构",
                "the custodians",
                record(
                    custodians=listed(record(custodian=ID, challenged=MAYBE_TIME, answered=MAYBE_TIME, silent=FLAG))
                ),
            ),
        ),
        parameters=(TENDER,),
    ),
    Operation(
        "GET",
        "/api/tenders/{tender}/bundle.zip",
        "证据包：用 mingjing verify 离线验证",
        "the evidence, for mingjing verify",
        (Answer(200, "证据包", "the bundle", None, "application/zip"),),
        parameters=(TENDER,),
        refusals={503: "http.busy"},
    ),
    Operation(
        "GET",
        "/api/tenders/{tender}/data.json",
        "本项目已公开的全部数据，一份文件，字段按 OCDS 命名（docs/formats/open-data.md）",
        "everything disclosed about a tender in one document, named as in OCDS (docs/formats/open-data.md)",
        (Answer(200, "数据", "the data", ref("Release")),),
        parameters=(TENDER,),
    ),
    Operation(
        "GET",
        "/api/tenders/{tender}/bids.csv",
        "投标一览，每份投标一行",
        "the bids, a row each",
        (Answer(200, "CSV", "CSV", None, "text/csv; charset=utf-8"),),
        parameters=(TENDER,),
    ),
    Operation(
        "GET",
        "/api/tenders/{tender}/marks.csv",
        "逐项得分，每份投标的每一项一行",
        "the marks, a row for each criterion of each bid",
        (Answer(200, "CSV", "CSV", None, "text/csv; charset=utf-8"),),
        parameters=(TENDER,),
    ),
    Operation(
        "GET",
        "/api/streams/{stream}",
        "一个流中已公开、已入账的事件；从最后一版之后再问，直到没有",
        "the disclosed events of a stream; ask again behind the last until none comes",
        (Answer(200, "事件", "the events", record(events=listed(ref("Event")))),),
        parameters=(
            Parameter("stream", "path", TEXT, "流的名称", "the stream's name", "tender/v6wpp6qhwlxqwthd"),
            Parameter("after", "query", WHOLE, "此版本之后", "behind this version", "0"),
        ),
    ),
    Operation(
        "GET",
        "/api/events/{leaf}",
        "一个已公开的事件",
        "one disclosed event",
        (Answer(200, "事件", "the event", ref("Event")),),
        parameters=(_LEAF,),
    ),
    Operation(
        "GET",
        "/api/sealed/{rest}",
        "一个已公开的封存值",
        "one disclosed sealed value",
        (Answer(200, "值", "the value", record(salt=HASH, value=ANY)),),
        parameters=(
            Parameter("rest", "path", TEXT, "流/版本/名称", "stream/version/name", "box/7/v6wpp6qhwlxqwthd/lot-1"),
        ),
    ),
    Operation(
        "GET",
        "/api/proofs/{leaf}",
        "一个事件在账本中的证明（C2SP tlog-proof）",
        "an event's proof in the log (C2SP tlog-proof)",
        (Answer(200, "证明", "the proof", None, PLAIN),),
        parameters=(_LEAF,),
    ),
    Operation(
        "GET",
        "/api/documents/{sha256}",
        "已公开事件所列的文件",
        "a document that a disclosed event names",
        (Answer(200, "文件", "the bytes", None, BYTES),),
        parameters=(_SHA256,),
    ),
    Operation(
        "GET",
        "/api/submissions/{sha256}",
        "一份投标的信封，名册入账之后",
        "a submission's envelope, after the roll",
        (Answer(200, "信封", "the envelope", ref("Envelope")),),
        parameters=(_SHA256,),
    ),
    Operation(
        "GET",
        "/api/withdrawals/{sha256}",
        "一次撤回的信封，名册入账之后",
        "a withdrawal's envelope, after the roll",
        (Answer(200, "信封", "the envelope", ref("Envelope")),),
        parameters=(_SHA256,),
    ),
    Operation(
        "GET",
        "/api/forms/{sha256}",
        "一份表单的密文，核对密文之后",
        "the ciphertext of a form, after it was stated to be present",
        (Answer(200, "密文", "the bytes", None, BYTES),),
        parameters=(_SHA256,),
    ),
)

LOG: Final = (
    Operation(
        "GET",
        "/log/checkpoint",
        "得到足够见证的最新检查点（C2SP）",
        "the newest checkpoint with enough cosignatures (C2SP)",
        (Answer(200, "检查点", "the checkpoint", None, PLAIN),),
    ),
    Operation(
        "GET",
        "/log/checkpoint.pending",
        "最新的检查点，不论谁已见证",
        "the newest checkpoint at all",
        (Answer(200, "检查点", "the checkpoint", None, PLAIN),),
    ),
    Operation(
        "GET",
        "/log/tile/{path}",
        "哈希瓦片，永不改变（C2SP tlog-tiles）",
        "a tile of hashes; it never changes (C2SP tlog-tiles)",
        (Answer(200, "瓦片", "the tile", None, BYTES),),
        parameters=(Parameter("path", "path", TEXT, "层与编号", "level and number", "0/000.p/46"),),
    ),
    Operation(
        "GET",
        "/log/tile/entries/{path}",
        "条目包，永不改变",
        "an entry bundle; it never changes",
        (Answer(200, "条目包", "the bundle", None, BYTES),),
        parameters=(Parameter("path", "path", TEXT, "编号", "number", "000.p/46"),),
    ),
    Operation(
        "GET",
        "/log/keys",
        "日志与见证方的公钥：供与信任文件比对",
        "the keys of log and witnesses, for comparing with a trust file",
        (Answer(200, "公钥", "the keys", record(log=TEXT, witnesses=listed(TEXT), witness_threshold=WHOLE)),),
    ),
    Operation(
        "POST",
        "/log/cosignature",
        "见证方交来检查点及其共同签名",
        "a checkpoint's text with a witness's cosignature",
        (Answer(200, "是否已得到足够见证", "whether it is witnessed now", record(witnessed=FLAG)),),
        who="institution",
        media=PLAIN,
    ),
)
