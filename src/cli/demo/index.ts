/**
 * `softipu demo`: the main job on real traffic, in a little cluster of network namespaces that it makes for itself.
 *
 * The command runs `inside.ts` in new namespaces (sandbox/unshare.ts), from which nothing can be left behind.
 */
import { runInSandbox } from '../sandbox/unshare.ts';
import { type CheckResult, heading, type Line, printCheck, printSummary, type Summary } from './report.ts';

const inside = new URL(`./inside${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/** Seconds that the traffic may take unless told otherwise: the whole demo stays under a minute. */
const defaultSeconds = 45;

export interface DemoOptions {
  readonly seconds?: number;
  /** `grpc`: the manager is a process of its own, outside of the data plane's namespace. */
  readonly manager?: 'inside' | 'grpc';
  readonly json?: boolean;
}

/** Runs the demo. With `json`, progress goes to stderr and one JSON object to stdout. Exit code 0 only if all checks hold. */
export async function demoCommand(options: DemoOptions): Promise<number> {
  const progress = (text: string): void => void (options.json ? process.stderr : process.stdout).write(text);
  progress(heading);
  const checks: CheckResult[] = [];
  let summary: Summary | undefined;
  let problem: string | undefined;
  const onLine = (line: Line): void => {
    if ('check' in line) {
      checks.push(line.check);
      progress(printCheck(line.check));
    } else if ('problem' in line) {
      problem = line.problem;
      process.stderr.write(`softipu: ${problem}\n`);
    } else if ('log' in line) process.stderr.write(`softipu run printed:\n${line.log}\n`);
    else summary = line.summary;
  };
  const signal = await runInSandbox({
    script: inside,
    args: [String(options.seconds ?? defaultSeconds), options.manager ?? 'inside'],
    onLine: (line) => onLine(line as Line),
  });
  if (signal !== undefined) return 128 + (signal === 'SIGINT' ? 2 : 15);
  const passed = checks.filter((c) => c.ok).length;
  if (summary !== undefined) progress(printSummary(summary, passed, checks.length));
  const ok = summary?.ok ?? false;
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ ok, checks, problem, seconds: (summary?.totalMs ?? 0) / 1000, ports: summary?.ports })}\n`,
    );
  return ok ? 0 : 1;
}
