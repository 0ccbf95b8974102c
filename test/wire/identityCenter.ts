import { createServer, type IncomingMessage, type Server } from "node:http";

type SessionKeys = { accessKeyId?: string; secretAccessKey?: string; sessionToken?: string };

/** A portal and token service of IAM Identity Center, as far as its documented API is asked here. */
export function identityCenter(keys: SessionKeys) {
  const asked: string[] = [];
  let confirmations = 0;
  const state = { valid: new Set<string>(["valid"]), confirmAfter: 1, refuse: false };
  const server: Server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://portal");
    asked.push(pathname);
    const answer = (status: number, body: object, type?: string) => {
      response.writeHead(status, { "content-type": "application/json", ...(type ? { "x-amzn-errortype": type } : {}) });
      response.end(JSON.stringify(body));
    };
    await readBody(request);
    if (pathname === "/client/register")
      return answer(200, { clientId: "c", clientSecret: "s", clientIdIssuedAt: 1, clientSecretExpiresAt: 4e9 });
    if (pathname === "/device_authorization")
      return answer(200, {
        deviceCode: "d",
        userCode: "ABCD-EFGH",
        verificationUri: "https://device.sso.us-east-1.amazonaws.com/",
        verificationUriComplete: "https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH",
        expiresIn: 60,
        interval: 0.02,
      });
    if (pathname === "/token") {
      if (state.refuse) return answer(400, { error: "access_denied" }, "AccessDeniedException");
      if (confirmations++ < state.confirmAfter)
        return answer(400, { error: "authorization_pending" }, "AuthorizationPendingException");
      state.valid.add("fresh");
      return answer(200, { accessToken: "fresh", expiresIn: 3600, tokenType: "Bearer", refreshToken: "r" });
    }
    if (pathname === "/federation/credentials") {
      if (!state.valid.has(String(request.headers["x-amz-sso_bearer_token"])))
        return answer(401, { message: "Session token not found or invalid" }, "UnauthorizedException");
      return answer(200, { roleCredentials: { ...keys, expiration: Date.now() + 3_600_000 } });
    }
    answer(404, { message: pathname });
  });
  return { server, asked, state };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
