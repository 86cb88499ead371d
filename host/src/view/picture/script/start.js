// Puts it all together: fills the controls, listens to them, and draws after every change.

function fillHead() {
  const name = about.project || "this project";
  document.title = shown("History of " + name);
  byId("title").replaceChildren("History of ", el("bdi", {}, name));
  const span = events.length ? `, ${timeText(events[0].time).slice(0, 19)} to ${timeText(events[events.length - 1].time)}` : "";
  byId("about").textContent = shown(`${count(events.length, "event", "events")}${span} · ` +
    `${count(laneOfTenant.size, "tenant", "tenants")} · ${count(operations.length, "operation", "operations")}`);
  byId("bound").hidden = events.length === about.total;
  byId("bound").textContent = `Shown are ${grouped(events.length)} of the log's ${grouped(about.total)} events, positions ` +
    `${grouped(firstPosition)} to ${grouped(events.length ? events[events.length - 1].position : 0)}: --limit and filters decide how many.`;
  const made = `Written ${about.written} by ${about.program}: ${about.command}. The log's last event was ${about.total}, with hash ${about.head}. ` +
    "Times are UTC. Sealed secrets are left out. This page fetches nothing.";
  byId("foot").textContent = shown(made);
}

/** Options of a filter with how many events each has, most first. */
function fillFilter(id, all, entries) {
  const options = entries.sort((one, other) => other[2] - one[2]);
  const made = options.map(([value, text, count]) => el("option", { value }, `${text} (${count})`));
  byId(id).replaceChildren(el("option", { value: "" }, all), ...made);
}

function counted(keyOf) {
  const counts = new Map();
  for (const one of events) counts.set(keyOf(one), (counts.get(keyOf(one)) || 0) + 1);
  return [...counts].map(([key, count]) => [key, key, count]);
}

function fillFilters() {
  const tenants = drawnLanes.map((lane) => [laneKey(lane), laneName(lane, lastPosition), lane.events.length]);
  fillFilter("tenant", "all", tenants);
  fillFilter("type", "all", counted((one) => one.type));
  fillFilter("actor", "all", counted((one) => one.actor));
}

/** The controls say what is looked at. */
function showControls() {
  for (const name of ["tenant", "type", "actor"]) byId(name).value = state[name];
  if (byId("search").value !== state.q) byId("search").value = state.q;
  for (const radio of document.getElementsByName("axis")) radio.checked = radio.value === state.axis;
  const slider = byId("slider");
  slider.value = state.at;
  const one = eventAt(events, state.at);
  const what = one ? `${one.type}, ${timeText(one.time)}` : "before everything";
  const text = `after event ${grouped(state.at)} of ${grouped(lastPosition)} · ${what}`;
  byId("now").textContent = shown(text);
  slider.setAttribute("aria-valuetext", shown(text));
  byId("in").disabled = !events.length;
  byId("out").disabled = byId("fit").disabled = !state.range;
}

function draw(before) {
  const isSearched = ["tenant", "type", "actor", "q"].some((name) => state[name] !== before[name]);
  if (isSearched || state.at !== before.at) turnToMoment();
  showControls();
  drawLabels();
  drawChart();
  drawRegistry();
  drawDetails();
  drawList();
}

function listenToControls() {
  for (const name of ["tenant", "type", "actor"]) byId(name).addEventListener("change", () => change({ [name]: byId(name).value }));
  byId("search").addEventListener("input", () => change({ q: byId("search").value }));
  byId("controls").addEventListener("submit", (submit) => { submit.preventDefault(); step(1, listed()); });
  for (const radio of document.getElementsByName("axis")) {
    radio.addEventListener("change", () => change({ axis: radio.value, range: null }));
  }
  byId("reset").addEventListener("click", () => change({ tenant: "", type: "", actor: "", q: "", range: null }));
  byId("slider").addEventListener("input", () => { change({ at: Number(byId("slider").value) }); follow(); });
  byId("before").addEventListener("click", () => step(-1, listed()));
  byId("after").addEventListener("click", () => step(1, listed()));
  byId("older").addEventListener("click", () => turn(-1));
  byId("newer").addEventListener("click", () => turn(1));
  document.addEventListener("keydown", (key) => {
    if (key.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(key.target.tagName)) return;
    key.preventDefault();
    byId("search").focus();
  });
  addEventListener("hashchange", () => change(read(location.hash)));
  addEventListener("resize", drawChart);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); drawLegend(); drawChart(); });
}

function start() {
  readColours();
  fillHead();
  fillFilters();
  Object.assign(byId("slider"), { min: firstPosition, max: lastPosition });
  select();
  watchers.push(draw);
  drawLegend();
  change({ ...read(location.hash) });
  turnToMoment();
  draw(state);
  listenToControls();
  listenToChart();
  document.documentElement.dataset.drawn = "true";
}

start();
