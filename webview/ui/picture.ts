import * as l10n from "@vscode/l10n";

const drawn = new Map<string, HTMLCanvasElement>();
const KEPT = 8;
/** Larger ones are drawn smaller, in CSS pixels. */
const MOST_WIDTH = 360;

/**
 * A picture drawn on a canvas: so that the page's policy need not allow images from anywhere.
 * @param key tells one picture from another; the same key gives the same canvas again
 * @param base64 a PNG, JPEG, GIF, WebP or BMP; of one that cannot be read the label says so
 */
export function pictureOf(key: string, base64: string, contentType: string, label: string): HTMLCanvasElement {
  const known = drawn.get(key);
  if (known) return known;
  const canvas = document.createElement("canvas");
  canvas.className = "picture";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  canvas.width = 0;
  canvas.height = 0;
  drawn.set(key, canvas);
  for (const oldest of drawn.keys()) if (drawn.size > KEPT) drawn.delete(oldest);
  const bytes = Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
  createImageBitmap(new Blob([bytes], { type: contentType })).then(
    (bitmap) => {
      canvas.setAttribute("aria-label", l10n.t("{0}, {1} × {2} pixels", label, bitmap.width, bitmap.height));
      canvas.title = l10n.t("{0} × {1} pixels", bitmap.width, bitmap.height);
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      canvas.style.width = `${Math.min(MOST_WIDTH, bitmap.width)}px`;
      canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    },
    () => canvas.setAttribute("aria-label", l10n.t("{0}: it cannot be drawn", label)),
  );
  return canvas;
}
