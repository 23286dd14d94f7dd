/** The addon's traffic for benchmarks, typed (native/traffic.h). Every call but the counters blocks its thread. */

export interface GenerateOptions {
  readonly name: string;
  /** Path of a network namespace, empty for the thread's own. */
  readonly netns: string;
  /** Frames of `frameBytes` each, sent in turn. */
  readonly frames: Uint8Array;
  readonly frameBytes: number;
  /** 0: as fast as it goes. */
  readonly packetsPerSecond: number;
  readonly seconds: number;
  /** Packets per system call, at most 64. */
  readonly batch: number;
}

export interface Generated {
  readonly sent: number;
  /** Calls that the kernel refused for want of room. */
  readonly refused: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Where a client asks, and how long. */
export interface TrafficTarget {
  readonly netns: string;
  readonly address: string;
  readonly port: number;
  readonly seconds: number;
}

export interface TrafficAddon {
  generate(options: GenerateOptions): Generated;
  /** Counters of an interface, modulo 2^32. */
  interfaceCounters(name: string, netnsPath: string): { rxPackets: number; txPackets: number; rxDropped: number };
  /** Drops everything at an interface's ingress, behind its counters, until the descriptor is closed. Throws a system error if refused. */
  attachDrop(name: string, netnsPath: string): number;
  /** UDP echo and TCP service on a thread of its own, until the process ends. */
  startTrafficServer(netnsPath: string, tcpPort: number, udpPort: number): void;
  /** One message there and back at a time. */
  roundTrips(options: TrafficTarget & { readonly protocol: 'tcp' | 'udp'; readonly bytes: number; readonly gapUs: number }): {
    readonly nanoseconds: Float64Array;
    readonly lost: number;
    readonly seconds: number;
  };
  /** Connect, a byte there and back, close; `threads` at a time. */
  connections(options: TrafficTarget & { readonly threads: number }): {
    readonly done: number;
    readonly failed: number;
    readonly seconds: number;
  };
  /** Bytes that the server has read from `streams` connections. */
  streams(options: TrafficTarget & { readonly streams: number }): {
    readonly bytes: number;
    readonly failed: number;
    readonly seconds: number;
  };
}
