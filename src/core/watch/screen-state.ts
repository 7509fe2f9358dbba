import type {Key} from '../terminal/key-reader.js';

/** What the keys have made of the screen so far. */
export interface ScreenState {
  readonly sort: 'memory' | 'cpu';
  /** Lines of the process tree above the screen. */
  readonly scroll: number;
  /** Whether to stop the target is being asked. */
  readonly asking: boolean;
  /** Said in the bottom line until the next key. */
  readonly message?: string;
}

export const FIRST_STATE: ScreenState = {sort: 'memory', scroll: 0, asking: false};

/** What a key asks for besides another state. */
export type Wish = 'quit' | 'interrupt' | 'quit-signal' | 'suspend' | 'stop' | 'redraw';

/** What the keys depend on. */
export interface ScreenFacts {
  /** How many lines PageUp and PageDown go. */
  readonly page: number;
  /** Processes in the tree: scrolling ends there. */
  readonly processes: number;
}

/** What a key does. Pure. */
export function pressed(
  {message: _said, ...state}: ScreenState,
  key: Key,
  facts: ScreenFacts,
): {readonly state: ScreenState; readonly wish?: Wish} {
  if (key.kind === 'character') return typed(state, key.character);
  const scrolled = (by: number): {readonly state: ScreenState} => ({
    state: {...state, scroll: Math.max(0, Math.min(state.scroll + by, facts.processes - 1))},
  });
  switch (key.name) {
    case 'up':
      return scrolled(-1);
    case 'down':
      return scrolled(1);
    case 'page-up':
      return scrolled(-facts.page);
    case 'page-down':
      return scrolled(facts.page);
    case 'home':
      return {state: {...state, scroll: 0}};
    case 'end':
      return scrolled(facts.processes);
    case 'escape':
      return {state: {...state, asking: false}};
    case 'ctrl-c':
      return {state, wish: 'interrupt'};
    case 'ctrl-\\':
      return {state, wish: 'quit-signal'};
    case 'ctrl-z':
      return {state, wish: 'suspend'};
    case 'ctrl-l':
      return {state, wish: 'redraw'};
  }
}

/** While it asks, every character but `y` is a no. */
function typed(state: ScreenState, character: string): {readonly state: ScreenState; readonly wish?: Wish} {
  if (state.asking) {
    const answered = {...state, asking: false};
    return character.toLowerCase() === 'y' ? {state: answered, wish: 'stop'} : {state: answered};
  }
  switch (character) {
    case 'q':
      return {state, wish: 'quit'};
    case 'k':
      return {state: {...state, asking: true}};
    case 'm':
      return {state: {...state, sort: 'memory', scroll: 0}};
    case 'c':
      return {state: {...state, sort: 'cpu', scroll: 0}};
    default:
      return {state};
  }
}
