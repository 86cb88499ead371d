// The list of events: those that pass the filters, or those that the search finds, a page at a time around the moment.

const PAGE = 60;
let page = 0;

const listed = () => hits || passing;

function drawList() {
  const all = listed();
  const pages = Math.max(1, Math.ceil(all.length / PAGE));
  page = Math.min(Math.max(page, 0), pages - 1);
  const some = all.slice(page * PAGE, (page + 1) * PAGE);
  const rest = passing.length === events.length ? "" : `, ${grouped(events.length)} without filters`;
  byId("events-title").textContent = hits
    ? `Matches: ${grouped(hits.length)} of ${grouped(passing.length)} events${rest}`
    : `Events: ${grouped(passing.length)}${rest}`;
  byId("list").replaceChildren(...some.map(listRow));
  byId("older").disabled = page === 0;
  byId("newer").disabled = page >= pages - 1;
  byId("which").textContent = all.length ? `${grouped(page * PAGE + 1)} to ${grouped(page * PAGE + some.length)} of ${grouped(all.length)}` : "None.";
}

function listRow(one) {
  const lane = lanes[one.lane];
  const current = one.position === state.at ? "true" : undefined;
  const cells = [
    el("span", { class: "number" }, grouped(one.position)),
    el("span", {}, timeText(one.time).slice(0, 19)),
    el("span", { class: one.isBad ? "bad" : undefined }, one.isBad ? "✕ " : "", marked(one.type)),
    el("span", {}, el("bdi", {}, marked(laneName(lane, one.position)))),
    el("span", { class: "hit" }, marked(snippet(one))),
  ];
  const go = () => { change({ at: one.position }); follow(); };
  return el("li", {}, el("button", { type: "button", "aria-current": current, "data-position": one.position, onclick: go }, cells));
}

/** What the search finds in an event, with what stands around it; else the event in a few words. */
function snippet(one) {
  if (!words.length) return summary(one);
  const places = [summary(one), one.command, JSON.stringify(one.payload), one.actor, one.stream];
  for (const text of places) {
    const at = text.toLowerCase().indexOf(words[0]);
    if (at >= 0) return (at > 40 ? "…" : "") + text.slice(Math.max(0, at - 40), at + 160);
  }
  return summary(one);
}

/** Turns to the page that has the moment's event. */
function turnToMoment() {
  const before = countBefore(listed(), (one) => one.position > state.at);
  page = Math.floor(Math.max(0, before - 1) / PAGE);
}

function turn(by) {
  page += by;
  drawList();
}
