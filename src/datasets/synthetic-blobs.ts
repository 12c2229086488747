import { type Random, seededRandom } from "../random.ts";
import { type Dataset, type ImageShape, type Split, wholeSplit } from "./dataset.ts";

/**
 * For tests and demos: 8x8x1 images of one bright blob under noise, its quadrant is the class (4 classes).
 * The same seed gives the same images.
 */
export function syntheticBlobs(seed = 0, counts = { train: 1600, test: 400 }): Dataset {
  const random = seededRandom(seed);
  const train = drawSplit(counts.train, random);
  const test = drawSplit(counts.test, random);
  return { name: "synthetic", classes, image, train, test };
}

const classes = 4;
const image: ImageShape = { height: 8, width: 8, channels: 1 };
const blobRadius_px = 1.2;

function drawSplit(count: number, random: Random): Split {
  const size = image.height * image.width;
  const labels = Uint8Array.from({ length: count }, (_, example) => example % classes);
  const pixels = new Uint8Array(count * size);
  for (const [example, label] of labels.entries()) {
    pixels.set(drawBlob(label, random), example * size);
  }
  return wholeSplit({ image, normalisation: { mean: [0.25], deviation: [0.2] }, labels, pixels });
}

function drawBlob(label: number, random: Random): Uint8Array {
  const centreRow = (label < 2 ? 1.5 : 5.5) + 0.6 * random.normal();
  const centreColumn = (label % 2 === 0 ? 1.5 : 5.5) + 0.6 * random.normal();
  const brightness = 0.4 + 0.4 * random.uniform();
  return Uint8Array.from({ length: image.height * image.width }, (_, index) => {
    const down = Math.floor(index / image.width) - centreRow;
    const right = (index % image.width) - centreColumn;
    const blob = brightness * Math.exp(-(down ** 2 + right ** 2) / (2 * blobRadius_px ** 2));
    const level = 0.2 + blob + 0.15 * random.normal();
    return Math.round(255 * Math.min(1, Math.max(0, level)));
  });
}
