import { strToU8 } from "fflate";

/**
 * What Lambda adds to inline code so that custom resources can answer: `cfn-response` for Node.js and `cfnresponse` for
 * Python (CloudFormation user guide, "cfn-response module"). Signatures and the answer's members are AWS's; these also
 * speak http, which the sandbox's addresses are.
 */
const NODE = `"use strict";
exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";
exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho) {
  return new Promise((resolve) => {
    const body = JSON.stringify({
      Status: responseStatus,
      Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    });
    const url = new URL(event.ResponseURL);
    const client = require(url.protocol === "http:" ? "http" : "https");
    const headers = { "content-type": "", "content-length": Buffer.byteLength(body) };
    const done = () => {
      resolve();
      if (context.done) context.done();
    };
    const request = client.request(url, { method: "PUT", headers }, (response) => {
      console.log("Status code: " + response.statusCode);
      response.resume();
      response.on("end", done);
    });
    request.on("error", (error) => {
      console.log("send(..) failed executing request: " + error);
      done();
    });
    request.end(body);
  });
};
`;
const PYTHON = `import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
    body = json.dumps({
        "Status": responseStatus,
        "Reason": reason or "See the details in CloudWatch Log Stream: " + context.log_stream_name,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    })
    request = urllib.request.Request(event["ResponseURL"], data=body.encode(), method="PUT", headers={"content-type": ""})
    try:
        with urllib.request.urlopen(request) as response:
            print("Status code:", response.status)
    except Exception as e:
        print("send(..) failed executing http.request(..):", e)
`;

/** Files beside inline code of a runtime. */
export function responseModule(isPython: boolean): Record<string, Uint8Array> {
  return isPython ? { "cfnresponse.py": strToU8(PYTHON) } : { "node_modules/cfn-response/index.js": strToU8(NODE) };
}
