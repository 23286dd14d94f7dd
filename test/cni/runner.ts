/** What libcni does, in little: runs the plugin's client with the specification's environment and reads its answer. */
import { spawn } from 'node:child_process';

export interface Call {
  readonly command: string;
  readonly containerId?: string;
  readonly netns?: string;
  readonly ifname?: string;
  readonly pod?: string;
  /** More of CNI_ARGS: `K=V;K=V`. */
  readonly args?: string;
  /** As it is if it is a text: then it may be no JSON. */
  readonly config: object | string;
}

export interface Answer {
  readonly status: number | null;
  readonly json: Record<string, unknown> | undefined;
  readonly ms: number;
}

export class Runner {
  readonly client: string;
  readonly pluginPath: string;

  constructor(client: string, pluginPath: string) {
    this.client = client;
    this.pluginPath = pluginPath;
  }

  call({ command, containerId, netns, ifname = 'eth0', pod, args, config }: Call): Promise<Answer> {
    const startMs = performance.now();
    const environment = {
      PATH: process.env.PATH,
      CNI_COMMAND: command,
      CNI_PATH: this.pluginPath,
      CNI_IFNAME: ifname,
      ...(containerId !== undefined && { CNI_CONTAINERID: containerId }),
      ...(netns !== undefined && { CNI_NETNS: netns }),
      ...(pod !== undefined && {
        CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=${pod}${args === undefined ? '' : `;${args}`}`,
      }),
    };
    return new Promise((done, failed) => {
      const child = spawn(this.client, [], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
      let out = '';
      child.stdout.on('data', (text: Buffer) => {
        out += text.toString();
      });
      child.on('error', failed);
      child.on('close', (status) =>
        done({
          status,
          json: out === '' ? undefined : (JSON.parse(out) as Record<string, unknown>),
          ms: performance.now() - startMs,
        }),
      );
      child.stdin.on('error', () => {});
      child.stdin.end(typeof config === 'string' ? config : JSON.stringify(config));
    });
  }
}

/** An IPAM plugin in a few lines of shell: addresses 10.88.0.2, .3, ... as files in a directory. */
export const fakeIpam = (directory: string): string => `#!/bin/sh
cat > /dev/null
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":["0.4.0","1.0.0","1.1.0"]}' ;;
ADD)
  i=2
  while ! mkdir "${directory}/10.88.0.$i" 2>/dev/null; do i=$((i + 1)); done
  echo "$CNI_CONTAINERID" > "${directory}/10.88.0.$i/owner"
  echo '{"cniVersion":"1.1.0","ips":[{"address":"10.88.0.'$i'/24","gateway":"10.88.0.1"}]}' ;;
DEL)
  for d in "${directory}"/*; do
    if [ "$(cat "$d/owner" 2>/dev/null)" = "$CNI_CONTAINERID" ]; then rm -r "$d"; fi
  done ;;
STATUS)
  if [ -e "${directory}.full" ]; then echo '{"cniVersion":"1.1.0","code":50,"msg":"no addresses left"}'; exit 1; fi ;;
esac
exit 0
`;

/** IPAM plugins that go wrong, by name: shell scripts. */
export const wrongIpams: Readonly<Record<string, string>> = {
  garbage: version('echo no json'),
  broken: version('echo it broke >&2; exit 3'),
  full: version(`echo '{"cniVersion":"1.1.0","code":109,"msg":"no addresses left","details":"10.88.0.0/24"}'; exit 1`),
  empty: version(`echo '{"cniVersion":"1.1.0","ips":[]}'`),
  other: version(`echo '{"cniVersion":"1.1.0","ips":[{"address":"fd00:88::2/64"}]}'`),
  same: version(`echo '{"cniVersion":"1.1.0","ips":[{"address":"10.88.0.200/24"}]}'`),
  old: version('exit 1', '"0.1.0", "0.2.0"'),
};

function version(add: string, supported = '"1.0.0", "1.1.0"'): string {
  return `#!/bin/sh
cat > /dev/null
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"1.1.0","supportedVersions":[${supported}]}' ;;
ADD) ${add} ;;
esac
`;
}
