"""Words of the ledgers: their titles, columns, forms and codes."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "nav.ledgers": ("监管台账", "Ledgers"),
    "ledger.risk-areas": ("高风险区域、区域性隐患", "Areas at risk"),
    "ledger.lead.risk-areas": (
        "火灾高风险区域和区域性隐患名单，过去某日的名单可以重现；区域性隐患逐家有检查结果、隐患全部整改后才能结束"
        "。",
        "Areas of high fire risk and area hazards; the list of a past day can be had again. An area hazard ends "
        "when every unit has a result and nothing stands."),
    "ledger.control-rooms": ("消防控制室持证率", "Control rooms"),
    "ledger.lead.control-rooms": (
        "每家单位消防控制室在岗人员与持证人员，应当全部持证。",
        "Who is on duty in each control room and who holds a certificate: all have to."),
    "ledger.certificate-checks": ("职业资格证书核查", "Certificate checks"),
    "ledger.lead.certificate-checks": (
        "技术服务机构和职业资格证书专项整治：假证、挂证自核查之日起不再计为持证。",
        "The campaign on agencies and certificates: a false or lent one counts no more from the day of its check."),
    "ledger.responsibilities": ("监管责任体系", "Responsibility"),
    "ledger.lead.responsibilities": (
        "每家单位由谁监管；没有责任主体的单位列为盲区。",
        "Who answers for which units; units that nobody answers for are listed."),
    "ledger.coordination": ("委托执法协调小组", "Coordination group"),
    "ledger.lead.coordination": (
        "协调小组各成员单位的人员，缺员的单位标出。",
        "Who sits in the group for each of its offices, and which is vacant."),
    "ledger.interviews": ("约谈", "Interviews"),
    "ledger.lead.interviews": (
        "约谈消防安全责任人、管理人，须有笔录；约谈不是行政处罚。",
        "Talks with who answers for a unit or manages its fire safety, with minutes: no penalty."),
    "ledger.street-shops": ("沿街店铺“六有六无”", "Shops along streets"),
    "ledger.lead.street-shops": (
        "检查沿街店铺时逐项填写十二项清单，每项都要填写。",
        "Twelve points, each of them answered at a visit."),
    "ledger.street-enforcement": ("街道执法", "Enforcement by street"),
    "ledger.lead.street-enforcement": (
        "本年各街道办理的案件和罚款，已撤销的不计。",
        "Cases and fines of each street this year, without those withdrawn."),
    "ledger.assessment": ("执法考核、三项制度", "Assessment"),
    "ledger.lead.assessment": (
        "本年执法公示、法制审核、全过程记录及其他指标的比率，按规则的权重计分；没有数据的指标不计入。",
        "This year's rates of publicity, legal review and recording and of the other indicators, by the weights "
        "of policy; one without any act is left out."),
    "ledger.case-reviews": ("案卷评查", "Case reviews"),
    "ledger.lead.case-reviews": (
        "每月抽取的案卷由未办理该案的人员评查；不合格的须移送处理。"
        "缺陷写成 documents:代码、evidence:代码或 procedure:代码。",
        "Drawn cases are read by somebody who did not handle them; one that does not pass is handed on. Write "
        "defects as documents:code, evidence:code or procedure:code."),
    "ledger.fact.waiting": ("待评查", "To be read"),
    "ledger.report-texts": ("报告文字", "Words of reports"),
    "ledger.lead.report-texts": (
        "年度报告“存在的主要问题”“工作打算”的文字，每条以报告指标为依据；也可写入季度、月度报告。",
        "What the yearly report says of problems and plan, each sentence resting on figures; other reports are "
        "written to as well."),
    "ledger.self-checks": ("单位自查", "Self-checks"),
    "ledger.lead.self-checks": (
        "单位自查自除的隐患：检查前报告的，处罚时从轻或不罚。",
        "Hazards that units found and reported themselves: before an inspection they speak for leniency."),
    "ledger.soft-measures": ("柔性执法", "Soft measures"),
    "ledger.lead.soft-measures": (
        "说服教育、劝导示范、警示告诫，不计入处罚。",
        "Persuasion, guidance and admonition, counted apart from penalties."),
    "ledger.fire-reviews": ("火灾认定复核", "Fire reviews"),
    "ledger.lead.fire-reviews": ("复核结论须经集体议案并有会议纪要。", "Each decision needs a meeting with minutes."),
    "ledger.credit-notices": ("失信事先告知", "Credit notices"),
    "ledger.lead.credit-notices": (
        "列入失信名单前先告知并听取意见；明细和时限见“信用”。",
        "A notice and a hearing of views before a listing; periods are on the credit page."),
    "ledger.credit-repairs": ("信用修复", "Credit repairs"),
    "ledger.lead.credit-repairs": (
        "修复申请及其办理步骤；未满最短公示期的申请会被拒绝并告知最早日期。",
        "Applications and their steps; one before its day is refused with that day."),
    "ledger.credit-objections": ("信用异议", "Credit objections"),
    "ledger.lead.credit-objections": (
        "异议登记与答复，异议成立的当即更正。",
        "Objections and answers; one that is upheld corrects the record at once."),
    "ledger.grid-lead-entry": ("网格线索录入", "Enter grid leads"),
    "ledger.lead.grid-lead-entry": (
        "网格员巡查发现的线索及其办理步骤，线索不是检查。",
        "What grid workers found and how it went on; a lead is no inspection."),
    "ledger.none": ("还没有记录", "Nothing is on record yet"),
    "ledger.saved": ("已保存", "Saved"),
    "ledger.met.true": ("符合", "met"),
    "ledger.met.false": ("不符合", "not met"),
    "ledger.any": ("不限或不填", "any or none"),
    "ledger.yes": ("是", "yes"),
    "ledger.no": ("否", "no"),
    "ledger.matrix": ("单位 × 责任主体", "Units by body"),
    "ledger.without": ("没有责任主体的单位：", "Nobody answers for:"),
    "ledger.fact.units": ("单位数", "Units"),
    "ledger.fact.nobody": ("无责任主体", "Nobody's"),
    "ledger.fact.vacant": ("缺员单位", "Vacant offices"),
    "ledger.fact.cases": ("案件（起）", "Cases"),
    "ledger.fact.fine_yuan": ("罚款（元）", "Fines in yuan"),
    "ledger.fact.score": ("得分", "Score"),
    "ledger.act.new": ("新增", "Enter a new one"),
    "ledger.act.end": ("结束", "End one"),
    "ledger.act.correct": ("登记改正", "Enter a correction"),
    "ledger.act.step": ("办理下一步", "Take one a step on"),
    "ledger.act.answer": ("答复", "Answer one"),
}
_COLUMNS = {
    "case_no": ("案件编号", "Case"), "month": ("月份", "Month"), "reviewer": ("评查人", "Reviewer"),
    "reviewed_on": ("评查日期", "Read on"), "qualified": ("合格", "It passed"),
    "transferred_to": ("移送对象", "Handed on to"),
    "defects": ("缺陷（每行一条）", "Defects, one a line"),
    "risk_area_no": ("区域编号", "Number"), "name": ("名称（姓名）", "Name"), "kind": ("种类", "Kind"),
    "area_zh": ("区域", "Area"), "units": ("单位数", "Units"), "basis": ("依据", "Basis"),
    "from_day": ("开始日期", "From"), "ended_on": ("结束日期", "Ended"), "listed": ("在列", "Listed"),
    "area_code": ("区域", "Area"), "unit_nos": ("单位编号（每行一个）", "Unit numbers, one a line"),
    "on": ("自何日起不再列入", "Listed no more from"), "reason": ("理由", "Reason"), "unit": ("单位", "Unit"),
    "unit_no": ("单位编号", "Unit number"), "on_duty": ("在岗人数", "On duty"),
    "certified": ("持证人数", "Certified"), "share": ("比率", "Share"), "enough": ("达标", "Enough"),
    "certificate_no": ("证书编号", "Certificate"), "certified_on": ("发证日期", "Given on"),
    "valid_to": ("有效期至", "Valid to"), "checked_on": ("核查日期", "Checked on"), "outcome": ("结论", "Outcome"),
    "list_no": ("专项检查编号", "Campaign"), "note": ("说明", "Note"), "unit_kind": ("单位类别", "Kind of unit"),
    "is_key": ("重点单位", "Key unit"), "body": ("责任主体", "Body"), "department": ("部门", "Department"),
    "to_day": ("截止日期", "To"), "office": ("成员单位", "Office"), "members": ("成员", "Members"),
    "vacant": ("缺员", "Vacant"), "post": ("职务", "Post"), "interview_no": ("约谈编号", "Number"),
    "held_at": ("时间", "Held at"), "person": ("约谈对象", "Person"), "role": ("身份", "Role"),
    "officers": ("人员编号", "Officers"), "topic": ("事由", "Topic"), "promised": ("承诺事项", "Promised"),
    "minutes_uri": ("笔录（纪要）地址", "Minutes"),
    "minutes_sha256": ("笔录（纪要）SHA-256", "SHA-256 of the minutes"), "inspection_no": ("检查编号", "Visit"),
    "inspected_on": ("检查日期", "Made on"), "failed": ("不符合项", "Not met"), "made_by": ("录入人", "Entered by"),
    "answers": ("逐项填写", "Each point"), "name_zh": ("街道", "Street"),
    "cases": ("案件（起）", "Cases"), "delegated": ("委托", "Delegated"), "empowered": ("赋权", "Empowered"),
    "fines": ("罚款案件", "Fined"), "fine_yuan": ("罚款（元）", "Fines in yuan"), "code": ("指标", "Indicator"),
    "part": ("类别", "Part"), "kept": ("符合", "Kept"), "asked": ("应有", "Asked"), "weight": ("权重", "Weight"),
    "section": ("部分", "Section"), "figures": ("依据指标（每行一个）", "Figures, one a line"),
    "area": ("区域", "Area"), "made_at": ("写入时间", "Written at"),
    "period": ("期间（如 2026）", "Period, such as 2026"), "self_check_id": ("自查编号", "Number"),
    "item_code": ("事项编码", "Item"), "found_on": ("发现日期", "Found on"),
    "reported_at": ("报告时间", "Reported at"), "corrected_on": ("改正日期", "Corrected on"),
    "photo_uri": ("照片地址", "Picture"), "photo_sha256": ("照片 SHA-256", "SHA-256 of the picture"),
    "taken_on": ("日期", "Taken on"), "review_no": ("复核编号", "Number"), "fire_no": ("火灾编号", "Fire"),
    "asked_on": ("申请日期", "Asked on"), "decided_on": ("决定日期", "Decided on"),
    "decided_at": ("决定时间", "Decided at"), "agreed": ("会议同意", "The meeting agreed"),
    "matter_no": ("编号", "Number"), "target": ("对象", "About"), "ref": ("案件编号或名单编号", "Case or listing"),
    "began_at": ("开始", "Began"), "standing": ("状态", "Standing"), "due_at": ("下一时限", "Next due"),
    "list": ("名单", "List"), "ground": ("情形", "Ground"), "facts": ("事实", "Facts"),
    "issued_at": ("告知时间", "Issued at"), "refs": ("依据文书（每行一个）", "Documents, one a line"),
    "step": ("步骤", "Step"), "at": ("时间", "At"), "how": ("送达方式", "How served"),
    "accepted": ("意见成立", "The views are right"), "applied_at": ("申请时间", "Applied at"),
    "papers": ("材料代码（每行一个，如 application）", "Papers by code, one a line"),
    "approved_by": ("批准人", "Approved by"), "received_at": ("收到时间", "Received at"),
    "text": ("异议内容", "Objection"), "answered_at": ("答复时间", "Answered at"), "upheld": ("异议成立", "Upheld"),
    "lead_no": ("线索编号", "Lead"), "place": ("场所", "Place"), "grid_name": ("网格", "Grid"),
    "task_codes": ("巡查事项代码（每行一个）", "Items, one a line"), "found_by": ("网格员", "Found by"),
    "found_at": ("发现时间", "Found at"), "state": ("状态", "State"), "grid_code": ("网格编号", "Grid"),
    "place_kind": ("场所类型代码", "Kind of place"), "signed": ("网格员已签名", "Signed by the grid worker"),
    "photo_ref": ("照片地址", "Picture"), "lead_sha256": ("照片 SHA-256", "SHA-256 of the picture"),
    "to": ("移交给", "Passed on to"), "words": ("文字", "Words"),
}
_CHOICES = {
    "true": ("是", "yes"), "false": ("否", "no"), "daily": ("日常考核", "daily"), "special": ("专项督查", "special"),
    "problems": ("存在的主要问题", "problems"), "plan": ("工作打算", "plan"), "yearly": ("年度", "yearly"),
    "quarterly": ("季度", "quarterly"), "monthly": ("月度", "monthly"), "upheld": ("维持", "upheld"),
    "changed": ("变更", "changed"), "sent_back": ("责令重新认定", "sent back"), "general": ("一般失信", "general"),
    "serious": ("严重失信", "serious"), "penalty": ("行政处罚", "penalty"), "listing": ("失信名单", "listing"),
    "entry": ("积分记录", "entry of the ledger"), "direct": ("直接送达", "handed over"),
    "left": ("留置送达", "left behind"), "mail": ("邮寄送达", "by mail"), "electronic": ("电子送达", "electronic"),
    "public": ("公告送达", "by public notice"), "served": ("送达", "served"),
    "statement": ("陈述申辩", "statement of views"), "waived": ("放弃陈述申辩", "waived"),
    "hearing_asked": ("申请听证", "hearing asked for"), "hearing_held": ("举行听证", "hearing held"),
    "views_answered": ("答复意见", "views answered"), "dropped": ("撤销告知", "dropped"),
    "incomplete": ("一次性告知补正", "papers missing"), "supplied": ("补正材料", "papers supplied"),
    "accepted": ("受理（接收）", "accepted"), "public_notice": ("公示", "public notice"),
    "notice_objection": ("公示期异议", "objection to the notice"), "approved": ("批准修复", "approved"),
    "refused": ("不予修复", "refused"), "confirmed": ("送达修复确认", "confirmed"),
    "platform_ended": ("平台终止公示", "ended on the platform"), "withdrawn": ("撤回申请", "withdrawn"),
    "told": ("已告知", "told"), "closed": ("已办结", "closed"), "passed_on": ("移交", "passed on"),
    "returned": ("退回", "returned"), "finished": ("办理完毕", "finished"), "found": ("已发现", "found"),
    "town": ("镇街", "town"), "brigade": ("消防救援机构", "brigade"), "department": ("行业部门", "department"),
}
WORDS |= {f"ledger.col.{name}": words for name, words in _COLUMNS.items()}
WORDS |= {f"ledger.choice.{code}": words for code, words in _CHOICES.items()}
