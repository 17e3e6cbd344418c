"use strict";
// Follows an import at work: asks how far it is, and shows the page anew once its state changes.
(() => {
  const panel = document.getElementById("import-progress");
  const bar = document.getElementById("import-bar");
  const told = document.getElementById("import-told");
  const EVERY = 1500;

  async function look() {
    try {
      const answer = await fetch(panel.dataset.url, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const now = await answer.json();
        if (now.state !== panel.dataset.state) return location.reload();
        bar.value = now.percent;
        told.textContent = now.told;
      }
    } catch { /* away for a moment: asked again */ }
    setTimeout(look, EVERY);
  }

  setTimeout(look, EVERY);
})();
