import type {ViolationMember} from '../limits/resource-violation.js';
import type {Glyphs} from './glyphs.js';

/** By what the processes of a tree are ordered. */
export type ProcessSort = 'memory' | 'cpu';

/** A process at its place in the drawing of the tree. */
export interface TreeLine {
  readonly member: ViolationMember;
  /** What stands before its name: the lines it hangs on. */
  readonly stem: string;
}

interface Branch {
  readonly member: ViolationMember;
  readonly children: Branch[];
  /** The largest in the branch: the one to blame may hang deep. */
  weight: number;
}

/** Memory by which the processes are compared: proportional where it was read of all. */
export function memoryOf(member: ViolationMember, proportional: boolean): number | undefined {
  return proportional ? member.pssBytes : member.rssBytes;
}

/** The processes as a tree, among siblings the branch with the largest process first. */
export function processTree(
  members: readonly ViolationMember[],
  weightOf: (member: ViolationMember) => number,
  glyphs: Glyphs,
): TreeLine[] {
  const lines: TreeLine[] = [];
  for (const root of rooted(members, weightOf)) draw(root, '', '');
  return lines;

  function draw({member, children}: Branch, stem: string, below: string): void {
    lines.push({member, stem});
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1;
      draw(
        child,
        `${below}${isLast ? glyphs.lastBranch : glyphs.branch} `,
        `${below}${isLast ? ' ' : glyphs.trunk} `,
      );
    }
  }
}

/** Each process once, whatever the pids say: in a ring of parents one of them is the root. */
function rooted(
  members: readonly ViolationMember[],
  weightOf: (member: ViolationMember) => number,
): Branch[] {
  const childrenOf = new Map<number, ViolationMember[]>();
  for (const member of members) {
    const siblings = childrenOf.get(member.parentPid);
    if (siblings === undefined) childrenOf.set(member.parentPid, [member]);
    else siblings.push(member);
  }
  const pids = new Set(members.map(({pid}) => pid));
  const seen = new Set<ViolationMember>();
  const roots = members.filter(({pid, parentPid}) => pid === parentPid || !pids.has(parentPid)).map(grow);
  const rings = members.flatMap((member) => (seen.has(member) ? [] : [grow(member)]));
  return heaviestFirst([...roots, ...rings]);

  function grow(member: ViolationMember): Branch {
    seen.add(member);
    const branch: Branch = {member, children: [], weight: weightOf(member)};
    for (const child of childrenOf.get(member.pid) ?? []) {
      if (!seen.has(child)) branch.children.push(grow(child));
    }
    branch.weight = Math.max(branch.weight, ...branch.children.map(({weight}) => weight));
    return {...branch, children: heaviestFirst(branch.children)};
  }
}

function heaviestFirst(branches: readonly Branch[]): Branch[] {
  return branches.toSorted((one, other) => other.weight - one.weight);
}
