import * as l10n from "@vscode/l10n";
import { html, nothing, svg, type TemplateResult } from "lit";
import type { Architecture, ArchitecturePart, ArchitectureWay, PartState } from "../../src/domain/architecture.ts";
import { formatMs, formatPercent, formatShort } from "../ui/format.ts";
import { BOX, type Form, type Layout, layOut, type Place, wayPath } from "./layout.ts";

export const KINDS: Record<ArchitecturePart["kind"], string> = {
  web: l10n.t("Web page"),
  api: "API",
  function: l10n.t("Function"),
  endpoint: l10n.t("Endpoint"),
  variant: l10n.t("Variant"),
  instances: l10n.t("Instances"),
};

/** A shape beside each colour. */
const SIGNS: Record<PartState, string> = { ok: "●", moving: "◌", failed: "✕", unknown: "?" };

/** Outlines on a grid of 16: browser window, brackets, a lambda, concentric rings, a split, a rack. */
const ICONS: Record<ArchitecturePart["kind"], string> = {
  web: "M1.5 2.5h13v11h-13zM1.5 5.5h13M3.2 4h.1M5.2 4h.1",
  api: "M5 3C3 3 4.5 7 2 8c2.5 1 1 5 3 5M11 3c2 0 .5 4 3 5-2.5 1-1 5-3 5",
  function: "M4 2.5h2.2L12 13.5h1.5M7.6 6 3.5 13.5",
  endpoint: "M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 1 0 0-3M4.8 4.8a4.5 4.5 0 0 0 0 6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4",
  variant: "M8 2v4M8 6 4 10v4M8 6l4 4v4",
  instances: "M2 2.5h12v3.2H2zM2 6.9h12v3.2H2zM2 11.3h12v2.2H2zM4 4.1h.1M4 8.5h.1",
};

/** `12/s`; what comes less often than once a second by the minute. */
const rateText = (perSecond: number) =>
  perSecond > 0 && perSecond < 1 ? `${formatShort(60 * perSecond)}/min` : `${formatShort(perSecond)}/s`;

/** A figure stays on one line with its unit. */
const NO_BREAK = "\u00a0";

/** `12/s · ✕ 5 % · p95 84 ms`, with the share that fails. */
export function trafficText({ traffic }: ArchitecturePart): string {
  if (!traffic) return "";
  const { perSecond, errorsPerSecond, latencyMs } = traffic;
  return [
    rateText(perSecond),
    errorsPerSecond && perSecond > 0 ? `✕ ${formatPercent(errorsPerSecond / perSecond)}` : "",
    latencyMs === undefined ? "" : `p95 ${formatMs(latencyMs)}`,
  ]
    .filter(Boolean)
    .map((figure) => figure.replaceAll(" ", NO_BREAK))
    .join(" · ");
}

/** What a part is and how it is, in the order of the box: the name of its button. */
export function partSentence(part: ArchitecturePart): string {
  const { name, status, detail, reason } = part;
  return [kindText(part), name, status, detail, trafficText(part), reason].filter(Boolean).join(", ");
}

const kindText = ({ kind, isCause }: ArchitecturePart) => KINDS[kind] + (isCause ? l10n.t(" · fails here") : "");

/** The picture: boxes to be opened, and the ways between them. */
export function architecturePicture(
  architecture: Architecture,
  form: Form,
  open: (id: string) => void,
): TemplateResult {
  const layout = layOut(architecture, form);
  const byId = new Map(layout.places.map((place) => [place.part.id, place]));
  return html`<svg
    class="architecture"
    viewBox="0 0 ${layout.width} ${layout.height}"
    style="max-width: ${Math.round(layout.width * 1.15)}px"
    role="group"
    aria-label="${l10n.t("Architecture, in the direction of a request")}"
  >
    <defs>
      <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" orient="auto-start-reverse">
        <path class="arrow" d="M0 0 8 4 0 8z"></path>
      </marker>
      <marker id="arrow-failing" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" orient="auto-start-reverse">
        <path class="arrow failing" d="M0 0 8 4 0 8z"></path>
      </marker>
    </defs>
    ${architecture.ways.map((way) => wayView(way, byId, layout))}
    ${layout.places.map((place) => partView(place, open))}
  </svg>`;
}

function wayView(way: ArchitectureWay, byId: Map<string, Place>, { form }: Layout): TemplateResult {
  const [from, to] = [byId.get(way.from), byId.get(way.to)];
  if (!from || !to) return svg`${nothing}`;
  const { d, x, y } = wayPath(from, to, form);
  const label = way.perSecond === undefined ? "" : rateText(way.perSecond);
  const busy = way.perSecond ? "busy" : "";
  const isDown = form === "column";
  return svg`<g class="way ${way.isFailing ? "failing" : ""} ${busy}" aria-hidden="true">
    <path d=${d} marker-end="url(#${way.isFailing ? "arrow-failing" : "arrow"})"></path>
    ${label ? svg`<text x=${x} y=${isDown ? y + 4 : y - 6} text-anchor=${isDown ? "start" : "middle"} dx=${isDown ? 8 : 0}>${label}</text>` : nothing}
  </g>`;
}

function partView({ part, x, y }: Place, open: (id: string) => void): TemplateResult {
  const { id, kind, name, state, status, detail, isCause } = part;
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open(id);
  };
  // Text of HTML: SVG's own would neither be cut with an ellipsis nor follow the zoom of fonts.
  return svg`<g
    class="part ${state} ${isCause ? "cause" : ""}"
    transform="translate(${x} ${y})"
    role="button"
    tabindex="0"
    aria-label=${partSentence(part)}
    @click=${() => open(id)}
    @keydown=${onKey}
  >
    <rect class="box" width=${BOX.width} height=${BOX.height} rx="5"></rect>
    <path class="icon" transform="translate(12 11)" d=${ICONS[kind]}></path>
    <foreignObject width=${BOX.width} height=${BOX.height}>${html`<div class="text" title=${partSentence(part)}>
      <div class="kind">${kindText(part)}</div>
      <div class="name">${name}</div>
      <div><span class="sign" aria-hidden="true">${SIGNS[state]}</span> ${status}</div>
      <div class="soft">${detail}</div>
      <div class="numbers">${trafficText(part)}</div>
    </div>`}</foreignObject>
  </g>`;
}
