"use strict";
// The editor: one more situation, a question before leaving with unsaved texts, and the test chat.
(() => {
  const form = document.getElementById("desk-form");
  const situations = document.getElementById("desk-situations");
  let changed = false;

  document.getElementById("desk-more").addEventListener("click", () => {
    const made = situations.lastElementChild.cloneNode(true);
    for (const field of made.querySelectorAll("input, textarea")) field.value = "";
    situations.append(made);
    made.querySelector("input").focus();
  });

  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

  const panel = document.getElementById("desk-try");
  const chat = document.getElementById("desk-chat");
  const say = document.getElementById("desk-say");
  const situation = document.getElementById("desk-situation");
  const refusal = document.getElementById("desk-refusal");
  const button = say.querySelector("button");
  let state = "";

  function refuse(text) {
    refusal.textContent = text;
    refusal.hidden = !text;
  }

  async function send(text) {
    const body = new FormData(form); // the texts as they stand, saved or not
    body.delete("deed");
    body.set("text", text);
    body.set("situation", situation.value);
    body.set("chat", state);
    refuse("");
    button.disabled = true;
    chat.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(panel.dataset.url, { method: "POST", body });
      const told = await answer.json();
      if (!answer.ok) return refuse(told.error);
      state = told.chat;
      situation.disabled = true;
      chat.insertAdjacentHTML("beforeend", told.html);
      chat.scrollTop = chat.scrollHeight;
      say.elements.text.value = "";
    } catch {
      refuse(panel.dataset.failed);
    } finally {
      button.disabled = false;
      chat.removeAttribute("aria-busy");
      say.elements.text.focus();
    }
  }

  say.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = say.elements.text.value.trim();
    if (text && !button.disabled) send(text);
  });
  say.elements.text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    say.requestSubmit();
  });
  chat.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-say]");
    if (choice && !button.disabled) send(choice.dataset.say);
  });
  document.getElementById("desk-reset").addEventListener("click", () => {
    state = "";
    chat.replaceChildren();
    situation.disabled = false;
    refuse("");
  });
})();
