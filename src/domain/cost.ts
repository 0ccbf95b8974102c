import type { Endpoint } from "./endpoint.ts";

/** When and where the prices below were taken; shown beside every estimate. */
export const PRICES_AS_OF = "2026-11";
export const PRICES_REGION = "us-east-1";
export const PRICING_URL = "https://aws.amazon.com/sagemaker/ai/pricing/";

/** On-demand hosting price per instance-hour in US dollars, us-east-1: an estimate, not a bill. */
const HOURLY_USD: Record<string, number> = {
  "ml.t2.medium": 0.056,
  "ml.t2.large": 0.111,
  "ml.c5.large": 0.102,
  "ml.c5.xlarge": 0.204,
  "ml.c5.2xlarge": 0.408,
  "ml.m5.large": 0.115,
  "ml.m5.xlarge": 0.23,
  "ml.m5.2xlarge": 0.461,
  "ml.m5.4xlarge": 0.922,
};

/** Price of one instance-hour in US dollars; undefined when the table has no such type. */
export function hourlyPrice(instanceType: string): number | undefined {
  return HOURLY_USD[instanceType];
}

/** Instance types with a known price, the cheapest first. */
export function pricedInstanceTypes(): string[] {
  return Object.entries(HOURLY_USD)
    .sort(([, a], [, b]) => a - b)
    .map(([type]) => type);
}

/** What an endpoint costs per hour with its current instances; undefined when a type has no known price. */
export function endpointHourlyCost(endpoint: Endpoint): number | undefined {
  let sum = 0;
  for (const v of endpoint.variants) {
    const price = v.instanceType === undefined ? undefined : hourlyPrice(v.instanceType);
    if (price === undefined) return undefined;
    sum += price * v.currentInstances;
  }
  return sum;
}

/** Hours of an average month, as AWS's own calculator counts them. */
const HOURS_PER_MONTH = 730;

/** `$0.23/h, $168/month` */
export function formatHourlyAndMonthly(usd: number): string {
  return `${formatHourly(usd)}, $${Math.round(usd * HOURS_PER_MONTH).toLocaleString("en-US")}/month`;
}

/** `$0.23/h` */
export function formatHourly(usd: number): string {
  return `$${usd.toFixed(2)}/h`;
}
