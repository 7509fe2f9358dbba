import type {ResourceViolation, ViolationMember} from '../limits/resource-violation.js';
import {MEMBERS_RECORDED} from './members-recorded.js';
import type {EndCause, RunEvent} from './run-event.js';

/** Bytes of the command's words, all of them together. */
const COMMAND_BYTES = 8 * 1024;
/** Bytes of the words of one member's command line. */
const ARGS_BYTES = 256;
/** Bytes of a sentence. */
const TEXT_BYTES = 2 * 1024;

const CLIPPED = '…';

/**
 * What of an event goes into a record, which must stay small whatever the run does: long texts are clipped, trees are
 * cut to the largest members, and only the beginning of a violation has its tree.
 */
export function recordable(event: RunEvent): RunEvent {
  switch (event.kind) {
    case 'run_started': {
      const command = clippedWords(event.command, COMMAND_BYTES);
      return {...event, command, ...(event.name !== undefined && {name: clipped(event.name, TEXT_BYTES)})};
    }
    case 'notice':
      return {...event, text: clipped(event.text, TEXT_BYTES)};
    case 'tree_sampled': {
      const {members, omitted} = cutTree(event.members, event.omitted);
      return {...event, members, omitted};
    }
    case 'violation_begun':
      return {...event, violation: withTreeCut(event.violation)};
    case 'violation_ended':
      return {...event, ended: {...event.ended, violation: withoutTree(event.ended.violation)}};
    case 'action_taken':
      return {
        ...event,
        text: clipped(event.text, TEXT_BYTES),
        ...(event.violation && {violation: withoutTree(event.violation)}),
      };
    case 'attempt_ended':
    case 'run_ended':
      return {...event, cause: clippedCause(event.cause)};
    case 'state_changed':
    case 'attempt_started':
    case 'usage_sampled':
    case 'checkpoint':
      return event;
  }
}

/** The violation alone; its tree is told once, where it begins. */
export function withoutTree(violation: ResourceViolation): ResourceViolation {
  const {tree: _tree, treeOmitted: _omitted, ...rest} = violation;
  return rest;
}

function withTreeCut(violation: ResourceViolation): ResourceViolation {
  const message = clipped(violation.message, TEXT_BYTES);
  if (violation.tree === undefined) return {...violation, message};
  const {members, omitted} = cutTree(violation.tree, violation.treeOmitted ?? 0);
  return {...violation, message, tree: members, ...(omitted > 0 && {treeOmitted: omitted})};
}

function cutTree(
  members: readonly ViolationMember[],
  omitted: number,
): {readonly members: readonly ViolationMember[]; readonly omitted: number} {
  const kept = members.slice(0, MEMBERS_RECORDED).map((member) => ({
    ...member,
    ...(member.args !== undefined && {args: clippedWords(member.args, ARGS_BYTES)}),
  }));
  return {members: kept, omitted: omitted + members.length - kept.length};
}

function clippedCause(cause: EndCause): EndCause {
  return 'message' in cause ? {...cause, message: clipped(cause.message, TEXT_BYTES)} : cause;
}

/** As many words as fit; the last one ends with `…` when something is missing. */
function clippedWords(words: readonly string[], mostBytes: number): readonly string[] {
  let left = mostBytes;
  for (const [index, word] of words.entries()) {
    const bytes = Buffer.byteLength(word);
    if (bytes > left) return [...words.slice(0, index), clipped(word, left)];
    left -= bytes;
    // Empty words are bytes too: the quotes and the comma.
    if (left <= 3 && index < words.length - 1) return [...words.slice(0, index + 1), CLIPPED];
    left -= 3;
  }
  return words;
}

/** The beginning of a text in UTF-8, no character cut in two. */
function clipped(text: string, mostBytes: number): string {
  if (Buffer.byteLength(text) <= mostBytes) return text;
  const kept = Buffer.from(text).subarray(0, Math.max(mostBytes - Buffer.byteLength(CLIPPED), 0));
  return `${kept.toString('utf8').replace(/\uFFFD+$/, '')}${CLIPPED}`;
}
