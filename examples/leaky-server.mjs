// A server with a leak: every tick it remembers one more megabyte. Try it under a budget:
//
//   limitrun --max-rss 128MB -- node examples/leaky-server.mjs
import {createServer} from 'node:http';

const remembered = [];
const server = createServer((_request, response) => response.end(`${remembered.length} MiB remembered\n`));

server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
  setInterval(() => remembered.push(Buffer.alloc(2 ** 20, 1)), 10);
});

process.on('SIGTERM', () => {
  console.log('asked to end: closing');
  process.exit(0);
});
