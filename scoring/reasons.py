"""Why the learned model puts one unit above another, in one line of the field's terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from policy import rules
from scoring.additive import ORDERED, AdditiveModel, Inputs, sigmoid
from scoring.card import Card

_ATTRIBUTE = "attribute:"


def why_above(model: AdditiveModel, inputs: Inputs, above: int, below: int, day: dt.date, *, name_above: str,
              name_below: str, most: int = 3) -> tuple[str, str]:
    """One line in Chinese and English: the widest differences of contributions that put one row above another."""
    parts = model.contributions(inputs)[[above, below]]
    odds = model.log_odds(inputs)[[above, below]]
    chance = sigmoid(odds)
    if odds[0] <= odds[1]:
        return (f"{name_above}的模型风险（{chance[0]:.1%}）不高于{name_below}（{chance[1]:.1%}）",
                f"the model puts {name_above} ({chance[0]:.1%}) no higher than {name_below} ({chance[1]:.1%})")
    gaps = parts[0] - parts[1]
    told = [at for at in np.argsort(-gaps, kind="stable")[:most].tolist() if gaps[at] > 0]
    zh, en = [], []
    for at in told:
        feature = model.shapes[at].feature
        label_zh, label_en = name(feature, day)
        values = [shown(inputs, feature, row) for row in (above, below)]
        zh.append(f"{label_zh}{values[0][0]}对{values[1][0]}（{gaps[at]:+.2f}）")
        en.append(f"{label_en} {values[0][1]} against {values[1][1]} ({gaps[at]:+.2f})")
    return (f"{name_above}的模型风险{chance[0]:.1%}高于{name_below}的{chance[1]:.1%}，主要因为" + "；".join(zh),
            f"the model puts {name_above} ({chance[0]:.1%}) above {name_below} ({chance[1]:.1%}), mostly because of "
            + "; ".join(en))


def name(feature: str, day: dt.date) -> tuple[str, str]:
    """What a feature is called in Chinese and English."""
    line = Card.on(day).line(feature)
    if line is not None:
        return line.zh, line.en
    names = rules().value("model.names", day)
    if feature in names:
        return names[feature]["zh"], names[feature]["en"]
    if feature.startswith(_ATTRIBUTE):
        key = feature.removeprefix(_ATTRIBUTE).removesuffix("_ratio").removesuffix("_days")
        return f"{names['attribute']['zh']}“{key}”", f"{names['attribute']['en']} “{key}”"
    return feature, feature.replace("_", " ")


def words(feature: str, codes: Sequence[str], day: dt.date) -> tuple[tuple[str, str, str], ...]:
    """What the categories of a feature are called; one without a name stands for itself."""
    names = rules().value("model.names", day).get(feature, {}).get("words", {})
    return tuple((code, *names.get(code, (code, code))) for code in codes)


def shown(inputs: Inputs, feature: str, row: int) -> tuple[str, str]:
    """The value of a feature of one row as a page shows it."""
    if feature in inputs.words:
        return inputs.words[feature][row], inputs.words[feature][row]
    value = float(inputs.numbers[feature][row]) if feature in inputs.numbers else np.nan
    if np.isnan(value):
        return "未掌握", "not known"
    if feature in ORDERED:
        word = next((word for word, number in ORDERED[feature].items() if number == value), f"{value:g}")
        return word, word
    return f"{value:.3g}", f"{value:.3g}"
