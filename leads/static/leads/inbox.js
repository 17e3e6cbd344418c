"use strict";
// The inbox keeps itself fresh: it asks what changed, puts the parts in place, and never touches a draft.
(() => {
  const root = document.getElementById("inbox");
  if (!root) return;
  const byId = (id) => document.getElementById(id);
  const [notice, refusal] = [byId("inbox-notice"), byId("inbox-refusal")];
  const filters = root.querySelector(".inbox-filters");
  const token = root.querySelector("[name=csrfmiddlewaretoken]").value;
  const FAST = 3000, SLOW = 20000;
  let mark = root.dataset.mark, timer = 0, asking = 0, readUpTo = {};
  const state = new URLSearchParams(location.search);

  const opened = () => state.get("abierta") || "";

  function address(extra = {}) {
    return "?" + new URLSearchParams({ ...Object.fromEntries(state), ...extra });
  }

  function tell(place, text) {
    place.textContent = text;
    place.hidden = !text;
  }

  function put(parts) {
    if (parts.title) document.title = parts.title;
    for (const [id, html] of Object.entries(parts)) {
      const place = byId(id);
      if (place) place.innerHTML = html;
    }
    root.classList.toggle("inbox-opened", Boolean(opened()));
  }

  // Only the latest question counts: an older answer must not bring back another thread.
  async function refresh(fresh = false) {
    clearTimeout(timer);
    const mine = ++asking;
    try {
      const answer = await fetch(root.dataset.changes + address({ visto: fresh ? "" : mark }), { cache: "no-store" });
      if (mine !== asking) return;
      if (answer.redirected || answer.status === 403) return location.reload();
      if (answer.status === 404) return show("");
      if (!answer.ok) throw new Error(answer.status);
      if (answer.status === 200) {
        const data = await answer.json();
        mark = data.mark;
        put(data.parts);
      }
      tell(notice, "");
      await read();
    } catch {
      if (mine === asking) tell(notice, root.dataset.offline);
    }
    if (mine === asking) timer = setTimeout(refresh, document.hidden ? SLOW : FAST);
  }

  function post(url, body) {
    return fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } });
  }

  async function read() {
    const list = root.querySelector("[data-conversation]");
    if (!opened() || !list || document.hidden) return;
    const { conversation, last } = list.dataset;
    if (readUpTo[conversation] === last) return;
    readUpTo[conversation] = last;
    const url = root.dataset.changes.replace("bandeja/cambios/", `${conversation}/leido/`);
    const body = new FormData();
    body.append("hasta", last);
    await post(url, body);
  }

  function show(id) {
    if (id) state.set("abierta", id); else state.delete("abierta");
    history.pushState(null, "", address());
    tell(refusal, "");
    return refresh(true).then(() => { if (id && matchMedia("(min-width: 48rem)").matches) focusReply(); });
  }

  function focusReply() {
    root.querySelector("[data-reply] textarea")?.focus();
  }

  async function submit(form) {
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await post(form.action, new FormData(form));
      if (answer.ok) {
        tell(refusal, "");
        return await refresh(form.matches("[data-reply]"));
      }
      const said = await answer.json().catch(() => ({}));
      tell(refusal, said.error || root.dataset.offline);
    } catch {
      tell(refusal, root.dataset.offline);
    } finally {
      button.disabled = false;
      if (form.matches("[data-reply]")) focusReply();
    }
  }

  function step(by) {
    const rows = [...root.querySelectorAll("[data-open]")];
    const here = rows.findIndex((row) => row.dataset.open === opened());
    const next = rows[Math.min(Math.max(here + by, 0), rows.length - 1)];
    if (next) { next.scrollIntoView({ block: "nearest" }); show(next.dataset.open); }
  }

  root.addEventListener("click", (event) => {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    const row = event.target.closest("[data-open]");
    if (row && plain) { event.preventDefault(); show(row.dataset.open); }
    if (event.target.closest("[data-close]")) { event.preventDefault(); show(""); }
    if (event.target.closest("[data-more]")) {
      state.set("paginas", Number(state.get("paginas") || 1) + 1);
      refresh();
    }
  });
  root.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-quiet]")) return;
    event.preventDefault();
    submit(event.target);
  });
  filters.addEventListener("change", () => {
    for (const [name, value] of new FormData(filters)) if (value) state.set(name, value); else state.delete(name);
    state.delete("paginas");
    history.replaceState(null, "", address());
    refresh();
  });
  filters.addEventListener("submit", (event) => { event.preventDefault(); filters.dispatchEvent(new Event("change")); });
  document.addEventListener("keydown", (event) => {
    const writing = event.target.matches("input, textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("[data-reply]")) {
      event.preventDefault();
      return event.target.form.requestSubmit();
    }
    if (event.key === "Escape" && writing) return event.target.blur();
    if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      j: () => step(1), k: () => step(-1), r: focusReply,
      m: () => byId("inbox-hold")?.requestSubmit(), "/": () => filters.elements.q.focus(),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  window.addEventListener("popstate", () => {
    const now = new URLSearchParams(location.search);
    for (const key of [...state.keys()]) state.delete(key);
    for (const [key, value] of now) state.set(key, value);
    refresh(true);
  });
  timer = setTimeout(refresh, FAST);
  read();
})();
