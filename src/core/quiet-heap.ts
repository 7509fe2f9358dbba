import {setFlagsFromString} from 'node:v8';
import {callLater} from './later.js';

/** A run that is over by then has not come to where V8 would tidy up. */
const AFTER_MS = 1000;

/**
 * Keeps V8 from going through its whole heap twice when little has happened for eight seconds (its memory reducer, up to
 * Node 22): that takes as long as watching an idle tree for ten seconds, and gives 2 MB back. Without incremental
 * marking the reducer does not begin; what has to be collected as the heap grows is collected in one go.
 * @returns puts everything back: V8 keeps compiled code only for the flags it was made under (bin/start.cjs)
 */
export function keepHeapQuiet(): () => void {
  let isQuiet = false;
  const cancel = callLater(AFTER_MS, () => {
    isQuiet = true;
    setFlagsFromString('--no-incremental-marking');
  });
  return () => {
    cancel();
    if (isQuiet) setFlagsFromString('--incremental-marking');
  };
}
