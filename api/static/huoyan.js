// What every page shares: the clock, ages, the search key, rows by keyboard, notices, printing, rows of the entry form,
// and the quiet refresh of the alarm list. Everything works without it, only less smoothly.
(() => {
  "use strict";
  const zh = document.documentElement.lang.startsWith("zh");

  // Times -----------------------------------------------------------------------------------------------------------
  const shanghai = new Intl.DateTimeFormat("en-GB", {timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit"});
  const tick = () => document.querySelectorAll("[data-clock]").forEach((node) => { node.textContent = shanghai.format(new Date()); });

  const age = (then) => {
    const seconds = Math.max(0, (Date.now() - then) / 1000);
    const [count, word] = seconds < 60 ? [Math.floor(seconds), zh ? "秒" : " s"]
      : seconds < 3600 ? [Math.floor(seconds / 60), zh ? "分钟" : " min"]
      : seconds < 86400 ? [Math.floor(seconds / 3600), zh ? "小时" : " h"] : [Math.floor(seconds / 86400), zh ? "天" : " d"];
    return zh ? `${count} ${word}前` : `${count}${word} ago`;
  };
  const ages = (root = document) => root.querySelectorAll("[data-ago]").forEach((node) => {
    const then = Date.parse(node.getAttribute("datetime"));
    if (Number.isNaN(then)) return;
    if (!node.title) node.title = node.textContent.trim() || shanghai.format(new Date(then));
    node.textContent = age(then);
  });

  // Notices ---------------------------------------------------------------------------------------------------------
  const notice = (text) => {
    const box = document.getElementById("notices");
    const line = document.createElement("p");
    line.textContent = text;
    box.append(line);
    setTimeout(() => line.remove(), 8000);
  };
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const plain = (answer.getResponseHeader("content-type") || "").startsWith("text/plain");
    notice(plain && answer.responseText.length < 500 ? answer.responseText : document.body.dataset.failed);
  });
  document.addEventListener("htmx:sendError", () => notice(document.body.dataset.failed));

  // Keyboard --------------------------------------------------------------------------------------------------------
  const typing = (node) => node.matches("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = document.querySelector("[data-search]");
      if (field) { event.preventDefault(); field.focus(); field.select(); }
    }
    if ((event.key === "j" || event.key === "k") && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const links = [...document.querySelectorAll("[data-rows] tbody tr a[href]:first-of-type")].filter((link) => link.closest("td").matches(".cell-unit"));
      if (!links.length) return;
      const at = links.indexOf(document.activeElement);
      const next = event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0);
      links[next].focus();
    }
    // Deciding on a finding: a digit chooses, Ctrl+Enter sends.
    const deciding = document.querySelector("form[data-decide]");
    if (deciding && /^[1-9]$/.test(event.key) && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const choice = deciding.querySelectorAll("[name=decision]")[Number(event.key) - 1];
      if (choice) { event.preventDefault(); choice.checked = true; deciding.querySelector("[name=reason]").focus(); }
    }
    if (deciding && event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); deciding.requestSubmit(); }
    if (event.key === "Escape") document.querySelectorAll("details.judge[open]").forEach((open) => { open.open = false; open.querySelector("summary").focus(); });
  });

  // Entry form: one more row of hazards ------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-add-hazard]");
    if (more) {
      const rows = document.querySelector("[data-hazards]");
      const row = rows.querySelector("[data-hazard]").cloneNode(true);
      row.querySelectorAll("input").forEach((field) => { field.value = ""; });
      row.querySelectorAll("select").forEach((field) => { field.selectedIndex = 0; });
      rows.append(row);
      row.querySelector("select").focus();
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  // A form is sent once: the second click of a double click finds its button at rest --------------------------------------
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-once]")) event.target.querySelectorAll("button:not([type=button])").forEach((button) => { setTimeout(() => { button.disabled = true; }); });
  });
  // Back to a page that the browser kept: its form may be sent again.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-once] button").forEach((button) => { button.disabled = false; }));

  // Alarms: refresh unless someone is writing a verdict; call out what is new ------------------------------------------
  const seen = new Set();
  let sounding = false;
  let loud;
  const beep = () => {
    if (!sounding) return;
    loud = loud || new AudioContext();
    [0, 0.25].forEach((delay) => {
      const tone = loud.createOscillator();
      const volume = loud.createGain();
      tone.frequency.value = 880;
      volume.gain.setValueAtTime(0.12, loud.currentTime + delay);
      volume.gain.exponentialRampToValueAtTime(0.0001, loud.currentTime + delay + 0.2);
      tone.connect(volume).connect(loud.destination);
      tone.start(loud.currentTime + delay);
      tone.stop(loud.currentTime + delay + 0.22);
    });
  };
  const newest = (first) => {
    const list = document.querySelector("[data-alarm-list]");
    if (!list) return;
    const fresh = [];
    list.querySelectorAll("[data-alarm]").forEach((row) => {
      if (!seen.has(row.dataset.alarm)) {
        seen.add(row.dataset.alarm);
        if (!first && row.dataset.open === "yes") { row.classList.add("fresh"); fresh.push(row); }
      }
    });
    const alarms = fresh.filter((row) => row.dataset.sort === "alarm");
    if (alarms.length) {
      const call = document.getElementById("alarm-call");
      call.textContent = `${call.dataset.words}: ${alarms.map((row) => row.querySelector(".alarm-where b").textContent).join(", ")}`;
      beep();
    }
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.matches || !event.target.matches("[data-quiet-poll]")) return;
    if (document.querySelector("[data-alarm-list] details[open]")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sound]");
    if (!button) return;
    sounding = !sounding;
    button.setAttribute("aria-pressed", String(sounding));
    const words = button.querySelector("[data-on]");
    words.textContent = sounding ? words.dataset.on : words.dataset.off;
    beep();
  });

  // The next page of a list begins at its top, for the eye and for the keyboard: its button stood at the foot and is gone.
  const begin = (event) => {
    const asked = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (!asked || !asked.closest(".pager")) return;
    const list = event.detail.target;
    list.tabIndex = -1;
    list.focus({preventScroll: true});
    list.scrollIntoView({block: "start"});
  };

  document.addEventListener("htmx:afterSwap", (event) => { ages(); newest(false); begin(event); });
  document.addEventListener("DOMContentLoaded", () => { tick(); ages(); newest(true); setInterval(tick, 1000); setInterval(ages, 15000); });
})();
