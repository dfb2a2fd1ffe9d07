// A third implementation of docs/draw-protocol.md: commitment, seed, sizes, tickets, selection and officers, on Node alone.
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

const groupOf = (unit) => (unit.key ? (unit.crowded ? "duty" : "key") : "general");

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
  for (const unit of frame.units) {
    if (unit.excluded !== null) continue;
    const cut = unit.stratum.lastIndexOf("/");
    for (const [arm, weight] of Object.entries(weightsOf(frame, unit))) {
      const name = unit.stratum.slice(0, cut) + "/" + arm + "/" + unit.stratum.slice(cut + 1);
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
  for (const arm of ["duty", "random", "targeted"])
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
      && frame.policy.parameters.bodies[unit.key ? "key" : "general"].includes(people[o].body)
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
  const seed = sha(commitment + "|" + canonical(entropy)).digest("hex");
  const [sizes, drawn] = select(frame, seed);
  const pairs = staff(frame, seed, drawn);
  process.stdout.write(JSON.stringify({ commitment, seed, sizes, drawn, pairs }) + "\n");
}
