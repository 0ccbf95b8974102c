import type { ErrorInfo } from "./errors.ts";
import { queryProtocol } from "./protocolQuery.ts";
import { restJsonProtocol, restXmlProtocol } from "./protocolRest.ts";
import { cborProtocol, jsonProtocol } from "./protocolRpc.ts";
import type { OperationSchema, ProtocolId, ServiceInfo, WireRequest, WireResponse } from "./types.ts";

/** The server side of one AWS wire protocol; schemas decide everything, no operation is known by name. */
export interface ServerProtocol {
  decode(op: OperationSchema, req: WireRequest, labels: Record<string, string>): Promise<unknown> | unknown;
  encode(
    op: OperationSchema,
    output: unknown,
    service: ServiceInfo,
    requestId: string,
    req: WireRequest,
  ): Promise<WireResponse> | WireResponse;
  encodeError(err: ErrorInfo, service: ServiceInfo | undefined, requestId: string, req: WireRequest): WireResponse;
}

export const protocols: Record<ProtocolId, ServerProtocol> = {
  json: jsonProtocol,
  cbor: cborProtocol,
  query: queryProtocol,
  restJson: restJsonProtocol,
  restXml: restXmlProtocol,
};
