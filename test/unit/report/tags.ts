import {Chalk} from 'chalk';
import type {Paint} from '../../../src/core/report/paint.js';

const tag =
  (name: string) =>
  (text: string): string =>
    `<${name}>${text}</${name}>`;

/** Makes colours visible. */
export const TAGS: Paint = {
  bold: tag('bold'),
  dim: tag('dim'),
  green: tag('green'),
  red: tag('red'),
  yellow: tag('yellow'),
};

/** Real colours, for tables that measure what is painted; {@link tagged} makes them visible. */
export const CODES: Paint = new Chalk({level: 1});

const NAMES: Readonly<Partial<Record<string, string>>> = {
  '1': '<bold>',
  '2': '<dim>',
  '31': '<red>',
  '32': '<green>',
  '33': '<yellow>',
  '22': '</>',
  '39': '</>',
};

export function tagged(text: string): string {
  // eslint-disable-next-line no-control-regex -- the codes of the colours
  return text.replace(/\u001b\[(\d+)m/g, (code, number: string) => NAMES[number] ?? code);
}
