/** All benchmarks by name: which question each answers, and where it runs. */

export interface Entry {
  readonly name: string;
  readonly question: string;
  /** `network`: between namespaces, inside.ts. `memory`: a micro-benchmark of bench/. */
  readonly where: 'network' | 'memory';
  /** Whether `--check` runs it: it has a bar. */
  readonly hasBar: boolean;
}

export const catalogue = [
  {
    name: 'packets',
    where: 'network',
    hasBar: true,
    question: 'how many 64-byte packets get through, at what cost, against the kernel?',
  },
  { name: 'loss', where: 'network', hasBar: true, question: 'is any of 200,000 packets/s lost in a minute?' },
  {
    name: 'search',
    where: 'network',
    hasBar: false,
    question: 'which rate passes without loss, and what does load do to latency?',
  },
  { name: 'latency', where: 'network', hasBar: true, question: 'how long does a request take there and back?' },
  { name: 'idle', where: 'network', hasBar: true, question: 'what does waiting cost?' },
  { name: 'connections', where: 'network', hasBar: true, question: 'how many TCP connections open per second?' },
  { name: 'streams', where: 'network', hasBar: true, question: 'how fast is bulk TCP, one stream and four?' },
  { name: 'tunnel', where: 'network', hasBar: true, question: 'how fast is bulk TCP through VXLAN to a stock node?' },
  { name: 'updates', where: 'network', hasBar: false, question: 'do changes of services disturb the traffic of others?' },
  {
    name: 'pipeline',
    where: 'memory',
    hasBar: true,
    question: 'what does a packet cost in memory, against the same pipeline in C?',
  },
  { name: 'workers', where: 'memory', hasBar: true, question: 'do two workers forward twice as much?' },
  { name: 'allocation', where: 'memory', hasBar: true, question: 'does the hot path allocate?' },
  {
    name: 'p4runtime',
    where: 'memory',
    hasBar: true,
    question: 'how fast does a controller write and read, and do packets notice?',
  },
  { name: 'endurance', where: 'memory', hasBar: true, question: 'do a billion packets leak anything?' },
  { name: 'maglev', where: 'memory', hasBar: false, question: 'what do endpoint tables cost, how even and how stable are they?' },
  { name: 'services', where: 'memory', hasBar: true, question: 'what do 10,000 services cost: to load, to change, per packet?' },
  {
    name: 'tables',
    where: 'memory',
    hasBar: false,
    question: 'what does a lookup cost, by kind of table and number of entries?',
  },
  {
    name: 'policy',
    where: 'memory',
    hasBar: true,
    question: 'what do 10 to 10,000 network policies cost: to load, to change, per packet?',
  },
  { name: 'compile', where: 'memory', hasBar: false, question: 'how long does compiling a program take?' },
] as const satisfies readonly Entry[];

export type BenchName = (typeof catalogue)[number]['name'];
