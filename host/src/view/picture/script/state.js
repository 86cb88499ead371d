// What is looked at: a moment, filters, a search, an axis and a stretch of it. The address keeps it, so that a link leads
// to a moment.

const state = { at: lastPosition, tenant: "", type: "", actor: "", q: "", axis: "position", range: null };
const watchers = [];
let passing = []; // events that the filters let through
let hits = null; // those of them that the search finds; null when nothing is searched for
let words = []; // what is searched for
let [hitSet, hitStreams, passingStreams] = [null, null, new Set()];

/** Changes what is looked at; all that watches draws itself anew. */
function change(differences) {
  const before = { ...state };
  Object.assign(state, differences);
  state.at = Math.min(Math.max(Math.round(state.at) || firstPosition, firstPosition), lastPosition);
  if (["tenant", "type", "actor", "q"].some((name) => state[name] !== before[name])) select();
  watchers.forEach((watcher) => watcher(before));
  keepAddress();
}

/** Finds what the filters let through and what the search finds. */
function select() {
  const { tenant, type, actor } = state;
  passing = events.filter(
    (one) =>
      (!tenant || laneKey(lanes[one.lane]) === tenant) && (!type || one.type === type) && (!actor || one.actor === actor),
  );
  words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  hits = words.length ? passing.filter((one) => words.every((word) => haystack(one).includes(word))) : null;
  hitSet = hits && new Set(hits);
  hitStreams = hits && new Set(hits.map((one) => one.stream));
  passingStreams = new Set(passing.map((one) => one.stream));
  for (const lane of lanes) lane.passing = [];
  for (const one of passing) lanes[one.lane].passing.push(one);
}

const laneKey = (lane) => (lane.about === "tenant" ? lane.id : lane.about);

/** All words of an event in lower case; made when they are first searched. */
function haystack(one) {
  one.haystack ??= [
    one.position, one.type, one.stream, lanes[one.lane].names, one.actor, one.host,
    one.command, one.id, timeText(one.time), summary(one), JSON.stringify(one.payload),
  ].join("\n").toLowerCase();
  return one.haystack;
}

/** The address of what is looked at. */
function fragment() {
  const parts = new URLSearchParams();
  if (state.at !== lastPosition) parts.set("at", state.at);
  for (const name of ["tenant", "type", "actor", "q"]) if (state[name]) parts.set(name, state[name]);
  if (state.axis !== "position") parts.set("axis", state.axis);
  if (state.range) parts.set("range", state.range.map((value) => Math.round(value * 100) / 100).join(","));
  return parts.toString();
}

/** What an address asks for; what it says wrong is as good as not said. */
function read(text) {
  const parts = new URLSearchParams(text.replace(/^#/, ""));
  const at = Number(parts.get("at") || lastPosition);
  const range = (parts.get("range") || "").split(",").map(Number);
  const isRange = range.length === 2 && range.every(Number.isFinite) && range[0] < range[1];
  const word = (name) => (parts.get(name) || "").slice(0, 500);
  return {
    at: Number.isFinite(at) ? at : lastPosition,
    tenant: word("tenant"), type: word("type"), actor: word("actor"), q: word("q").slice(0, 200),
    axis: parts.get("axis") === "time" ? "time" : "position",
    range: isRange ? range : null,
  };
}

// A browser takes only so many changes of the address a second, and a slider makes more.
let addressTimer = 0;
function keepAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    if (location.hash.slice(1) !== fragment()) history.replaceState(null, "", "#" + fragment());
  }, 250);
}
