import type { Architecture } from "../domain/architecture.ts";
import { notification, request, type WireError } from "./transport.ts";

/** Everything that the picture shows; each notification is a whole one. */
export interface ArchitecturePageSnapshot {
  title: string;
  /** `sandbox · us-east-1`; empty when not connected. */
  place: string;
  simulated: boolean;
  architecture?: Architecture;
  /** When it was read, epoch ms. */
  readAtMs?: number;
  error?: WireError;
  /** The project has no stack here: it can be deployed. */
  canDeploy: boolean;
}

export const architectureRequests = {
  ready: request<null, ArchitecturePageSnapshot>("ready"),
  /** Opens a part where there is more of it, by its id. */
  openPart: request<string, null>("openPart"),
  deploy: request<null, null>("deploy"),
  retry: request<null, null>("retry"),
};

/** What it is told, at most four times a second. */
export const architectureChanged = notification<ArchitecturePageSnapshot>("architectureChanged");
