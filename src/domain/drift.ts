import * as l10n from "@vscode/l10n";
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
  const rest = notChecked > 0 ? l10n.t("; {0} cannot be checked", notChecked) : "";
  if (drifts.length === 0)
    return l10n.t("Stack {0} is as its template says: {1} resources are in sync{2}.", stackName, inSync, rest);
  const names = drifts.map(({ logicalId, kind }) => (kind === "deleted" ? `${logicalId} (deleted)` : logicalId));
  return l10n.t(
    "Stack {0} differs from its template in {1}; {2} resources are in sync{3}.",
    stackName,
    names.join(", "),
    inSync,
    rest,
  );
}
