import { createHash } from "node:crypto";
import type { ApiPlan } from "./apiPlan.ts";
import { asObject, asText, type Definition, type Json } from "./definitionText.ts";

const MODEL_REFERENCE = /^#\/(?:definitions|components\/schemas)\/(.+)$/;

/** Where a model of an API is found by the schemas of others (AWS: "Create a model", `$ref`). */
export const modelAddress = (apiId: string, name: string) =>
  `https://apigateway.amazonaws.com/restapis/${apiId}/models/${name}`;

/** Finds and makes the models of one definition. */
export class ModelReader {
  constructor(
    private readonly definition: Definition,
    private readonly apiId: string,
    private readonly models: ApiPlan["models"],
  ) {}

  /** Adds the schemas that the definition names. */
  readNamed(): void {
    const { version, root } = this.definition;
    const named = asObject(version === 2 ? root.definitions : asObject(root.components).schemas);
    for (const [name, schema] of Object.entries(named)) this.add(name, asObject(schema));
  }

  /** The model's name of a schema; one that stands by itself becomes a model of its own, as in an import on AWS. */
  nameOf(schema: unknown): string | undefined {
    const value = asObject(schema);
    if (Object.keys(value).length === 0) return undefined;
    const named = MODEL_REFERENCE.exec(asText(value.$ref) ?? "")?.[1];
    if (named !== undefined) return decodeURIComponent(named);
    const digest = createHash("sha256").update(JSON.stringify(value)).digest("hex");
    const name = `MODEL${digest.slice(0, 6)}`;
    if (!this.models.some((model) => model.name === name)) this.add(name, value);
    return name;
  }

  private add(name: string, schema: Json): void {
    this.models.push({
      name,
      description: asText(schema.description),
      contentType: "application/json",
      schema: JSON.stringify(this.withAddresses(schema), undefined, 2),
    });
  }

  private withAddresses(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.withAddresses(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const named = key === "$ref" ? MODEL_REFERENCE.exec(asText(item) ?? "")?.[1] : undefined;
        return [key, named === undefined ? this.withAddresses(item) : modelAddress(this.apiId, named)];
      }),
    );
  }
}
