import { extname } from "node:path";
import type { CustomRule } from "@aws-sdk/client-amplify";
import type { WireRequest, WireResponse } from "../wire/types.ts";
import type { AppStore, HostedApp, HostedBranch, Site } from "./appStore.ts";
import { displayName } from "./apps.ts";
import { ruleTarget } from "./customRules.ts";

/** Path under which branches are served; the rest is `APP_ID/BRANCH/PATH`. */
export const HOSTING_PREFIX = "/_aws/amplify/";

const TYPES: Record<string, string> = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".gif": "image/gif",
  ".htm": "text/html; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".xml": "application/xml; charset=utf-8",
};

/** Serves the deployed files of all branches. */
export function createHosting(store: AppStore): (req: WireRequest) => WireResponse {
  return (req) => {
    if (req.method !== "GET" && req.method !== "HEAD")
      return {
        ...text(405, "Only GET and HEAD are served.\n"),
        headers: { "content-type": "text/plain", allow: "GET, HEAD" },
      };
    const { app, branch, path, root } = locate(store, req);
    if (!app || !branch) return text(404, "There is no such Amplify app or branch.\n");
    if (!branch.site)
      return text(
        404,
        `Nothing has been deployed to the branch ${branch.description.branchName} of ${app.description.name} yet.\n`,
      );
    if (path === "") return redirect(301, `${root}/`);
    return serve(branch.site, app.description.customRules ?? [], path, root, req);
  };
}

interface Located {
  app?: HostedApp;
  branch?: HostedBranch;
  /** Path below the branch, decoded, with its slash; empty when the slash after the branch is missing. */
  path: string;
  /** What stands before the path in this request's own form. */
  root: string;
}

/** App, branch and path, from the path or from a host such as `main.d123.amplifyapp.localhost`. */
function locate(store: AppStore, req: WireRequest): Located {
  if (req.rawPath.startsWith(HOSTING_PREFIX)) {
    const [appId = "", branchName, ...rest] = req.rawPath.slice(HOSTING_PREFIX.length).split("/");
    const app = store.apps.get(appId);
    const branch = app?.branches.get(decode(branchName ?? "") ?? "");
    return {
      app,
      branch,
      path: rest.length ? `/${rest.join("/")}` : "",
      root: `${HOSTING_PREFIX}${appId}/${branchName}`,
    };
  }
  const [, name, appId = ""] = /^([a-z0-9-]+)\.([a-z0-9]+)\.amplifyapp\./i.exec(req.headers.host ?? "") ?? [];
  const app = store.apps.get(appId);
  const branch = [...(app?.branches.values() ?? [])].find(
    (item) => displayName(item.description.branchName ?? "") === name,
  );
  return { app, branch, path: req.rawPath, root: "" };
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function serve(
  site: Site,
  rules: readonly CustomRule[],
  rawPath: string,
  root: string,
  req: WireRequest,
): WireResponse {
  const path = decode(rawPath);
  // Files come out of a map and never from the disk; a path that climbs is refused all the same.
  if (path === undefined || path.includes("\0") || path.includes("\\") || path.split("/").includes(".."))
    return text(400, "The path is not valid.\n");
  for (const rule of rules) {
    const target = ruleTarget(rule, path);
    if (target === undefined || rule.status?.startsWith("404")) continue;
    if (rule.status === "301" || rule.status === "302")
      return redirect(Number(rule.status), target.startsWith("/") ? root + target : target);
    const rewritten = fileOf(site, target);
    if (rewritten) return send(site, rewritten, 200, req);
  }
  const file = fileOf(site, path);
  if (file) return send(site, file, 200, req);
  if (!path.endsWith("/") && fileOf(site, `${path}/`)) return redirect(301, `${root}${rawPath}/`);
  for (const rule of rules) {
    const target = rule.status?.startsWith("404") ? ruleTarget(rule, path) : undefined;
    const fallback = target === undefined ? undefined : fileOf(site, target);
    if (fallback) return send(site, fallback, rule.status === "404-200" ? 200 : 404, req);
  }
  return site.has("404.html") ? send(site, "404.html", 404, req) : text(404, "404 Not Found\n");
}

function fileOf(site: Site, path: string): string | undefined {
  const name = path.replace(/^\/+/, "");
  const file = name === "" || name.endsWith("/") ? `${name}index.html` : name;
  return site.has(file) ? file : undefined;
}

function send(site: Site, name: string, status: number, req: WireRequest): WireResponse {
  const file = site.get(name)!;
  const headers: Record<string, string> = {
    "content-type": TYPES[extname(name).toLowerCase()] ?? "application/octet-stream",
    etag: file.etag,
    // Browsers ask again each time and get 304, as with Amplify's own caching header.
    "cache-control": "public, max-age=0, must-revalidate",
    "x-content-type-options": "nosniff",
  };
  if (status === 200 && req.headers["if-none-match"]?.includes(file.etag)) return { status: 304, headers };
  return { status, headers, body: file.body };
}

const text = (status: number, body: string): WireResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body,
});

function redirect(status: number, location: string): WireResponse {
  return { status, headers: { location, "content-type": "text/plain; charset=utf-8" }, body: "" };
}
