import type { GatewayResponseType } from "@aws-sdk/client-api-gateway";
import type { WireError } from "../wire/types.ts";

export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** An answer of the gateway itself, before customisation. */
export interface Refusal {
  type: GatewayResponseType;
  status: number;
  /** Null where AWS says nothing. */
  message: string | null;
  /** Name in the header `x-amzn-ErrorType`. */
  error: string;
}

export const MISSING_TOKEN: Refusal = {
  type: "MISSING_AUTHENTICATION_TOKEN",
  status: 403,
  message: "Missing Authentication Token",
  error: "MissingAuthenticationTokenException",
};
export const FORBIDDEN: Refusal = {
  type: "ACCESS_DENIED",
  status: 403,
  message: "Forbidden",
  error: "ForbiddenException",
};
export const THROTTLED: Refusal = {
  type: "THROTTLED",
  status: 429,
  message: "Too Many Requests",
  error: "TooManyRequestsException",
};
export const KEY_REFUSALS: Record<"INVALID_API_KEY" | "THROTTLED" | "QUOTA_EXCEEDED", Refusal> = {
  INVALID_API_KEY: { ...FORBIDDEN, type: "INVALID_API_KEY" },
  THROTTLED,
  QUOTA_EXCEEDED: {
    type: "QUOTA_EXCEEDED",
    status: 429,
    message: "Limit Exceeded",
    error: "LimitExceededException",
  },
};
export const TOO_LARGE: Refusal = {
  type: "REQUEST_TOO_LARGE",
  status: 413,
  message: `HTTP content length exceeded ${MAX_BODY_BYTES} bytes.`,
  error: "RequestTooLargeException",
};
export const MALFORMED: Refusal = {
  type: "DEFAULT_5XX",
  status: 502,
  message: "Internal server error",
  error: "InternalServerErrorException",
};
export const MISCONFIGURED: Refusal = {
  type: "API_CONFIGURATION_ERROR",
  status: 500,
  message: "Internal server error",
  error: "InternalServerErrorException",
};
export const TIMED_OUT: Refusal = {
  type: "INTEGRATION_TIMEOUT",
  status: 504,
  message: "Endpoint request timed out",
  error: "InternalServerErrorException",
};

export const UNSUPPORTED_MEDIA: Refusal = {
  type: "UNSUPPORTED_MEDIA_TYPE",
  status: 415,
  message: "Unsupported Media Type",
  error: "UnsupportedMediaTypeException",
};
export const FAILED: Refusal = {
  type: "INTEGRATION_FAILURE",
  status: 504,
  message: "Network error communicating with endpoint",
  error: "InternalServerErrorException",
};
export const UNAUTHORIZED: Refusal = {
  type: "UNAUTHORIZED",
  status: 401,
  message: "Unauthorized",
  error: "UnauthorizedException",
};
export const DENIED: Refusal = {
  type: "ACCESS_DENIED",
  status: 403,
  message: "User is not authorized to access this resource",
  error: "AccessDeniedException",
};
export const EXPLICITLY_DENIED: Refusal = {
  ...DENIED,
  message: "User is not authorized to access this resource with an explicit deny",
};
export const AUTHORIZER_FAILED: Refusal = {
  type: "AUTHORIZER_FAILURE",
  status: 500,
  message: null,
  error: "AuthorizerFailureException",
};
export const AUTHORIZER_MISCONFIGURED: Refusal = {
  ...AUTHORIZER_FAILED,
  type: "AUTHORIZER_CONFIGURATION_ERROR",
  error: "AuthorizerConfigurationException",
};

/** Types of the gateway's answers to signatures that do not hold (AWS: "Gateway response types"). */
const SIGNATURE_TYPES: Record<string, GatewayResponseType> = {
  MissingAuthenticationTokenException: "MISSING_AUTHENTICATION_TOKEN",
  ExpiredTokenException: "EXPIRED_TOKEN",
  InvalidSignatureException: "INVALID_SIGNATURE",
  IncompleteSignatureException: "INVALID_SIGNATURE",
  UnrecognizedClientException: "INVALID_SIGNATURE",
};

/** What a request gets whose signature was refused. */
export function signatureRefusal({ code, message }: WireError): Refusal {
  return { type: SIGNATURE_TYPES[code] ?? "ACCESS_DENIED", status: 403, message, error: code };
}
