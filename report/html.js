"use strict";
(() => {
  const form = document.getElementById("filter");
  const findings = Array.from(document.querySelectorAll("article.finding"));
  const files = Array.from(document.querySelectorAll("section.file"), (section) => ({
    section, findings: Array.from(section.querySelectorAll("article.finding")),
  }));
  const texts = new Map();

  // textOf is a finding's text in small letters, made when it is first searched.
  const textOf = (finding) => {
    let text = texts.get(finding);
    if (text === undefined) {
      text = finding.textContent.toLowerCase();
      texts.set(finding, text);
    }
    return text;
  };

  const filter = () => {
    const data = new FormData(form);
    const severities = new Set(data.getAll("severity"));
    const check = data.get("check");
    const fixable = data.get("fixable");
    const path = data.get("path").trim().toLowerCase();
    const words = data.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const shows = (finding) => {
      const d = finding.dataset;
      return severities.has(d.severity) &&
        (!check || d.check === check) &&
        (!fixable || d.fixable === fixable || fixable === "any" && d.fixable !== "none") &&
        (!path || d.path.toLowerCase().includes(path)) &&
        words.every((word) => textOf(finding).includes(word));
    };
    let shown = 0;
    for (const file of files) {
      let some = false;
      for (const finding of file.findings) {
        finding.hidden = !shows(finding);
        if (!finding.hidden) {
          some = true;
          shown++;
        }
      }
      file.section.hidden = !some;
    }
    form.elements.shown.value = "Showing " + shown + " of " + findings.length + (findings.length === 1 ? " finding" : " findings");
  };

  const unfold = (open) => {
    for (const details of document.querySelectorAll(".finding:not([hidden]) details")) details.open = open;
  };

  // reveal shows what a link leads to, though it is filtered out or folded.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden && form) {
      form.reset();
      filter();
    }
    for (const details of target.querySelectorAll("details")) details.open = true;
    target.scrollIntoView();
  };

  if (form) {
    let timer;
    form.hidden = false;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(filter, 120);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    document.getElementById("unfold").addEventListener("click", () => unfold(true));
    document.getElementById("fold").addEventListener("click", () => unfold(false));
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        form.elements.text.focus();
      }
    });
    filter();
  }

  window.addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // Paper has nothing to click on.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = Array.from(document.querySelectorAll("details:not([open])"));
    for (const details of folded) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
    folded = [];
  });
})();
