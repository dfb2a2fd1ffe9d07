"""Words of the estimates."""

WORDS = {
    "nav.estimates": ("隐患率估计", "Hazard rate"),
    "est.lead": ("全部单位的隐患率和隐患总数，按每次抽取记录的概率由抽查结果推断；95% 区间。",
                 "The hazard rate and the hazards of all units, told from the drawn visits by the probabilities on "
                 "record; 95 % intervals."),
    "est.period": ("期间", "Period"),
    "est.by": ("分组", "By"),
    "est.by.area": ("按辖区", "by area"),
    "est.by.kind": ("按单位类别", "by kind"),
    "est.by.group": ("按抽查分组", "by group"),
    "est.first": ("起", "From"),
    "est.last": ("止", "To"),
    "est.csv": ("导出 CSV", "Export CSV"),
    "est.draws": ("{draws} 次抽取，{first} 至 {last}", "{draws} draws, {first} to {last}"),
    "est.none": ("这一期间没有抽取", "No draw was made in this period"),
    "est.substantive": ("有实质隐患的单位", "Units with a substantive hazard"),
    "est.anything": ("有任何隐患的单位", "Units with any hazard"),
    "est.open": ("平均每日未消除的隐患", "Hazards standing on an average day"),
    "est.hazards": ("全部检查一遍可查出的隐患", "Hazards a visit to all would find"),
    "est.between": ("95% 区间 {low} – {high}", "95 % between {low} and {high}"),
    "est.found": ("检查中实际查出 {count} 处", "{count} were found at the visits made"),
    "est.naive": ("直接检出率 {share}", "naive share {share}"),
    "est.plot": ("分组隐患率与 95% 区间", "Rate by part, with 95 % intervals"),
    "est.legend.rate": ("估计值与 95% 区间", "estimate, 95 % interval"),
    "est.legend.naive": ("直接检出率（有偏）", "naive share of visits (biased)"),
    "est.legend.city": ("全部单位", "all units"),
    "est.part": ("单位", "Units of"),
    "est.units": ("单位数", "Units"),
    "est.results": ("结果", "Results"),
    "est.effective": ("有效样本量", "Effective"),
    "est.total": ("隐患总数", "Hazards in all"),
    "est.all": ("全部", "all"),
    "est.whose": ("推断的对象", "Whom it speaks for"),
    "est.how": ("如何推断", "How it is told"),
    "est.how1": ("每次检查按其当日抽中概率的倒数加权（Hájek），各日按预计检查数合并；"
                 "近期已检查而不在抽取范围的单位按检查结果计入。",
                 "Each visit weighs by the inverse of its probability of that day (Hájek), days by the visits they "
                 "expected; units left out because they were visited count with what was found."),
    "est.how2": ("方差取各日之间的差异，区间用 t 分位数的 Wilson 区间，总数用伽马区间；结果少于 {least} 条不给数字。",
                 "The variance is that between days; intervals are Wilson's with Student's t, and gamma limits for "
                 "totals; with fewer than {least} results no figure is given."),
    "est.how3": ("模拟 2000 个季度的覆盖率见 docs/benchmarks.md，可用 huoyan estimates coverage 重做。",
                 "How often the intervals hold the truth in 2,000 simulated quarters is told in docs/benchmarks.md; "
                 "huoyan estimates coverage does it again."),
    "est.public": ("上季度全市隐患率", "City-wide hazard rate, last quarter"),
    "est.public.note": ("{period}，由 {results} 次随机抽取的检查推断全部 {units} 家单位；95% 区间 {low} – {high}",
                        "{period}, told from {results} drawn visits for all {units} units; 95 % between {low} and "
                        "{high}"),
    "refusal.no_area": ("没有区域 {code}", "there is no area {code}"),
}
