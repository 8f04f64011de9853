// Lossless grey pictures out of the page and pixels onto canvases.

/** The grey levels of a picture in reading order; `count` drops what is only padding. */
async function greyLevels(address, count) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const levels = new Uint8Array(count);
  for (let place = 0; place < count; place++) levels[place] = pixels[4 * place];
  return levels;
}

/** The colour a piece of the page is written in, as [red, green, blue]. */
function colourOf(element) {
  return getComputedStyle(element).color.match(/[\d.]+/g).slice(0, 3).map(Number);
}

/** A canvas that is painted pixel by pixel. */
class Sheet {
  constructor(canvas) {
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.image = this.context.createImageData(canvas.width, canvas.height);
  }

  /** Grey levels as they are. */
  grey(levels, from) {
    const { data } = this.image;
    for (let at = 0; at < data.length; at += 4) {
      data[at] = data[at + 1] = data[at + 2] = levels[from + at / 4];
      data[at + 3] = 255;
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** Levels as ink on the page: 0 leaves it blank, 255 covers it. */
  ink(levels, from, [red, green, blue]) {
    const { data } = this.image;
    for (let at = 0; at < data.length; at += 4) {
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
      data[at + 3] = levels[from + at / 4];
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** The difference of two movies: one colour where it is above zero, another below, blank where they agree. */
  difference(found, truth, from, top, over, under) {
    const { data } = this.image;
    for (let at = 0; at < data.length; at += 4) {
      const difference = found[from + at / 4] - truth[from + at / 4];
      const [red, green, blue] = difference > 0 ? over : under;
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
      data[at + 3] = Math.round((Math.min(Math.abs(difference), top) / top) * 255);
    }
    this.context.putImageData(this.image, 0, 0);
  }
}
