// The page of a plan: computes what reverie.planning.design computes, from the same numbers.

const main = document.querySelector("[data-plan]");
const bands = JSON.parse(main.dataset.plan);
const sliders = [...document.querySelectorAll("input[type=range]")];
const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const sum = (values) => values.reduce((total, value) => total + value, 0);

const whole = new Set(["neurons", "animals"]);

/** The value of a slider: logarithmic, three figures, counts whole. */
function valueOf(slider) {
  const [low, high] = [Number(slider.dataset.low), Number(slider.dataset.high)];
  const value = Number((low * (high / low) ** (slider.value / 1000)).toPrecision(3));
  return whole.has(slider.id) ? Math.round(value) : value;
}

function set(slider, value) {
  const [low, high] = [Number(slider.dataset.low), Number(slider.dataset.high)];
  slider.value = (1000 * Math.log(value / low)) / Math.log(high / low);
}

/** Where coherence first falls below a half, on a logarithmic axis. */
function crossing(places, values) {
  const place = values.findIndex((value) => !(value >= 0.5));
  if (place < 0) return Infinity;
  if (place === 0) return NaN;
  const share = (values[place - 1] - 0.5) / (values[place - 1] - values[place]);
  return Math.exp((1 - share) * Math.log(places[place - 1]) + share * Math.log(places[place]));
}

/** Coherence along an axis, of the bands that are pooled. */
function along(axis, found, pooled) {
  const sums = new Map();
  axis.forEach((at, band) => {
    if (!pooled(band)) return;
    const key = at.toFixed(4);
    const held = sums.get(key) ?? [0, 0];
    const variance = bands.share[band] * bands.power[band];
    sums.set(key, [held[0] + variance * found[band], held[1] + variance]);
  });
  const keys = [...sums.keys()].sort((one, other) => one - other);
  return [keys.map((key) => Math.max(Number(key), 1e-4)), keys.map((key) => sums.get(key)[0] / sums.get(key)[1])];
}

/** Linear variance of one neuron's drive over that of its noise, at each band's temporal frequency. */
const driven = bands.hertz.map((hertz) => {
  const together = bands.share.flatMap((share, band) => (Math.abs(bands.hertz[band] - hertz) < 1e-4 ? [[share, band]] : []));
  const drive = sum(together.map(([share, band]) => share * bands.power[band] * bands.information[band]));
  return drive / sum(together.map(([share]) => share)) / bands.degrees ** 2;
});

function predict(design) {
  const density = (design.animals * design.neurons) / ((Math.PI / 4) * design.field ** 2);
  const known = design.minutes / (design.minutes + bands.learning_minutes);
  const found = bands.power.map((power, band) => {
    const seen = sinc(bands.hertz[band] / design.scan_rate) ** 2;
    const noise = design.noise + bands.nonlinear_noise * driven[band] * seen;
    const signalToNoise = (power * bands.information[band] * density * known * seen) / noise;
    return signalToNoise / (1 + signalToNoise);
  });
  const counted = bands.power.map((power, band) => {
    const flat = Math.exp(-((Math.PI * design.field * bands.cycles[band]) ** 2) / 4);
    return bands.share[band] * power * (1 - flat * sinc(bands.hertz[band] * bands.seconds) ** 2);
  });
  const kept = sum(counted.map((variance, band) => variance * found[band])) + bands.picture;
  const space = along(bands.cycles, found, (band) => bands.hertz[band] <= bands.slow);
  const time = along(bands.hertz, found, (band) => bands.cycles[band] <= bands.coarse);
  return {
    video_correlation: Math.sqrt(kept / (sum(counted) + bands.picture)),
    cycles_per_degree: crossing(...space),
    hertz: crossing(...time),
    curve: space,
  };
}

const words = (value) => (value === Infinity ? "finer than movies hold" : Number.isNaN(value) ? "none" : value.toPrecision(3));

function draw([places, values]) {
  const ends = [places[1], places.at(-1)].map(Math.log);
  const x = (at) => 40 + (550 * (Math.log(at) - ends[0])) / (ends[1] - ends[0]);
  document
    .querySelector("[data-curve]")
    .setAttribute("points", places.slice(1).map((at, number) => `${x(at)},${190 - 180 * values[number + 1]}`).join(" "));
  const ticks = [0.005, 0.01, 0.02, 0.05, 0.1].filter((at) => at > places[1] && at < places.at(-1));
  document.querySelector("[data-ticks]").innerHTML = ticks.map((at) => `<text x="${x(at) - 10}" y="199">${at}</text>`).join("");
}

function show() {
  const design = Object.fromEntries(sliders.map((slider) => [slider.id, valueOf(slider)]));
  for (const [name, value] of Object.entries(design)) document.querySelector(`[data-shown=${name}]`).textContent = value;
  const outlook = predict(design);
  for (const name of ["video_correlation", "cycles_per_degree", "hertz"])
    document.querySelector(`[data-out=${name}]`).textContent = words(outlook[name]);
  draw(outlook.curve);
  main.dataset.ready = "";
}

for (const slider of sliders) {
  set(slider, Number(slider.dataset.value));
  slider.addEventListener("input", show);
}
show();
