#!/usr/bin/env node
/**
 * The command line. Results on stdout, messages on stderr; exit 0 fine, 1 the input is wrong, 2 the command line is wrong, 70 a bug of ours.
 * Commands load their code when they run: `softipu --help` compiles nothing.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { CompileOptions } from './compile.ts';
import { isOperatorError } from './errors.ts';
import { packageVersion } from './package-root.ts';
import type { SwitchOptions } from './switch.ts';

const version = packageVersion();

const program = new Command('softipu')
  .description('a software IPU: runs P4-16 programs for the Portable NIC Architecture on real traffic')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'softipu: ')) })
  .showHelpAfterError('(softipu COMMAND --help tells more)');

/** Runs a command's function with its exit code. */
function action<A extends unknown[]>(run: (...args: A) => Promise<number> | number): (...args: A) => Promise<void> {
  return async (...args) => {
    process.exitCode = await run(...args);
  };
}

const collect = (value: string, all: string[] = []): string[] => [...all, value];
const json = new Option('--json', 'print one JSON object instead of text');
const socket = new Option('-s, --socket <PATH>', 'control socket of the running node').default('softipu.sock');

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return value;
}

program
  .command('demo')
  .description('the main job on real traffic between network namespaces, nothing to configure')
  .option('--seconds <N>', 'bound of the traffic part', wholeNumber)
  .addOption(
    new Option('--manager <WHERE>', 'grpc: the control plane as a process of its own, over P4Runtime')
      .choices(['inside', 'grpc'])
      .default('inside'),
  )
  .addOption(json)
  .action(
    action(async (options: import('./demo/index.ts').DemoOptions) => (await import('./demo/index.ts')).demoCommand(options)),
  );

program
  .command('run')
  .description('the node data plane, until a signal')
  .argument('<CONFIG.yaml>', 'node configuration, see docs/node-yaml.md')
  .option('--kube-proxy-config <FILE>', 'KubeProxyConfiguration; what CONFIG.yaml says comes first')
  .action(
    action(async (file: string, options: { kubeProxyConfig?: string }) => (await import('./run.ts')).runCommand(file, options)),
  );

program
  .command('check')
  .description('what this machine lacks for softipu; nothing is changed')
  .argument('[CONFIG.yaml]', 'node configuration: what it asks for is checked too')
  .addOption(json)
  .action(
    action(async (file: string | undefined, options: { json?: boolean }) =>
      (await import('./check.ts')).checkCommand(file, options),
    ),
  );

program
  .command('switch')
  .description('any P4 program as a switch')
  .argument('[FILE.p4]', 'without it nothing passes until a P4Runtime client pushes a program')
  .requiredOption(
    '-i, --interface <N@SPEC>',
    'port number and interface, e.g. 0@veth0, 1@tap:t1, 2@pcap:in.pcap,out.pcap',
    collect,
  )
  .option('--net <N,...>', 'numbers of the network ports; all others are host ports')
  .option('-I <DIR>', 'where #include looks', collect, [])
  .option('-D <NAME=VALUE>', 'macro', collect, [])
  .addOption(socket)
  .option('--p4runtime <ADDR>', 'serve P4Runtime: HOST:PORT, PORT (on 127.0.0.1) or unix:PATH')
  .option('--device-id <N>', 'device id for P4Runtime, default 1')
  .option('--restrictions', 'refuse entries that violate @entry_restriction or @action_restriction')
  .option('--p4runtime-tls <CERT,KEY[,CA]>', 'files: serve over TLS; with CA only to clients that it knows')
  .action(
    action(async (file: string | undefined, options: SwitchOptions) =>
      (await import('./switch.ts')).switchCommand(file, options),
    ),
  );

program
  .command('compile')
  .description('the P4 compiler')
  .argument('<FILE.p4>')
  .option('-I <DIR>', 'where #include looks; may be repeated', collect, [])
  .option('-D <NAME=VALUE>', 'macro; may be repeated', collect, [])
  .option('--std <LANGUAGE>', 'p4-16, the only one', 'p4-16')
  .addOption(
    new Option('--emit <FORM>', 'what to write; none only checks, for any architecture')
      .choices(['wasm', 'wat', 'ir', 'p4info', 'entries', 'none'])
      .default('none'),
  )
  .addOption(new Option('--format <FORM>', 'of P4Info').choices(['text', 'binary']).default('text'))
  .option('--dump-after <PASS>', 'print the program behind a pass; `lower` is behind the front end', collect, [])
  .option('-E', 'only preprocess')
  .option('-o <FILE>', 'where to; stdout for text otherwise')
  .addOption(json)
  .action(action(async (file: string, options: CompileOptions) => (await import('./compile.ts')).compileCommand(file, options)));

program
  .command('stf')
  .description('runs packet tests; without arguments the ones that come with softipu')
  .argument('[FILES...]', 'FILE.p4 FILE.stf')
  .addOption(new Option('--backend <NAME>', 'what runs the program').choices(['wasm', 'interp', 'both']).default('both'))
  .addOption(json)
  .action(
    action(async (files: string[], options: { backend: 'wasm' | 'interp' | 'both'; json?: boolean }) =>
      (await import('./stf/index.ts')).stfCommand(files, options),
    ),
  );

program
  .command('bench')
  .description('measures softipu against the kernel on this machine; without a name: the list of questions')
  .argument('[NAME...]')
  .option('--check', 'all that have a bar; exit 1 unless every bar holds')
  .option('--runs <N>', 'trials of each contender, 5 unless given', wholeNumber)
  .option('--svg <FILE>', 'draw the ratios')
  .option(
    '--against <NAME=COMMAND>',
    'one more baseline: a forwarder between the interfaces client, server and sink',
    collect,
    [],
  )
  .addOption(json)
  .action(
    action(
      async (names: string[], options: { check?: boolean; runs?: number; svg?: string; against: string[]; json?: boolean }) =>
        (await import('./bench/index.ts')).benchCommand(names, options),
    ),
  );

for (const [name, description] of [
  ['services', 'services of a running node and their endpoints'],
  ['flows', 'flow cache of a running node'],
  ['tables', 'tables of a running node: entries, hits, misses'],
  ['ports', 'ports of a running node'],
  ['stats', 'counters of a running node'],
] as const) {
  program
    .command(name)
    .description(description)
    .addOption(socket)
    .addOption(json)
    .action(
      action(async (options: { socket: string; json?: boolean }) => (await import('./look.ts')).lookCommand(name, options)),
    );
}

program
  .command('manager')
  .description('the control plane of a node in a process of its own, over P4Runtime')
  .argument('<CONFIG.yaml>', 'node configuration, as for `softipu run`')
  .option('--p4runtime <ADDR>', 'where the data plane is', '127.0.0.1:9559')
  .option('--device-id <N>', 'default 1')
  .option('--election-id <N>', 'takes over if it is the highest; without one it stands by while another manager is primary')
  .option('--tls <CA[,CERT,KEY]>', 'files: whom to believe, and who we are')
  .action(
    action(async (file: string, options: { p4runtime: string; deviceId?: string; electionId?: string; tls?: string }) =>
      (await import('./manager.ts')).managerCommand(file, { ...options, target: options.p4runtime }),
    ),
  );

const p4rt = program.command('p4rt').description('a P4Runtime client: entities as text');
for (const [op, argument, description] of [
  ['read', '[TABLE]', 'entries of a table, or all that was written; `p4info` shows the pipeline'],
  ['write', '[FILE]', 'updates, one per line, e.g. insert routes destination=10.0.0.0/8: to_port(port=3)'],
  ['set-pipeline', '<FILE>', 'pushes a program: P4 source, or what `softipu compile --emit wasm -o` wrote'],
  ['watch', '', 'packets, digests and notifications, until a signal'],
] as const) {
  const command = p4rt
    .command(op)
    .description(description)
    .option('-t, --target <ADDR>', 'HOST:PORT, PORT or unix:PATH', '127.0.0.1:9559')
    .option('--device-id <N>', 'default 1')
    .option('--election-id <N>', 'the highest is primary', '1')
    .option('--tls <CA[,CERT,KEY]>', 'files: whom to believe, and who we are')
    .option('--counters', 'read: with direct counters')
    .option('--atomic', 'write: all or nothing, and seen as one by the data plane')
    .option('--reconcile', 'set-pipeline: keep what is in the tables')
    .addOption(json);
  if (argument !== '') command.argument(argument);
  command.action(
    action(async (...args: unknown[]) => {
      const file = argument === '' ? undefined : (args[0] as string | undefined);
      const options = args[argument === '' ? 0 : 1] as import('./p4rt.ts').P4rtOptions;
      return (await import('./p4rt.ts')).p4rtCommand(op, file, options);
    }),
  );
}

// Whoever reads, such as `head`, may have enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (isOperatorError(error)) {
    process.stderr.write(`softipu: ${error.message}\n${error.help ? `  ${error.help}\n` : ''}`);
    process.exitCode = 1;
  } else if (error instanceof Error && error.name === 'ProgramTooBig') {
    process.stderr.write(`softipu: the program is too big: ${error.message}\n  give its tables and arrays a smaller size\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(
      `softipu ${version}: ${error instanceof Error ? error.stack : String(error)}\nThis is a bug in softipu: please report it with the command line and its input.\n`,
    );
    process.exitCode = 70;
  }
}
