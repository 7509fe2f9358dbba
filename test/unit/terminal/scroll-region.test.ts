import {describe, expect, test} from 'vitest';
import {
  drawTable,
  eraseBelow,
  eraseFromCursor,
  eraseTable,
  releaseRegion,
} from '../../../src/core/terminal/scroll-region.js';

/** Readable: `^` for escape, `<SI>` and `<CR>` for the control characters. */
function shown(text: string): string {
  return text.replaceAll('\u001b', '^').replaceAll('\u000f', '<SI>').replaceAll('\r', '<CR>');
}

describe('drawTable', () => {
  test('makes room, paints from the lowest row up, and lets the rows above scroll', () => {
    expect(shown(drawTable({rows: 24, lines: ['one', 'two'], makeRoom: true}))).toBe(
      '^7^[r^8^D^D^[2A^7^(B<SI>^[0m^[?6l^[999;1H^[1Aone^[0m^[K^[B<CR>two^[0m^[K^[1;22r^8',
    );
  });

  test('moves nothing for a program that places the cursor itself', () => {
    expect(shown(drawTable({rows: 10, lines: ['one'], makeRoom: false}))).toBe(
      '^7^[r^8^7^(B<SI>^[0m^[?6l^[999;1Hone^[0m^[K^[1;9r^8',
    );
  });

  test('never holds a line feed, which would scroll the table', () => {
    expect(drawTable({rows: 10, lines: ['one', 'two', 'three'], makeRoom: true})).not.toContain('\n');
  });
});

test('eraseTable erases the lowest rows when the cursor is above them', () => {
  expect(shown(eraseTable(3))).toBe('^7^[r^8^D^D^D^[3A^7^(B<SI>^[0m^[?6l^[999;1H^[2A^[J^8');
  expect(shown(eraseTable(1))).toBe('^7^[r^8^D^[1A^7^(B<SI>^[0m^[?6l^[999;1H^[J^8');
});

test('eraseBelow erases from the next row on, and makes one', () => {
  expect(shown(eraseBelow())).toBe('^7^[r^8^D^[1A^7^(B<SI>^[0m^[B<CR>^[J^8');
});

test('the guard can be told how to erase: no line break, no space at the ends', () => {
  expect(eraseBelow()).not.toMatch(/^\s|\s$|\n/);
});

test('releaseRegion keeps the cursor', () => {
  expect(shown(releaseRegion())).toBe('^7^[r^8');
});

test('eraseFromCursor', () => {
  expect(shown(eraseFromCursor())).toBe('^[J');
});
