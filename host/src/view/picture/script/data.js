"use strict";
// The data of the page, decoded once; and text from it, made safe to show.

const raw = JSON.parse(document.getElementById("data").textContent);
const about = raw.about;

/** Control characters and those that reorder or hide text are shown by their numbers. */
function shown(text) {
  const hidden = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
  return String(text).replace(hidden, (one) => "\\u{" + one.codePointAt(0).toString(16) + "}");
}

/** An element with properties and children; every text in it is only text. */
function el(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === false || value === null) continue;
    if (name === "onclick") made.addEventListener("click", value);
    else made.setAttribute(name, value === true ? "" : shown(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined) continue;
    made.append(child instanceof Node ? child : shown(child));
  }
  return made;
}

const byId = (id) => document.getElementById(id);

/** A number with thin spaces between its thousands. */
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

/** So many of something. */
const count = (number, one, many) => `${grouped(number)} ${number === 1 ? one : many}`;

/** Which family of marks a type of event has: by its stream. */
function familyOf(stream) {
  const family = stream.split("/", 1)[0];
  return ["project", "tenant", "operation", "plugin", "profile", "session", "shell"].includes(family) ? family : "project";
}

const BAD = new Set([
  "StepFailed", "UndoFailed", "OperationFailed", "OperationStuck", "OperationAbandoned", "MigrationFailed",
  "TenantCreationUndone", "TenantChangeUndone", "TenantDeletionUndone", "TenantAbandoned", "TenantChangeAbandoned",
]);

function decoded([position, time, lane, words, version, schema, id, hash, payload, cut]) {
  const [type, stream, actor, host, program, command] = words.map((place) => raw.words[place]);
  const family = familyOf(stream);
  return {
    position, time, lane, type, stream, actor, host, program, command, version, schema, id, hash, payload, cut,
    family, isBad: BAD.has(type),
  };
}

const events = raw.events.map(decoded);
const operations = raw.operations;
const lanes = raw.lanes.map((lane, index) => ({ ...lane, index, events: [], bars: [], rows: [] }));
for (const one of events) lanes[one.lane].events.push(one);
for (const bar of operations) lanes[bar.lane].bars.push(bar);
const laneOfTenant = new Map(lanes.filter((lane) => lane.about === "tenant").map((lane) => [lane.id, lane]));
for (const row of raw.tenants) laneOfTenant.get(row.id).rows.push(row);
for (const lane of lanes) lane.names = [...new Set(lane.rows.map((row) => row.name))].join(" ");
/** Lanes of other things than tenants are drawn only when something happened in them. */
const drawnLanes = lanes.filter((lane) => lane.about === "tenant" || lane.events.length > 0);
drawnLanes.forEach((lane, row) => (lane.row = row));
const operationById = new Map(operations.map((bar) => [bar.id, bar]));

const firstPosition = events.length ? events[0].position : 0;
const lastPosition = Math.max(about.total, events.length ? events[events.length - 1].position : 0);

/** How many of the sorted `list` come before the first that `isAfter`. */
function countBefore(list, isAfter) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(list[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The newest event of a sorted list at or before a position. */
function eventAt(list, position) {
  return list[countBefore(list, (one) => one.position > position) - 1];
}

/** The row that held right after the event at a position. */
function heldAt(rows, position) {
  return rows.find((row) => row.from <= position && (row.until === null || position < row.until));
}

/** What a lane is called at a position: the tenant's name then, else the one that it had before or gets later. */
function laneName(lane, position) {
  if (lane.about !== "tenant") return lane.about;
  const past = lane.rows.filter((row) => row.from <= position);
  const row = past.length ? past[past.length - 1] : lane.rows[0];
  return row ? row.name : lane.id;
}

/** Whether a tenant is not yet, is, or is no more. */
function laneState(lane, position) {
  if (lane.about !== "tenant") return count(lane.events.length, "event", "events");
  const row = heldAt(lane.rows, position);
  if (row) return row.state + (row.protected ? ", protected" : "");
  return lane.rows.length && position < lane.rows[0].from ? "not yet" : "gone";
}

/** A moment in UTC; one that no calendar holds is shown as its number. */
function timeText(millis) {
  const moment = new Date(millis);
  return Number.isNaN(moment.getTime()) ? millis + " ms" : moment.toISOString().replace("T", " ").replace("Z", " UTC");
}

/** What an event says in a few words, as `history log` does. */
function summary(one) {
  const said = one.payload && typeof one.payload === "object" ? one.payload : {};
  const failure = said.failure && said.failure.message;
  const step = stepName(one);
  return [said.name, said.kind, step, said.key, failure, said.reason].filter((word) => typeof word === "string").join(" · ");
}

/** The name of the step that an event of an operation is about. */
function stepName(one) {
  if (one.family !== "operation" || !one.payload || typeof one.payload.index !== "number" || one.type === "StepBegan") return null;
  const bar = operationById.get(one.stream.slice("operation/".length));
  const step = bar && bar.steps.find((step) => step.index === one.payload.index);
  return step ? step.name : null;
}
