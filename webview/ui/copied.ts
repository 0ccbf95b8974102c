/** How long a button says that something was copied. */
const COPIED_MS = 1500;
let copied = false;

/** Whether a button of this page says so now. */
export const wasCopied = (): boolean => copied;

/** Lets it say so for a moment. @param draw draws the page anew */
export function tellCopied(draw: () => void): void {
  copied = true;
  draw();
  setTimeout(() => {
    copied = false;
    draw();
  }, COPIED_MS);
}
