import type {LimitType} from './resource-limits.js';
import type {ViolationMember} from './resource-violation.js';

/** What a limit is about, for the question which process is to blame. */
function shareOf(limitType: LimitType, member: ViolationMember): number {
  switch (limitType) {
    case 'max_percent':
      return member.cpuPercent ?? 0;
    case 'max_time':
      return member.cpuTimeMs;
    case 'max_rss':
    case 'max_virtual':
    case 'max_swap':
      return member.pssBytes ?? member.rssBytes ?? 0;
    case 'max_processes':
    case 'max_file_descriptors':
    case 'max_read_bps':
    case 'max_write_bps':
    case 'timeout':
      return member.rssBytes ?? 0;
  }
}

/** The members by what the limit is about, the largest first; equals stay in their order. */
export function rankMembers(limitType: LimitType, members: readonly ViolationMember[]): ViolationMember[] {
  return members.toSorted((one, other) => shareOf(limitType, other) - shareOf(limitType, one));
}
