"use strict";
// The template picker: asks for what the chosen template misses, and shows the text as it is filled.
(() => {
  function fill(pick) {
    for (const mark of pick.querySelectorAll("mark")) {
      const field = pick.querySelector(`input[data-value="${CSS.escape(mark.dataset.value)}"]`);
      mark.textContent = field.value.trim().replace(/\s+/g, " ") || `[${mark.dataset.value}]`;
      mark.classList.toggle("crm-filled", Boolean(field.value.trim()));
    }
  }

  function choose(picker) {
    for (const pick of picker.querySelectorAll(".crm-pick")) {
      const isChosen = pick.querySelector("[type=radio]").checked;
      for (const field of pick.querySelectorAll("input[data-value]")) field.disabled = !isChosen;
      fill(pick);
    }
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches(".crm-pick [type=radio]")) return;
    const pick = event.target.closest(".crm-pick");
    choose(event.target.closest(".crm-picker"));
    pick.scrollIntoView({ block: "nearest" });
    pick.querySelector("input[data-value]")?.focus({ preventScroll: true });
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches(".crm-pick input[data-value]")) fill(event.target.closest(".crm-pick"));
  });
  // What a browser restores, and what a form that was sent forgets, comes after the event.
  document.addEventListener("reset", (event) => {
    const picker = event.target.querySelector(".crm-picker");
    if (picker) setTimeout(() => choose(picker));
  });
  window.addEventListener("pageshow", () => document.querySelectorAll(".crm-picker").forEach(choose));
})();
