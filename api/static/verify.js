// Checks the digests of a draw in the reader's own browser, with WebCrypto and nothing from the server but the data:
// commitment = SHA-256(canonical frame), seed = SHA-256(commitment | canonical entropy), result digest and record hash.
// The selection itself is checked by the server's button and by `huoyan verify`, which needs only Python.
(() => {
  "use strict";
  // RFC 8785: keys by UTF-16 code units, numbers and strings as ECMAScript writes them.
  const canonical = (value) => {
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  };
  const sha256 = async (text) => {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const seedOf = (commitment, entropy) => sha256(`${commitment}|${canonical(entropy)}`);

  const digests = async (bundle) => {
    const commitment = await sha256(canonical(bundle.frame));
    const seed = await seedOf(commitment, bundle.entropy);
    const result = await sha256(canonical(bundle.result));
    const record = await sha256(canonical({protocol: bundle.protocol, draw_no: bundle.frame.draw_no, draw_date: bundle.frame.draw_date,
      sequence: bundle.frame.sequence, previous: bundle.frame.previous, commitment, entropy: bundle.entropy, seed, result}));
    return {commitment, seed, record};
  };
  const show = (text, good) => {
    const box = document.getElementById("browser-result");
    const line = document.createElement("p");
    line.className = good === null ? "faint" : good ? "good" : "problem";
    if (good !== null) line.dataset.browserCheck = good ? "ok" : "bad";
    line.textContent = text;
    box.replaceChildren(line);
  };
  const run = async (button, work) => {
    const say = JSON.parse(button.dataset.words);
    if (!(window.crypto && crypto.subtle)) { show(say.insecure, false); return; }
    show(say.working, null);
    try {
      const problem = await work();
      show(problem ? say.bad + problem : say.ok, !problem);
    } catch (error) { show(say.failed, false); }
  };
  const json = async (address) => {
    const answer = await fetch(address, {headers: {accept: "application/json"}});
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  document.addEventListener("click", (event) => {
    const whole = event.target.closest("[data-verify]");
    if (whole) run(whole, async () => {
      const found = await digests(await json(whole.dataset.verify));
      const published = {commitment: whole.dataset.commitment, seed: whole.dataset.seed, record: whole.dataset.recordHash};
      const wrong = Object.keys(published).find((name) => published[name] !== found[name]);
      return wrong ? `${wrong} ${found[wrong]}` : null;
    });
    const open = event.target.closest("[data-verify-public]");
    if (open) run(open, async () => {
      const draw = await json(open.dataset.verifyPublic);
      const seed = await seedOf(draw.commitment, draw.entropy);
      return seed === draw.seed ? null : seed;
    });
  });
})();
