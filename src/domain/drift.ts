/** A resource that differs from its template. */
export interface ResourceDrift {
  logicalId: string;
  physicalId?: string;
  type: string;
  /** deleted: it is gone; modified: properties differ. */
  kind: "modified" | "deleted";
  differences: PropertyDifference[];
}

/** A property as the template has it and as it is. */
export interface PropertyDifference {
  /** `/MaxCapacity` */
  path: string;
  expected: string;
  actual: string;
}

/** What a look for drift found. */
export interface StackDrift {
  stackName: string;
  atMs: number;
  /** Resources that were looked at and are as in the template. */
  inSync: number;
  /** Types that CloudFormation cannot look at. */
  notChecked: number;
  drifts: ResourceDrift[];
}

/** In one sentence. */
export function driftSentence({ stackName, drifts, inSync, notChecked }: StackDrift): string {
  const rest = notChecked > 0 ? `; ${notChecked} cannot be checked` : "";
  if (drifts.length === 0) return `Stack ${stackName} is as its template says: ${inSync} resources are in sync${rest}.`;
  const names = drifts.map(({ logicalId, kind }) => (kind === "deleted" ? `${logicalId} (deleted)` : logicalId));
  return `Stack ${stackName} differs from its template in ${names.join(", ")}; ${inSync} resources are in sync${rest}.`;
}
