/**
 * From objects of the cluster to the data plane: every source of objects (manifests, API server) and every port that comes or goes ends here, in one
 * `program()`. It keeps what health and metrics tell: since when a change has been waiting, and how long it took.
 */
import { type KubernetesObject, type NodeSettings, type PodObject, type PortSettings, toModel } from '../kubernetes/index.ts';
import type { IpuManager } from '../manager/index.ts';

/** A pod whose interface softipu made itself: what is known of it before the cluster knows its address. */
export interface Attachment {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly port: PortSettings;
}

/** What one programming of the data plane was like. Times in milliseconds since 1970. */
export interface SyncReport {
  readonly startMs: number;
  readonly endMs: number;
  readonly queuedMs: number;
  readonly serviceChanges: number;
  readonly endpointChanges: number;
  /** When the changes of endpoints were made that this one brought, as their slices say. */
  readonly triggersMs: readonly number[];
  readonly errors: readonly string[];
}

export interface SyncOptions {
  readonly manager: IpuManager;
  /** What node.yaml says. */
  readonly settings: NodeSettings;
  readonly say: (message: string) => void;
  readonly onSync?: (report: SyncReport) => void;
  /** Milliseconds since 1970. */
  readonly wallMs?: () => number;
  /** Monotonic milliseconds, the manager's time. */
  readonly nowMs?: () => number;
}

type Kind = KubernetesObject['kind'];

export class Sync {
  readonly #options: SyncOptions;
  readonly #wallMs: () => number;
  readonly #nowMs: () => number;
  #objects: readonly KubernetesObject[] = [];
  #known = new Map<string, KubernetesObject>();
  #attachments: readonly Attachment[] = [];
  #lastNotes = '';
  #queuedMs: number | undefined;
  #lastSyncMs: number | undefined;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#queuedMs = this.#wallMs();
  }

  /** Since when a change has been waiting for the data plane; undefined if none is. */
  get queuedMs(): number | undefined {
    return this.#queuedMs;
  }

  get lastSyncMs(): number | undefined {
    return this.#lastSyncMs;
  }

  get objects(): readonly KubernetesObject[] {
    return this.#objects;
  }

  /** Whether new traffic shall be sent to this node: its Node object is not about to go. */
  get isNodeEligible(): boolean {
    const own = this.#objects.find(({ kind, name }) => kind === 'Node' && name === this.#options.settings.nodeName);
    return !(own?.kind === 'Node' && own.content?.isLeaving);
  }

  /** Changes are known that `setObjects` will bring later. */
  queue(): void {
    this.#queuedMs ??= this.#wallMs();
  }

  /** All objects as they are now. Returns what the data plane refused, one sentence each. */
  setObjects(objects: readonly KubernetesObject[]): readonly string[] {
    this.queue();
    this.#objects = objects;
    return this.#program();
  }

  /** Pods behind ports that were made at run time. Returns what the data plane refused. */
  setAttachments(attachments: readonly Attachment[]): readonly string[] {
    this.queue();
    this.#attachments = attachments;
    return this.#program();
  }

  #program(): readonly string[] {
    const { manager, settings, say, onSync } = this.#options;
    const startMs = this.#wallMs();
    const queuedMs = this.#queuedMs ?? startMs;
    const changed = this.#changes();
    const { model, notes } = toModel(withAttachments(this.#objects, this.#attachments, settings.nodeName), {
      ...settings,
      ports: [...settings.ports, ...this.#attachments.map((attachment) => attachment.port)],
    });
    const text = notes.join('\n');
    if (text !== this.#lastNotes && text !== '') say(text);
    this.#lastNotes = text;
    const { errors } = manager.setModel(model, this.#nowMs());
    if (errors.length > 0) say(`the data plane refused a change, nothing of it was applied:\n${errors.join('\n')}`);
    const endMs = this.#wallMs();
    if (errors.length === 0) {
      this.#queuedMs = undefined;
      this.#lastSyncMs = endMs;
    }
    const count = (kind: Kind): number => changed.filter((object) => object.kind === kind).length;
    onSync?.({
      startMs,
      endMs,
      queuedMs,
      serviceChanges: count('Service'),
      endpointChanges: count('EndpointSlice'),
      triggersMs: changed.flatMap((object) => object.triggeredMs ?? []),
      errors,
    });
    return errors;
  }

  /** Objects that are new, other than before, or gone. Sources give the same object again as long as it did not change. */
  #changes(): KubernetesObject[] {
    const now = new Map(this.#objects.map((object) => [`${object.kind} ${object.namespace}/${object.name}`, object]));
    const changed = this.#objects.filter(
      (object) => this.#known.get(`${object.kind} ${object.namespace}/${object.name}`) !== object,
    );
    const gone = [...this.#known].flatMap(([key, object]) => (now.has(key) ? [] : [{ ...object, triggeredMs: undefined }]));
    this.#known = now;
    return [...changed, ...gone];
  }
}

/** A pod that we attached has the address that we gave it, whatever the cluster knows of it yet; its labels and ports are the cluster's. */
export function withAttachments(
  objects: readonly KubernetesObject[],
  attachments: readonly Attachment[],
  nodeName: string,
): readonly KubernetesObject[] {
  if (attachments.length === 0) return objects;
  const waiting = new Map(attachments.map((attachment) => [`${attachment.namespace}/${attachment.name}`, attachment]));
  const result = objects.map((object): KubernetesObject => {
    const attachment = object.kind === 'Pod' && waiting.get(`${object.namespace}/${object.name}`);
    if (!attachment || object.kind !== 'Pod' || !object.content) return object;
    waiting.delete(`${object.namespace}/${object.name}`);
    return { ...object, content: { ...object.content, ...given(attachment, nodeName) } };
  });
  for (const { namespace, name, addresses } of waiting.values()) {
    const content = { namespace, name, labels: {}, containerPorts: [], ...given({ addresses }, nodeName) };
    result.push({ kind: 'Pod', namespace, name, file: 'CNI', line: 0, content });
  }
  return result;
}

function given(
  { addresses }: Pick<Attachment, 'addresses'>,
  nodeName: string,
): Pick<PodObject, 'addresses' | 'nodeName' | 'hostNetwork' | 'isOver'> {
  return { addresses, nodeName, hostNetwork: false, isOver: false };
}
