// The registry as it was right after the event at the moment: the rows of the log that held then.

/** As many rows as one looks through; the search finds the others. */
const ROWS_MAX = 500;

function drawRegistry() {
  const at = state.at;
  const held = raw.tenants.filter((row) => row.from <= at && (row.until === null || at < row.until));
  const selected = heldAt(raw.selection, at);
  const rows = held.slice(0, ROWS_MAX).map((row) => tenantRow(row, selected && selected.id === row.id));
  byId("registry-title").textContent = `Registry after event ${grouped(at)}: ${count(held.length, "tenant", "tenants")}`;
  byId("tenants").tBodies[0].replaceChildren(...rows);
  byId("tenants").hidden = held.length === 0;
  const left = held.length - rows.length;
  byId("nobody").hidden = held.length > 0 && left === 0;
  byId("nobody").textContent = held.length ? `and ${left} more` : "No tenant was there.";
}

function tenantRow(row, isSelected) {
  const isChanged = row.from === state.at;
  const cells = [
    el("td", {}, el("bdi", {}, row.name)),
    el("td", { class: "id code", title: row.id }, row.id),
    el("td", {}, row.type),
    el("td", {}, row.state),
    el("td", {}, row.provider),
    el("td", {}, row.region || "–"),
    el("td", {}, row.protected ? "yes" : "no"),
    el("td", {}, isSelected ? "yes" : "no"),
    el("td", {}, row.from >= firstPosition ? atButton(row.from) : grouped(row.from)),
  ];
  return el("tr", { class: [isChanged && "changed", isSelected && "selected"].filter(Boolean).join(" ") || undefined }, cells);
}

/** A way to the event that made it so. */
function atButton(position) {
  return el("button", { type: "button", class: "at", onclick: () => { change({ at: position }); follow(); } }, grouped(position));
}
