/** A key by its name, or the character it types. */
export type Key =
  {readonly kind: 'named'; readonly name: KeyName} | {readonly kind: 'character'; readonly character: string};

export type KeyName =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'escape'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-z'
  | 'ctrl-\\';

/** What terminals send for the keys that mean something here (ctlseqs of xterm, PC-style function keys). */
const SEQUENCES: ReadonlyMap<string, KeyName> = new Map([
  ['\u001b[A', 'up'],
  ['\u001bOA', 'up'],
  ['\u001b[B', 'down'],
  ['\u001bOB', 'down'],
  ['\u001b[5~', 'page-up'],
  ['\u001b[6~', 'page-down'],
  ['\u001b[H', 'home'],
  ['\u001bOH', 'home'],
  ['\u001b[1~', 'home'],
  ['\u001b[F', 'end'],
  ['\u001bOF', 'end'],
  ['\u001b[4~', 'end'],
  ['\u0003', 'ctrl-c'],
  ['\u000c', 'ctrl-l'],
  ['\u001a', 'ctrl-z'],
  ['\u001c', 'ctrl-\\'],
]);

const ESCAPE = '\u001b';
/** A control sequence (ECMA-48, 5.4), or what an application cursor key sends. */
// eslint-disable-next-line no-control-regex -- keys are sent as control characters
const WHOLE = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])/;
/** The beginning of one. */
// eslint-disable-next-line no-control-regex -- as above
const BEGUN = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;
/** No key sends more; what is longer is noise. */
const LONGEST_SEQUENCE = 32;

/** Cuts what a terminal sends into keys. A sequence may arrive in pieces, and several keys at once. */
export class KeyReader {
  #pending = '';

  /** Whether a sequence has begun, or the Escape key was pressed: only time can tell. See {@link flush}. */
  get undecided(): boolean {
    return this.#pending !== '';
  }

  /** Takes what has arrived and returns the keys that are complete. */
  feed(text: string): Key[] {
    let rest = this.#pending + text;
    this.#pending = '';
    const keys: Key[] = [];
    while (rest !== '') {
      if (BEGUN.test(rest) && rest.length <= LONGEST_SEQUENCE) {
        this.#pending = rest;
        break;
      }
      const sent = WHOLE.exec(rest)?.[0] ?? firstCharacter(rest);
      rest = rest.slice(sent.length);
      keys.push(...keyOf(sent));
    }
    return keys;
  }

  /** Nothing has followed for a while: an escape that stands alone was the Escape key, half a sequence is noise. */
  flush(): Key[] {
    const pending = this.#pending;
    this.#pending = '';
    return pending === ESCAPE ? [{kind: 'named', name: 'escape'}] : [];
  }
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function keyOf(sent: string): Key[] {
  const name = sent === ESCAPE ? 'escape' : SEQUENCES.get(sent);
  if (name !== undefined) return [{kind: 'named', name}];
  // Other control characters and sequences mean nothing here.
  return sent >= ' ' && sent !== '\u007f' ? [{kind: 'character', character: sent}] : [];
}
