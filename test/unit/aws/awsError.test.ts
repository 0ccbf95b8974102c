import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toAwsOpsError } from "../../../src/aws/awsError.ts";
import { OpsError } from "../../../src/domain/errors.ts";

const error = (name: string, message: string, more: object = {}) =>
  Object.assign(new Error(message), { name, ...more });
const mapped = (e: unknown) => toAwsOpsError(e, { action: "describe endpoint wine", region: "eu-west-1" });

describe("errors of the SDK become ours", () => {
  for (const [name, code] of [
    ["ExpiredToken", "credentials"],
    ["ExpiredTokenException", "credentials"],
    ["UnrecognizedClientException", "credentials"],
    ["InvalidClientTokenId", "credentials"],
    ["SignatureDoesNotMatch", "credentials"],
    ["InvalidSignatureException", "credentials"],
    ["CredentialsProviderError", "credentials"],
    ["TokenProviderError", "credentials"],
    ["AccessDenied", "accessDenied"],
    ["AccessDeniedException", "accessDenied"],
    ["ThrottlingException", "throttled"],
    ["ModelError", "modelFailed"],
    ["AbortError", "cancelled"],
    ["ResourceNotFoundException", "notFound"],
    ["NoSuchBucket", "notFound"],
    ["SomethingElse", "failed"],
  ] as const)
    it(`${name} is ${code}`, () => {
      const cause = error(name, "said AWS");
      const ours = mapped(cause);
      assert.equal(ours.code, code);
      assert.equal(ours.message, "Could not describe endpoint wine in eu-west-1: said AWS");
      assert.equal(ours.cause, cause);
    });

  it("SageMaker's ValidationException for a missing endpoint is a missing thing", () =>
    assert.equal(mapped(error("ValidationException", 'Could not find endpoint "arn".')).code, "notFound"));

  it("expired credentials of a profile say so, whatever the provider calls it", () => {
    const ours = mapped(
      error("CredentialsProviderError", "Profile x credential_process returned expired credentials."),
    );
    assert.match(ours.hint ?? "", /has expired: sign in again/);
    assert.match(mapped(error("CredentialsProviderError", "none found")).hint ?? "", /profile|sandbox/);
  });

  it("a network that fails is unreachable, by its code or its text", () => {
    assert.equal(mapped(error("Error", "", { code: "ECONNREFUSED" })).code, "unreachable");
    assert.equal(mapped(error("Error", "getaddrinfo ENOTFOUND sagemaker.x.amazonaws.com")).code, "unreachable");
    assert.match(mapped(error("Error", "", { code: "ECONNREFUSED" })).message, /ECONNREFUSED/);
  });

  it("every kind that a user can do something about says what", () => {
    for (const name of ["ExpiredToken", "AccessDenied", "ThrottlingException", "ModelError", "NoSuchKey"])
      assert.ok(mapped(error(name, "x")).hint, name);
  });

  it("one of ours passes as it is, a thrown text gets its words", () => {
    const ours = new OpsError("badInput", "x");
    assert.equal(mapped(ours), ours);
    assert.equal(mapped("boom").message, "Could not describe endpoint wine in eu-west-1: boom");
  });
});
