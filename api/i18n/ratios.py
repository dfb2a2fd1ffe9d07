"""Words of the page that explains a day's split."""

WORDS = {
    "nav.ratios": ("抽查比例", "Ratios"),
    "ratios.title": ("当日抽查比例的由来", "Why today's split is what it is"),
    "ratios.frozen": ("已冻结的名单", "its frozen frame"),
    "ratios.preview": ("尚未冻结，按现在冻结的结果说明", "not frozen yet: as a freeze made now would set it"),
    "ratios.day": ("抽取日期", "Day of the draw"),
    "ratios.unit": ("单位编号（只看一家）", "Unit number (one only)"),
    "ratios.table": ("比例与当日期望（按等级）", "Ratios and today's visits, by class"),
    "ratios.months": ("定向份额（按月）", "Targeted share by month"),
    "ratios.months.none": ("还没有月度决定：每月1日前一晚由作业 tau 作出，此前按冻结当日的证据计算",
                           "No month is decided yet: the job tau does it on the eve of the first; until then each "
                           "freeze goes by the evidence of its day"),
    "ratios.month": ("月份", "Month"),
    "ratios.lift": ("提升倍数（保守）", "Lift (cautiously)"),
    "ratios.results": ("随机结果", "Random results"),
    "ratios.bounds": ("上下限", "Bounds"),
    "ratios.today": ("当日期望", "Today"),
    "ratios.of_unit": ("为什么是这个概率", "Why this probability"),
}
