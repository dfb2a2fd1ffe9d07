// Checks a draw bundle, in a browser or on Node: node verify.mjs FILE [--commitment HEX] [--chain FILE...]
//
// This one file needs nothing else: no package, no build, no network. It is written from docs/draw-protocol.md and derives
// everything again from the frame and the entropy: quotas, sizes, probabilities, odds, commitment, seed, tickets,
// selection, officers, hashes. Status 0: everything agrees; 1: something does not, and the first such thing is named;
// 2: not a bundle at all. Status and sentence are those of sampling/verify.py.
//
// In a page it runs as a module worker: post {bundle, commitment, chain} (ArrayBuffers), get {step, done} and {answer}.

const DRAW = "huoyan-draw/2";
const LIST = "huoyan-list/1";
const CLASSES = ["A", "B", "C", "D"];
const GROUPS = ["duty", "key", "general"];
const TURNS = ["duty", "duty-again", "key", "key-again", "general", "general-again"];
const ARMS = ["duty", "random", "targeted"];
const EXCLUSIONS = [null, "no_officers", "planned", "cap", "recent", "capacity"];
const CAPACITY = 5;
const MOST_BYTES = 190_000_000;
const MOST_SIGNS = [[123, 1_000_000], [91, 1_000_000], [44, 12_000_000]];  // { [ ,
const MOST_WORK = 400_000_000;
const MOST_DIGITS = 4300;
// Deeper than this nothing is that the protocol knows, and not every engine's stack bears more.
const DEEPEST = 950;
const TUNED_TO = 24;
const PARTS = 16;
const MOST_LINKS = 100;
const WHOLE = 2 ** 53;
const HEX = /^[0-9a-f]{64}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const BROKEN = /\p{Surrogate}/u;

class NotABundle extends Error {}
class Mismatch extends Error {}
const fail = (text) => { throw new Mismatch(text); };
const refuse = (text) => { throw new NotABundle(text); };
const notJson = (text) => refuse(`the file is not JSON: ${text.split(/\s+/).join(" ").slice(0, 200)}`);
const impossible = (name) => refuse(`the file holds values that no bundle can have (${name})`);

// SHA-256 -------------------------------------------------------------------------------------------------------------
// Our own, and at once instead of by promise: a draw of a city asks for a million digests of a few dozen bytes, and pages
// that are not served over HTTPS have no crypto.subtle at all.

const primes = (many) => {
  const found = [];
  for (let n = 2; found.length < many; n++) if (found.every((p) => n % p)) found.push(n);
  return found;
};
/** The first 32 bits of the fraction of a root of n, exactly. */
const fraction = (n, power) => {
  const wanted = BigInt(n) << BigInt(32 * power), degree = BigInt(power);
  let low = 0n, high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree > wanted) high = middle; else low = middle;
  }
  return Number(BigInt.asIntN(32, low));
};
const ROUNDS = Int32Array.from(primes(64), (p) => fraction(p, 3));
const START = Int32Array.from(primes(8), (p) => fraction(p, 2));
const schedule = new Int32Array(64);

const compress = (state, bytes, at) => {
  const w = schedule;
  for (let i = 0; i < 16; i++, at += 4)
    w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    w[i] = (w[i - 16] + w[i - 7] + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3))
      + (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const one = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7)))
      + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
    const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))
      + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
};

/** SHA-256 of messages that begin alike: what fills whole blocks of the beginning is hashed once. */
class Digest {
  constructor(beginning = new Uint8Array(0)) {
    this.before = START.slice();
    this.whole = beginning.length - (beginning.length % 64);
    for (let at = 0; at < this.whole; at += 64) compress(this.before, beginning, at);
    this.rest = beginning.subarray(this.whole);
    this.buffer = new Uint8Array(256);
    this.buffer.set(this.rest);
    this.state = new Int32Array(8);
  }

  /** The state after the beginning and `end`: bytes, or the text of a few signs. */
  of(end) {
    let length = this.rest.length;
    const most = length + (typeof end === "string" ? end.length * 3 : end.length) + 72;
    if (most > this.buffer.length) {
      this.buffer = new Uint8Array(most * 2);
      this.buffer.set(this.rest);
    }
    const {buffer, state} = this;
    if (typeof end === "string") length += written(end, buffer, length);
    else { buffer.set(end, length); length += end.length; }
    const bits = (this.whole + length) * 8;
    buffer[length++] = 0x80;
    while (length % 64 !== 56) buffer[length++] = 0;
    new DataView(buffer.buffer).setUint32(length, Math.floor(bits / 4294967296));
    new DataView(buffer.buffer).setUint32(length + 4, bits >>> 0);
    length += 8;
    state.set(this.before);
    for (let at = 0; at < length; at += 64) compress(state, buffer, at);
    return state;
  }

  /** The first 53 bits of the digest: a ticket. */
  ticket(end) {
    const state = this.of(end);
    return (state[0] >>> 0) * 2097152 + (state[1] >>> 11);
  }
}

const encoder = new TextEncoder();
const written = (text, buffer, at) => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return i + encoder.encodeInto(text.slice(i), buffer.subarray(at + i)).written;
    buffer[at + i] = code;
  }
  return text.length;
};
const hexOf = (state) => Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
const bytesOf = (state) => Uint8Array.from({length: 32}, (_, n) => state[n >> 2] >>> (24 - 8 * (n & 3)));
export const sha256 = (data) => hexOf(new Digest().of(typeof data === "string" ? encoder.encode(data) : data));
const digest = (value) => sha256(canonical(value));
const ticket = (seed, ...parts) => new Digest().ticket(encoder.encode(canonical([seed, ...parts])));

// Canonical JSON (RFC 8785) -------------------------------------------------------------------------------------------

const quoted = (text) => {
  if (BROKEN.test(text)) refuse("a text in the file is not valid Unicode");
  return JSON.stringify(text);
};
const numeral = (value) => {
  const number = Number(value);
  if (!Number.isFinite(number)) {
    if (typeof value === "bigint") impossible("OverflowError");
    refuse("a number in the file is larger than any double");
  }
  return String(number);
};
export const canonical = (value) => {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return numeral(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  return `{${Object.keys(value).sort().map((key) => `${quoted(key)}:${canonical(value[key])}`).join(",")}}`;
};

// Reading what may be anything ----------------------------------------------------------------------------------------
// JSON.parse takes a key twice, and makes one number of 1 and 1.0 and of whole numbers beyond 2**53. So the file is read
// here: whole numbers beyond 2**53 become BigInt, which compares exactly, and which whole numbers were written with a point
// or an exponent is kept beside them: of an object its keys, of a list the first place.

const pointed = new WeakMap();
const isPointed = (holder, key) => {
  const marks = pointed.get(holder);
  return marks !== undefined && (typeof marks === "number" ? marks === key : marks.has(key));
};
const mark = (holder, key) => {
  if (Array.isArray(holder)) { if (!pointed.has(holder)) pointed.set(holder, key); return; }
  if (!pointed.has(holder)) pointed.set(holder, new Set());
  pointed.get(holder).add(key);
};

class Reader {
  constructor(text) { this.text = text; this.at = 0; this.wasPointed = false; }

  whole() {
    this.blank();
    const value = this.value(1);
    this.blank();
    if (this.at < this.text.length) this.wrong("Extra data", this.at);
    return value;
  }

  wrong(what, at) {
    const before = this.text.slice(0, at), line = before.split("\n").length;
    const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
    notJson(`${what}: line ${line} column ${column} (char ${[...before].length})`);
  }

  blank() {
    const {text} = this;
    for (let code; (code = text.charCodeAt(this.at)) === 32 || code === 10 || code === 9 || code === 13;) this.at++;
  }

  value(depth) {
    this.wasPointed = false;
    const {text} = this, code = text.charCodeAt(this.at);
    if (code === 34) return this.string();
    if (code === 123 || code === 91) {
      if (depth > DEEPEST) refuse("the file is nested too deeply to be a bundle");
      return code === 123 ? this.object(depth) : this.list(depth);
    }
    for (const [word, value] of [["null", null], ["true", true], ["false", false]])
      if (text.startsWith(word, this.at)) { this.at += word.length; return value; }
    for (const word of ["NaN", "Infinity", "-Infinity"])
      if (text.startsWith(word, this.at)) notJson(`${word} is not a number that JSON has`);
    return this.number();
  }

  number() {
    const {text} = this, start = this.at, digit = (at) => { const code = text.charCodeAt(at); return code >= 48 && code <= 57; };
    let at = start, point = false;
    if (text.charCodeAt(at) === 45) at++;
    const first = at;
    if (!digit(at)) this.wrong("Expecting value", start);
    if (text.charCodeAt(at) === 48) at++; else while (digit(at)) at++;
    const digits = at - first;
    if (text.charCodeAt(at) === 46 && digit(at + 1)) { point = true; at++; while (digit(at)) at++; }
    if ((text.charCodeAt(at) | 32) === 101) {
      const sign = text[at + 1] === "+" || text[at + 1] === "-" ? at + 2 : at + 1;
      if (digit(sign)) { point = true; at = sign; while (digit(at)) at++; }
    }
    this.at = at;
    const literal = text.slice(start, at), value = Number(literal);
    if (point) { this.wasPointed = Number.isInteger(value); return value; }
    if (digits > MOST_DIGITS) notJson(`a whole number of ${digits} digits is beyond the limit of ${MOST_DIGITS}`);
    if (digits < 16) return value;
    const exact = BigInt(literal);
    return exact > 9007199254740992n || exact < -9007199254740992n ? exact : value;
  }

  string() {
    const {text} = this, start = this.at;
    let at = start + 1, from = at, held = "";
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 34) break;
      if (Number.isNaN(code)) this.wrong("Unterminated string starting at", start);
      if (code < 32) this.wrong("Invalid control character at", at);
      if (code !== 92) { at++; continue; }
      held += text.slice(from, at);
      const sign = text[at + 1], plain = {'"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t"};
      if (sign === undefined) this.wrong("Unterminated string starting at", start);
      if (sign === "u") {
        const four = text.slice(at + 2, at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(four)) this.wrong("Invalid \\uXXXX escape", at + 1);
        held += String.fromCharCode(parseInt(four, 16));
        at += 6;
      } else {
        if (!Object.hasOwn(plain, sign)) this.wrong("Invalid \\escape", at);
        held += plain[sign];
        at += 2;
      }
      from = at;
    }
    this.at = at + 1;
    return held + text.slice(from, at);
  }

  object(depth) {
    const {text} = this, found = Object.create(null), keys = [];
    let twice = false;
    this.at++;
    this.blank();
    if (text[this.at] === "}") { this.at++; return found; }
    for (;;) {
      if (text[this.at] !== '"') this.wrong("Expecting property name enclosed in double quotes", this.at);
      const key = this.string();
      this.blank();
      if (text[this.at] !== ":") this.wrong("Expecting ':' delimiter", this.at);
      this.at++;
      this.blank();
      const value = this.value(depth + 1);
      if (this.wasPointed) mark(found, key);
      twice ||= key in found;
      found[key] = value;
      keys.push(key);
      this.blank();
      if (text[this.at] === "}") break;
      if (text[this.at] !== ",") this.wrong("Expecting ',' delimiter", this.at);
      this.at++;
      this.blank();
    }
    this.at++;
    this.wasPointed = false;
    if (twice) {
      const key = keys.find((one, n) => keys.indexOf(one, n + 1) > 0);
      notJson(`the key ${repr(clipped(key))} stands twice in one object`);
    }
    return found;
  }

  list(depth) {
    const {text} = this, found = [];
    this.at++;
    this.blank();
    if (text[this.at] === "]") { this.at++; return found; }
    for (;;) {
      const value = this.value(depth + 1);
      if (this.wasPointed) mark(found, found.length);
      found.push(value);
      this.blank();
      if (text[this.at] === "]") break;
      if (text[this.at] !== ",") this.wrong("Expecting ',' delimiter", this.at);
      this.at++;
      this.blank();
    }
    this.at++;
    this.wasPointed = false;
    return found;
  }
}

export const read = (data) => {
  if (data.length > MOST_BYTES) refuse(`the file has ${data.length} bytes, more than the ${MOST_BYTES} that a bundle may have`);
  const counts = new Float64Array(256);
  for (let n = 0; n < data.length; n++) counts[data[n]]++;
  if (MOST_SIGNS.some(([sign, most]) => counts[sign] > most)) refuse("the file holds more values than a bundle may have");
  let text;
  try {
    text = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(data);
  } catch {
    refuse("the file is not UTF-8 text");
  }
  if (text.startsWith("\ufeff")) notJson("Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)");
  const value = new Reader(text).whole();
  if (!isObject(value) || typeof value.protocol !== "string" || !Object.hasOwn(PROTOCOLS, value.protocol))
    refuse(`the file is not a draw bundle of the protocol ${Object.keys(PROTOCOLS).join(" or ")}`);
  return value;
};

// Sentences -----------------------------------------------------------------------------------------------------------

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Zs}]/u;
const clipped = (text) => [...text].slice(0, 80).join("");
const repr = (text) => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = "";
  for (const sign of text) {
    const code = sign.codePointAt(0), known = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}[sign];
    if (known !== undefined) out += known;
    else if (sign === quote) out += `\\${sign}`;
    else if (sign === " " || !UNPRINTABLE.test(sign)) out += sign;
    else if (code < 256) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else out += code < 65536 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return quote + out + quote;
};
/** A value in a sentence: nothing is None, and small numbers have an exponent, as in the other verifier. */
const shown = (value) => {
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) return `[${value.map((one) => (typeof one === "string" ? repr(one) : shown(one))).join(", ")}]`;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "object") return canonical(value);
  if (typeof value === "number" && value !== 0 && Math.abs(value) < 1e-4)
    return value.toExponential().replace(/e-(\d)$/, "e-0$1");
  return String(value);
};
const oneLine = (text) => {
  const words = text.split(/[\s\x1c-\x1f\x85]+/u).filter((word) => word !== "").join(" ");
  const clean = [...words].map((sign) => (sign !== " " && UNPRINTABLE.test(sign) ? "?" : sign));
  return clean.length <= 1000 ? clean.join("") : `${clean.slice(0, 1000).join("")}…`;
};

// Form ----------------------------------------------------------------------------------------------------------------

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const daysIn = (year, month) => (month === 2 ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28)
  : [4, 6, 9, 11].includes(month) ? 30 : 31);
const isDay = (text) => {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const [year, month, day] = text.split("-").map(Number);
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
};
const signsOf = (text) => (text.length <= 500 ? text.length : [...text].length);

/** Whether a single value has a form; `holder` and `key` say where it stands. A question mark allows null. */
const has = (value, form, holder, key) => {
  if (form.endsWith("?")) {
    if (value === null) return true;
    form = form.slice(0, -1);
  }
  switch (form) {
    case "text": return typeof value === "string" && value !== "" && signsOf(value) <= 2000 && !BROKEN.test(value);
    case "whole": return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= WHOLE && !isPointed(holder, key);
    case "number": return typeof value === "number" && Math.abs(value) < 1e15;
    case "ratio": return (typeof value === "number" || typeof value === "bigint") && value >= 0 && value <= Number.MAX_VALUE;
    case "flag": return typeof value === "boolean";
    case "hex": return typeof value === "string" && HEX.test(value);
    case "day": return typeof value === "string" && isDay(value);
    default: return isObject(value);  // "object"
  }
};

/** Refuses a value whose form is not that of the protocol, saying where. */
const shape = (value, form, where, holder, at) => {
  if (Array.isArray(form)) {
    if (!Array.isArray(value)) refuse(`${where} is not a list`);
    const inner = form[0], simple = typeof inner === "string";
    for (let n = 0; n < value.length; n++) {
      if (!simple) shape(value[n], inner, `${where}[${n}]`, value, n);
      else if (!has(value[n], inner, value, n)) refuse(`${where}[${n}] has no usable value`);
    }
  } else if (typeof form === "object") {
    if (!isObject(value)) refuse(`${where} is not an object`);
    for (const key of Object.keys(form)) {
      if (!(key in value)) refuse(`${where} lacks ${key}`);
      shape(value[key], form[key], where ? `${where}.${key}` : key, value, key);
    }
    for (const key of Object.keys(value))
      if (!Object.hasOwn(form, key)) refuse(`${where || "the bundle"} has a field ${repr(clipped(key))} that the protocol does not know`);
  } else if (!has(value, form, holder, at)) refuse(`${where} has no usable value`);
};

const all = (keys, form) => Object.fromEntries(keys.map((key) => [key, form]));
const CLASSED = all(CLASSES, "number");
const DRAWN = {unit_no: "text", arm: "text", stratum: "text", ticket: "whole", key: "ratio?", also: ["text"], probability: "number"};
const FORM = {
  protocol: "text", commitment: "hex", entropy: ["object"], seed: "hex", result_digest: "hex", record_hash: "hex",
  frame: {
    protocol: "text", draw_no: "text", draw_date: "day", sequence: "whole", previous: "hex", frozen_at: "text",
    entropy: ["object"], scores_as_of: "day?",
    policy: {version: "text", parameters: {
      ratio: all(GROUPS, CLASSED), total: all(GROUPS, "number"), cap: CLASSED, exclusion_days: CLASSED,
      bodies: {key: ["text"], general: ["text"]}, counted_kinds: ["text"], planned_open_days: "whole", buffer_days: "whole",
      stretch: "number", floor_share: "number", again_factor: "number", class_without_score: "text", weight_duty: CLASSED,
      weight_targeted: CLASSED, score_band: "number", precision: "number", entropy: ["text"],
      tau: all(["start", "floor", "ceiling", "full_lift", "min_results", "top_share"], "number")}},
    days: {left: "whole", year: "whole", spread: "whole"},
    tau: {earned: "number", value: "number", lift: "object?"},
    precision: {units: "whole", needed: "number", stretch: "ratio"},
    quotas: [{group: "text", risk_class: "text", units: "whole", visited: "whole", eligible: "whole", ratio: "number",
      remaining: "number", pace: "number", first: "number", again: "number"}],
    areas: [{area: "text", parent: "text?"}],
    desks: [{desk: "text", kind: "text", covers: ["text"], officers: "whole", free: "whole", wanted: "ratio", capacity: "number",
      note: "text?"}],
    strata: [{stratum: "text", desk: "text", arm: "text", group: "text", expected: "number",
      steps: [{weight: "number", units: "whole", low: "number", high: "number", odds_low: "ratio", odds_high: "ratio",
        p: "number"}]}],
    profiles: [{stratum: "text", class: "text", band: "whole?", units: "whole", p_duty: "number", p_random: "number",
      p_targeted: "number", p_total: "number"}],
    units: {unit_no: ["text"], area: ["whole"], group: ["whole"], class: ["whole"], score: ["number?"], visits: ["whole"],
      ago: ["whole?"], excluded: ["whole"]},
    officers: [{officer_no: "text", body: "text", areas: ["text"], can_lead: "flag", certificate_valid: "flag", load: "whole"}],
    recusals: [["text"]],
  },
  result: {sizes: [{stratum: "text", size: "whole"}],
    visits: [{position: "whole", ...DRAWN, lead: "text", second: "text"}], unassigned: [{...DRAWN, reason: "text"}]},
};
const SOURCES = {
  chain: {source: "text", year: "whole", anchor: "hex", index: "whole"},
  witness: {source: "text"},
  beacon: {source: "text", network: "text", round: "whole"},
};

// Numbers, order and days ---------------------------------------------------------------------------------------------

// Of something and no number the first is kept, as in the protocol's other programs.
const larger = (a, b) => (b > a ? b : a);
const smaller = (a, b) => (b < a ? b : a);
const over = (a, b) => (b === 0 ? impossible("ZeroDivisionError") : a / b);
const floor = (x) => (Number.isFinite(x) ? Math.floor(x) : impossible(Number.isNaN(x) ? "ValueError" : "OverflowError"));
const added = (numbers) => {
  let sum = 0;
  for (const number of numbers) sum = sum + number;
  return sum;
};
const quantised = (size) => floor(size * 4294967296) / 4294967296;
const rounded = (start, expected, uniform) => floor(start + expected + uniform) - floor(start + uniform);
const same = (a, b) => {
  if (typeof a === "bigint" || typeof b === "bigint") return a == b;  // exact, unlike a conversion
  if (Array.isArray(a)) return a.length === b.length && a.every((one, n) => one === b[n]);
  return a === b;
};
const compare = (said, made, what) => {
  for (const field of Object.keys(made))
    if (!same(said[field], made[field])) fail(`${what} has ${field} ${shown(said[field])}, the frame's units give ${shown(made[field])}`);
};

/** The order of UTF-8 bytes, which is that of code points and not that of UTF-16. */
const byBytes = (a, b) => {
  const most = Math.min(a.length, b.length);
  for (let n = 0; n < most; n++) {
    let x = a.charCodeAt(n), y = b.charCodeAt(n);
    if (x !== y) {
      if (x >= 0xd800 && y >= 0xd800) { x += x >= 0xe000 ? -0x800 : 0x2000; y += y >= 0xe000 ? -0x800 : 0x2000; }
      return x - y;
    }
  }
  return a.length - b.length;
};
const ordered = (what, names) => {
  for (let n = 1; n < names.length; n++) if (byBytes(names[n], names[n - 1]) <= 0) fail(`${what} ${names[n]} stands twice or out of order`);
};
/** How many of the rising numbers are at most a value. */
const atMost = (numbers, value) => {
  let n = 0;
  while (n < numbers.length && numbers[n] <= value) n++;
  return n;
};

const yearly = (year) => daysIn(year, 2) + 337;

class Day {
  constructor(text) {
    this.text = text;
    [this.year, this.month, this.day] = text.split("-").map(Number);
    this.number = this.day;
    for (let month = 1; month < this.month; month++) this.number += daysIn(this.year, month);
    this.whole = yearly(this.year);
  }

  get compact() { return `${this.year}${this.text.slice(5, 7)}${this.text.slice(8)}`; }

  /** The days from a first day that all years share. */
  get ordinal() { const y = this.year - 1; return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + this.number; }

  /** The day so many days later, or earlier where that is below 0. */
  moved(days) {
    let {year, number} = this;
    number += days;
    while (number < 1) { if (--year < 1) impossible("OverflowError"); number += yearly(year); }
    while (number > yearly(year)) { number -= yearly(year); if (++year > 9999) impossible("OverflowError"); }
    let month = 1;
    for (; number > daysIn(year, month); month++) number -= daysIn(year, month);
    return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(number).padStart(2, "0")}`;
  }
}

// The frame, derived again --------------------------------------------------------------------------------------------

const bodyOf = (kind) => (kind.group < 2 ? "key" : "general");
/** Whether units take part in the arms; those beyond today's capacity do so with probability 0. */
const inPool = (kind) => kind.excluded === 0 || kind.excluded === CAPACITY;

/**
 * A frame whose every derived number is computed again from its units, officers and rules. Units alike in all that the
 * rules look at are one *kind*: what is checked of a kind holds for all its units.
 */
class Frame {
  constructor(held, odds = true) {
    this.held = held;
    this.withOdds = odds;
    this.rules = held.policy.parameters;
    this.day = new Day(held.draw_date);
    this.units = held.units;
    this.numbers = held.units.unit_no;
    this.officers = held.officers;
    this.areas = held.areas.map((row) => row.area);
    this.parents = new Map(held.areas.map((row) => [row.area, row.parent]));
    this.lines = new Map();
    this.strata = [];
  }

  check() {
    this.header();
    ordered("area", this.areas);
    for (const {area, parent} of this.held.areas)
      if (parent !== null && !this.parents.has(parent)) fail(`area ${area} lies in area ${parent}, which the frame does not have`);
    this.columns();
    ordered("officer", this.officers.map((officer) => officer.officer_no));
    for (const officer of this.officers)
      if (officer.areas.some((area, n) => n && byBytes(area, officer.areas[n - 1]) < 0)) fail(`officer ${officer.officer_no} has areas out of order`);
    this.recusals();
    this.desks();
    this.eachKind();
    this.deriveQuotas();
    this.deriveStrata();
    this.deriveProfiles();
  }

  header() {
    const {held, day} = this, {days} = held;
    if (held.protocol !== DRAW) fail(`the frame's protocol is ${repr(held.protocol)}, not ${DRAW}`);
    if (held.draw_no !== `D${day.compact}`) fail(`the draw's number draw_no is ${repr(held.draw_no)}, a draw of ${day.text} has D${day.compact}`);
    if (held.sequence < 1) fail("the frame's sequence is 0: the first draw has 1");
    if ((held.sequence === 1) !== (held.previous === "0".repeat(64)))
      fail(`the frame's previous is ${held.previous} with sequence ${held.sequence}: the first draw, and no other, names 64 zeros`);
    if (!MOMENT.test(held.frozen_at) || !isDay(held.frozen_at.slice(0, 10))) fail(`frozen_at is ${repr(held.frozen_at)}, not a moment in UTC`);
    if (held.scores_as_of !== null && held.scores_as_of > held.draw_date) fail(`scores_as_of is ${held.scores_as_of}, after the day of the draw`);
    const gone = day.number - 1, left = day.whole - day.number + 1;
    if (!(days.left >= 1 && days.left <= left && days.year - days.left >= 0 && days.year - days.left <= gone))
      fail(`days.left is ${days.left} and days.year ${days.year}: the calendar has no room for so many working days from ${day.text}, or before it`);
    this.checkRules();
    const spread = days.left - Math.min(this.rules.buffer_days, Math.floor(days.left / 2));
    if (days.spread !== spread) fail(`days.spread is ${days.spread}, ${days.left} days less the buffer are ${spread}`);
    this.tau();
  }

  checkRules() {
    const {rules} = this;
    for (const [name, table] of [...GROUPS.map((group) => [`ratio.${group}`, rules.ratio[group]]), ["weight_duty", rules.weight_duty],
      ["weight_targeted", rules.weight_targeted], ["cap", rules.cap]])
      if (!(table.A > 0 && table.A <= table.B && table.B <= table.C && table.C <= table.D))
        fail(`the rule ${name} falls from A to D or is not above 0: a higher risk must never be drawn less`);
    if (GROUPS.some((group) => rules.ratio[group].D > 1 || rules.total[group] < 0 || rules.total[group] > 1))
      fail("the rules ratio or total ask for less than none or more than all units");
    if (rules.ratio.duty.A !== 1) fail("the rule ratio.duty is below 1: a crowded key unit is inspected every year");
    const days = rules.exclusion_days;
    if (days.A < days.B || days.B < days.C || days.C < days.D || rules.bodies.key.some((body) => !rules.bodies.general.includes(body)))
      fail("the rule exclusion_days rises from A to D, or who may visit key units may not visit general ones");
    if (!CLASSES.includes(rules.class_without_score) || rules.score_band < 1 || rules.score_band > 100)
      fail("the rules class_without_score or score_band have no usable value");
    if (rules.stretch < 1 || !(rules.again_factor > 0 && rules.again_factor <= 1) || rules.floor_share <= 0)
      fail("the rules stretch, again_factor or floor_share have no usable value");
    if (!(rules.precision > 0 && rules.precision < 0.5)) fail("the rule precision has no usable value");
    for (const c of CLASSES) {
      if (!(Number.isInteger(days[c]) && !isPointed(days, c) && days[c] >= 0 && days[c] <= 365))
        fail(`the rule exclusion_days of class ${c} has no usable value`);
      if (!Number.isInteger(rules.cap[c]) || isPointed(rules.cap, c)) fail(`the rule cap of class ${c} is no whole number`);
    }
  }

  tau() {
    const found = this.held.tau, bounds = this.rules.tau, {lift} = found;
    if (!(bounds.floor >= 0 && bounds.floor <= bounds.start && bounds.start <= bounds.ceiling && bounds.ceiling < 1) || bounds.full_lift <= 1)
      fail("the rule tau has bounds that contradict each other");
    let earned = bounds.start;
    if (lift !== null) {
      shape(lift, {results: "whole", value: "number", lower: "number"}, "frame.tau.lift");
      if (!(lift.lower >= 0 && lift.lower <= lift.value)) fail(`tau.lift has lower ${shown(lift.lower)} and value ${shown(lift.value)}`);
      if (lift.results >= bounds.min_results)
        earned = bounds.floor + (bounds.ceiling - bounds.floor) * smaller(1, larger(0, (lift.lower - 1) / (bounds.full_lift - 1)));
    }
    if (found.earned !== earned) fail(`tau.earned is ${shown(found.earned)}, the evidence in the frame gives ${shown(earned)}`);
  }

  /** Every unit has a value in every column, and all are of the right sort; units alike become kinds. */
  columns() {
    const {units, numbers, rules} = this;
    for (const name of Object.keys(units))
      if (units[name].length !== numbers.length) fail(`the units have ${numbers.length} numbers and ${units[name].length} values of ${name}`);
    ordered("unit", numbers);
    for (const [name, most] of [["area", this.areas.length], ["group", GROUPS.length], ["class", CLASSES.length], ["excluded", EXCLUSIONS.length]])
      this.each(name, (value) => value < most, (value) => `the ${name} ${value}, which the frame does not have`);
    this.each("score", (value) => value === null || (value >= 0 && value <= 100 && Math.round(value * 100) / 100 === value),
      (value) => `the score ${shown(value)}, which is not from 0 to 100 in hundredths`);
    if (this.held.scores_as_of === null) this.each("score", (value) => value === null, (value) => `the score ${shown(value)} of no day scores_as_of`);
    // How long ago a visit was only counts against these limits; endless where one more is no number of its own.
    const open = rules.planned_open_days;
    this.limits = [...new Set([...CLASSES.map((c) => rules.exclusion_days[c]), open < WHOLE ? open + 1 : Infinity, this.day.number])].sort((a, b) => a - b);
    this.kinds = [];
    this.kindOf = new Int32Array(numbers.length);
    const known = new Map(), width = rules.score_band;
    for (let n = 0; n < numbers.length; n++) {
      const score = units.score[n], ago = units.ago[n], visits = units.visits[n];
      const band = score === null ? -1 : Math.floor(score / width), span = ago === null ? -1 : atMost(this.limits, ago);
      const area = units.area[n], group = units.group[n], grade = units.class[n], excluded = units.excluded[n];
      const place = (((area * 3 + group) * 4 + grade) * 128 + band + 1) * 64 + (span + 1) * 8 + excluded;
      const key = visits < 1000 ? place * 1000 + visits : `${place} ${visits}`;
      let kind = known.get(key);
      if (kind === undefined) {
        kind = this.kinds.length;
        known.set(key, kind);
        this.kinds.push({area, group, grade, band, visits, span, excluded, first: n, many: 0});
      }
      this.kinds[kind].many++;
      this.kindOf[n] = kind;
    }
  }

  each(name, good, said) {
    const column = this.units[name];
    for (let n = 0; n < column.length; n++) if (!good(column[n])) fail(`unit ${this.numbers[n]} has ${said(column[n])}`);
  }

  /** The position of a unit, -1 where the frame has none of that number. */
  find(name) {
    let low = 0, high = this.numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byBytes(this.numbers[middle], name) < 0) low = middle + 1; else high = middle;
    }
    return this.numbers[low] === name ? low : -1;
  }

  kindAt(name) { return this.kinds[this.kindOf[this.find(name)]]; }
  nameOf(kind) { return this.numbers[kind.first]; }
  lastOf(kind) {
    const ago = this.units.ago[kind.first];
    return ago === null || ago > 700000 ? "None" : this.day.moved(-ago);
  }

  recusals() {
    const known = new Set(this.officers.map((officer) => officer.officer_no)), rows = this.held.recusals;
    rows.forEach(([officer, unit], n) => {
      const rising = n === 0 || byBytes(rows[n - 1][0], officer) < 0 || (rows[n - 1][0] === officer && byBytes(rows[n - 1][1], unit) < 0);
      if (!rising) fail(`the recusal of officer ${officer} from unit ${unit} stands twice or out of order`);
      if (!known.has(officer) || this.find(unit) < 0) fail(`the recusal of officer ${officer} from unit ${unit} is of nobody or nothing in the frame`);
    });
  }

  /** The area and everything above it; a loop in the tree ends where it closes. */
  line(area) {
    let found = this.lines.get(area);
    if (!found) {
      found = new Set();
      for (let here = area; here !== null && here !== undefined && !found.has(here); here = this.parents.get(here)) found.add(here);
      this.lines.set(area, found);
    }
    return found;
  }

  fits(officer, area, body) {
    if (!officer.certificate_valid || !this.rules.bodies[body].includes(officer.body)) return false;
    const above = this.line(area);
    return officer.areas.some((own) => above.has(own) || (officer.body === "brigade" && this.line(own).has(area)));
  }

  desks() {
    const {held, officers} = this, rows = held.desks, wanted = new Set(), heldBy = new Map();
    this.deskOf = new Map();
    this.teams = new Map();
    this.staffed = new Map();
    ordered("desk", rows.map((desk) => desk.desk));
    for (const kind of this.kinds) wanted.add(`${bodyOf(kind)} ${this.areas[kind.area]}`);
    for (const desk of rows) {
      const {desk: name, kind} = desk;
      if ((kind !== "key" && kind !== "general") || !desk.covers.length) fail(`desk ${name} has no kind or covers no area`);
      ordered(`desk ${name}: area`, desk.covers);
      let team = null;
      for (const area of desk.covers) {
        const fitting = [];
        officers.forEach((officer, o) => { if (this.fits(officer, area, kind)) fitting.push(o); });
        if (team !== null && !same(team, fitting)) fail(`desk ${name} joins areas that different officers serve`);
        team = fitting;
      }
      const both = `${kind} ${team.join(" ")}`;
      if (heldBy.has(both)) fail(`desk ${name} has the officers and the kind of units of desk ${heldBy.get(both)}: they are one desk`);
      heldBy.set(both, name);
      for (const area of desk.covers) {
        const place = `${kind} ${area}`;
        if (this.deskOf.has(place)) fail(`area ${area} belongs to two desks of ${kind} units`);
        if (!wanted.has(place)) fail(`desk ${name} covers area ${area}, which has no ${kind} units`);
        this.deskOf.set(place, desk);
      }
      const staffed = team.length >= 2 && team.some((o) => officers[o].can_lead), free = staffed ? this.freeOf(team) : 0;
      this.teams.set(name, team);
      this.staffed.set(name, staffed);
      if (desk.officers !== team.length) fail(`desk ${name} says ${desk.officers} officers, ${team.length} fit it`);
      if (desk.free !== free) fail(`desk ${name} says ${desk.free} visits can be made, its officers can make ${free}`);
      if (!(desk.capacity >= 0 && desk.capacity <= free) || (desk.capacity * PARTS) % 1)
        fail(`desk ${name} has the capacity ${shown(desk.capacity)}, its officers can make ${free}`);
      const note = !team.length ? "no_officers" : team.length === 1 ? "one_officer" : !staffed ? "no_lead"
        : free === 0 ? "away" : desk.capacity < desk.wanted ? "short" : null;
      if (desk.note !== note) fail(`desk ${name} has the note ${shown(desk.note)}, its officers and capacity give ${shown(note)}`);
    }
    const flow = new Flow(officers.map((officer) => officer.load * PARTS), officers.map((officer) => officer.can_lead),
      rows.map((desk) => this.teams.get(desk.desk)));
    rows.forEach((desk, g) => { if (!flow.grant(g, desk.capacity * PARTS)) fail("the desks' capacities together are more than their officers can do"); });
  }

  /** The most visits that these officers can make; loads are whole numbers that may sum beyond 2**53. */
  freeOf(team) {
    const loads = team.map((o) => BigInt(this.officers[o].load)), leads = loads.filter((_, n) => this.officers[team[n]].can_lead);
    const within = (many, m) => many.reduce((sum, load) => sum + (load < m ? load : m), 0n);
    let low = 0n, high = loads.reduce((sum, load) => sum + load, 0n) / 2n;
    while (low < high) {
      const m = (low + high + 1n) / 2n;
      if (within(loads, m) >= 2n * m && within(leads, m) >= m) low = m; else high = m - 1n;
    }
    return low > BigInt(WHOLE) ? low : Number(low);
  }

  eachKind() {
    const year = atMost(this.limits, this.day.number - 1);
    for (const kind of this.kinds) {
      const {visits, span, grade} = kind, area = this.areas[kind.area], desk = this.deskOf.get(`${bodyOf(kind)} ${area}`);
      if (!desk) fail(`unit ${this.nameOf(kind)} is in area ${area}, which no desk of ${bodyOf(kind)} units covers`);
      if (kind.band < 0 && CLASSES[grade] !== this.rules.class_without_score)
        fail(`unit ${this.nameOf(kind)} has the class ${CLASSES[grade]} without a score, which gives ${this.rules.class_without_score}`);
      if ((visits > 0) !== (span >= 0 && span <= year))
        fail(`unit ${this.nameOf(kind)} has ${visits} visits this year, and its last on ${this.lastOf(kind)}`);
      kind.desk = desk.desk;
      kind.turn = GROUPS[kind.group] + (visits ? "-again" : "");
      this.exclusion(kind, desk);
    }
  }

  exclusion(kind, desk) {
    const {visits, span} = kind, said = EXCLUSIONS[kind.excluded], grade = CLASSES[kind.grade];
    let made = null;
    if (desk.free === 0) made = "no_officers";
    else if (said === "planned") {
      made = "planned";
      if (!(span >= 0 && span <= atMost(this.limits, this.rules.planned_open_days)))
        fail(`unit ${this.nameOf(kind)} is excluded as planned, but no visit of it is counted since ${this.rules.planned_open_days} days before the draw`);
    } else if (visits >= this.rules.cap[grade]) made = "cap";
    else if (span >= 0 && span < atMost(this.limits, this.rules.exclusion_days[grade])) made = "recent";
    else if (said === "capacity") made = "capacity";
    if (said !== made)
      fail(`unit ${this.nameOf(kind)} is excluded as ${said ?? "nothing"}, the frame's own data give ${made ?? "nothing"} (${visits} visits this year, the last on ${this.lastOf(kind)})`);
  }

  deriveQuotas() {
    const {days, quotas: said} = this.held;
    if (said.length !== 12 || said.some((row, n) => row.group !== GROUPS[n >> 2] || row.risk_class !== CLASSES[n & 3]))
      fail("the quotas are not one row for each group and class, in order");
    const counts = said.map(() => ({units: 0, visited: 0, eligible: 0}));
    for (const kind of this.kinds) {
      if (!this.staffed.get(kind.desk)) continue;
      const row = counts[kind.group * 4 + kind.grade];
      row.units += kind.many;
      if (kind.visits > 0) row.visited += kind.many;
      else if (inPool(kind)) row.eligible += kind.many;
    }
    this.quotas = [];
    GROUPS.forEach((group, g) => {
      const ratios = this.ratios(group, counts.slice(g * 4, g * 4 + 4).map((row) => row.units));
      let first = 0, again = 0;
      CLASSES.forEach((grade, c) => {
        const {units, visited, eligible} = counts[g * 4 + c], ratio = ratios[c];
        const remaining = larger(0, ratio * units - visited);
        const pace = eligible ? smaller(1, remaining / (days.spread * eligible)) : 0;
        const least = this.rules.floor_share * ratio / days.year;
        first = larger(larger(first, pace), least);
        again = larger(again, least);
        const made = {group, risk_class: grade, units, visited, eligible, ratio, remaining, pace, first, again};
        this.quotas.push(made);
        compare(said[g * 4 + c], made, `the quota of ${group} units of class ${grade}`);
      });
    });
  }

  /** The yearly ratios of a group, raised until they reach the total that is asked of it. */
  ratios(group, units) {
    const base = CLASSES.map((c) => this.rules.ratio[group][c]), out = [...base];
    let need = this.rules.total[group] * units.reduce((sum, many) => sum + many, 0);
    const massOf = (open) => added(base.slice(0, open).map((ratio, c) => ratio * units[c]));
    if (massOf(4) >= need) return out;
    for (let open = 4; open > 0;) {
      const mass = massOf(open);
      if (mass === 0) break;
      const scale = need / mass;
      if (scale * base[open - 1] < 1) {
        for (let c = 0; c < open; c++) out[c] = scale * base[c];
        break;
      }
      out[--open] = 1;
      need = need - units[open];
    }
    return out;
  }

  /** The weight in each arm that units of a kind take part in. */
  weights(kind) {
    if (kind.weights) return kind.weights;
    const {rules} = this, grade = CLASSES[kind.grade], quota = this.quotas[kind.group * 4 + kind.grade];
    let risk = rules.weight_targeted[grade];
    if (kind.band >= 0) {
      const share = kind.band * rules.score_band / 100;
      risk = larger(risk, share * share);
    }
    kind.weights = kind.group === 0 && kind.visits === 0 ? {duty: rules.weight_duty[grade], targeted: risk}
      : {random: kind.visits ? quota.again : quota.first, targeted: risk};
    return kind.weights;
  }

  deriveStrata() {
    const members = new Map(), due = new Map(), said = this.held.strata;
    for (const kind of this.kinds) {
      if (kind.turn === "duty") due.set(kind.desk, (due.get(kind.desk) ?? 0) + kind.many);
      if (!inPool(kind)) continue;
      for (const [arm, weight] of Object.entries(this.weights(kind))) {
        const name = `${kind.desk}/${arm}/${kind.turn}`;
        if (!members.has(name)) members.set(name, new Map());
        members.get(name).set(weight, (members.get(name).get(weight) ?? 0) + kind.many);
      }
    }
    const levels = new Map();
    for (const [name, steps] of members) levels.set(name, [...steps].sort((a, b) => a[0] - b[0]));
    const sizes = this.sizes(levels, due);
    let start = 0, n = 0;
    for (const {desk} of this.held.desks) for (const arm of ARMS) for (const turn of TURNS) {
      const name = `${desk}/${arm}/${turn}`;
      if (!levels.has(name)) continue;
      const made = stratumOf(desk, arm, turn, sizes.get(name), start, levels.get(name));
      if (n >= said.length || said[n].stratum !== name) fail(`the stratum ${name} is missing or out of place`);
      compareStratum(said[n], made, this.withOdds);
      this.strata.push({...made, said: said[n].steps, byWeight: new Map(made.steps.map((step, k) => [step.weight, k]))});
      start = start + made.expected;
      n++;
    }
    if (n < said.length) fail(`the stratum ${said[n].stratum} has no units that could be drawn`);
  }

  /** What each stratum takes on average, by its name. */
  sizes(levels, due) {
    const {held, rules} = this, {desks} = held, {spread} = held.days, {earned} = held.tau;
    const many = (name) => (levels.get(name) ?? []).reduce((sum, [, units]) => sum + units, 0);
    const masses = (desk, arm, again) => TURNS.filter((turn) => levels.has(`${desk}/${arm}/${turn}`)).map((turn) => [`${desk}/${arm}/${turn}`,
      added(levels.get(`${desk}/${arm}/${turn}`).map(([weight, units]) => weight * units)) * (turn.endsWith("-again") ? again : 1)]);
    const whole = (rows) => added(rows.map(([, mass]) => mass));
    const duty = desks.map(({desk}) => smaller((due.get(desk) ?? 0) / spread, many(`${desk}/duty/duty`)));
    const paces = desks.map(({desk}) => masses(desk, "random", 1));
    const {needed, stretch} = this.derivePrecision(added(paces.map(whole)));
    this.wanted = [];
    let beyond = 0;
    desks.forEach((row, d) => {
      const wanted = duty[d] + stretch * whole(paces[d]) / (1 - earned);
      this.wanted.push(wanted);
      if (!same(row.wanted, wanted)) fail(`desk ${row.desk} says ${shown(row.wanted)} visits are wanted, its quotas give ${shown(wanted)}`);
      beyond = beyond + (row.capacity - smaller(duty[d], row.capacity));
    });
    this.share = beyond > 0 ? larger(rules.tau.floor, smaller(earned, 1 - needed / beyond)) : earned;
    if (held.tau.value !== this.share) fail(`tau is ${shown(held.tau.value)}, the frame's own data give ${shown(this.share)}`);
    const sizes = new Map();
    desks.forEach(({desk, capacity}, d) => {
      const first = smaller(duty[d], capacity);
      sizes.set(`${desk}/duty/duty`, quantised(first));
      const rest = smaller(capacity - first, stretch * whole(paces[d]) / (1 - this.share));
      for (const [part, rows] of [[(1 - this.share) * rest, paces[d]], [this.share * rest, masses(desk, "targeted", rules.again_factor)]]) {
        const mass = whole(rows);
        for (const [name, own] of rows) sizes.set(name, quantised(smaller(many(name), over(part * own, mass))));
      }
    });
    return sizes;
  }

  /** The random visits a day that the city-wide rate needs, and whether the pace is stretched for them. */
  derivePrecision(pace) {
    const {rules} = this, units = this.quotas.reduce((sum, row) => sum + row.units, 0);
    const endless = over(0.9604, rules.precision * rules.precision);
    const needed = endless * units / (units + endless) / this.held.days.year;
    const stretch = pace > 0 ? larger(rules.stretch, needed / pace) : rules.stretch;
    this.precision = {units, needed, stretch};
    compare(this.held.precision, this.precision, "what the precision asks of the random arm");
    return this.precision;
  }

  /** Profiles: units of one desk, turn, class and band, in this order, with their probabilities. */
  deriveProfiles() {
    const said = this.held.profiles, place = new Map(this.held.desks.map((row, d) => [row.desk, d])), found = new Map();
    const strata = new Map(this.strata.map((row) => [row.stratum, row]));
    for (const kind of this.kinds) {
      if (!inPool(kind)) continue;
      const at = [place.get(kind.desk), TURNS.indexOf(kind.turn), kind.grade, kind.band], key = at.join(" ");
      if (!found.has(key)) found.set(key, {at, kind, units: 0, kinds: []});
      found.get(key).units += kind.many;
      found.get(key).kinds.push(kind);
    }
    const rows = [...found.values()].sort((a, b) => { const n = a.at.findIndex((one, k) => one !== b.at[k]); return a.at[n] - b.at[n]; });
    if (said.length !== rows.length) fail(`the frame has ${said.length} profiles, its units give ${rows.length}`);
    rows.forEach((row, n) => { for (const kind of row.kinds) kind.profile = n; });
    this.profiles = new Array(rows.length);
    for (const kind of this.kinds) {
      if (!inPool(kind)) continue;
      const n = kind.profile;
      if (!this.profiles[n]) {
        this.profiles[n] = {stratum: `${kind.desk}/${kind.turn}`, class: CLASSES[kind.grade], band: kind.band < 0 ? null : kind.band,
          units: rows[n].units, ...this.chances(kind, strata)};
        compare(said[n], this.profiles[n], `the profile ${n}, that of unit ${this.nameOf(kind)},`);
      }
      if ((said[n].p_total === 0) !== (kind.excluded === CAPACITY))
        fail(`unit ${this.nameOf(kind)} has probability ${shown(said[n].p_total)} and is ${kind.excluded ? "" : "not "}excluded for want of capacity`);
    }
    for (const {stratum, expected, steps} of this.strata) {
      for (let k = 1; k < steps.length; k++) if (steps[k].p < steps[k - 1].p) fail(`in the stratum ${stratum} the probability falls as the weight rises`);
      const sum = added(steps.map((step) => step.p * step.units));
      if (Math.abs(sum - expected) > 1e-9 * Math.max(1, expected)) fail(`in the stratum ${stratum} the probabilities sum to ${shown(sum)}, not to ${shown(expected)}`);
    }
  }

  chances(kind, strata) {
    const out = {p_duty: 0, p_random: 0, p_targeted: 0}, parts = [];
    for (const [arm, weight] of Object.entries(this.weights(kind))) {
      const row = strata.get(`${kind.desk}/${arm}/${kind.turn}`), step = row.steps[row.byWeight.get(weight)];
      out[`p_${arm}`] = step.p;
      parts.push({...row, step});
    }
    out.p_total = totalOf(parts);
    if (!(out.p_total >= 0 && out.p_total <= 1))
      fail(`the profile of class ${CLASSES[kind.grade]} in the stratum ${kind.desk}/${kind.turn} has the probability ${shown(out.p_total)}, which is none`);
    return out;
  }
}

// Strata and their odds -----------------------------------------------------------------------------------------------

const aboveOf = (expected) => (floor(expected) === expected ? expected : floor(expected) + 1);

const stratumOf = (desk, arm, turn, expected, start, levels) => {
  const f = expected - floor(expected), low = probabilities(levels, floor(expected)), high = probabilities(levels, aboveOf(expected));
  return {stratum: `${desk}/${arm}/${turn}`, desk, arm, group: turn, expected, start, steps: levels.map(([weight, units], k) =>
    ({weight, units, low: low[k], high: high[k], p: (1 - f) * low[k] + f * high[k]}))};
};

const compareStratum = (said, made, odds) => {
  const name = made.stratum;
  for (const field of ["desk", "arm", "group", "expected"])
    if (said[field] !== made[field]) fail(`the stratum ${name} has ${field} ${shown(said[field])}, its units give ${shown(made[field])}`);
  if (said.steps.length !== made.steps.length) fail(`the stratum ${name} has ${said.steps.length} steps, its units give ${made.steps.length}`);
  made.steps.forEach((derived, k) => {
    for (const field of Object.keys(derived))
      if (said.steps[k][field] !== derived[field]) fail(`step ${k} of the stratum ${name} has ${field} ${shown(said.steps[k][field])}, its units give ${shown(derived[field])}`);
  });
  if (!odds) return;
  checkOdds(name, said.steps, "low", "odds_low", floor(made.expected));
  checkOdds(name, said.steps, "high", "odds_high", aboveOf(made.expected));
};

/** Probabilities in proportion to weight, none above 1, with sum `size`; a level is [weight, units]. */
const probabilities = (levels, size) => {
  const out = levels.map(() => 0);
  let left = size;
  for (let open = size ? levels.length : 0; open > 0;) {
    const mass = added(levels.slice(0, open).map(([weight, units]) => weight * units));
    if (left * levels[open - 1][0] < mass) {
      for (let k = 0; k < open; k++) out[k] = left * levels[k][0] / mass;
      break;
    }
    out[--open] = 1;
    left -= levels[open][1];
  }
  return out;
};

/** The chance that any arm takes a unit: over the pieces of the uniform on which no size changes. */
const totalOf = (parts) => {
  const cuts = new Set([0]);
  for (const {start, expected} of parts)
    for (const edge of [start, start + expected]) {
      const part = edge - floor(edge);
      if (part > 0) cuts.add(1 - part);
    }
  const edges = [...[...cuts].sort((a, b) => a - b), 1];
  let whole = 0;
  for (let n = 1; n < edges.length; n++) {
    let missed = 1;
    for (const {start, expected, step} of parts)
      missed = missed * (1 - (rounded(start, expected, edges[n - 1]) > floor(expected) ? step.high : step.low));
    whole = whole + (edges[n] - edges[n - 1]) * (1 - missed);
  }
  return whole;
};

/** The odds of a stratum's Pareto keys must give the probabilities that the frame states. */
const checkOdds = (name, steps, chance, odds, size) => {
  const free = [];
  steps.forEach((step, k) => {
    const open = step[chance] > 0 && step[chance] < 1;
    if (!open && step[odds] != 0) fail(`step ${k} of the stratum ${name} has ${odds} ${shown(step[odds])}, a step without choice has 0`);
    if (open && !(step[odds] > 0 && step[odds] < 1e17)) fail(`step ${k} of the stratum ${name} has ${odds} ${shown(step[odds])}, which are no odds`);
    if (open) free.push(k);
    if (step[chance] === 1) size -= step.units;
  });
  if (free.length === 1 || size > TUNED_TO) {
    for (const k of free) {
      const plain = steps[k][chance] / (1 - steps[k][chance]);
      if (!same(steps[k][odds], plain)) fail(`step ${k} of the stratum ${name} has ${odds} ${shown(steps[k][odds])}, its probability gives ${shown(plain)}`);
    }
  } else if (free.length) {
    const found = inclusion(free.map((k) => Number(steps[k][odds])), free.map((k) => steps[k].units), size);
    free.forEach((k, n) => {
      if (Math.abs(found[n] / steps[k][chance] - 1) > 1e-6)
        fail(`step ${k} of the stratum ${name} has ${odds} ${shown(steps[k][odds])}: they draw with probability ${shown(found[n])}, the frame says ${shown(steps[k][chance])}`);
    });
  }
};

const exp = (x) => { const value = Math.exp(x); return value === Infinity ? impossible("OverflowError") : value; };

/** True inclusion probabilities of Pareto sampling, by the trapezoid rule over the logarithm of the key. */
const inclusion = (odds, counts, size) => {
  const logs = odds.map(Math.log), width = 0.25, out = odds.map(() => 0);
  // Odds are near p / (1 - p), so the size-th key lies near 1: to the left the integrand is below 1e-7 of the whole there,
  // and to the right it ends where `size` others are surely below.
  let reached = 1;
  const last = -Math.min(...logs) + 26;
  for (let here = -18 - Math.max(0, ...logs); here < last && (here < 0 || reached > 1e-13); here += width) {
    const below = logs.map((log) => Math.min(1 / (1 + exp(-(here + log))), 1 - 2 ** -53));
    const parts = below.map((chance, k) => binomial(counts[k], chance, size));
    const after = [Float64Array.from({length: size}, (_, j) => (j ? 0 : 1))];
    for (let k = parts.length - 1; k > 0; k--) after.push(product(after.at(-1), parts[k]));
    let before = after[0];
    reached = 0;
    below.forEach((chance, k) => {
      const rest = product(before, after[odds.length - 1 - k]), own = binomial(counts[k] - 1, chance, size);
      // Fewer than `size` others below: the terms of the product whose powers together stay under it.
      let tail = 0, reach = 0;
      for (let j = 0; j < size; j++) {
        reach += own[j];
        tail += rest[size - 1 - j] * reach;
      }
      reached = Math.max(reached, tail);
      out[k] += tail * chance * (1 - chance) * width;
      before = product(before, parts[k]);
    });
  }
  return out;
};
/** Of so many units, the chance that 0, 1, ... are below. */
const binomial = (many, chance, size) => {
  const out = new Float64Array(size), ratio = chance / (1 - chance);
  out[0] = Math.exp(many * Math.log1p(-chance));
  for (let j = 1; j < size; j++) out[j] = j <= many ? out[j - 1] * ratio * (many - j + 1) / j : 0;
  return out;
};
const product = (first, second) => {
  const out = new Float64Array(first.length);
  for (let i = 0; i < first.length; i++) if (first[i]) for (let j = 0; i + j < first.length; j++) out[i + j] += first[i] * second[j];
  return out;
};

// Entropy and seed ----------------------------------------------------------------------------------------------------

const checkEntropy = (frame, entropy) => {
  const planned = frame.entropy, kinds = planned.map((source) => source.source ?? null);
  if (!planned.length) fail("the frame names no source of entropy");
  if (planned.length !== entropy.length) fail(`the frame names ${planned.length} sources of entropy, ${entropy.length} were used`);
  for (const kind of kinds)
    if (typeof kind !== "string" || !Object.hasOwn(SOURCES, kind))
      fail(`the frame names ${repr(clipped(typeof kind === "string" ? kind : shown(kind)))} as a source of entropy, which the protocol does not know`);
  if (new Set(kinds).size !== kinds.length) fail("the frame names a source of entropy twice");
  kinds.forEach((kind, n) => {
    const source = planned[n], {value = null, ...used} = entropy[n];
    shape(source, "per_day" in source ? {...SOURCES[kind], per_day: "whole"} : SOURCES[kind], `frame.entropy[${n}]`);
    if (canonical(used) !== canonical(source)) fail(`the entropy used is not the source ${kind} that the frame names`);
    if (kind === "chain") checkLink(frame, source, value);
    else if (kind === "witness") {
      if (typeof value !== "string" || value === "" || signsOf(value) > 500) fail("the witnesses' numbers are missing");
    } else if (typeof value !== "string" || !HEX.test(value)) fail("the beacon's randomness is missing or not 64 hex digits");
  });
};

const checkLink = (frame, source, value) => {
  const day = new Day(frame.draw_date), {index, year, per_day: many = 1} = source, first = day.number * many;
  // The first link of a day is the daily draw's, the others are those of its list draws.
  const fits = frame.protocol === LIST ? index > first && index < first + many : index === first;
  if (many < 1 || many > MOST_LINKS || year !== day.year || !fits)
    fail(`the chain's link is number ${index}, with ${many} a day that of day ${Math.floor(index / Math.max(1, many))} of ${year}, the draw ${frame.draw_no} is of ${day.text}`);
  if (typeof value !== "string" || !HEX.test(value)) fail("the chain's link is missing or not 64 hex digits");
  const hashing = new Digest();
  let hashed = Uint8Array.from(value.match(/../g), (pair) => parseInt(pair, 16));
  for (let n = 0; n < index; n++) hashed = bytesOf(hashing.of(hashed));
  if (Array.from(hashed, (byte) => byte.toString(16).padStart(2, "0")).join("") !== source.anchor)
    fail(`the chain's link hashed ${index} times does not give the anchor of ${day.year}`);
};

// Selection -----------------------------------------------------------------------------------------------------------

/** Sizes, and the units drawn in the order of visits. */
const select = (frame, seed, progress) => {
  const uniform = Math.floor(ticket(seed, "sizes") / 2097152) / 4294967296;
  const sizes = frame.strata.map((row) => ({stratum: row.stratum, size: rounded(row.start, row.expected, uniform)}));
  const positions = frame.kinds.map((kind) => (kind.excluded === 0 ? new Int32Array(kind.many) : null)), filled = new Int32Array(frame.kinds.length);
  frame.kindOf.forEach((kind, n) => { if (positions[kind]) positions[kind][filled[kind]++] = n; });
  const members = new Map();
  frame.kinds.forEach((kind, k) => {
    if (!positions[k]) return;
    const name = `${kind.desk}/${kind.turn}`;
    if (!members.has(name)) members.set(name, []);
    members.get(name).push({kind, positions: positions[k]});
  });
  const drawn = new Map();
  let done = 0;
  for (const arm of ARMS) frame.strata.forEach((row, s) => {
    if (row.arm !== arm || !sizes[s].size) return;
    for (const one of taken(frame, seed, row, sizes[s].size, members.get(`${row.desk}/${row.group}`) ?? [])) {
      if (drawn.has(one.n)) drawn.get(one.n).also.push(arm);
      else drawn.set(one.n, {unit_no: frame.numbers[one.n], arm, stratum: row.stratum, ticket: one.ticket, key: one.key, also: [], probability: one.p});
    }
    progress("selection", ++done / frame.strata.length);
  });
  return [sizes, [...drawn.values()]];
};

/** Position, ticket, key and probability of the units that one stratum takes. */
const taken = (frame, seed, row, size, members) => {
  const up = size > Math.floor(row.expected), chance = up ? "high" : "low", odds = up ? "odds_high" : "odds_low";
  const hashing = new Digest(encoder.encode(`${canonical([seed, "unit", row.arm]).slice(0, -1)},`));
  const ticketOf = (n) => hashing.ticket(`${JSON.stringify(frame.numbers[n])}]`);
  const certain = [], open = [];
  let many = 0;
  for (const {kind, positions} of members) {
    const step = row.said[row.byWeight.get(frame.weights(kind)[row.arm])], p = frame.held.profiles[kind.profile].p_total;
    if (step[chance] === 1) for (const n of positions) certain.push({n, key: null, p});
    else if (step[chance] > 0) { open.push({positions, odds: Number(step[odds]), p}); many += positions.length; }
  }
  const keys = new Float64Array(many), tickets = new Float64Array(many), left = Math.max(0, size - certain.length);
  let at = 0;
  for (const one of open) for (const n of one.positions) {
    tickets[at] = ticketOf(n);
    const u = tickets[at] / 9007199254740992;
    keys[at++] = (u / (1 - u)) / one.odds;
  }
  const others = [];
  if (left > 0 && many > 0) {
    const last = keys.slice().sort()[Math.min(left, many) - 1];
    at = 0;
    for (const {positions, p} of open) for (const n of positions) {
      if (keys[at] <= last) others.push({n, ticket: tickets[at], key: keys[at], p});
      at++;
    }
    others.sort((a, b) => a.key - b.key || a.n - b.n);
    others.length = Math.min(left, others.length);
  }
  certain.sort((a, b) => a.n - b.n);
  for (const one of certain) one.ticket = ticketOf(one.n);
  return [...certain, ...others];
};

// Officers ------------------------------------------------------------------------------------------------------------

/**
 * The network of visits and officers, kept full while visits come and go. For each team of officers (visits with the same
 * one are alike) there are a lead side, another side and a seat for each officer; edges stand in pairs, forth and back,
 * and `room` is what still fits through. Each side must carry as many as the team has visits, a seat may as many.
 */
class Flow {
  constructor(loads, leads, teams) {
    this.loads = [...loads];
    this.visits = teams.map(() => 0);
    this.to = [];
    this.room = [];
    this.edges = [[]];
    this.out = loads.map((load) => this.join(this.node(), 0, load));
    this.sides = [];
    this.seats = [];
    this.ways = loads.map(() => []);
    teams.forEach((team) => {
      const sides = [this.node(), this.node()];
      this.sides.push(sides);
      this.seats.push(team.map((o) => {
        const seat = this.node(), held = {sides: [-1, -1], officer: -1, out: this.out[o]};
        if (leads[o]) held.sides[0] = this.join(sides[0], seat, Infinity);
        held.sides[1] = this.join(sides[1], seat, Infinity);
        held.officer = this.join(seat, this.to[this.out[o] ^ 1], 0);
        held.of = sides;
        this.ways[o].push(held);
        return held;
      }));
    });
    this.seen = new Int32Array(this.edges.length);
    this.came = new Int32Array(this.edges.length);
    this.search = 0;
    this.log = [];
  }

  node() { return this.edges.push([]) - 1; }
  join(from, to, room) {
    const edge = this.to.push(to, from) - 2;
    this.room.push(room, 0);
    this.edges[from].push(edge);
    this.edges[to].push(edge + 1);
    return edge;
  }

  move(edge, many) { this.room[edge] -= many; this.room[edge ^ 1] += many; this.log.push(edge, many); }
  undo() {
    while (this.log.length) {
      const many = this.log.pop(), edge = this.log.pop();
      if (edge < 0) this.room[~edge] -= many;
      else { this.room[edge] += many; this.room[edge ^ 1] -= many; }
    }
  }
  widen(edge, many) { this.room[edge] += many; this.log.push(~edge, many); }

  /** Sends so many more from a side to the officers' loads; false where they can't all go. */
  push(side, many) {
    while (many > 0) {
      const moved = this.path(side, many);
      if (!moved) return false;
      many -= moved;
    }
    return true;
  }

  path(side, many) {
    const queue = [side], {to, room, edges, seen, came} = this, round = ++this.search;
    seen[side] = round;
    for (let next = 0; next < queue.length; next++) for (const edge of edges[queue[next]]) {
      const there = to[edge];
      if (room[edge] <= 0 || seen[there] === round) continue;
      seen[there] = round;
      came[there] = edge;
      if (there !== 0) { queue.push(there); continue; }
      for (let at = 0; at !== side; at = to[came[at] ^ 1]) many = Math.min(many, room[came[at]]);
      for (let at = 0; at !== side; at = to[came[at] ^ 1]) this.move(came[at], many);
      return many;
    }
    return 0;
  }

  /** Takes one off a seat; gives the side it came from. */
  cancel(seat) {
    const which = seat.sides.findIndex((edge) => edge >= 0 && this.room[edge ^ 1] > 0);
    for (const edge of [seat.sides[which], seat.officer, seat.out]) this.move(edge, -1);
    return which;
  }

  /** So many visits more for a team, or no change where they can't be staffed. */
  grant(g, many = 1) {
    this.log = [];
    for (const seat of this.seats[g]) this.widen(seat.officer, many);
    if (this.push(this.sides[g][0], many) && this.push(this.sides[g][1], many)) { this.visits[g] += many; return true; }
    this.undo();
    return false;
  }

  /** One visit less for a team. */
  withdraw(g) {
    const gone = [0, 0];
    this.visits[g] -= 1;
    for (const seat of this.seats[g]) {
      this.room[seat.officer] -= 1;
      if (this.room[seat.officer] < 0) gone[this.cancel(seat)] += 1;
    }
    for (const side of [0, 1]) {
      if (!gone[side]) {
        const seat = this.seats[g].find((one) => one.sides[side] >= 0 && this.room[one.sides[side] ^ 1] > 0);
        for (const edge of [seat.sides[side], seat.officer, seat.out]) this.move(edge, -1);
        gone[side] = 1;
      }
    }
    for (const side of [0, 1]) this.push(this.sides[g][side], gone[side] - 1);
  }

  /** One visit less of the load of each, or no change where what is granted can't be staffed then. */
  engage(officers) {
    this.log = [];
    for (const o of officers) {
      this.widen(this.out[o], -1);
      if (this.room[this.out[o]] >= 0) continue;
      const seat = this.ways[o].find((one) => this.room[one.officer ^ 1] > 0), side = this.cancel(seat);
      if (!this.push(seat.of[side], 1)) { this.undo(); return false; }
    }
    for (const o of officers) this.loads[o] -= 1;
    return true;
  }
}

const teamsOf = (frame, drawn) => {
  const recused = new Map(), fitting = new Map();
  for (const [officer, unit] of frame.held.recusals) {
    if (!recused.has(unit)) recused.set(unit, new Set());
    recused.get(unit).add(officer);
  }
  return drawn.map(({unit_no}) => {
    const kind = frame.kindAt(unit_no), place = `${bodyOf(kind)} ${kind.area}`, away = recused.get(unit_no);
    if (!fitting.has(place))
      fitting.set(place, frame.officers.flatMap((officer, o) => (officer.load && frame.fits(officer, frame.areas[kind.area], bodyOf(kind)) ? [o] : [])));
    return away ? fitting.get(place).filter((o) => !away.has(frame.officers[o].officer_no)) : fitting.get(place);
  });
};

/** The pair [lead, second] for each visit, or null where no legal pair is left; and who could have made it. */
const staff = (frame, seed, drawn, progress) => {
  const {officers} = frame, leads = officers.map((officer) => officer.can_lead), teams = teamsOf(frame, drawn);
  const known = new Map(), distinct = [];
  const places = teams.map((team) => {
    const name = team.join(" ");
    if (!known.has(name)) known.set(name, distinct.push(team) - 1);
    return known.get(name);
  });
  const size = (list) => list.reduce((sum, team) => sum + team.length, 0);
  if (size(distinct) * Math.max(1, drawn.length) > MOST_WORK || size(teams) > Math.floor(MOST_WORK / 20))
    refuse("the bundle has more visits and officers than can be checked");
  const flow = new Flow(officers.map((officer) => officer.load), leads, distinct), kept = places.map((g) => flow.grant(g));
  const visits = drawn.map((row, v) => ({name: row.unit_no, team: teams[v], place: places[v]})).filter((_, v) => kept[v]);
  const couples = couplesOf(seed, officers, flow, visits, "unit ", progress);
  let next = 0;
  return [kept.map((one) => (one ? couples[next++] : null)), teams];
};

/** The pair [lead, second] for each of visits that a flow holds together: the step from one visit to the next. */
const couplesOf = (seed, officers, flow, visits, what, progress) => {
  const hashing = new Digest(encoder.encode(`${canonical([seed, "officer"]).slice(0, -1)},`));
  const leads = officers.map((officer) => officer.can_lead), together = officers.map(() => new Map()), given = officers.map(() => 0);
  return visits.map(({name, team, place}, v) => {
    flow.withdraw(place);
    const order = team.filter((o) => flow.loads[o] > 0).map((o) =>
      [hashing.ticket(`${JSON.stringify(officers[o].officer_no)},${JSON.stringify(name)}]`), o]);
    const free = order.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, o]) => o);
    for (const [i, j] of candidates(free, given, together, leads)) {
      const couple = leads[free[i]] ? [free[i], free[j]] : [free[j], free[i]];
      if (!flow.engage(couple)) continue;
      for (const [one, other] of [couple, [couple[1], couple[0]]]) {
        given[one] += 1;
        together[one].set(other, (together[one].get(other) ?? 0) + 1);
      }
      progress("officers", (v + 1) / visits.length);
      return couple.map((o) => officers[o].officer_no);
    }
    return fail(`no pair of officers is left for the visit of ${what}${name}`);
  });
};

/** Places [i, j] of the legal pairs, by visits already made together, visits given to the two, i, j. */
function* candidates(free, given, together, leads) {
  const times = [...new Set([0, ...free.flatMap((o) => [...together[o].values()])])].sort((a, b) => a - b);
  const byGiven = new Map();
  free.forEach((o, n) => { if (!byGiven.has(given[o])) byGiven.set(given[o], []); byGiven.get(given[o]).push(n); });
  const counts = [...byGiven.keys()], sums = [...new Set(counts.flatMap((a) => counts.map((b) => a + b)))].sort((a, b) => a - b);
  for (const time of times) for (const sum of sums) for (let i = 0; i < free.length; i++)
    for (const j of byGiven.get(sum - given[free[i]]) ?? [])
      if (j > i && (leads[free[i]] || leads[free[j]]) && (together[free[i]].get(free[j]) ?? 0) === time) yield [i, j];
}

// The result ----------------------------------------------------------------------------------------------------------

const reasonOf = (frame, team) => (team.length < 2 ? (team.length ? "one_officer" : "no_officers")
  : team.some((o) => frame.officers[o].can_lead) ? "taken" : "no_lead");

const checkResult = (frame, seed, result, progress) => {
  const [sizes, drawn] = select(frame, seed, progress);
  if (result.sizes.length !== sizes.length) fail(`the result has ${result.sizes.length} sizes, the frame has ${sizes.length} strata`);
  sizes.forEach((made, n) => {
    const said = result.sizes[n];
    if (said.stratum !== made.stratum) fail(`the result's sizes have the stratum ${said.stratum} in the place of ${made.stratum}`);
    if (said.size !== made.size) fail(`the stratum ${made.stratum} takes ${said.size} units, the seed gives ${made.size}`);
  });
  const should = new Set(drawn.map((row) => row.unit_no)), seen = new Set();
  for (const {unit_no: name} of [...result.visits, ...result.unassigned]) {
    if (seen.has(name)) fail(`unit ${name} stands twice in the result`);
    seen.add(name);
    if (frame.find(name) < 0) fail(`unit ${name} was drawn, but is not in the frame`);
    const {excluded} = frame.kindAt(name);
    if (excluded) fail(`unit ${name} was drawn, but was excluded as ${EXCLUSIONS[excluded]}`);
    if (!should.has(name)) fail(`unit ${name} is in the result, but its ticket does not draw it`);
  }
  for (const row of drawn) if (!seen.has(row.unit_no)) fail(`unit ${row.unit_no} is drawn by its ticket in ${row.stratum}, but is not in the result`);
  checkVisits(frame, result.visits);
  const [pairs, teams] = staff(frame, seed, drawn, progress);
  const visits = drawn.filter((_, n) => pairs[n]);
  const leftOut = drawn.flatMap((row, n) => (pairs[n] ? [] : [{...row, reason: reasonOf(frame, teams[n])}]));
  for (const [what, saidRows, madeRows] of [["visit", result.visits, visits], ["unassigned", result.unassigned, leftOut]]) {
    for (let n = 0; n < Math.min(saidRows.length, madeRows.length); n++)
      for (const field of Object.keys(madeRows[n]))
        if (!same(saidRows[n][field], madeRows[n][field]))
          fail(`${what} ${n + 1} is of unit ${saidRows[n].unit_no} with ${field} ${shown(saidRows[n][field])}, the seed gives unit ${madeRows[n].unit_no} with ${field} ${shown(madeRows[n][field])}`);
    if (saidRows.length !== madeRows.length) fail(`the result has ${saidRows.length} of ${what}, the officers of the frame give ${madeRows.length}`);
  }
  const made = pairs.filter((pair) => pair);
  result.visits.forEach((said, n) => {
    if (said.position !== n + 1) fail(`the visit of unit ${said.unit_no} has position ${said.position}, it is number ${n + 1}`);
    ["lead", "second"].forEach((field, side) => {
      if (said[field] !== made[n][side]) fail(`the visit of unit ${said.unit_no} has officer ${said[field]} as ${field}, the tickets give officer ${made[n][side]}`);
    });
  });
};

/** What holds of every visit whoever was drawn: who may go there, and how often. */
const checkVisits = (frame, visits) => {
  const held = new Map(frame.officers.map((officer) => [officer.officer_no, officer]));
  const recused = new Set(frame.held.recusals.map((pair) => JSON.stringify(pair))), counts = new Map();
  for (const visit of visits) {
    const kind = frame.kindAt(visit.unit_no), area = frame.areas[kind.area], body = bodyOf(kind);
    if (visit.lead === visit.second) fail(`officer ${visit.lead} goes alone to unit ${visit.unit_no}`);
    for (const name of [visit.lead, visit.second]) {
      const officer = held.get(name), where = `officer ${name} of the visit of unit ${visit.unit_no}`;
      if (!officer) fail(`${where} is not in the frame`);
      if (!officer.certificate_valid) fail(`${where} has no valid certificate that day`);
      if (!frame.rules.bodies[body].includes(officer.body)) fail(`${where} is of the body ${officer.body}, which may not visit ${body} units`);
      if (!frame.fits(officer, area, body)) fail(`${where} does not serve area ${area}`);
      if (recused.has(JSON.stringify([name, visit.unit_no]))) fail(`${where} is recused from it`);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (!held.get(visit.lead).can_lead) fail(`officer ${visit.lead} leads the visit of unit ${visit.unit_no}, but may not lead`);
  }
  for (const {officer_no: name, load} of frame.officers)
    if ((counts.get(name) ?? 0) > load) fail(`officer ${name} has ${counts.get(name)} visits, the day leaves room for ${load}`);
};

// List draws (huoyan-list/1): draws whose objects are a list and not the whole register ---------------------------------

const TAKEN = {object_no: "text", ticket: "whole", key: "ratio?", probability: "number", stands_for: "text?"};
const LIST_FORM = {
  protocol: "text", commitment: "hex", entropy: ["object"], seed: "hex", result_digest: "hex", record_hash: "hex",
  frame: {
    protocol: "text", draw_no: "text", kind: "text", title: "text", draw_date: "day", sequence: "whole", previous: "hex",
    frozen_at: "text", entropy: ["object"], scores_as_of: "day?",
    policy: {version: "text", parameters: {
      exclusions: ["text"], cap: CLASSED, exclusion_days: all(CLASSES, "whole"), planned_open_days: "whole",
      counted_kinds: ["text"], bodies: {key: ["text"], general: ["text"]}, class_without_score: "text", weight: CLASSED}},
    of: "object?", reason: "object?", size: "whole", order: "text", days: ["day"], areas: [{area: "text", parent: "text?"}],
    steps: [{weight: "number", objects: "whole", p: "number", odds: "ratio"}],
    objects: [{object_no: "text", unit_no: "text?", area: "text?", key: "flag", class: "text", visits: "whole", last: "day?",
      weight: "number", excluded: "object?", p: "number"}],
    departments: [{department: "text", name: "text", officers: [{officer_no: "text", body: "text?", areas: ["text"],
      can_lead: "flag", certificate_valid: "flag", loads: ["whole"]}]}],
    recusals: [["text"]],
  },
  result: {visits: [{position: "whole", ...TAKEN, day: "day", teams: [{department: "text", lead: "text", second: "text"}]}],
    unassigned: [{...TAKEN, department: "text?", reason: "text"}]},
};
const LETTERS = {replacement: "R", campaign: "Z", joint: "L"};
const brief = (value) => [...canonical(value)].slice(0, 200).join("");

const formOfList = (bundle) => {
  const {frame} = bundle;
  shape(bundle, LIST_FORM, "");
  if (frame.of !== null) shape(frame.of, {draw_no: "text", record_hash: "hex"}, "frame.of");
  if (frame.reason !== null) shape(frame.reason, {code: "text", text: "text", unit: "text?", officer: "text?"}, "frame.reason");
  if (frame.recusals.some((row) => row.length !== 2)) refuse("a recusal is not a pair of officer and object");
  canonical(bundle);
};

/** The frame of a list draw: every derived number is computed again from its objects, officers and rules. */
class ListFrame {
  constructor(held) {
    this.held = held;
    this.rules = held.policy.parameters;
    this.byNo = new Map(held.objects.map((one) => [one.object_no, one]));
    this.parents = new Map(held.areas.map((row) => [row.area, row.parent]));
    this.lines = new Map();
    this.recused = new Set(held.recusals.map((pair) => JSON.stringify(pair)));
  }

  check() {
    this.header();
    this.reason();
    this.checkRules();
    this.rows();
    for (const one of this.held.objects) this.object(one);
    this.steps();
  }

  header() {
    const {held} = this, {draw_no: name, draw_date: date, kind, days} = held, letter = Object.hasOwn(LETTERS, kind) ? LETTERS[kind] : "X";
    if (held.protocol !== LIST) fail(`the frame's protocol is ${repr(held.protocol)}, not ${LIST}`);
    if (!/^[A-CE-Z]\d{8}-\d{2,4}$/.test(name) || name.slice(1, 9) !== date.replaceAll("-", ""))
      fail(`the draw's number draw_no is ${repr(name)}, which is not one of a list of ${date}`);
    if (!/^[a-z][a-z_]{0,31}$/.test(kind) || kind === "daily") fail(`the kind ${repr(kind)} is not one that a list can have`);
    if (name[0] !== letter) fail(`the draw's number draw_no is ${name}, the kind ${kind} has the letter ${letter}`);
    if (held.sequence < 1 || (held.sequence === 1) !== (held.previous === "0".repeat(64)))
      fail(`the frame's previous is ${held.previous} with sequence ${held.sequence}: the first draw, and no other, names 64 zeros`);
    if (!MOMENT.test(held.frozen_at) || !isDay(held.frozen_at.slice(0, 10))) fail(`frozen_at is ${repr(held.frozen_at)}, not a moment in UTC`);
    if (held.scores_as_of !== null && held.scores_as_of > date) fail(`scores_as_of is ${held.scores_as_of}, after the day of the draw`);
    if (!days.length || days.some((day, n) => n && day <= days[n - 1]) || days[0] < date)
      fail("the days of the visits are none, out of order, or before the day of the draw");
    if (held.order !== "chance" && held.order !== "weight") fail(`the order is ${repr(held.order)}, neither chance nor weight`);
  }

  reason() {
    const {held} = this, {of, reason: why} = held;
    if ((held.kind === "replacement") !== (of !== null) || (why === null) !== (of === null))
      fail("a replacement, and nothing else, names the draw it is of and its reason");
    if (why === null) return;
    if ((why.unit === null) === (why.officer === null)) fail("the reason of a replacement names a unit or an officer");
    if (why.unit !== null) {
      const code = this.byNo.get(why.unit)?.excluded?.code;
      if (held.size !== 1 || (code !== "replaced" && code !== "no_officers"))
        fail(`unit ${why.unit} is replaced, but the list does not say so or takes more than one unit`);
      return;
    }
    for (const {officers} of held.departments)
      if (officers.some((officer) => officer.officer_no === why.officer && officer.loads.some((load) => load > 0)))
        fail(`officer ${why.officer} is replaced, but has room for visits in the frame`);
  }

  checkRules() {
    const {rules} = this, days = rules.exclusion_days;
    for (const [name, table] of [["weight", rules.weight], ["cap", rules.cap]])
      if (!(table.A > 0 && table.A <= table.B && table.B <= table.C && table.C <= table.D))
        fail(`the rule ${name} falls from A to D or is not above 0: a higher risk must never be drawn less`);
    if (days.A < days.B || days.B < days.C || days.C < days.D || days.A > 365)
      fail("the rule exclusion_days rises from A to D or has no usable value");
    if (rules.bodies.key.some((body) => !rules.bodies.general.includes(body))) fail("who may visit key units may not visit general ones");
    if (!CLASSES.includes(rules.class_without_score) || CLASSES.some((c) => !Number.isInteger(rules.cap[c]) || isPointed(rules.cap, c)))
      fail("the rules class_without_score or cap have no usable value");
  }

  rows() {
    const {held} = this, codes = held.departments.map((one) => one.department), known = new Set();
    ordered("area", held.areas.map((row) => row.area));
    for (const {area, parent} of held.areas)
      if (parent !== null && !this.parents.has(parent)) fail(`area ${area} lies in area ${parent}, which the frame does not have`);
    ordered("object", held.objects.map((one) => one.object_no));
    if (!codes.length || new Set(codes).size !== codes.length) fail("a list has no department, or one of them twice");
    for (const {department, officers} of held.departments) {
      ordered(`department ${department}: officer`, officers.map((officer) => officer.officer_no));
      for (const {officer_no: name, areas, loads} of officers) {
        if (department === "fire") known.add(name);
        if (areas.some((area, n) => n && byBytes(area, areas[n - 1]) < 0)) fail(`officer ${name} has areas out of order`);
        if (loads.length !== held.days.length) fail(`officer ${name} has ${loads.length} loads for ${held.days.length} days`);
      }
    }
    held.recusals.forEach(([officer, object], n) => {
      const before = held.recusals[n - 1];
      if (n && !(byBytes(before[0], officer) < 0 || (before[0] === officer && byBytes(before[1], object) < 0)))
        fail(`the recusal of officer ${officer} from ${object} stands twice or out of order`);
      if (!known.has(officer) || !this.byNo.has(object)) fail(`the recusal of officer ${officer} from ${object} is of nobody or nothing in the frame`);
    });
  }

  line(area) { return Frame.prototype.line.call(this, area); }

  /** The officers of a department, by position, who may visit an object on a day, or on any of the days. */
  team({department, officers}, one, day) {
    const bodies = this.rules.bodies[one.key ? "key" : "general"], above = one.area === null ? null : this.line(one.area);
    return officers.flatMap((officer, o) => {
      const {areas, body, loads} = officer;
      const near = above === null || !areas.length || areas.some((own) => above.has(own) || (body === "brigade" && this.line(own).has(one.area)));
      const fits = near && officer.certificate_valid && (day === null ? loads.some((load) => load > 0) : loads[day] > 0)
        && (body === null || bodies.includes(body)) && !(department === "fire" && this.recused.has(JSON.stringify([officer.officer_no, one.object_no])));
      return fits ? [o] : [];
    });
  }

  /** The first department that can't send a pair on any day, and what it lacks. */
  lacking(one) {
    for (const held of this.held.departments) {
      const team = this.team(held, one, null);
      if (team.length < 2) return [held.department, team.length ? "one_officer" : "no_officers"];
      if (!team.some((o) => held.officers[o].can_lead)) return [held.department, "no_lead"];
    }
    return null;
  }

  object(one) {
    const {held, rules} = this, {object_no: name, excluded: said, last} = one, first = new Day(held.days[0]);
    if (!CLASSES.includes(one.class)) fail(`object ${name} has the class ${repr(one.class)}, not one of A, B, C, D`);
    if (one.area !== null && !this.parents.has(one.area)) fail(`object ${name} lies in area ${one.area}, which the frame does not have`);
    if (last !== null && last > first.text) fail(`object ${name} has its last visit on ${last}, after the first day of the list`);
    if (held.of === null) {
      const weight = held.order === "weight" ? rules.weight[one.class] : 1;
      if (one.weight !== weight) fail(`object ${name} has the weight ${shown(one.weight)}, its class and the order give ${shown(weight)}`);
    } else if (one.weight <= 0) fail(`object ${name} has the weight ${shown(one.weight)}, which is not above 0`);
    const code = said === null ? null : said.code ?? null, short = this.lacking(one);
    let made = null;
    if (short) made = {code: "no_officers", department: short[0]};
    else if (code === "closed" || code === "drawn" || code === "replaced") {
      made = {code};
      if (code === "replaced" && held.reason?.unit !== name) fail(`object ${name} is left out as replaced, but the reason is about another`);
    } else if (code === "planned" && rules.exclusions.includes("planned")) {
      made = {code};
      if (last === null || first.ordinal - new Day(last).ordinal > rules.planned_open_days)
        fail(`object ${name} is left out as planned, but no visit of it is counted since ${rules.planned_open_days} days`);
    } else if (rules.exclusions.includes("cap") && one.visits >= rules.cap[one.class]) made = {code: "cap", cap: rules.cap[one.class]};
    else if (rules.exclusions.includes("recent") && last !== null) {
      const until = new Day(last).moved(rules.exclusion_days[one.class]);
      if (first.text < until) made = {code: "recent", until};
    }
    if (canonical(said) !== canonical(made)) fail(`object ${name} is left out as ${brief(said)}, the frame's own data give ${brief(made)}`);
  }

  steps() {
    const {held} = this, counts = new Map(), {steps: said, size} = held;
    for (const one of held.objects) if (one.excluded === null) counts.set(one.weight, (counts.get(one.weight) ?? 0) + 1);
    const levels = [...counts].sort((a, b) => a[0] - b[0]), many = levels.reduce((sum, [, objects]) => sum + objects, 0);
    if (size < 1 || size > many) fail(`the size is ${size}, ${many} objects of the list can be drawn`);
    const chances = probabilities(levels, size);
    if (said.length !== levels.length || said.some((step, k) => step.weight !== levels[k][0] || step.objects !== levels[k][1]))
      fail("the steps are not the weights of the objects that can be drawn, each with their number");
    said.forEach((step, k) => {
      if (step.p !== chances[k]) fail(`the step of weight ${shown(step.weight)} has p ${shown(step.p)}, its objects give ${shown(chances[k])}`);
    });
    checkOdds("list", said.map((step) => ({...step, units: step.objects})), "p", "odds", size);
    const chance = new Map(levels.map(([weight], k) => [weight, chances[k]]));
    for (const one of held.objects) {
      const p = one.excluded === null ? chance.get(one.weight) : 0;
      if (one.p !== p) fail(`object ${one.object_no} has p ${shown(one.p)}, its weight gives ${shown(p)}`);
    }
  }
}

/** The objects that are drawn, in the order of their visits, each with ticket and key. */
const selectList = ({held}, seed) => {
  const odds = new Map(held.steps.map((step) => [step.weight, Number(step.odds)])), certain = [], others = [];
  for (const one of held.objects) {
    if (one.excluded !== null || !(one.p > 0)) continue;
    const row = {object: one, name: one.object_no, ticket: ticket(seed, "unit", "list", one.object_no), key: null};
    if (one.p === 1) { certain.push(row); continue; }
    const u = row.ticket / 9007199254740992;
    row.key = (u / (1 - u)) / odds.get(one.weight);
    others.push(row);
  }
  others.sort((a, b) => a.key - b.key || byBytes(a.name, b.name));
  const drawn = [...certain, ...others.slice(0, Math.max(0, held.size - certain.length))];
  return drawn.sort((a, b) => (held.order === "weight" ? b.object.weight - a.object.weight : 0) || a.ticket - b.ticket || byBytes(a.name, b.name));
};

/** Visits with day and teams, and those without, as the seed gives them. */
const outcomeOfList = (frame, seed, progress) => {
  const {days, departments, reason: why} = frame.held, drawn = selectList(frame, seed);
  const teams = drawn.map((row) => departments.map((one) => days.map((_, day) => frame.team(one, row.object, day))));
  if (teams.flat(2).reduce((sum, team) => sum + team.length ** 2, 0) * Math.max(1, drawn.length) > MOST_WORK * days.length)
    refuse("the bundle has more visits and officers than can be checked");
  const holding = (n, day, visits) => {
    const {officers} = departments[n], known = new Map(), distinct = [];
    const places = visits.map((v) => {
      const team = teams[v][n][day], name = team.join(" ");
      if (!known.has(name)) known.set(name, distinct.push(team) - 1);
      return known.get(name);
    });
    const flow = new Flow(officers.map((officer) => officer.loads[day]), officers.map((officer) => officer.can_lead), distinct);
    return {flow, places, all: places.every((g) => flow.grant(g))};
  };
  const kept = days.map(() => []), where = drawn.map((_, v) => {
    const start = Math.floor(v * days.length / drawn.length);
    for (let n = 0; n < days.length; n++) {
      const day = start + n < days.length ? start + n : start + n - days.length;
      if (departments.every((_one, d) => holding(d, day, [...kept[day], v]).all)) { kept[day].push(v); return day; }
    }
    return null;
  });
  const pairs = drawn.map(() => []);
  days.forEach((_, day) => departments.forEach(({officers}, n) => {
    const {flow, places} = holding(n, day, kept[day]);
    const visits = kept[day].map((v, k) => ({name: drawn[v].name, team: teams[v][n][day], place: places[k]}));
    couplesOf(seed, officers, flow, visits, "", progress).forEach((pair, k) => { pairs[kept[day][k]][n] = pair; });
  }));
  const visits = [], unassigned = [];
  drawn.forEach((row, v) => {
    const told = {object_no: row.name, ticket: row.ticket, key: row.key, probability: row.object.p,
      stands_for: why === null ? null : why.officer === null ? why.unit : row.name};
    if (where[v] === null) {
      const short = frame.lacking(row.object);
      unassigned.push({...told, department: short ? short[0] : null, reason: short ? short[1] : "taken"});
    } else visits.push({position: visits.length + 1, ...told, day: days[where[v]],
      teams: departments.map(({department}, n) => ({department, lead: pairs[v][n][0], second: pairs[v][n][1]}))});
  });
  return {visits, unassigned};
};

const checkListResult = (frame, seed, result, progress) => {
  const made = outcomeOfList(frame, seed, progress);
  for (const {object_no: name} of [...result.visits, ...result.unassigned]) {
    const one = frame.byNo.get(name);
    if (!one) fail(`object ${name} was drawn, but is not in the frame`);
    if (one.excluded !== null) fail(`object ${name} was drawn, but was left out as ${brief(one.excluded)}`);
  }
  for (const [what, several] of [["visit", "visits"], ["unassigned", "unassigned"]]) {
    const said = result[several], should = made[several];
    for (let n = 0; n < Math.min(said.length, should.length); n++)
      for (const field of Object.keys(should[n]))
        if (canonical(said[n][field]) !== canonical(should[n][field]))
          fail(`${what} ${n + 1} is of ${said[n].object_no} with ${field} ${brief(said[n][field])}, the seed gives ${should[n].object_no} with ${field} ${brief(should[n][field])}`);
    if (said.length !== should.length) fail(`the result has ${said.length} of ${what}, the officers of the frame give ${should.length}`);
  }
};

// The whole -----------------------------------------------------------------------------------------------------------

const recordHash = (bundle) => {
  const {draw_no, draw_date, sequence, previous} = bundle.frame;
  return digest({protocol: bundle.protocol, draw_no, draw_date, sequence, previous, commitment: bundle.commitment, entropy: bundle.entropy,
    seed: bundle.seed, result: bundle.result_digest});
};
const seedOf = (bundle) => sha256(`${bundle.commitment}|${canonical(bundle.entropy)}`);

/** A bundle of the right form, its content not yet checked. */
const load = (data) => {
  const bundle = read(data);
  PROTOCOLS[bundle.protocol].form(bundle);
  return bundle;
};
const formOfDraw = (bundle) => {
  shape(bundle, FORM, "");
  if (bundle.frame.recusals.some((row) => row.length !== 2)) refuse("a recusal is not a pair of officer and unit");
  // What the protocol leaves open must at least be JSON that can be hashed.
  canonical([bundle.entropy, bundle.frame.entropy, bundle.frame.tau]);
};

/** Everything about one bundle. */
const checkBundle = (bundle, commitment, progress) => {
  const {frameOf, checkResult: checkOutcome} = PROTOCOLS[bundle.protocol], frame = frameOf(bundle.frame);
  frame.check();
  progress("digest", 0);
  const made = digest(bundle.frame);
  if (commitment !== null && made !== commitment)
    fail(`the frame's digest is ${made}, the commitment published before was ${commitment}: the frame was changed after it was frozen`);
  if (bundle.commitment !== made) fail(`the bundle's commitment is ${bundle.commitment}, its frame's digest is ${made}: the frame was changed`);
  checkEntropy(bundle.frame, bundle.entropy);
  const seed = seedOf(bundle);
  if (bundle.seed !== seed) fail(`the bundle's seed is ${bundle.seed}, commitment and entropy give ${seed}`);
  checkOutcome(frame, seed, bundle.result, progress);
  const result = digest(bundle.result);
  if (bundle.result_digest !== result) fail(`result_digest is ${bundle.result_digest}, the result gives ${result}`);
  if (bundle.record_hash !== recordHash(bundle)) fail(`record_hash is ${bundle.record_hash}, the record gives ${recordHash(bundle)}`);
};

/** Each record must name the one before it, by its record hash or, where it was not drawn yet, its commitment. */
const checkChain = (bundles) => {
  const row = [...bundles].sort((a, b) => a.frame.sequence - b.frame.sequence), anchors = new Map();
  for (const bundle of row) {
    const name = bundle.frame.draw_no;
    if (digest(bundle.frame) !== bundle.commitment || digest(bundle.result) !== bundle.result_digest)
      fail(`${name} has been changed: its frame or result has not the digest it states`);
    if (bundle.seed !== seedOf(bundle) || bundle.record_hash !== recordHash(bundle))
      fail(`${name} has been changed: its seed or record_hash is not that of its content`);
    for (const source of bundle.frame.entropy) {
      if (source.source !== "chain") continue;
      const year = shown(source.year) + (isPointed(source, "year") ? ".0" : ""), anchor = canonical(source.anchor ?? null);
      if (!anchors.has(year)) anchors.set(year, [anchor, name]);
      if (anchors.get(year)[0] !== anchor) fail(`${anchors.get(year)[1]} and ${name} name different anchors of the hash chain of ${year}`);
    }
  }
  for (let n = 1; n < row.length; n++) {
    const first = row[n - 1].frame, second = row[n].frame;
    if (second.sequence !== first.sequence + 1)
      fail(`the chain has ${first.draw_no} with sequence ${first.sequence} and then ${second.draw_no} with ${second.sequence}: a record is missing or stands twice`);
    const before = recordHash(row[n - 1]);
    if (second.previous !== before && second.previous !== digest(first))
      fail(`${second.draw_no} names ${second.previous} as the record before it, ${first.draw_no} has ${before}: one of the two was changed`);
  }
  checkTime(row);
};

/** Daily draws follow each other in time, and list draws do; no two open one link; a replacement names its draw's record, and its departments are of that. */
const checkTime = (row) => {
  const latest = new Map(), links = new Map(), byNo = new Map(row.map((bundle) => [bundle.frame.draw_no, bundle]));
  for (const {frame, protocol} of row) {
    const before = latest.get(protocol), listed = protocol === LIST;
    if (before && (before.draw_date > frame.draw_date || (!listed && before.draw_date === frame.draw_date)))
      fail(`${frame.draw_no} comes after ${before.draw_no} in the chain, but not in time`);
    latest.set(protocol, frame);
    for (const source of frame.entropy) {
      if (source.source !== "chain") continue;
      const link = canonical([source.year ?? null, source.index ?? null]);
      if (!links.has(link)) links.set(link, frame.draw_no);
      if (links.get(link) !== frame.draw_no) fail(`${links.get(link)} and ${frame.draw_no} open the same link of the hash chain of ${shown(source.year)}`);
    }
    if (listed && frame.of !== null && byNo.has(frame.of.draw_no) && recordHash(byNo.get(frame.of.draw_no)) !== frame.of.record_hash)
      fail(`${frame.draw_no} is a replacement in ${frame.of.draw_no}, but names another record of it`);
    if (listed && frame.of !== null) checkDepartments(frame, byNo);
  }
};

/** An object is replaced by all departments of the draw it all comes from, an officer by one of them. */
const checkDepartments = (frame, byNo) => {
  let first = frame;
  while (first.of) {
    const before = byNo.get(first.of.draw_no);
    if (!before || before.frame.sequence >= first.sequence) return;
    first = before.frame;
  }
  const takingPart = first.departments ? first.departments.map((row) => row.department) : ["fire"];
  const here = frame.departments.map((row) => row.department);
  if (canonical(here) !== canonical(takingPart) && ((frame.reason?.officer ?? null) === null || here.length !== 1 || !takingPart.includes(here[0])))
    fail(`${frame.draw_no} is drawn by the departments ${here.join(", ")}, ${first.draw_no} was by ${takingPart.join(", ")}`);
};

/** What one file can't show: each with what the reader can do about it, as [key, values, sentence]. */
const notChecked = (frame, commitment, others) => {
  const out = [];
  if (commitment === null)
    out.push(["commitment", {}, "commitment not compared with a published one, so all of it may have been made again: give --commitment"]);
  if (others) out.push(["others", {}, "of the other records only digests and links: check each by itself"]);
  else if (frame.sequence > 1) out.push(["chain", {}, "the records before it: give --chain"]);
  for (const source of frame.entropy) {
    if (source.source === "chain") out.push(["anchor", {anchor: source.anchor, year: source.year}, `anchor ${source.anchor}: compare it with the one published for ${source.year}`]);
    else if (source.source === "witness") out.push(["witness", {}, "the witnesses' numbers: compare them with their record"]);
    else out.push(["beacon", {round: source.round, network: source.network}, `the beacon's value: compare it with round ${source.round} of ${source.network}`]);
  }
  if (frame.of) out.push(["of", {draw_no: frame.of.draw_no}, `whether the list is what ${frame.of.draw_no} left, with its weights: give --chain`]);
  out.push(["register", {}, "whether the register was as the frame says"]);
  return out;
};

const unitsOf = ({frame}) => (frame.objects ?? frame.units.unit_no).length;

/** What a bundle says it is, for a page to show and to compare with what was published. */
const factsOf = (bundle) => ({protocol: bundle.protocol, draw_no: bundle.frame.draw_no, draw_date: bundle.frame.draw_date,
  sequence: bundle.frame.sequence, units: unitsOf(bundle), visits: bundle.result.visits.length,
  commitment: bundle.commitment, seed: bundle.seed, record_hash: bundle.record_hash, previous: bundle.frame.previous,
  entropy: bundle.frame.entropy.map((source) => ({...source}))});

/** What is done with a bundle, by the protocol it names. */
const PROTOCOLS = {
  [DRAW]: {form: formOfDraw, frameOf: (held) => new Frame(held), checkResult},
  [LIST]: {form: formOfList, frameOf: (held) => new ListFrame(held), checkResult: checkListResult},
};

/**
 * Status, one sentence, and of a bundle that can be read its `facts` and what is `open`: 0 all agrees, 1 the first thing
 * that does not, 2 no bundle. `data` and each of `chain` are bytes; `progress` is told steps and how far each has come.
 */
export const check = (data, commitment = null, chain = [], progress = () => {}) => {
  let facts = null;
  try {
    const wanted = commitment === null ? null : commitment.trim().toLowerCase();
    if (wanted !== null && !HEX.test(wanted)) refuse("the commitment to compare with must be 64 hex digits");
    progress("reading", 0);
    const bundle = load(data);
    facts = factsOf(bundle);
    progress("frame", 0);
    checkBundle(bundle, wanted, progress);
    if (chain.length) {
      progress("chain", 0);
      checkChain([bundle, ...chain.map(load)]);
    }
    const open = notChecked(bundle.frame, wanted, chain.length);
    const text = `OK: ${facts.draw_no} of ${facts.draw_date}, ${facts.units} units, ${facts.visits} visits, commitment ${facts.commitment}`
      + `${wanted === null ? "" : ", the one published"}${chain.length ? `, linked with ${chain.length} other records` : ""}; `
      + `not checked: ${open.map(([, , sentence]) => sentence).join("; ")}`;
    return {status: 0, text: oneLine(text), facts, open: open.map(([key, values]) => [key, values])};
  } catch (error) {
    if (error instanceof Mismatch) return {status: 1, text: oneLine(`does not agree: ${error.message}`), facts, open: []};
    if (error instanceof NotABundle) return {status: 2, text: oneLine(error.message), facts, open: []};
    // The stack or a list that no engine can hold: a file that no draw has written.
    if (error instanceof RangeError) return {status: 2, text: "the file holds values that no bundle can have (RangeError)", facts, open: []};
    throw error;
  }
};

/** The numbers that follow from a frame and an entropy, whatever the bundle's result and odds say: to compare programs. */
export const derived = (data) => {
  const bundle = load(data), frame = new Frame(bundle.frame, false), quiet = () => {};
  frame.check();
  const commitment = digest(bundle.frame), seed = sha256(`${commitment}|${canonical(bundle.entropy)}`);
  const [sizes, drawn] = select(frame, seed, quiet), [pairs] = staff(frame, seed, drawn, quiet);
  const strata = frame.strata.map(({stratum, desk, arm, group, expected, steps}) => ({stratum, desk, arm, group, expected, steps}));
  return {commitment, seed, sizes: sizes.map((row) => row.size), drawn, pairs,
    derived: {quotas: frame.quotas, precision: frame.precision, tau: frame.share, wanted: frame.wanted, strata, profiles: frame.profiles}};
};

// Node and the page's worker ------------------------------------------------------------------------------------------

const main = async (words) => {
  const {openSync, fstatSync, readSync, closeSync} = await import("node:fs");
  const usage = "usage: verify.mjs FILE [--commitment HEX] [--chain FILE...]";
  const names = [], chain = [];
  let commitment = null;
  for (let n = 0; n < words.length; n++) {
    const [flag, inline] = words[n].startsWith("--") && words[n].includes("=") ? [words[n].slice(0, words[n].indexOf("=")), words[n].slice(words[n].indexOf("=") + 1)] : [words[n]];
    if (flag === "--help" || flag === "-h") { console.log(usage); return 0; }
    if (flag === "--commitment" && (inline ?? words[n + 1]) !== undefined) commitment = inline ?? words[++n];
    else if (flag === "--chain" && (inline !== undefined || words[n + 1] !== undefined)) {
      if (inline !== undefined) chain.push(inline);
      else while (words[n + 1] !== undefined && !words[n + 1].startsWith("--")) chain.push(words[++n]);
    } else if (flag.startsWith("--")) { console.error(usage); return 2; } else names.push(words[n]);
  }
  if (names.length !== 1) { console.error(usage); return 2; }
  const contents = [];
  for (const name of [...names, ...chain]) {
    try {
      const file = openSync(name, "r");
      try {
        // What has no end (a device, a pipe) is read no further than a bundle can reach.
        const stated = fstatSync(file).size, blocks = [];
        let length = stated > MOST_BYTES ? stated : 0;
        for (let got = 1; length <= MOST_BYTES && got;) {
          const block = Buffer.allocUnsafe(1 << 20);
          got = readSync(file, block, 0, block.length, null);
          blocks.push(block.subarray(0, got));
          length += got;
        }
        if (length > MOST_BYTES) { console.error(oneLine(`${name} is larger than the ${MOST_BYTES} bytes that a bundle may have`)); return 2; }
        contents.push(Buffer.concat(blocks));
      } finally { closeSync(file); }
    } catch (error) { console.error(oneLine(`${name} can't be read: ${error.code ?? error.message}`)); return 2; }
  }
  const {status, text} = check(contents[0], commitment, contents.slice(1));
  (status === 0 ? console.log : console.error)(text);
  return status;
};

if (typeof process === "object" && process.versions?.node && process.argv[1]) {
  const [{pathToFileURL}, {realpathSync}] = await Promise.all([import("node:url"), import("node:fs")]);
  if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) process.exitCode = await main(process.argv.slice(2));
} else if (typeof WorkerGlobalScope === "function" && self instanceof WorkerGlobalScope) {
  self.onmessage = ({data: {bundle, commitment, chain}}) => {
    let told = "", when = 0;
    const progress = (step, done) => {
      const now = performance.now();
      if (step === told && now - when < 100) return;
      told = step;
      when = now;
      self.postMessage({step, done});
    };
    self.postMessage({answer: check(new Uint8Array(bundle), commitment, chain.map((one) => new Uint8Array(one)), progress)});
  };
}
