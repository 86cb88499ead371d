// Marks: a shape for each family of events, a cross for what failed, and a stack where many stand in one place.

/** Closer than this two marks cannot be told apart, and become one stack. */
const STACK_PIXELS = 11;
/** Height of a lane, and where in it marks and bars have their middles. */
const LANE = { height: 46, marks: 14, bars: 34, bar: 16 };

/** Colours of the style sheet, read again when the browser turns dark or light. */
let colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["card", "ink", "quiet", "line", "faint", "accent", "tenant", "project", "profile", "session", "plugin", "shell",
    "bar", "bar-line", "bar-ink", "step", "undo", "undo-fill", "bad", "bad-fill", "life", "stack"];
  colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
  colours.operation = colours.step;
}

/** Outlines of the families, each of its own shape, around a middle. */
const OUTLINES = {
  tenant: (pen, x, y, r) => pen.arc(x, y, r, 0, 2 * Math.PI),
  project: (pen, x, y, r) => corners(pen, x, y, r * 1.2, 4, 0),
  profile: (pen, x, y, r) => pen.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
  session: (pen, x, y, r) => corners(pen, x, y, r * 1.25, 3, -Math.PI / 2),
  plugin: (pen, x, y, r) => corners(pen, x, y, r * 1.15, 6, 0),
  shell: (pen, x, y, r) => corners(pen, x, y, r * 1.25, 3, Math.PI / 2),
};

function corners(pen, x, y, r, count, turn) {
  for (let corner = 0; corner < count; corner += 1) {
    const angle = turn + (corner * 2 * Math.PI) / count;
    pen[corner ? "lineTo" : "moveTo"](x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
  pen.closePath();
}

/** One event. */
function drawMark(pen, one, x, y, isFaint) {
  pen.globalAlpha = isFaint ? 0.22 : 1;
  if (one.isBad) {
    drawCross(pen, x, y, 4.5);
  } else {
    pen.fillStyle = colours[one.family] || colours.project;
    pen.beginPath();
    (OUTLINES[one.family] || OUTLINES.project)(pen, x, y, 4.6);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

/** What failed. */
function drawCross(pen, x, y, r) {
  pen.strokeStyle = colours.bad;
  pen.lineWidth = 2.4;
  pen.beginPath();
  pen.moveTo(x - r, y - r);
  pen.lineTo(x + r, y + r);
  pen.moveTo(x + r, y - r);
  pen.lineTo(x - r, y + r);
  pen.stroke();
}

/** A ring around what the search finds, and around the moment's event. */
function drawRing(pen, x, y, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x, y, 8, 0, 2 * Math.PI);
  pen.stroke();
}

/** Puts events that would lie on each other together: first and last pixel, and the events. */
function stacked(list, x) {
  const stacks = [];
  let last = null;
  for (const one of list) {
    const at = x(valueOf(one));
    if (last && at - last.from < STACK_PIXELS) {
      last.events.push(one);
      last.to = at;
    } else {
      last = { from: at, to: at, events: [one] };
      stacks.push(last);
    }
  }
  return stacks;
}

/** Many events in one place: the more, the taller, with their number where there is room. */
function drawStack(pen, stack, y, isFaint) {
  const height = Math.min(20, 8 + 2.4 * Math.log2(stack.events.length));
  const middle = (stack.from + stack.to) / 2;
  const families = new Set(stack.events.map((one) => one.family));
  pen.globalAlpha = isFaint ? 0.22 : 1;
  pen.fillStyle = families.size === 1 ? colours[stack.events[0].family] : colours.stack;
  pen.beginPath();
  pen.roundRect(middle - 4, y + 7 - height, 8, height, 2.5);
  pen.fill();
  if (stack.events.some((one) => one.isBad)) drawCross(pen, middle, Math.max(4 + y - LANE.marks, y + 3 - height), 3);
  pen.globalAlpha = 1;
}
