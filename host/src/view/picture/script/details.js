// The event at the moment, whole.

function drawDetails() {
  const one = eventAt(events, state.at);
  if (!one) return byId("details").replaceChildren(el("p", { class: "quiet" }, "Nothing has happened yet."));
  const isHere = one.position === state.at;
  const note = isHere ? null : el("p", { class: "quiet" }, `Event ${state.at} is not in this picture; this is the one before it that is.`);
  const lane = lanes[one.lane];
  const rows = [
    ["Position", grouped(one.position)],
    ["Time", timeText(one.time)],
    ["About", lane.about === "tenant" ? `${laneName(lane, one.position)} (${lane.id})` : lane.about],
    ["Stream", `${one.stream}, version ${one.version}`],
    ["Actor", `${one.actor} on ${one.host}`],
    ["Command", one.command],
    ["Program", one.program],
    ["Event", one.id],
    ["Hash", one.hash],
  ];
  const step = stepName(one);
  if (step) rows.splice(3, 0, ["Step", step]);
  const isCode = new Set(["Command", "Event", "Hash", "Stream"]);
  const list = rows.map(([name, text]) => [el("dt", {}, name), el("dd", { class: isCode.has(name) ? "code" : undefined }, marked(text))]);
  const title = el("p", { class: one.isBad ? "title bad" : "title" }, one.isBad ? "✕ " : "", marked(one.type), ` (schema ${one.schema})`);
  byId("event-title").textContent = "Event " + grouped(one.position);
  return byId("details").replaceChildren(...[note, title, el("dl", {}, list), payloadOf(one), whole(one)].filter(Boolean));
}

function payloadOf(one) {
  const text = one.cut ? one.payload : JSON.stringify(one.payload, null, 2);
  return el("pre", { "aria-label": "Payload", tabindex: "0" }, marked(text));
}

/** Says so where a payload is not all here. */
function whole(one) {
  if (!one.cut) return null;
  return el("p", { class: "quiet" }, `The payload has ${one.cut} bytes; systemprompt history show ${one.position} prints it whole.`);
}

/** A text with what the search finds in it marked. */
function marked(text) {
  const safe = shown(text);
  if (!words.length) return [safe];
  const lower = safe.toLowerCase();
  // A letter whose small form is longer would move what follows.
  if (lower.length !== safe.length) return [safe];
  const parts = [];
  let from = 0;
  while (from < safe.length && parts.length < 2000) {
    const next = words.map((word) => [lower.indexOf(word, from), word.length]).filter(([at]) => at >= 0);
    if (!next.length) break;
    const [at, length] = next.reduce((one, other) => (other[0] < one[0] || (other[0] === one[0] && other[1] > one[1]) ? other : one));
    parts.push(safe.slice(from, at), el("mark", {}, safe.slice(at, at + length)));
    from = at + length;
  }
  return [...parts, safe.slice(from)];
}
