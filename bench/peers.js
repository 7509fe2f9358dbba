import {spawnSync} from 'node:child_process';
import {readFileSync, rmSync} from 'node:fs';
import process from 'node:process';
import {fileURLToPath} from 'node:url';

const LIMITRUN = fileURLToPath(new URL('../bin/start.cjs', import.meta.url));
const POLLER = fileURLToPath(new URL('poller.js', import.meta.url));

const works = (file, ...args) =>
  spawnSync(file, args, {stdio: 'ignore', timeout: 10_000}).error === undefined;
const number = (text, pattern) => Number(pattern.exec(text)?.[1] ?? NaN);

/**
 * The supervisors side by side. `argv` makes the words that run a command under a memory limit (MiB) and a time limit
 * (s); `told` is what the supervisor says afterwards: whether it noticed the memory limit broken, peak (bytes), CPU time
 * (ms). What a peer cannot do is absent.
 */
export const PEERS = [
  {
    name: 'limitrun',
    installed: true,
    limitsMemory: true,
    argv: ({limitMib, seconds, policy = 'immediate_kill', report}, command) => [
      process.execPath,
      LIMITRUN,
      ...['--max-rss', `${limitMib}MiB`, '--memory-policy', policy, '--timeout', `${seconds}s`],
      ...['--grace-period', '1s', '--report', report, '--', ...command],
    ],
    told: (_stderr, report) => {
      const {figures, violations, cpu_time_seconds: cpuSeconds} = JSON.parse(readFileSync(report, 'utf8'));
      rmSync(report);
      const broken = violations.some(({limit, severity}) => limit === 'max_rss' && severity === 'critical');
      return {broken, peakBytes: (figures.peak_pss ?? figures.peak_rss)?.value, cpuMs: cpuSeconds * 1000};
    },
  },
  {
    name: 'runlim',
    installed: works('runlim', '--version'),
    limitsMemory: true,
    argv: ({limitMib, seconds}, command) => ['runlim', '-s', `${limitMib}`, '-r', `${seconds}`, ...command],
    told: (stderr) => ({
      broken: /status:\s+out of memory/.test(stderr),
      peakBytes: number(stderr, /space:\s+([\d.]+)/) * 2 ** 20,
      cpuMs: number(stderr, /\] time:\s+([\d.]+)/) * 1000,
    }),
  },
  {
    name: 'timeout',
    installed: works('timeout', '--version'),
    limitsMemory: false,
    argv: ({seconds}, command) => ['timeout', '-k', '1', `${seconds}`, ...command],
    told: () => ({}),
  },
  {
    name: 'execa+pidusage',
    installed: true,
    limitsMemory: true,
    argv: ({limitMib, seconds}, command) => [
      process.execPath,
      POLLER,
      `${limitMib}`,
      `${seconds}`,
      ...command,
    ],
    told: (stderr) => {
      const {killed, ...rest} = JSON.parse(stderr.trim().split('\n').at(-1));
      return {broken: killed, ...rest};
    },
  },
  {
    name: 'runexec',
    installed: works('runexec', '--version'),
    limitsMemory: true,
    argv: ({limitMib, seconds}, command) => [
      ...['runexec', '--no-container', '--memlimit', `${limitMib}MB`, '--walltimelimit', `${seconds}`],
      ...['--output', '/dev/null', '--', ...command],
    ],
    told: (_stderr, _report, stdout) => ({
      broken: /terminationreason=memory/.test(stdout),
      peakBytes: number(stdout, /^memory=(\d+)/m),
      cpuMs: number(stdout, /^cputime=([\d.]+)/m) * 1000,
    }),
  },
];
