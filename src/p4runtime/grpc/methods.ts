/** The methods of p4.v1.P4Runtime as gRPC wants them described, for server and client. */
import type { ChannelOptions, ServiceDefinition } from '@grpc/grpc-js';
import type { Message } from '../wire/fields.ts';
import type { Protocol } from './proto.ts';

/** P4Runtime asks for large messages: pipelines, and one error per update in the trailer. */
export const clientOptions: ChannelOptions = {
  'grpc.max_receive_message_length': 128 * 1024 * 1024,
  'grpc.max_send_message_length': 128 * 1024 * 1024,
  'grpc.max_metadata_size': 8 * 1024 * 1024,
};

export function methodsOf(protocol: Protocol): ServiceDefinition {
  const service = protocol.root.lookupService('p4.v1.P4Runtime');
  return Object.fromEntries(
    service.methodsArray.map((method) => {
      const request = method.resolvedRequestType!;
      const response = method.resolvedResponseType!;
      return [
        method.name,
        {
          path: `/p4.v1.P4Runtime/${method.name}`,
          requestStream: method.requestStream ?? false,
          responseStream: method.responseStream ?? false,
          requestSerialize: (value: Message) => Buffer.from(request.encode(value).finish()),
          requestDeserialize: (bytes: Buffer) => request.decode(bytes) as unknown as Message,
          responseSerialize: (value: Message) => Buffer.from(response.encode(value).finish()),
          responseDeserialize: (bytes: Buffer) => response.decode(bytes) as unknown as Message,
        },
      ];
    }),
  );
}
