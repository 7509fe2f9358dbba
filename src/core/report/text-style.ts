import {PLAIN_PAINT, type Paint} from './paint.js';

/** What a terminal can show. */
export interface TextStyle {
  readonly paint: Paint;
  /** Bars and sparklines of block characters; otherwise of ASCII. */
  readonly unicode: boolean;
}

export const PLAIN_STYLE: TextStyle = {paint: PLAIN_PAINT, unicode: false};
