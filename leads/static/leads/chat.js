"use strict";
// The visitor's side of the web chat: posts with an id of its own, polls, and survives a reload.
(() => {
  const chat = document.getElementById("chat");
  const [list, log, form, input, send, typing, notice, hint] =
    ["messages", "log", "form", "text", "send", "typing", "notice", "hint"].map((id) => document.getElementById(id));
  const url = chat.dataset.url;
  const authors = { assistant: chat.dataset.assistant, user: "Equipo", campaign: "Equipo", system: "Equipo" };
  const clock = new Intl.DateTimeFormat("es-CL", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const FAST = 1200, SLOW = 5000, CLOSED = 15000, IDLE_AFTER = 120000, TYPING_FOR = 30000;
  // Inside a site's page browsers give a frame no storage: the page around us keeps what is to be
  // kept, says whether we are seen, and is told how much is unread. It speaks first.
  const close = parent === window ? null : document.getElementById("close");
  let isSeen = !close, around = "", seen = 0;
  let visitor = close ? "" : recall();
  let after = 0, timer = 0, lastActive = Date.now(), typingUntil = 0;
  const shown = new Map();

  function recall() {
    try { return localStorage.getItem(chat.dataset.store) || ""; } catch { return ""; }
  }

  function keep() {
    if (close) return tell({ type: "keep", visitor, seen });
    try { localStorage.setItem(chat.dataset.store, visitor); } catch { /* private window: until it closes */ }
  }

  function tell(message) {
    if (around) parent.postMessage(message, around);
  }

  function remember(secret) {
    if (!secret || secret === visitor) return;
    visitor = secret;
    keep();
  }

  function say(text) {
    notice.textContent = text;
    notice.hidden = !text;
  }

  function bubble(message) {
    const item = document.createElement("li");
    item.className = "msg " + (message.author === "lead" ? "lead" : "ours");
    const text = document.createElement("span");
    text.textContent = message.text;
    const meta = document.createElement("span");
    meta.className = "meta";
    const who = message.author === "lead" ? "" : (authors[message.author] || "") + " · ";
    meta.textContent = who + clock.format(new Date(message.at));
    item.append(text, meta);
    if (message.choices?.length) item.append(buttons(message.choices));
    return item;
  }

  // Slots and the like: one press answers, and an answer of any kind takes the buttons away.
  function buttons(choices) {
    const row = document.createElement("span");
    row.className = "choices";
    for (const label of choices) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "choice";
      button.textContent = label;
      button.onclick = () => submit(label);
      row.append(button);
    }
    return row;
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
    list.append(item);
    hint.hidden = true;
    if (message.author !== "lead") typingUntil = 0;
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
        const answer = await fetch(`${url}?visitor=${encodeURIComponent(visitor)}&after=${after}`, { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.status);
        take(await answer.json());
        say("");
      } catch {
        say("Sin conexión. Seguimos intentando…");
      }
      typing.hidden = Date.now() > typingUntil;
    }
    timer = setTimeout(poll, !isSeen ? CLOSED : Date.now() - lastActive > IDLE_AFTER ? SLOW : FAST);
  }

  function take(data) {
    remember(data.visitor);
    for (const message of data.messages) {
      show(message);
      after = Math.max(after, message.id);
    }
    tellAround();
  }

  async function post(text, clientId) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text, visitor, client_id: clientId }),
    });
    if (answer.ok) return answer.json();
    const refusal = await answer.json().catch(() => null);
    throw new Error(refusal?.errors?.[0]?.detail || "No se pudo enviar.");
  }

  // Retries keep the client id, so a message that did arrive is not stored twice.
  async function deliver(text, clientId, item, tries = 3) {
    try {
      const data = await post(text, clientId);
      remember(data.visitor);
      const stored = data.messages[0];
      if (shown.has(stored.id)) item.remove(); else shown.set(stored.id, item);
      item.classList.remove("waiting", "failed");
      typingUntil = Date.now() + TYPING_FOR;
      toBottom();
    } catch (error) {
      if (error instanceof TypeError && tries > 1) {
        await new Promise((done) => setTimeout(done, 1500));
        return deliver(text, clientId, item, tries - 1);
      }
      failed(text, clientId, item, error);
    }
    return poll();
  }

  function failed(text, clientId, item, error) {
    item.classList.replace("waiting", "failed");
    say(error instanceof TypeError ? "No se pudo enviar. Toca el mensaje para reintentar." : error.message);
    item.onclick = () => { item.onclick = null; item.className = "msg lead waiting"; deliver(text, clientId, item); };
  }

  function submit(chosen = "") {
    const text = chosen || input.value.trim();
    if (!text) return;
    if (!chosen) input.value = "";
    grow();
    list.querySelectorAll(".choices").forEach((row) => row.remove());
    const item = bubble({ author: "lead", text, at: new Date().toISOString() });
    item.classList.add("waiting");
    list.append(item);
    hint.hidden = true;
    lastActive = Date.now();
    toBottom();
    const id = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now();
    deliver(text, id, item);
    input.focus();
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
    if (!close || event.source !== parent || !["open", "closed"].includes(event.data?.type)) return;
    const first = !around;
    around = event.origin;
    isSeen = event.data.type === "open";
    if (first) {
      visitor = String(event.data.visitor || "");
      seen = Number(event.data.seen) || 0;
    }
    tellAround();
    if (isSeen) { toBottom(); input.focus(); }
    poll();
  });
  window.addEventListener("offline", () => say("Sin conexión. Seguimos intentando…"));
  window.addEventListener("online", poll);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
  grow();
  if (!close) poll();
})();
