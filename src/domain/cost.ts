import * as l10n from "@vscode/l10n";
import type { Endpoint } from "./endpoint.ts";
import { usdText } from "./numberText.ts";
import { quotedPrice, quotedTypes } from "./prices.ts";

/** When the prices were put together; each has a date of its own, too. */
export const PRICES_AS_OF = "2026-11";
/** The region of which most prices are known; what names no other goes by it. */
export const PRICES_REGION = "us-east-1";
export const PRICING_URL = "https://aws.amazon.com/sagemaker/ai/pricing/";

/**
 * On-demand hosting price of one instance-hour in US dollars: an estimate, not a bill. Undefined when none is known in
 * that region; another region's is never taken for it.
 */
export function hourlyPrice(instanceType: string, region: string = PRICES_REGION): number | undefined {
  return quotedPrice(instanceType, region)?.usd;
}

/** Says that a price is not known, of what and where, and what it is elsewhere. */
export function noPriceText(instanceType: string, region: string): string {
  const elsewhere = hourlyPrice(instanceType);
  return region === PRICES_REGION || elsewhere === undefined
    ? l10n.t("no price for {0} in {1} is known", instanceType, region)
    : l10n.t(
        "no price for {0} in {1} is known ({2} in {3})",
        instanceType,
        region,
        formatHourly(elsewhere),
        PRICES_REGION,
      );
}

/** What instances of a type cost an hour in words, or that this is not known. */
export function hourlyText(instanceType: string | undefined, region: string, instances = 1): string {
  if (instanceType === undefined) return l10n.t("cost unknown");
  const price = hourlyPrice(instanceType, region);
  return price === undefined ? noPriceText(instanceType, region) : formatHourly(price * instances);
}

/** Instance types with a known price in a region, the cheapest first. */
export function pricedInstanceTypes(region: string = PRICES_REGION): string[] {
  const price = (type: string) => hourlyPrice(type, region) ?? 0;
  return quotedTypes(region).sort((a, b) => price(a) - price(b));
}

/** Region of an ARN; where most prices are known when there is none. */
export const regionOfArn = (arn: string): string => arn.split(":")[3] || PRICES_REGION;

/** What an endpoint costs per hour with its current instances; undefined when a type has no known price. */
export function endpointHourlyCost(endpoint: Endpoint): number | undefined {
  const region = regionOfArn(endpoint.arn);
  let sum = 0;
  for (const v of endpoint.variants) {
    const price = v.instanceType === undefined ? undefined : hourlyPrice(v.instanceType, region);
    if (price === undefined) return undefined;
    sum += price * v.currentInstances;
  }
  return sum;
}

/** Why the cost of an endpoint is not known; undefined when it is, or when nothing of it runs on an instance type. */
export function unknownCostText({ arn, variants }: Pick<Endpoint, "arn" | "variants">): string | undefined {
  const region = regionOfArn(arn);
  const type = variants.find(
    ({ instanceType }) => instanceType !== undefined && hourlyPrice(instanceType, region) === undefined,
  );
  return type?.instanceType === undefined ? undefined : noPriceText(type.instanceType, region);
}

/** Hours of an average month, as AWS's own calculator counts them. */
const HOURS_PER_MONTH = 730;

/** `$0.23/h, $168/month` */
export function formatHourlyAndMonthly(usd: number): string {
  return l10n.t("{0}, {1}/month", formatHourly(usd), usdText(usd * HOURS_PER_MONTH, 0));
}

/** `$0.23/h` */
export function formatHourly(usd: number): string {
  return `${usdText(usd)}/h`;
}
