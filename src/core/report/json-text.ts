import {PLAIN} from './printable.js';

/** To a thousandth: more digits would be noise. Whole numbers stay as they are, however large. */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Math.round(value * 1000) / 1000;
}

/** What JSON.stringify leaves as it is: DEL, C1 controls, line separators, bidi marks and other invisible characters. */
export function escaped(json: string): string {
  if (PLAIN.test(json)) return json;
  return json.replace(/[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
