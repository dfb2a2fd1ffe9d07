// Plots. Each element with data-chart names its form and where its numbers are; colours come from the style sheet, so
// that the dark appearance has dark plots. Tooltips are drawn on the canvas: HTML ones would need inline styles.
(() => {
  "use strict";
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const words = (node) => JSON.parse(node.dataset.words || "{}");
  const answers = new Map();
  const load = (address) => {
    if (!answers.has(address)) answers.set(address, fetch(address, {headers: {accept: "application/json"}}).then((answer) => answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))));
    return answers.get(address);
  };
  const font = () => getComputedStyle(document.body).fontFamily;
  const base = () => ({
    animation: false,
    textStyle: {fontFamily: font(), color: css("--ink-2"), fontSize: 12},
    grid: {left: 8, right: 12, top: 34, bottom: 6, containLabel: true},
    tooltip: {trigger: "axis", renderMode: "richText", confine: true, backgroundColor: css("--panel"), borderColor: css("--line"), textStyle: {color: css("--ink"), fontSize: 12}},
    legend: {top: 0, left: 0, itemWidth: 12, itemHeight: 8, icon: "roundRect", textStyle: {color: css("--ink-2"), fontSize: 12}, inactiveColor: css("--ink-3")},
  });
  const axis = (more) => ({axisLine: {lineStyle: {color: css("--line")}}, axisTick: {show: false}, axisLabel: {color: css("--ink-3"), fontSize: 11}, splitLine: {lineStyle: {color: css("--line-2")}}, ...more});
  const classColour = (letter) => css(`--class-${letter.toLowerCase()}`);
  const empty = (node, text) => ({...base(), title: {text, left: "center", top: "middle", textStyle: {color: css("--ink-3"), fontSize: 13, fontWeight: "normal"}}, xAxis: {show: false}, yAxis: {show: false}});

  const forms = {
    bins(data, say) {
      const bins = [...Array(20).keys()].map((n) => n * 5);
      return {...base(), grid: {...base().grid, top: 12}, legend: {show: false},
        xAxis: axis({type: "category", data: bins.map(String), splitLine: {show: false}, axisLabel: {color: css("--ink-3"), fontSize: 11, interval: 3}}),
        yAxis: axis({type: "value", minInterval: 1}),
        series: ["A", "B", "C", "D"].map((letter) => ({name: letter, type: "bar", stack: "all", barCategoryGap: "18%", itemStyle: {color: classColour(letter)},
          data: bins.map((bin) => (data.score_bins.find((row) => row.bin === bin && row.risk_class === letter) || {units: 0}).units)}))};
    },
    alarm_days(data, say) {
      const days = data.alarm_days;
      const bar = (name, key, colour) => ({name, type: "bar", stack: key === "judged_false" ? undefined : "all", barCategoryGap: "25%", itemStyle: {color: colour}, data: days.map((row) => row[key])});
      return {...base(), xAxis: axis({type: "category", data: days.map((row) => row.day.slice(5)), splitLine: {show: false}}), yAxis: axis({type: "value", minInterval: 1}),
        series: [bar(say.alarms, "alarms", css("--ember")), bar(say.faults, "faults", css("--warm-2")),
          {name: say.false, type: "line", symbol: "circle", symbolSize: 4, lineStyle: {width: 1.5, color: css("--ink-3")}, itemStyle: {color: css("--ink-3")}, data: days.map((row) => row.judged_false)}]};
    },
    hits(data, say, node) {
      const months = [...new Set(data.hit_months.map((row) => row.month))].sort();
      if (!months.length) return empty(node, say.none);
      const arms = ["targeted", "random", "duty", "other"].filter((arm) => data.hit_months.some((row) => row.arm === arm));
      const colour = {targeted: css("--ember"), random: css("--class-b"), duty: css("--class-a"), other: css("--ink-3")};
      return {...base(), tooltip: {...base().tooltip, valueFormatter: (value) => value == null ? "–" : `${value.toFixed(0)} %`},
        xAxis: axis({type: "category", data: months.map((month) => month.slice(2, 7)), splitLine: {show: false}}), yAxis: axis({type: "value", max: 100, axisLabel: {color: css("--ink-3"), fontSize: 11, formatter: "{value} %"}}),
        series: arms.map((arm) => ({name: say[arm], type: "line", symbol: "circle", symbolSize: 4, connectNulls: true, lineStyle: {width: 2, color: colour[arm]}, itemStyle: {color: colour[arm]},
          data: months.map((month) => { const row = data.hit_months.find((one) => one.month === month && one.arm === arm); return row && row.visits ? 100 * row.with_hazards / row.visits : null; })}))};
    },
    churn(data, say) {
      const weeks = data.audit.content.churn;
      const line = (name, key, colour) => ({name, type: "line", symbol: "circle", symbolSize: 5, lineStyle: {width: 2, color: colour}, itemStyle: {color: colour}, data: weeks.map((week) => week[key] == null ? null : 100 * week[key])});
      return {...base(), tooltip: {...base().tooltip, valueFormatter: (value) => value == null ? "–" : `${value.toFixed(1)} %`},
        xAxis: axis({type: "category", data: weeks.map((week) => week.as_of.slice(5)), splitLine: {show: false}}), yAxis: axis({type: "value", max: 100, axisLabel: {color: css("--ink-3"), fontSize: 11, formatter: "{value} %"}}),
        series: [line(say.overlap, "overlap", css("--ember")), line(say.correlation, "correlation", css("--class-b"))]};
    },
    class_moves(data, say) {
      const weeks = data.audit.content.churn;
      const bar = (name, key, colour, sign) => ({name, type: "bar", stack: "all", barCategoryGap: "35%", itemStyle: {color: colour}, data: weeks.map((week) => sign * week[key])});
      return {...base(), tooltip: {...base().tooltip, valueFormatter: (value) => String(Math.abs(value))},
        xAxis: axis({type: "category", data: weeks.map((week) => week.as_of.slice(5)), splitLine: {show: false}, axisLine: {onZero: false, lineStyle: {color: css("--line")}}}),
        yAxis: axis({type: "value", minInterval: 1, axisLabel: {color: css("--ink-3"), fontSize: 11, formatter: (value) => String(Math.abs(value))}}),
        series: [bar(say.up, "up", css("--class-d"), 1), bar(say.down, "down", css("--class-a"), -1)]};
    },
    readings(data, say, node) { return telemetry(data, say, node); },
    scores(data, say, node) {
      if (!data.length) return empty(node, say.none);
      return {...base(), grid: {...base().grid, top: 12}, legend: {show: false}, tooltip: {...base().tooltip, valueFormatter: (value) => value.toFixed(1)},
        xAxis: axis({type: "category", data: data.map((row) => row.as_of), boundaryGap: data.length < 3, splitLine: {show: false}, axisLabel: {color: css("--ink-3"), fontSize: 11, formatter: (day) => day.slice(5)}}), yAxis: axis({type: "value", min: 0, max: 100}),
        series: [{name: say.score, type: "line", step: "end", showSymbol: data.length < 40, symbolSize: 5, lineStyle: {width: 2, color: css("--ember")}, itemStyle: {color: css("--ember")}, areaStyle: {color: css("--ember"), opacity: 0.08},
          data: data.map((row) => row.score)}]};
    },
  };
  const palette = () => ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"].map(css);
  const MOST = 6;

  const telemetry = (data, say, node) => {
    const shown = data.series.filter((one) => one.points.length).slice(0, MOST);
    const more = data.series.filter((one) => one.points.length).length - shown.length;
    if (!shown.length) return empty(node, say.none);
    const own = shown.length === 1 ? shown[0] : {low: null, high: null};
    const low = own.low ?? data.low;
    const high = own.high ?? data.high;
    const all = shown.flatMap((one) => one.points.flatMap((point) => [point[2], point[3]]));
    const least = Math.min(...all);
    const most = Math.max(...all);
    const room = (most - least) * 0.1 || Math.abs(most) * 0.1 || 1;
    // A limit is drawn where the readings come near it; far away it would press them flat.
    const near = (limit) => limit != null && limit > least - 6 * room - Math.abs(most - least) && limit < most + 6 * room + Math.abs(most - least);
    const lines = [];
    if (near(low)) lines.push({yAxis: low, name: say.low, label: {formatter: `${say.low} ${low} ${data.unit}`}});
    if (near(high)) lines.push({yAxis: high, name: say.high, label: {formatter: `${say.high} ${high} ${data.unit}`}});
    const colours = palette();
    const round = (value) => Math.round(value * 1e6) / 1e6;
    return {...base(), color: colours, grid: {...base().grid, top: 52, right: 24},
      title: more > 0 ? {text: say.more.replace("{count}", more), right: 8, top: 2, textStyle: {fontSize: 11, fontWeight: "normal", color: css("--ink-3")}} : undefined,
      legend: {...base().legend, type: "scroll", right: more > 0 ? 160 : 8},
      tooltip: {...base().tooltip, valueFormatter: (value) => value == null ? "–" : `${Number(value).toPrecision(4)} ${data.unit}`},
      xAxis: axis({type: "time", min: data.since, max: data.until, splitLine: {show: false}}),
      yAxis: axis({type: "value", name: data.unit, nameTextStyle: {color: css("--ink-3"), align: "right"}, scale: true,
        min: round(Math.min(least, near(low) ? low : least) - room), max: round(Math.max(most, near(high) ? high : most) + room), axisLabel: {color: css("--ink-3"), fontSize: 11, formatter: (value) => Number(value.toPrecision(4))}}),
      series: shown.map((one, n) => ({name: one.location ? `${one.device_no} ${one.location}` : one.device_no, type: "line", showSymbol: one.points.length < 60, symbolSize: 4, sampling: "lttb", lineStyle: {width: 1.6},
        data: gaps(one.points, data.bucket_seconds),
        markLine: n === 0 && lines.length ? {silent: true, symbol: "none", lineStyle: {color: css("--class-d"), type: "dashed", width: 1.2}, label: {position: "insideEndTop", color: css("--class-d"), fontSize: 11}, data: lines} : undefined}))};
  };
  // A hole in the data is a hole in the line: silence is not a measurement.
  const gaps = (points, bucket) => {
    const steps = points.slice(1).map((point, n) => Date.parse(point[0]) - Date.parse(points[n][0])).sort((a, b) => a - b);
    const usual = Math.max(bucket * 1000, steps[Math.floor(steps.length / 2)] || 0);
    const out = [];
    points.forEach((point, n) => {
      if (n && Date.parse(point[0]) - Date.parse(points[n - 1][0]) > 4 * usual) out.push([points[n - 1][0], null]);
      out.push([point[0], point[1]]);
    });
    return out;
  };

  const plots = [];
  const draw = (node, option) => {
    const plot = echarts.getInstanceByDom(node) || echarts.init(node, null, {renderer: "canvas"});
    plot.setOption(option, true);
    node.dataset.drawn = "yes";
    if (!plots.includes(plot)) plots.push(plot);
  };
  const fail = (node) => draw(node, empty(node, document.body.dataset.failed));

  const start = () => {
    document.querySelectorAll("[data-chart]").forEach((node) => {
      load(node.dataset.src).then((data) => draw(node, forms[node.dataset.chart](data, words(node), node))).catch(() => fail(node));
    });
    document.querySelectorAll("[data-telemetry]").forEach((tools) => {
      const node = document.getElementById(tools.dataset.target);
      const show = () => {
        const metric = tools.querySelector("[name=metric]").value;
        const span = tools.querySelector("[name=span]:checked").value;
        const address = `${tools.dataset.telemetry}?metric=${encodeURIComponent(metric)}&span=${span}`;
        load(address).then((data) => draw(node, telemetry(data, words(node), node))).catch(() => fail(node));
      };
      tools.addEventListener("change", show);
      show();
    });
  };
  let waiting;
  window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => plots.forEach((plot) => plot.resize()), 120); });
  document.addEventListener("DOMContentLoaded", start);
})();
