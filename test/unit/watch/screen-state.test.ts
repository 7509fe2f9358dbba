import {describe, expect, it} from 'vitest';
import type {Key, KeyName} from '../../../src/core/terminal/key-reader.js';
import {FIRST_STATE, pressed, type ScreenState, type Wish} from '../../../src/core/watch/screen-state.js';

const FACTS = {page: 10, processes: 25};
const NAMES = ['up', 'down', 'page-up', 'page-down', 'home', 'end', 'escape', 'ctrl-c'] as const;

/** Presses one key after the other; words of {@link NAMES} are named keys. */
function press(words: string, facts = FACTS): {state: ScreenState; wishes: Wish[]} {
  let state = FIRST_STATE;
  const wishes: Wish[] = [];
  for (const word of words.split(' ')) {
    const named = (NAMES as readonly string[]).includes(word);
    const key: Key = named ? {kind: 'named', name: word as KeyName} : {kind: 'character', character: word};
    const next = pressed(state, key, facts);
    state = next.state;
    if (next.wish !== undefined) wishes.push(next.wish);
  }
  return {state, wishes};
}

describe('the keys of the screen', () => {
  it.each<[string, Wish[]]>([
    ['q', ['quit']],
    ['ctrl-c', ['interrupt']],
    ['k', []],
    ['k y', ['stop']],
    ['k Y', ['stop']],
    ['k n', []],
    ['k n y', []],
    ['k escape y', []],
    ['k q', []],
    ['k q q', ['quit']],
    ['k k', []],
    ['k ctrl-c', ['interrupt']],
    ['k down y', ['stop']],
    ['y x z', []],
  ])('%s: %o', (words, wishes) => {
    expect(press(words).wishes).toEqual(wishes);
  });

  it('asks before it stops anything', () => {
    expect(press('k').state.asking).toBe(true);
    expect(press('k n').state.asking).toBe(false);
    expect(press('k y').state.asking).toBe(false);
  });

  it('sorts, and begins at the top again', () => {
    expect(press('down c').state).toEqual({sort: 'cpu', scroll: 0, asking: false});
    expect(press('c m').state.sort).toBe('memory');
  });

  it.each<[string, number]>([
    ['down', 1],
    ['up', 0],
    ['page-down', 10],
    ['page-down page-down page-down', 24],
    ['end', 24],
    ['end up', 23],
    ['end home', 0],
    ['end page-up', 14],
  ])('scrolls by %s to %i', (words, scroll) => {
    expect(press(words).state.scroll).toBe(scroll);
  });

  it('has nowhere to scroll without processes', () => {
    expect(press('page-down', {page: 10, processes: 0}).state.scroll).toBe(0);
  });

  it('a message stays until the next key', () => {
    const {state} = pressed({...FIRST_STATE, message: 'stopping'}, {kind: 'named', name: 'down'}, FACTS);
    expect(state).not.toHaveProperty('message');
  });
});
