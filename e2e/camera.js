// Films for Chromium's fake camera: a specimen on a desk, seen well and badly.
import { writeFile } from "node:fs/promises";

/** Arguments for a browser whose camera shows a film. */
export const cameraArgs = (film) => ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film}`];

/**
 * Writes a film, upright as a phone holds it, in which nothing, then a far, a tilted, a blurred, a shining and at last a well held
 * document is seen, half a second each but the last, which stays for some. Frames are JPEG pictures one
 * after the other, 30 a second; the film begins anew at its end.
 */
export async function film(browser, specimen, file) {
  const page = await browser.newPage();
  try {
    const frames = await page.evaluate(async (source) => {
      const picture = new Image();
      picture.src = source;
      await picture.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: 1080, height: 1920 });
      const c = canvas.getContext("2d");
      let seed = 5;
      const random = () => (seed = (seed * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
      const desk = document.createElement("canvas");
      desk.width = canvas.width;
      desk.height = canvas.height;
      const d = desk.getContext("2d");
      d.fillStyle = "#5a4a3c";
      d.fillRect(0, 0, desk.width, desk.height);
      for (let i = 0; i < 400; i++) { // wood
        d.fillStyle = `rgb(${80 + random() * 30} ${62 + random() * 24} ${48 + random() * 20} / 40%)`;
        d.fillRect(0, random() * desk.height, desk.width, 1 + random() * 3);
      }
      const shot = async ({ scale, turn = 0, blur = 0, shine = false }) => {
        c.setTransform(1, 0, 0, 1, 0, 0);
        c.filter = "none";
        c.drawImage(desk, 0, 0);
        if (scale) {
          const width = canvas.width * scale;
          const height = (width * picture.naturalHeight) / picture.naturalWidth;
          c.translate(canvas.width / 2, canvas.height / 2);
          c.rotate(turn);
          c.filter = blur ? `blur(${blur}px)` : "none";
          c.shadowColor = "#000a";
          c.shadowBlur = 18;
          c.drawImage(picture, -width / 2, -height / 2, width, height);
          c.shadowBlur = 0;
          if (shine) {
            const light = c.createRadialGradient(0, 0, 15, 0, 0, 250);
            light.addColorStop(0.75, "#fff");
            light.addColorStop(1, "#fff0");
            c.fillStyle = light;
            c.fillRect(-width / 2, -height / 2, width, height);
          }
        }
        const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
        const bytes = new Uint8Array(await blob.arrayBuffer());
        let text = "";
        for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
        return btoa(text);
      };
      return [
        [15, await shot({ scale: 0 })], [20, await shot({ scale: 0.4 })], [20, await shot({ scale: 0.78, turn: 0.4 })],
        [20, await shot({ scale: 0.78, blur: 14 })], [20, await shot({ scale: 0.78, shine: true })], [120, await shot({ scale: 0.78 })],
      ];
    }, `data:image/jpeg;base64,${specimen.toString("base64")}`);
    await writeFile(file, Buffer.concat(frames.flatMap(([n, frame]) => Array(n).fill(Buffer.from(frame, "base64")))));
  } finally {
    await page.close();
  }
}
