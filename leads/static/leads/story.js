"use strict";
// Adds the next piece of a lead's story below, and changes its kind, without leaving the page.
(() => {
  const story = document.getElementById("historia");
  if (!story) return;
  const list = story.querySelector("ol");

  async function fetched(url) {
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  story.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-story-more], a[data-story-kind]");
    if (!link) return;
    event.preventDefault();
    link.setAttribute("aria-busy", "true");
    let html;
    try { html = await fetched(link.href); } catch { window.location = link.href; return; }
    link.removeAttribute("aria-busy");
    if (link.hasAttribute("data-story-more")) {
      const more = link.closest("li");
      more.insertAdjacentHTML("afterend", html);
      more.remove();
    } else {
      list.innerHTML = html;
      for (const other of story.querySelectorAll("a[data-story-kind]")) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
    }
  });
})();
