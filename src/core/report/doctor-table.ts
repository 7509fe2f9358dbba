import {
  FINDING_AREAS,
  OUTLOOK_POLICIES,
  type DoctorReport,
  type Finding,
  type FindingArea,
  type FindingState,
  type MachineName,
} from '../doctor/doctor-report.js';
import {outlookLines} from './doctor-outlook.js';
import {TABLE_WIDTH} from './fitted-table.js';
import type {Paint} from './paint.js';
import {printable} from './printable.js';
import type {TextStyle} from './text-style.js';
import {padText, textWidth} from './text-width.js';
import {wrapped} from './wrapped.js';

/** What the text depends on besides what it tells. */
export interface DoctorTableOptions {
  readonly style: TextStyle;
  /** In cells of the terminal. */
  readonly width?: number;
  /** Such as `0.1.0`. */
  readonly limitrunVersion: string;
}

const AREA_TITLES: Readonly<Record<FindingArea, string>> = {
  measuring: 'Measuring',
  capping: 'Caps of the kernel (control groups)',
  ending: 'Ending the tree',
  surroundings: 'Around limitrun',
};

const STATE_PAINTS: Readonly<Record<FindingState, keyof Paint>> = {yes: 'green', partly: 'yellow', no: 'red'};

const INDENT = 2;
const GAP = 2;
const WIDEST_STATE = 'partly'.length;
/** However narrow the terminal, some words stand beside each other. */
const LEAST_TEXT = 20;

/**
 * What the machine offers, area by area, then each limit with who keeps it; what would improve it stands below what is
 * missing, after an arrow. No line break at the end.
 */
export function doctorTable(report: DoctorReport, options: DoctorTableOptions): string {
  const {style, width = TABLE_WIDTH, limitrunVersion} = options;
  const {findings, machine, outlooks} = report;
  const areas = FINDING_AREAS.map((area) => [
    style.paint.bold(AREA_TITLES[area]),
    ...findings
      .filter((finding) => finding.area === area)
      .flatMap((finding) => findingLines(finding, columnOf(findings), width, style)),
  ]);
  const sections = [
    wrapped(titleOf(machine, limitrunVersion), width),
    ...areas,
    outlookLines(outlooks, OUTLOOK_POLICIES, width, style),
    wrapped(closing(findings), width),
  ];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

function titleOf({platform, kernelRelease, nodeVersion, uid}: MachineName, version: string): string {
  const user = uid === undefined ? '' : uid === 0 ? ', as root' : `, as user ${String(uid)}`;
  return printable(`limitrun ${version} on ${platform} ${kernelRelease}, Node ${nodeVersion}${user}`);
}

/** Where the meanings begin. */
function columnOf(findings: readonly Finding[]): number {
  const widest = Math.max(...findings.map(({what}) => textWidth(what)));
  return INDENT + WIDEST_STATE + GAP + widest + GAP;
}

function findingLines(
  {what, state, meaning, remedy}: Finding,
  column: number,
  width: number,
  {paint, unicode}: TextStyle,
): string[] {
  const room = Math.max(LEAST_TEXT, width - column);
  const margin = ' '.repeat(column);
  const lead = padText(what, column - INDENT - WIDEST_STATE - GAP, 'left');
  const [first = '', ...others] = wrapped(printable(meaning), room);
  const head = `${' '.repeat(INDENT)}${paint[STATE_PAINTS[state]](state)}${' '.repeat(WIDEST_STATE - state.length + GAP)}`;
  const arrow = unicode ? '→' : '>';
  const ways = remedy === undefined ? [] : wrapped(printable(remedy), room - GAP);
  return [
    `${head}${lead}${first}`,
    ...others.map((line) => `${margin}${line}`),
    ...ways.map((line, index) => `${margin}${index === 0 ? paint.bold(arrow) : ' '} ${line}`),
  ];
}

function closing(findings: readonly Finding[]): string {
  const count = findings.filter(({remedy}) => remedy !== undefined).length;
  if (count === 0) return 'There is nothing to improve that limitrun knows a way for.';
  return `${String(count)} ${count === 1 ? 'thing' : 'things'} could be improved: see the lines with an arrow.`;
}
