"use strict";
// The web chat on a brokerage's own site: a button, and the chat's page in a frame beside it.
(() => {
  const script = document.currentScript;
  if (!script || window.crmChat) return;
  window.crmChat = true;
  const home = new URL(".", script.src);
  const store = `crm-chat:${home.pathname}`;
  const color = script.dataset.color || "#0b5c7d";
  const words = { open: "Abrir el chat", close: "Cerrar el chat", unread: "sin leer", title: "Chat con la corredora" };
  let frame = null, isReady = false, isOpen = false, unread = 0;

  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; }
    button { position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000; width: 3.5rem; height: 3.5rem; border: 0; border-radius: 50%;
      background: ${CSS.supports("color", color) ? color : "#0b5c7d"}; color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    button:focus-visible { outline: 3px solid #6cb6d6; outline-offset: 2px; }
    svg { width: 1.75rem; height: 1.75rem; }
    b { position: absolute; top: -.25rem; right: -.25rem; min-width: 1.25rem; padding: 0 .3rem; box-sizing: border-box; border-radius: 1rem;
      background: #c81e1e; color: #fff; font: 700 .75rem/1.25rem system-ui, sans-serif; }
    [hidden] { display: none; }
    iframe { position: fixed; right: 1rem; bottom: 5.25rem; z-index: 2147483000; width: min(24rem, calc(100vw - 2rem)); height: min(38rem, calc(100dvh - 6.5rem));
      border: 0; border-radius: 12px; background: #fff; box-shadow: 0 8px 32px rgb(0 0 0 / 25%); }
    @media (max-width: 30rem) { iframe { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; } .open { display: none; } }
  `);
  shadow.adoptedStyleSheets = [style];
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5z"/></svg><b hidden></b>';
  const badge = button.querySelector("b");
  shadow.append(button);

  // The frame has no storage of its own on another's site: what it is to find again is kept here.
  function recall() {
    try { return JSON.parse(localStorage.getItem(store)) || null; } catch { return null; }
  }

  function keep(visitor, seen) {
    try { localStorage.setItem(store, JSON.stringify({ visitor, seen })); } catch { /* private window */ }
  }

  function tell() {
    if (isReady) frame.contentWindow.postMessage({ type: isOpen ? "open" : "closed", ...recall() }, home.origin);
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = words.title;
    frame.hidden = true;
    frame.src = new URL("?widget=1", home).href;
    frame.addEventListener("load", () => { isReady = true; tell(); });
    shadow.append(frame);
  }

  function show() {
    badge.hidden = isOpen || !unread;
    badge.textContent = unread > 9 ? "9+" : String(unread);
    button.className = isOpen ? "open" : "";
    button.setAttribute("aria-expanded", String(isOpen));
    button.setAttribute("aria-label", isOpen ? words.close : unread ? `${words.open}: ${unread} ${words.unread}` : words.open);
  }

  function toggle(to) {
    isOpen = to;
    load();
    frame.hidden = !isOpen;
    if (isOpen) { unread = 0; frame.focus(); } else button.focus();
    tell();
    show();
  }

  button.addEventListener("click", () => toggle(!isOpen));
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== home.origin) return;
    if (event.data?.type === "close") toggle(false);
    if (event.data?.type === "keep") keep(String(event.data.visitor), Number(event.data.seen));
    if (event.data?.type === "unread" && !isOpen) { unread = Number(event.data.count) || 0; show(); }
  });
  const start = () => { document.body.append(host); show(); if (recall()) load(); };
  if (document.body) start(); else document.addEventListener("DOMContentLoaded", start);
})();
