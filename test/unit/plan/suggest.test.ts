import {describe, expect, it} from 'vitest';

import {didYouMean, editDistance, suggest} from '../../../src/core/plan/suggest.js';

describe('the distance between two words', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['max-rs', 'max-rss', 1],
    ['mxa-rss', 'max-rss', 1],
    ['ba', 'abc', 2],
  ])('from %j to %j is %d', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });
});

describe('a suggestion', () => {
  const words = ['max-rss', 'max-swap', 'name', 'io'];

  it('is the nearest word', () => {
    expect(suggest('max-rs', words)).toBe('max-rss');
    expect(suggest('nmae', words)).toBe('name');
    expect(suggest('oi', words)).toBe('io');
  });

  it('is not made when nothing is near', () => {
    expect(suggest('colour', words)).toBeUndefined();
    expect(suggest('ab', words)).toBeUndefined();
    expect(suggest('x'.repeat(100_000), words)).toBeUndefined();
  });

  it('is a phrase for the end of a message', () => {
    expect(didYouMean('--name')).toBe('; did you mean --name?');
    expect(didYouMean(undefined)).toBe('');
  });
});
