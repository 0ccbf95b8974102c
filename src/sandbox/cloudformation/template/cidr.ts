import { isIP } from "node:net";
import { invalid } from "./value.ts";

/**
 * Fn::Cidr: the first `count` subnets of a block.
 * @param bits subnet bits, the inverse of the mask (8 makes /24 of IPv4)
 * @throws WireError ValidationError when the block cannot hold them
 */
export function cidrBlocks(block: string, count: number, bits: number): string[] {
  const [address = "", prefixText = ""] = block.split("/");
  const family = isIP(address);
  const width = family === 6 ? 128 : 32;
  const prefix = Number(prefixText);
  if (!family || !/^\d+$/.test(prefixText) || prefix > width)
    invalid(`Template error: Fn::Cidr cannot read the block ${block}`);
  if (!Number.isInteger(count) || count < 1 || count > 256) invalid("Template error: Fn::Cidr makes 1 to 256 blocks");
  if (!Number.isInteger(bits) || bits < 1 || bits > width)
    invalid(`Template error: Fn::Cidr takes 1 to ${width} subnet bits`);
  const size = 1n << BigInt(bits);
  const room = 1n << BigInt(width - prefix);
  if (size * BigInt(count) > room)
    invalid(`Template error: Fn::Cidr cannot cut ${count} blocks of ${bits} bits out of ${block}`);
  const base = (toNumber(address, family) / room) * room;
  return Array.from({ length: count }, (_, index) => `${toText(base + size * BigInt(index), family)}/${width - bits}`);
}

function toNumber(address: string, family: number): bigint {
  if (family === 4) return address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = "", tail] = address.split("::");
  const left = head ? head.split(":") : [];
  const right = tail ? tail.split(":") : [];
  const groups = [
    ...left,
    ...Array<string>(tail === undefined ? 0 : 8 - left.length - right.length).fill("0"),
    ...right,
  ];
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function toText(value: bigint, family: number): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 65_535n).toString(16));
  // The longest run of zero groups is written as "::" (RFC 5952).
  return groups.join(":").replace(/(?:^|:)0(?::0)+(?::|$)/, "::");
}
