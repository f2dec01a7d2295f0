/* The demonstration form: sends what a signup form would send, and shows what a browser gets back. */
(() => {
  "use strict";
  const key = document.currentScript.dataset.key;
  const form = document.getElementById("signup");
  const place = (id, text) => { document.getElementById(id).textContent = text || ""; };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const year = Number.parseInt(form.year.value, 10);
    const body = {
      address: form.address.value,
      language: document.documentElement.lang,
      consent: { profiling: form.profiling.checked },
      declared: Number.isNaN(year) ? {} : { birth_year: year },
    };
    let answer = null;
    try {
      const sent = await fetch("/enrich", {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(3000),
      });
      answer = await sent.json();
    } catch {
      answer = null; // the welcome below is the one that everybody gets
    }
    show(answer);
  });

  const show = (answer) => {
    // A company names its slots as it likes: they are known by what they hold.
    const decisions = Object.values(answer?.decisions || {});
    const welcome = decisions.find((slot) => slot.headline);
    const offer = decisions.find((slot) => slot.title);
    place("headline", welcome?.headline || "Velkommen");
    place("words", welcome?.text);
    const shown = document.getElementById("gift");
    shown.hidden = !offer?.title;
    shown.replaceChildren();
    if (offer?.title) {
      for (const [tag, text] of [["strong", offer.title], ["p", offer.benefit], ["p", offer.recipient_reason]]) {
        if (!text) continue;
        const part = document.createElement(tag);
        part.textContent = text;
        if (text === offer.recipient_reason) part.className = "meta";
        shown.append(part);
      }
    }
    place("status", answer ? `status: ${answer.status}` : "Tjenesten svarede ikke; formularen virker alligevel.");
    place("answer", answer ? JSON.stringify(answer, null, 2) : "");
    document.getElementById("welcome").hidden = false;
  };
})();
