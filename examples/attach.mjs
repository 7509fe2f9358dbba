// Watches a process that is already running and decides itself what happens when it breaks a limit.
//
//   node examples/attach.mjs PID [MAX_RSS_MIB]
//
// The manager is in mode `external`: it measures and judges, and calls us back once for each critical violation.
import {ResourceLimitManager} from 'limitrun';

const [pid, maxRssMib = 256] = process.argv.slice(2).map(Number);

if (!Number.isSafeInteger(pid) || !(maxRssMib > 0)) {
  console.error('usage: node examples/attach.mjs PID [MAX_RSS_MIB]');
  process.exit(2);
}

const manager = new ResourceLimitManager({
  pid,
  limits: {memory: {maxRssBytes: maxRssMib * 2 ** 20, policy: 'graceful_shutdown'}},
  violationHandling: 'external',
  onEvent: (event) => {
    if (event.kind === 'notice') console.error(event.text);
  },
});

manager.setViolationCallback((violation) => {
  console.log(`${violation.limitType}: ${violation.message}`);
  manager.stop();
  process.kill(pid, 'SIGTERM');
});

await manager.start();
console.log(`watching ${pid} (${manager.getViolationHandlingMode()})`);
