// The horizontal axis: positions or time, the stretch of it that is seen, and where its ticks stand.

const valueOf = (one) => (state.axis === "time" ? one.time : one.position);

/** The value at a position that may have no event in the picture. */
function valueAt(position) {
  if (state.axis === "position") return position;
  const one = eventAt(events, position) || events[0];
  return one ? one.time : 0;
}

/** All of the axis, with a margin so that nothing sticks to the edge. */
function fullRange() {
  if (!events.length) return [0, 1];
  let [low, high] = [firstPosition, lastPosition];
  if (state.axis === "time") {
    [low, high] = [Infinity, -Infinity];
    for (const one of events) [low, high] = [Math.min(low, one.time), Math.max(high, one.time)];
  }
  const margin = Math.max((high - low) * 0.015, state.axis === "time" ? 500 : 0.75);
  return [low - margin, high + margin];
}

const seenRange = () => state.range || fullRange();

/** Turns values into pixels and back, for a plot of this width. */
function scale(width) {
  const [low, high] = seenRange();
  const perUnit = width / (high - low);
  return { x: (value) => (value - low) * perUnit, value: (x) => low + x / perUnit, low, high };
}

/** Shows `factor` times as much as now, with the value under the pointer staying where it is. */
function zoom(factor, around) {
  const [low, high] = seenRange();
  const full = fullRange();
  const least = state.axis === "time" ? 20 : 4;
  const span = Math.max((high - low) * factor, least);
  if (span >= full[1] - full[0]) return change({ range: null });
  const middle = Math.min(Math.max(around ?? valueAt(state.at), low), high);
  const share = (middle - low) / (high - low);
  return show(middle - share * span, middle + (1 - share) * span);
}

/** Shows a stretch, moved to where there is something to see. */
function show(low, high) {
  const [first, last] = fullRange();
  const span = Math.min(high - low, last - first);
  const begin = Math.min(Math.max(low, first), last - span);
  change({ range: span >= last - first ? null : [begin, begin + span] });
}

/** Moves the stretch so that the moment is in it. */
function follow() {
  if (!state.range) return;
  const [low, high] = state.range;
  const value = valueAt(state.at);
  if (value < low || value > high) show(value - (high - low) / 2, value + (high - low) / 2);
}

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const TIME_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE,
  5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 90 * DAY,
  365 * DAY, 3650 * DAY,
];

/** Steps of 1, 2 or 5 and zeros for positions, of a clock or a calendar for time: as many as there is room for. */
function ticks(width) {
  if (!events.length) return [];
  const { low, high } = scale(width);
  const wanted = (high - low) / Math.max(2, Math.floor(width / 92));
  const step = state.axis === "time" ? timeStep(wanted) : numberStep(wanted);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high && found.length < 200; value += step) {
    found.push({ value, label: state.axis === "time" ? timeLabel(value, step) : positionLabel(value) });
  }
  return found.filter((tick) => state.axis === "time" || (tick.value >= firstPosition && tick.value <= lastPosition));
}

const timeStep = (wanted) => TIME_STEPS.find((step) => step >= wanted) || Math.ceil(wanted / (3650 * DAY)) * 3650 * DAY;

function numberStep(wanted) {
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1)));
  return Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((step) => step >= wanted));
}

function timeLabel(value, step) {
  const text = timeText(value);
  if (!text.endsWith("UTC")) return ["", ""];
  const [date, clock] = text.split(" ");
  if (step >= DAY) return [date, ""];
  return [clock.slice(0, step < SECOND ? 12 : step < MINUTE ? 8 : 5), date];
}

/** A position, and when it was. */
function positionLabel(value) {
  const one = eventAt(events, value);
  const text = one ? timeText(one.time) : "";
  const isOneDay = timeText(events[0].time).slice(0, 10) === timeText(events[events.length - 1].time).slice(0, 10);
  return [grouped(value), isOneDay ? text.slice(11, 19) : text.slice(5, 16)];
}
