import type {EndCause, RunStateName} from '../record/run-event.js';

/** How the child process itself ended. */
export interface ChildEnd {
  readonly exitCode?: number;
  readonly signal?: string;
}

export interface RunState {
  readonly name: RunStateName;
  /** 0 before the first one. */
  readonly attempt: number;
  /** Why the attempt is ending: the first cause. */
  readonly cause?: EndCause;
  /** What follows when the tree is gone. */
  readonly next: 'finish' | 'restart';
  readonly child?: ChildEnd;
  /** A SIGINT or SIGQUIT has reached limitrun in this attempt: if the child ends, that was meant. */
  readonly interrupted?: true;
  /** What came while the child was being started. */
  readonly pending: readonly RunInput[];
}

/** Everything that can happen to a run. */
export type RunInput =
  | {readonly kind: 'start'}
  | {readonly kind: 'spawned'}
  | {readonly kind: 'spawn_failed'; readonly code: string; readonly message: string}
  /** A graceful stop, a kill or a restart is wanted. */
  | {readonly kind: 'stop' | 'kill' | 'restart'; readonly cause: EndCause}
  /** Somebody else (the enforcer) is ending the tree. */
  | {readonly kind: 'ending'; readonly cause: EndCause}
  /** A signal reached limitrun; `forward`: the child has not got it yet. */
  | {readonly kind: 'signal'; readonly signal: NodeJS.Signals; readonly forward: boolean}
  | {readonly kind: 'grace_elapsed'}
  /** `again`: the restart policy wants a child that ended like this to be started again. */
  | {readonly kind: 'child_exited'; readonly child: ChildEnd; readonly again?: boolean}
  /** Nothing is left but `survivors` processes that could not be ended. */
  | {readonly kind: 'tree_gone'; readonly survivors: number}
  | {readonly kind: 'retry'; readonly delayMs: number}
  | {readonly kind: 'no_retry'}
  | {readonly kind: 'delay_elapsed'};

/** What is to be done about it. */
export type RunAction =
  | {readonly kind: 'spawn'}
  | {readonly kind: 'forward'; readonly signal: NodeJS.Signals}
  /** SIGKILL to the tree if it is still there after the grace period. */
  | {readonly kind: 'arm_grace'}
  | {readonly kind: 'stop_tree'; readonly cause: EndCause}
  | {readonly kind: 'kill_tree'; readonly cause: EndCause}
  /** Somebody else is ending the tree: wait for it. */
  | {readonly kind: 'await_tree'}
  /** End what the child has left in the background. */
  | {readonly kind: 'end_background'}
  | {readonly kind: 'consult_breaker'; readonly cause: EndCause}
  | {readonly kind: 'arm_delay'; readonly delayMs: number}
  | {readonly kind: 'cancel_delay'}
  | {readonly kind: 'finish'; readonly cause: EndCause};

export interface Transition {
  readonly state: RunState;
  readonly actions: readonly RunAction[];
}

export const IDLE: RunState = {name: 'idle', attempt: 0, next: 'finish', pending: []};

const EXITED: EndCause = {kind: 'exited'};

/** Signals that ask a program to end; the first one begins a grace period, a second one cuts it short. */
const ASKS_TO_END: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGHUP']);
/** Whoever sends one of these wants the run to end. */
export const ENDS_AT_ONCE: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT']);

/** The life of a run: what follows from an input in a state. Pure; the drawing is in ARCHITECTURE.md. */
export function transition(state: RunState, input: RunInput): Transition {
  switch (state.name) {
    case 'idle':
      return input.kind === 'start' && state.attempt === 0 ? begin(state) : unchanged(state);
    case 'starting':
      return whileStarting(state, input);
    case 'running':
      return whileRunning(state, input);
    case 'stopping':
      return whileStopping(state, input);
    case 'terminating':
      return whileTerminating(state, input);
    case 'backing-off':
      return whileBackingOff(state, input);
    case 'failed_start':
      return unchanged(state);
  }
}

function begin(state: RunState): Transition {
  return {
    state: {name: 'starting', attempt: state.attempt + 1, next: 'finish', pending: []},
    actions: [{kind: 'spawn'}],
  };
}

function whileStarting(state: RunState, input: RunInput): Transition {
  switch (input.kind) {
    case 'spawned':
      return state.pending.reduce<Transition>(
        (before, pending) => {
          const after = transition(before.state, pending);
          return {state: after.state, actions: [...before.actions, ...after.actions]};
        },
        {state: {...state, name: 'running', pending: []}, actions: []},
      );
    case 'spawn_failed':
      return finish({...state, name: 'failed_start'}, {...input});
    case 'signal':
    case 'stop':
    case 'kill':
    case 'restart':
    case 'ending':
    case 'child_exited':
      return unchanged({...state, pending: [...state.pending, input]});
    case 'start':
    case 'grace_elapsed':
    case 'tree_gone':
    case 'retry':
    case 'no_retry':
    case 'delay_elapsed':
      return unchanged(state);
  }
}

function whileRunning(state: RunState, input: RunInput): Transition {
  switch (input.kind) {
    case 'signal': {
      const forward: RunAction[] = input.forward ? [{kind: 'forward', signal: input.signal}] : [];
      if (!ASKS_TO_END.has(input.signal)) return {state: noted(state, input.signal), actions: forward};
      const cause: EndCause = {kind: 'signal', signal: input.signal};
      // A stopped child would not get to see the signal.
      const wake: RunAction = {kind: 'forward', signal: 'SIGCONT'};
      return {state: {...state, name: 'stopping', cause}, actions: [...forward, wake, {kind: 'arm_grace'}]};
    }
    case 'stop':
      return {
        state: {...state, name: 'stopping', cause: input.cause},
        actions: [{kind: 'stop_tree', cause: input.cause}],
      };
    case 'kill':
      return {
        state: {...state, name: 'terminating', cause: input.cause},
        actions: [{kind: 'kill_tree', cause: input.cause}],
      };
    case 'restart':
      return {
        state: {...state, name: 'stopping', cause: input.cause, next: 'restart'},
        actions: [{kind: 'stop_tree', cause: input.cause}],
      };
    case 'ending':
      return {state: {...state, name: 'stopping', cause: input.cause}, actions: [{kind: 'await_tree'}]};
    case 'child_exited': {
      const next = input.again === true && state.interrupted !== true ? 'restart' : 'finish';
      return {
        state: {...state, name: 'stopping', cause: EXITED, child: input.child, next},
        actions: [{kind: 'end_background'}],
      };
    }
    case 'start':
    case 'spawned':
    case 'spawn_failed':
    case 'grace_elapsed':
    case 'tree_gone':
    case 'retry':
    case 'no_retry':
    case 'delay_elapsed':
      return unchanged(state);
  }
}

function whileStopping(state: RunState, input: RunInput): Transition {
  switch (input.kind) {
    case 'signal': {
      if (cutsGraceShort(state, input.signal)) {
        const cause: EndCause = {kind: 'signal', signal: input.signal};
        return {
          state: {...state, name: 'terminating', next: 'finish'},
          actions: [{kind: 'kill_tree', cause}],
        };
      }
      return {state, actions: input.forward ? [{kind: 'forward', signal: input.signal}] : []};
    }
    case 'kill':
      return {
        state: {...state, name: 'terminating', next: nextAfter(input.cause, state)},
        actions: [{kind: 'kill_tree', cause: input.cause}],
      };
    case 'grace_elapsed':
      return {
        state: {...state, name: 'terminating'},
        actions: [{kind: 'kill_tree', cause: state.cause ?? EXITED}],
      };
    case 'child_exited':
      return {state: {...state, child: input.child}, actions: [{kind: 'end_background'}]};
    case 'tree_gone':
      return afterTree(state, input.survivors);
    case 'stop':
      return unchanged({...state, next: nextAfter(input.cause, state)});
    // The first cause stays: what comes later changes nothing.
    case 'restart':
    case 'ending':
    case 'start':
    case 'spawned':
    case 'spawn_failed':
    case 'retry':
    case 'no_retry':
    case 'delay_elapsed':
      return unchanged(state);
  }
}

function whileTerminating(state: RunState, input: RunInput): Transition {
  switch (input.kind) {
    case 'child_exited':
      return unchanged({...state, child: input.child});
    case 'tree_gone':
      return afterTree(state, input.survivors);
    case 'signal':
      return unchanged(ENDS_AT_ONCE.has(input.signal) ? {...state, next: 'finish'} : state);
    case 'stop':
    case 'kill':
      return unchanged({...state, next: nextAfter(input.cause, state)});
    case 'start':
    case 'spawned':
    case 'spawn_failed':
    case 'restart':
    case 'ending':
    case 'grace_elapsed':
    case 'retry':
    case 'no_retry':
    case 'delay_elapsed':
      return unchanged(state);
  }
}

function whileBackingOff(state: RunState, input: RunInput): Transition {
  switch (input.kind) {
    case 'retry':
      return {state, actions: [{kind: 'arm_delay', delayMs: input.delayMs}]};
    case 'no_retry':
      return finish({...state, name: 'idle'}, breakerOpened(state.cause));
    case 'delay_elapsed':
      return begin(state);
    case 'signal':
      if (!ENDS_AT_ONCE.has(input.signal)) return unchanged(state);
      return withoutDelay(state, {kind: 'signal', signal: input.signal});
    case 'stop':
    case 'kill':
      return withoutDelay(state, input.cause);
    case 'start':
    case 'spawned':
    case 'spawn_failed':
    case 'restart':
    case 'ending':
    case 'grace_elapsed':
    case 'child_exited':
    case 'tree_gone':
      return unchanged(state);
  }
}

/** The child decides what these signals mean; should it end, the restart policy no longer holds. */
function noted(state: RunState, signal: NodeJS.Signals): RunState {
  return ENDS_AT_ONCE.has(signal) ? {...state, interrupted: true} : state;
}

/** What the breaker refused to try again. */
function breakerOpened(cause: EndCause = EXITED): EndCause {
  switch (cause.kind) {
    case 'violation':
      return {kind: 'breaker_open', limitType: cause.limitType};
    case 'exited':
      return {kind: 'breaker_open'};
    case 'signal':
    case 'spawn_failed':
    case 'breaker_open':
    case 'fault':
      return cause;
  }
}

/** When a terminal closes, the kernel and the shell both send SIGHUP: the second one of these is no impatience. */
function cutsGraceShort({cause}: RunState, signal: NodeJS.Signals): boolean {
  const hangUpAgain = signal === 'SIGHUP' && cause?.kind === 'signal' && cause.signal === 'SIGHUP';
  return ENDS_AT_ONCE.has(signal) && !hangUpAgain;
}

function withoutDelay(state: RunState, cause: EndCause): Transition {
  const {child: _ended, ...rest} = state;
  const done = finish({...rest, name: 'idle'}, cause);
  return {...done, actions: [{kind: 'cancel_delay'}, ...done.actions]};
}

/** Only a violation may lead to a restart; whatever else asks for an end means it. */
function nextAfter(cause: EndCause, state: RunState): RunState['next'] {
  return cause.kind === 'violation' ? state.next : 'finish';
}

/** With a survivor there would be two trees: then there is no restart. */
function afterTree(state: RunState, survivors: number): Transition {
  const cause = state.cause ?? EXITED;
  if (state.next === 'finish' || survivors > 0) return finish({...state, name: 'idle'}, cause);
  return {state: {...state, name: 'backing-off'}, actions: [{kind: 'consult_breaker', cause}]};
}

function finish(state: RunState, cause: EndCause): Transition {
  return {state: {...state, cause}, actions: [{kind: 'finish', cause}]};
}

function unchanged(state: RunState): Transition {
  return {state, actions: []};
}
