/* Doorstep address widget: an ARIA combobox on one input, no dependencies.
 *
 *   <input name="address" data-doorstep>
 *   <script src="https://your-doorstep/widget.js" data-key="pk_…" defer></script>
 *
 * In the same form, elements with data-doorstep-field="next_action" (or street, house_number, floor,
 * door, postcode, city, category, match_level) are filled. The input fires "doorstep:washed" with the
 * answer. The form is never held back: when the service is slow or away, it is a plain input. */
(() => {
  "use strict";
  const script = document.currentScript;
  const settings = script.dataset;
  const base = (settings.base || new URL(script.src).origin).replace(/\/$/, "");
  const PAUSE_MS = 120, PATIENCE_MS = 2500, LEAST = 2, LONGEST = 200, LIMIT = Number(settings.limit || 8);

  const WORDS = {
    da: { list: "Adresser", none: "Ingen forslag", some: "forslag. Brug piletasterne.", more: "fortsæt", mean: "Mente du", use: "Brug denne adresse", ok: "Adressen er fundet", fix: "Vi kunne ikke finde adressen. Se den efter, eller fortsæt." },
    sv: { list: "Adresser", none: "Inga förslag", some: "förslag. Använd piltangenterna.", more: "fortsätt", mean: "Menade du", use: "Använd den här adressen", ok: "Adressen hittades", fix: "Vi hittade inte adressen. Kontrollera den, eller fortsätt." },
    nb: { list: "Adresser", none: "Ingen forslag", some: "forslag. Bruk piltastene.", more: "fortsett", mean: "Mente du", use: "Bruk denne adressen", ok: "Adressen er funnet", fix: "Vi fant ikke adressen. Sjekk den, eller fortsett." },
    fi: { list: "Osoitteet", none: "Ei ehdotuksia", some: "ehdotusta. Käytä nuolinäppäimiä.", more: "jatka", mean: "Tarkoititko", use: "Käytä tätä osoitetta", ok: "Osoite löytyi", fix: "Osoitetta ei löytynyt. Tarkista se tai jatka." },
    en: { list: "Addresses", none: "No suggestions", some: "suggestions. Use the arrow keys.", more: "go on", mean: "Did you mean", use: "Use this address", ok: "Address found", fix: "We could not find this address. Check it, or go on." },
  };
  const STYLE = `
    .ds-box{position:relative;display:block}
    .ds-list{position:absolute;z-index:1000;left:0;right:0;top:100%;margin:.25rem 0 0;padding:.25rem;list-style:none;max-height:23rem;overflow:auto;
      background:Canvas;color:CanvasText;border:1px solid GrayText;border-radius:.5rem;box-shadow:0 .5rem 1.5rem rgb(0 0 0/.18);text-align:left}
    .ds-list[hidden]{display:none}
    .ds-list li{padding:.5rem .65rem;border-radius:.35rem;cursor:pointer;display:flex;gap:.75rem;justify-content:space-between}
    .ds-list li[aria-selected=true]{background:Highlight;color:HighlightText}
    .ds-list small{opacity:.85;white-space:nowrap}
    .ds-said{min-height:1.5em;margin:.35rem 0 0;font-size:.925em}
    .ds-said button{font:inherit;margin:.15em .35em .15em 0;padding:.15em .6em;cursor:pointer;color:inherit;background:none;border:1px solid;border-radius:.35rem}
    .ds-hear{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}`;

  const ask = async (path, options, signal) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
    signal.addEventListener("abort", () => patience.abort());
    try {
      const headers = { Authorization: `Bearer ${settings.key || ""}`, ...(options.headers || {}) };
      const answer = await fetch(base + path, { ...options, headers, credentials: "omit", signal: patience.signal });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null; // away, slow or overtaken: the visitor goes on typing
    } finally {
      clearTimeout(timer);
    }
  };

  let made = 0;
  const attach = (input) => {
    if (input.dataset.doorstepReady) return;
    input.dataset.doorstepReady = "1";
    const language = (settings.language || input.closest("[lang]")?.lang || "en").slice(0, 2);
    const words = WORDS[language] || WORDS.en;
    const country = input.dataset.country || settings.country || "";
    const id = `doorstep-${++made}`;

    const box = document.createElement("span");
    box.className = "ds-box";
    input.before(box);
    box.append(input);
    const list = document.createElement("ul");
    Object.assign(list, { id: `${id}-list`, className: "ds-list", hidden: true });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.list);
    const said = document.createElement("p");
    said.className = "ds-said";
    said.setAttribute("role", "status");
    const hear = document.createElement("span");
    hear.className = "ds-hear";
    hear.setAttribute("role", "status");
    box.append(list, hear);
    box.after(said);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
      autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    })) input.setAttribute(name, value);

    let found = [], active = -1, timer = 0, asking = new AbortController(), washing = new AbortController(), washed = null;

    const close = () => {
      clearTimeout(timer);
      asking.abort();
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (position) => {
      active = position;
      [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
      const option = list.children[active];
      if (!option) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    };
    const show = (suggestions) => {
      found = suggestions;
      list.replaceChildren(...found.map((suggestion, i) => {
        const option = document.createElement("li");
        option.id = `${id}-${i}`;
        option.setAttribute("role", "option");
        option.append(Object.assign(document.createElement("span"), { textContent: suggestion.text }));
        if (!suggestion.complete) option.append(Object.assign(document.createElement("small"), { textContent: `${words.more} …` }));
        option.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the focus
        option.addEventListener("click", () => choose(i));
        return option;
      }));
      mark(-1);
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(found.length > 0));
      hear.textContent = found.length ? `${found.length} ${words.some}` : words.none;
    };
    const suggest = async () => {
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      const typed = input.value.trim().slice(0, LONGEST);
      if (typed.length < LEAST) return close();
      const query = new URLSearchParams({ q: typed, limit: LIMIT, ...(country && { country }) });
      const answer = await ask(`/addresses?${query}`, {}, signal);
      if (!signal.aborted && answer && document.activeElement === input) show(answer.suggestions);
    };
    const choose = (i) => {
      const suggestion = found[i];
      close();
      input.value = suggestion.text;
      if (suggestion.complete) return wash();
      // A number is still to come: the caret stands where it belongs, behind the street.
      const at = suggestion.text.indexOf(",");
      const caret = at < 0 ? suggestion.text.length + 1 : at + 1;
      input.value = at < 0 ? `${suggestion.text} ` : `${suggestion.text.slice(0, at)} ${suggestion.text.slice(at)}`;
      input.setSelectionRange(caret, caret);
      suggest();
    };
    const fill = (answer) => {
      const scope = input.form || document;
      for (const field of scope.querySelectorAll("[data-doorstep-field]")) {
        const value = answer ? answer[field.dataset.doorstepField] ?? "" : "";
        if ("value" in field) field.value = value; else field.textContent = value;
      }
    };
    const wash = async () => {
      washing.abort();
      washing = new AbortController();
      const { signal } = washing;
      const address = input.value;
      if (!address.trim()) { fill(null); said.replaceChildren(); washed = null; return; }
      if (washed === address) return;
      const body = JSON.stringify({ address, ...(country && { country }) });
      const answer = await ask("/addresses/wash", { method: "POST", body, headers: { "Content-Type": "application/json" } }, signal);
      if (signal.aborted || !answer || input.value !== address) return;
      washed = address;
      fill(answer);
      tell(answer);
      input.dispatchEvent(new CustomEvent("doorstep:washed", { bubbles: true, detail: answer }));
    };
    const tell = (answer) => {
      said.replaceChildren();
      if (answer.next_action === "accept") return said.append(`✓ ${words.ok}`);
      const offered = answer.next_action === "confirm" ? [answer.text] : answer.alternatives.slice(0, 3);
      if (!offered.filter(Boolean).length) return said.append(words.fix);
      said.append(`${words.mean} `);
      offered.forEach((text) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
        button.setAttribute("aria-label", `${words.use}: ${text}`);
        button.addEventListener("click", () => { input.value = text; input.focus(); close(); wash(); });
        said.append(button);
      });
    };

    input.addEventListener("input", (event) => {
      clearTimeout(timer);
      washing.abort();
      if (washed !== null) { washed = null; fill(null); said.replaceChildren(); }
      if (!event.isComposing) timer = setTimeout(suggest, PAUSE_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const open = !list.hidden, last = found.length - 1;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        if (!open) suggest();
        else mark(active < 0 ? (step > 0 ? 0 : last) : active + step > last ? 0 : active + step < 0 ? last : active + step);
      } else if (event.key === "Enter" && open && active >= 0) {
        event.preventDefault(); // chooses; a second Enter sends the form
        choose(active);
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        close();
      }
    });
    input.addEventListener("blur", () => { close(); wash(); });
    input.form?.addEventListener("reset", () => { washed = null; said.replaceChildren(); fill(null); });
  };

  const sheet = new CSSStyleSheet(); // not a <style>: pages with a strict policy can use it too
  sheet.replaceSync(STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const start = () => document.querySelectorAll("input[data-doorstep]").forEach(attach);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
  window.doorstep = { attach };
})();
