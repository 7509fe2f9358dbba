import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
  LONGEST_RESTART_DELAY_MS,
  RestartCircuitBreaker,
  type BreakerRules,
} from '../../../src/core/process/restart-circuit-breaker.js';

const MINUTE = 60_000;

/** What so many requests are answered, each at the moment at which the restart before it has failed. */
function delays(rules: BreakerRules, requests: number, random?: () => number): (number | undefined)[] {
  const breaker = new RestartCircuitBreaker(rules, random);
  let nowMs = 0;
  return Array.from({length: requests}, () => {
    const delay = breaker.request(nowMs);
    nowMs += delay ?? 0;
    return delay;
  });
}

describe('without a window', () => {
  test('with no restarts allowed the breaker is open from the start', () => {
    expect(delays({maxRestarts: 0, delayMs: 1000, backoffRate: 2}, 2)).toEqual([undefined, undefined]);
  });

  test('after its number of restarts the breaker opens and stays open for ever', () => {
    const breaker = new RestartCircuitBreaker({maxRestarts: 2, delayMs: 1000, backoffRate: 1});
    expect(breaker.state(0)).toBe('closed');
    expect([breaker.request(0), breaker.request(1000)]).toEqual([1000, 1000]);
    expect(breaker.state(2000)).toBe('closed');
    expect(breaker.request(2000)).toBeUndefined();
    expect(breaker.state(2000)).toBe('open');
    expect(breaker.state(Number.MAX_SAFE_INTEGER)).toBe('open');
    expect(breaker.request(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  test('each delay is longer by the back-off rate', () => {
    expect(delays({maxRestarts: 4, delayMs: 1000, backoffRate: 2}, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(delays({maxRestarts: 3, delayMs: 1000, backoffRate: 1.5}, 3)).toEqual([1000, 1500, 2250]);
  });

  test('no delay grows beyond five minutes, or beyond what the rules say', () => {
    const rules = {maxRestarts: 3, delayMs: 200_000, backoffRate: 2};
    expect(LONGEST_RESTART_DELAY_MS).toBe(300_000);
    expect(delays(rules, 3)).toEqual([200_000, 300_000, 300_000]);
    expect(delays({...rules, maxDelayMs: 250_000}, 3)).toEqual([200_000, 250_000, 250_000]);
    expect(delays({...rules, maxDelayMs: 10}, 2)).toEqual([10, 10]);
  });

  test('without a delay even the thousandth restart with back-off may start at once', () => {
    const rules = {maxRestarts: 1100, delayMs: 0, backoffRate: 2, jitter: 1};
    expect(new Set(delays(rules, 1100, () => 0.99))).toEqual(new Set([0]));
  });
});

describe('jitter', () => {
  const rules = {maxRestarts: 1, delayMs: 1000, backoffRate: 1, jitter: 0.1};

  test('makes a delay longer or shorter by up to its share', () => {
    expect(delays(rules, 1, () => 0)).toEqual([900]);
    expect(delays(rules, 1, () => 0.5)).toEqual([1000]);
    expect(delays(rules, 1, () => 0.75)).toEqual([1050]);
  });

  test('without a source of chance there is none', () => {
    expect(delays(rules, 1)).toEqual([1000]);
  });
});

describe('after a stable time', () => {
  const rules = {maxRestarts: 2, delayMs: 1000, backoffRate: 2, stableMs: MINUTE};

  test('the count and the delay begin anew', () => {
    const breaker = new RestartCircuitBreaker(rules);
    expect([breaker.request(0), breaker.request(1000)]).toEqual([1000, 2000]);
    expect(breaker.request(MINUTE + 3000, MINUTE)).toBe(1000);
    expect(breaker.request(MINUTE + 4000, 10)).toBe(2000);
    expect(breaker.request(MINUTE + 5000, MINUTE - 1)).toBeUndefined();
  });

  test('a breaker that is open stays so', () => {
    const breaker = new RestartCircuitBreaker({...rules, maxRestarts: 1});
    expect([breaker.request(0), breaker.request(1), breaker.request(2, MINUTE)]).toEqual([
      1000,
      undefined,
      undefined,
    ]);
  });
});

describe('with a window', () => {
  const rules = {maxRestarts: 2, delayMs: 0, backoffRate: 1, windowMs: MINUTE};

  test('restarts that lie longer back do not count', () => {
    const breaker = new RestartCircuitBreaker(rules);
    expect([breaker.request(0), breaker.request(30_000), breaker.request(MINUTE)]).toEqual([0, 0, 0]);
    expect(breaker.request(MINUTE + 1)).toBeUndefined();
  });

  test('Y-11 an open breaker is half-open after a window, and allows one probe', () => {
    const breaker = new RestartCircuitBreaker(rules);
    for (const nowMs of [0, 1, 2]) breaker.request(nowMs);
    expect(breaker.state(MINUTE + 1)).toBe('open');
    expect(breaker.request(MINUTE + 1)).toBeUndefined();
    expect(breaker.state(MINUTE + 2)).toBe('half-open');
    expect(breaker.request(MINUTE + 2)).toBe(0);
    expect(breaker.state(MINUTE + 3)).toBe('half-open');
  });

  test('a probe that fails opens it for another window', () => {
    const breaker = new RestartCircuitBreaker(rules);
    for (const nowMs of [0, 1, 2, MINUTE + 2]) breaker.request(nowMs);
    expect(breaker.request(MINUTE + 10, 8)).toBeUndefined();
    expect(breaker.state(MINUTE + 10)).toBe('open');
    expect(breaker.state(2 * MINUTE + 9)).toBe('open');
    expect(breaker.state(2 * MINUTE + 10)).toBe('half-open');
  });

  test.each([
    ['the stable time', {...rules, stableMs: 5000}, 5000],
    ['a whole window, where no stable time is set,', rules, MINUTE],
  ])('a probe that lives for %s closes it', (_, given, livedMs) => {
    const breaker = new RestartCircuitBreaker(given);
    for (const nowMs of [0, 1, 2, MINUTE + 2]) breaker.request(nowMs);
    expect(breaker.request(MINUTE + 2 + livedMs, livedMs)).toBe(0);
    expect(breaker.state(MINUTE + 2 + livedMs)).toBe('closed');
  });

  test('with no restarts allowed there is no probe either', () => {
    const breaker = new RestartCircuitBreaker({...rules, maxRestarts: 0});
    expect(breaker.request(0)).toBeUndefined();
    expect(breaker.state(10 * MINUTE)).toBe('open');
  });
});

test('a request may bring rules of its own, and restarts of every reason count', () => {
  const breaker = new RestartCircuitBreaker({maxRestarts: 2, delayMs: 10, backoffRate: 1});
  const other = {maxRestarts: 3, delayMs: 100, backoffRate: 2};
  expect(breaker.request(0)).toBe(10);
  expect(breaker.request(20, 5, other)).toBe(200);
  expect(breaker.request(300, 5, other)).toBe(400);
  expect(breaker.request(800)).toBeUndefined();
});

const anyRules = fc.record(
  {
    maxRestarts: fc.nat(8),
    delayMs: fc.nat(600_000),
    backoffRate: fc.double({min: 1, max: 1e6, noNaN: true}),
    maxDelayMs: fc.nat(600_000),
    jitter: fc.double({min: 0, max: 1, noNaN: true}),
    windowMs: fc.integer({min: 1, max: 1_000_000}),
    stableMs: fc.integer({min: 1, max: 1_000_000}),
  },
  {requiredKeys: ['maxRestarts', 'delayMs', 'backoffRate']},
);
const chance = fc.double({min: 0, max: 1, noNaN: true, maxExcluded: true});
/** How long each attempt lives, and how long it takes to end it. */
const attempts = fc.array(fc.record({livedMs: fc.nat(2_000_000), endingMs: fc.nat(10_000), chance}), {
  maxLength: 60,
});

interface Restart {
  readonly askedAtMs: number;
  readonly startsAtMs: number;
  readonly delayMs: number;
}

/** A run that goes on asking even when it is refused. */
function play(rules: BreakerRules, lives: readonly {livedMs: number; endingMs: number; chance: number}[]) {
  let luck = 0.5;
  const breaker = new RestartCircuitBreaker(rules, () => luck);
  const restarts: Restart[] = [];
  let nowMs = 0;
  for (const life of lives) {
    luck = life.chance;
    nowMs += life.livedMs + life.endingMs;
    const delayMs = breaker.request(nowMs, life.livedMs);
    if (delayMs === undefined) continue;
    restarts.push({askedAtMs: nowMs, startsAtMs: nowMs + delayMs, delayMs});
    nowMs += delayMs;
  }
  return {restarts, state: breaker.state(nowMs), breaker, nowMs};
}

describe('whatever the rules and however long attempts live', () => {
  test('no window holds more restarts than allowed while no attempt was stable', () => {
    fc.assert(
      fc.property(anyRules, fc.integer({min: 1, max: 1_000_000}), attempts, (given, windowMs, lives) => {
        const {stableMs: _never, ...rules} = given;
        // Without a stable time a probe that lives for a window counts as a success: keep lives shorter.
        const short = lives.map((life) => ({...life, livedMs: life.livedMs % windowMs}));
        const {restarts} = play({...rules, windowMs}, short);
        for (const {startsAtMs} of restarts) {
          const within = restarts.filter(
            (other) => other.startsAtMs <= startsAtMs && other.startsAtMs > startsAtMs - windowMs,
          );
          expect(within.length).toBeLessThanOrEqual(rules.maxRestarts);
        }
      }),
    );
  });

  test('a run without a window and without stable attempts has exactly its number of restarts', () => {
    fc.assert(
      fc.property(anyRules, attempts, ({windowMs: _, stableMs: __, ...rules}, lives) => {
        const {restarts, state} = play(rules, lives);
        expect(restarts).toHaveLength(Math.min(rules.maxRestarts, lives.length));
        expect(state).toBe(lives.length > rules.maxRestarts ? 'open' : 'closed');
      }),
    );
  });

  test('delays are numbers between 0 and the cap with its jitter', () => {
    fc.assert(
      fc.property(anyRules, attempts, (rules, lives) => {
        const cap = rules.maxDelayMs ?? LONGEST_RESTART_DELAY_MS;
        for (const {delayMs} of play(rules, lives).restarts) {
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(cap * (1 + (rules.jitter ?? 0)));
        }
      }),
    );
  });

  test('without jitter and without stable attempts delays never fall', () => {
    fc.assert(
      fc.property(anyRules, attempts, ({jitter: _, stableMs: __, windowMs: ___, ...rules}, lives) => {
        const given = play(rules, lives).restarts.map(({delayMs}) => delayMs);
        given.forEach((delay, index) => {
          expect(delay).toBeGreaterThanOrEqual(given[index - 1] ?? 0);
        });
      }),
    );
  });

  test('after a stable attempt a breaker that is not open gives the first delay again', () => {
    fc.assert(
      fc.property(anyRules, fc.integer({min: 1, max: 1e6}), attempts, (given, stableMs, lives) => {
        const {jitter: _, ...rules} = {...given, stableMs, maxRestarts: given.maxRestarts + 1};
        const {breaker, state, nowMs} = play(rules, lives);
        if (!(state === 'closed')) return;
        const first = new RestartCircuitBreaker(rules).request(0);
        expect(breaker.request(nowMs + stableMs, stableMs)).toBe(first);
      }),
    );
  });

  test('without a window an open breaker is final', () => {
    fc.assert(
      fc.property(anyRules, attempts, fc.nat(1e9), fc.nat(1e9), (given, lives, laterMs, livedMs) => {
        const {windowMs: _, ...rules} = given;
        const {breaker, state, nowMs} = play(rules, lives);
        if (!(state === 'open')) return;
        expect(breaker.request(nowMs + laterMs, livedMs)).toBeUndefined();
        expect(breaker.state(nowMs + laterMs)).toBe('open');
      }),
    );
  });

  test('a window after it opened there is one probe, and no second one beside it', () => {
    fc.assert(
      fc.property(anyRules, fc.integer({min: 1, max: 1e6}), attempts, (given, windowMs, lives) => {
        const {breaker, state, nowMs} = play({...given, windowMs}, lives);
        if (!(state === 'open' && given.maxRestarts > 0)) return;
        const delayMs = breaker.request(nowMs + windowMs);
        expect(delayMs).toBeDefined();
        expect(breaker.request(nowMs + windowMs + (delayMs ?? 0))).toBeUndefined();
      }),
    );
  });
});
