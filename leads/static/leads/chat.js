"use strict";
// The visitor's side of the web chat: posts with an id of its own, polls, and survives a reload.
(() => {
  const chat = document.getElementById("chat");
  const [list, log, form, input, send, typing, notice, hint, person] =
    ["messages", "log", "form", "text", "send", "typing", "notice", "hint", "person"].map((id) => document.getElementById(id));
  const url = chat.dataset.url;
  const isAway = () => say(unsent.some((entry) => !entry.refused) ? HELD : AWAY);
  const authors = { assistant: chat.dataset.assistant, user: "Equipo", campaign: "Equipo", system: "Equipo" };
  const clock = new Intl.DateTimeFormat("es-CL", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const FAST = 1200, SLOW = 5000, CLOSED = 15000, IDLE_AFTER = 120000, TYPING_FOR = 30000, PATIENCE = 15000, KEPT_FOR = 86400000;
  const AWAY = "Sin conexión. Seguimos intentando…", HELD = "Sin conexión. Tus mensajes se enviarán solos cuando vuelva.";
  // Inside a site's page browsers give a frame no storage: the page around us keeps what is to be
  // kept, says whether we are seen, and is told how much is unread. It speaks first.
  const close = parent === window ? null : document.getElementById("close");
  let isSeen = !close, around = "", seen = 0;
  let visitor = "", unsent = [], isSending = false;
  let after = 0, timer = 0, lastActive = Date.now(), typingUntil = 0;
  const shown = new Map();

  function recall(name = chat.dataset.store) {
    try { return localStorage.getItem(name) || ""; } catch { return ""; }
  }

  function keep() {
    const waiting = unsent.map(({ text, id, at, choice }) => ({ text, id, at, choice }));
    if (close) return tell({ type: "keep", visitor, seen, unsent: waiting });
    try {
      localStorage.setItem(chat.dataset.store, visitor);
      localStorage.setItem(`${chat.dataset.store}:unsent`, JSON.stringify(waiting));
    } catch { /* private window: until it closes */ }
  }

  function tell(message) {
    if (around) parent.postMessage(message, around);
  }

  function remember(secret) {
    if (!secret || secret === visitor) return;
    visitor = secret;
    keep();
  }

  // Another tab of the same visitor was first: who has said nothing yet joins it.
  function join(secret) {
    if (secret && secret !== visitor && !shown.size && !unsent.length) visitor = secret;
  }

  function bringBack(kept) {
    for (const { text, id, at, choice } of Array.isArray(kept) ? kept : []) {
      if (Date.now() - new Date(at) < KEPT_FOR && !unsent.some((entry) => entry.id === id)) line(String(text), String(id), at, String(choice || ""));
    }
  }

  function say(text) {
    if (notice.textContent !== text) notice.textContent = text;
    notice.hidden = !text;
  }

  function bubble(message) {
    const item = document.createElement("li");
    item.className = "msg " + (message.author === "lead" ? "lead" : "ours");
    const text = document.createElement("span");
    text.dir = "auto";
    text.className = "text";
    text.textContent = message.text;
    const meta = document.createElement("span");
    meta.className = "meta";
    const who = message.author === "lead" ? "" : (authors[message.author] || "") + " · ";
    meta.textContent = who + clock.format(new Date(message.at));
    item.append(text, meta);
    if (message.choices?.length) item.append(buttons(message));
    return item;
  }

  // Slots and the like: one press answers, and an answer of any kind takes the buttons away.
  function buttons({ id, choices }) {
    const row = document.createElement("span");
    row.className = "choices";
    choices.forEach((label, number) => row.append(pressed("choice", label, () => submit(label, `${id}:${number}`))));
    return row;
  }

  function pressed(kind, label, onclick) {
    return Object.assign(document.createElement("button"), { type: "button", className: kind, textContent: label, onclick });
  }

  function unread() {
    return [...shown.keys()].filter((id) => id > seen && !shown.get(id).classList.contains("lead")).length;
  }

  function tellAround() {
    if (!close) return;
    if (!isSeen) return tell({ type: "unread", count: unread() });
    if (after > seen) { seen = after; keep(); }
  }

  function show(message) {
    if (shown.has(message.id)) return;
    if (message.author === "lead") list.querySelectorAll(".choices").forEach((row) => row.remove());
    const item = bubble(message);
    shown.set(message.id, item);
    list.insertBefore(item, list.querySelector(".waiting, .failed"));
    hint.hidden = true;
    if (message.author !== "lead") typingUntil = 0;
    if (message.author !== "lead") person.hidden = true;
    lastActive = Date.now();
    toBottom();
  }

  function toBottom() {
    typing.hidden = Date.now() > typingUntil;
    log.scrollTop = log.scrollHeight;
  }

  async function poll() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        const answer = await fetch(`${url}?visitor=${encodeURIComponent(visitor)}&after=${after}`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
        if (!answer.ok) throw new Error(answer.status);
        take(await answer.json());
        say("");
        flush();
      } catch {
        isAway();
      }
      typing.hidden = Date.now() > typingUntil;
    }
    clearTimeout(timer);
    const isIdle = Date.now() - lastActive > IDLE_AFTER;
    timer = setTimeout(poll, Date.now() < typingUntil ? FAST : !isSeen ? CLOSED : isIdle ? SLOW : FAST);
  }

  function take(data) {
    remember(data.visitor);
    for (const message of data.messages) {
      show(message);
      after = Math.max(after, message.id);
    }
    tellAround();
  }

  // What was not sent waits in line, in its order and under its id, so that what did arrive is not
  // stored twice: lost connections are tried again, a refusal is shown and tried when asked.
  async function flush() {
    if (isSending) return;
    isSending = true;
    try {
      for (let next; (next = unsent.find((entry) => !entry.refused)); ) await deliver(next);
    } catch {
      say(HELD);
    } finally {
      isSending = false;
    }
  }

  async function deliver(entry) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: entry.text, visitor, client_id: entry.id, choice: entry.choice }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status >= 500) throw new Error(answer.status);
    const data = await answer.json();
    if (!answer.ok) return refuse(entry, data.errors?.[0]?.detail || "No se pudo enviar.");
    unsent = unsent.filter((other) => other !== entry);
    remember(data.visitor);
    keep();
    arrived(entry.item, data);
  }

  function arrived(item, data) {
    const stored = data.messages[0];
    if (shown.has(stored.id)) item.remove(); else shown.set(stored.id, item);
    item.classList.remove("waiting");
    typingUntil = data.holder === "assistant" ? Date.now() + TYPING_FOR : 0;
    person.hidden = data.holder === "assistant";
    toBottom();
  }

  function refuse(entry, reason) {
    for (const each of unsent) each.refused = true;
    entry.item.classList.replace("waiting", "failed");
    const why = document.createElement("span");
    why.className = "meta why";
    why.textContent = reason;
    entry.item.querySelectorAll(".why, .retry").forEach((part) => part.remove());
    entry.item.append(why, pressed("retry", "Reintentar", retry));
    toBottom();
  }

  function retry() {
    for (const entry of unsent) {
      entry.refused = false;
      entry.item.classList.replace("failed", "waiting");
      entry.item.querySelectorAll(".why, .retry").forEach((part) => part.remove());
    }
    input.focus();
    flush();
  }

  function line(text, id, at, choice) {
    const item = bubble({ author: "lead", text, at });
    item.classList.add("waiting");
    list.append(item);
    unsent.push({ text, id, at, choice, item, refused: unsent.some((entry) => entry.refused) });
    hint.hidden = true;
  }

  function submit(chosen = "", choice = "") {
    const text = chosen || input.value.trim();
    if (!text) return;
    if (!chosen) input.value = "";
    grow();
    list.querySelectorAll(".choices").forEach((row) => row.remove());
    line(text, [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-"), new Date().toISOString(), choice);
    keep();
    lastActive = Date.now();
    toBottom();
    input.focus();
    if (unsent.at(-1).refused) retry(); else flush().then(() => { if (!unsent.length) poll(); });
  }

  function grow() {
    input.style.height = "auto";
    input.style.height = Math.min(input.scrollHeight, 128) + "px";
    send.disabled = !input.value.trim();
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  input.addEventListener("input", grow);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  });
  close?.addEventListener("click", () => tell({ type: "close" }));
  document.addEventListener("keydown", (event) => {
    if (close && event.key === "Escape") tell({ type: "close" });
  });
  window.addEventListener("message", (event) => {
    if (!close || event.source !== parent || !["open", "closed", "kept"].includes(event.data?.type)) return;
    const first = !around, { type } = event.data;
    around = event.origin;
    if (type !== "kept") isSeen = type === "open";
    seen = Math.max(seen, Number(event.data.seen) || 0);
    if (first) {
      visitor = String(event.data.visitor || "");
      bringBack(event.data.unsent);
      tell({ type: "ready" });
    } else join(String(event.data.visitor || ""));
    tellAround();
    if (type === "open") { toBottom(); input.focus(); }
    poll();
  });
  window.addEventListener("storage", (event) => {
    if (close || event.key !== chat.dataset.store) return;
    join(recall());
    poll();
  });
  window.addEventListener("offline", isAway);
  window.addEventListener("online", poll);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  grow();
  if (!close) {
    visitor = recall();
    try { bringBack(JSON.parse(recall(`${chat.dataset.store}:unsent`) || "[]")); } catch { /* not ours */ }
    poll();
  }
})();
