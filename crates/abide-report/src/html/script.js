
"use strict";
(() => {
  const form = document.querySelector(".filter");
  const all = (selector) => [...document.querySelectorAll(selector)];

  // A link into something folded opens it.
  const reveal = () => {
    const id = location.hash.slice(1);
    const target = /^[ch]\d+$/.test(id) && document.getElementById(id);
    const folded = target && target.closest("details");
    if (!folded) return;
    folded.hidden = folded.closest("section").hidden = false;
    folded.open = true;
    target.scrollIntoView({ block: "nearest" });
  };
  addEventListener("hashchange", reveal);

  // Paper cannot be unfolded.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));

  if (!form) return reveal();
  const input = form.elements.q;
  const chips = all(".chip");
  const output = form.querySelector("output");
  const rows = all("tbody tr").map((row) => ({
    row, text: row.dataset.t, state: row.dataset.s, size: Number(row.dataset.n),
    cells: [...row.querySelectorAll("td")],
  }));
  const heads = all(".names th[data-t]");
  const owners = all(".owners th");
  const folds = all("details[data-t]");
  const sections = all("section").filter((section) => section.querySelector("details[data-t]"));

  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const states = new Set(chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.s));
    // A word that is part of a host's name asks for hosts, one that is part of a resource's name for resources.
    const hosts = words.map((word) => rows.map((one) => one.text.includes(word)));
    const names = words.map((word) => heads.map((head) => head.dataset.t.includes(word)));
    const anyHost = hosts.map((found) => found.includes(true));
    const wanted = heads.map((_, column) => words.every((_, n) => names[n][column] || anyHost[n]));
    const used = heads.map(() => false);
    let shown = 0, total = 0;
    rows.forEach((one, at) => {
      const has = (column) => one.cells[column].dataset.s;
      const fits = words.every((_, n) => hosts[n][at] || heads.some((_, column) => names[n][column] && has(column)));
      const found = heads.map((_, column) => wanted[column] && has(column) && (!states.size || states.has(has(column))));
      const visible = fits && (!states.size || states.has(one.state) || found.includes(true));
      one.row.hidden = !visible;
      total += one.size;
      if (!visible) return;
      shown += one.size;
      heads.forEach((_, column) => {
        if (found[column] || (wanted[column] && has(column) && states.has(one.state))) used[column] = true;
      });
    });
    const asked = words.length > 0 || states.size > 0;
    heads.forEach((head, column) => {
      const hide = asked && !used[column];
      head.hidden = hide;
      rows.forEach((one) => { one.cells[column].hidden = hide; });
    });
    let column = 0;
    owners.forEach((owner) => {
      const span = Number(owner.dataset.span || (owner.dataset.span = owner.colSpan));
      const left = heads.slice(column, column + span).filter((head) => !head.hidden).length;
      column += span;
      owner.hidden = left === 0;
      owner.colSpan = Math.max(left, 1);
    });
    folds.forEach((fold) => {
      const state = fold.dataset.s.split(" ").some((word) => states.has(word));
      fold.hidden = !(words.every((word) => fold.dataset.t.includes(word)) && (!states.size || state));
    });
    sections.forEach((section) => {
      section.hidden = ![...section.querySelectorAll("details[data-t]")].some((fold) => !fold.hidden);
    });
    output.value = asked ? `${shown} of ${total} hosts` : "";
  };

  // What is filtered is in the address, so that it can be sent to somebody.
  const remember = () => {
    const parameters = new URLSearchParams();
    if (input.value) parameters.set("q", input.value);
    chips.forEach((chip) => { if (chip.ariaPressed === "true") parameters.append("state", chip.dataset.s); });
    const hash = parameters.toString();
    history.replaceState(null, "", hash ? `#?${hash}` : location.pathname + location.search);
  };
  const recall = () => {
    if (location.hash.startsWith("#?")) {
      const parameters = new URLSearchParams(location.hash.slice(2));
      input.value = parameters.get("q") || "";
      const states = parameters.getAll("state");
      chips.forEach((chip) => { chip.ariaPressed = String(states.includes(chip.dataset.s)); });
    }
    apply();
    reveal();
  };

  const changed = () => { apply(); remember(); };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", changed);
  chips.forEach((chip) => chip.addEventListener("click", () => {
    chip.ariaPressed = String(chip.ariaPressed !== "true");
    changed();
  }));
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    } else if (event.key === "Escape" && typing) {
      input.value = "";
      changed();
    }
  });
  addEventListener("hashchange", recall);
  recall();
})();
