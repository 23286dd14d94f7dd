/**
 * The forwarding pipeline of a device: what is running, what was saved and waits for COMMIT (P4Runtime specification, "SetForwardingPipelineConfig").
 *
 * A saved pipeline has a device of its own that no packet sees: reads and writes go there, and COMMIT brings it to life with everything that was written.
 */
import type { P4Info } from '../../p4/p4info/p4info.ts';
import type { Device } from '../device.ts';
import type { Update } from '../entities.ts';
import { StatusError } from '../status.ts';

/** A ForwardingPipelineConfig. */
export interface PipelineConfig {
  readonly p4info: P4Info;
  /** The client's own message, for Get. */
  readonly p4infoMessage: unknown;
  readonly deviceConfig: Uint8Array;
  readonly cookie?: bigint;
}

/** What makes programs run: the process that owns the data plane. `P` is a program that was checked and is ready to be loaded. */
export interface PipelineTarget<P = unknown> {
  /** Compiles or reads a device config. Throws StatusError. */
  verify(config: PipelineConfig): Promise<P>;
  /** A device over the program that no packet sees. */
  shadow(program: P): Device;
  /** Runs the program from the next batch on, with empty tables or with what fits of the old ones. Throws StatusError, then nothing has changed. */
  commit(program: P, options: { readonly keep: boolean }): Promise<Device>;
}

export type PipelineAction = 'VERIFY' | 'VERIFY_AND_SAVE' | 'VERIFY_AND_COMMIT' | 'COMMIT' | 'RECONCILE_AND_COMMIT';

export interface Running {
  readonly device: Device;
  readonly config: PipelineConfig;
}

interface Saved extends Running {
  readonly program: unknown;
  /** What was written since, and worked. */
  readonly journal: Update[][];
}

export class Pipeline {
  readonly #target: PipelineTarget;
  #running: Running | undefined;
  #saved: Saved | undefined;

  constructor(target: PipelineTarget, running: Running | undefined) {
    this.#target = target;
    this.#running = running;
  }

  /** What packets see. */
  get running(): Running | undefined {
    return this.#running;
  }

  /** What reads and writes are about. */
  get current(): Running | undefined {
    return this.#saved ?? this.#running;
  }

  /** Updates that were written into `current`. */
  wrote(updates: readonly Update[]): void {
    if (updates.length > 0) this.#saved?.journal.push([...updates]);
  }

  async set(action: PipelineAction, config: PipelineConfig | undefined): Promise<void> {
    if (action === 'COMMIT') {
      if (config) throw new StatusError('INVALID_ARGUMENT', 'COMMIT takes no config: it commits the saved one');
      return this.#commitSaved();
    }
    if (!config) throw new StatusError('INVALID_ARGUMENT', `${action} needs a config`);
    const program = await this.#target.verify(config);
    if (action === 'VERIFY') return;
    if (action === 'VERIFY_AND_SAVE') {
      this.#saved = { device: this.#target.shadow(program), config, program, journal: [] };
      return;
    }
    const device = await this.#target.commit(program, { keep: action === 'RECONCILE_AND_COMMIT' });
    this.#running = { device, config };
    this.#saved = undefined;
  }

  async #commitSaved(): Promise<void> {
    const saved = this.#saved;
    if (!saved) throw new StatusError('NOT_FOUND', 'no config was saved');
    const device = await this.#target.commit(saved.program, { keep: false });
    this.#running = { device, config: saved.config };
    this.#saved = undefined;
    for (const updates of saved.journal) device.write(updates, 'CONTINUE_ON_ERROR');
  }
}
