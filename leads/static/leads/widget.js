"use strict";
// The web chat on a brokerage's own site: a button, and the chat's page in a frame beside it.
(() => {
  const script = document.currentScript;
  if (!script || window.crmChat) return;
  window.crmChat = true;
  const home = new URL(".", script.src);
  const store = `crm-chat:${home.pathname}`;
  const color = script.dataset.color || "#0b5c7d";
  const words = {
    open: "Abrir el chat", close: "Cerrar el chat", unread: "sin leer", title: "Chat con la corredora",
    lost: "No pudimos abrir el chat en esta página.", retry: "Reintentar", away: "Abrirlo en otra pestaña",
  };
  const PATIENCE = 30000, ANSWERS_WITHIN = 2500;
  let frame = null, isReady = false, isOpen = false, unread = 0, timer = 0, memory = null;

  // Pixels, for a page may set another size of letters; !important, for it may style every element.
  const host = document.createElement("crm-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial !important; }
    [hidden] { display: none !important; }
    .launch { position: fixed; right: 16px; bottom: 16px; z-index: 2147483000; width: 56px; height: 56px; padding: 0; border: 0; border-radius: 50%;
      background: ${CSS.supports("color", color) ? color : "#0b5c7d"}; color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    button:focus-visible, a:focus-visible { outline: 3px solid #6cb6d6; outline-offset: 2px; }
    svg { width: 28px; height: 28px; vertical-align: middle; }
    b { position: absolute; top: -4px; right: -4px; min-width: 20px; padding: 0 5px; box-sizing: border-box; border-radius: 16px;
      background: #c81e1e; color: #fff; font: 700 12px/20px system-ui, sans-serif; }
    .said { position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .panel { position: fixed; right: 16px; bottom: 84px; z-index: 2147483000; width: min(384px, calc(100vw - 32px)); height: min(608px, calc(100dvh - 104px));
      overflow: hidden; border-radius: 12px; background: #fff; box-shadow: 0 8px 32px rgb(0 0 0 / 25%); }
    iframe { width: 100%; height: 100%; border: 0; }
    .lost { padding: 24px; font: 16px/1.5 system-ui, sans-serif; color: #14252e; }
    .lost :is(a, button) { display: block; margin-top: 12px; padding: 0; border: 0; background: none; font: inherit; color: #0b5c7d; text-decoration: underline; cursor: pointer; }
    @media (max-width: 480px) { .panel { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; } .open.launch:not(.is-lost) { display: none; }
      .open.launch { z-index: 2147483001; } }
    @media print { .launch, .panel { display: none; } }
  `);
  shadow.adoptedStyleSheets = [style];

  function made(name, fields = {}, ...inside) {
    const element = Object.assign(document.createElement(name), fields);
    element.append(...inside);
    return element;
  }

  function icon() {
    const [svg, path] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
    for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2", "aria-hidden": "true" })) svg.setAttribute(name, value);
    path.setAttribute("d", "M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5z");
    svg.append(path);
    return svg;
  }

  const badge = made("b", { hidden: true });
  const button = made("button", { type: "button", className: "launch" }, icon(), badge);
  const said = made("span", { className: "said" });
  const again = made("button", { type: "button", textContent: words.retry });
  const away = made("a", { href: home.href, target: "_blank", rel: "noopener", textContent: words.away });
  const lost = made("div", { className: "lost", hidden: true }, words.lost, again, away);
  const panel = made("div", { className: "panel", hidden: true }, lost);
  said.setAttribute("role", "status");
  lost.setAttribute("role", "alert");
  shadow.append(panel, button, said);

  // The frame has no storage of its own on another's site: what it is to find again is kept here.
  function recall() {
    try { return JSON.parse(localStorage.getItem(store)) || memory; } catch { return memory; }
  }

  function keep(kept) {
    memory = kept;
    try { localStorage.setItem(store, JSON.stringify(kept)); } catch { /* private window */ }
  }

  function tell(type) {
    if (frame?.loaded) frame.contentWindow.postMessage({ type, ...recall() }, home.origin);
  }

  // A page that may not show the chat, or a lost connection, leaves the frame without an answer.
  function load() {
    if (frame) return;
    isReady = false;
    frame = made("iframe", { title: words.title, src: new URL("?widget=1", home).href });
    frame.addEventListener("load", () => { frame.loaded = true; tell(isOpen ? "open" : "closed"); wait(ANSWERS_WITHIN); });
    panel.append(frame);
    wait(PATIENCE);
  }

  function wait(patience) {
    clearTimeout(timer);
    timer = setTimeout(giveUp, patience);
  }

  function giveUp() {
    if (isReady || !frame) return;
    frame.remove();
    frame = null;
    if (isOpen) show();
  }

  function show() {
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 9 ? "9+" : String(unread);
    panel.hidden = !isOpen;
    lost.hidden = Boolean(frame);
    button.className = `launch${isOpen ? " open" : ""}${frame ? "" : " is-lost"}`;
    button.setAttribute("aria-expanded", String(isOpen));
    const label = isOpen ? words.close : unread ? `${words.open}: ${unread} ${words.unread}` : words.open;
    button.setAttribute("aria-label", label);
  }

  function toggle(to) {
    isOpen = to;
    if (isOpen) load();
    if (isOpen) unread = 0;
    show();
    if (isOpen) frame.focus(); else button.focus();
    tell(isOpen ? "open" : "closed");
  }

  button.addEventListener("click", () => toggle(!isOpen));
  again.addEventListener("click", () => toggle(true));
  shadow.addEventListener("keydown", (event) => { if (isOpen && event.key === "Escape") toggle(false); });
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home.origin) return;
    const { type, visitor, seen, unsent, count } = event.data || {};
    if (type === "ready") isReady = true;
    if (type === "close") toggle(false);
    if (type === "keep") keep({ visitor: String(visitor), seen: Number(seen), unsent: Array.isArray(unsent) ? unsent : [] });
    if (type === "unread" && !isOpen && unread !== Number(count)) {
      unread = Number(count) || 0;
      said.textContent = unread ? `${words.title}: ${unread} ${words.unread}` : "";
      show();
    }
  });
  window.addEventListener("storage", (event) => { if (event.key === store) tell("kept"); });
  window.addEventListener("online", () => { if (recall() || isOpen) { load(); show(); } });
  const start = () => { document.body.append(host); if (recall()) load(); show(); };
  if (document.body) start(); else document.addEventListener("DOMContentLoaded", start);
})();
