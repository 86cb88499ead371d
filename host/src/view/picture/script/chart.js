// The chart: lanes with their marks and bars. Only lanes that are seen are drawn, so that many cost no more than a few.

const canvas = byId("canvas"), axisCanvas = byId("axis"), scroller = byId("scroller");
/** What was drawn last, for the pointer: stacks and bars with their places. */
let drawn = { stacks: [], bars: [] };

/** A canvas as sharp as the screen: its pen draws in CSS pixels. */
function penOf(target, width, height) {
  const ratio = window.devicePixelRatio || 1;
  target.width = Math.round(width * ratio);
  target.height = Math.round(height * ratio);
  target.style.height = height + "px";
  const pen = target.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

function drawChart() {
  const width = byId("plot").clientWidth;
  const total = drawnLanes.length * LANE.height;
  byId("plot").style.height = total + "px";
  const height = Math.max(LANE.height, Math.min(total, scroller.clientHeight));
  const pen = penOf(canvas, width, height);
  const top = scroller.scrollTop;
  const { x, low, high } = scale(width);
  drawn = { stacks: [], bars: [] };
  drawGrid(pen, width, height, x);
  const seen = drawnLanes.filter((lane) => (lane.row + 1) * LANE.height > top && lane.row * LANE.height < top + height);
  for (const lane of seen) drawLane(pen, lane, lane.row * LANE.height - top, x, low, high, width);
  drawCursor(pen, x(valueAt(state.at)), height);
  drawAxis(width, x);
  describe(seen);
}

/** Lines at the ticks, and below each lane. */
function drawGrid(pen, width, height, x) {
  pen.fillStyle = colours.faint;
  for (const tick of ticks(width)) pen.fillRect(Math.round(x(tick.value)), 0, 1, height);
  const offset = scroller.scrollTop % LANE.height;
  for (let y = LANE.height - 1 - offset; y < height; y += LANE.height) pen.fillRect(0, y, width, 1);
}

function drawLane(pen, lane, top, x, low, high, width) {
  drawLife(pen, lane, top + LANE.marks, x, width);
  const inSight = (bar) => valueAt(barEnd(bar)) >= low && valueAt(bar.from) <= high;
  // Those that failed last: where bars lie on each other, they are on top.
  const bars = lane.bars.filter(inSight).sort((one, other) => isWorse(one) - isWorse(other));
  for (const bar of bars) {
    drawBar(pen, bar, x, top + LANE.bars, isFaintBar(bar));
    const [from, to] = barSpan(bar, x);
    drawn.bars.push({ bar, from, to, top: top + LANE.bars - 12, bottom: top + LANE.bars + 12 });
  }
  const marks = lane.passing.filter((one) => one.family !== "operation" && valueOf(one) >= low && valueOf(one) <= high);
  for (const stack of stacked(marks, x)) drawOneOrMany(pen, stack, top + LANE.marks);
  drawFoundSteps(pen, lane, top + LANE.bars, x, low, high);
  const now = eventAt(events, state.at);
  if (now && now.position === state.at && lanes[now.lane] === lane) {
    const y = now.family === "operation" ? LANE.bars : LANE.marks;
    drawRing(pen, x(valueOf(now)), top + y, colours.accent);
  }
}

const isWorse = (bar) => (bar.outcome === "succeeded" ? 0 : 1);

/** A bar is faint when its events are filtered out, or none of them is found. */
function isFaintBar(bar) {
  const stream = "operation/" + bar.id;
  return !passingStreams.has(stream) || (hitStreams !== null && !hitStreams.has(stream));
}

function drawOneOrMany(pen, stack, y) {
  const found = hitSet ? stack.events.filter((one) => hitSet.has(one)).length : 0;
  const isFaint = hitSet !== null && found === 0;
  const middle = (stack.from + stack.to) / 2;
  if (stack.events.length === 1) drawMark(pen, stack.events[0], stack.from, y, isFaint);
  else drawStack(pen, stack, y, isFaint);
  if (found) drawRing(pen, middle, y, colours.ink);
  drawn.stacks.push({ ...stack, x: middle, y });
}

/** Where a lane has more found steps than this, its bars say enough. */
const FOUND_STEPS_MAX = 40;

/** Rings around the steps that the search finds. */
function drawFoundSteps(pen, lane, y, x, low, high) {
  if (!hitSet) return;
  const isFound = (one) => one.family === "operation" && valueOf(one) >= low && valueOf(one) <= high && hitSet.has(one);
  const found = lane.passing.filter(isFound);
  if (found.length > FOUND_STEPS_MAX) return;
  for (const stack of stacked(found, x)) drawRing(pen, stack.from, y, colours.ink);
}

/** A line for as long as a tenant lives, with an end where it is gone. */
function drawLife(pen, lane, y, x, width) {
  const spans = lane.about === "tenant" ? lives(lane.rows) : [[firstPosition, null]];
  pen.fillStyle = colours.life;
  for (const [from, until] of spans) {
    const begin = Math.max(0, x(valueAt(from)));
    const end = Math.min(width, until === null ? width : x(valueAt(until)));
    if (end < begin) continue;
    pen.fillRect(begin, y - 1, end - begin, 2);
    if (until !== null) pen.fillRect(end - 1, y - 7, 3, 14);
  }
}

/** From when until when a tenant is there. */
function lives(rows) {
  const spans = [];
  for (const row of rows) {
    const last = spans[spans.length - 1];
    if (last && last[1] === row.from) last[1] = row.until;
    else spans.push([Math.max(row.from, firstPosition), row.until]);
  }
  return spans;
}

function drawCursor(pen, x, height) {
  pen.fillStyle = colours.accent;
  pen.fillRect(Math.round(x) - 1, 0, 2, height);
}

function drawAxis(width, x) {
  const pen = penOf(axisCanvas, width, 42);
  pen.font = "11px system-ui, sans-serif";
  pen.textAlign = "center";
  for (const { value, label } of ticks(width)) {
    const half = Math.max(...label.map((text) => pen.measureText(text).width)) / 2 + 2;
    const at = Math.min(Math.max(x(value), half), width - half);
    pen.fillStyle = colours.ink;
    pen.fillText(label[0], at, 15);
    pen.fillStyle = colours.quiet;
    pen.fillText(label[1], at, 29);
    pen.fillStyle = colours.line;
    pen.fillRect(Math.round(x(value)), 34, 1, 8);
  }
  const cursor = x(valueAt(state.at));
  pen.fillStyle = colours.accent;
  pen.beginPath();
  corners(pen, cursor, 36, 6, 3, Math.PI / 2);
  pen.fill();
}

/** The same in words and numbers, for whoever does not see it. */
function describe(seen) {
  const marks = drawn.stacks.reduce((sum, stack) => sum + stack.events.length, 0);
  const stacks = drawn.stacks.filter((stack) => stack.events.length > 1).length;
  Object.assign(canvas.dataset, { lanes: seen.length, marks, stacks, bars: drawn.bars.length });
  canvas.setAttribute("aria-label", `${seen.length} lanes with ${marks} marks and ${drawn.bars.length} operations`);
}

/** Names of the lanes at the moment. */
function drawLabels() {
  const now = eventAt(events, state.at);
  const labels = drawnLanes.map((lane) => {
    const current = now && now.position === state.at && lanes[now.lane] === lane ? "true" : undefined;
    const name = el("bdi", { title: lane.about === "tenant" ? lane.id : undefined }, laneName(lane, state.at));
    return el("li", { "aria-current": current }, name, el("span", { class: "state" }, laneState(lane, state.at)));
  });
  byId("labels").replaceChildren(...labels);
}

const LEGEND = [
  ["tenant", (pen) => drawMark(pen, { family: "tenant" }, 13, 8)],
  ["project", (pen) => drawMark(pen, { family: "project" }, 13, 8)],
  ["profile", (pen) => drawMark(pen, { family: "profile" }, 13, 8)],
  ["session", (pen) => drawMark(pen, { family: "session" }, 13, 8)],
  ["plugin", (pen) => drawMark(pen, { family: "plugin" }, 13, 8)],
  ["shell", (pen) => drawMark(pen, { family: "shell" }, 13, 8)],
  ["failed", (pen) => drawCross(pen, 13, 8, 4.5)],
  ["several events", (pen) => drawStack(pen, { from: 13, to: 13, events: [{ family: "x" }, { family: "y" }] }, 5)],
  ["step of an operation", (pen) => drawTick(pen, 13, 1, 14)],
  ["being undone", (pen) => drawUndo(pen, 13, 8, 5.5, false)],
  ["undone", (pen) => drawUndo(pen, 13, 8, 5.5, true)],
  ["succeeded", (pen) => legendBar(pen, "succeeded")],
  ["failed or stuck", (pen) => legendBar(pen, "failed")],
  ["cancelled", (pen) => legendBar(pen, "cancelled")],
  ["running", (pen) => legendBar(pen, "running")],
];

function legendBar(pen, outcome) {
  const bar = { outcome, from: 0, until: 0, steps: [] };
  pen.save();
  pen.translate(1, 0);
  pen.fillStyle = barColours(outcome)[0];
  pen.fillRect(0, 2, 20, 12);
  drawCap(pen, bar, 20, 8);
  pen.restore();
}

function drawLegend() {
  const items = LEGEND.map(([name, draw]) => {
    const small = el("canvas", { "aria-hidden": "true" });
    draw(penOf(small, 26, 16));
    return el("li", {}, small, name);
  });
  byId("legend").replaceChildren(...items);
}
