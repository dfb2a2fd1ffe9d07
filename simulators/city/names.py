"""Chinese names for places that do not exist."""

from __future__ import annotations

CITY = ("990000", "示范市", "Shifan City")
DISTRICT = ("990101", "火眼区", "Huoyan District")
# name, English name, share of the units, offset of the centre from the district's in degrees (lon, lat)
TOWNS: tuple[tuple[str, str, float, float, float], ...] = (
    ("城关街道", "Chengguan Subdistrict", .24, .000, .000),
    ("龙泉街道", "Longquan Subdistrict", .17, .045, .020),
    ("白沙街道", "Baisha Subdistrict", .14, -.050, .028),
    ("新桥镇", "Xinqiao Town", .13, .085, -.040),
    ("青石镇", "Qingshi Town", .11, -.095, -.035),
    ("柳河镇", "Liuhe Town", .09, .020, -.110),
    ("云岭镇", "Yunling Town", .07, -.030, .125),
    ("石门乡", "Shimen Township", .05, .140, .090),
)
CENTRE = (109.62, 30.27)

BRAND_FIRST = "华鸿金瑞宏盛恒永福嘉安泰东新天星云海龙祥德信万众锦聚百佳润丰康明"
BRAND_SECOND = "泰盛达源丰隆和兴宇峰悦诚利顺通辉景苑程润昌鼎晟阳合庆元邦凯江"
STREETS = ("人民路", "解放路", "建设路", "和平街", "滨江大道", "工业大道", "文化路", "迎宾路", "新华街", "中山路",
           "创业路", "朝阳街", "长安路", "学府路", "站前路", "兴农路")
LOCATIONS = {
    "uitd": ("消防控制室",),
    "smoke": ("一层走廊", "二层走廊", "厨房外", "库房", "楼梯间", "配电间", "宿舍"),
    "water_pressure": ("末端试水", "屋顶试验消火栓", "水泵房出水管", "最不利点消火栓"),
    "water_level": ("屋顶消防水箱", "消防水池"),
    "electrical": ("总配电箱", "一层配电箱", "二层配电箱", "厨房配电箱", "车间配电柜"),
    "gas": ("厨房", "燃气表间", "储罐区", "锅炉房"),
}
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹"
GIVEN = "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢阳建彬静敏丽娟艳芳娜婷雪慧"
VENDORS: tuple[tuple[str, str, float], ...] = (
    ("anning", "安宁物联科技", .38), ("tianshui", "天水智能消防", .28), ("xunjie", "迅捷传感技术", .20),
    ("hongyan", "鸿雁消防电子", .14))
