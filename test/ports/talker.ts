/**
 * A process in a network namespace that talks TCP and UDP by the kernel's sockets, as it is told over its standard streams: it listens, asks others, and
 * holds connections open. Who listens answers each connection and each datagram with its name and echoes what follows.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Transport = 'tcp' | 'udp';

export interface Question {
  readonly protocol: Transport;
  /** Where to ask from: an address of the namespace; any unless given. */
  readonly from?: string;
  readonly fromPort?: number;
  readonly to: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export class Talker {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: string) => void>();
  #next = 1;

  constructor(netns: string, name: string) {
    this.name = name;
    this.#child = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', script, name], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const { id, answer } = JSON.parse(line) as { id: number; answer: string };
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  /** Listens at a port of both families; again is no mistake. */
  listen(protocol: Transport, port: number): Promise<string> {
    return this.#order({ op: 'listen', protocol, port });
  }

  /** Who answered, `timeout`, or the code of the error. */
  ask(question: Question): Promise<string> {
    return this.#order({ op: 'ask', ...question });
  }

  /** The same, and the TCP connection stays. */
  hold(question: Omit<Question, 'protocol'>): Promise<string> {
    return this.#order({ op: 'hold', ...question });
  }

  /** Sends on the connection that is held, and waits so long for the echo: `echo` or `timeout`. */
  echo(timeoutMs: number): Promise<string> {
    return this.#order({ op: 'echo', timeoutMs });
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.stdin!.end();
    await ended;
  }

  #order(order: object): Promise<string> {
    const id = this.#next++;
    return new Promise((done) => {
      this.#waiting.set(id, done);
      this.#child.stdin!.write(`${JSON.stringify({ id, ...order })}\n`);
    });
  }
}

const script = `
const net = require('node:net'), dgram = require('node:dgram');
const name = process.argv[1], open = new Map();
let held, onEcho;
const orders = {
  listen: ({ protocol, port }, done) => {
    if (open.has(protocol + port)) return done('listening');
    if (protocol === 'tcp') {
      const server = net.createServer((s) => { s.on('error', () => {}); s.write(name); s.pipe(s); });
      server.on('error', (e) => done(e.code)).listen(port, '::', () => done('listening'));
      open.set(protocol + port, server);
    } else {
      const socket = dgram.createSocket({ type: 'udp6' });
      socket.on('message', (m, from) => socket.send(name, from.port, from.address));
      socket.on('error', (e) => done(e.code)).bind(port, '::', () => done('listening'));
      open.set(protocol + port, socket);
    }
  },
  ask: ({ protocol, from, fromPort, to, port, timeoutMs }, done) => {
    if (protocol === 'tcp') {
      const s = net.connect({ host: to, port, localAddress: from, localPort: fromPort });
      const end = (text) => { clearTimeout(timer); s.destroy(); done(text); };
      const timer = setTimeout(() => end('timeout'), timeoutMs);
      s.on('data', (d) => end(String(d))).on('error', (e) => end(e.code));
    } else {
      const s = dgram.createSocket(to.includes(':') ? 'udp6' : 'udp4');
      const end = (text) => { clearTimeout(timer); s.close(); done(text); };
      const timer = setTimeout(() => end('timeout'), timeoutMs);
      s.on('message', (m) => end(String(m))).on('error', (e) => end(e.code));
      s.bind({ address: from, port: fromPort }, () => s.connect(port, to, () => s.send('q')));
    }
  },
  hold: ({ from, to, port, timeoutMs }, done) => {
    held?.destroy();
    held = net.connect({ host: to, port, localAddress: from });
    const timer = setTimeout(() => done('timeout'), timeoutMs);
    held.once('data', (d) => { clearTimeout(timer); done(String(d)); held.on('data', () => onEcho?.()); });
    held.on('error', (e) => { clearTimeout(timer); done(e.code); });
  },
  echo: ({ timeoutMs }, done) => {
    const timer = setTimeout(() => { onEcho = undefined; done('timeout'); }, timeoutMs);
    onEcho = () => { clearTimeout(timer); onEcho = undefined; done('echo'); };
    held.write('x');
  },
};
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  let isDone = false;
  orders[order.op](order, (answer) => {
    if (!isDone) console.log(JSON.stringify({ id: order.id, answer }));
    isDone = true;
  });
}).on('close', () => process.exit(0));
`;
