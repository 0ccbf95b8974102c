import assert from "node:assert/strict";
import { it } from "node:test";
import { checksum } from "../../../../src/sandbox/wire/body.ts";
import { crc32c, crc64nvme } from "../../../../src/sandbox/wire/crc.ts";

const CHECK = Buffer.from("123456789");

/** The check values of the CRC catalogue. */
it("CRC-32C and CRC-64/NVME give their published check values", () => {
  assert.equal(crc32c(CHECK).toString("hex"), "e3069283");
  assert.equal(crc64nvme(CHECK).toString("hex"), "ae8b14860a799888");
  assert.equal(crc32c(Buffer.alloc(0)).toString("hex"), "00000000");
  assert.equal(crc64nvme(Buffer.alloc(0)).toString("hex"), "0000000000000000");
});

it("checksums are base64 as S3 carries them", () => {
  assert.equal(checksum("crc32", CHECK), "y/Q5Jg==");
  assert.equal(checksum("crc32c", CHECK), "4waSgw==");
  assert.equal(checksum("sha1", CHECK), "98O8HYCOBHMq32eZZczDTKeuNEE=");
});
