"use strict";
// The inbox keeps itself fresh: it asks what changed, renews only that, and loses no draft, focus or place.
(() => {
  const root = document.getElementById("inbox");
  if (!root) return;
  const byId = (id) => document.getElementById(id);
  const [notice, refusal, said, latest] = ["notice", "refusal", "said", "latest"].map((id) => byId(`inbox-${id}`));
  const filters = root.querySelector(".inbox-filters");
  const token = root.querySelector(":scope > [name=csrfmiddlewaretoken]").value;
  const FAST = 3000, SLOW = 20000, PATIENCE = 15000, PATIENCE_FOR_FILES = 180000;
  const WIDE = matchMedia("(min-width: 48rem)");
  let mark = root.dataset.mark, timer = 0, asking = 0, stoodAt = -1, readUpTo = {};
  const state = new URLSearchParams(location.search);

  const opened = () => state.get("abierta") || "";
  const of = (conversation, name) => root.dataset.changes.replace("bandeja/cambios/", `${conversation}/${name}/`);
  const form = () => root.querySelector("[data-reply]");
  const reading = () => root.querySelector(".crm-bubbles");

  function address(extra = {}) {
    return "?" + new URLSearchParams({ ...Object.fromEntries(state), ...extra });
  }

  function tell(place, text) {
    if (place.textContent !== text) place.textContent = text;
    place.hidden = !text;
  }

  // Drafts: kept by person and conversation with the key they will be sent under, so that two
  // windows with the same draft send one message. Browsers without storage keep them in the page.
  const drafts = {
    name: (conversation) => `inbox-draft:${root.dataset.user}:${conversation}`,
    get(conversation) {
      try { return JSON.parse(localStorage.getItem(this.name(conversation))); } catch { return null; }
    },
    put(conversation, draft) {
      try {
        if (draft) localStorage.setItem(this.name(conversation), JSON.stringify({ ...draft, at: Date.now() }));
        else localStorage.removeItem(this.name(conversation));
      } catch { /* no storage */ }
    },
    sweep(oldest = Date.now() - 14 * 86400000) {
      try {
        for (const name of Object.keys(localStorage)) {
          if (name.startsWith("inbox-draft:") && !(JSON.parse(localStorage.getItem(name)).at > oldest)) localStorage.removeItem(name);
        }
      } catch { /* no storage */ }
    },
  };

  function freshKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function saveDraft() {
    const { text, key } = form()?.elements || {};
    if (text) drafts.put(form().dataset.conversation, text.value.trim() ? { text: text.value, key: key.value } : null);
  }

  function bringDraft() {
    const { text, key } = form()?.elements || {};
    const kept = text && drafts.get(form().dataset.conversation);
    if (kept) [text.value, key.value] = [kept.text, kept.key];
  }

  function emptied(box) {
    if (box.elements.text) drafts.put(box.dataset.conversation, null);
    box.reset();
    box.elements.key.value = freshKey();
  }

  // How to find the focused element again after the part it stands in was renewed.
  function focusIn(place) {
    const focused = document.activeElement;
    if (!place.contains(focused)) return "";
    const item = focused.closest("[data-key]");
    const inside = item ? `[data-key="${CSS.escape(item.dataset.key)}"] ` : "";
    if (focused === item) return inside.trim();
    return inside + (focused.id ? `#${CSS.escape(focused.id)}` : focused.name ? `[name="${CSS.escape(focused.name)}"]` : focused.matches(".crm-bubbles") ? ".crm-bubbles" : focused.localName);
  }

  const plain = (html) => html.replace(/(csrfmiddlewaretoken" value=")[^"]*/g, "$1");

  function renew(place, html) {
    if (place.renewed === plain(html)) return;
    place.renewed = plain(html);
    const focus = focusIn(place);
    const made = document.createElement("template");
    made.innerHTML = html;
    const [now, then] = [place, made.content].map((part) => part.querySelector("[data-patched]"));
    if (now && then && now.dataset.conversation === then.dataset.conversation) {
      Object.assign(now.dataset, then.dataset);
      patch(...[now, then].map((part) => part.querySelector("ol, ul")));
      for (const part of then.querySelectorAll("[data-around]")) {
        const known = now.querySelector(`[data-around="${part.dataset.around}"]`);
        if (known.innerHTML !== part.innerHTML) known.replaceWith(part);
      }
    } else place.replaceChildren(made.content);
    if (focus && !place.contains(document.activeElement)) place.querySelector(focus)?.focus({ preventScroll: true });
  }

  // Items that did not change stay the same elements; older ones that were fetched stay below.
  function patch(list, fresh) {
    const items = [...fresh.children], old = new Map([...list.children].map((item) => [item.dataset.key, item]));
    const lastMessage = items.findLast((item) => item.dataset.key?.startsWith("m"));
    const joint = lastMessage && [...list.children].findIndex((item) => item.dataset.key === lastMessage.dataset.key);
    const below = lastMessage && joint > -1 ? [...list.children].slice(joint + 1) : [];
    const tail = below.some((item) => item.dataset.key.startsWith("m")) ? below : null;
    const wanted = (tail ? items.slice(0, items.indexOf(lastMessage) + 1) : items).map((item) => {
      const known = old.get(item.dataset.key);
      return known && plain(known.outerHTML) === plain(item.outerHTML) ? known : item;
    }).concat(tail || []);
    for (const item of [...list.children]) if (!wanted.includes(item)) item.remove();
    let place = list.firstElementChild;
    for (const item of wanted) {
      if (item === place) place = place.nextElementSibling;
      else list.insertBefore(item, place);
    }
  }

  function put(parts) {
    if (parts.title) document.title = parts.title;
    const before = { newest: newest(), open: root.querySelector("#inbox-messages [data-conversation]")?.dataset.conversation, holder: holder() };
    const place = standing();
    for (const [id, html] of Object.entries(parts)) {
      const part = byId(id);
      if (part) renew(part, html);
    }
    root.classList.toggle("inbox-opened", Boolean(opened()));
    if ("inbox-reply" in parts) bringDraft();
    if (before.open === opened()) announce(before);
    stay(place);
  }

  function newest() {
    return Number(reading()?.firstElementChild?.dataset.key?.slice(1)) || 0;
  }

  const holder = () => root.querySelector(".inbox-who p")?.textContent || "";

  // Screen readers hear what the lead wrote and who took the conversation, and nothing else.
  function announce(before) {
    const told = [...root.querySelectorAll(".crm-bubble.crm-in")].filter((item) => Number(item.dataset.key.slice(1)) > before.newest);
    const words = told.reverse().map((item) => `${item.querySelector("bdi").textContent}: ${item.querySelector(".crm-text").textContent}`);
    if (holder() !== before.holder) words.push(holder());
    if (words.length) said.textContent = words.join(". ").slice(0, 500);
    if (told.length && reading().scrollTop < -80) latest.hidden = false;
  }

  // Who reads further up stays at the same message, whatever comes below.
  function standing() {
    const list = reading();
    if (!list || list.scrollTop > -20) return null;
    const top = list.getBoundingClientRect().top;
    const item = [...list.children].findLast((each) => each.getBoundingClientRect().bottom > top);
    return item && { key: item.dataset.key, top: item.getBoundingClientRect().top };
  }

  function stay(place) {
    const item = place && reading()?.querySelector(`[data-key="${CSS.escape(place.key)}"]`);
    if (item) reading().scrollTop += item.getBoundingClientRect().top - place.top;
  }

  // Only the latest question counts: an older answer must not bring back another thread.
  async function refresh(fresh = false) {
    clearTimeout(timer);
    const mine = ++asking;
    const box = form()?.dataset.conversation === opened() ? form()?.dataset.reply : "";
    const known = fresh ? { visto: "" } : { visto: mark, caja: box || "" };
    try {
      const answer = await fetch(root.dataset.changes + address(known), { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
      if (mine !== asking) return;
      if (answer.type === "opaqueredirect" || answer.status === 403) return location.reload();
      if (answer.status === 404 && opened()) {
        await show("");
        return tell(notice, root.dataset.gone);
      }
      if (!answer.ok) throw new Error(answer.status);
      if (answer.status === 200) {
        const data = await answer.json();
        mark = data.mark;
        put(data.parts);
      }
      if (notice.textContent === root.dataset.offline) tell(notice, "");
      await read();
    } catch {
      if (mine === asking) tell(notice, root.dataset.offline);
    }
    if (mine === asking) timer = setTimeout(refresh, document.hidden ? SLOW : FAST);
  }

  // A session that ended answers with a way to the sign-in: nothing was stored.
  async function post(url, body, patience = PATIENCE) {
    const answer = await fetch(url, {
      method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(patience),
      headers: { "X-CSRFToken": token, Accept: "application/json" },
    });
    if (answer.type === "opaqueredirect" || answer.status === 403) location.reload();
    return answer;
  }

  async function read() {
    const list = root.querySelector("#inbox-messages [data-conversation]");
    if (!opened() || !list || !form() || document.hidden) return;
    const { conversation, last } = list.dataset;
    const seen = `${last} ${holder()}`;  // who takes it reads what another's look left unread
    if (readUpTo[conversation] === seen) return;
    const body = new FormData();
    body.append("hasta", last);
    if ((await post(of(conversation, "leido"), body)).ok) readUpTo[conversation] = seen;
  }

  async function show(id, focus = focusThread) {
    const from = opened();
    if (id === from) return focus(id);
    if (id) state.set("abierta", id); else state.delete("abierta");
    history.pushState(null, "", address());
    tell(refusal, "");
    tell(notice, "");
    latest.hidden = true;
    root.setAttribute("aria-busy", "true");
    await refresh(true);
    root.removeAttribute("aria-busy");
    if (opened() !== id) return;
    if (id) focus(id); else focusRow(from);
  }

  function focusRow(id) {
    root.querySelector(`[data-open="${CSS.escape(id)}"]`)?.focus();
  }

  function focusThread() {
    if (WIDE.matches) focusReply(); else root.querySelector(".inbox-back")?.focus();
  }

  function focusReply() {
    form()?.querySelector("textarea, input:not([type=hidden])")?.focus();
  }

  async function submit(sent) {
    const button = sent.querySelector("button:not([type=button])");
    if (button.disabled) return;
    button.disabled = true;
    const isReply = sent.matches("[data-reply]"), hasFile = [...sent.querySelectorAll("[type=file]")].some((field) => field.files.length);
    try {
      const answer = await post(sent.action, new FormData(sent), hasFile ? PATIENCE_FOR_FILES : PATIENCE);
      if (answer.ok) {
        tell(refusal, "");
        if (isReply) emptied(sent);
        if (isReply && reading()) reading().scrollTop = 0;
        return await refresh();
      }
      const told = await answer.json().catch(() => ({}));
      if (told.code === "idempotency_key_reused") {
        sent.elements.key.value = freshKey();
        saveDraft();
        refresh();
      }
      tell(refusal, told.error || root.dataset.unsent);
    } catch {
      tell(refusal, root.dataset.unsent);
    } finally {
      button.disabled = false;
      if (isReply) focusReply();
    }
  }

  async function older(button) {
    button.disabled = true;
    const list = reading(), id = opened();
    try {
      const answer = await fetch(`${of(id, "anteriores")}?antes=${button.dataset.older}`, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      if (id !== opened() || list !== reading()) return;
      const place = standing();
      button.closest("li").outerHTML = html;
      stay(place);
      list.focus({ preventScroll: true });
    } catch {
      button.disabled = false;
      tell(notice, root.dataset.offline);
    }
  }

  function step(by) {
    const rows = [...root.querySelectorAll("[data-open]")];
    const here = rows.findIndex((row) => row.dataset.open === opened());
    // What was read sinks below the unread: the next one stands now where it stood.
    const to = stoodAt > -1 && here !== stoodAt ? stoodAt + Math.min(by, 0) : here + by;
    stoodAt = Math.min(Math.max(to, 0), rows.length - 1);
    const next = rows[stoodAt];
    if (next) { next.scrollIntoView({ block: "nearest" }); show(next.dataset.open, focusRow); }
  }

  root.addEventListener("click", (event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey);
    const hit = (name) => event.target.closest(`[data-${name}]`);
    if (hit("open") && isPlain) {
      event.preventDefault();
      stoodAt = [...root.querySelectorAll("[data-open]")].indexOf(hit("open"));
      show(hit("open").dataset.open);
    }
    if (hit("close")) { event.preventDefault(); show(""); }
    if (hit("keys")) byId("inbox-keys").showModal();
    if (hit("older")) older(hit("older"));
    if (event.target.closest("#inbox-latest")) { reading().scrollTop = 0; latest.hidden = true; }
    if (hit("more")) {
      state.set("paginas", Number(state.get("paginas") || 1) + 1);
      history.replaceState(null, "", address());
      refresh();
    }
  });
  root.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-quiet]")) return;
    event.preventDefault();
    submit(event.target);
  });
  root.addEventListener("input", (event) => { if (event.target.closest("[data-reply]")) saveDraft(); });
  root.addEventListener("scroll", (event) => {
    if (event.target === reading() && event.target.scrollTop > -20) latest.hidden = true;
  }, true);
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
    if (writing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const act = {
      j: () => step(1), k: () => step(-1), r: focusReply, "?": () => byId("inbox-keys").showModal(),
      m: () => opened() && byId("inbox-hold")?.requestSubmit(), "/": () => filters.elements.q.focus(),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  window.addEventListener("online", () => refresh());
  window.addEventListener("offline", () => tell(notice, root.dataset.offline));
  window.addEventListener("storage", (event) => {
    const box = form();
    if (!box?.elements.text || event.key !== drafts.name(box.dataset.conversation) || document.hasFocus()) return;
    if (event.newValue) bringDraft();
    else emptied(box);
  });
  window.addEventListener("popstate", () => {
    const now = new URLSearchParams(location.search);
    for (const key of [...state.keys()]) state.delete(key);
    for (const [key, value] of now) state.set(key, value);
    for (const field of filters.querySelectorAll("input, select")) field.value = state.get(field.name) || "";
    refresh(true);
  });
  drafts.sweep();
  bringDraft();
  timer = setTimeout(refresh, FAST);
  read().catch(() => {});
})();
