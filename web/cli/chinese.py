"""What the commands' help says in Chinese: one sentence for each, by the words a person types."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Final

import click

SAID: Final[Mapping[str, str]] = {
    "ask": "就招标文件提问。问题会公布，提问人无人知道。",
    "bundle": "从平台取一个招标项目的证据包。",
    "check": "重放整个账本，与每张表逐一比对。有不符时退出码为 1。",
    "claims": "列出 verify 检查的全部承诺及其条文或格式依据。",
    "contributor": "随机数提供方：给出事先无人知道、事后无法扣住的随机数。",
    "contributor init": "建立文件夹与新密钥，显示备份词和写入信任文件的公钥。",
    "contributor restore": "用备份词重建文件夹。",
    "contributor run": "查看账本，凡公告要求时密封一个随机数。",
    "contributor status": "说明本机构是谁、给出过多少随机数。",
    "contributor trust": "把信任文件放进文件夹。",
    "countersign": "作为联合体成员，会签牵头人送来的声明。",
    "custodian": "托管机构：保管密封内容的一份，到时开启。",
    "custodian init": "建立文件夹与新密钥，显示备份词（仅此一次）和写入信任文件的公钥。",
    "custodian restore": "用备份词重建文件夹；签署过什么，从账本读回。",
    "custodian run": "查看账本，答复请求，到时释放份额。",
    "custodian status": "说明本机构是谁、签署和释放过什么。",
    "custodian trust": "把信任文件放进文件夹。请与其他机构核对指纹，不要与平台核对。",
    "custodian words": "再次显示备份词。",
    "demo": "用全部进程和命令演示一个两标段的招标，并验证其证据。",
    "explain": "在时限内说明规则认为异常低的报价，可以补充。以投标公钥的名义公布。",
    "fill": "填写投标：答复与附件。列出全部问题，已填内容不会丢。",
    "follow": "说明一个招标项目正在发生什么、在等什么、等到几时。仅供了解，不作依据。",
    "keys": "生成单位印章密钥与负责人密钥，打印供交易中心登记的公钥。",
    "lint": "检查评标规则集（文件或模板名）：逐条列出问题、条文和字段；带上表单查得更全。",
    "object": "对招标文件、开标或结果提出异议。以投标公钥的名义公布，不公布名字。",
    "office": "招标项目（从起草到合同）、单位与人员、双人指令。",
    "office act": "签署任意一项内容写在 JSON 文件里的行为。",
    "office add-party": "交易中心：登记单位。令牌仅显示这一次。",
    "office add-person": "交易中心：登记签署人员。令牌仅显示这一次。",
    "office addendum": "发布补遗；其中的截止时间即日起生效。",
    "office answer": "公开答复一个提问。",
    "office answer-objection": "答复异议；被暂停的程序随即继续。",
    "office approve": "用第二把钥匙签署等待的文件，随即生效。请先用 pending 查看。",
    "office award": "公告写明 precheck 时，签发评标得出的中标结果。",
    "office contract": "记录合同已签订；公布其哈希，不公布内容。",
    "office documents": "招标项目的文件。",
    "office documents add": "存入补遗所用的文件，打印补遗里的写法。",
    "office draft": "由 TOML 文件起草招标项目，一次列出全部问题。",
    "office example": "写一份可以直接起草的招标文件样本，逐行说明。",
    "office judge-explanations": "对一个标段的全部异常低价说明作出认定并写明理由（两人签署中的第一人）。",
    "office keysets": "请托管机构生成并签署密钥集，说明进度。",
    "office next-candidate": "递补下一候选人（两人签署中的第一人）。",
    "office order": "须两人签署、其中一人为监督人员的指令。",
    "office pending": "列出等待另一人签署的文件。",
    "office person-key": "人员签署所用的钥匙。",
    "office person-key new": "生成人员的钥匙，打印供交易中心登记的公钥。",
    "office publish": "签署招标公告（第一人）；第二人签署后即发布。",
    "office resume": "以新的截止时间恢复暂停的招标（两人签署中的第一人）。",
    "office setup": "写明办公端地址，存入令牌。",
    "office show": "逐条显示已公告项目的事件。",
    "office suspend": "暂停招标（两人签署中的第一人）。",
    "office terminate": "终止招标（两人签署中的第一人）。投标永不打开。",
    "platform": "建立与维护平台。",
    "platform account": "为一位人员建立浏览器登录账号，密码仅显示这一次。",
    "platform enrol": "登记最初的单位与人员，令牌仅显示这一次。",
    "platform init": "建立平台：文件夹、密钥、数据表、账本的第一条事件。",
    "platform migrate": "把数据表升级到本版本。",
    "platform routes": "列出办公端的全部路由，以及谁可以调用。",
    "platform trust": "写出信任文件：平台与各机构的公钥。请经其他途径交给各方。",
    "rehearse": "演练：把随机内容密封给托管机构的一次性密钥并请其打开，事前试一遍全过程。",
    "replace": "以重新密封的下一版替换投标。旧版永不打开。",
    "score": "按评标办法为投标评分：排名与每一分的依据。评标办法为 JSON、YAML 文件或模板名。",
    "seal": "把已签署的投标密封给公告中的托管机构。此时尚未离开本机。",
    "secret": "投标密语：投标凭证与投标钥匙都由它得出。",
    "secret new": "生成密语，24 个备份词仅显示这一次。设 $MINGJING_PASSPHRASE 则加密存放。",
    "secret restore": "用备份词恢复密语，例如换一台机器。",
    "secret show": "再次显示备份词。",
    "serve": "运行办公端、投标箱、后台进程或开标大厅直播进程，直到被要求停止。",
    "setup": "写明平台地址、本单位是谁、相信谁的钥匙。",
    "sign": "签署投标声明：用登记的密钥，或用证书；联合体各方的签名在此加入。",
    "simulate": "推演评标办法：诚实投标的得分，以及串通投标能得到什么。",
    "status": "投标箱里有您的什么：收据、是否已有见证、是否在开标名册上。",
    "submit": "递交密封的投标；断线后再执行即从断处继续。收据会核对并保存。",
    "supply": "平台丢失密文时，补交本单位已被接收的密文。",
    "take-tickets": "领取每个开放标段的投标凭证，投不投标都领，因此领取不说明任何事。",
    "verify": "逐条检查证据包。不需联网，不相信任何人。",
    "withdraw": "截止前撤回投标。撤回的投标永不打开。",
    "witness": "见证方：使所有人看到同一本账。",
    "witness init": "建立文件夹与新密钥，显示写入信任文件的验证公钥。",
    "witness run": "账本的检查点只要前后相接，就予以共签。",
    "witness status": "说明最近共签了什么、是否掌握对账本不利的证据。",
}


def translated(command: click.Command, path: str) -> click.Command:
    """A copy of a command, and of all below it, whose help is Chinese; `path`: what a person types for it."""
    found = copy.copy(command)
    found.help = SAID.get(path, command.help)
    found.short_help = None
    if isinstance(found, click.Group):
        found.commands = {name: translated(one, f"{path} {name}") for name, one in found.commands.items()}
    return found
