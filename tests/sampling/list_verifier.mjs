// The list draws of docs/draw-protocol.md (huoyan-list/1) on Node alone: commitment, seed, tickets, selection, days and
// teams. It takes probabilities and odds as the frame states them.
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

function selected(frame, seed) {
  const odds = new Map(frame.steps.map((step) => [step.weight, step.odds]));
  const certain = [], others = [];
  for (const one of frame.objects) {
    if (one.excluded !== null || one.p === 0) continue;
    const number = ticket(seed, "unit", "list", one.object_no), u = number / 2 ** 53;
    if (one.p === 1) certain.push({ one, number, key: null });
    else others.push({ one, number, key: u / (1 - u) / odds.get(one.weight) });
  }
  others.sort((a, b) => a.key - b.key || byBytes(a.one.object_no, b.one.object_no));
  const drawn = [...certain, ...others.slice(0, frame.size - certain.length)];
  const heavy = frame.order === "weight" ? 1 : 0;
  return drawn.sort((a, b) => heavy * (b.one.weight - a.one.weight) || a.number - b.number
    || byBytes(a.one.object_no, b.one.object_no));
}

// Whether visits, each with a team, can all get a lead and a second within the loads: a maximum flow.
function flow(officers, loads, teams) {
  const to = [], room = [], out = [];
  const node = () => out.push([]) - 1;
  const edge = (a, b, r) => { out[a].push(to.length); to.push(b); room.push(r); out[b].push(to.length); to.push(a); room.push(0); };
  const source = node(), sink = node(), doors = officers.map(() => node());
  officers.forEach((_, o) => edge(doors[o], sink, loads[o]));
  for (const team of teams) {
    const lead = node(), other = node();
    edge(source, lead, 1); edge(source, other, 1);
    for (const o of team) {
      const chair = node();
      if (officers[o].can_lead) edge(lead, chair, 1);
      edge(other, chair, 1); edge(chair, doors[o], 1);
    }
  }
  for (let sent = 0; ; sent++) {
    const came = new Map([[source, -1]]), queue = [source];
    while (queue.length && !came.has(sink)) {
      const here = queue.shift();
      for (const e of out[here]) if (room[e] && !came.has(to[e])) { came.set(to[e], e); queue.push(to[e]); }
    }
    if (!came.has(sink)) return sent === 2 * teams.length;
    for (let here = sink; here !== source; here = to[came.get(here) ^ 1]) { room[came.get(here)]--; room[came.get(here) ^ 1]++; }
  }
}

function derive({ frame, entropy }) {
  const commitment = sha(canonical(frame)).digest("hex");
  const seed = sha(commitment + "|" + canonical(entropy)).digest("hex");
  const parent = new Map(frame.areas.map((row) => [row.area, row.parent]));
  const line = (area) => { const found = new Set(); for (let a = area; a !== null && !found.has(a); a = parent.get(a) ?? null) found.add(a); return found; };
  const recused = new Set(frame.recusals.map((pair) => canonical(pair)));
  const bodies = frame.policy.parameters.bodies;
  const team = (department, one, day) => department.officers.map((o, n) => [o, n]).filter(([o]) =>
    o.certificate_valid && (day === null ? Math.max(...o.loads) : o.loads[day]) > 0
    && (o.body === null || bodies[one.key ? "key" : "general"].includes(o.body))
    && (one.area === null || !o.areas.length || o.areas.some((own) => line(one.area).has(own)
      || (o.body === "brigade" && line(own).has(one.area))))
    && !(department.department === "fire" && recused.has(canonical([o.officer_no, one.object_no])))).map(([, n]) => n);
  const drawn = selected(frame, seed), days = frame.days.length, departments = frame.departments;
  const kept = frame.days.map(() => []), where = [];
  const loads = (department, day) => department.officers.map((o) => o.loads[day]);
  drawn.forEach((row, v) => {
    const start = Math.floor((v * days) / drawn.length);
    let found = null;
    for (let turn = 0; turn < days && found === null; turn++) {
      const day = (start + turn) % days;
      if (departments.every((d) => flow(d.officers, loads(d, day), [...kept[day], v].map((w) => team(d, drawn[w].one, day)))))
        found = day;
    }
    if (found !== null) kept[found].push(v);
    where.push(found);
  });
  const pairs = new Map();
  kept.forEach((visits, day) => departments.forEach((d, n) => {
    const left = loads(d, day), together = new Map(), given = d.officers.map(() => 0);
    visits.forEach((v, place) => {
      const name = drawn[v].one.object_no;
      const free = team(d, drawn[v].one, day).filter((o) => left[o] > 0)
        .map((o) => [ticket(seed, "officer", d.officers[o].officer_no, name), o]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
        .map(([, o]) => o);
      const ranked = [];
      free.forEach((a, i) => free.forEach((b, j) => {
        if (i < j && (d.officers[a].can_lead || d.officers[b].can_lead))
          ranked.push([together.get([Math.min(a, b), Math.max(a, b)].join()) ?? 0, given[a] + given[b], i, j]);
      }));
      ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]);
      for (const [, , i, j] of ranked) {
        const [lead, second] = d.officers[free[i]].can_lead ? [free[i], free[j]] : [free[j], free[i]];
        left[lead]--; left[second]--;
        if (flow(d.officers, left, visits.slice(place + 1).map((w) => team(d, drawn[w].one, day)))) {
          const couple = [Math.min(lead, second), Math.max(lead, second)].join();
          together.set(couple, (together.get(couple) ?? 0) + 1);
          given[lead]++; given[second]++;
          pairs.set(v + "/" + n, { department: d.department, lead: d.officers[lead].officer_no, second: d.officers[second].officer_no });
          break;
        }
        left[lead]++; left[second]++;
      }
    });
  }));
  const visits = [], unassigned = [];
  drawn.forEach(({ one, number, key }, v) => {
    const why = frame.reason;
    const told = { object_no: one.object_no, ticket: number, key, probability: one.p,
      stands_for: why === null ? null : why.officer === null ? why.unit : one.object_no };
    if (where[v] !== null) {
      visits.push({ position: visits.length + 1, ...told, day: frame.days[where[v]], teams: departments.map((_, n) => pairs.get(v + "/" + n)) });
      return;
    }
    let short = { department: null, reason: "taken" };
    for (const d of departments) {
      const all = team(d, one, null);
      const reason = all.length === 0 ? "no_officers" : all.length === 1 ? "one_officer"
        : all.some((o) => d.officers[o].can_lead) ? null : "no_lead";
      if (reason) { short = { department: d.department, reason }; break; }
    }
    unassigned.push({ ...told, ...short });
  });
  return { seed, result: { visits, unassigned } };
}

for await (const text of createInterface({ input: process.stdin }))
  if (text) process.stdout.write(JSON.stringify(derive(JSON.parse(text))) + "\n");
