/**
 * A backend of the demo, in its pod's namespace: answers every request with its own name, so that a client knows who served it.
 *
 *   TCP, line by line:  `ask TOKEN` -> `NAME TOKEN`;  `sink BYTES`, then that many bytes -> `NAME sha256 HEX`
 *   UDP:                TOKEN -> `NAME TOKEN`
 *
 * Usage: server NAME TCP-PORT UDP-PORT
 */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { serveAgent } from '../../sandbox/rpc.ts';

/** Both families, where the kernel has IPv6. */
const listenAddress = existsSync('/proc/net/if_inet6') ? '::' : '0.0.0.0';
const [name, tcpPort, udpPort] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];

/** What was asked of us since the last report, and from which addresses. */
const seen = { tcp: [] as string[], udp: [] as string[], clients: new Set<string>() };

const tcpServer = createServer({ noDelay: true }, (socket) => {
  seen.clients.add(socket.remoteAddress?.replace(/^::ffff:/, '') ?? '?');
  socket.on('error', () => socket.destroy());
  serveLines(socket);
});

/** Requests until the other side ends; a `sink` takes the bytes behind its line. */
function serveLines(socket: Socket): void {
  let waiting = Buffer.alloc(0);
  let sink: { left: number; readonly hash: ReturnType<typeof createHash> } | undefined;
  socket.on('data', (chunk: Buffer) => {
    if (sink !== undefined) {
      sink.hash.update(chunk);
      sink.left -= chunk.length;
    } else {
      waiting = Buffer.concat([waiting, chunk]);
      for (let end = waiting.indexOf(10); end >= 0 && sink === undefined; end = waiting.indexOf(10)) {
        const [verb, argument = ''] = waiting.toString('latin1', 0, end).split(' ');
        waiting = waiting.subarray(end + 1);
        if (verb === 'ask') {
          seen.tcp.push(argument);
          socket.write(`${name} ${argument}\n`);
        } else if (verb === 'sink') {
          sink = { left: Number(argument) - waiting.length, hash: createHash('sha256').update(waiting) };
          waiting = Buffer.alloc(0);
        }
      }
    }
    if (sink !== undefined && sink.left <= 0) {
      socket.write(`${name} sha256 ${sink.hash.digest('hex')}\n`);
      sink = undefined;
    }
  });
}

const udpServer = createSocket('udp4');
udpServer.on('message', (message, { address, port }) => {
  seen.udp.push(message.toString());
  seen.clients.add(address);
  udpServer.send(`${name} ${message}`, port, address);
});

serveAgent({
  listen: async () => {
    await new Promise<void>((done, failed) => {
      tcpServer.once('error', failed);
      tcpServer.listen({ port: tcpPort, host: listenAddress, backlog: 4096 }, done);
    });
    await new Promise<void>((done) => udpServer.bind(udpPort, done));
    // A burst of a thousand first packets must not be lost in the socket.
    udpServer.setRecvBufferSize(4 << 20);
  },
  report: () => {
    const report = { tcp: seen.tcp, udp: seen.udp, clients: [...seen.clients] };
    seen.tcp = [];
    seen.udp = [];
    seen.clients.clear();
    return report;
  },
});
