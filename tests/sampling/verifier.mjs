// Many bundles through one Node process: reads one JSON object a line, writes one answer a line.
// {"check": base64, "commitment": hex or null, "chain": [base64, ...]} is answered as the command answers: [status, sentence];
// {"sha": base64} by its SHA-256, {"derive": base64} by all numbers that api/static/verify.mjs derives from the frame and the entropy.
import { createInterface } from "node:readline";
import { check, derived, sha256 } from "../../api/static/verify.mjs";

const bytes = (text) => Buffer.from(text, "base64");
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  if (asked.derive) answer = derived(bytes(asked.derive));
  else if (asked.sha !== undefined) answer = sha256(bytes(asked.sha));
  else {
    const { status, text } = check(bytes(asked.check), asked.commitment ?? null, (asked.chain ?? []).map(bytes));
    answer = [status, text];
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
