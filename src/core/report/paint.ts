/** Colours text, or leaves it alone. The instance `chalkStderr` of chalk is such a palette. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const asItIs = (text: string): string => text;

/** The palette without colours: not a terminal, or NO_COLOR is set. */
export const PLAIN_PAINT: Paint = {bold: asItIs, dim: asItIs, green: asItIs, red: asItIs, yellow: asItIs};
