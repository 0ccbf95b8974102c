import assert from "node:assert/strict";
import { test } from "node:test";
import { consoleUrl, resourcePage, stackPage } from "../../../src/domain/consolePage.ts";

test("what a stack holds has its page in the console of its service", () => {
  const page = (type: string, physicalId: string) => resourcePage({ type: `AWS::${type}`, physicalId });
  const endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/wine";
  assert.equal(page("SageMaker::Endpoint", endpoint), "sagemaker/home#/endpoints/wine");
  assert.equal(
    page("Logs::LogGroup", "/aws/lambda/wine"),
    "cloudwatch/home#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fwine",
  );
  assert.equal(page("Custom::Thing", "wine"), undefined);
});

test("a page is in the region's console, and in that of its partition", () => {
  const id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/wine/1";
  assert.equal(
    consoleUrl(stackPage(id), "eu-west-1"),
    `https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/stackinfo?stackId=${encodeURIComponent(id)}`,
  );
  assert.equal(
    consoleUrl("s3/buckets/wine", "cn-north-1"),
    "https://cn-north-1.console.amazonaws.cn/s3/buckets/wine?region=cn-north-1",
  );
});
