/** The protocol's messages, read from our .proto files when the process starts to talk P4Runtime. */
import protobuf from 'protobufjs';
import type { P4Info } from '../../p4/p4info/p4info.ts';
import type { Message } from '../wire/fields.ts';
import { fromP4InfoObject, toP4InfoObject } from '../wire/p4info.ts';

export class Protocol {
  readonly root: protobuf.Root;
  readonly #p4info: protobuf.Type;

  private constructor(root: protobuf.Root) {
    this.root = root;
    this.#p4info = root.lookupType('p4.config.v1.P4Info');
  }

  /** Reads the files below `directory`, our `proto/`; a few milliseconds. */
  static load(directory: string): Protocol {
    const root = new protobuf.Root();
    // google/protobuf/any.proto comes with the library.
    root.resolvePath = (_, target) => (protobuf.common.get(target) ? target : `${directory}/${target}`);
    root.loadSync(['p4/v1/p4runtime.proto', 'softipu/v1/softipu.proto', 'google/rpc/status.proto']);
    root.resolveAll();
    return new Protocol(root);
  }

  /** `p4.v1.WriteRequest` */
  type(name: string): protobuf.Type {
    return this.root.lookupType(name);
  }

  encode(name: string, message: Message): Uint8Array {
    return this.type(name).encode(message).finish();
  }

  /** Throws Error on bytes that are no such message. */
  decode(name: string, bytes: Uint8Array): Message {
    return this.type(name).decode(bytes) as unknown as Message;
  }

  /** P4Info as a message that can be part of another one. */
  p4infoMessage(info: P4Info): Message {
    return this.#p4info.fromObject(toP4InfoObject(info)) as unknown as Message;
  }

  p4infoFrom(message: Message): P4Info {
    const object = this.#p4info.toObject(message as unknown as protobuf.Message, {
      enums: String,
      arrays: true,
      objects: true,
      defaults: true,
    });
    return fromP4InfoObject(object as Message);
  }
}
