// The few lines that people write themselves: execa starts the command, pidusage is asked about it every 100 ms.
// poller.js LIMIT_MIB SECONDS COMMAND [ARG...]; the last line on standard error is what it knows, as JSON.
import process from 'node:process';
import {clearInterval} from 'node:timers';
import {execa} from 'execa';
import pidusage from 'pidusage';

const [limitMib, seconds, file, ...args] = process.argv.slice(2);
const child = execa(file, args, {stdio: 'inherit', reject: false, timeout: Number(seconds) * 1000});
let [peakBytes, cpuMs, killed] = [0, 0, false];
const timer = setInterval(async () => {
  const usage = await pidusage(child.pid).catch(() => undefined);
  if (usage === undefined) return;
  peakBytes = Math.max(peakBytes, usage.memory);
  cpuMs = Math.max(cpuMs, usage.ctime);
  if (usage.memory <= Number(limitMib) * 2 ** 20) return;
  killed = true;
  child.kill('SIGKILL');
}, 100);
await child;
clearInterval(timer);
process.stderr.write(`${JSON.stringify({peakBytes, cpuMs, killed})}\n`);
