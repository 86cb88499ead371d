// Bars: an operation from its start to its end, its steps as full ticks, what was taken back as triangles, its end as a cap.

/** The last position of a bar; one that runs reaches to now. */
const barEnd = (bar) => bar.until ?? lastPosition;
const FAILED = new Set(["failed", "stuck", "abandoned"]);

/** Where a bar lies: from and to in pixels, wide enough to be seen. */
function barSpan(bar, x) {
  // On whole pixels, so that a bar as thin as a line is a sharp one.
  const from = Math.round(x(valueAt(bar.from)));
  return [from, Math.max(Math.round(x(valueAt(barEnd(bar)))), from + (FAILED.has(bar.outcome) ? 4 : 2))];
}

/** Fill and line, by how an operation ended. */
function barColours(outcome) {
  if (FAILED.has(outcome)) return [colours["bad-fill"], colours.bad];
  return outcome === "cancelled" ? [colours["undo-fill"], colours.undo] : [colours.bar, colours["bar-line"]];
}

/** One operation; what failed stands out also where a bar is a line. */
function drawBar(pen, bar, x, middle, isFaint) {
  const [from, to] = barSpan(bar, x);
  const isBad = FAILED.has(bar.outcome) || bar.outcome === "cancelled";
  const height = to - from < 8 && isBad ? LANE.bar + 6 : LANE.bar;
  const top = middle - height / 2;
  pen.globalAlpha = isFaint ? 0.25 : 1;
  const [fill, line] = barColours(bar.outcome);
  // One that is as thin as a line is drawn as a line.
  pen.fillStyle = to - from < 8 ? line : fill;
  pen.strokeStyle = line;
  pen.lineWidth = 1;
  pen.setLineDash(bar.outcome === "succeeded" ? [] : [4, 2]);
  pen.beginPath();
  pen.roundRect(from, top, to - from, height, Math.min(4, (to - from) / 2));
  pen.fill();
  if (to - from >= 8) pen.stroke();
  pen.setLineDash([]);
  if (to - from >= 24) {
    drawSteps(pen, bar, x, top, height, to);
    drawCap(pen, bar, to, middle);
  }
  pen.globalAlpha = 1;
}

/** Steps as they went on, and as they were undone. */
function drawSteps(pen, bar, x, top, height, to) {
  const place = (position) => x(valueAt(position));
  // As large as the room between two events of the operation lets them be.
  const size = Math.min(Math.max((0.8 * (to - place(bar.from))) / (4 + 4 * bar.steps.length), 2.4), 5.5);
  drawWords(pen, bar.kind || "…", place(bar.from) + 5, (bar.steps[0] ? place(bar.steps[0].began ?? bar.from) : to) - 3, top, true);
  bar.steps.forEach((step, number) => {
    const next = bar.steps[number + 1];
    if (step.began !== null) drawTick(pen, place(step.began), top, height);
    const until = next && next.began !== null ? place(next.began) : place(step.failed ?? step.undo_began ?? barEnd(bar)) - 4;
    if (step.began !== null) drawWords(pen, step.name || "", place(step.began) + 5, until - 3, top, false);
    if (step.failed !== null) drawCross(pen, place(step.failed), top + height / 2, Math.min(size, 4));
    if (step.undo_began !== null) drawUndo(pen, place(step.undo_began), top + height / 2, size, false);
    if (step.undo_finished !== null) drawUndo(pen, place(step.undo_finished), top + height / 2, size, true);
    if (step.undo_failed !== null) drawCross(pen, place(step.undo_failed), top + height / 2, Math.min(size, 4));
  });
}

function drawTick(pen, x, top, height) {
  pen.fillStyle = colours.step;
  pen.fillRect(x - 1, top, 2, height);
}

/** A triangle that points back; it is full when the step is undone. */
function drawUndo(pen, x, y, size, isDone) {
  pen.fillStyle = isDone ? colours.undo : colours["undo-fill"];
  pen.strokeStyle = colours.undo;
  pen.lineWidth = size < 4 ? 0.8 : 1.4;
  pen.beginPath();
  corners(pen, x, y, size, 3, Math.PI);
  pen.fill();
  pen.stroke();
}

/** How an operation ended: a block, a cross, a bar across, or an arrow when it has not. */
function drawCap(pen, bar, x, y) {
  const isSucceeded = bar.outcome === "succeeded";
  if (isSucceeded || bar.outcome === "cancelled") {
    pen.fillStyle = isSucceeded ? colours.step : colours.undo;
    pen.fillRect(x - 4, y - LANE.bar / 2, 4, LANE.bar);
  } else if (bar.outcome === "running") {
    pen.fillStyle = colours.step;
    pen.beginPath();
    corners(pen, x - 4, y, 6, 3, 0);
    pen.fill();
  } else {
    drawCross(pen, x, y, 4.5);
  }
}

/** Words between two pixels, shortened to fit, and none where only a letter or two would. */
function drawWords(pen, text, from, to, top, isBold) {
  const room = to - from;
  if (room < 22) return;
  pen.font = (isBold ? "600 " : "") + "11px system-ui, sans-serif";
  pen.fillStyle = colours["bar-ink"];
  let words = shown(text);
  while (words.length > 1 && pen.measureText(words).width > room) words = words.replace(/.…?$/u, "…");
  if (words.length > 2 || words === text) pen.fillText(words, from, top + 12);
}
