// Pointer and keys on the chart: what is under the pointer is told, a click goes there, and arrow keys walk.

const tip = byId("tip");

/** The stack or bar at a place of the canvas: the nearest mark, else the bar. */
function under(x, y) {
  const isNear = (stack) => Math.abs(stack.y - y) < 16 && x > stack.from - 9 && x < stack.to + 9;
  const distance = (stack) => Math.abs(stack.x - x);
  const stack = drawn.stacks.filter(isNear).sort((one, other) => distance(one) - distance(other))[0];
  if (stack) return { events: stack.events };
  const bars = drawn.bars.filter((one) => y > one.top && y < one.bottom && x > one.from - 3 && x < one.to + 3);
  const bar = bars.length ? bars[bars.length - 1].bar : null;
  return bar && { bar, step: stepUnder(bar, x) };
}

/** The newest event of an operation at or left of the pointer. */
function stepUnder(bar, x) {
  const axis = scale(canvas.clientWidth);
  const own = lanes[bar.lane].events.filter((one) => one.stream === "operation/" + bar.id);
  return own.filter((one) => axis.x(valueOf(one)) <= x + 4).pop() || own[0];
}

function placeOf(pointer) {
  const box = canvas.getBoundingClientRect();
  return [pointer.clientX - box.left, pointer.clientY - box.top];
}

/** What is told of what is under the pointer. */
function told(found) {
  if (found.bar) {
    const { bar, step } = found;
    const who = bar.kind ? `${bar.kind} by ${bar.provider}` : "an operation that began earlier";
    return [`${who}: ${bar.outcome}`, `${bar.steps.length} steps, positions ${bar.from} to ${bar.until ?? "…"}`, step ? eventLine(step) : ""];
  }
  const lines = found.events.slice(0, 6).map(eventLine);
  const more = found.events.length - lines.length;
  return more > 0 ? [`${found.events.length} events`, ...lines, `and ${more} more`] : lines;
}

const eventLine = (one) => `${one.position}  ${one.type}  ${summary(one)}`;

function tell(pointer) {
  const [x, y] = placeOf(pointer);
  const found = drag ? null : under(x, y);
  tip.hidden = !found;
  if (!found) return;
  tip.replaceChildren(...told(found).filter(Boolean).map((line) => el("p", {}, line.slice(0, 300))));
  const home = byId("timeline").getBoundingClientRect();
  const [left, top] = [pointer.clientX - home.left, pointer.clientY - home.top];
  const isRight = left + tip.offsetWidth + 20 > home.width;
  tip.style.left = Math.max(4, isRight ? left - tip.offsetWidth - 12 : left + 12) + "px";
  tip.style.top = top + 16 + "px";
}

/** Goes to what was clicked: an event, the events of a stack, a step, or a place on the axis. */
function go(pointer) {
  const [x, y] = placeOf(pointer);
  const found = under(x, y);
  const axis = scale(canvas.clientWidth);
  if (found && found.events && found.events.length > 1) return unfold(found.events);
  const one = found && (found.bar ? found.step : found.events[0]);
  if (one) return change({ at: one.position });
  const value = axis.value(x);
  const near = state.axis === "time" ? events[countBefore(events, (one) => one.time > value) - 1] : { position: Math.floor(value) };
  return near && change({ at: near.position });
}

/** Zooms in on the events of a stack. What happened in one moment shows on the axis of positions alone. */
function unfold(list) {
  const [first, last] = [list[0], list[list.length - 1]];
  if (state.axis === "time" && first.time === last.time) change({ axis: "position", range: null });
  const [low, high] = [valueOf(first), valueOf(last)];
  const margin = Math.max((high - low) * 0.15, state.axis === "time" ? 10 : 2);
  change({ at: first.position });
  show(low - margin, high + margin);
}

let drag = null;

function startDrag(pointer) {
  drag = null;
  const start = { x: pointer.clientX, range: seenRange(), width: canvas.clientWidth };
  const move = (moved) => {
    const pixels = moved.clientX - start.x;
    if (!drag && Math.abs(pixels) < 5) return;
    drag = start;
    const perPixel = (start.range[1] - start.range[0]) / start.width;
    if (state.range) show(start.range[0] - pixels * perPixel, start.range[1] - pixels * perPixel);
  };
  const end = (ended) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    if (!drag && ended.target === canvas) go(ended);
    drag = null;
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
}

/** The wheel zooms with Ctrl, and moves sideways; else the page or the lanes scroll. */
function turnWheel(wheel) {
  if (wheel.ctrlKey) {
    wheel.preventDefault();
    return zoom(wheel.deltaY > 0 ? 1.25 : 0.8, scale(canvas.clientWidth).value(placeOf(wheel)[0]));
  }
  if (!state.range || Math.abs(wheel.deltaX) <= Math.abs(wheel.deltaY)) return undefined;
  wheel.preventDefault();
  const [low, high] = state.range;
  const by = (wheel.deltaX * (high - low)) / canvas.clientWidth;
  return show(low + by, high + by);
}

/** The event before or after the moment, among those that pass, in one lane or in all. */
function step(by, list) {
  const before = countBefore(list, (one) => one.position >= state.at);
  const isOn = list[before] && list[before].position === state.at;
  const next = list[by < 0 ? before - 1 : isOn ? before + 1 : before];
  if (next) change({ at: next.position });
  follow();
}

/** The lane of the moment's event. */
function currentLane() {
  const now = eventAt(passing, state.at) || passing[0];
  return now ? lanes[now.lane] : drawnLanes[0];
}

/** The event of a neighbouring lane that is nearest to the moment. */
function changeLane(by) {
  let row = currentLane().row + by;
  while (drawnLanes[row] && !drawnLanes[row].passing.length) row += by;
  const lane = drawnLanes[row];
  if (!lane) return;
  const nearest = eventAt(lane.passing, state.at) || lane.passing[0];
  change({ at: nearest.position });
  follow();
  const top = row * LANE.height;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  if (top + LANE.height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + LANE.height - scroller.clientHeight;
}

function pressKey(key) {
  const keys = {
    ArrowLeft: () => step(-1, currentLane().passing),
    ArrowRight: () => step(1, currentLane().passing),
    ArrowUp: () => changeLane(-1),
    ArrowDown: () => changeLane(1),
    Home: () => change({ at: firstPosition }),
    End: () => change({ at: lastPosition }),
    "+": () => zoom(0.5),
    "-": () => zoom(2),
    "0": () => change({ range: null }),
  };
  if (!keys[key.key] || key.ctrlKey || key.metaKey || key.altKey || !events.length) return;
  key.preventDefault();
  keys[key.key]();
}

function listenToChart() {
  canvas.addEventListener("pointermove", tell);
  canvas.addEventListener("pointerleave", () => (tip.hidden = true));
  canvas.addEventListener("pointerdown", startDrag);
  canvas.addEventListener("wheel", turnWheel, { passive: false });
  scroller.addEventListener("keydown", pressKey);
  scroller.addEventListener("scroll", drawChart);
  byId("in").addEventListener("click", () => zoom(0.5));
  byId("out").addEventListener("click", () => zoom(2));
  byId("fit").addEventListener("click", () => change({ range: null }));
}
