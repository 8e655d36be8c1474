"use strict";
// Everything can be read without this. It adds the search and the filter, opens what is folded before printing, and saves the data.
const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
const tools = document.getElementById("tools");
if (tools) {
  const field = document.getElementById("search");
  const boxes = all("input[type=checkbox]", tools);
  const told = document.getElementById("found");
  const groups = all("#changes > details").map((group) => ({ group, rows: all("tbody tr", group), open: group.open }));
  const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const texts = new Map(groups.flatMap(({ group, rows }) => rows.map((row) => [
    row, `${group.querySelector("summary b").textContent} ${row.textContent}`.toLowerCase().replace(/\s+/g, " "),
  ])));
  const apply = () => {
    const wanted = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const risks = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const narrowed = wanted.length > 0 || risks.size < boxes.length;
    let shown = 0;
    for (const { group, rows, open } of groups) {
      let here = 0;
      for (const row of rows) {
        const fits = risks.has(row.dataset.risk) && wanted.every((word) => texts.get(row).includes(word));
        row.hidden = !fits;
        here += fits ? 1 : 0;
      }
      group.hidden = here === 0;
      group.open = narrowed ? here > 0 && shown < 200 : open;
      shown += here;
    }
    told.textContent = narrowed ? `${shown} of ${total} changes` : `${total} changes`;
  };
  field.addEventListener("input", apply);
  for (const box of boxes) box.addEventListener("change", apply);
  tools.hidden = false;
  apply();
}
let folded = [];
addEventListener("beforeprint", () => {
  folded = all("details:not([open])");
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
});
const save = document.getElementById("save");
save.hidden = false;
save.addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([document.getElementById("changeset").textContent], { type: "application/json" }));
  link.download = "changeset.json";
  link.click();
  URL.revokeObjectURL(link.href);
});
