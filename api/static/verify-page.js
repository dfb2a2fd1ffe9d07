// The page on which a bundle is checked: it hands the chosen files to verify.mjs in a worker and shows what that says. The
// files stay here; asked of the site is only what it published of that draw.
(() => {
  "use strict";
  const form = document.getElementById("verify");
  const words = JSON.parse(form.dataset.words), zh = document.documentElement.lang.startsWith("zh");
  const going = document.getElementById("verify-going"), answer = document.getElementById("verify-answer");
  const LARGEST = 190000000;
  let worker = null, run = 0;

  // Files may be dropped on their field; a drop beside it must not open the file in the page's place.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const field = event.target.closest && event.target.closest("[data-drop]");
    if (field && event.dataTransfer.files.length) field.querySelector("input").files = event.dataTransfer.files;
  });
  for (const field of form.querySelectorAll("[data-drop]"))
    for (const [name, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]])
      field.addEventListener(name, () => field.classList.toggle("drop-over", over));

  const line = (list, title, text, mono) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = title;
    dd.textContent = text;
    if (mono) dd.className = "mono";
    list.append(dt, dd);
  };
  const verdict = (status, text) => {
    const box = document.getElementById("verdict");
    box.className = `verdict verdict-${["good", "bad", "none"][status]}`;
    box.dataset.verdict = ["ok", "bad", "none"][status];
    box.querySelector("b").textContent = words.status[status];
    box.querySelector("span").textContent = text;
  };
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  /** What was published of the draw and is another in the file: [field, published] each; null where nothing is published. */
  const published = async (facts) => {
    const daily = facts.protocol.startsWith("huoyan-draw/");
    const reply = await fetch(`/api/v1/public/${daily ? `draws/${facts.draw_date}` : `lists/${encodeURIComponent(facts.draw_no)}`}`,
      {headers: {accept: "application/json"}});
    if (reply.status === 404 || reply.status === 422) return null;
    if (!reply.ok) throw new Error(String(reply.status));
    const draw = await reply.json(), rows = [];
    for (const name of ["commitment", "previous", "seed", "record_hash"]) if (draw[name]) rows.push([words.published[name], draw[name], facts[name]]);
    const anchor = (sources) => ((sources || []).find((source) => source.source === "chain") || {}).anchor;
    if (anchor(draw.entropy) || (draw.entropy && anchor(facts.entropy)))
      rows.push([words.published.anchor, anchor(draw.entropy) || "–", anchor(facts.entropy) || "–"]);
    return rows;
  };

  const show = async ({status, text, facts, open}, seconds, mine) => {
    const list = document.getElementById("verify-facts"), said = document.getElementById("verify-said");
    list.replaceChildren();
    if (facts) for (const name of ["draw_no", "draw_date", "units", "visits"])
      line(list, words.facts[name], typeof facts[name] === "number" ? facts[name].toLocaleString("en-US") : facts[name], name === "draw_no");
    if (facts) line(list, words.facts.time, `${seconds.toFixed(1)} s`);
    said.hidden = status === 0;
    said.querySelector("p").textContent = text;
    let rows = null, note = "";
    const box = document.getElementById("verify-published");
    if (facts) try { rows = await published(facts); if (!rows) note = words.published.none; } catch (error) { note = words.published.failed; }
    if (mine !== run) return;
    const table = box.querySelector("dl");
    table.replaceChildren();
    box.hidden = !facts;
    box.querySelector("p").textContent = note;
    const wrong = (rows || []).filter(([, there, here]) => there !== here);
    for (const [title, there, here] of rows || [])
      line(table, title, there === here ? words.published.same : `${words.published.other} ${there}`, there !== here);
    if (status === 0 && wrong.length) verdict(1, words.other + wrong.map(([title]) => title).join(zh ? "、" : ", "));
    else verdict(status, status === 0 ? words.all : "");
    // What was compared with the publication above is no longer open.
    const settled = rows && !wrong.length ? ["commitment", ...(rows.some(([title]) => title === words.published.anchor) ? ["anchor"] : [])] : [];
    const left = open.filter(([name]) => !settled.includes(name)), items = document.getElementById("verify-open");
    items.hidden = !left.length;
    items.querySelector("ul").replaceChildren(...left.map(([name, values]) => {
      const item = document.createElement("li");
      item.textContent = filled(words.open[name], values);
      return item;
    }));
    finish();
  };

  const finish = () => {
    going.hidden = true;
    answer.hidden = false;
    answer.focus();
    answer.scrollIntoView({block: "nearest"});
    if (worker) worker.terminate();
    worker = null;
  };
  const complain = (text) => {
    for (const name of ["verify-said", "verify-published", "verify-open"]) document.getElementById(name).hidden = true;
    document.getElementById("verify-facts").replaceChildren();
    verdict(2, text);
    finish();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const mine = ++run, files = [...form.elements.bundle.files, ...form.elements.others.files];
    if (worker) worker.terminate();
    answer.hidden = true;
    if (!form.elements.bundle.files.length) { complain(words.say.none); return; }
    if (files.some((file) => file.size > LARGEST)) { complain(words.say.large); return; }
    const told = going.querySelector("span"), bar = going.querySelector("progress");
    going.hidden = false;
    told.textContent = words.steps.reading;
    bar.removeAttribute("value");
    let contents;
    try { contents = await Promise.all(files.map((file) => file.arrayBuffer())); } catch (error) { complain(words.say.unread); return; }
    if (mine !== run) return;
    const began = performance.now();
    try { worker = new Worker(form.dataset.worker, {type: "module"}); } catch (error) { complain(words.say.old); return; }
    worker.onerror = () => { if (mine === run) complain(words.say.old); };
    worker.onmessage = ({data}) => {
      if (mine !== run) return;
      if (data.answer) { show(data.answer, (performance.now() - began) / 1000, mine); return; }
      told.textContent = words.steps[data.step];
      if (data.done > 0) bar.value = data.done; else bar.removeAttribute("value");
    };
    const [bundle, ...chain] = contents;
    worker.postMessage({bundle, chain, commitment: form.elements.commitment.value.trim() || null}, contents);
  });
})();
