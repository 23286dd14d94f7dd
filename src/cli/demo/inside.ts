/**
 * The demo itself, run by `index.ts` as the first process of fresh namespaces (network, mount, process, and user if we are not root).
 *
 * Usage: inside SECONDS MANAGER; prints one JSON object per line: {"check": {...}}, at the end {"summary": {...}}.
 */
import { mkdirSync } from 'node:fs';
import { Agent, agentScript } from '../sandbox/agent.ts';
import { Node } from '../sandbox/node.ts';
import { SplitNode } from '../sandbox/split-node.ts';
import { now } from '../sandbox/time.ts';
import { enterSandbox } from '../sandbox/unshare.ts';
import { checks, Failed, type Scene, servingPods } from './checks.ts';
import { writeConfiguration } from './manifests.ts';
import type { CheckResult, Line } from './report.ts';
import { buildTopology, client, intruder, ipu, nodeB, target } from './topology.ts';

const directory = '/run/softipu-demo';
const mebibyte = 2 ** 20;
const script = (name: 'client' | 'ping' | 'server'): URL => agentScript(import.meta.url, name);

try {
  process.exitCode = await demo(Number(process.argv[2]), process.argv[3] === 'grpc');
} catch (error) {
  print({ problem: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
process.exit();

async function demo(seconds: number, isSplit: boolean): Promise<number> {
  const started = now();
  enterSandbox();
  mkdirSync(directory);
  buildTopology();
  const config = writeConfiguration(directory);
  const node = isSplit ? new SplitNode(config, ipu) : new Node(ipu, config);
  const scene: Scene = {
    directory,
    node,
    client: new Agent(client.name, script('client')),
    intruder: new Agent(intruder.name, script('client')),
    outside: new Agent(nodeB.name, script('client')),
    ping: new Agent(client.name, script('ping')),
    servers: new Map(
      servingPods.map((p) => [p.name, new Agent(p.name, script('server'), [p.name, `${target.tcpPort}`, `${target.udpPort}`])]),
    ),
    bulkBytes: 256 * mebibyte,
  };
  await Promise.all([...scene.servers.values()].map((server) => server.ask('listen')));
  await node.ready(60_000);
  const preparedMs = Math.round(now() - started);
  const results = await runChecks(scene, seconds * 1000);
  const ports = await node.ask('ports').catch(() => []);
  const ok = results.length === checks.length && results.every((r) => r.ok);
  if (!ok) print({ log: node.log });
  await node.stop();
  print({ summary: { ok, preparedMs, totalMs: Math.round(now() - started), ports } });
  return ok ? 0 : 1;
}

/** One after the other; what does not fit into the time fails. */
async function runChecks(scene: Scene, limitMs: number): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const end = now() + limitMs;
  for (const { name, run } of checks) {
    const result = await runCheck(name, () => run(scene), end - now());
    results.push(result);
    print({ check: result });
  }
  return results;
}

async function runCheck(name: string, run: () => Promise<string>, leftMs: number): Promise<CheckResult> {
  if (leftMs <= 0) return { name, ok: false, detail: 'no time left: see --seconds', ms: 0 };
  const started = now();
  const ms = (): number => Math.round(now() - started);
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(new Failed('not finished in time: see --seconds')), leftMs);
  });
  try {
    return { name, ok: true, detail: await Promise.race([run(), deadline]), ms: ms() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error), ms: ms() };
  } finally {
    clearTimeout(timer);
  }
}

function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
