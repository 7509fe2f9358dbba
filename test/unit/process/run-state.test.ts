import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {EndCause, RunStateName} from '../../../src/core/record/run-event.js';
import {
  IDLE,
  transition,
  type RunAction,
  type RunInput,
  type RunState,
} from '../../../src/core/process/run-state.js';

const MEMORY: EndCause = {kind: 'violation', limitType: 'max_rss'};
const LATER: EndCause = {kind: 'violation', limitType: 'timeout'};
const FAULT: EndCause = {kind: 'fault', message: 'x'};
const CHILD = {exitCode: 3};

const signal = (name: NodeJS.Signals, forward = true): RunInput => ({kind: 'signal', signal: name, forward});

const INPUTS = {
  start: {kind: 'start'},
  spawned: {kind: 'spawned'},
  spawn_failed: {kind: 'spawn_failed', code: 'ENOENT', message: 'command not found: x'},
  stop: {kind: 'stop', cause: LATER},
  kill: {kind: 'kill', cause: LATER},
  'stop for a fault': {kind: 'stop', cause: FAULT},
  'kill for a fault': {kind: 'kill', cause: FAULT},
  restart: {kind: 'restart', cause: LATER},
  ending: {kind: 'ending', cause: LATER},
  SIGTERM: signal('SIGTERM'),
  SIGHUP: signal('SIGHUP'),
  SIGINT: signal('SIGINT'),
  SIGQUIT: signal('SIGQUIT'),
  SIGUSR1: signal('SIGUSR1'),
  'SIGINT of the terminal': signal('SIGINT', false),
  'SIGHUP of the terminal': signal('SIGHUP', false),
  grace_elapsed: {kind: 'grace_elapsed'},
  child_exited: {kind: 'child_exited', child: CHILD},
  'child_exited, to be started again': {kind: 'child_exited', child: CHILD, again: true},
  tree_gone: {kind: 'tree_gone', survivors: 0},
  'tree_gone but for a survivor': {kind: 'tree_gone', survivors: 1},
  retry: {kind: 'retry', delayMs: 700},
  no_retry: {kind: 'no_retry'},
  delay_elapsed: {kind: 'delay_elapsed'},
} as const satisfies Record<string, RunInput>;

type InputName = keyof typeof INPUTS;

/** What was not given stays as it was. */
function at(name: RunStateName, more: Partial<RunState> = {}): RunState {
  return {name, attempt: 1, next: 'finish', pending: [], ...more};
}

const STATES = {
  'nothing was started': IDLE,
  'the run is over': at('idle', {cause: MEMORY, child: CHILD}),
  'the child is being started': at('starting'),
  'the child runs': at('running'),
  'the child runs and has been interrupted': at('running', {interrupted: true}),
  'the tree of a child that ended by itself is being ended for a restart': at('stopping', {
    cause: {kind: 'exited'},
    next: 'restart',
    child: CHILD,
  }),
  'the next attempt is awaited after the child ended by itself': at('backing-off', {
    cause: {kind: 'exited'},
    next: 'restart',
    child: CHILD,
  }),
  'the tree is being stopped': at('stopping', {cause: MEMORY}),
  'the tree is being stopped for a restart': at('stopping', {cause: MEMORY, next: 'restart'}),
  'the terminal has closed and the child is given time': at('stopping', {
    cause: {kind: 'signal', signal: 'SIGHUP'},
  }),
  'the tree is being killed': at('terminating', {cause: MEMORY}),
  'the tree is being killed for a restart': at('terminating', {cause: MEMORY, next: 'restart'}),
  'the next attempt is awaited': at('backing-off', {cause: MEMORY, next: 'restart', child: CHILD}),
  'the start has failed': at('failed_start', {cause: {kind: 'spawn_failed', code: 'EACCES', message: 'x'}}),
} as const satisfies Record<string, RunState>;

type StateName = keyof typeof STATES;

interface Expected {
  /** The changes of the state. */
  readonly to?: Partial<RunState>;
  readonly without?: 'child';
  readonly actions?: readonly RunAction[];
}

const byTerm: EndCause = {kind: 'signal', signal: 'SIGTERM'};
const byHup: EndCause = {kind: 'signal', signal: 'SIGHUP'};
const byInt: EndCause = {kind: 'signal', signal: 'SIGINT'};
const byQuit: EndCause = {kind: 'signal', signal: 'SIGQUIT'};
const forward = (name: NodeJS.Signals): RunAction => ({kind: 'forward', signal: name});
const kept = (name: InputName): Expected => ({to: {pending: [INPUTS[name]]}});
const finish = (cause: EndCause): RunAction => ({kind: 'finish', cause});

function cutShort(cause: EndCause): Expected {
  return {to: {name: 'terminating', next: 'finish'}, actions: [{kind: 'kill_tree', cause}]};
}

function noMoreAttempt(cause: EndCause): Expected {
  return {to: {name: 'idle', cause}, without: 'child', actions: [{kind: 'cancel_delay'}, finish(cause)]};
}

function endAfterTree(cause: EndCause): Expected {
  return {to: {name: 'idle'}, actions: [finish(cause)]};
}

const EXITED: EndCause = {kind: 'exited'};

const childEnded: Expected = {
  to: {name: 'stopping', cause: EXITED, child: CHILD},
  actions: [{kind: 'end_background'}],
};

const whileRunning: Partial<Record<InputName, Expected>> = {
  stop: {to: {name: 'stopping', cause: LATER}, actions: [{kind: 'stop_tree', cause: LATER}]},
  kill: {to: {name: 'terminating', cause: LATER}, actions: [{kind: 'kill_tree', cause: LATER}]},
  'stop for a fault': {
    to: {name: 'stopping', cause: FAULT},
    actions: [{kind: 'stop_tree', cause: FAULT}],
  },
  'kill for a fault': {
    to: {name: 'terminating', cause: FAULT},
    actions: [{kind: 'kill_tree', cause: FAULT}],
  },
  restart: {
    to: {name: 'stopping', cause: LATER, next: 'restart'},
    actions: [{kind: 'stop_tree', cause: LATER}],
  },
  ending: {to: {name: 'stopping', cause: LATER}, actions: [{kind: 'await_tree'}]},
  SIGTERM: {
    to: {name: 'stopping', cause: byTerm},
    actions: [forward('SIGTERM'), forward('SIGCONT'), {kind: 'arm_grace'}],
  },
  SIGHUP: {
    to: {name: 'stopping', cause: byHup},
    actions: [forward('SIGHUP'), forward('SIGCONT'), {kind: 'arm_grace'}],
  },
  'SIGHUP of the terminal': {
    to: {name: 'stopping', cause: byHup},
    actions: [forward('SIGCONT'), {kind: 'arm_grace'}],
  },
  SIGINT: {to: {interrupted: true}, actions: [forward('SIGINT')]},
  'SIGINT of the terminal': {to: {interrupted: true}},
  SIGQUIT: {to: {interrupted: true}, actions: [forward('SIGQUIT')]},
  SIGUSR1: {actions: [forward('SIGUSR1')]},
  child_exited: childEnded,
};

const whileStopping: Partial<Record<InputName, Expected>> = {
  kill: {to: {name: 'terminating'}, actions: [{kind: 'kill_tree', cause: LATER}]},
  // Only a violation may lead to a restart; whatever else asks for an end means it.
  'stop for a fault': {to: {next: 'finish'}},
  'kill for a fault': cutShort(FAULT),
  SIGTERM: cutShort(byTerm),
  SIGINT: cutShort(byInt),
  SIGQUIT: cutShort(byQuit),
  'SIGINT of the terminal': cutShort(byInt),
  SIGHUP: cutShort(byHup),
  'SIGHUP of the terminal': cutShort(byHup),
  SIGUSR1: {actions: [forward('SIGUSR1')]},
  grace_elapsed: {to: {name: 'terminating'}, actions: [{kind: 'kill_tree', cause: MEMORY}]},
  child_exited: {to: {child: CHILD}, actions: [{kind: 'end_background'}]},
  'child_exited, to be started again': {to: {child: CHILD}, actions: [{kind: 'end_background'}]},
};

const noRestartAfter: Expected = {to: {next: 'finish'}};
const restartAfterTree: Expected = {
  to: {name: 'backing-off'},
  actions: [{kind: 'consult_breaker', cause: MEMORY}],
};

const whileBackingOff: Partial<Record<InputName, Expected>> = {
  retry: {actions: [{kind: 'arm_delay', delayMs: 700}]},
  delay_elapsed: {
    to: {name: 'starting', attempt: 2, next: 'finish'},
    without: 'child',
    actions: [{kind: 'spawn'}],
  },
  SIGTERM: noMoreAttempt(byTerm),
  SIGHUP: noMoreAttempt(byHup),
  SIGINT: noMoreAttempt(byInt),
  SIGQUIT: noMoreAttempt(byQuit),
  'SIGINT of the terminal': noMoreAttempt(byInt),
  'SIGHUP of the terminal': noMoreAttempt(byHup),
  stop: noMoreAttempt(LATER),
  kill: noMoreAttempt(LATER),
  'stop for a fault': noMoreAttempt(FAULT),
  'kill for a fault': noMoreAttempt(FAULT),
};

/** Every pair of a state and an input that changes or does anything; all others must not. */
const TABLE: Record<StateName, Partial<Record<InputName, Expected>>> = {
  'nothing was started': {start: {to: {name: 'starting', attempt: 1}, actions: [{kind: 'spawn'}]}},
  'the run is over': {},
  'the start has failed': {},
  'the child is being started': {
    spawned: {to: {name: 'running'}},
    spawn_failed: {
      to: {name: 'failed_start', cause: INPUTS.spawn_failed},
      actions: [finish(INPUTS.spawn_failed)],
    },
    stop: kept('stop'),
    kill: kept('kill'),
    'stop for a fault': kept('stop for a fault'),
    'kill for a fault': kept('kill for a fault'),
    restart: kept('restart'),
    ending: kept('ending'),
    child_exited: kept('child_exited'),
    'child_exited, to be started again': kept('child_exited, to be started again'),
    SIGTERM: kept('SIGTERM'),
    SIGHUP: kept('SIGHUP'),
    SIGINT: kept('SIGINT'),
    SIGQUIT: kept('SIGQUIT'),
    SIGUSR1: kept('SIGUSR1'),
    'SIGINT of the terminal': kept('SIGINT of the terminal'),
    'SIGHUP of the terminal': kept('SIGHUP of the terminal'),
  },
  'the child runs': {
    ...whileRunning,
    'child_exited, to be started again': {
      to: {name: 'stopping', cause: EXITED, child: CHILD, next: 'restart'},
      actions: [{kind: 'end_background'}],
    },
  },
  // Whoever pressed Ctrl-C does not want it to come back.
  'the child runs and has been interrupted': {
    ...whileRunning,
    'child_exited, to be started again': childEnded,
  },
  'the tree of a child that ended by itself is being ended for a restart': {
    ...whileStopping,
    grace_elapsed: {to: {name: 'terminating'}, actions: [{kind: 'kill_tree', cause: EXITED}]},
    tree_gone: {to: {name: 'backing-off'}, actions: [{kind: 'consult_breaker', cause: EXITED}]},
    'tree_gone but for a survivor': {to: {name: 'idle'}, actions: [finish(EXITED)]},
  },
  'the tree is being stopped': {
    ...whileStopping,
    tree_gone: endAfterTree(MEMORY),
    'tree_gone but for a survivor': endAfterTree(MEMORY),
  },
  'the tree is being stopped for a restart': {
    ...whileStopping,
    tree_gone: restartAfterTree,
    // A restart would make two trees.
    'tree_gone but for a survivor': endAfterTree(MEMORY),
  },
  'the terminal has closed and the child is given time': {
    ...whileStopping,
    // The kernel and the shell both send it: the second one is no impatience.
    SIGHUP: {actions: [forward('SIGHUP')]},
    'SIGHUP of the terminal': {},
    grace_elapsed: {to: {name: 'terminating'}, actions: [{kind: 'kill_tree', cause: byHup}]},
    tree_gone: endAfterTree(byHup),
    'tree_gone but for a survivor': endAfterTree(byHup),
  },
  'the tree is being killed': {
    child_exited: {to: {child: CHILD}},
    'child_exited, to be started again': {to: {child: CHILD}},
    tree_gone: endAfterTree(MEMORY),
    'tree_gone but for a survivor': endAfterTree(MEMORY),
  },
  'the tree is being killed for a restart': {
    child_exited: {to: {child: CHILD}},
    'child_exited, to be started again': {to: {child: CHILD}},
    tree_gone: restartAfterTree,
    'tree_gone but for a survivor': endAfterTree(MEMORY),
    SIGTERM: noRestartAfter,
    SIGHUP: noRestartAfter,
    SIGINT: noRestartAfter,
    SIGQUIT: noRestartAfter,
    'SIGINT of the terminal': noRestartAfter,
    'SIGHUP of the terminal': noRestartAfter,
    'stop for a fault': noRestartAfter,
    'kill for a fault': noRestartAfter,
  },
  'the next attempt is awaited': {
    ...whileBackingOff,
    no_retry: {
      to: {name: 'idle', cause: {kind: 'breaker_open', limitType: 'max_rss'}},
      actions: [finish({kind: 'breaker_open', limitType: 'max_rss'})],
    },
  },
  'the next attempt is awaited after the child ended by itself': {
    ...whileBackingOff,
    no_retry: {
      to: {name: 'idle', cause: {kind: 'breaker_open'}},
      actions: [finish({kind: 'breaker_open'})],
    },
  },
};

function expectedState(before: RunState, {to, without}: Expected, input: RunInput): RunState {
  const after: RunState = {...before, ...to};
  // A new attempt knows neither how the last one ended nor why.
  if (input.kind === 'delay_elapsed' && after.name === 'starting') {
    const {child: _child, cause: _cause, ...fresh} = after;
    return fresh;
  }
  if (without === undefined) return after;
  const {child: _child, ...rest} = after;
  return rest;
}

describe.each(Object.keys(STATES) as StateName[])('when %s', (stateName) => {
  test.each(Object.keys(INPUTS) as InputName[])('the input %s is answered by the table', (inputName) => {
    const before = STATES[stateName];
    const input = INPUTS[inputName];
    const expected = TABLE[stateName][inputName] ?? {};
    expect(transition(before, input)).toEqual({
      state: expectedState(before, expected, input),
      actions: expected.actions ?? [],
    });
  });
});

/** Feeds inputs one after the other; returns the last state and all actions. */
function play(...inputs: RunInput[]): {state: RunState; actions: RunAction[]} {
  let state = IDLE;
  const actions: RunAction[] = [];
  for (const input of inputs) {
    const step = transition(state, input);
    state = step.state;
    actions.push(...step.actions);
  }
  return {state, actions};
}

test('a child that ends by itself ends the run when its tree is gone', () => {
  expect(play(INPUTS.start, INPUTS.spawned, INPUTS.child_exited, INPUTS.tree_gone)).toEqual({
    state: {name: 'idle', attempt: 1, next: 'finish', pending: [], cause: {kind: 'exited'}, child: CHILD},
    actions: [{kind: 'spawn'}, {kind: 'end_background'}, finish({kind: 'exited'})],
  });
});

test('a SIGTERM during the start reaches the child as soon as it runs', () => {
  const {state, actions} = play(INPUTS.start, INPUTS.SIGTERM, INPUTS.spawned);
  expect(state).toMatchObject({name: 'stopping', cause: byTerm, pending: []});
  expect(actions).toEqual([{kind: 'spawn'}, forward('SIGTERM'), forward('SIGCONT'), {kind: 'arm_grace'}]);
});

test('several things that came during the start are answered in their order', () => {
  const {state, actions} = play(
    INPUTS.start,
    INPUTS.SIGUSR1,
    INPUTS.stop,
    INPUTS.child_exited,
    INPUTS.spawned,
  );
  expect(state).toMatchObject({name: 'stopping', cause: LATER, child: CHILD});
  expect(actions.slice(1)).toEqual([
    forward('SIGUSR1'),
    {kind: 'stop_tree', cause: LATER},
    {kind: 'end_background'},
  ]);
});

test('the first cause of an ending stays whatever comes later', () => {
  const first: RunInput = {kind: 'stop', cause: MEMORY};
  const {state, actions} = play(
    INPUTS.start,
    INPUTS.spawned,
    first,
    INPUTS.kill,
    INPUTS.SIGTERM,
    INPUTS.child_exited,
    INPUTS.tree_gone,
  );
  expect(state.cause).toEqual(MEMORY);
  expect(actions.at(-1)).toEqual(finish(MEMORY));
});

test('a run that did not end for a limit says so when no further attempt is allowed', () => {
  const fault: EndCause = {kind: 'fault', message: 'x'};
  expect(transition(at('backing-off', {cause: fault}), INPUTS.no_retry).actions).toEqual([finish(fault)]);
  expect(transition(at('backing-off'), INPUTS.no_retry).actions).toEqual([finish({kind: 'breaker_open'})]);
});

test('a child that asks for another attempt after Ctrl-C does not get one', () => {
  const {state, actions} = play(
    INPUTS.start,
    INPUTS.spawned,
    INPUTS['SIGINT of the terminal'],
    INPUTS['child_exited, to be started again'],
    INPUTS.tree_gone,
  );
  expect(state).toMatchObject({name: 'idle', cause: EXITED});
  expect(actions.at(-1)).toEqual(finish(EXITED));
});

test('a Ctrl-C of an attempt is forgotten in the next one', () => {
  const {state} = play(
    INPUTS.start,
    INPUTS.spawned,
    INPUTS.SIGINT,
    INPUTS.restart,
    INPUTS.tree_gone,
    INPUTS.retry,
    INPUTS.delay_elapsed,
  );
  expect(state).toEqual({name: 'starting', attempt: 2, next: 'finish', pending: []});
});

test('a tree whose cause is unknown has exited', () => {
  expect(transition(at('stopping'), INPUTS.tree_gone).actions).toEqual([finish({kind: 'exited'})]);
  expect(transition(at('stopping'), INPUTS.grace_elapsed).actions).toEqual([
    {kind: 'kill_tree', cause: {kind: 'exited'}},
  ]);
});

test('a terminal that closes while the tree is being stopped for a restart leaves no further attempt', () => {
  const {state} = transition(STATES['the tree is being stopped for a restart'], INPUTS.SIGHUP);
  expect(state.next).toBe('finish');
});

test.each(['stop for a fault', 'kill for a fault'] as const)(
  'a %s while the tree is being stopped for a restart leaves no further attempt, and the first cause stays',
  (name) => {
    const stopped = transition(STATES['the tree is being stopped for a restart'], INPUTS[name]).state;
    expect(transition(stopped, INPUTS.tree_gone)).toMatchObject({
      state: {name: 'idle'},
      actions: [finish(MEMORY)],
    });
  },
);

/** A world that answers as the real one does: what can happen depends on what was asked for. */
class World {
  readonly actions: RunAction[] = [];
  state: RunState = IDLE;
  finished = false;
  #spawning = false;
  #treeAlive = false;
  #asked = false;
  #delays = 0;

  /** The inputs that can come now. */
  possible(): RunInput[] {
    const always = [
      INPUTS.start,
      INPUTS.stop,
      INPUTS.kill,
      INPUTS.restart,
      INPUTS.ending,
      INPUTS.grace_elapsed,
    ];
    const signals = [INPUTS.SIGTERM, INPUTS.SIGHUP, INPUTS.SIGINT, INPUTS.SIGUSR1];
    return [
      ...always,
      ...signals,
      ...(this.#spawning ? [INPUTS.spawned, INPUTS.spawned, INPUTS.spawn_failed] : []),
      ...(this.#treeAlive
        ? [
            INPUTS.child_exited,
            INPUTS['child_exited, to be started again'],
            INPUTS.tree_gone,
            INPUTS.tree_gone,
          ]
        : []),
      ...(this.#asked ? [INPUTS.retry, INPUTS.retry, INPUTS.no_retry] : []),
      ...(this.#delays > 0 ? [INPUTS.delay_elapsed, INPUTS.delay_elapsed] : []),
    ];
  }

  input(input: RunInput): void {
    if (input.kind === 'spawned') this.#treeAlive = true;
    if (input.kind === 'spawned' || input.kind === 'spawn_failed') this.#spawning = false;
    if (input.kind === 'retry' || input.kind === 'no_retry') this.#asked = false;
    if (input.kind === 'delay_elapsed') this.#delays -= 1;
    // The tree is only gone, for limitrun, once it was being ended.
    if (input.kind === 'tree_gone' && ['stopping', 'terminating'].includes(this.state.name))
      this.#treeAlive = false;
    const {state, actions} = transition(this.state, input);
    this.state = state;
    for (const action of actions) this.#check(action);
  }

  #check(action: RunAction): void {
    expect(this.finished, `${action.kind} after the finish`).toBe(false);
    this.actions.push(action);
    if (action.kind === 'spawn') {
      expect(this.#spawning || this.#treeAlive, 'two attempts at once').toBe(false);
      this.#spawning = true;
    }
    if (action.kind === 'consult_breaker') this.#asked = true;
    if (action.kind === 'arm_delay') this.#delays += 1;
    if (action.kind === 'cancel_delay') this.#delays = 0;
    expect(this.#delays, 'delays that are armed').toBeLessThanOrEqual(1);
    if (action.kind === 'finish') {
      expect(this.#treeAlive, 'the tree is alive').toBe(false);
      this.finished = true;
    }
  }
}

const NAMES: readonly RunStateName[] = [
  'idle',
  'starting',
  'running',
  'stopping',
  'terminating',
  'backing-off',
  'failed_start',
];

test('whatever happens in whatever order, attempts follow one another and nothing comes after the end', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), {maxLength: 60}), (choices) => {
      const world = new World();
      for (const choice of choices) {
        const possible = world.possible();
        const input = possible[choice % possible.length];
        if (input !== undefined) world.input(input);
        expect(NAMES).toContain(world.state.name);
      }
      const spawns = world.actions.filter(({kind}) => kind === 'spawn').length;
      expect(world.state.attempt).toBe(spawns);
    }),
    {numRuns: 1000},
  );
});

test('whatever inputs come, possible or not, the state is a known one and a finished run stays so', () => {
  const inputs = fc.array(fc.constantFrom(...(Object.values(INPUTS) as RunInput[])), {maxLength: 60});
  fc.assert(
    fc.property(inputs, (sequence) => {
      let state = IDLE;
      let finished = false;
      for (const input of sequence) {
        const step = transition(state, input);
        expect(NAMES).toContain(step.state.name);
        if (finished) expect(step).toEqual({state, actions: []});
        if (!['starting', 'failed_start'].includes(step.state.name)) expect(step.state.pending).toEqual([]);
        finished ||= step.actions.some(({kind}) => kind === 'finish');
        state = step.state;
      }
    }),
    {numRuns: 1000},
  );
});
