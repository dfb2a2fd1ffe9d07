"""Words of towns: delegation, referrals, training, grids, police stations."""

WORDS = {
    "refusal.no_town": ("您的区域内没有 {area}", "there is no area {area} in yours"),
    "refusal.unit_or_place": ("请填写单位编号或场所", "say the unit (unit_no) or the place"),
}
