import { MalformedPolicyDocumentException } from "@aws-sdk/client-iam";

const malformed = (message: string) => new MalformedPolicyDocumentException({ message, $metadata: {} });

type Statement = Record<string, unknown>;

/** IAM returns documents percent-encoded (RFC 3986). */
export const encodeDocument = (document: string): string => encodeURIComponent(document);

/** Checks a role's trust policy. @throws MalformedPolicyDocument */
export function checkTrust(document: string): string {
  for (const statement of statementsOf(document)) {
    if (statement.Principal === undefined && statement.NotPrincipal === undefined)
      throw malformed("AssumeRole policy must contain a principal.");
    if (statement.Resource !== undefined) throw malformed("Has prohibited field Resource");
  }
  return document;
}

/** Checks a policy that hangs on a principal: it names resources, not principals. @throws MalformedPolicyDocument */
export function checkIdentityPolicy(document: string): string {
  for (const statement of statementsOf(document)) {
    if (statement.Principal !== undefined || statement.NotPrincipal !== undefined)
      throw malformed("Policy document should not specify a principal.");
    if (statement.Resource === undefined && statement.NotResource === undefined)
      throw malformed("Policy statement must contain resources.");
  }
  return document;
}

function statementsOf(document: string): Statement[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw malformed("Syntax errors in policy.");
  const { Statement: given, Version } = parsed as Statement;
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17")
    throw malformed("The policy is not in the valid JSON format: unknown Version.");
  if (given === undefined) throw malformed("Syntax errors in policy.");
  const statements = (Array.isArray(given) ? given : [given]) as Statement[];
  for (const statement of statements) {
    if (statement?.Effect !== "Allow" && statement?.Effect !== "Deny") throw malformed("Syntax errors in policy.");
    if (statement.Action === undefined && statement.NotAction === undefined)
      throw malformed("Policy statement must contain actions.");
  }
  return statements;
}
