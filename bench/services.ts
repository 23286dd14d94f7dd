/**
 * How many services fit, and what do they cost: reading and programming all of them, a change of one endpoint, memory, and a packet, against a node with ten?
 *
 * One process per trial, which has both sizes. Objects are as the API server sends them, ten endpoints a service; a change goes all the way from the
 * changed object to the tables.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { atMost, type Measure, measure, ratioAtMost } from '../src/cli/bench/measure.ts';

const few = 10;
const many = 10_000;

interface Trial {
  readonly readMs: number;
  readonly loadMs: number;
  readonly loadThreadMs: number;
  readonly changeMs: number;
  readonly changeMs99: number;
  readonly rssBytes: number;
  readonly slotBytes: number;
  readonly newNs: number;
  readonly establishedNs: number;
}

export function servicesBench(runs: number): Measure[] {
  const trials = Array.from({ length: runs }, trial);
  const of = (value: (trial: Trial) => number) => trials.map((t) => ({ value: value(t.many), baseline: value(t.few) }));
  const alone = (value: (trial: Trial) => number) => trials.map((t) => ({ value: value(t.many) }));
  const of10k = (what: string): string => `${many} services, ${10 * many} endpoints, ${what}`;
  return [
    measure(
      of10k('read as JSON'),
      's',
      alone((t) => t.readMs / 1000),
    ),
    measure(
      of10k('programmed'),
      's',
      alone((t) => t.loadMs / 1000),
      atMost(3),
    ),
    measure(
      of10k('programmed, processor time of the control thread'),
      's',
      alone((t) => t.loadThreadMs / 1000),
    ),
    measure(
      of10k('one endpoint changes, median'),
      'ms',
      of((t) => t.changeMs),
      atMost(2),
    ),
    measure(
      of10k('one endpoint changes, 99 of 100'),
      'ms',
      of((t) => t.changeMs99),
    ),
    measure(
      of10k('memory of objects, model and entities'),
      'MiB',
      alone((t) => t.rssBytes / 2 ** 20),
    ),
    measure(
      of10k('memory of Maglev tables'),
      'MiB',
      alone((t) => t.slotBytes / 2 ** 20),
    ),
    measure(
      of10k('packet of an established flow, against 10'),
      'ns',
      of((t) => t.establishedNs),
      ratioAtMost(1.1),
    ),
    measure(
      of10k('first packet of a flow, against 10'),
      'ns',
      of((t) => t.newNs),
    ),
  ];
}

function trial(): { readonly many: Trial; readonly few: Trial } {
  const program = fileURLToPath(new URL('./services-trial.js', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [program, String(many), String(few)], { encoding: 'utf8' }));
}
