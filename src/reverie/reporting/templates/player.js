// One trial: its movies, rasters and traces move together.

class Player {
  constructor(article) {
    this.article = article;
    this.data = JSON.parse(article.querySelector("script.data").textContent);
    this.scrubber = article.querySelector("input[type=range]");
    this.timeline = article.querySelector(".timeline");
    this.probe = article.querySelector(".probe");
    this.hint = this.probe.textContent;
    this.time = article.querySelector(".readout .time");
    this.number = article.querySelector(".readout .frame-number");
    this.playButton = article.querySelector("[data-do=play]");
    this.frame = 0;
    this.speed = 1;
    this.playing = false;
    this.inView = true;
    this.life = new AbortController();
  }

  /** Decode the movies, then listen; a player that was closed meanwhile stays silent. */
  async open() {
    const { frames, height, width, movies, rasters } = this.data;
    const decode = async (sheets, size) =>
      Object.fromEntries(
        await Promise.all(Object.entries(sheets).map(async ([name, value]) => [name, await greyLevels(...size(value))])),
      );
    this.movies = await decode(movies, (address) => [address, frames * height * width]);
    this.levels = await decode(rasters, ({ sheet, rows }) => [sheet, rows * frames]);
    if (this.life.signal.aborted) return;
    const canvases = (name) => [...this.article.querySelectorAll(`canvas[data-${name}]`)];
    this.screens = canvases("screen").map((canvas) => [canvas, new Sheet(canvas)]);
    this.rasters = canvases("raster").map((canvas) => [canvas, new Sheet(canvas)]);
    this.readSpeed();
    this.readSwitches();
    this.recolour();
    this.listen();
    this.article.dataset.ready = "";
  }

  /** Stop and give the memory back. */
  close() {
    this.pause();
    this.life.abort();
    this.watcher?.disconnect();
    this.movies = this.levels = this.screens = this.rasters = null;
    delete this.article.dataset.ready;
  }

  listen() {
    const { signal } = this.life;
    const on = (target, type, action) => target.addEventListener(type, action, { signal });
    on(this.scrubber, "input", () => this.show(Number(this.scrubber.value)));
    on(this.article, "click", (event) => this.press(event.target.closest("button[data-do]")?.dataset.do));
    on(this.article, "change", () => (this.readSpeed(), this.readSwitches()));
    for (const plot of this.article.querySelectorAll(".timeline .plot:not(:has(input))")) {
      const seek = (event) => event.buttons & 1 && this.seek(plot, event.clientX);
      on(plot, "pointerdown", (event) => (plot.setPointerCapture(event.pointerId), seek(event)));
      on(plot, "pointermove", seek);
    }
    for (const [canvas] of this.screens) {
      on(canvas.parentElement, "pointermove", (event) => this.point(canvas, event));
      on(canvas.parentElement, "pointerleave", () => this.point(null));
    }
    this.watcher = new IntersectionObserver(([entry]) => (this.inView = entry.isIntersecting));
    this.watcher.observe(this.article.querySelector(".player"));
  }

  /** Show one frame everywhere; numbers beyond the ends stop at them. */
  show(frame) {
    const { frames, rate } = this.data;
    this.frame = Math.max(0, Math.min(frames - 1, Math.round(frame)));
    this.paint();
    const seconds = (this.frame / rate).toFixed(2);
    this.time.textContent = seconds;
    this.number.textContent = `frame ${this.frame + 1} of ${frames}`;
    this.scrubber.value = this.frame;
    this.scrubber.setAttribute("aria-valuetext", `${seconds} seconds, frame ${this.frame + 1} of ${frames}`);
    this.timeline.style.setProperty("--at", (this.frame + 0.5) / frames);
    if (this.pointed) this.readPixel();
  }

  paint() {
    const from = this.frame * this.data.height * this.data.width;
    const { truth, reconstruction, std } = this.movies;
    const draw = {
      truth: (sheet) => sheet.grey(truth, from),
      reconstruction: (sheet) => sheet.grey(reconstruction, from),
      error: (sheet) => sheet.difference(reconstruction, truth, from, this.data.errorTop, this.over, this.under),
      std: (sheet) => sheet.ink(std, from, this.inkColour),
    };
    for (const [canvas, sheet] of this.screens) draw[canvas.dataset.screen](sheet);
  }

  /** Take the colours of the scheme in use. */
  recolour() {
    const error = this.article.querySelector("canvas.error");
    if (error) {
      const legend = error.closest("figure");
      this.over = colourOf(legend.querySelector(".over"));
      this.under = colourOf(legend.querySelector(".under"));
    }
    this.inkColour = colourOf(this.timeline);
    for (const [canvas, sheet] of this.rasters) {
      sheet.ink(this.levels[canvas.dataset.raster], 0, this.inkColour);
    }
    this.show(this.frame);
  }

  play() {
    if (this.playing) return;
    this.playing = true;
    this.label();
    let last = performance.now();
    let owed = 0;
    const tick = (now) => {
      if (!this.playing) return;
      owed += ((now - last) / 1000) * this.data.rate * this.speed;
      last = now;
      const whole = Math.floor(owed);
      owed -= whole;
      if (whole && this.inView) this.show((this.frame + whole) % this.data.frames);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  pause() {
    this.playing = false;
    this.label();
  }

  label() {
    this.playButton.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.playButton.classList.toggle("playing", this.playing);
  }

  toggle() {
    this.playing ? this.pause() : this.play();
  }

  step(frames) {
    this.pause();
    this.show(this.frame + frames);
  }

  press(what) {
    if (what === "play") this.toggle();
    if (what === "back") this.step(-1);
    if (what === "forward") this.step(1);
  }

  seek(plot, x) {
    const box = plot.getBoundingClientRect();
    this.show(Math.floor(((x - box.left) / box.width) * this.data.frames));
  }

  /** Remember the pixel pointed at, or none. */
  point(canvas, event) {
    this.pointed = null;
    if (canvas) {
      const box = canvas.getBoundingClientRect();
      const across = Math.floor(((event.clientX - box.left) / box.width) * canvas.width);
      const down = Math.floor(((event.clientY - box.top) / box.height) * canvas.height);
      this.pointed = [Math.min(across, canvas.width - 1), Math.min(down, canvas.height - 1)];
    }
    this.readPixel();
  }

  readPixel() {
    if (!this.pointed) return void (this.probe.textContent = this.hint);
    const [across, down] = this.pointed;
    const { height, width } = this.data;
    const at = (this.frame * height + down) * width + across;
    const { truth, reconstruction } = this.movies;
    const found = reconstruction[at];
    const values = truth
      ? `truth ${truth[at]}, reconstruction ${found}, error ${found - truth[at]}`.replace("-", "−")
      : `reconstruction ${found}`;
    this.probe.textContent = `Row ${down}, column ${across}: ${values}`;
  }

  readSpeed() {
    this.speed = Number(this.article.querySelector("[data-do=speed]").value);
  }

  readSwitches() {
    for (const box of this.article.querySelectorAll("[data-show]")) {
      this.article.classList.toggle(`show-${box.dataset.show}`, box.checked);
    }
  }

  /** Keys: returns whether the key meant something. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const second = Math.round(this.data.rate);
    const actions = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.step(event.shiftKey ? -second : -1),
      ArrowRight: () => this.step(event.shiftKey ? second : 1),
      Home: () => this.step(-this.data.frames),
      End: () => this.step(this.data.frames),
    };
    if (!(event.key in actions)) return false;
    actions[event.key]();
    return true;
  }
}
