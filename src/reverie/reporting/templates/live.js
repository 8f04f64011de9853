// The live page: pictures come as server-sent events and are drawn as they come.

const page = document.querySelector("[data-live]");
const part = (name) => page.querySelector(`[data-${name}]`);
const contexts = { picture: part("picture").getContext("2d"), std: part("std").getContext("2d") };
const brightest = Number(page.dataset.brightest);

/** Draw grey levels (base64, row by row) so that `white` is white. */
function draw(context, encoded, white) {
  const levels = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const image = context.createImageData(context.canvas.width, context.canvas.height);
  levels.forEach((level, place) => image.data.set([0, 1, 2].map(() => (255 * level) / white).concat(255), 4 * place));
  context.putImageData(image, 0, 0);
}

const milliseconds = (seconds) => Math.round(1000 * seconds);
const events = new EventSource("frames");

events.onmessage = (event) => {
  const frame = JSON.parse(event.data);
  draw(contexts.picture, frame.picture, 255);
  draw(contexts.std, frame.std, Math.max(brightest, 1));
  part("number").textContent = frame.number;
  for (const name of ["behind", "median", "worst"]) part(name).textContent = milliseconds(frame[name]);
  part("state").textContent = "";
  page.dataset.ready = "";
};

events.addEventListener("end", () => {
  events.close();
  part("state").textContent = "The responses have ended.";
});
