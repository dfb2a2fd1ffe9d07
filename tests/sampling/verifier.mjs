// A third implementation of docs/draw-protocol.md, on Node alone: quotas, the precision's stretch, tau, sizes,
// probabilities, commitment, seed, tickets, selection and officers. What it takes as given of a frame are units, officers,
// rules, days, and the desks with their capacity.
// Reads one JSON object a line, {"frame": ..., "entropy": ...}; writes what it derives, one object a line.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";

const sha = (text) => createHash("sha256").update(text, "utf8");
const canonical = (value) => {
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  if (value !== null && typeof value === "object")
    return "{" + Object.keys(value).sort().map((k) => JSON.stringify(k) + ":" + canonical(value[k])).join(",") + "}";
  return JSON.stringify(value);
};
const ticket = (seed, ...parts) =>
  Number(BigInt("0x" + sha(canonical([seed, ...parts])).digest("hex").slice(0, 16)) >> 11n);
const byBytes = (a, b) => Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));

const groupOf = (unit) => unit.group;
const turnOf = (unit) => groupOf(unit) + (unit.visits ? "-again" : "");
const CLASSES = ["A", "B", "C", "D"], GROUPS = ["duty", "key", "general"], ARMS = ["duty", "random", "targeted"];
const TURNS = GROUPS.flatMap((group) => [group, group + "-again"]);
const EXCLUSIONS = [null, "no_officers", "planned", "cap", "recent", "capacity"];
const inPool = (unit) => unit.excluded === null || unit.excluded === "capacity";
// The columns of the frame as one object a unit, with its desk.
const rowsOf = (frame) => {
  const held = frame.units, desks = new Map();
  for (const desk of frame.desks) for (const area of desk.covers) desks.set(area + "/" + desk.kind, desk.desk);
  return held.unit_no.map((unit_no, n) => {
    const area = frame.areas[held.area[n]].area, group = GROUPS[held.group[n]];
    return { unit_no, area, group, class: CLASSES[held.class[n]], score: held.score[n], visits: held.visits[n],
             excluded: EXCLUSIONS[held.excluded[n]], desk: desks.get(area + "/" + (group === "general" ? "general" : "key")) };
  });
};
const added = (numbers) => { let sum = 0; for (const x of numbers) sum = sum + x; return sum; };
const quantised = (x) => Math.floor(x * 2 ** 32) / 2 ** 32;

function quotasOf(frame, staffed) {
  const rules = frame.policy.parameters, out = [];
  for (const group of GROUPS) {
    const own = frame.units.filter((unit) => groupOf(unit) === group && staffed(unit));
    const of = (c) => own.filter((unit) => unit.class === c);
    const many = Object.fromEntries(CLASSES.map((c) => [c, of(c).length]));
    const base = rules.ratio[group], ratio = { ...base };
    let need = rules.total[group] * (many.A + many.B + many.C + many.D);
    if (added(CLASSES.map((c) => base[c] * many[c])) < need)
      for (const left = [...CLASSES]; left.length;) {
        const mass = added(left.map((c) => base[c] * many[c])), top = left.at(-1);
        if (mass === 0) break;
        const scale = need / mass;
        if (scale * base[top] < 1) { for (const c of left) ratio[c] = scale * base[c]; break; }
        ratio[top] = 1;
        need = need - many[left.pop()];
      }
    let first = 0, again = 0;
    for (const c of CLASSES) {
      const units = many[c], visited = of(c).filter((unit) => unit.visits > 0).length;
      const eligible = of(c).filter((unit) => unit.visits === 0 && inPool(unit)).length;
      const remaining = Math.max(0, ratio[c] * units - visited);
      const pace = eligible ? Math.min(1, remaining / (frame.days.spread * eligible)) : 0;
      const floor = (rules.floor_share * ratio[c]) / frame.days.year;
      first = Math.max(first, pace, floor);
      again = Math.max(again, floor);
      out.push({ group, risk_class: c, units, visited, eligible, ratio: ratio[c], remaining, pace, first, again });
    }
  }
  return out;
}

// Probabilities in proportion to weight, none above 1, with sum `size`; a step is [weight, units].
function wantedOf(steps, size) {
  const out = steps.map(() => 0);
  let left = size;
  for (let open = size ? steps.length : 0; open;) {
    const mass = added(steps.slice(0, open).map(([weight, units]) => weight * units));
    if (left * steps[open - 1][0] < mass) {
      for (let k = 0; k < open; k++) out[k] = (left * steps[k][0]) / mass;
      break;
    }
    out[--open] = 1;
    left -= steps[open][1];
  }
  return out;
}

function derive(frame) {
  const rules = frame.policy.parameters, desks = new Map(frame.desks.map((desk) => [desk.desk, desk]));
  const deskOf = (unit) => unit.desk;
  const staffed = (unit) => !["no_officers", "one_officer", "no_lead"].includes(desks.get(deskOf(unit)).note);
  const quotas = quotasOf(frame, staffed), held = { ...frame, quotas };
  const levels = new Map(), due = new Map(frame.desks.map((desk) => [desk.desk, 0]));
  for (const unit of frame.units) {
    if (turnOf(unit) === "duty") due.set(deskOf(unit), due.get(deskOf(unit)) + 1);
    if (inPool(unit))
      for (const [arm, weight] of Object.entries(weightsOf(held, unit))) {
        const name = deskOf(unit) + "/" + arm + "/" + turnOf(unit);
        if (!levels.has(name)) levels.set(name, new Map());
        levels.get(name).set(weight, (levels.get(name).get(weight) ?? 0) + 1);
      }
  }
  for (const [name, found] of levels) levels.set(name, [...found].sort((a, b) => a[0] - b[0]));
  const unitsOf = (name) => (levels.get(name) ?? []).reduce((sum, [, units]) => sum + units, 0);
  const masses = (desk, arm, again) => TURNS.filter((turn) => levels.has(desk + "/" + arm + "/" + turn)).map((turn) => [
    turn, added(levels.get(desk + "/" + arm + "/" + turn).map(([w, n]) => w * n)) * (turn.endsWith("-again") ? again : 1)]);
  const names = frame.desks.map((desk) => desk.desk), whole = (rows) => added(rows.map(([, mass]) => mass));
  const pace = added(names.map((desk) => whole(masses(desk, "random", 1))));
  const units = quotas.reduce((sum, row) => sum + row.units, 0), endless = 0.9604 / (rules.precision * rules.precision);
  const needed = (endless * units) / (units + endless) / frame.days.year;
  const stretch = pace > 0 ? Math.max(rules.stretch, needed / pace) : rules.stretch;
  const duty = names.map((desk) => Math.min(due.get(desk) / frame.days.spread, unitsOf(desk + "/duty/duty")));
  const wanted = names.map((desk, d) => duty[d] + (stretch * whole(masses(desk, "random", 1))) / (1 - frame.tau.earned));
  const beyond = added(frame.desks.map((desk, d) => desk.capacity - Math.min(duty[d], desk.capacity)));
  const tau = beyond > 0 ? Math.max(rules.tau.floor, Math.min(frame.tau.earned, 1 - needed / beyond)) : frame.tau.earned;
  const strata = [], chances = new Map();
  let start = 0;
  frame.desks.forEach((desk, d) => {
    const first = Math.min(duty[d], desk.capacity), random = masses(desk.desk, "random", 1);
    const rest = Math.min(desk.capacity - first, (stretch * whole(random)) / (1 - tau));
    const risk = masses(desk.desk, "targeted", rules.again_factor), sizes = new Map([["duty/duty", first]]);
    for (const [arm, part, rows] of [["random", (1 - tau) * rest, random], ["targeted", tau * rest, risk]])
      for (const [turn, mass] of rows)
        sizes.set(arm + "/" + turn, Math.min(unitsOf([desk.desk, arm, turn].join("/")), (part * mass) / whole(rows)));
    for (const arm of ARMS) for (const turn of TURNS) {
      const name = [desk.desk, arm, turn].join("/");
      if (!levels.has(name)) continue;
      const expected = quantised(sizes.get(arm + "/" + turn)), below = Math.floor(expected), f = expected - below;
      const low = wantedOf(levels.get(name), below), high = wantedOf(levels.get(name), Math.ceil(expected));
      const steps = levels.get(name).map(([weight, many], k) => ({
        weight, units: many, low: low[k], high: high[k], p: (1 - f) * low[k] + f * high[k] }));
      strata.push({ stratum: name, desk: desk.desk, arm, group: turn, expected, steps });
      chances.set(name, { start, expected, steps: new Map(steps.map((step) => [step.weight, step])) });
      start += expected;
    }
  });
  const found = new Map();
  const bandOf = (unit) => (unit.score === null ? null : Math.floor(unit.score / rules.score_band));
  for (const unit of frame.units.filter(inPool)) {
    const place = [names.indexOf(deskOf(unit)), TURNS.indexOf(turnOf(unit)), CLASSES.indexOf(unit.class), bandOf(unit) ?? -1];
    const key = place.join(" ");
    if (!found.has(key)) {
      const parts = Object.entries(weightsOf(held, unit)).map(([arm, weight]) => {
        const stratum = chances.get(deskOf(unit) + "/" + arm + "/" + turnOf(unit));
        return [arm, stratum, stratum.steps.get(weight)];
      });
      const own = Object.fromEntries(parts.map(([arm, , step]) => ["p_" + arm, step.p]));
      found.set(key, { place, row: {
        stratum: deskOf(unit) + "/" + turnOf(unit), class: unit.class, band: bandOf(unit), units: 0,
        p_duty: 0, p_random: 0, p_targeted: 0, ...own, p_total: totalOf(parts) } });
    }
    found.get(key).row.units += 1;
  }
  const profiles = [...found.values()].sort((a, b) => {
    const n = a.place.findIndex((one, k) => one !== b.place[k]);
    return a.place[n] - b.place[n];
  }).map((one) => one.row);
  return { quotas, precision: { units, needed, stretch }, tau, wanted, strata, profiles };
}

// The chance that any arm takes a unit: over the pieces of the uniform on which no size changes.
function totalOf(parts) {
  if (!parts.length) return 0;
  const cuts = new Set([0, 1]);
  for (const [, { start, expected }] of parts)
    for (const edge of [start, start + expected])
      if (edge !== Math.floor(edge)) cuts.add(1 - (edge - Math.floor(edge)));
  const edges = [...cuts].sort((a, b) => a - b);
  let total = 0;
  for (let n = 1; n < edges.length; n++) {
    let missed = 1;
    for (const [, { start, expected }, step] of parts) {
      const size = Math.floor(start + expected + edges[n - 1]) - Math.floor(start + edges[n - 1]);
      missed = missed * (1 - (size > Math.floor(expected) ? step.high : step.low));
    }
    total = total + (edges[n] - edges[n - 1]) * (1 - missed);
  }
  return total;
}

function weightsOf(frame, unit) {
  const rules = frame.policy.parameters, group = groupOf(unit);
  let risk = rules.weight_targeted[unit.class];
  if (unit.score !== null) {
    const band = (Math.floor(unit.score / rules.score_band) * rules.score_band) / 100;
    risk = Math.max(risk, band * band);
  }
  if (group === "duty" && unit.visits === 0) return { duty: rules.weight_duty[unit.class], targeted: risk };
  const quota = frame.quotas.find((q) => q.group === group && q.risk_class === unit.class);
  return { random: unit.visits ? quota.again : quota.first, targeted: risk };
}

function select(frame, seed) {
  const uniform = Math.floor(ticket(seed, "sizes") / 2 ** 21) / 2 ** 32;
  const members = new Map();
  const totals = new Map(frame.profiles.map((row) => [[row.stratum, row.class, row.band].join(" "), row.p_total]));
  for (const unit of frame.units) {
    if (unit.excluded !== null) continue;
    const band = unit.score === null ? null : Math.floor(unit.score / frame.policy.parameters.score_band);
    unit.p_total = totals.get([unit.desk + "/" + turnOf(unit), unit.class, band].join(" "));
    for (const [arm, weight] of Object.entries(weightsOf(frame, unit))) {
      const name = [unit.desk, arm, turnOf(unit)].join("/");
      if (!members.has(name)) members.set(name, []);
      members.get(name).push([unit, weight]);
    }
  }
  let start = 0;
  const sizes = [];
  for (const held of frame.strata) {
    sizes.push(Math.floor(start + held.expected + uniform) - Math.floor(start + uniform));
    start += held.expected;
  }
  const drawn = new Map();
  for (const arm of ARMS)
    frame.strata.forEach((held, n) => {
      if (held.arm !== arm || sizes[n] === 0) return;
      const up = sizes[n] > Math.floor(held.expected);
      const steps = new Map(held.steps.map((step) => [step.weight, step]));
      const certain = [], others = [];
      for (const [unit, weight] of members.get(held.stratum) ?? []) {
        const step = steps.get(weight), number = ticket(seed, "unit", arm, unit.unit_no);
        const chance = up ? step.high : step.low;
        const row = { unit_no: unit.unit_no, arm, stratum: held.stratum, ticket: number, key: null, also: [],
                      probability: unit.p_total };
        if (chance === 1) certain.push(row);
        else if (chance > 0) {
          const u = number / 2 ** 53;
          row.key = u / (1 - u) / (up ? step.odds_high : step.odds_low);
          others.push(row);
        }
      }
      certain.sort((a, b) => byBytes(a.unit_no, b.unit_no));
      others.sort((a, b) => a.key - b.key || byBytes(a.unit_no, b.unit_no));
      for (const row of [...certain, ...others.slice(0, sizes[n] - certain.length)])
        if (drawn.has(row.unit_no)) drawn.get(row.unit_no).also.push(arm);
        else drawn.set(row.unit_no, row);
    });
  return [sizes, [...drawn.values()]];
}

// Officers: whether visits can be staffed is asked of a flow found by depth-first search, visit by visit.
function flow(loads, leads, teams) {
  const to = [], room = [], out = [[], []];
  const node = () => out.push([]) - 1;
  const edge = (a, b, r) => { out[a].push(to.length); to.push(b); room.push(r); out[b].push(to.length); to.push(a); room.push(0); };
  const people = loads.map((load) => { const n = node(); edge(n, 1, load); return n; });
  for (const team of teams) {
    const lead = node(), other = node();
    edge(0, lead, 1); edge(0, other, 1);
    for (const o of team) { const seat = node(); if (leads[o]) edge(lead, seat, 1); edge(other, seat, 1); edge(seat, people[o], 1); }
  }
  for (let sent = 0; sent < 2 * teams.length; sent++) {
    const seen = new Set([0]);
    const walk = (here) => {
      if (here === 1) return true;
      for (const e of out[here])
        if (room[e] > 0 && !seen.has(to[e])) {
          seen.add(to[e]);
          if (walk(to[e])) { room[e] -= 1; room[e ^ 1] += 1; return true; }
        }
      return false;
    };
    if (!walk(0)) return false;
  }
  return true;
}

function staff(frame, seed, drawn) {
  const parent = new Map(frame.areas.map((a) => [a.area, a.parent]));
  const above = (area) => { const line = new Set(); for (let a = area; a && !line.has(a); a = parent.get(a)) line.add(a); return line; };
  const recused = new Set(frame.recusals.map((pair) => JSON.stringify(pair)));
  const units = new Map(frame.units.map((unit) => [unit.unit_no, unit]));
  const people = frame.officers, leads = people.map((o) => o.can_lead);
  let loads = people.map((o) => o.load);
  const teams = drawn.map((visit) => {
    const unit = units.get(visit.unit_no), line = above(unit.area);
    return people.map((_, o) => o).filter((o) => people[o].certificate_valid && people[o].load > 0
      && frame.policy.parameters.bodies[unit.group === "general" ? "general" : "key"].includes(people[o].body)
      && people[o].areas.some((own) => line.has(own) || (people[o].body === "brigade" && above(own).has(unit.area)))
      && !recused.has(JSON.stringify([people[o].officer_no, unit.unit_no])));
  });
  const can = [];
  drawn.forEach((_, v) => { if (flow(loads, leads, [...can, v].map((w) => teams[w]))) can.push(v); });
  const pairs = drawn.map(() => null), given = people.map(() => 0), together = new Map();
  can.forEach((v, n) => {
    const number = new Map(teams[v].map((o) => [o, ticket(seed, "officer", people[o].officer_no, drawn[v].unit_no)]));
    const free = teams[v].filter((o) => loads[o] > 0).sort((a, b) => number.get(a) - number.get(b) || a - b);
    const ranked = [];
    free.forEach((a, i) => free.forEach((b, j) => {
      if (i < j && (leads[a] || leads[b]))
        ranked.push([together.get(Math.min(a, b) + "+" + Math.max(a, b)) ?? 0, given[a] + given[b], i, j]);
    }));
    ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]);
    for (const [, , i, j] of ranked) {
      const [first, second] = leads[free[i]] ? [free[i], free[j]] : [free[j], free[i]];
      const rest = [...loads];
      rest[first] -= 1; rest[second] -= 1;
      if (!flow(rest, leads, can.slice(n + 1).map((w) => teams[w]))) continue;
      loads = rest;
      given[first] += 1; given[second] += 1;
      const couple = Math.min(first, second) + "+" + Math.max(first, second);
      together.set(couple, (together.get(couple) ?? 0) + 1);
      pairs[v] = [people[first].officer_no, people[second].officer_no];
      break;
    }
  });
  return pairs;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { frame, entropy } = JSON.parse(line);
  const commitment = sha(canonical(frame)).digest("hex");
  frame.units = rowsOf(frame);
  const seed = sha(commitment + "|" + canonical(entropy)).digest("hex");
  const [sizes, drawn] = select(frame, seed);
  const pairs = staff(frame, seed, drawn);
  process.stdout.write(JSON.stringify({ commitment, seed, sizes, drawn, pairs, derived: derive(frame) }) + "\n");
}
