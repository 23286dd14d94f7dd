/**
 * From objects of the cluster to the data plane: every source of objects (manifests, API server) and every port that comes or goes ends here, in one
 * `program()`. It keeps what health and metrics tell: since when a change has been waiting, and how long it took.
 */
import {
  type KubernetesObject,
  Modeller,
  type NodeSettings,
  type ObjectChange,
  ObjectSet,
  type PodObject,
  type PortSettings,
} from '../kubernetes/index.ts';
import type { IpuManager, Model } from '../manager/index.ts';

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
  /** Everything was programmed, not only what changed: at the start, and after a refusal. */
  readonly isFull: boolean;
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
  /** The model as far as endpoints answer. */
  readonly adjust?: (model: Model) => Model;
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
  #objects = new ObjectSet();
  readonly #pods: AttachedPods;
  readonly #modeller = new Modeller();
  /** With the ports of attachments. */
  #settings: NodeSettings;
  #lastNotes = '';
  #queuedMs: number | undefined;
  #lastSyncMs: number | undefined;
  /** The last programming was refused, or there was none. */
  #isFull = true;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#pods = new AttachedPods(options.settings.nodeName);
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

  /** An object as the cluster has it, by `objectKey`. */
  object(key: string): KubernetesObject | undefined {
    return this.#objects.get(key);
  }

  /** Whether new traffic shall be sent to this node: its Node object is not about to go. */
  get isNodeEligible(): boolean {
    const own = this.#objects.get(`Node ${this.#options.settings.nodeName}`);
    return !(own?.kind === 'Node' && own.content?.isLeaving);
  }

  /** Changes are known that `setObjects` will bring later. */
  queue(): void {
    this.#queuedMs ??= this.#wallMs();
  }

  /** The same objects mean something else now. */
  again(): void {
    this.queue();
    this.#program([]);
  }

  /** All objects as they are now: a list, or always the same set, of which only the changes are looked at. Returns what the data plane refused, one sentence each. */
  setObjects(objects: readonly KubernetesObject[] | ObjectSet): readonly string[] {
    this.queue();
    if (objects instanceof ObjectSet) this.#objects = objects;
    else this.#objects.replace(objects);
    return this.#program(this.#objects.take());
  }

  /** Pods behind ports that were made at run time. Returns what the data plane refused. */
  setAttachments(attachments: readonly Attachment[]): readonly string[] {
    this.queue();
    const { settings } = this.#options;
    this.#settings = { ...settings, ports: [...settings.ports, ...attachments.map((attachment) => attachment.port)] };
    return this.#program([], this.#pods.attach(attachments));
  }

  /** `changed`: by the cluster; `attached`: objects that mean something else to us because of attachments. */
  #program(changed: readonly ObjectChange[], attached: readonly ObjectChange[] = this.#pods.change(changed)): readonly string[] {
    const { manager, say, onSync } = this.#options;
    const startMs = this.#wallMs();
    const queuedMs = this.#queuedMs ?? startMs;
    const { model, notes } = this.#modeller.change(attached, this.#settings);
    const text = notes.join('\n');
    if (text !== this.#lastNotes && text !== '') say(text);
    this.#lastNotes = text;
    const { errors } = manager.setModel(this.#options.adjust?.(model) ?? model, this.#nowMs());
    if (errors.length > 0) say(`the data plane refused a change, nothing of it was applied:\n${errors.join('\n')}`);
    const endMs = this.#wallMs();
    if (errors.length === 0) {
      this.#queuedMs = undefined;
      this.#lastSyncMs = endMs;
    }
    const count = (kind: Kind): number => changed.filter(({ before, after }) => (after ?? before)!.kind === kind).length;
    onSync?.({
      startMs,
      endMs,
      queuedMs,
      isFull: this.#isFull,
      serviceChanges: count('Service'),
      endpointChanges: count('EndpointSlice'),
      triggersMs: changed.flatMap(({ after }) => after?.triggeredMs ?? []),
      errors,
    });
    this.#isFull = errors.length > 0;
    return errors;
  }
}

/**
 * Pods with what we attached. A pod that we attached has the address that we gave it, whatever the cluster knows of it yet; its labels and ports are the
 * cluster's. Only changes are looked at.
 */
export class AttachedPods {
  readonly #nodeName: string;
  /** `Pod namespace/name` -> what we attached, what the cluster has, and what we made of both. */
  #attachments: ReadonlyMap<string, Attachment> = new Map();
  readonly #pods = new Map<string, KubernetesObject>();
  readonly #made = new Map<string, KubernetesObject>();

  constructor(nodeName: string) {
    this.#nodeName = nodeName;
  }

  /** What changes of the cluster's objects are to us. O(changes). */
  change(changes: readonly ObjectChange[]): ObjectChange[] {
    return changes.map((change) => {
      const object = (change.after ?? change.before)!;
      if (object.kind !== 'Pod') return change;
      const key = podKey(object);
      if (change.after) this.#pods.set(key, change.after);
      else this.#pods.delete(key);
      const attachment = this.#attachments.get(key);
      return attachment ? this.#make(key, attachment) : change;
    });
  }

  /** These are all attachments now. O(attachments). */
  attach(attachments: readonly Attachment[]): ObjectChange[] {
    const before = this.#attachments;
    this.#attachments = new Map(attachments.map((attachment) => [podKey(attachment), attachment]));
    const changes: ObjectChange[] = [];
    for (const [key, attachment] of this.#attachments) {
      if (before.get(key) !== attachment) changes.push(this.#make(key, attachment));
    }
    for (const key of before.keys()) {
      if (this.#attachments.has(key)) continue;
      changes.push({ before: this.#made.get(key), after: this.#pods.get(key) });
      this.#made.delete(key);
    }
    return changes;
  }

  #make(key: string, attachment: Attachment): ObjectChange {
    const pod = this.#pods.get(key);
    const before = this.#made.get(key) ?? pod;
    const { namespace, name } = attachment;
    const content = pod?.kind === 'Pod' ? pod.content : undefined;
    const after: KubernetesObject = {
      ...(pod ?? { file: 'CNI', line: 0 }),
      kind: 'Pod',
      namespace,
      name,
      content: { ...(content ?? { namespace, name, labels: {}, containerPorts: [] }), ...given(attachment, this.#nodeName) },
    };
    this.#made.set(key, after);
    return { before, after };
  }
}

function podKey({ namespace, name }: Pick<Attachment, 'namespace' | 'name'>): string {
  return `Pod ${namespace}/${name}`;
}

function given(
  { addresses }: Pick<Attachment, 'addresses'>,
  nodeName: string,
): Pick<PodObject, 'addresses' | 'nodeName' | 'hostNetwork' | 'isOver'> {
  return { addresses, nodeName, hostNetwork: false, isOver: false };
}
