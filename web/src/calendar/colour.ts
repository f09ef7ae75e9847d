// The colours of calendars, and what can be read on them.

/** What is proposed; each is told from the others also by who sees few colours, and bears white text. */
export const PALETTE = ['#1d4ed8', '#b3261e', '#15703a', '#8a4b00', '#7a28a8', '#0b6e7d', '#a3195b', '#55617a', '#4c5d00', '#3b2fa3'] as const;
export const STANDARD = PALETTE[0];

const known = new Map<string, string>();

/** `#rrggbb` for whatever is written for a colour. */
export function hex(colour: string | null | undefined): string {
  if (!colour) return STANDARD;
  if (/^#[0-9a-f]{6}$/i.test(colour)) return colour.toLowerCase();
  let made = known.get(colour);
  if (!made) {
    const context = document.createElement('canvas').getContext('2d');
    if (!context) return STANDARD;
    context.fillStyle = STANDARD;
    context.fillStyle = colour;
    made = String(context.fillStyle).slice(0, 7);
    known.set(colour, made);
  }
  return made;
}

/** Relative luminance (WCAG 2.2, definition of contrast). */
function luminance(colour: string): number {
  const parts = (/^#(..)(..)(..)/.exec(colour) ?? []).slice(1).map((part) => {
    const value = parseInt(part, 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return (parts[0] ?? 0) * 0.2126 + (parts[1] ?? 0) * 0.7152 + (parts[2] ?? 0) * 0.0722;
}

/** White or nearly black: what stands out more. */
export function textOn(colour: string): string {
  const light = luminance(hex(colour));
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.055 ? '#ffffff' : '#111111';
}
