/* Keys for the desk: j and k move between leads, a letter presses the button that carries it. The page
 * works without: every control is a plain link or button. */
(() => {
  "use strict";
  const cards = [...document.querySelectorAll(".lead-card")];
  const current = () => cards.findIndex((card) => card.contains(document.activeElement));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const at = current();
    if (event.key === "j" || event.key === "k") {
      const next = event.key === "j" ? Math.min(at + 1, cards.length - 1) : Math.max(at - 1, 0);
      cards[next]?.focus();
      return;
    }
    const card = cards[at];
    const control = /^[a-z]$/.test(event.key) && card?.querySelector(`[data-key="${event.key}"]`);
    if (control) {
      event.preventDefault();
      control.click();
    }
  });
})();
