import { DescribeResourcePoliciesCommand, TestMetricFilterCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { extractedValues } from "./extraction.ts";
import { readFilterPattern } from "./filterPattern.ts";

/** TestMetricFilter tries a pattern; resource policies are none, because nobody asks for them here. */
export function addFilterOperations(service: ServiceBuilder): void {
  service
    .on(TestMetricFilterCommand)((input) => {
      const matches = readFilterPattern(input.filterPattern);
      return {
        matches: (input.logEventMessages ?? []).flatMap((eventMessage, index) =>
          matches(eventMessage)
            ? [
                {
                  eventNumber: index + 1,
                  eventMessage,
                  extractedValues: extractedValues(input.filterPattern, eventMessage),
                },
              ]
            : [],
        ),
      };
    })
    .on(DescribeResourcePoliciesCommand)(() => ({ resourcePolicies: [] }));
}
