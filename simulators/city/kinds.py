"""What units of each kind look like: sizes, flags, people, fire load, the devices they carry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KindProfile:
    """One kind of unit. Areas are in m2 (median and log sigma), occupants a m2, shares and chances between 0 and 1."""

    code: str
    share: float
    area_m2: float
    area_sigma: float
    storeys: tuple[int, int]
    people_m2: float
    key: float
    crowded: float
    high_hazard: float
    exposure: float
    """How much the kind alone moves the hidden exposure, in standard deviations."""
    devices: float
    """Relative number of devices."""
    register: str
    suffixes: tuple[str, ...]
    extra_devices: tuple[str, ...]
    """What it carries beside alarm link, pressure and electrical sensors, the likelier first."""


KINDS: tuple[KindProfile, ...] = (
    KindProfile("hotel", .06, 2800, .9, (3, 16), .025, .35, .95, .06, .45, 2.0, "91",
                ("大酒店", "宾馆", "快捷酒店", "商务酒店", "民宿"), ("smoke", "water_level")),
    KindProfile("restaurant", .13, 420, .8, (1, 4), .25, .06, .75, .0, .25, .8, "92",
                ("酒楼", "火锅店", "饭庄", "农家乐", "美食城"), ("gas", "smoke")),
    KindProfile("mall", .05, 5200, 1.0, (2, 7), .12, .45, .95, .12, .50, 2.6, "91",
                ("购物中心", "商场", "超市", "农贸市场", "建材市场"), ("water_level", "smoke")),
    KindProfile("entertainment", .04, 900, .6, (1, 4), .22, .40, .98, .08, .80, 1.6, "91",
                ("KTV", "量贩歌城", "舞厅", "电竞馆", "酒吧"), ("smoke", "water_level")),
    KindProfile("cinema", .008, 2400, .5, (1, 4), .20, .60, .98, .05, .35, 2.0, "91",
                ("影城", "影剧院", "大戏院"), ("smoke", "water_level")),
    KindProfile("hospital", .012, 6500, 1.0, (3, 18), .05, .65, .98, .15, .30, 3.0, "12",
                ("人民医院", "中医院", "专科医院", "卫生院"), ("water_level", "smoke", "gas")),
    KindProfile("nursing_home", .015, 1800, .7, (2, 6), .04, .50, .98, .05, .55, 1.9, "52",
                ("养老院", "敬老院", "康养中心", "老年公寓"), ("smoke", "gas")),
    KindProfile("school", .03, 7800, .8, (3, 6), .10, .40, .90, .02, -.15, 1.7, "12",
                ("中学", "小学", "实验学校", "职业学校"), ("smoke", "gas", "water_level")),
    KindProfile("kindergarten", .03, 1600, .5, (2, 4), .12, .30, .95, .0, .05, 1.3, "52",
                ("幼儿园", "托育中心"), ("smoke", "gas")),
    KindProfile("office", .09, 3600, 1.1, (3, 26), .06, .10, .10, .04, -.35, 1.5, "91",
                ("大厦", "商务中心", "写字楼", "政务服务中心"), ("smoke", "water_level")),
    KindProfile("factory", .14, 4800, .9, (1, 5), .03, .14, .30, .06, .45, 1.1, "91",
                ("电子有限公司", "服装厂", "家具厂", "食品有限公司", "塑胶制品厂", "机械有限公司"),
                ("water_level", "smoke")),
    KindProfile("warehouse", .05, 5200, 1.0, (1, 3), .004, .15, .02, .08, .40, 1.0, "91",
                ("物流园", "仓储中心", "冷链库", "快递分拨中心"), ("water_level", "smoke")),
    KindProfile("highrise_residential", .07, 14000, .6, (11, 33), .03, .10, .02, .03, .10, 1.8, "91",
                ("小区", "花园", "公馆", "家园"), ("water_level", "smoke")),
    KindProfile("culture", .012, 2600, .9, (1, 5), .08, .45, .80, .05, -.10, 1.7, "12",
                ("图书馆", "博物馆", "文化馆", "体育馆"), ("smoke", "water_level")),
    KindProfile("station", .006, 4200, .9, (1, 4), .15, .70, .98, .08, .00, 2.4, "91",
                ("客运站", "高铁站", "地铁站"), ("smoke", "water_level")),
    KindProfile("gas_station", .012, 900, .4, (1, 1), .01, .35, .02, .20, .35, 1.0, "91",
                ("加油站", "加气站", "综合能源站"), ("gas", "smoke")),
    KindProfile("small_place", .20, 90, .6, (1, 3), .05, .0, .10, .0, .15, .35, "92",
                ("便利店", "五金店", "理发店", "诊所", "小吃店", "修车行", "棋牌室"), ("smoke", "gas")),
    KindProfile("other", .045, 1100, 1.0, (1, 5), .04, .03, .08, .01, -.30, .5, "91",
                ("服务部", "合作社", "工作站", "活动室"), ("smoke",)),
)
BY_CODE = {profile.code: profile for profile in KINDS}
SLEEPING = {"hotel": 1.0, "hospital": .8, "nursing_home": 1.0, "highrise_residential": 1.0, "school": .3,
            "factory": .15, "small_place": .12, "kindergarten": .2}
DANGEROUS = {"gas_station": 1.0, "warehouse": .15, "factory": .15, "small_place": .04, "hospital": .2}
