/** Where prices were read, and when. */
interface PriceSource {
  /** Year and month in which the source quotes them. */
  asOf: string;
  source: string;
  /** US dollars per instance-hour of real-time inference, by region and type. */
  usd: Record<string, Record<string, number>>;
}

/**
 * On-demand prices of SageMaker real-time inference that are quoted in public. AWS publishes them by an API that needs
 * credentials; what is not here is not known. A later source goes before an earlier one.
 */
const SOURCES: readonly PriceSource[] = [
  {
    asOf: "2026-09",
    source: "AWS Price List API (usage type Host:ml.*), as quoted in public cost notes",
    usd: {
      "us-east-1": { "ml.m5.xlarge": 0.23, "ml.m5.2xlarge": 0.461 },
      "us-east-2": { "ml.g6.xlarge": 1.1267 },
    },
  },
  {
    asOf: "2025-01",
    source: "aws-samples/foundation-model-benchmarking-tool, src/fmbench/configs/pricing.yml",
    usd: {
      "us-east-1": {
        "ml.g4dn.12xlarge": 4.89,
        "ml.g5.xlarge": 1.408,
        "ml.g5.2xlarge": 1.515,
        "ml.g5.12xlarge": 7.09,
        "ml.g5.24xlarge": 10.18,
        "ml.g5.48xlarge": 20.36,
        "ml.g6.2xlarge": 1.222,
        "ml.g6.12xlarge": 5.752,
        "ml.g6.16xlarge": 4.246,
        "ml.g6.24xlarge": 8.344,
        "ml.g6.48xlarge": 16.688,
        "ml.inf2.xlarge": 0.99,
        "ml.inf2.8xlarge": 2.36,
        "ml.inf2.24xlarge": 7.79,
        "ml.inf2.48xlarge": 15.58,
        "ml.p3.2xlarge": 3.825,
        "ml.p4d.24xlarge": 37.688,
        "ml.p5.48xlarge": 113.068,
        "ml.trn1.32xlarge": 28.497,
      },
    },
  },
  {
    asOf: "2024-12",
    source: "AWS's SageMaker pricing page, as several public price tables agree on it",
    usd: {
      "us-east-1": {
        "ml.c5.large": 0.102,
        "ml.c5.xlarge": 0.204,
        "ml.c5.2xlarge": 0.408,
        "ml.c5.4xlarge": 0.816,
        "ml.c5.9xlarge": 1.836,
        "ml.g4dn.xlarge": 0.736,
        "ml.g4dn.2xlarge": 0.94,
        "ml.g4dn.4xlarge": 1.505,
        "ml.g4dn.8xlarge": 2.72,
        "ml.g4dn.16xlarge": 5.44,
        "ml.g5.4xlarge": 2.03,
        "ml.g5.8xlarge": 3.06,
        "ml.g5.16xlarge": 5.12,
        "ml.g6.xlarge": 1.127,
        "ml.g6.4xlarge": 1.654,
        "ml.m5.large": 0.115,
        "ml.m5.4xlarge": 0.922,
        "ml.m5.12xlarge": 2.765,
        "ml.m5.24xlarge": 5.53,
        "ml.p3.8xlarge": 14.688,
        "ml.p3.16xlarge": 28.152,
        "ml.t2.medium": 0.056,
        "ml.t2.large": 0.111,
      },
    },
  },
  {
    asOf: "2023-12",
    source: "aws-samples/sagemaker-ssh-helper, Sample_Costs.md: a bill of AWS, lines of hosting and endpoints",
    usd: {
      "eu-west-1": {
        "ml.g4dn.xlarge": 0.821,
        "ml.g4dn.4xlarge": 1.678,
        "ml.g4dn.12xlarge": 5.453,
        "ml.g5.12xlarge": 7.91,
        "ml.m5.xlarge": 0.257,
      },
    },
  },
];

/** A price with where it comes from. */
export interface InstancePrice {
  usd: number;
  asOf: string;
  source: string;
}

/** What is quoted of a type in a region; undefined when nothing is. */
export function quotedPrice(instanceType: string, region: string): InstancePrice | undefined {
  for (const { asOf, source, usd } of SOURCES) {
    const price = usd[region]?.[instanceType];
    if (price !== undefined) return { usd: price, asOf, source };
  }
  return undefined;
}

/** Every type of which a region has a price. */
export function quotedTypes(region: string): string[] {
  return [...new Set(SOURCES.flatMap(({ usd }) => Object.keys(usd[region] ?? {})))];
}
